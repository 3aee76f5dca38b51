/* JSON in, lines out, joined by "/". */
#include <stdio.h>

#include "tests/core/test.h"
#include "ui/json_lines.h"

static void expect(const char *json, const char *lines)
{
    struct json_lines l = {0};
    char out[1000] = "";
    json_lines_make(&l, json);
    for (size_t i = 0; i < l.count; i++) {
        strcat(strcat(out, i > 0 ? "/" : ""), l.lines[i].text);
    }
    json_lines_done(&l);
    assert_string_equal(out, lines);
}

static void one_member_per_line(void **state)
{
    (void)state;
    expect("", "");
    expect("null", "null");
    expect("{}", "{}");
    expect("{ \n }", "{}");
    expect("{\"a\":1,\"b\":[true,\"x\"],\"c\":{\"d\":{}}}",
           "{/  \"a\": 1,/  \"b\": [/    true,/    \"x\"/  ],/  \"c\": {/    \"d\": {}/  }/}");
    expect("{\"a\" : \"b, {c}: [d]\"}", "{/  \"a\": \"b, {c}: [d]\"/}");
    expect("[\"a \\\" b\",\"\\\\\"]", "[/  \"a \\\" b\",/  \"\\\\\"/]");
}

static void hostile_text(void **state)
{
    (void)state;
    expect("\"open", "\"open");
    expect("\"end\\", "\"end\\");
    expect("}}]]", "}/}/]/]");
    expect("\"\x1b[31m\"", "\"\xef\xbf\xbd[31m\"");
    expect(",,,", ",/,/,");
}

static void keys_are_known(void **state)
{
    (void)state;
    struct json_lines l = {0};
    json_lines_make(&l, "{\"name\":\"web\",\"list\":[\"x: y\"]}");
    assert_int_equal(l.lines[1].key_at, 2);
    assert_int_equal(l.lines[1].key_len, 6);
    assert_int_equal(l.lines[3].key_len, 0);
    json_lines_done(&l);
}

static void long_and_deep(void **state)
{
    (void)state;
    enum { MUCH = 300000 };
    struct json_lines l = {0};
    char *text = malloc(MUCH + 1);
    memset(text, '[', MUCH);
    text[MUCH] = '\0';
    json_lines_make(&l, text);
    assert_true(l.count <= JSON_LINES);
    json_lines_done(&l);
    memset(text, 'x', MUCH);
    json_lines_make(&l, text);
    assert_int_equal(l.count, 1);
    assert_true(strlen(l.lines[0].text) <= 2 * JSON_LINE);
    json_lines_done(&l);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_member_per_line),
        cmocka_unit_test(hostile_text),
        cmocka_unit_test(keys_are_known),
        cmocka_unit_test(long_and_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
