#include "core/host.h"

#include <stdlib.h>

#include "core/memory.h"

struct host_table *host_table_new(void)
{
    return mem_new(1, sizeof(struct host_table));
}

void host_table_free(struct host_table *t)
{
    if (!t) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        struct host_process *p = &t->rows[i];
        free((char *)p->name);
        free((char *)p->command);
        free((char *)p->user);
        free((char *)p->container);
        free((char *)p->vm);
    }
    free(t->rows);
    free(t->missing);
    free(t);
}

void host_table_add(struct host_table *t, const struct host_process *p)
{
    t->rows = mem_grow(t->rows, &t->room, t->count + 1, sizeof *t->rows);
    struct host_process *row = &t->rows[t->count++];
    *row = *p;
    row->name = mem_string(p->name);
    row->command = mem_string(p->command);
    row->user = mem_string(p->user);
    row->container = mem_string(p->container);
    row->vm = mem_string(p->vm);
}

static int by_pid(const void *a, const void *b)
{
    uint32_t x = ((const struct host_process *)a)->pid, y = ((const struct host_process *)b)->pid;
    return (x > y) - (x < y);
}

void host_table_sort(struct host_table *t)
{
    if (t->count > 1) {
        qsort(t->rows, t->count, sizeof *t->rows, by_pid);
    }
}

const struct host_process *host_table_find(const struct host_table *t, uint32_t pid)
{
    struct host_process wanted = {.pid = pid};
    return t->count ? bsearch(&wanted, t->rows, t->count, sizeof *t->rows, by_pid) : NULL;
}
