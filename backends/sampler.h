/* backends/sampler.h - reads what containers of this machine use, once a second, on a thread. */
#ifndef BACKENDS_SAMPLER_H
#define BACKENDS_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/cgroups.h"
#include "backends/procfs.h"
#include "core/container.h"

struct meter;
struct meter_round;
struct sampler;
struct uv_loop_s;

struct sampler_target {
    struct container *record; /* gets what was read */
    const char *cgroup;       /* NULL: none, the processes of its pid namespace are summed up */
    uint32_t pid;             /* its first process; 0 in a VM */
    uint32_t vm;              /* its VM's worker; 0 in process isolation */
};

struct sampler_owner { /* whose containers they are; everything but read_vm is called from the loop */
    /* Where a container that runs is found; false: it does not run, or is not known. Good until the owner's
     * next change. */
    bool (*find)(void *user, const char *key, struct sampler_target *to);
    void (*changed)(void *user, const char *key, unsigned fields); /* the record holds new values */
    void (*unread)(void *user, const char *key); /* it could not be read: it may have ended. May be NULL. */
    /* On a thread: reads a container in a VM into its meter. NULL: there are none. */
    void (*read_vm)(void *user, struct meter *m, const struct meter_round *round);
};

/* cgroups and clock are borrowed until it is closed. */
struct sampler *sampler_new(struct uv_loop_s *loop, const struct sampler_owner *owner, void *user,
                            const struct cgroups *cgroups, const struct procfs_clock *clock);

/* Ends it: nothing more is told; closed is called when no thread works for it any more and it is gone. */
void sampler_close(struct sampler *s, void (*closed)(void *user));

/* From now on these (keys shorter than METER_KEY) and these FIELD_ bits of usage are read. */
void sampler_want(struct sampler *s, const char *const *keys, size_t n, unsigned fields);

/* Containers came or changed: those wanted and not yet read are read now. */
void sampler_kick(struct sampler *s);

#endif
