/* A start that takes long is not a start that failed: it is told what it waits for, and goes on. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backends/local/engine.h"

/* The first child of a keeper that is at work for it: the kernel lists them by thread. */
static uint32_t child_of(int proc, uint32_t keeper, struct procfs_stat *out)
{
    char name[64], list[256];
    snprintf(name, sizeof name, "task/%" PRIu32 "/children", keeper);
    ssize_t len = procfs_read(proc, keeper, name, list, sizeof list);
    char *rest = list;
    while (len > 0 && *rest) {
        char *end;
        uint32_t pid = (uint32_t)strtoul(rest, &end, 10);
        if (end == rest) {
            break;
        }
        if (procfs_stat(proc, pid, out) && out->state != 'Z') {
            return pid;
        }
        rest = end;
    }
    return 0;
}

void slow_tell(struct task *asker, uint64_t seconds, uint32_t keeper)
{
    struct procfs_stat stat, child;
    struct text t = {0};
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool known = proc >= 0 && procfs_stat(proc, keeper, &stat);
    uint32_t helper = known ? child_of(proc, keeper, &child) : 0;
    text_addf(&t, "still starting after %" PRIu64 " s: its keeper (pid %" PRIu32 ") ", seconds, keeper);
    if (known && (stat.state == 'T' || stat.state == 't')) {
        text_add(&t, "is stopped by a signal");
    } else if (helper) {
        text_addf(&t, "waits for %s (pid %" PRIu32 ")", child.name, helper);
    } else {
        text_add(&t, "is at work");
    }
    if (proc >= 0) {
        close(proc);
    }
    if (asker && asker->op) {
        op_progress(asker->op, 0, 0, text_of(&t));
    }
    text_done(&t);
}
