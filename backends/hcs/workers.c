/* HCS does not tell which host processes stand for a VM; the host does, by the VM's id. */
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/engine.h"
#include "core/memory.h"

enum { WORKERS_MOST = 4 };

struct found { /* workers of an entry, while the host's table is gone through */
    struct worker workers[WORKERS_MOST];
    size_t n;
    uint64_t memory;
};

bool workers_wanted(const struct hcs *h)
{
    return h->host && h->by_vm.count > 0;
}

static const char *name_of(const struct host_process *p, enum worker_role *role)
{
    bool memory = p->name && strncmp(p->name, "vmmem", 5) == 0;
    *role = memory ? WORKER_MEMORY : WORKER_VM;
    return memory ? "vmmem" : "vmwp";
}

static void add(struct found *f, const struct host_process *p)
{
    enum worker_role role;
    const char *name = name_of(p, &role);
    f->memory += p->memory;
    if (f->n < WORKERS_MOST) {
        f->workers[f->n++] = (struct worker){.host_pid = p->pid, .role = role, .name = name};
    }
}

static bool same_workers(const struct entry *e, const struct found *f)
{
    for (size_t i = 0; f->n == e->n_workers && i < f->n; i++) {
        if (f->workers[i].host_pid != e->workers[i].host_pid || f->workers[i].role != e->workers[i].role) {
            return false;
        }
    }
    return f->n == e->n_workers;
}

static void take(struct hcs *h, struct entry *e, const struct found *f)
{
    unsigned differ = same_workers(e, f) ? 0 : FIELD_WORKERS;
    if (e->host_memory != f->memory && h->wanted_fields & FIELD_MEMORY) {
        differ |= FIELD_MEMORY;
    }
    e->workers = mem_resize(e->workers, f->n, sizeof *e->workers);
    memcpy(e->workers, f->workers, f->n * sizeof *e->workers);
    e->n_workers = f->n;
    e->host_memory = f->memory;
    if (differ && h->has_listed) {
        entry_tell(h, e, differ);
    }
}

static void take_all(struct hcs *h, const struct host_table *table)
{
    struct found *found = mem_new(h->n_entries + 1, sizeof *found);
    for (size_t i = 0; i < table->count; i++) {
        const struct host_process *p = &table->rows[i];
        struct entry *e = p->vm ? entry_of_vm(h, p->vm) : NULL;
        for (; e; e = e->next_in_vm) {
            add(&found[e->at], p);
        }
    }
    for (size_t i = 0; i < h->n_entries; i++) {
        if (h->entries[i]->vm) {
            take(h, h->entries[i], &found[i]);
        }
    }
    free(found);
}

static void on_host(void *user, struct answer *answer)
{
    struct hcs *h = user;
    h->host_op = NULL;
    if (answer->host) {
        take_all(h, answer->host);
    }
    list_finish(h);
}

void workers_read(struct hcs *h)
{
    if (h->host && !h->host_op) {
        h->host_op = op_new(h->base.loop, on_host, h);
        h->host_read = uv_now(h->base.loop);
        h->host->read(h->host, h->host_op);
    }
}
