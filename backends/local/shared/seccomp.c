#include "backends/local/shared/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "core/memory.h"

/* An argument that must compare so; op NULL: the arguments do not matter. SCMP_CMP_MASKED_EQ compares what
 * `value` leaves of the argument with 0. */
struct argument {
    unsigned index;
    uint64_t value;
    const char *op;
};

/* One sentence of the profile: these calls are allowed, or fail with `fails_with`, where all that it names is
 * so. A call that several rules name is allowed if one of them allows it. */
struct rule {
    const char *names;    /* divided by blanks */
    const char *with;     /* a capability that the container must have; NULL: any */
    const char *without;  /* one that it must not have */
    const char *machines; /* as uname says them, divided by blanks; NULL: all */
    const char *but;      /* machines that it is not for; NULL: none */
    struct argument argument;
    int kernel; /* the oldest: 1000 * major + minor; 0: all */
    int fails_with;
};

/* What makes a namespace. Docker's mask, which leaves CLONE_NEWTIME out: that bit is part of the signal in
 * clone's flags. */
#define NEW_NAMESPACES                                                                                       \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |            \
     CLONE_NEWNET)

#define X86_MACHINES "x86_64 i386 i486 i586 i686"
#define ARM_MACHINES "aarch64 armv6l armv7l armv8l"

/* The calls of each group are in the order of the alphabet, 32-bit and time64 forms among them. */
static const struct rule rules[] = {
    /* Files and folders: the file system's own rights decide about each of them. */
    {.names =
         "access chdir chmod chown chown32 close close_range creat dup dup2 dup3 faccessat faccessat2 "
         "fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 flock fstat "
         "fstat64 fstatat64 fstatfs fstatfs64 ftruncate ftruncate64 futimesat getcwd getdents getdents64 "
         "lchown lchown32 link linkat lstat lstat64 mkdir mkdirat mknod mknodat newfstatat open openat "
         "openat2 readlink readlinkat rename renameat renameat2 rmdir stat stat64 statfs statfs64 statx "
         "symlink symlinkat truncate truncate64 umask unlink unlinkat utime utimensat utimensat_time64 "
         "utimes"},
    /* What is mounted, as /proc/self/mountinfo tells it. */
    {.names = "listmount statmount"},
    /* Attributes of files; those that need rights are checked by the kernel. */
    {.names =
         "fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat "
         "llistxattr lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat"},
    /* Reading and writing what is open. io_uring is not among them, as it makes calls that no filter sees. */
    {.names =
         "_llseek cachestat copy_file_range fadvise64 fadvise64_64 fdatasync fsync io_cancel io_destroy "
         "io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl lseek pipe pipe2 pread64 "
         "preadv preadv2 pwrite64 pwritev pwritev2 read readahead readv sendfile sendfile64 splice sync "
         "sync_file_range syncfs tee vmsplice write writev"},
    /* Waiting for events. fanotify_mark is of use only with a group that somebody with rights has made. */
    {.names =
         "_newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait "
         "epoll_wait_old eventfd eventfd2 fanotify_mark inotify_add_watch inotify_init inotify_init1 "
         "inotify_rm_watch poll ppoll ppoll_time64 pselect6 pselect6_time64 select signalfd signalfd4"},
    /* A process's own memory. */
    {.names =
         "brk madvise map_shadow_stack memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2 "
         "mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect "
         "remap_file_pages"},
    /* Processes, threads and signals: only those of the container's own pid namespace can be named. */
    {.names = "execve execveat exit exit_group fork get_robust_list get_thread_area getpgid getpgrp getpid "
              "getppid "
              "getsid gettid kill membarrier pause pidfd_open pidfd_send_signal prctl process_mrelease "
              "restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn "
              "rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo set_robust_list "
              "set_thread_area set_tid_address setpgid setsid sigaltstack sigprocmask sigreturn tgkill tkill "
              "uretprobe vfork wait4 waitid waitpid"},
    {.names = "futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake"},
    /* Scheduling and limits of its own processes. */
    {.names = "getcpu getpriority getrlimit getrusage ioprio_get ioprio_set prlimit64 sched_get_priority_max "
              "sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler "
              "sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr "
              "sched_setparam sched_setscheduler sched_yield setpriority setrlimit times ugetrlimit"},
    /* Users, groups, capabilities: what a process may become is checked by the kernel. */
    {.names =
         "capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid "
         "getresgid32 getresuid getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid "
         "setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32 setresuid setresuid32 "
         "setreuid setreuid32 setuid setuid32"},
    /* A process may give up more than the container does. */
    {.names = "landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp"},
    /* Reading clocks, and timers. The adjusting calls only read without CAP_SYS_TIME. */
    {.names =
         "adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime "
         "clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer "
         "time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime "
         "timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime "
         "timerfd_settime64"},
    /* Sockets; which kinds can be made is a rule of its own. */
    {.names =
         "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg "
         "recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair"},
    /* Queues, semaphores and memory that the container's own ipc namespace has. */
    {.names = "ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
              "mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop "
              "semtimedop_time64 shmat shmctl shmdt shmget"},
    /* About the machine. */
    {.names = "getrandom riscv_hwprobe sysinfo uname"},

    /* Before Linux 4.8 a tracer could change a call behind the filter's back. */
    {.names = "ptrace", .kernel = 4008},
    /* All kinds of sockets but two: AF_ALG is a way into the kernel's cryptography that programs hardly use,
     * AF_VSOCK leads to the hypervisor past every network namespace. */
    {.names = "socket", .argument = {0, AF_ALG, "SCMP_CMP_LT"}},
    {.names = "socket", .argument = {0, AF_NFC, "SCMP_CMP_EQ"}},
    {.names = "socket", .argument = {0, AF_VSOCK, "SCMP_CMP_GT"}},
    /* Personalities that do no harm: Linux, 32-bit Linux, each with an old release's name, and asking. Others
     * switch off what makes attacks hard. */
    {.names = "personality", .argument = {0, PER_LINUX, "SCMP_CMP_EQ"}},
    {.names = "personality", .argument = {0, PER_LINUX32, "SCMP_CMP_EQ"}},
    {.names = "personality", .argument = {0, UNAME26, "SCMP_CMP_EQ"}},
    {.names = "personality", .argument = {0, PER_LINUX32 | UNAME26, "SCMP_CMP_EQ"}},
    {.names = "personality", .argument = {0, 0xffffffff, "SCMP_CMP_EQ"}},

    /* What only some machines have. */
    {.names = "arch_prctl", .machines = "x86_64"},
    {.names = "modify_ldt", .machines = X86_MACHINES},
    {.names = "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2",
     .machines = ARM_MACHINES},
    {.names = "swapcontext sync_file_range2", .machines = "ppc64le"},
    {.names = "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr", .machines = "s390 s390x"},
    {.names = "riscv_flush_icache", .machines = "riscv64"},

    /* Threads and processes, but no new namespaces: in one of its own a container would have all
     * capabilities, and could mount. clone3 passes its flags in memory, where no filter can look; ENOSYS
     * makes libraries use clone instead. */
    {.names = "clone",
     .without = "CAP_SYS_ADMIN",
     .but = "s390 s390x",
     .argument = {0, NEW_NAMESPACES, "SCMP_CMP_MASKED_EQ"}},
    {.names = "clone",
     .without = "CAP_SYS_ADMIN",
     .machines = "s390 s390x", /* the flags are its second argument there */
     .argument = {1, NEW_NAMESPACES, "SCMP_CMP_MASKED_EQ"}},
    {.names = "clone3", .without = "CAP_SYS_ADMIN", .fails_with = ENOSYS},

    /* What a capability is for. */
    {.names =
         "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr "
         "lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open "
         "quotactl "
         "quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare",
     .with = "CAP_SYS_ADMIN"},
    {.names = "bpf", .with = "CAP_BPF"},
    {.names = "name_to_handle_at open_by_handle_at", .with = "CAP_DAC_READ_SEARCH"},
    {.names = "perf_event_open", .with = "CAP_PERFMON"},
    {.names = "reboot", .with = "CAP_SYS_BOOT"},
    {.names = "chroot", .with = "CAP_SYS_CHROOT"},
    {.names = "delete_module finit_module init_module", .with = "CAP_SYS_MODULE"},
    {.names = "get_mempolicy mbind set_mempolicy set_mempolicy_home_node", .with = "CAP_SYS_NICE"},
    {.names = "acct", .with = "CAP_SYS_PACCT"},
    {.names = "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
     .with = "CAP_SYS_PTRACE"},
    {.names = "ioperm iopl", .with = "CAP_SYS_RAWIO"},
    {.names = "clock_settime clock_settime64 settimeofday stime", .with = "CAP_SYS_TIME"},
    {.names = "vhangup", .with = "CAP_SYS_TTY_CONFIG"},
    {.names = "syslog", .with = "CAP_SYSLOG"},
};

/* The machine's own calls, and those of the older machines whose programs it runs too. One that is not here
 * gets a filter for its own calls. */
static const struct {
    const char *machines;
    const char *names[4];
} architectures[] = {
    {"x86_64", {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"}},
    {"aarch64", {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"}},
    {"mips64", {"SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32"}},
    {"s390x", {"SCMP_ARCH_S390X", "SCMP_ARCH_S390"}},
    {"riscv64", {"SCMP_ARCH_RISCV64"}},
};

/* Is `word` one of those that `list` has, divided by blanks? */
static bool listed(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; *at; at += strspn(at, " ")) {
        size_t here = strcspn(at, " ");
        if (here == len && memcmp(at, word, len) == 0) {
            return true;
        }
        at += here;
    }
    return false;
}

static bool has(const char *const *capabilities, const char *wanted)
{
    for (; *capabilities; capabilities++) {
        if (strcmp(*capabilities, wanted) == 0) {
            return true;
        }
    }
    return false;
}

static int kernel_number(const char *release)
{
    int major = 0, minor = 0;
    return sscanf(release, "%d.%d", &major, &minor) >= 1 ? 1000 * major + minor : 0;
}

static bool applies(const struct rule *r, const char *const *capabilities, const struct utsname *host)
{
    return (!r->with || has(capabilities, r->with)) && (!r->without || !has(capabilities, r->without)) &&
           (!r->machines || listed(r->machines, host->machine)) &&
           (!r->but || !listed(r->but, host->machine)) && kernel_number(host->release) >= r->kernel;
}

static void add_names(cJSON *o, const char *names)
{
    cJSON *list = cJSON_AddArrayToObject(o, "names");
    char *copy = mem_string(names), *rest = NULL;
    for (char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        cJSON_AddItemToArray(list, cJSON_CreateString(name));
    }
    free(copy);
}

static void add_rule(cJSON *syscalls, const struct rule *r)
{
    cJSON *o = cJSON_CreateObject();
    add_names(o, r->names);
    cJSON_AddStringToObject(o, "action", r->fails_with ? "SCMP_ACT_ERRNO" : "SCMP_ACT_ALLOW");
    if (r->fails_with) {
        cJSON_AddNumberToObject(o, "errnoRet", r->fails_with);
    }
    if (r->argument.op) {
        cJSON *argument = cJSON_CreateObject();
        cJSON_AddNumberToObject(argument, "index", r->argument.index);
        cJSON_AddNumberToObject(argument, "value", (double)r->argument.value);
        cJSON_AddNumberToObject(argument, "valueTwo", 0);
        cJSON_AddStringToObject(argument, "op", r->argument.op);
        cJSON_AddItemToArray(cJSON_AddArrayToObject(o, "args"), argument);
    }
    cJSON_AddItemToArray(syscalls, o);
}

cJSON *seccomp_profile(const char *const *capabilities, const struct utsname *host)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "defaultAction", "SCMP_ACT_ERRNO");
    cJSON_AddNumberToObject(o, "defaultErrnoRet", EPERM);
    for (size_t i = 0; i < sizeof architectures / sizeof *architectures; i++) {
        if (listed(architectures[i].machines, host->machine)) {
            json_add_strings(o, "architectures", architectures[i].names);
        }
    }
    cJSON *syscalls = cJSON_AddArrayToObject(o, "syscalls");
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (applies(&rules[i], capabilities, host)) {
            add_rule(syscalls, &rules[i]);
        }
    }
    return o;
}

/* A kernel that can filter looks for the filter at the address 0, and says that there is none. */
bool seccomp_supported(void)
{
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) < 0 && errno == EFAULT;
}
