/* The parent of each member is opened through the kernel's own "stay in this root" resolution, and kept open
 * for the members that follow, which mostly have the same one; whatever is replaced or taken away closes it.
 * A folder that must go is moved to the trash as it is, at the price of one rename. Folders get their times
 * at the end, since making what is in them changes these.
 */
#include "backends/local/unpack/target_inside.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/beneath.h"
#include "backends/local/shared/paths.h"
#include "backends/local/unpack/member.h"
#include "core/memory.h"

/* A folder's real path below the root; with a member's name behind it, it still fits into what a system call
 * takes. */
enum { DEEPEST = 1536 };

struct target *target_new(const char *root, const char *trash, const struct limits *limits,
                          struct progress *progress, struct error *e)
{
    struct target *t = mem_new(1, sizeof(*t));
    *t = (struct target){.limits = limits, .progress = progress, .parent = -1, .trash = -1};
    t->who.root = geteuid() == 0;
    t->trash_path = mem_string(trash);
    t->root_path_len = strlen(root);
    t->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (t->root >= 0 && mkdir(trash, 0700) == 0) {
        t->trash = open(trash, O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    if (t->trash < 0) {
        error_errno(e, errno, "Cannot prepare the folder %s for the image", root);
        target_free(t);
        return NULL;
    }
    return t;
}

void target_forget_parent(struct target *t)
{
    if (t->parent_path) {
        close(t->parent);
    }
    free(t->parent_path);
    t->parent_path = NULL;
    t->parent = -1;
}

void target_free(struct target *t)
{
    if (!t) {
        return;
    }
    target_forget_parent(t);
    for (size_t i = 0; i < t->time_count; i++) {
        free(t->times[i].path);
    }
    free(t->times);
    seen_done(&t->seen);
    if (t->root >= 0) {
        close(t->root);
    }
    if (t->trash >= 0) {
        close(t->trash);
    }
    free(t->trash_path);
    free(t);
}

static bool refuse(const char *path, const char *why, struct error *e)
{
    struct text shown = {0};
    error_set(e, ERROR_INVALID, 0, "The archive's member \"%s\" %s", member_shown(&shown, path), why);
    text_done(&shown);
    return false;
}

bool target_failed(const char *doing, const char *path, struct error *e)
{
    int why = errno;
    struct text shown = {0};
    member_shown(&shown, path);
    if (why == ENOSPC || why == EDQUOT) {
        error_set(e, ERROR_OTHER, why,
                  "The disk of the image store is full (at \"%s\"); free some space on it and import again",
                  text_of(&shown));
    } else if (why == ENOSYS) {
        error_set(e, ERROR_UNSUPPORTED, why,
                  "Unpacking images safely needs openat2, which Linux has since 5.6; this system refuses it");
    } else if (why == ENAMETOOLONG) {
        refuse(path, "lies too deep; the import is refused", e);
    } else if (why == ELOOP || why == ENOTDIR) {
        error_set(e, ERROR_INVALID, why,
                  "The archive's member \"%s\" lies below something that is no folder; the import is refused",
                  text_of(&shown));
    } else {
        error_errno(e, why, "Cannot %s the archive's member \"%s\"", doing, text_of(&shown));
    }
    text_done(&shown);
    return false;
}

/* Through links a folder can lie deeper than its name is long. */
static bool too_deep(const struct target *t, int fd)
{
    char self[64], path[PATH_MAX];
    snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(self, path, sizeof(path));
    return len < 0 ? errno == ENAMETOOLONG : (size_t)len > t->root_path_len + DEEPEST;
}

int target_open_folder(const struct target *t, const char *path)
{
    if (!*path) {
        return openat(t->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    int fd = beneath_open(t->root, path, O_RDONLY | O_DIRECTORY, BENEATH_LINKS_FOLLOWED);
    if (fd >= 0 && too_deep(t, fd)) {
        close(fd);
        fd = -1;
        errno = ENAMETOOLONG;
    }
    return fd;
}

/* Opens a folder, making what is missing on the way. */
static int make_folders(const struct target *t, const char *path)
{
    int fd = target_open_folder(t, path);
    if (fd >= 0 || errno != ENOENT) {
        return fd;
    }
    char *copy = mem_string(path);
    const char *base;
    const char *above = member_split(copy, &base);
    int parent = make_folders(t, above);
    if (parent >= 0) {
        fd = node_folder(parent, base);
        int why = errno;
        close(parent);
        errno = why;
    }
    free(copy);
    return fd;
}

static int parent_of(struct target *t, const char *path)
{
    if (t->parent_path && strcmp(t->parent_path, path) == 0) {
        return t->parent;
    }
    target_forget_parent(t);
    int fd = make_folders(t, path);
    if (fd >= 0) {
        t->parent = fd;
        t->parent_path = mem_string(path);
    }
    return fd;
}

/* Takes away whatever is there; nothing there is fine. */
bool target_replace(struct target *t, int parent, const char *base)
{
    if (unlinkat(parent, base, 0) == 0 || errno == ENOENT) {
        return true;
    }
    if (errno != EISDIR && errno != EPERM) {
        return false;
    }
    char place[32];
    snprintf(place, sizeof(place), "%lu", t->trashed++);
    return renameat(parent, base, t->trash, place) == 0;
}

static bool charge(struct target *t, uint64_t bytes, struct error *e)
{
    t->bytes += bytes;
    return limits_bytes(t->limits, t->bytes, t->progress->consumed, e);
}

static bool write_at(int fd, const char *data, size_t len, int64_t at)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, data, len, at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        data += n;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool damaged(struct archive *from, const char *path, struct error *e)
{
    struct text shown = {0}, why = {0};
    const char *said = archive_error_string(from);
    text_add_clean(&why, said ? said : "unknown", said ? strnlen(said, 100) : 7);
    error_set(e, ERROR_INVALID, archive_errno(from),
              "The archive is damaged at its member \"%s\": %s; make or fetch it again",
              member_shown(&shown, path), text_of(&why));
    text_done(&shown);
    text_done(&why);
    return false;
}

/* Holes stay holes. */
static bool copy_data(struct target *t, int fd, const char *path, struct archive *from, struct error *e)
{
    const void *block;
    size_t len;
    int64_t at, end = 0;
    int status;
    while ((status = archive_read_data_block(from, &block, &len, &at)) == ARCHIVE_OK ||
           status == ARCHIVE_WARN) {
        if (at < end || at > INT64_MAX - (int64_t)len) {
            return refuse(path, "has its data out of order; the import is refused", e);
        }
        if (!charge(t, (uint64_t)(at + (int64_t)len - end), e) || !progress_check(t->progress, e)) {
            return false;
        }
        if (!write_at(fd, block, len, at)) {
            return target_failed("write", path, e);
        }
        end = at + (int64_t)len;
    }
    return status == ARCHIVE_EOF || damaged(from, path, e);
}

static bool put_file(struct target *t, int parent, const char *base, const char *path, struct archive *from,
                     struct archive_entry *member, struct error *e)
{
    int64_t size = archive_entry_size(member);
    if (size < 0) {
        return refuse(path, "has a size below zero; the import is refused", e);
    }
    if (!limits_bytes(t->limits, t->bytes + (uint64_t)size, UINT64_MAX, e)) {
        return false;
    }
    int fd = target_replace(t, parent, base) ? node_file(parent, base) : -1;
    if (fd < 0) {
        return target_failed("make", path, e);
    }
    bool good = copy_data(t, fd, path, from, e);
    if (good && (ftruncate(fd, size) < 0 || !node_dress(fd, member, &t->who))) {
        good = target_failed("make", path, e);
    }
    if (close(fd) < 0 && good) {
        good = target_failed("write", path, e);
    }
    return good;
}

static void remember_time(struct target *t, const char *path, struct archive_entry *member)
{
    t->times = mem_grow(t->times, &t->time_room, t->time_count + 1, sizeof(*t->times));
    t->times[t->time_count++] = (struct folder_time){
        .path = mem_string(path),
        .mtime = {.tv_sec = archive_entry_mtime(member), .tv_nsec = archive_entry_mtime_nsec(member)},
    };
}

static bool put_folder(struct target *t, int parent, const char *base, const char *path,
                       struct archive_entry *member, struct error *e)
{
    struct stat st;
    bool other = fstatat(parent, base, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode);
    if (other && !target_replace(t, parent, base)) {
        return target_failed("replace", path, e);
    }
    int fd = node_folder(parent, base);
    bool good = fd >= 0 && node_dress(fd, member, &t->who);
    if (!good) {
        target_failed("make", path, e);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (good && archive_entry_mtime_is_set(member)) {
        remember_time(t, path, member);
    }
    return good;
}

static const char *link_text(struct archive_entry *member)
{
    const char *text = archive_entry_symlink(member);
    return text ? text : archive_entry_symlink_utf8(member);
}

static bool put_symlink(struct target *t, int parent, const char *base, const char *path,
                        struct archive_entry *member, struct error *e)
{
    const char *to = link_text(member);
    if (!to || !*to || strlen(to) > MEMBER_LINK_LIMIT) {
        return refuse(path, "is a link to nowhere, or to too long a name; the import is refused", e);
    }
    bool good = target_replace(t, parent, base) && symlinkat(to, parent, base) == 0 &&
                node_dress_at(parent, base, member, &t->who);
    return good || target_failed("make", path, e);
}

static bool put_fifo(struct target *t, int parent, const char *base, const char *path,
                     struct archive_entry *member, struct error *e)
{
    bool good = target_replace(t, parent, base) && mkfifoat(parent, base, 0600) == 0 &&
                node_dress_at(parent, base, member, &t->who);
    return good || target_failed("make", path, e);
}

static bool link_file(struct target *t, int from, const char *target, int parent, const char *base)
{
    struct stat old, present;
    if (fstatat(from, target, &old, AT_SYMLINK_NOFOLLOW) < 0) {
        return false;
    }
    if (S_ISDIR(old.st_mode)) {
        errno = EISDIR;
        return false;
    }
    if (fstatat(parent, base, &present, AT_SYMLINK_NOFOLLOW) == 0 && present.st_ino == old.st_ino &&
        present.st_dev == old.st_dev) {
        return true;
    }
    return target_replace(t, parent, base) && linkat(from, target, parent, base, 0) == 0;
}

static bool put_hard_link(struct target *t, int parent, const char *base, const char *path, const char *to,
                          struct error *e)
{
    char *clean = *to == '/' ? NULL : member_path(to, NULL);
    if (!clean || !*clean) {
        free(clean);
        return refuse(
            path,
            "is a hard link to an absolute path or out of the archive; make the archive without such links "
            "(tar without -P)",
            e);
    }
    const char *target;
    const char *folder = member_split(clean, &target);
    int from = target_open_folder(t, folder);
    bool good = from >= 0 && link_file(t, from, target, parent, base);
    if (!good && (errno == ENOENT || errno == ENOTDIR || errno == EISDIR || errno == ELOOP)) {
        refuse(path, "is a hard link to something that is no file of the archive; the import is refused", e);
    } else if (!good) {
        target_failed("make", path, e);
    }
    if (from >= 0) {
        close(from);
    }
    free(clean);
    return good;
}

static bool put_other(const char *path, mode_t type, struct error *e)
{
    if (type == AE_IFSOCK) {
        return refuse(path, "is a socket, which no image needs; make the archive without it", e);
    }
    if (type == AE_IFCHR || type == AE_IFBLK) {
        return refuse(path,
                      "is a device, which is not unpacked; make the archive without /dev (tar "
                      "--exclude=./dev/*), a container "
                      "gets its own",
                      e);
    }
    return refuse(path, "is of a kind that cannot be unpacked; the import is refused", e);
}

static bool put_root(struct target *t, struct archive_entry *member, struct error *e)
{
    if (archive_entry_filetype(member) != AE_IFDIR) {
        return refuse("/", "is no folder; the import is refused", e);
    }
    return node_dress(t->root, member, &t->who) || target_failed("make", "/", e);
}

static bool owner_possible(struct archive_entry *member)
{
    int64_t uid = archive_entry_uid(member), gid = archive_entry_gid(member);
    return uid >= 0 && gid >= 0 && uid < UINT32_MAX && gid < UINT32_MAX;
}

static bool put_below(struct target *t, int parent, const char *base, const char *path, struct archive *from,
                      struct archive_entry *member, struct error *e)
{
    const char *hard = archive_entry_hardlink(member);
    hard = hard ? hard : archive_entry_hardlink_utf8(member);
    if (hard) {
        return put_hard_link(t, parent, base, path, hard, e);
    }
    switch (archive_entry_filetype(member)) {
    case AE_IFREG:
        return put_file(t, parent, base, path, from, member, e);
    case AE_IFDIR:
        return put_folder(t, parent, base, path, member, e);
    case AE_IFLNK:
        return put_symlink(t, parent, base, path, member, e);
    case AE_IFIFO:
        return put_fifo(t, parent, base, path, member, e);
    default:
        return put_other(path, archive_entry_filetype(member), e);
    }
}

bool target_put(struct target *t, const char *path, struct archive *from, struct archive_entry *member,
                struct error *e)
{
    if (!limits_entries(t->limits, ++t->entries, e) || !progress_check(t->progress, e)) {
        return false;
    }
    if (!owner_possible(member)) {
        return refuse(path, "has an owner that cannot exist; the import is refused", e);
    }
    if (!*path) {
        return put_root(t, member, e);
    }
    char *copy = mem_string(path);
    const char *base;
    const char *above = member_split(copy, &base);
    int parent = parent_of(t, above);
    bool good =
        parent >= 0 ? put_below(t, parent, base, path, from, member, e) : target_failed("make", path, e);
    if (good) {
        seen_add(&t->seen, path);
    }
    free(copy);
    return good;
}

/* In the order of the members: of two for one folder, the later one counts. */
static void set_times(struct target *t)
{
    for (size_t i = 0; i < t->time_count; i++) {
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, t->times[i].mtime};
        int fd = beneath_open(t->root, t->times[i].path, O_RDONLY | O_DIRECTORY, BENEATH_LINKS_REFUSED);
        if (fd >= 0) {
            futimens(fd, times);
            close(fd);
        }
    }
}

bool target_finish(struct target *t, struct error *e)
{
    target_forget_parent(t);
    close(t->trash);
    t->trash = -1;
    set_times(t);
    return paths_remove_tree(t->trash_path, e);
}

void target_next_layer(struct target *t)
{
    seen_done(&t->seen);
}

uint64_t target_bytes(const struct target *t)
{
    return t->bytes;
}
