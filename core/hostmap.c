/* Both sides are read at different moments, by different means, so each pair has to be justified:
 *   - the engine says which host pid a process has; the host's row of that pid must not belong to another
 * container;
 *   - else, among the host's rows of this container, the one whose innermost pid is the process's own (NSpid;
 * on Windows both sides use the same pid);
 *   - else, where the host cannot tell whose a row is, the same pid, but only if both sides know the start
 * time. In every case two known start times must agree. A host row is paired once. */
#include "core/hostmap.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* Start times are derived from clocks that count in seconds on one side and in ticks on the other. */
enum { START_SLACK_MS = 1500 };

struct matching {
    const struct container *c;
    const struct host_table *host;
    bool *taken;                      /* of each row of host: paired, or a worker */
    const struct host_process **ours; /* rows that the host says are of this container, by inner_pid */
    size_t n_ours;
};

static bool same_key(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* Windows spells GUIDs in both cases. */
static bool same_guid(const char *a, const char *b)
{
    while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b)) {
        a++;
        b++;
    }
    return !*a && !*b;
}

/* Does the host say that this row works for the VM of c? */
static bool serves_vm_of(const struct host_process *h, const struct container *c)
{
    return h->vm && (c->vm ? same_guid(h->vm, c->vm) : same_key(h->vm, c->key));
}

static bool starts_agree(int64_t a, int64_t b)
{
    return !a || !b || (a > b ? a - b : b - a) <= START_SLACK_MS;
}

static bool is_taken(const struct matching *match, const struct host_process *h)
{
    return match->taken[h - match->host->rows];
}

static void take(struct matching *match, const struct host_process *h)
{
    match->taken[h - match->host->rows] = true;
}

/* Systems cut names at different lengths: one may be the beginning of the other. */
static bool names_agree(const char *a, const char *b)
{
    return !a || !b || strncmp(a, b, strlen(a)) == 0 || strncmp(a, b, strlen(b)) == 0;
}

static bool is_worker_row(const struct worker *w, const struct host_process *h)
{
    return w->host_pid == h->pid && names_agree(w->name, h->name);
}

static int by_inner_pid(const void *a, const void *b)
{
    const struct host_process *x = *(const struct host_process *const *)a;
    const struct host_process *y = *(const struct host_process *const *)b;
    int order = (x->inner_pid > y->inner_pid) - (x->inner_pid < y->inner_pid);
    return order ? order : (x->pid > y->pid) - (x->pid < y->pid);
}

static void matching_init(struct matching *match, const struct container *c, const struct host_table *host)
{
    *match = (struct matching){.c = c, .host = host};
    match->taken = mem_new(host->count, sizeof *match->taken);
    match->ours = mem_new(host->count, sizeof *match->ours);
    for (size_t i = 0; i < host->count; i++) {
        if (same_key(host->rows[i].container, c->key)) {
            match->ours[match->n_ours++] = &host->rows[i];
        }
    }
    qsort(match->ours, match->n_ours, sizeof *match->ours, by_inner_pid);
}

static void matching_done(struct matching *match)
{
    free(match->taken);
    free(match->ours);
}

static bool may_pair(const struct matching *match, const struct process *p, const struct host_process *h)
{
    return h && !is_taken(match, h) && starts_agree(p->created, h->created) &&
           (!h->container || same_key(h->container, match->c->key));
}

static const struct host_process *find_inner(const struct matching *match, const struct process *p)
{
    size_t from = 0, end = match->n_ours;
    while (from < end) {
        size_t middle = from + (end - from) / 2;
        if (match->ours[middle]->inner_pid < p->pid) {
            from = middle + 1;
        } else {
            end = middle;
        }
    }
    for (; from < match->n_ours && match->ours[from]->inner_pid == p->pid; from++) {
        if (may_pair(match, p, match->ours[from])) {
            return match->ours[from];
        }
    }
    return NULL;
}

static const struct host_process *find_outside(const struct matching *match, const struct process *p)
{
    if (p->host_pid) {
        const struct host_process *h = host_table_find(match->host, p->host_pid);
        return may_pair(match, p, h) ? h : NULL;
    }
    const struct host_process *h = find_inner(match, p);
    if (!h) {
        h = host_table_find(match->host, p->pid);
        bool sure = h && !h->container && h->inner_pid == p->pid && p->created && h->created;
        h = sure && may_pair(match, p, h) ? h : NULL;
    }
    return h;
}

static void add_pair(struct hostmap *m, const struct process *inside, const struct host_process *outside)
{
    m->pairs[m->n_pairs++] = (struct hostmap_pair){inside, outside};
    m->n_joined += inside && outside;
}

static void add_worker(struct hostmap *m, struct matching *match, const struct host_process *h,
                       enum worker_role role)
{
    if (is_taken(match, h)) {
        return;
    }
    take(match, h);
    m->workers[m->n_workers] = h;
    m->roles[m->n_workers++] = role;
}

static enum worker_role role_by_name(const struct host_process *h)
{
    return h->name && strncmp(h->name, "vmmem", 5) == 0 ? WORKER_MEMORY : WORKER_VM;
}

/* Those that the record names and the host still has; for a VM also those that the host says work for it. */
static void find_workers(struct hostmap *m, struct matching *match)
{
    const struct container *c = match->c;
    size_t most = c->n_workers + (m->wall == WALL_VM ? match->host->count : 0);
    m->workers = mem_new(most, sizeof *m->workers);
    m->roles = mem_new(most, sizeof *m->roles);
    for (size_t i = 0; i < c->n_workers; i++) {
        const struct host_process *h = host_table_find(match->host, c->workers[i].host_pid);
        if (h && is_worker_row(&c->workers[i], h)) {
            add_worker(m, match, h, c->workers[i].role);
        }
    }
    for (size_t i = 0; m->wall == WALL_VM && i < match->host->count; i++) {
        const struct host_process *h = &match->host->rows[i];
        if (serves_vm_of(h, c) || same_key(h->container, c->key)) {
            add_worker(m, match, h, role_by_name(h));
        }
    }
}

static void find_pairs(struct hostmap *m, struct matching *match, const struct process_table *inside)
{
    for (size_t i = 0; inside && i < inside->count; i++) {
        const struct process *p = &inside->rows[i];
        const struct host_process *h = m->wall == WALL_VM ? NULL : find_outside(match, p);
        if (h) {
            take(match, h);
        }
        add_pair(m, p, h);
    }
    for (size_t i = 0; m->wall != WALL_VM && i < match->host->count; i++) {
        const struct host_process *h = &match->host->rows[i];
        if (same_key(h->container, match->c->key) && !is_taken(match, h)) {
            add_pair(m, NULL, h);
        }
    }
}

void hostmap_build(struct hostmap *m, const struct container *c, const struct process_table *inside,
                   const struct host_table *host)
{
    static const struct host_table nothing;
    struct matching match;
    matching_init(&match, c, host ? host : &nothing);
    *m = (struct hostmap){.wall = c->isolation == ISOLATION_VM ? WALL_VM : WALL_SHARED_KERNEL};
    m->pairs = mem_new((inside ? inside->count : 0) + match.n_ours, sizeof *m->pairs);
    find_workers(m, &match);
    find_pairs(m, &match, inside);
    matching_done(&match);
}

void hostmap_done(struct hostmap *m)
{
    free(m->pairs);
    free(m->workers);
    free(m->roles);
    *m = (struct hostmap){0};
}

/* Who is that? */

static enum relation relation_of(enum worker_role role)
{
    switch (role) {
    case WORKER_MEMORY:
        return RELATION_MEMORY;
    case WORKER_KEEPER:
        return RELATION_KEEPER;
    case WORKER_NETWORK:
        return RELATION_NETWORK;
    default:
        return RELATION_WORKER;
    }
}

static bool works_for(const struct container *c, const struct host_process *h, struct who *who)
{
    for (size_t i = 0; i < c->n_workers; i++) {
        if (is_worker_row(&c->workers[i], h)) {
            *who = (struct who){.relation = relation_of(c->workers[i].role), .container = c->id};
            return true;
        }
    }
    bool in_vm = c->isolation == ISOLATION_VM;
    if (serves_vm_of(h, c) || (in_vm && same_key(h->container, c->key))) {
        *who = (struct who){.relation = relation_of(role_by_name(h)), .container = c->id};
        return true;
    }
    return false;
}

static bool runs_in(const struct container *c, const struct host_process *h, struct who *who)
{
    bool runs = state_has_processes(c->state);
    bool is_first =
        !h->container && runs && c->pid && c->pid == h->pid && starts_agree(c->started, h->created);
    if (c->isolation == ISOLATION_VM || !(is_first || same_key(h->container, c->key))) {
        return false;
    }
    *who = (struct who){RELATION_PROCESS, c->id, h->inner_pid};
    return true;
}

struct who hostmap_who(uint32_t pid, const struct host_table *host, const struct container *const *containers,
                       size_t n)
{
    const struct host_process *h = host ? host_table_find(host, pid) : NULL;
    struct who who = {.relation = h ? RELATION_HOST : RELATION_NONE};
    for (size_t i = 0; h && i < n && who.relation == RELATION_HOST; i++) {
        works_for(containers[i], h, &who);
    }
    for (size_t i = 0; h && i < n && who.relation == RELATION_HOST; i++) {
        runs_in(containers[i], h, &who);
    }
    return who;
}

bool hostmap_is_among(uint32_t pid, const struct host_table *host, const struct process_table *inside_table,
                      uint32_t *inside)
{
    const struct host_process *h = host_table_find(host, pid);
    bool same_silo = false;
    *inside = 0;
    for (size_t i = 0; h && i < inside_table->count; i++) {
        const struct process *p = &inside_table->rows[i];
        const struct host_process *other = p->host_pid ? host_table_find(host, p->host_pid) : NULL;
        bool real = other && starts_agree(p->created, other->created) && names_agree(p->name, other->name);
        if (real && other == h) {
            *inside = p->pid;
            return true;
        }
        same_silo = same_silo || (real && h->silo != 0 && other->silo == h->silo);
    }
    return same_silo;
}

const char *relation_word(enum relation relation)
{
    static const char *const words[] = {
        [RELATION_NONE] = "none",       [RELATION_HOST] = "host",     [RELATION_PROCESS] = "process",
        [RELATION_WORKER] = "worker",   [RELATION_MEMORY] = "memory", [RELATION_KEEPER] = "keeper",
        [RELATION_NETWORK] = "network",
    };
    return (size_t)relation < sizeof words / sizeof *words ? words[relation] : "none";
}
