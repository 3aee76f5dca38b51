/* ui/pairs.h - which pair of colours has which number; a terminal has only so many. */
#ifndef UI_PAIRS_H
#define UI_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

struct pairs;

struct pairs *pairs_new(int most);
void pairs_free(struct pairs *p);

/* The number (from 1) of these COLOR_... values; 0: no number is left. made: it is a new one. */
int pairs_find(struct pairs *p, uint32_t foreground, uint32_t background, bool *made);
void pairs_forget(struct pairs *p);

#endif
