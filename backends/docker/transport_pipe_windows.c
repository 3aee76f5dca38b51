/* A carrier over a named pipe of Windows, as the daemon makes them: message pipes, whose message of no bytes
 * stands for the end (go-winio). libuv's own pipes swallow such a message, so here one thread for each pipe
 * connects, reads and writes with overlapped calls, and the loop hears of it by an async.
 *
 * The block `room` belongs to the thread while it is empty and to the loop while it is filled: a loop that
 * does not take it (because its owner holds) stops the thread from reading, and so the other side. All else
 * that both touch is behind the lock. */
#include <stdlib.h>
#include <string.h>

#include "backends/docker/transport_parts.h"
#include "core/memory.h"
#include "core/text.h"

enum { BUSY_MS = 10, WAKE = 0, READ = 1, WRITE = 2, EVENTS = 3 };

struct pipe {
    struct carrier carrier;
    uv_async_t async;
    uv_thread_t thread;
    wchar_t *path;
    bool reading, told_connected, told_end; /* the loop's */

    uv_mutex_t lock;
    struct text out;       /* to be written */
    bool end_wanted, stop; /* what the loop wants */
    bool connected, over;  /* what the thread says; over: it has ended */
    bool wrote_all;        /* since the loop was told last */
    size_t unsent, filled; /* filled: of room */
    bool ended;            /* nothing more is read: failure */
    DWORD failure;         /* ERROR_SUCCESS: it was the end */

    HANDLE pipe, events[EVENTS]; /* the thread's from here on, but for events[WAKE] */
    OVERLAPPED read, write;
    bool read_pending, write_pending, end_sent, messages;
    char *sending;
};

static void notify(struct pipe *p)
{
    uv_async_send(&p->async);
}

/* ---- the thread ---- */

static void lock(struct pipe *p)
{
    uv_mutex_lock(&p->lock);
}

static void unlock(struct pipe *p)
{
    uv_mutex_unlock(&p->lock);
}

static bool is_stopped(struct pipe *p)
{
    lock(p);
    bool stop = p->stop;
    unlock(p);
    return stop;
}

static void say_ended(struct pipe *p, DWORD failure)
{
    bool plain =
        failure == ERROR_BROKEN_PIPE || failure == ERROR_PIPE_NOT_CONNECTED || failure == ERROR_HANDLE_EOF;
    lock(p);
    if (!p->ended) {
        p->ended = true;
        p->failure = plain ? ERROR_SUCCESS : failure;
    }
    unlock(p);
    notify(p);
}

/* While all instances of the pipe are taken it is tried again; the transport's own patience ends that. */
static bool connect_pipe(struct pipe *p)
{
    DWORD failure = ERROR_PIPE_BUSY, flags = 0;
    while (failure == ERROR_PIPE_BUSY && !is_stopped(p)) {
        p->pipe = CreateFileW(p->path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
        failure = p->pipe != INVALID_HANDLE_VALUE ? ERROR_SUCCESS : GetLastError();
        if (failure == ERROR_PIPE_BUSY) {
            WaitForSingleObject(p->events[WAKE], BUSY_MS);
        }
    }
    if (failure != ERROR_SUCCESS) {
        say_ended(p, failure);
        return false;
    }
    p->messages = GetNamedPipeInfo(p->pipe, &flags, NULL, NULL, NULL) && (flags & PIPE_TYPE_MESSAGE);
    lock(p);
    p->connected = true;
    unlock(p);
    notify(p);
    return true;
}

static void begin_read(struct pipe *p)
{
    lock(p);
    bool may = p->filled == 0 && !p->ended && !p->read_pending;
    unlock(p);
    if (!may) {
        return;
    }
    memset(&p->read, 0, sizeof p->read);
    p->read.hEvent = p->events[READ];
    p->read_pending = true;
    if (!ReadFile(p->pipe, p->carrier.room, CARRIER_ROOM, NULL, &p->read)) {
        DWORD failure = GetLastError();
        if (failure != ERROR_IO_PENDING && failure != ERROR_MORE_DATA) {
            p->read_pending = false;
            say_ended(p, failure);
        }
    }
}

static void end_read(struct pipe *p)
{
    DWORD n = 0;
    BOOL fine = GetOverlappedResult(p->pipe, &p->read, &n, FALSE);
    DWORD failure = fine ? ERROR_SUCCESS : GetLastError();
    if (failure == ERROR_IO_INCOMPLETE) {
        return;
    }
    p->read_pending = false;
    ResetEvent(p->events[READ]);
    if (failure != ERROR_SUCCESS &&
        failure != ERROR_MORE_DATA) { /* the rest of a message comes with the next call */
        say_ended(p, failure);
    } else if (n == 0 && p->messages) {
        say_ended(p, ERROR_BROKEN_PIPE);
    } else if (n > 0) {
        lock(p);
        p->filled = n;
        unlock(p);
        notify(p);
    }
}

static void begin_write(struct pipe *p)
{
    DWORD len = 0;
    lock(p);
    bool end = p->out.len == 0 && p->end_wanted && !p->end_sent,
         may = !p->write_pending && (p->out.len > 0 || end);
    if (may && !end) {
        len = (DWORD)(p->out.len < CARRIER_ROOM ? p->out.len : CARRIER_ROOM);
        memcpy(p->sending, p->out.data, len);
        memmove(p->out.data, p->out.data + len, p->out.len - len);
        p->out.len -= len;
    }
    unlock(p);
    if (!may) {
        return;
    }
    p->end_sent = end;
    memset(&p->write, 0, sizeof p->write);
    p->write.hEvent = p->events[WRITE];
    p->write_pending = true;
    if (!WriteFile(p->pipe, p->sending, len, NULL, &p->write) && GetLastError() != ERROR_IO_PENDING) {
        p->write_pending = false; /* the connection is gone, which reading tells */
        lock(p);
        text_clear(&p->out);
        p->unsent = 0;
        unlock(p);
    }
}

static void end_write(struct pipe *p)
{
    DWORD n = 0;
    BOOL fine = GetOverlappedResult(p->pipe, &p->write, &n, FALSE);
    if (!fine && GetLastError() == ERROR_IO_INCOMPLETE) {
        return;
    }
    p->write_pending = false;
    ResetEvent(p->events[WRITE]);
    lock(p);
    p->unsent -= n <= p->unsent ? n : p->unsent;
    p->wrote_all = p->wrote_all || (fine && n > 0 && p->unsent == 0);
    bool all = p->wrote_all;
    unlock(p);
    if (all) {
        notify(p);
    }
}

static void move_bytes(struct pipe *p)
{
    while (!is_stopped(p)) {
        begin_read(p);
        begin_write(p);
        WaitForMultipleObjects(EVENTS, p->events, FALSE, INFINITE);
        if (p->read_pending) {
            end_read(p);
        }
        if (p->write_pending) {
            end_write(p);
        }
    }
}

/* The system writes into our memory until it has said that it does not. */
static void give_up(struct pipe *p)
{
    DWORD n;
    CancelIoEx(p->pipe, NULL);
    if (p->read_pending) {
        GetOverlappedResult(p->pipe, &p->read, &n, TRUE);
    }
    if (p->write_pending) {
        GetOverlappedResult(p->pipe, &p->write, &n, TRUE);
    }
    CloseHandle(p->pipe);
}

static void run(void *data)
{
    struct pipe *p = data;
    if (connect_pipe(p)) {
        move_bytes(p);
        give_up(p);
    }
    lock(p);
    p->over = true;
    unlock(p);
    notify(p);
}

/* ---- the loop ---- */

static void async_closed(uv_handle_t *handle)
{
    struct pipe *p = handle->data;
    for (int i = 0; i < EVENTS; i++) {
        CloseHandle(p->events[i]);
    }
    uv_mutex_destroy(&p->lock);
    text_done(&p->out);
    free(p->sending);
    free(p->carrier.room);
    free(p->path);
    free(p);
}

static void explain(const struct pipe *p, struct error *e)
{
    struct error why;
    switch (p->failure) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        error_set(e, ERROR_UNREACHABLE, (int32_t)p->failure,
                  "there is no such pipe; start the engine (Start-Service docker, or Docker Desktop), or "
                  "name another");
        break;
    case ERROR_ACCESS_DENIED:
        error_set(
            e, ERROR_DENIED, (int32_t)p->failure,
            "you may not open this pipe; be an administrator, or join the group that the engine lets in "
            "(docker-users)");
        break;
    default:
        error_errno(&why, (int)p->failure, "%s", p->told_connected ? "it is lost" : "no connection");
        error_set(e, ERROR_UNREACHABLE, (int32_t)p->failure, "%s", why.text);
        break;
    }
}

static void tell_end(struct pipe *p)
{
    struct error why;
    p->told_end = true;
    if (p->failure == ERROR_SUCCESS) {
        transport_on_ended(p->carrier.above, NULL);
    } else {
        explain(p, &why);
        transport_on_ended(p->carrier.above, &why);
    }
}

/* What has happened since it was looked at last. */
static void look(struct pipe *p)
{
    lock(p);
    bool connected = p->connected, ended = p->ended, wrote_all = p->wrote_all;
    size_t filled = p->reading ? p->filled : 0;
    p->wrote_all = false;
    unlock(p);
    if (connected && !p->told_connected) {
        p->told_connected = true;
        transport_on_connected(p->carrier.above);
    }
    if (p->carrier.above && wrote_all) {
        transport_on_drained(p->carrier.above);
    }
    if (p->carrier.above && filled > 0 && p->reading) {
        transport_on_bytes(p->carrier.above, p->carrier.room, filled);
        lock(p);
        p->filled = 0;
        unlock(p);
        SetEvent(p->events[WAKE]);
    } else if (p->carrier.above && ended && filled == 0 && !p->told_end && (p->reading || !connected)) {
        tell_end(p);
    }
}

static void on_async(uv_async_t *async)
{
    struct pipe *p = async->data;
    lock(p);
    bool over = p->over;
    unlock(p);
    if (p->carrier.above) {
        look(p);
    }
    if (over && !p->carrier.above && !uv_is_closing((uv_handle_t *)async)) {
        uv_thread_join(&p->thread);
        uv_close((uv_handle_t *)async, async_closed);
    }
}

static void pipe_write(struct carrier *c, const char *data, size_t len)
{
    struct pipe *p = (struct pipe *)c;
    lock(p);
    text_add_n(&p->out, data, len);
    p->unsent += len;
    unlock(p);
    SetEvent(p->events[WAKE]);
}

static void pipe_read(struct carrier *c, bool on)
{
    struct pipe *p = (struct pipe *)c;
    if (on && !p->reading) {
        notify(p);
    }
    p->reading = on;
}

static void pipe_end_output(struct carrier *c)
{
    struct pipe *p = (struct pipe *)c;
    lock(p);
    p->end_wanted = true;
    unlock(p);
    SetEvent(p->events[WAKE]);
}

static size_t pipe_unsent(const struct carrier *c)
{
    struct pipe *p = (struct pipe *)c;
    lock(p);
    size_t unsent = p->unsent;
    unlock(p);
    return unsent;
}

static void pipe_close(struct carrier *c)
{
    struct pipe *p = (struct pipe *)c;
    lock(p);
    p->stop = true;
    unlock(p);
    SetEvent(p->events[WAKE]);
    notify(p); /* the thread may be over already */
}

static const struct carrier_type pipe_type = {
    .write = pipe_write,
    .read = pipe_read,
    .end_output = pipe_end_output,
    .unsent = pipe_unsent,
    .close = pipe_close,
};

static wchar_t *wide(const char *s)
{
    int n = MultiByteToWideChar(CP_UTF8, 0, s, -1, NULL, 0);
    wchar_t *out = mem_new(n > 0 ? (size_t)n : 1, sizeof *out);
    MultiByteToWideChar(CP_UTF8, 0, s, -1, out, n);
    return out;
}

struct carrier *carrier_pipe(struct transport *t, uv_loop_t *loop, const struct endpoint *to)
{
    struct pipe *p = mem_new(1, sizeof *p);
    struct error why;
    p->carrier = (struct carrier){.type = &pipe_type, .above = t, .room = mem_resize(NULL, CARRIER_ROOM, 1)};
    p->path = wide(to->path);
    p->sending = mem_resize(NULL, CARRIER_ROOM, 1);
    p->events[WAKE] = CreateEventW(NULL, FALSE, FALSE, NULL);
    p->events[READ] = CreateEventW(NULL, TRUE, FALSE, NULL);
    p->events[WRITE] = CreateEventW(NULL, TRUE, FALSE, NULL);
    uv_mutex_init(&p->lock);
    uv_async_init(loop, &p->async, on_async);
    p->async.data = p;
    int status = uv_thread_create(&p->thread, run, p);
    if (status != 0) {
        error_set(&why, ERROR_OTHER, status, "no thread can be started: %s", uv_strerror(status));
        transport_on_ended(t, &why);
        uv_close((uv_handle_t *)&p->async, async_closed);
        return NULL;
    }
    return &p->carrier;
}
