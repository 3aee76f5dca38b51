/* Windows has no O_NONBLOCK to share, and cannot wait for room in a pipe: the thread that writes just waits
 * in write(). */
#include "ui/cli/fd.h"

#include <errno.h>
#include <io.h>
#include <uv.h>

enum { PIECE = 64 * 1024 };

bool fd_alarm_init(struct fd_alarm *a)
{
    return uv_sem_init(&a->rung, 0) == 0;
}

void fd_alarm_done(struct fd_alarm *a)
{
    uv_sem_destroy(&a->rung);
}

void fd_alarm_ring(struct fd_alarm *a)
{
    uv_sem_post(&a->rung);
}

enum fd_answer fd_wait(struct fd_alarm *a, int fd, enum fd_wish wish)
{
    (void)fd;
    if (wish != FD_FOR_NOTHING) {
        return uv_sem_trywait(&a->rung) == 0 ? FD_RUNG : FD_READY;
    }
    uv_sem_wait(&a->rung);
    return FD_RUNG;
}

/* The C library says EINVAL when the reader of a pipe has gone (ERROR_NO_DATA). */
ssize_t fd_write_some(int fd, const char *data, size_t len)
{
    int n = _write(fd, data, (unsigned)(len < PIECE ? len : PIECE));
    if (n < 0 && errno == EINVAL) {
        errno = EPIPE;
    }
    return n;
}

int fd_write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = fd_write_some(fd, data, len);
        if (n < 0) {
            return errno;
        }
        data += n;
        len -= (size_t)n;
    }
    return 0;
}
