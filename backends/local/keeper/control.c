#include "backends/local/keeper/control.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/json.h"
#include "backends/local/keeper/keeper.h"
#include "backends/local/keeper/server.h"
#include "core/memory.h"
#include "core/remark.h"

enum { SECONDS_AT_MOST = 24 * 3600, SIZE_AT_MOST = 10000, THAW_SECONDS = 5 };

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},     {"QUIT", SIGQUIT}, {"ILL", SIGILL},   {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT}, {"BUS", SIGBUS},     {"FPE", SIGFPE},   {"KILL", SIGKILL}, {"USR1", SIGUSR1},
    {"SEGV", SIGSEGV}, {"USR2", SIGUSR2},   {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM},
    {"CHLD", SIGCHLD}, {"CONT", SIGCONT},   {"STOP", SIGSTOP}, {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN},
    {"TTOU", SIGTTOU}, {"URG", SIGURG},     {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ}, {"VTALRM", SIGVTALRM},
    {"PROF", SIGPROF}, {"WINCH", SIGWINCH}, {"IO", SIGIO},     {"PWR", SIGPWR},   {"SYS", SIGSYS},
};

/* "TERM", "SIGTERM", "15"; -1: no such signal. */
static int signal_number(const char *word)
{
    char *end;
    long number = strtol(word, &end, 10);
    if (end != word && *end == '\0') {
        return number > 0 && number < NSIG ? (int)number : -1;
    }
    const char *name = strncasecmp(word, "SIG", 3) == 0 ? word + 3 : word;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (strcasecmp(name, signals[i].name) == 0) {
            return signals[i].number;
        }
    }
    return -1;
}

int control_size(const cJSON *o, const char *name)
{
    int64_t value = json_integer(o, name, 0);
    return value > 0 && value <= SIZE_AT_MOST ? (int)value : 0;
}

static void say_done(struct client *c)
{
    client_say(c, WIRE_DONE, NULL, 0);
    client_finish(c);
}

static void refuse_state(struct keeper *k, struct client *c, const char *verb)
{
    static const char *const words[] = {
        "is created and does not run yet", "is just being started", "is running", "has just ended",
        "is just being restarted",         "has just ended"};
    bool paused = k->phase == PHASE_RUNNING && k->state.state == CONTAINER_PAUSED;
    struct error why;
    error_set(&why, ERROR_CONFLICT, 0, "Cannot %s container %s: it %s", verb, k->state.spec.name,
              paused ? "is paused" : words[k->phase]);
    client_refuse(c, &why);
}

/* Pausing and resuming take a moment, one at a time; afterwards a client gets its answer, and a stop goes on.
 */
struct freeze {
    struct keeper *keeper;
    bool pause;
    bool then_stop;
    int signal, seconds;
};

static void stop_now(struct keeper *k, int signal, int seconds);

/* Takes the words. The first is why it is killed: a second kill changes nothing. */
static void note_remark(struct keeper *k, char *words)
{
    if (k->remark) {
        free(words);
    } else {
        k->remark = words;
    }
}

static void end_freeze(struct freeze *f)
{
    struct keeper *k = f->keeper;
    k->freezing = NULL;
    if (f->then_stop) { /* a stop that came while it was being paused finds it paused */
        control_stop(k, f->signal, f->seconds);
    }
    free(f);
    keeper_check_left(k);
}

static void on_frozen(void *user, int process, const int fds[3])
{
    (void)process;
    (void)fds;
    struct freeze *f = user;
    struct keeper *k = f->keeper;
    if (k->phase == PHASE_RUNNING) {
        k->state.state = f->pause ? CONTAINER_PAUSED : CONTAINER_RUNNING;
        keeper_save(k);
    }
    server_tell(k->server, AWAITS_FREEZE, NULL);
    end_freeze(f);
}

static void on_not_frozen(void *user, const struct error *why)
{
    struct freeze *f = user;
    struct keeper *k = f->keeper;
    server_tell(k->server, AWAITS_FREEZE, why);
    if (f->then_stop) { /* what is left to try */
        note_remark(k, remark_killed(k->state.spec.name, why->text));
        stop_now(k, SIGKILL, f->seconds);
        f->then_stop = false;
    }
    end_freeze(f);
}

static void freeze(struct keeper *k, const struct freeze *wish)
{
    static const struct wall_hooks hooks = {.done = on_frozen, .failed = on_not_frozen};
    struct freeze *f = mem_new(1, sizeof *f);
    struct error why;
    *f = *wish;
    k->freezing = f;
    if (!k->wall->freeze(k, wish->pause, &hooks, f, &why)) {
        on_not_frozen(f, &why);
    }
}

static void on_deadline(uv_timer_t *timer)
{
    struct keeper *k = timer->data;
    const char *name = k->state.spec.name;
    if (k->phase == PHASE_RUNNING) {
        bool paused = k->freezing || k->state.state == CONTAINER_PAUSED;
        note_remark(k, paused ? remark_killed(name, "it was paused, and could not be resumed in time")
                              : remark_killed_late(name, k->stop_seconds));
        k->wall->signal(k, k->process, SIGKILL);
    }
}

static void stop_now(struct keeper *k, int signal, int seconds)
{
    if (k->phase != PHASE_RUNNING) {
        return;
    }
    if (seconds == 0 && k->stop_seconds > 0) { /* who asked for the stop is to know */
        note_remark(k, remark_killed(k->state.spec.name, "somebody else killed it while it was stopping"));
    }
    k->wall->signal(k, k->process, seconds == 0 ? SIGKILL : signal);
    if (seconds > 0) {
        k->stop_seconds = seconds;
        uv_timer_start(&k->deadline, on_deadline, (uint64_t)seconds * 1000, 0);
    }
}

void control_stop(struct keeper *k, int signal, int seconds)
{
    bool paused = k->phase == PHASE_RUNNING && k->state.state == CONTAINER_PAUSED;
    if (!paused && !k->freezing) {
        stop_now(k, signal, seconds);
        return;
    }
    /* Whoever is to let it go on may hang. */
    uv_timer_start(&k->deadline, on_deadline, ((uint64_t)seconds + THAW_SECONDS) * 1000, 0);
    if (k->freezing) {
        k->freezing->then_stop = true;
        k->freezing->signal = signal;
        k->freezing->seconds = seconds;
    } else {
        freeze(k, &(struct freeze){.keeper = k, .then_stop = true, .signal = signal, .seconds = seconds});
    }
}

static void verb_start(struct keeper *k, struct client *c, const cJSON *o)
{
    (void)o;
    if (k->phase != PHASE_HELD) {
        refuse_state(k, c, "start");
        return;
    }
    client_role(c)->awaits = AWAITS_START;
    keeper_start(k);
}

static bool wanted_signal(struct client *c, const cJSON *o, const char *otherwise, int *number)
{
    const char *word = json_string(o, "signal", otherwise);
    *number = signal_number(word);
    if (*number < 0) {
        struct error why;
        error_set(&why, ERROR_INVALID, 0, "There is no signal \"%.32s\"; give a name like TERM, or a number",
                  word);
        client_refuse(c, &why);
    }
    return *number > 0;
}

static int wanted_seconds(const cJSON *o)
{
    int64_t seconds = json_integer(o, "timeout", -1);
    return seconds < 0 ? STOP_SECONDS : seconds > SECONDS_AT_MOST ? SECONDS_AT_MOST : (int)seconds;
}

static void verb_stop(struct keeper *k, struct client *c, const cJSON *o)
{
    int number;
    if (k->phase == PHASE_HELD) { /* whoever only wants that it does not run has it so */
        struct error why;
        error_set(&why, ERROR_CONFLICT, EALREADY, "Cannot stop container %s: it has not been started",
                  k->state.spec.name);
        client_refuse(c, &why);
        return;
    }
    if (!wanted_signal(c, o, "TERM", &number)) {
        return;
    }
    client_role(c)->awaits = AWAITS_END;
    if (k->phase == PHASE_STARTING) {
        keeper_stop_start(k, number, wanted_seconds(o));
    } else {
        keeper_stay_ended(k);
        control_stop(k, number, wanted_seconds(o));
    }
}

static void end_start(struct keeper *k, struct client *c)
{
    struct error why;
    error_set(&why, ERROR_CONFLICT, 0, "Container %s was killed while it was being started",
              k->state.spec.name);
    client_role(c)->awaits = AWAITS_END;
    keeper_abort_start(k, &why);
}

static void verb_restart(struct keeper *k, struct client *c, const cJSON *o)
{
    int number;
    if (k->phase != PHASE_RUNNING) {
        refuse_state(k, c, "restart");
    } else if (wanted_signal(c, o, "TERM", &number)) {
        client_role(c)->awaits = AWAITS_START;
        k->again = true;
        control_stop(k, number, wanted_seconds(o));
    }
}

static void verb_kill(struct keeper *k, struct client *c, const cJSON *o)
{
    int number;
    if (k->phase == PHASE_STARTING) {
        if (wanted_signal(c, o, "KILL", &number) && number == SIGKILL) {
            end_start(k, c);
        } else if (number > 0) {
            refuse_state(k, c, "send this signal to");
        }
    } else if (k->phase != PHASE_RUNNING) {
        refuse_state(k, c, "kill");
    } else if (wanted_signal(c, o, "KILL", &number)) {
        if (number == SIGKILL) {
            keeper_stay_ended(k);
            control_stop(k, SIGKILL, 0);
        } else {
            k->wall->signal(k, k->process, number);
        }
        say_done(c);
    }
}

static void pause_or_resume(struct keeper *k, struct client *c, bool pause)
{
    const char *verb = pause ? "pause" : "resume";
    enum container_state from = pause ? CONTAINER_RUNNING : CONTAINER_PAUSED;
    if (k->phase != PHASE_RUNNING || k->state.state != from) {
        refuse_state(k, c, verb);
    } else if (k->freezing) {
        struct error why;
        error_set(&why, ERROR_CONFLICT, 0,
                  "Cannot %s container %s: it is just being paused or resumed; try again", verb,
                  k->state.spec.name);
        client_refuse(c, &why);
    } else {
        struct freeze wish = {.keeper = k, .pause = pause};
        client_role(c)->awaits = AWAITS_FREEZE;
        freeze(k, &wish);
    }
}

static void verb_pause(struct keeper *k, struct client *c, const cJSON *o)
{
    (void)o;
    pause_or_resume(k, c, true);
}

static void verb_resume(struct keeper *k, struct client *c, const cJSON *o)
{
    (void)o;
    pause_or_resume(k, c, false);
}

static void verb_shutdown(struct keeper *k, struct client *c, const cJSON *o)
{
    if (k->phase == PHASE_HELD) {
        client_role(c)->awaits = AWAITS_END;
        keeper_dismiss(k);
    } else if (k->phase == PHASE_STARTING && json_bool(o, "force", false)) {
        end_start(k, c);
    } else if (k->phase == PHASE_STARTING) {
        refuse_state(k, c, "remove");
    } else {
        verb_stop(k, c, o);
    }
}

/* The state is the keeper's to write, so the name is too; that it is free is the asker's business. */
static void verb_rename(struct keeper *k, struct client *c, const cJSON *o)
{
    const char *name = json_string(o, "name", "");
    char *before = k->state.spec.name;
    struct error why;
    if (k->phase == PHASE_LEAVING) {
        refuse_state(k, c, "rename");
        return;
    }
    if (!launch_name_ok(name)) {
        error_set(&why, ERROR_INVALID, 0, "Cannot rename container %s: that is no name", before);
        client_refuse(c, &why);
        return;
    }
    k->state.spec.name = mem_string(name);
    if (state_write(&k->state, k->paths, &why)) {
        free(before);
        say_done(c);
    } else {
        free(k->state.spec.name);
        k->state.spec.name = before;
        client_refuse(c, &why);
    }
}

static const struct {
    const char *name;
    void (*run)(struct keeper *k, struct client *c, const cJSON *o);
} verbs[] = {
    {"start", verb_start}, {"stop", verb_stop},     {"restart", verb_restart},   {"kill", verb_kill},
    {"pause", verb_pause}, {"resume", verb_resume}, {"shutdown", verb_shutdown}, {"rename", verb_rename},
};

void control_frame(struct keeper *k, struct client *c, const struct wire_frame *frame)
{
    struct error why;
    cJSON *o = json_parse((const char *)frame->payload, frame->len, WIRE_PAYLOAD, &why);
    const char *name = json_string(o, "verb", "");
    size_t i = 0, n = sizeof verbs / sizeof *verbs;
    while (o && i < n && strcmp(name, verbs[i].name) != 0) {
        i++;
    }
    if (o && i < n) {
        verbs[i].run(k, c, o);
    } else {
        if (o) {
            error_set(&why, ERROR_INVALID, 0,
                      "The keeper of container %s was asked for something that it does not know",
                      k->state.spec.name);
        }
        client_refuse(c, &why);
    }
    cJSON_Delete(o);
}
