#include "ui/marks.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { MOST = 1 << 14, SLOTS = 2 * MOST };

struct mark {
    uint32_t chars[CELL_CHARS];
};

struct marks {
    struct mark *list;
    size_t n, room;
    uint32_t *slots; /* open addressing: number + 1, 0 free; NULL until the first one */
};

struct marks *marks_new(void)
{
    return mem_new(1, sizeof(struct marks));
}

void marks_free(struct marks *m)
{
    if (m != NULL) {
        free(m->list);
        free(m->slots);
        free(m);
    }
}

static uint32_t hash(const struct mark *mark)
{
    uint32_t value = 2166136261u;
    for (size_t i = 0; i < CELL_CHARS; i++) {
        value = (value ^ mark->chars[i]) * 16777619u;
        value ^= value >> 13;
    }
    return value & (SLOTS - 1);
}

bool marks_join(struct marks *m, const uint32_t *chars, uint32_t more, uint32_t *number)
{
    struct mark mark = {{0}};
    size_t n = 0;
    for (; n < CELL_CHARS && chars[n] != 0; n++) {
        mark.chars[n] = chars[n];
    }
    if (n == CELL_CHARS) {
        return false;
    }
    mark.chars[n] = more;
    if (m->slots == NULL) {
        m->slots = mem_new(SLOTS, sizeof *m->slots);
    }
    uint32_t slot = hash(&mark);
    for (; m->slots[slot] != 0; slot = (slot + 1) & (SLOTS - 1)) {
        *number = m->slots[slot] - 1;
        if (memcmp(&m->list[*number], &mark, sizeof mark) == 0) {
            return true;
        }
    }
    if (m->n == MOST) {
        return false;
    }
    m->list = mem_grow(m->list, &m->room, m->n + 1, sizeof *m->list);
    *number = (uint32_t)m->n;
    m->list[m->n++] = mark;
    m->slots[slot] = (uint32_t)m->n;
    return true;
}

const uint32_t *marks_chars(const struct marks *m, uint32_t number)
{
    return m->list[number].chars;
}
