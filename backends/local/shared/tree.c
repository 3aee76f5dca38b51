/* Removing a folder that a container has written: hostile names, links, and nesting of any depth.
 *
 * Everything goes through folder descriptors, and no link is followed. A folder that lies too deep is not
 * descended into but moved up to the top, where a later round finds it: so neither the stack nor the
 * descriptors run out.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/local/shared/paths.h"

enum { DEEPEST = 40, ROUNDS = 3 };

struct removal {
    int top;
    dev_t device;
    unsigned long moved; /* how many were moved up: numbers their names */
    bool again;          /* another round is needed */
};

static int remove_inside(struct removal *r, int folder, int depth);

/* A folder of a rootless container may shut out even its owner. */
static void open_up(int parent, const char *name, const struct stat *st)
{
    if ((st->st_mode & 0700) == 0700) {
        return;
    }
    int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        char self[64];
        snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
        chmod(self, 0700);
        close(fd);
    }
}

static int move_up(struct removal *r, int parent, const char *name)
{
    char place[64];
    do {
        snprintf(place, sizeof place, ".porthole-moved-%lu", r->moved++);
    } while (faccessat(r->top, place, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
    r->again = true;
    return renameat(parent, name, r->top, place);
}

static int remove_folder(struct removal *r, int parent, const char *name, const struct stat *st, int depth)
{
    if (st->st_dev != r->device) {
        errno = EXDEV;
        return -1;
    }
    open_up(parent, name, st);
    if (depth >= DEEPEST) {
        return move_up(r, parent, name);
    }
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || remove_inside(r, fd, depth + 1) < 0) { /* remove_inside closes fd */
        return -1;
    }
    return unlinkat(parent, name, AT_REMOVEDIR);
}

static int remove_entry(struct removal *r, int parent, const char *name, int depth)
{
    struct stat st;
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    if (S_ISDIR(st.st_mode)) {
        return remove_folder(r, parent, name, &st, depth);
    }
    return unlinkat(parent, name, 0) == 0 || errno == ENOENT ? 0 : -1;
}

static int remove_inside(struct removal *r, int folder, int depth)
{
    DIR *dir = fdopendir(folder);
    if (!dir) {
        int why = errno;
        close(folder);
        errno = why;
        return -1;
    }
    int why = 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        bool dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        if (!dots && remove_entry(r, folder, entry->d_name, depth) < 0) {
            why = errno; /* go on: as much as possible goes away */
        }
    }
    closedir(dir);
    errno = why;
    return why ? -1 : 0;
}

static int remove_rounds(const char *path)
{
    struct stat st;
    if (lstat(path, &st) < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    if (!S_ISDIR(st.st_mode)) {
        return unlink(path);
    }
    open_up(AT_FDCWD, path, &st);
    int top = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (top < 0) {
        return -1;
    }
    struct removal r = {.top = top, .device = st.st_dev};
    int result;
    do {
        r.again = false;
        int copy = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        result = copy < 0 ? -1 : remove_inside(&r, copy, 0);
    } while (result == 0 && r.again);
    int why = errno;
    close(top);
    errno = why;
    return result < 0 ? -1 : rmdir(path);
}

/* Somebody else may be removing it as well. */
static bool removed(const char *path)
{
    for (int tries = 0; tries < ROUNDS; tries++) {
        if (remove_rounds(path) == 0 || (errno == ENOENT && access(path, F_OK) != 0 && errno == ENOENT)) {
            return true;
        }
        if (errno != ENOENT) {
            return false;
        }
    }
    return false;
}

bool paths_remove_tree(const char *path, struct error *e)
{
    if (removed(path)) {
        return true;
    }
    if (errno == EXDEV || errno == EBUSY) {
        error_set(e, ERROR_CONFLICT, errno,
                  "Cannot remove %s: something is still mounted there; unmount it first", path);
    } else {
        error_errno(e, errno, "Cannot remove %s", path);
    }
    return false;
}
