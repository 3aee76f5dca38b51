/* backends/local/unpack/source.h - what an import reads: a folder or an archive, and named files in it. */
#ifndef BACKENDS_LOCAL_UNPACK_SOURCE_H
#define BACKENDS_LOCAL_UNPACK_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "backends/local/unpack/limits.h"
#include "backends/local/unpack/progress.h"
#include "core/error.h"

enum source_kind { SOURCE_TAR, SOURCE_FOLDER, SOURCE_DOCKER, SOURCE_OCI };

struct source;

/* Finds out what `path` is. A compressed archive of an image (not of a root file system) is first unpacked to
 * a nameless file in `spool`, since its parts are needed in another order than they come. */
struct source *source_open(const char *path, const char *spool, const struct limits *limits,
                           struct progress *progress, struct error *e);
void source_free(struct source *s); /* NULL is fine */

enum source_kind source_kind(const struct source *s);
int source_folder(const struct source *s); /* the folder's descriptor, borrowed; -1: it is an archive */

struct blob; /* bytes, read once from the beginning */

/* The whole archive. */
struct blob *source_whole(struct source *s);

/* A file in it, by its path; ERROR_NOT_FOUND when there is none. */
struct blob *source_blob(struct source *s, const char *name, struct error *e);

void blob_free(struct blob *b); /* NULL is fine */
uint64_t blob_size(const struct blob *b);
const char *blob_shown(const struct blob *b); /* its name, cleaned, for sentences */

/* The next bytes, good until the next call; 0 at the end, -1 and e. */
ssize_t blob_read(struct blob *b, const void **bytes, struct error *e);

/* All of it, NUL behind; the caller frees. NULL and e, also when there are more than `limit`. */
char *blob_all(struct blob *b, size_t limit, size_t *len, struct error *e);

#endif
