/* One reading is one pass over /proc on a thread of the pool. What cannot change without a new process or an
 * exec (command, user, cgroup) is remembered from the last pass for as long as pid, start time and name stay
 * the same; every SETTLED passes it is read afresh, since a process may be moved to another cgroup. One that
 * has ended is not: the kernel takes it out of its cgroup, but it is still its container's.
 */
#include "backends/host/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backends/cgroup_key.h"
#include "backends/cgroup_procs.h"
#include "backends/host/namespaces_linux.h"
#include "backends/host/reader.h"
#include "backends/procfs.h"
#include "core/memory.h"

enum { SETTLED = 10, HOST_PROCESSES = 200000, ANCESTORS = 64, OWN_ID = 12, KEEPER_COMMAND = 200 };

struct user {
    uint32_t uid;
    char *name;
};

struct known { /* what is remembered of a process; in the order of pids */
    uint32_t pid;
    uint64_t started;
    char name[64];
    char *command; /* NULL none */
    char *keys;    /* of the containers around it, the innermost first, with blanks between; NULL none */
    uint32_t uid;
    struct host_level *levels;
    size_t n_levels;
    bool ended;
    uint32_t parent;
    uint64_t ticks, pages;
    unsigned age; /* passes since it was read */
};

struct pass { /* what one reading works with */
    int proc;
    struct known *old, *now;
    size_t n_old, n_now, room_now;
    struct user *users;
    size_t n_users, room_users;
    size_t own_levels; /* of ourselves: those deeper are in a container */
    size_t refused;
};

struct host {
    struct host_reader reader;
    struct pass pass;
    struct procfs_clock clock;
    char *system, *name;
};

static void forget(struct known *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(list[i].command);
        free(list[i].keys);
        free(list[i].levels);
    }
    free(list);
}

static void free_host(struct host_reader *reader)
{
    struct host *h = (struct host *)reader;
    forget(h->pass.old, h->pass.n_old);
    for (size_t i = 0; i < h->pass.n_users; i++) {
        free(h->pass.users[i].name);
    }
    free(h->pass.users);
    free(h->system);
    free(h->name);
    free(h);
}

/* Users. */

static const char *user_name(struct pass *p, uint32_t uid)
{
    for (size_t i = 0; i < p->n_users; i++) {
        if (p->users[i].uid == uid) {
            return p->users[i].name;
        }
    }
    char room[4096], number[16];
    struct passwd entry, *found = NULL;
    getpwuid_r(uid, &entry, room, sizeof room, &found);
    snprintf(number, sizeof number, "%u", uid);
    struct text name = {0};
    const char *word = found ? found->pw_name : number;
    text_add_clean(&name, word, strlen(word));
    p->users = mem_grow(p->users, &p->room_users, p->n_users + 1, sizeof *p->users);
    p->users[p->n_users].uid = uid;
    p->users[p->n_users].name = text_take(&name);
    return p->users[p->n_users++].name;
}

/* One process. */

static int by_pid(const void *a, const void *b)
{
    uint32_t x = ((const struct known *)a)->pid, y = ((const struct known *)b)->pid;
    return x < y ? -1 : x > y;
}

static struct known *find(struct known *list, size_t n, uint32_t pid)
{
    struct known wanted = {.pid = pid};
    return n > 0 ? bsearch(&wanted, list, n, sizeof *list, by_pid) : NULL;
}

/* Moves what is remembered of this very process into *out. */
static bool remembered(struct pass *p, uint32_t pid, const struct procfs_stat *stat, struct known *out)
{
    struct known *old = find(p->old, p->n_old, pid);
    bool fresh = old && (old->age < SETTLED || stat->state == 'Z');
    if (!fresh || old->started != stat->started || strcmp(old->name, stat->name) != 0) {
        return false;
    }
    *out = *old;
    old->command = old->keys = NULL;
    old->levels = NULL;
    out->age++;
    return true;
}

/* Namespaces are looked up for those only that are in one below ours. */
static void learn_levels(const struct pass *p, const struct procfs_status *status, struct known *out)
{
    uint64_t numbers[PROCFS_LEVELS];
    size_t inner = status->n_pids > p->own_levels ? status->n_pids - p->own_levels : 0;
    namespaces_of(p->proc, out->pid, numbers, inner);
    out->levels = mem_new(status->n_pids, sizeof *out->levels);
    out->n_levels = status->n_pids;
    for (size_t i = 0; i < status->n_pids; i++) {
        out->levels[i] = (struct host_level){.pid = status->pids[i]};
        if (i >= status->n_pids - inner) {
            out->levels[i].number = numbers[i - (status->n_pids - inner)];
        }
    }
}

static char *learn_keys(const struct pass *p, uint32_t pid)
{
    char cgroup[16384], keys[CGROUP_NESTED][CGROUP_KEY];
    struct text words = {0};
    size_t n = procfs_read(p->proc, pid, "cgroup", cgroup, sizeof cgroup) > 0 ? cgroup_keys(cgroup, keys) : 0;
    for (size_t i = 0; i < n; i++) {
        text_addf(&words, "%s%s", i > 0 ? " " : "", keys[i]);
    }
    return n > 0 ? text_take(&words) : NULL;
}

static bool learn(struct pass *p, uint32_t pid, const struct procfs_stat *stat, struct known *out)
{
    struct procfs_status status = {0};
    memset(out, 0, sizeof *out);
    out->pid = pid;
    out->started = stat->started;
    snprintf(out->name, sizeof out->name, "%s", stat->name);
    out->age = pid % SETTLED; /* so that not all are due in the same pass */
    if (stat->kernel) {
        status = (struct procfs_status){.pids = {pid}, .n_pids = 1};
        learn_levels(p, &status, out);
        return true;
    }
    if (!procfs_status(p->proc, pid, &status)) {
        p->refused += errno == EACCES || errno == EPERM;
        return false;
    }
    struct text command = {0};
    procfs_command(p->proc, pid, &command);
    out->command = command.len > 0 ? text_take(&command) : NULL;
    text_done(&command);
    out->uid = status.uid;
    status.n_pids = status.n_pids > 0 ? status.n_pids : 1; /* an old kernel: its number inside is unknown */
    learn_levels(p, &status, out);
    out->keys = learn_keys(p, pid);
    return true;
}

static void look_at(struct pass *p, uint32_t pid)
{
    struct procfs_stat stat;
    errno = 0;
    if (!procfs_stat(p->proc, pid, &stat)) {
        p->refused += errno == EACCES || errno == EPERM;
        return; /* or it has ended in between */
    }
    p->now = mem_grow(p->now, &p->room_now, p->n_now + 1, sizeof *p->now);
    struct known *k = &p->now[p->n_now];
    if (remembered(p, pid, &stat, k) || learn(p, pid, &stat, k)) {
        k->parent = stat.parent;
        k->ended = stat.state == 'Z';
        k->ticks = stat.ticks;
        k->pages = stat.pages;
        p->n_now++;
    }
}

/* Without cgroups (rootless) the key comes from the keeper among the ancestors: "porthole-keeper [--hold]
 * ID". */

static const char *keeper_of(const struct known *k)
{
    if (strcmp(k->name, "porthole-keeper") != 0 || !k->command) {
        return NULL;
    }
    const char *blank = strrchr(k->command, ' ');
    bool is_id = blank && strlen(blank + 1) == OWN_ID && strspn(blank + 1, "0123456789abcdef") == OWN_ID;
    return is_id ? blank + 1 : NULL;
}

static void find_rootless(const struct pass *p, struct known *k)
{
    const struct known *above = k;
    for (int i = 0; i < ANCESTORS && above && above->parent > 1; i++) {
        above = find(p->now, p->n_now, above->parent);
        const char *id = above ? keeper_of(above) : NULL;
        if (id) {
            k->keys = mem_string(id);
            return;
        }
    }
}

/* The kernel tells no cgroup of what has ended: it is its parent's child still. */
static void find_ended(const struct pass *p, struct known *k)
{
    const struct known *above = k;
    for (int i = 0; i < ANCESTORS && above && above->parent > 1; i++) {
        above = find(p->now, p->n_now, above->parent);
        if (above && above->keys) {
            k->keys = mem_string(above->keys);
            return;
        }
    }
}

/* Into the row, whose words are those of `words`: the innermost key is cut off from the others. */
static void split_keys(struct host_process *row, char *words)
{
    if (words) {
        char *blank = strchr(words, ' ');
        row->container = words;
        row->outer = blank ? blank + 1 : NULL;
        if (blank) {
            *blank = '\0';
        }
    }
}

/* The pass. */

static void scan(struct pass *p)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    while (folder && p->n_now < HOST_PROCESSES && (entry = readdir(folder))) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') {
            look_at(p, (uint32_t)strtoul(entry->d_name, NULL, 10));
        }
    }
    if (folder) {
        closedir(folder);
    }
    if (p->n_now > 1) {
        qsort(p->now, p->n_now, sizeof *p->now, by_pid);
    }
}

static struct host_table *table_of(struct host *h)
{
    struct pass *p = &h->pass;
    struct host_table *t = host_table_new();
    for (size_t i = 0; i < p->n_now; i++) {
        struct known *k = &p->now[i];
        if (!k->keys && k->n_levels > p->own_levels) {
            (k->ended ? find_ended : find_rootless)(p, k);
        }
        char *keys = mem_string(k->keys);
        struct host_process row = {.pid = k->pid,
                                   .parent = k->parent,
                                   .levels = k->levels,
                                   .n_levels = k->n_levels,
                                   .name = k->name,
                                   .command = k->command,
                                   .user = user_name(p, k->uid),
                                   .cpu_100ns = procfs_cpu(&h->clock, k->ticks),
                                   .memory = k->pages * (uint64_t)h->clock.page,
                                   .created = procfs_created(&h->clock, k->started),
                                   .ended = k->ended};
        split_keys(&row, keys);
        host_table_add(t, &row);
        free(keys);
    }
    host_table_sort(t);
    return t;
}

static char *what_is_missing(const struct pass *p)
{
    struct text t = {0};
    if (!find(p->now, p->n_now, 1)) {
        text_add(&t, "/proc shows only your own processes (hidepid): run porthole as root to see the others");
    } else if (p->refused > 0) {
        text_addf(&t, "%zu processes could not be read: run porthole as root to see them", p->refused);
    } else if (p->n_now >= HOST_PROCESSES) {
        text_addf(&t, "only the first %d processes are shown", HOST_PROCESSES);
    }
    return t.len > 0 ? text_take(&t) : NULL;
}

static struct host_table *read_host(struct host_reader *reader, struct error *why)
{
    struct host *h = (struct host *)reader;
    struct pass *p = &h->pass;
    struct procfs_status self = {0};
    p->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->proc < 0) {
        error_errno(why, errno, "Cannot read the host's processes: /proc does not open");
        return NULL;
    }
    p->own_levels = procfs_status(p->proc, (uint32_t)getpid(), &self) ? self.n_pids : 1;
    p->refused = 0;
    scan(p);
    struct host_table *table = table_of(h);
    table->missing = what_is_missing(p);
    close(p->proc);
    forget(p->old, p->n_old);
    p->old = p->now;
    p->n_old = p->n_now;
    p->now = NULL;
    p->n_now = p->room_now = 0;
    return table;
}

static uint32_t process_of_thread(struct host_source *self, uint32_t thread)
{
    struct procfs_status status = {0};
    (void)self;
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc >= 0) {
        procfs_status(proc, thread, &status);
        close(proc);
    }
    return status.process;
}

/* Life. */

static char *system_words(void)
{
    struct utsname kernel = {0};
    uname(&kernel);
    char line[512], *pretty = NULL;
    FILE *file = fopen("/etc/os-release", "re");
    while (file && !pretty && fgets(line, sizeof line, file)) {
        if (strncmp(line, "PRETTY_NAME=", 12) == 0) {
            pretty = line + 12 + (line[12] == '"');
            pretty[strcspn(pretty, "\"\n")] = '\0';
        }
    }
    if (file) {
        fclose(file);
    }
    struct text t = {0};
    const char *name = pretty ? pretty : kernel.sysname;
    text_add_clean(&t, name, strlen(name));
    text_addf(&t, " (%s)", kernel.release);
    return text_take(&t);
}

static char *host_name(void)
{
    char name[256] = "";
    gethostname(name, sizeof name - 1);
    struct text t = {0};
    text_add_clean(&t, name, strlen(name));
    return t.len > 0 ? text_take(&t) : mem_string("localhost");
}

struct host_source *host_open(struct uv_loop_s *loop)
{
    static const struct host_reader_type type = {
        .read = read_host, .look = namespaces_look, .free = free_host};
    struct host *h = mem_new(1, sizeof *h);
    h->clock = procfs_clock();
    h->system = system_words();
    h->name = host_name();
    struct host_source *source = host_reader_begin(&h->reader, &type, loop, h->system, h->name);
    source->process_of_thread = process_of_thread;
    return source;
}

void host_close(struct host_source *source)
{
    host_reader_close((struct host_reader *)source);
}
