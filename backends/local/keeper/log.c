/* A container never waits for its log, nor ends because of it: when the disk is full, the half of a record
 * that went out is cut off, what is printed then is dropped, and every RETRY_MS a record is tried again. */
#include "backends/local/keeper/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/times.h"

enum { RETRY_MS = 2000 };

struct log {
    char *path;
    int fd;
    off_t size;
    int64_t retry; /* when it may be tried again; 0: nothing is wrong */
    log_trouble_cb trouble;
    void *user;
};

static void put_le(unsigned char *out, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        out[i] = (unsigned char)(value >> (8 * i));
    }
}

/* A keeper that was killed may have left half a record: everything after the last whole one goes. */
static off_t whole_records(int fd, off_t size)
{
    off_t at = 0;
    unsigned char head[LOG_HEADER];
    while (size - at >= LOG_HEADER && pread(fd, head, sizeof head, at) == (ssize_t)sizeof head) {
        off_t len = (off_t)head[0] | (off_t)head[1] << 8 | (off_t)head[2] << 16 | (off_t)head[3] << 24;
        if (len > size - at - LOG_HEADER) {
            break;
        }
        at += LOG_HEADER + len;
    }
    return at;
}

static bool open_file(struct log *l)
{
    l->fd = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat st;
    if (l->fd < 0 || fstat(l->fd, &st) < 0) {
        return false;
    }
    l->size = whole_records(l->fd, st.st_size);
    return l->size == st.st_size || ftruncate(l->fd, l->size) == 0;
}

static void fail(struct log *l, int why)
{
    bool news = l->retry == 0;
    l->retry = time_now() + RETRY_MS;
    if (news) {
        struct text t = {0};
        text_addf(
            &t, "Its output is not being logged (%s); make room on the disk, the log then goes on by itself",
            strerror(why));
        l->trouble(l->user, text_of(&t));
        text_done(&t);
    }
}

struct log *log_new(const char *path, log_trouble_cb trouble, void *user)
{
    struct log *l = mem_new(1, sizeof *l);
    *l = (struct log){.path = mem_string(path), .fd = -1, .trouble = trouble, .user = user};
    return l;
}

void log_free(struct log *l)
{
    if (l) {
        if (l->fd >= 0) {
            close(l->fd);
        }
        free(l->path);
        free(l);
    }
}

static void rotate(struct log *l)
{
    struct text old = {0};
    text_addf(&old, "%s.1", l->path);
    if (rename(l->path, text_of(&old)) == 0) {
        close(l->fd);
        l->fd = -1;
    }
    text_done(&old);
}

static bool put_record(struct log *l, int stream, const char *data, size_t len)
{
    unsigned char head[LOG_HEADER] = {0};
    put_le(head, len, 4);
    head[4] = (unsigned char)stream;
    put_le(head + 8, (uint64_t)time_now(), 8);
    struct iovec parts[2] = {{head, sizeof head}, {(char *)data, len}};
    ssize_t n = pwritev(l->fd, parts, 2, l->size);
    if (n == (ssize_t)(sizeof head + len)) {
        l->size += n;
        return true;
    }
    int why = n < 0 ? errno : ENOSPC;
    if (ftruncate(l->fd, l->size) < 0) { /* then the next opening cuts it */
        close(l->fd);
        l->fd = -1;
    }
    errno = why;
    return false;
}

void log_write(struct log *l, int stream, const char *data, size_t len)
{
    if (l->retry > 0 && time_now() < l->retry) {
        return;
    }
    if (l->fd >= 0 && l->size + LOG_HEADER + (off_t)len > LOG_LIMIT) {
        rotate(l);
    }
    if ((l->fd < 0 && !open_file(l)) || !put_record(l, stream, data, len)) {
        fail(l, errno);
        return;
    }
    if (l->retry > 0) {
        l->retry = 0;
        l->trouble(l->user, NULL);
    }
}
