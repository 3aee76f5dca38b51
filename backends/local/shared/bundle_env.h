/* backends/local/shared/bundle_env.h - the environment of a process in a container. */
#ifndef BACKENDS_LOCAL_SHARED_BUNDLE_ENV_H
#define BACKENDS_LOCAL_SHARED_BUNDLE_ENV_H

#include "backends/local/shared/bundle.h"

/* The home of a user by the passwd of rootfs, which is hostile; the caller frees. */
char *bundle_home(const char *rootfs, unsigned uid);

/* PATH, HOSTNAME, HOME (bundle_home; rootfs NULL: none), TERM with a terminal; then what the image, the spec
 * and the process say, each over the one before. One block as mem_strings makes. */
char **bundle_env(const struct state *s, const struct image_config *image,
                  const struct bundle_process *process, const char *rootfs, unsigned uid);

#endif
