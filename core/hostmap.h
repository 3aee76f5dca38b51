/* core/hostmap.h - pairs a container's own process table with what the host sees. Pure: the heart of the
 * product.
 *
 * Rules: a pid is never joined across the wall of a VM (guest pids collide with host pids); a pair must agree
 * on its start time where both sides know it (a pid may have been reused between two readings); what has
 * vanished on one side stays in the map, unpaired, unless it has ended on the host (a zombie).
 *
 * Who belongs to a container: the processes that the host names as its own or as those of a container inside
 * it (Linux: by cgroup), and those in its pid namespace. The namespace is that of the container's first
 * process, and so is the level at which the numbers of all its processes are read: a process in a namespace
 * further in has a number of its own there, which says nothing. A container in the namespace of the host has
 * the host's numbers. Where the first process is not known, no number inside is told.
 */
#ifndef CORE_HOSTMAP_H
#define CORE_HOSTMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/container.h"
#include "core/host.h"

enum wall { WALL_SHARED_KERNEL, WALL_VM };

struct hostmap_pair {
    const struct process *inside; /* NULL: the host sees a process of it that its own table does not list */
    const struct host_process *outside; /* NULL: the host does not see it */
};

struct hostmap {
    enum wall wall;
    struct hostmap_pair *pairs; /* in the order of the container's table, then what only the host knows */
    size_t n_pairs, n_joined;
    const struct host_process **workers; /* host processes that stand for a VM, or keep the container */
    enum worker_role *roles;             /* of each worker */
    size_t n_workers;
};

/* Builds the map. It points into `inside` and `host`, which must outlive it. host may be NULL: nothing is
 * seen. */
void hostmap_build(struct hostmap *m, const struct container *c, const struct process_table *inside,
                   const struct host_table *host);
void hostmap_done(struct hostmap *m);

enum relation {
    RELATION_NONE,
    RELATION_HOST,
    RELATION_PROCESS,
    RELATION_WORKER,
    RELATION_MEMORY,
    RELATION_KEEPER,
    RELATION_NETWORK,
    RELATION_UNLISTED /* a process of a container that no engine here knows */
};

enum membership {                /* what makes a process one of a container */
                  MEMBER_FULL,   /* its cgroup, or its engine; and its pid namespace as far as that is told */
                  MEMBER_CGROUP, /* its cgroup only: it was put there from outside, and sees other processes
                                  */
                  MEMBER_NAMESPACE /* its pid namespace only: it has entered from outside (nsenter) */
};

struct who {
    enum relation relation;     /* RELATION_NONE: no such pid; RELATION_HOST: it belongs to no container */
    container_id container;     /* 0: none */
    uint32_t container_pid;     /* of RELATION_PROCESS, in the container's own pid namespace; 0 unknown */
    enum membership membership; /* of RELATION_PROCESS */
    const char *unlisted; /* key of its innermost container, if no engine here knows that one; NULL: it is
                             known, or there is none. Borrowed from the host's table. */
};

/* Who is that host pid? `containers` are all that are known. */
struct who hostmap_who(uint32_t pid, const struct host_table *host, const struct container *const *containers,
                       size_t n);

/* Is a host pid among the processes of a container under process isolation? By its pid, or because one of
 * them is in the same silo. inside: its pid in the container; 0 unknown. */
bool hostmap_is_among(uint32_t pid, const struct host_table *host, const struct process_table *inside_table,
                      uint32_t *inside);

/* "host", "process", "worker", "memory", "keeper", "network", "unlisted" */
const char *relation_word(enum relation relation);
const char *membership_word(enum membership membership); /* "full", "cgroup", "namespace" */

enum { HOSTMAP_REMARK = 160 };

/* A sentence on a process that is not simply one of its container, with a blank before it; "" for others. */
const char *hostmap_who_remark(const struct who *who, char *out, size_t room);

#endif
