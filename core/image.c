#include "core/image.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

struct image_list *image_list_new(void)
{
    return mem_new(1, sizeof(struct image_list));
}

void image_list_free(struct image_list *l)
{
    if (!l) {
        return;
    }
    for (size_t i = 0; i < l->count; i++) {
        free((char *)l->rows[i].name);
        free((char *)l->rows[i].id);
        free((char *)l->rows[i].command);
        free((char *)l->rows[i].os);
    }
    free(l->rows);
    free(l);
}

void image_list_add(struct image_list *l, const struct image *i)
{
    l->rows = mem_grow(l->rows, &l->room, l->count + 1, sizeof *l->rows);
    struct image *row = &l->rows[l->count++];
    *row = *i;
    row->name = mem_string(i->name);
    row->id = mem_string(i->id);
    row->command = mem_string(i->command);
    row->os = mem_string(i->os);
}

static int by_name(const void *a, const void *b)
{
    const struct image *one = a, *other = b;
    return strcmp(one->name, other->name);
}

void image_list_sort(struct image_list *l)
{
    if (l->count > 1) {
        qsort(l->rows, l->count, sizeof *l->rows, by_name);
    }
}

bool image_list_has(const struct image_list *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->rows[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}
