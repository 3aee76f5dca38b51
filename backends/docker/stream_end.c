/* How a console ends. An exec's code comes by the event "exec_die", a container's by "die"; either may come
 * before or after the end of the stream. Whoever has not heard it asks.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/docker/stream.h"

enum { RETRY_MS = 50, TRIES = 100, KILLED = 128 + 9 };

static void fail(struct stream *s, enum error_kind kind, const char *words)
{
    struct error why;
    error_set(&why, kind, 0, "the console of %s has ended: %s", stream_name(s), words);
    stream_end(s, &why, -1);
}

/* A process that has said nothing has run all the same. */
static void end_well(struct stream *s, int code)
{
    stream_opened(s);
    if (!s->closed) {
        stream_end(s, NULL, code);
    }
}

static void ask_exec(struct stream *s);
static void ask_container(struct stream *s);

static void try_again(struct stream *s, void (*ask)(struct stream *), const char *otherwise)
{
    if (s->tries++ < TRIES) {
        stream_later(s, RETRY_MS, ask);
    } else {
        fail(s, ERROR_UNREACHABLE, otherwise);
    }
}

/* Nothing was run: the runtime's words are all that came. */
static void fail_to_run(struct stream *s, int code)
{
    struct text words = {0};
    struct error why;
    text_add_clean(&words, text_of(&s->suspect), s->suspect.len);
    while (words.len > 0 && (words.data[words.len - 1] == ' ' || words.data[words.len - 1] == '\xbd')) {
        words.len -= words.data[words.len - 1] == ' ' ? 1 : 3; /* a carriage return was cleaned to U+FFFD */
        words.data[words.len] = '\0';
    }
    error_set(&why, api_start_kind(text_of(&words), code == 127 ? ERROR_NO_COMMAND : ERROR_NOT_RUNNABLE),
              code, "cannot run it in %s: %s", stream_name(s),
              words.len > 0 ? words.data : "no such command");
    text_done(&words);
    stream_end(s, &why, -1);
}

static void exec_told(struct stream *s, const struct reply *r)
{
    cJSON *json = r->why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, NULL) : NULL;
    int code = (int)json_integer(json, "ExitCode", -1);
    if (r->status == 404 || r->status == 409) {
        end_well(s, KILLED); /* its container has ended, and with it all that ran there */
    } else if (!json) {
        fail(s, r->status == 0 ? ERROR_UNREACHABLE : ERROR_PROTOCOL, r->why.text);
    } else if (json_bool(json, "Running", false)) {
        try_again(s, ask_exec, "docker has closed the connection; what was run goes on");
    } else if (s->suspect.len > 0 && !s->judged &&
               (code == 126 || code == 127 || json_integer(json, "Pid", 0) == 0)) {
        fail_to_run(s, code);
    } else {
        end_well(s, code);
    }
    cJSON_Delete(json);
}

static void ask_exec(struct stream *s)
{
    if (!s->step) {
        stream_ask(s, &s->step, "GET", docker_path(s->docker, "/exec/%s/json", s->exec_id), NULL,
                   API_ONE_LIMIT, exec_told);
    }
}

static void container_told(struct stream *s, const struct reply *r)
{
    struct api_record record;
    cJSON *json = r->why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, NULL) : NULL;
    if (r->why.kind == ERROR_NOT_FOUND) {
        try_again(s, ask_container, "it was removed, and its exit code with it");
    } else if (!json || !api_inspect(&record, json, &s->docker->about)) {
        fail(s, r->status == 0 ? ERROR_UNREACHABLE : ERROR_PROTOCOL, r->why.text);
    } else {
        if (state_has_ended(record.c.state)) {
            stream_end(s, NULL, record.c.exit_code);
        } else {
            try_again(s, ask_container, "docker has closed the connection; the container goes on");
        }
        api_record_done(&record);
    }
    cJSON_Delete(json);
}

static void ask_container(struct stream *s)
{
    if (!s->step) {
        stream_ask(s, &s->step, "GET", docker_path(s->docker, "/containers/%s/json", s->key), NULL,
                   API_ONE_LIMIT, container_told);
    }
}

void stream_over(struct stream *s, const struct error *why)
{
    s->over = true;
    s->tries = 0;
    if (s->step) { /* of a signal or a replay, which comes too late */
        call_cancel(s->step);
    }
    if (s->system.len > 0) {
        fail(s, ERROR_OTHER, text_of(&s->system));
    } else if (why) {
        fail(s, ERROR_UNREACHABLE, why->text);
    } else if (s->kind == CONSOLE_LOGS) {
        stream_end(s, NULL, -1);
    } else if (s->has_code) {
        end_well(s, s->code);
    } else if (s->kind == CONSOLE_EXEC) {
        ask_exec(s);
    } else {
        ask_container(s);
    }
}

static void has_code(struct stream *s, int code)
{
    s->has_code = true;
    if (!s->ending) {
        s->code = code;
    }
    if (s->over) {
        end_well(s, code);
    }
}

void streams_exec_died(struct docker *d, const char *exec_id, int exit_code)
{
    for (struct stream *s = d->streams, *next; s; s = next) {
        next = s->next;
        if (s->kind == CONSOLE_EXEC && strcmp(s->exec_id, exec_id) == 0 &&
            (s->suspect.len == 0 || s->judged)) {
            has_code(s, exit_code);
        }
    }
}

void streams_died(struct docker *d, const char *key, int exit_code)
{
    for (struct stream *s = d->streams, *next; s; s = next) {
        next = s->next;
        if (s->kind == CONSOLE_ATTACH && s->opened && exit_code >= 0 && strcmp(s->key, key) == 0) {
            has_code(s, exit_code);
        }
    }
}

void streams_started(struct docker *d, const char *key)
{
    for (struct stream *s = d->streams; s; s = s->next) {
        if (s->kind == CONSOLE_ATTACH && strcmp(s->key, key) == 0) {
            stream_resize(s);
        }
    }
}
