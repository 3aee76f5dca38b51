#include "ui/layout.h"

#include <string.h>

enum { ROOMY_ROWS = 20, HEADING_ROWS = 1 };

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

/* The list takes what it can fill, and leaves the detail pane the bigger share. */
static int list_height(int body, int list_rows)
{
    int most = clamp(body * 2 / 5, HEADING_ROWS + 2, body);
    return clamp(list_rows + HEADING_ROWS, HEADING_ROWS + 2, most);
}

void layout_make(struct layout *l, int rows, int cols, bool zoomed, int list_rows)
{
    memset(l, 0, sizeof *l);
    l->too_small = rows < LAYOUT_MIN_ROWS || cols < LAYOUT_MIN_COLS;
    if (l->too_small) {
        return;
    }
    bool roomy = rows >= ROOMY_ROWS;
    int gap = roomy ? 1 : 0;
    l->header = (struct rect){0, 0, roomy ? 2 : 1, cols};
    l->status = (struct rect){rows - 1, 0, 1, cols};
    int top = l->header.rows + gap;
    if (list_rows <= 0 && !zoomed) {
        l->list = (struct rect){top, 0, rows - 1 - top, cols};
        return;
    }
    int tabs = roomy ? 2 : 1;
    if (!zoomed) {
        int body = rows - 1 - top - gap - tabs;
        l->list = (struct rect){top, 0, list_height(body, list_rows), cols};
        top += l->list.rows + gap;
    }
    l->tabs = (struct rect){top, 0, tabs, cols};
    top += tabs;
    l->detail = (struct rect){top, 0, rows - 1 - top, cols};
}
