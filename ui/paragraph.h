/* ui/paragraph.h - a sentence broken at blanks into the rows of a rectangle. */
#ifndef UI_PARAGRAPH_H
#define UI_PARAGRAPH_H

#include "ui/canvas.h"

/* Returns the rows used; what does not fit is cut in the last one. */
int paragraph_draw(struct canvas *c, struct rect r, enum style style, const char *words);

int paragraph_rows(const char *words, int cols); /* how many it would take */

#endif
