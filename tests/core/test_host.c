#include "core/host.h"

#include "core/memory.h"
#include "tests/core/test.h"

static void a_pid_is_found_after_sorting(void **state)
{
    (void)state;
    struct host_table *t = host_table_new();
    host_table_sort(t);
    assert_null(host_table_find(t, 1));
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t pid = (i * 7919) % 1000 * 3 + 1;
        host_table_add(t,
                       &(struct host_process){.pid = pid, .parent = pid + 1, .name = "x", .container = "k"});
    }
    host_table_sort(t);
    for (uint32_t pid = 0; pid < 3003; pid++) {
        const struct host_process *p = host_table_find(t, pid);
        if (pid % 3 == 1 && pid < 3000) {
            assert_non_null(p);
            assert_int_equal(p->pid, pid);
            assert_int_equal(p->parent, pid + 1);
        } else {
            assert_null(p);
        }
    }
    assert_null(host_table_find(t, UINT32_MAX));
    host_table_free(t);
}

static void rows_own_their_strings(void **state)
{
    (void)state;
    struct host_table *t = host_table_new();
    char key[] = "abc";
    host_table_add(t, &(struct host_process){
                          .pid = 1, .name = "n", .command = "c", .user = "u", .container = key, .vm = "v"});
    key[0] = 'x';
    t->missing = mem_string("some processes could not be read");
    assert_string_equal(t->rows[0].container, "abc");
    assert_string_equal(t->rows[0].command, "c");
    assert_string_equal(t->rows[0].user, "u");
    assert_string_equal(t->rows[0].vm, "v");
    host_table_free(t);
    host_table_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pid_is_found_after_sorting),
        cmocka_unit_test(rows_own_their_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
