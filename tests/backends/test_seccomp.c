/* Which system calls a container may make, by its capabilities, its machine and its kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backends/local/shared/seccomp.h"

static const char *const nothing[] = {NULL};

static cJSON *profile(const char *const *capabilities, const char *machine, const char *release)
{
    struct utsname host = {0};
    strcpy(host.machine, machine);
    strcpy(host.release, release);
    cJSON *o = seccomp_profile(capabilities, &host);
    assert_string_equal(json_string(o, "defaultAction", ""), "SCMP_ACT_ERRNO");
    assert_int_equal(json_integer(o, "defaultErrnoRet", 0), 1);
    return o;
}

/* How many rules with this action name the call, with (or without) a condition on its arguments. */
static int rules_for(const cJSON *o, const char *call, const char *action, bool condition)
{
    const cJSON *rule, *name;
    int n = 0;
    cJSON_ArrayForEach(rule, json_at(o, "syscalls"))
    {
        cJSON_ArrayForEach(name, json_at(rule, "names"))
        {
            n += strcmp(name->valuestring, call) == 0 &&
                 strcmp(json_string(rule, "action", ""), action) == 0 &&
                 (json_at(rule, "args") != NULL) == condition;
        }
    }
    return n;
}

static bool allowed(const cJSON *o, const char *call)
{
    return rules_for(o, call, "SCMP_ACT_ALLOW", false) > 0;
}

static bool runs_programs_of(const cJSON *o, const char *architecture)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, json_at(o, "architectures"))
    {
        if (strcmp(item->valuestring, architecture) == 0) {
            return true;
        }
    }
    return false;
}

static void usual(void **state)
{
    static const char *const refused[] = {"add_key",
                                          "keyctl",
                                          "request_key",
                                          "bpf",
                                          "mount",
                                          "umount2",
                                          "unshare",
                                          "setns",
                                          "clone3",
                                          "kexec_load",
                                          "init_module",
                                          "pivot_root",
                                          "perf_event_open",
                                          "userfaultfd",
                                          "io_uring_setup",
                                          "process_vm_readv",
                                          "swapon",
                                          "acct",
                                          "reboot",
                                          "settimeofday",
                                          "open_by_handle_at",
                                          "name_to_handle_at",
                                          "iopl",
                                          "syslog"};
    static const char *const wanted[] = {"read", "execve", "fork",   "futex",   "openat2", "close_range",
                                         "rseq", "statx",  "ptrace", "seccomp", "mknod",   "bind"};
    (void)state;
    cJSON *o = profile(nothing, "x86_64", "6.1.0-18-amd64");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_false(allowed(o, refused[i]));
    }
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_true(allowed(o, wanted[i]));
    }
    assert_int_equal(rules_for(o, "clone", "SCMP_ACT_ALLOW", true), 1);
    assert_int_equal(rules_for(o, "socket", "SCMP_ACT_ALLOW", true), 3);
    assert_int_equal(rules_for(o, "personality", "SCMP_ACT_ALLOW", true), 5);
    assert_false(allowed(o, "clone") || allowed(o, "socket") || allowed(o, "personality"));
    assert_int_equal(rules_for(o, "clone3", "SCMP_ACT_ERRNO", false), 1);
    cJSON_Delete(o);
}

static void by_capability(void **state)
{
    static const struct {
        const char *capability, *call;
    } cases[] = {
        {"CAP_SYS_ADMIN", "mount"},
        {"CAP_SYS_ADMIN", "clone"},
        {"CAP_SYS_ADMIN", "clone3"},
        {"CAP_SYS_ADMIN", "unshare"},
        {"CAP_SYS_ADMIN", "bpf"},
        {"CAP_BPF", "bpf"},
        {"CAP_PERFMON", "perf_event_open"},
        {"CAP_SYS_BOOT", "reboot"},
        {"CAP_SYS_CHROOT", "chroot"},
        {"CAP_SYS_MODULE", "init_module"},
        {"CAP_SYS_NICE", "mbind"},
        {"CAP_SYS_PACCT", "acct"},
        {"CAP_SYS_PTRACE", "kcmp"},
        {"CAP_SYS_PTRACE", "process_vm_writev"},
        {"CAP_SYS_RAWIO", "iopl"},
        {"CAP_SYS_TIME", "clock_settime"},
        {"CAP_SYSLOG", "syslog"},
        {"CAP_SYS_TTY_CONFIG", "vhangup"},
        {"CAP_DAC_READ_SEARCH", "open_by_handle_at"},
    };
    (void)state;
    cJSON *without = profile(nothing, "x86_64", "6.1.0");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const capabilities[] = {"CAP_CHOWN", cases[i].capability, NULL};
        cJSON *with = profile(capabilities, "x86_64", "6.1.0");
        assert_true(allowed(with, cases[i].call));
        assert_false(allowed(without, cases[i].call));
        cJSON_Delete(with);
    }
    cJSON_Delete(without);
    const char *const admin[] = {"CAP_SYS_ADMIN", NULL};
    cJSON *o = profile(admin, "x86_64", "6.1.0");
    assert_int_equal(rules_for(o, "clone3", "SCMP_ACT_ERRNO", false), 0);
    cJSON_Delete(o);
}

static void by_host(void **state)
{
    (void)state;
    cJSON *o = profile(nothing, "x86_64", "4.7.9");
    assert_false(allowed(o, "ptrace"));
    assert_true(allowed(o, "arch_prctl") && allowed(o, "modify_ldt"));
    assert_true(runs_programs_of(o, "SCMP_ARCH_X86_64") && runs_programs_of(o, "SCMP_ARCH_X86"));
    cJSON_Delete(o);
    o = profile(nothing, "x86_64", "4.10.0");
    assert_true(allowed(o, "ptrace"));
    cJSON_Delete(o);
    o = profile(nothing, "aarch64", "6.1.0");
    assert_true(allowed(o, "cacheflush") && !allowed(o, "arch_prctl"));
    assert_true(runs_programs_of(o, "SCMP_ARCH_AARCH64") && runs_programs_of(o, "SCMP_ARCH_ARM"));
    cJSON_Delete(o);
    o = profile(nothing, "s390x", "6.1.0");
    assert_int_equal(rules_for(o, "clone", "SCMP_ACT_ALLOW", true), 1);
    cJSON_Delete(o);
    o = profile(nothing, "of-tomorrow", "10.0"); /* the runtime takes its own architecture then */
    assert_null(json_at(o, "architectures"));
    assert_int_equal(rules_for(o, "clone", "SCMP_ACT_ALLOW", true), 1);
    cJSON_Delete(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual),
        cmocka_unit_test(by_capability),
        cmocka_unit_test(by_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
