#include "backends/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KERNEL_THREAD = 0x00200000 }; /* PF_KTHREAD among the flags of stat */

static int64_t clock_ms(clockid_t id)
{
    struct timespec now = {0};
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct procfs_clock procfs_clock(void)
{
    struct procfs_clock clock = {.boot = clock_ms(CLOCK_REALTIME) - clock_ms(CLOCK_BOOTTIME),
                                 .hertz = sysconf(_SC_CLK_TCK),
                                 .page = sysconf(_SC_PAGESIZE)};
    return clock;
}

int64_t procfs_created(const struct procfs_clock *clock, uint64_t started)
{
    return clock->boot + (int64_t)(started * 1000 / (uint64_t)clock->hertz);
}

uint64_t procfs_cpu(const struct procfs_clock *clock, uint64_t ticks)
{
    return ticks * 10000000 / (uint64_t)clock->hertz;
}

ssize_t procfs_read(int proc, uint32_t pid, const char *name, char *out, size_t room)
{
    char path[96];
    snprintf(path, sizeof path, "%" PRIu32 "/%s", pid, name);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return -1;
    }
    size_t len = 0;
    ssize_t n;
    while (len + 1 < room && (n = read(fd, out + len, room - 1 - len)) != 0) {
        if (n > 0) {
            len += (size_t)n;
        } else if (errno != EINTR) {
            break;
        }
    }
    close(fd);
    out[len] = '\0';
    return (ssize_t)len;
}

static void clean_name(char out[64], const char *name, size_t len)
{
    struct text t = {0};
    text_add_clean(&t, name, len < 20 ? len : 20); /* a cleaned byte takes three at most */
    snprintf(out, 64, "%s", text_of(&t));
    text_done(&t);
}

/* The numbers of the fields first..last of stat, counted from 1 as proc(5) does; p is at field 3. */
static bool numbers(const char *p, int last, uint64_t *fields)
{
    for (int field = 4; field <= last; field++) {
        p = strchr(p, ' ');
        if (!p) {
            return false;
        }
        fields[field] = strtoull(++p, NULL, 10);
    }
    return true;
}

bool procfs_parse_stat(const char *text, struct procfs_stat *out)
{
    const char *open = strchr(text, '('), *close = strrchr(text, ')'); /* the name may hold anything */
    uint64_t f[25] = {0};
    if (!open || !close || close < open || close[1] != ' ' || !close[2] || !numbers(close + 2, 24, f)) {
        return false;
    }
    clean_name(out->name, open + 1, (size_t)(close - open - 1));
    out->state = close[2];
    out->parent = (uint32_t)f[4];
    out->kernel = f[9] & KERNEL_THREAD;
    out->ticks = f[14] + f[15];
    out->child_ticks = f[16] + f[17];
    out->started = f[22];
    out->pages = f[24];
    return true;
}

static const char *line_of(const char *text, const char *label)
{
    size_t len = strlen(label);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, label, len) == 0) {
            return line + len;
        }
    }
    return NULL;
}

bool procfs_parse_status(const char *text, struct procfs_status *out)
{
    memset(out, 0, sizeof *out);
    const char *uid = line_of(text, "Uid:"), *inner = line_of(text, "NSpid:"), *rss = line_of(text, "VmRSS:");
    const char *process = line_of(text, "Tgid:");
    unsigned real, effective;
    if (!uid || sscanf(uid, "%u %u", &real, &effective) != 2) {
        return false;
    }
    out->process = process ? (uint32_t)strtoul(process, NULL, 10) : 0;
    out->uid = effective;
    out->memory = rss ? strtoull(rss, NULL, 10) * 1024 : 0;
    while (inner && *inner != '\n' && out->n_pids < PROCFS_LEVELS) {
        char *end;
        unsigned long pid = strtoul(inner, &end, 10);
        if (end == inner) {
            break;
        }
        out->pids[out->n_pids++] = (uint32_t)pid;
        inner = end;
    }
    return true;
}

bool procfs_stat(int proc, uint32_t pid, struct procfs_stat *out)
{
    char text[2048];
    return procfs_read(proc, pid, "stat", text, sizeof text) > 0 && procfs_parse_stat(text, out);
}

bool procfs_status(int proc, uint32_t pid, struct procfs_status *out)
{
    char text[8192];
    return procfs_read(proc, pid, "status", text, sizeof text) > 0 && procfs_parse_status(text, out);
}

void procfs_command(int proc, uint32_t pid, struct text *out)
{
    char raw[PROCFS_COMMAND];
    ssize_t len = procfs_read(proc, pid, "cmdline", raw, sizeof raw);
    while (len > 0 && raw[len - 1] == '\0') {
        len--;
    }
    for (ssize_t i = 0; i < len; i++) {
        raw[i] = raw[i] ? raw[i] : ' ';
    }
    if (len > 0) {
        text_add_clean(out, raw, (size_t)len);
    }
}

bool procfs_is_helper(const char *name)
{
    static const char helper[] = "runc:["; /* runc:[2:INIT] */
    return strncmp(name, helper, sizeof helper - 1) == 0;
}
