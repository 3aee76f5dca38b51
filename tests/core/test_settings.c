#include "core/settings.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"
#include "tests/core/system.h"
#include "tests/core/test.h"

static void note(void *user, const char *sentence)
{
    text_addf(user, "%s\n", sentence);
}

/* Reads the text into settings with their defaults, and expects these words in the warnings. */
static struct settings read_with(const char *text, const char *warnings)
{
    struct settings s;
    struct text heard = {0};
    struct error e = {0};
    settings_init(&s);
    assert_true(settings_parse(&s, text, note, &heard, &e));
    if (*warnings) {
        assert_non_null(strstr(text_of(&heard), warnings));
    } else {
        assert_string_equal(text_of(&heard), "");
    }
    text_done(&heard);
    return s;
}

static void assert_default(const struct settings *s)
{
    assert_string_equal(s->theme, "dark");
    assert_int_equal(s->sort, SORT_NAME);
    assert_false(s->sort_descending);
    assert_false(s->hide_stopped);
    assert_false(s->ascii);
    assert_true(s->mouse);
    assert_true(s->confirm);
    assert_string_equal(s->detach_key, "Ctrl-]");
    assert_true(s->refresh_seconds == 1);
    assert_int_equal(s->log_lines, 10000);
    assert_int_equal(s->scrollback, 5000);
    assert_null(s->engines);
    assert_int_equal(s->n_engines, 0);
    assert_int_equal(s->n_keys, 0);
    assert_int_equal(s->runtimes.n_rules, 0);
}

static void nothing_gives_the_defaults(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}", " {\n} ", "// nothing\n{ /* here */ }\n", "\xef\xbb\xbf{}"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct settings s = read_with(texts[i], "");
        assert_default(&s);
        settings_done(&s);
    }
}

static void every_key_is_read(void **state)
{
    (void)state;
    struct settings s =
        read_with("// mine\n"
                  "{\n"
                  "  \"theme\": \"light\", /* \"quoted\" \n over lines */\n"
                  "  \"sort\": \"cpu\", \"sort_descending\": true, \"hide_stopped\": true, \"ascii\": true,\n"
                  "  \"mouse\": false, \"confirm\": false, \"detach_key\": \"Ctrl-//\",\n"
                  "  \"refresh_seconds\": 0.5, \"log_lines\": 100, \"scrollback\": 0,\n"
                  "  \"engines\": [{\"name\": \"local\", \"address\": null, \"isolation\": \"vm\"},\n"
                  "              {\"name\": \"docker\", \"address\": \"unix:///run/docker.sock\"}],\n"
                  "  \"runtimes\": {\"own*\": \"hyperv\", \"runsc\": \"process\"},\n"
                  "  \"keys\": {\"Ctrl-X\": \"stop\", \"a\": \"none\", \"Ctrl-X\": \"kill\"}\n"
                  "}\n",
                  "");
    assert_string_equal(s.theme, "light");
    assert_int_equal(s.sort, SORT_CPU);
    assert_true(s.sort_descending && s.hide_stopped && s.ascii && !s.mouse && !s.confirm);
    assert_string_equal(s.detach_key, "Ctrl-//");
    assert_true(s.refresh_seconds == 0.5);
    assert_int_equal(s.log_lines, 100);
    assert_int_equal(s.scrollback, 0);
    assert_int_equal(s.n_engines, 2);
    assert_int_equal(runtimes_isolation(&s.runtimes, "own-1"), ISOLATION_VM);
    assert_int_equal(runtimes_isolation(&s.runtimes, "runsc"), ISOLATION_PROCESS);
    assert_string_equal(s.engines[0].name, "local");
    assert_null(s.engines[0].address);
    assert_int_equal(s.engines[0].isolation, ISOLATION_VM);
    assert_string_equal(s.engines[1].address, "unix:///run/docker.sock");
    assert_int_equal(s.engines[1].isolation, ISOLATION_UNKNOWN);
    assert_int_equal(settings_isolation(&s, "local", NULL), ISOLATION_VM);
    assert_int_equal(settings_isolation(&s, s.engines[1].name, s.engines[1].address), ISOLATION_UNKNOWN);
    assert_int_equal(settings_isolation(&s, "nobody", NULL), ISOLATION_UNKNOWN);
    assert_int_equal(s.n_keys, 2);
    assert_string_equal(s.keys[0].key, "Ctrl-X");
    assert_string_equal(s.keys[0].action, "kill"); /* the last word counts */
    assert_string_equal(s.keys[1].action, "none");
    settings_done(&s);
}

static void each_engine_has_its_own_default_mode(void **state)
{
    (void)state;
    struct settings s = read_with(
        "{\"engines\": [{\"name\": \"docker\", \"address\": \"context:prod\", \"isolation\": \"hyperv\"},"
        "{\"name\": \"docker\", \"isolation\": \"process\"}]}",
        "");
    assert_int_equal(settings_isolation(&s, "docker", "context:prod"), ISOLATION_VM);
    assert_int_equal(settings_isolation(&s, "docker", NULL), ISOLATION_PROCESS);
    assert_int_equal(settings_isolation(&s, "docker", "ssh://build"), ISOLATION_PROCESS);
    settings_done(&s);
}

static void unknown_keys_are_named_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *warning;
    } table[] = {
        {"{\"colour\": 1}", "settings.json line 1: unknown key \"colour\""},
        {"{\n// \"x\": 1\n\"theme\": \"dark\",\n\n/* one\ntwo */ \"colour\": \"red\"\n}",
         "settings.json line 6: unknown key \"colour\""},
        {"{\"a\": {\"b\": [{\"c\": 1}]},\n\"d\"\n: 1}", "line 2: unknown key \"d\""},
        {"{\"engines\": [\n{\"name\": \"local\",\n\"adress\": \"x\"}]}", "line 3: unknown key \"adress\""},
        {"{\"engines\": [{\"name\": \"a\", \"address\": {\"x\": {\"y\": 1}}},\n{\"name\": \"b\",\n\"hue\": "
         "1}]}",
         "line 3: unknown key \"hue\""},
        {"{\"theme\": \"a\nb\", \"x\":\n1}", "line 2: unknown key \"x\""},
        {"{\"q\\\"/*\": 1,\n\"*/\": 2}", "line 2: unknown key \"*/\""},
        {"{\"\\u001b[2J\": 1}", "line 1: unknown key \"\xef\xbf\xbd[2J\""},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct settings s = read_with(table[i].text, table[i].warning);
        settings_done(&s);
    }
}

static void wrong_values_leave_the_default(void **state)
{
    (void)state;
    static const struct {
        const char *text, *warning;
    } table[] = {
        {"{\"theme\": 1}", "\"theme\" must be the name of a theme"},
        {"{\"theme\": \"\"}", "\"theme\" must be"},
        {"{\"theme\": \"../../etc/passwd\"}", "is no theme's name"},
        {"{\"sort\": \"size\"}", "cannot sort by \"size\"; choose one of "},
        {"{\"sort\": null}", "\"sort\" must be"},
        {"{\"sort_descending\": 1}", "sort_descending must be true or false; it stays false"},
        {"{\"mouse\": \"yes\"}", "mouse must be true or false; it stays true"},
        {"{\"detach_key\": \"a\\u0007\"}", "\"detach_key\" must be"},
        {"{\"refresh_seconds\": 0.1}", "refresh_seconds must be a number from 0.2 to 3600; it stays 1"},
        {"{\"refresh_seconds\": 1e999}", "refresh_seconds must be"},
        {"{\"refresh_seconds\": \"1\"}", "refresh_seconds must be"},
        {"{\"log_lines\": -1}", "log_lines must be a number from 100 to 1000000; it stays 10000"},
        {"{\"log_lines\": 1e18}", "log_lines must be"},
        {"{\"scrollback\": 100001}", "scrollback must be a number from 0 to 100000; it stays 5000"},
        {"{\"engines\": {}}", "engines must be a list"},
        {"{\"runtimes\": [\"runc\"]}", "runtimes must be like"},
        {"{\"runtimes\": {\"runc\": \"default\"}}", "\"default\" is nothing that a runtime isolates by"},
        {"{\"runtimes\": {\"runc\": 1}}", "\"runc\" must be process or hyperv"},
        {"{\"runtimes\": {\"\": \"process\"}}", "\"\" is no runtime"},
        {"{\"engines\": [1]}", "an engine without a name is left out"},
        {"{\"engines\": [{\"address\": \"x\"}]}", "an engine without a name is left out"},
        {"{\"keys\": []}", "keys must be like"},
        {"{\"keys\": {\"x\": \"explode\"}}", "no action is called \"explode\""},
        {"{\"keys\": {\"\": \"stop\"}}", "is no key"},
        {"{\"keys\": {\"x\": 1}}", "must be the name of an action"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct settings s = read_with(table[i].text, table[i].warning);
        assert_default(&s);
        settings_done(&s);
    }
    struct settings s =
        read_with("{\"engines\":[{\"name\":\"a\",\"isolation\":\"wall\"}]}", "\"wall\" is no isolation");
    assert_int_equal(s.n_engines, 1);
    settings_done(&s);
}

static void what_is_not_json_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } table[] = {
        {"", "settings.json line 1:"},
        {"[]", "must stand in braces"},
        {"{\n\"theme\": \"light\",\n\"sort\" \"cpu\"\n}", "settings.json line 3: this is not JSON"},
        {"{\"theme\": \"light\"} x", "this is not JSON"},
        {"{\"theme\": \"light\"", "this is not JSON"},
        {"{\"theme\": \"light\" /* }", "this is not JSON"},
        {"{\"theme\": \"light}", "this is not JSON"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct settings s;
        struct error e = {0};
        settings_init(&s);
        assert_false(settings_parse(&s, table[i].text, NULL, NULL, &e));
        assert_int_equal(e.kind, ERROR_INVALID);
        assert_non_null(strstr(e.text, table[i].words));
        assert_default(&s);
        settings_done(&s);
    }
    struct settings s;
    settings_init(&s);
    struct text deep = {0};
    for (int i = 0; i < 100000; i++) {
        text_add(&deep, "{\"a\":");
    }
    assert_false(settings_parse(&s, text_of(&deep), NULL, NULL, NULL));
    text_done(&deep);
    settings_done(&s);
}

static void many_mistakes_are_not_all_told(void **state)
{
    (void)state;
    struct text text = {0}, heard = {0};
    text_add(&text, "{");
    for (int i = 0; i < 1000; i++) {
        text_addf(&text, "%s\n\"key%d\": %d", i ? "," : "", i, i);
    }
    text_add(&text, "}");
    struct settings s;
    settings_init(&s);
    assert_true(settings_parse(&s, text_of(&text), note, &heard, NULL));
    assert_non_null(strstr(text_of(&heard), "line 51: unknown key \"key49\""));
    assert_null(strstr(text_of(&heard), "key50"));
    assert_non_null(strstr(text_of(&heard), "more mistakes"));
    text_done(&text);
    text_done(&heard);
    settings_done(&s);
}

static void a_file_is_read_and_need_not_exist(void **state)
{
    (void)state;
    char folder[512];
    assert_non_null(new_folder(folder, sizeof folder));
    struct text path = {0}, heard = {0};
    struct error e = {0};
    struct settings s;
    settings_init(&s);
    text_addf(&path, "%s/mine.json", folder);
    assert_false(settings_load(&s, text_of(&path), note, &heard, &e));
    assert_non_null(strstr(e.text, "Cannot open the settings"));
    assert_default(&s);
    FILE *file = fopen(text_of(&path), "w");
    fputs("{\"theme\": \"light\",\n\"hue\": 1}", file);
    fclose(file);
    assert_true(settings_load(&s, text_of(&path), note, &heard, &e));
    assert_string_equal(s.theme, "light");
    assert_string_equal(text_of(&heard), "mine.json line 2: unknown key \"hue\"; it is left out\n");
    assert_false(settings_load(&s, folder, note, &heard, &e));
    assert_non_null(strstr(e.text, "the settings"));
    file = fopen(text_of(&path), "w");
    for (int i = 0; i < 1100; i++) {
        fprintf(file, "%1024s", "");
    }
    fclose(file);
    assert_false(settings_load(&s, text_of(&path), note, &heard, &e));
    assert_non_null(strstr(e.text, "longer than 1 MB"));
    unlink(text_of(&path));
    rmdir(folder);
    text_done(&path);
    text_done(&heard);
    settings_done(&s);
}

#ifdef _WIN32
static void the_users_file_is_where_windows_says(void **state)
{
    (void)state;
    setenv("APPDATA", "C:\\users\\me\\AppData\\Roaming", 1);
    char *path = settings_path();
    assert_string_equal(path, "C:\\users\\me\\AppData\\Roaming\\porthole\\settings.json");
    free(path);
    unsetenv("APPDATA");
    assert_null(settings_path());
}
#else
static void the_users_file_is_where_xdg_says(void **state)
{
    (void)state;
    setenv("XDG_CONFIG_HOME", "/somewhere", 1);
    char *path = settings_path();
    assert_string_equal(path, "/somewhere/porthole/settings.json");
    free(path);
    setenv("XDG_CONFIG_HOME", "relative/is/ignored", 1);
    setenv("HOME", "/home/me", 1);
    path = settings_path();
    assert_string_equal(path, "/home/me/.config/porthole/settings.json");
    free(path);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_gives_the_defaults),
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(each_engine_has_its_own_default_mode),
        cmocka_unit_test(unknown_keys_are_named_with_their_line),
        cmocka_unit_test(wrong_values_leave_the_default),
        cmocka_unit_test(what_is_not_json_changes_nothing),
        cmocka_unit_test(many_mistakes_are_not_all_told),
        cmocka_unit_test(a_file_is_read_and_need_not_exist),
#ifdef _WIN32
        cmocka_unit_test(the_users_file_is_where_windows_says),
#else
        cmocka_unit_test(the_users_file_is_where_xdg_says),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
