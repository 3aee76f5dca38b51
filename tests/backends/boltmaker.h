/* tests/backends/boltmaker.h - makes bbolt databases, as containerd's are. */
#ifndef TESTS_BACKENDS_BOLTMAKER_H
#define TESTS_BACKENDS_BOLTMAKER_H

#include <stddef.h>
#include <stdint.h>

struct boltmaker;

struct boltmaker *boltmaker_new(size_t page_size);

/* Puts a value under a key in buckets, which are made: "v1|default|images|NAME". */
void boltmaker_put(struct boltmaker *m, const char *path, const void *value, size_t len);
void boltmaker_text(struct boltmaker *m, const char *path, const char *value);

/* As Go's encoding/binary writes it. */
void boltmaker_number(struct boltmaker *m, const char *path, uint64_t value);

/* The bytes of the file, which the caller frees; m is gone. */
unsigned char *boltmaker_take(struct boltmaker *m, size_t *len);

/* Writes the meta page in this place (0 or 1) of a file anew, valid, with the given root and transaction. */
void boltmaker_meta(unsigned char *file, size_t page_size, int place, uint64_t root, uint64_t pages,
                    uint64_t transaction);

#endif
