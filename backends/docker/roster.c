/* The containers that are known. The list tells that they are there; an inspect of each tells the rest, once;
 * from then on an inspect follows only upon an event. A few are inspected at a time, those that are looked at
 * first, and the list is told to be complete when all that it named are, so that a command that prints it
 * prints all of it.
 *
 * Nothing is told, and nobody inspected, before the engine is known: how its answers are to be read depends
 * on that.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/docker/engine.h"
#include "backends/json.h"

enum { AT_ONCE = 4 };

/* The table. */

static int by_key(const void *key, const void *row)
{
    return strcmp(key, (*(struct entry *const *)row)->record.key);
}

struct entry *roster_find(const struct docker *d, const char *key)
{
    const struct roster *es = &d->roster;
    struct entry **row = es->count ? bsearch(key, es->rows, es->count, sizeof *es->rows, by_key) : NULL;
    return row ? *row : NULL;
}

const char *entry_name(const struct docker *d, const char *key)
{
    const struct entry *en = roster_find(d, key);
    return en && en->record.name ? en->record.name : key;
}

static size_t place_of(const struct roster *es, const char *key)
{
    size_t low = 0, high = es->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(es->rows[middle]->record.key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct entry *add_entry(struct docker *d, const char *key)
{
    struct roster *es = &d->roster;
    struct entry *en = mem_new(1, sizeof *en);
    size_t at = place_of(es, key);
    container_init(&en->record);
    en->record.key = mem_string(key);
    launch_spec_init(&en->spec);
    es->rows = mem_grow(es->rows, &es->room, es->count + 1, sizeof *es->rows);
    memmove(es->rows + at + 1, es->rows + at, (es->count - at) * sizeof *es->rows);
    es->rows[at] = en;
    es->count++;
    return en;
}

static void free_entry(struct entry *en)
{
    container_done(&en->record);
    launch_spec_done(&en->spec);
    free(en->image_id);
    free(en->cgroup);
    free(en);
}

void roster_done(struct docker *d)
{
    struct roster *es = &d->roster;
    for (size_t i = 0; i < es->count; i++) {
        free_entry(es->rows[i]);
    }
    free(es->rows);
    free(es->queue);
    text_done(&es->early);
    *es = (struct roster){0};
}

void roster_tell(struct docker *d, struct entry *en, unsigned fields)
{
    if (fields && !d->lost) {
        d->backend.sink->seen(d->backend.user, &en->record, fields);
    }
}

static void end_list(struct docker *d)
{
    struct roster *es = &d->roster;
    if (es->telling && es->awaited == 0 && !d->lost) {
        es->telling = false;
        d->backend.sink->list_end(d->backend.user);
    }
}

static void await_no_more(struct docker *d, struct entry *en)
{
    d->roster.awaited -= en->awaited;
    d->roster.hurried -= en->hurried;
    en->awaited = en->hurried = false;
}

static void remove_at(struct docker *d, size_t at)
{
    struct roster *es = &d->roster;
    struct entry *en = es->rows[at];
    await_no_more(d, en);
    memmove(es->rows + at, es->rows + at + 1, (es->count - at - 1) * sizeof *es->rows);
    es->count--;
    if (d->online) {
        d->backend.sink->gone(d->backend.user, en->record.key);
    }
    free_entry(en);
}

void roster_died(struct docker *d, const char *key, int exit_code)
{
    struct entry *en = roster_find(d, key);
    if (en) {
        en->deaths++;
        en->died_with = exit_code;
    }
}

void roster_gone(struct docker *d, const char *key)
{
    struct entry *en = roster_find(d, key);
    if (en) {
        remove_at(d, place_of(&d->roster, key));
        end_list(d);
    }
}

/* Inspecting. */

struct inspecting {
    struct call call;
    char key[API_KEY];
};

static void start_inspects(struct docker *d);

/* What runs under this kernel has a pid here; what runs elsewhere has none that means anything. */
static void place(struct docker *d, struct container *c, struct entry *en)
{
    char *cgroup = c->pid ? nearby_cgroup(d->nearby, c->key, c->pid) : NULL;
    bool here = cgroup || (c->pid && docker_same_host(d) && c->isolation == ISOLATION_PROCESS);
    free(en->cgroup);
    en->cgroup = cgroup;
    if (!here) {
        c->pid = 0;
    }
}

/* The first process of a VM, as the engine knows it, is its worker. */
static void set_worker(struct container *c, struct worker *worker, char name[64])
{
    if (c->isolation != ISOLATION_VM || c->pid == 0) {
        return;
    }
    nearby_name(c->pid, name);
    *worker = (struct worker){.host_pid = c->pid, .role = WORKER_VM, .name = name};
    c->workers = worker;
    c->n_workers = 1;
    c->pid = 0;
}

static void take_record(struct docker *d, struct entry *en, struct api_record *r, const cJSON *json)
{
    struct worker worker;
    char name[64];
    place(d, &r->c, en);
    set_worker(&r->c, &worker, name);
    unsigned fields = r->fields | FIELD_WORKERS;
    unsigned changed = en->inspected ? container_differ(&en->record, &r->c, fields) : fields;
    container_assign(&en->record, &r->c, fields);
    if (!state_has_processes(en->record.state) && en->record.processes >= 0) {
        struct container nothing;
        container_init(&nothing);
        container_assign(&en->record, &nothing, FIELD_USAGE);
        changed |= FIELD_USAGE;
    }
    free(en->image_id);
    en->image_id = mem_string(r->image_id);
    launch_spec_done(&en->spec);
    api_spec(&en->spec, json, &d->about);
    en->inspected = true;
    roster_tell(d, en, changed);
}

static void take_inspect(struct docker *d, const char *key, const struct reply *r)
{
    struct api_record record;
    struct entry *en = roster_find(d, key);
    cJSON *json = r->why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, NULL) : NULL;
    if (r->status == 404) {
        roster_gone(d, key);
    } else if (en && json) {
        bool ok = api_inspect(&record, json, &d->about) && strcmp(record.c.key, key) == 0;
        if (ok) {
            take_record(d, en, &record, json);
        }
        api_record_done(&record);
    }
    cJSON_Delete(json);
}

void roster_learn(struct docker *d, const char *key, const struct reply *r)
{
    if (!roster_find(d, key)) {
        add_entry(d, key);
    }
    take_inspect(d, key, r);
}

static void inspected(struct call *c, const struct reply *r)
{
    struct inspecting *i = (struct inspecting *)c;
    struct docker *d = c->docker;
    struct entry *en = roster_find(d, i->key);
    d->roster.inspecting--;
    if (en) {
        en->inspecting = false;
    }
    take_inspect(d, i->key, r);
    en = roster_find(d, i->key);
    if (en) {
        await_no_more(d, en);
    }
    if (en && en->again) {
        en->again = false;
        roster_inspect(d, i->key);
    }
    usage_kick(d);
    end_list(d);
    start_inspects(d);
    call_succeed(c);
}

static void start_inspect(struct docker *d, struct entry *en)
{
    struct inspecting *i = mem_new(1, sizeof *i);
    en->queued = false;
    en->inspecting = true;
    d->roster.inspecting++;
    memcpy(i->key, en->record.key, API_KEY);
    call_begin(&i->call, d, NULL, NULL, NULL);
    call_inspect(&i->call, i->key, inspected);
}

static void start_inspects(struct docker *d)
{
    struct roster *es = &d->roster;
    while (d->online && es->inspecting < AT_ONCE && es->n_queue > 0) {
        struct entry *en = roster_find(d, es->queue[--es->n_queue]);
        if (en && en->queued) {
            start_inspect(d, en);
        }
    }
}

static void put_in_front(struct roster *es, const struct entry *en)
{
    es->queue = mem_grow(es->queue, &es->queue_room, es->n_queue + 1, sizeof *es->queue);
    memcpy(es->queue[es->n_queue++], en->record.key, API_KEY);
}

static void enqueue(struct docker *d, struct entry *en)
{
    if (!en->queued) {
        en->queued = true;
        put_in_front(&d->roster, en);
    }
}

/* Their old places in the queue mean nothing when these have had their turn. */
void roster_hurry(struct docker *d, const char *const *keys, size_t n)
{
    for (size_t i = n; d->roster.n_queue > 0 && i-- > 0;) {
        struct entry *en = roster_find(d, keys[i]);
        if (en && en->queued) {
            d->roster.hurried += !en->hurried;
            en->hurried = true;
            put_in_front(&d->roster, en);
        }
    }
}

void roster_inspect(struct docker *d, const char *key)
{
    struct entry *en = roster_find(d, key);
    if (en && en->inspecting) {
        en->again = true;
        return;
    }
    enqueue(d, en ? en : add_entry(d, key));
    start_inspects(d);
}

/* The list. */

static bool is_live(const struct entry *en)
{
    return state_is_live(en->record.state);
}

static void take_row(struct docker *d, struct api_record *r)
{
    struct entry *en = roster_find(d, r->c.key);
    bool known = en && en->inspected;
    if (!en) {
        en = add_entry(d, r->c.key);
    }
    en->listed = true;
    if (!known) {
        container_assign(&en->record, &r->c, r->fields);
        en->awaited = true;
    } else if (en->record.state != r->c.state ||
               (r->c.name && en->record.name && strcmp(r->c.name, en->record.name) != 0)) {
        en->awaited = true;
    }
    d->backend.sink->seen(d->backend.user, &en->record, known ? FIELD_ALL : r->fields);
}

static void drop_unlisted(struct docker *d)
{
    struct roster *es = &d->roster;
    for (size_t i = es->count; i-- > 0;) {
        if (!es->rows[i]->listed && es->rows[i]->inspected) { /* else an event has just told of it */
            remove_at(d, i);
        }
    }
}

/* Those that run last, which is to be inspected first. */
static void inspect_awaited(struct docker *d)
{
    struct roster *es = &d->roster;
    es->awaited = 0;
    for (int live = 0; live < 2; live++) {
        for (size_t i = 0; i < es->count; i++) {
            struct entry *en = es->rows[i];
            if (en->awaited && is_live(en) == live) {
                es->awaited++;
                if (en->inspecting) {
                    en->again = true;
                } else {
                    enqueue(d, en);
                }
            }
        }
    }
    start_inspects(d);
}

static void take_list(struct docker *d, const cJSON *json)
{
    struct roster *es = &d->roster;
    const cJSON *row = NULL;
    for (size_t i = 0; i < es->count; i++) {
        es->rows[i]->listed = es->rows[i]->awaited = false;
    }
    es->asked = false;
    es->telling = true;
    d->backend.sink->list_begin(d->backend.user);
    cJSON_ArrayForEach(row, json)
    {
        struct api_record r;
        if (api_list_row(&r, row, &d->about)) {
            take_row(d, &r);
        }
        api_record_done(&r);
    }
    drop_unlisted(d);
    d->backend.sink->list_named(d->backend.user);
    inspect_awaited(d);
    end_list(d);
}

static void read_list(struct docker *d, const char *text, size_t len, struct error why)
{
    cJSON *json = why.kind == ERROR_NONE ? json_parse(text, len, API_LIST_LIMIT, &why) : NULL;
    if (cJSON_IsArray(json)) {
        take_list(d, json);
    } else {
        if (why.kind == ERROR_NONE) {
            error_set(&why, ERROR_PROTOCOL, 0, "its list of containers is none");
        }
        error_wrap(&why, "docker at %s does not list its containers", d->endpoint.address);
        docker_lose(d, &why);
    }
    cJSON_Delete(json);
}

static void listed(struct call *c, const struct reply *r)
{
    struct docker *d = c->docker;
    if (r->why.kind == ERROR_NONE && r->len > 0 && !d->online) {
        text_add_n(&d->roster.early, r->body, r->len);
    } else {
        read_list(d, r->body, r->len, r->why);
    }
    call_succeed(c);
}

void roster_online(struct docker *d)
{
    struct text *early = &d->roster.early;
    if (early->len > 0) {
        read_list(d, early->data, early->len, (struct error){0});
    }
    text_done(early);
    start_inspects(d);
}

void roster_list(struct docker *d)
{
    if (d->roster.asked || d->roster.telling) {
        return; /* its end will be told */
    }
    struct call *c = mem_new(1, sizeof *c);
    char *path = docker_path(d, "/containers/json?all=1");
    const struct http_request request = {.method = "GET", .path = path, .timeout_ms = SHORT_MS};
    d->roster.asked = true;
    call_begin(c, d, NULL, NULL, NULL);
    call_request(c, &request, API_LIST_LIMIT, listed);
    free(path);
}
