/* backends/local/unpack/target.h - a root file system that grows from the members of hostile archives.
 *
 * Nothing is ever written outside: each parent folder is opened by the kernel as if the root were "/"
 * (beneath.h), and the last part of a path is never followed. Links are data. Later members replace earlier
 * ones.
 */
#ifndef BACKENDS_LOCAL_UNPACK_TARGET_H
#define BACKENDS_LOCAL_UNPACK_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "backends/local/unpack/limits.h"
#include "backends/local/unpack/progress.h"
#include "core/error.h"

struct archive;
struct archive_entry;

struct target;

/* `root` is an empty folder; `trash`, on the same file system, is made and holds what was replaced until
 * target_finish. */
struct target *target_new(const char *root, const char *trash, const struct limits *limits,
                          struct progress *progress, struct error *e);
void target_free(struct target *t); /* NULL is fine */

/* Makes one member, whose data is read from `from`. `path` comes from member_path. */
bool target_put(struct target *t, const char *path, struct archive *from, struct archive_entry *member,
                struct error *e);

/* What follows belongs to the next layer. */
void target_next_layer(struct target *t);

/* Whiteouts: what lower layers have at this path, or in this folder, goes; what this layer has made stays. */
bool target_hide(struct target *t, const char *path, struct error *e);
bool target_hide_inside(struct target *t, const char *path, struct error *e);

/* Sets the times of folders and empties the trash. */
bool target_finish(struct target *t, struct error *e);

uint64_t target_bytes(const struct target *t);

#endif
