/* A Windows host whose containers Docker and the Host Compute Service both know: the real two engines in one
 * session, over the simulated service and over the transcript of a daemon whose containers have the ids of
 * the simulated systems. */
#include "tests/backends/desk.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/docker.h"
#include "backends/sim/machine.h"
#include "backends/sim/sim.h"
#include "core/memory.h"
#include "tests/backends/windaemon.h"

enum { HCS, DOCKER };

struct room {
    struct desk *desk;
    struct pretender *daemon;
    struct windaemon transcript;
    char web[65], cache[65]; /* the two that both know; process, hyperv */
};

/* The ids that the simulated host deals to the systems which docker owns there: always the same. */
static void find_ids(struct room *r)
{
    struct machine_options options;
    machine_options_init(&options);
    options.still = true;
    struct machine *m = machine_new(&options, INT64_C(1780000000000));
    char *to[] = {r->web, r->cache};
    int n = 0;
    for (size_t i = 0; i < machine_count(m) && n < 2; i++) {
        if (strlen(machine_system_at(m, i)) == 64) {
            snprintf(to[n++], 65, "%s", machine_system_at(m, i));
        }
    }
    assert_int_equal(n, 2);
    machine_free(m);
}

static void open_session(struct room *r, const char *sim)
{
    struct desk *k = r->desk;
    k->closed = false;
    k->model = model_new(NULL, NULL);
    k->session = session_new(&k->loop, k->model, NULL, NULL, true);
    session_add(k->session, &sim_backend, sim);
    session_add(k->session, &docker_backend, r->desk->address);
    DESK_UNTIL(k, session_settled(k->session));
}

static int make(void **state)
{
    struct room *r = mem_new(1, sizeof *r);
    r->desk = desk_new();
    desk_place(r->desk);
    find_ids(r);
    windaemon_fill(&r->transcript, r->web, r->cache, "process");
    r->daemon = pretender_new(&r->desk->loop, r->desk->address + 7, r->transcript.rules);
    *state = r;
    return 0;
}

static int drop(void **state)
{
    struct room *r = *state;
    if (r->desk->session) {
        desk_close(r->desk);
    }
    pretender_free(r->daemon);
    desk_free(r->desk);
    windaemon_done(&r->transcript);
    free(r);
    return 0;
}

static const struct container *both(const struct room *r, const char *key)
{
    const struct container *c = model_find_key(r->desk->model, key);
    assert_non_null(c);
    return c;
}

/* How often docker was asked so. */
static int asked(const struct room *r, const char *verb, const char *key, const char *what)
{
    char request[160];
    snprintf(request, sizeof request, "%s /v1.47/containers/%s%s", verb, key, what);
    return pretender_count(r->daemon, request);
}

static struct desk_answer act(struct room *r, const char *key, enum verb verb)
{
    struct desk_answer h = {0};
    session_act(r->desk->session, both(r, key)->id, verb, NULL, desk_answered, &h);
    DESK_UNTIL(r->desk, h.done);
    return h;
}

static struct desk_answer processes(struct room *r, const char *key)
{
    struct desk_answer h = {0};
    session_processes(r->desk->session, both(r, key)->id, desk_answered, &h);
    DESK_UNTIL(r->desk, h.done);
    assert_int_equal(h.why.kind, ERROR_NONE);
    return h;
}

struct ear {
    bool opened, closed;
};

static void on_opened(void *user)
{
    ((struct ear *)user)->opened = true;
}

static void on_bytes(void *user, enum console_stream stream, int64_t when, const char *data, size_t len)
{
    (void)user;
    (void)stream;
    (void)when;
    (void)data;
    (void)len;
}

static void on_end(void *user, const struct error *why, int exit_code)
{
    (void)why;
    (void)exit_code;
    ((struct ear *)user)->closed = true;
}

/* Whoever is asked for such a console: does it open? */
static bool opens(struct room *r, const char *key, enum console_kind kind)
{
    static const struct console_sink sink = {.opened = on_opened, .bytes = on_bytes, .closed = on_end};
    static const char *const command[] = {"cmd", "/c", "exit", NULL};
    const struct console_spec spec = {.kind = kind, .argv = kind == CONSOLE_EXEC ? command : NULL};
    struct ear ear = {false, false};
    session_console(r->desk->session, both(r, key)->id, &spec, &sink, &ear);
    DESK_UNTIL(r->desk, ear.closed);
    return ear.opened;
}

/* One row, of what each knows best. */

static void expect_docker_words(const struct container *c, const char *name)
{
    assert_string_equal(c->name, name);
    assert_string_equal(c->image, "servercore:ltsc2022");
    assert_string_equal(c->owner, "compose shop");
    assert_string_equal(c->ports, "8080->80/tcp");
    assert_int_equal(c->n_crossings, 1);
    assert_false(c->crossings_untold);
    assert_int_equal(c->memory_limit, UINT64_C(1) << 30);
}

static void a_container_that_both_know_is_one_row(void **state)
{
    struct room *r = *state;
    open_session(r, "still=1");
    const struct container *web = both(r, r->web), *cache = both(r, r->cache), *old = both(r, WINDAEMON_OLD);
    assert_int_equal(web->engines, 1u << HCS | 1u << DOCKER);
    assert_int_equal(cache->engines, 1u << HCS | 1u << DOCKER);
    assert_int_equal(old->engines, 1u << DOCKER);
    expect_docker_words(web, "web");
    expect_docker_words(cache, "cache");
    assert_int_equal(web->isolation, ISOLATION_PROCESS);
    assert_int_equal(web->origin, ORIGIN_DEFAULT);
    assert_int_equal(cache->isolation, ISOLATION_VM);
    assert_int_equal(cache->origin, ORIGIN_REQUESTED);
    assert_non_null(cache->vm); /* from HCS, as are its workers */
    assert_true(cache->n_workers > 0);
    assert_int_equal(web->disputed | cache->disputed, ISOLATION_UNKNOWN);
    assert_int_equal(old->exit_code, 3);
    assert_null(web->why_not[VERB_ATTACH]); /* what HCS cannot do, docker can */
    assert_null(web->why_not[VERB_LOGS]);
    assert_null(web->why_not[VERB_REMOVE]);
    assert_non_null(web->why_not[VERB_PAUSE]);
    assert_null(cache->why_not[VERB_PAUSE]);
    assert_int_equal(session_engine_of(r->desk->session, web->id), DOCKER);
}

static bool has_usage(const struct container *c)
{
    return !isnan(c->cpu) && c->memory > 0 && c->processes > 0;
}

static void what_is_measured_comes_from_hcs(void **state)
{
    struct room *r = *state;
    open_session(r, "still=1");
    container_id ids[] = {both(r, r->web)->id, both(r, r->cache)->id};
    session_sample(r->desk->session, ids, 2, FIELD_USAGE);
    DESK_UNTIL(r->desk, has_usage(both(r, r->web)) && has_usage(both(r, r->cache)));
    assert_int_equal(asked(r, "GET", r->web, "/stats"), 0);
    assert_true(both(r, r->cache)->host_memory > 0);
    struct desk_answer h = processes(r, r->web);
    assert_true(h.table->count > 1);
    assert_int_equal(h.table->rows[0].pid, h.table->rows[0].host_pid); /* the host sees them */
    desk_answer_done(&h);
    h = processes(r, r->cache);
    assert_int_equal(h.table->rows[0].host_pid, 0);
    desk_answer_done(&h);
    assert_int_equal(asked(r, "GET", r->web, "/top") + asked(r, "GET", r->cache, "/top"), 0);
    assert_ptr_not_equal(session_host(r->desk->session, ids[1], NULL), NULL); /* where the workers are */
}

static void what_is_done_goes_to_docker(void **state)
{
    struct room *r = *state;
    open_session(r, "still=1");
    struct desk_answer h = act(r, r->web, VERB_STOP);
    assert_int_equal(h.why.kind, ERROR_NONE);
    assert_int_equal(asked(r, "POST", r->web, "/stop"), 1);
    assert_int_equal(both(r, r->web)->engines, 1u << HCS | 1u << DOCKER); /* nobody has ended its system */
    act(r, r->web, VERB_RESTART);
    assert_int_equal(asked(r, "POST", r->web, "/restart"), 1);
    act(r, r->web, VERB_KILL);
    assert_int_equal(asked(r, "POST", r->web, "/kill"), 1);
    h = act(r, r->cache, VERB_REMOVE);
    assert_int_equal(h.why.kind, ERROR_NONE);
    assert_int_equal(asked(r, "DELETE", r->cache, ""), 1);
    h = act(r, r->web, VERB_PAUSE);
    assert_int_equal(h.why.kind, ERROR_UNSUPPORTED);
    assert_non_null(strstr(h.why.text, "process-isolated"));
    opens(r, r->web, CONSOLE_LOGS);
    assert_int_equal(asked(r, "GET", r->web, "/logs"), 1);
    opens(r, r->web, CONSOLE_EXEC);
    assert_int_equal(asked(r, "POST", r->web, "/exec"), 1);
    struct launch_spec spec;
    launch_spec_init(&spec);
    assert_true(session_spec_of(r->desk->session, both(r, r->web)->id, &spec));
    assert_string_equal(spec.image, "servercore:ltsc2022");
    launch_spec_done(&spec);
}

static void while_hcs_is_away_docker_tells_how_they_are(void **state)
{
    struct room *r = *state;
    open_session(r, "still=1,disconnect=2500");
    DESK_UNTIL(r->desk, both(r, r->web)->away == 1u << HCS);
    assert_int_equal(both(r, r->web)->state, CONTAINER_RUNNING);
    assert_int_equal(session_engine_of(r->desk->session, both(r, r->web)->id), DOCKER);
    struct desk_answer h = processes(r, r->web);
    assert_string_equal(h.table->rows[0].name, "docker-says.exe");
    desk_answer_done(&h);
    h = act(r, r->web, VERB_STOP);
    assert_int_equal(h.why.kind, ERROR_NONE);
    pretender_say(r->daemon, "{\"Type\":\"container\",\"Action\":\"destroy\",\"Actor\":{\"ID\":\"");
    pretender_say(r->daemon, r->cache);
    pretender_say(r->daemon, "\"}}\n");
    DESK_UNTIL(r->desk, !model_find_key(r->desk->model, r->cache));
    DESK_UNTIL(r->desk, both(r, r->web)->away == 0); /* HCS is back */
    assert_int_equal(both(r, r->web)->engines, 1u << HCS | 1u << DOCKER);
}

/* One of the two is missing. */

static void docker_alone_shows_all_that_it_knows(void **state)
{
    struct room *r = *state;
    open_session(r, "still=1,refuse=1"); /* as for a user without the rights */
    assert_int_equal(session_engine(r->desk->session, HCS)->state, ENGINE_OFFLINE);
    const struct container *web = both(r, r->web);
    assert_int_equal(model_count(r->desk->model), 3);
    expect_docker_words(web, "web");
    assert_int_equal(web->state, CONTAINER_RUNNING);
    assert_int_equal(web->isolation, ISOLATION_PROCESS);
    assert_int_equal(both(r, r->cache)->isolation, ISOLATION_VM);
    assert_int_equal(web->away, 0); /* who has never known it is not missed */
    struct desk_answer h = processes(r, r->web);
    assert_string_equal(h.table->rows[0].name, "docker-says.exe");
    desk_answer_done(&h);
}

/* Windows refuses HCS to this user, who sees the ids of the registry all the same. */
static void where_hcs_is_limited_docker_is_believed(void **state)
{
    struct room *r = *state;
    open_session(r, "still=1,refuse=1,ids=1");
    const struct container *web = both(r, r->web), *cache = both(r, r->cache);
    assert_true(session_engine(r->desk->session, HCS)->limited);
    assert_int_equal(web->engines, 1u << HCS | 1u << DOCKER);
    expect_docker_words(web, "web");
    assert_int_equal(web->state, CONTAINER_RUNNING);
    assert_int_equal(web->isolation, ISOLATION_PROCESS);
    assert_int_equal(cache->isolation, ISOLATION_VM);
    assert_int_equal(web->disputed | cache->disputed, ISOLATION_UNKNOWN);
    assert_null(web->why_not[VERB_STOP]);
    struct desk_answer h = processes(r, r->web);
    assert_string_equal(h.table->rows[0].name, "docker-says.exe");
    desk_answer_done(&h);
    h = act(r, r->web, VERB_STOP);
    assert_int_equal(h.why.kind, ERROR_NONE);
    assert_int_equal(asked(r, "POST", r->web, "/stop"), 1);
}

static void hcs_alone_speaks_for_dockers_containers(void **state)
{
    struct room *r = *state;
    pretender_cut(r->daemon, 0); /* it closes every connection */
    open_session(r, "still=1");
    assert_int_equal(session_engine(r->desk->session, DOCKER)->state, ENGINE_OFFLINE);
    const struct container *web = both(r, r->web);
    assert_string_equal(web->owner, "docker");
    assert_true(web->crossings_untold);
    assert_int_equal(web->away, 0);
    assert_non_null(web->why_not[VERB_ATTACH]);
    struct desk_answer h = act(r, r->web, VERB_KILL); /* nobody else is there who could */
    assert_int_equal(h.why.kind, ERROR_NONE);
    DESK_UNTIL(r->desk, !model_find_key(r->desk->model, r->web));
}

static void while_docker_is_away_hcs_tells_how_they_are(void **state)
{
    struct room *r = *state;
    char note[600];
    open_session(r, "still=1");
    pretender_say(r->daemon, "this is no JSON\n");
    DESK_UNTIL(r->desk, session_engine(r->desk->session, DOCKER)->state == ENGINE_OFFLINE);
    const struct container *web = both(r, r->web);
    assert_int_equal(web->away, 1u << DOCKER);
    assert_int_equal(web->state, CONTAINER_RUNNING);
    expect_docker_words(web, "web"); /* what does not pass still holds */
    session_note(r->desk->session, web, note, sizeof note);
    assert_non_null(strstr(note, "docker, which keeps it too, is away"));
    assert_int_equal(both(r, WINDAEMON_OLD)->state, CONTAINER_LOST);
    struct desk_answer h = act(r, r->web, VERB_STOP);
    assert_int_equal(h.why.kind, ERROR_UNSUPPORTED);
    assert_non_null(strstr(h.why.text, "docker keeps it and is away"));
    h = processes(r, r->web);
    assert_true(h.table->count > 1);
    desk_answer_done(&h);
    assert_true(opens(r, r->web, CONSOLE_EXEC));
    assert_false(opens(r, r->web, CONSOLE_LOGS));
    session_refresh(r->desk->session);
    DESK_UNTIL(r->desk, both(r, WINDAEMON_OLD)->state == CONTAINER_EXITED && both(r, r->web)->away == 0);
    h = act(r, r->web, VERB_STOP);
    assert_int_equal(h.why.kind, ERROR_NONE);
}

/* Two words for one wall. */
static void a_contradiction_is_told(void **state)
{
    struct room *r = *state;
    char note[600];
    windaemon_fill(&r->transcript, r->web, r->cache, "hyperv");
    open_session(r, "still=1");
    const struct container *web = both(r, r->web);
    assert_int_equal(web->isolation, ISOLATION_PROCESS);
    assert_int_equal(web->disputed, ISOLATION_VM);
    assert_string_equal(session_note(r->desk->session, web, note, sizeof note),
                        "its engines contradict each other: one says hyperv, shown is what sim says");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(a_container_that_both_know_is_one_row),
        TEST(what_is_measured_comes_from_hcs),
        TEST(what_is_done_goes_to_docker),
        TEST(while_hcs_is_away_docker_tells_how_they_are),
        TEST(docker_alone_shows_all_that_it_knows),
        TEST(where_hcs_is_limited_docker_is_believed),
        TEST(hcs_alone_speaks_for_dockers_containers),
        TEST(while_docker_is_away_hcs_tells_how_they_are),
        TEST(a_contradiction_is_told),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
