/* An archive is told by its first members: a root file system has /bin, /etc and the like, an image has blobs
 * or a manifest. For images an index of all members is made, by name and position; the rest is found again
 * through it.
 */
#include "backends/local/unpack/source.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/beneath.h"
#include "backends/local/unpack/blob_inside.h"
#include "backends/local/unpack/member.h"
#include "backends/local/unpack/stream.h"
#include "core/memory.h"

enum { LINKS_FOLLOWED = 4, BLOCK = 64 * 1024, DIGEST_DIGITS = 64 };

struct member {
    char *name, *link; /* link: what a symbolic link leads to, from the top; NULL: it is a file */
    int64_t position;
    uint64_t size;
};

struct source {
    enum source_kind kind;
    char *path;
    int fd; /* the folder, or an archive; for images one that is not compressed */
    uint64_t size;
    struct member *members;
    size_t count, room;
    struct progress *progress;
    const struct limits *limits;
};

void source_free(struct source *s)
{
    if (!s) {
        return;
    }
    for (size_t i = 0; i < s->count; i++) {
        free(s->members[i].name);
        free(s->members[i].link);
    }
    free(s->members);
    free(s->path);
    if (s->fd >= 0) {
        close(s->fd);
    }
    free(s);
}

enum source_kind source_kind(const struct source *s)
{
    return s->kind;
}

static bool is_folder(const struct source *s)
{
    struct stat st;
    return fstat(s->fd, &st) == 0 && S_ISDIR(st.st_mode);
}

int source_folder(const struct source *s)
{
    return is_folder(s) ? s->fd : -1;
}

static bool first_part_is(const char *path, const char *const *parts)
{
    size_t len = strcspn(path, "/");
    for (; *parts; parts++) {
        if (strlen(*parts) == len && strncmp(path, *parts, len) == 0) {
            return true;
        }
    }
    return false;
}

enum guess { GUESS_OPEN, GUESS_ROOTFS, GUESS_IMAGE };

static enum guess guess(const char *path, mode_t type)
{
    static const char *const rootfs[] = {".dockerenv", "bin",   "boot", "dev", "etc",  "home", "lib", "lib32",
                                         "lib64",      "media", "mnt",  "opt", "proc", "root", "run", "sbin",
                                         "srv",        "sys",   "tmp",  "usr", "var",  NULL};
    static const char *const image[] = {"blobs",      "index.json",   "manifest.json",
                                        "oci-layout", "repositories", NULL};
    if (first_part_is(path, rootfs)) {
        return GUESS_ROOTFS;
    }
    if (first_part_is(path, image) || strspn(path, "0123456789abcdef") == DIGEST_DIGITS) {
        return type == AE_IFREG || type == AE_IFDIR ? GUESS_IMAGE : GUESS_OPEN;
    }
    return GUESS_OPEN;
}

static const char *name_of(struct archive_entry *member)
{
    const char *name = archive_entry_pathname(member);
    name = name ? name : archive_entry_pathname_utf8(member);
    return name ? name : "";
}

static bool not_tar(const struct source *s, struct archive *a, struct error *e)
{
    struct text shown = {0}, why = {0};
    const char *said = archive_error_string(a);
    said = said ? said : "it is empty";
    text_add_clean(&why, said, strnlen(said, 120));
    error_set(e, ERROR_INVALID, archive_errno(a),
              "%s is no tar archive that can be unpacked, or it is damaged: %s; make or fetch it again",
              member_shown(&shown, s->path), text_of(&why));
    text_done(&shown);
    text_done(&why);
    return false;
}

static struct archive *open_archive(const struct source *s, bool filters)
{
    struct archive *a = archive_read_new();
    stream_take_tar(a);
    if (filters) {
        stream_take_filters(a);
    }
    lseek(s->fd, 0, SEEK_SET);
    archive_read_open_fd(a, s->fd, BLOCK); /* when it fails, so does the first header, with the reason */
    return a;
}

/* Looks at members until one tells. */
static bool guess_archive(struct source *s, enum guess *what, bool *plain, struct error *e)
{
    struct archive *a = open_archive(s, true);
    struct archive_entry *member;
    int status = ARCHIVE_OK;
    size_t members = 0;
    bool good = true;
    *what = GUESS_OPEN;
    while (good && *what == GUESS_OPEN && members < LIMIT_MEMBERS &&
           (status = archive_read_next_header(a, &member)) >= ARCHIVE_WARN && status != ARCHIVE_EOF) {
        char *path = member_path(name_of(member), e);
        good = path && progress_check(s->progress, e) &&
               limits_bytes(s->limits, (uint64_t)archive_filter_bytes(a, 0) / 2,
                            (uint64_t)archive_filter_bytes(a, -1), e);
        *what = good ? guess(path, archive_entry_filetype(member)) : GUESS_OPEN;
        free(path);
        members++;
    }
    if (good && (status < ARCHIVE_WARN || (status == ARCHIVE_EOF && members == 0))) {
        good = not_tar(s, a, e);
    }
    *plain = archive_filter_code(a, 0) == ARCHIVE_FILTER_NONE;
    archive_read_free(a);
    return good;
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        data += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool inflate(struct source *s, struct archive *a, int out, struct error *e)
{
    const void *block;
    size_t len;
    int64_t at;
    int status;
    uint64_t made = 0;
    while ((status = archive_read_data_block(a, &block, &len, &at)) == ARCHIVE_OK) {
        s->progress->done = (uint64_t)archive_filter_bytes(a, -1);
        made += len;
        if (!limits_bytes(s->limits, made, s->progress->done, e) || !progress_check(s->progress, e)) {
            return false;
        }
        if (!write_all(out, block, len)) {
            error_errno(e, errno, "Cannot decompress %s into the image store; it needs space for a while",
                        s->path);
            return false;
        }
    }
    return status == ARCHIVE_EOF || not_tar(s, a, e);
}

/* Replaces a compressed archive by what it holds. */
static bool spool(struct source *s, const char *folder, struct error *e)
{
    int out = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (out < 0) {
        error_errno(e, errno, "Cannot make a file in %s", folder);
        return false;
    }
    struct archive *a = archive_read_new();
    struct archive_entry *whole;
    stream_take_filters(a);
    archive_read_support_format_raw(a);
    progress_step(s->progress, s->size, "decompressing");
    bool good = lseek(s->fd, 0, SEEK_SET) == 0 && archive_read_open_fd(a, s->fd, BLOCK) == ARCHIVE_OK &&
                archive_read_next_header(a, &whole) == ARCHIVE_OK;
    good = good ? inflate(s, a, out, e) : not_tar(s, a, e);
    archive_read_free(a);
    if (good) {
        s->progress->consumed = 0; /* the layers are measured against the archive as it is now */
        close(s->fd);
        s->fd = out;
        s->size = (uint64_t)lseek(out, 0, SEEK_END);
    } else {
        close(out);
    }
    return good;
}

/* "../a/layer.tar", seen from "b/layer.tar", is "a/layer.tar". */
static char *link_from_top(const char *path, const char *to)
{
    struct text top = {0};
    const char *slash = strrchr(path, '/');
    while (strncmp(to, "../", 3) == 0) {
        to += 3;
        const char *up = slash;
        while (up && up > path && *--up != '/') {
        }
        slash = up && *up == '/' ? up : NULL;
    }
    if (slash) {
        text_add_n(&top, path, (size_t)(slash - path) + 1);
    }
    text_add(&top, to);
    return top.len > 0 ? text_take(&top) : mem_string("");
}

static void index_member(struct source *s, char *path, struct archive *a, struct archive_entry *member)
{
    mode_t type = archive_entry_filetype(member);
    const char *hard = archive_entry_hardlink(member);
    const char *link = type == AE_IFLNK ? archive_entry_symlink(member) : NULL;
    int64_t size = archive_entry_size(member);
    if ((type != AE_IFREG && !link && !hard) || size < 0 || archive_entry_sparse_count(member) > 0) {
        free(path);
        return;
    }
    s->members = mem_grow(s->members, &s->room, s->count + 1, sizeof(*s->members));
    s->members[s->count++] = (struct member){
        .name = path,
        .link = hard   ? mem_string(hard)
                : link ? link_from_top(path, link)
                       : NULL,
        .position = archive_read_header_position(a),
        .size = (uint64_t)size,
    };
}

static bool index_archive(struct source *s, struct error *e)
{
    struct archive *a = open_archive(s, false);
    struct archive_entry *member;
    int status;
    bool good = true;
    while (good && (status = archive_read_next_header(a, &member)) != ARCHIVE_EOF) {
        if (status < ARCHIVE_WARN) {
            good = not_tar(s, a, e);
        } else if (s->count >= LIMIT_MEMBERS) {
            error_set(e, ERROR_INVALID, 0, "The archive has more than %d members; the import is refused",
                      LIMIT_MEMBERS);
            good = false;
        } else {
            char *path = member_path(name_of(member), e);
            good = path && progress_check(s->progress, e);
            if (good) {
                index_member(s, path, a, member);
            } else {
                free(path);
            }
        }
    }
    archive_read_free(a);
    return good;
}

static const struct member *find_name(const struct source *s, const char *name)
{
    char *path = member_path(name, NULL);
    const struct member *found = NULL;
    for (size_t i = path ? s->count : 0; i > 0 && !found; i--) { /* the last one of a name counts */
        found = strcmp(s->members[i - 1].name, path) == 0 ? &s->members[i - 1] : NULL;
    }
    free(path);
    return found;
}

static const struct member *find(const struct source *s, const char *name)
{
    const struct member *found = find_name(s, name);
    for (int hops = 0; found && found->link && hops < LINKS_FOLLOWED; hops++) {
        found = find_name(s, found->link);
    }
    return found && !found->link ? found : NULL;
}

static bool has(const struct source *s, const char *name)
{
    if (!is_folder(s)) {
        return find(s, name) != NULL;
    }
    struct stat st;
    return fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static bool prepare_archive(struct source *s, const char *folder, struct error *e)
{
    enum guess what;
    bool plain;
    if (!guess_archive(s, &what, &plain, e)) {
        return false;
    }
    s->kind = SOURCE_TAR;
    if (what != GUESS_IMAGE) {
        return true;
    }
    if ((!plain && !spool(s, folder, e)) || !index_archive(s, e)) {
        return false;
    }
    if (has(s, "manifest.json")) {
        s->kind = SOURCE_DOCKER;
    } else if (has(s, "index.json")) {
        s->kind = SOURCE_OCI;
    } else {
        error_set(e, ERROR_INVALID, 0,
                  "%s looks like the archive of an image, but has neither manifest.json nor index.json; save "
                  "it again",
                  s->path);
        return false;
    }
    return true;
}

static bool prepare(struct source *s, const char *folder, struct error *e)
{
    struct stat st;
    if (s->fd < 0 || fstat(s->fd, &st) < 0) {
        error_errno(e, errno, "Cannot open %s to import it", s->path);
        return false;
    }
    if (S_ISDIR(st.st_mode)) {
        s->kind = has(s, "manifest.json")                        ? SOURCE_DOCKER
                  : has(s, "index.json") && has(s, "oci-layout") ? SOURCE_OCI
                                                                 : SOURCE_FOLDER;
        return true;
    }
    if (!S_ISREG(st.st_mode)) {
        error_set(e, ERROR_INVALID, 0, "Cannot import %s: it is neither a file nor a folder", s->path);
        return false;
    }
    s->size = (uint64_t)st.st_size;
    return prepare_archive(s, folder, e);
}

struct source *source_open(const char *path, const char *folder, const struct limits *limits,
                           struct progress *progress, struct error *e)
{
    struct source *s = mem_new(1, sizeof(*s));
    struct text shown = {0};
    *s = (struct source){.progress = progress, .limits = limits};
    s->path = mem_string(member_shown(&shown, path));
    s->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    text_done(&shown);
    if (!prepare(s, folder, e)) {
        source_free(s);
        return NULL;
    }
    return s;
}

struct blob *source_whole(struct source *s)
{
    return blob_of_file(s->path, s->fd, s->size, false);
}

static struct blob *missing(const struct source *s, const char *name, struct error *e)
{
    struct text shown = {0};
    error_set(e, ERROR_NOT_FOUND, 0, "%s lacks its part %s; save or fetch it again", s->path,
              member_shown(&shown, name));
    text_done(&shown);
    return NULL;
}

struct blob *source_blob(struct source *s, const char *name, struct error *e)
{
    if (!is_folder(s)) {
        const struct member *m = find(s, name);
        return m ? blob_of_member(name, s->fd, m->position, m->size, e) : missing(s, name, e);
    }
    int fd = beneath_open(s->fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, BENEATH_LINKS_FOLLOWED);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0) {
            close(fd);
        }
        return missing(s, name, e);
    }
    return blob_of_file(name, fd, (uint64_t)st.st_size, true);
}
