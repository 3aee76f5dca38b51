/* A round reads all that is wanted in one go on a thread; rounds never overlap, and what is wanted is
 * exchanged only between them, so that meters belong to one thread at a time. CPU is a difference: a
 * container that is new to the round is read a second time soon after.
 */
#include "backends/local/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "backends/local/meter.h"

enum { PERIOD = 1000, SOON = 250, SHORTEST = 200 /* ms */, SPARE_FILES = 512 };

struct sampler {
    struct local *local;
    uv_timer_t timer;
    struct meter *meters; /* sorted by id */
    size_t count;
    unsigned fields;

    char (*wish)[STATE_ID]; /* what to read from the next round on */
    size_t n_wish;
    unsigned wish_fields;
    bool wished;
    bool busy, closed;
};

struct round {
    struct job job;
    struct sampler *sampler;
    struct meter_round how;
};

static void start_round(struct sampler *s);

static void on_time(uv_timer_t *timer)
{
    start_round(timer->data);
}

struct sampler *sampler_new(struct local *l)
{
    struct sampler *s = mem_new(1, sizeof *s);
    s->local = l;
    uv_timer_init(l->backend.loop, &s->timer);
    s->timer.data = s;
    local_hold(l);
    return s;
}

static void timer_closed(uv_handle_t *handle)
{
    struct sampler *s = handle->data;
    local_release(s->local);
}

void sampler_close(struct sampler *s)
{
    s->closed = true;
    uv_close((uv_handle_t *)&s->timer, timer_closed);
}

void sampler_free(struct sampler *s)
{
    for (size_t i = 0; i < s->count; i++) {
        meter_done(&s->meters[i]);
    }
    free(s->meters);
    free(s->wish);
    free(s);
}

/* What is wanted. */

static int by_id(const void *a, const void *b)
{
    return strcmp(a, b); /* a meter begins with its id */
}

static struct meter *find(const struct sampler *s, const char *id)
{
    return s->count > 0 ? bsearch(id, s->meters, s->count, sizeof *s->meters, by_id) : NULL;
}

/* Keeps the meters that are still wanted, with what they know. */
static void take_wish(struct sampler *s)
{
    struct meter *meters = mem_new(s->n_wish, sizeof *meters);
    size_t n = 0;
    if (s->n_wish > 1) {
        qsort(s->wish, s->n_wish, sizeof *s->wish, by_id);
    }
    for (size_t i = 0; i < s->n_wish; i++) {
        struct meter *old = find(s, s->wish[i]);
        if (n > 0 && strcmp(meters[n - 1].id, s->wish[i]) == 0) {
            continue;
        }
        if (old) {
            meters[n++] = *old;
            meter_init(old, old->id);
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

void local_sample(struct backend *b, const char *const *keys, size_t n, unsigned fields)
{
    struct sampler *s = ((struct local *)b)->sampler;
    free(s->wish);
    s->wish = mem_new(n, sizeof *s->wish);
    s->n_wish = 0;
    s->wish_fields = fields & FIELD_USAGE;
    for (size_t i = 0; i < n; i++) {
        if (state_id_ok(keys[i])) {
            memcpy(s->wish[s->n_wish++], keys[i], STATE_ID);
        }
    }
    s->wished = true;
    start_round(s);
}

static bool is_live(const struct entry *en)
{
    return en && (en->state.state == CONTAINER_RUNNING || en->state.state == CONTAINER_PAUSED);
}

void sampler_kick(struct sampler *s)
{
    for (size_t i = 0; !s->busy && i < s->count; i++) {
        if (!s->meters[i].active && is_live(entries_find(s->local, s->meters[i].id))) {
            start_round(s);
        }
    }
}

/* What was read. */

static double cores(struct meter *m, double before)
{
    uint64_t cpu = m->value[METER_CPU];
    if (m->base_at == 0 || cpu < m->base_cpu) {
        m->base_cpu = cpu;
        m->base_at = m->at;
        return before;
    }
    if (m->at - m->base_at < (uint64_t)SHORTEST * 1000000) {
        return before;
    }
    double used = (double)(cpu - m->base_cpu) / (double)(m->at - m->base_at);
    m->base_cpu = cpu;
    m->base_at = m->at;
    return round(used * 1000) / 1000; /* a tenth of a percent: less would only flicker */
}

static unsigned apply(struct meter *m, struct container *c)
{
    struct container before = *c;
    unsigned changed = 0;
    if (m->has[METER_CPU]) {
        c->cpu = cores(m, c->cpu);
        bool same = c->cpu == before.cpu || (isnan(c->cpu) && isnan(before.cpu));
        changed |= same ? 0 : FIELD_CPU;
    }
    if (m->has[METER_MEMORY]) {
        c->memory = m->value[METER_MEMORY];
        c->host_memory = m->vm ? m->host_memory : 0;
        changed |= c->memory == before.memory && c->host_memory == before.host_memory ? 0 : FIELD_MEMORY;
    }
    if (m->has[METER_PROCESSES]) {
        c->processes = (int32_t)m->value[METER_PROCESSES];
        changed |= c->processes == before.processes ? 0 : FIELD_PROCESSES;
    }
    return changed;
}

static bool failed(const struct meter *m)
{
    return !m->has[METER_CPU] && !m->has[METER_MEMORY] && !m->has[METER_PROCESSES];
}

/* Returns whether one of them waits for its second reading. */
static bool tell_all(struct sampler *s)
{
    struct local *l = s->local;
    bool soon = false;
    for (size_t i = 0; i < s->count && !s->closed; i++) {
        struct meter *m = &s->meters[i];
        struct entry *en = m->active ? entries_find(l, m->id) : NULL;
        if (!is_live(en) || en->state.pid != m->pid || en->state.vm != m->vm) {
            continue;
        }
        if (failed(m)) {
            watchdog_check(l, en, true);
            continue;
        }
        soon = soon || (m->has[METER_CPU] && m->base_at == 0);
        unsigned changed = apply(m, &en->shown.record);
        if (changed) {
            entries_tell(l, en, changed);
        }
    }
    return soon;
}

static void run_round(struct job *j)
{
    struct round *r = (struct round *)j;
    meter_read_all(r->sampler->meters, r->sampler->count, &r->how);
}

static void round_done(struct job *j)
{
    struct sampler *s = ((struct round *)j)->sampler;
    if (!s->closed) {
        bool soon = tell_all(s);
        s->busy = false;
        if (!s->closed && s->wished) {
            start_round(s);
        } else if (!s->closed && s->count > 0) {
            uv_timer_start(&s->timer, on_time, soon ? SOON : PERIOD, 0);
        }
    }
    job_end(j);
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
        struct entry *en = entries_find(s->local, s->meters[i].id);
        s->meters[i].active = false;
        if (is_live(en)) {
            meter_aim(&s->meters[i], &en->state);
        }
    }
    struct round *r = mem_new(1, sizeof *r);
    r->sampler = s;
    r->how = (struct meter_round){.cgroups = s->local->cgroups,
                                  .clock = &s->local->clock,
                                  .paths = s->local->paths,
                                  .fields = s->fields,
                                  .keep = files_suffice(s->count)};
    s->busy = true;
    job_start(&r->job, s->local, NULL, run_round, round_done);
}
