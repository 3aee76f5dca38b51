#include "core/host.h"

#include <stdlib.h>
#include <string.h>

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
        free((char *)p->outer);
        free((struct host_level *)p->levels);
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
    row->outer = mem_string(p->outer);
    row->vm = mem_string(p->vm);
    row->levels = NULL;
    if (p->n_levels > 0) {
        struct host_level *levels = mem_new(p->n_levels, sizeof *levels);
        memcpy(levels, p->levels, p->n_levels * sizeof *levels);
        row->levels = levels;
    }
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

size_t host_process_place(const struct host_process *p, const char *key)
{
    size_t len = key ? strlen(key) : 0, place = 1;
    if (len == 0 || !p->container) {
        return SIZE_MAX;
    }
    if (strcmp(p->container, key) == 0) {
        return 0;
    }
    for (const char *word = p->outer; word && *word; place++) {
        size_t n = strcspn(word, " ");
        if (n == len && memcmp(word, key, n) == 0) {
            return place;
        }
        word += n + (word[n] == ' ');
    }
    return SIZE_MAX;
}

bool host_process_in(const struct host_process *p, const char *key)
{
    return host_process_place(p, key) != SIZE_MAX;
}
