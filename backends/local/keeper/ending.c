#include "backends/local/keeper/ending.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backends/local/keeper/cgroup.h"
#include "backends/local/keeper/helpers.h"
#include "backends/local/keeper/network.h"
#include "backends/local/keeper/rootfs.h"
#include "backends/local/shared/command.h"
#include "backends/local/shared/runtime.h"
#include "backends/procfs.h"
#include "core/memory.h"
#include "core/text.h"
#include "core/times.h"

enum { LOCK_TRIES = 500, PAUSE_MS = 20, KILL_SECONDS = 5, RUNTIME_SECONDS = 10 };

static void pause_a_moment(void)
{
    const struct timespec moment = {.tv_nsec = PAUSE_MS * 1000000L};
    nanosleep(&moment, NULL);
}

/* The keeper before us may still be closing its files, or somebody else may be clearing up. */
static bool take_lock(int fd)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            return true;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return false;
        }
        pause_a_moment();
    }
    errno = EWOULDBLOCK;
    return false;
}

static bool id_ok(const char *id, struct error *e)
{
    if (!state_id_ok(id)) {
        error_set(e, ERROR_INVALID, 0, "\"%.32s\" is not the id of a container: 12 hexadecimal digits", id);
        return false;
    }
    return true;
}

int ending_enter(const struct paths *p, const char *id, struct error *e)
{
    if (!id_ok(id, e)) {
        return -1;
    }
    char *folder = paths_container(p, id, NULL);
    int fd = chdir(folder) == 0 ? open("lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    if (fd < 0) {
        error_errno(e, errno, "Cannot use the folder of container %s, %s", id, folder);
    } else if (!take_lock(fd)) {
        int why = errno;
        close(fd);
        fd = -1;
        if (why == EWOULDBLOCK) {
            error_set(e, ERROR_CONFLICT, 0, "Container %s has a living keeper; ask that one", id);
        } else {
            error_errno(e, why, "Cannot lock the folder %s", folder);
        }
    }
    free(folder);
    return fd;
}

static void ask_runtime_to_delete(const struct paths *p, const struct state *s, const char *runtime)
{
    if (runtime) {
        const char *const argv[] = {runtime, "--root", p->runtime, "delete", "--force", s->id, NULL};
        command_run(argv, NULL, 0, RUNTIME_SECONDS, NULL);
    }
}

static char *runtime_folder(const struct paths *p, const struct state *s)
{
    struct text t = {0};
    text_addf(&t, "%s/%s", p->runtime, s->id);
    return text_take(&t);
}

/* What the runtime would do at "delete", without starting it: its record of the container goes, and the
 * cgroup. */
void ending_tidy_run(const struct paths *p, const struct state *s, const char *runtime)
{
    char *folder = runtime_folder(p, s);
    if (s->cgroup && !cgroup_remove(s->cgroup)) {
        ask_runtime_to_delete(p, s, runtime);
        cgroup_remove(s->cgroup);
    }
    paths_remove_tree(folder, NULL);
    network_release();
    rootfs_release();
    free(folder);
}

/* The socket goes while the lock is still ours: afterwards it may be that of the next keeper. */
void ending_tidy(const struct paths *p, const struct state *s, const char *runtime)
{
    char *socket = paths_socket(p, s->id);
    ending_tidy_run(p, s, runtime);
    unlink(socket);
    free(socket);
}

static bool same_boot(const struct state *s)
{
    char *boot = state_boot_id();
    bool same = s->boot && strcmp(boot, s->boot) == 0;
    free(boot);
    return same;
}

/* Waits until it is gone for good, so that whoever looks for its number finds nothing any more; its parent
 * may be anybody, when its keeper is dead, and take its time. */
static void kill_process(uint32_t pid, uint64_t started)
{
    for (int left = KILL_SECONDS * 1000;
         left > 0 && pid > 0 && started > 0 && state_process_started(pid) == started; left -= PAUSE_MS) {
        kill((pid_t)pid, SIGKILL);
        pause_a_moment();
    }
}

void ending_kill(const struct paths *p, const struct state *s, const char *runtime)
{
    if (s->cgroup) {
        cgroup_kill(s->cgroup, KILL_SECONDS);
    }
    if (same_boot(s)) {
        kill_process(s->pid, s->pid_started);
        kill_process(s->vm, s->vm_started);
    }
    helpers_kill(s->id, KILL_SECONDS);
    char *folder = runtime_folder(p, s);
    if (access(folder, F_OK) == 0) { /* it may know of a process that was never written down */
        ask_runtime_to_delete(p, s, runtime);
    }
    free(folder);
    ending_tidy(p, s, runtime);
}

/* What is left. */

/* Zombies are over: when they go is up to their parent. */
static bool still_runs(uint32_t pid, uint64_t started)
{
    struct procfs_stat stat;
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool runs = proc >= 0 && pid > 0 && started > 0 && procfs_stat(proc, pid, &stat) &&
                stat.started == started && stat.state != 'Z' && stat.state != 'X';
    if (proc >= 0) {
        close(proc);
    }
    return runs;
}

static bool any_mount(const char *folder)
{
    struct text below = {0};
    text_addf(&below, " %s/", folder);
    FILE *file = fopen("/proc/self/mountinfo", "re");
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    while (file && !found && getline(&line, &room, file) > 0) {
        found = strstr(line, text_of(&below)) != NULL;
    }
    free(line);
    if (file) {
        fclose(file);
    }
    text_done(&below);
    return found;
}

static void add_left(struct text *t, const char *what, const char *which)
{
    text_addf(t, "%s%s%s", t->len > 0 ? ", " : "", what, which);
}

bool ending_check(const struct paths *p, const struct state *s, struct error *e)
{
    struct text left = {0}, helpers = {0};
    char *folder = paths_container(p, s->id, NULL), *record = runtime_folder(p, s);
    if (same_boot(s) && still_runs(s->pid, s->pid_started)) {
        add_left(&left, "its first process", "");
    }
    if (helpers_list(s->id, &helpers)) {
        add_left(&left, "", text_of(&helpers));
    }
    if (s->cgroup && cgroup_exists(s->cgroup)) {
        add_left(&left, "the cgroup ", s->cgroup);
    }
    if (access(record, F_OK) == 0) {
        add_left(&left, "the runtime's record ", record);
    }
    if (any_mount(folder)) {
        add_left(&left, "mounts in ", folder);
    }
    bool clear = left.len == 0;
    if (!clear) {
        error_set(e, ERROR_OTHER, 0,
                  "Container %s could not be ended completely, and stays; there is still %s",
                  s->spec.name && *s->spec.name ? s->spec.name : s->id, text_of(&left));
    }
    text_done(&left);
    text_done(&helpers);
    free(record);
    free(folder);
    return clear;
}

void ending_note(struct state *s, int code, const char *note)
{
    s->state = CONTAINER_EXITED;
    s->exit_code = code;
    s->finished = time_now();
    free(s->note);
    s->note = mem_string(note);
}

bool ending_remove(const struct paths *p, const struct state *s, struct error *e)
{
    char *folder = paths_container(p, s->id, NULL), *state = paths_state(p, s->id);
    bool ok = access(folder, F_OK) < 0 || paths_remove_tree(folder, e);
    if (ok && unlink(state) < 0 && errno != ENOENT) {
        error_errno(e, errno, "Cannot remove %s", state);
        ok = false;
    }
    free(folder);
    free(state);
    return ok;
}

static bool clean_locked(const struct paths *p, struct state *s, struct error *e)
{
    struct runtime runtime = {0};
    bool known = s->isolation != ISOLATION_VM && runtime_find(p, &runtime, NULL);
    ending_kill(p, s, known ? runtime.path : NULL);
    runtime_done(&runtime);
    if (!ending_check(p, s, e)) {
        return false;
    }
    bool ran = state_has_processes(s->state) || s->state == CONTAINER_LOST;
    if (ran) {
        ending_note(s, 137,
                    same_boot(s)
                        ? "Its keeper was killed, so the container was ended and tidied up"
                        : "The machine was started anew while it ran; start it again if it is needed");
    }
    s->pid = s->vm = s->keeper = s->network = 0;
    s->pid_started = s->vm_started = s->keeper_started = 0;
    if (s->spec.remove && s->state == CONTAINER_EXITED) {
        return ending_remove(p, s, e);
    }
    return state_write(s, p, e);
}

/* Somebody may have taken the folder away by hand, and left what was mounted and started. */
static bool anything_there(const struct paths *p, const char *id)
{
    char *folder = paths_container(p, id, NULL), *state = paths_state(p, id);
    bool there = access(folder, F_OK) == 0 || (access(state, F_OK) == 0 && mkdir(folder, 0700) == 0);
    free(folder);
    free(state);
    return there;
}

bool ending_clean(const char *id, struct error *e)
{
    struct paths *p = id_ok(id, e) ? paths_new(e) : NULL;
    bool ok = false;
    if (p && !anything_there(p, id)) {
        error_set(e, ERROR_NOT_FOUND, 0, "There is no container %s", id);
        paths_free(p);
        return false;
    }
    int lock = p ? ending_enter(p, id, e) : -1;
    if (lock >= 0) {
        struct state s;
        state_init(&s);
        char *path = paths_state(p, id);
        ok = state_read(&s, path, e) && clean_locked(p, &s, e);
        free(path);
        state_done(&s);
        close(lock);
    }
    paths_free(p);
    return ok;
}

/* What there is of a container whose state cannot be read. */
static void guess(const struct paths *p, const char *id, struct state *s)
{
    state_done(s);
    state_init(s);
    memcpy(s->id, id, STATE_ID);
    if (!p->rootless) {
        struct text cgroup = {0};
        text_addf(&cgroup, "/porthole/%s", id);
        s->cgroup = text_take(&cgroup);
    }
}

static bool clear_away(const struct paths *p, const char *id, struct error *e)
{
    struct state s;
    struct error unread;
    struct runtime runtime = {0};
    char *path = paths_state(p, id);
    state_init(&s);
    if (!state_read(&s, path, &unread) || strcmp(s.id, id) != 0) {
        guess(p, id, &s);
    }
    bool known = s.isolation != ISOLATION_VM && runtime_find(p, &runtime, NULL);
    ending_kill(p, &s, known ? runtime.path : NULL);
    bool ok = ending_check(p, &s, e) && ending_remove(p, &s, e);
    runtime_done(&runtime);
    state_done(&s);
    free(path);
    return ok;
}

bool ending_clear_away(const char *id, struct error *e)
{
    struct paths *p = id_ok(id, e) ? paths_new(e) : NULL;
    bool gone = p && !anything_there(p, id);
    int lock = p && !gone ? ending_enter(p, id, e) : -1;
    bool ok = gone || (lock >= 0 && clear_away(p, id, e));
    if (lock >= 0) {
        close(lock);
    }
    paths_free(p);
    return ok;
}
