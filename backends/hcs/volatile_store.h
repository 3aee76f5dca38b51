/* backends/hcs/volatile_store.h - the little that Windows tells of compute systems to a user whom HCS
 * refuses: one registry key for each, HKLM\SOFTWARE\Microsoft\Windows
 * NT\CurrentVersion\HostComputeService\VolatileStore\ComputeSystem\<id>, with ComputeSystemType 2 where it is
 * a VM (seen by others, not documented by Microsoft). */
#ifndef BACKENDS_HCS_VOLATILE_STORE_H
#define BACKENDS_HCS_VOLATILE_STORE_H

#include <stdbool.h>

/* How many there are, and how many of them are VMs. False: the store cannot be read. */
bool volatile_store_count(unsigned *all, unsigned *vms);

#endif
