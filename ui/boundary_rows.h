/* ui/boundary_rows.h - what is known of one container's wall, as rows of text. Pure. */
#ifndef UI_BOUNDARY_ROWS_H
#define UI_BOUNDARY_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/container.h"
#include "core/namespaces.h"
#include "ui/canvas.h"

struct boundary_row {
    const char *label; /* first column; NULL none */
    char *words;       /* second column, or the whole row when there is no label */
    char *remark;      /* third, quiet; NULL none */
    enum style style;  /* of the words */
};

struct boundary_rows {
    struct boundary_row *rows;
    size_t count, room;
};

/* Into {0}. n: what is known of its namespaces; every row on one says where that was read, or that it was not
 * told. note: a sentence that comes first; NULL none. */
void boundary_rows_make(struct boundary_rows *b, const struct container *it, const struct namespaces *n,
                        const char *note);
void boundary_rows_done(struct boundary_rows *b);

#endif
