/* A console that a keeper serves: attach and exec. Before the connection there is a look at the state, on a
 * thread; what the owner writes meanwhile waits. The owner may close it from inside any of his callbacks, so
 * after each of them `closed` is looked at before anything else, and the memory goes only with the last
 * handle.
 */
#include "backends/local/client.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/json.h"
#include "backends/local/shell.h"

struct client {
    struct console console;
    struct task task;
    char id[STATE_ID];
    bool exec, pick_shell;
    cJSON *request;
    char *name; /* of the container */
    struct wire *wire;
    struct text early; /* frames for a keeper that is not connected yet */
    uv_pipe_t pipe;
    uv_timer_t again; /* goes on after a hold, or ends it, in the next turn */
    size_t unsent;    /* writes under way */
    int handles;      /* that are open; the look at the state counts too */
    bool connected, held, wants_drained;
    bool replaying;  /* the owner has asked for a replay, and has not heard live() */
    size_t replayed; /* bytes that came meanwhile */
    bool closed;     /* the owner hears nothing any more */
    bool ending;
    struct error why;
    int exit_code;
};

struct sending {
    uv_write_t write;
    unsigned char *frame;
};

struct looking {
    struct job job;
    struct client *client;
    struct error why;
    const char *shell;
    char *name;
};

static void fetch(struct client *c);

static void drop_handle(struct client *c)
{
    if (--c->handles > 0) {
        return;
    }
    cJSON_Delete(c->request);
    wire_free(c->wire);
    text_done(&c->early);
    free(c->name);
    task_end(&c->task);
    free(c);
}

static void handle_closed(uv_handle_t *handle)
{
    drop_handle(handle->data);
}

static void close_handles(struct client *c)
{
    if (!uv_is_closing((uv_handle_t *)&c->again)) {
        uv_close((uv_handle_t *)&c->again, handle_closed);
        uv_close((uv_handle_t *)&c->pipe, handle_closed);
    }
}

/* The last word to the owner. */
static void say_closed(struct client *c)
{
    if (!c->closed) {
        c->closed = true;
        close_handles(c);
        c->console.sink->closed(c->console.user, c->why.kind == ERROR_NONE ? NULL : &c->why, c->exit_code);
    }
}

static void on_again(uv_timer_t *timer)
{
    struct client *c = timer->data;
    if (c->ending) {
        say_closed(c);
    } else {
        fetch(c);
    }
}

/* In the next turn, since it may be noticed from inside a call of the owner. */
static void end(struct client *c, const struct error *why, int exit_code)
{
    if (c->closed || c->ending) {
        return;
    }
    c->ending = true;
    c->exit_code = exit_code;
    if (why) {
        c->why = *why;
    }
    uv_timer_start(&c->again, on_again, 0, 0);
}

static void lost(struct client *c, const char *reason)
{
    struct error why;
    error_set(&why, ERROR_UNREACHABLE, 0, "the connection to the keeper of %s is lost: %s",
              c->name ? c->name : c->id, reason);
    end(c, &why, -1);
}

/* Out. */

static void sent(uv_write_t *write, int status)
{
    struct sending *s = (struct sending *)write;
    struct client *c = write->handle->data;
    free(s->frame);
    free(s);
    c->unsent--;
    if (c->closed || status < 0) {
        return; /* the keeper's own last words may still be on their way in: reading tells how it ended */
    }
    if (c->unsent == 0 && c->wants_drained) {
        c->wants_drained = false;
        if (c->console.sink->drained) {
            c->console.sink->drained(c->console.user);
        }
    }
}

static void send_bytes(struct client *c, unsigned char *frame, size_t size)
{
    struct sending *s = mem_new(1, sizeof *s);
    s->frame = frame;
    uv_buf_t bytes = uv_buf_init((char *)frame, (unsigned)size);
    c->unsent++;
    int failed = uv_write(&s->write, (uv_stream_t *)&c->pipe, &bytes, 1, sent);
    if (failed) {
        c->unsent--;
        free(frame);
        free(s);
    }
}

static void send_frame(struct client *c, enum wire_type type, const void *payload, size_t len)
{
    size_t size;
    if (c->closed || c->ending) {
        return;
    }
    unsigned char *frame = wire_pack(type, 0, payload, len, &size);
    if (c->connected) {
        send_bytes(c, frame, size);
    } else {
        text_add_n(&c->early, (const char *)frame, size);
        free(frame);
    }
}

static void client_write(struct console *console, const char *data, size_t len)
{
    struct client *c = (struct client *)console;
    c->wants_drained = true;
    while (len > 0) {
        size_t part = len < WIRE_PAYLOAD ? len : WIRE_PAYLOAD;
        send_frame(c, WIRE_INPUT, data, part);
        data += part;
        len -= part;
    }
}

static void client_end_input(struct console *console)
{
    send_frame((struct client *)console, WIRE_INPUT_END, NULL, 0);
}

static void client_resize(struct console *console, int rows, int cols)
{
    if (rows > 0 && cols > 0 && rows <= UINT16_MAX && cols <= UINT16_MAX) {
        const unsigned char size[4] = {(unsigned char)(rows & 255), (unsigned char)(rows >> 8),
                                       (unsigned char)(cols & 255), (unsigned char)(cols >> 8)};
        send_frame((struct client *)console, WIRE_RESIZE, size, sizeof size);
    }
}

static void client_signal(struct console *console, int number)
{
    const unsigned char byte = (unsigned char)number;
    if (number > 0 && number < 65) {
        send_frame((struct client *)console, WIRE_SIGNAL, &byte, 1);
    }
}

/* In. */

static void say_live(struct client *c)
{
    if (c->replaying && !c->closed) {
        c->replaying = false;
        if (c->console.sink->live) {
            c->console.sink->live(c->console.user);
        }
    }
}

/* No bytes: the replay has ended. A keeper of an older version does not say so, but has no more than so much
 * of it: of what follows it is certain that it is live. A frame that may be of both counts as replayed. */
static void on_output(struct client *c, const struct wire_frame *frame)
{
    const unsigned char *p = frame->payload;
    size_t len = frame->len > 0 ? frame->len - 1 : 0;
    if (len == 0 || c->replayed >= WIRE_REPLAY) {
        say_live(c);
    }
    c->replayed += c->replaying ? len : 0;
    if (len > 0 && !c->closed) {
        c->console.sink->bytes(c->console.user, p[0] == 1 ? CONSOLE_ERR : CONSOLE_OUT, 0, (const char *)p + 1,
                               len);
    }
}

static void on_frame(struct client *c, const struct wire_frame *frame)
{
    const unsigned char *p = frame->payload;
    struct error why;
    switch (frame->type) {
    case WIRE_OPENED:
        if (c->console.sink->opened) {
            c->console.sink->opened(c->console.user);
        }
        break;
    case WIRE_OUTPUT:
        on_output(c, frame);
        break;
    case WIRE_EXIT:
        end(c, NULL,
            frame->len < 4 ? -1
                           : (int)(int32_t)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                                            (uint32_t)p[3] << 24));
        break;
    case WIRE_ERROR:
        wire_unpack_error(frame, &why);
        end(c, &why, -1);
        break;
    default: /* a newer keeper says more than we understand */
        break;
    }
}

static void get_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    (void)wanted;
    struct client *c = handle->data;
    *out = uv_buf_init(c->task.local->read_room, READ_ROOM);
}

static void on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *got)
{
    struct client *c = stream->data;
    if (n > 0) {
        wire_feed(c->wire, got->base, (size_t)n);
        fetch(c);
    } else if (n < 0) {
        uv_read_stop(stream);
        lost(c, n == UV_EOF ? "it has ended" : uv_strerror((int)n));
    }
}

/* Hands out what has come, as long as the owner wants it; then reads on. */
static void fetch(struct client *c)
{
    struct wire_frame frame;
    struct error why;
    int more = 1;
    while (!c->closed && !c->ending && !c->held && (more = wire_next(c->wire, &frame, &why)) > 0) {
        on_frame(c, &frame);
    }
    if (c->closed || c->ending) {
        return;
    }
    if (more < 0) {
        end(c, &why, -1);
    } else if (c->held) {
        uv_read_stop((uv_stream_t *)&c->pipe);
    } else if (c->connected) {
        uv_read_start((uv_stream_t *)&c->pipe, get_room, on_bytes);
    }
}

static void client_hold(struct console *console, bool hold)
{
    struct client *c = (struct client *)console;
    c->held = hold;
    if (!hold && c->connected && !c->ending) {
        uv_timer_start(&c->again, on_again, 0, 0);
    }
}

static void client_close(struct console *console)
{
    struct client *c = (struct client *)console;
    c->closed = true;
    close_handles(c);
}

/* The beginning. */

static void connect_to(struct client *c)
{
    struct local *l = c->task.local;
    struct error why;
    int fd = paths_connect(l->paths, c->id, &why);
    if (fd < 0) {
        end(c, &why, -1);
        return;
    }
    int failed = uv_pipe_open(&c->pipe, fd);
    if (failed) {
        close(fd);
        lost(c, uv_strerror(failed));
        return;
    }
    char *text = cJSON_PrintUnformatted(c->request);
    size_t len = strlen(text), size;
    if (len > WIRE_PAYLOAD) {
        error_set(&why, ERROR_INVALID, 0, "the command and its environment are too long (%zu bytes)", len);
        end(c, &why, -1);
    } else {
        unsigned char *frame = wire_pack(c->exec ? WIRE_EXEC : WIRE_ATTACH, 0, text, len, &size);
        c->connected = true;
        send_bytes(c, frame, size);
        if (c->early.len > 0) {
            size = c->early.len;
            send_bytes(c, (unsigned char *)text_take(&c->early), size);
        }
        fetch(c);
    }
    cJSON_free(text);
}

static bool may_connect(const struct client *c, const struct state *s, struct error *e)
{
    const char *verb = c->exec ? "run anything in" : "attach to";
    if (s->state == CONTAINER_PAUSED && c->exec) {
        error_set(e, ERROR_CONFLICT, 0, "cannot %s %s: it is paused; resume it first", verb, s->spec.name);
    } else if (s->state == CONTAINER_EXITED || s->state == CONTAINER_LOST) {
        error_set(e, ERROR_CONFLICT, 0, "cannot %s %s: it has exited; start it, or look at its logs", verb,
                  s->spec.name);
    } else if (keeper_stopped(s)) {
        error_set(
            e, ERROR_CONFLICT, 0,
            "cannot %s %s: its keeper (pid %u) is stopped by a signal and does not answer; let it go on "
            "(kill -CONT %u)",
            verb, s->spec.name, s->keeper, s->keeper);
    } else if (s->state == CONTAINER_CREATED && (c->exec || !keeper_lives(s))) {
        error_set(e, ERROR_CONFLICT, 0, "cannot %s %s: it has not been started", verb, s->spec.name);
    } else {
        return true;
    }
    return false;
}

static void run_looking(struct job *j)
{
    struct looking *k = (struct looking *)j;
    const struct client *c = k->client;
    const struct local *l = j->task.local;
    struct state s;
    state_init(&s);
    if (local_read_state(l, c->id, &s, &k->why)) {
        k->name = mem_string(s.spec.name);
        if (may_connect(c, &s, &k->why) && c->pick_shell) {
            k->shell = shell_find(l->paths, &s, &k->why);
        }
    }
    state_done(&s);
}

static void looked(struct job *j)
{
    struct looking *k = (struct looking *)j;
    struct client *c = k->client;
    c->name = k->name;
    if (k->shell) {
        const char *const argv[] = {k->shell, NULL};
        json_add_strings(c->request, "argv", argv);
    }
    if (!c->closed && !c->ending) {
        if (k->why.kind != ERROR_NONE) {
            end(c, &k->why, -1);
        } else {
            connect_to(c);
        }
    }
    drop_handle(c);
    job_end(j);
}

static void add_text(cJSON *o, const char *name, const char *value)
{
    if (value) {
        cJSON_AddStringToObject(o, name, value);
    }
}

static cJSON *make_request(const struct console_spec *spec)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "rows", spec->rows);
    cJSON_AddNumberToObject(o, "cols", spec->cols);
    cJSON_AddBoolToObject(o, "input", spec->input);
    if (spec->kind == CONSOLE_ATTACH) {
        cJSON_AddBoolToObject(o, "replay", spec->replay);
    } else {
        cJSON_AddBoolToObject(o, "terminal", spec->terminal);
        json_add_strings(o, "argv", spec->argv && spec->argv[0] ? spec->argv : NULL);
        json_add_strings(o, "env", spec->env);
        add_text(o, "workdir", spec->workdir);
        add_text(o, "user", spec->user);
    }
    return o;
}

static void stop_client(struct task *t)
{
    struct client *c = (struct client *)(void *)((char *)t - offsetof(struct client, task));
    struct error why;
    error_set(&why, ERROR_CANCELLED, 0, "the engine is being closed");
    end(c, &why, -1);
}

static const struct console_type client_type = {
    .write = client_write,
    .end_input = client_end_input,
    .hold = client_hold,
    .resize = client_resize,
    .signal = client_signal,
    .close = client_close,
};

static struct client *make(struct local *l, const struct console_sink *sink, void *user)
{
    struct client *c = mem_new(1, sizeof *c);
    c->console = (struct console){.type = &client_type, .sink = sink, .user = user};
    c->exit_code = -1;
    task_begin(&c->task, l, NULL, stop_client);
    uv_timer_init(l->backend.loop, &c->again);
    uv_pipe_init(l->backend.loop, &c->pipe, 0);
    c->again.data = c->pipe.data = c;
    c->handles = 2;
    return c;
}

struct console *client_open(struct local *l, const char *key, const struct console_spec *spec,
                            const struct console_sink *sink, void *user)
{
    struct client *c = make(l, sink, user);
    c->exec = spec->kind == CONSOLE_EXEC;
    c->pick_shell = c->exec && (!spec->argv || !spec->argv[0]);
    c->request = make_request(spec);
    c->replaying = !c->exec && spec->replay;
    c->wire = wire_new();
    memcpy(c->id, key, STATE_ID);
    struct looking *k = mem_new(1, sizeof *k);
    k->client = c;
    c->handles++;
    job_start(&k->job, l, NULL, run_looking, looked);
    return &c->console;
}

struct console *client_refused(struct local *l, const struct error *why, const struct console_sink *sink,
                               void *user)
{
    struct client *c = make(l, sink, user);
    end(c, why, -1);
    return &c->console;
}
