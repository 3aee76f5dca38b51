/* A container's record in, what is told of its wall out. */
#include "tests/core/test.h"
#include "ui/boundary_rows.h"

static const struct boundary_row *row_of(const struct boundary_rows *b, const char *label)
{
    for (size_t i = 0; i < b->count; i++) {
        if (b->rows[i].label != NULL && strcmp(b->rows[i].label, label) == 0) {
            return &b->rows[i];
        }
    }
    return NULL;
}

static bool says(const struct boundary_rows *b, const char *words)
{
    for (size_t i = 0; i < b->count; i++) {
        if (strstr(b->rows[i].words, words) != NULL) {
            return true;
        }
    }
    return false;
}

static struct container running(enum isolation isolation)
{
    struct container c;
    container_init(&c);
    c.name = "web";
    c.image = "busybox";
    c.state = CONTAINER_RUNNING;
    c.isolation = isolation;
    c.origin = ORIGIN_REQUESTED;
    c.pid = 4711;
    return c;
}

static void a_shared_kernel(void **state)
{
    (void)state;
    struct container c = running(ISOLATION_PROCESS);
    struct boundary_rows b = {0};
    boundary_rows_make(&b, &c, false, NULL);
    assert_string_equal(row_of(&b, "mode")->words, "process isolation, as requested");
    assert_string_equal(row_of(&b, "kernel")->words, "the host's, shared");
    assert_non_null(strstr(row_of(&b, "process ids")->remark, "4711"));
    assert_string_equal(row_of(&b, "network")->words, "own");
    assert_null(row_of(&b, "registry"));
    assert_true(says(&b, "Nothing goes through the wall."));
    assert_true(says(&b, "shared memory, shared synchronisation objects, shared process namespaces"));
    boundary_rows_done(&b);
    c.crossings_untold = true;
    boundary_rows_make(&b, &c, true, "docker is away");
    assert_string_equal(row_of(&b, "network")->words, "not told");
    assert_true(says(&b, "What goes through the wall is not told"));
    assert_false(says(&b, "Nothing goes through the wall."));
    assert_string_equal(b.rows[0].words, "docker is away");
    assert_non_null(row_of(&b, "registry"));
    assert_non_null(strstr(row_of(&b, "process ids")->remark, "same"));
    boundary_rows_done(&b);
}

static void crossings_and_hostile_names(void **state)
{
    (void)state;
    const struct crossing crossings[] = {
        {CROSSING_FOLDER, "/srv/\x1b[31mdata", "/data", true},
        {CROSSING_PORT, "8080", "80/tcp", false},
        {CROSSING_NETWORK, "the host's network", "", false},
    };
    struct container c = running(ISOLATION_PROCESS);
    struct boundary_rows b = {0};
    c.crossings = crossings;
    c.n_crossings = COUNT(crossings);
    boundary_rows_make(&b, &c, false, NULL);
    assert_true(says(&b, "3 ways through the wall"));
    assert_false(says(&b, "\x1b"));
    assert_string_equal(row_of(&b, "folder")->remark, "read-only");
    assert_string_equal(row_of(&b, "port")->words, "8080 → 80/tcp");
    assert_string_equal(row_of(&b, "network")->words, "shared");
    boundary_rows_done(&b);
}

static void a_machine_of_its_own(void **state)
{
    (void)state;
    const struct worker workers[] = {{.host_pid = 2376, .role = WORKER_VM, .name = "qemu-system-x86"},
                                     {.host_pid = 4700, .role = WORKER_KEEPER, .name = NULL}};
    struct container c = running(ISOLATION_VM);
    struct boundary_rows b = {0};
    c.workers = workers;
    c.n_workers = COUNT(workers);
    boundary_rows_make(&b, &c, false, NULL);
    assert_string_equal(row_of(&b, "kernel")->words, "its own, in a utility VM");
    assert_null(row_of(&b, "process ids"));
    assert_string_equal(row_of(&b, "vm")->words, "qemu-system-x86 2376");
    assert_string_equal(row_of(&b, "keeper")->words, "pid 4700");
    boundary_rows_done(&b);
}

static void a_network_with_a_helper(void **state)
{
    (void)state;
    const struct worker helper = {.host_pid = 77, .role = WORKER_NETWORK, .name = "passt"};
    const struct crossing port = {CROSSING_PORT, "8080", "80/tcp", false};
    struct container c = running(ISOLATION_PROCESS);
    struct boundary_rows b = {0};
    boundary_rows_make(&b, &c, false, NULL);
    assert_null(row_of(&b, "network")->remark);
    boundary_rows_done(&b);
    c.workers = &helper;
    c.n_workers = 1;
    boundary_rows_make(&b, &c, false, NULL);
    assert_string_equal(row_of(&b, "network")->words, "own");
    assert_string_equal(row_of(&b, "network")->remark, "reaches out through the host's");
    assert_true(says(&b, "passt 77"));
    boundary_rows_done(&b);
    c.crossings = &port;
    c.n_crossings = 1;
    boundary_rows_make(&b, &c, false, NULL);
    assert_string_equal(row_of(&b, "network")->remark, "1 port mapped, reaches out through the host's");
    boundary_rows_done(&b);
}

static void nothing_known(void **state)
{
    (void)state;
    struct container c;
    struct boundary_rows b = {0};
    container_init(&c);
    boundary_rows_make(&b, &c, false, NULL);
    assert_string_equal(row_of(&b, "kernel")->words, "unknown");
    boundary_rows_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shared_kernel),      cmocka_unit_test(crossings_and_hostile_names),
        cmocka_unit_test(a_machine_of_its_own), cmocka_unit_test(a_network_with_a_helper),
        cmocka_unit_test(nothing_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
