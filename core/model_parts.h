/* core/model_parts.h - what several sources tell of one container, and whose word is shown: a part of the
 * model. Each function returns the FIELD_ bits of `shown` that have changed. */
#ifndef CORE_MODEL_PARTS_H
#define CORE_MODEL_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/container.h"

enum { SOURCES = 32 };

struct source {
    unsigned authority, round;
    bool listing, weak;
};

struct part { /* what one source has to do with a container */
    struct part *next;
    int source;
    unsigned told;  /* fields that it has told */
    unsigned round; /* the list in which it was last put */
    bool away;
    struct container *aside; /* its words that are not shown; NULL: none */
};

struct entry {
    struct container shown;
    struct part *parts;
    int owner[FIELD_COUNT]; /* the source of each field that is shown */
    size_t place;           /* in model.entries */
    size_t queued;          /* in model.queue */
    uint64_t hash;          /* of its key */
    struct entry *same_hash;
};

void parts_init(struct entry *e);
void parts_done(struct entry *e); /* frees them, not what is shown */

struct part *part_find(const struct entry *e, int source); /* NULL: it does not know it */

unsigned part_put(const struct source *sources, struct entry *e, int source, const struct container *record,
                  unsigned fields);
unsigned part_away(const struct source *sources, struct entry *e, struct part *part);

/* False: with it goes the last one who could speak for the container, and nothing was done. */
bool part_drop(const struct source *sources, struct entry *e, struct part *part, unsigned *changed);

#endif
