/* core/host.h - one snapshot of the host's processes, and who can make one. */
#ifndef CORE_HOST_H
#define CORE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct namespace_target;
struct op;

struct host_level {  /* one of the pid namespaces that a process is in */
    uint32_t pid;    /* the number that the process has there; 0 unknown */
    uint64_t number; /* of the namespace, as the kernel numbers them; 0 not told */
};

struct host_process {
    uint32_t pid, parent;
    /* Linux: from the namespace of the reader to the innermost one (NSpid of /proc/PID/status). NULL and 0 on
     * systems without pid namespaces, where a process has the same number for everybody. */
    const struct host_level *levels;
    size_t n_levels;
    const char *name; /* NULL unknown, as the next three */
    const char *command;
    const char *user;
    const char *container; /* key of the innermost container that it belongs to (Linux: from its cgroup), as
                              in struct container */
    const char *outer;     /* keys of the containers around that one, the innermost first, with a blank
                              between two; NULL none */
    const char *vm;        /* id of the VM that it works for (Windows: RuntimeId); NULL none or unknown */
    uint32_t silo; /* Windows: number of the server silo that it runs in; 0: the host's own, or not told */
    uint64_t cpu_100ns;
    uint64_t memory; /* resident bytes */
    int64_t created; /* ms since 1970; 0 unknown */
    bool ended;      /* a zombie: it has ended, and its parent has not asked for its exit code yet */
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

/* How many containers lie between a process and this one, by the keys that the host read for it: 0: it is one
 * of its own, 1: of one inside it, and so on; SIZE_MAX: it is none of its processes. */
size_t host_process_place(const struct host_process *p, const char *key);
bool host_process_in(const struct host_process *p, const char *key); /* at any place */

/* Whoever can look at the host. read answers op with answer.host, off the loop's thread. */
struct host_source {
    void (*read)(struct host_source *self, struct op *op);
    /* Looks at the namespaces of these containers' first processes, which are copied: answers op with
     * answer.namespaces, a row for each, off the loop's thread. NULL: it cannot. */
    void (*namespaces)(struct host_source *self, struct op *op, const struct namespace_target *targets,
                       size_t n);
    /* The process that a thread of this number belongs to; 0: there is no such thread, or the host does not
     * tell. Reads one small file of the kernel's, so that it does not wait. NULL: it cannot tell. */
    uint32_t (*process_of_thread)(struct host_source *self, uint32_t thread);
    const char *system; /* "Debian GNU/Linux 12 (6.18.0)", for the header */
    const char *name;   /* host name */
};

#endif
