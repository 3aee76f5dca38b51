#include "core/order.h"

#include <math.h>
#include <strings.h>

#include "core/text.h"

static const struct {
    const char *word;
    unsigned field;
} SORTS[SORT_COUNT] = {
    [SORT_NAME] = {"name", FIELD_NAME},
    [SORT_ISOLATION] = {"isolation", FIELD_ISOLATION},
    [SORT_IMAGE] = {"image", FIELD_NAME},
    [SORT_STATE] = {"state", FIELD_STATE},
    [SORT_CPU] = {"cpu", FIELD_CPU},
    [SORT_MEMORY] = {"memory", FIELD_MEMORY},
    [SORT_PROCESSES] = {"processes", FIELD_PROCESSES},
    [SORT_CREATED] = {"created", FIELD_NAME},
};

const char *sort_word(enum sort_key by)
{
    return (unsigned)by < SORT_COUNT ? SORTS[by].word : "unknown";
}

bool sort_parse(const char *word, enum sort_key *by)
{
    for (int i = 0; i < SORT_COUNT; i++) {
        if (word && strcasecmp(word, SORTS[i].word) == 0) {
            *by = (enum sort_key)i;
            return true;
        }
    }
    return false;
}

/* NAN: unknown. */
static double plain_value(enum sort_key by, const struct container *c)
{
    switch (by) {
    case SORT_ISOLATION:
        return c->isolation != ISOLATION_UNKNOWN ? (double)c->isolation : NAN;
    case SORT_STATE:
        return state_rank(c->state);
    case SORT_CPU:
        return c->cpu;
    case SORT_MEMORY:
        return c->memory ? (double)c->memory : NAN;
    case SORT_PROCESSES:
        return c->processes >= 0 ? (double)c->processes : NAN;
    case SORT_CREATED:
        return c->created ? (double)c->created : NAN;
    default:
        return 0;
    }
}

double order_value(const struct order *o, const struct container *c)
{
    double value = plain_value(o->by, c);
    if (isnan(value)) {
        return INFINITY;
    }
    return o->descending ? -value : value;
}

int order_compare(const struct order *o, const struct container *a, const struct container *b, int names)
{
    int order = o->by == SORT_NAME ? names : 0;
    if (o->by == SORT_IMAGE && a && b) {
        order = text_compare(a->image ? a->image : "", b->image ? b->image : "");
    }
    return order ? (o->descending ? -order : order) : names;
}

unsigned order_needs(const struct order *o)
{
    return SORTS[o->by].field | FIELD_NAME; /* names break ties */
}
