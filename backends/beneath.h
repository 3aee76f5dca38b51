/* backends/beneath.h - opening files of a root file system that is not trusted.
 *
 * Paths are resolved by the kernel as if `root` were "/": neither "..", nor a link, nor a magic link of /proc
 * leads out.
 */
#ifndef BACKENDS_BENEATH_H
#define BACKENDS_BENEATH_H

#include <stddef.h>

#include "core/error.h"

enum beneath_links { BENEATH_LINKS_FOLLOWED, BENEATH_LINKS_REFUSED };

/* openat2 below the folder `root`; always close-on-exec. -1 and errno; with BENEATH_LINKS_REFUSED, ELOOP
 * tells that a part of the path is a link. */
int beneath_open(int root, const char *path, int flags, enum beneath_links links);

/* The first `limit` bytes of a regular file, with a NUL behind them; the caller frees. NULL and errno;
 * EINVAL: it is something else than a regular file. Never waits, whatever the path leads to. */
char *beneath_read(int root, const char *path, size_t limit, size_t *len);

#endif
