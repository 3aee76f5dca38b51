/* A database of containerd's: every page of it is looked at, whatever it says. The first meta page is made
 * valid again, so that what stands behind it is reached. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/bolt.h"
#include "core/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER = 16, HASHED = 56, DEEPEST = 6 };

struct tour {
    struct bolt_bucket in;
    size_t items;
    int depth;
};

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static unsigned sum(struct bolt_bytes bytes)
{
    unsigned n = 0;
    for (size_t i = 0; i < bytes.len && i < 4096; i++) { /* in the copy, or the sanitizer says so */
        n += (unsigned char)bytes.data[i];
    }
    return bytes.len ? n + (unsigned char)bytes.data[bytes.len - 1] : n;
}

static void see(void *user, const struct bolt_item *item)
{
    struct tour *t = user, next = {.in = bolt_item_bucket(t->in, item), .depth = t->depth + 1};
    volatile unsigned seen = sum(item->key) + sum(item->value);
    (void)seen;
    t->items++;
    if (t->depth < DEEPEST && t->items < 100) {
        bolt_each(next.in, see, &next);
        bolt_value(next.in, "id");
        bolt_bucket(next.in, "target");
    }
}

static uint8_t *mend(const uint8_t *data, size_t size)
{
    uint8_t *file = (uint8_t *)mem_string_n((const char *)data, size);
    uint64_t hash = UINT64_C(14695981039346656037);
    if (size >= HEADER + HASHED + 8) {
        for (size_t i = 0; i < HASHED; i++) {
            hash = (hash ^ file[HEADER + i]) * UINT64_C(1099511628211);
        }
        for (size_t i = 0; i < 8; i++) {
            file[HEADER + HASHED + i] = (uint8_t)(hash >> 8 * i);
        }
    }
    return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error e = {0};
    uint8_t *file = mend(data, size);
    struct bolt *b = bolt_of(file, size, &e);
    free(file);
    if (!b) {
        demand(e.kind == ERROR_INVALID && *e.text);
        return 0;
    }
    struct tour t = {.in = bolt_root(b)};
    bolt_each(t.in, see, &t);
    bolt_each(bolt_bucket(bolt_bucket(t.in, "v1"), "snapshots"), see, &t);
    bolt_close(b);
    return 0;
}
