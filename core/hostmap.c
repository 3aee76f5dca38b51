/* Both sides are read at different moments, by different means, so each pair has to be justified:
 *   - the engine says which host pid a process has; the host's row of that pid must not belong to another
 * container;
 *   - else, among the host's rows of this container, the one that has the process's number at the level of
 * the container's own pid namespace (on Windows both sides use the same pid);
 *   - else, where the host cannot tell whose a row is and both sides use the same numbers, the same pid, but
 * only if both sides know the start time. In every case two known start times must agree. A host row is
 * paired once. */
#include "core/hostmap.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* Start times are derived from clocks that count in seconds on one side and in ticks on the other. */
enum { START_SLACK_MS = 1500 };

/* The pid namespace of a container: how deep it lies below the reader's, and which one it is. */
struct home {
    size_t depth;    /* numbers that a process has down to it; 0: unknown */
    uint64_t number; /* 0: not told */
};

struct our_row {
    const struct host_process *row;
    uint32_t pid; /* inside; 0 unknown */
};

struct matching {
    const struct container *c;
    const struct host_table *host;
    struct home home;
    bool *taken;          /* of each row of host: paired, or a worker */
    struct our_row *ours; /* rows of this container, by their pid inside */
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

/* Whose first process it is has to be certain: by its cgroup, or, where that names nobody, by its start. */
static bool is_first(const struct container *c, const struct host_process *h)
{
    bool runs = state_has_processes(c->state);
    return runs && c->pid && c->pid == h->pid &&
           (h->container ? host_process_in(h, c->key) : starts_agree(c->started, h->created));
}

static struct home home_of(const struct container *c, const struct host_table *host)
{
    const struct host_process *first = c->pid ? host_table_find(host, c->pid) : NULL;
    if (!first || first->n_levels == 0 || !is_first(c, first)) {
        return (struct home){0};
    }
    return (struct home){first->n_levels, first->levels[first->n_levels - 1].number};
}

/* Can the row be in that namespace, or in one inside it? */
static bool may_be_at(const struct home *home, const struct host_process *h)
{
    if (home->depth == 0) {
        return true;
    }
    const struct host_level *level = h->n_levels >= home->depth ? &h->levels[home->depth - 1] : NULL;
    return level && (!level->number || !home->number || level->number == home->number);
}

/* Is it there for certain, and is that namespace not the one in which the host's own processes are? */
static bool is_at(const struct home *home, const struct host_process *h)
{
    return home->depth > 1 && home->number && h->n_levels >= home->depth &&
           h->levels[home->depth - 1].number == home->number;
}

static uint32_t pid_at(const struct home *home, const struct host_process *h)
{
    if (h->n_levels == 0) {
        return h->pid;
    }
    return home->depth > 0 && may_be_at(home, h) ? h->levels[home->depth - 1].pid : 0;
}

static int by_inside_pid(const void *a, const void *b)
{
    const struct our_row *x = a, *y = b;
    int order = (x->pid > y->pid) - (x->pid < y->pid);
    return order ? order : (x->row->pid > y->row->pid) - (x->row->pid < y->row->pid);
}

/* Those in the pid namespace that another container's cgroup holds are that container's. Those of a container
 * whose cgroup lies inside this one's are this one's too if they are in its pid namespace: an engine may put
 * one beside it there (--cgroup-parent). Where the namespaces are not told, depth has to do. */
static bool is_ours(const struct matching *match, const struct host_process *h)
{
    size_t place = host_process_place(h, match->c->key);
    if (place == SIZE_MAX) {
        return !h->container && is_at(&match->home, h);
    }
    bool deeper = match->home.depth > 0 && h->n_levels > match->home.depth && may_be_at(&match->home, h);
    return place == 0 || deeper || is_at(&match->home, h);
}

static void matching_init(struct matching *match, const struct container *c, const struct host_table *host)
{
    *match = (struct matching){.c = c, .host = host, .home = home_of(c, host)};
    match->taken = mem_new(host->count, sizeof *match->taken);
    match->ours = mem_new(host->count, sizeof *match->ours);
    for (size_t i = 0; i < host->count; i++) {
        const struct host_process *h = &host->rows[i];
        if (is_ours(match, h)) {
            match->ours[match->n_ours++] = (struct our_row){h, pid_at(&match->home, h)};
        }
    }
    qsort(match->ours, match->n_ours, sizeof *match->ours, by_inside_pid);
}

static void matching_done(struct matching *match)
{
    free(match->taken);
    free(match->ours);
}

static bool may_pair(const struct matching *match, const struct process *p, const struct host_process *h)
{
    return h && !is_taken(match, h) && starts_agree(p->created, h->created) &&
           (!h->container || host_process_in(h, match->c->key));
}

static const struct host_process *find_inner(const struct matching *match, const struct process *p)
{
    size_t from = 0, end = match->n_ours;
    while (from < end) {
        size_t middle = from + (end - from) / 2;
        if (match->ours[middle].pid < p->pid) {
            from = middle + 1;
        } else {
            end = middle;
        }
    }
    for (; from < match->n_ours && match->ours[from].pid == p->pid; from++) {
        if (may_pair(match, p, match->ours[from].row)) {
            return match->ours[from].row;
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
        bool sure = h && !h->container && h->n_levels == 0 && p->created && h->created;
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
        if (is_ours(match, h) && !h->ended && !is_taken(match, h)) {
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

/* The innermost key that an engine here knows. */
static const struct container *by_cgroup(const struct host_process *h, const struct container *const *all,
                                         size_t n)
{
    const struct container *found = NULL;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        size_t place = all[i]->isolation == ISOLATION_VM ? SIZE_MAX : host_process_place(h, all[i]->key);
        if (place < best) {
            best = place;
            found = all[i];
        }
    }
    return found;
}

static const struct container *by_first(const struct host_process *h, const struct container *const *all,
                                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (all[i]->isolation != ISOLATION_VM && !h->container && is_first(all[i], h)) {
            return all[i];
        }
    }
    return NULL;
}

/* Of several that share a pid namespace, the one whose first process is the first one there. */
static const struct container *by_namespace(const struct host_process *h, const struct host_table *host,
                                            const struct container *const *all, size_t n)
{
    const struct container *found = NULL;
    for (size_t i = 0; i < n; i++) {
        struct home home = all[i]->isolation == ISOLATION_VM ? (struct home){0} : home_of(all[i], host);
        if (!is_at(&home, h)) {
            continue;
        }
        const struct host_process *first = host_table_find(host, all[i]->pid);
        if (!found || pid_at(&home, first) == 1) {
            found = all[i];
        }
    }
    return found;
}

static void find_container(const struct host_process *h, const struct host_table *host,
                           const struct container *const *all, size_t n, struct who *who)
{
    const struct container *c = by_cgroup(h, all, n);
    enum membership membership = MEMBER_FULL;
    c = c ? c : by_first(h, all, n);
    if (!c) {
        c = by_namespace(h, host, all, n);
        membership = MEMBER_NAMESPACE;
    }
    who->unlisted = h->container && !(c && same_key(h->container, c->key)) ? h->container : NULL;
    who->relation = c ? RELATION_PROCESS : who->unlisted ? RELATION_UNLISTED : RELATION_HOST;
    if (c) {
        struct home home = home_of(c, host);
        who->container = c->id;
        who->container_pid = pid_at(&home, h);
        who->membership = may_be_at(&home, h) ? membership : MEMBER_CGROUP;
    }
}

struct who hostmap_who(uint32_t pid, const struct host_table *host, const struct container *const *containers,
                       size_t n)
{
    const struct host_process *h = host ? host_table_find(host, pid) : NULL;
    struct who who = {.relation = h ? RELATION_HOST : RELATION_NONE};
    for (size_t i = 0; h && i < n && who.relation == RELATION_HOST; i++) {
        works_for(containers[i], h, &who);
    }
    if (who.relation == RELATION_HOST) {
        find_container(h, host, containers, n, &who);
    }
    return who;
}

const char *hostmap_who_remark(const struct who *who, char *out, size_t room)
{
    out[0] = '\0';
    if (who->relation != RELATION_PROCESS) {
        return out;
    }
    if (who->unlisted && who->membership == MEMBER_NAMESPACE) {
        snprintf(
            out, room,
            " It shares the process namespace only: it is of container %.12s, which no engine here knows.",
            who->unlisted);
    } else if (who->unlisted) {
        snprintf(out, room, " Its cgroup names container %.12s inside, which no engine here knows.",
                 who->unlisted);
    } else if (who->membership == MEMBER_CGROUP) {
        snprintf(out, room,
                 " It was put into the container's cgroup from outside: it is not in its process"
                 " namespace.");
    } else if (who->membership == MEMBER_NAMESPACE) {
        snprintf(out, room,
                 " It entered the container's process namespace from outside: it is not in its"
                 " cgroup.");
    } else if (!who->container_pid) {
        snprintf(out, room, " Which number it has inside is not known.");
    }
    return out;
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
        [RELATION_NONE] = "none",       [RELATION_HOST] = "host",         [RELATION_PROCESS] = "process",
        [RELATION_WORKER] = "worker",   [RELATION_MEMORY] = "memory",     [RELATION_KEEPER] = "keeper",
        [RELATION_NETWORK] = "network", [RELATION_UNLISTED] = "unlisted",
    };
    return (size_t)relation < sizeof words / sizeof *words ? words[relation] : "none";
}

const char *membership_word(enum membership membership)
{
    return membership == MEMBER_CGROUP ? "cgroup" : membership == MEMBER_NAMESPACE ? "namespace" : "full";
}
