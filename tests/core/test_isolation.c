#include "core/isolation.h"

#include "tests/core/test.h"

static void the_word_depends_on_the_hypervisor(void **state)
{
    (void)state;
    assert_string_equal(isolation_word(ISOLATION_PROCESS, HYPERVISOR_HYPERV), "process");
    assert_string_equal(isolation_word(ISOLATION_VM, HYPERVISOR_HYPERV), "hyperv");
    assert_string_equal(isolation_word(ISOLATION_VM, HYPERVISOR_OTHER), "vm");
    assert_string_equal(isolation_word(ISOLATION_HOST, HYPERVISOR_HYPERV), "host");
    assert_string_equal(isolation_word(ISOLATION_UNKNOWN, HYPERVISOR_OTHER), "unknown");
}

static void every_mode_has_its_own_symbol(void **state)
{
    (void)state;
    assert_string_equal(isolation_symbol(ISOLATION_PROCESS, false), "□");
    assert_string_equal(isolation_symbol(ISOLATION_VM, false), "■");
    assert_string_equal(isolation_symbol(ISOLATION_PROCESS, true), "o");
    assert_string_equal(isolation_symbol(ISOLATION_VM, true), "#");
    for (int a = ISOLATION_UNKNOWN; a <= ISOLATION_HOST; a++) {
        assert_int_equal(strlen(isolation_symbol((enum isolation)a, true)), 1);
        for (int b = a + 1; b <= ISOLATION_HOST; b++) {
            assert_string_not_equal(isolation_symbol((enum isolation)a, true),
                                    isolation_symbol((enum isolation)b, true));
            assert_string_not_equal(isolation_symbol((enum isolation)a, false),
                                    isolation_symbol((enum isolation)b, false));
        }
    }
}

static void modes_are_read_in_any_case(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum isolation mode;
    } table[] = {
        {"", ISOLATION_UNKNOWN},        {"default", ISOLATION_UNKNOWN}, {"Default", ISOLATION_UNKNOWN},
        {"process", ISOLATION_PROCESS}, {"PROCESS", ISOLATION_PROCESS}, {"hyperv", ISOLATION_VM},
        {"HyperV", ISOLATION_VM},       {"vm", ISOLATION_VM},           {"VM", ISOLATION_VM},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        enum isolation mode = ISOLATION_HOST;
        assert_true(isolation_parse(table[i].word, &mode));
        assert_int_equal(mode, table[i].mode);
    }
    static const char *const others[] = {"host", "hyper-v", "proc", "processes", " process", "v", "vmm"};
    for (size_t i = 0; i < COUNT(others); i++) {
        enum isolation mode = ISOLATION_HOST;
        assert_false(isolation_parse(others[i], &mode));
        assert_int_equal(mode, ISOLATION_HOST);
    }
}

static void origins_and_crossings_have_words(void **state)
{
    (void)state;
    assert_string_equal(origin_word(ORIGIN_REQUESTED), "requested");
    assert_string_equal(origin_word(ORIGIN_DEFAULT), "default");
    assert_string_equal(origin_word(ORIGIN_UNKNOWN), "unknown");
    assert_string_equal(crossing_word(CROSSING_FOLDER), "folder");
    assert_string_equal(crossing_word(CROSSING_PIPE), "pipe");
    assert_string_equal(crossing_word(CROSSING_PORT), "port");
    assert_string_equal(crossing_word(CROSSING_NETWORK), "network");
    assert_string_equal(crossing_word(CROSSING_DEVICE), "device");
    assert_string_equal(crossing_word(CROSSING_MOUNT), "mount");
    assert_string_equal(crossing_word(CROSSING_PID), "pid");
    assert_string_equal(crossing_word(CROSSING_IPC), "ipc");
    assert_string_equal(crossing_word(CROSSING_UTS), "uts");
    assert_string_equal(crossing_word(CROSSING_USER), "user");
    assert_string_equal(crossing_word(CROSSING_CGROUP), "cgroup");
    assert_string_equal(crossing_word(CROSSING_REGISTRY), "registry");
    assert_string_equal(crossing_word(CROSSING_OBJECTS), "objects");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_word_depends_on_the_hypervisor),
        cmocka_unit_test(every_mode_has_its_own_symbol),
        cmocka_unit_test(modes_are_read_in_any_case),
        cmocka_unit_test(origins_and_crossings_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
