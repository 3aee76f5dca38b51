/* What the local engine makes of what went wrong behind its back: killed keepers, restarts, broken state
 * files, cgroups that vanish, logs that are damaged.
 */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/local/engine.h"
#include "backends/local/local.h"
#include "backends/local/shared/runtime.h"
#include "backends/local/shared/state.h"
#include "backends/local/shared/wire.h"
#include "core/memory.h"
#include "tests/backends/hanging.h"
#include "tests/backends/localroom.h"
#include "tests/backends/world.h"

static struct conformance subject = {.type = &local_backend, .image = "busybox", .abilities = CAN_ALL};

static struct paths *places(void)
{
    struct paths *p = paths_new(NULL);
    assert_non_null(p);
    return p;
}

static void kill_keeper(struct world *w, const char *key)
{
    const struct container *c = model_find_key(w->model, key);
    assert_int_equal(c->n_workers, 1);
    assert_int_equal(c->workers[0].role, WORKER_KEEPER);
    assert_int_equal(kill((pid_t)c->workers[0].host_pid, SIGKILL), 0);
}

static void a_killed_keeper_is_noticed_and_cleared(void **state)
{
    struct world *w = *state;
    char *key = launch(w, "sleep 1000");
    const struct container *c = wait_state(w, key, CONTAINER_RUNNING);
    pid_t first = (pid_t)c->pid;
    kill_keeper(w, key);
    c = wait_state(w, key, CONTAINER_EXITED);
    assert_int_equal(c->exit_code, 137);
    assert_non_null(c->note);
    assert_non_null(strstr(c->note, "keeper"));
    assert_int_equal(kill(first, 0), -1); /* its processes are gone too */
    act(w, key, VERB_START, ERROR_NONE);
    assert_null(wait_state(w, key, CONTAINER_RUNNING)->note);
    free(key);
}

static void a_keeper_that_died_meanwhile_is_noticed_at_the_next_start(void **state)
{
    struct world *w = *state;
    char *key = launch(w, "sleep 1000");
    uint32_t keeper = wait_state(w, key, CONTAINER_RUNNING)->workers[0].host_pid;
    world_close(w);
    kill((pid_t)keeper, SIGKILL);
    world_open(w);
    assert_int_equal(wait_state(w, key, CONTAINER_EXITED)->exit_code, 137);
    free(key);
}

static void verbs_clear_up_after_a_killed_keeper_themselves(void **state)
{
    struct world *w = *state;
    char *key = launch(w, "sleep 1000");
    wait_state(w, key, CONTAINER_RUNNING);
    kill_keeper(w, key);
    world_pause(w, 50); /* until it is dead, but before anybody looks */
    act(w, key, VERB_START, ERROR_NONE);
    wait_state(w, key, CONTAINER_RUNNING);
    kill_keeper(w, key);
    world_pause(w, 50);
    act_with(w, key, VERB_REMOVE, &(struct act_options){.force = true, .timeout = -1}, ERROR_NONE);
    wait_gone(w, key);
    free(key);
}

/* A keeper that is stopped answers nobody. */

static pid_t stop_keeper(struct world *w, const char *key)
{
    const struct container *c = wait_state(w, key, CONTAINER_RUNNING);
    pid_t keeper = (pid_t)c->workers[0].host_pid;
    struct procfs_stat stat = {0};
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(kill(keeper, SIGSTOP), 0);
    while (procfs_stat(proc, (uint32_t)keeper, &stat) && stat.state != 'T') {
        world_pause(w, 10);
    }
    close(proc);
    return keeper;
}

static const struct act_options by_force = {.force = true, .timeout = -1};

static void a_stopped_keeper_is_told(void **state)
{
    struct world *w = *state;
    char *key = launch(w, "sleep 1000");
    pid_t keeper = stop_keeper(w, key);
    act(w, key, VERB_STOP, ERROR_CONFLICT);
    act(w, key, VERB_PAUSE, ERROR_CONFLICT);
    act(w, key, VERB_RESTART, ERROR_CONFLICT);
    act(w, key, VERB_REMOVE, ERROR_CONFLICT);
    struct ear *ear = exec(w, key, "true", false, false);
    hear_end(ear, ERROR_CONFLICT, -1);
    assert_non_null(strstr(ear->why.text, "stopped by a signal"));
    kill(keeper, SIGCONT);
    act(w, key, VERB_KILL, ERROR_NONE);
    wait_state(w, key, CONTAINER_EXITED);
    free(key);
}

static void a_stopped_keeper_can_be_killed(void **state)
{
    struct world *w = *state;
    char *key = launch(w, "sleep 1000");
    pid_t first = (pid_t)wait_state(w, key, CONTAINER_RUNNING)->pid;
    stop_keeper(w, key);
    act(w, key, VERB_KILL, ERROR_NONE);
    assert_int_equal(wait_state(w, key, CONTAINER_EXITED)->exit_code, 137);
    assert_int_equal(kill(first, 0), -1);
    act(w, key, VERB_START, ERROR_NONE);
    wait_state(w, key, CONTAINER_RUNNING);
    free(key);
}

static void a_stopped_keeper_can_be_removed(void **state)
{
    struct world *w = *state;
    char *key = launch(w, "sleep 1000");
    pid_t first = (pid_t)wait_state(w, key, CONTAINER_RUNNING)->pid;
    stop_keeper(w, key);
    act_with(w, key, VERB_REMOVE, &by_force, ERROR_NONE);
    wait_gone(w, key);
    assert_int_equal(kill(first, 0), -1);
    free(key);
}

/* Starting. */

static bool has_reached(const void *data)
{
    (void)data;
    return hanging_reached();
}

static struct told {
    char words[256];
    int times;
} told;

static void note_progress(void *user, uint64_t done, uint64_t total, const char *words)
{
    (void)user;
    (void)done;
    (void)total;
    snprintf(told.words, sizeof told.words, "%s", words ? words : "");
    told.times++;
}

static bool has_been_told(const void *data)
{
    const struct world *w = data;
    return told.times >= 2 && strstr(told.words, "waits for") && model_find(w->model, "slow", NULL);
}

static void a_slow_start_is_told_and_can_be_removed(void **state)
{
    struct world *w = *state;
    struct launch_spec spec = spec_of(w, "sleep 1000");
    struct reply *launching;
    free(spec.name);
    spec.name = mem_string("slow");
    hanging_set("run", true);
    ((struct local *)w->engine)->start_progress = 100;
    struct op *op = reply_begin(w, &launching);
    op_on_progress(op, note_progress);
    w->subject->type->launch(w->engine, op, &spec);
    launch_spec_done(&spec);
    assert_true(world_wait(w, has_been_told, w));
    assert_non_null(strstr(told.words, "still starting after"));
    assert_int_equal(launching->times, 0);
    char *key = mem_string(model_find(w->model, "slow", NULL)->key);
    act(w, key, VERB_REMOVE, ERROR_CONFLICT);
    act_with(w, key, VERB_REMOVE, &by_force, ERROR_NONE);
    wait_gone(w, key);
    reply_expect(w, launching, ERROR_CONFLICT);
    hanging_set("run", false);
    free(key);
}

static void a_start_can_be_killed(void **state)
{
    struct world *w = *state;
    struct reply *starting;
    char *key = launch(w, "sleep 1000");
    wait_state(w, key, CONTAINER_RUNNING);
    act(w, key, VERB_KILL, ERROR_NONE);
    wait_state(w, key, CONTAINER_EXITED);
    hanging_set("run", true);
    w->subject->type->act(w->engine, reply_begin(w, &starting), key, VERB_START, NULL);
    assert_true(world_wait(w, has_reached, w));
    act(w, key, VERB_KILL, ERROR_NONE);
    reply_expect(w, starting, ERROR_CONFLICT);
    hanging_set("run", true); /* once more */
    w->subject->type->act(w->engine, reply_begin(w, &starting), key, VERB_START, NULL);
    assert_true(world_wait(w, has_reached, w));
    act_with(w, key, VERB_STOP, &(struct act_options){.timeout = 0}, ERROR_NONE);
    reply_expect(w, starting, ERROR_CONFLICT);
    hanging_set("run", false);
    act(w, key, VERB_START, ERROR_NONE);
    wait_state(w, key, CONTAINER_RUNNING);
    free(key);
}

struct older_keeper { /* it does not say where its replay ends */
    uv_pipe_t listener, client;
    bool connected;
};

static void on_connection(uv_stream_t *listener, int status)
{
    struct older_keeper *k = listener->data;
    assert_int_equal(status, 0);
    uv_pipe_init(listener->loop, &k->client, 0);
    assert_int_equal(uv_accept(listener, (uv_stream_t *)&k->client), 0);
    k->connected = true;
}

static bool is_connected(const void *data)
{
    return ((const struct older_keeper *)data)->connected;
}

static void keeper_says(struct older_keeper *k, enum wire_type type, size_t bytes)
{
    char payload[WIRE_PAYLOAD];
    size_t size;
    memset(payload, 'o', sizeof payload);
    payload[0] = 0;
    unsigned char *frame = wire_pack(type, 0, payload, bytes ? bytes + 1 : 0, &size);
    for (size_t at = 0; at < size;) {
        uv_buf_t part = uv_buf_init((char *)frame + at, (unsigned)(size - at));
        int n = uv_try_write((uv_stream_t *)&k->client, &part, 1);
        assert_true(n > 0);
        at += (size_t)n;
    }
    free(frame);
}

struct amount {
    const struct ear *ear;
    size_t bytes;
};

static bool has_come(const void *data)
{
    const struct amount *a = data;
    return a->ear->out.len >= a->bytes;
}

/* Of what an older keeper replays nothing may be taken for live; of all that comes behind the most that it
 * can replay it is certain. */
static void an_older_keeper_replays_only_so_much(void **state)
{
    static const size_t pieces[] = {100, 40000, WIRE_REPLAY - 40101, 1, 1000};
    struct world *w = *state;
    struct older_keeper k = {.listener.data = NULL};
    struct error why;
    struct paths *p = places();
    char *key = launch(w, "sleep 1000");
    wait_state(w, key, CONTAINER_RUNNING);
    char *path = paths_socket(p, key);
    assert_int_equal(unlink(path), 0);
    uv_pipe_init(&w->loop, &k.listener, 0);
    k.listener.data = &k;
    assert_int_equal(uv_pipe_open(&k.listener, paths_bind(p, key, &why)), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&k.listener, 1, on_connection), 0);
    struct ear *ear =
        ear_open(w, key, &(struct console_spec){.kind = CONSOLE_ATTACH, .input = true, .replay = true});
    world_wait(w, is_connected, &k);
    keeper_says(&k, WIRE_OPENED, 0);
    const size_t n = sizeof pieces / sizeof pieces[0];
    size_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        keeper_says(&k, WIRE_OUTPUT, pieces[i]);
        sum += pieces[i];
        assert_true(world_wait(w, has_come, &(struct amount){ear, sum}));
        assert_int_equal(ear->live, i + 1 == n ? 1 : 0);
    }
    assert_int_equal(ear->replayed, WIRE_REPLAY);
    leave(ear);
    uv_close((uv_handle_t *)&k.client, NULL);
    uv_close((uv_handle_t *)&k.listener, NULL);
    world_pause(w, 10);
    kill_keeper(w, key);
    wait_state(w, key, CONTAINER_EXITED);
    free(path);
    free(key);
    paths_free(p);
}

/* The state of a container that ran before the machine was restarted: nothing of it is left but files. */
static void a_restart_of_the_machine_is_noticed(void **state)
{
    struct world *w = *state;
    char *key = launch(w, "sleep 1000");
    struct error why;
    struct state s;
    struct paths *p = places();
    char *path = paths_state(p, key);
    wait_state(w, key, CONTAINER_RUNNING);
    act(w, key, VERB_KILL, ERROR_NONE);
    wait_state(w, key, CONTAINER_EXITED);
    world_close(w);
    state_init(&s);
    assert_true(state_read(&s, path, &why));
    s.state = CONTAINER_RUNNING;
    s.pid = s.keeper = (uint32_t)getpid(); /* the numbers were dealt again */
    s.pid_started = s.keeper_started = 1;
    free(s.boot);
    s.boot = mem_string("another-boot");
    assert_true(state_write(&s, p, &why));
    state_done(&s);
    world_open(w);
    const struct container *c = wait_state(w, key, CONTAINER_EXITED);
    assert_non_null(c->note);
    act(w, key, VERB_START, ERROR_NONE);
    wait_state(w, key, CONTAINER_RUNNING);
    free(path);
    paths_free(p);
    free(key);
}

static bool is_lost(const void *data)
{
    const struct world *w = data;
    const struct container *c = model_find_key(w->model, "0123456789ab");
    return c && c->state == CONTAINER_LOST && c->note && strstr(c->note, "0123456789ab.json");
}

static bool is_gone(const void *data)
{
    const struct world *w = data;
    return !model_find_key(w->model, "0123456789ab");
}

static void write_file(const char *path, const char *words)
{
    struct text fresh = {0};
    text_addf(&fresh, "%s.new", path);
    FILE *file = fopen(text_of(&fresh), "w");
    assert_non_null(file);
    fputs(words, file);
    fclose(file);
    assert_int_equal(rename(text_of(&fresh), path), 0);
    text_done(&fresh);
}

static void a_broken_state_is_shown_and_can_be_removed(void **state)
{
    struct world *w = *state;
    struct paths *p = places();
    static const char *const texts[] = {
        "", "{", "[]", "{\"id\":\"0123456789ab\"}",
        "{\"id\":\"ba9876543210\",\"state\":\"exited\",\"spec\":{\"image\":\"x\"}}"};
    char *path = paths_state(p, "0123456789ab");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_file(path, texts[i]);
        assert_true(world_wait(w, is_lost, w));
        assert_int_equal(unlink(path), 0);
        assert_true(world_wait(w, is_gone, w));
    }
    write_file(path, "nonsense");
    assert_true(world_wait(w, is_lost, w));
    act(w, "0123456789ab", VERB_START, ERROR_INVALID);
    act(w, "0123456789ab", VERB_REMOVE, ERROR_NONE);
    assert_true(world_wait(w, is_gone, w));
    free(path);
    paths_free(p);
}

struct usage_wanted {
    const struct world *world;
    const char *key;
};

static bool is_measured(const void *data)
{
    const struct usage_wanted *wanted = data;
    const struct container *c = model_find_key(wanted->world->model, wanted->key);
    return c && c->processes == 2 && !isnan(c->cpu);
}

static void usage_is_unknown_when_it_has_ended(void **state)
{
    struct world *w = *state;
    char *key = launch(w, "sh -c 'sleep 1000 & wait'");
    const struct usage_wanted wanted = {w, key};
    wait_state(w, key, CONTAINER_RUNNING);
    w->subject->type->sample(w->engine, (const char *const[]){key}, 1, FIELD_USAGE);
    assert_true(world_wait(w, is_measured, &wanted));
    act(w, key, VERB_KILL, ERROR_NONE);
    const struct container *c = wait_state(w, key, CONTAINER_EXITED);
    assert_true(isnan(c->cpu));
    assert_int_equal(c->memory, 0);
    assert_int_equal(c->processes, -1);
    act(w, key, VERB_START, ERROR_NONE); /* a new life, with a cgroup of the same name */
    assert_true(world_wait(w, is_measured, &wanted));
    free(key);
}

static void a_damaged_log_ends_with_a_sentence(void **state)
{
    struct world *w = *state;
    char *key = launch(w, "sh -c 'echo good'");
    struct paths *p = places();
    const struct console_spec spec = {.kind = CONSOLE_LOGS, .tail = -1, .follow = true};
    char *path = paths_container(p, key, "log");
    wait_state(w, key, CONTAINER_EXITED);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs("this is not a record, but it is long enough for one", file);
    fclose(file);
    struct ear *ear = ear_open(w, key, &spec);
    hear_end(ear, ERROR_PROTOCOL, -1);
    assert_string_equal(text_of(&ear->out), "good\n");
    free(path);
    paths_free(p);
    free(key);
}

static int begin(void **state)
{
    *state = world_new(&subject);
    return 0;
}

static int finish(void **state)
{
    world_free(*state);
    return 0;
}

static int run(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, finish)
    const struct CMUnitTest tests[] = {
        TEST(a_killed_keeper_is_noticed_and_cleared),
        TEST(an_older_keeper_replays_only_so_much),
        TEST(a_keeper_that_died_meanwhile_is_noticed_at_the_next_start),
        TEST(verbs_clear_up_after_a_killed_keeper_themselves),
        TEST(a_stopped_keeper_is_told),
        TEST(a_stopped_keeper_can_be_killed),
        TEST(a_stopped_keeper_can_be_removed),
        TEST(a_slow_start_is_told_and_can_be_removed),
        TEST(a_start_can_be_killed),
        TEST(a_restart_of_the_machine_is_noticed),
        TEST(a_broken_state_is_shown_and_can_be_removed),
        TEST(usage_is_unknown_when_it_has_ended),
        TEST(a_damaged_log_ends_with_a_sentence),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    char folder[] = "/tmp/porthole-lost-XXXXXX";
    struct error why = {0};
    struct runtime runtime = {0};
    signal(SIGPIPE, SIG_IGN);
    if (!mkdtemp(folder) || !hanging_new()) {
        return 77;
    }
    setenv("PORTHOLE_STATE", folder, 1);
    struct paths *p = paths_new(&why);
    int code = 77;
    if (p && runtime_find(p, &runtime, &why)) {
        code = run() > 0;
    } else {
        fprintf(stderr, "SKIPPED: %s\n", why.text);
    }
    runtime_done(&runtime);
    paths_free(p);
    localroom_clear(folder);
    hanging_free();
    return code;
}
