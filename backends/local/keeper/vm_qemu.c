/* QEMU gets nothing but descriptors: it runs as a user of its own, who may not open anything of ours by name.
 * The helper setpriv (util-linux) takes the rights away, and has the kernel end QEMU when the keeper ends;
 * nsenter and unshare, of the same package, put it where it reaches no network but the container's.
 *
 * What it holds: its sockets to the keeper and to virtiofsd, its log, the disk for what the container writes,
 * all of this container alone; and, for reading, the kernel, the initramfs and the image's disk, which belong
 * to root and are not writable for its user, and the sealed memory of its template. */
#include "backends/local/keeper/vm_qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/local/shared/command.h"
#include "core/memory.h"
#include "core/port.h"
#include "core/program.h"
#include "core/text.h"

enum { WORDS = 160, FDS = 24, LOG_SHOWN = 400 };

struct line { /* a command line, and what is open for it */
    char *words[WORDS];
    size_t n;
    int fds[FDS];
    size_t n_fds;
};

static void add(struct line *l, const char *fmt, ...) ERROR_PRINTF(2, 3);

static void add(struct line *l, const char *fmt, ...)
{
    struct text t = {0};
    va_list args;
    va_start(args, fmt);
    text_addv(&t, fmt, args);
    va_end(args);
    if (l->n < WORDS - 1) {
        l->words[l->n++] = text_take(&t);
    }
    text_done(&t);
}

static void line_done(struct line *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->words[i]);
    }
    for (size_t i = 0; i < l->n_fds; i++) {
        close(l->fds[i]);
    }
}

/* A copy that QEMU inherits. */
static int give(struct line *l, int fd)
{
    int copy = fd >= 0 && l->n_fds < FDS ? fcntl(fd, F_DUPFD, 3) : -1;
    if (copy >= 0) {
        l->fds[l->n_fds++] = copy;
    }
    return copy;
}

static int give_file(struct line *l, const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC), copy = give(l, fd);
    if (fd >= 0) {
        close(fd);
    }
    return copy;
}

static bool has_network(const struct vm_qemu *q)
{
    return q->role != VM_ROLE_TEMPLATE && launch_network(q->spec) == LAUNCH_NETWORK_NAT;
}

static void add_words(struct line *l, const char *const *words)
{
    for (; *words; words++) {
        add(l, "%s", *words);
    }
}

/* QEMU's own network for its guest is made in the container's namespace (network.h): what it calls the host
 * is nothing there but that, so that neither guest nor QEMU reaches the host's loopback. Low ports may be had
 * by anybody in it. Without a network QEMU gets an empty namespace, which only root can make. */
static void add_namespace(struct line *l, const struct vm_qemu *q)
{
    static const char *const entered[] = {
        "nsenter", "--net=netns", "--",
        "sh",      "-c",          "echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start; exec \"$@\"",
        "sh",      NULL};
    static const char *const empty[] = {"unshare", "--net", "--", NULL};
    if (has_network(q)) {
        add_words(l, entered);
    } else if (q->user) {
        add_words(l, empty);
    }
}

enum kvm_access { KVM_NONE, KVM_ANYBODY, KVM_GROUP, KVM_ROOT };

static enum kvm_access kvm_access(const struct vm_plan *plan, gid_t *group)
{
    struct stat kvm;
    if (!plan->kvm || stat("/dev/kvm", &kvm) < 0) {
        return KVM_NONE;
    }
    *group = kvm.st_gid;
    return (kvm.st_mode & 0006) == 0006 ? KVM_ANYBODY : (kvm.st_mode & 0060) == 0060 ? KVM_GROUP : KVM_ROOT;
}

/* Where /dev/kvm is root's alone, QEMU sees one of its own there, in a mount namespace of its own: as root it
 * could write into every file of the host. */
static void add_own_kvm(struct line *l, const struct vm_qemu *q)
{
    static const char *const words[] = {
        "unshare",
        "--mount",
        "--propagation=private",
        "--",
        "sh",
        "-c",
        "mount -t tmpfs -o mode=0755,size=4k porthole /tmp && mknod -m 600 /tmp/kvm c 10 232 && "
        "chown \"$1\" /tmp/kvm && mount --bind /tmp/kvm /dev/kvm && shift && exec \"$@\"",
        "sh",
        NULL};
    add_words(l, words);
    add(l, "%u", (unsigned)q->user);
}

/* False: there is no setpriv, and QEMU must not be root. */
static bool add_helper(struct line *l, const struct vm_qemu *q)
{
    char *setpriv = program_find("setpriv");
    gid_t group = 0;
    if (!setpriv) {
        return !q->user;
    }
    enum kvm_access kvm = q->user ? kvm_access(q->plan, &group) : KVM_NONE;
    if (kvm == KVM_ROOT) {
        add_own_kvm(l, q);
    }
    add(l, "%s", setpriv);
    free(setpriv);
    add(l, "--pdeathsig=KILL");
    add(l, "--no-new-privs");
    if (q->user) {
        add(l, "--reuid=%u", (unsigned)q->user);
        add(l, "--regid=%u", (unsigned)q->user);
        if (kvm == KVM_GROUP) {
            add(l, "--groups=%u", (unsigned)group);
        } else {
            add(l, "--clear-groups");
        }
        add(l, "--bounding-set=-all");
        add(l, "--inh-caps=-all");
    }
    add(l, "--");
    return true;
}

static void add_machine(struct line *l, const struct vm_qemu *q)
{
    const struct vm_plan *p = q->plan;
    const char *accelerator = p->kvm ? "kvm" : "tcg,tb-size=64";
    add(l, "%s", p->host.qemu);
    add(l, "-nodefaults");
    add(l, "-no-user-config");
    add(l, "-no-reboot");
    add(l, "-display");
    add(l, "none");
    add(l, "-name");
    add(l, "porthole-%s", q->id);
    add(l, "-accel");
    add(l, "%s", accelerator);
    add(l, "-cpu");
    add(l, "%s", p->kvm ? "host" : "max");
    add(l, "-machine");
    add(l, "pc,usb=off,vmport=off,memory-backend=ram");
    add(l, "-m");
    add(l, "%uM", p->memory_mb);
    add(l, "-smp");
    add(l, "%u", p->cpus);
    add(l, "-sandbox");
    add(l, "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    add(l, "-object");
    if (q->role == VM_ROLE_COLD) {
        add(l, "memory-backend-memfd,id=ram,size=%uM,share=on", p->memory_mb);
    } else {
        add(l, "memory-backend-file,id=ram,size=%uM,mem-path=/proc/self/fd/%d,share=%s", p->memory_mb,
            give(l, q->memory), q->role == VM_ROLE_TEMPLATE ? "on" : "off");
    }
}

/* In emulation, string instructions go byte by byte: a kernel that does not know of rep_good, erms and fsrm
 * (bits 112, 297 and 580) copies with plain moves, two to three times faster. */
static void add_kernel(struct line *l, const struct vm_plan *p)
{
    add(l, "-kernel");
    add(l, "/proc/self/fd/%d", give_file(l, p->host.kernel.image, O_RDONLY));
    add(l, "-initrd");
    add(l, "/proc/self/fd/%d", give_file(l, p->initramfs, O_RDONLY));
    add(l, "-append");
    add(l, "console=ttyS0 quiet panic=-1 tsc=reliable%s", p->kvm ? "" : " clearcpuid=112,297,580");
}

static void add_console(struct line *l, const struct vm_qemu *q)
{
    add(l, "-chardev");
    if (q->role == VM_ROLE_TEMPLATE) { /* only there it is ours alone what is printed */
        add(l, "file,id=console,path=/dev/fdset/9");
        add(l, "-add-fd");
        add(l, "fd=%d,set=9", give(l, q->log));
    } else {
        add(l, "null,id=console");
    }
    add(l, "-serial");
    add(l, "chardev:console");
}

static void add_disk(struct line *l, int number, const char *path, bool read_only)
{
    const char *mode = read_only ? "on" : "off";
    add(l, "-blockdev");
    if (path) {
        add(l,
            "driver=raw,node-name=disk%d,read-only=%s,file.driver=file,file.locking=off,file.filename=/dev/"
            "fdset/%d",
            number, mode, number + 1);
        add(l, "-add-fd");
        add(l, "fd=%d,set=%d", give_file(l, path, read_only ? O_RDONLY : O_RDWR), number + 1);
    } else {
        add(l, "driver=null-co,node-name=disk%d,size=512,read-only=%s", number, mode);
    }
    add(l, "-device");
    add(l, "virtio-blk-pci,drive=disk%d,werror=report,rerror=report", number);
}

static void add_disks(struct line *l, const struct vm_qemu *q)
{
    bool real = q->role != VM_ROLE_TEMPLATE;
    add_disk(l, 0, real ? q->plan->disk : NULL, true);
    add_disk(l, 1, real ? q->plan->scratch : NULL, false);
}

/* In the namespace, each port that is published leads to the same one of the guest; pasta has brought it
 * there. */
static void add_ports(struct text *t, const struct launch_spec *spec)
{
    struct port port;
    for (size_t i = 0; i < spec->n_crossings; i++) {
        if (spec->crossings[i].kind == CROSSING_PORT && port_of(&spec->crossings[i], &port)) {
            text_addf(t, ",hostfwd=%s::%u-:%u", port.protocol == PORT_UDP ? "udp" : "tcp", port.inside,
                      port.inside);
        }
    }
}

static void add_network(struct line *l, const struct vm_qemu *q)
{
    if (has_network(q)) {
        struct text ports = {0};
        add_ports(&ports, q->spec);
        add(l, "-netdev");
        add(l, "user,id=net%s", text_of(&ports));
        text_done(&ports);
    }
    add(l, "-device");
    add(l, "virtio-net-pci,romfile=,mac=52:54:00:70:68:01%s", has_network(q) ? ",netdev=net" : "");
}

static void add_shares(struct line *l, const struct vm_shares *shares)
{
    for (size_t i = 0; i < shares->count; i++) {
        add(l, "-chardev");
        add(l, "socket,id=share%zu,fd=%d", i, give(l, shares->each[i].socket));
        add(l, "-device");
        add(l, "vhost-user-fs-pci,chardev=share%zu,tag=share%zu", i, i);
    }
}

static void add_connections(struct line *l, int agent, int control)
{
    add(l, "-device");
    add(l, "virtio-serial-pci");
    add(l, "-chardev");
    add(l, "socket,id=agent,fd=%d", give(l, agent));
    add(l, "-device");
    add(l, "virtserialport,chardev=agent,name=porthole");
    add(l, "-chardev");
    add(l, "socket,id=control,fd=%d", give(l, control));
    add(l, "-mon");
    add(l, "chardev=control,mode=control");
}

static pid_t start(const struct vm_qemu *q, int agent, int control, struct error *e)
{
    struct line l = {.n = 0};
    add_namespace(&l, q);
    if (!add_helper(&l, q)) {
        line_done(&l);
        return error_set(e, ERROR_UNSUPPORTED, 0,
                         "VM isolation by root needs setpriv, so that QEMU does not run as root: install the "
                         "package util-linux");
    }
    add_machine(&l, q);
    add_kernel(&l, q->plan);
    add_connections(&l, agent, control);
    add_console(&l, q);
    add_disks(&l, q);
    add_network(&l, q);
    add_shares(&l, q->shares);
    if (q->role == VM_ROLE_CLONE) {
        add(&l, "-incoming");
        add(&l, "defer");
    }
    pid_t pid = command_spawn((const char *const *)l.words, (int[3]){-1, q->log, q->log}, 1, e);
    line_done(&l);
    return pid;
}

pid_t vm_qemu_start(const struct vm_qemu *q, int *agent, int *control, struct error *e)
{
    int one[2] = {-1, -1}, two[2] = {-1, -1};
    pid_t pid = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, one) == 0 &&
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, two) == 0) {
        pid = start(q, one[1], two[1], e);
    } else {
        error_errno(e, errno, "Cannot make sockets for QEMU");
    }
    for (int i = 0; i < 2; i++) { /* theirs always, ours when it came to nothing */
        if (one[i] >= 0 && (i == 1 || pid < 0)) {
            close(one[i]);
        }
        if (two[i] >= 0 && (i == 1 || pid < 0)) {
            close(two[i]);
        }
    }
    *agent = one[0];
    *control = two[0];
    return pid;
}

/* What QEMU wrote before it ended, and, while a template is made, the guest's last words. */
static void add_log(struct text *t)
{
    char end[LOG_SHOWN + 1];
    int fd = open("qemu.log", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    ssize_t n = fd >= 0 && fstat(fd, &st) == 0
                    ? pread(fd, end, LOG_SHOWN, st.st_size > LOG_SHOWN ? st.st_size - LOG_SHOWN : 0)
                    : 0;
    if (fd >= 0) {
        close(fd);
    }
    end[n > 0 ? n : 0] = '\0';
    char *rest = end;
    for (char *line; (line = strsep(&rest, "\r\n")) != NULL;) {
        if (*line && !strstr(line, "warning: ")) { /* those it says at each start */
            text_add(t, ": ");
            text_add_clean(t, line, strlen(line));
        }
    }
}

void vm_qemu_explain(const char *what, struct error *e)
{
    struct text t = {0};
    text_add(&t, what);
    add_log(&t);
    error_set(e, ERROR_OTHER, 0, "%s", text_of(&t));
    text_done(&t);
}
