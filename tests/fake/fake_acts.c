#include <cjson/cJSON.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/port.h"
#include "tests/fake/fake_parts.h"

static int signal_number(const char *name, int otherwise)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {{"HUP", 1},   {"INT", 2},   {"QUIT", 3}, {"KILL", 9},
                   {"USR1", 10}, {"USR2", 12}, {"TERM", 15}};
    if (!name) {
        return otherwise;
    }
    if (name[0] >= '0' && name[0] <= '9') {
        return atoi(name);
    }
    name += strncmp(name, "SIG", 3) == 0 ? 3 : 0;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (strcmp(signals[i].name, name) == 0) {
            return signals[i].number;
        }
    }
    return -1;
}

/* Acts. */

struct request {
    struct fake_container *c;
    struct op *op;
    enum verb verb;
    const struct act_options *options;
};

static void refuse_as(const struct request *r, bool already, const char *reason)
{
    struct error why;
    error_set(&why, ERROR_CONFLICT, 0, "cannot %s %s: %s", verb_word(r->verb), r->c->record.name, reason);
    why.already = already;
    op_fail(r->op, &why);
}

static void refuse(const struct request *r, const char *reason)
{
    refuse_as(r, false, reason);
}

static bool is_up(const struct fake_container *c)
{
    return state_is_live(c->record.state);
}

static void set_paused(struct fake_container *c, bool pause)
{
    c->record.state = pause ? CONTAINER_PAUSED : CONTAINER_RUNNING;
    fake_shell_pause(c->shell, pause);
    fake_change(c, FIELD_STATE);
}

static void on_patience_over(uv_timer_t *timer)
{
    struct fake_container *c = timer->data;
    c->killed = true;
    fake_shell_signal(c->shell, SIGKILL);
}

static void do_start(const struct request *r)
{
    if (is_up(r->c)) {
        bool paused = r->c->record.state == CONTAINER_PAUSED;
        refuse_as(r, !paused, paused ? "it is paused; resume it" : "it runs already");
        return;
    }
    fake_run(r->c);
    op_succeed(r->op);
}

static bool take_signal(const struct request *r, int otherwise, int *number)
{
    struct error why;
    *number = signal_number(r->options->signal, otherwise);
    if (*number > 0 && *number < 65) {
        return true;
    }
    error_set(&why, ERROR_INVALID, 0, "cannot %s %s: %.32s is no signal", verb_word(r->verb),
              r->c->record.name, r->options->signal);
    op_fail(r->op, &why);
    return false;
}

static void do_stop(const struct request *r)
{
    int number, seconds = r->options->timeout < 0 ? r->c->engine->options.stop : r->options->timeout;
    if (r->c->stopping) {
        refuse(r, "it is being stopped already");
    } else if (take_signal(r, SIGTERM, &number)) {
        if (r->c->record.state == CONTAINER_PAUSED) {
            set_paused(r->c, false);
        }
        r->c->stopping = r->op;
        r->c->killed = false;
        r->c->again = r->verb == VERB_RESTART;
        uv_timer_start(&r->c->timer, on_patience_over, (uint64_t)seconds * 1000, 0);
        fake_shell_signal(r->c->shell, number);
    }
}

static void do_kill(const struct request *r)
{
    int number;
    if (take_signal(r, SIGKILL, &number)) {
        r->c->again = r->c->again && number != SIGKILL;
        fake_shell_signal(r->c->shell, number);
        op_succeed(r->op);
    }
}

static void do_pause(const struct request *r)
{
    bool pause = r->verb == VERB_PAUSE;
    if (pause == (r->c->record.state == CONTAINER_PAUSED)) {
        refuse(r, pause ? "it is paused already" : "it is not paused");
    } else {
        set_paused(r->c, pause);
        op_succeed(r->op);
    }
}

static void do_remove(const struct request *r)
{
    struct fake_container *c = r->c;
    if (is_up(c) && !r->options->force) {
        refuse(r, "it runs; stop it first, or remove it by force");
        return;
    }
    if (is_up(c)) {
        c->again = false;
        fake_shell_signal(c->shell, SIGKILL);
    }
    fake_consoles_ended(c, -1); /* whoever waited for a start */
    c->gone = true;
    fake_change(c, FIELD_STATE);
    op_succeed(r->op);
}

static void on_running(const struct request *r, void (*act)(const struct request *r))
{
    if (is_up(r->c)) {
        act(r);
    } else {
        refuse_as(r, r->verb == VERB_STOP, "it does not run");
    }
}

/* The container, or the op fails. */
static struct fake_container *wanted(struct fake *f, struct op *op, const char *what, const char *key)
{
    struct error why;
    struct fake_container *c = fake_find(f, key);
    if (!c) {
        fake_no_container(&why, what, key);
        op_fail(op, &why);
    }
    return c;
}

void fake_act(struct backend *b, struct op *op, const char *key, enum verb verb,
              const struct act_options *options)
{
    struct fake_container *c = wanted((struct fake *)b, op, verb_word(verb), key);
    const struct request r = {c, op, verb, options};
    if (!c) {
        return;
    }
    switch (verb) {
    case VERB_START:
        do_start(&r);
        break;
    case VERB_STOP:
        on_running(&r, do_stop);
        break;
    case VERB_RESTART:
        is_up(c) ? do_stop(&r) : do_start(&r);
        break;
    case VERB_KILL:
        on_running(&r, do_kill);
        break;
    case VERB_PAUSE:
    case VERB_RESUME:
        on_running(&r, do_pause);
        break;
    case VERB_REMOVE:
        do_remove(&r);
        break;
    default:
        refuse(&r, "that is no act");
    }
}

static bool name_is_taken(const struct fake *f, const char *name)
{
    for (size_t i = 0; i < f->n_containers; i++) {
        const struct fake_container *c = f->containers[i];
        if (!c->gone && strcmp(c->record.name, name) == 0) {
            return true;
        }
    }
    return false;
}

void fake_rename(struct backend *b, struct op *op, const char *key, const char *name)
{
    struct fake_container *c = wanted((struct fake *)b, op, "rename", key);
    char words[128];
    if (!c) {
        return;
    }
    if (name_is_taken(c->engine, name)) {
        snprintf(words, sizeof words, "the name %s is taken; choose another", name);
        refuse(&(struct request){.c = c, .op = op, .verb = VERB_RENAME}, words);
        return;
    }
    struct container with = c->record;
    with.name = name;
    container_assign(&c->record, &with, FIELD_NAME);
    free(c->spec.name);
    c->spec.name = mem_string(name);
    fake_change(c, FIELD_NAME);
    op_succeed(op);
}

/* Questions. */

void fake_processes(struct backend *b, struct op *op, const char *key)
{
    struct fake_container *c = wanted((struct fake *)b, op, "list the processes", key);
    if (!c) {
        return;
    }
    if (!is_up(c)) {
        refuse(&(struct request){.c = c, .op = op, .verb = VERB_PROCESSES}, "it does not run");
        return;
    }
    op_finish(op, &(struct answer){.processes = fake_table(c)});
}

void fake_inspect(struct backend *b, struct op *op, const char *key)
{
    struct fake_container *c = wanted((struct fake *)b, op, "inspect", key);
    if (!c) {
        return;
    }
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "id", c->record.key);
    cJSON_AddStringToObject(json, "name", c->record.name);
    cJSON_AddStringToObject(json, "image", c->record.image);
    cJSON_AddStringToObject(json, "command", c->record.command);
    cJSON_AddStringToObject(json, "state", state_word(c->record.state));
    cJSON_AddStringToObject(json, "isolation", isolation_word(c->record.isolation, c->record.hypervisor));
    cJSON_AddNumberToObject(json, "exit_code", c->record.exit_code);
    cJSON_AddBoolToObject(json, "terminal", c->record.terminal);
    op_finish(op, &(struct answer){.text = cJSON_Print(json)});
    cJSON_Delete(json);
}

bool fake_spec_of(struct backend *b, const char *key, struct launch_spec *out)
{
    struct fake_container *c = fake_find((struct fake *)b, key);
    if (c) {
        launch_spec_copy(out, &c->spec);
    }
    return c != NULL;
}

/* Launching. */

/* Who has a port of the host that spec wants? NULL: nobody. */
static const char *port_holder(const struct fake *f, const struct launch_spec *spec)
{
    struct port wanted, held;
    for (size_t i = 0; i < f->n_containers; i++) {
        const struct fake_container *c = f->containers[i];
        for (size_t j = 0; !c->gone && is_up(c) && j < c->record.n_crossings; j++) {
            for (size_t k = 0; port_of(&c->record.crossings[j], &held) && k < spec->n_crossings; k++) {
                if (port_of(&spec->crossings[k], &wanted) && port_collides(&wanted, &held)) {
                    return c->record.name;
                }
            }
        }
    }
    return NULL;
}

static int check(const struct fake *f, const struct launch_spec *spec, struct error *e)
{
    const char *program = spec->entrypoint ? spec->entrypoint : spec->command ? spec->command[0] : NULL;
    const char *argv[] = {program, NULL};
    if (!spec->image || !fake_has_image(f, spec->image)) {
        return error_set(e, ERROR_NOT_FOUND, 0, "cannot launch: there is no image %.64s; import it first",
                         spec->image ? spec->image : "(none)");
    }
    if (spec->name && !launch_name_ok(spec->name)) {
        return error_set(e, ERROR_INVALID, 0, "cannot launch: %.64s is no name for a container", spec->name);
    }
    if (spec->name && name_is_taken(f, spec->name)) {
        return error_set(e, ERROR_CONFLICT, 0, "cannot launch: the name %s is taken; choose another",
                         spec->name);
    }
    if (spec->isolation == ISOLATION_VM && f->options.novm) {
        return error_set(e, ERROR_UNSUPPORTED, 0, "cannot launch a VM: this machine has no means for it");
    }
    const char *holder = port_holder(f, spec);
    if (holder) {
        return error_set(e, ERROR_CONFLICT, 0, "cannot launch: %s has a port that is wanted", holder);
    }
    return !program || fake_shell_can(argv, true, e) ? 0 : -1;
}

void fake_launch(struct backend *b, struct op *op, const struct launch_spec *spec)
{
    struct fake *f = (struct fake *)b;
    struct error why;
    if (check(f, spec, &why) < 0) {
        op_fail(op, &why);
        return;
    }
    if (f->options.lost && !spec->drop) {
        struct answer answer = {.lost = mem_string("--init; --sysctl")};
        error_set(&answer.why, ERROR_UNSUPPORTED, 0, "cannot launch: this cannot go along: %s", answer.lost);
        op_finish(op, &answer);
        return;
    }
    struct fake_container *c = fake_add(f, spec);
    if (!spec->hold) {
        fake_run(c);
    }
    op_finish(op, &(struct answer){.text = mem_string(c->record.key)});
}
