#include "core/runtimes.h"

#include "tests/core/test.h"

static void what_is_known_without_settings(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum isolation isolation;
    } table[] = {{"runc", ISOLATION_PROCESS},
                 {"crun", ISOLATION_PROCESS},
                 {"crun-vm", ISOLATION_VM},
                 {"io.containerd.runc.v2", ISOLATION_PROCESS},
                 {"io.containerd.kata.v2", ISOLATION_VM},
                 {"kata-qemu", ISOLATION_VM},
                 {"/usr/bin/kata-runtime", ISOLATION_VM},
                 {"krun", ISOLATION_VM},
                 {"runhcs-wcow-hypervisor", ISOLATION_VM},
                 {"runhcs-wcow-process", ISOLATION_PROCESS},
                 {"runsc", ISOLATION_UNKNOWN},
                 {"crunchy", ISOLATION_UNKNOWN},
                 {"", ISOLATION_UNKNOWN}};
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(runtimes_isolation(NULL, table[i].name), table[i].isolation);
    }
}

static void the_settings_come_first(void **state)
{
    (void)state;
    struct runtimes r = {0};
    runtimes_put(&r, "own*", ISOLATION_PROCESS);
    runtimes_put(&r, "runc", ISOLATION_VM);
    runtimes_put(&r, "own*", ISOLATION_VM); /* the last word counts */
    assert_int_equal(r.n_rules, 2);
    assert_int_equal(runtimes_isolation(&r, "own-2"), ISOLATION_VM);
    assert_int_equal(runtimes_isolation(&r, "runc"), ISOLATION_VM);
    assert_int_equal(runtimes_isolation(&r, "runc-dev"), ISOLATION_PROCESS); /* a name is the whole name */
    runtimes_done(&r);
    assert_int_equal(runtimes_isolation(&r, "own-2"), ISOLATION_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_without_settings),
        cmocka_unit_test(the_settings_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
