/* backends/cgroup_procs.h - the processes in a cgroup and in those nested in it. */
#ifndef BACKENDS_CGROUP_PROCS_H
#define BACKENDS_CGROUP_PROCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pid_list {
    uint32_t *pids;
    size_t count, room;
};

/* Appends their host pids, at most a bounded number. False and errno when the cgroup cannot be read. */
bool cgroup_procs(const char *folder, struct pid_list *out);

/* Appends the pids of those in the same pid namespace as `init`: for containers without a cgroup. */
bool namespace_procs(uint32_t init, struct pid_list *out);

/* The pid namespace of a process, as a number; 0: it cannot be told. `proc` is /proc, opened. */
uint64_t namespace_of(int proc, uint32_t pid);

/* Those of the n innermost pid namespaces of a process, the innermost last; 0 where one cannot be told. */
void namespaces_of(int proc, uint32_t pid, uint64_t *numbers, size_t n);

#endif
