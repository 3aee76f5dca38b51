#include "tests/backends/dockerd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/memory.h"

enum { PATIENCE_MS = 60000, STEP_MS = 50 };

struct dockerd {
    char folder[64], address[96];
    const char *const *more; /* arguments; NULL: none */
    pid_t pid;               /* 0: it does not run */
    pid_t heir;              /* clears up when we die without a word */
    int alive;               /* he reads the other end of this pipe: its end is ours */
};

static const char *find_program(void)
{
    static const char *const places[] = {"/usr/sbin/dockerd", "/usr/bin/dockerd", "/usr/local/bin/dockerd"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (access(places[i], X_OK) == 0) {
            return places[i];
        }
    }
    return NULL;
}

static void pause_step(void)
{
    nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
}

/* It must not outlive us, whatever becomes of us. */
static void become_dockerd(const struct dockerd *d, const char *program)
{
    char data[96], exec[96], pid[96], log[96];
    snprintf(data, sizeof data, "--data-root=%s/data", d->folder);
    snprintf(exec, sizeof exec, "--exec-root=%s/exec", d->folder);
    snprintf(pid, sizeof pid, "--pidfile=%s/pid", d->folder);
    snprintf(log, sizeof log, "%s/log", d->folder);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600), in = open("/dev/null", O_RDONLY);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    const char *args[32] = {"dockerd",
                            "-H",
                            d->address,
                            data,
                            exec,
                            pid,
                            "--iptables=false",
                            "--ip6tables=false",
                            "--bridge=none",
                            "--exec-opt=native.cgroupdriver=cgroupfs",
                            "--shutdown-timeout=1"};
    size_t n = 0, more = 0;
    while (args[n]) {
        n++;
    }
    while (d->more && d->more[more] && n + 1 < sizeof args / sizeof *args) {
        args[n++] = d->more[more++];
    }
    execv(program, (char *const *)args);
    _exit(127);
}

static bool has_ended(struct dockerd *d)
{
    int status;
    if (d->pid > 0 && waitpid(d->pid, &status, WNOHANG) == d->pid) {
        d->pid = 0;
    }
    return d->pid == 0;
}

static bool answers(const struct dockerd *d)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    static const char question[] = "GET /_ping HTTP/1.0\r\n\r\n";
    char answer[16] = "";
    snprintf(to.sun_path, sizeof to.sun_path, "%s/docker.sock", d->folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
              write(fd, question, sizeof question - 1) > 0 && read(fd, answer, sizeof answer - 1) > 12 &&
              strncmp(answer + 9, "200", 3) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

bool dockerd_start(struct dockerd *d)
{
    char path[96];
    const char *program = find_program();
    snprintf(path, sizeof path, "%s/pid", d->folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/exec/containerd/containerd.pid", d->folder);
    unlink(path); /* one that nobody has waited for counts as alive, and would be waited for */
    d->pid = fork();
    if (d->pid == 0) {
        become_dockerd(d, program);
    }
    for (int ms = 0; ms < PATIENCE_MS && !has_ended(d); ms += STEP_MS) {
        if (answers(d)) {
            return true;
        }
        pause_step();
    }
    return false;
}

void dockerd_arguments(struct dockerd *d, const char *const *more)
{
    d->more = more;
}

void dockerd_kill(struct dockerd *d, int number)
{
    if (d->pid == 0) {
        return;
    }
    kill(d->pid, number);
    if (number != SIGKILL && number != SIGTERM) {
        return;
    }
    for (int ms = 0; ms < PATIENCE_MS && !has_ended(d); ms += STEP_MS) {
        pause_step();
    }
    if (d->pid > 0) {
        kill(d->pid, SIGKILL);
        waitpid(d->pid, NULL, 0);
        d->pid = 0;
    }
}

bool dockerd_docker(const struct dockerd *d, char *out, size_t room, const char *fmt, ...)
{
    char args[2048], line[2560], rest[4096];
    va_list list;
    va_start(list, fmt);
    vsnprintf(args, sizeof args, fmt, list);
    va_end(list);
    snprintf(line, sizeof line, "DOCKER_HOST=%s docker %s 2>>%s/log </dev/null", d->address, args, d->folder);
    FILE *pipe = popen(line, "r");
    size_t n = 0;
    if (!pipe) {
        return false;
    }
    if (out) {
        n = fread(out, 1, room - 1, pipe);
        out[n] = '\0';
    }
    while (fread(rest, 1, sizeof rest, pipe) > 0) {
    }
    return pclose(pipe) == 0;
}

bool dockerd_shell(const char *fmt, ...)
{
    char line[1600];
    va_list list;
    va_start(list, fmt);
    vsnprintf(line, sizeof line, fmt, list);
    va_end(list);
    int status = system(line);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Containers outlive a daemon that was killed, or that leaves them to the next one. The command line of the
 * shim that holds a container names the folder; its child is the container. */
static void clear_folder(const char *folder)
{
    dockerd_shell(
        "for p in $(pgrep -f -- '[-]address %s/exec/'); do kill -9 $(pgrep -P $p) $p 2>/dev/null; done",
        folder);
    dockerd_shell(
        "grep -o ' %s/[^ ]*' /proc/mounts | sort -r | xargs -r -n 1 umount -l 2>/dev/null; rm -rf %s", folder,
        folder);
}

static void be_heir(const struct dockerd *d, int alive)
{
    char byte;
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++) {
        dup2(null, fd);
    }
    setpgid(0, 0);
    if (read(alive, &byte, 1) != 1) {
        dockerd_shell("for i in $(seq 100); do kill $(cat %s/pid) 2>/dev/null || break; sleep 0.2; done",
                      d->folder);
        clear_folder(d->folder);
    }
    _exit(0);
}

/* A test that is killed, or aborts, leaves a daemon that takes some time to end, and its folder. */
static void start_heir(struct dockerd *d)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return;
    }
    d->alive = ends[1];
    d->heir = fork();
    if (d->heir == 0) {
        close(ends[1]);
        be_heir(d, ends[0]);
    }
    close(ends[0]);
}

static void dismiss_heir(struct dockerd *d)
{
    if (d->heir > 0) {
        ssize_t told = write(d->alive, "", 1);
        (void)told; /* he is gone, then */
        waitpid(d->heir, NULL, 0);
        close(d->alive);
    }
}

/* A root file system around the host's static busybox. */
static bool import_busybox(const struct dockerd *d)
{
    return dockerd_shell("cd %s && mkdir -p root/bin root/etc root/tmp root/root root/proc && "
                         "cp $(command -v busybox) root/bin/busybox && for a in $(busybox --list); do "
                         "[ $a = busybox ] || ln -s busybox root/bin/$a; done && echo "
                         "'root:x:0:0:root:/root:/bin/sh' > "
                         "root/etc/passwd && tar -C root -cf root.tar .",
                         d->folder) &&
           dockerd_docker(d, NULL, 0, "import %s/root.tar busybox", d->folder);
}

struct dockerd *dockerd_new(char *why, size_t room)
{
    struct dockerd *d = mem_new(1, sizeof *d);
    const char *missing = geteuid() != 0    ? "a Docker daemon of its own needs root"
                          : !find_program() ? "there is no dockerd (package docker.io)"
                          : !dockerd_shell("command -v docker busybox >/dev/null")
                              ? "docker's client or busybox is missing"
                              : NULL;
    snprintf(d->folder, sizeof d->folder, "/tmp/porthole-dockerd-XXXXXX");
    if (missing || !mkdtemp(d->folder)) {
        snprintf(why, room, "%s", missing ? missing : "there is no room in /tmp");
        free(d);
        return NULL;
    }
    snprintf(d->address, sizeof d->address, "unix://%s/docker.sock", d->folder);
    start_heir(d);
    if (!dockerd_start(d) || !import_busybox(d)) {
        snprintf(why, room, "a Docker daemon cannot run here");
        dockerd_shell("tail -n 5 %s/log >&2", d->folder);
        dockerd_free(d);
        return NULL;
    }
    return d;
}

void dockerd_free(struct dockerd *d)
{
    if (!d) {
        return;
    }
    if (d->pid > 0) {
        dockerd_docker(d, NULL, 0, "ps -aq > %s/ids; (xargs -r docker -H %s rm -f < %s/ids)", d->folder,
                       d->address, d->folder);
    }
    dockerd_kill(d, SIGTERM);
    clear_folder(d->folder);
    dismiss_heir(d);
    free(d);
}

const char *dockerd_address(const struct dockerd *d)
{
    return d->address;
}

const char *dockerd_folder(const struct dockerd *d)
{
    return d->folder;
}

pid_t dockerd_pid(const struct dockerd *d)
{
    return d->pid;
}
