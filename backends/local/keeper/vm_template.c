#include "backends/local/keeper/vm_template.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backends/local/keeper/vm_sealed.h"
#include "core/memory.h"
#include "core/text.h"

enum { ABOUT_LIMIT = 8192, LOCK_MS = 5000, PAUSE_MS = 10 };

static const char MEMORY[] = "memory", MACHINE[] = "machine", HOLDERS[] = "holders";

/* The first line of "about". A template without it was made when QEMU could still write into its files. */
static const char FORMAT[] = "template 2";

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
    text_addf(&t, "%s\n", FORMAT);
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

void vm_template_init(struct vm_template *t)
{
    *t = (struct vm_template){.memory = -1, .machine = -1};
}

void vm_template_name(const struct paths *p, const struct vm_plan *plan, struct vm_template *out)
{
    char key[17];
    vm_template_init(out);
    out->about = describe(plan);
    guest_key(out->about, key);
    char *all = join(p->data, "/templates", "");
    mkdir(all, 0700);
    out->folder = join(all, "/", key);
    out->fresh = join(out->folder, ".new", "");
    out->lock = join(out->folder, ".lock", "");
    out->name = join("porthole-", key, "");
    out->size = (off_t)plan->memory_mb << 20;
    free(all);
}

void vm_template_close(struct vm_template *t)
{
    if (t->holder) {
        unlink(t->holder);
        free(t->holder);
        t->holder = NULL;
    }
    if (t->memory >= 0) {
        close(t->memory);
    }
    if (t->machine >= 0) {
        close(t->machine);
    }
    t->memory = t->machine = -1;
}

void vm_template_done(struct vm_template *t)
{
    vm_template_close(t);
    free(t->folder);
    free(t->fresh);
    free(t->about);
    free(t->lock);
    free(t->name);
    vm_template_init(t);
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

void vm_template_drop(const struct vm_template *t)
{
    paths_remove_tree(t->folder, NULL);
    paths_remove_tree(t->fresh, NULL);
}

/* Making. */

bool vm_template_begin(struct vm_template *t, struct error *e)
{
    vm_template_close(t);
    t->memory = sealed_new(t->name, t->size, e);
    t->machine = t->memory >= 0 ? sealed_new(MACHINE, 0, e) : -1;
    return t->machine >= 0;
}

bool vm_template_seal(struct vm_template *t, struct error *e)
{
    return sealed_close(t->memory, e) && sealed_close(t->machine, e);
}

static int open_in(const char *folder, const char *file, int flags)
{
    char *path = join(folder, "/", file);
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    int why = errno;
    free(path);
    errno = why;
    return fd;
}

/* Whatever is not on the disk when the machine loses its power must not be taken for a template later. */
static bool close_written(int fd, bool ok)
{
    ok = ok && fsync(fd) == 0;
    int why = errno;
    close(fd);
    errno = why;
    return ok;
}

static bool save(const struct vm_template *t, const char *file, int from)
{
    int to = open_in(t->fresh, file, O_WRONLY | O_CREAT | O_EXCL);
    return to >= 0 && close_written(to, sealed_copy(from, to));
}

static bool save_about(const struct vm_template *t)
{
    int fd = open_in(t->fresh, "about", O_WRONLY | O_CREAT | O_EXCL);
    size_t len = strlen(t->about);
    return fd >= 0 && close_written(fd, write(fd, t->about, len) == (ssize_t)len);
}

static bool make_holders(const struct vm_template *t)
{
    char *path = join(t->fresh, "/", HOLDERS);
    bool ok = mkdir(path, 0700) == 0;
    free(path);
    return ok;
}

/* Using. */

/* From now on others may take the memory from us. Where this cannot be written they make a copy of their own.
 */
static void hold(struct vm_template *t)
{
    struct text path = {0};
    uint32_t self = (uint32_t)getpid();
    text_addf(&path, "%s/%s/%" PRIu32 "-%" PRIu64 "-%d", t->folder, HOLDERS, self,
              state_process_started(self), t->memory);
    int fd = open(text_of(&path), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        close(fd);
        t->holder = text_take(&path);
    }
    text_done(&path);
}

/* The memory of an entry's keeper; -1: it is gone, or has let go of it. */
static int take_from(const struct vm_template *t, const char *entry)
{
    unsigned pid;
    int number, used = 0;
    uint64_t started;
    char path[64];
    if (sscanf(entry, "%u-%" SCNu64 "-%d%n", &pid, &started, &number, &used) != 3 || entry[used] != '\0' ||
        started == 0 || state_process_started(pid) != started) {
        return -1;
    }
    snprintf(path, sizeof path, "/proc/%u/fd/%d", pid, number);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && (!sealed_is(fd, t->name, t->size) || state_process_started(pid) != started)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Entries of those who are gone go: a keeper that was killed leaves its own behind. */
static int take_from_holder(const struct vm_template *t)
{
    char *path = join(t->folder, "/", HOLDERS);
    DIR *dir = opendir(path);
    int fd = -1;
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry && fd < 0; entry = readdir(dir)) {
        if (entry->d_name[0] != '.') {
            fd = take_from(t, entry->d_name);
            if (fd < 0) {
                unlinkat(dirfd(dir), entry->d_name, 0);
            }
        }
    }
    if (dir) {
        closedir(dir);
    }
    free(path);
    return fd;
}

/* A sealed copy of a file of the template; size -1: whatever it has. */
static int load(const struct vm_template *t, const char *file, const char *name, off_t size, struct error *e)
{
    struct stat st = {0};
    int from = open_in(t->folder, file, O_RDONLY);
    int to = from >= 0 && fstat(from, &st) == 0 ? sealed_new(name, st.st_size, e) : -1;
    bool ok = to >= 0 && (size < 0 || st.st_size == size) && sealed_copy(from, to) && sealed_close(to, e);
    if (from < 0) {
        error_errno(e, errno, "Cannot read the template of a VM in %s", t->folder);
    } else if (to >= 0 && !ok && e->kind == ERROR_NONE) {
        error_set(e, ERROR_OTHER, 0, "The template of a VM in %s is damaged, or cannot be read", t->folder);
    }
    if (from >= 0) {
        close(from);
    }
    if (!ok && to >= 0) {
        close(to);
        to = -1;
    }
    return to;
}

/* -1: who has it is slow. */
static int wait_for_lock(const struct vm_template *t)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    int fd = vm_template_lock(t);
    for (int left = LOCK_MS; fd < 0 && left > 0; left -= PAUSE_MS) {
        nanosleep(&pause, NULL);
        fd = vm_template_lock(t);
    }
    return fd;
}

/* Of those that start at once, one makes the copy, and the others wait for it: each is a hundred megabytes.
 */
static int load_memory(struct vm_template *t, struct error *e)
{
    int fd = take_from_holder(t);
    int lock = fd < 0 ? wait_for_lock(t) : -1;
    if (fd < 0 && lock >= 0) {
        fd = take_from_holder(t);
    }
    if (fd < 0) {
        fd = load(t, MEMORY, t->name, t->size, e);
    }
    t->memory = fd;
    if (fd >= 0) {
        hold(t);
    }
    if (lock >= 0) {
        close(lock);
    }
    return fd;
}

bool vm_template_load(struct vm_template *t, struct error *e)
{
    *e = (struct error){0};
    vm_template_close(t);
    t->machine = load(t, MACHINE, MACHINE, -1, e);
    if (t->machine >= 0 && load_memory(t, e) >= 0) {
        return true;
    }
    vm_template_close(t);
    return false;
}

/* Going out of date. */

/* Is it of another format, or is one of the files that it was made of another one now? */
static bool is_outdated(const char *folder)
{
    char *path = join(folder, "/", "about"), text[ABOUT_LIMIT];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    text[n > 0 ? n : 0] = '\0';
    bool outdated = strncmp(text, FORMAT, strlen(FORMAT)) != 0 || text[strlen(FORMAT)] != '\n';
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
    const struct vm_template t = {.lock = join(lock, ".lock", "")};
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

bool vm_template_keep(const struct paths *p, struct vm_template *t, struct error *e)
{
    sweep(p);
    paths_remove_tree(t->fresh, NULL);
    if (mkdir(t->fresh, 0700) == 0 && save_about(t) && save(t, MACHINE, t->machine) &&
        save(t, MEMORY, t->memory) && make_holders(t) && rename(t->fresh, t->folder) == 0) {
        hold(t);
        return true;
    }
    error_errno(e, errno, "Cannot keep the template of a VM in %s", t->folder);
    paths_remove_tree(t->fresh, NULL);
    return false;
}
