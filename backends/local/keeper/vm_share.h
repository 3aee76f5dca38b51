/* backends/local/keeper/vm_share.h - folders of the host in a VM: one virtiofsd each (virtio-fs.gitlab.io),
 * which speaks with QEMU over a socket and reads and writes the guest's memory, so that this must be shared
 * memory.
 *
 * Read-only is kept on this side of the wall: virtiofsd then runs in a mount namespace of its own where the
 * folder is read-only for everybody. */
#ifndef BACKENDS_LOCAL_KEEPER_VM_SHARE_H
#define BACKENDS_LOCAL_KEEPER_VM_SHARE_H

#include <stdbool.h>
#include <sys/types.h>

#include "backends/local/shared/vm_host.h"
#include "core/launch.h"

struct vm_shares {
    size_t count;
    struct {
        pid_t pid;
        int socket;                   /* connected to it, for QEMU; -1 given away */
        const struct crossing *which; /* of the spec */
    } each[VM_FOLDERS_AT_MOST];
};

size_t vm_share_count(const struct launch_spec *spec);

/* In the container's folder. False and e; what has been started is in `out` all the same. */
bool vm_share_start(const struct vm_host *h, const struct launch_spec *spec, struct vm_shares *out,
                    struct error *e);
void vm_share_end(struct vm_shares *s); /* kills them, and waits for that */

#endif
