#include "core/process.h"

#include <stdlib.h>

#include "core/memory.h"

const char *worker_word(enum worker_role role)
{
    switch (role) {
    case WORKER_VM:
        return "vm";
    case WORKER_MEMORY:
        return "memory";
    case WORKER_KEEPER:
        return "keeper";
    case WORKER_NETWORK:
        return "network";
    }
    return "unknown";
}

struct process_table *process_table_new(void)
{
    return mem_new(1, sizeof(struct process_table));
}

void process_table_free(struct process_table *t)
{
    if (!t) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        free((char *)t->rows[i].name);
        free((char *)t->rows[i].command);
        free((char *)t->rows[i].user);
    }
    free(t->rows);
    free(t);
}

void process_table_add(struct process_table *t, const struct process *p)
{
    t->rows = mem_grow(t->rows, &t->room, t->count + 1, sizeof *t->rows);
    struct process *row = &t->rows[t->count++];
    *row = *p;
    row->name = mem_string(p->name);
    row->command = mem_string(p->command);
    row->user = mem_string(p->user);
}
