#include "tests/backends/hcsroom.h"

#include "backends/hcs/hcs.h"
#include "backends/hcs/request.h"
#include "backends/sim/service.h"
#include "core/memory.h"
#include "core/text.h"
#include "tests/core/test.h"

enum { PATIENCE_MS = 60000 };

struct hcsroom_tally tally;

struct asked {
    hcs_answer_cb done;
    void *user;
    enum hcs_call call;
};

static void on_answer(void *user, int32_t result, const char *document)
{
    struct asked asked = *(struct asked *)user;
    free(user);
    tally.owes_shutdown = tally.owes_shutdown && asked.call != HCS_SHUTDOWN;
    asked.done(asked.user, result, document);
}

static void counted_call(struct hcs_service *s, enum hcs_call call, const char *id, const char *document,
                         hcs_answer_cb done, void *user)
{
    struct asked *asked = mem_new(1, sizeof *asked);
    *asked = (struct asked){done, user, call};
    tally.calls[call]++;
    if (call == HCS_SHUTDOWN) {
        tally.owes_shutdown = true;
        tally.asked = tally.asked ? tally.asked : (int64_t)uv_now(s->loop);
    } else if (call == HCS_TERMINATE) {
        tally.beside = tally.owes_shutdown;
        tally.killed = (int64_t)uv_now(s->loop);
    }
    sim_service.call(s, call, id, document, on_answer, asked);
}

struct hcs_service_type provider;

static struct hcs_service *counted_open(struct uv_loop_s *loop, const char *address,
                                        const struct hcs_service_sink *sink, void *user)
{
    tally.service = sim_service.open(loop, address, sink, user);
    tally.service->type = &provider;
    return tally.service;
}

static struct backend *open_engine(struct uv_loop_s *loop, const char *address,
                                   const struct backend_sink *sink, void *user);

static const struct backend_type engine = {
    .name = "counted", .title = "the HCS engine, counted", .open = open_engine, HCS_BACKEND};

static struct backend *open_engine(struct uv_loop_s *loop, const char *address,
                                   const struct backend_sink *sink, void *user)
{
    return hcs_open(&engine, &provider, loop, address, sink, user);
}

static void on_alarm(uv_timer_t *timer)
{
    ((struct room *)timer->data)->late = true;
}

bool wait_for(struct room *r, bool (*done)(const struct room *r, const void *data), const void *data)
{
    r->late = false;
    uv_timer_start(&r->alarm, on_alarm, PATIENCE_MS, 0);
    while (!r->late && !done(r, data)) {
        uv_run(&r->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&r->alarm);
    return done(r, data);
}

static bool settled(const struct room *r, const void *data)
{
    (void)data;
    return session_settled(r->session);
}

struct room *open_room(const char *manner)
{
    struct room *r = mem_new(1, sizeof *r);
    struct text address = {0};
    memset(&tally, 0, sizeof tally);
    provider = sim_service;
    provider.open = counted_open;
    provider.call = counted_call;
    uv_loop_init(&r->loop);
    uv_timer_init(&r->loop, &r->alarm);
    r->alarm.data = r;
    r->model = model_new(NULL, NULL);
    r->session = session_new(&r->loop, r->model, NULL, NULL, true);
    text_addf(&address, "systems=14,still=1%s%s", manner[0] ? "," : "", manner);
    session_add(r->session, &engine, text_of(&address));
    text_done(&address);
    assert_true(wait_for(r, settled, NULL));
    assert_int_equal(session_engine(r->session, 0)->state, ENGINE_ONLINE);
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

void close_room(struct room *r)
{
    session_close(r->session, on_closed, r);
    assert_true(wait_for(r, is_closed, NULL));
    uv_close((uv_handle_t *)&r->alarm, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    for (size_t i = 0; i < r->n_replies; i++) {
        assert_int_equal(r->replies[i].times, 1);
        free(r->replies[i].answer.text);
        free(r->replies[i].answer.remark);
    }
    model_free(r->model);
    free(r);
}

void on_reply(void *user, struct answer *answer)
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

struct reply *begin(struct room *r, const char *name, enum verb verb, const struct act_options *options)
{
    const struct container *c = model_find(r->model, name, NULL);
    struct reply *reply = &r->replies[r->n_replies++];
    assert_non_null(c);
    assert_true(r->n_replies <= MOST_REPLIES);
    session_act(r->session, c->id, verb, options, on_reply, reply);
    return reply;
}

const struct answer *finish(struct room *r, struct reply *reply)
{
    assert_true(wait_for(r, has_reply, reply));
    return &reply->answer;
}

const struct answer *act_in_room(struct room *r, const char *name, enum verb verb, int seconds)
{
    const struct act_options options = {.timeout = seconds, .force = verb == VERB_REMOVE};
    return finish(r, begin(r, name, verb, &options));
}

bool is_missing(const struct room *r, const void *data)
{
    return model_find(r->model, data, NULL) == NULL;
}

/* What the host itself says. */

struct found {
    bool known, there;
};

static void on_found(void *user, int32_t result, const char *document)
{
    struct found *found = user;
    found->known = true;
    found->there = result >= 0 && strstr(document, "\"Id\"");
}

static bool is_known(const struct room *r, const void *data)
{
    (void)r;
    return ((const struct found *)data)->known;
}

bool is_there(struct room *r, const char *key)
{
    struct found found = {0};
    char *query = request_one_system(key);
    sim_service.call(tally.service, HCS_ENUMERATE, NULL, query, on_found, &found);
    free(query);
    assert_true(wait_for(r, is_known, &found));
    return found.there;
}

char *key_of(const struct room *r, const char *name)
{
    const struct container *c = model_find(r->model, name, NULL);
    assert_non_null(c);
    return mem_string(c->key);
}

void expect_remark(const struct answer *answer, const char *words)
{
    if (answer->why.kind != ERROR_NONE) {
        fail_msg("%s", answer->why.text);
    }
    if (!words && answer->remark) {
        fail_msg("\"%s\"", answer->remark);
    } else if (!words) {
        return;
    } else if (!answer->remark || !strstr(answer->remark, words)) {
        fail_msg("\"%s\" is not in \"%s\"", words, answer->remark ? answer->remark : "(no remark)");
    }
}
