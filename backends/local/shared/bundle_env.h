/* backends/local/shared/bundle_env.h - the environment of a process in a container. */
#ifndef BACKENDS_LOCAL_SHARED_BUNDLE_ENV_H
#define BACKENDS_LOCAL_SHARED_BUNDLE_ENV_H

#include "backends/local/shared/bundle.h"

/* PATH, HOSTNAME, HOME (of uid, by the passwd of rootfs), TERM with a terminal; then what the image, the spec and the
 * process say, each over the one before. One block as mem_strings makes. */
char **bundle_env(const struct state *s, const struct image_config *image, const struct bundle_process *process,
                  const char *rootfs, unsigned uid);

#endif
