/* A verb goes through up to three steps: the state is read afresh, since what the list knows may be older
 * than what another porthole has just done; then the keeper is asked (or started); and a container that is
 * removed is taken away on a thread, when its keeper has ended.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/local/engine.h"
#include "backends/local/remove.h"

struct act {
    struct task task;
    enum verb verb;
    char id[STATE_ID];
    char *signal;
    int timeout;
    bool force;
    struct state state;
    bool keeper;  /* it lives */
    bool stopped; /* it does, but is stopped by a signal, and answers nobody */
};

enum { FORCE_PATIENCE = 8 /* s */ };

struct step { /* what a thread does for an act */
    struct job job;
    struct act *act;
    struct error why;
};

static void finish_with(struct act *a, const struct error *why, const char *remark)
{
    struct local *l = a->task.local;
    if (why) {
        task_fail(&a->task, why);
    } else {
        struct answer answer = {.remark = mem_string(remark)};
        task_finish(&a->task, &answer);
        free(answer.remark); /* nobody may be left to hear it */
    }
    entries_changed(l, a->id);
    state_done(&a->state);
    free(a->signal);
    task_end(&a->task);
    free(a);
}

static void finish(struct act *a, const struct error *why)
{
    finish_with(a, why, NULL);
}

static void keeper_answered(void *user, const struct error *why, const char *remark)
{
    finish_with(user, why, remark);
}

/* already: it is as was wanted. */
static void refuse_as(struct act *a, bool already, const char *words)
{
    struct error why;
    error_set(&why, ERROR_CONFLICT, 0, "cannot %s %s: %s", verb_word(a->verb), a->state.spec.name, words);
    why.already = already;
    finish(a, &why);
}

static void refuse(struct act *a, const char *words)
{
    refuse_as(a, false, words);
}

static bool is_kill(const char *signal)
{
    return strcasecmp(signal, "KILL") == 0 || strcasecmp(signal, "SIGKILL") == 0 || strcmp(signal, "9") == 0;
}

/* Is it to be ended whatever happens? */
static bool ends_now(const struct act *a)
{
    return (a->verb == VERB_REMOVE && a->force) ||
           (a->verb == VERB_KILL && (!a->signal || is_kill(a->signal)));
}

static void ask(struct act *a, const char *verb, keeper_cb cb)
{
    struct control control = {
        .verb = verb, .signal = a->signal, .timeout = a->timeout, .asker = &a->task, .force = a->force};
    if (ends_now(a)) { /* who does not answer to this at once is killed */
        control.timeout = 0;
        control.patience = FORCE_PATIENCE;
    }
    control_send(a->task.local, &a->state, &control, cb, a);
}

/* A keeper that lives and yet has nothing that runs: it waits to be told to start it, or is starting it. */
static bool may_be_starting(const struct act *a)
{
    return a->keeper && !state_is_live(a->state.state);
}

static void refuse_stopped(struct act *a)
{
    struct text t = {0};
    text_addf(&t,
              "its keeper (pid %u) is stopped by a signal: let it go on (kill -CONT %u), or end it with %s",
              a->state.keeper, a->state.keeper, a->verb == VERB_REMOVE ? "--force" : "kill");
    refuse(a, text_of(&t));
    text_done(&t);
}

static bool runs(const struct act *a)
{
    return state_is_live(a->state.state);
}

static void start(struct act *a)
{
    if (a->stopped) {
        refuse_stopped(a);
    } else if (runs(a)) {
        bool paused = a->state.state == CONTAINER_PAUSED;
        refuse_as(a, !paused, paused ? "it is paused; resume it" : "it runs already");
    } else if (a->keeper) {
        ask(a, "start", keeper_answered);
    } else {
        spawn_keeper(a->task.local, a->id, false, &a->task, keeper_answered, a);
    }
}

/* Removing. */

static void run_removal(struct job *j)
{
    struct step *step = (struct step *)j;
    remove_container(j->task.local, step->act->id, step->act->force, &step->why);
}

static void removed(struct job *j)
{
    struct step *step = (struct step *)j;
    finish(step->act, step->why.kind == ERROR_NONE ? NULL : &step->why);
    job_end(j);
}

static void take_away(struct act *a)
{
    struct step *step = mem_new(1, sizeof *step);
    step->act = a;
    job_start(&step->job, a->task.local, NULL, run_removal, removed);
}

static void ended_for_removal(void *user, const struct error *why, const char *remark)
{
    struct act *a = user;
    (void)remark; /* a removal by force is a kill */
    /* It may just have ended by itself: then nobody was there to answer, and that is what was wanted. With
     * force nothing that a keeper says, or does not say, keeps it. */
    if (why && !a->force && why->kind != ERROR_UNREACHABLE) {
        finish(a, why);
    } else {
        take_away(a);
    }
}

static void take_out(struct act *a)
{
    free(a->signal);
    a->signal = NULL;
    a->timeout = -1;
    if (runs(a) && !a->force) {
        refuse(a, "it runs; stop it first, or remove it with --force");
    } else if (a->stopped && !a->force) {
        refuse_stopped(a);
    } else if (a->stopped) {
        take_away(a);
    } else if (runs(a)) {
        ask(a, "kill", ended_for_removal);
    } else if (may_be_starting(a)) {
        ask(a, "shutdown", ended_for_removal);
    } else {
        take_away(a);
    }
}

/* Killing. */

static void run_killing(struct job *j)
{
    struct step *step = (struct step *)j;
    struct act *a = step->act;
    if (keeper_kill(&a->state, &step->why)) {
        watchdog_clear(a->id, &step->why);
    }
}

/* The container goes with its keeper, which does not answer. */
static void kill_keeper(struct act *a)
{
    struct step *step = mem_new(1, sizeof *step);
    step->act = a;
    job_start(&step->job, a->task.local, NULL, run_killing, removed);
}

static void ended(void *user, const struct error *why, const char *remark)
{
    struct act *a = user;
    if (why && why->kind == ERROR_TIMEOUT && ends_now(a)) {
        kill_keeper(a);
    } else if (why && why->kind == ERROR_UNREACHABLE && may_be_starting(a)) {
        refuse(a, "it does not run"); /* its start has failed meanwhile */
    } else if (why && why->kind == ERROR_CONFLICT && a->verb == VERB_STOP) {
        refuse_as(a, true, "it has not been started"); /* its keeper waits to be told to start it */
    } else {
        finish_with(a, why, remark);
    }
}

/* Dispatch. */

static void on_running(struct act *a, const char *verb)
{
    bool paused = a->state.state == CONTAINER_PAUSED;
    bool ends = a->verb == VERB_STOP || a->verb == VERB_KILL;
    if (a->stopped && a->verb == VERB_KILL && ends_now(a)) {
        kill_keeper(a);
    } else if (a->stopped) {
        refuse_stopped(a);
    } else if (ends && may_be_starting(a)) {
        ask(a, verb, ended);
    } else if (!runs(a)) {
        bool created = a->state.state == CONTAINER_CREATED;
        refuse_as(a, a->verb == VERB_STOP, created ? "it has not been started" : "it does not run");
    } else if (a->verb == VERB_PAUSE && paused) {
        refuse(a, "it is paused already");
    } else if (a->verb == VERB_RESUME && !paused) {
        refuse(a, "it is not paused");
    } else {
        ask(a, verb, ended);
    }
}

static void dispatch(struct act *a)
{
    switch (a->verb) {
    case VERB_START:
        start(a);
        break;
    case VERB_RESTART:
        if (runs(a) && !a->stopped) {
            ask(a, "restart", keeper_answered);
        } else {
            start(a);
        }
        break;
    case VERB_STOP:
        on_running(a, "stop");
        break;
    case VERB_KILL:
        on_running(a, "kill");
        break;
    case VERB_PAUSE:
        on_running(a, "pause");
        break;
    case VERB_RESUME:
        on_running(a, "resume");
        break;
    case VERB_REMOVE:
        take_out(a);
        break;
    default:
        refuse(a, "that is not something a container does");
    }
}

static void run_reading(struct job *j)
{
    struct step *step = (struct step *)j;
    struct act *a = step->act;
    const struct local *l = j->task.local;
    bool known = local_read_state(l, a->id, &a->state, &step->why);
    if (known && watchdog_must_clear(l, &a->state)) {
        known = watchdog_clear(a->id, &step->why) && local_read_state(l, a->id, &a->state, &step->why);
    }
    a->keeper = known && keeper_lives(&a->state);
    a->stopped = a->keeper && keeper_stopped(&a->state);
}

static void has_read(struct job *j)
{
    struct step *step = (struct step *)j;
    struct act *a = step->act;
    if (j->task.local->closing) {
        error_set(&step->why, ERROR_CANCELLED, 0, "cancelled before it was done");
    }
    if (step->why.kind == ERROR_INVALID && a->verb == VERB_REMOVE) {
        take_away(a); /* of a broken state there is nothing to be asked */
    } else if (step->why.kind != ERROR_NONE) {
        finish(a, &step->why);
    } else {
        dispatch(a);
    }
    job_end(j);
}

void local_act(struct backend *b, struct op *op, const char *key, enum verb verb,
               const struct act_options *options)
{
    struct local *l = (struct local *)b;
    if (!local_usable(l, op) || !local_key_ok(key, op)) {
        return;
    }
    struct act *a = mem_new(1, sizeof *a);
    struct step *step = mem_new(1, sizeof *step);
    a->verb = verb;
    memcpy(a->id, key, STATE_ID);
    a->signal = options ? mem_string(options->signal) : NULL;
    a->timeout = options ? options->timeout : -1;
    a->force = options && options->force;
    state_init(&a->state);
    task_begin(&a->task, l, op, NULL);
    step->act = a;
    job_start(&step->job, l, NULL, run_reading, has_read);
}
