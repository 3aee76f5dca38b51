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
    uint32_t pid; /* its first process */
    int fds[METER_COUNT];
    bool active; /* to be read in this round */

    bool has[METER_COUNT]; /* what was read in this round */
    uint64_t value[METER_COUNT];
    uint64_t at; /* when, in ns of a steady clock */

    uint64_t tasks, counted; /* threads, and the processes that there were when there were so many */
    unsigned since_count;    /* rounds */

    uint64_t base_cpu, base_at; /* the reading that CPU is counted from; base_at 0: none */
};

void meter_init(struct meter *m, const char *id);
void meter_done(struct meter *m);

/* From now on it reads this container: forgets what it knew when that is another life of it. */
void meter_aim(struct meter *m, const char *cgroup, uint32_t pid);

struct meter_round {
    const struct cgroups *cgroups;
    const struct procfs_clock *clock;
    unsigned fields; /* FIELD_ bits that are wanted */
    bool keep;       /* leave the files open */
};

/* Reads those that are active. */
void meter_read_all(struct meter *meters, size_t n, const struct meter_round *round);

#endif
