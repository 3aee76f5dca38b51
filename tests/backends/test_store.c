/* The images of docker's store, from one that the tests write: which are found, what is said of them, and
 * that broken and hostile files cost no more than the images that need them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/hcs/store.h"
#include "backends/json.h"
#include "core/memory.h"
#include "core/text.h"
#include "tests/backends/storeroom.h"

static void docker_images_have_their_layers(void **state)
{
    struct storeroom *r = *state;
    storeroom_docker(r);
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 3);
    const cJSON *core = storeroom_image(r, "core:ltsc2022"), *pinger = storeroom_image(r, "pinger:1.0"),
                *bare = storeroom_image(r, "bare@" DIGEST("e"));
    assert_string_equal(json_string(core, "Id", ""), DIGEST("a"));
    assert_int_equal(json_integer(core, "Build", 0), 20348);
    assert_int_equal(json_integer(core, "Size", 0), 1000);
    storeroom_command(core, "[\"c:\\\\windows\\\\system32\\\\cmd.exe\"]");
    storeroom_layers(core, r->docker, SLASH "windowsfilter" SLASH HEX("7"));
    assert_int_equal(json_integer(pinger, "Size", 0), 1024);
    assert_string_equal(json_string(pinger, "WorkingDir", ""), "C:\\app");
    assert_string_equal(json_string(pinger, "User", ""), "ContainerUser");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(json_at(pinger, "Env"), 0)), "A=b c");
    assert_null(json_at(core, "Env"));
    storeroom_command(pinger, "[\"ping\",\"-t\",\"local host\"]");
    storeroom_layers(pinger, r->docker,
                     SLASH "windowsfilter" SLASH HEX("9") " " SLASH "windowsfilter" SLASH HEX(
                         "8") " " SLASH "windowsfilter" SLASH HEX("7"));
    assert_int_equal(json_integer(bare, "Build", 1), 0);
    storeroom_command(bare, NULL);
}

static void the_data_root_is_where_the_settings_say(void **state)
{
    static const char elsewhere[] = "{\"debug\":true,\"data-root\":\"";
    struct storeroom *r = *state;
    struct text settings = {0}, wide = {0};
    char root[600];
    storeroom_docker(r);
    snprintf(root, sizeof root, "%s", r->docker);
    snprintf(r->docker, sizeof r->docker, "%s/settings", r->folder);
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 0);
    text_add(&settings, elsewhere);
    for (const char *at = root; *at; at++) {
        text_addf(&settings, "%s%c", *at == '\\' ? "\\" : "", *at);
    }
    text_add(&settings, "\"}");
    storeroom_put(r, "settings/config/daemon.json", text_of(&settings));
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 3);
    storeroom_layers(storeroom_image(r, "core:ltsc2022"), root, SLASH "windowsfilter" SLASH HEX("7"));

    for (int big = 0; big < 2; big++) { /* as PowerShell writes it */
        text_clear(&wide);
        text_add(&wide, big ? "\xFE\xFF" : "\xFF\xFE");
        for (size_t i = 0; i < settings.len; i++) {
            char pair[2] = {0, 0};
            pair[big] = settings.data[i];
            text_add_n(&wide, pair, 2);
        }
        storeroom_put_bytes(r, "settings/config/daemon.json", wide.data, wide.len);
        assert_true(storeroom_look(r));
        assert_int_equal(storeroom_count(r), 3);
    }
    text_done(&wide);
    text_done(&settings);
}

static void what_is_missing_costs_only_who_needs_it(void **state)
{
    struct storeroom *r = *state;
    storeroom_docker(r);
    storeroom_take_away(r, "docker/windowsfilter/" HEX("9"));
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 2);
    storeroom_folder(r, "docker/windowsfilter/" HEX("9") "-removing");
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 2);
    storeroom_take_away(r, LAYERDB CHAIN_12);
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 1);
    storeroom_take_away(r, CONTENT HEX("a"));
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 0);
    storeroom_take_away(r, DOCKER "repositories.json");
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 0);

    char *nothing = store_images(NULL, NULL, &r->why);
    assert_string_equal(nothing, "[]");
    free(nothing);
}

static void broken_files_cost_only_who_needs_them(void **state)
{
    static const char *const files[] = {DOCKER "repositories.json", CONTENT HEX("b"),
                                        LAYERDB CHAIN_123 "/cache-id", LAYERDB CHAIN_123 "/size",
                                        "docker/config/daemon.json"};
    static const char *const broken[] = {"",
                                         "{",
                                         "\xff\xfe",
                                         "null",
                                         "[[[",
                                         "{\"Repositories\":7}",
                                         "{\"Repositories\":{\"a\":{\"a:1\":7}}}",
                                         "{\"os\":\"windows\",\"rootfs\":{\"diff_ids\":[1,2]}}",
                                         "{\"os\":\"windows\",\"rootfs\":{\"diff_ids\":\"x\"}}",
                                         "-1"};
    struct storeroom *r = *state;
    storeroom_docker(r);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        for (size_t b = 0; b < sizeof broken / sizeof *broken; b++) {
            storeroom_put(r, files[i], broken[b]);
            bool found = storeroom_look(r);
            if (i > 0) { /* not the names themselves */
                assert_true(found);
                assert_in_range(storeroom_count(r), 2, 3);
            } else if (!found) {
                assert_non_null(strstr(r->why.text, "repositories.json"));
            }
        }
        storeroom_docker(r);
    }
    char *large = mem_new((8 << 20) + 2, 1);
    memset(large, ' ', (8 << 20) + 1);
    storeroom_put(r, DOCKER "repositories.json", large);
    free(large);
    assert_false(storeroom_look(r));
    assert_int_equal(r->why.kind, ERROR_OTHER);
}

static void no_file_leads_out_of_the_store(void **state)
{
    static const char *const folders[] = {"../windowsfilter/" HEX("9"),
                                          "..",
                                          ".",
                                          "/tmp",
                                          "C:\\Windows",
                                          "a/b",
                                          "\\\\host\\share",
                                          HEX("9") ":x"};
    struct storeroom *r = *state;
    storeroom_docker(r);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        storeroom_put(r, LAYERDB CHAIN_123 "/cache-id", folders[i]);
        assert_true(storeroom_look(r));
        assert_int_equal(storeroom_count(r), 2);
    }
    storeroom_put(
        r, DOCKER "repositories.json",
        "{\"Repositories\":{\"x\":{\"x:1\":\"sha256:../../../../x\",\"x\\u001b[2J:1\":\"" DIGEST(
            "a") "\",\"x y:1\":\"" DIGEST("a") "\",\"\":\"" DIGEST("a") "\",\"x:2\":\"" DIGEST("a") "\"}}}");
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 1);
    storeroom_image(r, "x:2");
}

static void commands_are_words(void **state)
{
    static const struct {
        const char *config, *words;
    } cases[] = {
        {"{\"Entrypoint\":[\"C:\\\\ServiceMonitor.exe\"],\"Cmd\":[\"w3svc\"]}",
         "[\"C:\\\\ServiceMonitor.exe\",\"w3svc\"]"},
        {"{\"Entrypoint\":null,\"Cmd\":[\"a b\",\"c\"]}", "[\"a b\",\"c\"]"},
        {"{\"Cmd\":[\"a b\"]}", "[\"a b\"]"},
        {"{\"ArgsEscaped\":true,\"Cmd\":[\"a b\",\"c d\"]}", "[\"a b\",\"c d\"]"},
        {"{\"ArgsEscaped\":true,\"Cmd\":[\"cmd /S /C echo a & dir \\\"C:\\\\Program Files\\\\\\\"\"]}",
         "[\"cmd\",\"/S\",\"/C\",\"echo\",\"a\",\"&\",\"dir\",\"C:\\\\Program Files\\\"\"]"},
        {"{\"ArgsEscaped\":true,\"Cmd\":[\" x  C:\\\\a\\\\  \\\\\\\\\\\"b c\\\" \\\\\\\"q \"]}",
         "[\"x\",\"C:\\\\a\\\\\",\"\\\\b c\",\"\\\"q\"]"},
        {"{\"ArgsEscaped\":true,\"Entrypoint\":[\"run me\"],\"Cmd\":[\"a b\"]}", "[\"run\",\"me\",\"a b\"]"},
        {"{\"ArgsEscaped\":true,\"Cmd\":[\"\"]}", NULL},
        {"{\"Cmd\":\"a\",\"Entrypoint\":{\"b\":\"c\"}}", "[\"c\"]"},
        {"7", NULL},
    };
    struct storeroom *r = *state;
    storeroom_docker(r);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text config = {0};
        text_addf(&config, "{\"os\":\"windows\",\"config\":%s,\"rootfs\":{\"diff_ids\":[" ONE "]}}",
                  cases[i].config);
        storeroom_put(r, CONTENT HEX("a"), text_of(&config));
        text_done(&config);
        assert_true(storeroom_look(r));
        storeroom_command(storeroom_image(r, "core:ltsc2022"), cases[i].words);
    }
}

static void names_are_as_people_say_them(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"docker.io/library/app:1", "app:1"},
        {"docker.io/me/app:latest", "me/app"},
        {"app:latest", "app"},
        {"mcr.microsoft.com/windows/nanoserver:ltsc2022", "mcr.microsoft.com/windows/nanoserver:ltsc2022"},
        {":latest", ":latest"},
        {"docker.io/", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *name = store_name(cases[i][0]);
        assert_string_equal(name, cases[i][1]);
        free(name);
    }
}

static void an_image_is_meant_by_name_or_id(void **state)
{
    static const struct {
        const char *word, *name; /* NULL: none */
    } cases[] = {
        {"core:ltsc2022", "core:ltsc2022"},
        {"docker.io/library/core:ltsc2022", "core:ltsc2022"},
        {"core", NULL},
        {DIGEST("a"), "core:ltsc2022"},
        {"bbbbbbbbbbbb", "pinger:1.0"},
        {"bbbbbbbbbbb", NULL},
        {DIGEST("b") "b", NULL},
        {"sha256:", NULL},
        {"", NULL},
    };
    struct storeroom *r = *state;
    storeroom_docker(r);
    assert_true(storeroom_look(r));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const cJSON *found = store_find(r->images, cases[i].word);
        assert_int_equal(found != NULL, cases[i].name != NULL);
        if (found) {
            assert_string_equal(json_string(found, "Name", ""), cases[i].name);
        }
    }
    assert_null(store_find(NULL, "core:ltsc2022"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_as_people_say_them),
        cmocka_unit_test_setup_teardown(an_image_is_meant_by_name_or_id, storeroom_begin, storeroom_end),
        cmocka_unit_test_setup_teardown(docker_images_have_their_layers, storeroom_begin, storeroom_end),
        cmocka_unit_test_setup_teardown(the_data_root_is_where_the_settings_say, storeroom_begin,
                                        storeroom_end),
        cmocka_unit_test_setup_teardown(what_is_missing_costs_only_who_needs_it, storeroom_begin,
                                        storeroom_end),
        cmocka_unit_test_setup_teardown(broken_files_cost_only_who_needs_them, storeroom_begin,
                                        storeroom_end),
        cmocka_unit_test_setup_teardown(no_file_leads_out_of_the_store, storeroom_begin, storeroom_end),
        cmocka_unit_test_setup_teardown(commands_are_words, storeroom_begin, storeroom_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
