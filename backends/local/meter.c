#include "backends/local/meter.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "backends/local/cgroup_procs.h"
#include "backends/local/vm_meter.h"
#include "core/memory.h"

enum { RECOUNT = 10 /* rounds */ };

static const unsigned field_of[METER_COUNT] = {FIELD_CPU, FIELD_MEMORY, FIELD_PROCESSES};

static void close_file(struct meter *m, enum cgroup_meter which)
{
    if (m->fds[which] >= 0) {
        close(m->fds[which]);
        m->fds[which] = -1;
    }
}

static void close_files(struct meter *m)
{
    for (enum cgroup_meter which = 0; which < METER_COUNT; which++) {
        close_file(m, which);
    }
}

void meter_init(struct meter *m, const char *id)
{
    memset(m, 0, sizeof *m);
    memcpy(m->id, id, STATE_ID);
    for (enum cgroup_meter which = 0; which < METER_COUNT; which++) {
        m->fds[which] = -1;
    }
}

void meter_done(struct meter *m)
{
    close_files(m);
    free(m->cgroup);
}

void meter_aim(struct meter *m, const struct state *s)
{
    const char *cgroup = s->cgroup;
    bool same = m->pid == s->pid && m->vm == s->vm &&
                (m->cgroup == cgroup || (m->cgroup && cgroup && strcmp(m->cgroup, cgroup) == 0));
    m->active = true;
    if (!same) {
        close_files(m);
        free(m->cgroup);
        m->cgroup = mem_string(cgroup);
        m->pid = s->pid;
        m->vm = s->vm;
        m->asked_at = m->asked_cpu = m->host_pages = 0;
        m->base_at = 0;
        m->tasks = 0;
    }
}

/* By cgroup. */

static bool read_file(struct meter *m, enum cgroup_meter which, const struct cgroups *cgroups)
{
    char text[1024];
    if (m->fds[which] < 0) {
        char *path = cgroups_file(cgroups, which, m->cgroup);
        m->fds[which] = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        free(path);
    }
    ssize_t n = m->fds[which] >= 0 ? pread(m->fds[which], text, sizeof text - 1, 0) : -1;
    if (n <= 0) {
        close_file(m, which); /* the cgroup is gone; there may be a new one of that name in the next round */
        return false;
    }
    text[n] = '\0';
    return cgroups_value(which, text, &m->value[which]);
}

/* The kernel counts threads. Processes are counted by listing them, which costs more: only when the number of
 * threads has changed, and now and then. */
static void count_processes(struct meter *m, const struct cgroups *cgroups)
{
    uint64_t tasks = m->value[METER_PROCESSES];
    if (tasks != m->tasks || m->since_count++ >= RECOUNT) {
        struct pid_list list = {0};
        char *folder = cgroups_folder(cgroups, m->cgroup);
        m->has[METER_PROCESSES] = folder && cgroup_procs(folder, &list);
        m->counted = list.count;
        m->tasks = m->has[METER_PROCESSES] ? tasks : 0;
        m->since_count = 0;
        free(folder);
        free(list.pids);
    }
    m->value[METER_PROCESSES] = m->counted;
}

static void read_cgroup(struct meter *m, const struct meter_round *round)
{
    m->at = uv_hrtime();
    for (enum cgroup_meter which = 0; which < METER_COUNT; which++) {
        m->has[which] = (round->fields & field_of[which]) && read_file(m, which, round->cgroups);
    }
    if (m->has[METER_PROCESSES]) {
        count_processes(m, round->cgroups);
    }
    if (!round->keep) {
        close_files(m);
    }
}

/* By pid namespace: one pass over /proc for all of them. */

static void add_process(struct meter *m, int proc, uint32_t pid, const struct procfs_clock *clock)
{
    struct procfs_stat stat;
    if (procfs_stat(proc, pid, &stat)) {
        m->value[METER_CPU] += procfs_cpu(clock, stat.ticks + stat.child_ticks) * 100;
        m->value[METER_MEMORY] += stat.pages * (uint64_t)clock->page;
        m->value[METER_PROCESSES]++;
    }
}

static void begin_sum(struct meter *m, int proc, uint64_t *space)
{
    *space = m->active && !m->cgroup && !m->vm ? namespace_of(proc, m->pid) : 0;
    if (*space) {
        m->at = uv_hrtime();
        memset(m->value, 0, sizeof m->value);
    }
}

static void sum_up(struct meter *meters, size_t n, const struct meter_round *round)
{
    DIR *list = opendir("/proc");
    uint64_t *spaces = mem_new(n, sizeof *spaces);
    for (size_t i = 0; list && i < n; i++) {
        begin_sum(&meters[i], dirfd(list), &spaces[i]);
    }
    struct dirent *entry;
    while (list && (entry = readdir(list))) {
        uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);
        uint64_t space = pid > 0 ? namespace_of(dirfd(list), pid) : 0;
        for (size_t i = 0; space && i < n; i++) {
            if (spaces[i] == space) {
                add_process(&meters[i], dirfd(list), pid, round->clock);
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (enum cgroup_meter which = 0; spaces[i] && which < METER_COUNT; which++) {
            meters[i].has[which] = (round->fields & field_of[which]) && meters[i].value[METER_PROCESSES] > 0;
        }
    }
    free(spaces);
    if (list) {
        closedir(list);
    }
}

void meter_read_all(struct meter *meters, size_t n, const struct meter_round *round)
{
    bool rootless = false;
    for (size_t i = 0; i < n; i++) {
        memset(meters[i].has, 0, sizeof meters[i].has);
        if (meters[i].active && meters[i].vm) {
            vm_meter_read(&meters[i], round);
        } else if (meters[i].active && meters[i].cgroup) {
            read_cgroup(&meters[i], round);
        }
        rootless = rootless || (meters[i].active && !meters[i].cgroup && !meters[i].vm);
    }
    if (rootless) {
        sum_up(meters, n, round);
    }
}
