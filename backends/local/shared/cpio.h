/* backends/local/shared/cpio.h - writes an archive as the kernel unpacks it at boot: "newc" (kernel
 * documentation, "initramfs buffer format"). */
#ifndef BACKENDS_LOCAL_SHARED_CPIO_H
#define BACKENDS_LOCAL_SHARED_CPIO_H

#include <stdbool.h>
#include <stddef.h>

#include "core/text.h"

struct cpio { /* {0} is the empty one */
    struct text bytes;
    unsigned entries;
};

void cpio_folder(struct cpio *c, const char *path);
void cpio_device(struct cpio *c, const char *path, unsigned major, unsigned minor); /* of characters */
bool cpio_file(struct cpio *c, const char *path, unsigned mode, const char *from);  /* false and errno */
void cpio_end(struct cpio *c);
void cpio_done(struct cpio *c);

#endif
