/* Fields to spec and back: what is typed wrong is told with its field, what is not shown is not lost. */
#include <stdio.h>

#include "core/memory.h"
#include "tests/core/test.h"
#include "ui/fuzzy.h"
#include "ui/launch_form.h"
#include "ui/paragraph.h"

static void fill(struct launch_form *f, enum form_field field, const char *text)
{
    line_edit_set(launch_form_line(f, field), text);
}

static void fields_make_a_spec(void **state)
{
    (void)state;
    struct launch_form f;
    struct launch_spec s;
    struct error why = {0};
    enum form_field where;
    launch_form_init(&f, NULL);
    fill(&f, FORM_IMAGE, " busybox ");
    fill(&f, FORM_COMMAND, "sh -c 'echo a b'");
    fill(&f, FORM_MEMORY, "1 GB");
    fill(&f, FORM_CPUS, "0.5");
    assert_true(launch_form_add_folder(&f));
    fill(&f, FORM_FOLDER, "/data:/data:ro");
    fill(&f, FORM_PORTS, " 8080:80,127.0.0.1:53:53/udp ");
    f.network = NETWORK_NAT;
    f.isolation = ISOLATION_VM;
    assert_true(launch_form_spec(&f, &s, &why, &where));
    assert_string_equal(s.image, "busybox");
    assert_string_equal(s.command[2], "echo a b");
    assert_null(s.command[3]);
    assert_int_equal(s.memory, 1 << 30);
    assert_true(s.cpus > 0.49 && s.cpus < 0.51);
    assert_int_equal(s.n_crossings, 3);
    assert_string_equal(s.crossings[0].outside, "8080");
    assert_string_equal(s.crossings[1].inside, "53/udp");
    assert_true(s.crossings[2].read_only);
    assert_string_equal(s.network, "nat");
    assert_true(s.terminal && s.input);
    assert_null(s.name);
    launch_spec_done(&s);
    launch_form_done(&f);
}

static void what_is_wrong_is_told_with_its_field(void **state)
{
    (void)state;
    static const struct {
        enum form_field field;
        const char *text;
    } wrong[] = {{FORM_COMMAND, "sh -c 'open"}, {FORM_MEMORY, "lots"},     {FORM_CPUS, "-1"},
                 {FORM_NAME, "no blanks here"}, {FORM_FOLDER, "data"},     {FORM_IMAGE, "  "},
                 {FORM_PORTS, "8080:80 80"},    {FORM_DEVICES, "/dev/a b"}};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct launch_form f;
        struct launch_spec s;
        struct error why = {0};
        enum form_field where = FORM_LAUNCH;
        launch_form_init(&f, NULL);
        fill(&f, FORM_IMAGE, "busybox");
        launch_form_add_folder(&f);
        fill(&f, wrong[i].field, wrong[i].text);
        assert_false(launch_form_spec(&f, &s, &why, &where));
        assert_int_equal(where, wrong[i].field);
        assert_true(why.text[0] != '\0');
        launch_form_done(&f);
    }
}

static void a_spec_comes_back_as_it_was(void **state)
{
    (void)state;
    static const char *const command[] = {"sh", "-c", "it's \"here\"", "", NULL};
    struct launch_spec start, s;
    struct launch_form f;
    struct error why = {0};
    enum form_field where;
    launch_spec_init(&start);
    start.image = mem_string("busybox");
    start.command = mem_strings(command);
    start.workdir = mem_string("/tmp");
    start.memory = 300 << 20;
    start.cpus = 1.5;
    for (int i = 0; i < FORM_FOLDERS_MAX + 2; i++) { /* more than the form can show */
        char volume[32];
        snprintf(volume, sizeof volume, "/a%d:/b%d", i, i);
        assert_int_equal(launch_add_volume(&start, volume, &why), 0);
    }
    assert_int_equal(launch_add_port(&start, "[::1]:8080:80/udp", &why), 0);
    assert_int_equal(launch_add_port(&start, "9090:90", &why), 0);
    assert_int_equal(launch_add_device(&start, "/dev/a:/dev/b:r", &why), 0);
    assert_int_equal(launch_add_device(&start, "/dev/c", &why), 0);
    start.network = mem_string("my-net"); /* a word of the engine's */
    launch_form_init(&f, &start);
    assert_int_equal(f.n_folders, FORM_FOLDERS_MAX);
    assert_string_equal(line_edit_get(&f.ports), "[::1]:8080:80/udp 9090:90");
    assert_string_equal(line_edit_get(&f.devices), "/dev/a:/dev/b:r /dev/c");
    assert_string_equal(launch_form_network_word(&f), "my-net");
    assert_true(launch_form_spec(&f, &s, &why, &where));
    for (size_t i = 0; command[i]; i++) {
        assert_string_equal(s.command[i], command[i]);
    }
    assert_string_equal(s.workdir, "/tmp");
    assert_int_equal(s.memory, 300 << 20);
    assert_int_equal(s.n_crossings, FORM_FOLDERS_MAX + 6);
    assert_string_equal(s.network, "my-net");
    launch_form_network_step(&f, 1);
    assert_string_equal(launch_form_network_word(&f), "default");
    launch_form_network_step(&f, -1);
    assert_string_equal(launch_form_network_word(&f), "my-net");
    launch_spec_done(&s);
    launch_spec_done(&start);
    launch_form_done(&f);
}

static void steps_leave_out_folders_that_are_not_there(void **state)
{
    (void)state;
    struct launch_form f;
    launch_form_init(&f, NULL);
    assert_int_equal(launch_form_step(&f, FORM_REMOVE, 1), FORM_ADD);
    assert_int_equal(launch_form_step(&f, FORM_ENGINE, -1), FORM_LAUNCH);
    launch_form_add_folder(&f);
    launch_form_add_folder(&f);
    fill(&f, FORM_FOLDER, "first");
    fill(&f, (enum form_field)(FORM_FOLDER + 1), "second");
    assert_int_equal(launch_form_step(&f, FORM_REMOVE, 1), FORM_FOLDER);
    launch_form_remove_folder(&f, 0);
    assert_string_equal(line_edit_get(launch_form_line(&f, FORM_FOLDER)), "second");
    assert_int_equal(launch_form_step(&f, FORM_FOLDER, 1), FORM_ADD);
    launch_form_done(&f);
}

static void letters_find_words(void **state)
{
    (void)state;
    assert_int_equal(fuzzy_score("xyz", "relaunch"), -1);
    assert_int_equal(fuzzy_score("", "relaunch"), 0);
    assert_true(fuzzy_score("hs", "hide-stopped") > fuzzy_score("hs", "xhxs"));
    assert_true(fuzzy_score("re", "remove") > fuzzy_score("re", "previous"));
    assert_true(fuzzy_score("HI", "hide") > 0);
}

static void sentences_break_between_words(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(4, 10);
    assert_int_equal(paragraph_rows("one two three", 8), 2);
    assert_int_equal(paragraph_rows("", 8), 0);
    assert_int_equal(paragraph_rows("abcdefghijkl", 5), 3);
    assert_int_equal(paragraph_draw(c, (struct rect){0, 0, 4, 8}, STYLE_TEXT, "one two three"), 2);
    assert_int_equal(canvas_row(c, 1)[0].chars[0], 't');
    assert_int_equal(paragraph_draw(c, (struct rect){0, 0, 1, 8}, STYLE_TEXT, "one two three"), 1);
    assert_int_equal(canvas_row(c, 0)[7].chars[0], 0x2026);
    assert_int_equal(paragraph_rows("世世", 1), 2); /* wider than the column: still an end */
    canvas_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_make_a_spec),
        cmocka_unit_test(what_is_wrong_is_told_with_its_field),
        cmocka_unit_test(a_spec_comes_back_as_it_was),
        cmocka_unit_test(steps_leave_out_folders_that_are_not_there),
        cmocka_unit_test(letters_find_words),
        cmocka_unit_test(sentences_break_between_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
