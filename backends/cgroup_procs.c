#include "backends/cgroup_procs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/nsfs.h>

#include "core/memory.h"

enum { PIDS_LIMIT = 100000, DEEPEST = 32 };

static void add(struct pid_list *out, uint32_t pid)
{
    if (pid > 0 && out->count < PIDS_LIMIT) {
        out->pids = mem_grow(out->pids, &out->room, out->count + 1, sizeof *out->pids);
        out->pids[out->count++] = pid;
    }
}

/* A number may be cut by the end of a block: it is then carried into the next. */
static void read_pids(int fd, struct pid_list *out)
{
    char block[4096];
    uint32_t pid = 0;
    ssize_t n;
    while ((n = read(fd, block, sizeof block)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (block[i] >= '0' && block[i] <= '9') {
                pid = pid * 10 + (uint32_t)(block[i] - '0');
            } else {
                add(out, pid);
                pid = 0;
            }
        }
    }
    add(out, pid);
}

/* Takes over the descriptor. */
static bool walk(int folder, int depth, struct pid_list *out)
{
    int fd = openat(folder, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int why = errno;
        close(folder);
        errno = why;
        return false;
    }
    read_pids(fd, out);
    close(fd);
    DIR *list = fdopendir(folder);
    struct dirent *entry;
    while (list && depth < DEEPEST && (entry = readdir(list))) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            int inner = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (inner >= 0) {
                walk(inner, depth + 1, out); /* one that has just gone is no failure */
            }
        }
    }
    if (list) {
        closedir(list);
    } else {
        close(folder);
    }
    return true;
}

bool cgroup_procs(const char *folder, struct pid_list *out)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && walk(fd, 0, out);
}

uint64_t namespace_of(int proc, uint32_t pid)
{
    char path[32], link[64];
    snprintf(path, sizeof path, "%u/ns/pid", pid);
    ssize_t len = readlinkat(proc, path, link, sizeof link - 1);
    if (len <= 0) {
        return 0;
    }
    link[len] = '\0';
    const char *number = strchr(link, '[');
    return number ? strtoull(number + 1, NULL, 10) : 0;
}

void namespaces_of(int proc, uint32_t pid, uint64_t *numbers, size_t n)
{
    memset(numbers, 0, n * sizeof *numbers);
    if (n == 0) {
        return;
    }
    numbers[n - 1] = namespace_of(proc, pid);
    if (n == 1 || numbers[n - 1] == 0) {
        return; /* most processes are in no nested one: their namespace need not be opened */
    }
    char path[32];
    struct stat st;
    snprintf(path, sizeof path, "%u/ns/pid", pid);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fstat(fd, &st) == 0) {
        numbers[--n] = st.st_ino;
        int parent = n > 0 ? ioctl(fd, NS_GET_PARENT) : -1;
        close(fd);
        fd = parent;
    }
    if (fd >= 0) {
        close(fd);
    }
}

bool namespace_procs(uint32_t init, struct pid_list *out)
{
    DIR *list = opendir("/proc");
    uint64_t wanted = list ? namespace_of(dirfd(list), init) : 0;
    struct dirent *entry;
    while (wanted && (entry = readdir(list))) {
        uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);
        if (pid > 0 && namespace_of(dirfd(list), pid) == wanted) {
            add(out, pid);
        }
    }
    if (list) {
        closedir(list);
    }
    return wanted != 0;
}
