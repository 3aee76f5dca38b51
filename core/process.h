/* core/process.h - a process as the container sees it, and the host processes that stand in for a VM. */
#ifndef CORE_PROCESS_H
#define CORE_PROCESS_H

#include <stddef.h>
#include <stdint.h>

struct process {
    uint32_t pid;        /* as the container sees it */
    uint32_t parent;     /* as the container sees it; 0 unknown (HCS does not tell) */
    uint32_t host_pid;   /* as the host sees it; 0: the host cannot see it */
    const char *name;    /* NULL unknown, as the next two */
    const char *command; /* arguments joined by spaces */
    const char *user;    /* as the container names it, else its number */
    uint64_t cpu_100ns;  /* user + kernel since its start, in units of 100 ns */
    uint64_t memory;     /* resident (Windows: private working set), bytes */
    int64_t created;     /* ms since 1970, UTC; 0 unknown */
};

enum worker_role {
    WORKER_VM,
    WORKER_MEMORY,
    WORKER_KEEPER,
    WORKER_NETWORK /* moves its packets in and out */
};

struct worker { /* a host process that exists for the sake of a container */
    uint32_t host_pid;
    enum worker_role role;
    const char *name;
    uint64_t cpu_100ns, memory; /* 0 unknown */
};

const char *worker_word(enum worker_role role); /* "vm", "memory", "keeper", "network" */

/* A table of processes that owns its strings. */
struct process_table {
    struct process *rows;
    size_t count, room;
};

struct process_table *process_table_new(void);
void process_table_free(struct process_table *t); /* NULL is fine */

/* Appends a copy, strings included. */
void process_table_add(struct process_table *t, const struct process *p);

#endif
