#include "tests/core/test.h"

#include "core/text.h"
#include "ui/canvas.h"

/* The rows as text; a right half of a wide character adds nothing. */
static void assert_row(const struct canvas *c, int row, const char *expected)
{
    struct text t = {0};
    const struct cell *cells = canvas_row(c, row);
    for (int col = 0; col < canvas_cols(c); col++) {
        char bytes[4];
        if (cells[col].width == 0) {
            continue;
        }
        for (int i = 0; i < CELL_CHARS && cells[col].chars[i] != 0; i++) {
            text_add_n(&t, bytes, text_encode(cells[col].chars[i], bytes));
        }
        if (cells[col].chars[0] == 0) {
            text_add_char(&t, '.');
        }
    }
    assert_string_equal(text_of(&t), expected);
    text_done(&t);
}

static void test_text_is_cut_with_an_ellipsis(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(4, 8);
    assert_int_equal(canvas_text(c, 0, 0, -1, STYLE_TEXT, "porthole"), 8);
    assert_int_equal(canvas_text(c, 1, 0, 5, STYLE_TEXT, "porthole"), 5);
    assert_int_equal(canvas_text(c, 2, 6, -1, STYLE_TEXT, "abc"), 2);
    assert_int_equal(canvas_text(c, 3, 0, 4, STYLE_TEXT, "\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97"), 3);
    assert_row(c, 0, "porthole");
    assert_row(c, 1, "port\xe2\x80\xa6...");
    assert_row(c, 2, "......a\xe2\x80\xa6");
    assert_row(c, 3, "\xe4\xb8\xad\xe2\x80\xa6.....");
    canvas_free(c);
}

static void test_text_to_the_right(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(2, 8);
    canvas_right(c, 0, 1, 6, STYLE_TEXT, "12 MB");
    canvas_right(c, 1, 1, 4, STYLE_TEXT, "12 MB");
    assert_row(c, 0, "..12 MB.");
    assert_row(c, 1, ".12 \xe2\x80\xa6...");
    canvas_free(c);
}

static void test_control_characters_do_not_get_in(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(1, 20);
    canvas_text(c, 0, 0, -1, STYLE_TEXT, "a\x1b[1mb\tc\xc2\x9b\xe2\x80\xae\xff\x7f");
    const struct cell *row = canvas_row(c, 0);
    for (int col = 0; col < 20; col++) {
        uint32_t code = row[col].chars[0];
        assert_true(code == 0 || (code >= 0x20 && code < 0x7f) || code == 0xfffd);
    }
    struct cell cell = {.chars = {0x1b, 0x9b}, .width = 1};
    canvas_cell(c, 0, 0, &cell);
    assert_int_equal(canvas_row(c, 0)[0].chars[0], 0xfffd);
    assert_int_equal(canvas_row(c, 0)[0].chars[1], 0xfffd);
    canvas_free(c);
}

static void test_combining_characters_share_the_cell(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(1, 6);
    assert_int_equal(canvas_text(c, 0, 0, -1, STYLE_TEXT, "e\xcc\x81\xcc\xa3x"), 2);
    assert_int_equal(canvas_row(c, 0)[0].chars[2], 0x323);
    assert_int_equal(canvas_text(c, 0, 3, -1, STYLE_TEXT, "\xcc\x81"), 1);
    assert_int_equal(canvas_row(c, 0)[3].chars[0], ' ');
    canvas_free(c);
}

static void test_wide_characters_are_never_halved(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(4, 6);
    canvas_text(c, 0, 0, -1, STYLE_TEXT, "\xe4\xb8\xad\xe6\x96\x87");
    canvas_text(c, 0, 1, -1, STYLE_TEXT, "x");
    assert_row(c, 0, ".x\xe6\x96\x87..");
    canvas_text(c, 1, 0, -1, STYLE_TEXT, "\xe4\xb8\xad\xe6\x96\x87");
    canvas_text(c, 1, 2, -1, STYLE_TEXT, "x");
    assert_row(c, 1, "\xe4\xb8\xadx...");
    canvas_clip(c, (struct rect){2, 1, 1, 3});
    canvas_text(c, 2, 0, -1, STYLE_TEXT, "\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97");
    assert_row(c, 2, "..\xe6\x96\x87..");
    canvas_unclip(c);
    struct cell wide = {.chars = {0x4e2d}, .width = 2};
    canvas_cell(c, 3, 5, &wide);
    assert_row(c, 3, "......");
    canvas_free(c);
}

static void test_clipping(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(4, 6);
    canvas_clip(c, (struct rect){1, 1, 2, 3});
    canvas_fill(c, (struct rect){-5, -5, 50, 50}, STYLE_SELECTED);
    canvas_text(c, 0, 0, -1, STYLE_TEXT, "abcdef");
    canvas_text(c, 1, -2, -1, STYLE_TEXT, "abcdef");
    canvas_box(c, (struct rect){-3, -3, 20, 20}, STYLE_TEXT, "t");
    canvas_hline(c, 7, 0, 100, STYLE_TEXT);
    assert_row(c, 0, "......");
    assert_row(c, 1, ".def..");
    assert_int_equal(canvas_row(c, 2)[1].style, STYLE_SELECTED);
    assert_int_equal(canvas_row(c, 2)[4].style, STYLE_TEXT);
    canvas_free(c);
}

static void test_box_and_ascii(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(3, 10);
    canvas_box(c, (struct rect){0, 0, 3, 10}, STYLE_TEXT, "ab");
    assert_row(c, 0, "\xe2\x94\x8c ab \xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x90");
    canvas_resize(c, 3, 10);
    canvas_set_ascii(c, true);
    canvas_box(c, (struct rect){0, 0, 3, 10}, STYLE_TEXT, NULL);
    canvas_text(c, 1, 1, 8, STYLE_TEXT,
                "\xe2\x96\xa0\xe2\x96\xa1\xe4\xb8\xad\xc3\xa9"
                "abcdef");
    assert_row(c, 0, "+--------+");
    assert_row(c, 1, "|#.???ab~|");
    assert_row(c, 2, "+--------+");
    canvas_free(c);
}

static void test_rows_are_dirty_until_cleaned(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(3, 5);
    assert_true(canvas_dirty(c, 0) && canvas_dirty(c, 2));
    canvas_clean(c);
    assert_false(canvas_dirty(c, 1));
    canvas_text(c, 1, 0, -1, STYLE_TEXT, "x");
    assert_true(canvas_dirty(c, 1));
    assert_false(canvas_dirty(c, 0) || canvas_dirty(c, 2) || canvas_dirty(c, 3) || canvas_dirty(c, -1));
    canvas_clean(c);
    canvas_restyle(c, (struct rect){2, 0, 1, 5}, STYLE_SELECTED);
    assert_true(canvas_dirty(c, 2));
    assert_int_equal(canvas_row(c, 2)[4].style, STYLE_SELECTED);
    canvas_free(c);
}

static void test_the_cursor_is_inside_or_hidden(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(3, 5);
    int row, col;
    canvas_cursor(c, 2, 4);
    canvas_cursor_get(c, &row, &col);
    assert_int_equal(row, 2);
    assert_int_equal(col, 4);
    canvas_cursor(c, 3, 0);
    canvas_cursor_get(c, &row, &col);
    assert_int_equal(row, -1);
    canvas_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_cut_with_an_ellipsis),
        cmocka_unit_test(test_text_to_the_right),
        cmocka_unit_test(test_control_characters_do_not_get_in),
        cmocka_unit_test(test_combining_characters_share_the_cell),
        cmocka_unit_test(test_wide_characters_are_never_halved),
        cmocka_unit_test(test_clipping),
        cmocka_unit_test(test_box_and_ascii),
        cmocka_unit_test(test_rows_are_dirty_until_cleaned),
        cmocka_unit_test(test_the_cursor_is_inside_or_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
