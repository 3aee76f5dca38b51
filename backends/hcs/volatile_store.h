/* backends/hcs/volatile_store.h - the little that Windows tells of compute systems to a user whom HCS
 * refuses: one registry key for each, HKLM\SOFTWARE\Microsoft\Windows
 * NT\CurrentVersion\HostComputeService\VolatileStore\ComputeSystem\<id>, with ComputeSystemType 2 where it is
 * a VM (seen by others, not documented by Microsoft). */
#ifndef BACKENDS_HCS_VOLATILE_STORE_H
#define BACKENDS_HCS_VOLATILE_STORE_H

/* [{Id, SystemType of VMs}], as an enumeration has them, to be freed; NULL: there is no such store. */
char *volatile_store_list(void);

#endif
