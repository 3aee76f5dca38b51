/* Runs in a container and prints what it is kept from, a line for each attempt: "call NAME ERRNO", "file NAME
 * ERRNO", "device NAME ERRNO", and what the kernel tells about it: "status ...", "mount ...", "node ...".
 * Static, since it runs in any image. Where the attempt were to succeed it must do no harm: it may be tried
 * without any wall. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Numbers that older headers lack; the same on all machines since Linux 5.0. */
enum {
    NR_OPEN_TREE = 428,
    NR_MOVE_MOUNT = 429,
    NR_FSOPEN = 430,
    NR_FSCONFIG = 431,
    NR_FSMOUNT = 432,
    NR_FSPICK = 433,
    NR_PIDFD_OPEN = 434,
    NR_CLONE3 = 435,
    NR_PIDFD_GETFD = 438,
    NR_PROCESS_MADVISE = 440,
    NR_MOUNT_SETATTR = 442,
    NR_QUOTACTL_FD = 443,
    NR_IO_URING_SETUP = 425,
    NR_IO_URING_ENTER = 426,
    NR_IO_URING_REGISTER = 427,
};

#define TEXT(s) (long)(intptr_t)(s)

static const struct {
    const char *name;
    long number, args[6];
} calls[] = {
    {"acct", SYS_acct, {TEXT("/no/such")}},
    {"add_key", SYS_add_key, {TEXT("user"), TEXT("porthole"), TEXT("x"), 1, KEY_SPEC_PROCESS_KEYRING}},
    {"adjtimex, reading", SYS_adjtimex, {0}},
    {"bpf", SYS_bpf, {0, 0, 0}},
    {"chroot", SYS_chroot, {TEXT("/")}},
    {"clock_settime", SYS_clock_settime, {0, 0}},
    {"clone3", NR_CLONE3, {0, 0}},
    {"delete_module", SYS_delete_module, {TEXT("no_such"), 0}},
    {"fanotify_init", SYS_fanotify_init, {0, 0}},
    {"finit_module", SYS_finit_module, {-1, TEXT(""), 0}},
    {"fsconfig", NR_FSCONFIG, {-1}},
    {"fsmount", NR_FSMOUNT, {-1}},
    {"fsopen", NR_FSOPEN, {TEXT("tmpfs")}},
    {"fspick", NR_FSPICK, {-1, TEXT("/")}},
    {"get_mempolicy", SYS_get_mempolicy, {0}},
    {"init_module", SYS_init_module, {0, 0, TEXT("")}},
    {"io_uring_enter", NR_IO_URING_ENTER, {-1}},
    {"io_uring_register", NR_IO_URING_REGISTER, {-1}},
    {"io_uring_setup", NR_IO_URING_SETUP, {1, 0}},
    {"kcmp", SYS_kcmp, {1, 1, 0, 0, 0}},
    {"kexec_load", SYS_kexec_load, {0, 0, 0, 0}},
    {"keyctl", SYS_keyctl, {KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0}},
    {"keyctl, joining", SYS_keyctl, {KEYCTL_JOIN_SESSION_KEYRING, 0}},
    {"lookup_dcookie", SYS_lookup_dcookie, {0}},
    {"mbind", SYS_mbind, {0}},
    {"migrate_pages", SYS_migrate_pages, {0}},
    {"mount", SYS_mount, {TEXT("none"), TEXT("/tmp"), TEXT("tmpfs"), 0, 0}},
    {"mount_setattr", NR_MOUNT_SETATTR, {-1, TEXT(""), 0, 0, 0}},
    {"move_mount", NR_MOVE_MOUNT, {-1, TEXT(""), -1, TEXT(""), 0}},
    {"move_pages", SYS_move_pages, {0}},
    {"name_to_handle_at", SYS_name_to_handle_at, {-1, 0, 0, 0, 0}},
    {"nfsservctl", SYS_nfsservctl, {0}},
    {"open_by_handle_at", SYS_open_by_handle_at, {-1, 0, 0}},
    {"open_tree", NR_OPEN_TREE, {-1, TEXT("/"), 0}},
    {"perf_event_open", SYS_perf_event_open, {0, 0, 0, 0, 0}},
    {"personality, asking", SYS_personality, {0xffffffff}},
    {"personality of another system", SYS_personality, {PER_SVR4}},
    {"personality without randomization", SYS_personality, {ADDR_NO_RANDOMIZE}},
    {"pidfd_getfd", NR_PIDFD_GETFD, {-1, 0, 0}},
    {"pidfd_open", NR_PIDFD_OPEN, {1, 0}},
    {"pivot_root", SYS_pivot_root, {TEXT("/"), TEXT("/")}},
    {"process_madvise", NR_PROCESS_MADVISE, {-1, 0, 0, 0, 0}},
    {"ptrace", SYS_ptrace, {PTRACE_TRACEME}},
    {"quotactl", SYS_quotactl, {0, 0, 0, 0}},
    {"quotactl_fd", NR_QUOTACTL_FD, {-1}},
    {"reboot", SYS_reboot, {0, 0, 0, 0}},
    {"request_key", SYS_request_key, {TEXT("user"), TEXT("porthole-none"), 0, 0}},
    {"set_mempolicy", SYS_set_mempolicy, {0, 0, 0}},
    {"setdomainname", SYS_setdomainname, {TEXT("d"), 1}},
    {"sethostname", SYS_sethostname, {TEXT("h"), 1}},
    {"setns", SYS_setns, {-1, 0}},
    {"settimeofday", SYS_settimeofday, {0, 0}},
    {"socket, raw packets", SYS_socket, {AF_PACKET, SOCK_RAW, 0}},
    {"socket, TCP", SYS_socket, {AF_INET, SOCK_STREAM, 0}},
    {"socket AF_ALG", SYS_socket, {AF_ALG, SOCK_SEQPACKET, 0}},
    {"socket AF_NETLINK, nfnetlink", SYS_socket, {AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER}},
    {"socket AF_NETLINK, routes", SYS_socket, {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE}},
    {"socket AF_VSOCK", SYS_socket, {AF_VSOCK, SOCK_STREAM, 0}},
    {"swapoff", SYS_swapoff, {TEXT("/no/such")}},
    {"swapon", SYS_swapon, {TEXT("/no/such"), 0}},
    {"syslog", SYS_syslog, {10, 0, 0}},
    {"umount2", SYS_umount2, {TEXT("/proc/sys"), 0}},
    {"unshare CLONE_NEWCGROUP", SYS_unshare, {CLONE_NEWCGROUP}},
    {"unshare CLONE_NEWIPC", SYS_unshare, {CLONE_NEWIPC}},
    {"unshare CLONE_NEWNET", SYS_unshare, {CLONE_NEWNET}},
    {"unshare CLONE_NEWNS", SYS_unshare, {CLONE_NEWNS}},
    {"unshare CLONE_NEWPID", SYS_unshare, {CLONE_NEWPID}},
    {"unshare CLONE_NEWUSER", SYS_unshare, {CLONE_NEWUSER}},
    {"unshare CLONE_NEWUTS", SYS_unshare, {CLONE_NEWUTS}},
    {"unshare, nothing", SYS_unshare, {0}},
    {"userfaultfd", SYS_userfaultfd, {0}},
    {"vhangup", SYS_vhangup, {0}},
#ifdef SYS_kexec_file_load
    {"kexec_file_load", SYS_kexec_file_load, {-1, -1, 0, 0, 0}},
#endif
#ifdef __x86_64__
    {"_sysctl", SYS__sysctl, {0}},
    {"create_module", SYS_create_module, {0}},
    {"ioperm", SYS_ioperm, {0, 1, 1}},
    {"iopl", SYS_iopl, {3}},
    {"modify_ldt", SYS_modify_ldt, {0, 0, 0}},
    {"query_module", SYS_query_module, {0}},
    {"sysfs", SYS_sysfs, {3}},
    {"uselib", SYS_uselib, {TEXT("/no/such")}},
    {"ustat", SYS_ustat, {0, 0}},
#endif
};

/* Runs one attempt in a process of its own, whatever becomes of it. */
static void attempt(const char *kind, const char *name, int (*try)(const void *), const void *argument)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        int result = try(argument);
        _exit(result);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status)) {
        printf("%s %s: signal %d\n", kind, name, WTERMSIG(status));
    } else {
        printf("%s %s: %s\n", kind, name, WEXITSTATUS(status) ? strerrorname_np(WEXITSTATUS(status)) : "0");
    }
}

static int result_of(long got)
{
    return got < 0 ? errno : 0;
}

static int try_call(const void *argument)
{
    size_t i = *(const size_t *)argument;
    const long *a = calls[i].args;
    return result_of(syscall(calls[i].number, a[0], a[1], a[2], a[3], a[4], a[5]));
}

static int try_clone(const void *argument)
{
    long pid = syscall(SYS_clone, *(const int *)argument | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        _exit(0);
    }
    return result_of(pid);
}

static int try_reading_memory(const void *argument)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)argument, 1};
    return result_of(syscall(SYS_process_vm_readv, getppid(), &here, 1UL, &there, 1UL, 0UL));
}

static int try_open(const void *argument, int flags)
{
    return result_of(open(argument, flags | O_CLOEXEC | O_NONBLOCK));
}

static int try_writing(const void *argument)
{
    return try_open(argument, O_WRONLY);
}

static int try_making(const void *argument)
{
    return try_open(argument, O_WRONLY | O_CREAT | O_EXCL);
}

/* A file that is masked is empty. */
static int try_reading(const void *argument)
{
    char byte;
    int fd = open(argument, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno;
    }
    ssize_t n = read(fd, &byte, 1);
    return n < 0 ? errno : n == 0 ? ENODATA : 0;
}

struct device {
    const char *name;
    mode_t type;
    unsigned major, minor;
};

static int try_device(const void *argument)
{
    const struct device *d = argument;
    char path[64];
    snprintf(path, sizeof path, "/tmp/node-%u-%u", d->major, d->minor);
    mkdir("/tmp", 0755);
    if (mknod(path, d->type | 0600, makedev(d->major, d->minor)) < 0) {
        return errno;
    }
    int why = result_of(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    unlink(path);
    return why;
}

static void try_calls(void)
{
    static const int none = 0, user = CLONE_NEWUSER, network = CLONE_NEWNET, mounts = CLONE_NEWNS;
    static char byte = 'x';
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        attempt("call", calls[i].name, try_call, &i);
    }
    attempt("call", "clone", try_clone, &none);
    attempt("call", "clone CLONE_NEWUSER", try_clone, &user);
    attempt("call", "clone CLONE_NEWNET", try_clone, &network);
    attempt("call", "clone CLONE_NEWNS", try_clone, &mounts);
    attempt("call", "process_vm_readv", try_reading_memory, &byte);
}

static void try_files(void)
{
    static const char *const written[] = {"/proc/sysrq-trigger",
                                          "/proc/sys/kernel/core_pattern",
                                          "/proc/sys/kernel/hostname",
                                          "/proc/sys/vm/drop_caches",
                                          "/proc/bus",
                                          "/proc/irq/default_smp_affinity",
                                          "/proc/1/oom_score_adj",
                                          "/sys/kernel/uevent_helper",
                                          "/sys/kernel/mm/transparent_hugepage/enabled",
                                          "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                                          "/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
                                          "/sys/fs/cgroup/devices/devices.allow",
                                          "/sys/fs/cgroup/memory.max",
                                          "/sys/fs/cgroup/cgroup.procs"};
    static const char *const read_only[] = {"/proc/kcore",       "/proc/keys",       "/proc/timer_list",
                                            "/proc/sched_debug", "/proc/interrupts", "/proc/acpi",
                                            "/proc/scsi",        "/proc/asound",     "/sys/firmware",
                                            "/proc/kmsg",        "/dev/mem",         "/dev/kmsg"};
    static const char *const made[] = {"/sys/fs/cgroup/porthole-probe", "/sys/porthole-probe",
                                       "/proc/sys/porthole-probe"};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        attempt("write", written[i], try_writing, written[i]);
    }
    for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++) {
        attempt("read", read_only[i], try_reading, read_only[i]);
    }
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        attempt("make", made[i], try_making, made[i]);
    }
}

static void try_devices(void)
{
    static const struct device devices[] = {
        {"mem", S_IFCHR, 1, 1},     {"port", S_IFCHR, 1, 4},
        {"kmsg", S_IFCHR, 1, 11},   {"null", S_IFCHR, 1, 3},
        {"console", S_IFCHR, 5, 1}, {"fuse", S_IFCHR, 10, 229},
        {"kvm", S_IFCHR, 10, 232},  {"loop-control", S_IFCHR, 10, 237},
        {"loop0", S_IFBLK, 7, 0},   {"disk", S_IFBLK, 254, 0},
        {"ram0", S_IFBLK, 1, 0},    {"snapshot", S_IFCHR, 10, 231},
    };
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        attempt("device", devices[i].name, try_device, &devices[i]);
    }
}

static void tell_status(void)
{
    static const char *const wanted[] = {"Cap", "Groups", "NoNewPrivs", "Seccomp:"};
    FILE *file = fopen("/proc/self/status", "re");
    char line[512];
    while (file && fgets(line, sizeof line, file)) {
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
            if (strncmp(line, wanted[i], strlen(wanted[i])) == 0) {
                printf("status %s", line);
            }
        }
    }
    if (file) {
        fclose(file);
    }
}

/* "mount /proc/sys: ro,nosuid,nodev,noexec,relatime proc"; the options are those of the mount, not of the
 * file system. */
static void tell_mounts(void)
{
    FILE *file = fopen("/proc/self/mountinfo", "re");
    char line[4096], inside[1024], options[1024], type[64];
    while (file && fgets(line, sizeof line, file)) {
        const char *dash = strstr(line, " - ");
        if (dash && sscanf(line, "%*s %*s %*s %*s %1023s %1023s", inside, options) == 2 &&
            sscanf(dash, " - %63s", type) == 1) {
            printf("mount %s: %s %s\n", inside, options, type);
        }
    }
    if (file) {
        fclose(file);
    }
}

static void tell_nodes(void)
{
    DIR *dir = opendir("/dev");
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat st;
        char target[256] = "";
        if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
            continue;
        }
        ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        printf("node %s: %o %u:%u %s\n", entry->d_name, st.st_mode, major(st.st_rdev), minor(st.st_rdev),
               target);
    }
    if (dir) {
        closedir(dir);
    }
}

int main(void)
{
    tell_status();
    tell_mounts();
    tell_nodes();
    try_calls();
    try_files();
    try_devices();
    puts("end");
    return 0;
}
