/* Where the local engine finds the kernel's counters, by mountinfo; and which container a cgroup belongs to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/cgroup_key.h"
#include "backends/cgroups.h"

#define ID64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID64B "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static const char V1[] = "22 1 8:1 / / rw - ext4 /dev/sda rw\n"
                         "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                         "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:3 - cgroup cgroup rw,memory\n"
                         "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";
static const char V2[] = "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
static const char HYBRID[] = "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
                             "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

static void expect_file(const char *mountinfo, enum cgroup_meter which, const char *wanted)
{
    struct cgroups *c = cgroups_parse(mountinfo);
    char *path = cgroups_file(c, which, "/porthole/0123456789ab");
    if (wanted) {
        assert_non_null(path);
        assert_string_equal(path, wanted);
    } else {
        assert_null(path);
    }
    free(path);
    cgroups_free(c);
}

static void files_are_found_in_every_layout(void **state)
{
    (void)state;
    expect_file(V1, METER_CPU, "/sys/fs/cgroup/cpu,cpuacct/porthole/0123456789ab/cpuacct.usage");
    expect_file(V1, METER_MEMORY, "/sys/fs/cgroup/memory/porthole/0123456789ab/memory.usage_in_bytes");
    expect_file(V1, METER_PROCESSES, "/sys/fs/cgroup/pids/porthole/0123456789ab/pids.current");
    expect_file(V2, METER_CPU, "/sys/fs/cgroup/porthole/0123456789ab/cpu.stat");
    expect_file(V2, METER_MEMORY, "/sys/fs/cgroup/porthole/0123456789ab/memory.current");
    expect_file(HYBRID, METER_PROCESSES, "/sys/fs/cgroup/pids/porthole/0123456789ab/pids.current");
    expect_file(HYBRID, METER_CPU, "/sys/fs/cgroup/unified/porthole/0123456789ab/cpu.stat");
    expect_file("22 1 8:1 / / rw - ext4 /dev/sda rw\n", METER_CPU, NULL);
    expect_file("", METER_CPU, NULL);
}

static void the_layout_has_a_name(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {V1, "cgroup v1"}, {V2, "cgroup v2"}, {HYBRID, "hybrid cgroups"}, {"", "no cgroups"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct cgroups *c = cgroups_parse(pairs[i][0]);
        assert_string_equal(cgroups_words(c), pairs[i][1]);
        cgroups_free(c);
    }
}

static void odd_lines_of_mountinfo_do_no_harm(void **state)
{
    (void)state;
    expect_file("33 31 0:30 / /a\\040b rw - cgroup cgroup rw,cpuacct\n", METER_CPU,
                "/a b/porthole/0123456789ab/cpuacct.usage");
    expect_file("33 31 0:30 / /x rw - cgroup cgroup rw,cpuacctx,xmemory\n", METER_CPU, NULL);
    expect_file("33 31 0:30 / /x\\04", METER_CPU, NULL);
    expect_file("- - -\n - cgroup\n\n   \n33 - cgroup cgroup cpuacct", METER_CPU, NULL);
    expect_file("1 2 3 / /first rw - cgroup c rw,cpuacct\n1 2 3 / /second rw - cgroup c rw,cpuacct\n",
                METER_CPU, "/first/porthole/0123456789ab/cpuacct.usage");
}

static void values_are_read(void **state)
{
    (void)state;
    uint64_t value = 1;
    assert_true(cgroups_value(METER_CPU, "123456789\n", &value));
    assert_int_equal(value, 123456789);
    assert_true(cgroups_value(METER_CPU, "usage_usec 77\nuser_usec 50\n", &value));
    assert_int_equal(value, 77000);
    assert_true(cgroups_value(METER_MEMORY, "4096\n", &value));
    assert_int_equal(value, 4096);
    assert_false(cgroups_value(METER_CPU, "user_usec 50\n", &value));
    assert_false(cgroups_value(METER_MEMORY, "max\n", &value));
    assert_false(cgroups_value(METER_PROCESSES, "", &value));
}

static void keys_are_found_by_every_engines_names(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"4:pids:/porthole/0123456789ab\n", "0123456789ab"},
        {"0::/porthole/0123456789ab/init.scope\n", "0123456789ab"},
        {"0::/system.slice/docker-" ID64 ".scope\n", ID64},
        {"9:name=systemd:/docker/" ID64 "\n", ID64},
        {"0::/machine.slice/libpod-" ID64 ".scope/container\n", ID64},
        {"0::/kubepods/pod1/crio-" ID64 ".scope\n", ID64},
        {"0::/kubepods.slice/cri-containerd-" ID64 ".scope", ID64},
        {"0::/docker/" ID64 "/docker/" ID64B "\n", ID64B},
        {"0::/docker/" ID64 "/porthole/0123456789ab\n", "0123456789ab"},
        {"3:cpu:/\n2:memory:/docker/" ID64 "\n", ID64},
        {"0::/machine.slice/libpod-conmon-" ID64 ".scope\n", ""},
        {"0::/0123456789ab\n", ""},
        {"0::/porthole\n", ""},
        {"0::/porthole/0123456789aB\n", ""},
        {"0::/porthole/0123456789abc\n", ""},
        {"0::/user.slice/user-1000.slice\n", ""},
        {"0::/docker/" ID64 "0\n", ""},
        {"0::/x" ID64 "\n", ""},
        {"nonsense", ""},
        {":", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char key[CGROUP_KEY];
        assert_int_equal(cgroup_key(pairs[i][0], key), pairs[i][1][0] != '\0');
        assert_string_equal(key, pairs[i][1]);
    }
}

static void those_around_it_are_found_as_well(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *keys; /* the innermost first */
    } cases[] = {
        {"0::/docker/" ID64 "/docker/" ID64B "\n", ID64B " " ID64},
        {"0::/docker/" ID64 "/porthole/0123456789ab/init\n", "0123456789ab " ID64},
        {"0::/docker/" ID64 "/docker/" ID64 "\n", ID64}, /* itself again */
        /* The hierarchy that names most is believed: an engine inside does not use all of them. */
        {"9:name=systemd:/docker/" ID64 "\n8:memory:/docker/" ID64 "/docker/" ID64B "\n0::/\n",
         ID64B " " ID64},
        {"0::/kubepods/pod1/crio-" ID64 ".scope/machine.slice/libpod-" ID64B ".scope\n", ID64B " " ID64},
        {"0::/user.slice\n", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char keys[CGROUP_NESTED][CGROUP_KEY], all[CGROUP_NESTED * CGROUP_KEY] = "";
        size_t n = cgroup_keys(cases[i].text, keys);
        for (size_t k = 0; k < n; k++) {
            snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", k > 0 ? " " : "", keys[k]);
        }
        assert_string_equal(all, cases[i].keys);
    }
    char deep[4096] = "0::", keys[CGROUP_NESTED][CGROUP_KEY];
    for (int i = 0; i < CGROUP_NESTED + 3; i++) {
        snprintf(deep + strlen(deep), sizeof deep - strlen(deep), "/porthole/%012d", i);
    }
    assert_int_equal(cgroup_keys(deep, keys), CGROUP_NESTED); /* the outermost are left out */
    assert_string_equal(keys[0], "000000000010");
    assert_string_equal(keys[CGROUP_NESTED - 1], "000000000003");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_found_in_every_layout),
        cmocka_unit_test(the_layout_has_a_name),
        cmocka_unit_test(odd_lines_of_mountinfo_do_no_harm),
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(keys_are_found_by_every_engines_names),
        cmocka_unit_test(those_around_it_are_found_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
