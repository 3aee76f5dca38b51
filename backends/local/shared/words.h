/* backends/local/shared/words.h - pairs "NAME=value", each ended by a NUL: what a keeper and the agent in its
 * VM tell each other. Pure. */
#ifndef BACKENDS_LOCAL_SHARED_WORDS_H
#define BACKENDS_LOCAL_SHARED_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "core/text.h"

void words_add(struct text *t, const char *name, const char *value); /* NULL adds nothing */
void words_add_number(struct text *t, const char *name, uint64_t value);

struct words { /* what is left to be read; hostile */
    const char *at;
    size_t len;
};

/* The next pair, borrowed; NULL: there is none, or what follows has no end. */
const char *words_next(struct words *w);

/* The value of a pair if this is its name, else NULL. */
const char *words_value(const char *pair, const char *name);
uint64_t words_number(const char *value); /* 0 when it is none */

#endif
