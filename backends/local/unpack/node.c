#include "backends/local/unpack/node.h"

#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { SPECIAL_BITS = S_ISUID | S_ISGID, ALL_BITS = 07777 };

int node_file(int parent, const char *base)
{
    return openat(parent, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int node_folder(int parent, const char *base)
{
    if (mkdirat(parent, base, 0755) < 0 && errno != EEXIST) {
        return -1;
    }
    return openat(parent, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static mode_t mode_of(struct archive_entry *member, const struct node_owner *who)
{
    mode_t mode = archive_entry_perm(member) & ALL_BITS;
    if (!who->root) {
        mode &= ~(mode_t)SPECIAL_BITS; /* they would lend out our own rights */
        mode |= archive_entry_filetype(member) == AE_IFDIR ? 0700 : 0400;
    }
    return mode;
}

static void times_of(struct archive_entry *member, struct timespec times[2])
{
    times[0] = (struct timespec){.tv_nsec = UTIME_OMIT};
    times[1] = (struct timespec){.tv_nsec = UTIME_OMIT};
    if (archive_entry_mtime_is_set(member)) {
        long nsec = archive_entry_mtime_nsec(member);
        times[1] = (struct timespec){.tv_sec = archive_entry_mtime(member),
                                     .tv_nsec = nsec >= 0 && nsec < 1000000000 ? nsec : 0};
    }
}

/* user.overlay.* is read by overlayfs as its own notes, so that it must not come from an archive. */
static bool keep_attribute(const char *name, const struct node_owner *who)
{
    if (strncmp(name, "user.", 5) == 0) {
        return strncmp(name, "user.overlay.", 13) != 0;
    }
    return who->root && strcmp(name, "security.capability") == 0;
}

static bool set_attributes(int fd, struct archive_entry *member, const struct node_owner *who)
{
    const char *name;
    const void *value;
    size_t size;
    archive_entry_xattr_reset(member);
    while (archive_entry_xattr_next(member, &name, &value, &size) == 0) {
        if (name && keep_attribute(name, who) && fsetxattr(fd, name, value, size, 0) < 0 &&
            errno != ENOTSUP && errno != EPERM && errno != EINVAL) {
            return false;
        }
    }
    return true;
}

bool node_dress(int fd, struct archive_entry *member, const struct node_owner *who)
{
    struct timespec times[2];
    times_of(member, times);
    if (who->root && fchown(fd, (uid_t)archive_entry_uid(member), (gid_t)archive_entry_gid(member)) < 0) {
        return false;
    }
    return fchmod(fd, mode_of(member, who)) == 0 && set_attributes(fd, member, who) &&
           futimens(fd, times) == 0;
}

bool node_dress_at(int parent, const char *base, struct archive_entry *member, const struct node_owner *who)
{
    struct timespec times[2];
    times_of(member, times);
    uid_t uid = (uid_t)archive_entry_uid(member);
    gid_t gid = (gid_t)archive_entry_gid(member);
    if (who->root && fchownat(parent, base, uid, gid, AT_SYMLINK_NOFOLLOW) < 0) {
        return false;
    }
    if (archive_entry_filetype(member) != AE_IFLNK && fchmodat(parent, base, mode_of(member, who), 0) < 0) {
        return false;
    }
    return utimensat(parent, base, times, AT_SYMLINK_NOFOLLOW) == 0;
}
