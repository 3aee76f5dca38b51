#include "backends/local/shared/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/program.h"
#include "core/text.h"

extern char **environ;

/* What we ignore must not be ignored by the program and by all that it starts. */
static void set_attributes(posix_spawnattr_t *attributes, int session)
{
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
#ifdef POSIX_SPAWN_SETSID
    flags = (short)(flags | (session ? POSIX_SPAWN_SETSID : 0));
#endif
    posix_spawnattr_setflags(attributes, flags);
}

/* Descriptors of ours that happen to be 0, 1 or 2 are moved away first, so that no dup2 overwrites one that a
 * later one needs. */
static int above_standard(int fd)
{
    return fd >= 0 && fd <= 2 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : fd;
}

pid_t command_spawn(const char *const *argv, const int fds[3], int session, struct error *e)
{
    char *program = strchr(argv[0], '/') ? mem_string(argv[0]) : program_find(argv[0]);
    if (!program) {
        return error_set(e, ERROR_NOT_FOUND, ENOENT, "Cannot start the program %s: it is not installed",
                         argv[0]);
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    set_attributes(&attributes, session);
    int high[3];
    for (int i = 0; i < 3; i++) {
        high[i] = above_standard(fds[i]);
        if (high[i] < 0) {
            posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0);
        } else {
            posix_spawn_file_actions_adddup2(&actions, high[i], i);
        }
    }
    pid_t pid = -1;
    int why = posix_spawn(&pid, program, &actions, &attributes, (char *const *)argv, environ);
    for (int i = 0; i < 3; i++) {
        if (high[i] != fds[i]) {
            close(high[i]);
        }
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    free(program);
    return why == 0 ? pid : error_errno(e, why, "Cannot start the program %s", argv[0]);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads until the end of the pipe; false: the time is over. */
static bool collect(int fd, char *out, size_t room, int64_t deadline)
{
    size_t len = 0;
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int64_t left = deadline - now_ms();
        if (left <= 0 || poll(&ready, 1, (int)left) == 0) {
            return false;
        }
        char chunk[4096];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return true;
        }
        for (ssize_t i = 0; i < n && len + 1 < room; i++) {
            out[len++] = chunk[i];
            out[len] = '\0';
        }
    }
}

int command_run(const char *const *argv, char *out, size_t room, int seconds, struct error *e)
{
    int ends[2];
    if (room > 0) {
        out[0] = '\0';
    }
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return error_errno(e, errno, "Cannot make a pipe for the program %s", argv[0]);
    }
    pid_t pid = command_spawn(argv, (int[3]){-1, ends[1], ends[1]}, 0, e);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return -1;
    }
    bool in_time = collect(ends[0], out, room, now_ms() + (int64_t)seconds * 1000);
    close(ends[0]);
    if (!in_time) {
        kill(pid, SIGKILL);
    }
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(pid, &status, 0)) < 0 && errno == EINTR) {
    }
    if (ended < 0 && in_time) { /* whoever took it knows how it ended: not we */
        return error_errno(e, errno, "Cannot tell how the program %s ended", argv[0]);
    }
    if (!in_time) {
        return error_set(e, ERROR_TIMEOUT, 0, "The program %s did not end within %d s and was killed",
                         argv[0], seconds);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
