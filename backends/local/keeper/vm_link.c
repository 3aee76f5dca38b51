#include "backends/local/keeper/vm_link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "backends/local/keeper/vm_channel.h"
#include "core/memory.h"

enum { READ_ROOM = 64 * 1024 };

struct link {
    uv_loop_t *loop;
    uv_pipe_t pipe;
    const struct link_events *events;
    void *user;
    struct wire *wire;
    struct channel *channels;
    uint16_t last; /* the channel that was opened last */
    bool broken, closed;
    char room[READ_ROOM];
};

struct sending {
    uv_write_t request;
    unsigned char *frame;
};

static void on_sent(uv_write_t *request, int status)
{
    (void)status; /* the end of the process tells */
    struct sending *s = (struct sending *)request;
    free(s->frame);
    free(s);
}

void link_send(struct link *l, enum wire_type type, uint16_t channel, const void *payload, size_t len)
{
    size_t size;
    if (l->broken || l->closed) {
        return;
    }
    struct sending *s = mem_new(1, sizeof *s);
    s->frame = wire_pack(type, channel, payload, len, &size);
    uv_buf_t part = uv_buf_init((char *)s->frame, (unsigned)size);
    if (uv_write(&s->request, (uv_stream_t *)&l->pipe, &part, 1, on_sent) < 0) {
        free(s->frame);
        free(s);
    }
}

/* Frames. */

static void give_up(struct link *l, const char *why)
{
    if (!l->broken && !l->closed) {
        l->events->broken(l->user, why);
    }
}

static struct channel *find(const struct link *l, unsigned number)
{
    struct channel *c = l->channels;
    while (c && channel_number(c) != number) {
        c = channel_next(c);
    }
    return c;
}

static void take_out(struct link *l, struct channel *c)
{
    struct channel **at = &l->channels;
    while (*at != c) {
        at = channel_next_at(*at);
    }
    *at = channel_next(c);
}

static void about_machine(struct link *l, const struct wire_frame *frame)
{
    struct error why;
    if (frame->type == WIRE_HELLO) {
        l->events->hello(l->user);
    } else if (frame->type == WIRE_DONE) {
        l->events->set_up(l->user, NULL);
    } else if (frame->type == WIRE_ERROR) {
        wire_unpack_error(frame, &why);
        l->events->set_up(l->user, &why);
    } else {
        give_up(l, "its guest sent a frame that makes no sense");
    }
}

static void on_frame(struct link *l, const struct wire_frame *frame)
{
    struct channel *c = frame->channel > 0 ? find(l, frame->channel) : NULL;
    if (frame->channel == 0) {
        about_machine(l, frame);
    } else if (!c) {
        give_up(l, "its guest spoke on a channel that is not open");
    } else {
        if (channel_ends(frame->type)) { /* first: the callbacks may look for it */
            take_out(l, c);
        }
        if (!channel_take(c, frame)) {
            give_up(l, "its guest sent more than it may, or a frame that makes no sense");
        }
    }
}

static void give_room(uv_handle_t *handle, size_t wish, uv_buf_t *out)
{
    (void)wish;
    struct link *l = handle->data;
    *out = uv_buf_init(l->room, READ_ROOM);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *part)
{
    struct link *l = stream->data;
    struct wire_frame frame;
    struct error why = {0};
    if (n < 0) {
        uv_read_stop(stream); /* the end of the process tells more */
        return;
    }
    wire_feed(l->wire, part->base, (size_t)n);
    int got = 0;
    while (!l->broken && !l->closed && (got = wire_next(l->wire, &frame, &why)) > 0) {
        on_frame(l, &frame);
    }
    if (got < 0) {
        give_up(l, "its guest sent a frame that makes no sense");
    }
}

/* Life. */

struct link *link_new(uv_loop_t *loop, int fd, const struct link_events *events, void *user)
{
    struct link *l = mem_new(1, sizeof *l);
    *l = (struct link){.loop = loop, .events = events, .user = user, .wire = wire_new()};
    uv_pipe_init(loop, &l->pipe, 0);
    l->pipe.data = l;
    uv_pipe_open(&l->pipe, fd);
    uv_read_start((uv_stream_t *)&l->pipe, give_room, on_read);
    return l;
}

void link_break(struct link *l, const struct error *why)
{
    l->broken = true;
    while (l->channels) {
        struct channel *c = l->channels;
        l->channels = channel_next(c);
        channel_break(c, why);
    }
}

static void on_closed(uv_handle_t *handle)
{
    struct link *l = handle->data;
    wire_free(l->wire);
    free(l);
}

void link_close(struct link *l)
{
    l->closed = true;
    while (l->channels) {
        struct channel *c = l->channels;
        l->channels = channel_next(c);
        channel_drop(c);
    }
    uv_close((uv_handle_t *)&l->pipe, on_closed);
}

/* What is asked. */

void link_setup(struct link *l, const struct text *pairs)
{
    link_send(l, WIRE_SETUP, 0, pairs->data, pairs->len);
}

void link_clock(struct link *l)
{
    struct timespec now;
    unsigned char payload[8];
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    wire_put_u32(payload, (uint32_t)ns);
    wire_put_u32(payload + 4, (uint32_t)(ns >> 32));
    link_send(l, WIRE_CLOCK, 0, payload, sizeof payload);
}

/* A number that no open channel has; 0: there is none. */
static uint16_t next_number(struct link *l)
{
    for (unsigned i = 0; i < UINT16_MAX; i++) {
        l->last = l->last == UINT16_MAX ? 1 : (uint16_t)(l->last + 1);
        if (!find(l, l->last)) {
            return l->last;
        }
    }
    return 0;
}

static void add(struct link *l, struct channel *c)
{
    *channel_next_at(c) = l->channels;
    l->channels = c;
}

bool link_run(struct link *l, const struct link_run *run, const struct wall_hooks *hooks, void *user,
              struct error *e)
{
    uint16_t number = l->broken || l->closed ? 0 : next_number(l);
    if (run->pairs->len > WIRE_PAYLOAD) {
        error_set(e, ERROR_INVALID, 0,
                  "The command with its environment is too long for a VM: at most %d bytes", WIRE_PAYLOAD);
        return false;
    }
    if (number == 0) {
        error_set(e, ERROR_CONFLICT, 0, "The VM cannot run anything any more");
        return false;
    }
    struct channel *c = channel_process(l, l->loop, number, run->terminal, run->input, hooks, user, e);
    if (c) {
        add(l, c);
        link_send(l, WIRE_RUN, number, run->pairs->data, run->pairs->len);
    }
    return c != NULL;
}

void link_ask(struct link *l, enum wire_type what, const struct link_answer *answer, void *user)
{
    uint16_t number = l->broken || l->closed ? 0 : next_number(l);
    struct error why;
    if (number == 0) {
        error_set(&why, ERROR_CONFLICT, 0, "The VM does not answer any more");
        answer->over(user, &why);
        return;
    }
    add(l, channel_question(l, number, answer, user));
    link_send(l, what, number, NULL, 0);
}

void link_watch(struct link *l, int channel, child_cb cb, void *user)
{
    struct channel *c = find(l, (unsigned)channel);
    if (c) {
        channel_watch(c, cb, user);
    }
}

void link_signal(struct link *l, int channel, int number)
{
    const unsigned char byte = (unsigned char)number;
    link_send(l, WIRE_SIGNAL, (uint16_t)channel, &byte, 1);
}

void link_resize(struct link *l, int channel, int rows, int cols)
{
    const unsigned char size[4] = {(unsigned char)rows, (unsigned char)(rows >> 8), (unsigned char)cols,
                                   (unsigned char)(cols >> 8)};
    link_send(l, WIRE_RESIZE, (uint16_t)channel, size, sizeof size);
}
