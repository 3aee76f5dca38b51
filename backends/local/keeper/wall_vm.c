/* VM isolation: the processes run behind another kernel; the guest agent starts them and tells of them. */
#include "backends/local/keeper/wall.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "backends/local/keeper/cgroup.h"
#include "backends/local/keeper/client.h"
#include "backends/local/keeper/helpers.h"
#include "backends/local/keeper/keeper.h"
#include "backends/local/keeper/vm.h"
#include "backends/local/keeper/vm_link.h"
#include "backends/local/shared/bundle_env.h"
#include "backends/local/shared/words.h"
#include "core/memory.h"

enum { ABORT_SECONDS = 5 };

static bool equip(struct keeper *k, struct error *e)
{
    (void)k;
    (void)e;
    return true; /* what is missing is found out by the preparation of the VM */
}

/* What is to run, as the agent wants it. */
static bool describe(struct keeper *k, const struct bundle_process *process, bool input, struct text *t,
                     struct error *e)
{
    const struct launch_spec *spec = &k->state.spec;
    const char *user = process->user && *process->user ? process->user
                       : spec->user && *spec->user     ? spec->user
                                                       : k->image.user;
    const char *folder = process->workdir && *process->workdir   ? process->workdir
                         : spec->workdir && *spec->workdir       ? spec->workdir
                         : k->image.workdir && *k->image.workdir ? k->image.workdir
                                                                 : "/";
    if (folder[0] != '/') {
        error_set(e, ERROR_INVALID, 0, "Cannot start in the folder %s: it must be an absolute path", folder);
        return false;
    }
    for (const char *const *word = process->argv; *word; word++) {
        words_add(t, "argv", *word);
    }
    char **env = bundle_env(&k->state, &k->image, process, NULL, 0);
    for (char **word = env; *word; word++) {
        words_add(t, "env", *word);
    }
    free(env);
    words_add(t, "workdir", folder);
    words_add(t, "user", user && *user ? user : NULL);
    words_add(t, "terminal", process->terminal ? "yes" : NULL);
    words_add(t, "input", input ? "yes" : NULL);
    words_add_number(t, "rows", (uint64_t)process->rows);
    words_add_number(t, "cols", (uint64_t)process->cols);
    return true;
}

static bool run(struct keeper *k, const struct bundle_process *process, bool input,
                const struct wall_hooks *hooks, void *user, struct error *e)
{
    struct text pairs = {0};
    const struct link_run wish = {.pairs = &pairs, .terminal = process->terminal, .input = input};
    bool ok = describe(k, process, input, &pairs, e) && link_run(vm_link(k->vm), &wish, hooks, user, e);
    text_done(&pairs);
    return ok;
}

/* Coming up. */

static void on_up(void *user)
{
    struct keeper *k = user;
    const struct launch_spec *spec = &k->state.spec;
    const struct bundle_process first = {.argv = (const char *const *)k->state.argv,
                                         .terminal = spec->terminal,
                                         .rows = spec->rows,
                                         .cols = spec->cols};
    struct error why;
    keeper_expect_start(k);
    if (!run(k, &first, spec->input, k->starting, k, &why)) {
        k->starting->failed(k, &why);
    }
}

static void on_failed(void *user, const struct error *why)
{
    struct keeper *k = user;
    k->starting->failed(k, why);
}

static void on_broken(void *user, const struct error *why)
{
    struct keeper *k = user;
    k->ending = *why;
}

static bool begin(struct keeper *k, struct error *e)
{
    static const struct vm_events events = {.up = on_up, .failed = on_failed, .broken = on_broken};
    (void)e;
    k->vm = vm_new(k, &events, k);
    return true;
}

static bool start(struct keeper *k, const struct wall_hooks *hooks, struct error *e)
{
    k->starting = hooks;
    if (k->state.cgroup) {
        cgroup_make(k->state.cgroup, k->state.spec.cpus);
    }
    return launch_network(&k->state.spec) == LAUNCH_NETWORK_NAT ? wall_network(k, begin, e) : begin(k, e);
}

/* Before there is a VM, its network helper is at work, and tells of its own end. What a thread of the VM
 * waits for is ended too, since nobody leaves before it. */
static void abort_start(struct keeper *k, const struct error *why)
{
    helpers_kill(k->state.id, ABORT_SECONDS);
    if (k->vm) {
        vm_cancel(k->vm, why);
    }
}

static void note(struct keeper *k, int process)
{
    (void)process;
    k->state.vm = (uint32_t)vm_pid(k->vm);
    k->state.vm_started = state_process_started(k->state.vm);
    k->state.note = vm_note(k->vm);
}

static void watch(struct keeper *k, int process, child_cb cb, void *user)
{
    link_watch(vm_link(k->vm), process, cb, user);
}

static void send_signal(struct keeper *k, int process, int number)
{
    link_signal(vm_link(k->vm), process, number);
    if (number == SIGKILL && process == k->process) {
        vm_expect_end(k->vm);
    }
}

static void resize(struct keeper *k, int process, int rows, int cols)
{
    link_resize(vm_link(k->vm), process, rows, cols);
}

/* Pausing. */

struct freezing {
    const struct wall_hooks *hooks;
    void *user;
};

static void on_frozen(void *user, const struct error *why)
{
    static const int none[3] = {-1, -1, -1};
    struct freezing *f = user;
    if (why) {
        f->hooks->failed(f->user, why);
    } else {
        f->hooks->done(f->user, 0, none);
    }
    free(f);
}

static bool freeze(struct keeper *k, bool pause, const struct wall_hooks *hooks, void *user, struct error *e)
{
    struct freezing *f = mem_new(1, sizeof *f);
    (void)e;
    *f = (struct freezing){.hooks = hooks, .user = user};
    vm_freeze(k->vm, pause, on_frozen, f);
    return true;
}

/* Reports. */

struct report {
    struct client *client; /* NULL: gone */
};

static void on_rows(void *user, const void *pairs, size_t len)
{
    struct report *r = user;
    if (r->client) {
        client_say(r->client, WIRE_ROWS, pairs, len);
    }
}

static void on_over(void *user, const struct error *why)
{
    struct report *r = user;
    struct client *c = r->client;
    if (c) {
        client_role(c)->report = NULL;
        if (why) {
            client_refuse(c, why);
        } else {
            client_say(c, WIRE_DONE, NULL, 0);
            client_finish(c);
        }
    }
    free(r);
}

static void report(struct keeper *k, struct client *c, enum wire_type what)
{
    static const struct link_answer answer = {.rows = on_rows, .over = on_over};
    struct error why;
    if (k->state.state == CONTAINER_PAUSED) {
        error_set(&why, ERROR_CONFLICT, 0,
                  "The VM of container %s is paused and cannot be asked; resume it first",
                  k->state.spec.name);
        client_refuse(c, &why);
        return;
    }
    struct report *r = mem_new(1, sizeof *r);
    r->client = c;
    client_role(c)->report = &r->client;
    link_ask(vm_link(k->vm), what, &answer, r);
}

/* The end. */

static void end(struct keeper *k)
{
    if (k->vm) {
        vm_kill(k->vm);
    }
    unlink("qemu.log");
}

static void close_vm(struct keeper *k)
{
    if (k->vm) {
        vm_close(k->vm);
        k->vm = NULL;
    }
    wall_network_close(k);
}

const struct wall wall_vm = {.equip = equip,
                             .start = start,
                             .exec = run,
                             .abort = abort_start,
                             .note = note,
                             .watch = watch,
                             .signal = send_signal,
                             .resize = resize,
                             .freeze = freeze,
                             .report = report,
                             .end = end,
                             .close = close_vm};
