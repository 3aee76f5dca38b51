/* What we send to HCS: the words of it, and that every document passes a strict reading of Microsoft's
 * schema. */
#include "backends/hcs/document.h"
#include "backends/hcs/request.h"
#include "core/memory.h"
#include "tests/backends/schema.h"
#include "tests/core/test.h"

static void command_lines_come_apart_again(void **state)
{
    (void)state;
    static const struct {
        const char *words[5];
        const char *line;
    } lines[] = {
        {{"ping", "-t", "localhost"}, "ping -t localhost"},
        {{"cmd", "/c", "echo a& exit 3"}, "cmd /c \"echo a& exit 3\""},
        {{"a", ""}, "a \"\""},
        {{"C:\\Program Files\\x.exe", "C:\\y\\"}, "\"C:\\Program Files\\x.exe\" C:\\y\\"},
        {{"a", "b c\\"}, "a \"b c\\\\\""},
        {{"a", "say \"hi\""}, "a \"say \\\"hi\\\"\""},
        {{"a", "x\\\"y"}, "a \"x\\\\\\\"y\""},
        {{"a", "tab\there", "\\\\server\\share"}, "a \"tab\there\" \\\\server\\share"},
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        char *line = request_command_line(lines[i].words);
        assert_string_equal(line, lines[i].line);
        free(line);
    }
}

static cJSON *parsed(char *text)
{
    struct error why;
    cJSON *json = document_parse(text, &why);
    assert_non_null(json);
    free(text);
    return json;
}

static const char *const words[] = {"cmd", "/c", "ver", NULL};
static const char *const env[] = {"A=1", "EMPTY=", "A=2", "no equals", "=x", NULL};
static const struct console_spec specs[] = {
    {.kind = CONSOLE_EXEC, .terminal = true, .input = true, .rows = 24, .cols = 80},
    {.kind = CONSOLE_EXEC, .argv = words, .env = env, .workdir = "C:\\data", .user = "ContainerUser"},
};

static void a_process_is_asked_for_in_full(void **state)
{
    (void)state;
    cJSON *json = parsed(request_process(&specs[0], false));
    assert_string_equal(cJSON_GetObjectItem(json, "CommandLine")->valuestring, "cmd.exe");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(json, "EmulateConsole")));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(json, "CreateStdErrPipe"))); /* one stream with a console */
    const cJSON *size = cJSON_GetObjectItem(json, "ConsoleSize");
    assert_int_equal(cJSON_GetArrayItem(size, 0)->valueint, 24); /* height first */
    assert_int_equal(cJSON_GetArrayItem(size, 1)->valueint, 80);
    cJSON_Delete(json);

    json = parsed(request_process(&specs[1], false));
    const cJSON *variables = cJSON_GetObjectItem(json, "Environment");
    assert_int_equal(cJSON_GetArraySize(variables), 1);
    assert_string_equal(cJSON_GetObjectItem(variables, "A")->valuestring, "2");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(json, "CreateStdInPipe")));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(json, "CreateStdErrPipe")));
    assert_null(cJSON_GetObjectItem(json, "ConsoleSize"));
    cJSON_Delete(json);

    json = parsed(request_process(&specs[1], true));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "CommandArgs")), 3);
    assert_null(cJSON_GetObjectItem(json, "CommandLine"));
    cJSON_Delete(json);
}

static void signals_have_their_windows_words(void **state)
{
    (void)state;
    static const struct {
        int number;
        const char *json;
    } signals[] = {{2, "{\"Signal\":\"CtrlC\"}"},
                   {3, "{\"Signal\":\"CtrlBreak\"}"},
                   {1, "{\"Signal\":\"CtrlClose\"}"},
                   {15, "{\"Signal\":\"CtrlShutdown\"}"}};
    for (size_t i = 0; i < COUNT(signals); i++) {
        char *json = request_signal(signals[i].number);
        assert_string_equal(json, signals[i].json);
        free(json);
    }
    assert_null(request_signal(9));
    assert_null(request_signal(10));
}

static void check(const cJSON *schema, const char *definition, char *text)
{
    char why[300] = "";
    cJSON *json = parsed(text);
    if (!schema_fits(schema, definition, json, true, why, sizeof why)) {
        fail_msg("%s", why);
    }
    cJSON_Delete(json);
}

static void documents_pass_the_strict_schema(void **state)
{
    const cJSON *schema = *state;
    if (!schema) {
        print_message("skipped: ../shared/hcs-schema-win11-21h2.json is not here\n");
        skip();
    }
    check(schema, "Service_PropertyQuery", mem_string(REQUEST_SERVICE));
    check(schema, "System_PropertyQuery", mem_string(REQUEST_STATISTICS));
    check(schema, "System_PropertyQuery", mem_string(REQUEST_PROCESSES));
    check(schema, "System_PropertyQuery", mem_string(REQUEST_USAGE));
    check(schema, "System_PropertyQuery", mem_string(REQUEST_MEMORY));
    for (size_t i = 0; i < COUNT(specs); i++) {
        check(schema, "ProcessParameters", request_process(&specs[i], false));
        check(schema, "ProcessParameters", request_process(&specs[i], true));
    }
    check(schema, "ProcessModifyRequest", request_console_size(31, 97));
    check(schema, "ProcessModifyRequest", request_close_input());
    for (int number = 1; number < 16; number++) {
        char *json = request_signal(number);
        if (json) {
            check(schema, "SignalProcessOptions", json);
        }
    }
}

/* The check itself must be able to say no. */
static void the_strict_schema_refuses_what_is_wrong(void **state)
{
    const cJSON *schema = *state;
    static const char *const wrong[][2] = {{"ProcessParameters", "{\"CommandLin\":\"cmd\"}"},
                                           {"ProcessParameters", "{\"EmulateConsole\":1}"},
                                           {"ProcessParameters", "{\"ConsoleSize\":[70000,80]}"},
                                           {"SignalProcessOptions", "{\"Signal\":\"CtrlX\"}"},
                                           {"System_PropertyQuery", "{\"PropertyTypes\":[\"Silo\"]}"},
                                           {"NoSuchThing", "{}"}};
    if (!schema) {
        print_message("skipped: ../shared/hcs-schema-win11-21h2.json is not here\n");
        skip();
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char why[300] = "";
        cJSON *json = parsed(mem_string(wrong[i][1]));
        assert_false(schema_fits(schema, wrong[i][0], json, true, why, sizeof why));
        assert_true(why[0] != '\0');
        cJSON_Delete(json);
    }
}

static int load(void **state)
{
    *state = schema_load();
    return 0;
}

static int unload(void **state)
{
    cJSON_Delete(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_lines_come_apart_again),
        cmocka_unit_test(a_process_is_asked_for_in_full),
        cmocka_unit_test(signals_have_their_windows_words),
        cmocka_unit_test(documents_pass_the_strict_schema),
        cmocka_unit_test(the_strict_schema_refuses_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
