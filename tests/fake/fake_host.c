/* A host whose processes are those of the open fake engines, their workers, and a few of its own. */
#include <stdio.h>
#include <stdlib.h>

#include "backends/host/host.h"
#include "core/memory.h"
#include "core/op.h"
#include "tests/fake/fake_parts.h"

static void add_container(struct host_table *t, const struct fake_container *c)
{
    struct process_table *inside = fake_table(c);
    for (size_t i = 0; i < inside->count; i++) {
        const struct process *p = &inside->rows[i];
        if (p->host_pid) {
            host_table_add(t, &(struct host_process){
                                  .pid = p->host_pid,
                                  .parent = p->parent ? inside->rows[0].host_pid : 1,
                                  .levels = (struct host_level[]){{.pid = p->host_pid}, {.pid = p->pid}},
                                  .n_levels = 2,
                                  .name = p->name,
                                  .command = p->command,
                                  .user = p->user,
                                  .container = c->record.key,
                                  .cpu_100ns = p->cpu_100ns,
                                  .memory = p->memory,
                                  .created = p->created});
        }
    }
    process_table_free(inside);
    for (size_t i = 0; i < c->record.n_workers; i++) {
        const struct worker *w = &c->record.workers[i];
        host_table_add(t, &(struct host_process){.pid = w->host_pid,
                                                 .parent = 1,
                                                 .levels = &(struct host_level){.pid = w->host_pid},
                                                 .n_levels = 1,
                                                 .name = w->name,
                                                 .command = w->name,
                                                 .user = "root",
                                                 .vm = w->role == WORKER_VM ? c->record.key : NULL,
                                                 .memory = w->memory,
                                                 .created = c->record.started});
    }
}

static void host_read(struct host_source *self, struct op *op)
{
    (void)self;
    static const struct host_process own[] = {
        {.pid = 1, .name = "init", .command = "/sbin/init", .user = "root", .memory = 9 << 20},
        {.pid = 880, .parent = 1, .name = "sshd", .command = "sshd", .user = "root"},
    };
    struct host_table *t = host_table_new();
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        host_table_add(t, &own[i]);
    }
    for (const struct fake *f = fake_open_ones(); f; f = f->next_open) {
        for (size_t i = 0; i < f->n_containers; i++) {
            const struct fake_container *c = f->containers[i];
            if (!c->gone && c->shell) {
                add_container(t, c);
            }
        }
    }
    host_table_sort(t);
    op_finish(op, &(struct answer){.host = t});
}

struct host_source *host_open(struct uv_loop_s *loop)
{
    (void)loop;
    struct host_source *h = mem_new(1, sizeof *h);
    *h = (struct host_source){.read = host_read, .system = "Fake OS 1 (6.1.0)", .name = "fakehost"};
    return h;
}

void host_close(struct host_source *h)
{
    free(h);
}
