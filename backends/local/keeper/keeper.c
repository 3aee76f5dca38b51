/* The life of a keeper: it enters the container's folder and locks it, listens, starts the container through
 * the OCI runtime, waits for its end, tidies up, writes the end down, and leaves when its clients know.
 * Whatever happens, the state file tells it first, then the clients. */
#include "backends/local/keeper/keeper.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backends/local/keeper/answer.h"
#include "backends/local/keeper/control.h"
#include "backends/local/keeper/ending.h"
#include "backends/local/keeper/helpers.h"
#include "backends/local/keeper/server.h"
#include "core/memory.h"
#include "core/times.h"

enum { RETRY_MS = 1000, ABORTED_MS = 2000 };

static void on_retry(uv_timer_t *timer)
{
    keeper_save(timer->data);
}

void keeper_save(struct keeper *k)
{
    k->unsaved = !state_write(&k->state, k->paths, NULL);
    if (k->unsaved) {
        uv_timer_start(&k->retry, on_retry, RETRY_MS, 0);
    } else {
        uv_timer_stop(&k->retry);
        keeper_check_left(k);
    }
}

/* Leaving. */

static void close_everything(struct keeper *k)
{
    if (uv_is_closing((uv_handle_t *)&k->terminate)) {
        return;
    }
    uv_close((uv_handle_t *)&k->terminate, NULL); /* first: tells that we have been here */
    server_close(k->server);
    output_close(k->output);
    free(k->freezing);
    k->wall->close(k);
    children_close(k->children);
    uv_close((uv_handle_t *)&k->deadline, NULL);
    uv_close((uv_handle_t *)&k->retry, NULL);
}

static void on_between(uv_timer_t *timer);

void keeper_check_left(struct keeper *k)
{
    if (k->phase == PHASE_BETWEEN && k->execs_open == 0 && !k->freezing) {
        uv_timer_start(&k->deadline, on_between, 0, 0);
    }
    if (k->phase == PHASE_LEAVING && server_clients(k->server) == 0 && k->execs_open == 0 && !k->unsaved) {
        close_everything(k);
    }
}

/* Whoever has not got his frames by now does not want them. */
static void on_left_too_late(uv_timer_t *timer)
{
    struct keeper *k = timer->data;
    k->phase = PHASE_LEAVING;
    k->unsaved = false;
    if (k->execs_open > 0) {
        uv_stop(&k->loop);
    } else {
        close_everything(k);
    }
}

static void leave(struct keeper *k)
{
    k->phase = PHASE_LEAVING;
    server_mute(k->server);
    uv_timer_start(&k->deadline, on_left_too_late, LEAVE_SECONDS * 1000, 0);
    server_finish_clients(k->server);
    keeper_check_left(k);
}

static void forget_processes(struct state *s)
{
    s->pid = s->vm = s->network = 0;
    s->pid_started = s->vm_started = 0;
}

/* The end is written down, or, with --rm, nothing is left of the container. Another keeper may come now. */
static void settle(struct keeper *k)
{
    forget_processes(&k->state);
    k->state.keeper = 0;
    k->state.keeper_started = 0;
    if (!k->state.spec.remove || k->state.state != CONTAINER_EXITED ||
        !ending_remove(k->paths, &k->state, NULL)) {
        keeper_save(k);
    }
    close(k->lock);
    k->lock = -1;
}

void keeper_dismiss(struct keeper *k)
{
    ending_tidy(k->paths, &k->state, k->runtime.path);
    settle(k);
    server_tell(k->server, AWAITS_END, NULL);
    leave(k);
}

static void end_for_good(struct keeper *k)
{
    ending_tidy(k->paths, &k->state, k->runtime.path);
    settle(k);
    output_say_exit(k->output, k->exit_code);
    server_tell(k->server, AWAITS_END, NULL);
    leave(k);
}

static void come_between(struct keeper *k)
{
    k->phase = PHASE_BETWEEN;
    ending_tidy_run(k->paths, &k->state, k->runtime.path);
    forget_processes(&k->state);
    keeper_save(k);
    uv_timer_start(&k->deadline, on_between, LEAVE_SECONDS * 1000, 0);
    keeper_check_left(k);
}

static void on_output_ended(void *user)
{
    struct keeper *k = user;
    k->wall->end(k);
    ending_note(&k->state, k->exit_code, k->ending.kind == ERROR_NONE ? NULL : k->ending.text);
    if (k->again) {
        come_between(k);
    } else {
        end_for_good(k);
    }
}

static void on_exit_code(void *user, int code)
{
    struct keeper *k = user;
    k->phase = PHASE_ENDED;
    k->process = 0;
    k->exit_code = code;
    uv_timer_stop(&k->deadline);
    output_finish(k->output);
}

/* Starting. */

static void on_log_trouble(void *user, const char *why)
{
    struct keeper *k = user;
    free(k->state.note);
    k->state.note = mem_string(why);
    keeper_save(k);
}

static void on_printed(void *user, int stream, const char *data, size_t len)
{
    struct keeper *k = user;
    log_write(k->log, stream, data, len);
}

static void on_resized(void *user, int rows, int cols)
{
    struct keeper *k = user;
    if (k->process > 0 && k->wall->resize) {
        k->wall->resize(k, k->process, rows, cols);
    }
}

static const struct output_hooks output_hooks = {
    .printed = on_printed, .ended = on_output_ended, .resized = on_resized};

/* Restarting. The same keeper runs it once more: so it stays although it is to be removed at its end (--rm),
 * its log goes on, and so do the clients that are attached. */

static void start_again(struct keeper *k)
{
    struct output *next = output_new(&k->loop, true, &output_hooks, k);
    output_hand_over(k->output, next);
    output_close(k->output);
    k->output = next;
    k->wall->close(k);
    k->ending = k->aborted = (struct error){0};
    k->stop_wanted = k->again = false;
    k->hold = true; /* our own start is answered long since */
    keeper_start(k);
}

/* The moment has come, or somebody has changed his mind, or what was under way in it does not end. */
static void on_between(uv_timer_t *timer)
{
    struct keeper *k = timer->data;
    struct error why;
    if (k->again && k->execs_open == 0 && !k->freezing) {
        start_again(k);
        return;
    }
    if (k->again) {
        error_set(
            &why, ERROR_TIMEOUT, 0,
            "Cannot restart container %s: it has ended, but not what was under way in it; start it again",
            k->state.spec.name);
        server_tell(k->server, AWAITS_START, &why);
    }
    end_for_good(k);
}

void keeper_stay_ended(struct keeper *k)
{
    struct error why;
    if (!k->again) {
        return;
    }
    k->again = false;
    error_set(&why, ERROR_CONFLICT, 0, "Cannot restart container %s: it was stopped meanwhile",
              k->state.spec.name);
    server_tell(k->server, AWAITS_START, &why);
    if (k->phase == PHASE_BETWEEN) {
        uv_timer_start(&k->deadline, on_between, 0, 0);
    }
}

/* It did not come to run: that is an end too. When it was broken off, what ended says only that it was
 * killed. */
static void on_start_failed(void *user, const struct error *reason)
{
    struct keeper *k = user;
    const struct error copy = k->aborted.kind != ERROR_NONE ? k->aborted : *reason, *why = &copy;
    struct error left;
    if (k->phase != PHASE_STARTING) {
        return;
    }
    uv_timer_stop(&k->deadline);
    k->wall->end(k);
    ending_kill(k->paths, &k->state, k->runtime.path);
    ending_note(&k->state, error_exit_code(why->kind),
                ending_check(k->paths, &k->state, &left) ? why->text : left.text);
    settle(k);
    if (!k->hold) {
        answer(why);
    }
    output_say_error(k->output, why);
    server_tell(k->server, AWAITS_START, why);
    server_tell(k->server, AWAITS_END, NULL);
    leave(k);
}

static void on_started(void *user, int process, const int fds[3])
{
    struct keeper *k = user;
    struct state *s = &k->state;
    k->phase = PHASE_RUNNING;
    k->process = process;
    uv_timer_stop(&k->deadline);
    s->state = CONTAINER_RUNNING;
    s->started = time_now();
    s->finished = 0;
    s->exit_code = 0;
    free(s->note);
    s->note = NULL;
    k->wall->note(k, process);
    keeper_save(k);
    output_open(k->output, fds, s->spec.terminal);
    k->wall->watch(k, process, on_exit_code, k);
    if (!k->hold) {
        answer(NULL);
    }
    server_tell(k->server, AWAITS_START, NULL);
    free(k->remark); /* those who wanted a restart have heard it */
    k->remark = NULL;
    k->stop_seconds = 0;
    if (k->stop_wanted) {
        control_stop(k, k->wanted_signal, k->wanted_seconds);
    }
}

static const struct wall_hooks wall_hooks = {.done = on_started, .failed = on_start_failed};

/* Nobody has told of the end of what was killed: it cannot be killed, or has gone without a word. */
static void on_aborted_too_late(uv_timer_t *timer)
{
    struct keeper *k = timer->data;
    on_start_failed(k, &k->aborted);
}

void keeper_abort_start(struct keeper *k, const struct error *why)
{
    if (k->phase == PHASE_STARTING && k->aborted.kind == ERROR_NONE) {
        k->aborted = *why;
        uv_timer_start(&k->deadline, on_aborted_too_late, ABORTED_MS, 0);
        k->wall->abort(k, why);
    }
}

static void on_start_too_late(uv_timer_t *timer)
{
    struct keeper *k = timer->data;
    struct text left = {0};
    struct error why;
    helpers_list(k->state.id, &left);
    error_set(&why, ERROR_TIMEOUT, 0,
              "Container %s did not start within %d s and was ended; it was waited for %s",
              k->state.spec.name, k->start_seconds, left.len > 0 ? text_of(&left) : "nobody");
    text_done(&left);
    keeper_abort_start(k, &why);
}

void keeper_expect_start(struct keeper *k)
{
    if (!k->stop_wanted) { /* else less time is left */
        uv_timer_start(&k->deadline, on_start_too_late, (uint64_t)k->start_seconds * 1000, 0);
    }
}

static void on_stop_too_late(uv_timer_t *timer)
{
    struct keeper *k = timer->data;
    struct error why;
    error_set(&why, ERROR_CONFLICT, 0, "Container %s was stopped while it was being started",
              k->state.spec.name);
    keeper_abort_start(k, &why);
}

void keeper_stop_start(struct keeper *k, int signal, int seconds)
{
    k->stop_wanted = true;
    k->wanted_signal = signal;
    k->wanted_seconds = seconds;
    if (k->aborted.kind == ERROR_NONE) {
        uv_timer_start(&k->deadline, on_stop_too_late, (uint64_t)seconds * 1000, 0);
    }
}

static bool begin_start(struct keeper *k, struct error *e)
{
    output_get_size(k->output, &k->state.spec.rows, &k->state.spec.cols);
    return k->wall->start(k, &wall_hooks, e);
}

void keeper_start(struct keeper *k)
{
    struct error why = {0};
    k->phase = PHASE_STARTING;
    if (!begin_start(k, &why)) {
        on_start_failed(k, &why);
    }
}

static void on_terminate(uv_signal_t *signal, int number)
{
    (void)number;
    struct keeper *k = signal->data;
    if (k->phase == PHASE_HELD) {
        keeper_dismiss(k);
    } else if (k->phase == PHASE_STARTING) {
        keeper_stop_start(k, SIGTERM, STOP_SECONDS);
    } else {
        keeper_stay_ended(k);
        control_stop(k, SIGTERM, STOP_SECONDS);
    }
}

/* Coming to life. */

/* Descriptors of whoever started us are not ours to keep open, least of all to hand on to QEMU. */
static void close_inherited(void)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0) {
        return;
    }
#endif
    for (int fd = 3; fd < (int)sysconf(_SC_OPEN_MAX); fd++) {
        close(fd);
    }
}

static void become_keeper(const char *id)
{
    close_inherited();
    helpers_mark(id);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    umask(022);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static bool read_state(struct keeper *k, const char *id, struct error *e)
{
    char *path = paths_state(k->paths, id);
    bool ok = state_read(&k->state, path, e);
    free(path);
    return ok;
}

/* What a keeper before us left behind when it was killed: it has not signed off. */
static void clean_predecessor(struct keeper *k)
{
    struct state *s = &k->state;
    bool ran = state_has_processes(s->state);
    if (ran || s->keeper != 0) {
        ending_kill(k->paths, s, k->runtime.path);
    }
    if (ran) {
        ending_note(s, 137, "Its keeper was killed");
    }
}

static void sign_state(struct state *s)
{
    forget_processes(s);
    s->keeper = (uint32_t)getpid();
    s->keeper_started = state_process_started(s->keeper);
    free(s->boot);
    s->boot = state_boot_id();
}

static bool equip(struct keeper *k, struct error *e)
{
    struct state *s = &k->state;
    k->wall = s->isolation == ISOLATION_VM ? &wall_vm : &wall_process;
    if (!k->wall->equip(k, e) ||
        !images_find(k->paths, s->image_id ? s->image_id : s->spec.image, &k->image, e)) {
        return false;
    }
    clean_predecessor(k);
    sign_state(s);
    return true;
}

static void init_handles(struct keeper *k)
{
    uv_loop_init(&k->loop);
    uv_signal_init(&k->loop, &k->terminate);
    uv_timer_init(&k->loop, &k->deadline);
    uv_timer_init(&k->loop, &k->retry);
    k->terminate.data = k->deadline.data = k->retry.data = k;
    uv_signal_start(&k->terminate, on_terminate, SIGTERM);
    k->children = children_new(&k->loop);
    k->log = log_new("log", on_log_trouble, k);
    k->output = output_new(&k->loop, true, &output_hooks, k);
    output_size(k->output, k->state.spec.rows, k->state.spec.cols);
}

static void live(struct keeper *k)
{
    if (k->hold) {
        k->phase = PHASE_HELD;
    }
    keeper_save(k); /* from now on others find us, however long the start takes */
    if (k->hold) {
        answer(NULL);
    } else {
        keeper_start(k);
    }
    uv_run(&k->loop, UV_RUN_DEFAULT);
}

static void record_failure(struct keeper *k, const struct error *why)
{
    ending_note(&k->state, error_exit_code(why->kind), why->text);
    settle(k);
    answer(why);
}

static void keeper_done(struct keeper *k)
{
    log_free(k->log);
    runtime_done(&k->runtime);
    image_config_done(&k->image);
    free(k->remark);
    state_done(&k->state);
    paths_free(k->paths);
    if (k->lock >= 0) {
        close(k->lock);
    }
}

int keeper_run(const char *id, const struct keeper_options *options)
{
    struct keeper k = {.lock = -1,
                       .hold = options->hold,
                       .start_seconds = options->start_seconds > 0 ? options->start_seconds : START_SECONDS};
    struct error why = {0};
    int result = 1;
    become_keeper(id);
    state_init(&k.state);
    k.paths = paths_new(&why);
    k.lock = k.paths ? ending_enter(k.paths, id, &why) : -1;
    if (k.lock < 0 || !read_state(&k, id, &why)) {
        answer(&why);
    } else if (!equip(&k, &why)) {
        record_failure(&k, &why);
    } else {
        init_handles(&k);
        k.server = server_new(&k, &why);
        if (k.server) {
            live(&k);
            result = uv_loop_close(&k.loop) == 0 ? 0 : 1;
        } else {
            record_failure(&k, &why);
        }
    }
    keeper_done(&k);
    return result;
}
