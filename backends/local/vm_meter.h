/* backends/local/vm_meter.h - what a VM uses: CPU and memory of the host by its QEMU, memory and processes by
 * its guest. */
#ifndef BACKENDS_LOCAL_VM_METER_H
#define BACKENDS_LOCAL_VM_METER_H

#include "backends/meter.h"

struct paths;

/* A guest that does not answer keeps its old numbers for this round. */
void vm_meter_read(struct meter *m, const struct paths *paths, const struct meter_round *round);

#endif
