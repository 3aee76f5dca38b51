/* backends/local/shared/command.h - runs a program and waits for it; for threads and helpers, never from a
 * loop. */
#ifndef BACKENDS_LOCAL_SHARED_COMMAND_H
#define BACKENDS_LOCAL_SHARED_COMMAND_H

#include <stddef.h>
#include <sys/types.h>

#include "core/error.h"

/* Starts argv (found as program_find() does) with these descriptors as its 0, 1 and 2 (-1: /dev/null), no
 * others, default signal handling and our environment. session: in a session of its own. Returns its pid, or
 * -1 and e. */
pid_t command_spawn(const char *const *argv, const int fds[3], int session, struct error *e);

/* Runs argv with input from /dev/null, puts the first room - 1 bytes of its output and errors into out (room
 * 0: they are thrown away) and returns its exit code, 128 + n when killed by signal n. -1 and e when it could
 * not be started or was killed after `seconds`. */
int command_run(const char *const *argv, char *out, size_t room, int seconds, struct error *e);

#endif
