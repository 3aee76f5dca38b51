/* backends/local/shared/paths.h - where the local engine keeps things.
 *
 * - DATA/images/IMAGE/: image.json, rootfs/
 * - DATA/containers/ID/: bundle: config.json, rootfs (mount point or copy), upper/, work/, log
 * - DATA/states/ID.json: the state of each container; one flat folder, so that one watch sees all changes
 * - RUN/ID.sock: the keeper's socket
 * - RUN/runtime/: the OCI runtime's own state (--root)
 *
 * PORTHOLE_STATE=DIR: DATA = DIR, RUN = DIR/run. Else root: /var/lib/porthole, /run/porthole; others:
 * $XDG_DATA_HOME/porthole (~/.local/share), $XDG_RUNTIME_DIR/porthole (DATA/run when unset).
 * A folder that another user owns, or could write to or replace, is refused: what is in them names programs,
 * pids and folders (core/trust.h). A socket's path may be longer than sun_path allows: paths_connect and
 * paths_bind go through the folder
 * (/proc/self/fd).
 */
#ifndef BACKENDS_LOCAL_SHARED_PATHS_H
#define BACKENDS_LOCAL_SHARED_PATHS_H

#include <stdbool.h>

#include "core/error.h"

struct paths {
    char *data, *run, *images, *containers, *states, *runtime;
    bool rootless; /* we are not root: no overlayfs, no cgroups */
};

/* Works the places out and makes the folders (mode 0700). NULL and e when that fails, or when one of them is
 * not to be trusted (ERROR_DENIED). */
struct paths *paths_new(struct error *e);
void paths_free(struct paths *p);

/* The caller frees these. */
char *paths_container(const struct paths *p, const char *id, const char *file); /* file NULL: the folder */
char *paths_state(const struct paths *p, const char *id);
char *paths_socket(const struct paths *p, const char *id);

/* A connected / listening (mode 0600) unix stream socket, close-on-exec and non-blocking; -1 and e. */
int paths_connect(const struct paths *p, const char *id, struct error *e);
int paths_bind(const struct paths *p, const char *id, struct error *e);

/* A helper program of the engine: beside this program if it is a helper too, else "<folder of this
 * program>/../libexec/porthole/NAME"; the caller frees. */
char *paths_helper(const char *name);

/* Removes a folder and all that is in it, never following links, never leaving its file system. */
bool paths_remove_tree(const char *path, struct error *e);

#endif
