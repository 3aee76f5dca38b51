#include "core/launch.h"

#include "core/memory.h"
#include "tests/core/system.h"
#include "tests/core/test.h"

static void env_is_added_and_replaced(void **state)
{
    (void)state;
    struct launch_spec s;
    struct error e;
    launch_spec_init(&s);
    assert_null(s.env);
    setenv("PORTHOLE_TEST_ENV", "from outside", 1);
    unsetenv("PORTHOLE_TEST_NONE");
    assert_int_equal(launch_add_env(&s, "A=1", &e), 0);
    assert_int_equal(launch_add_env(&s, "AB=2", &e), 0);
    assert_int_equal(launch_add_env(&s, "PORTHOLE_TEST_ENV", &e), 0);
    assert_int_equal(launch_add_env(&s, "PORTHOLE_TEST_NONE", &e), 0);
    assert_int_equal(launch_add_env(&s, "A=x=y", &e), 0);
    assert_int_equal(launch_add_env(&s, "EMPTY=", &e), 0);
    assert_string_equal(s.env[0], "A=x=y");
    assert_string_equal(s.env[1], "AB=2");
    assert_string_equal(s.env[2], "PORTHOLE_TEST_ENV=from outside");
    assert_string_equal(s.env[3], "EMPTY=");
    assert_null(s.env[4]);
    assert_int_equal(launch_add_env(&s, "=x", &e), -1);
    assert_int_equal(e.kind, ERROR_INVALID);
    assert_non_null(strstr(e.text, "NAME=value"));
    assert_int_equal(launch_add_env(&s, "", NULL), -1);
    launch_spec_done(&s);
}

static void volumes_are_two_absolute_paths(void **state)
{
    (void)state;
    struct launch_spec s;
    struct error e;
    launch_spec_init(&s);
    assert_int_equal(launch_add_volume(&s, "/data:/srv/data", &e), 0);
    assert_int_equal(launch_add_volume(&s, "/etc/hosts:/etc/hosts:ro", &e), 0);
    assert_int_equal(launch_add_volume(&s, "/tmp:/tmp:rw", &e), 0);
    struct launch_spec there; /* a Windows host is spoken of from everywhere */
    launch_spec_init(&there);
    assert_int_equal(launch_add_volume(&there, "C:\\data:d:/in:ro", &e), 0);
    assert_string_equal(there.crossings[0].outside, "C:\\data");
    assert_string_equal(there.crossings[0].inside, "d:/in");
    assert_true(there.crossings[0].read_only);
    assert_int_equal(launch_add_volume(&there, "\\\\.\\pipe\\a:\\\\.\\pipe\\b", &e), 0);
    assert_int_equal(there.crossings[1].kind, CROSSING_PIPE);
    assert_int_equal(launch_add_volume(&there, "my-data:/in", &e), 0); /* a volume that the engine keeps */
    assert_string_equal(there.crossings[2].outside, "my-data");
    launch_spec_done(&there);
    assert_int_equal(s.n_crossings, 3);
    assert_int_equal(s.crossings[0].kind, CROSSING_FOLDER);
    assert_string_equal(s.crossings[0].outside, "/data");
    assert_string_equal(s.crossings[0].inside, "/srv/data");
    assert_false(s.crossings[0].read_only);
    assert_true(s.crossings[1].read_only);
    assert_false(s.crossings[2].read_only);
    static const char *const wrong[] = {"",        "/data",    "../data:/srv",  "/data:srv",
                                        "/data:",  ":/srv",    "/data:/srv:rx", "/data:/srv:",
                                        "/data:/", "/data://", "/a:/b:ro:z",    "/other:/tmp"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(launch_add_volume(&s, wrong[i], &e), -1);
        assert_int_equal(e.kind, ERROR_INVALID);
        assert_int_equal(s.n_crossings, 3);
    }
    assert_int_equal(launch_add_volume(&s, "data", &e), -1);
    assert_non_null(strstr(e.text, "OUTSIDE:INSIDE[:ro|:rw]"));
    launch_spec_done(&s);
}

static void a_copy_stands_alone(void **state)
{
    (void)state;
    struct launch_spec a, b;
    launch_spec_init(&a);
    a.image = mem_string("busybox");
    a.name = mem_string("web");
    a.user = mem_string("1000");
    a.command = launch_split("ping -c 1 localhost", NULL);
    a.cpus = 1.5;
    a.isolation = ISOLATION_VM;
    launch_add_env(&a, "A=1", NULL);
    launch_add_volume(&a, "/a:/b:ro", NULL);
    launch_spec_copy(&b, &a);
    launch_spec_done(&a);
    assert_null(a.image);
    assert_string_equal(b.image, "busybox");
    assert_string_equal(b.name, "web");
    assert_null(b.hostname);
    assert_string_equal(b.user, "1000");
    assert_string_equal(b.command[3], "localhost");
    assert_null(b.command[4]);
    assert_string_equal(b.env[0], "A=1");
    assert_string_equal(b.crossings[0].outside, "/a");
    assert_true(b.crossings[0].read_only);
    assert_true(b.cpus == 1.5);
    assert_int_equal(b.isolation, ISOLATION_VM);
    launch_spec_done(&b);
}

static void lines_are_split_as_a_shell_does(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *words[6];
    } table[] = {
        {"", {NULL}},
        {"  \t\n ", {NULL}},
        {"ping localhost -t", {"ping", "localhost", "-t"}},
        {"  a   b  ", {"a", "b"}},
        {"sh -c 'echo \"$HOME\" \\n'", {"sh", "-c", "echo \"$HOME\" \\n"}},
        {"\"a b\" c\\ d", {"a b", "c d"}},
        {"a'b'\"c\"d", {"abcd"}},
        {"'' \"\" x", {"", "", "x"}},
        {"\"q\\\"q\" \"b\\\\s\" \"k\\n\" \"\\$x\"", {"q\"q", "b\\s", "k\\n", "$x"}},
        {"\\'a\\\" ünï", {"'a\"", "ünï"}},
        {"* ~ $X `y`", {"*", "~", "$X", "`y`"}},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char **words = launch_split(table[i].line, NULL);
        assert_non_null(words);
        size_t n = 0;
        for (; table[i].words[n]; n++) {
            assert_non_null(words[n]);
            assert_string_equal(words[n], table[i].words[n]);
        }
        assert_null(words[n]);
        free(words);
    }
}

static void open_quotes_are_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {"'", "\"", "a 'b", "a \"b\\\"", "a\\", "x 'y\" z"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct error e = {0};
        assert_null(launch_split(lines[i], &e));
        assert_int_equal(e.kind, ERROR_INVALID);
    }
}

static void names_that_engines_accept(void **state)
{
    (void)state;
    char longest[66];
    memset(longest, 'a', 65);
    longest[64] = '\0';
    assert_true(launch_name_ok("web"));
    assert_true(launch_name_ok("0"));
    assert_true(launch_name_ok("Web_1.x-y"));
    assert_true(launch_name_ok(longest));
    longest[64] = 'a';
    longest[65] = '\0';
    assert_false(launch_name_ok(longest));
    static const char *const wrong[] = {"", ".", "..", "-a", "_a", ".a", "a/b", "a b", "ä", "a\n", "../x"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(launch_name_ok(wrong[i]));
    }
}

static void labels_and_restart_policies(void **state)
{
    (void)state;
    struct launch_spec s, copy;
    struct error e = {0};
    static const char *const policies[] = {"always", "unless-stopped", "on-failure", "on-failure:5"};
    static const char *const wrong[] = {
        "", "never", "on-failure:", "on-failure:x", "on-failure:12345678", "Always"};
    launch_spec_init(&s);
    assert_int_equal(launch_add_label(&s, "a=b=c", &e), 0);
    assert_int_equal(launch_add_label(&s, "b", &e), 0);
    assert_int_equal(launch_add_label(&s, "a=d", &e), 0);
    assert_int_equal(launch_add_label(&s, "=x", &e), -1);
    assert_string_equal(s.labels[0], "a=d");
    assert_string_equal(s.labels[1], "b=");
    assert_null(s.labels[2]);
    for (size_t i = 0; i < COUNT(policies); i++) {
        assert_int_equal(launch_set_restart(&s, policies[i], &e), 0);
        assert_string_equal(s.restart, policies[i]);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(launch_set_restart(&s, wrong[i], &e), -1);
    }
    launch_spec_copy(&copy, &s);
    assert_int_equal(launch_set_restart(&s, "no", &e), 0);
    assert_null(s.restart);
    launch_spec_done(&s);
    assert_string_equal(copy.restart, "on-failure:5");
    assert_string_equal(copy.labels[0], "a=d");
    launch_spec_done(&copy);
}

static void devices_of_both_systems(void **state)
{
    (void)state;
    struct launch_spec s;
    struct error e = {0};
    static const struct {
        const char *word, *outside, *inside;
        bool read_only;
    } good[] = {
        {"/dev/fuse", "/dev/fuse", "/dev/fuse", false},
        {"/dev/fuse:r", "/dev/fuse", "/dev/fuse", true},
        {"/dev/fuse:rwm", "/dev/fuse", "/dev/fuse", false},
        {"/dev/a:/dev/b:r", "/dev/a", "/dev/b", true},
        {"class/5b45201d-f2f2-4f3b-85bb-30ff1f953599", "class/5b45201d-f2f2-4f3b-85bb-30ff1f953599", "",
         false},
        {"class://5B45201D-f2f2-4f3b-85bb-30ff1f953599", "class/5B45201D-f2f2-4f3b-85bb-30ff1f953599", "",
         false},
    };
    static const char *const wrong[] = {"",           "fuse",
                                        "/",          "/dev/a:",
                                        "/dev/a:rw",  "/dev/a:/",
                                        "/dev/a:b:r", "/dev/a:/b:rx",
                                        "class/1234", "class/5b45201d-f2f2-4f3b-85bb-30ff1f95359g"};
    launch_spec_init(&s);
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(launch_add_device(&s, good[i].word, &e), 0);
        assert_int_equal(s.crossings[i].kind, CROSSING_DEVICE);
        assert_string_equal(s.crossings[i].outside, good[i].outside);
        assert_string_equal(s.crossings[i].inside, good[i].inside);
        assert_int_equal(s.crossings[i].read_only, good[i].read_only);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(launch_add_device(&s, wrong[i], &e), -1);
        assert_int_equal(e.kind, ERROR_INVALID);
    }
    assert_int_equal(s.n_crossings, COUNT(good));
    launch_spec_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(env_is_added_and_replaced), cmocka_unit_test(volumes_are_two_absolute_paths),
        cmocka_unit_test(a_copy_stands_alone),       cmocka_unit_test(lines_are_split_as_a_shell_does),
        cmocka_unit_test(open_quotes_are_refused),   cmocka_unit_test(names_that_engines_accept),
        cmocka_unit_test(devices_of_both_systems),   cmocka_unit_test(labels_and_restart_policies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
