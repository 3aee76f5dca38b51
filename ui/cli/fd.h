/* ui/cli/fd.h - reading from and writing to descriptors that other programs share.
 *
 * O_NONBLOCK belongs to the open file description: set on our standard output it would be set for the shell
 * and for everybody else who writes there, and would stay when we are killed. So it is never set; a thread
 * waits instead, until the descriptor is ready or another thread rings. Another program may have set it: then
 * writes come back with EAGAIN, and are tried again when there is room.
 */
#ifndef UI_CLI_FD_H
#define UI_CLI_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#ifdef _WIN32
#include <uv.h>
#endif

struct fd_alarm {
#ifdef _WIN32
    uv_sem_t rung;
#else
    int ends[2];
#endif
};

enum fd_wish { FD_FOR_NOTHING, FD_TO_READ, FD_TO_WRITE };
enum fd_answer {
    FD_READY,
    FD_RUNG, /* fd_alarm_ring was called since the last such answer */
    FD_GONE  /* nobody will ever read what is written; Windows tells only when something is written */
};

bool fd_alarm_init(struct fd_alarm *a); /* false and errno */
void fd_alarm_done(struct fd_alarm *a);
void fd_alarm_ring(struct fd_alarm *a); /* from any thread */

/* Waits until the wish can be done without blocking, as far as the system can tell, or the alarm rings. With
 * FD_FOR_NOTHING: until the reader of fd is gone or the alarm rings; fd may then be -1. */
enum fd_answer fd_wait(struct fd_alarm *a, int fd, enum fd_wish wish);

/* Writes some of it after FD_READY: no more than does not block on a pipe whose other writers are silent.
 * Returns how many bytes, or -1 and errno. */
ssize_t fd_write_some(int fd, const char *data, size_t len);

/* Writes all of it, waiting as long as it takes. Returns 0 or errno. */
int fd_write_all(int fd, const char *data, size_t len);

#endif
