#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/json.h"
#include "backends/local/engine.h"
#include "core/text.h"

/* Seconds; patience: beyond what the verb itself may take. */
enum { PATIENCE = 30, STOP_TIMEOUT = 10 };

struct asking {
    struct task task;
    uv_pipe_t pipe;
    uv_timer_t timer;
    uv_write_t write;
    unsigned char *request;
    struct wire *wire;
    struct task *asker;
    uint32_t keeper;
    uint64_t began;
    char *name; /* of the container, for sentences */
    const char *verb;
    struct error why;
    struct text remark;
    int open; /* handles */
    bool ended;
    keeper_cb cb;
    void *user;
};

static void part_closed(uv_handle_t *handle)
{
    struct asking *a = handle->data;
    if (--a->open > 0) {
        return;
    }
    a->cb(a->user, a->why.kind == ERROR_NONE ? NULL : &a->why, a->remark.len ? text_of(&a->remark) : NULL);
    wire_free(a->wire);
    text_done(&a->remark);
    free(a->request);
    free(a->name);
    task_end(&a->task);
    free(a);
}

static void end(struct asking *a)
{
    if (!a->ended) {
        a->ended = true;
        uv_close((uv_handle_t *)&a->pipe, part_closed);
        uv_close((uv_handle_t *)&a->timer, part_closed);
    }
}

static void lost(struct asking *a, const char *reason)
{
    if (!a->ended) {
        error_set(&a->why, ERROR_UNREACHABLE, 0, "the keeper of %s did not answer to %s: %s", a->name,
                  a->verb, reason);
        end(a);
    }
}

static void too_late(uv_timer_t *timer)
{
    struct asking *a = timer->data;
    error_set(&a->why, ERROR_TIMEOUT, 0, "%s of %s is taking too long: its keeper has not answered yet",
              a->verb, a->name);
    end(a);
}

static void takes_long(uv_timer_t *timer)
{
    struct asking *a = timer->data;
    slow_tell(a->asker, (uv_now(timer->loop) - a->began) / 1000, a->keeper);
}

static void get_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    (void)wanted;
    struct asking *a = handle->data;
    *out = uv_buf_init(a->task.local->read_room, READ_ROOM);
}

static void on_answer(uv_stream_t *stream, ssize_t n, const uv_buf_t *got)
{
    struct asking *a = stream->data;
    struct wire_frame frame;
    if (n < 0) {
        lost(a, n == UV_EOF ? "it closed the connection" : uv_strerror((int)n));
        return;
    }
    wire_feed(a->wire, got->base, (size_t)n);
    int more = wire_next(a->wire, &frame, &a->why);
    if (more > 0 && frame.type == WIRE_ERROR) {
        wire_unpack_error(&frame, &a->why);
    } else if (more > 0 && frame.type == WIRE_DONE) {
        text_add_clean(&a->remark, (const char *)frame.payload, frame.len);
    } else if (more > 0) {
        error_set(&a->why, ERROR_PROTOCOL, frame.type, "the keeper of %s answered nonsense to %s", a->name,
                  a->verb);
    }
    if (more != 0) {
        end(a);
    }
}

static void written(uv_write_t *write, int status)
{
    struct asking *a = write->handle->data;
    if (status < 0 && status != UV_ECANCELED) {
        lost(a, uv_strerror(status));
    }
}

static void stop_asking(struct task *t)
{
    struct asking *a = (struct asking *)t;
    if (!a->ended) {
        error_set(&a->why, ERROR_CANCELLED, 0, "cancelled before it was done");
        end(a);
    }
}

static size_t make_request(struct asking *a, const struct control *control)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "verb", control->verb);
    if (control->signal) {
        cJSON_AddStringToObject(o, "signal", control->signal);
    }
    if (control->timeout >= 0) {
        cJSON_AddNumberToObject(o, "timeout", control->timeout);
    }
    if (control->force) {
        cJSON_AddTrueToObject(o, "force");
    }
    char *text = cJSON_PrintUnformatted(o);
    size_t size;
    a->request = wire_pack(WIRE_CONTROL, 0, text, strlen(text), &size);
    cJSON_free(text);
    cJSON_Delete(o);
    return size;
}

/* A start ends with an answer, or with its keeper, which closes the connection. */
static bool is_start(const struct control *control)
{
    return strcmp(control->verb, "start") == 0 || strcmp(control->verb, "restart") == 0;
}

static void start_timer(struct asking *a, const struct control *control)
{
    uint64_t wait = (uint64_t)(control->timeout >= 0 ? control->timeout : STOP_TIMEOUT) +
                    (uint64_t)(control->patience > 0 ? control->patience : PATIENCE);
    if (is_start(control)) {
        uint64_t period = a->task.local->start_progress;
        uv_timer_start(&a->timer, takes_long, period, period);
    } else {
        uv_timer_start(&a->timer, too_late, wait * 1000, 0);
    }
}

static void send_request(struct asking *a, int fd, const struct control *control)
{
    size_t size = make_request(a, control);
    uv_buf_t bytes = uv_buf_init((char *)a->request, (unsigned)size);
    int failed = uv_pipe_open(&a->pipe, fd);
    if (failed) {
        close(fd);
        lost(a, uv_strerror(failed));
        return;
    }
    start_timer(a, control);
    uv_read_start((uv_stream_t *)&a->pipe, get_room, on_answer);
    failed = uv_write(&a->write, (uv_stream_t *)&a->pipe, &bytes, 1, written);
    if (failed) {
        lost(a, uv_strerror(failed));
    }
}

void control_send(struct local *l, const struct state *s, const struct control *control, keeper_cb cb,
                  void *user)
{
    struct asking *a = mem_new(1, sizeof *a);
    a->cb = cb;
    a->user = user;
    a->name = mem_string(s->spec.name);
    a->verb = control->verb;
    a->asker = control->asker;
    a->keeper = s->keeper;
    a->began = uv_now(l->backend.loop);
    a->wire = wire_new();
    task_begin(&a->task, l, NULL, stop_asking);
    uv_pipe_init(l->backend.loop, &a->pipe, 0);
    uv_timer_init(l->backend.loop, &a->timer);
    a->pipe.data = a->timer.data = a;
    a->open = 2;
    int fd = paths_connect(l->paths, s->id, &a->why);
    if (fd < 0) {
        end(a);
    } else {
        send_request(a, fd, control);
    }
}
