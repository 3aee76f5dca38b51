#include "core/container.h"

#include <math.h>

#include "tests/core/test.h"

/* Every field filled with something that is not its default. */
static struct container full_record(void)
{
    static const struct worker workers[] = {
        {.host_pid = 4711, .role = WORKER_VM, .name = "qemu", .memory = 5},
        {.host_pid = 4712, .role = WORKER_KEEPER}};
    static const struct crossing crossings[] = {{.kind = CROSSING_FOLDER, .outside = "/a", .inside = "/b"}};
    struct container c;
    container_init(&c);
    c.key = "k1";
    c.name = "web";
    c.image = "busybox";
    c.command = "sleep 1";
    c.owner = "porthole";
    c.terminal = true;
    c.created = 1;
    c.state = CONTAINER_RUNNING;
    c.started = 2;
    c.pid = 99;
    c.note = "a note";
    c.isolation = ISOLATION_VM;
    c.origin = ORIGIN_REQUESTED;
    c.hypervisor = HYPERVISOR_HYPERV;
    c.why_not[VERB_PAUSE] = "cannot pause";
    c.workers = workers;
    c.n_workers = COUNT(workers);
    c.crossings = crossings;
    c.n_crossings = COUNT(crossings);
    c.ports = "80->80/tcp";
    c.cpu = 0.5;
    c.memory = 10;
    c.memory_limit = 20;
    c.host_memory = 30;
    c.processes = 3;
    return c;
}

static void a_new_record_knows_nothing(void **state)
{
    (void)state;
    struct container c;
    container_init(&c);
    assert_true(isnan(c.cpu));
    assert_int_equal(c.processes, -1);
    assert_null(c.key);
    assert_int_equal(container_differ(&c, &c, FIELD_ALL), 0);
}

static void assigning_copies_everything(void **state)
{
    (void)state;
    struct container from = full_record(), to;
    container_init(&to);
    container_assign(&to, &from, FIELD_ALL);
    assert_int_equal(container_differ(&to, &from, FIELD_ALL), 0);
    assert_string_equal(to.key, "k1");
    assert_ptr_not_equal(to.name, from.name);
    assert_ptr_not_equal(to.workers, from.workers);
    assert_ptr_not_equal(to.workers[0].name, from.workers[0].name);
    assert_null(to.workers[1].name);
    container_assign(&to, &to, FIELD_ALL); /* also from itself */
    assert_int_equal(container_differ(&to, &from, FIELD_ALL), 0);
    struct container none;
    container_init(&none);
    container_assign(&to, &none, FIELD_ALL);
    assert_int_equal(container_differ(&to, &none, FIELD_ALL), 0);
    assert_string_equal(to.key, "k1");
    container_done(&to);
    assert_null(to.key);
}

static void only_named_fields_are_assigned(void **state)
{
    (void)state;
    struct container from = full_record();
    for (unsigned bit = 0; bit < FIELD_COUNT; bit++) {
        struct container to, none;
        container_init(&to);
        container_init(&none);
        container_assign(&to, &from, 1u << bit);
        assert_int_equal(container_differ(&to, &none, FIELD_ALL), 1u << bit);
        assert_int_equal(container_differ(&to, &from, 1u << bit), 0);
        container_done(&to);
    }
}

static void each_part_makes_a_difference(void **state)
{
    (void)state;
    const struct container a = full_record();
    struct worker worker = a.workers[0];
    struct crossing crossing = a.crossings[0];
    worker.cpu_100ns = 1;
    crossing.read_only = true;
    struct worker workers[] = {worker, a.workers[1]};
    struct container b;
#define DIFFERS(change, fields)                                                                              \
    b = a;                                                                                                   \
    change;                                                                                                  \
    assert_int_equal(container_differ(&a, &b, FIELD_ALL), fields)
    DIFFERS(b.name = "other", FIELD_NAME);
    DIFFERS(b.owner = NULL, FIELD_NAME);
    DIFFERS(b.terminal = false, FIELD_NAME);
    DIFFERS(b.exit_code = 3, FIELD_STATE);
    DIFFERS(b.note = NULL, FIELD_STATE);
    DIFFERS(b.origin = ORIGIN_DEFAULT, FIELD_NAME);
    DIFFERS(b.memory_limit = 0, FIELD_NAME);
    DIFFERS(b.hypervisor = HYPERVISOR_OTHER, FIELD_ISOLATION);
    DIFFERS(b.why_not[VERB_KILL] = "no", FIELD_VERBS);
    static const char *const labels[] = {"a=b", NULL};
    DIFFERS(b.labels = labels, FIELD_NAME);
    DIFFERS(b.restart = "always", FIELD_NAME);
    DIFFERS(b.health = HEALTH_HEALTHY, FIELD_STATE);
    DIFFERS(b.workers = workers, FIELD_WORKERS);
    DIFFERS(b.n_workers = 1, FIELD_WORKERS);
    DIFFERS(b.crossings = &crossing, FIELD_CROSSINGS);
    DIFFERS(b.ports = "81->80/tcp", FIELD_CROSSINGS);
    DIFFERS(b.crossings_untold = true, FIELD_CROSSINGS);
    const struct namespace_fact told[NAMESPACE_COUNT] = {
        [NAMESPACE_PID] = {.state = FACT_SHARED, .how = FACT_TOLD, .with = "web", .source = "S"}};
    DIFFERS(b.namespaces = told, FIELD_CROSSINGS);
    struct container held;
    container_init(&held);
    container_assign(&held, &b, FIELD_ALL);
    assert_int_equal(container_differ(&held, &b, FIELD_ALL), 0);
    assert_string_equal(held.namespaces[NAMESPACE_PID].with, "web");
    assert_ptr_not_equal(held.namespaces, told);
    container_done(&held);
    DIFFERS(b.cpu = NAN, FIELD_CPU);
    DIFFERS(b.host_memory = 0, FIELD_MEMORY);
    DIFFERS(b.processes = 4, FIELD_PROCESSES);
    DIFFERS((b.cpu = 1, b.memory = 1, b.processes = 1), FIELD_USAGE);
    DIFFERS((b.id = 5, b.engines = 3), 0);
#undef DIFFERS
}

/* The words are held once, until the last who holds them is gone; one that says something else has its own.
 */
static void refusals_are_shared(void **state)
{
    (void)state;
    struct container told, first, second, odd;
    const char *words[VERB_COUNT] = {[VERB_PAUSE] = "it cannot be paused"};
    container_init(&told);
    container_init(&first);
    container_init(&second);
    container_init(&odd);
    struct refusals *r = refusals_new(words);
    told.key = "k";
    refusals_tell(r, &told);
    container_assign(&first, &told, FIELD_VERBS);
    container_assign(&second, &first, FIELD_VERBS);
    container_assign(&second, &second, FIELD_VERBS);
    assert_ptr_equal(first.why_not[VERB_PAUSE], second.why_not[VERB_PAUSE]);
    assert_ptr_not_equal(first.why_not[VERB_PAUSE], words[VERB_PAUSE]);
    told.why_not[VERB_STOP] = "nor stopped"; /* no word of theirs */
    assert_int_equal(container_differ(&told, &first, FIELD_ALL), FIELD_VERBS);
    container_assign(&odd, &told, FIELD_VERBS);
    assert_string_equal(odd.why_not[VERB_STOP], "nor stopped");
    assert_string_equal(odd.why_not[VERB_PAUSE], "it cannot be paused");
    assert_null(second.why_not[VERB_STOP]);
    refusals_drop(r);
    container_done(&first);
    assert_string_equal(second.why_not[VERB_PAUSE], "it cannot be paused");
    container_done(&second);
    container_done(&odd);
}

static void labels_tell_the_project(void **state)
{
    (void)state;
    static const char *const compose[] = {"a=b=c", "ab=", "com.docker.compose.project=shop", NULL};
    static const char *const podman[] = {"io.podman.compose.project=shop", NULL};
    struct container c;
    container_init(&c);
    assert_null(container_label(&c, "a"));
    assert_null(container_project(&c));
    c.labels = compose;
    assert_string_equal(container_label(&c, "a"), "b=c");
    assert_string_equal(container_label(&c, "ab"), "");
    assert_null(container_label(&c, "com"));
    assert_string_equal(container_project(&c), "shop");
    c.labels = podman;
    assert_string_equal(container_project(&c), "shop");
}

static void what_the_host_sees(void **state)
{
    (void)state;
    char out[64];
    struct container c = full_record();
    assert_string_equal(container_host_sees(&c, out, sizeof out), "qemu 4711");
    c.n_workers = 0;
    assert_string_equal(container_host_sees(&c, out, sizeof out), "its worker");
    c.isolation = ISOLATION_PROCESS;
    assert_string_equal(container_host_sees(&c, out, sizeof out), "3 processes");
    c.processes = 1;
    c.state = CONTAINER_PAUSED;
    assert_string_equal(container_host_sees(&c, out, sizeof out), "1 process");
    c.processes = -1;
    assert_string_equal(container_host_sees(&c, out, sizeof out), "its processes");
    c.state = CONTAINER_EXITED;
    assert_string_equal(container_host_sees(&c, out, sizeof out), "nothing");
    c.state = CONTAINER_LOST;
    assert_string_equal(container_host_sees(&c, out, sizeof out), "unknown");
    assert_string_equal(container_host_sees(&c, out, 4), "unk");
}

static void states_and_verbs_have_words(void **state)
{
    (void)state;
    assert_string_equal(state_word(CONTAINER_CREATED), "created");
    assert_string_equal(state_word(CONTAINER_RUNNING), "running");
    assert_string_equal(state_word(CONTAINER_PAUSED), "paused");
    assert_string_equal(state_word(CONTAINER_EXITED), "exited");
    assert_string_equal(state_word(CONTAINER_LOST), "lost");
    assert_string_equal(state_word(CONTAINER_UNKNOWN), "unknown");
    assert_string_equal(state_word(CONTAINER_RESTARTING), "restarting");
    assert_string_equal(state_word(CONTAINER_STOPPING), "stopping");
    assert_string_equal(state_word(CONTAINER_REMOVING), "removing");
    assert_string_equal(state_word(CONTAINER_DEAD), "dead");
    assert_string_equal(verb_word(VERB_START), "start");
    assert_string_equal(verb_word(VERB_RELAUNCH), "relaunch");
    for (int a = 0; a < VERB_COUNT; a++) {
        for (int b = a + 1; b < VERB_COUNT; b++) {
            assert_string_not_equal(verb_word((enum verb)a), verb_word((enum verb)b));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_record_knows_nothing),
        cmocka_unit_test(assigning_copies_everything),
        cmocka_unit_test(only_named_fields_are_assigned),
        cmocka_unit_test(each_part_makes_a_difference),
        cmocka_unit_test(refusals_are_shared),
        cmocka_unit_test(labels_tell_the_project),
        cmocka_unit_test(what_the_host_sees),
        cmocka_unit_test(states_and_verbs_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
