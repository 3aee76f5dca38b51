/* A round reads all that is wanted in one go on a thread; rounds never overlap, and what is wanted is
 * exchanged only between them, so that meters belong to one thread at a time. CPU is a difference: a
 * container that is new to the round is read a second time soon after.
 */
#include "backends/sampler.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

#include "backends/meter.h"
#include "core/memory.h"

enum { PERIOD = 1000, SOON = 250 /* ms */, SPARE_FILES = 512 };

struct sampler {
    const struct sampler_owner *owner;
    void *user;
    const struct cgroups *cgroups;
    const struct procfs_clock *clock;
    uv_timer_t timer;
    uv_work_t work;
    struct meter_round round;
    struct meter *meters; /* sorted by key */
    size_t count;
    unsigned fields;

    char (*wish)[METER_KEY]; /* what to read from the next round on */
    size_t n_wish;
    unsigned wish_fields;
    bool wished;
    bool busy;
    void (*closed)(void *user); /* it is being closed */
};

static void start_round(struct sampler *s);

static void on_time(uv_timer_t *timer)
{
    start_round(timer->data);
}

struct sampler *sampler_new(struct uv_loop_s *loop, const struct sampler_owner *owner, void *user,
                            const struct cgroups *cgroups, const struct procfs_clock *clock)
{
    struct sampler *s = mem_new(1, sizeof *s);
    s->owner = owner;
    s->user = user;
    s->cgroups = cgroups;
    s->clock = clock;
    uv_timer_init(loop, &s->timer);
    s->timer.data = s;
    return s;
}

static void sampler_free(uv_handle_t *handle)
{
    struct sampler *s = handle->data;
    void (*closed)(void *user) = s->closed;
    void *user = s->user;
    for (size_t i = 0; i < s->count; i++) {
        meter_done(&s->meters[i]);
    }
    free(s->meters);
    free(s->wish);
    free(s);
    closed(user);
}

void sampler_close(struct sampler *s, void (*closed)(void *user))
{
    s->closed = closed;
    if (!s->busy) {
        uv_close((uv_handle_t *)&s->timer, sampler_free);
    }
}

/* What is wanted. */

static int by_key(const void *a, const void *b)
{
    return strcmp(a, b); /* a meter begins with its key */
}

static struct meter *find(const struct sampler *s, const char *key)
{
    return s->count > 0 ? bsearch(key, s->meters, s->count, sizeof *s->meters, by_key) : NULL;
}

/* Keeps the meters that are still wanted, with what they know. */
static void take_wish(struct sampler *s)
{
    struct meter *meters = mem_new(s->n_wish, sizeof *meters);
    size_t n = 0;
    if (s->n_wish > 1) {
        qsort(s->wish, s->n_wish, sizeof *s->wish, by_key);
    }
    for (size_t i = 0; i < s->n_wish; i++) {
        struct meter *old = find(s, s->wish[i]);
        if (n > 0 && strcmp(meters[n - 1].key, s->wish[i]) == 0) {
            continue;
        }
        if (old) {
            meters[n++] = *old;
            meter_init(old, s->wish[i]);
        } else {
            meter_init(&meters[n++], s->wish[i]);
        }
    }
    for (size_t i = 0; i < s->count; i++) {
        meter_done(&s->meters[i]);
    }
    free(s->meters);
    free(s->wish);
    s->meters = meters;
    s->count = n;
    s->fields = s->wish_fields;
    s->wish = NULL;
    s->n_wish = 0;
    s->wished = false;
}

void sampler_want(struct sampler *s, const char *const *keys, size_t n, unsigned fields)
{
    free(s->wish);
    s->wish = mem_new(n, sizeof *s->wish);
    s->n_wish = 0;
    s->wish_fields = fields & FIELD_USAGE;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(keys[i]);
        if (len < METER_KEY) {
            memcpy(s->wish[s->n_wish++], keys[i], len + 1);
        }
    }
    s->wished = true;
    start_round(s);
}

static bool find_target(const struct sampler *s, const struct meter *m, struct sampler_target *to)
{
    return s->owner->find(s->user, m->key, to);
}

void sampler_kick(struct sampler *s)
{
    struct sampler_target target;
    for (size_t i = 0; !s->busy && i < s->count; i++) {
        if (!s->meters[i].active && find_target(s, &s->meters[i], &target)) {
            start_round(s);
        }
    }
}

/* What was read. */

static bool failed(const struct meter *m)
{
    return !m->has[METER_CPU] && !m->has[METER_MEMORY] && !m->has[METER_PROCESSES];
}

/* Returns whether one of them waits for its second reading. */
static bool tell_all(struct sampler *s)
{
    bool soon = false;
    for (size_t i = 0; i < s->count && !s->closed; i++) {
        struct meter *m = &s->meters[i];
        struct sampler_target target;
        if (!m->active || !find_target(s, m, &target) || target.pid != m->pid || target.vm != m->vm) {
            continue;
        }
        if (failed(m)) {
            if (s->owner->unread) {
                s->owner->unread(s->user, m->key);
            }
            continue;
        }
        soon = soon || (m->has[METER_CPU] && m->base_at == 0);
        unsigned changed = meter_apply(m, target.record);
        if (changed) {
            s->owner->changed(s->user, m->key, changed);
        }
    }
    return soon;
}

static void run_round(uv_work_t *work)
{
    struct sampler *s = work->data;
    meter_read_all(s->meters, s->count, &s->round);
}

static void round_done(uv_work_t *work, int status)
{
    struct sampler *s = work->data;
    (void)status; /* never cancelled */
    bool soon = tell_all(s);
    s->busy = false;
    if (s->closed) {
        uv_close((uv_handle_t *)&s->timer, sampler_free);
    } else if (s->wished) {
        start_round(s);
    } else if (s->count > 0) {
        uv_timer_start(&s->timer, on_time, soon ? SOON : PERIOD, 0);
    }
}

static bool files_suffice(size_t n)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > n * METER_COUNT + SPARE_FILES;
}

static void start_round(struct sampler *s)
{
    if (s->busy || s->closed) {
        return; /* its end sees to what is wished */
    }
    if (s->wished) {
        take_wish(s);
    }
    uv_timer_stop(&s->timer);
    if (s->count == 0 || s->fields == 0) {
        return;
    }
    for (size_t i = 0; i < s->count; i++) {
        struct sampler_target target;
        s->meters[i].active = false;
        if (find_target(s, &s->meters[i], &target)) {
            meter_aim(&s->meters[i], target.cgroup, target.pid, target.vm);
        }
    }
    s->round = (struct meter_round){.cgroups = s->cgroups,
                                    .clock = s->clock,
                                    .fields = s->fields,
                                    .keep = files_suffice(s->count),
                                    .read_vm = s->owner->read_vm,
                                    .user = s->user};
    s->work.data = s;
    s->busy = true;
    uv_queue_work(s->timer.loop, &s->work, run_round, round_done); /* fails only without a function */
}
