/* ui/table.h - columns that fit into a width: what matters least goes first, one column takes what is left.
 */
#ifndef UI_TABLE_H
#define UI_TABLE_H

#include <stdbool.h>

#include "ui/canvas.h"

struct table_column {
    const char *label;
    int width; /* of the flexible one: the least that is of use; 0: no such column in this table */
    bool right;
    int rank; /* 0: always there; the highest is left out first */
};

struct table_place {
    int col, cols; /* cols 0: left out */
};

enum { TABLE_GAP = 2 };

/* Where each of the n columns goes, from column `col` on, within `cols`; `flex` is the number of the flexible
 * one. */
void table_fit(const struct table_column *columns, int n, int flex, int col, int cols,
               struct table_place *out);

void table_text(struct canvas *c, int row, const struct table_column *column, const struct table_place *place,
                enum style style, const char *s);

struct table_heads { /* the line above the rows */
    const struct table_column *columns;
    const struct table_place *places;
    int n, sorted; /* sorted -1: none */
    bool descending;
};
void table_heads(struct canvas *c, int row, const struct table_heads *heads);

#endif
