/* ui/line.h - one line of text in a window that can be moved sideways, and what a search finds in it. Pure
 * but for the drawing. */
#ifndef UI_LINE_H
#define UI_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/canvas.h"

struct line_spot {
    size_t at, len; /* bytes */
};

/* The first place at or after byte `from` where needle is, ASCII letters without case; "" is nowhere. */
bool line_find(const char *s, const char *needle, size_t from, struct line_spot *out);

/* Draws s from its column `skip` on into (row, col .. col + cols). */
struct line_window {
    int row, col, cols, skip;
};
void line_draw(struct canvas *c, const struct line_window *w, enum style style, const char *s);

/* Gives every place of the drawn line where needle is (may be NULL) the style of a match. */
void line_mark(struct canvas *c, const struct line_window *w, const char *s, const char *needle);

#endif
