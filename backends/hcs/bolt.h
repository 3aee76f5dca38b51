/* backends/hcs/bolt.h - a read-only copy of a bbolt database: the file in which containerd keeps its
 * metadata.
 *
 * The format (bbolt, internal/common/page.go, meta.go, bucket.go): pages of one size; two meta pages, of
 * which the valid one with the higher transaction counts; from there a B+ tree of keys in order. A value may
 * be a bucket: another tree, on pages of its own or, when it is small, inside the value. What is older than
 * the last transaction but one may be written over at any time.
 *
 * The bytes are hostile: whatever does not hold together is not found, and says bolt_damaged(). The work that
 * a database can ask for is bounded by its size, however its pages refer to each other.
 */
#ifndef BACKENDS_HCS_BOLT_H
#define BACKENDS_HCS_BOLT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct bolt;

struct bolt_bytes { /* not ended by a NUL; borrowed from the copy */
    const char *data;
    size_t len;
};

struct bolt_bucket { /* {0} is an empty one */
    struct bolt *of;
    uint64_t root; /* its first page; 0: `inlined` is it */
    struct bolt_bytes inlined;
};

struct bolt_item {
    struct bolt_bytes key, value;
    bool bucket; /* the value is one, see bolt_item_bucket */
};

/* Copies what an open file of libuv's holds, of which no more than `limit` bytes are taken, while its owner
 * may be writing to it: the copy is one of a moment. NULL and e (ERROR_INVALID): it is no such database, or
 * larger. */
struct bolt *bolt_read(int file, size_t limit, struct error *e);

/* The same from memory, which it copies. */
struct bolt *bolt_of(const void *data, size_t len, struct error *e);

void bolt_close(struct bolt *b); /* NULL is fine; everything borrowed is gone */

bool bolt_damaged(const struct bolt *b); /* something that was looked at did not hold together */

struct bolt_bucket bolt_root(struct bolt *b);

/* The bucket under this key; the empty one if there is none. */
struct bolt_bucket bolt_bucket(struct bolt_bucket in, const char *key);
struct bolt_bucket bolt_item_bucket(struct bolt_bucket in, const struct bolt_item *item);

/* The value under this key; {NULL, 0} if there is none, or it is a bucket. */
struct bolt_bytes bolt_value(struct bolt_bucket in, const char *key);

/* Tells each item, in the order of the keys. */
void bolt_each(struct bolt_bucket in, void (*tell)(void *user, const struct bolt_item *item), void *user);

#endif
