/* A path is walked twice: as it is written, since whoever owns a link on the way decides where it leads, and
 * as it is resolved, since the folders that are really used must be safe as well. */
#include "core/trust.h"

#include <errno.h>

#ifndef _WIN32

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"

static bool is_owner_trusted(uid_t owner)
{
    return owner == 0 || owner == geteuid();
}

/* Can somebody who is neither the owner nor root write to it? */
static bool is_open_to_others(const struct stat *st)
{
    bool own_group = st->st_gid == 0 || st->st_gid == (gid_t)st->st_uid;
    return st->st_mode & S_IWOTH || (st->st_mode & S_IWGRP && !own_group);
}

static int say_owner(struct error *e, const char *path, uid_t owner)
{
    return error_set(
        e, ERROR_DENIED, 0,
        "%s belongs to another user (uid %u, not %u), who could change what is read there, so it is "
        "not used; name one of your own",
        path, (unsigned)owner, (unsigned)geteuid());
}

static int say_mode(struct error *e, const char *path, mode_t mode)
{
    return error_set(e, ERROR_DENIED, 0,
                     "%s can be written by other users (mode %04o), so it is not used: chmod go-w %s", path,
                     (unsigned)(mode & 07777), path);
}

/* A folder or a link above what is asked for. */
static bool trust_above(const char *path, const struct stat *st, struct error *e)
{
    if (!is_owner_trusted(st->st_uid)) {
        return say_owner(e, path, st->st_uid) == 0;
    }
    if (!S_ISLNK(st->st_mode) && is_open_to_others(st) && !(st->st_mode & S_ISVTX)) {
        return say_mode(e, path, st->st_mode) == 0;
    }
    return true;
}

static bool trust_own(const char *path, const struct stat *st, struct error *e)
{
    if (!S_ISDIR(st->st_mode)) {
        return error_set(e, ERROR_INVALID, 0, "%s is no folder; remove it, or name another folder", path) ==
               0;
    }
    if (st->st_uid != geteuid()) {
        return say_owner(e, path, st->st_uid) == 0;
    }
    return !(st->st_mode & (S_IWGRP | S_IWOTH)) || say_mode(e, path, st->st_mode) == 0;
}

/* One step of the walk; *gone: there is nothing by this name, nor below it. */
static bool check_step(const char *path, bool last, bool *gone, struct error *e)
{
    struct stat st;
    if (lstat(path, &st) < 0) {
        *gone = errno == ENOENT;
        return *gone || error_errno(e, errno, "Cannot look at %s", path) == 0;
    }
    return last && !S_ISLNK(st.st_mode) ? trust_own(path, &st, e) : trust_above(path, &st, e);
}

static bool walk(const char *path, struct error *e)
{
    char *part = mem_string(path);
    size_t len = strlen(part);
    while (len > 1 && part[len - 1] == '/') {
        part[--len] = '\0';
    }
    bool gone = false, ok = len > 1 ? check_step("/", false, &gone, e) : true;
    for (size_t i = 1; ok && !gone && i <= len; i++) {
        if ((part[i] == '/' || i == len) && part[i - 1] != '/') {
            char kept = part[i];
            part[i] = '\0';
            ok = check_step(part, i == len, &gone, e);
            part[i] = kept;
        }
    }
    free(part);
    return ok;
}

bool trust_folder(const char *path, struct error *e)
{
    if (!walk(path, e)) {
        return false;
    }
    char *real = realpath(path, NULL);
    if (!real) {
        return errno == ENOENT || error_errno(e, errno, "Cannot look at %s", path) == 0;
    }
    bool ok = walk(real, e);
    free(real);
    return ok;
}

bool trust_is_own_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && trust_own(path, &st, NULL);
}

bool trust_file(FILE *file, const char *path, struct error *e)
{
    struct stat st;
    if (fstat(fileno(file), &st) < 0) {
        return error_errno(e, errno, "Cannot look at %s", path) == 0;
    }
    if (!S_ISREG(st.st_mode)) {
        return error_set(e, ERROR_INVALID, 0, "%s is no regular file", path) == 0;
    }
    if (!is_owner_trusted(st.st_uid)) {
        return say_owner(e, path, st.st_uid) == 0;
    }
    return !is_open_to_others(&st) || say_mode(e, path, st.st_mode) == 0;
}

FILE *trust_open(const char *path, struct error *e)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "rb") : NULL;
    if (!file) {
        error_errno(e, errno, "cannot open %s", path);
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    if (!trust_file(file, path, e)) {
        fclose(file);
        return NULL;
    }
    return file;
}

#else

bool trust_folder(const char *path, struct error *e)
{
    (void)path;
    (void)e;
    return true;
}

bool trust_is_own_folder(const char *path)
{
    (void)path;
    return true;
}

bool trust_file(FILE *file, const char *path, struct error *e)
{
    (void)file;
    (void)path;
    (void)e;
    return true;
}

FILE *trust_open(const char *path, struct error *e)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        error_errno(e, errno, "cannot open %s", path);
    }
    return file;
}

#endif
