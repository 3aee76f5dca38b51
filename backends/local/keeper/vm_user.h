/* backends/local/keeper/vm_user.h - the user that a VM's QEMU runs as: one that no other process has, so that
 * a QEMU whose guest has broken out can neither trace another QEMU nor open its descriptors. */
#ifndef BACKENDS_LOCAL_KEEPER_VM_USER_H
#define BACKENDS_LOCAL_KEEPER_VM_USER_H

#include <sys/types.h>

#include "backends/local/shared/paths.h"

/* A number that no VM of this state folder has, and that depends on the container's id, so that VMs of other
 * state folders hardly ever have it either. It is taken for as long as the descriptor that is returned is
 * open, by a lock that ends with its process. -1 and e. */
int vm_user_take(const struct paths *p, const char *id, uid_t *out, struct error *e);

#endif
