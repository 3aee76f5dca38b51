/* backends/cgroups.h - where the kernel counts what a container uses: cgroup v1, v2, or both side by
 * side. */
#ifndef BACKENDS_CGROUPS_H
#define BACKENDS_CGROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cgroup_meter { METER_CPU, METER_MEMORY, METER_PROCESSES, METER_COUNT };

struct cgroups;

struct cgroups *cgroups_find(void);                   /* by /proc/self/mountinfo */
struct cgroups *cgroups_parse(const char *mountinfo); /* pure */
void cgroups_free(struct cgroups *c);

const char *
cgroups_words(const struct cgroups *c); /* "cgroup v1", "cgroup v2", "hybrid cgroups", "no cgroups" */
bool cgroups_can_pause(const struct cgroups *c);

/* The file that holds a value of the container whose cgroup is `path` ("/porthole/ID"); the caller frees;
 * NULL: this machine does not count it. */
char *cgroups_file(const struct cgroups *c, enum cgroup_meter meter, const char *path);

/* Understands what was read from it: CPU in ns since the container's start, bytes, or a number. */
bool cgroups_value(enum cgroup_meter meter, const char *text, uint64_t *value);

/* The folder below which cgroup.procs lists all processes of the container; the caller frees; NULL: none. */
char *cgroups_folder(const struct cgroups *c, const char *path);

#endif
