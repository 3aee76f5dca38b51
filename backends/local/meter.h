/* backends/local/meter.h - what one container uses, read from files that stay open. For threads. */
#ifndef BACKENDS_LOCAL_METER_H
#define BACKENDS_LOCAL_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/local/cgroups.h"
#include "backends/local/shared/state.h"
#include "backends/procfs.h"

struct meter {
    char id[STATE_ID];
    char *cgroup; /* NULL: rootless, its processes are summed up */
    uint32_t pid; /* its first process; 0 in a VM */
    uint32_t vm;  /* its VM's QEMU; 0 in process isolation */
    int fds[METER_COUNT];
    bool active; /* to be read in this round */

    bool has[METER_COUNT]; /* what was read in this round */
    uint64_t value[METER_COUNT];
    uint64_t at; /* when, in ns of a steady clock */

    uint64_t tasks, counted; /* threads, and the processes that there were when there were so many */
    unsigned since_count;    /* rounds */

    uint64_t host_memory; /* of a VM: what QEMU costs the host */
    uint64_t host_pages;  /* QEMU's resident pages when that was read */
    uint64_t asked_at,
        asked_cpu; /* when the guest was asked last, and the CPU that QEMU had used by then; 0 never */

    uint64_t base_cpu, base_at; /* the reading that CPU is counted from; base_at 0: none */
};

void meter_init(struct meter *m, const char *id);
void meter_done(struct meter *m);

/* From now on it reads this container: forgets what it knew when that is another life of it. */
void meter_aim(struct meter *m, const struct state *s);

struct meter_round {
    const struct cgroups *cgroups;
    const struct procfs_clock *clock;
    const struct paths *paths;
    unsigned fields; /* FIELD_ bits that are wanted */
    bool keep;       /* leave the files open */
};

/* Reads those that are active. */
void meter_read_all(struct meter *meters, size_t n, const struct meter_round *round);

#endif
