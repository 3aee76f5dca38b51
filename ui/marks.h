/* ui/marks.h - characters with their combining ones, each kept once and known by number. */
#ifndef UI_MARKS_H
#define UI_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/canvas.h"

struct marks;

struct marks *marks_new(void);
void marks_free(struct marks *m);

/* The number of these characters (0-ended, at most CELL_CHARS) with one more behind them. False: no number or
 * no place is left. */
bool marks_join(struct marks *m, const uint32_t *chars, uint32_t more, uint32_t *number);
const uint32_t *marks_chars(const struct marks *m, uint32_t number); /* CELL_CHARS of them */

#endif
