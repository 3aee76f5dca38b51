/* tests/backends/dockerd.h - a real Docker daemon of a test's own: its own data, its own socket, no network.
 */
#ifndef TESTS_BACKENDS_DOCKERD_H
#define TESTS_BACKENDS_DOCKERD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct dockerd;

/* With an image "busybox" in it. NULL, and why it cannot be, as a few words for a skipped test. */
struct dockerd *dockerd_new(char *why, size_t room);
void dockerd_free(struct dockerd *d); /* and all that it has */

const char *dockerd_address(const struct dockerd *d); /* "unix:///tmp/.../docker.sock" */
const char *dockerd_folder(const struct dockerd *d);
pid_t dockerd_pid(const struct dockerd *d);

void dockerd_kill(struct dockerd *d, int signal); /* SIGKILL, SIGTERM: and waits until it has ended */
bool dockerd_start(struct dockerd *d);            /* again, after it was killed */

/* Further arguments from the next dockerd_start on: NULL-ended, borrowed. */
void dockerd_arguments(struct dockerd *d, const char *const *more);

/* Runs `docker ARGS` (a shell's words) on it; true: exit code 0. out (may be NULL) gets what it prints, cut
 * at room. */
bool dockerd_docker(const struct dockerd *d, char *out, size_t room, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Runs a line of the shell; true: exit code 0. */
bool dockerd_shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
