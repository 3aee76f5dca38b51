#include "backends/hcs/crew.h"

#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "core/memory.h"

static const uint64_t IDLE_NS = UINT64_C(10000000000);

struct hand { /* a thread */
    struct crew *crew;
    struct hand *next; /* in crew.hands, or crew.ended */
    uv_thread_t thread;
    bool busy, alone; /* alone: the crew has closed without it */
};

struct crew {
    uv_mutex_t mutex; /* of all below but the last line */
    uv_cond_t work;
    uv_async_t async;
    struct crew_job *first, **last; /* not begun */
    struct crew_job *done, **done_last;
    struct hand *hands, *ended; /* ended: to be joined */
    unsigned n_hands, idle, most;
    int holds; /* the owner's, and each thread's */
    bool closed;
    void (*on_closed)(void *user);
    void *user;
};

static void drop(struct crew *c)
{
    uv_mutex_lock(&c->mutex);
    bool last = --c->holds == 0;
    uv_mutex_unlock(&c->mutex);
    if (last) {
        uv_cond_destroy(&c->work);
        uv_mutex_destroy(&c->mutex);
        free(c);
    }
}

static void append(struct crew_job ***last, struct crew_job *job)
{
    job->next = NULL;
    **last = job;
    *last = &job->next;
}

/* The threads. */

static struct crew_job *next_job(struct crew *c)
{
    struct crew_job *job = c->first;
    if (job && !c->closed) {
        c->first = job->next;
        c->last = c->first ? c->last : &c->first;
        return job;
    }
    return NULL;
}

/* Waits for something to do; NULL: it is time to end. */
static struct crew_job *wait_for_job(struct crew *c)
{
    struct crew_job *job = next_job(c);
    for (int late = 0; !job && !late && !c->closed; job = next_job(c)) {
        c->idle++;
        late = uv_cond_timedwait(&c->work, &c->mutex, IDLE_NS) != 0;
        c->idle--;
    }
    return job;
}

static void leave(struct crew *c, struct hand *h)
{
    struct hand **link = &c->hands;
    while (*link && *link != h) {
        link = &(*link)->next;
    }
    if (*link) { /* else the closer has it, or it is alone */
        *link = h->next;
        h->next = c->ended;
        c->ended = h;
        c->n_hands--;
        uv_async_send(&c->async);
    }
}

static void work(void *data)
{
    struct hand *h = data;
    struct crew *c = h->crew;
    uv_mutex_lock(&c->mutex);
    for (struct crew_job *job; (job = wait_for_job(c));) {
        h->busy = true;
        uv_mutex_unlock(&c->mutex);
        job->run(job);
        uv_mutex_lock(&c->mutex);
        h->busy = false;
        if (!c->closed) {
            append(&c->done_last, job);
            uv_async_send(&c->async); /* within the mutex: it is not closed meanwhile */
        }
    }
    leave(c, h);
    bool alone = h->alone;
    uv_mutex_unlock(&c->mutex);
    drop(c);
    if (alone) {
        free(h);
    }
}

/* The loop. */

static void join(struct hand *h)
{
    for (struct hand *next; h; h = next) {
        next = h->next;
        uv_thread_join(&h->thread); /* it is at its end */
        free(h);
    }
}

static void on_async(uv_async_t *async)
{
    struct crew *c = async->data;
    struct crew_job *next;
    uv_mutex_lock(&c->mutex);
    struct hand *ended = c->ended;
    struct crew_job *job = c->done;
    c->ended = NULL;
    c->done = NULL;
    c->done_last = &c->done;
    uv_mutex_unlock(&c->mutex);
    join(ended);
    for (; job && !c->closed; job = next) { /* only the loop's thread closes it */
        next = job->next;
        job->after(job);
    }
}

struct crew *crew_new(struct uv_loop_s *loop, unsigned most)
{
    struct crew *c = mem_new(1, sizeof *c);
    uv_mutex_init(&c->mutex);
    uv_cond_init(&c->work);
    uv_async_init(loop, &c->async, on_async);
    c->async.data = c;
    c->last = &c->first;
    c->done_last = &c->done;
    c->most = most;
    c->holds = 1;
    return c;
}

static void add_hand(struct crew *c)
{
    struct hand *h = mem_new(1, sizeof *h);
    h->crew = c;
    if (uv_thread_create(&h->thread, work, h) != 0) {
        if (c->n_hands == 0) {
            abort();
        }
        free(h); /* the others do it */
        return;
    }
    h->next = c->hands;
    c->hands = h;
    c->n_hands++;
    c->holds++;
}

void crew_do(struct crew *c, struct crew_job *job, void (*run)(struct crew_job *),
             void (*after)(struct crew_job *))
{
    job->run = run;
    job->after = after;
    uv_mutex_lock(&c->mutex);
    unsigned waiting = 1;
    for (const struct crew_job *j = c->first; j && waiting <= c->idle; j = j->next) {
        waiting++;
    }
    if (waiting > c->idle && c->n_hands < c->most) {
        add_hand(c);
    }
    append(&c->last, job);
    uv_cond_signal(&c->work);
    uv_mutex_unlock(&c->mutex);
}

static void has_closed(uv_handle_t *handle)
{
    struct crew *c = handle->data;
    void (*done)(void *user) = c->on_closed;
    void *user = c->user;
    drop(c);
    done(user);
}

void crew_close(struct crew *c, void (*done)(void *user), void *user)
{
    struct hand *idle = NULL, *next;
    c->on_closed = done;
    c->user = user;
    uv_mutex_lock(&c->mutex);
    c->closed = true;
    for (struct hand *h = c->hands; h; h = next) {
        next = h->next;
        h->alone = h->busy;
        if (!h->busy) {
            h->next = idle;
            idle = h;
        }
    }
    c->hands = NULL;
    uv_cond_broadcast(&c->work);
    struct hand *ended = c->ended;
    c->ended = NULL;
    uv_mutex_unlock(&c->mutex);
    join(ended);
    join(idle);
    uv_close((uv_handle_t *)&c->async, has_closed);
}
