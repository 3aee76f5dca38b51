/* A keeper is started with a pipe as its output, on which it says one line when it is ready or has failed. It
 * stays our child until one of us ends; its handle is kept until then, so that it does not stay behind as a
 * zombie, but it does not keep the loop alive.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/json.h"
#include "backends/local/engine.h"

enum { LINE_LIMIT = 8192 };

struct spawned { /* the process */
    uv_process_t process;
    struct local *local;
    struct spawned *next, **at;
    char id[STATE_ID];
};

struct starting { /* our waiting for its line */
    struct task task;
    uv_pipe_t pipe;
    uv_timer_t timer; /* when to tell that it takes long */
    char id[STATE_ID];
    uint32_t keeper; /* its pid */
    uint64_t began;
    struct task *asker;
    struct text line;
    struct error why;
    int open; /* handles */
    bool ended;
    keeper_cb cb;
    void *user;
};

/* The process. */

static void process_closed(uv_handle_t *handle)
{
    struct spawned *k = handle->data;
    struct local *l = k->local;
    free(k);
    local_release(l);
}

static void close_process(struct spawned *k)
{
    *k->at = k->next;
    if (k->next) {
        k->next->at = k->at;
    }
    uv_close((uv_handle_t *)&k->process, process_closed);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal)
{
    (void)status;
    (void)signal;
    struct spawned *k = process->data;
    struct entry *en = entries_find(k->local, k->id);
    if (en) {
        watchdog_check(k->local, en, false);
    }
    close_process(k);
}

void spawn_forget_all(struct local *l)
{
    while (l->keepers) {
        close_process(l->keepers);
    }
}

/* The waiting. */

static void part_closed(uv_handle_t *handle)
{
    struct starting *s = handle->data;
    if (--s->open > 0) {
        return;
    }
    s->cb(s->user, s->why.kind == ERROR_NONE ? NULL : &s->why, NULL);
    text_done(&s->line);
    task_end(&s->task);
    free(s);
}

static void end(struct starting *s)
{
    if (!s->ended) {
        s->ended = true;
        uv_close((uv_handle_t *)&s->pipe, part_closed);
        uv_close((uv_handle_t *)&s->timer, part_closed);
    }
}

static void understand(struct starting *s)
{
    cJSON *o = json_parse(text_of(&s->line), s->line.len, LINE_LIMIT, NULL);
    const char *sentence = json_string(o, "error.text", NULL);
    if (sentence) {
        int64_t kind = json_integer(o, "error.kind", ERROR_OTHER);
        bool known = kind > ERROR_NONE && kind <= ERROR_OTHER;
        error_set(&s->why, known ? (enum error_kind)kind : ERROR_OTHER,
                  (int32_t)json_integer(o, "error.native", 0), "%s", sentence);
    } else if (!json_bool(o, "ok", false)) {
        error_set(&s->why, ERROR_UNREACHABLE, 0,
                  "the keeper of container %s ended without a word; see the system's log for a crash", s->id);
    }
    cJSON_Delete(o);
}

static void get_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    (void)wanted;
    struct starting *s = handle->data;
    *out = uv_buf_init(s->task.local->read_room, READ_ROOM);
}

static void on_words(uv_stream_t *stream, ssize_t n, const uv_buf_t *got)
{
    struct starting *s = stream->data;
    if (n > 0 && s->line.len + (size_t)n <= LINE_LIMIT) {
        text_add_n(&s->line, got->base, (size_t)n);
        if (!memchr(got->base, '\n', (size_t)n)) {
            return;
        }
    }
    if (n != 0 && !s->ended) {
        understand(s);
        end(s);
    }
}

static void takes_long(uv_timer_t *timer)
{
    struct starting *s = timer->data;
    slow_tell(s->asker, (uv_now(timer->loop) - s->began) / 1000, s->keeper);
}

static void stop_waiting(struct task *t)
{
    struct starting *s = (struct starting *)t;
    if (!s->ended) {
        error_set(&s->why, ERROR_CANCELLED, 0, "cancelled before it was done");
        end(s);
    }
}

static int run(struct starting *s, bool hold)
{
    struct local *l = s->task.local;
    struct spawned *k = mem_new(1, sizeof *k);
    char *program = paths_helper("porthole-keeper");
    char *held[] = {program, "--hold", s->id, NULL}, *direct[] = {program, s->id, NULL};
    uv_stdio_container_t io[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&s->pipe},
        {.flags = UV_IGNORE}};
    const uv_process_options_t options = {.exit_cb = on_exit_of,
                                          .file = program,
                                          .args = hold ? held : direct,
                                          .flags = UV_PROCESS_DETACHED,
                                          .stdio_count = 3,
                                          .stdio = io};
    k->local = l;
    k->process.data = k;
    memcpy(k->id, s->id, STATE_ID);
    k->next = l->keepers;
    k->at = &l->keepers;
    if (k->next) {
        k->next->at = &k->next;
    }
    l->keepers = k;
    local_hold(l);
    int failed = uv_spawn(l->backend.loop, &k->process, &options);
    if (failed) {
        error_errno(&s->why, -failed, "cannot start the keeper %s", program);
        close_process(k);
    } else {
        s->keeper = (uint32_t)k->process.pid;
        uv_unref((uv_handle_t *)&k->process);
    }
    free(program);
    return failed;
}

void spawn_keeper(struct local *l, const char *id, bool hold, struct task *asker, keeper_cb cb, void *user)
{
    struct starting *s = mem_new(1, sizeof *s);
    s->cb = cb;
    s->user = user;
    s->asker = asker;
    s->began = uv_now(l->backend.loop);
    memcpy(s->id, id, STATE_ID);
    task_begin(&s->task, l, NULL, stop_waiting);
    uv_pipe_init(l->backend.loop, &s->pipe, 0);
    uv_timer_init(l->backend.loop, &s->timer);
    s->pipe.data = s->timer.data = s;
    s->open = 2;
    if (run(s, hold) != 0) {
        end(s);
        return;
    }
    uv_timer_start(&s->timer, takes_long, l->start_progress, l->start_progress);
    uv_read_start((uv_stream_t *)&s->pipe, get_room, on_words);
}
