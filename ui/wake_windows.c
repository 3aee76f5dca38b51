/* A thread waits for the console's input, tells the loop, and goes on waiting when the loop has read. The
 * window's size is looked at now and then, because the old console changes its window without a record.
 *
 * When the console window is closed, or the user logs off, Windows gives the program a few seconds; libuv
 * makes SIGHUP of it, and Ctrl-Break SIGBREAK.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "core/memory.h"
#include "ui/tty.h"
#include "ui/wake.h"

enum { LOOK_MS = 500 };

enum { HEARD_NOTHING, HEARD_KEYS, HEARD_END }; /* END: the console is gone */

static const struct {
    int number;
    enum wake_event event;
} signals[] = {{SIGINT, WAKE_TERMINATE}, {SIGBREAK, WAKE_TERMINATE}, {SIGHUP, WAKE_HANGUP}};

enum { N_SIGNALS = sizeof signals / sizeof signals[0] };

struct wake {
    uv_async_t async;
    uv_signal_t signals[N_SIGNALS];
    uv_thread_t thread;
    HANDLE input, go, stop; /* go: the loop has read; stop: the thread is to end */
    volatile LONG heard;    /* by the thread, of the above */
    void (*cb)(void *user, enum wake_event event, int signal);
    void *user;
    int rows, cols;
    int open; /* handles not yet closed */
    bool held;
};

static void wait_for_input(void *data)
{
    struct wake *w = data;
    HANDLE both[] = {w->stop, w->input};
    HANDLE read[] = {w->stop, w->go};
    for (;;) {
        DWORD woken = WaitForMultipleObjects(2, both, FALSE, LOOK_MS);
        if (woken == WAIT_OBJECT_0) {
            return;
        }
        if (woken != WAIT_TIMEOUT) {
            InterlockedExchange(&w->heard, woken == WAIT_OBJECT_0 + 1 ? HEARD_KEYS : HEARD_END);
        }
        uv_async_send(&w->async);
        if (WaitForMultipleObjects(2, read, FALSE, INFINITE) != WAIT_OBJECT_0 + 1) {
            return;
        }
    }
}

static bool new_size(struct wake *w)
{
    int rows = w->rows, cols = w->cols;
    bool changed = tty_size(&rows, &cols) && (rows != w->rows || cols != w->cols);
    w->rows = rows;
    w->cols = cols;
    return changed;
}

static void on_async(uv_async_t *async)
{
    struct wake *w = async->data;
    if (w->held) {
        return; /* wake_hold lets the thread go on */
    }
    if (new_size(w)) {
        w->cb(w->user, WAKE_RESIZE, 0);
    }
    LONG heard = InterlockedExchange(&w->heard, HEARD_NOTHING);
    if (heard == HEARD_END) { /* the thread is left waiting */
        w->cb(w->user, WAKE_HANGUP, 0);
        return;
    }
    if (heard == HEARD_KEYS) {
        w->cb(w->user, WAKE_KEYS, 0);
    }
    SetEvent(w->go);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct wake *w = handle->data;
    if (w->held && number != SIGHUP) {
        return; /* typed for the other program */
    }
    for (size_t i = 0; i < N_SIGNALS; i++) {
        if (signals[i].number == number) {
            w->cb(w->user, signals[i].event, number);
            return;
        }
    }
}

struct wake *wake_new(struct uv_loop_s *loop, void (*cb)(void *user, enum wake_event event, int signal),
                      void *user)
{
    struct wake *w = mem_new(1, sizeof *w);
    w->cb = cb;
    w->user = user;
    w->input = GetStdHandle(STD_INPUT_HANDLE);
    w->go = CreateEventW(NULL, FALSE, FALSE, NULL);
    w->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    new_size(w);
    uv_async_init(loop, &w->async, on_async);
    w->async.data = w;
    w->open = 1;
    for (size_t i = 0; i < N_SIGNALS; i++) {
        uv_signal_init(loop, &w->signals[i]);
        uv_signal_start(&w->signals[i], on_signal, signals[i].number);
        w->signals[i].data = w;
        w->open++;
    }
    uv_thread_create(&w->thread, wait_for_input, w);
    return w;
}

static void on_closed(uv_handle_t *handle)
{
    struct wake *w = handle->data;
    if (--w->open == 0) {
        CloseHandle(w->go);
        CloseHandle(w->stop);
        free(w);
    }
}

void wake_free(struct wake *w)
{
    if (w == NULL) {
        return;
    }
    SetEvent(w->stop);
    uv_thread_join(&w->thread);
    uv_close((uv_handle_t *)&w->async, on_closed);
    for (size_t i = 0; i < N_SIGNALS; i++) {
        uv_close((uv_handle_t *)&w->signals[i], on_closed);
    }
}

void wake_hold(struct wake *w, int hold)
{
    bool before = w->held;
    w->held = hold != 0;
    if (before && !w->held) {
        uv_async_send(&w->async);
    }
}
