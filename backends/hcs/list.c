/* One enumeration brings all systems. It is asked for 1 s after a change, and ever more seldom while nothing
 * happens; never so often that taking it in costs more than about a hundredth of the loop's time. What has
 * not changed since the last one is looked at and left. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/end.h"
#include "backends/hcs/engine.h"
#include "backends/hcs/own.h"
#include "backends/hcs/result.h"
#include "core/memory.h"
#include "core/text.h"

enum {
    SOON_MS = 150,
    PAUSE_FIRST_MS = 1000,
    PAUSE_LONGEST_MS = 8000,
    COST_SHARE = 100, /* an enumeration that takes 1 ms has at least 100 ms of rest behind it */
    WATCHED_MOST =
        1024, /* handles that are kept open to hear of exits; the others are missed by enumerating */
    SHORT_ID = 12,
    HOST_FIRST_MOST = 256 /* up to so many VMs the first list waits for their workers */
};

static const char NO_ATTACH[] =
    "Windows gives a console only to the program that started the process; open a shell instead";
static const char NO_LOGS[] = "HCS keeps no output: ask the tool that started it";
static const char NO_RELAUNCH[] = "HCS does not tell with what settings it was created";
static const char NO_REMOVE[] =
    "nothing is left to remove when a compute system has ended; stop it, or kill it";
static const char NO_RENAME[] = "HCS knows a compute system by an id, which never changes";
static const char NO_RESTART[] = "HCS forgets a compute system that has stopped; launch it again";
static const char NO_PAUSE[] = "Windows cannot pause a process-isolated container";
static const char NOT_TOLD[] = "Windows does not tell this user";
static const char NO_VM[] = "it is no container: use the tool that owns this VM";

/* Entries. */

struct entry *entry_find(const struct hcs *h, const char *key)
{
    struct entry *e = idmap_get(&h->by_key, idmap_hash(key));
    while (e && strcmp(e->key, key) != 0) {
        e = e->next;
    }
    return e;
}

static uint64_t vm_hash(const char *vm)
{
    char lower[40];
    size_t n = 0;
    for (; vm[n] && n < sizeof lower - 1; n++) {
        lower[n] = vm[n] >= 'A' && vm[n] <= 'Z' ? (char)(vm[n] - 'A' + 'a') : vm[n];
    }
    lower[n] = '\0';
    return idmap_hash(lower);
}

struct entry *entry_of_vm(const struct hcs *h, const char *vm)
{
    return idmap_get(&h->by_vm, vm_hash(vm));
}

static void put_in_vm(struct hcs *h, struct entry *e)
{
    if (e->vm) {
        uint64_t hash = vm_hash(e->vm);
        e->next_in_vm = idmap_get(&h->by_vm, hash);
        idmap_put(&h->by_vm, hash, e);
    }
}

static void take_from_vm(struct hcs *h, struct entry *e)
{
    uint64_t hash = e->vm ? vm_hash(e->vm) : 0;
    struct entry *first = e->vm ? idmap_get(&h->by_vm, hash) : NULL;
    if (first == e && e->next_in_vm) {
        idmap_put(&h->by_vm, hash, e->next_in_vm);
    } else if (first == e) {
        idmap_remove(&h->by_vm, hash);
    }
    for (; first && first != e; first = first->next_in_vm) {
        if (first->next_in_vm == e) {
            first->next_in_vm = e->next_in_vm;
        }
    }
    e->next_in_vm = NULL;
}

static struct entry *entry_new(struct hcs *h, const char *key)
{
    struct entry *e = mem_new(1, sizeof *e);
    uint64_t hash = idmap_hash(key);
    *e = (struct entry){.key = mem_string(key), .at = h->n_entries, .cpu = NAN, .processes = -1};
    e->next = idmap_get(&h->by_key, hash);
    idmap_put(&h->by_key, hash, e);
    h->entries = mem_grow(h->entries, &h->entries_room, h->n_entries + 1, sizeof *h->entries);
    h->entries[h->n_entries++] = e;
    return e;
}

static void unlink_key(struct hcs *h, struct entry *e)
{
    uint64_t hash = idmap_hash(e->key);
    struct entry *first = idmap_get(&h->by_key, hash);
    if (first == e && e->next) {
        idmap_put(&h->by_key, hash, e->next);
    } else if (first == e) {
        idmap_remove(&h->by_key, hash);
    }
    for (; first && first != e; first = first->next) {
        if (first->next == e) {
            first->next = e->next;
        }
    }
}

static void entry_free(struct hcs *h, struct entry *e)
{
    unlink_key(h, e);
    take_from_vm(h, e);
    h->entries[e->at] = h->entries[--h->n_entries];
    h->entries[e->at]->at = e->at;
    free(e->key);
    free(e->name);
    free(e->label);
    free(e->owner);
    free(e->vm);
    free(e->workers);
    free(e);
}

void entry_gone(struct hcs *h, struct entry *e)
{
    char *key = mem_string(e->key);
    if (e->watched) {
        h->n_watched--;
        h->service->type->unwatch(h->service, key);
    }
    struct own *own = e->own;
    bool ours = end_is_ours(e);
    entry_free(h, e);
    if (own) {
        own_gone(own);
    } else if (ours) {
        end_tidy(h, key, NULL, NULL); /* nobody may have asked for its end */
    }
    if (h->has_listed) {
        h->base.sink->gone(h->base.user, key);
    }
    ends_seen(h, key, NULL);
    free(key);
}

/* Telling. */

const char *entry_refusal(const struct hcs *h, const struct entry *e, enum verb verb)
{
    if (h->limited) {
        return h->limited;
    }
    switch (verb) {
    case VERB_ATTACH:
        return e->own ? NULL : NO_ATTACH;
    case VERB_LOGS:
        return NO_LOGS;
    case VERB_RELAUNCH:
        return e->own ? NULL : NO_RELAUNCH;
    case VERB_REMOVE:
        return e->own || end_is_ours(e) ? NULL : NO_REMOVE;
    case VERB_RENAME:
        return e->kind != HCS_KIND_CONTAINER ? NO_VM : NO_RENAME;
    case VERB_RESTART:
        return e->kind != HCS_KIND_CONTAINER ? NO_VM : NO_RESTART;
    case VERB_INSPECT:
        return NULL;
    case VERB_PAUSE:
    case VERB_RESUME:
        return e->kind != HCS_KIND_CONTAINER ? NO_VM : e->isolation == ISOLATION_PROCESS ? NO_PAUSE : NULL;
    default:
        return e->kind != HCS_KIND_CONTAINER ? NO_VM : NULL;
    }
}

/* Ten thousand systems share a few sets of refusals, all of constants. */
static void tell_refusals(struct hcs *h, const struct entry *e, struct container *c)
{
    struct verdict *v = h->verdicts, *end = v + h->n_verdicts;
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        c->why_not[verb] = entry_refusal(h, e, (enum verb)verb);
    }
    while (v < end && memcmp(v->why_not, c->why_not, sizeof v->why_not) != 0) {
        v++;
    }
    if (v == end && h->n_verdicts < sizeof h->verdicts / sizeof *h->verdicts) {
        memcpy(v->why_not, c->why_not, sizeof v->why_not);
        v->held = refusals_new(c->why_not);
        h->n_verdicts++;
        end++;
    }
    if (v < end) {
        refusals_tell(v->held, c);
    }
}

/* What a silo gives a container of its own. Its network is a compartment, of which no property tells. */
static const struct namespace_fact silo_namespaces[NAMESPACE_COUNT] = {
    [NAMESPACE_MOUNT] = {.state = FACT_OWN, .how = FACT_TOLD, .source = "HCS: ObRoot"},
    [NAMESPACE_PID] = {.state = FACT_OWN, .how = FACT_TOLD, .source = "HCS: ObRoot"},
    [NAMESPACE_REGISTRY] = {.state = FACT_OWN, .how = FACT_TOLD, .source = "HCS: ObRoot"},
    [NAMESPACE_OBJECTS] = {.state = FACT_OWN, .how = FACT_TOLD, .source = "HCS: ObRoot"},
};

void entry_tell(struct hcs *h, const struct entry *e, unsigned fields)
{
    struct container c;
    container_init(&c);
    c.key = e->key;
    c.name = e->name;
    c.owner = e->label;
    c.apart = e->kind != HCS_KIND_CONTAINER;
    c.state = e->state;
    c.started = e->started;
    c.note = c.apart ? document_kind_words(e->kind) : h->limited;
    c.isolation = e->isolation;
    c.hypervisor = HYPERVISOR_HYPERV;
    c.workers = e->workers;
    c.n_workers = e->n_workers;
    c.vm = e->vm;
    c.crossings_untold = !e->own; /* no property query tells what a system was given (schema 2.4) */
    c.namespaces = e->silo ? silo_namespaces : NULL;
    c.cpu = e->cpu;
    c.memory = e->memory;
    c.host_memory = e->host_memory;
    c.processes = e->processes;
    if (e->own) {
        own_describe(e->own, &c);
    }
    tell_refusals(h, e, &c);
    h->base.sink->seen(h->base.user, &c, fields);
}

/* Taking in. */

static bool replace_clean(char **to, const char *from)
{
    struct text clean = {0};
    bool differs = !from != !*to || (from && strcmp(from, *to) != 0);
    if (differs && from) {
        text_add_clean(&clean, from, strlen(from));
        differs = !*to || strcmp(text_of(&clean), *to) != 0;
    }
    if (differs) {
        free(*to);
        *to = from ? mem_string(text_of(&clean)) : NULL;
    }
    text_done(&clean);
    return differs;
}

/* Docker names a system by its id, which no person reads: the beginning is what docker itself shows. */
static bool take_name(struct entry *e, const struct hcs_system *s)
{
    char id[SHORT_ID + 1] = "";
    if (s->name && strcmp(s->name, s->id) != 0) {
        return replace_clean(&e->name, s->name);
    }
    strncat(id, s->id, SHORT_ID);
    return replace_clean(&e->name, strlen(s->id) == 64 ? id : s->id);
}

static unsigned take_system(struct hcs *h, struct entry *e, const struct hcs_system *s)
{
    unsigned differ = 0;
    const char *reason;
    enum isolation isolation = document_isolation(s, &reason);
    enum hcs_kind kind = document_kind(s);
    enum container_state state = h->limited ? CONTAINER_UNKNOWN : s->state;
    if (h->limited && !s->is_vm) {
        isolation = ISOLATION_UNKNOWN;
        reason = NOT_TOLD;
    }
    if (e->own) {
        isolation = own_mode(e->own);
        reason = "it was launched so, here";
    }
    bool named = take_name(e, s), owned = replace_clean(&e->owner, s->owner);
    if (named || owned) {
        replace_clean(&e->label, document_owner(e->owner));
        differ |= FIELD_NAME;
    }
    if (!e->vm != !s->runtime_id || (e->vm && strcmp(e->vm, s->runtime_id) != 0)) {
        take_from_vm(h, e);
        free(e->vm);
        e->vm = mem_string(s->runtime_id);
        put_in_vm(h, e);
        differ |= FIELD_WORKERS;
    }
    if (isolation != e->isolation || kind != e->kind) {
        differ |= FIELD_NAME | FIELD_ISOLATION | FIELD_STATE | FIELD_VERBS;
    }
    if (state != e->state) {
        e->without_statistics = false;
        differ |= FIELD_STATE;
        if (state != CONTAINER_RUNNING) { /* only what runs is measured, see sample.c */
            differ |= isnan(e->cpu) ? 0 : FIELD_CPU;
            e->cpu = NAN;
            e->last_when = 0;
        }
    }
    bool silo = s->object_root && isolation == ISOLATION_PROCESS;
    differ |= silo != e->silo ? FIELD_CROSSINGS : 0;
    e->silo = silo;
    e->isolation = isolation;
    e->kind = kind;
    e->reason = reason;
    e->state = state;
    e->is_linux = s->is_linux;
    return differ;
}

static void on_watched(void *user, int32_t result, const char *document)
{
    struct hcs *h = user;
    (void)document;
    if (result < 0 && !h->closing && !h->offline) {
        list_soon(h); /* it has gone in between, most likely */
    }
}

static void watch(struct hcs *h, struct entry *e)
{
    if (!e->watched && !h->limited && h->n_watched < WATCHED_MOST && e->kind != HCS_KIND_TEMPLATE) {
        e->watched = true;
        h->n_watched++;
        h->service->type->watch(h->service, e->key, on_watched, h);
    }
}

static void on_system(void *user, const struct hcs_system *s)
{
    struct hcs *h = user;
    struct entry *e = entry_find(h, s->id);
    bool is_new = !e;
    if (s->state == CONTAINER_EXITED) {
        return; /* it is leaving: not seen in this round */
    }
    if (is_new) {
        e = entry_new(h, s->id);
        e->own = own_find(h, s->id);
    }
    unsigned differ = take_system(h, e, s);
    e->round = h->round;
    watch(h, e);
    h->changed = h->changed || differ || is_new;
    if (h->has_listed && (differ || is_new)) {
        entry_tell(h, e, is_new ? FIELD_ALL & ~(unsigned)FIELD_USAGE : differ);
    }
}

bool list_take(struct hcs *h, const cJSON *properties)
{
    struct hcs_system s;
    bool ok = document_system(properties, &s);
    if (ok) {
        on_system(h, &s);
    }
    if (ok && s.runtime_id && workers_wanted(h)) {
        workers_read(h); /* its VM has begun */
    }
    return ok;
}

static void drop_unseen(struct hcs *h)
{
    for (size_t i = h->n_entries; i-- > 0;) {
        if (h->entries[i]->round != h->round) {
            h->changed = true;
            entry_gone(h, h->entries[i]);
        }
    }
}

static void on_swept(void *user, int32_t result, const char *document)
{
    (void)user;
    (void)result; /* the next opening tries again */
    (void)document;
}

/* What an earlier run has left on disk of containers that are gone. */
static void sweep(struct hcs *h)
{
    if (h->limited) {
        return;
    }
    cJSON *keys = cJSON_CreateArray();
    for (size_t i = 0; i < h->n_entries; i++) {
        cJSON_AddItemToArray(keys, cJSON_CreateString(h->entries[i]->key));
    }
    char *document = cJSON_PrintUnformatted(keys);
    cJSON_Delete(keys);
    h->service->type->arrange(h->service, HCS_SWEEP, NULL, document, on_swept, h);
    free(document);
}

void list_finish(struct hcs *h)
{
    if (!h->must_list || h->enumerating) {
        return;
    }
    if (!h->has_listed) {
        sweep(h);
    }
    h->must_list = false;
    h->has_listed = true;
    h->base.sink->list_begin(h->base.user);
    for (size_t i = 0; i < h->n_entries; i++) {
        entry_tell(h, h->entries[i], FIELD_ALL & ~(unsigned)FIELD_USAGE);
    }
    h->base.sink->list_end(h->base.user);
}

/* Asking. */

static void on_clock(uv_timer_t *timer);

static void plan(struct hcs *h, uint64_t cost_ns)
{
    uint64_t least = cost_ns * COST_SHARE / 1000000;
    h->pause = h->changed || h->again ? PAUSE_FIRST_MS : h->pause * 2;
    h->pause = h->pause < PAUSE_FIRST_MS     ? PAUSE_FIRST_MS
               : h->pause > PAUSE_LONGEST_MS ? PAUSE_LONGEST_MS
                                             : h->pause;
    uint64_t wait = h->again ? SOON_MS : h->pause;
    h->again = false;
    uv_timer_start(&h->clock, on_clock, wait > least ? wait : least, 0);
}

static void on_enumerated(void *user, int32_t result, const char *document)
{
    struct hcs *h = user;
    struct error why;
    uint64_t begin = uv_hrtime();
    if (h->closing || h->offline) {
        return;
    }
    h->enumerating = false;
    if (result < 0) {
        hcs_lost(h, result, document, "list the compute systems");
        return;
    }
    h->round++;
    h->changed = false;
    if (document_systems(document, on_system, h, &why) < 0) {
        error_wrap(&why, "cannot understand the Host Compute Service");
        hcs_offline(h, &why);
        return;
    }
    drop_unseen(h);
    bool few = h->by_vm.count <= HOST_FIRST_MOST; /* else the workers follow with the first sample */
    if (workers_wanted(h) && few && (h->must_list || h->changed)) {
        workers_read(h);
    }
    if (!h->host_op || !few) {
        list_finish(h);
    }
    plan(h, uv_hrtime() - begin);
}

static void enumerate(struct hcs *h)
{
    if (h->enumerating) {
        h->again = true;
        return;
    }
    h->enumerating = true;
    h->service->type->call(h->service, HCS_ENUMERATE, NULL, NULL, on_enumerated, h);
}

static void on_clock(uv_timer_t *timer)
{
    enumerate(timer->data);
}

void list_soon(struct hcs *h)
{
    if (h->closing) {
        return;
    }
    if (h->enumerating) {
        h->again = true;
    } else if (h->online && uv_timer_get_due_in(&h->clock) > SOON_MS) {
        uv_timer_start(&h->clock, on_clock, SOON_MS, 0);
    }
}

void hcs_list(struct backend *b)
{
    struct hcs *h = (struct hcs *)b;
    if (h->online) {
        h->must_list = true;
        enumerate(h);
    }
}
