/* A new process tells through a pipe, which its program's start closes, at which step it failed. Ours is the
 * first process's parent and that of every exec, so that we hear of their ends. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "backends/local/guest/agent.h"
#include "backends/local/shared/images.h"

enum { SPACES = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC };

enum { PIPE_ROOM = 256 * 1024 };

struct failure {
    enum inside_step step;
    int why;
};

static void close_all(int fds[3])
{
    for (int i = 0; i < 3; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
            fds[i] = -1;
        }
    }
}

static bool open_terminal(const struct launch *l, int *master, int *slave)
{
    int unlocked = 0;
    *master = open(AGENT_ROOT "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (*master < 0 || ioctl(*master, TIOCSPTLCK, &unlocked) < 0) {
        return false;
    }
    *slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (l->rows > 0 && l->cols > 0) {
        const struct winsize size = {.ws_row = (unsigned short)l->rows, .ws_col = (unsigned short)l->cols};
        ioctl(*master, TIOCSWINSZ, &size);
    }
    return *slave >= 0;
}

static bool open_pipes(const struct launch *l, int ours[3], int theirs[3])
{
    int ends[2];
    for (int i = 0; i < 3; i++) {
        if (i == 0 && !l->input) {
            theirs[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
            continue;
        }
        if (pipe2(ends, O_CLOEXEC) < 0) {
            return false;
        }
        ours[i] = ends[i == 0];
        theirs[i] = ends[i != 0];
        fcntl(ours[i], F_SETFL, O_NONBLOCK);
        fcntl(ours[i], F_SETPIPE_SZ, PIPE_ROOM); /* fewer switches between us and the process */
    }
    return true;
}

static bool open_streams(const struct launch *l, int ours[3], struct inside *in)
{
    return l->terminal ? open_terminal(l, &ours[0], &in->terminal) : open_pipes(l, ours, in->streams);
}

static pid_t split(struct agent *a)
{
    char path[64];
    if (a->first == 0) {
        return (pid_t)syscall(SYS_clone, SPACES | SIGCHLD, NULL, NULL, NULL, NULL);
    }
    snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)a->first);
    int space = open(path, O_RDONLY | O_CLOEXEC);
    if (space < 0 || setns(space, CLONE_NEWPID) < 0) {
        return -1;
    }
    pid_t pid = fork();
    int why = errno;
    setns(a->own_pids, CLONE_NEWPID);
    close(space);
    errno = why;
    return pid;
}

static void explain(const struct launch *l, const struct failure *f, struct error *e)
{
    struct text name = {0};
    text_add_clean(&name, l->argv[0], strnlen(l->argv[0], 100));
    switch (f->step) {
    case INSIDE_PROGRAM:
        error_set(e, f->why == ENOENT ? ERROR_NO_COMMAND : ERROR_NOT_RUNNABLE, f->why,
                  f->why == ENOENT
                      ? "There is no command \"%s\" in the container"
                      : "The command \"%s\" cannot be run in the container: it is not a program for it",
                  text_of(&name));
        break;
    case INSIDE_FOLDER:
        error_errno(e, f->why, "Cannot start \"%s\" in the folder %.100s of the container", text_of(&name),
                    l->workdir);
        break;
    case INSIDE_USER:
        error_errno(e, f->why, "Cannot start \"%s\" as user %.60s in the container", text_of(&name),
                    l->user ? l->user : "root");
        break;
    default:
        error_errno(e, f->why, "Cannot start \"%s\" in the container's VM", text_of(&name));
        break;
    }
    text_done(&name);
}

/* In the new process. */
static void become(const struct inside *in, int tell)
{
    struct failure f = {.step = inside_run(in), .why = errno};
    ssize_t n = write(tell, &f, sizeof f);
    _exit(n == (ssize_t)sizeof f ? 127 : 126);
}

static pid_t start(struct agent *a, const struct inside *in, struct error *e)
{
    int tell[2];
    struct failure f = {.step = INSIDE_STREAMS};
    pid_t pid = pipe2(tell, O_CLOEXEC) == 0 ? split(a) : -1;
    if (pid < 0) {
        error_errno(e, errno, "Cannot start a process in the container's VM");
        return 0;
    }
    if (pid == 0) {
        become(in, tell[1]);
    }
    close(tell[1]);
    bool failed = read(tell[0], &f, sizeof f) == (ssize_t)sizeof f;
    close(tell[0]);
    if (failed) {
        explain(in->launch, &f, e);
        waitpid(pid, NULL, 0);
        return 0;
    }
    return pid;
}

pid_t launch_process(struct agent *a, const struct launch *l, int fds[3], struct error *e)
{
    struct inside in = {.launch = l,
                        .hostname = a->hostname,
                        .first = a->first,
                        .streams = {-1, -1, -1},
                        .terminal = -1,
                        .cgroup = open(AGENT_CGROUP "/cgroup.procs", O_WRONLY | O_CLOEXEC)};
    pid_t pid = 0;
    fds[0] = fds[1] = fds[2] = -1;
    bool known = images_user(AGENT_ROOT, l->user, &in.uid, &in.gid, e);
    in.n_groups = known ? images_groups(AGENT_ROOT, l->user, in.gid, in.groups, IMAGES_GROUPS) : 0;
    if (!known) {
        pid = 0;
    } else if (!open_streams(l, fds, &in)) {
        error_errno(e, errno, "Cannot make a terminal or pipes in the container's VM");
    } else {
        pid = start(a, &in, e);
    }
    close_all(in.streams);
    if (in.terminal >= 0) {
        close(in.terminal);
    }
    if (in.cgroup >= 0) {
        close(in.cgroup);
    }
    if (pid == 0) {
        close_all(fds);
    } else if (a->first == 0) {
        a->first = pid;
    }
    return pid;
}
