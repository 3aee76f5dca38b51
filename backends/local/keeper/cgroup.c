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

enum { DEEPEST = 16, PAUSE_MS = 20 };

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

static bool thaw(const char *folder)
{
    put(folder, "freezer.state", "THAWED");
    put(folder, "cgroup.freeze", "0");
    return true;
}

/* True: it is empty. */
static bool kill_in(const char *folder)
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
