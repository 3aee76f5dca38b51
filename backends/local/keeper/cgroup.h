/* backends/local/keeper/cgroup.h - what a container leaves in /sys/fs/cgroup, below every controller there
 * is. */
#ifndef BACKENDS_LOCAL_KEEPER_CGROUP_H
#define BACKENDS_LOCAL_KEEPER_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

/* path: "/porthole/ID". Makes it, with at most so many cores (0: no limit), where that is possible: without
 * it there are no numbers of what the container costs, nothing worse. */
void cgroup_make(const char *path, double cpus);
void cgroup_put(const char *path, pid_t pid); /* moves a process into it */

bool cgroup_exists(const char *path); /* below any controller */

/* Kills all that is in it, and in cgroups below it, thawing them first; waits until they are empty, at most
 * `seconds`. False: something is still there. */
bool cgroup_kill(const char *path, int seconds);

/* Removes it, with what is below it. False: a part is still in use. */
bool cgroup_remove(const char *path);

#endif
