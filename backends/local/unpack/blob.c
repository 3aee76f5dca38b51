/* Bytes from a file, or from a member of an uncompressed archive that is found again by the position of its
 * header. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/local/unpack/blob_inside.h"
#include "backends/local/unpack/member.h"
#include "backends/local/unpack/stream.h"
#include "core/memory.h"

enum { BLOCK = 256 * 1024, OUTER_BLOCK = 64 * 1024 };

struct blob {
    char *shown;
    char *buffer;
    int fd; /* its own, or of the archive around it */
    bool owned;
    off_t at; /* in fd */
    uint64_t size;
    struct archive *outer; /* NULL: the bytes of fd itself */
    char *outer_buffer;
};

static struct blob *new_blob(const char *name, int fd, uint64_t size)
{
    struct text shown = {0};
    member_shown(&shown, name);
    struct blob *b = mem_new(1, sizeof(*b));
    *b = (struct blob){.shown = mem_string(text_of(&shown)), .fd = fd, .size = size};
    b->buffer = mem_new(BLOCK, 1);
    text_done(&shown);
    return b;
}

struct blob *blob_of_file(const char *name, int fd, uint64_t size, bool owned)
{
    struct blob *b = new_blob(name, fd, size);
    b->owned = owned;
    return b;
}

static la_ssize_t take_outer(struct archive *a, void *user, const void **block)
{
    struct blob *b = user;
    ssize_t n;
    do {
        n = pread(b->fd, b->outer_buffer, OUTER_BLOCK, b->at);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        archive_set_error(a, errno, "%s", strerror(errno));
        return -1;
    }
    b->at += n;
    *block = b->outer_buffer;
    return n;
}

struct blob *blob_of_member(const char *name, int fd, int64_t position, uint64_t size, struct error *e)
{
    struct blob *b = new_blob(name, fd, size);
    struct archive_entry *member;
    b->at = position;
    b->outer_buffer = mem_new(OUTER_BLOCK, 1);
    b->outer = archive_read_new();
    stream_take_tar(b->outer);
    if (archive_read_open(b->outer, b, NULL, take_outer, NULL) != ARCHIVE_OK ||
        archive_read_next_header(b->outer, &member) < ARCHIVE_WARN ||
        archive_entry_size(member) != (int64_t)size) {
        error_set(e, ERROR_INVALID, 0, "Cannot find %s again in its archive; was it changed meanwhile?",
                  b->shown);
        blob_free(b);
        return NULL;
    }
    return b;
}

void blob_free(struct blob *b)
{
    if (!b) {
        return;
    }
    archive_read_free(b->outer);
    if (b->owned) {
        close(b->fd);
    }
    free(b->outer_buffer);
    free(b->buffer);
    free(b->shown);
    free(b);
}

uint64_t blob_size(const struct blob *b)
{
    return b->size;
}

const char *blob_shown(const struct blob *b)
{
    return b->shown;
}

static ssize_t read_file(struct blob *b)
{
    ssize_t n;
    do {
        n = pread(b->fd, b->buffer, BLOCK, b->at);
    } while (n < 0 && errno == EINTR);
    b->at += n > 0 ? n : 0;
    return n;
}

ssize_t blob_read(struct blob *b, const void **bytes, struct error *e)
{
    ssize_t n = b->outer ? archive_read_data(b->outer, b->buffer, BLOCK) : read_file(b);
    *bytes = b->buffer;
    if (n < 0 && b->outer) {
        error_set(e, ERROR_INVALID, 0, "The archive is cut short or damaged in %s; make or fetch it again",
                  b->shown);
    } else if (n < 0) {
        error_errno(e, errno, "Cannot read %s", b->shown);
    }
    return n < 0 ? -1 : n;
}

char *blob_all(struct blob *b, size_t limit, size_t *len, struct error *e)
{
    struct text all = {0};
    const void *bytes;
    ssize_t n;
    while ((n = blob_read(b, &bytes, e)) > 0 && all.len + (size_t)n <= limit) {
        text_add_n(&all, bytes, (size_t)n);
    }
    if (n > 0) {
        error_set(e, ERROR_INVALID, 0,
                  "%s is longer than the %zu bytes that are taken; the import is refused", b->shown, limit);
    }
    if (n != 0) {
        text_done(&all);
        return NULL;
    }
    *len = all.len;
    return all.len > 0 ? text_take(&all) : mem_string("");
}
