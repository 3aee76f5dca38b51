#include "backends/local/keeper/client.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { READ_ROOM = 16 * 1024 };

struct packet {
    unsigned holders;
    size_t len;
    unsigned char bytes[];
};

struct client {
    uv_pipe_t pipe;
    struct wire *wire;
    const struct client_events *events;
    void *user;
    struct client_role role;
    char *room;       /* what was read last */
    uint64_t sent;    /* bytes handed to the socket, ever */
    uint64_t taken;   /* of these, at the last look */
    int idle_seconds; /* looks in a row at which nothing more was taken */
    bool closing, finishing, held;
};

struct sending {
    uv_write_t request;
    struct packet *packet;
};

struct packet *packet_new(enum wire_type type, const void *head, size_t head_len, const void *body,
                          size_t body_len)
{
    size_t len = head_len + body_len;
    struct packet *p = mem_new(1, sizeof *p + WIRE_HEADER + len);
    p->holders = 1;
    p->len = WIRE_HEADER + len;
    wire_header(p->bytes, type, 0, len);
    if (head_len > 0) {
        memcpy(p->bytes + WIRE_HEADER, head, head_len);
    }
    if (body_len > 0) {
        memcpy(p->bytes + WIRE_HEADER + head_len, body, body_len);
    }
    return p;
}

void packet_drop(struct packet *p)
{
    if (--p->holders == 0) {
        free(p);
    }
}

struct client_role *client_role(struct client *c)
{
    return &c->role;
}

size_t client_waiting(const struct client *c)
{
    return c->closing ? 0 : uv_stream_get_write_queue_size((const uv_stream_t *)&c->pipe);
}

static void on_closed(uv_handle_t *handle)
{
    struct client *c = handle->data;
    wire_free(c->wire);
    free(c->room);
    free(c);
}

void client_close(struct client *c)
{
    if (!c->closing) {
        c->closing = true;
        c->events->gone(c->user, c);
        uv_close((uv_handle_t *)&c->pipe, on_closed);
    }
}

void client_finish(struct client *c)
{
    c->finishing = true;
    if (client_waiting(c) == 0) {
        client_close(c);
    }
}

static void on_sent(uv_write_t *request, int status)
{
    struct sending *s = (struct sending *)request;
    struct client *c = request->handle->data;
    packet_drop(s->packet);
    free(s);
    if (c->closing) {
        return;
    }
    if (status < 0 || (c->finishing && client_waiting(c) == 0)) {
        client_close(c);
        return;
    }
    c->events->drained(c->user, c);
}

void client_send(struct client *c, struct packet *p)
{
    if (c->closing) {
        return;
    }
    struct sending *s = mem_new(1, sizeof *s);
    uv_buf_t part = uv_buf_init((char *)p->bytes, (unsigned)p->len);
    s->packet = p;
    if (uv_write(&s->request, (uv_stream_t *)&c->pipe, &part, 1, on_sent) == 0) {
        p->holders++;
        c->sent += p->len;
    } else {
        free(s);
    }
}

void client_say(struct client *c, enum wire_type type, const void *payload, size_t len)
{
    struct packet *p = packet_new(type, payload, len, NULL, 0);
    client_send(c, p);
    packet_drop(p);
}

void client_refuse(struct client *c, const struct error *why)
{
    size_t size;
    unsigned char *frame = wire_pack_error(why, &size);
    client_say(c, WIRE_ERROR, frame + WIRE_HEADER, size - WIRE_HEADER);
    free(frame);
    client_finish(c);
}

bool client_stalled(struct client *c, int seconds)
{
    size_t waiting = client_waiting(c);
    uint64_t taken = c->sent - waiting;
    bool moved = waiting == 0 || taken != c->taken;
    c->taken = taken;
    c->idle_seconds = moved ? 0 : c->idle_seconds + 1;
    return c->idle_seconds >= seconds;
}

static void give_room(uv_handle_t *handle, size_t wish, uv_buf_t *out)
{
    (void)wish;
    struct client *c = handle->data;
    *out = uv_buf_init(c->room, READ_ROOM);
}

/* What a held client has sent stays where it is. */
static void handle_frames(struct client *c)
{
    struct wire_frame frame;
    struct error why = {0};
    int got = 0;
    while (!c->closing && !c->finishing && !c->held && (got = wire_next(c->wire, &frame, &why)) > 0) {
        c->events->frame(c->user, c, &frame);
    }
    if (got < 0 && !c->closing) {
        client_refuse(c, &why);
    }
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *part)
{
    struct client *c = stream->data;
    if (n < 0) {
        client_close(c);
        return;
    }
    wire_feed(c->wire, part->base, (size_t)n);
    handle_frames(c);
}

void client_hold(struct client *c, bool hold)
{
    if (c->closing || c->held == hold) {
        return;
    }
    c->held = hold;
    if (hold) {
        uv_read_stop((uv_stream_t *)&c->pipe);
    } else {
        uv_read_start((uv_stream_t *)&c->pipe, give_room, on_read);
        handle_frames(c);
    }
}

struct client *client_accept(uv_stream_t *listener, const struct client_events *events, void *user)
{
    struct client *c = mem_new(1, sizeof *c);
    *c = (struct client){.events = events, .user = user, .wire = wire_new(), .room = mem_new(READ_ROOM, 1)};
    uv_pipe_init(listener->loop, &c->pipe, 0);
    c->pipe.data = c;
    if (uv_accept(listener, (uv_stream_t *)&c->pipe) < 0) {
        c->closing = true;
        uv_close((uv_handle_t *)&c->pipe, on_closed);
        return NULL;
    }
    uv_read_start((uv_stream_t *)&c->pipe, give_room, on_read);
    return c;
}
