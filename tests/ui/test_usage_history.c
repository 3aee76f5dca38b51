/* Rings of samples, and the graphs that are drawn of them. */
#include "ui/usage_history.h"

#include <math.h>

#include "tests/core/test.h"
#include "ui/graph.h"

static void samples_come_back_by_their_age(void **state)
{
    (void)state;
    struct usage_history *h = usage_history_new();
    assert_null(usage_history_at(h, 1, 1, 0));
    for (uint64_t tick = 1; tick <= 10; tick++) {
        if (tick != 5) { /* a gap */
            usage_history_note(h, 1, tick, &(struct usage){.cpu = (double)tick, .memory = tick * 100});
        }
    }
    assert_true(usage_history_at(h, 1, 10, 0)->cpu == 10);
    assert_int_equal(usage_history_at(h, 1, 10, 3)->memory, 700);
    assert_null(usage_history_at(h, 1, 10, 5));
    assert_true(usage_history_at(h, 1, 10, 9)->cpu == 1);
    assert_null(usage_history_at(h, 1, 10, 10));
    assert_null(usage_history_at(h, 1, 11, 0)); /* nothing at that tick yet */
    assert_null(usage_history_at(h, 2, 10, 0));
    assert_null(usage_history_at(h, 0, 10, 0));
    usage_history_free(h);
}

static void old_samples_are_overwritten(void **state)
{
    (void)state;
    struct usage_history *h = usage_history_new();
    const uint64_t last = 2 * USAGE_SAMPLES + 7;
    for (uint64_t tick = 1; tick <= last; tick++) {
        usage_history_note(h, 1, tick, &(struct usage){.cpu = (double)tick});
    }
    assert_true(usage_history_at(h, 1, last, USAGE_SAMPLES - 1)->cpu == (double)(last - USAGE_SAMPLES + 1));
    assert_null(usage_history_at(h, 1, last, USAGE_SAMPLES));
    /* what lies a whole ring back is no sample of today */
    assert_null(usage_history_at(h, 1, last + USAGE_SAMPLES, 0));
    usage_history_free(h);
}

static void the_one_noted_longest_ago_is_forgotten(void **state)
{
    (void)state;
    struct usage_history *h = usage_history_new();
    uint64_t tick = 1;
    for (container_id id = 1; id <= USAGE_CONTAINERS; id++, tick++) {
        usage_history_note(h, id, tick, &(struct usage){.cpu = (double)id});
    }
    usage_history_note(h, 1, tick, &(struct usage){.cpu = 1}); /* so that 2 is the oldest */
    usage_history_note(h, 100, tick, &(struct usage){.cpu = 100});
    assert_non_null(usage_history_at(h, 1, tick, 0));
    assert_non_null(usage_history_at(h, 100, tick, 0));
    assert_null(usage_history_at(h, 2, tick, (size_t)tick - 2));
    assert_non_null(usage_history_at(h, 3, tick, (size_t)tick - 3));
    usage_history_free(h);
}

static void the_scale_is_round(void **state)
{
    (void)state;
    static const struct {
        double most, top;
        bool bytes;
    } table[] = {{0.031, 0.05, false},     {0.05, 0.05, false}, {0.9, 1, false},    {1.74, 2, false},
                 {12, 20, false},          {0, 0.01, false},    {NAN, 0.01, false}, {3 << 20, 5 << 20, true},
                 {1 << 20, 1 << 20, true}, {700, 1000, true},   {0, 1 << 20, true}};
    for (size_t i = 0; i < COUNT(table); i++) {
        double top = graph_top(table[i].most, table[i].bytes);
        assert_true(fabs(top - table[i].top) < 1e-9 * table[i].top);
    }
}

static uint32_t at(struct canvas *c, int row, int col)
{
    return canvas_row(c, row)[col].chars[0];
}

static void columns_are_as_high_as_their_values(void **state)
{
    (void)state;
    struct canvas *c = canvas_new(2, 5);
    const double values[] = {100, 50, NAN, 0, 300}; /* the newest first */
    graph_draw(c, (struct rect){0, 0, 2, 5}, STYLE_TEXT, values, COUNT(values), 100);
    assert_int_equal(at(c, 0, 4), 0x2588); /* both rows are full */
    assert_int_equal(at(c, 1, 4), 0x2588);
    assert_int_equal(at(c, 0, 3), 0); /* half: the lower one */
    assert_int_equal(at(c, 1, 3), 0x2588);
    assert_int_equal(at(c, 1, 2), 0);      /* a gap */
    assert_int_equal(at(c, 1, 1), 0x2581); /* 0 is known, and seen */
    assert_int_equal(at(c, 0, 0), 0x2588); /* too high: cut */
    canvas_resize(c, 1, 3);
    canvas_set_ascii(c, true);
    graph_draw(c, (struct rect){0, 0, 1, 3}, STYLE_TEXT, values, COUNT(values), 100);
    assert_int_equal(at(c, 0, 2), '#');
    assert_int_equal(at(c, 0, 1), ':');
    assert_int_equal(at(c, 0, 0), 0);
    canvas_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_back_by_their_age),
        cmocka_unit_test(old_samples_are_overwritten),
        cmocka_unit_test(the_one_noted_longest_ago_is_forgotten),
        cmocka_unit_test(the_scale_is_round),
        cmocka_unit_test(columns_are_as_high_as_their_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
