/* core/filter.h - does a container fit the words that a person typed? */
#ifndef CORE_FILTER_H
#define CORE_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/container.h"

struct filter_word;

struct filter { /* {0} lets all containers pass */
    struct filter_word *words;
    size_t n_words;
    bool hide_stopped;
    bool show_apart; /* also what is no container */
};

void filter_done(struct filter *f);

/* Words, all of which must fit; a word with "!" in front must not. A plain word is looked for (without case)
 * in name, image, isolation word, state, owner and key. KEY=VALUE looks in one place: name, image, owner, id
 * contain it; state (or status), isolation, health, project are it; label=KEY and label=KEY=VALUE. NULL or ""
 * lets all pass. */
void filter_parse(struct filter *f, const char *words);

/* Is each value one that can be? Else false, and a sentence. */
bool filter_sensible(const struct filter *f, char *why, size_t room);

bool filter_asks_state(const struct filter *f); /* one of the words is state=... */

bool filter_passes(const struct filter *f, const struct container *c);
unsigned filter_needs(const struct filter *f); /* the FIELD_ bits that decide */

#endif
