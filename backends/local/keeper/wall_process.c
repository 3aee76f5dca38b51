/* Process isolation: an OCI runtime starts each process and is gone; the kernel tells the rest. */
#include "backends/local/keeper/wall.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/json.h"
#include "backends/local/keeper/call.h"
#include "backends/local/keeper/helpers.h"
#include "backends/local/keeper/keeper.h"
#include "backends/local/keeper/rootfs.h"
#include "core/memory.h"

enum { NAME_ROOM = 64, ABORT_SECONDS = 5 };

static bool equip(struct keeper *k, struct error *e)
{
    return runtime_find(k->paths, &k->runtime, e);
}

static bool run_runtime(struct keeper *k, struct error *e)
{
    static const char *const words[] = {"run", "-d", NULL};
    keeper_expect_start(k);
    const struct launch_spec *spec = &k->state.spec;
    struct call_spec call = {.prefix = "run",
                             .words = words,
                             .process = true,
                             .terminal = spec->terminal,
                             .input = spec->input,
                             .command = k->state.argv ? k->state.argv[0] : NULL};
    return call_start(k, &call, k->starting, k, e) == 0;
}

static bool start(struct keeper *k, const struct wall_hooks *hooks, struct error *e)
{
    bool overlay = k->runtime.overlay && !k->paths->rootless;
    bool network = launch_network(&k->state.spec) == LAUNCH_NETWORK_NAT;
    k->starting = hooks;
    return rootfs_prepare(k->image.rootfs, overlay, e) && bundle_write(k->paths, &k->state, &k->image, e) &&
           (network ? wall_network(k, run_runtime, e) : run_runtime(k, e));
}

/* The runtime ends by being killed, which call.c takes for its failure. */
static void abort_start(struct keeper *k, const struct error *why)
{
    (void)why;
    helpers_kill(k->state.id, ABORT_SECONDS);
}

/* An exec, while the runtime is at work on it: what it is to run is in a file. */
struct beginning {
    const struct wall_hooks *hooks;
    void *user;
    char file[NAME_ROOM];
};

static void begin_free(struct beginning *b)
{
    unlink(b->file);
    free(b);
}

static void on_begun(void *user, int process, const int fds[3])
{
    struct beginning *b = user;
    b->hooks->done(b->user, process, fds);
    begin_free(b);
}

static void on_not_begun(void *user, const struct error *why)
{
    struct beginning *b = user;
    b->hooks->failed(b->user, why);
    begin_free(b);
}

static bool write_process(struct keeper *k, const char *file, const struct bundle_process *process,
                          struct error *e)
{
    char *rootfs = paths_container(k->paths, k->state.id, "rootfs");
    char *text = bundle_process_text(k->paths, &k->state, &k->image, process, rootfs, e);
    free(rootfs);
    if (!text) {
        return false;
    }
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t len = strlen(text);
    bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len;
    if (!ok) {
        error_errno(e, errno, "Cannot write down what is to run in container %s", k->state.spec.name);
    }
    if (fd >= 0) {
        close(fd);
    }
    cJSON_free(text);
    return ok;
}

static bool exec(struct keeper *k, const struct bundle_process *process, bool input,
                 const struct wall_hooks *hooks, void *user, struct error *e)
{
    static const struct wall_hooks own = {.done = on_begun, .failed = on_not_begun};
    struct beginning *b = mem_new(1, sizeof *b);
    char prefix[NAME_ROOM];
    snprintf(prefix, sizeof prefix, "exec-%u", k->execs);
    snprintf(b->file, sizeof b->file, "exec-%u.json", k->execs);
    b->hooks = hooks;
    b->user = user;
    const char *const words[] = {"exec", "-d", "--process", b->file, NULL};
    const struct call_spec spec = {.prefix = prefix,
                                   .words = words,
                                   .process = true,
                                   .terminal = process->terminal,
                                   .input = input,
                                   .command = process->argv[0]};
    bool ok = write_process(k, b->file, process, e) && call_start(k, &spec, &own, b, e) == 0;
    if (!ok) {
        begin_free(b);
    }
    return ok;
}

static void note(struct keeper *k, int process)
{
    k->state.pid = (uint32_t)process;
    k->state.pid_started = state_process_started(k->state.pid);
}

static void watch(struct keeper *k, int process, child_cb cb, void *user)
{
    children_watch(k->children, process, cb, user);
}

static void send_signal(struct keeper *k, int process, int number)
{
    (void)k;
    kill(process, number);
}

static bool freeze(struct keeper *k, bool pause, const struct wall_hooks *hooks, void *user, struct error *e)
{
    const char *const words[] = {pause ? "pause" : "resume", NULL};
    const struct call_spec spec = {.prefix = words[0], .words = words};
    if (k->paths->rootless) {
        error_set(
            e, ERROR_UNSUPPORTED, 0,
            "Cannot %s container %s: that needs a cgroup, which only root may give it; start it as root",
            words[0], k->state.spec.name);
        return false;
    }
    return call_start(k, &spec, hooks, user, e) == 0;
}

static void nothing(struct keeper *k)
{
    (void)k;
}

const struct wall wall_process = {.equip = equip,
                                  .start = start,
                                  .exec = exec,
                                  .abort = abort_start,
                                  .note = note,
                                  .watch = watch,
                                  .signal = send_signal,
                                  .freeze = freeze,
                                  .end = nothing,
                                  .close = wall_network_close};
