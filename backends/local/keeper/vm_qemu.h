/* backends/local/keeper/vm_qemu.h - QEMU's command line. The devices are the same for a template and for what
 * starts from it; only what is behind them differs. */
#ifndef BACKENDS_LOCAL_KEEPER_VM_QEMU_H
#define BACKENDS_LOCAL_KEEPER_VM_QEMU_H

#include <sys/types.h>

#include "backends/local/keeper/vm_plan.h"
#include "backends/local/keeper/vm_share.h"

enum vm_role {
    VM_ROLE_TEMPLATE, /* boots, and is saved */
    VM_ROLE_CLONE,    /* starts from a template */
    VM_ROLE_COLD      /* boots, and runs a container */
};

struct vm_qemu {
    const struct vm_plan *plan;
    enum vm_role role;
    const char *id; /* of the container */
    const struct launch_spec *spec;
    int memory, log; /* the file of its memory, sealed for VM_ROLE_CLONE, -1: none; where it writes errors
                        and, as a template, the guest's console */
    const struct vm_shares *shares; /* VM_ROLE_COLD: folders of the host */
    uid_t user;                     /* it becomes that one; 0: we are not root, and it stays what we are */
};

/* Its pid; agent and control get our ends of its two sockets. -1 and e. */
pid_t vm_qemu_start(const struct vm_qemu *q, int *agent, int *control, struct error *e);

/* `what`, and what QEMU wrote last into "qemu.log": its reason, or, of a template, the last words of the
 * guest. */
void vm_qemu_explain(const char *what, struct error *e);

#endif
