/* backends/local/unpack/seen.h - which paths the current layer has made: a set of their hashes.
 *
 * Two paths with one hash would only make a whiteout of the same archive miss; no harm beyond that image.
 */
#ifndef BACKENDS_LOCAL_UNPACK_SEEN_H
#define BACKENDS_LOCAL_UNPACK_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen { /* {0} is the empty one */
    uint64_t *slots;
    size_t count, room;
};

void seen_done(struct seen *s);

/* Adds a path and the folders above it. */
void seen_add(struct seen *s, const char *path);
bool seen_has(const struct seen *s, const char *path);

#endif
