/* backends/local/unpack/limits.h - how much an archive may ask for. Pure. */
#ifndef BACKENDS_LOCAL_UNPACK_LIMITS_H
#define BACKENDS_LOCAL_UNPACK_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

enum { LIMIT_JSON = 8 * 1024 * 1024, LIMIT_LAYERS = 512, LIMIT_NESTING = 4, LIMIT_MEMBERS = 100000 };

struct limits {
    uint64_t entries, bytes; /* in all layers together */
    uint64_t ratio;          /* bytes made of one byte of input, */
    uint64_t ratio_from;     /* looked at beyond this many bytes */
};

extern const struct limits limits_usual;

/* False and e when `made` bytes are too many by themselves, or for the bytes of input that were `taken`. */
bool limits_bytes(const struct limits *l, uint64_t made, uint64_t taken, struct error *e);
bool limits_entries(const struct limits *l, uint64_t entries, struct error *e);

#endif
