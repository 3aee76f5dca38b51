/* Windows on rows, tables in a width, lines moved sideways. */
#include "tests/core/test.h"
#include "ui/line.h"
#include "ui/scroller.h"
#include "ui/table.h"

static void press(struct scroller *s, uint32_t code)
{
    assert_true(scroller_key(s, &(struct key){.code = code}));
}

static void a_window_without_cursor(void **state)
{
    (void)state;
    struct scroller s = {0};
    scroller_fit(&s, 100, 10);
    press(&s, KEY_CODE_DOWN);
    assert_int_equal(s.top, 1);
    press(&s, KEY_CODE_PAGE_DOWN);
    assert_int_equal(s.top, 10);
    press(&s, KEY_CODE_END);
    assert_int_equal(s.top, 90);
    press(&s, 'j');
    assert_int_equal(s.top, 90);
    scroller_fit(&s, 20, 10);
    assert_int_equal(s.top, 10);
    press(&s, 'g');
    press(&s, 'k');
    assert_int_equal(s.top, 0);
    scroller_fit(&s, 5, 10);
    press(&s, 'G');
    assert_int_equal(s.top, 0);
    assert_false(scroller_key(&s, &(struct key){.code = 'x'}));
    assert_false(scroller_key(&s, &(struct key){.code = 'k', .modifiers = KEY_CTRL}));
}

static void a_window_that_follows_its_cursor(void **state)
{
    (void)state;
    struct scroller s = {.has_cursor = true};
    scroller_fit(&s, 100, 10);
    for (int i = 0; i < 12; i++) {
        press(&s, 'j');
    }
    assert_int_equal(s.cursor, 12);
    assert_int_equal(s.top, 3);
    assert_true(scroller_key(&s, &(struct key){.code = KEY_CODE_MOUSE, .mouse = MOUSE_WHEEL_UP}));
    assert_int_equal(s.cursor, 9);
    scroller_fit(&s, 4, 10);
    assert_int_equal(s.cursor, 3);
    assert_int_equal(s.top, 0);
    scroller_fit(&s, 0, 10);
    assert_int_equal(s.cursor, 0);
    press(&s, 'G');
    assert_int_equal(s.cursor, 0);
}

static const struct table_column COLUMNS[] = {{"pid", 5, true, 0},
                                              {"name", 6, false, 0},
                                              {"user", 8, false, 2},
                                              {"memory", 6, true, 1},
                                              {"never", 0, false, 9}};

static void columns_leave_by_rank(void **state)
{
    (void)state;
    struct table_place places[COUNT(COLUMNS)];
    table_fit(COLUMNS, COUNT(COLUMNS), 1, 2, 40, places);
    assert_int_equal(places[0].col, 2);
    assert_int_equal(places[1].cols, 40 - 5 - 8 - 6 - 3 * TABLE_GAP);
    assert_int_equal(places[3].col + places[3].cols, 42);
    assert_int_equal(places[4].cols, 0);
    table_fit(COLUMNS, COUNT(COLUMNS), 1, 0, 30, places);
    assert_int_equal(places[2].cols, 0);
    assert_int_equal(places[3].cols, 6);
    table_fit(COLUMNS, COUNT(COLUMNS), 1, 0, 8, places);
    assert_int_equal(places[3].cols, 0);
    assert_true(places[1].cols >= 0 && places[1].col + places[1].cols <= 8);
}

static void lines_and_matches(void **state)
{
    (void)state;
    struct line_spot spot;
    assert_true(line_find("One two ONE", "one", 1, &spot));
    assert_int_equal(spot.at, 8);
    assert_false(line_find("abc", "", 0, &spot));
    assert_false(line_find("", "x", 0, &spot));

    struct canvas *c = canvas_new(1, 8);
    struct line_window w = {0, 0, 8, 3};
    line_draw(c, &w, STYLE_TEXT, "日本語 pid");
    line_mark(c, &w, "日本語 pid", "pid");
    const struct cell *cells = canvas_row(c, 0);
    assert_true(cells[0].chars[0] == 0 || cells[0].chars[0] == ' '); /* half of 本 */
    assert_int_equal(cells[1].chars[0], 0x8a9e);
    assert_int_equal(cells[3].style, STYLE_TEXT);
    assert_int_equal(cells[4].chars[0], 'p');
    assert_int_equal(cells[4].style, STYLE_MATCH);
    assert_int_equal(cells[6].style, STYLE_MATCH);
    canvas_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_without_cursor),
        cmocka_unit_test(a_window_that_follows_its_cursor),
        cmocka_unit_test(columns_leave_by_rank),
        cmocka_unit_test(lines_and_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
