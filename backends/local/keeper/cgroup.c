#include "backends/local/keeper/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "core/text.h"

enum { DEEPEST = 16, PAUSE_MS = 20, PERIOD_US = 100000 };

static const char base[] = "/sys/fs/cgroup";

/* Calls for the folder of `path` in each hierarchy: v2 has one, at the base; v1 one per controller. */
static bool in_each(const char *path, bool (*visit)(const char *folder))
{
    bool ok = true;
    struct text folder = {0};
    text_addf(&folder, "%s%s", base, path);
    if (access(text_of(&folder), F_OK) == 0) {
        ok = visit(text_of(&folder));
    }
    DIR *dir = opendir(base);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        text_clear(&folder);
        text_addf(&folder, "%s/%s%s", base, entry->d_name, path);
        if (entry->d_name[0] != '.' && access(text_of(&folder), F_OK) == 0) {
            ok = visit(text_of(&folder)) && ok;
        }
    }
    if (dir) {
        closedir(dir);
    }
    text_done(&folder);
    return ok;
}

static bool put(const char *folder, const char *file, const char *value)
{
    struct text path = {0};
    text_addf(&path, "%s/%s", folder, file);
    int fd = open(text_of(&path), O_WRONLY | O_CLOEXEC);
    size_t len = strlen(value);
    bool ok = fd >= 0 && write(fd, value, len) == (ssize_t)len;
    if (fd >= 0) {
        close(fd);
    }
    text_done(&path);
    return ok;
}

/* Calls for a folder and for all below it: what runs in a container may have made cgroups of its own. */
static bool in_all_below(const char *folder, bool (*visit)(const char *folder), int depth)
{
    bool ok = visit(folder);
    DIR *dir = depth < DEEPEST ? opendir(folder) : NULL;
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            struct text below = {0};
            text_addf(&below, "%s/%s", folder, entry->d_name);
            ok = in_all_below(text_of(&below), visit, depth + 1) && ok;
            text_done(&below);
        }
    }
    if (dir) {
        closedir(dir);
    }
    return ok;
}

static bool thaw_one(const char *folder)
{
    put(folder, "freezer.state", "THAWED");
    put(folder, "cgroup.freeze", "0");
    return true;
}

static bool thaw(const char *folder)
{
    return in_all_below(folder, thaw_one, 0);
}

/* Making. */

static const char container_base[] = "/porthole";

static bool is_unified(const char *base_folder)
{
    struct text t = {0};
    text_addf(&t, "%s/cgroup.controllers", base_folder);
    bool yes = access(text_of(&t), F_OK) == 0;
    text_done(&t);
    return yes;
}

/* The folder of `path` below one hierarchy. In v2 each level must hand the controllers on to the next. */
static void make_below(const char *hierarchy, const char *path)
{
    struct text t = {0};
    bool unified = is_unified(hierarchy);
    if (unified) {
        put(hierarchy, "cgroup.subtree_control", "+cpu +memory +pids");
    }
    text_addf(&t, "%s%s", hierarchy, container_base);
    mkdir(text_of(&t), 0755);
    if (unified) {
        put(text_of(&t), "cgroup.subtree_control", "+cpu +memory +pids");
    }
    text_clear(&t);
    text_addf(&t, "%s%s", hierarchy, path);
    mkdir(text_of(&t), 0755);
    text_done(&t);
}

static void limit_cpus(const char *path, double cpus)
{
    struct text v1 = {0}, v2 = {0}, value = {0}, quota = {0};
    text_addf(&v1, "%s/cpu%s", base, path);
    text_addf(&v2, "%s%s", base, path);
    text_addf(&quota, "%.0f", cpus * PERIOD_US);
    text_addf(&value, "%.0f %d", cpus * PERIOD_US, PERIOD_US);
    put(text_of(&v1), "cpu.cfs_quota_us", text_of(&quota));
    put(text_of(&v2), "cpu.max", text_of(&value));
    text_done(&v1);
    text_done(&v2);
    text_done(&value);
    text_done(&quota);
}

void cgroup_make(const char *path, double cpus)
{
    if (is_unified(base)) {
        make_below(base, path);
    } else {
        DIR *dir = opendir(base);
        for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
            struct text hierarchy = {0};
            text_addf(&hierarchy, "%s/%s", base, entry->d_name);
            if (entry->d_name[0] != '.' && entry->d_type == DT_DIR) {
                make_below(text_of(&hierarchy), path);
            }
            text_done(&hierarchy);
        }
        if (dir) {
            closedir(dir);
        }
    }
    if (cpus > 0) {
        limit_cpus(path, cpus);
    }
}

void cgroup_put(const char *path, pid_t pid)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%ld", (long)pid);
    if (is_unified(base)) {
        struct text folder = {0};
        text_addf(&folder, "%s%s", base, path);
        put(text_of(&folder), "cgroup.procs", digits);
        text_done(&folder);
        return;
    }
    DIR *dir = opendir(base);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        struct text folder = {0};
        text_addf(&folder, "%s/%s%s", base, entry->d_name, path);
        if (entry->d_name[0] != '.') {
            put(text_of(&folder), "cgroup.procs", digits);
        }
        text_done(&folder);
    }
    if (dir) {
        closedir(dir);
    }
}

/* True: it is empty. */
static bool kill_in_one(const char *folder)
{
    struct text path = {0};
    text_addf(&path, "%s/cgroup.procs", folder);
    FILE *file = fopen(text_of(&path), "re");
    text_done(&path);
    bool empty = true;
    char line[64];
    while (file && fgets(line, sizeof line, file)) {
        long pid = strtol(line, NULL, 10);
        if (pid > 0) {
            empty = false;
            kill((pid_t)pid, SIGKILL);
        }
    }
    if (file) {
        fclose(file);
    }
    return empty;
}

static bool kill_in(const char *folder)
{
    return in_all_below(folder, kill_in_one, 0);
}

static bool is_gone(const char *folder)
{
    return access(folder, F_OK) < 0;
}

bool cgroup_exists(const char *path)
{
    return !in_each(path, is_gone);
}

bool cgroup_kill(const char *path, int seconds)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    in_each(path, thaw);
    for (int left = seconds * 1000; !in_each(path, kill_in); left -= PAUSE_MS) {
        if (left <= 0) {
            return false;
        }
        nanosleep(&pause, NULL);
    }
    return true;
}

static bool remove_at(int parent, const char *name, int depth)
{
    if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) {
        return true;
    }
    int fd = depth < DEEPEST ? openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            remove_at(fd, entry->d_name, depth + 1);
        }
    }
    if (dir) {
        closedir(dir);
    } else if (fd >= 0) {
        close(fd);
    }
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

static bool remove_folder(const char *folder)
{
    return remove_at(AT_FDCWD, folder, 0);
}

bool cgroup_remove(const char *path)
{
    const struct timespec pause = {.tv_nsec = 2 * 1000000L};
    for (int i = 0; i < 20; i++) { /* the kernel lets go of a dead process's group a moment later */
        if (in_each(path, remove_folder)) {
            return true;
        }
        nanosleep(&pause, NULL);
    }
    return false;
}
