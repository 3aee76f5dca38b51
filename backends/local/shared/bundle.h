/* backends/local/shared/bundle.h - what the OCI runtime is told: config.json of a container, process.json of
 * an exec. */
#ifndef BACKENDS_LOCAL_SHARED_BUNDLE_H
#define BACKENDS_LOCAL_SHARED_BUNDLE_H

#include <stdbool.h>

#include "backends/local/shared/images.h"
#include "backends/local/shared/paths.h"
#include "backends/local/shared/state.h"

/* Who answers questions for names in a container with a network of its own: the helper of its network, with
 * the host's resolver. An address that no network has (RFC 3927). */
#define BUNDLE_RESOLVER "169.254.1.1"

/* The text of config.json (OCI 1.0.2) for s.argv in the folder "rootfs" beside it; the caller frees. Users
 * are looked up in image->rootfs. NULL and e: ERROR_INVALID for a volume, user or folder that cannot be,
 * ERROR_UNSUPPORTED for what this engine, or this user, cannot give. */
char *bundle_text(const struct paths *p, const struct state *s, const struct image_config *image,
                  struct error *e);

/* Writes it to DATA/containers/ID/config.json, with the hosts and hostname files that it mounts, and makes
 * their places in DATA/containers/ID/rootfs, in which nothing may be running (mount_targets.h). */
bool bundle_write(const struct paths *p, const struct state *s, const struct image_config *image,
                  struct error *e);

struct bundle_process {                   /* one more process of a container; borrowed */
    const char *const *argv, *const *env; /* env: added to the container's; NULL none */
    const char *workdir, *user;           /* NULL: the container's */
    bool terminal;
    int rows, cols; /* 0 unknown */
};

/* The text for `runc exec --process`; users are looked up in `rootfs`, the container's own. NULL and e:
 * ERROR_CONFLICT when the runtime could not read the container's own users (images_accounts_ok). */
char *bundle_process_text(const struct paths *p, const struct state *s, const struct image_config *image,
                          const struct bundle_process *process, const char *rootfs, struct error *e);

#endif
