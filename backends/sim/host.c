/* What the simulated host sees: its own processes, every process of a process-isolated container under the
 * same pid, and for each VM its worker and the process that holds its memory. */
#include "core/host.h"

#include <stdio.h>

#include "backends/sim/parts.h"

static const struct {
    uint32_t pid, parent;
    const char *name, *command, *user;
    uint32_t kilobytes;
} own[] = {
    {4, 0, "System", NULL, "NT AUTHORITY\\SYSTEM", 140},
    {96, 4, "Registry", NULL, "NT AUTHORITY\\SYSTEM", 61000},
    {356, 4, "smss.exe", "\\SystemRoot\\System32\\smss.exe", "NT AUTHORITY\\SYSTEM", 480},
    {476, 356, "csrss.exe", "csrss.exe", "NT AUTHORITY\\SYSTEM", 2100},
    {552, 356, "wininit.exe", "wininit.exe", "NT AUTHORITY\\SYSTEM", 1400},
    {588, 552, "services.exe", "C:\\Windows\\system32\\services.exe", "NT AUTHORITY\\SYSTEM", 6200},
    {704, 552, "lsass.exe", "C:\\Windows\\system32\\lsass.exe", "NT AUTHORITY\\SYSTEM", 11400},
    {812, 588, "svchost.exe", "svchost.exe -k DcomLaunch", "NT AUTHORITY\\SYSTEM", 9100},
    {864, 588, "svchost.exe", "svchost.exe -k NetworkService", "NT AUTHORITY\\NETWORK SERVICE", 7300},
    {932, 588, "vmcompute.exe", "C:\\Windows\\system32\\vmcompute.exe", "NT AUTHORITY\\SYSTEM", 14200},
    {988, 588, "vmms.exe", "C:\\Windows\\system32\\vmms.exe", "NT AUTHORITY\\SYSTEM", 22800},
    {1040, 588, "dockerd.exe", "dockerd.exe --run-service", "NT AUTHORITY\\SYSTEM", 71000},
    {1096, 588, "containerd.exe", "containerd.exe --run-service", "NT AUTHORITY\\SYSTEM", 38000},
};

static void add_own(struct host_table *t, int64_t booted)
{
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        host_table_add(t, &(struct host_process){.pid = own[i].pid,
                                                 .parent = own[i].parent,
                                                 .name = own[i].name,
                                                 .command = own[i].command,
                                                 .user = own[i].user,
                                                 .memory = (uint64_t)own[i].kilobytes << 10,
                                                 .created = booted});
    }
}

static void add_silo(struct host_table *t, const struct machine *m, const struct system *s)
{
    for (size_t i = 0; i < s->n_tasks; i++) {
        const struct task *task = &s->tasks[i];
        host_table_add(
            t, &(struct host_process){.pid = task->pid,
                                      .parent = i ? s->tasks[0].pid : own[2].pid,
                                      .name = role_at(task->role)->name,
                                      .user = i < 10 ? "NT AUTHORITY\\SYSTEM" : "User Manager\\ContainerUser",
                                      .container = s->id,
                                      .cpu_100ns = task_cpu(m, s, task),
                                      .memory = (uint64_t)task->kilobytes << 10,
                                      .created = task->created + s->lag});
    }
}

static void add_workers(struct host_table *t, const struct machine *m, const struct system *s)
{
    char command[96], user[64];
    uint64_t guest = (uint64_t)(s->shape == SHAPE_HYPERV ? 380 : 900) << 20;
    snprintf(command, sizeof command, "C:\\Windows\\System32\\vmwp.exe %s", s->vm);
    snprintf(user, sizeof user, "NT VIRTUAL MACHINE\\%s", s->vm);
    struct host_process worker = {.pid = s->vmwp,
                                  .parent = own[9].pid,
                                  .name = "vmwp.exe",
                                  .command = command,
                                  .user = user,
                                  .vm = s->vm,
                                  .cpu_100ns = system_cpu(m, s) / 50,
                                  .memory = UINT64_C(19) << 20,
                                  .created = s->started};
    host_table_add(t, &worker);
    worker.pid = s->vmmem;
    worker.parent = 4;
    worker.name = s->shape == SHAPE_WSL ? "vmmemWSL" : "vmmem";
    worker.command = NULL;
    worker.cpu_100ns = system_cpu(m, s);
    worker.memory = guest + ((uint64_t)(s->vmmem % 97) << 20);
    host_table_add(t, &worker);
}

struct host_table *machine_host(const struct machine *m)
{
    struct host_table *t = host_table_new();
    add_own(t, m->now - INT64_C(40) * 86400000);
    for (size_t i = 0; i < m->n_systems; i++) {
        const struct system *s = m->systems[i];
        if (s->shape <= SHAPE_SILO_ZERO) {
            add_silo(t, m, s);
        } else if (s->vmwp) {
            add_workers(t, m, s);
        }
    }
    host_table_sort(t);
    return t;
}
