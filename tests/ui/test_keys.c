/* Names of keys, and the bytes that make them. */
#include "tests/core/test.h"

#include "ui/keys.h"
#include "ui/typing.h"

static void test_names_come_back(void **state)
{
    (void)state;
    static const char *const names[] = {
        "a",
        "A",
        "?",
        "Space",
        "Ctrl-K",
        "Ctrl-]",
        "Ctrl-Space",
        "Alt-x",
        "Alt--",
        "Ctrl-Alt-Delete",
        "F1",
        "F12",
        "Enter",
        "Esc",
        "Shift-Tab",
        "Page Down",
        "Ctrl-Alt-Shift-Backspace",
        "Ctrl-Alt-Shift-Page Down",
        "\xc3\xa9",
        "<",
        "-",
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        struct key k;
        char out[KEY_NAME];
        assert_true(key_parse(names[i], &k));
        assert_string_equal(key_label(&k, out), names[i]);
        assert_true(key_is(&k, names[i]));
    }
}

static void test_other_spellings(void **state)
{
    (void)state;
    struct key k;
    assert_true(key_parse("ctrl-k", &k) && key_is(&k, "Ctrl-K"));
    assert_true(key_parse("PgUp", &k) && key_is(&k, "Page Up"));
    assert_true(key_parse("shift-tab", &k) && key_is(&k, "Shift-Tab"));
    assert_true(key_parse("alt-ctrl-x", &k) && key_is(&k, "Ctrl-Alt-X"));
    assert_true(key_parse("f5", &k) && key_is(&k, "F5"));
    assert_true(key_parse("a", &k) && !key_is(&k, "A"));
}

static void test_what_is_no_name(void **state)
{
    (void)state;
    static const char *const names[] = {"",      "F0",    "F13",  "F1x",  "ab", "Ctrl-",       "Shift-a",
                                        "Mouse", "Paste", "\xff", "\033", " ",  "Ctrl-Ctrl-a", "nope"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct key k = {.code = 77};
        assert_false(key_parse(names[i], &k));
        assert_int_equal(k.code, 77);
    }
    assert_false(key_parse(NULL, &(struct key){0}));
}

/* Types bytes, all at once, and compares the names of the keys that come out, with a space between. */
static void assert_types(const char *bytes, const char *expected)
{
    struct typing *t = typing_new(true);
    char all[512] = "";
    struct key k;
    for (const char *s = bytes; *s != '\0'; s++) {
        typing_byte(t, (unsigned char)*s);
        if (s[1] == '\0') {
            typing_idle(t);
        }
        while (typing_next(t, &k)) {
            char name[KEY_NAME];
            strcat(all, all[0] == '\0' ? "" : " ");
            strcat(all, key_label(&k, name));
        }
    }
    assert_string_equal(all, expected);
    typing_free(t);
}

static void test_bytes_to_keys(void **state)
{
    (void)state;
    assert_types("ab", "a b");
    assert_types("\033", "Esc");
    assert_types("\033\033", "Esc Esc");
    assert_types("\033x", "Alt-x");
    assert_types("\033[", "Alt-[");
    assert_types("\033\xc3\xa9", "Alt-\xc3\xa9");
    assert_types("\001\032\035\037", "Ctrl-A Ctrl-Z Ctrl-] Ctrl-_");
    assert_types("\r\t\177", "Enter Tab Backspace");
    assert_types("\033[1;5A\033[1;2D\033[6;3~\033[24~", "Ctrl-Up Shift-Left Alt-Page Down F12");
    assert_types("\033OP\033[Z\033[27;5;13~\033[107;5u", "F1 Shift-Tab Ctrl-Enter Ctrl-K");
    assert_types("\033\033[A", "Alt-Up");
    assert_types("\033[?62;1c\033[12;3Rq", "Alt-F3 q");
    assert_types("\033[9999999999999999999999;;;;;;;;;;;;;;;zq", "q");
    assert_types("\xe4\xb8\xad\xff\xc3q\xc3\xa9", "\xe4\xb8\xad \xef\xbf\xbd \xef\xbf\xbd q \xc3\xa9");
    assert_types("\033[<0;10;5M", "Mouse");
    assert_types("\033[M !!", "Mouse");
}

static void test_a_sequence_in_pieces(void **state)
{
    (void)state;
    struct typing *t = typing_new(true);
    struct key k;
    const char *bytes = "\033[1;5A";
    for (size_t i = 0; i < 3; i++) {
        typing_byte(t, (unsigned char)bytes[i]);
    }
    typing_idle(t);
    assert_false(typing_next(t, &k));
    for (size_t i = 3; i < 6; i++) {
        typing_byte(t, (unsigned char)bytes[i]);
    }
    assert_true(typing_next(t, &k) && key_is(&k, "Ctrl-Up"));
    typing_free(t);
}

static void type(struct typing *t, const char *bytes)
{
    for (; *bytes != '\0'; bytes++) {
        typing_byte(t, (unsigned char)*bytes);
    }
}

static void test_pastes(void **state)
{
    (void)state;
    struct typing *t = typing_new(true);
    struct key k;
    type(t, "\033[200~one\rtwo \033[31m\xff");
    assert_true(typing_pasting(t));
    assert_false(typing_next(t, &k));
    type(t, "\033[201~q");
    assert_true(typing_next(t, &k));
    assert_int_equal(k.code, KEY_CODE_PASTE);
    assert_string_equal(k.paste, "one\ntwo \033[31m\xef\xbf\xbd");
    assert_int_equal(k.paste_len, strlen(k.paste));
    assert_true(typing_next(t, &k) && key_is(&k, "q"));
    type(t, "\033[200~never ends");
    typing_end_paste(t);
    assert_true(typing_next(t, &k) && k.paste_len == 10);
    typing_free(t);
}

static void test_a_paste_is_bounded(void **state)
{
    (void)state;
    struct typing *t = typing_new(true);
    struct key k;
    type(t, "\033[200~");
    for (size_t i = 0; i < TYPING_PASTE_LIMIT + 1000; i++) {
        typing_byte(t, 'x');
    }
    type(t, "\033[201~q");
    assert_true(typing_next(t, &k));
    assert_int_equal(k.paste_len, TYPING_PASTE_LIMIT);
    assert_true(typing_next(t, &k) && key_is(&k, "q"));
    typing_free(t);
}

static void test_the_mouse(void **state)
{
    (void)state;
    struct typing *t = typing_new(true);
    struct key k;
    type(t, "\033[<16;300;12M\033[<0;1;1m\033[<64;2;3M\033[<35;2;3M");
    assert_true(typing_next(t, &k));
    assert_int_equal(k.mouse, MOUSE_PRESS);
    assert_int_equal(k.mouse_row, 11);
    assert_int_equal(k.mouse_col, 299);
    assert_int_equal(k.modifiers, KEY_CTRL);
    assert_true(typing_next(t, &k) && k.mouse == MOUSE_RELEASE);
    assert_true(typing_next(t, &k) && k.mouse == MOUSE_WHEEL_UP);
    assert_false(typing_next(t, &k));
    typing_free(t);
}

static void test_names_of_curses(void **state)
{
    (void)state;
    struct key k;
    assert_true(typing_named("KEY_BTAB", &k) && key_is(&k, "Shift-Tab"));
    assert_true(typing_named("KEY_F(10)", &k) && key_is(&k, "F10"));
    assert_true(typing_named("kUP5", &k) && key_is(&k, "Ctrl-Up"));
    assert_true(typing_named("kDC3", &k) && key_is(&k, "Alt-Delete"));
    assert_false(typing_named("KEY_F(13)", &k) || typing_named("kUP", &k) || typing_named(NULL, &k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_come_back),      cmocka_unit_test(test_other_spellings),
        cmocka_unit_test(test_what_is_no_name),      cmocka_unit_test(test_bytes_to_keys),
        cmocka_unit_test(test_a_sequence_in_pieces), cmocka_unit_test(test_pastes),
        cmocka_unit_test(test_a_paste_is_bounded),   cmocka_unit_test(test_the_mouse),
        cmocka_unit_test(test_names_of_curses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
