/* State files, places, and removing trees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/local/shared/paths.h"
#include "backends/local/shared/state.h"
#include "core/memory.h"
#include "core/text.h"

struct place {
    char folder[64];
    struct paths *paths;
};

static int setup(void **state)
{
    struct place *place = mem_new(1, sizeof *place);
    struct error e = {0};
    strcpy(place->folder, "/tmp/porthole-state-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    setenv("PORTHOLE_STATE", place->folder, 1);
    place->paths = paths_new(&e);
    assert_non_null(place->paths);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    struct error e = {0};
    assert_true(paths_remove_tree(place->folder, &e));
    paths_free(place->paths);
    free(place);
    return 0;
}

static void fill(struct state *s)
{
    state_init(s);
    state_new_id(s->id);
    s->spec.image = mem_string("busybox");
    s->spec.name = mem_string("web");
    s->spec.command = mem_strings((const char *const[]){"sh", "-c", "echo \"\xc3\xa4\n\"", NULL});
    s->spec.env = mem_strings((const char *const[]){"A=1", "B=", NULL});
    s->spec.workdir = mem_string("/tmp");
    s->spec.isolation = ISOLATION_PROCESS;
    s->spec.terminal = true;
    s->spec.cpus = 0.5;
    s->spec.memory = UINT64_C(3) << 32;
    s->spec.network = mem_string("host");
    s->spec.n_crossings = 1;
    s->spec.crossings = mem_new(1, sizeof *s->spec.crossings);
    s->spec.crossings[0] = (struct crossing){CROSSING_FOLDER, mem_string("/srv"), mem_string("/data"), true};
    s->spec.rows = 24;
    s->spec.cols = 80;
    s->argv = mem_strings((const char *const[]){"sh", "-c", "x", NULL});
    s->image_id = mem_string("abc");
    s->isolation = ISOLATION_PROCESS;
    s->origin = ORIGIN_REQUESTED;
    s->state = CONTAINER_RUNNING;
    s->created = INT64_C(1795495324514);
    s->started = s->created + 1;
    s->pid = 4711;
    s->pid_started = UINT64_C(123456789012);
    s->keeper = 4710;
    s->keeper_started = 5;
    s->boot = state_boot_id();
    s->cgroup = state_cgroup(s->id);
    s->note = mem_string("A sentence");
}

static void same(const struct state *a, const struct state *b)
{
    assert_string_equal(a->id, b->id);
    assert_string_equal(a->spec.name, b->spec.name);
    assert_string_equal(a->spec.command[2], b->spec.command[2]);
    assert_null(b->spec.command[3]);
    assert_string_equal(a->spec.env[1], b->spec.env[1]);
    assert_null(b->spec.entrypoint);
    assert_int_equal(a->spec.isolation, b->spec.isolation);
    assert_true(b->spec.terminal && !b->spec.input);
    assert_true(a->spec.cpus == b->spec.cpus);
    assert_int_equal(a->spec.memory, b->spec.memory);
    assert_int_equal(b->spec.n_crossings, 1);
    assert_int_equal(b->spec.crossings[0].kind, CROSSING_FOLDER);
    assert_string_equal(b->spec.crossings[0].inside, "/data");
    assert_true(b->spec.crossings[0].read_only);
    assert_int_equal(b->spec.cols, 80);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->origin, b->origin);
    assert_int_equal(a->created, b->created);
    assert_int_equal(a->pid, b->pid);
    assert_int_equal(a->pid_started, b->pid_started);
    assert_string_equal(a->boot, b->boot);
    assert_string_equal(a->note, b->note);
}

static void round_trip(void **state)
{
    struct place *place = *state;
    struct state a, b;
    struct error e = {0};
    fill(&a);
    state_init(&b);
    assert_true(state_write(&a, place->paths, &e));
    char *path = paths_state(place->paths, a.id);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(state_read(&b, path, &e));
    same(&a, &b);
    free(path);
    state_done(&a);
    state_done(&b);
}

static void put(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
}

static void broken(void **state)
{
    struct place *place = *state;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "null",
        "{\"id\":\"../../etc/pas\"}",
        "{\"id\":\"0123456789ab\",\"state\":\"running\"}",
        "{\"id\":\"0123456789ab\",\"state\":\"flying\",\"spec\":{\"image\":\"x\"}}",
        "{\"id\":\"0123456789ab\",\"state\":\"running\",\"spec\":{}}",
        "{\"id\":\"0123456789AB\",\"state\":\"running\",\"spec\":{\"image\":\"x\"}}",
#define WITH(members) "{\"id\":\"0123456789ab\",\"state\":\"running\"," members ",\"spec\":{\"image\":\"x\"}}"
        WITH("\"cgroup\":\"/\""),
        WITH("\"cgroup\":\"/porthole\""),
        WITH("\"cgroup\":\"/porthole/0123456789ac\""),
        WITH("\"cgroup\":\"/porthole/0123456789ab/../../user.slice\""),
        WITH("\"image_id\":\"../../../etc\""),
        WITH("\"image_id\":\"..\"")};
#undef WITH
    char *path = paths_state(place->paths, "0123456789ab");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct state s;
        struct error e = {0};
        state_init(&s);
        put(path, texts[i], strlen(texts[i]));
        assert_false(state_read(&s, path, &e));
        assert_true(e.kind != ERROR_NONE && strlen(e.text) > 10);
        state_done(&s);
    }
    unlink(path);
    free(path);
}

/* Every proper beginning of a good file is refused; wrong types and wild numbers do no harm. */
static void cut_and_wild(void **state)
{
    struct place *place = *state;
    static const char wild[] = "{\"id\":\"0123456789ab\",\"state\":\"running\",\"pid\":-5,\"keeper\":1e300,"
                               "\"exit_code\":1e99,\"boot\":7,"
                               "\"argv\":\"no\",\"spec\":{\"image\":\"x\",\"env\":[1,null,\"A=1\"],"
                               "\"crossings\":[{\"kind\":\"door\"},3],"
                               "\"memory\":-1,\"rows\":1e9}}";
    char *path = paths_state(place->paths, "0123456789ab");
    struct state s;
    struct error e = {0};
    state_init(&s);
    for (size_t len = 0; len < strlen(wild); len++) {
        put(path, wild, len);
        assert_false(state_read(&s, path, &e));
    }
    put(path, wild, strlen(wild));
    assert_true(state_read(&s, path, &e));
    assert_int_equal(s.pid, 0);
    assert_int_equal(s.keeper, 0);
    assert_null(s.argv);
    assert_string_equal(s.spec.env[0], "A=1");
    assert_string_equal(s.spec.name, "0123456789ab");
    assert_int_equal(s.spec.n_crossings, 0);
    assert_int_equal(s.spec.memory, 0);
    state_done(&s);
    unlink(path);
    free(path);
}

static void record(void **state)
{
    (void)state;
    struct state s;
    struct state_record r = {0};
    fill(&s);
    state_to_record(&s, &r);
    assert_string_equal(r.record.key, s.id);
    assert_string_equal(r.record.command, "sh -c x");
    assert_int_equal(r.record.n_workers, 1);
    assert_int_equal(r.record.workers[0].role, WORKER_KEEPER);
    assert_int_equal(r.record.n_crossings, 2); /* the folder, and the host's network */
    assert_int_equal(r.record.crossings[1].kind, CROSSING_NETWORK);
    assert_int_equal(r.record.namespaces[NAMESPACE_NETWORK].state, FACT_HOST);
    assert_int_equal(r.record.namespaces[NAMESPACE_NETWORK].how, FACT_ASKED);
    assert_int_equal(r.record.namespaces[NAMESPACE_PID].state, FACT_NOT_TOLD);
    assert_null(r.record.ports);
    s.network = 77;
    s.network_name = mem_string("passt");
    assert_int_equal(launch_add_port(&s.spec, "8080:80", NULL), 0);
    state_to_record(&s, &r);
    assert_int_equal(r.record.n_workers, 2);
    assert_int_equal(r.record.workers[1].role, WORKER_NETWORK);
    assert_string_equal(r.record.workers[1].name, "passt");
    assert_string_equal(r.record.ports, "8080->80/tcp");
    assert_int_equal(r.record.n_crossings, 3);
    state_record_done(&r);
    state_done(&s);
}

static void processes(void **state)
{
    (void)state;
    assert_true(state_process_started((uint32_t)getpid()) > 0);
    assert_int_equal(state_process_started(0x7ffffffe), 0);
    char a[STATE_ID], b[STATE_ID];
    state_new_id(a);
    state_new_id(b);
    assert_true(state_id_ok(a) && strcmp(a, b) != 0);
    assert_false(state_id_ok("0123456789a"));
    assert_false(state_id_ok("0123456789ax"));
    assert_false(state_id_ok("../456789abc"));
}

/* Deeper than there are descriptors, with links that lead out and folders that shut us out. */
static void trees(void **state)
{
    struct place *place = *state;
    struct text path = {0};
    struct error e = {0};
    text_addf(&path, "%s/outside", place->folder);
    put(text_of(&path), "kept", 4);
    text_clear(&path);
    text_addf(&path, "%s/tree", place->folder);
    assert_int_equal(mkdir(text_of(&path), 0700), 0);
    int fd = open(text_of(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(mkdirat(fd, "d", 0700), 0);
        assert_int_equal(symlinkat("../../../../../../..", fd, "l"), 0);
        int next = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = next;
    }
    assert_int_equal(symlinkat(place->folder, fd, "out"), 0);
    assert_int_equal(mkdirat(fd, "closed", 0700), 0);
    int closed = openat(fd, "closed", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(closed, "inner", 0700), 0);
    assert_int_equal(fchmod(closed, 0), 0);
    close(closed);
    close(fd);
    assert_true(paths_remove_tree(text_of(&path), &e));
    assert_int_not_equal(access(text_of(&path), F_OK), 0);
    text_clear(&path);
    text_addf(&path, "%s/outside", place->folder);
    assert_int_equal(access(text_of(&path), F_OK), 0);
    unlink(text_of(&path));
    text_done(&path);
}

static void sockets(void **state)
{
    struct place *place = *state;
    struct error e = {0};
    assert_int_equal(paths_connect(place->paths, "0123456789ab", &e), -1);
    assert_int_equal(e.kind, ERROR_UNREACHABLE);
    int listener = paths_bind(place->paths, "0123456789ab", &e);
    assert_true(listener >= 0);
    char *path = paths_socket(place->paths, "0123456789ab");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    int client = paths_connect(place->paths, "0123456789ab", &e);
    assert_true(client >= 0);
    close(client);
    close(listener);
    assert_int_equal(paths_connect(place->paths, "0123456789ab", &e), -1);
    assert_int_equal(e.kind, ERROR_UNREACHABLE);
    unlink(path);
    free(path);
}

static void long_places(void **state)
{
    struct place *place = *state;
    struct text folder = {0};
    struct error e = {0};
    text_add(&folder, place->folder);
    for (int i = 0; i < 30; i++) {
        text_add(&folder, "/long-name");
    }
    setenv("PORTHOLE_STATE", text_of(&folder), 1);
    struct paths *p = paths_new(&e);
    assert_non_null(p);
    int listener = paths_bind(p, "0123456789ab", &e), client = paths_connect(p, "0123456789ab", &e);
    assert_true(listener >= 0 && client >= 0);
    close(client);
    close(listener);
    paths_free(p);
    setenv("PORTHOLE_STATE", place->folder, 1);
    text_done(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip), cmocka_unit_test(broken),      cmocka_unit_test(cut_and_wild),
        cmocka_unit_test(record),     cmocka_unit_test(processes),   cmocka_unit_test(trees),
        cmocka_unit_test(sockets),    cmocka_unit_test(long_places),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
