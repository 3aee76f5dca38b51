#include "backends/meter.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "backends/cgroup_procs.h"
#include "core/memory.h"

enum { RECOUNT = 10 /* rounds */, SHORTEST = 200 /* ms between two readings of CPU */ };

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

void meter_init(struct meter *m, const char *key)
{
    memset(m, 0, sizeof *m);
    snprintf(m->key, sizeof m->key, "%s", key);
    for (enum cgroup_meter which = 0; which < METER_COUNT; which++) {
        m->fds[which] = -1;
    }
}

void meter_done(struct meter *m)
{
    close_files(m);
    free(m->cgroup);
}

void meter_aim(struct meter *m, const char *cgroup, uint32_t pid, uint32_t vm)
{
    bool same = m->pid == pid && m->vm == vm &&
                (m->cgroup == cgroup || (m->cgroup && cgroup && strcmp(m->cgroup, cgroup) == 0));
    m->active = true;
    if (!same) {
        close_files(m);
        free(m->cgroup);
        m->cgroup = mem_string(cgroup);
        m->pid = pid;
        m->vm = vm;
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
        if (meters[i].active && meters[i].vm && round->read_vm) {
            round->read_vm(round->user, &meters[i], round);
        } else if (meters[i].active && meters[i].cgroup) {
            read_cgroup(&meters[i], round);
        }
        rootless = rootless || (meters[i].active && !meters[i].cgroup && !meters[i].vm);
    }
    if (rootless) {
        sum_up(meters, n, round);
    }
}

/* What was read. */

static double cores(struct meter *m, double before)
{
    uint64_t cpu = m->value[METER_CPU];
    if (m->base_at == 0 || cpu < m->base_cpu) {
        m->base_cpu = cpu;
        m->base_at = m->at;
        return before;
    }
    if (m->at - m->base_at < (uint64_t)SHORTEST * 1000000) {
        return before;
    }
    double used = (double)(cpu - m->base_cpu) / (double)(m->at - m->base_at);
    m->base_cpu = cpu;
    m->base_at = m->at;
    return round(used * 1000) / 1000; /* a tenth of a percent: less would only flicker */
}

unsigned meter_apply(struct meter *m, struct container *c)
{
    struct container before = *c;
    unsigned changed = 0;
    if (m->has[METER_CPU]) {
        c->cpu = cores(m, c->cpu);
        bool same = c->cpu == before.cpu || (isnan(c->cpu) && isnan(before.cpu));
        changed |= same ? 0 : FIELD_CPU;
    }
    if (m->has[METER_MEMORY]) {
        c->memory = m->value[METER_MEMORY];
        c->host_memory = m->vm ? m->host_memory : 0;
        changed |= c->memory == before.memory && c->host_memory == before.host_memory ? 0 : FIELD_MEMORY;
    }
    if (m->has[METER_PROCESSES]) {
        c->processes = (int32_t)m->value[METER_PROCESSES];
        changed |= c->processes == before.processes ? 0 : FIELD_PROCESSES;
    }
    return changed;
}
