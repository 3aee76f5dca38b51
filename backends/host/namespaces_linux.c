#include "backends/host/namespaces_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backends/cgroup_key.h"
#include "backends/procfs.h"

enum { START_SLACK_MS = 1500, CGROUP_TEXT = 16384 };

/* From PROC_IPC_INIT_INO and its kin: the kernel has kept these since 3.8, the last two since 6.18. */
static const uint64_t first[NAMESPACE_LINUX] = {
    [NAMESPACE_IPC] = 0xEFFFFFFF,   [NAMESPACE_UTS] = 0xEFFFFFFE,    [NAMESPACE_USER] = 0xEFFFFFFD,
    [NAMESPACE_PID] = 0xEFFFFFFC,   [NAMESPACE_CGROUP] = 0xEFFFFFFB, [NAMESPACE_NETWORK] = 0xEFFFFFF9,
    [NAMESPACE_MOUNT] = 0xEFFFFFF8,
};

/* 0 and errno when the link cannot be read. */
static uint64_t number_of(int proc, const char *process, enum namespace_kind kind)
{
    char path[64], link[64];
    snprintf(path, sizeof path, "%s/ns/%s", process, namespace_link(kind));
    ssize_t len = readlinkat(proc, path, link, sizeof link - 1);
    link[len > 0 ? len : 0] = '\0';
    const char *number = strchr(link, '[');
    return number ? strtoull(number + 1, NULL, 10) : 0;
}

/* The host's. */

static bool has_fixed_numbers(enum namespace_kind kind)
{
    struct utsname kernel = {0};
    unsigned major = 0, minor = 0;
    uname(&kernel);
    sscanf(kernel.release, "%u.%u", &major, &minor);
    bool late = kind == NAMESPACE_NETWORK || kind == NAMESPACE_MOUNT;
    return !late || major > 6 || (major == 6 && minor >= 18);
}

static bool is_kthreadd(int proc)
{
    struct procfs_stat stat;
    return procfs_stat(proc, 2, &stat) && stat.kernel && stat.parent == 0;
}

static void find_host(int proc, struct namespace_table *t)
{
    for (enum namespace_kind kind = 0; kind < NAMESPACE_LINUX; kind++) {
        t->reader[kind] = number_of(proc, "self", kind);
    }
    t->nested = t->reader[NAMESPACE_PID] != first[NAMESPACE_PID];
    bool thread = !t->nested && is_kthreadd(proc);
    t->reference = "the kernel's first";
    for (enum namespace_kind kind = 0; kind < NAMESPACE_LINUX; kind++) {
        uint64_t number = t->nested ? 0 : number_of(proc, "1", kind);
        t->reference = number ? "/proc/1" : t->reference;
        if (!number && thread) {
            number = number_of(proc, "2", kind);
            t->reference = number ? "kthreadd" : t->reference;
        }
        t->host[kind] = number ? number : has_fixed_numbers(kind) ? first[kind] : 0;
    }
}

/* A container's. */

/* NULL: it is this container's first process. */
static const char *not_its_own(int proc, const struct namespace_target *target,
                               const struct procfs_stat *stat, const struct procfs_clock *clock)
{
    char text[CGROUP_TEXT], keys[CGROUP_NESTED][CGROUP_KEY];
    size_t n = procfs_read(proc, target->pid, "cgroup", text, sizeof text) > 0 ? cgroup_keys(text, keys) : 0;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(keys[i], target->key) == 0) {
            return NULL;
        }
    }
    if (n > 0) {
        return "its process id belongs to another container by now";
    }
    int64_t apart = procfs_created(clock, stat->started) - target->started;
    bool same = target->started && apart <= START_SLACK_MS && apart >= -START_SLACK_MS;
    return same ? NULL : "its process id may belong to another process by now";
}

static const char *read_links(int proc, struct namespace_row *row)
{
    char process[16];
    const char *why = NULL;
    snprintf(process, sizeof process, "%u", row->pid);
    for (enum namespace_kind kind = 0; kind < NAMESPACE_LINUX; kind++) {
        errno = 0;
        row->number[kind] = number_of(proc, process, kind);
        if (!row->number[kind]) {
            why = errno == EACCES || errno == EPERM ? "needs root"
                  : errno == ENOENT ? "its kernel has no such namespaces, or it has just ended"
                                    : "it cannot be read";
        }
    }
    return why;
}

static void read_row(int proc, const struct procfs_clock *clock, const struct namespace_target *target,
                     struct namespace_row *row)
{
    struct procfs_stat before, after;
    if (!procfs_stat(proc, row->pid, &before) || before.state == 'Z') {
        row->why = "its first process has ended";
        return;
    }
    row->why = not_its_own(proc, target, &before, clock);
    if (!row->why && procfs_is_helper(before.name)) {
        row->why = "it is just starting";
    }
    if (row->why) {
        return;
    }
    row->why = read_links(proc, row);
    if (!procfs_stat(proc, row->pid, &after) || after.started != before.started || after.state == 'Z') {
        memset(row->number, 0, sizeof row->number);
        row->why = "its first process has ended";
    }
}

void namespaces_look(struct host_reader *reader, struct namespace_table *t,
                     const struct namespace_target *targets)
{
    (void)reader;
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0) {
        for (size_t i = 0; i < t->count; i++) {
            t->rows[i].why = "/proc does not open";
        }
        return;
    }
    const struct procfs_clock clock = procfs_clock();
    find_host(proc, t);
    for (size_t i = 0; i < t->count; i++) {
        read_row(proc, &clock, &targets[i], &t->rows[i]);
    }
    close(proc);
}
