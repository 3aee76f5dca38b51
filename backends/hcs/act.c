/* Questions about one system. Each is a request until it is answered: by the service, by the end of the
 * system where that is what was asked for, or by the deadline of what HCS does not answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/end.h"
#include "backends/hcs/engine.h"
#include "backends/hcs/own.h"
#include "backends/hcs/request.h"
#include "backends/hcs/result.h"
#include "core/memory.h"
#include "core/text.h"

enum { ANSWER_SECONDS = 240 }; /* hcsshim's patience with HCS, and that of the provider for processes */

struct request {
    struct request *next;
    struct hcs *engine;
    struct op *op;    /* NULL: answered */
    char *key, *what; /* "stop web-1" */
    enum verb verb;
    uv_timer_t deadline;
    struct ending *ending; /* of this request; NULL none, or it is told */
    int calls;             /* of ours that the service still has */
    bool ran;              /* VERB_START: the first process of a container of ours was created */
    bool closing;
    cJSON *json; /* VERB_INSPECT: what is known so far */
};

static const char *words_of(enum verb verb)
{
    return verb == VERB_PROCESSES ? "list the processes of" : verb_word(verb);
}

static void on_deadline(uv_timer_t *timer);

static struct request *request_new(struct hcs *h, struct op *op, const struct entry *e, enum verb verb)
{
    struct request *r = mem_new(1, sizeof *r);
    struct text what = {0};
    text_addf(&what, "%s %s", words_of(verb), e->name);
    *r = (struct request){.next = h->requests,
                          .engine = h,
                          .op = op,
                          .key = mem_string(e->key),
                          .what = text_take(&what),
                          .verb = verb};
    h->requests = r;
    hcs_timer_init(h, &r->deadline, r);
    return r;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct request *r = handle->data, **link = &r->engine->requests;
    struct hcs *h = r->engine;
    while (*link != r) {
        link = &(*link)->next;
    }
    *link = r->next;
    cJSON_Delete(r->json);
    free(r->key);
    free(r->what);
    free(r);
    hcs_release(h);
}

/* It goes when it is answered, and no call of it is out. */
static void request_end(struct request *r)
{
    if (!r->op && !r->calls && !r->closing) {
        r->closing = true;
        uv_close((uv_handle_t *)&r->deadline, on_timer_closed);
    }
}

static struct op *take_op(struct request *r)
{
    struct op *op = r->op;
    r->op = NULL;
    uv_timer_stop(&r->deadline);
    return op;
}

static void succeed(struct request *r)
{
    op_succeed(take_op(r));
    request_end(r);
}

static void fail(struct request *r, const struct error *why)
{
    op_fail(take_op(r), why);
    request_end(r);
}

static void fail_result(struct request *r, int32_t result, const char *document)
{
    struct error why;
    result_error(&why, result, document, r->what);
    fail(r, &why);
}

/* HCS cannot cancel: what it does not answer is not waited for. */
static void on_deadline(uv_timer_t *timer)
{
    struct request *r = timer->data;
    struct error why;
    error_set(&why, ERROR_TIMEOUT, 0,
              "cannot %s: HCS has not answered for %d s, and may still do it; look at the list in a while",
              r->what, ANSWER_SECONDS);
    fail(r, &why);
}

static void call(struct request *r, enum hcs_call call, const char *document, hcs_answer_cb done)
{
    r->calls++;
    uv_timer_start(&r->deadline, on_deadline, hcs_in_ms(r->engine, ANSWER_SECONDS), 0);
    r->engine->service->type->call(r->engine->service, call, r->key, document, done, r);
}

/* True: the answer still matters. */
static bool came(struct request *r, int32_t result, const char *document)
{
    r->calls--;
    uv_timer_stop(&r->deadline);
    if (r->op && result_condition(result) == HCS_SERVICE_GONE) {
        struct hcs *h = r->engine;
        char *what = mem_string(r->what);
        fail_result(r, result, document);
        hcs_lost(h, result, document, what);
        free(what);
        return false;
    }
    if (!r->op) {
        request_end(r);
        return false;
    }
    return true;
}

/* The service has answered all calls already, and ends are told. */
void requests_close(struct hcs *h)
{
    struct error why;
    error_set(&why, ERROR_CANCELLED, 0, "the engine was closed meanwhile");
    for (struct request *r = h->requests, *next; r; r = next) {
        next = r->next;
        if (r->op) {
            fail(r, &why);
        }
    }
}

/* Acts. */

/* Whoever asked may act on it at once, and must find it as it is by then. */
static void on_state(void *user, int32_t result, const char *document)
{
    struct request *r = user;
    struct hcs *h = r->engine;
    struct error ignored;
    if (!came(r, result, document)) {
        return;
    }
    cJSON *json = result >= 0 && document ? document_parse(document, &ignored) : NULL;
    if (json && entry_find(h, r->key)) {
        list_take(h, json);
    }
    cJSON_Delete(json);
    succeed(r);
}

static void on_done(void *user, int32_t result, const char *document)
{
    struct request *r = user;
    struct hcs *h = r->engine;
    if (!came(r, result, document)) {
        return;
    }
    struct own *own = r->verb == VERB_START ? own_find(h, r->key) : NULL;
    list_soon(h);
    if (result >= 0 && own && !r->ran) {
        r->ran = true;
        r->calls++;
        own_run(own, on_done, r);
    } else if (result >= 0) {
        call(r, HCS_PROPERTIES, NULL, on_state);
    } else {
        fail_result(r, result, document);
    }
}

static void on_ended(void *user, const struct error *why, const char *remark)
{
    struct request *r = user;
    r->calls--;
    r->ending = NULL;
    if (r->op && why) {
        fail(r, why);
    } else if (r->op) {
        op_succeed_with(take_op(r), remark);
    }
    request_end(r);
}

/* HCS cannot take a shutdown back, but nobody wants the kill after it any more. */
static void asker_left(void *data)
{
    struct request *r = data;
    struct error why;
    if (r->ending) {
        end_spare(r->ending);
    }
    error_set(&why, ERROR_CANCELLED, 0, "cancelled before it was done: %s", r->what);
    fail(r, &why);
}

/* seconds: of a stop, in which it may shut down. */
static void end(struct request *r, const struct entry *e, int seconds)
{
    r->calls++;
    op_on_cancel(r->op, asker_left, r);
    r->ending = end_system(r->engine, r->key,
                           &(struct end_wish){.seconds = seconds,
                                              .paused = e->state == CONTAINER_PAUSED,
                                              .tidy = end_is_ours(e),
                                              .verb = verb_word(r->verb)},
                           on_ended, r);
}

static bool signal_is(const char *name, const char *word, const char *number)
{
    return !name || strcmp(name, word) == 0 || strcmp(name, number) == 0 ||
           (strncmp(name, "SIG", 3) == 0 && strcmp(name + 3, word) == 0);
}

static bool refuse_signal(struct request *r, const char *name, const char *word, const char *number)
{
    struct error why;
    if (signal_is(name, word, number)) {
        return false;
    }
    error_set(&why, ERROR_INVALID, 0,
              "cannot %s by signal %.32s: Windows can only shut a container down (stop) or end it (kill)",
              r->what, name);
    fail(r, &why);
    return true;
}

static void begin_stop(struct request *r, const struct entry *e, const struct act_options *options)
{
    if (!refuse_signal(r, options->signal, "TERM", "15")) {
        end(r, e, options->timeout < 0 ? STOP_SECONDS : options->timeout);
    }
}

static const char *state_refusal(enum verb verb, enum container_state state)
{
    bool up = state_is_live(state);
    switch (verb) {
    case VERB_START:
        return state == CONTAINER_PAUSED ? "it is paused; resume it" : up ? "it runs already" : NULL;
    case VERB_STOP: /* terminating it would remove it */
        return state == CONTAINER_CREATED ? "it has not been started" : NULL;
    case VERB_PAUSE:
        return !up ? "it does not run" : state == CONTAINER_PAUSED ? "it is paused already" : NULL;
    case VERB_RESUME:
        return state != CONTAINER_PAUSED ? "it is not paused" : NULL;
    case VERB_EXEC:
    case VERB_PROCESSES:
        return state == CONTAINER_PAUSED ? "it is paused; resume it first"
               : !up                     ? "it does not run; start it first"
                                         : NULL;
    default:
        return NULL;
    }
}

/* Is its start under way? HCS lists it as created until that is done. */
static bool is_starting(const struct hcs *h, const struct entry *e)
{
    const struct request *r = h->requests;
    while (r && (!r->op || r->verb != VERB_START || strcmp(r->key, e->key) != 0)) {
        r = r->next;
    }
    return e->state == CONTAINER_CREATED && (r || (e->own && own_is_starting(e->own)));
}

/* Why not; NULL: it can. */
static const char *refusal_of(const struct hcs *h, const struct entry *e, enum verb verb)
{
    bool starts = (verb == VERB_STOP || verb == VERB_START) && is_starting(h, e);
    return starts ? "it is just being started; wait for that, or kill it" : state_refusal(verb, e->state);
}

/* The entry, or the op has failed. */
static const struct entry *ready(struct hcs *h, struct op *op, const char *key, enum verb verb)
{
    struct error why;
    const struct entry *e = entry_find(h, key);
    const char *refusal = e ? refusal_of(h, e, verb) : NULL;
    if (!h->online) {
        error_set(&why, ERROR_UNREACHABLE, 0,
                  "cannot %s %.64s: the Host Compute Service is not reached; try again later", words_of(verb),
                  key);
    } else if (!e) {
        error_set(&why, ERROR_NOT_FOUND, 0, "cannot %s: there is no compute system %.64s; see the list",
                  words_of(verb), key);
    } else if (refusal) {
        error_set(&why, ERROR_CONFLICT, 0, "cannot %s %.100s: %s", words_of(verb), e->name, refusal);
        why.already =
            (verb == VERB_STOP && !is_starting(h, e)) || (verb == VERB_START && state_runs(e->state));
    } else {
        return e;
    }
    op_fail(op, &why);
    return NULL;
}

static void begin_act(struct request *r, const struct entry *e, const struct act_options *options)
{
    struct error why;
    switch (r->verb) {
    case VERB_START:
        call(r, HCS_START, NULL, on_done);
        break;
    case VERB_STOP:
        begin_stop(r, e, options);
        break;
    case VERB_KILL:
        if (!refuse_signal(r, options->signal, "KILL", "9")) {
            end(r, e, 0);
        }
        break;
    case VERB_REMOVE:
        if ((state_is_live(e->state) || is_starting(r->engine, e)) && !options->force) {
            error_set(&why, ERROR_CONFLICT, 0, "cannot %s: it %s; stop it first, or remove it by force",
                      r->what,
                      e->state == CONTAINER_PAUSED    ? "is paused"
                      : e->state == CONTAINER_CREATED ? "is just being started"
                                                      : "runs");
            fail(r, &why);
        } else {
            end(r, e, 0);
        }
        break;
    case VERB_PAUSE:
        call(r, HCS_PAUSE, NULL, on_done);
        break;
    case VERB_RESUME:
        call(r, HCS_RESUME, NULL, on_done);
        break;
    default:
        error_set(&why, ERROR_UNSUPPORTED, 0, "cannot %s: HCS has no means for it", r->what);
        fail(r, &why);
    }
}

void hcs_act(struct backend *b, struct op *op, const char *key, enum verb verb,
             const struct act_options *options)
{
    struct hcs *h = (struct hcs *)b;
    struct error why;
    const struct entry *e = ready(h, op, key, verb);
    if (!e) {
        return;
    }
    const char *why_not = entry_refusal(h, e, verb);
    if (why_not) {
        error_set(&why, ERROR_UNSUPPORTED, 0, "cannot %s %.100s: %s", verb_word(verb), e->name, why_not);
        op_fail(op, &why);
        return;
    }
    begin_act(request_new(h, op, e, verb), e, options);
}

/* Processes. */

static void on_processes(void *user, int32_t result, const char *document)
{
    struct request *r = user;
    struct error why;
    if (!came(r, result, document)) {
        return;
    }
    if (result < 0) {
        fail_result(r, result, document);
        return;
    }
    const struct entry *e = entry_find(r->engine, r->key);
    cJSON *json = document_parse(document, &why);
    struct process_table *table = document_processes(json, e && e->isolation == ISOLATION_PROCESS);
    cJSON_Delete(json);
    if (!table) {
        error_set(&why, ERROR_PROTOCOL, 0, "cannot %s: the service's answer has no process list; try again",
                  r->what);
        fail(r, &why);
        return;
    }
    op_finish(take_op(r), &(struct answer){.processes = table});
    request_end(r);
}

void hcs_processes(struct backend *b, struct op *op, const char *key)
{
    struct hcs *h = (struct hcs *)b;
    struct error why;
    const struct entry *e = ready(h, op, key, VERB_PROCESSES);
    if (e && entry_refusal(h, e, VERB_PROCESSES)) {
        error_set(&why, ERROR_UNSUPPORTED, 0, "cannot list the processes of %.100s: %s", e->name,
                  entry_refusal(h, e, VERB_PROCESSES));
        op_fail(op, &why);
    } else if (e) {
        call(request_new(h, op, e, VERB_PROCESSES), HCS_PROPERTIES, REQUEST_PROCESSES, on_processes);
    }
}

/* Inspect: what HCS says, and what porthole makes of it. */

static void add_verdict(cJSON *json, const struct entry *e)
{
    cJSON_AddStringToObject(json, "id", e->key);
    cJSON_AddStringToObject(json, "name", e->name);
    cJSON_AddStringToObject(json, "kind", document_kind_words(e->kind));
    cJSON_AddStringToObject(json, "isolation", isolation_word(e->isolation, HYPERVISOR_HYPERV));
    cJSON_AddStringToObject(json, "isolation_reason", e->reason);
    if (e->owner) {
        cJSON_AddStringToObject(json, "owner", e->owner);
    }
}

static void inspected(struct request *r)
{
    op_finish(take_op(r), &(struct answer){.text = cJSON_Print(r->json)});
    request_end(r);
}

/* Statistics may be missing or refused: the rest is worth showing all the same. */
static void on_inspect_statistics(void *user, int32_t result, const char *document)
{
    struct request *r = user;
    struct error ignored;
    if (!came(r, result, document)) {
        return;
    }
    cJSON *json = result >= 0 ? document_parse(document, &ignored) : NULL;
    cJSON *statistics = cJSON_DetachItemFromObjectCaseSensitive(json, "Statistics");
    if (statistics) {
        cJSON_AddItemToObject(r->json, "statistics", statistics);
    }
    cJSON_Delete(json);
    inspected(r);
}

static void on_inspected(void *user, int32_t result, const char *document)
{
    struct request *r = user;
    struct error why;
    const struct entry *e = entry_find(r->engine, r->key);
    if (!came(r, result, document)) {
        return;
    }
    cJSON *properties = result >= 0 ? document_parse(document, &why) : NULL;
    if (!properties && result >= 0) {
        error_wrap(&why, "cannot %s", r->what);
        fail(r, &why);
        return;
    }
    if (result < 0 || !e) {
        fail_result(r, result < 0 ? result : (int32_t)UINT32_C(0x8037010E), document);
        cJSON_Delete(properties);
        return;
    }
    r->json = cJSON_CreateObject();
    add_verdict(r->json, e);
    cJSON_AddItemToObject(r->json, "properties", properties);
    if (e->kind == HCS_KIND_CONTAINER && e->state == CONTAINER_RUNNING) {
        call(r, HCS_PROPERTIES, REQUEST_STATISTICS, on_inspect_statistics);
    } else {
        inspected(r);
    }
}

void hcs_inspect(struct backend *b, struct op *op, const char *key)
{
    struct hcs *h = (struct hcs *)b;
    const struct entry *e = ready(h, op, key, VERB_INSPECT);
    if (e) {
        call(request_new(h, op, e, VERB_INSPECT), HCS_PROPERTIES, NULL, on_inspected);
    }
}

const char *act_exec_refusal(enum container_state state)
{
    return state_refusal(VERB_EXEC, state);
}
