#include "ui/usage_history.h"

#include <stdlib.h>

#include "core/memory.h"

struct ring {
    container_id id;                     /* 0: free */
    uint64_t last;                       /* tick of the newest sample */
    struct usage samples[USAGE_SAMPLES]; /* that of tick t at t % USAGE_SAMPLES */
    uint64_t ticks[USAGE_SAMPLES];       /* of which tick each is; older ones are gaps */
};

struct usage_history {
    struct ring rings[USAGE_CONTAINERS];
};

struct usage_history *usage_history_new(void)
{
    return mem_new(1, sizeof(struct usage_history));
}

void usage_history_free(struct usage_history *h)
{
    free(h);
}

static const struct ring *find(const struct usage_history *h, container_id id)
{
    for (size_t i = 0; id && i < USAGE_CONTAINERS; i++) {
        if (h->rings[i].id == id) {
            return &h->rings[i];
        }
    }
    return NULL;
}

/* A free one, else the one that was noted longest ago. */
static struct ring *take(struct usage_history *h, container_id id)
{
    struct ring *oldest = &h->rings[0];
    for (size_t i = 0; i < USAGE_CONTAINERS; i++) {
        struct ring *r = &h->rings[i];
        if (!r->id) {
            oldest = r;
            break;
        }
        oldest = r->last < oldest->last ? r : oldest;
    }
    *oldest = (struct ring){.id = id};
    return oldest;
}

void usage_history_note(struct usage_history *h, container_id id, uint64_t tick, const struct usage *sample)
{
    struct ring *r = (struct ring *)find(h, id);
    r = r ? r : take(h, id);
    r->last = tick;
    r->samples[tick % USAGE_SAMPLES] = *sample;
    r->ticks[tick % USAGE_SAMPLES] = tick;
}

const struct usage *usage_history_at(const struct usage_history *h, container_id id, uint64_t tick,
                                     size_t ago)
{
    const struct ring *r = find(h, id);
    if (!r || ago >= USAGE_SAMPLES || ago >= tick) {
        return NULL;
    }
    size_t place = (tick - ago) % USAGE_SAMPLES;
    return r->ticks[place] == tick - ago ? &r->samples[place] : NULL;
}
