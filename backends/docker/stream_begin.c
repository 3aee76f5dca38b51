/* How each kind of console begins. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/stream.h"
#include "core/times.h"

enum { REFUSAL_MOST = 4096, REPLAY_MOST = 1024 * 1024, REPLAY_LINES = 48, START_MS = 5, START_TRIES = 200 };

/* docker takes these keys out of what is typed, and closes the stream on them. Its console is left by ours:
 * these cannot be typed. In a path it may be a byte that is in no UTF-8; in JSON that cannot be written. */
static const char NO_DETACH_QUERY[] = "detachKeys=%FF";
static const char NO_DETACH_JSON[] = "ctrl-@,ctrl-^,ctrl-@,ctrl-^,ctrl-@";

/* The connection. */

static void replayed(struct stream *s, const struct reply *r)
{
    struct frames live = s->frames;
    s->frames = (struct frames){0};
    if (r->why.kind == ERROR_NONE) { /* else its logs cannot be read: the live output goes on */
        stream_output(s, r->body, r->len);
    }
    s->frames = live;
    s->replaying = false;
    if (!s->closed && !s->ending && s->console.sink->live) {
        s->console.sink->live(s->console.user);
    }
    if (s->exchange) {
        http_hold(s->exchange, s->held);
    }
}

/* The live stream is there, and held: what the logs have up to this moment comes before it. */
static void replay(struct stream *s)
{
    const struct entry *en = roster_find(s->docker, s->key);
    int64_t now = time_now() + 1 + (en && en->cgroup ? 0 : s->docker->skew);
    int lines = s->rows > 0 ? 2 * s->rows : REPLAY_LINES;
    s->replaying = true;
    http_hold(s->exchange, true);
    stream_ask(s, &s->step, "GET",
               docker_path(s->docker,
                           "/containers/%s/logs?stdout=1&stderr=1&tail=%d&until=%" PRId64 ".%03d000000",
                           s->key, lines, now / 1000, (int)(now % 1000)),
               NULL, REPLAY_MOST, replayed);
}

/* An exec is connected before it is started, and may never be. Its first output tells that it runs, else an
 * inspect. */
static void ask_start(struct stream *s);

static void start_told(struct stream *s, const struct reply *r)
{
    cJSON *json = r->why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, NULL) : NULL;
    s->pid = json_bool(json, "Running", false) ? (uint32_t)json_integer(json, "Pid", 0) : 0;
    if (s->pid > 0) {
        stream_opened(s);
    } else if (r->status == 200 && json_bool(json, "Running", true) && s->tries++ < START_TRIES) {
        stream_later(s, START_MS * (unsigned)(s->tries < 10 ? s->tries : 10), ask_start);
    }
    cJSON_Delete(json);
}

static void ask_start(struct stream *s)
{
    if (!s->step && !s->over) {
        stream_ask(s, &s->step, "GET", docker_path(s->docker, "/exec/%s/json", s->exec_id), NULL,
                   API_ONE_LIMIT, start_told);
    }
}

static void await_start(struct stream *s)
{
    stream_later(s, START_MS, ask_start);
}

static void on_head(void *user, int status)
{
    struct stream *s = user;
    s->status = status;
    if (status != 101 && status != 200) {
        return; /* the refusal follows */
    }
    s->connected = true;
    if (s->kind == CONSOLE_EXEC) {
        await_start(s);
    } else {
        stream_opened(s);
    }
    if (s->closed || s->ending || !s->exchange) {
        return;
    }
    stream_resize(s);
    stream_send(s);
    if (s->kind == CONSOLE_ATTACH && s->replay) {
        replay(s);
    } else if (s->held) {
        http_hold(s->exchange, true);
    }
}

static void on_bytes(void *user, const char *data, size_t len)
{
    struct stream *s = user;
    if (s->connected) {
        stream_output(s, data, len);
    } else if (s->refusal.len < REFUSAL_MOST) {
        text_add_n(&s->refusal, data, len < REFUSAL_MOST ? len : REFUSAL_MOST);
    }
}

static void on_drained(void *user)
{
    struct stream *s = user;
    if (s->connected && s->wants_drained && s->exchange && http_unsent(s->exchange) == 0) {
        s->wants_drained = false;
        if (s->console.sink->drained) {
            s->console.sink->drained(s->console.user);
        }
    }
}

static void on_end(void *user, const struct error *why)
{
    struct stream *s = user;
    struct error e = {0};
    s->exchange = NULL;
    if (s->connected) {
        stream_over(s, why);
        return;
    }
    if (why) {
        e = *why;
    } else {
        api_error(&e, s->status, text_of(&s->refusal), s->refusal.len);
    }
    error_wrap(&e, "%s %s", s->kind == CONSOLE_LOGS ? "cannot read the logs of" : "cannot open a console of",
               stream_name(s));
    stream_end(s, &e, -1);
}

static void connect_to(struct stream *s, const char *method, char *path, const char *body)
{
    static const struct http_sink sink = {on_head, on_bytes, on_drained, on_end};
    const struct http_request request = {.method = method,
                                         .path = path,
                                         .body = body,
                                         .len = body ? strlen(body) : 0,
                                         .timeout_ms = SHORT_MS,
                                         .apart = true,
                                         .upgrade = s->kind != CONSOLE_LOGS};
    s->exchange = http_start(s->docker->http, &request, &sink, s);
    free(path);
}

/* Exec. */

static void add_text(cJSON *o, const char *name, const char *value)
{
    if (value) {
        cJSON_AddStringToObject(o, name, value);
    }
}

static void add_size(cJSON *o, const struct stream *s)
{
    if (s->tty && s->docker->api >= 42 && s->rows > 0 && s->cols > 0) {
        const int size[] = {s->rows, s->cols};
        cJSON_AddItemToObject(o, "ConsoleSize", cJSON_CreateIntArray(size, 2));
        /* what is sent need not be sent again */
    }
}

static void exec_created(struct stream *s, const struct reply *r)
{
    struct error why = r->why;
    cJSON *json = why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, &why) : NULL;
    const char *id = json_string(json, "Id", "");
    if (json && !api_key_ok(id)) {
        error_set(&why, ERROR_PROTOCOL, 0, "docker does not tell the id of the exec");
    } else if (json) {
        memcpy(s->exec_id, id, EXEC_ID);
    }
    cJSON_Delete(json);
    if (why.kind != ERROR_NONE) {
        error_wrap(&why, "cannot run anything in %s", stream_name(s));
        stream_end(s, &why, -1);
        return;
    }
    cJSON *body = cJSON_CreateObject();
    cJSON_AddBoolToObject(body, "Detach", false);
    cJSON_AddBoolToObject(body, "Tty", s->tty);
    add_size(body, s);
    char *text = cJSON_PrintUnformatted(body);
    connect_to(s, "POST", docker_path(s->docker, "/exec/%s/start", s->exec_id), text);
    cJSON_free(text);
    cJSON_Delete(body);
}

static void create_exec(struct stream *s, const char *const *argv)
{
    cJSON *body = cJSON_CreateObject();
    cJSON_AddBoolToObject(body, "AttachStdin", s->input);
    cJSON_AddBoolToObject(body, "AttachStdout", true);
    cJSON_AddBoolToObject(body, "AttachStderr", true);
    cJSON_AddBoolToObject(body, "Tty", s->tty);
    json_add_strings(body, "Cmd", argv);
    json_add_strings(body, "Env", (const char *const *)s->env);
    add_text(body, "WorkingDir", s->workdir);
    add_text(body, "User", s->user);
    add_text(body, "DetachKeys", NO_DETACH_JSON);
    add_size(body, s);
    char *text = cJSON_PrintUnformatted(body);
    stream_ask(s, &s->step, "POST", docker_path(s->docker, "/containers/%s/exec", s->key), text,
               API_ONE_LIMIT, exec_created);
    cJSON_free(text);
    cJSON_Delete(body);
}

static void has_shell(void *user, const char *shell, const struct error *why)
{
    struct stream *s = user;
    const char *const argv[] = {shell, NULL};
    if (why) {
        stream_end(s, why, -1);
    } else {
        create_exec(s, argv);
    }
}

static void begin_exec(struct stream *s)
{
    /* Whether an image of Windows has pwsh or powershell is found out inside: a running VM's files cannot be
     * asked for. */
    static const char *const windows[] = {
        "cmd", "/s", "/c",
        "where /q pwsh.exe & if not errorlevel 1 (pwsh.exe -NoLogo) else "
        "(where /q powershell.exe & if not errorlevel 1 (powershell.exe -NoLogo) else (cmd.exe))",
        NULL};
    if (s->argv) {
        create_exec(s, (const char *const *)s->argv);
    } else if (s->docker->about.windows) {
        create_exec(s, windows);
    } else {
        shells_find(s->docker, s->key, &s->step, has_shell, s);
    }
}

/* Attach and logs. */

static void begin_attach(struct stream *s, enum container_state state)
{
    struct error why;
    if (state_has_ended(state) && !state_is_live(state)) { /* the engine would wait for its next start */
        error_set(&why, ERROR_CONFLICT, 0, "cannot attach to %s: it does not run; start it first",
                  stream_name(s));
        stream_end(s, &why, -1);
        return;
    }
    connect_to(s, "POST",
               docker_path(s->docker, "/containers/%s/attach?stream=1&stdout=1&stderr=1&stdin=%d&%s", s->key,
                           s->input, NO_DETACH_QUERY),
               NULL);
}

static void add_moment(struct text *t, const char *name, int64_t ms)
{
    if (ms > 0) {
        text_addf(t, "&%s=%" PRId64 ".%03d000000", name, ms / 1000, (int)(ms % 1000));
    }
}

static void begin_logs(struct stream *s)
{
    struct text query = {0};
    text_addf(&query, "stdout=1&stderr=1&timestamps=%d&follow=%d", s->stamped, s->follow);
    if (s->tail >= 0) {
        text_addf(&query, "&tail=%" PRId64, s->tail);
    }
    add_moment(&query, "since", s->since);
    add_moment(&query, "until", s->until);
    connect_to(s, "GET", docker_path(s->docker, "/containers/%s/logs?%s", s->key, text_of(&query)), NULL);
    text_done(&query);
}

static void begin_known(struct stream *s, bool tty, enum container_state state)
{
    if (s->kind == CONSOLE_EXEC) {
        begin_exec(s);
        return;
    }
    s->tty = tty;
    if (s->kind == CONSOLE_ATTACH) {
        begin_attach(s, state);
    } else {
        begin_logs(s);
    }
}

static void inspected(struct stream *s, const struct reply *r)
{
    struct api_record record;
    struct error why = r->why;
    cJSON *json = why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, &why) : NULL;
    if (!json || !api_inspect(&record, json, &s->docker->about)) {
        stream_end(s, &why, -1);
    } else {
        begin_known(s, record.c.terminal, record.c.state);
        api_record_done(&record);
    }
    cJSON_Delete(json);
}

void stream_begin(struct stream *s)
{
    struct docker *d = s->docker;
    const struct entry *en = roster_find(d, s->key);
    struct error why;
    if (!api_key_ok(s->key)) {
        docker_no_container(&why, "open a console of it", s->key);
        stream_end(s, &why, -1);
    } else if (!d->online) {
        error_set(&why, ERROR_UNREACHABLE, 0, "cannot open a console of %s: docker does not answer", s->key);
        stream_end(s, &why, -1);
    } else if (en && en->inspected) {
        begin_known(s, en->record.terminal, en->record.state);
    } else {
        stream_ask(s, &s->step, "GET", docker_path(d, "/containers/%s/json", s->key), NULL, API_ONE_LIMIT,
                   inspected);
    }
}
