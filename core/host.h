/* core/host.h - one snapshot of the host's processes, and who can make one. */
#ifndef CORE_HOST_H
#define CORE_HOST_H

#include <stddef.h>
#include <stdint.h>

struct op;

struct host_process {
    uint32_t pid, parent;
    uint32_t
        inner_pid; /* Linux: the pid in its innermost pid namespace (NSpid); else equal to pid; 0 unknown */
    const char *name; /* NULL unknown, as the next three */
    const char *command;
    const char *user;
    const char *container; /* key of the container that it belongs to (Linux: from its cgroup), as in struct
                              container */
    const char *vm;        /* id of the VM that it works for (Windows: RuntimeId); NULL none or unknown */
    uint32_t silo; /* Windows: number of the server silo that it runs in; 0: the host's own, or not told */
    uint64_t cpu_100ns;
    uint64_t memory; /* resident bytes */
    int64_t created; /* ms since 1970; 0 unknown */
};

struct host_table { /* sorted by pid; owns its strings */
    struct host_process *rows;
    size_t count, room;
    char *missing; /* one sentence on what could not be read and why; NULL: nothing */
};

struct host_table *host_table_new(void);
void host_table_free(struct host_table *t);
void host_table_add(struct host_table *t,
                    const struct host_process *p); /* copies; call host_table_sort after */
void host_table_sort(struct host_table *t);
const struct host_process *host_table_find(const struct host_table *t, uint32_t pid); /* NULL: not there */

/* Whoever can look at the host. read answers op with answer.host, off the loop's thread. */
struct host_source {
    void (*read)(struct host_source *self, struct op *op);
    const char *system; /* "Debian GNU/Linux 12 (6.18.0)", for the header */
    const char *name;   /* host name */
};

#endif
