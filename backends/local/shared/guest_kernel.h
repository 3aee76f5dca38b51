/* backends/local/shared/guest_kernel.h - the kernel that VMs boot, and the small root file system that goes
 * with it.
 *
 * A kernel folder holds boot/vmlinuz-VERSION and lib/modules/VERSION, as a distribution's package has them.
 * Looked at, in this order: DATA/kernel, /usr/local/lib/porthole/kernel, /usr/lib/porthole/kernel, and the
 * machine's own root; in each a kernel for clouds before others, then the newest.
 */
#ifndef BACKENDS_LOCAL_SHARED_GUEST_KERNEL_H
#define BACKENDS_LOCAL_SHARED_GUEST_KERNEL_H

#include <stdbool.h>

#include "backends/local/shared/paths.h"
#include "core/text.h"

struct guest_kernel {
    char *version, *image, *modules; /* "6.1.0-9-cloud-amd64", its vmlinuz, the folder of its modules */
};

/* ERROR_UNSUPPORTED, and a sentence that names the package, when there is none that can be used. */
bool guest_kernel_find(const struct paths *p, struct guest_kernel *out, struct error *e);
void guest_kernel_done(struct guest_kernel *k);

/* An initramfs of the agent (a program) and the modules of a kernel, made once: DATA/guest/KEY.cpio, where
 * the key changes with each of them. The caller frees the path; NULL and e. */
char *guest_initramfs(const struct paths *p, const struct guest_kernel *k, const char *agent,
                      struct error *e);

/* Changes when a file is replaced or written: its name, size and time. Adds to t. */
void guest_fingerprint(struct text *t, const char *path);

/* 16 hexadecimal digits of a text, as a name for what is made of it. */
void guest_key(const char *text, char out[17]);

#endif
