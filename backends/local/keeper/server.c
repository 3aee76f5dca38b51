#include "backends/local/keeper/server.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/json.h"
#include "backends/local/keeper/client.h"
#include "backends/local/keeper/control.h"
#include "backends/local/keeper/exec.h"
#include "backends/local/keeper/keeper.h"
#include "core/memory.h"

enum { LOOK_MS = 1000, CLIENTS_AT_MOST = 512 };

struct server {
    struct keeper *keeper;
    uv_pipe_t listener;
    uv_timer_t look; /* for clients that take nothing */
    struct client **clients;
    size_t count, room;
    bool muted;
    int closing;
};

static void attach(struct keeper *k, struct client *c, const struct wire_frame *frame)
{
    struct error why;
    cJSON *o = json_parse((const char *)frame->payload, frame->len, WIRE_PAYLOAD, &why);
    if (!o) {
        client_refuse(c, &why);
        return;
    }
    struct client_role *role = client_role(c);
    role->input = json_bool(o, "input", false);
    role->rows = control_size(o, "rows");
    role->cols = control_size(o, "cols");
    output_join(k->output, c, json_bool(o, "replay", false));
    cJSON_Delete(o);
}

/* Behind the thin wall there is nothing that the host does not see itself. */
static void report(struct keeper *k, struct client *c, enum wire_type what)
{
    struct error why;
    if (k->wall->report && k->phase == PHASE_RUNNING) {
        k->wall->report(k, c, what);
        return;
    }
    error_set(&why, k->phase == PHASE_RUNNING ? ERROR_UNSUPPORTED : ERROR_CONFLICT, 0,
              k->phase == PHASE_RUNNING
                  ? "The processes of container %s are processes of this host; look there"
                  : "Container %s does not run: it has no processes",
              k->state.spec.name);
    client_refuse(c, &why);
}

static void open_conversation(struct keeper *k, struct client *c, const struct wire_frame *frame)
{
    client_role(c)->opened = true;
    if (frame->type == WIRE_ATTACH) {
        attach(k, c, frame);
    } else if (frame->type == WIRE_EXEC) {
        exec_begin(k, c, frame);
    } else if (frame->type == WIRE_CONTROL) {
        control_frame(k, c, frame);
    } else if (frame->type == WIRE_PROCESSES || frame->type == WIRE_STATISTICS) {
        report(k, c, frame->type);
    } else {
        struct error why;
        error_set(&why, ERROR_PROTOCOL, 0,
                  "A conversation with a keeper cannot begin with a frame of type %d", (int)frame->type);
        client_refuse(c, &why);
    }
}

static void send_signal(struct keeper *k, struct client *c, int number)
{
    struct client_role *role = client_role(c);
    if (number <= 0 || number >= NSIG) {
        return;
    }
    if (role->exec) {
        exec_signal(role->exec, number);
    } else if (role->output && k->phase == PHASE_RUNNING) {
        k->wall->signal(k, k->process, number);
    }
}

static void on_frame(void *user, struct client *c, const struct wire_frame *frame)
{
    struct server *s = user;
    struct client_role *role = client_role(c);
    const unsigned char *p = frame->payload;
    if (!role->opened) {
        open_conversation(s->keeper, c, frame);
    } else if (frame->type == WIRE_INPUT && role->output) {
        output_type(role->output, c, p, frame->len);
    } else if (frame->type == WIRE_INPUT_END && role->output && role->input) {
        output_end_input(role->output);
    } else if (frame->type == WIRE_RESIZE && role->output && frame->len == 4) {
        output_resize(role->output, c, p[0] | p[1] << 8, p[2] | p[3] << 8);
    } else if (frame->type == WIRE_SIGNAL && frame->len == 1) {
        send_signal(s->keeper, c, p[0]);
    }
}

static void on_drained(void *user, struct client *c)
{
    (void)user;
    struct output *o = client_role(c)->output;
    if (o) {
        output_relieve(o);
    }
}

static void on_gone(void *user, struct client *c)
{
    struct server *s = user;
    struct client_role *role = client_role(c);
    for (size_t i = 0; i < s->count; i++) {
        if (s->clients[i] == c) {
            s->clients[i] = s->clients[--s->count];
            break;
        }
    }
    if (role->output) {
        output_leave(role->output, c);
    }
    if (role->exec) {
        exec_abandon(role->exec);
    }
    if (role->report) {
        *role->report = NULL;
    }
    if (s->count == 0) {
        uv_timer_stop(&s->look);
    }
    keeper_check_left(s->keeper);
}

static const struct client_events events = {.frame = on_frame, .drained = on_drained, .gone = on_gone};

/* Someone who attached and went to sleep would hold up the container for good. */
static void on_look(uv_timer_t *timer)
{
    struct server *s = timer->data;
    for (size_t i = s->count; i-- > 0;) {
        if (i < s->count && client_stalled(s->clients[i], STALLED_SECONDS)) {
            client_close(s->clients[i]);
        }
    }
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct server *s = listener->data;
    struct client *c = status < 0 ? NULL : client_accept(listener, &events, s);
    if (!c) {
        return;
    }
    s->clients = mem_grow(s->clients, &s->room, s->count + 1, sizeof(struct client *));
    s->clients[s->count++] = c;
    if (s->count == 1) {
        uv_timer_start(&s->look, on_look, LOOK_MS, LOOK_MS);
    }
    if (s->count > CLIENTS_AT_MOST) {
        struct error why;
        error_set(&why, ERROR_CONFLICT, 0, "Container %s has %d clients already; close some of them",
                  s->keeper->state.spec.name, CLIENTS_AT_MOST);
        client_refuse(c, &why);
    }
}

struct server *server_new(struct keeper *k, struct error *e)
{
    int fd = paths_bind(k->paths, k->state.id, e);
    if (fd < 0) {
        return NULL;
    }
    struct server *s = mem_new(1, sizeof *s);
    s->keeper = k;
    uv_pipe_init(&k->loop, &s->listener, 0);
    uv_timer_init(&k->loop, &s->look);
    s->listener.data = s;
    s->look.data = s;
    s->closing = 2;
    int result = uv_pipe_open(&s->listener, fd);
    if (result == 0) {
        result = uv_listen((uv_stream_t *)&s->listener, 64, on_connection);
    }
    if (result < 0) {
        error_errno(e, -result, "Cannot listen on the socket of container %s", k->state.spec.name);
        char *path = paths_socket(k->paths, k->state.id);
        unlink(path);
        free(path);
        server_close(s);
        return NULL;
    }
    return s;
}

static void on_closed(uv_handle_t *handle)
{
    struct server *s = handle->data;
    if (--s->closing == 0) {
        free(s->clients);
        free(s);
    }
}

void server_mute(struct server *s)
{
    if (s->muted) {
        return;
    }
    s->muted = true;
    uv_close((uv_handle_t *)&s->listener, on_closed);
}

void server_close(struct server *s)
{
    while (s->count > 0) {
        client_close(s->clients[s->count - 1]);
    }
    server_mute(s);
    uv_close((uv_handle_t *)&s->look, on_closed);
}

size_t server_clients(const struct server *s)
{
    return s->count;
}

void server_tell(struct server *s, enum client_awaits what, const struct error *why)
{
    for (size_t i = s->count; i-- > 0;) { /* telling may take it off the list */
        struct client *c = s->clients[i];
        if (client_role(c)->awaits != what) {
            continue;
        }
        client_role(c)->awaits = AWAITS_NOTHING;
        if (why) {
            client_refuse(c, why);
        } else {
            const char *remark = what == AWAITS_FREEZE ? NULL : s->keeper->remark;
            client_say(c, WIRE_DONE, remark, remark ? strlen(remark) : 0);
            client_finish(c);
        }
    }
}

void server_finish_clients(struct server *s)
{
    for (size_t i = s->count; i-- > 0;) {
        if (!client_role(s->clients[i])->exec) {
            client_finish(s->clients[i]);
        }
    }
}
