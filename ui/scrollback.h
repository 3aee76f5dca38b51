/* ui/scrollback.h - rows that left a terminal's screen, kept small: a plain row costs about a byte per
 * column. */
#ifndef UI_SCROLLBACK_H
#define UI_SCROLLBACK_H

#include <stddef.h>

#include "ui/grid.h"

struct scrollback;

struct scrollback *scrollback_new(size_t most);
void scrollback_free(struct scrollback *s);
size_t scrollback_count(const struct scrollback *s);

void scrollback_push(struct scrollback *s, const struct glyph *glyphs, int n); /* the oldest row may go */
void scrollback_drop_newest(struct scrollback *s);
void scrollback_clear(struct scrollback *s);

/* Writes the row (0: the newest) into out, at most cols glyphs, and returns how many; the rest is blank. */
int scrollback_row(const struct scrollback *s, size_t row, struct glyph *out, int cols);

#endif
