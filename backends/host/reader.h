/* backends/host/reader.h - what the readers of each system share: readings are made on a thread of the pool,
 * one after the other, so that what a reader remembers belongs to one thread at a time. */
#ifndef BACKENDS_HOST_READER_H
#define BACKENDS_HOST_READER_H

#include <stdbool.h>
#include <uv.h>

#include "core/error.h"
#include "core/host.h"
#include "core/namespaces.h"

struct host_reader;
struct host_reading;

struct host_reader_type {
    /* On a thread of the pool; NULL and why when nothing can be read. */
    struct host_table *(*read)(struct host_reader *, struct error *why);
    /* The same, for namespaces: fills the numbers of each row, whose key is set, and the rest of the table.
     * NULL: this system has none that could be read. */
    void (*look)(struct host_reader *, struct namespace_table *, const struct namespace_target *);
    void (*free)(struct host_reader *);
};

struct host_reader { /* readers embed it first */
    struct host_source source;
    const struct host_reader_type *type;
    struct uv_loop_s *loop;
    uv_work_t work;
    bool busy, closed;
    struct host_reading *first; /* the one under way comes first */
};

/* system and name are the reader's, and live as long as it. */
struct host_source *host_reader_begin(struct host_reader *h, const struct host_reader_type *type,
                                      struct uv_loop_s *loop, const char *system, const char *name);
void host_reader_close(
    struct host_reader *h); /* answers what is open with ERROR_CANCELLED; frees, now or later */

#endif
