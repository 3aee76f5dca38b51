/* `shown` is what readers see; each of its fields belongs to one source, its owner. A source that tells a
 * field which a better one owns has its word kept in a record of its own, `aside`, made when first needed:
 * with one engine, as usual, nothing is held twice. When an owner leaves, the next best word comes forward.
 */
#include "core/model_parts.h"

#include <stdlib.h>

#include "core/memory.h"

enum { NOBODY = -1 };

/* What does not pass: it holds although the source that told it cannot be asked any more. */
static const unsigned LASTING = FIELD_NAME | FIELD_ISOLATION | FIELD_CROSSINGS | FIELD_VERBS;

static void part_free(struct part *part)
{
    if (part->aside) {
        container_done(part->aside);
        free(part->aside);
    }
    free(part);
}

void parts_init(struct entry *e)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        e->owner[i] = NOBODY;
    }
}

void parts_done(struct entry *e)
{
    while (e->parts) {
        struct part *part = e->parts;
        e->parts = part->next;
        part_free(part);
    }
}

struct part *part_find(const struct entry *e, int source)
{
    struct part *part = e->parts;
    while (part && part->source != source) {
        part = part->next;
    }
    return part;
}

static struct container *part_aside(struct part *part)
{
    if (!part->aside) {
        part->aside = mem_new(1, sizeof *part->aside);
        container_init(part->aside);
    }
    return part->aside;
}

static bool is_better(const struct source *sources, const struct part *part, const struct part *than,
                      unsigned field)
{
    if (!than || part == than) {
        return true;
    }
    bool weak = sources[part->source].weak, weaker = sources[than->source].weak;
    bool old = part->away && !(field & LASTING), older = than->away && !(field & LASTING);
    bool a = sources[part->source].authority & field, b = sources[than->source].authority & field;
    return weak != weaker ? weaker : old != older ? older : a != b ? a : part->source < than->source;
}

/* Gives those of `fields` to part that it may own; the word of who owned them is put aside. */
static unsigned take_over(const struct source *sources, struct entry *e, struct part *part, unsigned fields)
{
    unsigned taken = 0;
    for (int i = 0; i < FIELD_COUNT; i++) {
        unsigned field = 1u << i;
        if (!(fields & field)) {
            continue;
        }
        struct part *owner = e->owner[i] == part->source ? part : part_find(e, e->owner[i]);
        if (!is_better(sources, part, owner, field)) {
            continue;
        }
        if (owner && owner != part) {
            container_assign(part_aside(owner), &e->shown, field);
        }
        e->owner[i] = part->source;
        taken |= field;
    }
    return taken;
}

static const struct part *best_part(const struct source *sources, const struct entry *e, unsigned field)
{
    const struct part *best = NULL;
    for (const struct part *part = e->parts; part; part = part->next) {
        if (part->told & field && is_better(sources, part, best, field)) {
            best = part;
        }
    }
    return best;
}

/* The owner of field i has left, or is away: the best word of those who are there is shown, or "unknown". */
static unsigned bring_forward(const struct source *sources, struct entry *e, int i)
{
    unsigned field = 1u << i;
    const struct part *best = best_part(sources, e, field);
    struct part *owner = part_find(e, e->owner[i]);
    if (owner && owner == best) {
        return 0;
    }
    if (owner) {
        container_assign(part_aside(owner), &e->shown, field);
    }
    struct container unknown;
    container_init(&unknown);
    const struct container *word = best ? best->aside : &unknown;
    unsigned changed = container_differ(&e->shown, word, field);
    container_assign(&e->shown, word, changed);
    e->owner[i] = best ? best->source : NOBODY;
    return changed;
}

/* Does another call its isolation by another name than the one who is believed? While it is being started,
 * its wall may still have to be built. */
static unsigned compare_walls(struct entry *e)
{
    enum { WALL = 2 };
    _Static_assert(1u << WALL == FIELD_ISOLATION, "its place among the owners");
    enum isolation disputed = ISOLATION_UNKNOWN;
    bool lives = state_has_processes(e->shown.state);
    bool known = lives && e->shown.isolation != ISOLATION_UNKNOWN;
    for (const struct part *part = known ? e->parts : NULL; part; part = part->next) {
        if (part->source != e->owner[WALL] && part->told & FIELD_ISOLATION &&
            part->aside->isolation != e->shown.isolation) {
            disputed = part->aside->isolation;
        }
    }
    bool news = disputed != e->shown.disputed;
    e->shown.disputed = disputed;
    return news ? FIELD_ISOLATION : 0;
}

/* Is nobody left who could still tell, or who keeps it? */
static bool is_left_behind(const struct source *sources, const struct entry *e)
{
    const struct part *part = e->parts;
    while (part && part->away && !(sources[part->source].authority & FIELD_VERBS)) {
        part = part->next;
    }
    return !part;
}

bool part_drop(const struct source *sources, struct entry *e, struct part *part, unsigned *changed)
{
    struct part **link = &e->parts;
    int source = part->source;
    while (*link != part) {
        link = &(*link)->next;
    }
    *link = part->next;
    if (!e->parts || (sources[source].authority & FIELD_VERBS && is_left_behind(sources, e))) {
        *link = part;
        return false;
    }
    part_free(part);
    e->shown.engines &= ~(1u << source);
    e->shown.away &= ~(1u << source);
    *changed = FIELD_NAME;
    for (int i = 0; i < FIELD_COUNT; i++) {
        *changed |= e->owner[i] == source ? bring_forward(sources, e, i) : 0;
    }
    *changed |= compare_walls(e);
    return true;
}

unsigned part_away(const struct source *sources, struct entry *e, struct part *part)
{
    unsigned changed = part->away ? 0 : FIELD_NAME;
    part->away = true;
    e->shown.away |= 1u << part->source;
    for (int i = 0; i < FIELD_COUNT; i++) {
        changed |= e->owner[i] == part->source ? bring_forward(sources, e, i) : 0;
    }
    return changed | compare_walls(e);
}

static struct part *part_add(struct entry *e, int source)
{
    struct part *part = mem_new(1, sizeof *part);
    part->source = source;
    part->next = e->parts;
    part->away = true; /* it comes now */
    e->parts = part;
    e->shown.engines |= 1u << source;
    return part;
}

unsigned part_put(const struct source *sources, struct entry *e, int source, const struct container *record,
                  unsigned fields)
{
    struct part *part = part_find(e, source);
    part = part ? part : part_add(e, source);
    unsigned news = part->away ? FIELD_NAME : 0;
    fields &= FIELD_ALL;
    part->away = false;
    e->shown.away &= ~(1u << source);
    part->round = sources[source].round;
    part->told |= fields;
    unsigned mine = take_over(sources, e, part, fields);
    unsigned changed = container_differ(&e->shown, record, mine);
    container_assign(&e->shown, record, changed);
    if (fields & ~mine) {
        container_assign(part_aside(part), record, fields & ~mine);
    }
    return news | changed | compare_walls(e);
}
