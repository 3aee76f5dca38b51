/* A container's own process table, made of what the host knows: the members of its cgroup, each under the
 * number that it has in the container's pid namespace. That namespace lies as deep as the first process's
 * list of numbers is long; whoever is in a namespace further in still has a number there, and whoever is not
 * that deep is no process of the container. Nor is one that is in another namespace of that depth, as those
 * of a container are whose cgroup lies in this one's.
 */
#include "backends/members.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backends/cgroup_procs.h"
#include "backends/users.h"
#include "core/memory.h"

enum { EXEC_TRIES = 20 };

struct member {
    uint32_t host_pid, pid, uid;
    struct procfs_stat stat;
    uint64_t memory;
};

struct looking {
    const struct members *of;
    int proc;
    size_t depth;           /* of its pid namespace: how many numbers the first process has */
    uint64_t number;        /* of that namespace; 0 not told */
    struct member *members; /* sorted by host_pid */
    size_t count;
};

static int by_host_pid(const void *a, const void *b)
{
    uint32_t x = ((const struct member *)a)->host_pid, y = ((const struct member *)b)->host_pid;
    return x < y ? -1 : x > y;
}

static int by_pid(const void *a, const void *b)
{
    uint32_t x = ((const struct process *)a)->pid, y = ((const struct process *)b)->pid;
    return x < y ? -1 : x > y;
}

static bool list_pids(const struct looking *k, struct pid_list *out)
{
    if (!k->of->cgroup) {
        return namespace_procs(k->of->pid, out);
    }
    char *folder = cgroups_folder(k->of->cgroups, k->of->cgroup);
    bool ok = folder && cgroup_procs(folder, out);
    free(folder);
    return ok;
}

/* Is the process in the container's pid namespace, or in one inside it? */
static bool is_inside(const struct looking *k, uint32_t host_pid, size_t levels)
{
    uint64_t numbers[PROCFS_LEVELS];
    if (levels < k->depth) {
        return false; /* it is on its way into the container, or was put into its cgroup from outside */
    }
    namespaces_of(k->proc, host_pid, numbers, levels - k->depth + 1);
    return !k->number || !numbers[0] || numbers[0] == k->number;
}

static bool look_at(const struct looking *k, uint32_t host_pid, struct member *out)
{
    struct procfs_status status;
    if (!procfs_stat(k->proc, host_pid, &out->stat) || !procfs_status(k->proc, host_pid, &status) ||
        !is_inside(k, host_pid, status.n_pids)) {
        return false; /* it may have ended in between */
    }
    out->host_pid = host_pid;
    out->pid = k->depth > 0 ? status.pids[k->depth - 1] : 0;
    out->uid = status.uid;
    out->memory = status.memory;
    return true;
}

static uint32_t parent_of(const struct looking *k, const struct member *m)
{
    struct member wanted = {.host_pid = m->stat.parent};
    const struct member *parent = bsearch(&wanted, k->members, k->count, sizeof *k->members, by_host_pid);
    return parent ? parent->pid : 0;
}

static struct users *users_of(const struct looking *k)
{
    char path[64], map[4096];
    snprintf(path, sizeof path, "%u/root", k->of->pid);
    int root = openat(k->proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (procfs_read(k->proc, k->of->pid, "uid_map", map, sizeof map) <= 0) {
        snprintf(map, sizeof map, "0 0 4294967295\n");
    }
    struct users *u = users_new(root, map);
    if (root >= 0) {
        close(root);
    }
    return u;
}

static struct process_table *table_of(const struct looking *k)
{
    const struct procfs_clock *clock = k->of->clock;
    struct users *users = users_of(k);
    struct text command = {0};
    struct process_table *table = process_table_new();
    for (size_t i = 0; i < k->count; i++) {
        const struct member *m = &k->members[i];
        text_clear(&command);
        procfs_command(k->proc, m->host_pid, &command);
        struct process row = {.pid = m->pid,
                              .parent = parent_of(k, m),
                              .host_pid = m->host_pid,
                              .name = m->stat.name,
                              .command = command.len > 0 ? text_of(&command) : NULL,
                              .user = users_name(users, m->uid),
                              .cpu_100ns = procfs_cpu(clock, m->stat.ticks),
                              .memory = m->memory,
                              .created = procfs_created(clock, m->stat.started)};
        process_table_add(table, &row);
    }
    qsort(table->rows, table->count, sizeof *table->rows, by_pid);
    text_done(&command);
    users_free(users);
    return table;
}

static void wait_for_exec(const struct looking *k)
{
    struct procfs_stat first;
    for (int i = 0;
         i < EXEC_TRIES && procfs_stat(k->proc, k->of->pid, &first) && procfs_is_helper(first.name); i++) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

static struct process_table *collect(struct looking *k, struct error *e)
{
    struct pid_list list = {0};
    struct procfs_status first;
    wait_for_exec(k);
    errno = 0;
    if (!procfs_status(k->proc, k->of->pid, &first) || !list_pids(k, &list)) {
        error_errno(e, errno ? errno : ESRCH, "cannot read the processes of %s", k->of->name);
        e->kind = e->kind == ERROR_NOT_FOUND ? ERROR_CONFLICT : e->kind; /* it is just ending */
        free(list.pids);
        return NULL;
    }
    k->depth = first.n_pids;
    k->number = namespace_of(k->proc, k->of->pid);
    k->members = mem_new(list.count, sizeof *k->members);
    for (size_t i = 0; i < list.count; i++) {
        k->count += look_at(k, list.pids[i], &k->members[k->count]);
    }
    free(list.pids);
    if (k->count == 0) {
        error_set(e, ERROR_CONFLICT, 0, "%s has just ended: it has no processes any more", k->of->name);
        return NULL;
    }
    qsort(k->members, k->count, sizeof *k->members, by_host_pid);
    return table_of(k);
}

struct process_table *members_read(const struct members *of, struct error *e)
{
    struct looking k = {.of = of, .proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (k.proc < 0) {
        error_errno(e, errno, "cannot read the processes of %s: /proc does not open", of->name);
        return NULL;
    }
    struct process_table *table = collect(&k, e);
    free(k.members);
    close(k.proc);
    return table;
}
