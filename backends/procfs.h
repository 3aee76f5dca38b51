/* backends/procfs.h - what Linux tells of a process below /proc, read and understood.
 *
 * The texts are trusted as far as the kernel wrote them; names and arguments in them are not, and are
 * cleaned.
 */
#ifndef BACKENDS_PROCFS_H
#define BACKENDS_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/text.h"

enum { PROCFS_LEVELS = 32, PROCFS_COMMAND = 4096 };

struct procfs_stat {
    char name[64]; /* cleaned */
    char state;    /* 'R', 'S', 'Z', ... */
    bool kernel;   /* a thread of the kernel */
    uint32_t parent;
    uint64_t ticks, child_ticks; /* user + kernel; of children that were waited for */
    uint64_t started;            /* ticks since boot: with the pid, it names the process for good */
    uint64_t pages;              /* resident */
};

struct procfs_status {
    uint32_t process;             /* of which the number asked for may be a thread; 0 unknown */
    uint32_t uid;                 /* effective */
    uint32_t pids[PROCFS_LEVELS]; /* its pid in each pid namespace, outermost first */
    size_t n_pids;
    uint64_t memory; /* resident bytes */
};

struct procfs_clock { /* how ticks become times */
    int64_t boot;     /* ms since 1970 */
    long hertz, page; /* ticks per second; bytes per page */
};

struct procfs_clock procfs_clock(void);
int64_t procfs_created(const struct procfs_clock *clock, uint64_t started);
uint64_t procfs_cpu(const struct procfs_clock *clock, uint64_t ticks); /* in units of 100 ns */

/* The file /proc/PID/NAME, with a NUL behind it, cut at room; -1 and errno. `proc` is /proc, opened. */
ssize_t procfs_read(int proc, uint32_t pid, const char *name, char *out, size_t room);

/* False when the text is something else. */
bool procfs_parse_stat(const char *text, struct procfs_stat *out);
bool procfs_parse_status(const char *text, struct procfs_status *out);

bool procfs_stat(int proc, uint32_t pid, struct procfs_stat *out);
bool procfs_status(int proc, uint32_t pid, struct procfs_status *out);

/* Its arguments, joined by spaces, cleaned, at most PROCFS_COMMAND bytes; empty when it has none. */
void procfs_command(int proc, uint32_t pid, struct text *out);

/* Is a process of this name the OCI runtime's helper, which is about to become the process of a container?
 * The runtime says that it runs a moment too early. */
bool procfs_is_helper(const char *name);

#endif
