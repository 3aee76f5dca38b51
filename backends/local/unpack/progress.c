#include "backends/local/unpack/progress.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { LOOK_EVERY = 50 /* ms */ };

void progress_init(struct progress *p, int out)
{
    *p = (struct progress){.out = out, .signals = -1};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) == 0) {
        p->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    }
}

void progress_done(struct progress *p)
{
    if (p->signals >= 0) {
        close(p->signals);
    }
    p->signals = -1;
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A line that does not fit into the pipe is left out: a slow reader must not stop the import. */
static void look(struct progress *p)
{
    struct pollfd ends[] = {{.fd = p->signals, .events = POLLIN}, {.fd = p->out, .events = POLLOUT}};
    if (poll(ends, 2, 0) <= 0) {
        return;
    }
    if ((ends[0].revents & POLLIN) || (ends[1].revents & (POLLERR | POLLHUP | POLLNVAL))) {
        p->cancelled = true;
        return;
    }
    char line[160];
    int len = snprintf(line, sizeof(line), "progress %llu %llu %s\n", (unsigned long long)p->done,
                       (unsigned long long)p->total, p->words);
    if ((ends[1].revents & POLLOUT) && write(p->out, line, (size_t)len) < 0) {
        p->cancelled = true;
    }
}

void progress_step(struct progress *p, uint64_t total, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(p->words, sizeof(p->words), fmt, args);
    va_end(args);
    p->done = 0;
    p->total = total;
    look(p);
}

void progress_add(struct progress *p, uint64_t bytes)
{
    p->done += bytes;
    p->consumed += bytes;
}

bool progress_check(struct progress *p, struct error *e)
{
    int64_t time = now();
    if (!p->cancelled && time - p->checked >= LOOK_EVERY) {
        p->checked = time;
        look(p);
    }
    if (p->cancelled) {
        error_set(e, ERROR_CANCELLED, 0, "The import was cancelled; nothing of it was kept");
    }
    return !p->cancelled;
}
