/* backends/local/keeper/vm_net.h - the network "nat" of a VM: passt (passt.top), which moves the guest's
 * packets as ordinary sockets of the host, as pasta does in process isolation (network.h). The guest's
 * addresses are those of guest/network.c. */
#ifndef BACKENDS_LOCAL_KEEPER_VM_NET_H
#define BACKENDS_LOCAL_KEEPER_VM_NET_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/launch.h"

struct vm_net { /* {0}: none */
    pid_t pid;  /* 0: it has ended */
    int socket; /* connected to it, for QEMU */
};

/* In the container's folder. Ports are checked before (network_ports_free). False and e. */
bool vm_net_start(const struct launch_spec *spec, struct vm_net *out, struct error *e);
void vm_net_end(struct vm_net *n); /* kills it, and waits for that */

#endif
