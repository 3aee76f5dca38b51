/* A container's record in, what is told of its wall out. */
#include "core/memory.h"
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
    c.key = "k";
    c.name = "web";
    c.image = "busybox";
    c.state = CONTAINER_RUNNING;
    c.isolation = isolation;
    c.origin = ORIGIN_REQUESTED;
    c.pid = 4711;
    return c;
}

/* Numbers of namespaces: the host's, porthole's own, the container's and another one's. */
enum { HOST = 1, READER = 2, OWN = 3, OTHER = 4 };

static struct namespace_table *table_of(uint64_t number, uint64_t host)
{
    struct namespace_table *t = namespace_table_new(2);
    t->rows[0] = (struct namespace_row){.key = mem_string("k"), .pid = 4711};
    t->rows[1] = (struct namespace_row){.key = mem_string("other"), .pid = 4712};
    for (int kind = 0; kind < NAMESPACE_LINUX; kind++) {
        t->rows[0].number[kind] = number;
        t->rows[1].number[kind] = OTHER;
        t->host[kind] = host;
        t->reader[kind] = READER;
    }
    return t;
}

static void make(struct boundary_rows *b, const struct container *c, const struct namespace_table *seen,
                 const char *note)
{
    struct namespaces known;
    namespaces_judge(&known, c, seen, NULL);
    boundary_rows_make(b, c, &known, note);
    namespaces_done(&known);
}

/* Where every namespace was seen to be its own. */
static void make_own(struct boundary_rows *b, const struct container *c)
{
    struct namespace_table *seen = table_of(OWN, HOST);
    make(b, c, seen, NULL);
    namespace_table_free(seen);
}

static void a_shared_kernel(void **state)
{
    (void)state;
    struct container c = running(ISOLATION_PROCESS);
    struct boundary_rows b = {0};
    make_own(&b, &c);
    assert_string_equal(row_of(&b, "mode")->words, "process isolation, as requested");
    assert_string_equal(row_of(&b, "kernel")->words, "the host's, shared");
    assert_non_null(strstr(row_of(&b, "process ids")->remark, "its first process is pid 4711"));
    assert_string_equal(row_of(&b, "network")->words, "own");
    assert_null(row_of(&b, "registry"));
    assert_true(says(&b, "Nothing goes through the wall."));
    boundary_rows_done(&b);
    c.crossings_untold = true;
    make_own(&b, &c);
    assert_true(says(&b, "What goes through the wall is not told"));
    assert_false(says(&b, "Nothing goes through the wall."));
    boundary_rows_done(&b);
    make(&b, &c, NULL, "docker is away");
    assert_string_equal(b.rows[0].words, "docker is away");
    boundary_rows_done(&b);
}

/* Each sentence on a namespace, with the source that it comes from; and none without one. */
static void every_sentence_has_its_source(void **state)
{
    (void)state;
    static const struct {
        uint64_t number, host;
        bool nested;
        enum fact_state told;
        enum fact_how how;
        const char *why;    /* why it was not read */
        const char *words;  /* of each row */
        const char *remark; /* of the row on ipc: a part of it */
        bool nothing;       /* goes through the wall */
    } cases[] = {
        {OWN, HOST, false, FACT_NOT_TOLD, FACT_NOWHERE, NULL, "own", "/proc/4711/ns/ipc", true},
        {HOST, HOST, false, FACT_NOT_TOLD, FACT_NOWHERE, NULL, "the host's", "/proc/4711/ns/ipc", false},
        {OTHER, HOST, false, FACT_NOT_TOLD, FACT_NOWHERE, NULL, "shared with other", "/proc/4711/ns/ipc",
         false},
        {READER, HOST, true, FACT_NOT_TOLD, FACT_NOWHERE, NULL, "the same as porthole's own",
         "/proc/4711/ns/ipc", false},
        {OWN, 0, false, FACT_NOT_TOLD, FACT_NOWHERE, NULL, "not told", "the host's own is not known", false},
        {READER, 0, true, FACT_NOT_TOLD, FACT_NOWHERE, NULL, "the same as porthole's own",
         "/proc/4711/ns/ipc", false},
        {OWN, 0, true, FACT_NOT_TOLD, FACT_NOWHERE, NULL, "not told", "porthole itself runs in a container",
         false},
        {0, HOST, false, FACT_NOT_TOLD, FACT_NOWHERE, "needs root", "not told", "needs root", false},
        {0, HOST, false, FACT_OWN, FACT_TOLD, "needs root", "not told", "needs root (its engine says own: S)",
         false},
        {0, HOST, false, FACT_HOST, FACT_TOLD, "needs root", "the host's", "told: S", false},
        {0, HOST, false, FACT_SHARED, FACT_TOLD, "needs root", "shared with db", "told: S", false},
        {OWN, HOST, false, FACT_HOST, FACT_TOLD, NULL, "own", "/proc/4711/ns/ipc",
         true}, /* seen before told */
        {HOST, HOST, false, FACT_OWN, FACT_TOLD, NULL, "the host's", "/proc/4711/ns/ipc", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct container c = running(ISOLATION_PROCESS);
        struct boundary_rows b = {0};
        struct namespace_fact told[NAMESPACE_COUNT];
        struct namespace_table *seen = table_of(cases[i].number, cases[i].host);
        seen->nested = cases[i].nested;
        seen->rows[0].why = cases[i].why;
        for (int kind = 0; kind < NAMESPACE_COUNT; kind++) {
            told[kind] = (struct namespace_fact){.state = cases[i].told, .how = cases[i].how, .source = "S"};
            told[kind].with = cases[i].told == FACT_SHARED ? "db" : NULL;
        }
        c.namespaces = told;
        make(&b, &c, seen, NULL);
        size_t n;
        const enum namespace_kind *kinds = namespace_kinds(false, &n);
        for (size_t k = 0; k < n; k++) {
            const struct boundary_row *row = row_of(&b, namespace_label(kinds[k]));
            assert_string_equal(row->words, cases[i].words);
            assert_non_null(row->remark);
            assert_true(row->remark[0] != '\0');
        }
        assert_non_null(strstr(row_of(&b, "ipc")->remark, cases[i].remark));
        assert_int_equal(says(&b, "Nothing goes through the wall."), cases[i].nothing);
        boundary_rows_done(&b);
        namespace_table_free(seen);
    }
}

/* What no reader has seen and no engine tells is not told, whatever the container is. */
static void silence_is_never_own(void **state)
{
    (void)state;
    static const enum container_state states[] = {CONTAINER_CREATED, CONTAINER_RUNNING, CONTAINER_PAUSED,
                                                  CONTAINER_EXITED,  CONTAINER_LOST,    CONTAINER_UNKNOWN};
    static const enum isolation modes[] = {ISOLATION_PROCESS, ISOLATION_UNKNOWN};
    for (size_t i = 0; i < COUNT(states) * COUNT(modes) * 2; i++) {
        struct container c = running(modes[i / COUNT(states) % COUNT(modes)]);
        struct boundary_rows b = {0};
        bool windows = i >= COUNT(states) * COUNT(modes);
        c.state = states[i % COUNT(states)];
        c.hypervisor = windows ? HYPERVISOR_HYPERV : HYPERVISOR_OTHER;
        make(&b, &c, NULL, NULL);
        size_t n;
        const enum namespace_kind *kinds = namespace_kinds(windows, &n);
        for (size_t k = 0; k < n; k++) {
            assert_string_equal(row_of(&b, namespace_label(kinds[k]))->words, "not told");
            assert_non_null(row_of(&b, namespace_label(kinds[k]))->remark);
        }
        for (size_t k = 0; k < b.count; k++) {
            assert_string_not_equal(b.rows[k].words, "own");
        }
        assert_false(says(&b, "Nothing goes through the wall."));
        assert_true(says(&b, "What goes through the wall is not all told"));
        boundary_rows_done(&b);
    }
}

/* Of what does not run only what was asked for is known. */
static void an_exited_one_was_only_asked_for(void **state)
{
    (void)state;
    const struct namespace_fact asked[NAMESPACE_COUNT] = {
        [NAMESPACE_PID] = {FACT_HOST, FACT_ASKED, NULL, "HostConfig.PidMode", NULL},
        [NAMESPACE_IPC] = {FACT_OWN, FACT_ASKED, NULL, "HostConfig.IpcMode", NULL},
    };
    struct container c = running(ISOLATION_PROCESS);
    struct boundary_rows b = {0};
    c.state = CONTAINER_EXITED;
    c.pid = 0;
    c.namespaces = asked;
    struct namespace_table *seen = table_of(OWN, HOST); /* whatever was read: it is of another life */
    make(&b, &c, seen, NULL);
    assert_string_equal(row_of(&b, "process ids")->words, "the host's");
    assert_non_null(strstr(row_of(&b, "process ids")->remark, "asked for: HostConfig.PidMode"));
    assert_string_equal(row_of(&b, "ipc")->words, "own");
    assert_string_equal(row_of(&b, "ipc")->remark, "asked for: HostConfig.IpcMode");
    assert_string_equal(row_of(&b, "host name")->words, "not told");
    assert_true(says(&b, "1 way through the wall, and what is not told"));
    boundary_rows_done(&b);
    namespace_table_free(seen);
}

static void a_silo_of_windows(void **state)
{
    (void)state;
    const struct namespace_fact told[NAMESPACE_COUNT] = {
        [NAMESPACE_REGISTRY] = {FACT_OWN, FACT_TOLD, NULL, "HCS: ObRoot", NULL},
        [NAMESPACE_PID] = {FACT_OWN, FACT_TOLD, NULL, "HCS: ObRoot", NULL},
    };
    struct container c = running(ISOLATION_PROCESS);
    struct boundary_rows b = {0};
    c.hypervisor = HYPERVISOR_HYPERV;
    c.namespaces = told;
    make(&b, &c, NULL, NULL);
    assert_string_equal(row_of(&b, "registry")->words, "own");
    assert_string_equal(row_of(&b, "registry")->remark, "told: HCS: ObRoot");
    assert_non_null(strstr(row_of(&b, "process ids")->remark, "the same numbers"));
    assert_string_equal(row_of(&b, "named objects")->words, "not told");
    assert_null(row_of(&b, "ipc"));
    boundary_rows_done(&b);
}

static void crossings_and_hostile_names(void **state)
{
    (void)state;
    const struct crossing crossings[] = {
        {CROSSING_FOLDER, "/srv/\x1b[31mdata", "/data", true},
        {CROSSING_PORT, "8080", "80/tcp", false},
        {CROSSING_NETWORK, "host", "", false},
    };
    struct container c = running(ISOLATION_PROCESS);
    struct boundary_rows b = {0};
    c.crossings = crossings;
    c.n_crossings = COUNT(crossings);
    make(&b, &c, NULL, NULL);
    assert_true(says(&b, "3 ways through the wall"));
    assert_false(says(&b, "\x1b"));
    assert_string_equal(row_of(&b, "folder")->remark, "read-only");
    assert_string_equal(row_of(&b, "port")->words, "8080 → 80/tcp");
    assert_string_equal(row_of(&b, "network")->words, "the host's"); /* its engine says so */
    boundary_rows_done(&b);
    make_own(&b, &c); /* and the kernel shows that it is not */
    assert_string_equal(row_of(&b, "network")->words, "own");
    assert_true(says(&b, "2 ways through the wall"));
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
    c.pid = 0;
    make_own(&b, &c); /* the numbers of a worker would say nothing of the container */
    assert_string_equal(row_of(&b, "kernel")->words, "its own, in a utility VM");
    assert_null(row_of(&b, "process ids"));
    assert_string_equal(row_of(&b, "file system")->words, "in its VM");
    assert_string_equal(row_of(&b, "network")->words, "in its VM");
    assert_false(says(&b, "own network"));
    assert_string_equal(row_of(&b, "vm")->words, "qemu-system-x86 2376");
    assert_string_equal(row_of(&b, "keeper")->words, "pid 4700");
    boundary_rows_done(&b);
    c.crossings_untold = true;
    make(&b, &c, NULL, NULL);
    assert_string_equal(row_of(&b, "network")->words, "not told");
    boundary_rows_done(&b);
}

static void a_job_of_the_host_has_no_wall(void **state)
{
    (void)state;
    struct container c = running(ISOLATION_HOST);
    struct boundary_rows b = {0};
    make(&b, &c, NULL, NULL);
    assert_true(says(&b, "there is no wall"));
    assert_false(says(&b, "Nothing goes through the wall."));
    boundary_rows_done(&b);
}

static void a_network_with_a_helper(void **state)
{
    (void)state;
    const struct worker helper = {.host_pid = 77, .role = WORKER_NETWORK, .name = "passt"};
    const struct crossing port = {CROSSING_PORT, "8080", "80/tcp", false};
    struct container c = running(ISOLATION_PROCESS);
    struct boundary_rows b = {0};
    make_own(&b, &c);
    assert_string_equal(row_of(&b, "network")->remark, "/proc/4711/ns/net");
    boundary_rows_done(&b);
    c.workers = &helper;
    c.n_workers = 1;
    make_own(&b, &c);
    assert_string_equal(row_of(&b, "network")->words, "own");
    assert_string_equal(row_of(&b, "network")->remark, "/proc/4711/ns/net; reaches out through the host's");
    assert_true(says(&b, "passt 77"));
    boundary_rows_done(&b);
    c.crossings = &port;
    c.n_crossings = 1;
    make_own(&b, &c);
    assert_non_null(strstr(row_of(&b, "network")->remark, "1 port mapped, reaches out through the host's"));
    boundary_rows_done(&b);
}

static void nothing_known(void **state)
{
    (void)state;
    struct container c;
    struct boundary_rows b = {0};
    container_init(&c);
    make(&b, &c, NULL, NULL);
    assert_string_equal(row_of(&b, "kernel")->words, "unknown");
    boundary_rows_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shared_kernel),         cmocka_unit_test(every_sentence_has_its_source),
        cmocka_unit_test(silence_is_never_own),    cmocka_unit_test(an_exited_one_was_only_asked_for),
        cmocka_unit_test(a_silo_of_windows),       cmocka_unit_test(crossings_and_hostile_names),
        cmocka_unit_test(a_machine_of_its_own),    cmocka_unit_test(a_job_of_the_host_has_no_wall),
        cmocka_unit_test(a_network_with_a_helper), cmocka_unit_test(nothing_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
