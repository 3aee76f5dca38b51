/* To be asked wakes a guest, and to add up QEMU's pages takes the host a while: both are done only when
 * something can have changed, which QEMU's own CPU time and its number of pages tell for next to nothing. */
#include "backends/local/vm_meter.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "backends/local/ask.h"

enum { PATIENCE = 500 /* ms */, ROOM = 4096 };

static const uint64_t BUSY_NS = 50 * 1000000, OFTEN_NS = UINT64_C(30) * 1000000000;

static void hear(void *user, struct words pairs)
{
    struct meter *m = user;
    const char *v;
    for (const char *pair = words_next(&pairs); pair; pair = words_next(&pairs)) {
        if ((v = words_value(pair, "memory"))) {
            m->value[METER_MEMORY] = words_number(v);
        } else if ((v = words_value(pair, "processes"))) {
            m->value[METER_PROCESSES] = words_number(v) & INT32_MAX;
        }
    }
}

static void ask(struct meter *m, const struct paths *paths)
{
    bool changed = m->value[METER_CPU] - m->asked_cpu >= BUSY_NS || m->at - m->asked_at >= OFTEN_NS;
    if (m->asked_at > 0 && !changed) {
        return;
    }
    if (ask_guest(paths, m->key, WIRE_STATISTICS, hear, m, PATIENCE, NULL) || m->asked_at > 0) {
        m->asked_at = m->at;
        m->asked_cpu = m->value[METER_CPU];
    }
}

/* Its share of memory that it has in common with others: of pages of a template each VM counts a part. */
static uint64_t shared_size(int proc, uint32_t pid, uint64_t otherwise)
{
    char text[ROOM];
    ssize_t n = procfs_read(proc, pid, "smaps_rollup", text, sizeof text);
    const char *line = n > 0 ? strstr(text, "\nPss:") : NULL;
    return line ? strtoull(line + strlen("\nPss:"), NULL, 10) * 1024 : otherwise;
}

void vm_meter_read(struct meter *m, const struct paths *paths, const struct meter_round *round)
{
    struct procfs_stat stat;
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool there = proc >= 0 && procfs_stat(proc, m->vm, &stat);
    m->at = uv_hrtime();
    if (there) {
        m->value[METER_CPU] = procfs_cpu(round->clock, stat.ticks) * 100;
        if (stat.pages != m->host_pages && (round->fields & FIELD_MEMORY)) {
            m->host_memory = shared_size(proc, m->vm, stat.pages * (uint64_t)round->clock->page);
            m->host_pages = stat.pages;
        }
        if (round->fields & (FIELD_MEMORY | FIELD_PROCESSES)) {
            ask(m, paths);
        }
        m->has[METER_CPU] = round->fields & FIELD_CPU;
        m->has[METER_MEMORY] = m->asked_at > 0 && (round->fields & FIELD_MEMORY);
        m->has[METER_PROCESSES] = m->asked_at > 0 && (round->fields & FIELD_PROCESSES);
    }
    if (proc >= 0) {
        close(proc);
    }
}
