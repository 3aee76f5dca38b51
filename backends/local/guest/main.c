/* The loop: one poll over the port to the keeper, the signals, and the ends of all processes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backends/local/guest/agent.h"
#include "core/memory.h"

enum { FULL = 512 * 1024, READ_ROOM = 64 * 1024, POLLS = 4096, GONE_MS = 100 };

void agent_say(struct agent *a, enum wire_type type, uint16_t channel, const void *payload, size_t len)
{
    unsigned char head[WIRE_HEADER];
    wire_header(head, type, channel, len);
    text_add_n(&a->out, (const char *)head, sizeof head);
    text_add_n(&a->out, payload, len);
}

void agent_send(struct agent *a, const void *frame, size_t size)
{
    ssize_t n = a->out_at == a->out.len ? write(a->port, frame, size) : 0;
    size_t done = n > 0 ? (size_t)n : 0;
    if (done < size) {
        text_add_n(&a->out, (const char *)frame + done, size - done);
    }
}

void agent_fail(struct agent *a, uint16_t channel, const struct error *why)
{
    size_t size;
    unsigned char *frame = wire_pack_error(why, &size);
    agent_say(a, WIRE_ERROR, channel, frame + WIRE_HEADER, size - WIRE_HEADER);
    free(frame);
}

bool agent_full(const struct agent *a)
{
    return a->out.len - a->out_at > FULL;
}

static void send_out(struct agent *a)
{
    while (a->out_at < a->out.len) {
        ssize_t n = write(a->port, a->out.data + a->out_at, a->out.len - a->out_at);
        if (n <= 0) {
            return; /* it is full; poll tells when it is not */
        }
        a->out_at += (size_t)n;
    }
    text_clear(&a->out);
    a->out_at = 0;
}

static void on_frame(struct agent *a, const struct wire_frame *frame)
{
    struct error why = {0};
    switch (frame->type) {
    case WIRE_SETUP:
        if (setup_machine(a, frame, &why)) {
            agent_say(a, WIRE_DONE, 0, NULL, 0);
        } else {
            agent_fail(a, 0, &why);
        }
        break;
    case WIRE_CLOCK:
        setup_clock(frame);
        break;
    case WIRE_RUN:
        channel_run(a, frame);
        break;
    case WIRE_PROCESSES:
        report_processes(a, frame->channel);
        break;
    case WIRE_STATISTICS:
        report_statistics(a, frame->channel);
        break;
    default:
        channel_frame(a, frame);
        break;
    }
}

/* The keeper is not hostile to us, but after nonsense there is no way on. */
static void read_port(struct agent *a)
{
    static char room[READ_ROOM];
    struct wire_frame frame;
    struct error why = {0};
    ssize_t n = read(a->port, room, sizeof room);
    if (n == 0) { /* nobody is there: he may be just coming */
        nanosleep(&(struct timespec){.tv_nsec = GONE_MS * 1000000L}, NULL);
        return;
    }
    if (n < 0) {
        return;
    }
    wire_feed(a->wire, room, (size_t)n);
    int got;
    while ((got = wire_next(a->wire, &frame, &why)) > 0) {
        on_frame(a, &frame);
    }
    if (got < 0) {
        boot_halt(why.text);
    }
}

static void reap(struct agent *a)
{
    struct signalfd_siginfo info;
    int status;
    while (read(a->signals, &info, sizeof info) > 0) {
    }
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
        channel_ended(a, pid, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    }
}

static void turn(struct agent *a)
{
    static struct pollfd polls[POLLS];
    bool waiting = a->out_at < a->out.len;
    polls[0] = (struct pollfd){.fd = a->port, .events = (short)(POLLIN | (waiting ? POLLOUT : 0))};
    polls[1] = (struct pollfd){.fd = a->signals, .events = POLLIN};
    size_t n = channel_polls(a, polls + 2, POLLS - 2);
    if (poll(polls, n + 2, channel_patience(a)) < 0 && errno != EINTR) {
        boot_halt("the guest agent cannot wait for its processes");
    }
    if (polls[1].revents) {
        reap(a);
    }
    channel_polled(a, polls + 2, n);
    if (polls[0].revents & (POLLIN | POLLHUP)) {
        read_port(a);
    }
    send_out(a);
}

static int watch_children(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(void)
{
    if (getpid() != 1) {
        static const char words[] =
            "porthole-guest is the first process in a VM of porthole; it does nothing elsewhere\n";
        return write(STDERR_FILENO, words, sizeof words - 1) > 0 ? 2 : 1;
    }
    static struct agent agent;
    boot_mounts();
    boot_load("/modules/boot");
    agent.port = boot_port();
    agent.wire = wire_new();
    agent.signals = watch_children();
    agent.own_pids = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    agent_say(&agent, WIRE_HELLO, 0, NULL, 0);
    send_out(&agent);
    for (;;) {
        turn(&agent);
    }
}
