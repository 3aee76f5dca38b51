/* The host map: tables in, pairs out. A pair is written "inside=outside", "-" stands for a side that is
 * missing. */
#include <stdio.h>

#include "core/hostmap.h"
#include "tests/core/test.h"

enum { START = 1000000 };

struct inside {
    uint32_t pid, host_pid;
    int64_t created;
};

enum { NS = 500, NESTED = 600 }; /* numbers of pid namespaces */

struct outside {
    uint32_t pid, inner_pid; /* inner_pid: one level further in; the same as pid: there is none */
    const char *container;
    int64_t created;
    const char *name, *vm;
    const char *outer;
    uint64_t ns;        /* of the level further in */
    uint32_t third_pid; /* and one level further in still, in NESTED; 0: there is none */
    bool ended;
};

struct scene {
    const char *what;
    enum isolation isolation;
    uint32_t first;  /* host pid of the container's first process; 0 unknown */
    bool one_number; /* a system without pid namespaces */
    struct worker workers[3];
    struct inside inside[6];
    struct outside outside[8];
    const char *pairs; /* as they must come out */
    const char *workers_found;
    size_t joined;
};

static const struct scene scenes[] = {
    {.what = "the engine names the host pids",
     .isolation = ISOLATION_PROCESS,
     .inside = {{1, 4711, START}, {7, 4720, START + 50}},
     .outside = {{1, 1, NULL, 10}, {4711, 1, "k", START}, {4720, 7, "k", START + 50}},
     .pairs = "1=4711 7=4720",
     .joined = 2},
    {.what = "other pids, joined by the pid inside",
     .isolation = ISOLATION_PROCESS,
     .first = 301,
     .inside = {{1, 0, START}, {7, 0, 0}},
     .outside = {{1, 1, NULL, 10}, {300, 7, "k", START}, {301, 1, "k", START}, {302, 1, "other", START}},
     .pairs = "1=301 7=300",
     .joined = 2},
    {.what = "without a first process no number inside is known",
     .isolation = ISOLATION_PROCESS,
     .inside = {{7, 0, START}},
     .outside = {{300, 7, "k", START}},
     .pairs = "7=- -=300"},
    {.what = "the pid of the first process has been reused",
     .isolation = ISOLATION_PROCESS,
     .first = 301,
     .inside = {{7, 0, START}},
     .outside = {{300, 7, "k", START}, {301, 1, "other", START}},
     .pairs = "7=- -=300"},
    {.what = "a nested pid namespace has numbers of its own",
     .isolation = ISOLATION_PROCESS,
     .first = 301,
     .inside = {{1, 0, START}, {5, 0, START}, {6, 0, START}},
     .outside = {{301, 1, "k", START, .ns = NS},
                 {302, 5, "k", START, .ns = NS, .third_pid = 1},
                 {303, 6, "k", START, .ns = NS, .third_pid = 5}},
     .pairs = "1=301 5=302 6=303",
     .joined = 3},
    {.what = "a container in the host's pid namespace has the host's numbers",
     .isolation = ISOLATION_PROCESS,
     .first = 301,
     .inside = {{301, 0, START}, {302, 0, START}},
     .outside = {{1, 1, NULL, 10}, {301, 301, "k", START}, {302, 1, "k", START, .ns = NS}},
     .pairs = "301=301 302=302",
     .joined = 2},
    {.what = "in another's pid namespace, beside that one's processes",
     .isolation = ISOLATION_PROCESS,
     .first = 310,
     .inside = {{7, 0, START}},
     .outside = {{301, 1, "other", START, .ns = NS}, {310, 7, "k", START, .ns = NS}},
     .pairs = "7=310",
     .joined = 1},
    {.what = "entered from outside, with the host's cgroup",
     .isolation = ISOLATION_PROCESS,
     .first = 301,
     .inside = {{1, 0, START}, {9, 0, START}},
     .outside = {{301, 1, "k", START, .ns = NS}, {309, 9, NULL, START, .ns = NS}},
     .pairs = "1=301 9=309",
     .joined = 2},
    {.what = "a process of the host in the container's cgroup has no number inside",
     .isolation = ISOLATION_PROCESS,
     .first = 301,
     .inside = {{1, 0, START}},
     .outside = {{301, 1, "k", START, .ns = NS}, {309, 309, "k", START}},
     .pairs = "1=301 -=309",
     .joined = 1},
    {.what = "of another namespace of the same depth",
     .isolation = ISOLATION_PROCESS,
     .first = 301,
     .inside = {{1, 0, START}, {9, 0, START}},
     .outside = {{301, 1, "k", START, .ns = NS}, {309, 9, "k", START, .ns = NESTED}},
     .pairs = "1=301 9=- -=309",
     .joined = 1},
    {.what = "the processes of a container inside are processes of the outer one",
     .isolation = ISOLATION_PROCESS,
     .first = 301,
     .inside = {{1, 301, START}, {12, 312, START}},
     .outside = {{301, 1, "k", START, .ns = NS},
                 {312, 12, "inner", START, .outer = "between k", .ns = NS, .third_pid = 1}},
     .pairs = "1=301 12=312",
     .joined = 2},
    {.what = "a container whose cgroup lies inside, beside it otherwise",
     .isolation = ISOLATION_PROCESS,
     .first = 301,
     .inside = {{1, 301, START}},
     .outside = {{301, 1, "k", START, .ns = NS}, {312, 1, "inner", START, .outer = "k", .ns = NESTED}},
     .pairs = "1=301",
     .joined = 1},
    {.what = "a container inside, of which only the depth is told",
     .isolation = ISOLATION_PROCESS,
     .first = 301,
     .inside = {{1, 301, START}},
     .outside = {{301, 1, "k", START},
                 {312, 1, "inner", START, .outer = "k"},
                 {313, 9, "inner", START, .outer = "k", .third_pid = 1}},
     .pairs = "1=301 -=313",
     .joined = 1},
    {.what = "what has ended does not stand alone",
     .isolation = ISOLATION_PROCESS,
     .first = 301,
     .inside = {{1, 0, START}},
     .outside = {{301, 1, "k", START, .ns = NS}, {302, 8, "k", START, .ns = NS, .ended = true}},
     .pairs = "1=301",
     .joined = 1},
    {.what = "a host process of the same number and start is another one where there are pid namespaces",
     .isolation = ISOLATION_PROCESS,
     .inside = {{3964, 0, START}},
     .outside = {{3964, 3964, NULL, START}},
     .pairs = "3964=-"},
    {.what = "the same pids on both sides, and the host does not say whose they are",
     .isolation = ISOLATION_PROCESS,
     .one_number = true,
     .inside = {{3964, 0, START}, {3120, 0, START + 5}},
     .outside = {{3120, 3120, NULL, START + 5}, {3964, 3964, NULL, START}},
     .pairs = "3964=3964 3120=3120",
     .joined = 2},
    {.what = "the same pid without known start times proves nothing",
     .isolation = ISOLATION_PROCESS,
     .inside = {{1, 0, 0}},
     .outside = {{1, 1, NULL, 10}},
     .pairs = "1=-"},
    {.what = "the pid was reused: it started at another time",
     .isolation = ISOLATION_PROCESS,
     .inside = {{5, 4711, START}},
     .outside = {{4711, 5, "k", START + 60000}},
     .pairs = "5=- -=4711"},
    {.what = "the pid was reused by another container",
     .isolation = ISOLATION_PROCESS,
     .inside = {{5, 4711, START}},
     .outside = {{4711, 5, "other", START}},
     .pairs = "5=-"},
    {.what = "clocks of both sides differ by a second",
     .isolation = ISOLATION_PROCESS,
     .inside = {{5, 4711, START}},
     .outside = {{4711, 5, "k", START + 990}},
     .pairs = "5=4711",
     .joined = 1},
    {.what = "it vanished from the host",
     .isolation = ISOLATION_PROCESS,
     .inside = {{1, 4711, START}, {2, 4712, START}},
     .outside = {{4711, 1, "k", START}},
     .pairs = "1=4711 2=-",
     .joined = 1},
    {.what = "it vanished from the container",
     .isolation = ISOLATION_PROCESS,
     .inside = {{1, 4711, START}},
     .outside = {{4711, 1, "k", START}, {4712, 2, "k", START}},
     .pairs = "1=4711 -=4712",
     .joined = 1},
    {.what = "one of a nested pid namespace, whose numbers are not told",
     .isolation = ISOLATION_PROCESS,
     .first = 401,
     .inside = {{1, 0, START}, {9, 0, START + 9000}},
     .outside = {{400, 1, "k", START + 9000}, {401, 1, "k", START}, {402, 9, "other", START + 9000}},
     .pairs = "1=401 9=- -=400",
     .joined = 1},
    {.what = "a host row is paired once",
     .isolation = ISOLATION_PROCESS,
     .inside = {{1, 4711, 0}, {1, 4711, 0}},
     .outside = {{4711, 1, "k", START}},
     .pairs = "1=4711 1=-",
     .joined = 1},
    {.what = "guest pids that collide with host pids are never joined",
     .isolation = ISOLATION_VM,
     .workers = {{.host_pid = 50, .role = WORKER_VM, .name = "qemu-system-x86_64"}},
     .inside = {{1, 0, START}, {50, 0, START}, {60, 60, START}},
     .outside = {{1, 1, NULL, START}, {50, 50, NULL, START, "qemu-system-x86"}, {60, 60, NULL, START}},
     .pairs = "1=- 50=- 60=-",
     .workers_found = "vm:50"},
    {.what = "workers: the VM, its memory, the keeper",
     .isolation = ISOLATION_VM,
     .workers = {{.host_pid = 2376, .role = WORKER_VM, .name = "vmwp.exe"},
                 {.host_pid = 99, .role = WORKER_KEEPER}},
     .inside = {{4, 0, START}},
     .outside = {{99, 99, NULL, START, "keeper"},
                 {2376, 2376, NULL, START, "vmwp.exe", "k"},
                 {2380, 2380, NULL, START, "vmmem", "k"},
                 {2390, 2390, NULL, START, "vmmem", "other"}},
     .pairs = "4=-",
     .workers_found = "vm:2376 keeper:99 memory:2380"},
    {.what = "a worker that has gone, and one whose pid was reused",
     .isolation = ISOLATION_VM,
     .workers = {{.host_pid = 10, .role = WORKER_VM, .name = "qemu"},
                 {.host_pid = 11, .role = WORKER_VM, .name = "qemu"}},
     .outside = {{11, 11, NULL, START, "bash"}},
     .pairs = "",
     .workers_found = ""},
    {.what = "the keeper in the container's cgroup is no process of it",
     .isolation = ISOLATION_PROCESS,
     .workers = {{.host_pid = 4700, .role = WORKER_KEEPER, .name = "keeper"}},
     .inside = {{1, 4711, START}},
     .outside = {{4700, 4700, "k", START, "keeper"}, {4711, 1, "k", START}},
     .pairs = "1=4711",
     .workers_found = "keeper:4700",
     .joined = 1},
    {.what = "nothing on either side", .isolation = ISOLATION_PROCESS, .pairs = ""},
};

static struct host_table *host_of(const struct outside *rows, size_t most, bool one_number)
{
    struct host_table *host = host_table_new();
    for (size_t i = most; i-- > 0;) {
        const struct host_level levels[] = {
            {rows[i].pid, 0}, {rows[i].inner_pid, rows[i].ns}, {rows[i].third_pid, NESTED}};
        size_t deeper = rows[i].inner_pid != rows[i].pid;
        if (rows[i].pid) {
            host_table_add(host, &(struct host_process){
                                     .pid = rows[i].pid,
                                     .levels = levels,
                                     .n_levels = one_number ? 0 : 1 + deeper + (rows[i].third_pid != 0),
                                     .outer = rows[i].outer,
                                     .ended = rows[i].ended,
                                     .container = rows[i].container,
                                     .created = rows[i].created,
                                     .name = rows[i].name,
                                     .vm = rows[i].vm});
        }
    }
    host_table_sort(host);
    return host;
}

static struct process_table *table_of(const struct inside *rows, size_t most)
{
    struct process_table *table = process_table_new();
    for (size_t i = 0; i < most && rows[i].pid; i++) {
        process_table_add(
            table,
            &(struct process){.pid = rows[i].pid, .host_pid = rows[i].host_pid, .created = rows[i].created});
    }
    return table;
}

static const char *side(char out[16], const uint32_t *pid)
{
    if (pid) {
        snprintf(out, 16, "%u", *pid);
    } else {
        strcpy(out, "-");
    }
    return out;
}

static void print_map(const struct hostmap *m, char *pairs, char *workers, size_t room)
{
    pairs[0] = workers[0] = '\0';
    for (size_t i = 0; i < m->n_pairs; i++) {
        const struct hostmap_pair *p = &m->pairs[i];
        char a[16], b[16];
        snprintf(pairs + strlen(pairs), room - strlen(pairs), "%s%s=%s", i ? " " : "",
                 side(a, p->inside ? &p->inside->pid : NULL), side(b, p->outside ? &p->outside->pid : NULL));
    }
    for (size_t i = 0; i < m->n_workers; i++) {
        snprintf(workers + strlen(workers), room - strlen(workers), "%s%s:%u", i ? " " : "",
                 worker_word(m->roles[i]), m->workers[i]->pid);
    }
}

static void play(const struct scene *scene)
{
    char pairs[256], workers[256];
    struct hostmap m;
    struct host_table *host = host_of(scene->outside, COUNT(scene->outside), scene->one_number);
    struct process_table *inside = table_of(scene->inside, COUNT(scene->inside));
    struct container c;
    container_init(&c);
    c.key = "k";
    c.isolation = scene->isolation;
    c.state = CONTAINER_RUNNING;
    c.pid = scene->first;
    c.workers = scene->workers;
    while (c.n_workers < COUNT(scene->workers) && scene->workers[c.n_workers].host_pid) {
        c.n_workers++;
    }
    hostmap_build(&m, &c, inside, host);
    print_map(&m, pairs, workers, sizeof pairs);
    if (strcmp(pairs, scene->pairs) != 0) {
        print_error("%s\n", scene->what);
    }
    assert_string_equal(pairs, scene->pairs);
    assert_string_equal(workers, scene->workers_found ? scene->workers_found : "");
    assert_int_equal(m.n_joined, scene->joined);
    assert_int_equal(m.wall, scene->isolation == ISOLATION_VM ? WALL_VM : WALL_SHARED_KERNEL);
    hostmap_done(&m);
    process_table_free(inside);
    host_table_free(host);
}

static void pairs_are_justified(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(scenes); i++) {
        play(&scenes[i]);
    }
}

static void without_a_host_nothing_is_seen(void **state)
{
    (void)state;
    struct hostmap m;
    struct container c;
    struct process_table *inside = table_of(scenes[0].inside, 2);
    container_init(&c);
    c.key = "k";
    c.isolation = ISOLATION_PROCESS;
    hostmap_build(&m, &c, inside, NULL);
    assert_int_equal(m.n_pairs, 2);
    assert_int_equal(m.n_joined, 0);
    assert_null(m.pairs[0].outside);
    hostmap_done(&m);
    hostmap_build(&m, &c, NULL, NULL);
    assert_int_equal(m.n_pairs, 0);
    hostmap_done(&m);
    process_table_free(inside);
}

/* Thousands on both sides, in opposite order: every one finds its own. */
static void many_are_joined(void **state)
{
    (void)state;
    enum { N = 5000 };
    struct process_table *inside = process_table_new();
    struct host_table *host = host_table_new();
    for (uint32_t i = 1; i <= N; i++) {
        process_table_add(inside, &(struct process){.pid = i});
        const struct host_level levels[] = {{100000 - i, 0}, {i, NS}};
        host_table_add(host, &(struct host_process){
                                 .pid = 100000 - i, .levels = levels, .n_levels = 2, .container = "k"});
    }
    host_table_sort(host);
    struct hostmap m;
    struct container c;
    container_init(&c);
    c.key = "k";
    c.isolation = ISOLATION_PROCESS;
    c.state = CONTAINER_RUNNING;
    c.pid = 100000 - 1;
    hostmap_build(&m, &c, inside, host);
    assert_int_equal(m.n_pairs, N);
    assert_int_equal(m.n_joined, N);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(m.pairs[i].inside->pid + m.pairs[i].outside->pid, 100000);
    }
    hostmap_done(&m);
    process_table_free(inside);
    host_table_free(host);
}

static void who_is_that(void **state)
{
    (void)state;
    static const struct outside rows[] = {
        {1, 1, NULL, 10, "init", NULL},
        {40, 40, NULL, START, "keeper", NULL},
        {41, 1, "web", START, "sleep", NULL, .ns = NS},
        {42, 6, "web", START, "sh", NULL, .ns = NS},
        {43, 7, "web", START, "unshare -pf", NULL, .ns = NS, .third_pid = 1},
        {44, 44, "web", START, "put into the cgroup", NULL},
        {45, 8, NULL, START, "nsenter -a", NULL, .ns = NS},
        {46, 2, "web", START, "of another namespace", NULL, .ns = NESTED},
        {50, 50, NULL, START, "qemu", NULL},
        {51, 51, NULL, START, "vmmem", "vm"},
        {60, 3, "stranger", START, "nginx", NULL, .ns = 700},
        {61, 9, "stranger", START, "nginx", NULL, .outer = "gone web", .ns = NS, .third_pid = 1},
        {70, 1, NULL, START, "first", NULL, .ns = 800},
        {80, 80, "open", START, "in the host's namespace", NULL},
        {81, 1, "open", START, "unshare -pf", NULL, .ns = 900},
        {90, 9, "guest", START, "in the namespace of web", NULL, .ns = NS},
        {91, 5, "lost", START, "its first process is not known", NULL, .ns = 910},
        {92, 12, "foreign", START, "of another engine, in the namespace of web", NULL, .ns = NS},
    };
    static const struct {
        uint32_t pid;
        enum relation relation;
        container_id container;
        uint32_t inner;
        enum membership membership;
        const char *unlisted;
    } answers[] = {
        {1, RELATION_HOST, 0, 0, MEMBER_FULL, NULL},
        {40, RELATION_KEEPER, 1, 0, MEMBER_FULL, NULL},
        {41, RELATION_PROCESS, 1, 1, MEMBER_FULL, NULL},
        {42, RELATION_PROCESS, 1, 6, MEMBER_FULL, NULL},
        {43, RELATION_PROCESS, 1, 7, MEMBER_FULL, NULL},
        {44, RELATION_PROCESS, 1, 0, MEMBER_CGROUP, NULL},
        {45, RELATION_PROCESS, 1, 8, MEMBER_NAMESPACE, NULL},
        {46, RELATION_PROCESS, 1, 0, MEMBER_CGROUP, NULL},
        {50, RELATION_WORKER, 2, 0, MEMBER_FULL, NULL},
        {51, RELATION_MEMORY, 2, 0, MEMBER_FULL, NULL},
        {60, RELATION_UNLISTED, 0, 0, MEMBER_FULL, "stranger"},
        {61, RELATION_PROCESS, 1, 9, MEMBER_FULL, "stranger"},
        {70, RELATION_PROCESS, 3, 1, MEMBER_FULL, NULL},
        {80, RELATION_PROCESS, 4, 80, MEMBER_FULL, NULL},
        {81, RELATION_PROCESS, 4, 81, MEMBER_FULL, NULL},
        {90, RELATION_PROCESS, 5, 9, MEMBER_FULL, NULL},
        {91, RELATION_PROCESS, 6, 0, MEMBER_FULL, NULL},
        {92, RELATION_PROCESS, 1, 12, MEMBER_NAMESPACE, "foreign"},
        {99, RELATION_NONE, 0, 0, MEMBER_FULL, NULL},
    };
    const struct worker keeper = {.host_pid = 40, .role = WORKER_KEEPER, .name = "keeper"};
    const struct worker qemu = {.host_pid = 50, .role = WORKER_VM, .name = "qemu"};
    static const char *const keys[] = {"web", "vm", "plain", "open", "guest", "lost"};
    static const uint32_t first[] = {41, 1, 70, 80, 90, 0};
    struct container c[COUNT(keys)];
    const struct container *all[COUNT(keys)];
    for (size_t i = 0; i < COUNT(keys); i++) {
        container_init(&c[i]);
        c[i].id = (container_id)i + 1;
        c[i].isolation = ISOLATION_PROCESS;
        c[i].state = CONTAINER_RUNNING;
        c[i].key = keys[i];
        c[i].pid = first[i];
        all[i] = &c[i];
    }
    c[0].workers = &keeper, c[0].n_workers = 1;
    c[1].workers = &qemu, c[1].n_workers = 1, c[1].isolation = ISOLATION_VM;
    c[2].started = START; /* the host cannot read its cgroup */
    struct host_table *host = host_of(rows, COUNT(rows), false);
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct who who = hostmap_who(answers[i].pid, host, all, COUNT(all));
        if (who.relation != answers[i].relation || who.container_pid != answers[i].inner) {
            print_error("who is %u: %s, %u inside\n", answers[i].pid, relation_word(who.relation),
                        who.container_pid);
        }
        assert_int_equal(who.relation, answers[i].relation);
        assert_int_equal(who.container, answers[i].container);
        assert_int_equal(who.container_pid, answers[i].inner);
        assert_int_equal(who.membership, answers[i].membership);
        assert_true((who.unlisted == NULL) == (answers[i].unlisted == NULL));
        if (who.unlisted) {
            assert_string_equal(who.unlisted, answers[i].unlisted);
        }
    }
    assert_int_equal(hostmap_who(41, NULL, all, COUNT(all)).relation, RELATION_NONE);
    host_table_free(host);
    assert_string_equal(relation_word(RELATION_MEMORY), "memory");
    assert_string_equal(relation_word(RELATION_UNLISTED), "unlisted");
}

static void what_is_not_simply_inside_is_said(void **state)
{
    (void)state;
    static const struct {
        struct who who;
        const char *says;
    } remarks[] = {
        {{.relation = RELATION_PROCESS, .container_pid = 7}, NULL},
        {{.relation = RELATION_HOST}, NULL},
        {{.relation = RELATION_PROCESS}, "is not known"},
        {{.relation = RELATION_PROCESS, .membership = MEMBER_CGROUP}, "put into the container's cgroup"},
        {{.relation = RELATION_PROCESS, .container_pid = 7, .membership = MEMBER_NAMESPACE}, "from outside"},
        {{.relation = RELATION_PROCESS, .container_pid = 7, .unlisted = "12d5"}, "container 12d5 inside"},
        {{.relation = RELATION_PROCESS, .membership = MEMBER_NAMESPACE, .unlisted = "12d5"},
         "of container 12d5, which no engine here knows"},
    };
    for (size_t i = 0; i < COUNT(remarks); i++) {
        char out[HOSTMAP_REMARK];
        hostmap_who_remark(&remarks[i].who, out, sizeof out);
        assert_true(remarks[i].says ? strstr(out, remarks[i].says) != NULL : out[0] == '\0');
    }
    assert_string_equal(membership_word(MEMBER_NAMESPACE), "namespace");
}

static void a_container_has_it_by_pid_or_by_silo(void **state)
{
    (void)state;
    struct host_table *host = host_table_new();
    struct process_table *inside = process_table_new();
    uint32_t pid;
    host_table_add(host, &(struct host_process){.pid = 100, .name = "smss.exe", .created = START, .silo = 3});
    host_table_add(host, &(struct host_process){.pid = 200, .name = "cmd.exe", .created = START, .silo = 3});
    host_table_add(host, &(struct host_process){.pid = 300, .name = "cmd.exe", .created = START});
    host_table_add(host, &(struct host_process){.pid = 400, .name = "cmd.exe", .created = START, .silo = 4});
    host_table_sort(host);
    process_table_add(
        inside, &(struct process){.pid = 300, .host_pid = 300, .name = "cmd.exe", .created = START + 60000});
    process_table_add(inside, &(struct process){.pid = 999, .host_pid = 999, .name = "gone.exe"});
    process_table_add(inside,
                      &(struct process){.pid = 100, .host_pid = 100, .name = "smss.exe", .created = START});
    assert_true(hostmap_is_among(100, host, inside, &pid));
    assert_int_equal(pid, 100);
    assert_true(
        hostmap_is_among(200, host, inside, &pid)); /* it came after the table was read: its silo tells */
    assert_int_equal(pid, 0);
    assert_false(hostmap_is_among(300, host, inside, &pid)); /* the pid was reused */
    assert_false(hostmap_is_among(400, host, inside, &pid));
    assert_false(hostmap_is_among(999, host, inside, &pid)); /* the host has no such process */
    host_table_free(host);
    process_table_free(inside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_justified),
        cmocka_unit_test(without_a_host_nothing_is_seen),
        cmocka_unit_test(many_are_joined),
        cmocka_unit_test(who_is_that),
        cmocka_unit_test(what_is_not_simply_inside_is_said),
        cmocka_unit_test(a_container_has_it_by_pid_or_by_silo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
