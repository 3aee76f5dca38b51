#include "core/actions.h"

#include "tests/core/test.h"

static void every_action_is_in_the_table_once(void **state)
{
    (void)state;
    size_t n;
    const struct action *table = action_table(&n);
    assert_int_equal(n, ACTION_COUNT - 1);
    for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
        const struct action *a = action_get((enum action_id)id);
        assert_non_null(a);
        assert_int_equal(a->id, id);
        assert_in_range(a - table, 0, n - 1);
    }
    assert_null(action_get(ACTION_NONE));
    assert_null(action_get(ACTION_COUNT));
}

static void names_and_keys_are_unique(void **state)
{
    (void)state;
    size_t n;
    const struct action *table = action_table(&n);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(action_by_name(table[i].name), &table[i]);
        if (table[i].key) {
            assert_ptr_equal(action_by_key(table[i].key), &table[i]);
        }
    }
    assert_null(action_by_name("none"));
    assert_null(action_by_name("Stop"));
    assert_null(action_by_name(NULL));
    assert_null(action_by_key("Ctrl-S")); /* flow control in many terminals */
    assert_null(action_by_key(NULL));
}

static void keys_that_people_expect(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        enum action_id id;
    } table[] = {
        {"a", ACTION_ATTACH},  {"e", ACTION_EXEC},     {"l", ACTION_LOGS},     {"i", ACTION_INSPECT},
        {"n", ACTION_LAUNCH},  {"o", ACTION_RELAUNCH}, {"/", ACTION_FILTER},   {"?", ACTION_HELP},
        {":", ACTION_PALETTE}, {"Space", ACTION_MARK}, {"Tab", ACTION_FOCUS},  {"Enter", ACTION_OPEN},
        {"Esc", ACTION_BACK},  {"q", ACTION_QUIT},     {"]", ACTION_NEXT_TAB}, {"[", ACTION_PREVIOUS_TAB},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        const struct action *a = action_by_key(table[i].key);
        assert_non_null(a);
        assert_int_equal(a->id, table[i].id);
    }
    static const char *const moves[] = {"j", "k", "g", "G", "Up", "Down", "Home", "End"};
    for (size_t i = 0; i < COUNT(moves); i++) {
        assert_null(action_by_key(moves[i]));
    }
}

static void what_destroys_asks_first(void **state)
{
    (void)state;
    assert_true(action_get(ACTION_STOP)->confirm);
    assert_true(action_get(ACTION_KILL)->confirm);
    assert_true(action_get(ACTION_RESTART)->confirm);
    assert_true(action_get(ACTION_REMOVE)->confirm);
    assert_false(action_get(ACTION_PAUSE)->confirm);
}

static void rows_are_complete(void **state)
{
    (void)state;
    size_t n;
    const struct action *table = action_table(&n);
    for (size_t i = 0; i < n; i++) {
        assert_in_range(strlen(table[i].words), 1, 60); /* The help of a window of 80 columns cuts more. */
        assert_true(strlen(table[i].brief) > 0 && strlen(table[i].brief) <= 14);
        assert_in_range(table[i].verb + 1, 0, VERB_COUNT);
        assert_int_equal(table[i].scope == SCOPE_CONTAINER, table[i].states != 0);
    }
}

static const char *refusal(enum action_id id, const struct container *c)
{
    static char out[200];
    return action_refusal(action_get(id), c, out, sizeof out);
}

static void refusals_say_why(void **state)
{
    (void)state;
    struct container c;
    container_init(&c);
    c.name = "web";
    c.state = CONTAINER_RUNNING;
    assert_null(refusal(ACTION_EXEC, &c));
    assert_null(refusal(ACTION_STOP, &c));
    assert_null(refusal(ACTION_REMOVE, &c));
    assert_string_equal(refusal(ACTION_START, &c), "start: web is running; it has been started already");
    c.state = CONTAINER_EXITED;
    assert_null(refusal(ACTION_START, &c));
    assert_null(refusal(ACTION_LOGS, &c));
    assert_string_equal(refusal(ACTION_EXEC, &c), "exec: web is exited; start it first");
    assert_string_equal(refusal(ACTION_STOP, &c), "stop: web is exited; it does not run");
    c.state = CONTAINER_PAUSED;
    assert_string_equal(refusal(ACTION_EXEC, &c), "exec: web is paused; resume it first");
    c.state = CONTAINER_RESTARTING; /* the engine decides */
    static const enum action_id asked[] = {ACTION_STOP, ACTION_KILL,  ACTION_EXEC,   ACTION_ATTACH,
                                           ACTION_LOGS, ACTION_PAUSE, ACTION_REMOVE, ACTION_RESTART};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        assert_null(refusal(asked[i], &c));
        c.state = c.state == CONTAINER_RESTARTING ? CONTAINER_STOPPING : CONTAINER_RESTARTING;
        assert_null(refusal(asked[i], &c));
    }
    c.state = CONTAINER_DEAD;
    assert_null(refusal(ACTION_REMOVE, &c));
    assert_string_equal(refusal(ACTION_START, &c), "start: web is dead; remove it again");
    c.state = CONTAINER_REMOVING;
    assert_string_equal(refusal(ACTION_STOP, &c), "stop: web is removing; wait until it is gone");
    c.state = CONTAINER_LOST;
    c.note = "the engine has gone";
    assert_string_equal(refusal(ACTION_KILL, &c), "kill: web cannot be reached: the engine has gone");
    c.state = CONTAINER_UNKNOWN; /* then only the record can say no */
    assert_null(refusal(ACTION_STOP, &c));
    c.why_not[VERB_STOP] = "you may not";
    assert_string_equal(refusal(ACTION_STOP, &c), "you may not");
    assert_non_null(refusal(ACTION_STOP, NULL));
    assert_null(refusal(ACTION_LAUNCH, NULL));
    assert_null(refusal(ACTION_QUIT, NULL));
}

static void what_is_being_started_can_be_ended(void **state)
{
    const struct worker keeper = {.role = WORKER_KEEPER}, vm = {.role = WORKER_VM};
    struct container c = {.name = "web", .state = CONTAINER_CREATED};
    (void)state;
    assert_string_equal(refusal(ACTION_STOP, &c), "stop: web is created; it does not run");
    c.workers = &vm;
    c.n_workers = 1;
    assert_non_null(refusal(ACTION_STOP, &c));
    c.workers = &keeper;
    assert_null(refusal(ACTION_STOP, &c));
    assert_null(refusal(ACTION_KILL, &c));
    assert_non_null(refusal(ACTION_PAUSE, &c));
    c.state = CONTAINER_EXITED;
    assert_null(refusal(ACTION_KILL, &c));
    c.state = CONTAINER_LOST;
    assert_non_null(refusal(ACTION_KILL, &c));
}

static void the_records_own_reason_counts(void **state)
{
    (void)state;
    struct container c;
    container_init(&c);
    c.name = "web";
    c.state = CONTAINER_RUNNING;
    c.why_not[VERB_PAUSE] = "Windows cannot pause a process-isolated container";
    assert_ptr_equal(refusal(ACTION_PAUSE, &c), c.why_not[VERB_PAUSE]);
    c.state = CONTAINER_PAUSED; /* then the same key resumes */
    assert_null(refusal(ACTION_PAUSE, &c));
    c.why_not[VERB_RESUME] = "it cannot go on";
    assert_ptr_equal(refusal(ACTION_PAUSE, &c), c.why_not[VERB_RESUME]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_action_is_in_the_table_once),
        cmocka_unit_test(names_and_keys_are_unique),
        cmocka_unit_test(keys_that_people_expect),
        cmocka_unit_test(what_destroys_asks_first),
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(what_is_being_started_can_be_ended),
        cmocka_unit_test(the_records_own_reason_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
