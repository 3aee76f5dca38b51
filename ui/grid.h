/* ui/grid.h - the rows of an emulated terminal: a ring of lines, so that scrolling moves an index.
 *
 * Glyphs are 16 bytes; a line knows how many of them were written, and what is beyond is blank without being
 * stored. Coordinates from outside are clipped.
 */
#ifndef UI_GRID_H
#define UI_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/canvas.h"

struct scrollback;

struct glyph {
    uint32_t code;                   /* 0 blank; what a number above Unicode means is the owner's business */
    uint32_t foreground, background; /* COLOR_... */
    uint8_t attributes;
    uint8_t width; /* 1, 2, 0: right half */
    bool protected;
};

struct grid;

struct grid *grid_new(int rows, int cols);
void grid_free(struct grid *g);

void grid_put(struct grid *g, int row, int col, const struct glyph *glyph);
void grid_erase(struct grid *g, struct rect r, const struct glyph *blank, bool spare_protected);

/* Moves what is in r up by `down` rows and left by `right` columns (negative: the other way); what comes free
 * becomes blank. Full rows that leave at the top of the screen go to history (NULL: nowhere). */
void grid_scroll(struct grid *g, struct rect r, int down, int right, const struct glyph *blank,
                 struct scrollback *history);

/* Keeps what can be kept: blank rows below the cursor go first, then rows at the top, into history; new rows
 * come back from history. Returns by how much the cursor's row moved. */
int grid_resize(struct grid *g, int rows, int cols, int cursor_row, struct scrollback *history);

/* The written glyphs of a row. */
const struct glyph *grid_row(const struct grid *g, int row, int *used);

#endif
