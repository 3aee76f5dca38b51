#include "tests/core/test.h"

#include "ui/layout.h"

static bool within(struct rect r, int rows, int cols)
{
    return r.row >= 0 && r.col >= 0 && r.rows >= 0 && r.cols >= 0 && r.row + r.rows <= rows &&
           r.col + r.cols <= cols;
}

static bool apart(struct rect a, struct rect b)
{
    return a.rows == 0 || b.rows == 0 || a.row + a.rows <= b.row || b.row + b.rows <= a.row;
}

static void test_every_size(void **state)
{
    (void)state;
    for (int rows = 0; rows < 70; rows++) {
        for (int cols = 30; cols < 210; cols += 7) {
            for (int list = 0; list < 40; list += 3) {
                struct layout l;
                layout_make(&l, rows, cols, list % 2 != 0, list);
                assert_int_equal(l.too_small, rows < LAYOUT_MIN_ROWS || cols < LAYOUT_MIN_COLS);
                const struct rect *r[] = {&l.header, &l.list, &l.tabs, &l.detail, &l.status};
                for (size_t i = 0; i < COUNT(r); i++) {
                    assert_true(within(*r[i], rows, cols));
                    for (size_t j = 0; j < i; j++) {
                        assert_true(apart(*r[i], *r[j]));
                    }
                }
                assert_true(l.too_small || l.list.rows > 0 || l.detail.rows > 0);
                assert_true(l.too_small || l.status.row == rows - 1);
            }
        }
    }
}

static void test_the_usual_screen(void **state)
{
    (void)state;
    struct layout l;
    layout_make(&l, 24, 80, false, 300);
    assert_int_equal(l.header.rows, 2);
    assert_int_equal(l.tabs.rows, 2);
    assert_in_range(l.list.rows, 6, 9);
    assert_true(l.detail.rows > l.list.rows);
}

static void test_a_short_list_takes_little(void **state)
{
    (void)state;
    struct layout few, many;
    layout_make(&few, 40, 100, false, 3);
    layout_make(&many, 40, 100, false, 300);
    assert_int_equal(few.list.rows, 4);
    assert_true(many.list.rows > few.list.rows);
}

static void test_zoom_and_empty(void **state)
{
    (void)state;
    struct layout l;
    layout_make(&l, 24, 80, true, 10);
    assert_int_equal(l.list.rows, 0);
    assert_int_equal(l.detail.row + l.detail.rows, 23);
    layout_make(&l, 24, 80, false, 0);
    assert_int_equal(l.detail.rows, 0);
    assert_true(l.list.rows > 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_the_usual_screen),
        cmocka_unit_test(test_a_short_list_takes_little),
        cmocka_unit_test(test_zoom_and_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
