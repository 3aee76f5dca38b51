/* Everything that goes with a call has a file in the container's folder, "PREFIX.log" and so on, which is
 * gone when the call is over. A terminal comes through a socket on which we listen; since the runtime has
 * sent it before it ends, and needs no answer, it is taken from there afterwards. */
#include "backends/local/keeper/call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "backends/local/keeper/call_error.h"
#include "backends/local/keeper/keeper.h"
#include "backends/local/shared/command.h"
#include "backends/procfs.h"
#include "core/memory.h"
#include "core/text.h"

enum { NAME_ROOM = 64, WORDS = 24, LOG_LIMIT_READ = 64 * 1024, LOOK_MS = 2, LOOKS = 200 };

struct call {
    struct keeper *keeper;
    const struct wall_hooks *hooks;
    void *user;
    char *command;
    bool process;
    uv_timer_t again; /* to look whether the process is what it is to be */
    int looks;
    pid_t pid;
    char log[NAME_ROOM], pid_file[NAME_ROOM], socket[NAME_ROOM];
    int listener;
    int ours[3], theirs[3]; /* -1: none */
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

static void on_closed(uv_handle_t *timer)
{
    free(timer->data);
}

static void call_free(struct call *c)
{
    close_all(c->ours);
    close_all(c->theirs);
    if (c->listener >= 0) {
        close(c->listener);
        unlink(c->socket);
    }
    unlink(c->log);
    if (c->process) {
        unlink(c->pid_file);
    }
    free(c->command);
    uv_close((uv_handle_t *)&c->again, on_closed);
}

static bool listen_for_terminal(struct call *c)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, c->socket, strlen(c->socket) + 1);
    unlink(c->socket);
    c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return c->listener >= 0 && bind(c->listener, (struct sockaddr *)&address, sizeof address) == 0 &&
           listen(c->listener, 1) == 0;
}

static bool make_pipe(struct call *c, int which, int our_side)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return false;
    }
    c->ours[which] = ends[our_side];
    c->theirs[which] = ends[1 - our_side];
    return true;
}

static bool prepare_streams(struct call *c, const struct call_spec *spec)
{
    if (!spec->process) {
        return true;
    }
    if (spec->terminal) {
        return listen_for_terminal(c);
    }
    return (!spec->input || make_pipe(c, 0, 1)) && make_pipe(c, 1, 0) && make_pipe(c, 2, 0);
}

/* An open file's first bytes, with a NUL behind them; the length. */
static size_t read_file(const char *path, char *out, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    size_t len = 0;
    ssize_t n = 1;
    while (fd >= 0 && n > 0 && len < room - 1) {
        n = read(fd, out + len, room - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    out[len] = '\0';
    return len;
}

static int take_descriptor(int connection)
{
    char byte[256];
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {byte, sizeof byte};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    if (recvmsg(connection, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0) {
        return -1;
    }
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    int fd = -1;
    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(sizeof fd)) {
        memcpy(&fd, CMSG_DATA(head), sizeof fd);
    }
    return fd;
}

static bool take_terminal(struct call *c)
{
    int connection = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection >= 0) {
        c->ours[0] = take_descriptor(connection);
        close(connection);
    }
    return c->ours[0] >= 0;
}

static pid_t read_pid(const struct call *c)
{
    char text[32];
    read_file(c->pid_file, text, sizeof text);
    long pid = strtol(text, NULL, 10);
    return pid > 0 ? (pid_t)pid : 0;
}

static void tell_failure(struct call *c)
{
    struct error why = {0};
    char *log = mem_new(LOG_LIMIT_READ, 1);
    size_t len = read_file(c->log, log, LOG_LIMIT_READ);
    call_error(log, len, c->command, c->keeper->state.spec.name, &why);
    free(log);
    c->hooks->failed(c->user, &why);
}

static void end(struct call *c, int code)
{
    struct children *children = c->keeper->children;
    struct error why = {0};
    if (code != 0) {
        tell_failure(c);
    } else if (c->process && (c->pid == 0 || (c->listener >= 0 && !take_terminal(c)))) {
        error_set(&why, ERROR_PROTOCOL, 0,
                  "The OCI runtime started container %s but did not hand over its %s",
                  c->keeper->state.spec.name, c->pid == 0 ? "process" : "terminal");
        c->hooks->failed(c->user, &why);
    } else {
        int fds[3] = {c->ours[0], c->ours[1], c->ours[2]};
        c->ours[0] = c->ours[1] = c->ours[2] = -1;
        c->hooks->done(c->user, c->pid, fds);
    }
    children_end(children);
    call_free(c);
}

/* A signal that came now would meet the helper, which dies of what the process would ignore. */
static bool is_helper(const struct call *c)
{
    char path[64], name[32];
    snprintf(path, sizeof path, "/proc/%ld/comm", (long)c->pid);
    read_file(path, name, sizeof name);
    return procfs_is_helper(name);
}

static void on_look(uv_timer_t *timer)
{
    struct call *c = timer->data;
    if (c->pid > 0 && c->looks++ < LOOKS && is_helper(c)) {
        uv_timer_start(&c->again, on_look, LOOK_MS, 0);
    } else {
        end(c, 0);
    }
}

static void on_end(void *user, int code)
{
    struct call *c = user;
    if (code != 0) {
        end(c, code);
        return;
    }
    c->pid = c->process ? read_pid(c) : 0;
    on_look(&c->again);
}

/* A runtime that found the disk full leaves ".NAME" behind, and takes that for somebody else's the next time.
 */
static void clear_pid_file(const struct call *c)
{
    char half_written[sizeof c->pid_file + 1];
    snprintf(half_written, sizeof half_written, ".%s", c->pid_file);
    unlink(half_written);
    unlink(c->pid_file);
}

static pid_t spawn(struct call *c, const struct call_spec *spec, struct error *e)
{
    const char *words[WORDS] = {c->keeper->runtime.path, "--root", c->keeper->paths->runtime, "--log", c->log,
                                "--log-format",          "json"};
    size_t n = 7;
    for (const char *const *word = spec->words; *word; word++) {
        words[n++] = *word;
    }
    if (spec->process) {
        words[n++] = "--pid-file";
        words[n++] = c->pid_file;
    }
    if (c->listener >= 0) {
        words[n++] = "--console-socket";
        words[n++] = c->socket;
    }
    words[n++] = c->keeper->state.id;
    words[n] = NULL;
    return command_spawn(words, c->theirs, 0, e);
}

int call_start(struct keeper *k, const struct call_spec *spec, const struct wall_hooks *hooks, void *user,
               struct error *e)
{
    struct call *c = mem_new(1, sizeof *c);
    *c = (struct call){.keeper = k,
                       .hooks = hooks,
                       .user = user,
                       .process = spec->process,
                       .listener = -1,
                       .ours = {-1, -1, -1},
                       .theirs = {-1, -1, -1},
                       .command = mem_string(spec->command)};
    uv_timer_init(&k->loop, &c->again);
    c->again.data = c;
    snprintf(c->log, sizeof c->log, "%s.log", spec->prefix);
    snprintf(c->pid_file, sizeof c->pid_file, "%s.pid", spec->prefix);
    snprintf(c->socket, sizeof c->socket, "%s.sock", spec->prefix);
    clear_pid_file(c);
    if (!prepare_streams(c, spec)) {
        error_errno(e, errno, "Cannot make a terminal or pipes for container %s", k->state.spec.name);
        call_free(c);
        return -1;
    }
    children_begin(k->children);
    pid_t pid = spawn(c, spec, e);
    if (pid < 0) {
        children_end(k->children);
        call_free(c);
        return -1;
    }
    close_all(c->theirs);
    children_watch(k->children, pid, on_end, c);
    return 0;
}
