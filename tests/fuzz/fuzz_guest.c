/* A guest that says anything to its keeper: whatever comes, each process and each question ends exactly once,
 * and nothing is left. */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/local/keeper/vm_link.h"
#include "backends/local/shared/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TURNS = 64, PROCESSES = 2 };

struct watched {
    struct link *link;
    int started, failed, ended;
};

struct session {
    struct link *link;
    struct watched processes[PROCESSES];
    int answers;
};

static void on_ended(void *user, int code)
{
    struct watched *w = user;
    w->ended++;
    if (code < 0 || code > 255) {
        abort();
    }
}

static void on_done(void *user, int channel, const int fds[3])
{
    struct watched *w = user;
    w->started++;
    for (int i = 0; i < 3; i++) { /* nobody reads what it prints */
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    link_watch(w->link, channel, on_ended, w);
}

static void on_failed(void *user, const struct error *why)
{
    struct watched *w = user;
    w->failed++;
    if (!why->text[0]) {
        abort();
    }
}

static void on_rows(void *user, const void *pairs, size_t len)
{
    struct words w = {pairs, len};
    (void)user;
    for (const char *pair = words_next(&w); pair; pair = words_next(&w)) {
        const char *value = words_value(pair, "pid");
        if (value && words_number(value) == UINT64_MAX) {
            return;
        }
    }
}

static void on_over(void *user, const struct error *why)
{
    (void)why;
    ((struct session *)user)->answers++;
}

static void on_hello(void *user)
{
    link_clock(((struct session *)user)->link);
}

static void on_set_up(void *user, const struct error *why)
{
    (void)user;
    (void)why;
}

static void on_broken(void *user, const char *words)
{
    struct session *s = user;
    struct error why;
    error_set(&why, ERROR_PROTOCOL, 0, "%s", words);
    link_break(s->link, &why);
}

static void check(const struct session *s)
{
    for (int i = 0; i < PROCESSES; i++) {
        const struct watched *w = &s->processes[i];
        if (w->started > 1 || w->failed > 1 || w->ended > 1 || (w->failed && w->started)) {
            abort();
        }
    }
    if (s->answers > 1) {
        abort();
    }
}

static void open_all(struct session *s)
{
    static const struct wall_hooks hooks = {.done = on_done, .failed = on_failed};
    static const struct link_answer answer = {.rows = on_rows, .over = on_over};
    struct text pairs = {0};
    struct error why;
    words_add(&pairs, "argv", "sh");
    for (int i = 0; i < PROCESSES; i++) {
        const struct link_run run = {.pairs = &pairs, .terminal = i == 1, .input = true};
        s->processes[i].link = s->link;
        if (!link_run(s->link, &run, &hooks, &s->processes[i], &why)) {
            abort();
        }
    }
    link_ask(s->link, WIRE_PROCESSES, &answer, s);
    text_done(&pairs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct link_events events = {.hello = on_hello, .set_up = on_set_up, .broken = on_broken};
    uv_loop_t loop;
    int ends[2];
    struct session s = {.answers = 0};
    signal(SIGPIPE, SIG_IGN); /* as in the keeper */
    if (uv_loop_init(&loop) != 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        abort();
    }
    s.link = link_new(&loop, ends[0], &events, &s);
    open_all(&s);
    ssize_t n = send(ends[1], data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)n;
    for (int i = 0; i < TURNS && uv_run(&loop, UV_RUN_NOWAIT) != 0; i++) {
    }
    check(&s);
    link_close(s.link);
    close(ends[1]);
    uv_run(&loop, UV_RUN_DEFAULT);
    check(&s);
    if (uv_loop_close(&loop) != 0) {
        abort();
    }
    return 0;
}
