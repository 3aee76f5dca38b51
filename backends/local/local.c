/* Going online: the probe of the runtime runs on a thread, and mostly finds its verdict of an earlier run
 * written down. Only when it takes longer than PATIENCE is the engine announced without it, so that the list
 * never waits, and announced again with the verdict.
 *
 * Closing: all that is under way is stopped and its ops are answered; the memory goes when the last task,
 * handle and thread have let go of it.
 */
#include "backends/local/local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "backends/cgroups.h"
#include "backends/local/client.h"
#include "backends/local/engine.h"
#include "backends/local/logs.h"
#include "backends/local/shared/vm_host.h"
#include "backends/sampler.h"
#include "core/sizes.h"

enum { PATIENCE = 30 /* ms */, START_PROGRESS = 60 * 1000 /* ms */ };

static const char WITHOUT_ROOT[] =
    "without root there are no cgroups: no limits, no pause; run porthole as root to have them";

/* Life. */

static void free_local(struct local *l)
{
    struct op *op = l->close_op;
    cgroups_free(l->cgroups);
    runtime_done(&l->runtime);
    free(l->vm_words);
    free(l->vm_cost);
    paths_free(l->paths);
    free(l->boot);
    free(l);
    if (op) {
        op_succeed(op);
    }
}

void local_hold(struct local *l)
{
    l->holds++;
}

void local_release(struct local *l)
{
    if (--l->holds == 0 && l->closing) {
        free_local(l);
    }
}

static void handle_closed(uv_handle_t *handle)
{
    local_release(handle->data);
}

static void close_timer(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, handle_closed);
}

static void sampler_closed(void *user)
{
    local_release(user);
}

static void local_close(struct backend *b, struct op *op)
{
    struct local *l = (struct local *)b;
    local_hold(l);
    l->closing = true;
    l->close_op = op;
    task_stop_all(l);
    spawn_forget_all(l);
    entries_close(l);
    sampler_close(l->sampler, sampler_closed);
    close_timer(&l->begin);
    close_timer(&l->watchdog);
    local_release(l);
}

/* Online, or not. */

static const char *version_words(const struct local *l, char *out, size_t room)
{
    const char *cgroup = l->paths->rootless ? "no cgroups" : cgroups_words(l->cgroups);
    const char *vm = l->vm_words ? l->vm_words : "";
    if (!l->runtime.path) {
        snprintf(out, room, "%s%s", cgroup, vm);
    } else {
        snprintf(out, room, "%s %s, %s, %s%s", l->runtime.name, l->runtime.version ? l->runtime.version : "",
                 l->runtime.overlay ? "overlayfs" : "copied root file systems", cgroup, vm);
    }
    return out;
}

static void tell_online(struct local *l)
{
    char version[240];
    const struct mode_offer offers[] = {
        {.mode = ISOLATION_PROCESS, .why_not = l->no_runtime.kind != ERROR_NONE ? l->no_runtime.text : NULL},
        {.mode = ISOLATION_VM,
         .why_not = l->no_vm.kind != ERROR_NONE ? l->no_vm.text : NULL,
         .cost = l->vm_cost},
    };
    const struct engine_info info = {.version = version_words(l, version, sizeof version),
                                     .default_isolation = ISOLATION_PROCESS,
                                     .hypervisor = HYPERVISOR_OTHER,
                                     .offers = offers,
                                     .n_offers = sizeof offers / sizeof *offers,
                                     .note = l->paths->rootless ? WITHOUT_ROOT : NULL};
    l->online = true;
    l->backend.sink->online(l->backend.user, &info);
}

static void begin(uv_timer_t *timer)
{
    struct local *l = timer->data;
    if (l->broken.kind != ERROR_NONE) {
        l->backend.sink->offline(l->backend.user, &l->broken);
    } else if (!l->online) {
        tell_online(l);
    }
}

void local_break(struct local *l, const struct error *why)
{
    l->broken = *why;
    uv_timer_start(&l->begin, begin, 0, 0);
}

struct probe {
    struct job job;
    struct runtime runtime;
    struct error why, no_vm;
    char *vm_words, *vm_cost;
};

static void describe_vm(struct probe *p, const struct paths *paths, const struct vm_host *h)
{
    size_t templates;
    uint64_t bytes;
    char size[SIZE_TEXT];
    struct text words = {0}, cost = {0};
    const char *how = h->kvm == VM_KVM_WORKS   ? "KVM"
                      : h->kvm == VM_KVM_FAILS ? "software emulation"
                                               : "KVM not tried yet";
    vm_host_templates(paths, &templates, &bytes);
    text_addf(&words, ", QEMU %s (%s", h->version ? h->version : "", how);
    if (templates > 0) {
        text_addf(&words, ", %zu template%s of %s", templates, templates == 1 ? "" : "s",
                  size_print(size, bytes));
    }
    text_add_char(&words, ')');
    text_addf(
        &cost,
        "about 120 MB for its kernel and QEMU, and half a second more at the start%s; memory is %s unless "
        "you say otherwise",
        h->kvm == VM_KVM_FAILS
            ? " (the first one some seconds), and it runs several times slower, without KVM"
            : "",
        size_print(size, VM_MEMORY_DEFAULT));
    p->vm_words = text_take(&words);
    p->vm_cost = text_take(&cost);
}

static void run_probe(struct job *j)
{
    struct probe *p = (struct probe *)j;
    struct vm_host host;
    const struct paths *paths = j->task.local->paths;
    runtime_find(paths, &p->runtime, &p->why);
    if (vm_host_find(paths, &host, &p->no_vm)) {
        describe_vm(p, paths, &host);
        vm_host_done(&host);
    }
}

static void probed(struct job *j)
{
    struct probe *p = (struct probe *)j;
    struct local *l = j->task.local;
    l->runtime = p->runtime;
    l->no_runtime = p->why;
    l->no_vm = p->no_vm;
    l->vm_words = p->vm_words;
    l->vm_cost = p->vm_cost;
    if (!l->closing) {
        if (l->broken.kind == ERROR_NONE) {
            uv_timer_stop(&l->begin);
        }
        tell_online(l);
    }
    job_end(j);
}

/* Three files of each sampled container stay open. */
static void allow_many_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void init_timer(struct local *l, uv_timer_t *timer)
{
    uv_timer_init(l->backend.loop, timer);
    timer->data = l;
    local_hold(l);
}

static struct backend *local_open(struct uv_loop_s *loop, const char *address,
                                  const struct backend_sink *sink, void *user)
{
    struct local *l = mem_new(1, sizeof *l);
    l->backend = (struct backend){.type = &local_backend, .loop = loop, .sink = sink, .user = user};
    l->inotify = -1;
    l->start_progress = START_PROGRESS;
    init_timer(l, &l->begin);
    init_timer(l, &l->watchdog);
    allow_many_files();
    if (address) {
        error_set(&l->broken, ERROR_INVALID, 0,
                  "the local engine has no address, so '%.60s' cannot be one: leave it "
                  "out; PORTHOLE_STATE=DIR moves its state",
                  address);
    } else {
        l->paths = paths_new(&l->broken);
    }
    l->boot = state_boot_id();
    l->clock = procfs_clock();
    l->cgroups = cgroups_find();
    l->sampler = usage_new(l);
    local_hold(l);
    if (l->paths) {
        struct probe *p = mem_new(1, sizeof *p);
        job_start(&p->job, l, NULL, run_probe, probed);
    }
    uv_timer_start(&l->begin, begin, l->paths ? PATIENCE : 0, 0);
    return &l->backend;
}

static void local_list(struct backend *b)
{
    struct local *l = (struct local *)b;
    if (l->paths) {
        entries_list(l);
    }
}

bool local_usable(struct local *l, struct op *op)
{
    if (!l->paths) {
        op_fail(op, &l->broken);
    }
    return l->paths != NULL;
}

static void no_such_container(struct error *e, const char *key)
{
    error_set(e, ERROR_NOT_FOUND, 0, "there is no container %.64s; see the list for those there are", key);
}

bool local_key_ok(const char *key, struct op *op)
{
    struct error why;
    if (!state_id_ok(key)) {
        no_such_container(&why, key);
        op_fail(op, &why);
        return false;
    }
    return true;
}

bool local_read_state(const struct local *l, const char *id, struct state *s, struct error *e)
{
    char *path = paths_state(l->paths, id);
    bool ok = state_read(s, path, e);
    if (ok && strcmp(s->id, id) != 0) {
        ok = false;
        state_done(s);
        error_set(e, ERROR_INVALID, 0, "%s is the state of another container: remove it if it is of no use",
                  path);
    } else if (!ok && e->kind == ERROR_NOT_FOUND) {
        no_such_container(e, id);
    }
    free(path);
    return ok;
}

static struct console *local_console(struct backend *b, const char *key, const struct console_spec *spec,
                                     const struct console_sink *sink, void *user)
{
    struct local *l = (struct local *)b;
    struct error why;
    if (!l->paths) {
        return client_refused(l, &l->broken, sink, user);
    }
    if (!state_id_ok(key)) {
        no_such_container(&why, key);
        return client_refused(l, &why, sink, user);
    }
    return spec->kind == CONSOLE_LOGS ? logs_open(l, key, spec, sink, user)
                                      : client_open(l, key, spec, sink, user);
}

const struct backend_type local_backend = {
    .name = "local",
    .title = "porthole's own engine: an OCI runtime, no daemon",
    .authority = FIELD_ALL,
    .open = local_open,
    .close = local_close,
    .list = local_list,
    .sample = local_sample,
    .processes = local_processes,
    .act = local_act,
    .rename = local_rename,
    .inspect = local_inspect,
    .launch = local_launch,
    .spec_of = local_spec_of,
    .images = local_images,
    .image_import = local_image_import,
    .image_remove = local_image_remove,
    .console = local_console,
};
