/* backends/host/namespaces_linux.h - reads the namespaces of containers from /proc/PID/ns.
 *
 * The host's own are those of the first of these that can be read: of process 1; of the kernel's thread
 * kthreadd, since process 1 may be closed even to root; else those that the kernel makes first, which have
 * fixed numbers (linux/nsfs.h, enum init_ns_ino; network and mount from 6.18 on). Where porthole's own pid
 * namespace is not the first one, porthole is in a container: process 1 is then none of the host's, and only
 * the fixed numbers are known.
 */
#ifndef BACKENDS_HOST_NAMESPACES_LINUX_H
#define BACKENDS_HOST_NAMESPACES_LINUX_H

#include "backends/host/reader.h"

/* host_reader_type.look. A row is read only if its process is still its container's: by the cgroup, or where
 * that names no container, by its start; and it is the same process after the reading. */
void namespaces_look(struct host_reader *reader, struct namespace_table *t,
                     const struct namespace_target *targets);

#endif
