/* What each state means holds together: whoever asks one question must not be told the opposite by another.
 */
#include "core/state.h"

#include <string.h>

#include "core/container.h"
#include "core/order.h"
#include "tests/core/test.h"

static void the_answers_agree(void **state)
{
    (void)state;
    for (int i = 0; i < CONTAINER_STATES; i++) {
        enum container_state one = (enum container_state)i;
        assert_true(!state_runs(one) || state_has_processes(one));
        assert_true(!state_has_processes(one) || state_is_live(one));
        assert_false(state_has_processes(one) && state_has_ended(one));
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(state_word(one), state_word((enum container_state)k));
            assert_int_not_equal(state_rank(one), state_rank((enum container_state)k));
        }
    }
}

static void what_is_under_way_is_live(void **state)
{
    (void)state;
    static const struct {
        enum container_state state;
        bool live, processes, runs, ended;
    } table[] = {
        {CONTAINER_CREATED, false, false, false, false}, {CONTAINER_RUNNING, true, true, true, false},
        {CONTAINER_PAUSED, true, true, false, false},    {CONTAINER_RESTARTING, true, false, false, true},
        {CONTAINER_STOPPING, true, true, true, false},   {CONTAINER_EXITED, false, false, false, true},
        {CONTAINER_REMOVING, false, false, false, true}, {CONTAINER_DEAD, false, false, false, true},
        {CONTAINER_LOST, false, false, false, false},    {CONTAINER_UNKNOWN, false, false, false, false},
    };
    assert_int_equal(COUNT(table), CONTAINER_STATES);
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(state_is_live(table[i].state), table[i].live);
        assert_int_equal(state_has_processes(table[i].state), table[i].processes);
        assert_int_equal(state_runs(table[i].state), table[i].runs);
        assert_int_equal(state_has_ended(table[i].state), table[i].ended);
    }
}

static void an_exit_code_is_told_with_the_state(void **state)
{
    (void)state;
    struct container c;
    char out[32];
    container_init(&c);
    c.exit_code = 3;
    c.state = CONTAINER_EXITED;
    assert_string_equal(container_state_text(&c, out, sizeof out), "exited 3");
    c.state = CONTAINER_RESTARTING;
    assert_string_equal(container_state_text(&c, out, sizeof out), "restarting 3");
    c.state = CONTAINER_PAUSED;
    assert_string_equal(container_state_text(&c, out, sizeof out), "paused");
}

static void a_crash_loop_is_sorted_among_what_lives(void **state)
{
    (void)state;
    const struct order by_state = {.by = SORT_STATE};
    struct container loop, exited;
    container_init(&loop);
    container_init(&exited);
    loop.state = CONTAINER_RESTARTING;
    exited.state = CONTAINER_EXITED;
    assert_true(order_value(&by_state, &loop) < order_value(&by_state, &exited));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answers_agree),
        cmocka_unit_test(what_is_under_way_is_live),
        cmocka_unit_test(an_exit_code_is_told_with_the_state),
        cmocka_unit_test(a_crash_loop_is_sorted_among_what_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
