#include "backends/local/keeper/output.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "backends/local/keeper/replay.h"
#include "core/memory.h"

enum { IN, OUT, ERR, ENDS, READ_ROOM = 32 * 1024, QUIET_MS = 250, LATEST_MS = 2000 };

struct end { /* a descriptor of ours */
    uv_pipe_t pipe;
    struct output *output;
    bool open, reading;
};

struct output {
    uv_loop_t *loop;
    const struct output_hooks *hooks;
    void *user;
    struct end ends[ENDS];
    uv_timer_t patience; /* after the process's end: others may hold its pipes open */
    struct client **clients;
    size_t n_clients, room;
    struct replay *replay;
    char *scratch;
    bool terminal, opened, blocked, finished, ended, heard;
    int waited_ms, rows, cols;
    int closing; /* handles that the loop still holds */
};

struct typing {
    uv_write_t request;
    struct output *output;
    char bytes[];
};

struct output *output_new(uv_loop_t *loop, bool replay, const struct output_hooks *hooks, void *user)
{
    struct output *o = mem_new(1, sizeof *o);
    *o = (struct output){.loop = loop, .hooks = hooks, .user = user};
    o->replay = replay ? replay_new() : NULL;
    uv_timer_init(loop, &o->patience);
    o->patience.data = o;
    o->closing = 1;
    return o;
}

static void let_go(struct output *o)
{
    if (--o->closing == 0) {
        replay_free(o->replay);
        free(o->scratch);
        free(o->clients);
        free(o);
    }
}

static void on_end_closed(uv_handle_t *handle)
{
    let_go(((struct end *)handle->data)->output);
}

static void on_patience_closed(uv_handle_t *handle)
{
    let_go(handle->data);
}

static void close_end(struct end *end)
{
    if (end->open) {
        end->open = end->reading = false;
        uv_close((uv_handle_t *)&end->pipe, on_end_closed);
    }
}

void output_close(struct output *o)
{
    while (o->n_clients > 0) {
        output_leave(o, o->clients[o->n_clients - 1]);
    }
    o->ended = true;
    for (int i = 0; i < ENDS; i++) {
        close_end(&o->ends[i]);
    }
    uv_close((uv_handle_t *)&o->patience, on_patience_closed);
}

/* Out to the clients. */

static struct packet *pack(int stream, const char *data, size_t len)
{
    unsigned char tag = (unsigned char)stream;
    return packet_new(WIRE_OUTPUT, &tag, 1, data, len);
}

static bool anybody_behind(const struct output *o, size_t limit)
{
    for (size_t i = 0; i < o->n_clients; i++) {
        if (client_waiting(o->clients[i]) > limit) {
            return true;
        }
    }
    return false;
}

static void spread(struct output *o, int stream, const char *data, size_t len)
{
    if (o->replay) {
        replay_add(o->replay, stream, data, len);
    }
    if (o->hooks->printed) {
        o->hooks->printed(o->user, stream, data, len);
    }
    if (o->n_clients > 0) {
        struct packet *p = pack(stream, data, len);
        for (size_t i = 0; i < o->n_clients; i++) {
            client_send(o->clients[i], p);
        }
        packet_drop(p);
    }
}

static void check_ended(struct output *o)
{
    bool open = o->ends[OUT].open || o->ends[ERR].open || (o->terminal && o->ends[IN].open);
    if (o->finished && !open && !o->ended) {
        o->ended = true;
        uv_timer_stop(&o->patience);
        o->hooks->ended(o->user);
    }
}

static void give_room(uv_handle_t *handle, size_t wish, uv_buf_t *out)
{
    (void)wish;
    struct output *o = ((struct end *)handle->data)->output;
    if (!o->scratch) {
        o->scratch = mem_new(READ_ROOM, 1);
    }
    *out = uv_buf_init(o->scratch, READ_ROOM);
}

static void stop_reading(struct output *o)
{
    for (int i = 0; i < ENDS; i++) {
        if (o->ends[i].reading) {
            uv_read_stop((uv_stream_t *)&o->ends[i].pipe);
            o->ends[i].reading = false;
        }
    }
}

static void on_read(uv_stream_t *pipe, ssize_t n, const uv_buf_t *part)
{
    struct end *end = pipe->data;
    struct output *o = end->output;
    if (n < 0) { /* the end of a pipe, or EIO: nobody has the terminal open any more */
        close_end(end);
        check_ended(o);
        return;
    }
    if (n > 0) {
        o->heard = true;
        spread(o, end == &o->ends[ERR], part->base, (size_t)n);
        if (!o->finished && anybody_behind(o, OUTPUT_WAITING)) {
            o->blocked = true;
            stop_reading(o);
        }
    }
}

static void start_reading(struct output *o)
{
    for (int i = 0; i < ENDS; i++) {
        bool wanted = o->terminal || i != IN;
        if (wanted && o->ends[i].open && !o->ends[i].reading) {
            o->ends[i].reading = uv_read_start((uv_stream_t *)&o->ends[i].pipe, give_room, on_read) == 0;
        }
    }
}

void output_relieve(struct output *o)
{
    if (o->blocked && !anybody_behind(o, OUTPUT_WAITING / 2)) {
        o->blocked = false;
        start_reading(o);
    }
}

static void open_end(struct output *o, int which, int fd)
{
    struct end *end = &o->ends[which];
    end->output = o;
    uv_pipe_init(o->loop, &end->pipe, 0);
    end->pipe.data = end;
    end->open = true;
    o->closing++;
    if (uv_pipe_open(&end->pipe, fd) < 0) {
        close(fd);
        close_end(end);
    }
}

static void set_size(struct output *o, int rows, int cols)
{
    uv_os_fd_t fd;
    o->rows = rows;
    o->cols = cols;
    if (o->terminal && o->ends[IN].open && uv_fileno((uv_handle_t *)&o->ends[IN].pipe, &fd) == 0) {
        struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
        ioctl(fd, TIOCSWINSZ, &size);
        if (o->hooks->resized) {
            o->hooks->resized(o->user, rows, cols);
        }
    }
}

/* What a client says may take it off the list. */
static void read_clients(struct output *o)
{
    for (size_t i = o->n_clients; i-- > 0;) {
        if (i < o->n_clients) {
            client_hold(o->clients[i], false);
        }
    }
}

void output_open(struct output *o, const int fds[3], bool terminal)
{
    o->terminal = terminal;
    o->opened = true;
    for (int i = 0; i < ENDS; i++) {
        if (fds[i] >= 0) {
            open_end(o, i, fds[i]);
        }
    }
    if (o->rows > 0 && o->cols > 0) {
        set_size(o, o->rows, o->cols);
    }
    start_reading(o);
    read_clients(o);
}

/* Coming and going. */

static void send_run(void *user, int stream, const char *data, size_t len)
{
    while (len > 0) {
        size_t part = len < READ_ROOM ? len : READ_ROOM;
        struct packet *p = pack(stream, data, part);
        client_send(user, p);
        packet_drop(p);
        data += part;
        len -= part;
    }
}

static void add_client(struct output *o, struct client *c)
{
    client_role(c)->output = o;
    o->clients = mem_grow(o->clients, &o->room, o->n_clients + 1, sizeof(struct client *));
    o->clients[o->n_clients++] = c;
}

void output_join(struct output *o, struct client *c, bool replay)
{
    add_client(o, c);
    client_say(c, WIRE_OPENED, NULL, 0);
    if (replay && o->replay) {
        replay_each(o->replay, send_run, c);
    }
    if (replay) {
        const unsigned char out = 0;
        client_say(c, WIRE_OUTPUT, &out, sizeof out);
    }
    struct client_role *role = client_role(c);
    if (role->rows > 0 && role->cols > 0) {
        set_size(o, role->rows, role->cols);
    }
    if (!o->opened) {
        client_hold(c, true); /* what it types already waits for the process */
    }
}

void output_leave(struct output *o, struct client *c)
{
    for (size_t i = 0; i < o->n_clients; i++) {
        if (o->clients[i] == c) {
            memmove(&o->clients[i], &o->clients[i + 1], (o->n_clients - i - 1) * sizeof(struct client *));
            o->n_clients--;
            client_role(c)->output = NULL;
            output_relieve(o);
            return;
        }
    }
}

void output_hand_over(struct output *from, struct output *to)
{
    to->rows = from->rows;
    to->cols = from->cols;
    while (from->n_clients > 0) {
        struct client *c = from->clients[0];
        output_leave(from, c);
        add_client(to, c);
        client_hold(c, true);
    }
}

size_t output_clients(const struct output *o)
{
    return o->n_clients;
}

/* In from the clients. */

static void on_typed(uv_write_t *request, int status)
{
    struct typing *t = (struct typing *)request;
    struct output *o = t->output;
    free(t);
    struct end *in = &o->ends[IN];
    if (status < 0 && in->open && !o->terminal) { /* it has closed its input */
        close_end(in);
    }
    if (!in->open || uv_stream_get_write_queue_size((uv_stream_t *)&in->pipe) < OUTPUT_TYPED / 2) {
        read_clients(o);
    }
}

void output_type(struct output *o, struct client *c, const void *data, size_t len)
{
    struct client_role *role = client_role(c);
    struct end *in = &o->ends[IN];
    if (!in->open || !role->input || len == 0) {
        return;
    }
    if (role->rows > 0 && role->cols > 0 && (role->rows != o->rows || role->cols != o->cols)) {
        set_size(o, role->rows, role->cols);
    }
    struct typing *t = mem_new(1, sizeof *t + len);
    t->output = o;
    memcpy(t->bytes, data, len);
    uv_buf_t part = uv_buf_init(t->bytes, (unsigned)len);
    if (uv_write(&t->request, (uv_stream_t *)&in->pipe, &part, 1, on_typed) < 0) {
        free(t);
        return;
    }
    if (uv_stream_get_write_queue_size((uv_stream_t *)&in->pipe) > OUTPUT_TYPED) {
        client_hold(c, true);
    }
}

static void on_input_ended(uv_shutdown_t *request, int status)
{
    (void)status;
    close_end(request->handle->data);
    free(request);
}

void output_end_input(struct output *o)
{
    struct end *in = &o->ends[IN];
    if (o->terminal || !in->open) {
        return; /* a terminal has no end of input: whoever wants one types it */
    }
    uv_shutdown_t *request = mem_new(1, sizeof *request);
    if (uv_shutdown(request, (uv_stream_t *)&in->pipe, on_input_ended) < 0) {
        free(request);
    }
}

void output_size(struct output *o, int rows, int cols)
{
    if (rows > 0 && cols > 0) {
        set_size(o, rows, cols);
    }
}

void output_get_size(const struct output *o, int *rows, int *cols)
{
    *rows = o->rows;
    *cols = o->cols;
}

void output_resize(struct output *o, struct client *c, int rows, int cols)
{
    struct client_role *role = client_role(c);
    role->rows = rows;
    role->cols = cols;
    output_size(o, rows, cols);
}

/* The end. */

static void on_patience(uv_timer_t *timer)
{
    struct output *o = timer->data;
    o->waited_ms += QUIET_MS;
    if (o->heard && o->waited_ms < LATEST_MS) {
        o->heard = false;
        return;
    }
    for (int i = 0; i < ENDS; i++) {
        close_end(&o->ends[i]);
    }
    check_ended(o);
}

void output_finish(struct output *o)
{
    o->finished = true;
    o->heard = false;
    if (!o->terminal) {
        close_end(&o->ends[IN]);
    }
    start_reading(o); /* what is left is not much, and no client may hold up the end */
    uv_timer_start(&o->patience, on_patience, QUIET_MS, QUIET_MS);
    check_ended(o);
}

void output_say_exit(struct output *o, int code)
{
    uint32_t value = (uint32_t)code;
    unsigned char payload[4] = {(unsigned char)value, (unsigned char)(value >> 8),
                                (unsigned char)(value >> 16), (unsigned char)(value >> 24)};
    while (o->n_clients > 0) {
        struct client *c = o->clients[o->n_clients - 1];
        output_leave(o, c);
        client_say(c, WIRE_EXIT, payload, sizeof payload);
        client_finish(c);
    }
}

void output_say_error(struct output *o, const struct error *why)
{
    while (o->n_clients > 0) {
        struct client *c = o->clients[o->n_clients - 1];
        output_leave(o, c);
        client_refuse(c, why);
    }
}
