/* The asker may leave, and the engine may be closed, at any moment: an exchange is then cancelled and the
 * call is freed on the spot, except while a thread works for it; then it goes when the thread has come back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/engine.h"
#include "backends/json.h"

static void call_free(struct call *c)
{
    struct docker *d = c->docker;
    *c->at = c->next;
    if (c->next) {
        c->next->at = c->at;
    }
    d->slow -= c->slow;
    if (c->drop) {
        c->drop(c);
    }
    pull_free(c->pull);
    jsonlines_done(&c->jsonlines);
    text_done(&c->body);
    free(c->inspect);
    free(c->what);
    free(c);
    docker_release(d);
}

static struct op *take_op(struct call *c)
{
    struct op *op = c->op;
    c->op = NULL;
    if (op) {
        op_on_cancel(op, NULL, NULL);
    }
    return op;
}

static void stop(struct call *c)
{
    if (c->exchange) {
        http_cancel(c->exchange);
        c->exchange = NULL;
    }
    c->stopped = true;
    if (!c->working) {
        call_free(c);
    }
}

void call_cancel(struct call *c)
{
    struct op *op = take_op(c);
    struct error why;
    if (op) {
        error_set(&why, ERROR_CANCELLED, 0, "cancelled before it was done: %s",
                  c->what ? c->what : "a question");
        op_fail(op, &why);
    }
    stop(c);
}

static void asker_left(void *data)
{
    call_cancel(data);
}

void call_begin(struct call *c, struct docker *d, struct op *op, char *what, void (*drop)(struct call *))
{
    c->docker = d;
    c->op = op;
    c->what = what;
    c->drop = drop;
    c->next = d->calls;
    c->at = &d->calls;
    if (c->next) {
        c->next->at = &c->next;
    }
    d->calls = c;
    docker_hold(d);
    if (op) {
        op_on_cancel(op, asker_left, c);
    }
}

void call_finish(struct call *c, struct answer *answer)
{
    struct op *op = take_op(c);
    if (op) {
        op_finish(op, answer);
    }
    call_free(c);
}

void call_succeed(struct call *c)
{
    call_finish(c, &(struct answer){0});
}

void call_fail(struct call *c, const struct error *why)
{
    struct answer answer = {.why = *why};
    if (c->what) {
        error_wrap(&answer.why, "cannot %s", c->what);
    }
    call_finish(c, &answer);
}

void call_cancel_all(struct docker *d)
{
    for (struct call *c = d->calls, *next; c; c = next) {
        next = c->next;
        if (!c->stopped) {
            call_cancel(c);
        }
    }
}

/* Requests. */

static void on_head(void *user, int status)
{
    struct call *c = user;
    c->status = status;
    snprintf(c->api_version, sizeof c->api_version, "%s", http_header(c->exchange, "Api-Version"));
    snprintf(c->date, sizeof c->date, "%s", http_header(c->exchange, "Date"));
    c->podman = *http_header(c->exchange, "Libpod-Api-Version") != '\0';
}

/* The rest of an answer that makes no sense is not waited for: it may have no end. */
static void break_off(struct call *c, const struct error *why)
{
    struct reply reply = {.why = *why, .body = ""};
    http_cancel(c->exchange);
    c->exchange = NULL;
    c->then(c, &reply);
}

/* Whoever hears of an object may leave: the call is then kept until all is unwound. */
static void read_lines(struct call *c, const char *data, size_t len)
{
    struct error why;
    c->working = true;
    bool fine = jsonlines_feed(&c->jsonlines, data, len, &c->stopped, c->lines, c, &why);
    c->working = false;
    if (c->stopped) {
        call_free(c);
    } else if (!fine) {
        break_off(c, &why);
    }
}

static void on_bytes(void *user, const char *data, size_t len)
{
    struct call *c = user;
    struct error why;
    if (c->broken.kind != ERROR_NONE) {
        return;
    }
    if (c->lines && c->status < 400) {
        read_lines(c, data, len);
    } else if (c->body.len + len > c->limit) {
        error_set(&why, ERROR_PROTOCOL, 0, "the engine's answer is longer than %zu bytes", c->limit);
        break_off(c, &why);
    } else {
        text_add_n(&c->body, data, len);
    }
}

static void on_drained(void *user)
{
    struct call *c = user;
    if (c->drained) {
        c->drained(c);
    }
}

static void on_end(void *user, const struct error *why)
{
    struct call *c = user;
    struct reply reply = {.status = c->status, .body = text_of(&c->body), .len = c->body.len};
    c->exchange = NULL;
    if (why) {
        reply.why = *why;
        reply.status = 0;
    } else if (c->broken.kind != ERROR_NONE) {
        reply.why = c->broken;
    } else if (c->status >= 400) {
        api_error(&reply.why, c->status, reply.body, reply.len);
    }
    if (why && why->kind == ERROR_TIMEOUT) {
        docker_check(c->docker);
    }
    c->then(c, &reply);
}

void call_request(struct call *c, const struct http_request *request, size_t limit,
                  void (*then)(struct call *, const struct reply *))
{
    static const struct http_sink sink = {
        .head = on_head, .bytes = on_bytes, .drained = on_drained, .end = on_end};
    struct docker *d = c->docker;
    c->then = then;
    c->limit = limit;
    c->status = 0;
    c->broken = (struct error){0};
    text_clear(&c->body);
    text_clear(&c->jsonlines.rest);
    if ((request->apart || request->upload) && !c->slow) {
        c->slow = true;
        d->slow++;
        docker_watch(d);
    }
    c->exchange = http_start(d->http, request, &sink, c);
}

void call_ask(struct call *c, const char *method, char *path, const char *body,
              void (*then)(struct call *, const struct reply *))
{
    const struct http_request request = {
        .method = method, .path = path, .body = body, .len = body ? strlen(body) : 0, .timeout_ms = SHORT_MS};
    call_request(c, &request, API_ONE_LIMIT, then);
    free(path);
}

/* Inspects. */

static void add_runtime(cJSON *json, const cJSON *own)
{
    const char *runtime = json_string(own, "OCIRuntime", "");
    cJSON *host = cJSON_GetObjectItemCaseSensitive(json, "HostConfig");
    if (*runtime && cJSON_IsObject(host)) {
        cJSON_DeleteItemFromObjectCaseSensitive(host, "Runtime");
        cJSON_AddStringToObject(host, "Runtime", runtime);
    }
}

/* What does not say it leaves the runtime unknown: that is no failure. */
static void told_runtime(struct call *c, const struct reply *r)
{
    cJSON *json = json_parse(c->inspect, strlen(c->inspect), API_ONE_LIMIT, NULL);
    cJSON *own = r->why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, NULL) : NULL;
    add_runtime(json, own);
    char *print = json ? cJSON_PrintUnformatted(json) : mem_string(c->inspect);
    const struct reply merged = {.status = 200, .body = print, .len = strlen(print)};
    cJSON_Delete(json);
    cJSON_Delete(own);
    free(c->inspect);
    c->inspect = NULL;
    c->inspected(c, &merged);
    free(print);
}

static void inspected_by_docker(struct call *c, const struct reply *r)
{
    if (r->why.kind != ERROR_NONE || !c->docker->podman) {
        c->inspected(c, r);
        return;
    }
    struct text path = {0};
    text_addf(&path, "/v4.0.0/libpod/containers/%s/json", c->key);
    c->inspect = mem_string_n(r->body, r->len);
    call_ask(c, "GET", text_take(&path), NULL, told_runtime);
}

void call_inspect(struct call *c, const char *key, void (*then)(struct call *, const struct reply *))
{
    snprintf(c->key, sizeof c->key, "%s", key);
    c->inspected = then;
    call_ask(c, "GET", docker_path(c->docker, "/containers/%s/json", c->key), NULL, inspected_by_docker);
}

/* Threads. */

static void run_work(uv_work_t *work)
{
    struct call *c = work->data;
    c->run(c);
}

static void work_done(uv_work_t *work, int status)
{
    struct call *c = work->data;
    (void)status; /* never cancelled */
    c->working = false;
    if (c->stopped) {
        call_free(c);
    } else {
        c->done(c);
    }
}

void call_work(struct call *c, void (*run)(struct call *), void (*done)(struct call *))
{
    c->run = run;
    c->done = done;
    c->work.data = c;
    c->working = true;
    uv_queue_work(c->docker->backend.loop, &c->work, run_work, work_done); /* fails only without a function */
}
