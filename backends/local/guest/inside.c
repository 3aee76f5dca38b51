#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backends/local/guest/agent.h"
#include "backends/local/shared/bundle_env.h"

extern char **environ;

/* Those that a container has behind the thin wall as well (shared/bundle.c): what works in one mode works in
 * the other. */
static const unsigned kept[] = {CAP_CHOWN,       CAP_DAC_OVERRIDE,    CAP_FSETID, CAP_FOWNER,
                                CAP_MKNOD,       CAP_NET_RAW,         CAP_SETGID, CAP_SETUID,
                                CAP_SETFCAP,     CAP_SETPCAP,         CAP_KILL,   CAP_SYS_CHROOT,
                                CAP_AUDIT_WRITE, CAP_NET_BIND_SERVICE};

/* The first process: what has been mounted becomes "/", and the agent's own root is out of sight. */
static bool make_room(const struct inside *in)
{
    size_t len = strlen(in->hostname);
    return unshare(CLONE_NEWCGROUP) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           sethostname(in->hostname, len) == 0 &&
           place_mount("proc", "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL) &&
           place_mount("cgroup", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY,
                       NULL) &&
           chdir(AGENT_ROOT) == 0 && mount(".", "/", NULL, MS_MOVE, NULL) == 0 && chroot(".") == 0 &&
           chdir("/") == 0;
}

static bool enter_room(pid_t first)
{
    static const char *const names[] = {"uts", "ipc", "cgroup", "mnt"};
    int spaces[4];
    for (size_t i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)first, names[i]);
        spaces[i] = open(path, O_RDONLY | O_CLOEXEC);
    }
    for (size_t i = 0; i < 4; i++) {
        if (spaces[i] < 0 || setns(spaces[i], 0) < 0) {
            return false;
        }
    }
    return chdir("/") == 0;
}

static bool join_cgroup(int procs)
{
    return procs < 0 || write(procs, "0", 1) == 1;
}

static bool take_streams(const struct inside *in)
{
    setsid();
    if (in->terminal >= 0 && ioctl(in->terminal, TIOCSCTTY, 0) < 0) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        if (dup2(in->terminal >= 0 ? in->terminal : in->streams[i], i) < 0) {
            return false;
        }
    }
    for (int i = 0; i < 3; i++) { /* it may open them again by name; /dev/null needs no owner */
        int ignored = in->terminal >= 0 || in->launch->input || i > 0 ? fchown(i, in->uid, (gid_t)-1) : 0;
        (void)ignored;
    }
    return true;
}

/* The folder to start in is made when it is missing, as an OCI runtime does. */
static bool enter_folder(const char *path)
{
    char part[4096];
    size_t len = strlen(path);
    if (chdir(path) == 0) {
        return true;
    }
    if (errno != ENOENT || len >= sizeof part) {
        return false;
    }
    for (size_t i = 1; i <= len; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            mkdir(part, 0755);
        }
    }
    return chdir(path) == 0;
}

static bool limit_rights(uint64_t mask)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)mask, .permitted = (uint32_t)mask},
        {.effective = (uint32_t)(mask >> 32), .permitted = (uint32_t)(mask >> 32)}};
    return syscall(SYS_capset, &head, data) == 0;
}

/* Rights go last but one: changing the user needs them, and a user other than root keeps none. */
static bool become_user(const struct inside *in)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        mask |= UINT64_C(1) << kept[i];
    }
    for (unsigned long right = 0; prctl(PR_CAPBSET_READ, right, 0, 0, 0) >= 0; right++) {
        if (!(mask >> right & 1) && prctl(PR_CAPBSET_DROP, right, 0, 0, 0) < 0) {
            return false;
        }
    }
    return setgroups(in->n_groups, in->groups) == 0 && setgid(in->gid) == 0 && setuid(in->uid) == 0 &&
           (in->uid != 0 || limit_rights(mask));
}

/* HOME is by the container's own passwd, if nobody says otherwise. */
static void set_environment(const struct inside *in)
{
    clearenv();
    for (const char *const *word = in->launch->env; word && *word; word++) {
        putenv((char *)(uintptr_t)*word);
    }
    if (!getenv("HOME")) {
        char *home = bundle_home("/", in->uid);
        setenv("HOME", home, 1);
        free(home);
    }
}

static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL);
    }
    sigprocmask(SIG_SETMASK, &none, NULL);
}

enum inside_step inside_run(const struct inside *in)
{
    if (!join_cgroup(in->cgroup) || !(in->first == 0 ? make_room(in) : enter_room(in->first))) {
        return INSIDE_ROOM;
    }
    if (!take_streams(in)) {
        return INSIDE_STREAMS;
    }
    if (!enter_folder(in->launch->workdir)) {
        return INSIDE_FOLDER;
    }
    set_environment(in);
    if (!become_user(in)) {
        return INSIDE_USER;
    }
    reset_signals();
    execvp(in->launch->argv[0], (char *const *)(uintptr_t)in->launch->argv);
    return INSIDE_PROGRAM;
}
