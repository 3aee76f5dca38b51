/* Containers on this very kernel: known by their first process, whose cgroup names the container. Where the
 * engine says that it is does not matter: a socket may lead into a VM, and ssh may lead home.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backends/cgroup_key.h"
#include "backends/docker/engine.h"
#include "backends/members.h"
#include "backends/sampler.h"

enum { CGROUP_TEXT = 16384 };

struct nearby {
    struct docker *docker;
    struct cgroups *cgroups;
    struct procfs_clock clock;
    struct sampler *sampler;
    int proc; /* /proc; -1 */
};

static bool find(void *user, const char *key, struct sampler_target *to)
{
    struct nearby *n = user;
    struct entry *en = roster_find(n->docker, key);
    bool live = en && en->cgroup && state_has_processes(en->record.state);
    if (live) {
        *to = (struct sampler_target){.record = &en->record, .cgroup = en->cgroup, .pid = en->record.pid};
    }
    return live;
}

static void changed(void *user, const char *key, unsigned fields)
{
    struct nearby *n = user;
    roster_tell(n->docker, roster_find(n->docker, key), fields);
}

struct nearby *nearby_new(struct docker *d)
{
    static const struct sampler_owner owner = {.find = find, .changed = changed};
    struct nearby *n = mem_new(1, sizeof *n);
    n->docker = d;
    n->cgroups = cgroups_find();
    n->clock = procfs_clock();
    n->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    n->sampler = sampler_new(d->backend.loop, &owner, n, n->cgroups, &n->clock);
    docker_hold(d);
    return n;
}

static void sampler_closed(void *user)
{
    struct nearby *n = user;
    docker_release(n->docker);
}

void nearby_close(struct nearby *n)
{
    sampler_close(n->sampler, sampler_closed);
}

void nearby_free(struct nearby *n)
{
    cgroups_free(n->cgroups);
    if (n->proc >= 0) {
        close(n->proc);
    }
    free(n);
}

char *nearby_cgroup(const struct nearby *n, const char *key, uint32_t pid)
{
    char text[CGROUP_TEXT], found[CGROUP_KEY];
    bool same = n->proc >= 0 && procfs_read(n->proc, pid, "cgroup", text, sizeof text) > 0 &&
                cgroup_key(text, found) && strcmp(found, key) == 0;
    return same ? cgroup_path_of(text, key) : NULL;
}

/* Daemons are started with another PATH than a person's. */
bool nearby_has_program(const char *program)
{
    static const char USUAL[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    const char *path = getenv("PATH");
    struct text folders = {0}, file = {0};
    bool found = strchr(program, '/') && access(program, X_OK) == 0;
    text_addf(&folders, "%s:%s", path ? path : "", USUAL);
    for (const char *at = text_of(&folders); !found && !strchr(program, '/') && *at;) {
        size_t len = strcspn(at, ":");
        text_clear(&file);
        text_add_n(&file, at, len);
        text_addf(&file, "/%s", program);
        found = len > 0 && access(text_of(&file), X_OK) == 0;
        at += len + (at[len] == ':');
    }
    text_done(&folders);
    text_done(&file);
    return found;
}

void nearby_name(uint32_t pid, char out[64])
{
    struct procfs_stat stat = {0};
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0 || !procfs_stat(proc, pid, &stat)) {
        stat.name[0] = '\0';
    }
    if (proc >= 0) {
        close(proc);
    }
    memcpy(out, stat.name, sizeof stat.name);
}

void nearby_sample(struct nearby *n, const char *const *keys, size_t count, unsigned fields)
{
    sampler_want(n->sampler, keys, count, fields);
}

void nearby_kick(struct nearby *n)
{
    sampler_kick(n->sampler);
}

struct process_table *nearby_processes(const struct nearby *n, const char *name, const char *cgroup,
                                       uint32_t pid, struct error *e)
{
    const struct members of = {
        .name = name, .cgroup = cgroup, .pid = pid, .cgroups = n->cgroups, .clock = &n->clock};
    return members_read(&of, e);
}

/* The process is held by a descriptor while it is looked at, so that the signal cannot reach another one that
 * has got its number meanwhile. */
bool nearby_signal(struct nearby *n, const char *key, uint32_t pid, int number)
{
    int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    char *cgroup = fd >= 0 ? nearby_cgroup(n, key, pid) : NULL;
    bool sent = cgroup && syscall(SYS_pidfd_send_signal, fd, number, NULL, 0) == 0;
    free(cgroup);
    if (fd >= 0) {
        close(fd);
    }
    return sent;
}
