/* A channel that runs a process lives until the process has ended and all that it printed is on its way;
 * others may still hold its pipes open then, so that after a moment of silence they are no longer waited for.
 * What is read of a process is bounded by the window that the keeper has opened. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "backends/local/guest/agent.h"
#include "core/memory.h"

/* The port takes so much at a time (drivers/char/virtio_console.c): a frame is to be one write. */
enum { PORT_WRITE = 32 * 1024, READ_ROOM = PORT_WRITE - WIRE_HEADER - 1 };

enum { QUIET_MS = 250, PAIRS = 8192 };

struct channel {
    uint16_t number;
    pid_t pid; /* 0: it has ended */
    bool terminal;
    int fds[3];        /* of its pipes; of a terminal fds[0] only */
    size_t window;     /* bytes that may still be sent */
    struct text typed; /* for its input, from typed_at on */
    size_t typed_at;
    bool input_ended;
    int code;
    int64_t deadline; /* ms: the silence has lasted long enough; 0 not ended yet */
    struct channel *next;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct channel *find(const struct agent *a, uint16_t number)
{
    struct channel *c = a->channels;
    while (c && c->number != number) {
        c = c->next;
    }
    return c;
}

static void close_end(struct channel *c, int which)
{
    if (c->fds[which] >= 0) {
        close(c->fds[which]);
        c->fds[which] = -1;
    }
}

static void remove_channel(struct agent *a, struct channel *c)
{
    struct channel **at = &a->channels;
    while (*at != c) {
        at = &(*at)->next;
    }
    *at = c->next;
    for (int i = 0; i < 3; i++) {
        close_end(c, i);
    }
    text_done(&c->typed);
    free(c);
}

/* Starting. */

struct pairs { /* argv and env of a request */
    const char *argv[PAIRS], *env[PAIRS];
    size_t n_argv, n_env;
};

static void read_launch(const struct wire_frame *frame, struct launch *out, struct pairs *p)
{
    struct words w = {(const char *)frame->payload, frame->len};
    const char *v;
    p->n_argv = p->n_env = 0;
    *out = (struct launch){.argv = p->argv, .env = p->env, .workdir = "/"};
    for (const char *pair = words_next(&w); pair; pair = words_next(&w)) {
        if ((v = words_value(pair, "argv")) && p->n_argv < PAIRS - 1) {
            p->argv[p->n_argv++] = v;
        } else if ((v = words_value(pair, "env")) && p->n_env < PAIRS - 1) {
            p->env[p->n_env++] = v;
        } else if ((v = words_value(pair, "workdir"))) {
            out->workdir = v;
        } else if ((v = words_value(pair, "user"))) {
            out->user = v;
        } else if ((v = words_value(pair, "terminal"))) {
            out->terminal = true;
        } else if ((v = words_value(pair, "input"))) {
            out->input = true;
        } else if ((v = words_value(pair, "rows"))) {
            out->rows = (int)words_number(v);
        } else if ((v = words_value(pair, "cols"))) {
            out->cols = (int)words_number(v);
        }
    }
    p->argv[p->n_argv] = p->env[p->n_env] = NULL;
}

void channel_run(struct agent *a, const struct wire_frame *frame)
{
    static struct pairs pairs;
    struct launch launch;
    struct error why = {0};
    int fds[3] = {-1, -1, -1};
    read_launch(frame, &launch, &pairs);
    if (pairs.n_argv == 0 || find(a, frame->channel)) {
        boot_halt("the keeper asked for a process that makes no sense");
    }
    pid_t pid = launch_process(a, &launch, fds, &why);
    if (pid == 0) {
        agent_fail(a, frame->channel, &why);
        return;
    }
    struct channel *c = mem_new(1, sizeof *c);
    *c = (struct channel){.number = frame->channel,
                          .pid = pid,
                          .terminal = launch.terminal,
                          .fds = {fds[0], fds[1], fds[2]},
                          .window = WIRE_WINDOW,
                          .next = a->channels};
    a->channels = c;
    agent_say(a, WIRE_OPENED, c->number, NULL, 0);
}

/* In. */

static void type(struct agent *a, struct channel *c)
{
    while (c->fds[0] >= 0 && c->typed_at < c->typed.len) {
        ssize_t n = write(c->fds[0], c->typed.data + c->typed_at, c->typed.len - c->typed_at);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        size_t done =
            n > 0 ? (size_t)n : c->typed.len - c->typed_at; /* it does not read any more: it is lost */
        unsigned char credit[4];
        c->typed_at += done;
        wire_put_u32(credit, (uint32_t)done);
        agent_say(a, WIRE_CREDIT, c->number, credit, sizeof credit);
    }
    text_clear(&c->typed);
    c->typed_at = 0;
    if (c->input_ended) { /* of a terminal: it is hung up */
        close_end(c, 0);
    }
}

static void resize(struct channel *c, const unsigned char *p)
{
    const struct winsize size = {.ws_row = (unsigned short)(p[0] | p[1] << 8),
                                 .ws_col = (unsigned short)(p[2] | p[3] << 8)};
    if (c->terminal && c->fds[0] >= 0) {
        ioctl(c->fds[0], TIOCSWINSZ, &size);
    }
}

/* What is for a channel that has just ended is late, not wrong. */
void channel_frame(struct agent *a, const struct wire_frame *frame)
{
    struct channel *c = find(a, frame->channel);
    if (!c) {
        return;
    }
    if (frame->type == WIRE_INPUT) {
        text_add_n(&c->typed, (const char *)frame->payload, frame->len);
        type(a, c);
    } else if (frame->type == WIRE_INPUT_END) {
        c->input_ended = true;
        type(a, c);
    } else if (frame->type == WIRE_RESIZE && frame->len == 4) {
        resize(c, frame->payload);
    } else if (frame->type == WIRE_SIGNAL && frame->len == 1 && c->pid > 0) {
        kill(c->pid, frame->payload[0]);
    } else if (frame->type == WIRE_CREDIT && frame->len == 4) {
        c->window += wire_get_u32(frame->payload);
    }
}

/* Out. */

static bool prints(const struct channel *c)
{
    return c->fds[1] >= 0 || c->fds[2] >= 0 || (c->terminal && c->fds[0] >= 0);
}

static void take(struct agent *a, struct channel *c, int which)
{
    static unsigned char frame[PORT_WRITE];
    unsigned char *tag = frame + WIRE_HEADER, *data = tag + 1;
    size_t most = c->window < READ_ROOM ? c->window : READ_ROOM;
    ssize_t n = read(c->fds[which], data, most);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) { /* the end of a pipe, or EIO: nobody has the terminal open any more */
        close_end(c, which);
        return;
    }
    *tag = which == 2;
    c->window -= (size_t)n;
    wire_header(frame, WIRE_OUTPUT, c->number, (size_t)n + 1);
    agent_send(a, frame, WIRE_HEADER + 1 + (size_t)n);
    if (c->deadline > 0) {
        c->deadline = now_ms() + QUIET_MS;
    }
}

static bool may_take(const struct agent *a, const struct channel *c)
{
    return c->window > 0 && !agent_full(a);
}

static short events_of(const struct agent *a, const struct channel *c, int which)
{
    bool in = which == 0 && c->typed_at < c->typed.len;
    bool out = (which > 0 || c->terminal) && may_take(a, c);
    return (short)((in ? POLLOUT : 0) | (out ? POLLIN : 0));
}

/* A descriptor that is not waited for is left out: poll would tell of its hanging up again and again. */
size_t channel_polls(struct agent *a, struct pollfd *out, size_t room)
{
    size_t n = 0;
    for (struct channel *c = a->channels; c; c = c->next) {
        for (int i = 0; i < 3 && n < room; i++) {
            short events = c->fds[i] >= 0 ? events_of(a, c, i) : 0;
            if (events) {
                out[n++] = (struct pollfd){.fd = c->fds[i], .events = events};
            }
        }
    }
    return n;
}

static void check_over(struct agent *a, struct channel *c)
{
    bool silent = c->deadline > 0 && may_take(a, c) && now_ms() >= c->deadline;
    if (c->pid == 0 && (!prints(c) || silent)) {
        unsigned char code[4];
        wire_put_u32(code, (uint32_t)c->code);
        agent_say(a, WIRE_EXIT, c->number, code, sizeof code);
        remove_channel(a, c);
    }
}

static const struct pollfd *poll_of(const struct pollfd *polls, size_t n, int fd)
{
    for (size_t i = 0; fd >= 0 && i < n; i++) {
        if (polls[i].fd == fd && polls[i].revents) {
            return &polls[i];
        }
    }
    return NULL;
}

void channel_polled(struct agent *a, const struct pollfd *polls, size_t n)
{
    for (struct channel *c = a->channels, *next; c; c = next) {
        next = c->next;
        for (int i = 0; i < 3; i++) {
            const struct pollfd *p = poll_of(polls, n, c->fds[i]);
            if (p && (p->events & POLLOUT) && (p->revents & (POLLOUT | POLLERR))) {
                type(a, c);
            }
            if (p && c->fds[i] >= 0 && (p->events & POLLIN) && (p->revents & ~POLLOUT) && may_take(a, c)) {
                take(a, c, i);
            }
        }
        check_over(a, c);
    }
}

int channel_patience(const struct agent *a)
{
    int64_t least = -1, now = now_ms();
    for (const struct channel *c = a->channels; c; c = c->next) {
        if (c->deadline > 0 && may_take(a, c)) {
            int64_t left = c->deadline > now ? c->deadline - now : 0;
            least = least < 0 || left < least ? left : least;
        }
    }
    return (int)least;
}

void channel_ended(struct agent *a, pid_t pid, int code)
{
    struct channel *c = a->channels;
    while (c && c->pid != pid) {
        c = c->next;
    }
    if (pid == a->first) { /* the machine goes soon: what was written is to be on the disk by then */
        sync();
    }
    if (c) {
        c->pid = 0;
        c->code = code;
        c->deadline = now_ms() + QUIET_MS;
        check_over(a, c);
    }
}
