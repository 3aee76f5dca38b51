/* Standard input is often one with the shell's own terminal: libuv makes it non-blocking, and that is taken
 * back, for else our writes, and those of the programs after us, would fail whenever the terminal is slow.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "core/memory.h"
#include "ui/wake.h"

static const struct {
    int number;
    enum wake_event event;
} signals[] = {
    {SIGWINCH, WAKE_RESIZE}, {SIGTERM, WAKE_TERMINATE}, {SIGINT, WAKE_TERMINATE}, {SIGQUIT, WAKE_TERMINATE},
    {SIGHUP, WAKE_HANGUP},   {SIGTSTP, WAKE_SUSPEND},   {SIGCONT, WAKE_RESUMED},
};

enum { N_SIGNALS = sizeof signals / sizeof signals[0] };

struct wake {
    uv_poll_t input;
    uv_signal_t signals[N_SIGNALS];
    void (*cb)(void *user, enum wake_event event, int signal);
    void *user;
    int open; /* handles not yet closed */
    bool polling, held, gone;
};

static bool hung_up(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static void on_input(uv_poll_t *poll, int status, int events)
{
    struct wake *w = poll->data;
    (void)events;
    if (status < 0 || hung_up()) {
        w->gone = true;
        uv_poll_stop(&w->input);
        w->cb(w->user, WAKE_HANGUP, 0);
    } else {
        w->cb(w->user, WAKE_KEYS, 0);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct wake *w = handle->data;
    if (w->held && (number == SIGINT || number == SIGQUIT || number == SIGTSTP)) {
        return; /* typed for the other program */
    }
    for (size_t i = 0; i < N_SIGNALS; i++) {
        if (signals[i].number == number) {
            w->cb(w->user, signals[i].event, number);
            return;
        }
    }
}

static bool poll_input(uv_loop_t *loop, uv_poll_t *input)
{
    int flags = fcntl(STDIN_FILENO, F_GETFL);
    bool good = uv_poll_init(loop, input, STDIN_FILENO) == 0;
    if (flags != -1) {
        fcntl(STDIN_FILENO, F_SETFL, flags);
    }
    return good;
}

struct wake *wake_new(struct uv_loop_s *loop, void (*cb)(void *user, enum wake_event event, int signal),
                      void *user)
{
    struct wake *w = mem_new(1, sizeof *w);
    w->cb = cb;
    w->user = user;
    w->polling = poll_input(loop, &w->input);
    if (w->polling) {
        w->input.data = w;
        uv_poll_start(&w->input, UV_READABLE, on_input);
        w->open++;
    }
    for (size_t i = 0; i < N_SIGNALS; i++) {
        uv_signal_init(loop, &w->signals[i]);
        uv_signal_start(&w->signals[i], on_signal, signals[i].number);
        w->signals[i].data = w;
        w->open++;
    }
    return w;
}

static void on_closed(uv_handle_t *handle)
{
    struct wake *w = handle->data;
    if (--w->open == 0) {
        free(w);
    }
}

void wake_free(struct wake *w)
{
    if (w == NULL) {
        return;
    }
    if (w->polling) {
        uv_close((uv_handle_t *)&w->input, on_closed);
    }
    for (size_t i = 0; i < N_SIGNALS; i++) {
        uv_close((uv_handle_t *)&w->signals[i], on_closed);
    }
}

void wake_hold(struct wake *w, int hold)
{
    w->held = hold != 0;
    if (!w->polling || w->gone) {
        return;
    }
    if (w->held) {
        uv_poll_stop(&w->input);
    } else {
        uv_poll_start(&w->input, UV_READABLE, on_input);
    }
}
