/* The HCS engine in a session, over a provider that counts what it is asked: schedules, bounds, faults,
 * recovery. */
#include <math.h>
#include <stdio.h>
#include <uv.h>

#include "backends/hcs/document.h"
#include "backends/hcs/hcs.h"
#include "backends/sim/service.h"
#include "core/hostmap.h"
#include "core/memory.h"
#include "core/session.h"
#include "core/text.h"
#include "tests/core/test.h"

enum { PATIENCE_MS = 60000 };

/* What the provider was asked. One session at a time: the tests are the only caller. */

static struct {
    int calls[HCS_MODIFY + 1], watches, unwatches, in_flight, most_in_flight, checked;
    struct hcs_service *service;
    struct model *model; /* compared with each enumeration, when set */
    const struct session *session;
} tally;

struct asked {
    hcs_answer_cb done;
    void *user;
    enum hcs_call call;
};

static void compare_system(void *user, const struct hcs_system *s)
{
    assert_non_null(model_find_key(user, s->id));
}

/* After the engine has taken an enumeration in, its rows are exactly those of the document. */
static void compare(const char *document)
{
    struct error why;
    assert_int_equal(document_systems(document, compare_system, tally.model, &why), model_count(tally.model));
    tally.checked++;
}

static void on_answer(void *user, int32_t result, const char *document)
{
    struct asked asked = *(struct asked *)user;
    free(user);
    tally.in_flight -= asked.call == HCS_PROPERTIES;
    asked.done(asked.user, result, document);
    if (asked.call == HCS_ENUMERATE && result >= 0 && tally.model &&
        session_engine(tally.session, 0)->listed) {
        compare(document);
    }
}

static void counted_call(struct hcs_service *s, enum hcs_call call, const char *id, const char *document,
                         hcs_answer_cb done, void *user)
{
    struct asked *asked = mem_new(1, sizeof *asked);
    *asked = (struct asked){done, user, call};
    tally.calls[call]++;
    tally.in_flight += call == HCS_PROPERTIES;
    tally.most_in_flight = tally.in_flight > tally.most_in_flight ? tally.in_flight : tally.most_in_flight;
    sim_service.call(s, call, id, document, on_answer, asked);
}

static void counted_watch(struct hcs_service *s, const char *id, hcs_answer_cb done, void *user)
{
    tally.watches++;
    sim_service.watch(s, id, done, user);
}

static void counted_unwatch(struct hcs_service *s, const char *id)
{
    tally.unwatches++;
    sim_service.unwatch(s, id);
}

static struct hcs_service_type provider;

static struct hcs_service *counted_open(struct uv_loop_s *loop, const char *address,
                                        const struct hcs_service_sink *sink, void *user)
{
    tally.service = sim_service.open(loop, address, sink, user);
    tally.service->type = &provider;
    return tally.service;
}

static struct backend *open_engine(struct uv_loop_s *loop, const char *address,
                                   const struct backend_sink *sink, void *user);

static const struct backend_type engine = {.name = "counted",
                                           .title = "the HCS engine, counted",
                                           .open = open_engine,
                                           .host = hcs_host,
                                           HCS_BACKEND};

static struct backend *open_engine(struct uv_loop_s *loop, const char *address,
                                   const struct backend_sink *sink, void *user)
{
    return hcs_open(&engine, &provider, loop, address, sink, user);
}

/* A session with the one engine. */

struct room {
    uv_loop_t loop;
    uv_timer_t alarm;
    bool late, closed;
    struct model *model;
    struct session *session;
};

static void on_alarm(uv_timer_t *timer)
{
    ((struct room *)timer->data)->late = true;
}

static bool wait_for(struct room *r, bool (*done)(const struct room *r, const void *data), const void *data,
                     int ms)
{
    r->late = false;
    uv_timer_start(&r->alarm, on_alarm, (uint64_t)ms, 0);
    while (!r->late && !(done && done(r, data))) {
        uv_run(&r->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&r->alarm);
    return done && done(r, data);
}

static bool settled(const struct room *r, const void *data)
{
    (void)data;
    return session_settled(r->session);
}

static struct room *open_room(const char *address)
{
    struct room *r = mem_new(1, sizeof *r);
    memset(&tally, 0, sizeof tally);
    provider = sim_service;
    provider.open = counted_open;
    provider.call = counted_call;
    provider.watch = counted_watch;
    provider.unwatch = counted_unwatch;
    uv_loop_init(&r->loop);
    uv_timer_init(&r->loop, &r->alarm);
    r->alarm.data = r;
    r->model = model_new(NULL, NULL);
    r->session = session_new(&r->loop, r->model, NULL, NULL, true);
    session_add(r->session, &engine, address);
    assert_true(wait_for(r, settled, NULL, PATIENCE_MS));
    return r;
}

static void on_closed(void *user)
{
    ((struct room *)user)->closed = true;
}

static bool is_closed(const struct room *r, const void *data)
{
    (void)data;
    return r->closed;
}

static void close_room(struct room *r)
{
    session_close(r->session, on_closed, r);
    assert_true(wait_for(r, is_closed, NULL, PATIENCE_MS));
    uv_close((uv_handle_t *)&r->alarm, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    model_free(r->model);
    free(r);
}

static const struct container *named(const struct room *r, const char *name)
{
    const struct container *c = model_find(r->model, name, NULL);
    assert_non_null(c);
    return c;
}

static enum engine_state engine_state_of(const struct room *r)
{
    return session_engine(r->session, 0)->state;
}

/* Questions. */

struct reply {
    struct answer answer;
    int times;
};

static void on_reply(void *user, struct answer *answer)
{
    struct reply *reply = user;
    reply->answer = *answer;
    *answer = (struct answer){0};
    reply->times++;
}

static bool has_reply(const struct room *r, const void *data)
{
    (void)r;
    return ((const struct reply *)data)->times > 0;
}

static void done_with(struct reply *reply)
{
    free(reply->answer.remark);
    free(reply->answer.text);
    process_table_free(reply->answer.processes);
    host_table_free(reply->answer.host);
    *reply = (struct reply){0};
}

static struct error act(struct room *r, const char *name, enum verb verb, const struct act_options *options)
{
    struct reply reply = {0};
    session_act(r->session, named(r, name)->id, verb, options, on_reply, &reply);
    assert_true(wait_for(r, has_reply, &reply, PATIENCE_MS));
    struct error why = reply.answer.why;
    done_with(&reply);
    return why;
}

static bool is_missing(const struct room *r, const void *data)
{
    return model_find(r->model, data, NULL) == NULL;
}

static container_id *all_ids(const struct room *r, size_t most, size_t *n)
{
    container_id *ids = mem_new(model_count(r->model), sizeof *ids);
    size_t cursor = 0;
    *n = 0;
    for (const struct container *c; *n < most && (c = model_next(r->model, &cursor));) {
        ids[(*n)++] = c->id;
    }
    return ids;
}

/* What is seen. */

static void a_host_of_all_shapes_is_told_as_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *name, *owner;
        enum isolation isolation;
        enum container_state state;
        bool apart;
    } rows[] = {
        {"ping-process", "hcsctl", ISOLATION_PROCESS, CONTAINER_RUNNING, false},
        {"ping-hyperv", "hcsctl", ISOLATION_VM, CONTAINER_RUNNING, false},
        {"web-1", "hcsctl", ISOLATION_PROCESS, CONTAINER_RUNNING, false},
        {"reports", "hcsctl", ISOLATION_VM, CONTAINER_PAUSED, false},
        {"imports", "hcsctl", ISOLATION_PROCESS, CONTAINER_CREATED, false},
        {"template", "docker", ISOLATION_VM, CONTAINER_CREATED, true},
        {"WSL", "WSL", ISOLATION_VM, CONTAINER_RUNNING, true},
        {"pod", "containerd", ISOLATION_VM, CONTAINER_RUNNING, true},
        {"Windows Sandbox", "Windows Sandbox", ISOLATION_VM, CONTAINER_RUNNING, true},
        {"build-agent", "Hyper-V", ISOLATION_VM, CONTAINER_RUNNING, true},
    };
    struct room *r = open_room("systems=14,still=1,strange=1");
    assert_int_equal(model_count(r->model), 14);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct container *c = named(r, rows[i].name);
        print_message("%s\n", rows[i].name);
        assert_string_equal(c->owner, rows[i].owner);
        assert_int_equal(c->isolation, rows[i].isolation);
        assert_int_equal(c->state, rows[i].state);
        assert_int_equal(c->apart, rows[i].apart);
        assert_int_equal(c->hypervisor, HYPERVISOR_HYPERV);
        assert_non_null(c->why_not[VERB_ATTACH]);
        assert_non_null(c->why_not[VERB_RENAME]);
        assert_true(rows[i].apart == (c->why_not[VERB_EXEC] != NULL));
    }
    assert_string_equal(session_engine(r->session, 0)->version,
                        "Windows Server 2022 (20348), HCS schema 2.5");
    assert_int_equal(session_engine(r->session, 0)->default_isolation, ISOLATION_PROCESS);
    close_room(r);
    r = open_room("systems=3,client=1");
    assert_int_equal(session_engine(r->session, 0)->default_isolation, ISOLATION_VM);
    close_room(r);
    r = open_room("systems=3,old=1");
    assert_string_equal(session_engine(r->session, 0)->version,
                        "Windows Server 2019 (17763), HCS schema 2.1");
    close_room(r);
}

/* The experiment: the same ping, in each mode. */
static void the_host_sees_what_it_must(void **state)
{
    (void)state;
    static const char *const names[] = {"ping-process", "ping-hyperv"};
    static const char *const addresses[] = {"systems=14,still=1", "systems=14,still=1,highpids=1"};
    for (size_t k = 0; k < COUNT(addresses); k++) {
        struct room *r = open_room(addresses[k]);
        for (size_t i = 0; i < COUNT(names); i++) {
            struct reply inside = {0}, outside = {0};
            struct hostmap map;
            const struct container *c = named(r, names[i]);
            struct host_source *host = session_host(r->session, c->id, NULL);
            assert_non_null(host);
            assert_string_equal(host->name, "winhost-03");
            session_processes(r->session, c->id, on_reply, &inside);
            assert_true(wait_for(r, has_reply, &inside, PATIENCE_MS));
            host->read(host, op_new(&r->loop, on_reply, &outside));
            assert_true(wait_for(r, has_reply, &outside, PATIENCE_MS));
            assert_true(inside.answer.processes && inside.answer.processes->count > 5);
            hostmap_build(&map, c, inside.answer.processes, outside.answer.host);
            if (i == 0) {
                assert_int_equal(map.n_joined, inside.answer.processes->count);
                assert_int_equal(map.n_pairs, map.n_joined);
                assert_int_equal(map.pairs[0].inside->pid, map.pairs[0].outside->pid);
                assert_int_equal(map.n_workers, 0);
                assert_true(k == 0 || map.pairs[0].inside->pid > INT32_MAX);
            } else {
                assert_int_equal(map.n_joined, 0);
                assert_int_equal(map.n_workers, 2);
                assert_int_equal(c->n_workers, 2);
                assert_string_equal(c->workers[0].name, "vmwp");
                assert_int_equal(c->workers[1].role, WORKER_MEMORY);
                struct who who = hostmap_who(c->workers[1].host_pid, outside.answer.host, &c, 1);
                assert_int_equal(who.relation, RELATION_MEMORY);
                struct container forgetful = *c; /* also by the VM's id alone */
                forgetful.n_workers = 0;
                const struct container *p = &forgetful;
                who = hostmap_who(c->workers[0].host_pid, outside.answer.host, &p, 1);
                assert_int_equal(who.relation, RELATION_WORKER);
            }
            hostmap_done(&map);
            done_with(&inside);
            done_with(&outside);
        }
        close_room(r);
    }
}

/* Schedules and bounds. */

static bool all_measured(const struct room *r, const void *data)
{
    const struct container *c;
    (void)data;
    for (size_t cursor = 0; (c = model_next(r->model, &cursor));) {
        if (c->state == CONTAINER_RUNNING && !c->apart && (isnan(c->cpu) || !c->memory || c->processes < 0)) {
            return false;
        }
    }
    return true;
}

static void usage_is_measured(void **state)
{
    (void)state;
    size_t n;
    struct room *r = open_room("systems=14,still=1");
    container_id *ids = all_ids(r, 100, &n);
    session_sample(r->session, ids, n, FIELD_USAGE);
    assert_true(wait_for(r, all_measured, NULL, PATIENCE_MS));
    const struct container *db = named(r, "orders-db"), *vm = named(r, "billing");
    assert_true(db->cpu > 0.05 && db->cpu < 0.5); /* its processes are cast so */
    assert_true(db->memory > UINT64_C(600) << 20 && db->memory < UINT64_C(1200) << 20);
    assert_true(vm->host_memory > UINT64_C(390) << 20);
    assert_true(named(r, "WSL")->memory == UINT64_C(1) << 30);
    free(ids);
    close_room(r);
}

static void queries_follow_what_is_visible(void **state)
{
    (void)state;
    size_t n;
    struct room *r = open_room("systems=2000,still=1");
    container_id *ids = all_ids(r, 40, &n);
    session_sample(r->session, ids, n, FIELD_USAGE);
    tally.calls[HCS_PROPERTIES] = tally.most_in_flight = 0;
    uint64_t begin = uv_now(&r->loop);
    wait_for(r, NULL, NULL, 3500);
    uint64_t rounds = (uv_now(&r->loop) - begin) / 1000 + 1;
    assert_true(tally.calls[HCS_PROPERTIES] > 0);
    assert_true((uint64_t)tally.calls[HCS_PROPERTIES] <= 40 * rounds);
    assert_true(tally.most_in_flight <= 8);
    free(ids);
    ids = all_ids(r, 2000, &n);
    session_sample(r->session, ids, n, FIELD_CPU); /* as when the list is sorted by it */
    tally.calls[HCS_PROPERTIES] = tally.most_in_flight = 0;
    begin = uv_now(&r->loop);
    wait_for(r, NULL, NULL, 2500);
    rounds = (uv_now(&r->loop) - begin) / 1000 + 1;
    assert_true((uint64_t)tally.calls[HCS_PROPERTIES] <= 200 * rounds);
    assert_true(tally.most_in_flight <= 8);
    free(ids);
    session_sample(r->session, NULL, 0, 0);
    wait_for(r, NULL, NULL, 200);
    tally.calls[HCS_PROPERTIES] = 0;
    wait_for(r, NULL, NULL, 1200);
    assert_int_equal(tally.calls[HCS_PROPERTIES], 0);
    close_room(r);
}

static void a_quiet_host_is_enumerated_ever_more_seldom(void **state)
{
    (void)state;
    struct room *r = open_room("systems=14,still=1");
    tally.calls[HCS_ENUMERATE] = 0;
    wait_for(r, NULL, NULL, 3600); /* after 1 s and 2 s more; then after 4 s */
    assert_in_range(tally.calls[HCS_ENUMERATE], 1, 2);
    close_room(r);
}

static void ignore(void *user, int32_t result, const char *document)
{
    (void)user;
    (void)document;
    assert_int_equal(result, 0);
}

static void an_exit_is_heard_without_enumerating(void **state)
{
    (void)state;
    struct room *r = open_room("systems=14,still=1");
    wait_for(r, NULL, NULL, 1300); /* the watches stand, and the second enumeration is over */
    int enumerations = tally.calls[HCS_ENUMERATE];
    sim_service.call(tally.service, HCS_TERMINATE, named(r, "web-1")->key, NULL, ignore,
                     NULL); /* somebody else's */
    assert_true(wait_for(r, is_missing, "web-1", PATIENCE_MS));
    assert_int_equal(tally.calls[HCS_ENUMERATE], enumerations);
    close_room(r);
}

/* Acts. */

static void acts_do_what_they_say(void **state)
{
    (void)state;
    const struct act_options at_once = {.timeout = 1}, by_hup = {.timeout = -1, .signal = "HUP"};
    struct room *r = open_room("systems=14,still=1");
    assert_int_equal(act(r, "ping-process", VERB_PAUSE, NULL).kind, ERROR_UNSUPPORTED);
    assert_int_equal(act(r, "WSL", VERB_STOP, NULL).kind, ERROR_UNSUPPORTED);
    assert_int_equal(act(r, "ping-process", VERB_RESTART, NULL).kind, ERROR_UNSUPPORTED);
    assert_int_equal(act(r, "billing", VERB_PAUSE, NULL).kind, ERROR_NONE);
    assert_int_equal(act(r, "reports", VERB_RESUME, NULL).kind, ERROR_NONE);
    assert_int_equal(act(r, "imports", VERB_START, NULL).kind, ERROR_NONE);
    assert_int_equal(act(r, "ping-hyperv", VERB_STOP, &by_hup).kind, ERROR_INVALID);
    assert_int_equal(act(r, "ping-hyperv", VERB_START, NULL).kind, ERROR_CONFLICT);
    assert_int_equal(act(r, "ping-hyperv", VERB_STOP, NULL).kind, ERROR_NONE);
    assert_true(wait_for(r, is_missing, "ping-hyperv", PATIENCE_MS));
    assert_int_equal(act(r, "ping-process", VERB_KILL, NULL).kind, ERROR_NONE);
    assert_true(wait_for(r, is_missing, "ping-process", PATIENCE_MS));
    close_room(r);
    r = open_room("systems=14,still=1,stubborn=1"); /* it hears the shutdown and stays */
    assert_int_equal(act(r, "web-1", VERB_STOP, &at_once).kind, ERROR_NONE);
    assert_true(wait_for(r, is_missing, "web-1", PATIENCE_MS));
    close_room(r);
}

static bool is_frozen(const struct room *r, const void *name)
{
    const struct container *c = named(r, name);
    return c && c->state == CONTAINER_PAUSED;
}

/* What it used last is not what it uses now. And what was never started is not stopped: that would remove it.
 */
static void what_is_paused_is_not_forgotten(void **state)
{
    (void)state;
    size_t n;
    struct room *r = open_room("systems=14,still=1");
    container_id *ids = all_ids(r, 100, &n);
    session_sample(r->session, ids, n, FIELD_USAGE);
    assert_true(wait_for(r, all_measured, NULL, PATIENCE_MS));
    free(ids);
    assert_false(isnan(named(r, "billing")->cpu));
    assert_int_equal(act(r, "billing", VERB_PAUSE, NULL).kind, ERROR_NONE);
    assert_true(wait_for(r, is_frozen, "billing", PATIENCE_MS));
    assert_true(isnan(named(r, "billing")->cpu));
    struct error stop = act(r, "imports", VERB_STOP, NULL);
    assert_true(stop.kind == ERROR_CONFLICT && stop.already);
    assert_non_null(named(r, "imports"));
    assert_true(act(r, "web-1", VERB_START, NULL).already);
    close_room(r);
}

/* Faults. */

static void a_service_that_refuses_is_offline_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *address, *words;
    } faults[] = {{"refuse=1", "Hyper-V Administrators"},
                  {"missing=1", "feature Containers"},
                  {"broken=1", "list of compute systems is broken"},
                  {"systems=many", "sim:systems=12"}};
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct room *r = open_room(faults[i].address);
        assert_int_equal(engine_state_of(r), ENGINE_OFFLINE);
        assert_non_null(strstr(session_engine(r->session, 0)->reason, faults[i].words));
        close_room(r);
    }
}

static bool is_counted(const struct room *r, const void *data)
{
    return model_get(r->model, *(const container_id *)data)->processes > 0;
}

static void processes_are_counted_where_statistics_fail(void **state)
{
    (void)state;
    struct room *r = open_room("systems=14,still=1,nostatistics=1");
    container_id id = named(r, "web-1")->id;
    session_sample(r->session, &id, 1, FIELD_USAGE);
    assert_true(wait_for(r, is_counted, &id, PATIENCE_MS));
    assert_true(isnan(model_get(r->model, id)->cpu));
    assert_int_equal(engine_state_of(r), ENGINE_ONLINE);
    close_room(r);
}

static void what_vanishes_between_two_calls_harms_nobody(void **state)
{
    (void)state;
    size_t n;
    int gone = 0, well = 0;
    struct room *r = open_room("systems=60,vanish=50");
    container_id *ids = all_ids(r, 60, &n), id = named(r, "web-1")->id;
    session_sample(r->session, ids, n, FIELD_USAGE);
    for (int i = 0; i < 40; i++) {
        struct reply reply = {0};
        session_processes(r->session, id, on_reply, &reply);
        assert_true(wait_for(r, has_reply, &reply, PATIENCE_MS));
        gone += reply.answer.why.kind == ERROR_NOT_FOUND;
        well += reply.answer.why.kind == ERROR_NONE;
        done_with(&reply);
    }
    assert_true(gone > 0 && well > 0 && gone + well == 40);
    assert_int_equal(engine_state_of(r), ENGINE_ONLINE);
    free(ids);
    close_room(r);
}

static void slow_statistics_hold_up_nothing_else(void **state)
{
    (void)state;
    struct reply reply = {0};
    size_t n;
    struct room *r = open_room("systems=14,still=1,slow=5000");
    container_id *ids = all_ids(r, 100, &n);
    session_sample(r->session, ids, n, FIELD_USAGE);
    wait_for(r, NULL, NULL, 300);
    assert_true(tally.in_flight > 0 && tally.in_flight <= 8);
    session_processes(r->session, named(r, "web-1")->id, on_reply, &reply);
    uint64_t begin = uv_now(&r->loop);
    assert_true(wait_for(r, has_reply, &reply, PATIENCE_MS));
    assert_true(uv_now(&r->loop) - begin < 4000); /* before the first of the statistics */
    done_with(&reply);
    free(ids);
    close_room(r); /* and what is open is answered */
}

struct ear {
    struct text out;
    struct error why;
    int closed, code;
};

static void on_bytes(void *user, enum console_stream stream, int64_t when, const char *data, size_t len)
{
    (void)stream;
    (void)when;
    text_add_n(&((struct ear *)user)->out, data, len);
}

static void on_console_closed(void *user, const struct error *why, int code)
{
    struct ear *ear = user;
    ear->closed++;
    ear->code = code;
    ear->why = why ? *why : (struct error){0};
}

static bool has_closed(const struct room *r, const void *data)
{
    (void)r;
    return ((const struct ear *)data)->closed > 0;
}

static const struct console_sink EAR = {.bytes = on_bytes, .closed = on_console_closed};

static bool is_offline(const struct room *r, const void *data)
{
    (void)data;
    return engine_state_of(r) == ENGINE_OFFLINE;
}

static bool is_listed(const struct room *r, const void *data)
{
    (void)data;
    return session_engine(r->session, 0)->listed;
}

static void a_service_that_goes_away_comes_back_with_everything(void **state)
{
    (void)state;
    struct ear ear = {0};
    struct reply reply = {0};
    const struct console_spec spec = {
        .kind = CONSOLE_EXEC, .terminal = true, .input = true, .rows = 24, .cols = 80};
    struct room *r = open_room("systems=14,still=1,disconnect=1500");
    container_id id = named(r, "web-1")->id;
    session_sample(r->session, &id, 1, FIELD_USAGE);
    session_console(r->session, id, &spec, &EAR, &ear);
    const struct act_options patient = {.timeout = 60};
    wait_for(r, NULL, NULL, 1200);
    session_act(r->session, named(r, "billing")->id, VERB_STOP, &patient, on_reply, &reply);
    assert_true(wait_for(r, is_offline, NULL, PATIENCE_MS));
    assert_non_null(strstr(session_engine(r->session, 0)->reason, "went away"));
    assert_int_equal(model_get(r->model, id)->state, CONTAINER_LOST);
    assert_true(wait_for(r, has_closed, &ear, PATIENCE_MS));
    assert_int_equal(ear.why.kind, ERROR_UNREACHABLE);
    assert_true(wait_for(r, has_reply, &reply, PATIENCE_MS));
    assert_true(reply.answer.why.kind == ERROR_UNREACHABLE || reply.answer.why.kind == ERROR_CANCELLED);
    assert_true(wait_for(r, is_listed, NULL, PATIENCE_MS));
    assert_int_equal(model_get(r->model, id)->state, CONTAINER_RUNNING); /* the same row */
    assert_int_equal(model_count(r->model), 14);
    assert_int_equal(reply.times, 1);
    done_with(&reply);
    text_done(&ear.out);
    close_room(r);
}

/* A day of a busy host, with disconnects, in some seconds: after every enumeration the rows are those of the
 * host. */
static void a_day_of_churn_leaves_nothing_behind(void **state)
{
    (void)state;
    size_t n;
    enum { SPEED = 12000, REAL_MS = 86400000 / SPEED };
    struct room *r = open_room("systems=60,churn=60000,speed=12000,disconnect=2500,vanish=10");
    tally.model = r->model;
    tally.session = r->session;
    uint64_t begin = uv_now(&r->loop);
    while (uv_now(&r->loop) - begin < REAL_MS) {
        container_id *ids = all_ids(r, 40, &n);
        session_sample(r->session, ids, n, FIELD_USAGE);
        free(ids);
        wait_for(r, NULL, NULL, 250);
        model_publish(r->model);
    }
    assert_true(tally.checked >= 3);
    assert_true(tally.watches > 60);
    tally.model = NULL;
    close_room(r);
    assert_int_equal(tally.in_flight, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_of_all_shapes_is_told_as_it_is),
        cmocka_unit_test(the_host_sees_what_it_must),
        cmocka_unit_test(usage_is_measured),
        cmocka_unit_test(queries_follow_what_is_visible),
        cmocka_unit_test(a_quiet_host_is_enumerated_ever_more_seldom),
        cmocka_unit_test(an_exit_is_heard_without_enumerating),
        cmocka_unit_test(acts_do_what_they_say),
        cmocka_unit_test(what_is_paused_is_not_forgotten),
        cmocka_unit_test(a_service_that_refuses_is_offline_with_the_reason),
        cmocka_unit_test(processes_are_counted_where_statistics_fail),
        cmocka_unit_test(what_vanishes_between_two_calls_harms_nobody),
        cmocka_unit_test(slow_statistics_hold_up_nothing_else),
        cmocka_unit_test(a_service_that_goes_away_comes_back_with_everything),
        cmocka_unit_test(a_day_of_churn_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
