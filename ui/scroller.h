/* ui/scroller.h - which rows of many are in a window, with a cursor or without. Pure. */
#ifndef UI_SCROLLER_H
#define UI_SCROLLER_H

#include <stdbool.h>

#include "ui/keys.h"

struct scroller { /* {0} is at the top, without a cursor */
    long top, cursor, count;
    int page;        /* rows of the window */
    bool has_cursor; /* the window follows it; else the window itself is moved */
};

/* There are `count` rows now, and `page` of them fit; keeps the window within them, and the cursor within the
 * window. */
void scroller_fit(struct scroller *s, long count, int page);
void scroller_reveal(struct scroller *s, long row); /* moves the window as little as it takes */

/* Arrows, j and k, pages, Home and End, g and G, the wheel. True when the key was one of them. */
bool scroller_key(struct scroller *s, const struct key *k);

#endif
