#include "backends/local/unpack/seen.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { FIRST_ROOM = 256 };

void seen_done(struct seen *s)
{
    free(s->slots);
    *s = (struct seen){0};
}

static uint64_t hash(const char *path, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < len; i++) {
        h = (h ^ (unsigned char)path[i]) * 0x100000001b3u;
    }
    h ^= h >> 32;
    return h ? h : 1; /* 0 is a free slot */
}

static uint64_t *slot_of(const struct seen *s, uint64_t h)
{
    size_t i = h & (s->room - 1);
    while (s->slots[i] && s->slots[i] != h) {
        i = (i + 1) & (s->room - 1);
    }
    return &s->slots[i];
}

static void make_room(struct seen *s)
{
    if (s->count * 2 < s->room) {
        return;
    }
    struct seen wider = {.room = s->room ? s->room * 2 : FIRST_ROOM, .count = s->count};
    wider.slots = mem_new(wider.room, sizeof(*wider.slots));
    for (size_t i = 0; i < s->room; i++) {
        if (s->slots[i]) {
            *slot_of(&wider, s->slots[i]) = s->slots[i];
        }
    }
    free(s->slots);
    *s = wider;
}

static bool add_one(struct seen *s, const char *path, size_t len)
{
    make_room(s);
    uint64_t h = hash(path, len);
    uint64_t *slot = slot_of(s, h);
    bool fresh = *slot == 0;
    *slot = h;
    s->count += fresh;
    return fresh;
}

void seen_add(struct seen *s, const char *path)
{
    size_t len = strlen(path);
    while (len > 0 && add_one(s, path, len)) { /* a known folder's parents are known */
        while (len > 0 && path[len - 1] != '/') {
            len--;
        }
        len -= len > 0;
    }
}

bool seen_has(const struct seen *s, const char *path)
{
    return s->room > 0 && *slot_of(s, hash(path, strlen(path))) != 0;
}
