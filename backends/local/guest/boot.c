#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "backends/local/guest/agent.h"

enum { PORT_TRIES = 1000, PAUSE_MS = 5 };

static const char PORTS[] = "/sys/class/virtio-ports";

void boot_halt(const char *sentence)
{
    int console = open("/dev/console", O_WRONLY | O_CLOEXEC);
    if (console >= 0) {
        dprintf(console, "porthole-guest: %s (%s)\n", sentence, strerror(errno));
    }
    sync();
    reboot(RB_POWER_OFF);
    for (;;) {
        pause();
    }
}

static void mount_at(const char *target, const char *type, unsigned long flags, const char *options)
{
    mkdir(target, 0755);
    if (mount(type, target, type, flags, options) < 0 && errno != EBUSY) {
        boot_halt(target);
    }
}

/* Without the controllers there are no numbers; nothing worse. */
static void prepare_cgroup(void)
{
    int fd = open("/cgroup/cgroup.subtree_control", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        static const char *const wanted[] = {"+cpu", "+memory", "+pids"};
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
            ssize_t n = write(fd, wanted[i], strlen(wanted[i]));
            (void)n;
        }
        close(fd);
    }
    mkdir(AGENT_CGROUP, 0755);
}

void boot_mounts(void)
{
    umask(022);
    mount_at("/dev", "devtmpfs", MS_NOSUID, "mode=0755");
    mount_at("/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount_at("/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount_at("/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    prepare_cgroup();
}

static int is_module(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

void boot_load(const char *folder)
{
    struct dirent **list = NULL;
    int n = scandir(folder, &list, is_module, alphasort);
    for (int i = 0; i < n; i++) {
        struct text path = {0};
        text_addf(&path, "%s/%s", folder, list[i]->d_name);
        int fd = open(text_of(&path), O_RDONLY | O_CLOEXEC);
        if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)) {
            boot_halt(text_of(&path));
        }
        close(fd);
        unlink(text_of(&path)); /* it is in memory twice otherwise */
        text_done(&path);
        free(list[i]);
    }
    free(list);
}

/* There is one port, and the keeper is behind it. */
static bool find_port(char *out, size_t room)
{
    DIR *dir = opendir(PORTS);
    struct dirent *entry = NULL;
    while (dir && (entry = readdir(dir)) && entry->d_name[0] == '.') {
    }
    if (entry) {
        snprintf(out, room, "/dev/%.64s", entry->d_name);
    }
    if (dir) {
        closedir(dir);
    }
    return entry != NULL;
}

int boot_port(void)
{
    char path[80];
    for (int i = 0; i < PORT_TRIES; i++) {
        int fd = find_port(path, sizeof path) ? open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK) : -1;
        if (fd >= 0) {
            return fd;
        }
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    }
    boot_halt("there is no port to the keeper");
    return -1;
}
