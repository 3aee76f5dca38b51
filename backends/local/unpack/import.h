/* backends/local/unpack/import.h - brings an image into the store. */
#ifndef BACKENDS_LOCAL_UNPACK_IMPORT_H
#define BACKENDS_LOCAL_UNPACK_IMPORT_H

#include <stdbool.h>

#include "backends/local/shared/paths.h"
#include "backends/local/unpack/limits.h"
#include "backends/local/unpack/progress.h"
#include "core/error.h"

/* `path` is a root file system (tar or folder), a `docker save` archive or an OCI layout. The store is as
 * before when it fails. */
bool import_image(const struct paths *p, const char *name, const char *path, const struct limits *limits,
                  struct progress *progress, struct error *e);

#endif
