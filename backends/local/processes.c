/* A container's own process table, made of what the host knows: the members of its cgroup, each under the
 * number that it has in the container's pid namespace. That namespace lies as deep as the first process's
 * list of numbers is long; whoever is in a namespace further in still has a number there, and whoever is not
 * that deep is no process of the container.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backends/local/ask.h"
#include "backends/local/cgroup_procs.h"
#include "backends/local/cgroups.h"
#include "backends/local/engine.h"
#include "backends/local/users.h"

enum { EXEC_TRIES = 20 };

struct member {
    uint32_t host_pid, pid, uid;
    struct procfs_stat stat;
    uint64_t memory;
};

struct looking {
    struct job job;
    char id[STATE_ID];
    struct state state;
    struct error why;
    int proc;
    struct member *members; /* sorted by host_pid */
    size_t count;
    struct process_table *table;
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
    const struct state *s = &k->state;
    if (!s->cgroup) {
        return namespace_procs(s->pid, out);
    }
    char *folder = cgroups_folder(k->job.task.local->cgroups, s->cgroup);
    bool ok = folder && cgroup_procs(folder, out);
    free(folder);
    return ok;
}

static bool look_at(const struct looking *k, uint32_t host_pid, size_t depth, struct member *out)
{
    struct procfs_status status;
    if (!procfs_stat(k->proc, host_pid, &out->stat) || !procfs_status(k->proc, host_pid, &status) ||
        status.n_pids < depth) {
        return false; /* it has ended in between, or is on its way into the container */
    }
    out->host_pid = host_pid;
    out->pid = status.pids[depth - 1];
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
    snprintf(path, sizeof path, "%u/root", k->state.pid);
    int root = openat(k->proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (procfs_read(k->proc, k->state.pid, "uid_map", map, sizeof map) <= 0) {
        snprintf(map, sizeof map, "0 0 4294967295\n");
    }
    struct users *u = users_new(root, map);
    if (root >= 0) {
        close(root);
    }
    return u;
}

static void fill_table(struct looking *k)
{
    const struct procfs_clock *clock = &k->job.task.local->clock;
    struct users *users = users_of(k);
    struct text command = {0};
    k->table = process_table_new();
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
        process_table_add(k->table, &row);
    }
    qsort(k->table->rows, k->table->count, sizeof *k->table->rows, by_pid);
    text_done(&command);
    users_free(users);
}

/* The runtime says that a container runs a moment before its own last process there becomes the container's
 * first. */
static void wait_for_exec(const struct looking *k)
{
    struct procfs_stat first;
    for (int i = 0; i < EXEC_TRIES && procfs_stat(k->proc, k->state.pid, &first) &&
                    strncmp(first.name, "runc:[", 6) == 0;
         i++) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

static void collect(struct looking *k)
{
    struct pid_list list = {0};
    struct procfs_status first;
    wait_for_exec(k);
    errno = 0;
    if (!procfs_status(k->proc, k->state.pid, &first) || !list_pids(k, &list)) {
        error_errno(&k->why, errno ? errno : ESRCH, "cannot read the processes of %s", k->state.spec.name);
        k->why.kind = k->why.kind == ERROR_NOT_FOUND ? ERROR_CONFLICT : k->why.kind; /* it is just ending */
        free(list.pids);
        return;
    }
    k->members = mem_new(list.count, sizeof *k->members);
    for (size_t i = 0; i < list.count; i++) {
        k->count += look_at(k, list.pids[i], first.n_pids, &k->members[k->count]);
    }
    free(list.pids);
    if (k->count == 0) {
        error_set(&k->why, ERROR_CONFLICT, 0, "%s has just ended: it has no processes any more",
                  k->state.spec.name);
        return;
    }
    qsort(k->members, k->count, sizeof *k->members, by_host_pid);
    fill_table(k);
}

/* In a VM: what the guest says, with limits and cleaned. None of these is a process of the host, whatever its
 * number. */

enum { ROWS_AT_MOST = 65536, PATIENCE = 10000 /* ms */ };

struct telling { /* the row that is being read */
    struct process_table *table;
    struct process row;
    struct text name, command, user;
};

static void end_row(struct telling *t)
{
    if (t->row.pid > 0 && t->table->count < ROWS_AT_MOST) {
        t->row.name = t->name.len > 0 ? text_of(&t->name) : NULL;
        t->row.command = t->command.len > 0 ? text_of(&t->command) : NULL;
        t->row.user = t->user.len > 0 ? text_of(&t->user) : NULL;
        process_table_add(t->table, &t->row);
    }
    text_clear(&t->name);
    text_clear(&t->command);
    text_clear(&t->user);
    t->row = (struct process){0};
}

static void clean_into(struct text *t, const char *value)
{
    text_clear(t);
    text_add_clean(t, value, strnlen(value, PROCFS_COMMAND));
}

static void hear_rows(void *user, struct words pairs)
{
    struct telling *t = user;
    const char *v;
    for (const char *pair = words_next(&pairs); pair; pair = words_next(&pairs)) {
        if ((v = words_value(pair, "pid"))) {
            end_row(t);
            t->row.pid = (uint32_t)words_number(v);
        } else if ((v = words_value(pair, "parent"))) {
            t->row.parent = (uint32_t)words_number(v);
        } else if ((v = words_value(pair, "name"))) {
            clean_into(&t->name, v);
        } else if ((v = words_value(pair, "command"))) {
            clean_into(&t->command, v);
        } else if ((v = words_value(pair, "user"))) {
            clean_into(&t->user, v);
        } else if ((v = words_value(pair, "cpu"))) {
            t->row.cpu_100ns = words_number(v);
        } else if ((v = words_value(pair, "memory"))) {
            t->row.memory = words_number(v);
        } else if ((v = words_value(pair, "created"))) {
            t->row.created = (int64_t)(words_number(v) & INT64_MAX);
        }
    }
}

static void ask_for_table(struct looking *k)
{
    struct telling t = {.table = process_table_new()};
    if (ask_guest(k->job.task.local->paths, k->id, WIRE_PROCESSES, hear_rows, &t, PATIENCE, &k->why)) {
        end_row(&t);
        qsort(t.table->rows, t.table->count, sizeof *t.table->rows, by_pid);
        k->table = t.table;
    } else {
        error_wrap(&k->why, "cannot read the processes of %s", k->state.spec.name);
        process_table_free(t.table);
    }
    text_done(&t.name);
    text_done(&t.command);
    text_done(&t.user);
}

static void run_looking(struct job *j)
{
    struct looking *k = (struct looking *)j;
    struct state *s = &k->state;
    if (!local_read_state(j->task.local, k->id, s, &k->why)) {
        return;
    }
    if (s->state != CONTAINER_RUNNING && s->state != CONTAINER_PAUSED) {
        error_set(&k->why, ERROR_CONFLICT, 0, "%s does not run: it has no processes", s->spec.name);
        return;
    }
    if (s->isolation == ISOLATION_VM) {
        ask_for_table(k);
        return;
    }
    k->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (k->proc < 0) {
        error_errno(&k->why, errno, "cannot read the processes of %s: /proc does not open", s->spec.name);
        return;
    }
    collect(k);
    close(k->proc);
}

static void looked(struct job *j)
{
    struct looking *k = (struct looking *)j;
    struct answer answer = {.why = k->why, .processes = k->table};
    task_finish(&j->task, &answer);
    process_table_free(answer.processes);
    state_done(&k->state);
    free(k->members);
    job_end(j);
}

void local_processes(struct backend *b, struct op *op, const char *key)
{
    struct local *l = (struct local *)b;
    if (!local_usable(l, op) || !local_key_ok(key, op)) {
        return;
    }
    struct looking *k = mem_new(1, sizeof *k);
    memcpy(k->id, key, STATE_ID);
    state_init(&k->state);
    job_start(&k->job, l, op, run_looking, looked);
}
