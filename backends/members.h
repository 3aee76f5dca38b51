/* backends/members.h - the process table of a container of this machine, made of what the kernel knows: the
 * members of its cgroup, each under the number that it has inside. For threads.
 */
#ifndef BACKENDS_MEMBERS_H
#define BACKENDS_MEMBERS_H

#include "backends/cgroups.h"
#include "backends/procfs.h"
#include "core/error.h"
#include "core/process.h"

struct members {
    const char *name;   /* of the container, for sentences */
    const char *cgroup; /* NULL: it has none, its pid namespace is searched */
    uint32_t pid;       /* its first process, as the host sees it */
    const struct cgroups *cgroups;
    const struct procfs_clock *clock;
};

/* The caller frees the table. NULL and e; ERROR_CONFLICT: it has just ended. */
struct process_table *members_read(const struct members *of, struct error *e);

#endif
