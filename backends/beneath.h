/* backends/beneath.h - opening files of a root file system that is not trusted.
 *
 * Paths are resolved by the kernel as if `root` were "/": neither "..", nor a link, nor a magic link of /proc
 * leads out.
 */
#ifndef BACKENDS_BENEATH_H
#define BACKENDS_BENEATH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

enum beneath_links { BENEATH_LINKS_FOLLOWED, BENEATH_LINKS_REFUSED };

/* openat2 below the folder `root`; always close-on-exec. -1 and errno; with BENEATH_LINKS_REFUSED, ELOOP
 * tells that a part of the path is a link. */
int beneath_open(int root, const char *path, int flags, enum beneath_links links);

/* The first `limit` bytes of a regular file, with a NUL behind them; the caller frees. NULL and errno;
 * EINVAL: it is something else than a regular file. Never waits, whatever the path leads to. */
char *beneath_read(int root, const char *path, size_t limit, size_t *len);

enum beneath_kind { BENEATH_FOLDER, BENEATH_FILE };

/* Both of the following make folders of the caller's own writable where something has to be made in them. */

/* Finds `path` as a process below `root` would, following links, and makes what is missing of it: folders
 * (mode 0755), and for BENEATH_FILE an empty file (0644) as the last part. An O_PATH descriptor of what is
 * there, which need not be of that kind; -1 and errno. Never waits. */
int beneath_make(int root, const char *path, enum beneath_kind kind);

/* Makes `path` real: a folder, or a regular file in real folders. Whatever else has the name of a part of it
 * (a link, a device, a FIFO, an empty folder in the place of the file) is removed and made anew; what is of
 * the right kind stays as it is. Nothing is followed, so nothing outside `root` is touched. False and errno;
 * ENOTEMPTY: a folder with something in it is in the place of the file. */
bool beneath_make_real(int root, const char *path, enum beneath_kind kind);

#endif
