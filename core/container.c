/* core/container.c - records: copying and comparing them field by field.
 *
 * A record either borrows its strings (as engines tell it) or owns them (what container_assign filled). The
 * fields are grouped as FIELD_ bits group them; each group has one function that copies it and one that
 * compares it. */
#include "core/container.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

void container_init(struct container *c)
{
    *c = (struct container){.cpu = NAN, .processes = -1};
}

/* Copies before it frees: the two may be the same string. */
static void replace(const char **to, const char *from)
{
    char *copy = mem_string(from);
    free((char *)*to);
    *to = copy;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_labels(const char *const *a, const char *const *b)
{
    if (!a || !b) {
        return a == b;
    }
    while (*a && *b && strcmp(*a, *b) == 0) {
        a++;
        b++;
    }
    return !*a && !*b;
}

static void free_workers(const struct worker *workers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free((char *)workers[i].name);
    }
    free((struct worker *)workers);
}

static void free_namespaces(const struct namespace_fact *facts)
{
    for (size_t i = 0; facts && i < NAMESPACE_COUNT; i++) {
        free((char *)facts[i].with);
        free((char *)facts[i].source);
        free((char *)facts[i].why);
    }
    free((struct namespace_fact *)facts);
}

static void free_crossings(const struct crossing *crossings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free((char *)crossings[i].outside);
        free((char *)crossings[i].inside);
    }
    free((struct crossing *)crossings);
}

static void assign_name(struct container *to, const struct container *from)
{
    replace(&to->name, from->name);
    replace(&to->image, from->image);
    replace(&to->command, from->command);
    replace(&to->owner, from->owner);
    replace(&to->restart, from->restart);
    char **labels = from->labels ? mem_strings(from->labels) : NULL;
    free((char **)to->labels);
    to->labels = (const char *const *)labels;
    to->terminal = from->terminal;
    to->apart = from->apart;
    to->created = from->created;
    to->origin = from->origin;
    to->memory_limit = from->memory_limit;
}

static bool same_name(const struct container *a, const struct container *b)
{
    return same(a->name, b->name) && same(a->image, b->image) && same(a->command, b->command) &&
           same(a->owner, b->owner) && same(a->restart, b->restart) && same_labels(a->labels, b->labels) &&
           a->terminal == b->terminal && a->apart == b->apart && a->created == b->created &&
           a->origin == b->origin && a->memory_limit == b->memory_limit;
}

static void assign_state(struct container *to, const struct container *from)
{
    to->state = from->state;
    to->health = from->health;
    to->exit_code = from->exit_code;
    to->started = from->started;
    to->finished = from->finished;
    to->pid = from->pid;
    replace(&to->note, from->note);
}

static bool same_state(const struct container *a, const struct container *b)
{
    return a->state == b->state && a->health == b->health && a->exit_code == b->exit_code &&
           a->started == b->started && a->finished == b->finished && a->pid == b->pid &&
           same(a->note, b->note);
}

static void assign_isolation(struct container *to, const struct container *from)
{
    to->isolation = from->isolation;
    to->hypervisor = from->hypervisor;
}

static bool same_isolation(const struct container *a, const struct container *b)
{
    return a->isolation == b->isolation && a->hypervisor == b->hypervisor;
}

struct refusals {
    size_t holders;
    const char *words[VERB_COUNT];
};

struct refusals *refusals_new(const char *const why_not[VERB_COUNT])
{
    struct refusals *r = mem_new(1, sizeof *r);
    r->holders = 1;
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        r->words[verb] = mem_string(why_not[verb]);
    }
    return r;
}

void refusals_tell(struct refusals *r, struct container *c)
{
    c->refusals = r;
    memcpy(c->why_not, r->words, sizeof c->why_not);
}

void refusals_drop(struct refusals *r)
{
    if (r && --r->holders == 0) {
        for (int verb = 0; verb < VERB_COUNT; verb++) {
            free((char *)r->words[verb]);
        }
        free(r);
    }
}

/* Some of the words of a record may have been changed since it was told them. */
static bool holds(const struct refusals *r, const struct container *c)
{
    return r && memcmp(r->words, c->why_not, sizeof c->why_not) == 0;
}

static struct refusals *hold(const struct container *from)
{
    static const char *const none[VERB_COUNT];
    if (memcmp(from->why_not, none, sizeof none) == 0) {
        return NULL;
    }
    if (!holds(from->refusals, from)) {
        return refusals_new(from->why_not);
    }
    from->refusals->holders++;
    return from->refusals;
}

static void assign_verbs(struct container *to, const struct container *from)
{
    struct refusals *held = hold(from);
    refusals_drop(to->refusals);
    to->refusals = held;
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        to->why_not[verb] = held ? held->words[verb] : NULL;
    }
}

static bool same_verbs(const struct container *a, const struct container *b)
{
    if (holds(a->refusals, a) && holds(a->refusals, b)) {
        return true;
    }
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        if (!same(a->why_not[verb], b->why_not[verb])) {
            return false;
        }
    }
    return true;
}

static void assign_workers(struct container *to, const struct container *from)
{
    struct worker *copy = from->n_workers ? mem_new(from->n_workers, sizeof *copy) : NULL;
    size_t n = from->n_workers;
    for (size_t i = 0; i < n; i++) {
        copy[i] = from->workers[i];
        copy[i].name = mem_string(from->workers[i].name);
    }
    free_workers(to->workers, to->n_workers);
    to->workers = copy;
    to->n_workers = n;
    replace(&to->vm, from->vm);
}

static bool same_workers(const struct container *a, const struct container *b)
{
    if (a->n_workers != b->n_workers || !same(a->vm, b->vm)) {
        return false;
    }
    for (size_t i = 0; i < a->n_workers; i++) {
        const struct worker *x = &a->workers[i], *y = &b->workers[i];
        if (x->host_pid != y->host_pid || x->role != y->role || !same(x->name, y->name) ||
            x->cpu_100ns != y->cpu_100ns || x->memory != y->memory) {
            return false;
        }
    }
    return true;
}

static void assign_namespaces(struct container *to, const struct container *from)
{
    struct namespace_fact *copy = from->namespaces ? mem_new(NAMESPACE_COUNT, sizeof *copy) : NULL;
    for (size_t i = 0; copy && i < NAMESPACE_COUNT; i++) {
        copy[i] = from->namespaces[i];
        copy[i].with = mem_string(copy[i].with);
        copy[i].source = mem_string(copy[i].source);
        copy[i].why = mem_string(copy[i].why);
    }
    free_namespaces(to->namespaces);
    to->namespaces = copy;
}

static bool same_namespaces(const struct namespace_fact *a, const struct namespace_fact *b)
{
    for (size_t i = 0; a && b && i < NAMESPACE_COUNT; i++) {
        if (a[i].state != b[i].state || a[i].how != b[i].how || !same(a[i].with, b[i].with) ||
            !same(a[i].source, b[i].source) || !same(a[i].why, b[i].why)) {
            return false;
        }
    }
    return !a == !b;
}

static void assign_crossings(struct container *to, const struct container *from)
{
    struct crossing *copy = from->n_crossings ? mem_new(from->n_crossings, sizeof *copy) : NULL;
    size_t n = from->n_crossings;
    for (size_t i = 0; i < n; i++) {
        copy[i] = from->crossings[i];
        copy[i].outside = mem_string(from->crossings[i].outside);
        copy[i].inside = mem_string(from->crossings[i].inside);
    }
    free_crossings(to->crossings, to->n_crossings);
    to->crossings = copy;
    to->n_crossings = n;
    to->crossings_untold = from->crossings_untold;
    replace(&to->ports, from->ports);
    assign_namespaces(to, from);
}

static bool same_crossings(const struct container *a, const struct container *b)
{
    if (a->n_crossings != b->n_crossings || a->crossings_untold != b->crossings_untold ||
        !same(a->ports, b->ports) || !same_namespaces(a->namespaces, b->namespaces)) {
        return false;
    }
    for (size_t i = 0; i < a->n_crossings; i++) {
        const struct crossing *x = &a->crossings[i], *y = &b->crossings[i];
        if (x->kind != y->kind || !same(x->outside, y->outside) || !same(x->inside, y->inside) ||
            x->read_only != y->read_only) {
            return false;
        }
    }
    return true;
}

static void assign_cpu(struct container *to, const struct container *from)
{
    to->cpu = from->cpu;
}

static bool same_cpu(const struct container *a, const struct container *b)
{
    return a->cpu == b->cpu || (isnan(a->cpu) && isnan(b->cpu));
}

static void assign_memory(struct container *to, const struct container *from)
{
    to->memory = from->memory;
    to->host_memory = from->host_memory;
}

static bool same_memory(const struct container *a, const struct container *b)
{
    return a->memory == b->memory && a->host_memory == b->host_memory;
}

static void assign_processes(struct container *to, const struct container *from)
{
    to->processes = from->processes;
}

static bool same_processes(const struct container *a, const struct container *b)
{
    return a->processes == b->processes;
}

static const struct group {
    unsigned field;
    void (*assign)(struct container *to, const struct container *from);
    bool (*same)(const struct container *a, const struct container *b);
} groups[FIELD_COUNT] = {
    {FIELD_NAME, assign_name, same_name},
    {FIELD_STATE, assign_state, same_state},
    {FIELD_ISOLATION, assign_isolation, same_isolation},
    {FIELD_WORKERS, assign_workers, same_workers},
    {FIELD_CROSSINGS, assign_crossings, same_crossings},
    {FIELD_CPU, assign_cpu, same_cpu},
    {FIELD_MEMORY, assign_memory, same_memory},
    {FIELD_PROCESSES, assign_processes, same_processes},
    {FIELD_VERBS, assign_verbs, same_verbs},
};

void container_assign(struct container *to, const struct container *from, unsigned fields)
{
    if (!to->key) {
        to->key = mem_string(from->key);
    }
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (fields & groups[i].field) {
            groups[i].assign(to, from);
        }
    }
}

unsigned container_differ(const struct container *a, const struct container *b, unsigned fields)
{
    unsigned differ = 0;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if ((fields & groups[i].field) && !groups[i].same(a, b)) {
            differ |= groups[i].field;
        }
    }
    return differ;
}

void container_done(struct container *c)
{
    const char *strings[] = {c->key,     c->name, c->image, c->command, c->owner,
                             c->restart, c->note, c->ports, c->vm};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        free((char *)strings[i]);
    }
    refusals_drop(c->refusals);
    free((char **)c->labels);
    free_workers(c->workers, c->n_workers);
    free_crossings(c->crossings, c->n_crossings);
    free_namespaces(c->namespaces);
    container_init(c);
}

const char *health_word(enum health health)
{
    static const char *const words[] = {"", "starting", "healthy", "unhealthy"};
    return words[health];
}

const char *container_label(const struct container *c, const char *key)
{
    size_t len = strlen(key);
    for (const char *const *label = c->labels; label && *label; label++) {
        if (strncmp(*label, key, len) == 0 && (*label)[len] == '=') {
            return *label + len + 1;
        }
    }
    return NULL;
}

const char *container_project(const struct container *c)
{
    const char *project = container_label(c, "com.docker.compose.project");
    return project ? project : container_label(c, "io.podman.compose.project");
}

const char *verb_word(enum verb verb)
{
    static const char *const words[VERB_COUNT] = {
        [VERB_START] = "start",       [VERB_STOP] = "stop",       [VERB_KILL] = "kill",
        [VERB_PAUSE] = "pause",       [VERB_RESUME] = "resume",   [VERB_RESTART] = "restart",
        [VERB_REMOVE] = "remove",     [VERB_ATTACH] = "attach",   [VERB_EXEC] = "exec",
        [VERB_LOGS] = "logs",         [VERB_INSPECT] = "inspect", [VERB_PROCESSES] = "processes",
        [VERB_RELAUNCH] = "relaunch", [VERB_RENAME] = "rename",
    };
    return (unsigned)verb < VERB_COUNT ? words[verb] : "unknown";
}

static const char *vm_seen(const struct container *c, char *out, size_t room)
{
    for (size_t i = 0; i < c->n_workers; i++) {
        const struct worker *w = &c->workers[i];
        if (w->role == WORKER_VM) {
            snprintf(out, room, "%s %" PRIu32, w->name ? w->name : worker_word(w->role), w->host_pid);
            return out;
        }
    }
    snprintf(out, room, "its worker"); /* there is one, though we do not know which */
    return out;
}

const char *container_state_text(const struct container *c, char *out, size_t room)
{
    bool coded = c->state == CONTAINER_EXITED || c->state == CONTAINER_RESTARTING;
    if (coded) {
        snprintf(out, room, "%s %d", state_word(c->state), c->exit_code);
    }
    return coded ? out : state_word(c->state);
}

const char *container_host_sees(const struct container *c, char *out, size_t room)
{
    if (!state_has_processes(c->state)) {
        snprintf(out, room, "%s",
                 c->state == CONTAINER_LOST || c->state == CONTAINER_UNKNOWN ? "unknown" : "nothing");
    } else if (c->isolation == ISOLATION_VM) {
        vm_seen(c, out, room);
    } else if (c->isolation == ISOLATION_UNKNOWN) {
        snprintf(out, room, "unknown");
    } else if (c->processes < 0) {
        snprintf(out, room, "its processes");
    } else {
        snprintf(out, room, "%" PRId32 " %s", c->processes, c->processes == 1 ? "process" : "processes");
    }
    return out;
}
