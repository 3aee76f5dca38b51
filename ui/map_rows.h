/* ui/map_rows.h - the host map as rows to draw, and the sentences below it. Pure. */
#ifndef UI_MAP_ROWS_H
#define UI_MAP_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/hostmap.h"

struct map_row {
    const struct process *inside;       /* NULL: the left side is empty */
    const struct host_process *outside; /* NULL: the right side is empty */
    bool joined;                        /* a line goes through the wall */
    bool worker;                        /* outside stands for the container, in this role */
    enum worker_role role;
};

/* The caller frees; *n gets their number. They point where the map points. */
struct map_row *map_rows_make(const struct hostmap *m, size_t *n);

struct map_counts {
    size_t inside, seen, same; /* processes in it, those that the host sees, those seen under the same pid */
    size_t only_host;          /* what the host sees of it and its own table does not list */
};
struct map_counts map_count(const struct hostmap *m);

/* "2 processes, the host sees both, under the same pid". */
const char *map_sentence(struct map_counts n, enum wall wall, char *out, size_t room);

/* "2 host processes stand for this VM"; "" when there are none. */
const char *map_workers_sentence(size_t n, enum wall wall, char *out, size_t room);

/* What a worker is there for: "the VM", "its memory", "its keeper". */
const char *map_role_words(enum worker_role role);

#endif
