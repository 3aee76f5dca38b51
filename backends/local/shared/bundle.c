/* The container that docker users expect: docker's default capabilities, system calls, namespaces, mounts and
 * hidden parts of /proc.
 * What a user without rights cannot have (cgroups, device rules, more than one id) is left out, or refused
 * when it was asked for. */
#include "backends/local/shared/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backends/json.h"
#include "backends/local/shared/bundle_env.h"
#include "backends/local/shared/mount_targets.h"
#include "backends/local/shared/seccomp.h"
#include "core/memory.h"
#include "core/text.h"

enum { PERIOD_US = 100000, QUOTA_LEAST_US = 1000 };

static const char *const default_capabilities[] = {
    "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",      "CAP_FOWNER",           "CAP_MKNOD",
    "CAP_NET_RAW", "CAP_SETGID",       "CAP_SETUID",      "CAP_SETFCAP",          "CAP_SETPCAP",
    "CAP_KILL",    "CAP_SYS_CHROOT",   "CAP_AUDIT_WRITE", "CAP_NET_BIND_SERVICE", NULL};

static const char *const masked_paths[] = {"/proc/acpi",
                                           "/proc/asound",
                                           "/proc/interrupts",
                                           "/proc/kcore",
                                           "/proc/keys",
                                           "/proc/latency_stats",
                                           "/proc/timer_list",
                                           "/proc/timer_stats",
                                           "/proc/sched_debug",
                                           "/proc/scsi",
                                           "/sys/firmware",
                                           "/sys/devices/virtual/powercap",
                                           NULL};

static const char *const readonly_paths[] = {"/proc/bus",           "/proc/fs", "/proc/irq", "/proc/sys",
                                             "/proc/sysrq-trigger", NULL};

struct mount {
    const char *inside, *type, *source;
    const char *options[8];
};

static const struct mount usual_mounts[] = {
    {"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
    {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
    {"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
    {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
};
static const struct mount pts_of_root = {
    "/dev/pts",
    "devpts",
    "devpts",
    {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}};
static const struct mount pts_of_user = {
    "/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}};
static const struct mount sys_fresh = {"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}};
static const struct mount sys_of_host = {
    "/sys", "none", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro"}};
static const struct mount cgroup_mount = {
    "/sys/fs/cgroup", "cgroup", "cgroup", {"ro", "nosuid", "noexec", "nodev", "relatime"}};

static cJSON *add_strings(cJSON *o, const char *name, const char *const *strings)
{
    json_add_strings(o, name, strings);
    return o;
}

static void add_mount(cJSON *mounts, const struct mount *m)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "destination", m->inside);
    cJSON_AddStringToObject(o, "type", m->type);
    cJSON_AddStringToObject(o, "source", m->source);
    add_strings(o, "options", m->options);
    cJSON_AddItemToArray(mounts, o);
}

static bool host_network(const struct state *s)
{
    return launch_network(&s->spec) == LAUNCH_NETWORK_HOST;
}

static bool nat_network(const struct state *s)
{
    return launch_network(&s->spec) == LAUNCH_NETWORK_NAT;
}

static void add_bind(cJSON *mounts, const char *outside, const char *inside, bool read_only)
{
    struct mount m = {inside, "bind", outside, {"rbind", "rprivate", read_only ? "ro" : "rw"}};
    add_mount(mounts, &m);
}

/* The files by which a container knows its name. With the host's network, names are the host's too. */
static void add_name_files(cJSON *mounts, const struct paths *p, const struct state *s)
{
    char *hosts = paths_container(p, s->id, "hosts"), *hostname = paths_container(p, s->id, "hostname");
    bool shared = host_network(s);
    add_bind(mounts, hostname, "/etc/hostname", false);
    if (!shared) {
        add_bind(mounts, hosts, "/etc/hosts", false);
    } else if (access("/etc/hosts", R_OK) == 0) {
        add_bind(mounts, "/etc/hosts", "/etc/hosts", true);
    }
    if (shared && access("/etc/resolv.conf", R_OK) == 0) {
        add_bind(mounts, "/etc/resolv.conf", "/etc/resolv.conf", true);
    }
    if (nat_network(s)) {
        char *resolv = paths_container(p, s->id, "resolv.conf");
        add_bind(mounts, resolv, "/etc/resolv.conf", false);
        free(resolv);
    }
    free(hosts);
    free(hostname);
}

static bool add_volume(cJSON *mounts, const struct crossing *c, struct error *e)
{
    struct stat st;
    if (c->inside[0] != '/' || c->outside[0] != '/') {
        error_set(e, ERROR_INVALID, 0, "Cannot mount %s at \"%s\": both places must be absolute paths",
                  c->outside, c->inside);
        return false;
    }
    if (stat(c->outside, &st) < 0) {
        error_errno(e, errno, "Cannot mount %s at %s in the container; make it first, or correct -v",
                    c->outside, c->inside);
        return false;
    }
    add_bind(mounts, c->outside, c->inside, c->read_only);
    return true;
}

/* Without root no node can be made: the host's own is put there. */
static bool add_crossings(cJSON *mounts, const struct launch_spec *spec, bool rootless, struct error *e)
{
    for (size_t i = 0; i < spec->n_crossings; i++) {
        const struct crossing *c = &spec->crossings[i];
        if (c->kind == CROSSING_FOLDER) {
            if (!add_volume(mounts, c, e)) {
                return false;
            }
        } else if (c->kind == CROSSING_DEVICE && rootless) {
            add_bind(mounts, c->outside, *c->inside ? c->inside : c->outside, false);
        } else if (c->kind == CROSSING_PIPE) {
            error_set(e, ERROR_UNSUPPORTED, 0,
                      "The local engine cannot give a container a %s of the host (%s); leave it out",
                      crossing_word(c->kind), c->outside);
            return false;
        }
    }
    return true;
}

static bool add_mounts(cJSON *root, const struct paths *p, const struct state *s, struct error *e)
{
    cJSON *mounts = cJSON_AddArrayToObject(root, "mounts");
    for (size_t i = 0; i < sizeof usual_mounts / sizeof *usual_mounts; i++) {
        add_mount(mounts, &usual_mounts[i]);
    }
    add_mount(mounts, p->rootless ? &pts_of_user : &pts_of_root);
    /* A new sysfs shows a network: the kernel refuses it to whoever does not own that one. */
    add_mount(mounts, p->rootless && host_network(s) ? &sys_of_host : &sys_fresh);
    if (!p->rootless) {
        add_mount(mounts, &cgroup_mount);
    }
    add_name_files(mounts, p, s);
    return add_crossings(mounts, &s->spec, p->rootless, e);
}

static void add_map(cJSON *linux_part, const char *name, unsigned id)
{
    cJSON *map = cJSON_CreateObject();
    cJSON_AddNumberToObject(map, "containerID", 0);
    cJSON_AddNumberToObject(map, "hostID", id);
    cJSON_AddNumberToObject(map, "size", 1);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(linux_part, name), map);
}

static void add_namespaces(cJSON *linux_part, const struct paths *p, const struct state *s)
{
    const char *const kinds[] = {"pid",
                                 "ipc",
                                 "uts",
                                 "mount",
                                 "cgroup",
                                 host_network(s) ? NULL : "network",
                                 p->rootless ? "user" : NULL};
    cJSON *list = cJSON_AddArrayToObject(linux_part, "namespaces");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i]) {
            cJSON *o = cJSON_CreateObject();
            cJSON_AddStringToObject(o, "type", kinds[i]);
            if (strcmp(kinds[i], "network") == 0 && nat_network(s)) { /* the keeper has made it */
                char *place = paths_container(p, s->id, "netns");
                cJSON_AddStringToObject(o, "path", place);
                free(place);
            }
            cJSON_AddItemToArray(list, o);
        }
    }
    if (p->rootless) {
        add_map(linux_part, "uidMappings", geteuid());
        add_map(linux_part, "gidMappings", getegid());
    }
}

/* The node inside is made like the one of the host: same numbers, owner and rights. */
static void add_node(cJSON *devices, const struct crossing *c, const struct stat *st)
{
    cJSON *node = cJSON_CreateObject();
    cJSON_AddStringToObject(node, "path", *c->inside ? c->inside : c->outside);
    cJSON_AddStringToObject(node, "type", S_ISBLK(st->st_mode) ? "b" : "c");
    cJSON_AddNumberToObject(node, "major", major(st->st_rdev));
    cJSON_AddNumberToObject(node, "minor", minor(st->st_rdev));
    cJSON_AddNumberToObject(node, "fileMode", st->st_mode & 0777);
    cJSON_AddNumberToObject(node, "uid", st->st_uid);
    cJSON_AddNumberToObject(node, "gid", st->st_gid);
    cJSON_AddItemToArray(devices, node);
}

static void add_rule(cJSON *rules, const struct crossing *c, const struct stat *st)
{
    cJSON *rule = cJSON_CreateObject();
    cJSON_AddTrueToObject(rule, "allow");
    cJSON_AddStringToObject(rule, "type", S_ISBLK(st->st_mode) ? "b" : "c");
    cJSON_AddNumberToObject(rule, "major", major(st->st_rdev));
    cJSON_AddNumberToObject(rule, "minor", minor(st->st_rdev));
    cJSON_AddStringToObject(rule, "access", c->read_only ? "r" : "rwm");
    cJSON_AddItemToArray(rules, rule);
}

static bool add_devices(cJSON *linux_part, cJSON *rules, const struct launch_spec *spec, struct error *e)
{
    struct stat st;
    cJSON *devices = cJSON_AddArrayToObject(linux_part, "devices");
    for (size_t i = 0; i < spec->n_crossings; i++) {
        const struct crossing *c = &spec->crossings[i];
        if (c->kind != CROSSING_DEVICE) {
            continue;
        }
        if (stat(c->outside, &st) < 0) {
            error_errno(e, errno, "Cannot give the device %s to the container", c->outside);
            return false;
        }
        add_node(devices, c, &st);
        add_rule(rules, c, &st);
    }
    return true;
}

/* Kernels of cgroup v1 may be built, or booted, without accounting of swap. */
static bool swap_limited(void)
{
    return access("/sys/fs/cgroup/memory", F_OK) != 0 ||
           access("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", F_OK) == 0;
}

static void add_limits(cJSON *resources, const struct launch_spec *spec)
{
    if (spec->memory > 0) {
        cJSON *memory = cJSON_AddObjectToObject(resources, "memory");
        cJSON_AddNumberToObject(memory, "limit", (double)spec->memory);
        if (swap_limited()) {
            cJSON_AddNumberToObject(memory, "swap", (double)spec->memory);
        }
    }
    if (spec->cpus > 0) {
        double quota = spec->cpus * PERIOD_US;
        cJSON *cpu = cJSON_AddObjectToObject(resources, "cpu");
        cJSON_AddNumberToObject(cpu, "quota",
                                quota < QUOTA_LEAST_US ? QUOTA_LEAST_US : (double)(int64_t)quota);
        cJSON_AddNumberToObject(cpu, "period", PERIOD_US);
    }
}

static bool add_resources(cJSON *linux_part, const struct paths *p, const struct state *s, struct error *e)
{
    if (p->rootless) {
        if (s->spec.memory > 0 || s->spec.cpus > 0) {
            error_set(e, ERROR_UNSUPPORTED, 0,
                      "Cannot limit the memory or CPUs of container %s: limits need cgroups, which only root "
                      "may make",
                      s->spec.name);
            return false;
        }
        return true;
    }
    struct text path = {0};
    text_addf(&path, "/porthole/%s", s->id);
    cJSON_AddStringToObject(linux_part, "cgroupsPath", text_of(&path));
    text_done(&path);
    cJSON *resources = cJSON_AddObjectToObject(linux_part, "resources");
    cJSON *none = cJSON_CreateObject();
    cJSON_AddFalseToObject(none, "allow");
    cJSON_AddStringToObject(none, "access", "rwm");
    cJSON *rules = cJSON_AddArrayToObject(resources, "devices");
    cJSON_AddItemToArray(rules, none);
    add_limits(resources, &s->spec);
    return add_devices(linux_part, rules, &s->spec, e);
}

/* The counters of a processor's throttling tell about its load, which is other people's work (moby's
 * GHSA-6fw5-f8r9-fgfm). */
static void mask_throttling(cJSON *masked)
{
    for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++) {
        char path[96];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%ld/thermal_throttle", cpu);
        if (access(path, F_OK) == 0) {
            cJSON_AddItemToArray(masked, cJSON_CreateString(path));
        }
    }
}

static void add_seccomp(cJSON *linux_part)
{
    struct utsname host = {0};
    uname(&host);
    cJSON_AddItemToObject(linux_part, "seccomp", seccomp_profile(default_capabilities, &host));
}

static bool add_linux(cJSON *root, const struct paths *p, const struct state *s, struct error *e)
{
    cJSON *part = cJSON_AddObjectToObject(root, "linux");
    add_namespaces(part, p, s);
    add_strings(part, "maskedPaths", masked_paths);
    mask_throttling(cJSON_GetObjectItem(part, "maskedPaths"));
    add_strings(part, "readonlyPaths", readonly_paths);
    add_seccomp(part);
    return add_resources(part, p, s, e);
}

static bool find_user(const struct paths *p, const char *rootfs, const char *user, unsigned ids[2],
                      struct error *e)
{
    if (!images_user(rootfs, user, &ids[0], &ids[1], e)) {
        return false;
    }
    if (p->rootless && (ids[0] != 0 || ids[1] != 0)) {
        error_set(
            e, ERROR_UNSUPPORTED, 0,
            "Cannot run as user %s: a container that was not started by root has one user only, its root",
            user);
        return false;
    }
    return true;
}

static void add_capabilities(cJSON *process)
{
    cJSON *o = cJSON_AddObjectToObject(process, "capabilities");
    add_strings(o, "bounding", default_capabilities);
    add_strings(o, "effective", default_capabilities);
    add_strings(o, "permitted", default_capabilities);
}

/* Without root there is one group only, and the kernel refuses the call that would say so. */
static void add_user(cJSON *process, const struct paths *p, const char *rootfs, const char *user,
                     const unsigned ids[2])
{
    cJSON *who = cJSON_AddObjectToObject(process, "user");
    cJSON_AddNumberToObject(who, "uid", ids[0]);
    cJSON_AddNumberToObject(who, "gid", ids[1]);
    if (!p->rootless) {
        unsigned groups[IMAGES_GROUPS];
        size_t n = images_groups(rootfs, user, ids[1], groups, IMAGES_GROUPS);
        cJSON *list = cJSON_AddArrayToObject(who, "additionalGids");
        for (size_t i = 0; i < n; i++) {
            cJSON_AddItemToArray(list, cJSON_CreateNumber(groups[i]));
        }
    }
}

static const char *first_of(const char *a, const char *b, const char *c)
{
    return a && *a ? a : b && *b ? b : c;
}

static cJSON *process_json(const struct paths *p, const struct state *s, const struct image_config *image,
                           const struct bundle_process *process, const char *rootfs, struct error *e)
{
    const char *user = first_of(process->user, s->spec.user, image->user);
    const char *workdir = first_of(process->workdir, s->spec.workdir, first_of(image->workdir, NULL, "/"));
    unsigned ids[2];
    if (workdir[0] != '/') {
        error_set(e, ERROR_INVALID, 0, "Cannot start in the folder %s: it must be an absolute path", workdir);
        return NULL;
    }
    if (!process->argv || !process->argv[0]) {
        error_set(e, ERROR_INVALID, 0,
                  "There is no command: neither the image %s names one nor was one given", s->spec.image);
        return NULL;
    }
    if (!find_user(p, rootfs, user, ids, e)) {
        return NULL;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddBoolToObject(o, "terminal", process->terminal);
    if (process->terminal && process->rows > 0 && process->cols > 0) {
        cJSON *size = cJSON_AddObjectToObject(o, "consoleSize");
        cJSON_AddNumberToObject(size, "height", process->rows);
        cJSON_AddNumberToObject(size, "width", process->cols);
    }
    add_user(o, p, rootfs, user, ids);
    add_strings(o, "args", process->argv);
    char **env = bundle_env(s, image, process, rootfs, ids[0]);
    add_strings(o, "env", (const char *const *)env);
    free(env);
    cJSON_AddStringToObject(o, "cwd", workdir);
    add_capabilities(o);
    cJSON_AddFalseToObject(o, "noNewPrivileges");
    return o;
}

static char *print_and_free(cJSON *o)
{
    char *text = o ? cJSON_PrintUnformatted(o) : NULL;
    cJSON_Delete(o);
    return text;
}

static cJSON *bundle_json(const struct paths *p, const struct state *s, const struct image_config *image,
                          struct error *e)
{
    struct bundle_process first = {.argv = (const char *const *)s->argv,
                                   .env = NULL,
                                   .terminal = s->spec.terminal,
                                   .rows = s->spec.rows,
                                   .cols = s->spec.cols};
    cJSON *process = process_json(p, s, image, &first, image->rootfs, e);
    if (!process) {
        return NULL;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "ociVersion", "1.0.2");
    cJSON_AddItemToObject(o, "process", process);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(o, "root"), "path", "rootfs");
    cJSON_AddStringToObject(o, "hostname", first_of(s->spec.hostname, NULL, s->id));
    if (!add_mounts(o, p, s, e) || !add_linux(o, p, s, e)) {
        cJSON_Delete(o);
        return NULL;
    }
    return o;
}

char *bundle_text(const struct paths *p, const struct state *s, const struct image_config *image,
                  struct error *e)
{
    return print_and_free(bundle_json(p, s, image, e));
}

static bool write_file(const struct paths *p, const char *id, const char *name, const char *text, mode_t mode,
                       struct error *e)
{
    char *path = paths_container(p, id, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    size_t len = strlen(text);
    bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len && fchmod(fd, mode) == 0;
    if (!ok) {
        error_errno(e, errno, "Cannot write %s", path);
    }
    if (fd >= 0) {
        close(fd);
    }
    free(path);
    return ok;
}

static bool write_name_files(const struct paths *p, const struct state *s, struct error *e)
{
    const char *name = first_of(s->spec.hostname, NULL, s->id);
    struct text hosts = {0}, hostname = {0};
    text_addf(&hosts, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\t%s\n",
              name);
    text_addf(&hostname, "%s\n", name);
    bool ok =
        write_file(p, s->id, "hosts", text_of(&hosts), 0644, e) &&
        write_file(p, s->id, "hostname", text_of(&hostname), 0644, e) &&
        (!nat_network(s) || write_file(p, s->id, "resolv.conf", "nameserver " BUNDLE_RESOLVER "\n", 0644, e));
    text_done(&hosts);
    text_done(&hostname);
    return ok;
}

bool bundle_write(const struct paths *p, const struct state *s, const struct image_config *image,
                  struct error *e)
{
    cJSON *o = bundle_json(p, s, image, e);
    char *rootfs = paths_container(p, s->id, "rootfs");
    bool ok = o && write_name_files(p, s, e) && mount_targets_prepare(rootfs, o, e) &&
              images_accounts_ok(rootfs, e);
    char *text = ok ? cJSON_PrintUnformatted(o) : NULL;
    ok = text && write_file(p, s->id, "config.json", text, 0600, e);
    cJSON_free(text);
    free(rootfs);
    cJSON_Delete(o);
    return ok;
}

char *bundle_process_text(const struct paths *p, const struct state *s, const struct image_config *image,
                          const struct bundle_process *process, const char *rootfs, struct error *e)
{
    return images_accounts_ok(rootfs, e) ? print_and_free(process_json(p, s, image, process, rootfs, e))
                                         : NULL;
}
