/* The thread and the loop share a lock and an alarm; whoever of the two is done last frees. A thread may be
 * stuck in write() or read() when all is over (another program has filled the pipe in between): it is left
 * behind then, and ends with the process. */
#include "ui/cli/standard.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "core/memory.h"
#include "ui/cli/command.h"
#include "ui/cli/fd.h"

enum { READ_PIECE = 64 * 1024, FAREWELL_MS = 100 };

struct side { /* embedded first */
    uv_async_t async;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t over;
    struct fd_alarm alarm;
    void (*serve)(struct side *); /* the thread */
    void (*tell)(struct side *);  /* in the loop */
    void (*destroy)(struct side *);
    bool stop, finished; /* under the lock, as all that follows in those that embed it */
    int holders;
};

static void release(struct side *s)
{
    uv_mutex_lock(&s->lock);
    bool last = --s->holders == 0;
    uv_mutex_unlock(&s->lock);
    if (last) {
        uv_mutex_destroy(&s->lock);
        uv_cond_destroy(&s->over);
        fd_alarm_done(&s->alarm);
        s->destroy(s);
    }
}

static void thread_main(void *arg)
{
    struct side *s = arg;
    s->serve(s);
    uv_mutex_lock(&s->lock);
    s->finished = true;
    uv_cond_signal(&s->over);
    uv_mutex_unlock(&s->lock);
    release(s);
}

static void on_async(uv_async_t *async)
{
    struct side *s = (struct side *)async;
    if (!s->stop) { /* only the loop sets it */
        s->tell(s);
    }
}

/* With the lock. Once the loop has said stop, the handle may be gone. */
static void notify(struct side *s)
{
    if (!s->stop) {
        uv_async_send(&s->async);
    }
}

static bool is_stopped(struct side *s)
{
    uv_mutex_lock(&s->lock);
    bool stop = s->stop;
    uv_mutex_unlock(&s->lock);
    return stop;
}

static void side_start(struct side *s, struct uv_loop_s *loop)
{
    s->holders += 2; /* the thread, and the loop */
    bool ok = fd_alarm_init(&s->alarm) && uv_mutex_init(&s->lock) == 0 && uv_cond_init(&s->over) == 0 &&
              uv_async_init(loop, &s->async, on_async) == 0 &&
              uv_thread_create(&s->thread, thread_main, s) == 0;
    if (!ok) {
        cli_say("cannot read and write the standard streams: too many files or threads are open");
        exit(EXIT_ENGINE);
    }
}

static void on_closed(uv_handle_t *handle)
{
    release((struct side *)handle);
}

static void side_close(struct side *s)
{
    uv_mutex_lock(&s->lock);
    s->stop = true;
    fd_alarm_ring(&s->alarm);
    int waited = 0;
    while (!s->finished && waited == 0) {
        waited = uv_cond_timedwait(&s->over, &s->lock, (uint64_t)FAREWELL_MS * 1000000);
    }
    bool finished = s->finished;
    uv_mutex_unlock(&s->lock);
    if (finished) {
        uv_thread_join(&s->thread);
    }
    uv_close((uv_handle_t *)&s->async, on_closed);
}

/* Writing. */

struct chunk {
    struct chunk *next;
    int fd;
    size_t len;
    char data[];
};

struct writer {
    struct side side;
    void (*changed)(void *user);
    void *user;
    struct chunk *first, **end;
    size_t queued;
    int error, failed_fd;
#ifdef _WIN32
    uv_tty_t consoles[3]; /* libuv makes characters of bytes, and knows consoles without escape sequences */
    bool is_console[3];
#endif
};

static struct chunk *take_chunk(struct writer *w)
{
    uv_mutex_lock(&w->side.lock);
    struct chunk *c = w->first;
    if (c) {
        w->first = c->next;
        if (!w->first) {
            w->end = &w->first;
        }
    }
    uv_mutex_unlock(&w->side.lock);
    return c;
}

static void has_left(struct writer *w, size_t n)
{
    uv_mutex_lock(&w->side.lock);
    w->queued -= n;
    notify(&w->side);
    uv_mutex_unlock(&w->side.lock);
}

static void has_failed(struct writer *w, int fd, int error)
{
    uv_mutex_lock(&w->side.lock);
    w->error = error;
    w->failed_fd = fd;
    notify(&w->side);
    uv_mutex_unlock(&w->side.lock);
}

/* Writes the chunk; false: nothing more can or may be written. */
static bool write_chunk(struct writer *w, const struct chunk *c)
{
    for (size_t at = 0; at < c->len;) {
        enum fd_answer answer = fd_wait(&w->side.alarm, c->fd, FD_TO_WRITE);
        if (answer == FD_RUNG) {
            if (is_stopped(&w->side)) {
                return false;
            }
            continue;
        }
        ssize_t n = fd_write_some(c->fd, c->data + at, c->len - at);
        if (n >= 0) {
            at += (size_t)n;
            has_left(w, (size_t)n);
        } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            has_failed(w, c->fd, errno);
            return false;
        }
    }
    return true;
}

static void serve_writes(struct side *s)
{
    struct writer *w = (struct writer *)s;
    for (bool on = true; on;) {
        struct chunk *c = take_chunk(w);
        if (c) {
            on = write_chunk(w, c);
            free(c);
            continue;
        }
        enum fd_answer answer = fd_wait(&s->alarm, STDOUT_FILENO, FD_FOR_NOTHING);
        if (answer == FD_GONE) {
            has_failed(w, STDOUT_FILENO, EPIPE);
        }
        on = answer != FD_GONE && !is_stopped(s);
    }
}

static void tell_writes(struct side *s)
{
    struct writer *w = (struct writer *)s;
    w->changed(w->user);
}

static void destroy_writer(struct side *s)
{
    struct writer *w = (struct writer *)s;
    while (w->first) {
        struct chunk *c = w->first;
        w->first = c->next;
        free(c);
    }
    free(w);
}

struct writer *writer_new(struct uv_loop_s *loop, void (*changed)(void *user), void *user)
{
    struct writer *w = mem_new(1, sizeof *w);
#ifdef _WIN32
    for (int fd = 1; fd <= 2; fd++) {
        w->is_console[fd] = uv_guess_handle(fd) == UV_TTY && uv_tty_init(loop, &w->consoles[fd], fd, 0) == 0;
        w->consoles[fd].data = w;
        w->side.holders += w->is_console[fd]; /* until it is closed */
    }
#else
    signal(SIGPIPE, SIG_IGN);
#endif
    w->changed = changed;
    w->user = user;
    w->end = &w->first;
    w->side.serve = serve_writes;
    w->side.tell = tell_writes;
    w->side.destroy = destroy_writer;
    side_start(&w->side, loop);
    return w;
}

/* True: it went to a console, which takes it at once. */
static bool write_console(struct writer *w, int fd, const char *data, size_t len)
{
#ifdef _WIN32
    if (w->is_console[fd]) {
        uv_buf_t buf = uv_buf_init((char *)data, (unsigned)len);
        uv_try_write((uv_stream_t *)&w->consoles[fd], &buf, 1);
        return true;
    }
#else
    (void)w, (void)fd, (void)data, (void)len;
#endif
    return false;
}

void writer_add(struct writer *w, int fd, const char *data, size_t len)
{
    if (len == 0 || write_console(w, fd, data, len)) {
        return;
    }
    struct chunk *c = mem_new(1, sizeof *c + len);
    c->fd = fd;
    c->len = len;
    memcpy(c->data, data, len);
    uv_mutex_lock(&w->side.lock);
    if (w->error) {
        free(c);
    } else {
        *w->end = c;
        w->end = &c->next;
        w->queued += len;
        fd_alarm_ring(&w->side.alarm);
    }
    uv_mutex_unlock(&w->side.lock);
}

size_t writer_queued(struct writer *w)
{
    uv_mutex_lock(&w->side.lock);
    size_t n = w->queued;
    uv_mutex_unlock(&w->side.lock);
    return n;
}

int writer_error(struct writer *w, int *fd)
{
    uv_mutex_lock(&w->side.lock);
    int error = w->error;
    *fd = w->failed_fd;
    uv_mutex_unlock(&w->side.lock);
    return error;
}

#ifdef _WIN32
static void on_console_closed(uv_handle_t *handle)
{
    struct writer *w = handle->data;
    release(&w->side);
}
#endif

void writer_close(struct writer *w)
{
#ifdef _WIN32
    for (int fd = 1; fd <= 2; fd++) {
        if (w->is_console[fd]) {
            uv_close((uv_handle_t *)&w->consoles[fd], on_console_closed);
        }
    }
#endif
    side_close(&w->side);
}

/* Reading. */

struct reader {
    struct side side;
    void (*got)(void *user, const char *data, ssize_t len);
    void *user;
    bool wanted, full;
    ssize_t len;
    char data[READ_PIECE];
};

static bool wants(struct reader *r)
{
    uv_mutex_lock(&r->side.lock);
    bool wanted = r->wanted && !r->full;
    uv_mutex_unlock(&r->side.lock);
    return wanted;
}

static void has_read(struct reader *r, ssize_t len)
{
    uv_mutex_lock(&r->side.lock);
    r->len = len;
    r->wanted = false;
    r->full = true;
    notify(&r->side);
    uv_mutex_unlock(&r->side.lock);
}

static void serve_reads(struct side *s)
{
    struct reader *r = (struct reader *)s;
    for (ssize_t n = 1; n > 0;) {
        bool wanted = wants(r);
        enum fd_answer answer =
            fd_wait(&s->alarm, wanted ? STDIN_FILENO : -1, wanted ? FD_TO_READ : FD_FOR_NOTHING);
        if (is_stopped(s)) {
            return;
        }
        if (answer != FD_READY) {
            continue;
        }
        n = read(STDIN_FILENO, r->data, sizeof r->data);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
            n = 1;
            continue;
        }
        has_read(r, n);
    }
}

static void tell_reads(struct side *s)
{
    struct reader *r = (struct reader *)s;
    uv_mutex_lock(&s->lock);
    bool full = r->full;
    r->full = false; /* the thread leaves data alone until it is wanted again */
    uv_mutex_unlock(&s->lock);
    if (full) {
        r->got(r->user, r->data, r->len);
    }
}

static void destroy_reader(struct side *s)
{
    free(s);
}

struct reader *reader_new(struct uv_loop_s *loop, void (*got)(void *user, const char *data, ssize_t len),
                          void *user)
{
    struct reader *r = mem_new(1, sizeof *r);
    r->got = got;
    r->user = user;
    r->side.serve = serve_reads;
    r->side.tell = tell_reads;
    r->side.destroy = destroy_reader;
    side_start(&r->side, loop);
    return r;
}

void reader_want(struct reader *r)
{
    uv_mutex_lock(&r->side.lock);
    if (!r->wanted && !r->full) {
        r->wanted = true;
        fd_alarm_ring(&r->side.alarm);
    }
    uv_mutex_unlock(&r->side.lock);
}

void reader_close(struct reader *r)
{
    side_close(&r->side);
}
