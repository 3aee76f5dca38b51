/* backends/meter.h - what one container uses, read from files that stay open. For threads. */
#ifndef BACKENDS_METER_H
#define BACKENDS_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/cgroups.h"
#include "backends/procfs.h"
#include "core/container.h"

enum { METER_KEY = 64 + 1 };

struct meter {
    char key[METER_KEY]; /* the container's */
    char *cgroup;        /* NULL: rootless, its processes are summed up */
    uint32_t pid;        /* its first process; 0 in a VM */
    uint32_t vm;         /* its VM's worker; 0 in process isolation */
    int fds[METER_COUNT];
    bool active; /* to be read in this round */

    bool has[METER_COUNT]; /* what was read in this round */
    uint64_t value[METER_COUNT];
    uint64_t at; /* when, in ns of a steady clock */

    uint64_t tasks, counted; /* threads, and the processes that there were when there were so many */
    unsigned since_count;    /* rounds */

    /* Of a VM: what its worker costs the host; the worker's resident pages when that was read; when the guest
     * was asked last, and the CPU that the worker had used by then; 0 never. */
    uint64_t host_memory, host_pages, asked_at, asked_cpu;

    uint64_t base_cpu, base_at; /* the reading that CPU is counted from; base_at 0: none */
};

void meter_init(struct meter *m, const char *key); /* shorter than METER_KEY */
void meter_done(struct meter *m);

/* From now on it reads this container: forgets what it knew when that is another life of it. */
void meter_aim(struct meter *m, const char *cgroup, uint32_t pid, uint32_t vm);

struct meter_round {
    const struct cgroups *cgroups;
    const struct procfs_clock *clock;
    unsigned fields; /* FIELD_ bits that are wanted */
    bool keep;       /* leave the files open */
    void (*read_vm)(void *user, struct meter *m, const struct meter_round *round); /* NULL: nobody has VMs */
    void *user;
};

/* Reads those that are active. */
void meter_read_all(struct meter *meters, size_t n, const struct meter_round *round);

/* Puts what was read into the fields of usage of c; returns the FIELD_ bits that differ now. CPU is told from
 * the second reading on. */
unsigned meter_apply(struct meter *m, struct container *c);

#endif
