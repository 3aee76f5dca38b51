#include "ui/cli/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 4096, FILE_PIECE = 256 * 1024 };

bool fd_alarm_init(struct fd_alarm *a)
{
    if (pipe(a->ends) != 0) {
        return false;
    }
    for (int i = 0; i < 2; i++) { /* these two are ours alone */
        fcntl(a->ends[i], F_SETFD, FD_CLOEXEC);
        fcntl(a->ends[i], F_SETFL, O_NONBLOCK);
    }
    return true;
}

void fd_alarm_done(struct fd_alarm *a)
{
    close(a->ends[0]);
    close(a->ends[1]);
}

void fd_alarm_ring(struct fd_alarm *a)
{
    ssize_t n = write(a->ends[1], "", 1);
    (void)n; /* a full pipe rings as well */
}

static bool has_rung(struct fd_alarm *a)
{
    char some[64];
    bool rung = false;
    while (read(a->ends[0], some, sizeof some) > 0) {
        rung = true;
    }
    return rung;
}

enum fd_answer fd_wait(struct fd_alarm *a, int fd, enum fd_wish wish)
{
    short events = wish == FD_TO_READ ? POLLIN : wish == FD_TO_WRITE ? POLLOUT : 0;
    for (;;) {
        struct pollfd both[] = {{.fd = fd, .events = events}, {.fd = a->ends[0], .events = POLLIN}};
        int n = poll(both, 2, -1);
        if (n < 0 && errno != EINTR) {
            return FD_GONE;
        }
        if (n <= 0) {
            continue;
        }
        if (both[1].revents && has_rung(a)) {
            return FD_RUNG;
        }
        if (both[0].revents & events || (both[0].revents && wish == FD_TO_READ)) {
            return FD_READY; /* read() tells the end, and what is wrong */
        }
        if (both[0].revents) {
            return FD_GONE;
        }
    }
}

/* poll() calls a pipe ready when a page of it is free: POSIX promises no more than PIPE_BUF bytes at once. */
ssize_t fd_write_some(int fd, const char *data, size_t len)
{
    struct stat st;
    size_t most = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? FILE_PIECE : PIECE;
    return write(fd, data, len < most ? len : most);
}

int fd_write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n >= 0) {
            data += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}
