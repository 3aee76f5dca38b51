/* The file that is open is known by its inode. At its end we look whether it still is the one called "log":
 * if not, it was renamed to make room for a new one, and after one more look at its end (the last record may
 * have come in between) the reader goes on with the next younger file.
 *
 * tail is done by reading twice: once to count lines, once to skip all but the last of them. Both files
 * together hold some 16 MB at most, which takes milliseconds.
 */
#include "backends/local/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"

enum { HEADER = 16, BLOCK = 64 * 1024 };

struct logfile {
    char *young, *old; /* paths of "log" and "log.1" */
    struct logfile_query query;
    int fd; /* -1: there has been no file yet */
    struct stat id;
    off_t at;
    bool last_look; /* the open file was renamed, and has been read to its end since */
    uint64_t skip;  /* lines */
    char *block;
    size_t room;
};

void logfile_piece_done(struct logfile_piece *p)
{
    text_done(&p->bytes);
    free(p->records);
    *p = (struct logfile_piece){0};
}

/* Files. */

static bool open_path(struct logfile *f, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    if (fstat(fd, &f->id) < 0 || !S_ISREG(f->id.st_mode)) {
        close(fd);
        errno = EINVAL;
        return false;
    }
    if (f->fd >= 0) {
        close(f->fd);
    }
    f->fd = fd;
    f->at = 0;
    f->last_look = false;
    return true;
}

static bool is_open(const struct logfile *f, const char *path, bool *exists)
{
    struct stat st;
    *exists = lstat(path, &st) == 0;
    return *exists && st.st_ino == f->id.st_ino && st.st_dev == f->id.st_dev;
}

/* At the end of the open file: true when there is something more to read. */
static bool go_on(struct logfile *f)
{
    bool exists;
    if (f->fd < 0) {
        return open_path(f, f->old) || open_path(f, f->young);
    }
    if (is_open(f, f->young, &exists) || !exists) {
        return false; /* ours, or the new one has not come yet */
    }
    if (!f->last_look) {
        f->last_look = true;
        return true;
    }
    bool renamed_once = is_open(f, f->old, &exists);
    return open_path(f, !renamed_once && exists ? f->old : f->young);
}

/* Records. */

static uint64_t little(const unsigned char *p, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--) {
        value = value << 8 | p[i];
    }
    return value;
}

static bool read_header(const char *bytes, struct logfile_record *out)
{
    const unsigned char *p = (const unsigned char *)bytes;
    out->len = (size_t)little(p, 4);
    out->stream = p[4];
    out->when = (int64_t)little(p + 8, 8);
    return out->len <= LOGFILE_RECORD && p[4] <= 1 && p[5] == 0 && p[6] == 0 && p[7] == 0 && out->when >= 0;
}

static bool wanted(const struct logfile *f, const struct logfile_record *r)
{
    return r->when >= f->query.since && (f->query.until == 0 || r->when <= f->query.until);
}

/* Leaves out the lines that are to be skipped. */
static void add_record(struct logfile *f, struct logfile_piece *piece, struct logfile_record r,
                       const char *bytes)
{
    while (f->skip > 0 && r.len > 0) {
        const char *end = memchr(bytes, '\n', r.len);
        size_t part = end ? (size_t)(end - bytes) + 1 : r.len;
        f->skip -= end != NULL;
        bytes += part;
        r.len -= part;
    }
    if (r.len > 0) {
        r.at = piece->bytes.len;
        text_add_n(&piece->bytes, bytes, r.len);
        piece->records = mem_grow(piece->records, &piece->room, piece->count + 1, sizeof *piece->records);
        piece->records[piece->count++] = r;
    }
}

static int damaged(const struct logfile *f, struct error *e)
{
    bool exists;
    const char *path = is_open(f, f->young, &exists) ? f->young : f->old;
    return error_set(e, ERROR_PROTOCOL, 0, "the log %s is damaged at byte %lld: what follows cannot be shown",
                     path, (long long)f->at);
}

/* Takes the whole records of one block. Returns how many bytes they took, 0: not one is complete; -1 and e.
 */
static ssize_t take_block(struct logfile *f, struct logfile_piece *piece, size_t len, struct error *e)
{
    size_t at = 0;
    struct logfile_record r;
    while (len - at >= HEADER) {
        if (!read_header(f->block + at, &r)) {
            f->at += (off_t)at;
            return damaged(f, e);
        }
        if (r.len > len - at - HEADER) {
            if (at == 0 && r.len + HEADER > f->room) {
                f->room = r.len + HEADER;
                f->block = mem_resize(f->block, f->room, 1);
            }
            break;
        }
        if (wanted(f, &r)) {
            add_record(f, piece, r, f->block + at + HEADER);
        }
        at += HEADER + r.len;
    }
    f->at += (off_t)at;
    return (ssize_t)at;
}

int logfile_read(struct logfile *f, struct logfile_piece *piece, struct error *e)
{
    text_clear(&piece->bytes);
    piece->count = 0;
    while (piece->bytes.len < LOGFILE_PIECE) {
        size_t room = f->room;
        ssize_t n = f->fd >= 0 ? pread(f->fd, f->block, room, f->at) : 0;
        if (n < 0) {
            return error_errno(e, errno, "cannot read the log %s", f->young);
        }
        ssize_t taken = take_block(f, piece, (size_t)n, e);
        if (taken < 0) {
            return -1;
        }
        if (taken > 0 || f->room > room) {
            continue;
        }
        if (n > 0 && f->last_look) {
            return damaged(f, e); /* a file that is finished ends in the middle of a record */
        }
        if (!go_on(f)) {
            return 0;
        }
    }
    return 1;
}

/* The beginning. */

static void count_lines(const struct logfile_piece *piece, uint64_t *lines, char *last)
{
    const char *p = text_of(&piece->bytes), *end = p + piece->bytes.len;
    for (const char *hit; p < end && (hit = memchr(p, '\n', (size_t)(end - p))); p = hit + 1) {
        ++*lines;
    }
    if (piece->bytes.len > 0) {
        *last = end[-1];
    }
}

static struct logfile *make(const char *folder, const struct logfile_query *query)
{
    struct logfile *f = mem_new(1, sizeof *f);
    struct text path = {0};
    text_addf(&path, "%s/log", folder);
    f->young = mem_string(text_of(&path));
    text_add(&path, ".1");
    f->old = text_take(&path);
    f->query = *query;
    f->fd = -1;
    f->room = BLOCK;
    f->block = mem_new(f->room, 1);
    return f;
}

struct logfile *logfile_open(const char *folder, const struct logfile_query *query, struct error *e)
{
    uint64_t lines = 0;
    char last = '\n';
    if (query->tail >= 0) {
        struct logfile *f = make(folder, query);
        struct logfile_piece piece = {0};
        struct error damage;
        int more = 1;
        while (more > 0) {
            more = logfile_read(f, &piece,
                                &damage); /* damage is met again, and told, when it is read to be shown */
            count_lines(&piece, &lines, &last);
        }
        logfile_piece_done(&piece);
        logfile_close(f);
        lines += last != '\n';
    }
    struct logfile *f = make(folder, query);
    f->skip = query->tail >= 0 && lines > (uint64_t)query->tail ? lines - (uint64_t)query->tail : 0;
    if (!go_on(f) && errno != ENOENT) {
        error_errno(e, errno, "cannot read the log %s", f->young);
        logfile_close(f);
        return NULL;
    }
    return f;
}

void logfile_close(struct logfile *f)
{
    if (f) {
        if (f->fd >= 0) {
            close(f->fd);
        }
        free(f->young);
        free(f->old);
        free(f->block);
        free(f);
    }
}
