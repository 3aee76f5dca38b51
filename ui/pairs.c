#include "ui/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { MOST = 8192, SLOTS = 2 * MOST };

struct pair {
    uint32_t foreground, background;
    int number; /* 0: the slot is free */
};

struct pairs {
    int n, most;
    struct pair slots[SLOTS]; /* open addressing, never more than half full */
};

struct pairs *pairs_new(int most)
{
    struct pairs *p = mem_new(1, sizeof *p);
    p->most = most < MOST ? most : MOST;
    return p;
}

void pairs_free(struct pairs *p)
{
    free(p);
}

int pairs_find(struct pairs *p, uint32_t foreground, uint32_t background, bool *made)
{
    uint32_t slot = (foreground * 2654435761u ^ background * 2246822519u) >> 7 & (SLOTS - 1);
    *made = false;
    for (; p->slots[slot].number != 0; slot = (slot + 1) & (SLOTS - 1)) {
        const struct pair *pair = &p->slots[slot];
        if (pair->foreground == foreground && pair->background == background) {
            return pair->number;
        }
    }
    if (p->n >= p->most) {
        return 0;
    }
    *made = true;
    p->slots[slot] = (struct pair){foreground, background, ++p->n};
    return p->n;
}

void pairs_forget(struct pairs *p)
{
    memset(p->slots, 0, sizeof p->slots);
    p->n = 0;
}
