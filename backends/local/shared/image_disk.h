/* backends/local/shared/image_disk.h - an image as a disk for VMs: one read-only squashfs, made once per
 * image and gone with it. */
#ifndef BACKENDS_LOCAL_SHARED_IMAGE_DISK_H
#define BACKENDS_LOCAL_SHARED_IMAGE_DISK_H

#include "backends/local/shared/images.h"

/* The path of DATA/images/ID/disk.squashfs; the caller frees. NULL and e. It may take as long as copying the
 * image: not for the loop. Not compressed: in an emulated guest every byte would cost more than it saves, and
 * the host keeps one copy in memory for all. */
char *image_disk(const struct image_config *image, const char *mksquashfs, struct error *e);

/* A new disk for what a container writes, sparse, with an empty ext4. False: it cannot be made here. */
bool image_scratch(const char *path);

#endif
