/* The machine comes out of a template, so that all that two machines must not share is made anew here: the
 * time, the kernel's randomness, the name. Then its own disks are looked for, since their driver is loaded
 * only now. */
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "backends/local/guest/agent.h"
#include "core/memory.h"

enum { DISK_TRIES = 1000, PAUSE_MS = 5, SEED = 64, SHARES = 64 };

struct wish {
    uint64_t time;
    const char *seed, *hostname, *network;
    bool scratch;
    const char
        *shares[SHARES]; /* "ro:/place" or "rw:/place", in the order of their tags share0, share1, ... */
    size_t n_shares;
};

static void read_wish(const struct wire_frame *frame, struct wish *out)
{
    struct words w = {(const char *)frame->payload, frame->len};
    const char *value;
    for (const char *pair = words_next(&w); pair; pair = words_next(&w)) {
        if ((value = words_value(pair, "time"))) {
            out->time = words_number(value);
        } else if ((value = words_value(pair, "seed"))) {
            out->seed = value;
        } else if ((value = words_value(pair, "hostname"))) {
            out->hostname = value;
        } else if ((value = words_value(pair, "network"))) {
            out->network = value;
        } else if (words_value(pair, "scratch")) {
            out->scratch = true;
        } else if ((value = words_value(pair, "share")) && out->n_shares < SHARES) {
            out->shares[out->n_shares++] = value;
        }
    }
}

static void set_clock(uint64_t ns)
{
    const struct timespec now = {.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
    clock_settime(CLOCK_REALTIME, &now);
}

void setup_clock(const struct wire_frame *frame)
{
    if (frame->len == 8) {
        set_clock(wire_get_u32(frame->payload) | (uint64_t)wire_get_u32(frame->payload + 4) << 32);
    }
}

/* seed: hexadecimal digits. */
static void stir(const char *seed)
{
    union {
        struct rand_pool_info info;
        char room[sizeof(struct rand_pool_info) + SEED];
    } pool = {.info = {.entropy_count = SEED * 8, .buf_size = SEED}};
    unsigned char *bytes = (unsigned char *)pool.info.buf;
    int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);
    for (size_t i = 0; i < SEED && seed[2 * i] && seed[2 * i + 1]; i++) {
        char digits[3] = {seed[2 * i], seed[2 * i + 1], '\0'};
        bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    if (fd >= 0) {
        ioctl(fd, RNDADDENTROPY, &pool.info);
        ioctl(fd, RNDRESEEDCRNG);
        close(fd);
    }
}

static bool wait_for(const char *device)
{
    for (int i = 0; i < DISK_TRIES && access(device, F_OK) < 0; i++) {
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    }
    return access(device, F_OK) == 0;
}

static bool trouble(struct error *e, const char *words)
{
    error_errno(e, errno, "Cannot make the container's root file system in its VM: %s", words);
    return false;
}

static bool mount_layers(bool scratch, struct error *e)
{
    mkdir("/image", 0755);
    mkdir("/scratch", 0755);
    mkdir(AGENT_ROOT, 0755);
    if (!wait_for("/dev/vda") || mount("/dev/vda", "/image", "squashfs", MS_RDONLY, NULL) < 0) {
        return trouble(e, "the image's disk does not mount");
    }
    int failed = scratch ? mount("/dev/vdb", "/scratch", "ext4", 0, "noinit_itable")
                         : mount("scratch", "/scratch", "tmpfs", 0, "mode=0700");
    if (failed) {
        return trouble(e, "the disk for what it writes does not mount");
    }
    mkdir("/scratch/upper", 0755);
    mkdir("/scratch/work", 0700);
    return mount("overlay", AGENT_ROOT, "overlay", 0,
                 "lowerdir=/image,upperdir=/scratch/upper,workdir=/scratch/work") == 0 ||
           trouble(e, "overlayfs does not mount");
}

static const struct {
    const char *target, *type;
    unsigned long flags;
    const char *options;
} mounts[] = {
    {"/dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"},
    {"/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"},
    {"/dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=65536k"},
    {"/dev/mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL},
    {"/sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL},
};

/* /proc is mounted by the first process, in its own namespace. */
static bool mount_usual(struct error *e)
{
    static const char *const real[] = {"/dev", "/proc", "/sys"};
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        if (!place_make_real(real[i], BENEATH_FOLDER)) {
            return trouble(e, real[i]);
        }
    }
    for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        if (!place_mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags,
                         mounts[i].options)) {
            return trouble(e, mounts[i].target);
        }
    }
    return true;
}

/* Into the tmpfs that was mounted just now: there are no links of the image in it. */
static bool make_devices(struct error *e)
{
    static const struct {
        const char *name;
        unsigned major, minor;
    } nodes[] = {{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
                 {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
    static const char *const links[][2] = {{"/proc/self/fd", "fd"},
                                           {"/proc/self/fd/0", "stdin"},
                                           {"/proc/self/fd/1", "stdout"},
                                           {"/proc/self/fd/2", "stderr"},
                                           {"pts/ptmx", "ptmx"}};
    int dev = place_make("/dev");
    bool ok = dev >= 0;
    mode_t before = umask(0);
    for (size_t i = 0; ok && i < sizeof nodes / sizeof *nodes; i++) {
        ok = mknodat(dev, nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) == 0;
    }
    for (size_t i = 0; ok && i < sizeof links / sizeof *links; i++) {
        ok = symlinkat(links[i][0], dev, links[i][1]) == 0;
    }
    umask(before);
    if (dev >= 0) {
        close(dev);
    }
    return ok || trouble(e, "the devices");
}

static bool write_names(const struct wish *wish, struct error *e)
{
    struct text hosts = {0}, name = {0};
    text_addf(&hosts, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\t%s\n",
              wish->hostname);
    text_addf(&name, "%s\n", wish->hostname);
    bool ok = place_write("/etc/hosts", text_of(&hosts), 0644) &&
              place_write("/etc/hostname", text_of(&name), 0644);
    text_done(&hosts);
    text_done(&name);
    return ok || trouble(e, "/etc/hosts");
}

static bool mount_shares(const struct wish *wish, struct error *e)
{
    for (size_t i = 0; i < wish->n_shares; i++) {
        char tag[16];
        bool read_only = strncmp(wish->shares[i], "ro:", 3) == 0;
        snprintf(tag, sizeof tag, "share%zu", i);
        if (!place_mount(tag, wish->shares[i] + 3, "virtiofs", read_only ? MS_RDONLY : 0, NULL)) {
            error_errno(e, errno, "Cannot mount a folder of the host at %s in the VM", wish->shares[i] + 3);
            return false;
        }
    }
    return true;
}

bool setup_machine(struct agent *a, const struct wire_frame *frame, struct error *e)
{
    struct wish wish = {.seed = "", .hostname = "", .network = ""};
    read_wish(frame, &wish);
    set_clock(wish.time);
    stir(wish.seed);
    free(a->hostname);
    a->hostname = mem_string(wish.hostname);
    boot_load("/modules/disk");
    if (wish.n_shares > 0) {
        boot_load("/modules/share");
    }
    return mount_layers(wish.scratch, e) && mount_usual(e) && make_devices(e) && write_names(&wish, e) &&
           network_setup(wish.network, e) && mount_shares(&wish, e);
}
