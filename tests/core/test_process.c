#include "core/process.h"

#include "tests/core/test.h"

static void rows_are_copies(void **state)
{
    (void)state;
    struct process_table *t = process_table_new();
    char name[] = "ping";
    for (uint32_t i = 0; i < 100; i++) {
        process_table_add(
            t,
            &(struct process){.pid = i, .host_pid = 1000 + i, .name = name, .user = i % 2 ? "root" : NULL});
    }
    name[0] = 'x';
    assert_int_equal(t->count, 100);
    assert_int_equal(t->rows[42].pid, 42);
    assert_int_equal(t->rows[42].host_pid, 1042);
    assert_string_equal(t->rows[42].name, "ping");
    assert_null(t->rows[42].command);
    assert_null(t->rows[42].user);
    assert_string_equal(t->rows[43].user, "root");
    process_table_free(t);
    process_table_free(NULL);
}

static void workers_have_words(void **state)
{
    (void)state;
    assert_string_equal(worker_word(WORKER_VM), "vm");
    assert_string_equal(worker_word(WORKER_MEMORY), "memory");
    assert_string_equal(worker_word(WORKER_KEEPER), "keeper");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_copies),
        cmocka_unit_test(workers_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
