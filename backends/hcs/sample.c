/* Each second the statistics and process lists of what is wanted are asked for: a few at a time, and so many
 * in a second at most. More than that (a list sorted by CPU needs a value of every row) is taken in turns,
 * over several seconds. A query that HCS keeps for long gives its place to others; its answer is still taken
 * when it comes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/engine.h"
#include "backends/hcs/request.h"
#include "backends/hcs/result.h"
#include "core/memory.h"

enum { ROUND_MS = 1000, IN_FLIGHT_MOST = 8, ROUND_MOST = 200, PATIENCE_MS = 10000, HOST_EVERY_MS = 8000 };

struct query {
    struct query *next;
    struct hcs *engine;
    char *key;
    unsigned fields;
    uint64_t since; /* uv_now */
    bool late;      /* its place was given away */
};

static void ask_more(struct hcs *h);

static const char *document_for(const struct entry *e, unsigned fields)
{
    bool statistics = fields & (FIELD_CPU | FIELD_MEMORY), processes = fields & FIELD_PROCESSES;
    if (e->kind != HCS_KIND_CONTAINER) {
        return statistics ? REQUEST_MEMORY : NULL;
    }
    if (e->without_statistics || !statistics) {
        return processes ? REQUEST_PROCESSES : NULL;
    }
    return processes ? REQUEST_USAGE : REQUEST_STATISTICS;
}

static bool alike(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void take_cpu(struct entry *e, const struct hcs_statistics *s)
{
    int64_t span = s->when - e->last_when;
    e->cpu = NAN;
    if (e->last_when && span > 0 && s->cpu_100ns >= e->last_cpu) {
        e->cpu = (double)(s->cpu_100ns - e->last_cpu) / 1e4 / (double)span; /* 100 ns and ms: cores */
    }
    if (span != 0 || !e->last_when) {
        e->last_when = s->when;
        e->last_cpu = s->cpu_100ns;
    }
}

/* Takes the answer in; returns the fields that differ from what was told. */
static unsigned take(struct entry *e, const cJSON *json)
{
    struct hcs_statistics s = document_statistics(json);
    double cpu = e->cpu;
    uint64_t memory = e->memory;
    int32_t processes = e->processes;
    int64_t started = e->started;
    if (s.known) {
        take_cpu(e, &s);
        e->memory = s.memory;
        e->started = s.started ? s.started : e->started;
    }
    if (e->kind != HCS_KIND_CONTAINER) {
        e->memory = document_vm_memory(json);
    }
    int32_t count = document_process_count(json);
    e->processes = count >= 0 ? count : e->processes;
    return (alike(cpu, e->cpu) ? 0 : FIELD_CPU) | (memory == e->memory ? 0 : FIELD_MEMORY) |
           (processes == e->processes ? 0 : FIELD_PROCESSES) | (started == e->started ? 0 : FIELD_STATE);
}

/* "No statistics right now" is no failure: it is starting, ending, or not ours to see. */
static unsigned take_refusal(struct entry *e, int32_t result, unsigned fields)
{
    enum hcs_condition condition = result_condition(result);
    bool failed = condition == HCS_FAILED || condition == HCS_NOT_TAKEN;
    if (failed && fields & FIELD_PROCESSES && !e->without_statistics) {
        e->without_statistics = true; /* one part that fails makes the whole query fail */
        return 0;
    }
    e->cpu = NAN;
    e->memory = 0;
    e->processes = -1;
    e->last_when = 0;
    return FIELD_USAGE;
}

static void query_free(struct query *q)
{
    struct query **link = &q->engine->queries;
    while (*link != q) {
        link = &(*link)->next;
    }
    *link = q->next;
    q->engine->in_flight -= !q->late;
    free(q->key);
    free(q);
}

static void on_properties(void *user, int32_t result, const char *document)
{
    struct query *q = user;
    struct hcs *h = q->engine;
    struct error ignored;
    struct entry *e = h->closing || h->offline ? NULL : entry_find(h, q->key);
    unsigned differ = 0, fields = q->fields;
    query_free(q);
    if (e && result < 0) {
        differ = take_refusal(e, result, fields);
    } else if (e) {
        cJSON *json = document_parse(document, &ignored);
        differ = json ? take(e, json) : 0;
        cJSON_Delete(json);
    }
    if (e && differ & (h->wanted_fields | FIELD_STATE)) {
        entry_tell(h, e, differ & (h->wanted_fields | FIELD_STATE));
    }
    if (result < 0 && result_condition(result) == HCS_SERVICE_GONE && !h->closing) {
        hcs_lost(h, result, document, "measure the compute systems");
    }
    ask_more(h);
}

static void ask(struct hcs *h, const struct entry *e, const char *document)
{
    struct query *q = mem_new(1, sizeof *q);
    *q = (struct query){.next = h->queries,
                        .engine = h,
                        .key = mem_string(e->key),
                        .fields = h->wanted_fields,
                        .since = uv_now(h->base.loop)};
    h->queries = q;
    h->in_flight++;
    h->service->type->call(h->service, HCS_PROPERTIES, e->key, document, on_properties, q);
}

static void ask_more(struct hcs *h)
{
    while (!h->closing && !h->offline && h->left > 0 && h->in_flight < IN_FLIGHT_MOST) {
        h->left--;
        const struct entry *e = entry_find(h, h->wanted[h->at_wanted]);
        h->at_wanted = (h->at_wanted + 1) % h->n_wanted;
        const char *document = e && e->state == CONTAINER_RUNNING ? document_for(e, h->wanted_fields) : NULL;
        if (document) {
            ask(h, e, document);
        }
    }
}

static void give_places_away(struct hcs *h)
{
    uint64_t now = uv_now(h->base.loop);
    for (struct query *q = h->queries; q; q = q->next) {
        if (!q->late && now - q->since > PATIENCE_MS) {
            q->late = true;
            h->in_flight--;
        }
    }
}

static void on_round(uv_timer_t *timer)
{
    struct hcs *h = timer->data;
    give_places_away(h);
    if (h->left == 0) { /* else the round before is still at it */
        h->left = h->n_wanted < ROUND_MOST ? h->n_wanted : ROUND_MOST;
    }
    ask_more(h);
    if (h->wanted_fields & FIELD_MEMORY && workers_wanted(h) &&
        uv_now(h->base.loop) - h->host_read >= HOST_EVERY_MS) {
        workers_read(h);
    }
}

void hcs_sample(struct backend *b, const char *const *keys, size_t n, unsigned fields)
{
    struct hcs *h = (struct hcs *)b;
    const char **list = mem_new(n + 1, sizeof *list);
    for (size_t i = 0; i < n; i++) {
        list[i] = keys[i];
    }
    free(h->wanted);
    h->wanted = mem_strings(list);
    h->n_wanted = n;
    h->at_wanted = h->left = 0;
    h->wanted_fields = fields & FIELD_USAGE;
    free(list);
    if (n > 0 && h->online) {
        uv_timer_start(&h->sampler, on_round, 0, ROUND_MS);
    } else {
        uv_timer_stop(&h->sampler);
    }
}

void sample_close(struct hcs *h)
{
    h->left = 0;
    uv_timer_stop(&h->sampler);
}
