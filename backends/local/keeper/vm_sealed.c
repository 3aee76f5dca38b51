#include "backends/local/keeper/vm_sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"

/* Linux 6.3; older headers do not know it, and older kernels refuse it with EINVAL. Without it a kernel with
 * vm.memfd_noexec=2 makes no file at all. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL, PAGE = 4096, ROOM = 64 * PAGE };

int sealed_new(const char *name, off_t size, struct error *e)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL) {
        fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    }
    if (fd >= 0 && ftruncate(fd, size) == 0) {
        return fd;
    }
    int why = errno;
    error_errno(e, why, "Cannot make a memory file for a VM");
    if (why == ENOSYS || why == EINVAL) {
        e->kind = ERROR_UNSUPPORTED;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

bool sealed_close(int fd, struct error *e)
{
    if (fcntl(fd, F_ADD_SEALS, SEALS) == 0) {
        return true;
    }
    error_errno(e, errno, "Cannot seal the memory of a VM's template");
    return false;
}

bool sealed_is(int fd, const char *name, off_t size)
{
    struct stat st;
    char link[64], shown[PATH_MAX];
    struct text wanted = {0};
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, shown, sizeof shown - 1);
    int seals = fcntl(fd, F_GET_SEALS);
    shown[len > 0 ? len : 0] = '\0';
    text_addf(&wanted, "/memfd:%s (deleted)", name);
    bool same = strcmp(shown, text_of(&wanted)) == 0;
    text_done(&wanted);
    return same && seals >= 0 && (seals & SEALS) == SEALS && fstat(fd, &st) == 0 &&
           (size < 0 || st.st_size == size);
}

static bool is_zero(const char *page, size_t len)
{
    static const char zeros[PAGE];
    return memcmp(page, zeros, len) == 0;
}

static bool write_all(int to, const char *bytes, size_t len, off_t at)
{
    while (len > 0) {
        ssize_t n = pwrite(to, bytes, len, at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        bytes += n;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

/* Writes the runs of pages that are not zero. */
static bool write_pages(int to, const char *bytes, size_t len, off_t at)
{
    size_t begin = 0;
    for (size_t i = 0; i < len; i += PAGE) {
        size_t end = i + PAGE < len ? i + PAGE : len;
        if (is_zero(bytes + i, end - i)) {
            if (!write_all(to, bytes + begin, i - begin, at + (off_t)begin)) {
                return false;
            }
            begin = end;
        }
    }
    return write_all(to, bytes + begin, len - begin, at + (off_t)begin);
}

static bool copy_part(int from, int to, off_t at, off_t end, char *room)
{
    while (at < end) {
        size_t wanted = end - at < ROOM ? (size_t)(end - at) : ROOM;
        ssize_t n = pread(from, room, wanted, at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? EIO : errno; /* it has become shorter meanwhile */
            return false;
        }
        if (!write_pages(to, room, (size_t)n, at)) {
            return false;
        }
        at += n;
    }
    return true;
}

bool sealed_copy(int from, int to)
{
    struct stat st;
    if (fstat(from, &st) < 0 || ftruncate(to, st.st_size) < 0) {
        return false;
    }
    char *room = mem_new(ROOM, 1);
    bool ok = true;
    off_t at = 0;
    while (ok && at < st.st_size) {
        off_t begin = lseek(from, at, SEEK_DATA);
        if (begin < 0 && errno == ENXIO) { /* nothing but a hole is left */
            break;
        }
        off_t end = begin < 0 ? st.st_size : lseek(from, begin, SEEK_HOLE);
        at = begin < 0 ? 0 : begin;
        end = end < 0 ? st.st_size : end;
        ok = copy_part(from, to, at, end, room);
        at = end;
    }
    int why = errno;
    free(room);
    errno = why;
    return ok;
}
