#include "backends/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"

enum { LINKS_AT_MOST = 8 };

int beneath_open(int root, const char *path, int flags, enum beneath_links links)
{
    struct open_how how = {.flags = (unsigned long long)(flags | O_CLOEXEC)};
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    if (links == BENEATH_LINKS_REFUSED) {
        how.resolve |= RESOLVE_NO_SYMLINKS;
    }
    long fd;
    do {
        fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
    } while (fd < 0 && errno == EAGAIN); /* a rename elsewhere raced with ".." */
    return (int)fd;
}

static char *read_all(int fd, size_t limit, size_t *len)
{
    char *data = mem_new(limit + 1, 1);
    *len = 0;
    while (*len < limit) {
        ssize_t n = read(fd, data + *len, limit - *len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            free(data);
            return NULL;
        }
        if (n == 0) {
            break;
        }
        *len += (size_t)n;
    }
    return data;
}

char *beneath_read(int root, const char *path, size_t limit, size_t *len)
{
    int fd = beneath_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, BENEATH_LINKS_FOLLOWED);
    if (fd < 0) {
        return NULL;
    }
    struct stat st;
    char *data = NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        size_t want = st.st_size > 0 && (size_t)st.st_size < limit ? (size_t)st.st_size + 1 : limit;
        data = read_all(fd, want < limit ? want : limit, len);
    } else {
        errno = EINVAL;
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return data;
}

static void close_keeping_errno(int fd)
{
    int saved = errno;
    close(fd);
    errno = saved;
}

/* Root is kept from nothing by a folder's mode. Others are, by that of a folder of their own, which the root
 * of a container of theirs may have write-protected; its user namespace gives that one the right all the
 * same. */
static void open_up(int folder)
{
    struct stat st;
    char link[64];
    if (geteuid() != 0 && fstat(folder, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 0300) != 0300) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        int failed = chmod(link, (st.st_mode & 07777) | 0300);
        (void)failed; /* what is to be made tells it */
    }
}

static int make_folders(int root, const char *path, int links);

/* `name` is a link that leads to nothing yet: what it names is made, as the links of an image may name
 * folders that only come to be at run time (/var/run -> /run). */
static int make_link_target(int root, const char *parent, int at, const char *name, int links)
{
    char target[PATH_MAX + 1];
    ssize_t len = readlinkat(at, name, target, PATH_MAX);
    if (len < 0 || links >= LINKS_AT_MOST) {
        errno = len < 0 ? ENOTDIR : ELOOP;
        return -1;
    }
    target[len] = '\0';
    struct text path = {0};
    text_addf(&path, "%s/%s", target[0] == '/' ? "" : parent, target);
    int fd = make_folders(root, text_of(&path), links + 1);
    int saved = errno;
    text_done(&path);
    errno = saved;
    return fd;
}

/* `base`, a name or path below `root`, as an O_PATH descriptor; its last part, `last`, is made if it is
 * missing. The path is resolved from the root each time: a link in it may lead anywhere below. */
static int make_folder_step(int root, const char *base, const char *last, int links)
{
    int fd = beneath_open(root, base, O_PATH | O_DIRECTORY, BENEATH_LINKS_FOLLOWED);
    if (fd >= 0 || errno != ENOENT) {
        return fd;
    }
    char *parent = mem_string_n(base, (size_t)(last - base));
    int at = beneath_open(root, *parent ? parent : "/", O_PATH | O_DIRECTORY, BENEATH_LINKS_FOLLOWED);
    if (at >= 0) {
        open_up(at);
    }
    if (at >= 0 && mkdirat(at, last, 0755) == 0) {
        fd = beneath_open(root, base, O_PATH | O_DIRECTORY, BENEATH_LINKS_FOLLOWED);
    } else if (at >= 0 && errno == EEXIST) {
        fd = make_link_target(root, parent, at, last, links);
    }
    int saved = errno;
    if (at >= 0) {
        close(at);
    }
    free(parent);
    errno = saved;
    return fd;
}

static int make_folders(int root, const char *path, int links)
{
    char *copy = mem_string(path);
    int fd = beneath_open(root, "/", O_PATH | O_DIRECTORY, BENEATH_LINKS_FOLLOWED);
    for (char *part = copy + strspn(copy, "/"); fd >= 0 && *part;) {
        size_t len = strcspn(part, "/");
        char end = part[len];
        part[len] = '\0';
        close(fd);
        fd = make_folder_step(root, copy, part, links);
        part[len] = end;
        part += len + strspn(part + len, "/");
    }
    int saved = errno;
    free(copy);
    errno = saved;
    return fd;
}

/* Nothing is there that could make the opening wait, unless a link leads to something that appeared now. */
static int make_file(int root, const char *path)
{
    struct open_how how = {.flags = O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                           .mode = 0644,
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0) {
        close((int)fd);
    }
    return fd < 0 ? -1 : beneath_open(root, path, O_PATH, BENEATH_LINKS_FOLLOWED);
}

int beneath_make(int root, const char *path, enum beneath_kind kind)
{
    if (kind == BENEATH_FOLDER) {
        return make_folders(root, path, 0);
    }
    int fd = beneath_open(root, path, O_PATH, BENEATH_LINKS_FOLLOWED);
    if (fd >= 0 || errno != ENOENT) {
        return fd;
    }
    char *folder = mem_string(path);
    char *slash = strrchr(folder, '/');
    *(slash ? slash : folder) = '\0';
    fd = make_folders(root, folder, 0);
    free(folder);
    if (fd < 0) {
        return -1;
    }
    open_up(fd);
    close(fd);
    return make_file(root, path);
}

/* Takes whatever is called `name` away unless it is of that kind: 1 it is, 0 there is nothing now and it can
 * be made, -1 and errno. */
static int clear_unless(int parent, const char *name, enum beneath_kind kind)
{
    struct stat st;
    bool there = fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (!there && errno != ENOENT) {
        return -1;
    }
    if (there && (kind == BENEATH_FOLDER ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode))) {
        return 1;
    }
    open_up(parent);
    return !there ? 0 : unlinkat(parent, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
}

static int make_real_part(int parent, const char *name, enum beneath_kind kind)
{
    int there = clear_unless(parent, name, kind);
    if (there < 0) {
        return -1;
    }
    if (kind == BENEATH_FOLDER) {
        if (there == 0 && mkdirat(parent, name, 0755) < 0) {
            return -1;
        }
        return openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    return openat(
        parent, name,
        there ? O_PATH | O_NOFOLLOW | O_CLOEXEC : O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
}

bool beneath_make_real(int root, const char *path, enum beneath_kind kind)
{
    char *copy = mem_string(path);
    int fd = fcntl(root, F_DUPFD_CLOEXEC, 0);
    for (char *part = copy + strspn(copy, "/"); fd >= 0 && *part;) {
        size_t len = strcspn(part, "/"), gap = strspn(part + len, "/");
        bool last = part[len + gap] == '\0';
        part[len] = '\0';
        int next = make_real_part(fd, part, last ? kind : BENEATH_FOLDER);
        close_keeping_errno(fd);
        fd = next;
        part += len + gap;
    }
    int saved = errno;
    free(copy);
    if (fd >= 0) {
        close(fd);
    }
    errno = saved;
    return fd >= 0;
}
