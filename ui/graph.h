/* ui/graph.h - a small graph of values over time, in blocks of an eighth of a row; "#" and ":" where there is
 * ASCII only. */
#ifndef UI_GRAPH_H
#define UI_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/canvas.h"

/* The smallest round number (1, 2 or 5 times a power of ten) that is at least `most`; bytes: times a power of
 * 1024. */
double graph_top(double most, bool bytes);

/* Draws n values, the newest first and at the right edge, one per column; NAN is a gap, 0 a line at the
 * bottom. `top`: the value that fills all rows; what is higher is cut. */
void graph_draw(struct canvas *c, struct rect r, enum style style, const double *values, size_t n,
                double top);

#endif
