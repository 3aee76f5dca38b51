#include "core/verdict.h"

#include <stdio.h>

#include "tests/core/test.h"

/* Microsoft's table of host and image, and what hcsshim and Docker add to it. */
static void host_by_image(void **state)
{
    (void)state;
    enum { OK = VERDICT_OK, WARN = VERDICT_WARN, NO = VERDICT_REFUSE };
    static const struct {
        uint32_t host;
        enum windows_edition edition;
        uint32_t image;
        int process, vm;
    } table[] = {
        /* Server 2025 */
        {26100, WINDOWS_SERVER, 26100, OK, OK},
        {26100, WINDOWS_SERVER, 20348, OK, OK},
        {26100, WINDOWS_SERVER, 17763, NO, OK},
        {26100, WINDOWS_SERVER, 14393, NO, OK},
        /* Server 23H2 takes 2022 */
        {25398, WINDOWS_SERVER, 26100, NO, NO},
        {25398, WINDOWS_SERVER, 25398, OK, OK},
        {25398, WINDOWS_SERVER, 20348, OK, OK},
        {25398, WINDOWS_SERVER, 17763, NO, OK},
        /* Server 2022 */
        {20348, WINDOWS_SERVER, 26100, NO, NO},
        {20348, WINDOWS_SERVER, 20348, OK, OK},
        {20348, WINDOWS_SERVER, 17763, NO, OK},
        {20348, WINDOWS_SERVER, 14393, NO, OK},
        /* Server 2019 */
        {17763, WINDOWS_SERVER, 20348, NO, NO},
        {17763, WINDOWS_SERVER, 17763, OK, OK},
        {17763, WINDOWS_SERVER, 14393, NO, OK},
        /* Server 2016: the revision counts, too */
        {14393, WINDOWS_SERVER, 17763, NO, NO},
        {14393, WINDOWS_SERVER, 14393, WARN, OK},
        /* Windows 11 */
        {26100, WINDOWS_PRO, 26100, WARN, OK},
        {26100, WINDOWS_PRO, 20348, WARN, OK},
        {26100, WINDOWS_PRO, 17763, NO, OK},
        {26200, WINDOWS_PRO, 26100, WARN, OK},
        {26200, WINDOWS_PRO, 20348, WARN, OK}, /* hcsshim and Microsoft's page disagree: not blocked */
        {26200, WINDOWS_PRO, 26200, WARN, OK},
        {22631, WINDOWS_PRO, 20348, WARN, OK},
        {22631, WINDOWS_PRO, 26100, NO, NO},
        /* Windows 10 */
        {19045, WINDOWS_PRO, 17763, NO, OK},
        {19045, WINDOWS_PRO, 19045, WARN, OK},
        {17763, WINDOWS_PRO, 17763, WARN, OK},
        {19045, WINDOWS_PRO, 20348, NO, NO},
        {17134, WINDOWS_PRO, 17134, NO, OK}, /* before 1809 */
        /* what is not known */
        {20348, WINDOWS_SERVER, 0, WARN, WARN},
        {26100, WINDOWS_HOME, 26100, NO, NO},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        const struct windows_host host = {table[i].host, table[i].edition};
        struct verdict process, vm;
        verdict_windows(&host, table[i].image, ISOLATION_PROCESS, &process);
        verdict_windows(&host, table[i].image, ISOLATION_VM, &vm);
        if ((int)process.kind != table[i].process || (int)vm.kind != table[i].vm) {
            fail_msg("host %u, image %u: process %s (%s), vm %s (%s)", table[i].host, table[i].image,
                     verdict_word(process.kind), process.reason, verdict_word(vm.kind), vm.reason);
        }
        assert_int_equal(process.mode, ISOLATION_PROCESS);
        assert_int_equal(vm.mode, ISOLATION_VM);
        assert_true(process.reason[0] && process.source && vm.reason[0] && vm.source);
    }
}

static void a_reason_names_both_builds(void **state)
{
    (void)state;
    const struct windows_host host = {20348, WINDOWS_SERVER};
    struct verdict v;
    verdict_windows(&host, 17763, ISOLATION_PROCESS, &v);
    assert_non_null(strstr(v.reason, "17763"));
    assert_non_null(strstr(v.reason, "20348"));
    assert_non_null(strstr(v.reason, "hyperv"));
    assert_non_null(strstr(v.source, "Version compatibility"));
    verdict_windows(&host, 20348, ISOLATION_HOST, &v);
    assert_int_equal(v.kind, VERDICT_WARN);
}

static void defaults_follow_the_edition(void **state)
{
    (void)state;
    assert_int_equal(verdict_windows_default(&(struct windows_host){20348, WINDOWS_SERVER}),
                     ISOLATION_PROCESS);
    assert_int_equal(verdict_windows_default(&(struct windows_host){26100, WINDOWS_PRO}), ISOLATION_VM);
    enum windows_edition edition = WINDOWS_SERVER;
    assert_true(verdict_edition("home", &edition));
    assert_int_equal(edition, WINDOWS_HOME);
    assert_true(verdict_edition("pro", &edition));
    assert_true(verdict_edition("server", &edition));
    assert_false(verdict_edition("Server ", &edition));
    assert_int_equal(edition, WINDOWS_SERVER);
}

static void builds_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        uint32_t build;
    } table[] = {{"20348", 20348},
                 {"10.0.20348", 20348},
                 {"10.0.20348.2700", 20348},
                 {"windows 10.0.17763.1", 17763},
                 {"windows 17763", 17763},
                 {NULL, 0},
                 {"", 0},
                 {"linux", 0},
                 {"windows", 0},
                 {"10.0.", 0},
                 {"10.0.x", 0},
                 {"20348x", 0},
                 {"10.0.20348.1.2", 0},
                 {"-1", 0},
                 {"99999999999", 0},
                 {"6.3.9600", 0}};
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(verdict_build(table[i].version), table[i].build);
    }
    assert_string_equal(verdict_build_name(&(struct windows_host){20348, WINDOWS_SERVER}),
                        "Windows Server 2022");
    assert_string_equal(verdict_build_name(&(struct windows_host){26100, WINDOWS_PRO}), "Windows 11 24H2");
    assert_null(verdict_build_name(&(struct windows_host){20348, WINDOWS_PRO}));
    assert_null(verdict_build_name(&(struct windows_host){1, WINDOWS_SERVER}));
}

static void an_engine_has_the_last_word(void **state)
{
    (void)state;
    struct verdict v;
    const struct mode_offer offers[] = {{.mode = ISOLATION_PROCESS},
                                        {.mode = ISOLATION_VM, .cost = "2 s more"},
                                        {.mode = ISOLATION_HOST, .why_not = "no rights"}};
    struct engine e = {.name = "local", .offers = offers, .n_offers = 2};
    verdict_here(&e, NULL, ISOLATION_PROCESS, &v);
    assert_int_equal(v.kind, VERDICT_OK);
    assert_string_equal(v.source, "engine");
    verdict_here(&e, "linux", ISOLATION_VM, &v);
    assert_int_equal(v.kind, VERDICT_OK);
    assert_string_equal(v.reason, "works here; it costs 2 s more");
    verdict_here(&e, NULL, ISOLATION_HOST, &v);
    assert_int_equal(v.kind, VERDICT_REFUSE);
    assert_string_equal(v.reason, "the engine does not offer it");
    e.n_offers = 3;
    verdict_here(&e, NULL, ISOLATION_HOST, &v);
    assert_int_equal(v.kind, VERDICT_REFUSE);
    assert_string_equal(v.reason, "no rights");
}

static void on_windows_both_must_agree(void **state)
{
    (void)state;
    struct verdict v;
    const struct mode_offer offers[] = {{.mode = ISOLATION_PROCESS},
                                        {.mode = ISOLATION_VM, .why_not = "Hyper-V is not installed"}};
    const struct engine e = {
        .name = "hcs", .windows = {20348, WINDOWS_SERVER}, .offers = offers, .n_offers = 2};
    verdict_here(&e, "windows 10.0.17763.1", ISOLATION_PROCESS, &v);
    assert_int_equal(v.kind, VERDICT_REFUSE);
    assert_non_null(strstr(v.reason, "17763"));
    verdict_here(&e, "windows 10.0.17763.1", ISOLATION_VM, &v);
    assert_int_equal(v.kind, VERDICT_REFUSE);
    assert_string_equal(v.reason, "Hyper-V is not installed");
    verdict_here(&e, "windows 10.0.20348.1", ISOLATION_PROCESS, &v);
    assert_int_equal(v.kind, VERDICT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_by_image),
        cmocka_unit_test(a_reason_names_both_builds),
        cmocka_unit_test(builds_are_read),
        cmocka_unit_test(defaults_follow_the_edition),
        cmocka_unit_test(an_engine_has_the_last_word),
        cmocka_unit_test(on_windows_both_must_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
