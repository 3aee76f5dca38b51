/* The HCS engine over a service that lies: wrong types, names that would play with a terminal, one id many
 * times, documents without an end. Each costs at most the row or the answer that it is in. */
#include <math.h>
#include <uv.h>

#include "backends/hcs/document.h"
#include "backends/hcs/hcs.h"
#include "backends/sim/service.h"
#include "core/memory.h"
#include "core/session.h"
#include "core/text.h"
#include "tests/core/test.h"

enum { PATIENCE_MS = 60000, DEEP = 100000 };

static const char *lies[HCS_MODIFY + 1]; /* NULL: the truth */
static struct hcs_service_type provider;

struct asked {
    hcs_answer_cb done;
    void *user;
    enum hcs_call call;
};

static void on_answer(void *user, int32_t result, const char *document)
{
    struct asked asked = *(struct asked *)user;
    free(user);
    bool lie = result >= 0 && lies[asked.call];
    asked.done(asked.user, result, lie ? lies[asked.call] : document);
}

static void lying_call(struct hcs_service *s, enum hcs_call call, const char *id, const char *document,
                       hcs_answer_cb done, void *user)
{
    struct asked *asked = mem_new(1, sizeof *asked);
    bool of_liar = call == HCS_PROPERTIES; /* of systems that the simulated host does not have */
    *asked = (struct asked){done, user, call};
    sim_service.call(s, of_liar ? HCS_ENUMERATE : call, of_liar ? NULL : id, of_liar ? NULL : document,
                     on_answer, asked);
}

static struct hcs_service *lying_open(struct uv_loop_s *loop, const char *address,
                                      const struct hcs_service_sink *sink, void *user)
{
    struct hcs_service *s = sim_service.open(loop, address, sink, user);
    s->type = &provider;
    return s;
}

static struct backend *open_engine(struct uv_loop_s *loop, const char *address,
                                   const struct backend_sink *sink, void *user);

static const struct backend_type engine = {
    .name = "liar", .title = "HCS, lying", .open = open_engine, .host = hcs_host, HCS_BACKEND};

static struct backend *open_engine(struct uv_loop_s *loop, const char *address,
                                   const struct backend_sink *sink, void *user)
{
    return hcs_open(&engine, &provider, loop, address, sink, user);
}

struct room {
    uv_loop_t loop;
    uv_timer_t alarm;
    bool late, closed;
    int replies;
    struct answer answer;
    struct model *model;
    struct session *session;
};

static void on_alarm(uv_timer_t *timer)
{
    ((struct room *)timer->data)->late = true;
}

static bool wait_for(struct room *r, bool (*done)(const struct room *r))
{
    r->late = false;
    uv_timer_start(&r->alarm, on_alarm, PATIENCE_MS, 0);
    while (!r->late && !done(r)) {
        uv_run(&r->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&r->alarm);
    return done(r);
}

static bool is_settled(const struct room *r)
{
    return session_settled(r->session);
}

static bool is_closed(const struct room *r)
{
    return r->closed;
}

static bool has_reply(const struct room *r)
{
    return r->replies > 0;
}

static void on_closed(void *user)
{
    ((struct room *)user)->closed = true;
}

static void open_room(struct room *r)
{
    *r = (struct room){0};
    provider = sim_service;
    provider.open = lying_open;
    provider.call = lying_call;
    uv_loop_init(&r->loop);
    uv_timer_init(&r->loop, &r->alarm);
    r->alarm.data = r;
    r->model = model_new(NULL, NULL);
    r->session = session_new(&r->loop, r->model, NULL, NULL, true);
    session_add(r->session, &engine, "systems=2,seed=1,still=1");
    assert_true(wait_for(r, is_settled));
}

static void close_room(struct room *r)
{
    session_close(r->session, on_closed, r);
    assert_true(wait_for(r, is_closed));
    uv_close((uv_handle_t *)&r->alarm, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    model_free(r->model);
    process_table_free(r->answer.processes);
    memset(lies, 0, sizeof lies);
}

static void on_reply(void *user, struct answer *answer)
{
    struct room *r = user;
    r->answer = *answer;
    *answer = (struct answer){0};
    r->replies++;
}

static bool is_clean(const char *s)
{
    for (; s && *s; s++) {
        if ((unsigned char)*s < ' ' || *s == 0x7f) {
            return false;
        }
    }
    return true;
}

static void wrong_types_are_as_if_not_said(void **state)
{
    (void)state;
    struct room r;
    size_t cursor = 0;
    lies[HCS_ENUMERATE] =
        "[7,null,\"x\",[[]],{},{\"Id\":5},{\"Id\":{\"x\":1}},{\"Id\":[\"a\"]},{\"Id\":\"\"},"
        "{\"Id\":\"ok\",\"Name\":7,\"Owner\":{},\"State\":3,\"SystemType\":[],"
        "\"RuntimeId\":12,\"ObRoot\":null,\"IsRuntimeTemplate\":\"yes\"}]";
    lies[HCS_SERVICE_PROPERTIES] =
        "{\"Properties\":{\"SupportedSchemaVersions\":[{\"Major\":\"2\",\"Minor\":1e300}]}}";
    open_room(&r);
    assert_int_equal(model_count(r.model), 1);
    const struct container *c = model_next(r.model, &cursor);
    assert_string_equal(c->name, "ok");
    assert_null(c->owner);
    assert_int_equal(c->isolation, ISOLATION_PROCESS);
    close_room(&r);
}

static void one_id_is_one_row_and_names_are_clean(void **state)
{
    (void)state;
    struct room r;
    size_t cursor = 0;
    lies[HCS_ENUMERATE] = "[{\"Id\":\"a\",\"Name\":\"\\u001b[2J\\u009b31m\\u202eevil\\u0007\\r\\n\","
                          "\"Owner\":\"\\u001b]0;x\\u0007\"},{\"Id\":\"a\"},{\"Id\":\"a\",\"Name\":\"b\"},"
                          "{\"Id\":\"\\u001b[31m\",\"Name\":\"\\u6f22\\u5b57\\ud83d\\udea2\"}]";
    open_room(&r);
    assert_int_equal(model_count(r.model), 2);
    for (const struct container *c; (c = model_next(r.model, &cursor));) {
        assert_true(is_clean(c->name) && is_clean(c->owner));
        assert_null(strstr(c->name, "\xc2\x9b")); /* CSI as one character */
    }
    close_room(&r);
}

static void a_list_without_an_end_is_told_in_a_sentence(void **state)
{
    (void)state;
    struct room r;
    struct text deep = {0}, huge = {0};
    for (int i = 0; i < DEEP; i++) {
        text_add(&deep, "[");
    }
    text_add(&huge, "[{\"Id\":\"");
    while (huge.len <= HCS_DOCUMENT_MOST) {
        text_add(&huge, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    }
    text_add(&huge, "\"}]");
    const char *const lists[] = {
        "",  "{}",  "[",       "[{\"Id\":\"a\"}", "[{\"Id\":\"a\"}]]", "[{\"Id\":\"a\"",
        "7", "nul", deep.data, huge.data};
    for (size_t i = 0; i < COUNT(lists); i++) {
        lies[HCS_ENUMERATE] = lists[i];
        open_room(&r);
        assert_int_equal(session_engine(r.session, 0)->state, ENGINE_OFFLINE);
        assert_non_null(strstr(session_engine(r.session, 0)->reason, "list of compute systems"));
        close_room(&r);
    }
    text_done(&deep);
    text_done(&huge);
}

static void numbers_that_are_none_are_not_shown(void **state)
{
    (void)state;
    struct room r;
    size_t cursor = 0;
    lies[HCS_ENUMERATE] = "[{\"Id\":\"a\",\"State\":\"Running\"}]";
    lies[HCS_PROPERTIES] =
        "{\"Statistics\":{\"Timestamp\":12,\"Processor\":{\"TotalRuntime100ns\":\"12\"},"
        "\"Memory\":{\"MemoryUsagePrivateWorkingSetBytes\":-5}},"
        "\"ProcessList\":[{\"ProcessId\":\"7\"},{\"ProcessId\":-1},{\"ProcessId\":1e300},"
        "{\"ProcessId\":4294967296},5,null,{\"ProcessId\":8,\"ImageName\":5,\"UserTime100ns\":-1},"
        "{\"ProcessId\":4294967295,\"ImageName\":\"\\u001b[2J\",\"CreateTimestamp\":\"2020-99-99\"}]}";
    open_room(&r);
    container_id id = model_next(r.model, &cursor)->id;
    session_processes(r.session, id, on_reply, &r);
    assert_true(wait_for(&r, has_reply));
    const struct process_table *t = r.answer.processes;
    assert_non_null(t);
    assert_int_equal(t->count, 2);
    for (size_t i = 0; i < t->count; i++) {
        assert_true(t->rows[i].pid == 8 || t->rows[i].pid == UINT32_MAX);
        assert_true(t->rows[i].cpu_100ns == 0 && t->rows[i].memory == 0 && t->rows[i].created == 0);
        assert_true(is_clean(t->rows[i].name));
    }
    assert_true(isnan(model_get(r.model, id)->cpu) && model_get(r.model, id)->memory == 0);
    close_room(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_types_are_as_if_not_said),
        cmocka_unit_test(one_id_is_one_row_and_names_are_clean),
        cmocka_unit_test(a_list_without_an_end_is_told_in_a_sentence),
        cmocka_unit_test(numbers_that_are_none_are_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
