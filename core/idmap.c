#include "core/idmap.h"

#include <stdlib.h>

#include "core/memory.h"

enum { ROOM_AT_FIRST = 16 };

static size_t home_of(const struct idmap *m, uint64_t id)
{
    return (size_t)((id * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (m->room - 1);
}

/* Where id is, or the empty slot where it would go. */
static size_t probe(const struct idmap *m, uint64_t id)
{
    size_t at = home_of(m, id);
    while (m->slots[at].id && m->slots[at].id != id) {
        at = (at + 1) & (m->room - 1);
    }
    return at;
}

static void enlarge(struct idmap *m)
{
    struct idmap old = *m;
    m->room = old.room ? old.room * 2 : ROOM_AT_FIRST;
    m->slots = mem_new(m->room, sizeof *m->slots);
    for (size_t i = 0; i < old.room; i++) {
        if (old.slots[i].id) {
            m->slots[probe(m, old.slots[i].id)] = old.slots[i];
        }
    }
    free(old.slots);
}

void idmap_done(struct idmap *m)
{
    free(m->slots);
    *m = (struct idmap){0};
}

void *idmap_get(const struct idmap *m, uint64_t id)
{
    return m->count && id ? m->slots[probe(m, id)].value : NULL;
}

void idmap_put(struct idmap *m, uint64_t id, void *value)
{
    if (m->count + m->count / 2 >= m->room) { /* two thirds full */
        enlarge(m);
    }
    struct idmap_slot *slot = &m->slots[probe(m, id)];
    m->count += slot->id == 0;
    *slot = (struct idmap_slot){id, value};
}

/* Those behind the hole that were pushed there by others move back, so that no probe ends too early. */
void idmap_remove(struct idmap *m, uint64_t id)
{
    if (!m->count || !id) {
        return;
    }
    size_t hole = probe(m, id), mask = m->room - 1;
    if (!m->slots[hole].id) {
        return;
    }
    for (size_t at = (hole + 1) & mask; m->slots[at].id; at = (at + 1) & mask) {
        size_t home = home_of(m, m->slots[at].id);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            m->slots[hole] = m->slots[at];
            hole = at;
        }
    }
    m->slots[hole] = (struct idmap_slot){0};
    m->count--;
}

void *idmap_next(const struct idmap *m, size_t *cursor)
{
    while (*cursor < m->room) {
        const struct idmap_slot *slot = &m->slots[(*cursor)++];
        if (slot->id) {
            return slot->value;
        }
    }
    return NULL;
}

uint64_t idmap_hash(const char *s)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (; *s; s++) {
        hash = (hash ^ (unsigned char)*s) * UINT64_C(0x100000001B3);
    }
    return hash ? hash : 1;
}
