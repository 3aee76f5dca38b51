#include "backends/hcs/ferry.h"

#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "core/memory.h"

struct ferry {
    uv_mutex_t mutex;
    uv_async_t async;
    int holds;   /* ours, the async's, and those of threads */
    bool closed; /* nothing is taken on board */
    struct ferry_message *first, **last;
    void (*arrived)(void *user, struct ferry_message *);
    void (*done)(void *user);
    void *user;
};

static void message_free(struct ferry_message *m)
{
    free(m->document);
    free(m);
}

static struct ferry_message *unload(struct ferry *f)
{
    uv_mutex_lock(&f->mutex);
    struct ferry_message *m = f->first;
    f->first = NULL;
    f->last = &f->first;
    uv_mutex_unlock(&f->mutex);
    return m;
}

static void on_async(uv_async_t *async)
{
    struct ferry *f = async->data;
    struct ferry_message *next;
    for (struct ferry_message *m = unload(f); m; m = next) {
        next = m->next;
        if (!f->closed) { /* only the loop's thread writes it */
            f->arrived(f->user, m);
        }
        message_free(m);
    }
}

struct ferry *ferry_new(struct uv_loop_s *loop, void (*arrived)(void *user, struct ferry_message *),
                        void *user)
{
    struct ferry *f = mem_new(1, sizeof *f);
    uv_mutex_init(&f->mutex);
    uv_async_init(loop, &f->async, on_async);
    f->async.data = f;
    f->holds = 1;
    f->last = &f->first;
    f->arrived = arrived;
    f->user = user;
    return f;
}

void ferry_hold(struct ferry *f)
{
    uv_mutex_lock(&f->mutex);
    f->holds++;
    uv_mutex_unlock(&f->mutex);
}

void ferry_drop(struct ferry *f)
{
    uv_mutex_lock(&f->mutex);
    bool last = --f->holds == 0;
    uv_mutex_unlock(&f->mutex);
    if (last) {
        uv_mutex_destroy(&f->mutex);
        free(f);
    }
}

void ferry_send(struct ferry *f, enum ferry_kind kind, uint64_t to, int32_t value, char *document)
{
    struct ferry_message *m = mem_new(1, sizeof *m);
    *m = (struct ferry_message){.kind = kind, .to = to, .value = value, .document = document};
    uv_mutex_lock(&f->mutex);
    bool taken = !f->closed;
    if (taken) {
        *f->last = m;
        f->last = &m->next;
        uv_async_send(&f->async); /* within the mutex: it is not closed meanwhile */
    }
    uv_mutex_unlock(&f->mutex);
    if (!taken) {
        message_free(m);
    }
}

static void on_closed(uv_handle_t *handle)
{
    struct ferry *f = handle->data;
    struct ferry_message *next;
    for (struct ferry_message *m = unload(f); m; m = next) {
        next = m->next;
        message_free(m);
    }
    f->done(f->user);
    ferry_drop(f);
}

void ferry_close(struct ferry *f, void (*done)(void *user))
{
    uv_mutex_lock(&f->mutex);
    f->closed = true;
    uv_mutex_unlock(&f->mutex);
    f->done = done;
    uv_close((uv_handle_t *)&f->async, on_closed);
}
