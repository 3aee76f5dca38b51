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

#define SCROLLER_ALL 1000000000L /* rows: more than there are, so as far as it goes */

/* How many rows the key moves down (< 0: up) where `page` rows are seen: arrows, j and k, pages (one row
 * stays in sight), Home and End, g and G, the wheel. False: it is none of these, and *by is not to be used.
 */
bool scroller_step(const struct key *k, long page, long *by);
bool scroller_key(struct scroller *s, const struct key *k); /* moves by it; the same answer */

#endif
