/* ui/usage_history.h - what containers used over the last minutes: one ring of samples for each of the last
 * few that were looked at. Pure. */
#ifndef UI_USAGE_HISTORY_H
#define UI_USAGE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/container.h"

enum { USAGE_SAMPLES = 300, USAGE_CONTAINERS = 16 };

struct usage {
    double cpu;                   /* cores in use; NAN: not known at that time */
    uint64_t memory, host_memory; /* bytes; 0 unknown */
};

struct usage_history;

struct usage_history *usage_history_new(void);
void usage_history_free(struct usage_history *h); /* NULL is fine */

/* One sample of a container at a tick; ticks go up by one per interval of refreshing. A tick left out is a
 * gap. Beyond USAGE_CONTAINERS the one that was noted longest ago is forgotten. */
void usage_history_note(struct usage_history *h, container_id id, uint64_t tick, const struct usage *sample);

/* The sample of `ago` ticks before `tick`; NULL: there is none. */
const struct usage *usage_history_at(const struct usage_history *h, container_id id, uint64_t tick,
                                     size_t ago);

#endif
