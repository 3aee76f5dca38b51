#include "backends/local/keeper/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/json.h"
#include "backends/local/keeper/cgroup.h"
#include "backends/local/keeper/keeper.h"
#include "backends/local/keeper/vm_link.h"
#include "backends/local/keeper/vm_plan.h"
#include "backends/local/keeper/vm_qemu.h"
#include "backends/local/keeper/vm_qmp.h"
#include "backends/local/keeper/vm_setup.h"
#include "backends/local/keeper/vm_share.h"
#include "backends/local/keeper/vm_template.h"
#include "backends/local/keeper/vm_user.h"
#include "core/memory.h"
#include "core/text.h"

enum { POLL_MS = 20, READY_SECONDS = 120, END_SECONDS = 5, KVM_SECONDS = 15 };
enum stage { PREPARING, WAITING, TEMPLATE, STARTING, SETTING, UP, OVER };

struct vm {
    struct keeper *keeper;
    const struct vm_events *events;
    void *user;
    enum stage stage;
    struct vm_plan plan;
    struct vm_template template;
    uv_work_t work; /* on a thread: `run`, and then `ran` on the loop */
    void (*run)(struct vm *vm);
    void (*ran)(struct vm *vm);
    uv_timer_t timer;
    bool working, closing, retried;
    enum vm_role role;
    char *note;    /* what vm_note tells besides */
    int lock;      /* of the template that we make */
    int user_lock; /* of the user that QEMU runs as; -1: it runs as ours */
    uid_t user_id;
    pid_t pid; /* of QEMU; 0 none */
    struct vm_shares shares;
    bool restoring; /* QEMU has begun to read the template */
    struct qmp *control;
    struct link *link;
    struct error why; /* what went wrong in the preparation */
    void (*frozen)(void *user, const struct error *why);
    void *frozen_user;
    bool pausing;
};

static void start_machine(struct vm *vm, enum vm_role role);
static void seek_template(struct vm *vm);

/* Threads. */

static void drop_lock(struct vm *vm)
{
    if (vm->lock >= 0) {
        close(vm->lock);
        vm->lock = -1;
    }
}

/* What a thread is at work on stays until it is done. */
static void let_go_of_template(struct vm *vm)
{
    if (!vm->working) {
        drop_lock(vm);
        vm_template_close(&vm->template);
    }
}

static void release(struct vm *vm)
{
    if (!vm->working && vm->closing && !vm->control) {
        let_go_of_template(vm);
        vm_plan_done(&vm->plan);
        vm_template_done(&vm->template);
        if (vm->user_lock >= 0) {
            close(vm->user_lock);
        }
        free(vm->note);
        free(vm);
    }
}

static void on_thread(uv_work_t *work)
{
    struct vm *vm = work->data;
    vm->run(vm);
}

static void off_thread(uv_work_t *work, int status)
{
    struct vm *vm = work->data;
    (void)status;
    vm->working = false;
    if (vm->closing) {
        release(vm);
    } else if (vm->stage == OVER) { /* it was stopped meanwhile */
        let_go_of_template(vm);
    } else {
        vm->ran(vm);
    }
}

/* run: only the plan, the template and `why`, which nobody else touches meanwhile. */
static void on_a_thread(struct vm *vm, void (*run)(struct vm *vm), void (*ran)(struct vm *vm))
{
    vm->run = run;
    vm->ran = ran;
    vm->why = (struct error){0};
    vm->working = true;
    uv_queue_work(&vm->keeper->loop, &vm->work, on_thread, off_thread);
}

/* Without a machine. */

static void forget_machine(struct vm *vm)
{
    if (vm->control) {
        qmp_close(vm->control);
        vm->control = NULL;
    }
    if (vm->link) {
        link_close(vm->link);
        vm->link = NULL;
    }
}

static void kill_machine(struct vm *vm)
{
    vm->stage = OVER;
    uv_timer_stop(&vm->timer);
    if (vm->pid > 0) {
        kill(vm->pid, SIGKILL);
        while (waitpid(vm->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        vm->pid = 0;
    }
    vm_share_end(&vm->shares);
}

void vm_kill(struct vm *vm)
{
    kill_machine(vm);
    let_go_of_template(vm);
}

void vm_cancel(struct vm *vm, const struct error *why)
{
    struct error copy = *why;
    vm_kill(vm);
    vm->events->failed(vm->user, &copy);
}

/* KVM is there on many machines where it does not work; whether it does, only a guest can tell. */
static void without_kvm(struct vm *vm)
{
    struct error why;
    vm_qemu_explain("a guest did not run with it", &why);
    vm_host_remember(vm->keeper->paths, &vm->plan.host, why.text);
    vm->plan.kvm = false;
    vm->plan.host.kvm = VM_KVM_FAILS;
    forget_machine(vm);
    vm_template_drop(&vm->template);
    vm_template_done(&vm->template);
    vm_template_name(vm->keeper->paths, &vm->plan, &vm->template);
    seek_template(vm);
}

/* Without a template that no QEMU can change there is none: the machine boots. */
static void boot_instead(struct vm *vm, const struct error *why)
{
    struct text t = {0};
    text_addf(&t, "it booted, which takes longer, since no template could be used: %s", why->text);
    free(vm->note);
    vm->note = text_take(&t);
    let_go_of_template(vm);
    forget_machine(vm);
    start_machine(vm, VM_ROLE_COLD);
}

/* The machine is gone, or of no use, before it was up. */
static void did_not_start(struct vm *vm, const struct error *why)
{
    struct error copy = *why;
    enum stage stage = vm->stage;
    vm_kill(vm);
    if (stage == TEMPLATE && vm->plan.kvm && vm->plan.host.kvm == VM_KVM_UNTRIED) {
        without_kvm(vm);
        return;
    }
    if (stage == TEMPLATE) {
        vm_template_drop(&vm->template);
    }
    if (vm->restoring && !vm->retried) { /* the template may be at fault: once more */
        vm->retried = true;
        forget_machine(vm);
        vm_template_drop(&vm->template);
        seek_template(vm);
    } else if (vm->role == VM_ROLE_CLONE && copy.kind != ERROR_TIMEOUT) {
        boot_instead(vm, &copy);
    } else {
        vm->events->failed(vm->user, &copy);
    }
}

static void on_exit_of_qemu(void *user, int code)
{
    struct vm *vm = user;
    struct error why;
    (void)code;
    vm->pid = 0;
    if (vm->stage == OVER) {
        return;
    }
    if (vm->stage == UP) {
        vm_qemu_explain("its VM ended unexpectedly: the guest's kernel stopped, or QEMU was killed", &why);
        vm->stage = OVER;
        vm->events->broken(vm->user, &why);
        link_break(vm->link, &why);
    } else {
        vm_qemu_explain("The VM ended while it was being started", &why);
        did_not_start(vm, &why);
    }
}

static void on_too_late(uv_timer_t *timer)
{
    struct vm *vm = timer->data;
    struct error why;
    error_set(&why, ERROR_TIMEOUT, 0, "The VM did not get ready within %d s; is the machine overloaded?",
              READY_SECONDS);
    did_not_start(vm, &why);
}

/* The template. */

static void run_keeping(struct vm *vm)
{
    vm_template_keep(vm->keeper->paths, &vm->template, &vm->why);
}

/* A template that cannot be kept, on a full disk for instance, is good for this VM all the same. */
static void kept(struct vm *vm)
{
    if (vm->why.kind != ERROR_NONE) {
        free(vm->note);
        vm->note = mem_string(vm->why.text);
    }
    drop_lock(vm);
    start_machine(vm, VM_ROLE_CLONE);
}

static void keep_template(struct vm *vm)
{
    struct error why;
    kill_machine(vm);
    forget_machine(vm);
    if (vm->plan.kvm && vm->plan.host.kvm == VM_KVM_UNTRIED) {
        vm_host_remember(vm->keeper->paths, &vm->plan.host, NULL);
    }
    if (vm_template_seal(&vm->template, &why)) {
        vm->stage = PREPARING;
        on_a_thread(vm, run_keeping, kept);
    } else {
        boot_instead(vm, &why);
    }
}

static void on_saving(void *user, const cJSON *what, const struct error *why);

static void ask_saved(uv_timer_t *timer)
{
    struct vm *vm = timer->data;
    qmp_ask(vm->control, "query-migrate", NULL, on_saving, vm);
}

static void on_saving(void *user, const cJSON *what, const struct error *why)
{
    struct vm *vm = user;
    const char *word = json_string(what, "status", "");
    struct error failed;
    if (vm->stage != TEMPLATE) {
        return;
    }
    if (strcmp(word, "completed") == 0) {
        keep_template(vm);
    } else if (why || strcmp(word, "failed") == 0) {
        error_set(&failed, ERROR_OTHER, 0, "QEMU cannot save the template of a VM");
        did_not_start(vm, &failed);
    } else {
        uv_timer_start(&vm->timer, ask_saved, POLL_MS, 0);
    }
}

static void save(struct vm *vm)
{
    qmp_save(vm->control, vm->template.machine);
    qmp_ask(vm->control, "query-migrate", NULL, on_saving, vm);
}

/* The guest. */

static void set_up(struct vm *vm)
{
    struct text t = {0};
    vm_setup_pairs(&vm->keeper->state, &vm->plan, &vm->shares, &t);
    vm->stage = SETTING;
    link_setup(vm->link, &t);
    text_done(&t);
}

static void on_hello(void *user)
{
    struct vm *vm = user;
    if (vm->stage == TEMPLATE) {
        save(vm);
    } else if (vm->stage == STARTING) {
        set_up(vm);
    }
}

static void on_set_up(void *user, const struct error *why)
{
    struct vm *vm = user;
    if (vm->stage != SETTING) {
        return;
    }
    if (why) {
        vm_cancel(vm, why);
        return;
    }
    uv_timer_stop(&vm->timer);
    vm->stage = UP;
    vm->events->up(vm->user);
}

static void end_broken(struct vm *vm, const struct error *why)
{
    vm_kill(vm);
    vm->events->broken(vm->user, why);
    link_break(vm->link, why);
}

static void on_broken(void *user, const char *words)
{
    struct vm *vm = user;
    struct error why;
    error_set(&why, ERROR_PROTOCOL, 0, "the VM was ended: %s", words);
    if (vm->stage == UP) {
        end_broken(vm, &why);
    } else if (vm->stage != OVER) {
        vm_cancel(vm, &why);
    }
}

static const struct link_events link_events = {.hello = on_hello, .set_up = on_set_up, .broken = on_broken};

/* QEMU. */

static void on_restoring(void *user, const cJSON *what, const struct error *why)
{
    struct vm *vm = user;
    (void)why;
    vm->restoring = what != NULL;
}

static void begin_clone(struct vm *vm)
{
    qmp_restore(vm->control, vm->template.machine, on_restoring, vm);
    set_up(vm); /* the guest finds it when it goes on */
}

static bool spawn(struct vm *vm, enum vm_role role, struct error *e)
{
    struct keeper *k = vm->keeper;
    int agent = -1, control = -1;
    int log = open("qemu.log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    const struct vm_qemu q = {.plan = &vm->plan,
                              .role = role,
                              .id = k->state.id,
                              .spec = &k->state.spec,
                              .memory = role == VM_ROLE_COLD ? -1 : vm->template.memory,
                              .log = log,
                              .shares = &vm->shares,
                              .user = vm->user_id};
    children_begin(k->children);
    vm->pid = vm_qemu_start(&q, &agent, &control, e);
    if (log >= 0) {
        close(log);
    }
    if (vm->pid > 0) {
        children_watch(k->children, vm->pid, on_exit_of_qemu, vm);
        if (k->state.cgroup) {
            cgroup_put(k->state.cgroup, vm->pid);
        }
        vm->control = qmp_new(&k->loop, control);
        vm->link = link_new(&k->loop, agent, &link_events, vm);
    } else {
        vm->pid = 0;
    }
    children_end(k->children);
    return vm->pid > 0;
}

static void start_machine(struct vm *vm, enum vm_role role)
{
    struct error why;
    bool probe = role == VM_ROLE_TEMPLATE && vm->plan.kvm && vm->plan.host.kvm == VM_KVM_UNTRIED;
    vm->stage = role == VM_ROLE_TEMPLATE ? TEMPLATE : STARTING;
    vm->role = role;
    if (role == VM_ROLE_COLD) { /* only a template is a trial: what it finds out costs nobody his container */
        vm->plan.kvm = vm->plan.host.kvm == VM_KVM_WORKS;
    }
    if (!spawn(vm, role, &why)) {
        vm_cancel(vm, &why);
        return;
    }
    uv_timer_start(&vm->timer, on_too_late, (probe ? KVM_SECONDS : READY_SECONDS) * 1000, 0);
    if (role == VM_ROLE_CLONE) {
        begin_clone(vm);
    }
}

static void on_look_for_template(uv_timer_t *timer)
{
    seek_template(timer->data);
}

static void run_loading(struct vm *vm)
{
    vm_template_load(&vm->template, &vm->why);
}

static void loaded(struct vm *vm)
{
    struct error why = vm->why;
    if (why.kind == ERROR_NONE) {
        start_machine(vm, VM_ROLE_CLONE);
    } else if (!vm->retried) { /* it may be damaged, or has just been taken away: once more */
        vm->retried = true;
        vm_template_drop(&vm->template);
        seek_template(vm);
    } else {
        boot_instead(vm, &why);
    }
}

static void load_template(struct vm *vm)
{
    vm->stage = PREPARING;
    on_a_thread(vm, run_loading, loaded);
}

static void seek_template(struct vm *vm)
{
    struct error why;
    if (vm_template_exists(&vm->template)) {
        load_template(vm);
        return;
    }
    vm->lock = vm_template_lock(&vm->template);
    if (vm->lock < 0) {
        vm->stage = WAITING;
        uv_timer_start(&vm->timer, on_look_for_template, POLL_MS, 0);
    } else if (vm_template_exists(&vm->template)) { /* just made by the one before us */
        drop_lock(vm);
        load_template(vm);
    } else if (!vm_template_begin(&vm->template, &why)) {
        boot_instead(vm, &why);
    } else {
        start_machine(vm, VM_ROLE_TEMPLATE);
    }
}

/* Memory that is shared with virtiofsd cannot come out of a template: such a machine boots. */
static void begin(struct vm *vm)
{
    struct error why;
    const struct launch_spec *spec = &vm->keeper->state.spec;
    if (vm_share_count(spec) == 0) {
        vm_template_name(vm->keeper->paths, &vm->plan, &vm->template);
        seek_template(vm);
    } else if (vm_share_start(&vm->plan.host, spec, &vm->shares, &why)) {
        start_machine(vm, VM_ROLE_COLD);
    } else {
        vm_cancel(vm, &why);
    }
}

/* Preparation. */

static void prepare(struct vm *vm)
{
    struct keeper *k = vm->keeper;
    if (vm_plan_make(k->paths, &k->state, &k->image, &vm->plan, &vm->why) && !k->paths->rootless) {
        vm->user_lock = vm_user_take(k->paths, k->state.id, &vm->user_id, &vm->why);
    }
}

static void prepared(struct vm *vm)
{
    if (vm->why.kind != ERROR_NONE) {
        vm_cancel(vm, &vm->why);
    } else {
        begin(vm);
    }
}

struct vm *vm_new(struct keeper *k, const struct vm_events *events, void *user)
{
    struct vm *vm = mem_new(1, sizeof *vm);
    *vm = (struct vm){.keeper = k, .events = events, .user = user, .lock = -1, .user_lock = -1};
    vm_template_init(&vm->template);
    vm->work.data = vm->timer.data = vm;
    uv_timer_init(&k->loop, &vm->timer);
    on_a_thread(vm, prepare, prepared);
    return vm;
}

struct link *vm_link(struct vm *vm)
{
    return vm->link;
}

pid_t vm_pid(const struct vm *vm)
{
    return vm->pid;
}

char *vm_note(const struct vm *vm)
{
    const char *slow = vm_plan_note(&vm->plan);
    struct text t = {0};
    if (!slow && !vm->note) {
        return NULL;
    }
    text_addf(&t, "%s%s%s", slow ? slow : "", slow && vm->note ? "; " : "", vm->note ? vm->note : "");
    return text_take(&t);
}

static void on_guest_hangs(uv_timer_t *timer)
{
    struct vm *vm = timer->data;
    struct error why;
    error_set(&why, ERROR_TIMEOUT, 0, "its VM was ended from outside: the guest did not answer for %d s",
              END_SECONDS);
    if (vm->stage == UP) {
        end_broken(vm, &why);
    }
}

void vm_expect_end(struct vm *vm)
{
    uv_timer_start(&vm->timer, on_guest_hangs, END_SECONDS * 1000, 0);
}

/* Pausing. */

static void on_frozen(void *user, const cJSON *what, const struct error *why)
{
    struct vm *vm = user;
    (void)what;
    if (!why && !vm->pausing) {
        link_clock(vm->link); /* time has gone on without it */
    }
    vm->frozen(vm->frozen_user, why);
}

void vm_freeze(struct vm *vm, bool pause, void (*done)(void *user, const struct error *why), void *user)
{
    vm->frozen = done;
    vm->frozen_user = user;
    vm->pausing = pause;
    qmp_ask(vm->control, pause ? "stop" : "cont", NULL, on_frozen, vm);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct vm *vm = handle->data;
    vm->closing = true;
    release(vm);
}

void vm_close(struct vm *vm)
{
    vm_kill(vm);
    forget_machine(vm);
    children_forget(vm->keeper->children, vm);
    uv_close((uv_handle_t *)&vm->timer, on_timer_closed);
}
