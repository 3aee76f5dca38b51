/* What the agent knows of the container's processes: it is in the outermost pid namespace of the machine, so
 * that it sees them all, and the kernel tells it the number that each has in the container. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/local/guest/agent.h"
#include "backends/procfs.h"
#include "backends/users.h"

enum {
    FRAME = 40 * 1024,
    PIDS_LIMIT = 1024 * 1024,
    VALUE = 4096,
    LEVEL = 1 /* of the container's numbers */
};

struct table {
    struct agent *agent;
    uint16_t channel;
    int proc;
    struct procfs_clock clock;
    struct users *users;
    struct text rows;
};

static char *read_file(const char *path, size_t limit)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct text t = {0};
    char block[4096];
    ssize_t n = fd >= 0 ? read(fd, block, sizeof block) : 0;
    while (n > 0 && t.len < limit) {
        text_add_n(&t, block, (size_t)n);
        n = read(fd, block, sizeof block);
    }
    if (fd >= 0) {
        close(fd);
    }
    return text_take(&t);
}

static uint32_t number_inside(int proc, uint32_t pid)
{
    struct procfs_status status;
    return pid > 0 && procfs_status(proc, pid, &status) && status.n_pids > LEVEL ? status.pids[LEVEL] : 0;
}

static void add_row(struct table *t, uint32_t pid)
{
    struct procfs_stat stat;
    struct procfs_status status;
    if (!procfs_stat(t->proc, pid, &stat) || !procfs_status(t->proc, pid, &status) ||
        status.n_pids <= LEVEL) {
        return; /* it has just ended */
    }
    struct text command = {0};
    procfs_command(t->proc, pid, &command);
    words_add_number(&t->rows, "pid", status.pids[LEVEL]);
    words_add_number(&t->rows, "parent", number_inside(t->proc, stat.parent));
    words_add(&t->rows, "name", stat.name);
    words_add(&t->rows, "command", command.len > 0 ? text_of(&command) : NULL);
    words_add(&t->rows, "user", users_name(t->users, status.uid));
    words_add_number(&t->rows, "cpu", procfs_cpu(&t->clock, stat.ticks));
    words_add_number(&t->rows, "memory", status.memory);
    words_add_number(&t->rows, "created", (uint64_t)procfs_created(&t->clock, stat.started));
    text_done(&command);
}

static void send_rows(struct table *t)
{
    if (t->rows.len > 0) {
        agent_say(t->agent, WIRE_ROWS, t->channel, t->rows.data, t->rows.len);
        text_clear(&t->rows);
    }
}

void report_processes(struct agent *a, uint16_t channel)
{
    struct table t = {.agent = a, .channel = channel, .clock = procfs_clock()};
    int root = open(AGENT_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
    char *pids = read_file(AGENT_CGROUP "/cgroup.procs", PIDS_LIMIT), *at = pids;
    t.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    t.users = users_new(root, "0 0 4294967295\n");
    while (at && *at) {
        char *end;
        unsigned long pid = strtoul(at, &end, 10);
        if (end == at) {
            break;
        }
        add_row(&t, (uint32_t)pid);
        if (t.rows.len > FRAME) {
            send_rows(&t);
        }
        at = *end ? end + 1 : end;
    }
    send_rows(&t);
    agent_say(a, WIRE_DONE, channel, NULL, 0);
    users_free(t.users);
    text_done(&t.rows);
    free(pids);
    close(t.proc);
    close(root);
}

static uint64_t value_of(const char *file, const char *label)
{
    char *text = read_file(file, VALUE);
    char *at = text && label ? strstr(text, label) : text;
    uint64_t value = at ? strtoull(at + (label ? strlen(label) : 0), NULL, 10) : 0;
    free(text);
    return value;
}

static size_t count_lines(const char *file)
{
    char *text = read_file(file, PIDS_LIMIT);
    size_t n = 0;
    for (const char *at = text; at && (at = strchr(at, '\n')); at++) {
        n++;
    }
    free(text);
    return n;
}

void report_statistics(struct agent *a, uint16_t channel)
{
    struct text t = {0};
    words_add_number(&t, "cpu_ns", value_of(AGENT_CGROUP "/cpu.stat", "usage_usec ") * 1000);
    words_add_number(&t, "memory", value_of(AGENT_CGROUP "/memory.current", NULL));
    words_add_number(&t, "processes", count_lines(AGENT_CGROUP "/cgroup.procs"));
    agent_say(a, WIRE_ROWS, channel, t.data, t.len);
    agent_say(a, WIRE_DONE, channel, NULL, 0);
    text_done(&t);
}
