/* Which columns a width shows, that they never overlap, and what stands in them. */
#include <math.h>

#include "tests/core/test.h"
#include "ui/columns.h"

static void check_places(const struct columns *c, int cols)
{
    int end = 0;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (c->width[i] == 0) {
            continue;
        }
        assert_true(end == 0 || c->col[i] >= end + 1);
        end = c->col[i] + c->width[i];
        assert_true(end <= cols);
    }
}

static void every_width_fits(void **state)
{
    (void)state;
    for (int cols = 9; cols < 400; cols++) {
        for (int vm = 0; vm < 2; vm++) {
            struct columns c;
            const struct columns_want want = {vm, vm, false};
            columns_fit(&c, cols, &want);
            check_places(&c, cols);
            assert_int_equal(c.width[COLUMN_ISOLATION], 9);
            assert_true(vm || c.width[COLUMN_VM_COST] == 0);
        }
    }
}

static void narrow_shows_what_matters_wide_shows_all(void **state)
{
    (void)state;
    struct columns c;
    const struct columns_want want = {true, true, false};
    columns_fit(&c, 77, &want);
    assert_true(c.width[COLUMN_NAME] && c.width[COLUMN_STATE] && c.width[COLUMN_CPU] &&
                c.width[COLUMN_MEMORY]);
    assert_true(c.width[COLUMN_HOST_SEES] && c.width[COLUMN_IMAGE]);
    assert_int_equal(c.width[COLUMN_OWNER], 0);
    columns_fit(&c, 197, &want);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        assert_true(c.width[i] > 0);
    }
}

static void engines_of_a_kind_are_told_apart_first(void **state)
{
    (void)state;
    struct columns c;
    const struct columns_want kin = {true, true, true}, several = {true, true, false};
    columns_fit(&c, 77, &several);
    assert_int_equal(c.width[COLUMN_ENGINE], 0);
    columns_fit(&c, 77, &kin);
    assert_true(c.width[COLUMN_NAME] && c.width[COLUMN_STATE] && c.width[COLUMN_ENGINE]);
    check_places(&c, 77);
    for (int cols = 1; cols < 250; cols++) {
        columns_fit(&c, cols, &kin);
        check_places(&c, cols);
    }
}

static void only_what_is_shown_is_asked_for(void **state)
{
    (void)state;
    struct columns c;
    const struct columns_want want = {false, false, false};
    columns_fit(&c, 30, &want);
    assert_int_equal(columns_fields(&c), 0);
    columns_fit(&c, 200, &want);
    assert_int_equal(columns_fields(&c), FIELD_USAGE);
}

static const char *cell(enum column_id id, const struct container *c, char out[COLUMN_TEXT])
{
    return column_text(id, c, NULL, 1000000, out);
}

static void stopped_ones_have_no_usage(void **state)
{
    (void)state;
    struct container c;
    char out[COLUMN_TEXT];
    container_init(&c);
    c.key = "0123";
    c.state = CONTAINER_EXITED;
    c.exit_code = 137;
    c.memory = 5000;
    c.cpu = 0.5;
    assert_string_equal(cell(COLUMN_STATE, &c, out), "exited 137");
    assert_string_equal(cell(COLUMN_CPU, &c, out), "–");
    assert_string_equal(cell(COLUMN_MEMORY, &c, out), "–");
    assert_string_equal(cell(COLUMN_UPTIME, &c, out), "–");
    assert_string_equal(cell(COLUMN_NAME, &c, out), "0123");
    c.state = CONTAINER_RESTARTING; /* it has been started, and has no processes */
    c.exit_code = 3;
    c.started = 940000;
    assert_string_equal(cell(COLUMN_STATE, &c, out), "restarting");
    assert_string_equal(cell(COLUMN_UPTIME, &c, out), "–");
    assert_string_equal(cell(COLUMN_CPU, &c, out), "–");
    c.state = CONTAINER_RUNNING;
    assert_string_equal(cell(COLUMN_STATE, &c, out), "running");
    c.health = HEALTH_UNHEALTHY;
    assert_string_equal(cell(COLUMN_STATE, &c, out), "unhealthy");
    c.started = 940000;
    assert_string_equal(cell(COLUMN_CPU, &c, out), "50.0 %");
    assert_string_equal(cell(COLUMN_UPTIME, &c, out), "1 min");
    c.started = 2000000; /* the clock was set back */
    assert_string_equal(cell(COLUMN_UPTIME, &c, out), "0 s");
    c.cpu = NAN;
    assert_string_equal(cell(COLUMN_CPU, &c, out), "–");
}

static void a_missing_engine_is_marked(void **state)
{
    (void)state;
    struct container c;
    char out[COLUMN_TEXT];
    container_init(&c);
    c.state = CONTAINER_RUNNING;
    assert_string_equal(cell(COLUMN_STATE, &c, out), "running");
    c.away = 2;
    assert_string_equal(cell(COLUMN_STATE, &c, out), "running !");
    c.state = CONTAINER_LOST;
    assert_string_equal(cell(COLUMN_STATE, &c, out), "lost");
}

static void a_click_finds_its_column(void **state)
{
    (void)state;
    struct columns c;
    enum sort_key by;
    const struct columns_want want = {false, false, false};
    columns_fit(&c, 120, &want);
    assert_int_equal(columns_at(&c, c.col[COLUMN_CPU]), COLUMN_CPU);
    assert_true(column_sort(COLUMN_CPU, &by));
    assert_int_equal(by, SORT_CPU);
    assert_int_equal(columns_at(&c, c.width[COLUMN_ISOLATION]), COLUMN_COUNT);
    assert_false(column_sort(COLUMN_COUNT, &by));
    assert_false(column_sort(COLUMN_HOST_SEES, &by));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_width_fits),
        cmocka_unit_test(narrow_shows_what_matters_wide_shows_all),
        cmocka_unit_test(engines_of_a_kind_are_told_apart_first),
        cmocka_unit_test(only_what_is_shown_is_asked_for),
        cmocka_unit_test(stopped_ones_have_no_usage),
        cmocka_unit_test(a_missing_engine_is_marked),
        cmocka_unit_test(a_click_finds_its_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
