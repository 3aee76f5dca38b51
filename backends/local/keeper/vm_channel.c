/* A process's channel has up to three streams here. What the guest prints is written into ours, and credit is
 * given back when it has been taken; what is read from ours is sent while there is credit. After the last
 * frame the writing ends go on until they are empty, then they are closed, which tells the reader. */
#include "backends/local/keeper/vm_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/memory.h"

enum { IN, OUT, ERR, ENDS, READ_ROOM = 16 * 1024, KILLED = 137 };

struct end {
    uv_pipe_t pipe;
    struct channel *channel;
    bool open;
};

struct channel {
    struct link *link;
    struct channel *next;
    uint16_t number;
    bool process, terminal, started, over;
    const struct wall_hooks *hooks;   /* of a process */
    const struct link_answer *answer; /* of a question */
    void *user;
    child_cb ended;
    void *ended_user;
    struct end ends[ENDS]; /* of a terminal, IN is both ways */
    int theirs[ENDS];      /* the other ends, until they are handed over */
    size_t window;         /* bytes that the guest may still print */
    size_t credit;         /* bytes that may still be sent to it */
    bool reading;
    int closing; /* ends that the loop still holds */
    char room[READ_ROOM];
};

struct writing {
    uv_write_t request;
    struct channel *channel;
    size_t len;
    char bytes[];
};

/* Ending. */

static void check_free(struct channel *c)
{
    if (c->over && c->closing == 0) {
        free(c);
    }
}

static void on_end_closed(uv_handle_t *handle)
{
    struct channel *c = ((struct end *)handle->data)->channel;
    c->closing--;
    check_free(c);
}

static void close_end(struct end *end)
{
    if (end->open) {
        end->open = false;
        uv_close((uv_handle_t *)&end->pipe, on_end_closed);
    }
}

static void close_idle_ends(struct channel *c)
{
    for (int i = 0; i < ENDS; i++) {
        if (c->ends[i].open && uv_stream_get_write_queue_size((uv_stream_t *)&c->ends[i].pipe) == 0) {
            close_end(&c->ends[i]);
        }
    }
}

static void finish(struct channel *c)
{
    c->over = true;
    for (int i = 0; i < ENDS; i++) {
        if (c->theirs[i] >= 0) {
            close(c->theirs[i]);
            c->theirs[i] = -1;
        }
    }
    if (c->reading) {
        uv_read_stop((uv_stream_t *)&c->ends[IN].pipe);
    }
    close_idle_ends(c);
    check_free(c);
}

bool channel_ends(enum wire_type type)
{
    return type == WIRE_EXIT || type == WIRE_DONE || type == WIRE_ERROR;
}

void channel_drop(struct channel *c)
{
    for (int i = 0; i < ENDS; i++) {
        close_end(&c->ends[i]);
    }
    finish(c);
}

static void tell_failed(struct channel *c, const struct error *why)
{
    if (!c->process) {
        c->answer->over(c->user, why);
    } else if (!c->started) {
        c->hooks->failed(c->user, why);
    } else if (c->ended) {
        c->ended(c->ended_user, KILLED);
    }
}

void channel_break(struct channel *c, const struct error *why)
{
    tell_failed(c, why);
    finish(c);
}

/* To the guest. */

static void give_room(uv_handle_t *handle, size_t wish, uv_buf_t *out)
{
    (void)wish;
    struct channel *c = ((struct end *)handle->data)->channel;
    *out = uv_buf_init(c->room, (unsigned)(c->credit < READ_ROOM ? c->credit : READ_ROOM));
}

static void on_typed(uv_stream_t *stream, ssize_t n, const uv_buf_t *part)
{
    struct end *end = stream->data;
    struct channel *c = end->channel;
    if (n < 0) {
        uv_read_stop(stream);
        c->reading = false;
        if (!c->terminal) {
            close_end(end);
        }
        if (!c->terminal || n == UV_EOF) {
            link_send(c->link, WIRE_INPUT_END, c->number, NULL, 0);
        }
        return;
    }
    link_send(c->link, WIRE_INPUT, c->number, part->base, (size_t)n);
    c->credit -= (size_t)n;
    if (c->credit == 0) {
        uv_read_stop(stream);
        c->reading = false;
    }
}

static void read_typed(struct channel *c)
{
    if (!c->over && c->started && !c->reading && c->credit > 0 && c->ends[IN].open) {
        c->reading = uv_read_start((uv_stream_t *)&c->ends[IN].pipe, give_room, on_typed) == 0;
    }
}

/* From the guest. */

static void on_written(uv_write_t *request, int status)
{
    (void)status; /* nobody reads any more: it is as good as taken */
    struct writing *w = (struct writing *)request;
    struct channel *c = w->channel;
    unsigned char credit[4];
    if (c->over) {
        close_idle_ends(c);
    } else {
        c->window += w->len;
        wire_put_u32(credit, (uint32_t)w->len);
        link_send(c->link, WIRE_CREDIT, c->number, credit, sizeof credit);
    }
    free(w);
}

static bool print(struct channel *c, const struct wire_frame *frame)
{
    if (!c->started || frame->len < 2 || frame->len - 1 > c->window) {
        return false;
    }
    size_t len = frame->len - 1;
    struct end *end = &c->ends[c->terminal ? IN : frame->payload[0] == 1 ? ERR : OUT];
    struct writing *w = mem_new(1, sizeof *w + len);
    uv_buf_t part = uv_buf_init(w->bytes, (unsigned)len);
    w->channel = c;
    w->len = len;
    memcpy(w->bytes, frame->payload + 1, len);
    c->window -= len;
    if (!end->open || uv_write(&w->request, (uv_stream_t *)&end->pipe, &part, 1, on_written) < 0) {
        c->window += len; /* nobody reads it */
        free(w);
    }
    return true;
}

static bool start(struct channel *c)
{
    int fds[ENDS] = {c->theirs[IN], c->theirs[OUT], c->theirs[ERR]};
    if (c->started) {
        return false;
    }
    c->started = true;
    c->theirs[IN] = c->theirs[OUT] = c->theirs[ERR] = -1;
    c->hooks->done(c->user, c->number, fds);
    read_typed(c);
    return true;
}

static bool end_process(struct channel *c, const struct wire_frame *frame)
{
    bool good = c->started && frame->len == 4;
    int code = good ? (int)(wire_get_u32(frame->payload) & 0xff) : KILLED;
    if (c->started && c->ended) {
        c->ended(c->ended_user, code);
    }
    finish(c);
    return good;
}

static bool take_of_process(struct channel *c, const struct wire_frame *frame)
{
    struct error why;
    switch (frame->type) {
    case WIRE_OPENED:
        return start(c);
    case WIRE_OUTPUT:
        return print(c, frame);
    case WIRE_CREDIT:
        if (frame->len != 4 || wire_get_u32(frame->payload) > WIRE_WINDOW - c->credit) {
            return false;
        }
        c->credit += wire_get_u32(frame->payload);
        read_typed(c);
        return true;
    case WIRE_EXIT:
        return end_process(c, frame);
    case WIRE_ERROR:
        wire_unpack_error(frame, &why);
        channel_break(c, &why);
        return true;
    default:
        if (channel_ends(frame->type)) { /* it cannot be found any more */
            finish(c);
        }
        return false;
    }
}

static bool take_of_question(struct channel *c, const struct wire_frame *frame)
{
    struct error why = {0};
    if (frame->type == WIRE_ROWS) {
        c->answer->rows(c->user, frame->payload, frame->len);
        return true;
    }
    bool good = frame->type == WIRE_DONE || frame->type == WIRE_ERROR;
    if (frame->type == WIRE_ERROR) {
        wire_unpack_error(frame, &why);
    } else if (!good) {
        error_set(&why, ERROR_PROTOCOL, 0, "The VM answered nonsense");
    }
    if (channel_ends(frame->type)) {
        c->answer->over(c->user, why.kind == ERROR_NONE ? NULL : &why);
        finish(c);
    }
    return good;
}

bool channel_take(struct channel *c, const struct wire_frame *frame)
{
    return c->process ? take_of_process(c, frame) : take_of_question(c, frame);
}

/* Making. */

unsigned channel_number(const struct channel *c)
{
    return c->number;
}

struct channel *channel_next(const struct channel *c)
{
    return c->next;
}

struct channel **channel_next_at(struct channel *c)
{
    return &c->next;
}

void channel_watch(struct channel *c, child_cb cb, void *user)
{
    c->ended = cb;
    c->ended_user = user;
}

static bool open_end(struct channel *c, uv_loop_t *loop, int which, int ours, int theirs)
{
    struct end *end = &c->ends[which];
    c->theirs[which] = theirs;
    end->channel = c;
    end->pipe.data = end;
    uv_pipe_init(loop, &end->pipe, 0);
    end->pipe.data = end;
    end->open = true;
    c->closing++;
    return uv_pipe_open(&end->pipe, ours) == 0;
}

static bool open_socket(struct channel *c, uv_loop_t *loop)
{
    int ends[2];
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 &&
           open_end(c, loop, IN, ends[0], ends[1]);
}

static bool open_pipe(struct channel *c, uv_loop_t *loop, int which)
{
    int ends[2];
    return pipe2(ends, O_CLOEXEC) == 0 && open_end(c, loop, which, ends[which != IN], ends[which == IN]);
}

struct channel *channel_process(struct link *l, uv_loop_t *loop, uint16_t number, bool terminal, bool input,
                                const struct wall_hooks *hooks, void *user, struct error *e)
{
    struct channel *c = mem_new(1, sizeof *c);
    *c = (struct channel){.link = l,
                          .number = number,
                          .process = true,
                          .terminal = terminal,
                          .hooks = hooks,
                          .user = user,
                          .theirs = {-1, -1, -1},
                          .window = WIRE_WINDOW,
                          .credit = WIRE_WINDOW};
    bool ok = terminal
                  ? open_socket(c, loop)
                  : (!input || open_pipe(c, loop, IN)) && open_pipe(c, loop, OUT) && open_pipe(c, loop, ERR);
    if (!ok) {
        error_errno(e, errno, "Cannot make a terminal or pipes for a process in the VM");
        channel_drop(c);
        c = NULL;
    }
    return c;
}

struct channel *channel_question(struct link *l, uint16_t number, const struct link_answer *answer,
                                 void *user)
{
    struct channel *c = mem_new(1, sizeof *c);
    *c =
        (struct channel){.link = l, .number = number, .answer = answer, .user = user, .theirs = {-1, -1, -1}};
    return c;
}
