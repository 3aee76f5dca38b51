/* core/idmap.h - finds a pointer by a number that is not 0. Open addressing; one probe or two in the usual
 * case. */
#ifndef CORE_IDMAP_H
#define CORE_IDMAP_H

#include <stddef.h>
#include <stdint.h>

struct idmap_slot {
    uint64_t id; /* 0: empty */
    void *value;
};

struct idmap { /* {0} is the empty one */
    struct idmap_slot *slots;
    size_t room, count;
};

void idmap_done(struct idmap *m);                          /* the values are the caller's */
void *idmap_get(const struct idmap *m, uint64_t id);       /* NULL: not there */
void idmap_put(struct idmap *m, uint64_t id, void *value); /* replaces */
void idmap_remove(struct idmap *m, uint64_t id);
void *idmap_next(const struct idmap *m, size_t *cursor); /* *cursor starts at 0; NULL: the end; in no order */

/* A number, never 0, for a string; different strings rarely share one. */
uint64_t idmap_hash(const char *s);

#endif
