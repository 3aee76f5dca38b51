#include "backends/docker/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUSPECT_MOST = 4096, SYSTEM_MOST = 1024 };

static const char RUNTIME_WORDS[] = "OCI runtime exec failed";

const char *stream_name(const struct stream *s)
{
    return entry_name(s->docker, s->key);
}

/* Life. */

static void stream_free(uv_handle_t *handle)
{
    struct stream *s = handle->data;
    struct docker *d = s->docker;
    free(s->argv);
    free(s->env);
    free(s->workdir);
    free(s->user);
    text_done(&s->refusal);
    text_done(&s->system);
    text_done(&s->early);
    text_done(&s->suspect);
    free(s);
    docker_release(d);
}

/* Whatever is under way for it ends. */
static void let_go(struct stream *s)
{
    if (s->step) {
        call_cancel(s->step);
    }
    if (s->sizing) {
        call_cancel(s->sizing);
    }
    if (s->exchange) {
        http_cancel(s->exchange);
        s->exchange = NULL;
    }
}

static void unlink_stream(struct stream *s)
{
    *s->at = s->next;
    if (s->next) {
        s->next->at = s->at;
    }
    let_go(s);
    uv_close((uv_handle_t *)&s->timer, stream_free);
}

static void on_time(uv_timer_t *timer)
{
    struct stream *s = timer->data;
    s->on_timer(s);
}

void stream_later(struct stream *s, unsigned ms, void (*on_timer)(struct stream *))
{
    if (!s->closed) {
        s->on_timer = on_timer;
        uv_timer_start(&s->timer, on_time, ms, 0);
    }
}

static void say_closed(struct stream *s)
{
    s->closed = true;
    unlink_stream(s);
    s->console.sink->closed(s->console.user, s->why.kind == ERROR_NONE ? NULL : &s->why, s->code);
}

void stream_end(struct stream *s, const struct error *why, int exit_code)
{
    if (s->closed || s->ending) {
        return;
    }
    s->ending = true;
    s->code = exit_code;
    s->why = why ? *why : (struct error){0};
    let_go(s);
    stream_later(s, 0, say_closed);
}

static void stream_close(struct console *console)
{
    struct stream *s = (struct stream *)console;
    s->closed = true;
    unlink_stream(s);
}

void streams_lose_all(struct docker *d, const struct error *lost)
{
    struct error why;
    for (struct stream *s = d->streams; s; s = s->next) {
        error_set(&why, ERROR_UNREACHABLE, lost->native, "the console of %s has ended: %s", stream_name(s),
                  lost->text);
        stream_end(s, &why, -1);
    }
}

void streams_close_all(struct docker *d)
{
    struct error why;
    for (struct stream *s = d->streams; s; s = s->next) {
        error_set(&why, ERROR_CANCELLED, 0, "the console of %s is closed: porthole has left docker",
                  stream_name(s));
        stream_end(s, &why, -1);
    }
}

/* Questions. */

struct step {
    struct call call;
    struct stream *stream;
    struct call **slot;
    void (*then)(struct stream *, const struct reply *);
};

static void drop_step(struct call *c)
{
    *((struct step *)c)->slot = NULL;
}

/* The step is over before the stream goes on, so that it may take the next. */
static void step_done(struct call *c, const struct reply *r)
{
    struct step *step = (struct step *)c;
    struct stream *s = step->stream;
    void (*then)(struct stream *, const struct reply *) = step->then;
    struct text body = {0};
    text_add_n(&body, r->body, r->len);
    const struct reply reply = {.why = r->why, .status = r->status, .body = text_of(&body), .len = body.len};
    call_succeed(c);
    then(s, &reply);
    text_done(&body);
}

void stream_ask(struct stream *s, struct call **slot, const char *method, char *path, const char *body,
                size_t limit, void (*then)(struct stream *, const struct reply *))
{
    struct step *step = mem_new(1, sizeof *step);
    const struct http_request request = {
        .method = method, .path = path, .body = body, .len = body ? strlen(body) : 0, .timeout_ms = SHORT_MS};
    step->stream = s;
    step->slot = slot;
    step->then = then;
    *slot = &step->call;
    call_begin(&step->call, s->docker, NULL, NULL, drop_step);
    call_request(&step->call, &request, limit, step_done);
    free(path);
}

/* Size: one resize at a time, so that the last one wins; and input waits for it, since they go by different
 * ways. */

static void resized(struct stream *s, const struct reply *r)
{
    if (r->why.kind == ERROR_NONE && (s->rows != s->sent_rows || s->cols != s->sent_cols)) {
        stream_resize(s);
    }
    stream_send(s);
}

void stream_resize(struct stream *s)
{
    const struct docker *d = s->docker;
    if (!s->tty || !s->connected || s->kind == CONSOLE_LOGS || s->over || s->ending || s->sizing ||
        s->rows <= 0 || s->cols <= 0) {
        return;
    }
    s->sent_rows = s->rows;
    s->sent_cols = s->cols;
    char *path = s->kind == CONSOLE_EXEC
                     ? docker_path(d, "/exec/%s/resize?h=%d&w=%d", s->exec_id, s->rows, s->cols)
                     : docker_path(d, "/containers/%s/resize?h=%d&w=%d", s->key, s->rows, s->cols);
    stream_ask(s, &s->sizing, "POST", path, NULL, API_ONE_LIMIT, resized);
}

/* The API has no signals for an exec: a process of this machine is signalled here. */

static void pid_told(struct stream *s, const struct reply *r)
{
    cJSON *json = r->why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, NULL) : NULL;
    s->pid = json_bool(json, "Running", false) ? (uint32_t)json_integer(json, "Pid", 0) : 0;
    cJSON_Delete(json);
    if (s->pid > 1) {
        nearby_signal(s->docker->nearby, s->key, s->pid, s->signal);
    }
    s->signal = 0;
}

static void signal_exec(struct stream *s)
{
    if (s->pid > 1) {
        nearby_signal(s->docker->nearby, s->key, s->pid, s->signal);
        s->signal = 0;
    } else if (!s->step) {
        stream_ask(s, &s->step, "GET", docker_path(s->docker, "/exec/%s/json", s->exec_id), NULL,
                   API_ONE_LIMIT, pid_told);
    }
}

/* Output. */

static enum console_stream side_of(enum frame_stream stream)
{
    return stream == FRAME_ERR ? CONSOLE_ERR : CONSOLE_OUT;
}

static void emit(struct stream *s, enum console_stream side, int64_t when, const char *data, size_t len)
{
    if (len > 0 && !s->closed && !s->ending) {
        stream_opened(s);
    }
    if (len > 0 && !s->closed && !s->ending) {
        s->console.sink->bytes(s->console.user, side, when, data, len);
    }
}

/* The engine reports a command that could not be run as output. Only its beginning tells; the end of the
 * stream, and an inspect, tell whether it is so. */
static bool is_suspect(struct stream *s, const char *data, size_t len)
{
    size_t prefix = sizeof RUNTIME_WORDS - 1;
    if (s->kind != CONSOLE_EXEC || s->judged) {
        return false;
    }
    text_add_n(&s->suspect, data, len);
    size_t have = s->suspect.len < prefix ? s->suspect.len : prefix;
    return memcmp(text_of(&s->suspect), RUNTIME_WORDS, have) == 0 && s->suspect.len < SUSPECT_MOST;
}

static void plain_output(struct stream *s, enum console_stream side, const char *data, size_t len)
{
    if (is_suspect(s, data, len)) {
        return;
    }
    if (s->suspect.len > 0 && !s->judged) {
        s->judged = true;
        char *all = s->suspect.data;
        len = s->suspect.len;
        s->suspect = (struct text){0};
        emit(s, side, 0, all, len);
        free(all);
        return;
    }
    s->judged = true;
    emit(s, side, 0, data, len);
}

struct stamped {
    struct stream *stream;
    enum console_stream side;
};

static void stamped_output(void *user, int64_t when, const char *data, size_t len)
{
    const struct stamped *to = user;
    emit(to->stream, to->side, when, data, len);
}

static void side_output(struct stream *s, enum console_stream side, const char *data, size_t len)
{
    struct stamped to = {s, side};
    if (s->stamped) {
        stamps_feed(&s->stamps[side], s->tty, data, len, stamped_output, &to);
    } else {
        plain_output(s, side, data, len);
    }
}

static void on_frame(void *user, enum frame_stream stream, bool start, const char *data, size_t len)
{
    struct stream *s = user;
    if (stream == FRAME_SYSTEM) {
        text_add_clean(&s->system, data, s->system.len < SYSTEM_MOST ? len : 0);
    } else if (stream != FRAME_INPUT && start) {
        stamps_begin(&s->stamps[side_of(stream)]);
    } else if (stream != FRAME_INPUT && len > 0) {
        side_output(s, side_of(stream), data, len);
    }
}

void stream_output(struct stream *s, const char *data, size_t len)
{
    struct error why;
    s->docker->typed = false;
    if (s->closed || s->ending) {
        return;
    }
    if (s->tty) {
        side_output(s, CONSOLE_OUT, data, len);
    } else if (!frames_feed(&s->frames, data, len, &s->closed, on_frame, s, &why)) {
        stream_end(s, &why, -1);
    }
}

/* Input, and what else an owner may do. */

void stream_opened(struct stream *s)
{
    if (!s->opened && !s->closed) {
        s->opened = true;
        if (s->console.sink->opened) {
            s->console.sink->opened(s->console.user);
        }
    }
    if (s->signal && !s->closed) {
        signal_exec(s);
    }
}

void stream_send(struct stream *s)
{
    if (!s->connected || !s->exchange || s->sizing) {
        return;
    }
    if (s->early.len > 0) {
        http_write(s->exchange, s->early.data, s->early.len);
        text_clear(&s->early);
    }
    if (s->end_of_input && !s->input_ended) {
        s->input_ended = true;
        http_end_input(s->exchange);
    }
}

/* An engine that hangs is noticed by that, and by that only. */
static void expect_something(struct docker *d)
{
    d->typed = true;
    docker_watch(d);
}

static void stream_write(struct console *console, const char *data, size_t len)
{
    struct stream *s = (struct stream *)console;
    if (s->kind == CONSOLE_LOGS || s->over || s->ending || s->end_of_input) {
        return;
    }
    s->wants_drained = true;
    expect_something(s->docker);
    text_add_n(&s->early, data, len);
    stream_send(s);
}

static void stream_end_input(struct console *console)
{
    struct stream *s = (struct stream *)console;
    if (s->kind != CONSOLE_LOGS && !s->end_of_input) {
        s->end_of_input = true;
        stream_send(s);
    }
}

static void stream_hold(struct console *console, bool hold)
{
    struct stream *s = (struct stream *)console;
    s->held = hold;
    if (s->connected && s->exchange && !s->replaying) {
        http_hold(s->exchange, hold);
    }
}

static void stream_set_size(struct console *console, int rows, int cols)
{
    struct stream *s = (struct stream *)console;
    s->rows = rows;
    s->cols = cols;
    stream_resize(s);
}

static void sent(struct call *c, const struct reply *r)
{
    (void)r; /* what cannot be signalled is silent */
    call_succeed(c);
}

static void stream_signal(struct console *console, int number)
{
    struct stream *s = (struct stream *)console;
    struct docker *d = s->docker;
    if (s->kind != CONSOLE_LOGS && !s->over) {
        expect_something(d); /* as a rule the end */
    }
    if (s->kind == CONSOLE_ATTACH && !s->ending && d->online) {
        struct call *c = mem_new(1, sizeof *c);
        call_begin(c, d, NULL, NULL, NULL);
        call_ask(c, "POST", docker_path(d, "/containers/%s/kill?signal=%d", s->key, number), NULL, sent);
    } else if (s->kind == CONSOLE_EXEC && !s->over) {
        s->signal = number;
        if (s->opened) {
            signal_exec(s);
        }
    }
}

static const struct console_type stream_type = {.write = stream_write,
                                                .end_input = stream_end_input,
                                                .hold = stream_hold,
                                                .resize = stream_set_size,
                                                .signal = stream_signal,
                                                .close = stream_close};

struct console *docker_console(struct backend *b, const char *key, const struct console_spec *spec,
                               const struct console_sink *sink, void *user)
{
    struct docker *d = (struct docker *)b;
    struct stream *s = mem_new(1, sizeof *s);
    s->console = (struct console){.type = &stream_type, .sink = sink, .user = user};
    s->docker = d;
    s->kind = spec->kind;
    snprintf(s->key, sizeof s->key, "%s", key);
    s->argv = mem_strings(spec->argv);
    s->env = mem_strings(spec->env);
    s->workdir = mem_string(spec->workdir);
    s->user = mem_string(spec->user);
    s->tty = spec->terminal;
    s->input = spec->input;
    s->follow = spec->follow;
    s->stamped = spec->kind == CONSOLE_LOGS && spec->stamps;
    s->replay = spec->replay;
    s->rows = spec->rows;
    s->cols = spec->cols;
    s->tail = spec->tail;
    s->since = spec->since;
    s->until = spec->until;
    s->next = d->streams;
    s->at = &d->streams;
    if (s->next) {
        s->next->at = &s->next;
    }
    d->streams = s;
    docker_hold(d);
    uv_timer_init(d->backend.loop, &s->timer);
    s->timer.data = s;
    stream_begin(s);
    return &s->console;
}
