/* What is typed into one line: characters of all widths, moving, cutting, pastes; and what of it is drawn. */
#include "tests/core/test.h"
#include "ui/line_edit.h"

static void type(struct line_edit *e, const char *name)
{
    struct key k = {0};
    assert_true(key_parse(name, &k));
    assert_true(line_edit_key(e, &k, NULL));
}

static void characters_are_whole(void **state)
{
    (void)state;
    struct line_edit e = {0};
    type(&e, "a");
    type(&e, "ü");
    type(&e, "世");
    assert_string_equal(line_edit_get(&e), "aü世");
    type(&e, "Left");
    type(&e, "Left");
    type(&e, "x");
    assert_string_equal(line_edit_get(&e), "axü世");
    type(&e, "Delete");
    assert_string_equal(line_edit_get(&e), "ax世");
    type(&e, "End");
    type(&e, "Backspace");
    type(&e, "Backspace");
    type(&e, "Backspace");
    type(&e, "Backspace");
    assert_string_equal(line_edit_get(&e), "");
    line_edit_done(&e);
}

static void words_are_cut(void **state)
{
    (void)state;
    struct line_edit e = {0};
    line_edit_set(&e, "one two  three");
    type(&e, "Ctrl-W");
    assert_string_equal(line_edit_get(&e), "one two  ");
    type(&e, "Ctrl-W");
    assert_string_equal(line_edit_get(&e), "one ");
    type(&e, "Ctrl-A");
    type(&e, "Ctrl-K");
    assert_string_equal(line_edit_get(&e), "");
    type(&e, "Ctrl-U");
    line_edit_done(&e);
}

static void pastes_are_cleaned_and_bounded(void **state)
{
    (void)state;
    struct line_edit e = {0};
    struct key paste = {.code = KEY_CODE_PASTE, .paste = "a\nb\x1b[31m", .paste_len = 8};
    bool changed = false;
    assert_true(line_edit_key(&e, &paste, &changed));
    assert_true(changed);
    assert_null(strchr(line_edit_get(&e), '\x1b'));
    assert_null(strchr(line_edit_get(&e), '\n'));

    char *long_one = malloc(100000);
    memset(long_one, 'x', 100000);
    paste.paste = long_one;
    paste.paste_len = 100000;
    line_edit_key(&e, &paste, &changed);
    assert_false(changed);
    free(long_one);
    line_edit_done(&e);
}

static void what_it_does_not_know_is_left_to_others(void **state)
{
    (void)state;
    struct line_edit e = {0};
    const char *const names[] = {"Enter", "Esc", "Up", "F10", "Alt-x", "Ctrl-R"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct key k = {0};
        assert_true(key_parse(names[i], &k));
        assert_false(line_edit_key(&e, &k, NULL));
    }
}

static void the_cursor_is_always_seen(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(1, 10);
    struct line_edit e = {0};
    int row, col;
    line_edit_set(&e, "0123456789abcdef");
    line_edit_draw(&e, c, 0, 2, 6, STYLE_INPUT, true);
    canvas_cursor_get(c, &row, &col);
    assert_int_equal(row, 0);
    assert_in_range(col, 2, 7);
    assert_int_equal(canvas_row(c, 0)[col - 1].chars[0], 'f');
    assert_int_equal(canvas_row(c, 0)[8].chars[0], 0);
    type(&e, "Home");
    line_edit_draw(&e, c, 0, 2, 6, STYLE_INPUT, true);
    canvas_cursor_get(c, &row, &col);
    assert_int_equal(col, 2);
    assert_int_equal(canvas_row(c, 0)[2].chars[0], '0');
    line_edit_done(&e);
    canvas_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_whole),
        cmocka_unit_test(words_are_cut),
        cmocka_unit_test(pastes_are_cleaned_and_bounded),
        cmocka_unit_test(what_it_does_not_know_is_left_to_others),
        cmocka_unit_test(the_cursor_is_always_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
