/* ui/columns.h - the columns of the list: which fit, how wide, and what stands in them.
 *
 * Widths depend on the window only, never on the values, so that nothing jumps. */
#ifndef UI_COLUMNS_H
#define UI_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/listing.h"
#include "core/session.h"
#include "ui/canvas.h"

enum column_id {
    COLUMN_ISOLATION,
    COLUMN_NAME,
    COLUMN_IMAGE,
    COLUMN_STATE,
    COLUMN_CPU,
    COLUMN_MEMORY,
    COLUMN_VM_COST,
    COLUMN_PROCESSES,
    COLUMN_HOST_SEES,
    COLUMN_UPTIME,
    COLUMN_ENGINE,
    COLUMN_OWNER,
    COLUMN_PORTS,
    COLUMN_COMMAND,
    COLUMN_COUNT
};

struct columns {
    int col[COLUMN_COUNT];   /* from the left of the row */
    int width[COLUMN_COUNT]; /* 0: it is not shown */
};

enum { COLUMN_TEXT = 96 };

struct columns_want { /* columns that only sometimes tell something */
    bool vm_cost;     /* there are VMs */
    bool engines;     /* there are several */
    bool kin;         /* and two of a kind, whose containers may have the same names */
};

void columns_fit(struct columns *c, int cols,
                 const struct columns_want *want); /* for rows of `cols` columns */

unsigned columns_fields(const struct columns *c); /* FIELD_USAGE bits that the shown ones need */

void columns_heading(const struct columns *c, struct canvas *canvas, int row, int left, enum sort_key by,
                     bool descending);

/* What stands in a column, into out when it is made up. now: ms since 1970. */
const char *column_text(enum column_id id, const struct container *c, const struct session *s, int64_t now,
                        char out[COLUMN_TEXT]);

/* The column at this place of a row; COLUMN_COUNT: none. */
enum column_id columns_at(const struct columns *c, int col);
bool column_sort(enum column_id id, enum sort_key *by); /* false: it cannot be sorted by */

/* Draws the cells of a row, all in one style when `over` is not STYLE_TEXT. */
void columns_row(const struct columns *c, struct canvas *canvas, int row, int left,
                 const struct container *record, const struct session *s, int64_t now, enum style over);

#endif
