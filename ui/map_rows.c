#include "ui/map_rows.h"

#include <stdio.h>

#include "core/memory.h"

static bool is_worker(const struct hostmap *m, const struct host_process *p)
{
    for (size_t i = 0; i < m->n_workers; i++) {
        if (m->workers[i] == p) {
            return true;
        }
    }
    return false;
}

static struct map_row worker_row(const struct hostmap *m, size_t i)
{
    return (struct map_row){.outside = m->workers[i], .worker = true, .role = m->roles[i]};
}

/* The pairs, then the workers below them. */
static size_t shared_rows(const struct hostmap *m, struct map_row *rows)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_pairs; i++) {
        const struct hostmap_pair *pair = &m->pairs[i];
        if (pair->inside == NULL && is_worker(m, pair->outside)) {
            continue;
        }
        bool joined = pair->inside != NULL && pair->outside != NULL;
        rows[n++] = (struct map_row){.inside = pair->inside, .outside = pair->outside, .joined = joined};
    }
    for (size_t i = 0; i < m->n_workers; i++) {
        rows[n++] = worker_row(m, i);
    }
    return n;
}

static void put_outside(struct map_row *rows, size_t at, struct map_row what)
{
    const struct process *inside = rows[at].inside;
    rows[at] = what;
    rows[at].inside = inside;
}

/* Two columns that have nothing to do with each other: the VM's processes, and the workers. */
static size_t vm_rows(const struct hostmap *m, struct map_row *rows)
{
    size_t left = 0, right = 0;
    for (size_t i = 0; i < m->n_pairs; i++) {
        if (m->pairs[i].inside != NULL) {
            rows[left++].inside = m->pairs[i].inside;
        }
    }
    for (size_t i = 0; i < m->n_workers; i++) {
        put_outside(rows, right++, worker_row(m, i));
    }
    for (size_t i = 0; i < m->n_pairs; i++) {
        const struct host_process *outside = m->pairs[i].outside;
        if (outside != NULL && !is_worker(m, outside)) {
            put_outside(rows, right++, (struct map_row){.outside = outside});
        }
    }
    return left > right ? left : right;
}

struct map_row *map_rows_make(const struct hostmap *m, size_t *n)
{
    struct map_row *rows = mem_new(m->n_pairs + m->n_workers, sizeof *rows);
    *n = m->wall == WALL_VM ? vm_rows(m, rows) : shared_rows(m, rows);
    return rows;
}

struct map_counts map_count(const struct hostmap *m)
{
    struct map_counts n = {0};
    for (size_t i = 0; i < m->n_pairs; i++) {
        const struct hostmap_pair *pair = &m->pairs[i];
        bool joined = pair->inside != NULL && pair->outside != NULL && m->wall != WALL_VM;
        n.inside += pair->inside != NULL;
        n.seen += joined;
        n.same += joined && pair->inside->pid == pair->outside->pid;
        n.only_host += pair->inside == NULL && pair->outside != NULL && !is_worker(m, pair->outside);
    }
    return n;
}

static const char *under(struct map_counts n)
{
    if (n.same == n.seen) {
        return "under the same pid";
    }
    if (n.same > 0) {
        return "some under the same pid";
    }
    return n.seen == 1 ? "under another pid" : "under other pids";
}

static void seen_words(struct map_counts n, char *out, size_t room)
{
    if (n.seen == 0) {
        snprintf(out, room, "%s", n.inside == 1 ? "the host does not see it" : "the host sees none of them");
    } else if (n.seen < n.inside) {
        snprintf(out, room, "the host sees %zu of them, %s", n.seen, under(n));
    } else {
        const char *all = n.inside == 1 ? "it" : n.inside == 2 ? "both" : "all of them";
        snprintf(out, room, "the host sees %s, %s", all, under(n));
    }
}

const char *map_sentence(struct map_counts n, enum wall wall, char *out, size_t room)
{
    char seen[120] = "";
    const char *noun = n.inside == 1 ? "process" : "processes";
    if (n.inside == 0) {
        snprintf(out, room, "no process");
    } else if (wall == WALL_VM) {
        snprintf(out, room, "%zu %s, %s visible to the host", n.inside, noun, n.inside == 1 ? "not" : "none");
    } else {
        seen_words(n, seen, sizeof seen);
        snprintf(out, room, "%zu %s, %s", n.inside, noun, seen);
    }
    return out;
}

const char *map_workers_sentence(size_t n, enum wall wall, char *out, size_t room)
{
    const char *what = wall == WALL_VM ? "this VM" : "it";
    out[0] = '\0';
    if (n == 1) {
        snprintf(out, room, "1 host process stands for %s", what);
    } else if (n > 1) {
        snprintf(out, room, "%zu host processes stand for %s", n, what);
    }
    return out;
}

const char *map_role_words(enum worker_role role)
{
    switch (role) {
    case WORKER_VM:
        return "the VM";
    case WORKER_MEMORY:
        return "its memory";
    case WORKER_KEEPER:
        return "its keeper";
    case WORKER_NETWORK:
        return "its network";
    }
    return "";
}
