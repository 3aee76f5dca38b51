/* Whether a runtime works is found out by letting it run a container: the kind of bundle that it will get
 * later, with the host's static busybox as its only file, which looks whether its system calls are filtered.
 * Where there is none, the runtime's answer to --version has to do. */
#include "backends/local/shared/runtime.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "backends/json.h"
#include "backends/local/shared/bundle.h"
#include "backends/local/shared/command.h"
#include "backends/local/shared/seccomp.h"
#include "core/memory.h"
#include "core/program.h"
#include "core/text.h"

enum { VERDICT_LIMIT = 64 * 1024, PROBE_SECONDS = 20 };

/* The line of /proc/PID/status of a process whose system calls are filtered (proc(5)): 2 is
 * SECCOMP_MODE_FILTER. */
#define FILTERED "^Seccomp:[[:space:]]*2$"

static const char *const candidates[] = {"runc", "crun"};

void runtime_done(struct runtime *r)
{
    free(r->path);
    free(r->name);
    free(r->version);
    *r = (struct runtime){0};
}

static const char *cgroup_kind(void)
{
    struct statfs fs;
    if (statfs("/sys/fs/cgroup", &fs) < 0) {
        return "none";
    }
    if ((unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC) {
        return "v2";
    }
    if (statfs("/sys/fs/cgroup/unified", &fs) == 0 && (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC) {
        return "hybrid";
    }
    return access("/sys/fs/cgroup/memory", F_OK) == 0 || access("/sys/fs/cgroup/cpu", F_OK) == 0 ? "v1"
                                                                                                 : "none";
}

/* What the verdict was on: another program, or another kernel, is another matter. */
static char *fingerprint(const char *path)
{
    struct stat st = {0};
    stat(path, &st);
    char *boot = state_boot_id();
    struct text t = {0};
    text_addf(&t, "%s %lld.%09ld %s", path, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, boot);
    free(boot);
    return text_take(&t);
}

static char *verdict_path(const struct paths *p)
{
    struct text t = {0};
    text_addf(&t, "%s/runtime.json", p->data);
    return text_take(&t);
}

/* The candidate that the verdict names; NULL: none. The file decides which of them is run, never what is. */
static const char *candidate(const char *name)
{
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        if (strcmp(candidates[i], name) == 0) {
            return candidates[i];
        }
    }
    return NULL;
}

static bool recall(const struct paths *p, struct runtime *out)
{
    char *file = verdict_path(p);
    cJSON *o = json_read_own_file(file, VERDICT_LIMIT, NULL);
    const char *name = candidate(json_string(o, "name", ""));
    char *path = name ? program_find(name) : NULL, *now = fingerprint(path ? path : "");
    bool good = path && json_bool(o, "seccomp", false) && strcmp(json_string(o, "fingerprint", ""), now) == 0;
    if (good) {
        *out = (struct runtime){.path = mem_string(path),
                                .name = mem_string(name),
                                .version = mem_string(json_string(o, "version", NULL)),
                                .overlay = json_bool(o, "overlay", false),
                                .cgroup = cgroup_kind()};
    }
    free(now);
    free(path);
    cJSON_Delete(o);
    free(file);
    return good;
}

/* Without it the next one has to try again; nothing worse. */
static void remember(const struct paths *p, const struct runtime *r)
{
    char *file = verdict_path(p), *print = fingerprint(r->path);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "fingerprint", print);
    cJSON_AddStringToObject(o, "name", r->name);
    if (r->version) {
        cJSON_AddStringToObject(o, "version", r->version);
    }
    cJSON_AddBoolToObject(o, "overlay", r->overlay);
    cJSON_AddTrueToObject(o, "seccomp"); /* a verdict without it is one that did not look */
    char *text = cJSON_PrintUnformatted(o);
    struct text fresh = {0};
    text_addf(&fresh, "%s.%ld", file, (long)getpid());
    int fd = open(text_of(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t len = strlen(text);
    if (fd >= 0) {
        bool whole = write(fd, text, len) == (ssize_t)len;
        close(fd);
        if (!whole || rename(text_of(&fresh), file) < 0) {
            unlink(text_of(&fresh));
        }
    }
    text_done(&fresh);
    cJSON_free(text);
    cJSON_Delete(o);
    free(print);
    free(file);
}

/* Does an ELF file need no loader? */
static bool is_static(const char *path)
{
    Elf64_Ehdr head;
    bool ok = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && read(fd, &head, sizeof head) == (ssize_t)sizeof head &&
        memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 && head.e_ident[EI_CLASS] == ELFCLASS64) {
        ok = true;
        for (int i = 0; ok && i < head.e_phnum; i++) {
            Elf64_Phdr part;
            off_t at = (off_t)(head.e_phoff + (Elf64_Off)i * sizeof part);
            ok = pread(fd, &part, sizeof part, at) == (ssize_t)sizeof part && part.p_type != PT_INTERP;
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static char *static_busybox(void)
{
    char *path = program_find("busybox");
    if (path && !is_static(path)) {
        free(path);
        path = NULL;
    }
    return path;
}

static bool copy_program(const char *from, const char *to)
{
    const char *const argv[] = {"cp", "-L", "--reflink=auto", from, to, NULL};
    return command_run(argv, NULL, 0, PROBE_SECONDS, NULL) == 0;
}

static bool make_folders(const char *base, const char *const *names)
{
    bool ok = true;
    struct text t = {0};
    for (; *names && ok; names++) {
        text_clear(&t);
        text_addf(&t, "%s/%s", base, *names);
        ok = mkdir(text_of(&t), 0755) == 0;
    }
    text_done(&t);
    return ok;
}

static bool try_overlay(const struct paths *p)
{
    if (p->rootless) {
        return false;
    }
    struct text base = {0}, options = {0}, target = {0};
    text_addf(&base, "%s/probe-overlay-XXXXXX", p->data);
    const char *const names[] = {"lower", "upper", "work", "merged", NULL};
    bool ok = false;
    if (mkdtemp(base.data)) {
        const char *b = text_of(&base);
        text_addf(&options, "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", b, b, b);
        text_addf(&target, "%s/merged", b);
        ok = make_folders(b, names) &&
             mount("overlay", text_of(&target), "overlay", 0, text_of(&options)) == 0;
        if (ok) {
            umount2(text_of(&target), MNT_DETACH);
        }
        paths_remove_tree(b, NULL);
    }
    text_done(&base);
    text_done(&options);
    text_done(&target);
    return ok;
}

/* A container of its own, made in DATA/containers like all others, but without a state: nobody lists it. */
struct probe {
    const struct paths *paths;
    struct state state;
    struct image_config image;
    char *folder, *root;
};

static bool probe_prepare(struct probe *probe, const char *busybox, struct error *e)
{
    static const char *const nothing[] = {"rootfs", NULL};
    state_init(&probe->state);
    state_new_id(probe->state.id);
    probe->state.spec.name = mem_string("probe");
    probe->state.spec.image = mem_string("busybox");
    probe->state.argv =
        mem_strings((const char *const[]){"/busybox", "grep", "-q", FILTERED, "/proc/self/status", NULL});
    probe->folder = paths_container(probe->paths, probe->state.id, NULL);
    probe->root = paths_container(probe->paths, probe->state.id, "runtime");
    probe->image.rootfs = paths_container(probe->paths, probe->state.id, "rootfs");
    char *program = paths_container(probe->paths, probe->state.id, "rootfs/busybox");
    bool ok = mkdir(probe->folder, 0700) == 0 && make_folders(probe->folder, nothing) &&
              copy_program(busybox, program);
    free(program);
    if (!ok) {
        error_errno(e, errno, "Cannot make a trial container in %s", probe->folder);
        return false;
    }
    return bundle_write(probe->paths, &probe->state, &probe->image, e);
}

static void probe_done(struct probe *probe)
{
    paths_remove_tree(probe->folder, NULL);
    free(probe->folder);
    free(probe->root);
    state_done(&probe->state);
    image_config_done(&probe->image);
}

/* The last line of what a runtime printed, cleaned: that is where it says what went wrong. */
static void last_line(const char *output, struct text *out)
{
    size_t end = strlen(output);
    while (end > 0 && output[end - 1] == '\n') {
        end--;
    }
    size_t start = end;
    while (start > 0 && output[start - 1] != '\n') {
        start--;
    }
    text_add_clean(out, output + start, end - start);
}

static bool really_runs(const struct paths *p, const char *path, const char *name, const char *busybox,
                        struct error *e)
{
    struct probe probe = {.paths = p};
    bool ok = probe_prepare(&probe, busybox, e);
    if (ok) {
        char output[4096];
        const char *const argv[] = {path,       "--root",     probe.root,     "run",
                                    "--bundle", probe.folder, probe.state.id, NULL};
        int code = command_run(argv, output, sizeof output, PROBE_SECONDS, e);
        ok = code == 0;
        if (code > 0) {
            struct text why = {0};
            last_line(output, &why);
            error_set(e, ERROR_UNSUPPORTED, code, "%s cannot run a container here: %s", name,
                      why.len > 0 ? text_of(&why)
                                  : "it does not filter the container's system calls (seccomp)");
            text_done(&why);
        }
        if (!ok) {
            const char *const tidy[] = {path,      "--root",       probe.root, "delete",
                                        "--force", probe.state.id, NULL};
            command_run(tidy, NULL, 0, PROBE_SECONDS, NULL);
        }
    }
    probe_done(&probe);
    return ok;
}

/* "runc version 1.1.5+ds1\n..." -> "1.1.5+ds1"; NULL and e when it does not even say that. *filters: it says
 * that it was built with libseccomp, as "libseccomp: 2.5.4" (runc) or "+SECCOMP" (crun). */
static char *version_of(const char *path, const char *name, bool *filters, struct error *e)
{
    char output[4096];
    const char *const argv[] = {path, "--version", NULL};
    if (command_run(argv, output, sizeof output, PROBE_SECONDS, e) != 0) {
        error_set(e, ERROR_UNSUPPORTED, 0, "%s does not tell its version", name);
        return NULL;
    }
    *filters = strstr(output, "libseccomp:") || strstr(output, "+SECCOMP");
    char *at = strstr(output, "version ");
    at = at ? at + strlen("version ") : output;
    struct text clean = {0};
    text_add_clean(&clean, at, strcspn(at, " \n"));
    return text_take(&clean);
}

static bool try_one(const struct paths *p, const char *name, const char *busybox, struct runtime *out,
                    struct error *e)
{
    char *path = program_find(name);
    bool filters = false;
    char *version = path ? version_of(path, name, &filters, e) : NULL;
    if (!path) {
        error_set(e, ERROR_NOT_FOUND, 0, "%s is not installed", name);
    } else if (version && !busybox && !filters) {
        error_set(
            e, ERROR_UNSUPPORTED, 0,
            "%s does not say that it can filter system calls (seccomp); install busybox-static, to try it",
            name);
    }
    bool ok = version && (busybox ? really_runs(p, path, name, busybox, e) : filters);
    if (ok) {
        *out = (struct runtime){.path = path,
                                .name = mem_string(name),
                                .version = version,
                                .overlay = try_overlay(p),
                                .cgroup = cgroup_kind()};
    } else {
        free(path);
        free(version);
    }
    return ok;
}

bool runtime_find(const struct paths *p, struct runtime *out, struct error *e)
{
    *out = (struct runtime){0};
    if (recall(p, out)) {
        return true;
    }
    if (!seccomp_supported()) {
        error_set(e, ERROR_UNSUPPORTED, 0,
                  "This kernel cannot filter system calls (CONFIG_SECCOMP_FILTER), without which a container "
                  "could make any of them; use VM isolation, or another kernel");
        return false;
    }
    char *busybox = static_busybox();
    struct text reasons = {0};
    bool found = false;
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates && !found; i++) {
        struct error why = {0};
        found = try_one(p, candidates[i], busybox, out, &why);
        if (!found) {
            text_addf(&reasons, "%s%s", reasons.len > 0 ? "; " : "", why.text);
        }
    }
    if (found) {
        remember(p, out);
    } else {
        error_set(e, ERROR_UNSUPPORTED, 0, "No OCI runtime works here (install runc): %s", text_of(&reasons));
    }
    text_done(&reasons);
    free(busybox);
    return found;
}
