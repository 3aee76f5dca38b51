/* ui/layout.h - rectangles from a size. Pure. */
#ifndef UI_LAYOUT_H
#define UI_LAYOUT_H

#include <stdbool.h>

#include "ui/canvas.h"

enum { LAYOUT_MIN_ROWS = 10, LAYOUT_MIN_COLS = 40 };

struct layout {
    bool too_small;
    struct rect header; /* 2 rows, 1 on a low screen */
    struct rect list;   /* with its heading row */
    struct rect tabs;   /* a rule and the tabs' names: 2 rows; the names alone on a low screen */
    struct rect detail, status;
};

/* zoomed: the detail pane takes the list's place. list_rows: how many rows the list could fill, without its
 * heading; 0: there is nothing to select, and the list takes the place of tabs and detail. A pane not there
 * has no rows. */
void layout_make(struct layout *l, int rows, int cols, bool zoomed, int list_rows);

#endif
