#include "backends/local/keeper/vm_template.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"

enum { ABOUT_LIMIT = 8192 };

static char *join(const char *a, const char *b, const char *c)
{
    struct text t = {0};
    text_addf(&t, "%s%s%s", a, b, c);
    return text_take(&t);
}

/* Lines that begin with "/" are fingerprints of files. */
static char *describe(const struct vm_plan *plan)
{
    struct text t = {0};
    text_addf(&t, "memory %u MB\nprocessors %u\n%s\n", plan->memory_mb, plan->cpus,
              plan->kvm ? "KVM" : "emulation");
    text_addf(&t, "kernel %s\n", plan->host.kernel.version);
    guest_fingerprint(&t, plan->host.qemu);
    guest_fingerprint(&t, plan->host.kernel.image);
    guest_fingerprint(&t, plan->initramfs);
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    self[len > 0 ? len : 0] = '\0';
    guest_fingerprint(&t, self); /* we decide what the machine looks like */
    return text_take(&t);
}

void vm_template_name(const struct paths *p, const struct vm_plan *plan, struct vm_template *out)
{
    char key[17];
    out->about = describe(plan);
    guest_key(out->about, key);
    char *all = join(p->data, "/templates", "");
    mkdir(all, 0700);
    out->folder = join(all, "/", key);
    out->fresh = join(out->folder, ".new", "");
    out->lock = join(out->folder, ".lock", "");
    free(all);
}

void vm_template_done(struct vm_template *t)
{
    free(t->folder);
    free(t->fresh);
    free(t->about);
    free(t->lock);
    *t = (struct vm_template){0};
}

bool vm_template_exists(const struct vm_template *t)
{
    return access(t->folder, F_OK) == 0;
}

int vm_template_lock(const struct vm_template *t)
{
    int fd = open(t->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

bool vm_template_begin(const struct vm_template *t, struct error *e)
{
    paths_remove_tree(t->fresh, NULL);
    int fd = mkdir(t->fresh, 0700) == 0 ? vm_template_open(t, true, "about", O_WRONLY | O_CREAT) : -1;
    size_t len = strlen(t->about);
    bool ok = fd >= 0 && write(fd, t->about, len) == (ssize_t)len;
    if (!ok) {
        error_errno(e, errno, "Cannot make the template of a VM in %s", t->fresh);
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

int vm_template_open(const struct vm_template *t, bool growing, const char *file, int flags)
{
    char *path = join(growing ? t->fresh : t->folder, "/", file);
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    int why = errno;
    free(path);
    errno = why;
    return fd;
}

void vm_template_drop(const struct vm_template *t)
{
    paths_remove_tree(t->folder, NULL);
    paths_remove_tree(t->fresh, NULL);
}

/* Is one of the files that it was made of another one now? */
static bool is_outdated(const char *folder)
{
    char *path = join(folder, "/", "about"), text[ABOUT_LIMIT];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    bool outdated = false;
    text[n > 0 ? n : 0] = '\0';
    if (fd >= 0) {
        close(fd);
    }
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line && !outdated; line = strsep(&rest, "\n")) {
        char *file = line[0] == '/' ? mem_string_n(line, strcspn(line, " ")) : NULL;
        if (file) {
            struct text now = {0};
            guest_fingerprint(&now, file);
            outdated = strncmp(text_of(&now), line, strlen(line)) != 0;
            text_done(&now);
        }
        free(file);
    }
    free(path);
    return outdated;
}

/* Is nobody at work on this "KEY.new"? */
static bool is_abandoned(const char *fresh)
{
    char *lock = mem_string_n(fresh, strlen(fresh) - strlen(".new"));
    struct vm_template t = {.lock = join(lock, ".lock", "")};
    int fd = vm_template_lock(&t);
    free(lock);
    free(t.lock);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

static void sweep(const struct paths *p)
{
    char *all = join(p->data, "/templates", "");
    DIR *dir = opendir(all);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);
        bool growing = len == 16 + 4 && strcmp(entry->d_name + 16, ".new") == 0;
        char *folder = len == 16 || growing ? join(all, "/", entry->d_name) : NULL;
        if (folder && (growing ? is_abandoned(folder) : is_outdated(folder))) {
            paths_remove_tree(folder, NULL); /* VMs that run keep what they have open */
        }
        free(folder);
    }
    if (dir) {
        closedir(dir);
    }
    free(all);
}

bool vm_template_commit(const struct paths *p, const struct vm_template *t, struct error *e)
{
    sweep(p);
    if (rename(t->fresh, t->folder) < 0) {
        error_errno(e, errno, "Cannot keep the template of a VM in %s", t->folder);
        return false;
    }
    return true;
}
