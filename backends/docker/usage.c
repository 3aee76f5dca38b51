/* What containers use: those of this kernel are read from its own counters, the others are asked for, one
 * request each, and only those that are wanted. The engine's own `stats` stream is never used: it costs the
 * engine more than all else.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/engine.h"
#include "backends/json.h"

enum { POLL_MS = 2000 };

struct polling {
    struct docker *docker;
    uv_timer_t timer;
    char (*keys)[API_KEY];
    size_t count;
    size_t asked; /* requests under way */
};

struct asking {
    struct call call;
    char key[API_KEY];
};

struct polling *polling_new(struct docker *d)
{
    struct polling *p = mem_new(1, sizeof *p);
    p->docker = d;
    uv_timer_init(d->backend.loop, &p->timer);
    p->timer.data = p;
    docker_hold(d);
    return p;
}

static void polling_closed(uv_handle_t *handle)
{
    struct polling *p = handle->data;
    struct docker *d = p->docker;
    free(p->keys);
    free(p);
    docker_release(d);
}

void polling_close(struct polling *p)
{
    uv_close((uv_handle_t *)&p->timer, polling_closed);
}

static void take(struct docker *d, struct entry *en, const struct api_usage *u)
{
    struct container *c = &en->record, before = *c;
    unsigned changed = 0;
    if (u->at_ns > en->cpu_at && en->cpu_at > 0 && u->cpu_ns >= en->cpu) {
        c->cpu = round((double)(u->cpu_ns - en->cpu) / (double)(u->at_ns - en->cpu_at) * 1000) / 1000;
    }
    en->cpu = u->cpu_ns;
    en->cpu_at = u->at_ns;
    c->memory = u->memory;
    c->processes = u->processes;
    changed |= c->cpu == before.cpu || (isnan(c->cpu) && isnan(before.cpu)) ? 0 : FIELD_CPU;
    changed |= c->memory == before.memory ? 0 : FIELD_MEMORY;
    changed |= c->processes == before.processes ? 0 : FIELD_PROCESSES;
    roster_tell(d, en, changed);
}

static bool is_polled(const struct entry *en)
{
    return en && en->inspected && !en->cgroup && state_has_processes(en->record.state);
}

static void told(struct call *c, const struct reply *r)
{
    struct asking *a = (struct asking *)c;
    struct docker *d = c->docker;
    struct entry *en = roster_find(d, a->key);
    struct api_usage usage;
    cJSON *json = r->why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, NULL) : NULL;
    if (json && is_polled(en) && api_usage_read(&usage, json, d->about.windows)) {
        take(d, en, &usage);
    }
    cJSON_Delete(json);
    d->polling->asked--;
    call_succeed(c);
}

static void ask(struct docker *d, const char *key)
{
    struct asking *a = mem_new(1, sizeof *a);
    memcpy(a->key, key, API_KEY);
    d->polling->asked++;
    call_begin(&a->call, d, NULL, NULL, NULL);
    call_ask(&a->call, "GET",
             docker_path(d, "/containers/%s/stats?stream=0%s", key, d->api >= 41 ? "&one-shot=1" : ""), NULL,
             told);
}

static void poll_all(struct polling *p)
{
    if (p->asked > 0) {
        return; /* the engine is slower than we would ask */
    }
    for (size_t i = 0; i < p->count; i++) {
        if (is_polled(roster_find(p->docker, p->keys[i]))) {
            ask(p->docker, p->keys[i]);
        }
    }
}

static void on_time(uv_timer_t *timer)
{
    poll_all(timer->data);
}

void docker_sample(struct backend *b, const char *const *keys, size_t n, unsigned fields)
{
    struct docker *d = (struct docker *)b;
    struct polling *p = d->polling;
    roster_hurry(d, keys, n);
    nearby_sample(d->nearby, keys, n, fields);
    p->keys = mem_resize(p->keys, n, sizeof *p->keys);
    p->count = 0;
    for (size_t i = 0; i < n; i++) {
        if (api_key_ok(keys[i])) {
            memcpy(p->keys[p->count++], keys[i], API_KEY);
        }
    }
    if (p->count > 0 && fields) {
        uv_timer_start(&p->timer, on_time, 0, POLL_MS);
    } else {
        uv_timer_stop(&p->timer);
    }
}

void usage_kick(struct docker *d)
{
    if (d->roster.hurried == 0 || (d->roster.n_queue == 0 && d->roster.inspecting == 0)) {
        nearby_kick(d->nearby);
    }
}
