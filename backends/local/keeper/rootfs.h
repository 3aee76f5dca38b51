/* backends/local/keeper/rootfs.h - the container's root file system, "rootfs" in its folder, over or from its
 * image. */
#ifndef BACKENDS_LOCAL_KEEPER_ROOTFS_H
#define BACKENDS_LOCAL_KEEPER_ROOTFS_H

#include <stdbool.h>

#include "core/error.h"

/* In the current folder. overlay: may overlayfs be tried? Else, and where it is refused, a copy is made,
 * once. */
bool rootfs_prepare(const char *image_rootfs, bool overlay, struct error *e);

/* Takes the mount away, as often as there is one. What was written stays. */
void rootfs_release(void);

#endif
