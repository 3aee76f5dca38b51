#include "core/text.h"

#include "tests/core/test.h"

#define BAD "\xef\xbf\xbd"

static void it_grows(void **state)
{
    (void)state;
    struct text t = {0};
    assert_string_equal(text_of(&t), "");
    text_add(&t, NULL);
    text_add(&t, "one");
    text_add_char(&t, ' ');
    text_addf(&t, "%s %d", "two", 3);
    text_add_n(&t, "four", 1);
    assert_string_equal(text_of(&t), "one two 3f");
    assert_int_equal(t.len, 10);
    text_clear(&t);
    assert_string_equal(text_of(&t), "");
    for (int i = 0; i < 10000; i++) {
        text_addf(&t, "%d,", i % 10);
    }
    assert_int_equal(t.len, 20000);
    char *taken = text_take(&t);
    assert_int_equal(strlen(taken), 20000);
    free(taken);
    assert_int_equal(t.len, 0);
    taken = text_take(&t);
    assert_string_equal(taken, "");
    free(taken);
    text_done(&t);
}

static void clean_text_is_safe_to_print(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *clean;
    } table[] = {
        {"plain text", "plain text"},
        {"Grüße, 世界", "Grüße, 世界"},
        {"a\tb\nc\r\nd", "a b c d"},
        {"\x1b[2J", BAD "[2J"},
        {"a\rb", "a" BAD "b"},
        {"\x7f", BAD},
        {"\xc2\x9b"
         "31m",
         BAD "31m"},
        {"\xe2\x80\xae"
         "exe.txt",
         BAD "exe.txt"},
        {"\xe2\x81\xa6x\xe2\x81\xa9", BAD "x" BAD},
        {"a\xe2\x80\x8b"
         "b",
         "a" BAD "b"},
        {"\xef\xbb\xbf"
         "x",
         BAD "x"},
        {"\xf3\xa0\x81\x81", BAD},
        {"\xff\xfe", BAD BAD},
        {"\xc0\xaf", BAD BAD},
        {"\xe2\x82", BAD BAD},
        {"\xed\xa0\x80", BAD BAD BAD},
        {"e\xcc\x81", "e\xcc\x81"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct text t = {0};
        text_add_clean(&t, table[i].raw, strlen(table[i].raw));
        assert_string_equal(text_of(&t), table[i].clean);
        text_done(&t);
    }
    struct text t = {0};
    text_add_clean(&t, "a\0b", 3);
    assert_string_equal(text_of(&t), "a" BAD "b");
    text_done(&t);
}

static void characters_go_in_and_out(void **state)
{
    (void)state;
    static const uint32_t codes[] = {'a', 0x7f, 0x80, 0x7ff, 0x800, 0xfffd, 0xffff, 0x10000, 0x10ffff};
    for (size_t i = 0; i < COUNT(codes); i++) {
        char out[4];
        uint32_t code;
        size_t n = text_encode(codes[i], out);
        assert_int_equal(text_decode(out, out + n, &code), n);
        assert_int_equal(code, codes[i]);
    }
    char out[4];
    assert_int_equal(text_encode(0xd800, out), 3);
    assert_memory_equal(out, BAD, 3);
    assert_int_equal(text_encode(0x110000, out), 3);
    assert_memory_equal(out, BAD, 3);
}

static void widths_are_columns(void **state)
{
    (void)state;
    assert_int_equal(text_char_width('a'), 1);
    assert_int_equal(text_char_width(0), 0);
    assert_int_equal(text_char_width('\n'), 0);
    assert_int_equal(text_char_width(0x9b), 0);
    assert_int_equal(text_char_width(0x301), 0);
    assert_int_equal(text_char_width(0x4e16), 2);
    assert_int_equal(text_char_width(0x1f600), 2);
    assert_int_equal(text_char_width(0x25a0), 1);
    assert_int_equal(text_char_width(0x2500), 1);
    assert_int_equal(text_char_width(0xfffd), 1);
    assert_int_equal(text_char_width(UINT32_MAX), 0);
    assert_int_equal(text_width("世界 e\xcc\x81\xff"), 7);
}

static void what_combines(void **state)
{
    (void)state;
    static const uint32_t combining[] = {0x301, 0x20dd, 0x3099, 0x1160, 0xd7b0, 0x200d, 0xfe0f, 0xe0100};
    static const uint32_t others[] = {'a', ' ', 0xad, 0xe9, 0x1100, 0xac00, 0x4e2d, 0x903, 0x1f600, 0xfffd};
    for (size_t i = 0; i < COUNT(combining); i++) {
        assert_true(text_is_combining(combining[i]));
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_false(text_is_combining(others[i]));
    }
}

static void fit_never_splits_a_character(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        int columns;
        size_t bytes;
        int used;
    } table[] = {
        {"abc", 2, 2, 2},
        {"abc", 9, 3, 3},
        {"世界", 1, 0, 0},
        {"世界", 2, 3, 2},
        {"世界", 3, 3, 2},
        {"", 5, 0, 0},
        {"e\xcc\x81x", 1, 3, 1},
        {"abc", 0, 0, 0},
        {"a\xff"
         "b",
         2, 2, 2},
        {"abc", -1, 0, 0},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        int used = -1;
        assert_int_equal(text_fit(table[i].s, table[i].columns, &used), table[i].bytes);
        assert_int_equal(used, table[i].used);
    }
    assert_int_equal(text_fit("abc", 2, NULL), 2);
}

static void contains_ignores_case(void **state)
{
    (void)state;
    assert_true(text_contains("Web-1", ""));
    assert_true(text_contains("", ""));
    assert_true(text_contains("Web-1", "web"));
    assert_true(text_contains("my-WEB", "web"));
    assert_true(text_contains("aab", "ab"));
    assert_true(text_contains("ÄRGER im Büro", "bÜRO"));
    assert_true(text_contains("Äpfel", "äpf"));
    assert_false(text_contains("web", "webs"));
    assert_false(text_contains("", "a"));
    assert_false(text_contains("ab", "b\xff"));
}

static void order_is_for_people(void **state)
{
    (void)state;
    static const char *const sorted[] = {"",    "a",    "Apple", "apple1", "apple2", "apple10", "b",
                                         "web", "Web2", "web10", "web10a", "web11",  "ä"};
    for (size_t i = 0; i < COUNT(sorted); i++) {
        for (size_t j = 0; j < COUNT(sorted); j++) {
            int order = text_compare(sorted[i], sorted[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
    assert_true(text_compare("x007", "x7") != 0);
    assert_true(text_compare("x007", "x8") < 0);
    assert_true(text_compare("x99999999999999999999998", "x99999999999999999999999") < 0);
    assert_true(text_compare("Web", "web") == -text_compare("web", "Web") || text_compare("Web", "web") < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows),
        cmocka_unit_test(clean_text_is_safe_to_print),
        cmocka_unit_test(characters_go_in_and_out),
        cmocka_unit_test(widths_are_columns),
        cmocka_unit_test(what_combines),
        cmocka_unit_test(fit_never_splits_a_character),
        cmocka_unit_test(contains_ignores_case),
        cmocka_unit_test(order_is_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
