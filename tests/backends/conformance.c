#include "tests/backends/conformance.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "core/image.h"
#include "core/memory.h"
#include "core/times.h"
#include "tests/backends/world.h"

/* Ends with status 7 when it is asked to. */
static const char OBEDIENT[] = "sh -c \"trap 'exit 7' TERM; echo ready; while true; do sleep 0.1; done\"";

static void need(const struct world *w, unsigned abilities)
{
    if ((w->subject->abilities & abilities) != abilities) {
        skip();
    }
}

/* It can be launched anew for the test. */
static void need_launch(const struct world *w)
{
    if (!w->subject->image) {
        skip();
    }
}

static const struct conformance_words *words(const struct world *w)
{
    static const struct conformance_words unix_words = {
        .streams = "sh -c 'echo out $GREETING; echo err >&2; exit 4'",
        .cat = "cat",
        .idle = "sleep 1000",
        .no_command = "no-such-command",
        .not_runnable = "/etc",
        .size = "sh -c 'stty size; read x; stty size; echo $x'",
        .size_24x80 = "24 80\r\n",
        .size_31x97 = "31 97\r\n",
        .shell_line = "echo sum is $GREETING over\n",
        .shell_answer = "sum is over\r\n",
        .flood = "head -c 5000000 /dev/zero",
        .line_end = "\n",
        .signalled = 128 + 15,
        .killed = 128 + 9,
    };
    return w->subject->words ? w->subject->words : &unix_words;
}

/* A container that runs and does nothing. */
static char *idle_one(struct world *w)
{
    if (w->subject->image) {
        char *key = launch(w, words(w)->idle);
        wait_state(w, key, CONTAINER_RUNNING);
        return key;
    }
    const struct container *c = model_find(w->model, w->subject->given, NULL);
    assert_non_null(c);
    return mem_string(c->key);
}

/* It is not there any more, or stays as one that has ended: engines differ. */
struct end_wanted {
    const struct world *world;
    const char *key;
};

static bool is_over(const void *data)
{
    const struct end_wanted *wanted = data;
    const struct container *c = model_find_key(wanted->world->model, wanted->key);
    return !c || c->state == CONTAINER_EXITED;
}

static void wait_over(struct world *w, const char *key)
{
    assert_true(world_wait(w, is_over, &(struct end_wanted){w, key}));
}

/* Waits until the command has run far enough to have printed "ready". */
static void wait_ready(struct world *w, const char *key)
{
    struct ear *ear;
    ear = ear_open(w, key, &(struct console_spec){.kind = CONSOLE_LOGS, .tail = -1, .follow = true});
    hear(ear, "ready");
    leave(ear);
}

/* Launching, states, verbs. */

static void a_launch_is_told_with_its_state(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct launch_spec spec = spec_of(w, "sleep 1000");
    char *name = mem_string(spec.name), *key = launch_spec(w, &spec);
    const struct container *c = wait_state(w, key, CONTAINER_RUNNING);
    assert_string_equal(c->name, name);
    assert_string_equal(c->image, w->subject->image);
    assert_non_null(strstr(c->command, "sleep 1000"));
    assert_true(c->isolation == ISOLATION_PROCESS || c->isolation == ISOLATION_VM);
    assert_true(c->created && c->started >= c->created - 1000);
    assert_true(c->started <= time_now() + 1000 && c->started > time_now() - 120000);
    if (c->isolation == ISOLATION_PROCESS) {
        assert_int_not_equal(c->pid, 0);
    }
    free(name);
    free(key);
}

static void a_held_launch_starts_later(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct launch_spec spec = spec_of(w, "sleep 1000");
    spec.hold = true;
    char *key = launch_spec(w, &spec);
    wait_state(w, key, CONTAINER_CREATED);
    act(w, key, VERB_STOP, ERROR_CONFLICT);
    act(w, key, VERB_START, ERROR_NONE);
    wait_state(w, key, CONTAINER_RUNNING);
    act(w, key, VERB_START, ERROR_CONFLICT);
    free(key);
}

static void exit_codes_are_told(void **state)
{
    struct world *w = *state;
    need_launch(w);
    char *key = launch(w, "sh -c \"exit 3\"");
    const struct container *c = wait_state(w, key, CONTAINER_EXITED);
    assert_int_equal(c->exit_code, 3);
    assert_true(c->finished >= c->started && c->finished <= time_now() + 1000);
    assert_int_equal(c->pid, 0);
    act(w, key, VERB_STOP, ERROR_CONFLICT);
    act(w, key, VERB_KILL, ERROR_CONFLICT);
    free(key);
}

static void an_exited_one_starts_again(void **state)
{
    struct world *w = *state;
    need_launch(w);
    char *key = launch(w, "sh -c \"sleep 0.2; exit 4\"");
    wait_state(w, key, CONTAINER_EXITED);
    act(w, key, VERB_START, ERROR_NONE);
    wait_state(w, key, CONTAINER_RUNNING);
    assert_int_equal(wait_state(w, key, CONTAINER_EXITED)->exit_code, 4);
    free(key);
}

struct life_wanted {
    const struct world *world;
    const char *key;
    int64_t after;
};

static bool is_another_life(const void *data)
{
    const struct life_wanted *wanted = data;
    const struct container *c = model_find_key(wanted->world->model, wanted->key);
    return c && c->state == CONTAINER_RUNNING && c->started > wanted->after;
}

/* It runs, and was started later than that. */
static void wait_life(struct world *w, const char *key, int64_t after)
{
    assert_true(world_wait(w, is_another_life, &(struct life_wanted){w, key, after}));
}

static void a_restart_ends_it_and_starts_it(void **state)
{
    struct world *w = *state;
    need_launch(w);
    char *key = launch(w, OBEDIENT);
    int64_t started = wait_state(w, key, CONTAINER_RUNNING)->started;
    wait_ready(w, key);
    world_pause(w, 20); /* times are told in ms */
    act(w, key, VERB_RESTART, ERROR_NONE);
    wait_life(w, key, started);
    struct ear *ear =
        ear_open(w, key, &(struct console_spec){.kind = CONSOLE_LOGS, .tail = -1, .follow = true});
    hear(ear, "ready\nready");
    leave(ear);
    started = wait_state(w, key, CONTAINER_RUNNING)->started;
    act_with(w, key, VERB_STOP, &(struct act_options){.timeout = 1}, ERROR_NONE);
    wait_state(w, key, CONTAINER_EXITED);
    world_pause(w, 20);
    act(w, key, VERB_RESTART, ERROR_NONE); /* then it is a start */
    wait_life(w, key, started);
    free(key);
}

static void rm_does_not_remove_what_restarts(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct launch_spec spec = spec_of(w, "sleep 1000");
    spec.remove = true;
    char *key = launch_spec(w, &spec);
    int64_t started = wait_state(w, key, CONTAINER_RUNNING)->started;
    world_pause(w, 20);
    act_with(w, key, VERB_RESTART, &(struct act_options){.timeout = 0}, ERROR_NONE);
    wait_life(w, key, started);
    act(w, key, VERB_KILL, ERROR_NONE);
    wait_gone(w, key);
    free(key);
}

/* It goes on although it hears nothing, and although something else runs in it. */
static void what_is_paused_restarts(void **state)
{
    struct world *w = *state;
    need_launch(w);
    need(w, CAN_PAUSE);
    char *key = launch(w, "sleep 1000");
    int64_t started = wait_state(w, key, CONTAINER_RUNNING)->started;
    act(w, key, VERB_PAUSE, ERROR_NONE);
    wait_state(w, key, CONTAINER_PAUSED);
    world_pause(w, 20);
    act_with(w, key, VERB_RESTART, &(struct act_options){.timeout = 1}, ERROR_NONE);
    wait_life(w, key, started);
    free(key);
}

static void what_was_run_in_it_does_not_hold_up_a_restart(void **state)
{
    struct world *w = *state;
    need_launch(w);
    need(w, KEEPS_CONSOLES);
    char *key = launch(w, "sleep 1000");
    int64_t started = wait_state(w, key, CONTAINER_RUNNING)->started;
    struct ear *ear = exec(w, key, "sh -c \"echo ready; sleep 1000\"", false, false);
    hear(ear, "ready");
    act_with(w, key, VERB_RESTART, &(struct act_options){.timeout = 0}, ERROR_NONE);
    hear_end(ear, ERROR_NONE, -1);
    wait_life(w, key, started);
    ear = exec(w, key, "echo again", false, false);
    hear(ear, "again");
    hear_end(ear, ERROR_NONE, 0);
    free(key);
}

/* Whoever stops it meanwhile has the last word. */
static void a_stop_ends_a_restart(void **state)
{
    struct world *w = *state;
    struct reply *r;
    need_launch(w);
    need(w, KEEPS_CONSOLES);
    char *key = launch(w, "sleep 1000");
    wait_state(w, key, CONTAINER_RUNNING);
    w->subject->type->act(w->engine, reply_begin(w, &r), key, VERB_RESTART,
                          &(struct act_options){.timeout = 60});
    world_pause(w, 500); /* it is on its way to its keeper, and takes longer than that to be done */
    act_with(w, key, VERB_STOP, &(struct act_options){.timeout = 0}, ERROR_NONE);
    reply_expect(w, r, ERROR_CONFLICT);
    wait_state(w, key, CONTAINER_EXITED);
    free(key);
}

static void consoles_live_through_a_restart(void **state)
{
    struct world *w = *state;
    need_launch(w);
    need(w, KEEPS_CONSOLES);
    struct launch_spec spec = spec_of(w, "cat");
    spec.input = true;
    char *key = launch_spec(w, &spec);
    int64_t started = wait_state(w, key, CONTAINER_RUNNING)->started;
    struct ear *ear = ear_open(w, key, &(struct console_spec){.kind = CONSOLE_ATTACH, .input = true});
    say(ear, "one\n");
    hear(ear, "one");
    act_with(w, key, VERB_RESTART, &(struct act_options){.timeout = 0}, ERROR_NONE);
    wait_life(w, key, started);
    say(ear, "two\n");
    hear(ear, "two");
    act(w, key, VERB_KILL, ERROR_NONE);
    hear_end(ear, ERROR_NONE, words(w)->killed);
    free(key);
}

static void stop_asks_first(void **state)
{
    struct world *w = *state;
    need_launch(w);
    char *key = launch(w, OBEDIENT);
    wait_ready(w, key);
    act(w, key, VERB_STOP, ERROR_NONE);
    assert_int_equal(wait_state(w, key, CONTAINER_EXITED)->exit_code, 7);
    free(key);
}

static void stop_kills_in_the_end(void **state)
{
    struct world *w = *state;
    need_launch(w);
    char *key =
        launch(w, "sleep 1000"); /* the first process of a container does not die of a TERM that it ignores */
    wait_state(w, key, CONTAINER_RUNNING);
    act_with(w, key, VERB_STOP, &(struct act_options){.timeout = 1}, ERROR_NONE);
    assert_int_equal(wait_state(w, key, CONTAINER_EXITED)->exit_code, 128 + 9);
    free(key);
}

static void kill_is_at_once_or_by_another_signal(void **state)
{
    struct world *w = *state;
    need_launch(w);
    char *key = launch(w, "sleep 1000"), *other = launch(w, OBEDIENT);
    wait_state(w, key, CONTAINER_RUNNING);
    wait_ready(w, other);
    act(w, key, VERB_KILL, ERROR_NONE);
    assert_int_equal(wait_state(w, key, CONTAINER_EXITED)->exit_code, 128 + 9);
    act_with(w, other, VERB_KILL, &(struct act_options){.signal = "NONSENSE", .timeout = -1}, ERROR_INVALID);
    act_with(w, other, VERB_KILL, &(struct act_options){.signal = "TERM", .timeout = -1}, ERROR_NONE);
    assert_int_equal(wait_state(w, other, CONTAINER_EXITED)->exit_code, 7);
    free(key);
    free(other);
}

static void pause_and_resume(void **state)
{
    struct world *w = *state;
    need(w, CAN_PAUSE);
    char *key = idle_one(w);
    act(w, key, VERB_RESUME, ERROR_CONFLICT);
    act(w, key, VERB_PAUSE, ERROR_NONE);
    wait_state(w, key, CONTAINER_PAUSED);
    act(w, key, VERB_PAUSE, ERROR_CONFLICT);
    act(w, key, VERB_RESUME, ERROR_NONE);
    wait_state(w, key, CONTAINER_RUNNING);
    act(w, key, VERB_PAUSE, ERROR_NONE);
    act_with(w, key, VERB_STOP, &(struct act_options){.timeout = 1},
             ERROR_NONE); /* a paused one can be stopped */
    wait_over(w, key);
    free(key);
}

static void what_runs_is_removed_by_force_only(void **state)
{
    struct world *w = *state;
    need_launch(w);
    char *key = launch(w, "sleep 1000");
    wait_state(w, key, CONTAINER_RUNNING);
    act(w, key, VERB_REMOVE, ERROR_CONFLICT);
    act_with(w, key, VERB_REMOVE, &(struct act_options){.force = true, .timeout = -1}, ERROR_NONE);
    wait_gone(w, key);
    act(w, key, VERB_REMOVE, ERROR_NOT_FOUND);
    free(key);
}

static void what_has_ended_is_removed(void **state)
{
    struct world *w = *state;
    need_launch(w);
    char *key = launch(w, "true");
    wait_state(w, key, CONTAINER_EXITED);
    act(w, key, VERB_REMOVE, ERROR_NONE);
    wait_gone(w, key);
    free(key);
}

static void rm_removes_at_the_end(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct launch_spec spec = spec_of(w, "sleep 0.5");
    spec.remove = true;
    char *key = launch_spec(w, &spec);
    wait_state(w, key, CONTAINER_RUNNING);
    wait_gone(w, key);
    free(key);
}

static void refuse_launch(struct world *w, struct launch_spec *spec, enum error_kind kind)
{
    struct reply *r;
    struct op *op = reply_begin(w, &r);
    w->subject->type->launch(w->engine, op, spec);
    launch_spec_done(spec);
    reply_expect(w, r, kind);
}

static void launches_are_refused_with_a_reason(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct launch_spec spec = spec_of(w, "true");
    free(spec.image);
    spec.image = mem_string("no-such-image");
    refuse_launch(w, &spec, ERROR_NOT_FOUND);
    spec = spec_of(w, "no-such-command");
    refuse_launch(w, &spec, ERROR_NO_COMMAND);
    spec = spec_of(w, "sleep 1000");
    char *name = mem_string(spec.name), *key = launch_spec(w, &spec);
    spec = spec_of(w, "true");
    free(spec.name);
    spec.name = name;
    refuse_launch(w, &spec, ERROR_CONFLICT);
    free(key);
}

static void nobody_knows_an_unknown_key(void **state)
{
    struct world *w = *state;
    static const char *const keys[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                                       "nobody", "../../etc", ""};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct reply *r;
        struct ear *ear;
        struct launch_spec spec;
        act(w, keys[i], VERB_START, ERROR_NOT_FOUND);
        act(w, keys[i], VERB_REMOVE, ERROR_NOT_FOUND);
        w->subject->type->processes(w->engine, reply_begin(w, &r), keys[i]);
        reply_expect(w, r, ERROR_NOT_FOUND);
        w->subject->type->inspect(w->engine, reply_begin(w, &r), keys[i]);
        reply_expect(w, r, ERROR_NOT_FOUND);
        assert_false(w->subject->type->spec_of && w->subject->type->spec_of(w->engine, keys[i], &spec));
        ear = exec(w, keys[i], words(w)->cat, false, false);
        hear_end(ear, ERROR_NOT_FOUND, -1);
    }
}

/* Names. */

struct name_wanted {
    const struct world *world;
    const char *key, *name;
};

static bool is_called(const void *data)
{
    const struct name_wanted *wanted = data;
    const struct container *c = model_find_key(wanted->world->model, wanted->key);
    return c && c->name && strcmp(c->name, wanted->name) == 0;
}

static void name_it(struct world *w, const char *key, const char *name, enum error_kind kind)
{
    struct reply *r;
    w->subject->type->rename(w->engine, reply_begin(w, &r), key, name);
    reply_expect(w, r, kind);
}

static void a_name_changes_and_nothing_else(void **state)
{
    struct world *w = *state;
    need_launch(w);
    if (!w->subject->type->rename) {
        skip();
    }
    char *key = launch(w, "sleep 1000"), first[64], second[80];
    const struct container *c = wait_state(w, key, CONTAINER_RUNNING);
    int64_t started = c->started;
    snprintf(first, sizeof first, "%s", c->name);
    snprintf(second, sizeof second, "%s-b", first);
    name_it(w, key, second, ERROR_NONE);
    assert_true(world_wait(w, is_called, &(struct name_wanted){w, key, second}));
    c = wait_state(w, key, CONTAINER_RUNNING);
    assert_true(c->started == started);
    struct launch_spec spec = spec_of(w, "true");
    free(spec.name);
    spec.name = mem_string(first); /* which is free now */
    char *other = launch_spec(w, &spec);
    name_it(w, key, first, ERROR_CONFLICT);
    name_it(w, "0123456789ab", "nobody", ERROR_NOT_FOUND);
    act(w, key, VERB_KILL, ERROR_NONE);
    wait_state(w, key, CONTAINER_EXITED);
    snprintf(second, sizeof second, "%s-c", first);
    name_it(w, key, second, ERROR_NONE);
    assert_true(world_wait(w, is_called, &(struct name_wanted){w, key, second}));
    act(w, key, VERB_START, ERROR_NONE);
    assert_string_equal(wait_state(w, key, CONTAINER_RUNNING)->name, second);
    free(other);
    free(key);
}

/* Ops. */

static void a_cancelled_op_is_silent(void **state)
{
    struct world *w = *state;
    char *key = idle_one(w);
    struct reply *r, *second;
    struct op *op = reply_begin(w, &r);
    w->subject->type->act(w->engine, op, key, VERB_STOP, &(struct act_options){.timeout = 1});
    op_cancel(op);
    op = reply_begin(w, &second);
    w->subject->type->inspect(w->engine, op, key);
    op_cancel(op);
    world_pause(w, 2500);
    assert_int_equal(r->times, 0);
    assert_int_equal(second->times, 0);
    free(key);
}

static void many_ops_are_each_answered_once(void **state)
{
    struct world *w = *state;
    enum { MANY = 50 };
    struct reply *replies[MANY];
    char *key = idle_one(w);
    for (int i = 0; i < MANY; i++) {
        struct op *op = reply_begin(w, &replies[i]);
        if (i % 2) {
            w->subject->type->inspect(w->engine, op, key);
        } else {
            w->subject->type->processes(w->engine, op, key);
        }
    }
    for (int i = 0; i < MANY; i++) {
        reply_expect(w, replies[i], ERROR_NONE);
    }
    world_pause(w, 100);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(replies[i]->times, 1);
    }
    free(key);
}

/* What is known of a container. */

static void inspect_is_json(void **state)
{
    struct world *w = *state;
    struct reply *r;
    char *key = idle_one(w);
    w->subject->type->inspect(w->engine, reply_begin(w, &r), key);
    reply_expect(w, r, ERROR_NONE);
    cJSON *json = cJSON_Parse(r->text);
    assert_true(cJSON_IsObject(json) && json->child);
    cJSON_Delete(json);
    free(key);
}

static void the_table_has_the_process(void **state)
{
    struct world *w = *state;
    struct reply *r;
    char *key = idle_one(w);
    const struct container *c = wait_state(w, key, CONTAINER_RUNNING);
    w->subject->type->processes(w->engine, reply_begin(w, &r), key);
    reply_expect(w, r, ERROR_NONE);
    assert_non_null(r->processes);
    assert_true(r->processes->count >= 1);
    const struct process *p = &r->processes->rows[0];
    assert_non_null(p->name);
    if (w->subject->image) {
        assert_non_null(strstr(p->command ? p->command : p->name, "sleep"));
    }
    assert_true((p->created > time_now() - 120000 || !w->subject->image) && p->created < time_now() + 2000);
    if (c->isolation == ISOLATION_PROCESS && w->subject->image) {
        assert_int_equal(p->pid, 1);
        assert_int_equal(p->host_pid, c->pid);
    }
    act(w, key, VERB_KILL, ERROR_NONE);
    wait_over(w, key);
    w->subject->type->processes(w->engine, reply_begin(w, &r), key);
    reply_wait(w, r);
    assert_true(r->why.kind == ERROR_CONFLICT || r->why.kind == ERROR_NOT_FOUND ||
                (r->processes && r->processes->count == 0));
    free(key);
}

struct sample_wanted {
    const struct world *world;
    const char *key;
    unsigned abilities;
};

static bool is_sampled(const void *data)
{
    const struct sample_wanted *wanted = data;
    const struct container *c = model_find_key(wanted->world->model, wanted->key);
    return c && c->processes >= 1 && (!(wanted->abilities & CAN_MEASURE) || c->memory > 0);
}

static void samples_arrive(void **state)
{
    struct world *w = *state;
    char *key = idle_one(w);
    const struct sample_wanted wanted = {w, key, w->subject->abilities};
    w->subject->type->sample(w->engine, (const char *const[]){"nobody", key}, 2, FIELD_USAGE);
    assert_true(world_wait(w, is_sampled, &wanted));
    w->subject->type->sample(w->engine, NULL, 0, 0);
    free(key);
}

static void the_spec_is_known_afterwards(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct launch_spec spec = spec_of(w, "sh -c \"sleep 1000\""), known;
    struct error why;
    assert_int_equal(launch_add_env(&spec, "COLOUR=blue", &why), 0);
    spec.terminal = true;
    char *key = launch_spec(w, &spec);
    wait_state(w, key, CONTAINER_RUNNING);
    assert_true(w->subject->type->spec_of(w->engine, key, &known));
    assert_string_equal(known.image, w->subject->image);
    assert_string_equal(known.command[2], "sleep 1000");
    assert_string_equal(known.env[0], "COLOUR=blue");
    assert_true(known.terminal);
    launch_spec_done(&known);
    free(key);
}

static void images_are_listed(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct reply *r;
    bool found = false;
    w->subject->type->images(w->engine, reply_begin(w, &r));
    reply_expect(w, r, ERROR_NONE);
    for (size_t i = 0; i < r->images->count; i++) {
        found = found || strcmp(r->images->rows[i].name, w->subject->image) == 0;
    }
    assert_true(found);
    w->subject->type->image_remove(w->engine, reply_begin(w, &r), "no-such-image");
    reply_expect(w, r, ERROR_NOT_FOUND);
    w->subject->type->image_import(w->engine, reply_begin(w, &r), "conf", "/no/such/file");
    reply_expect(w, r, ERROR_NOT_FOUND);
}

/* Exec. */

static void exec_keeps_streams_apart(void **state)
{
    struct world *w = *state;
    struct ear *ear;
    char *key = idle_one(w);
    ear = exec(w, key, words(w)->streams, false, false);
    hear_end(ear, ERROR_NONE, 4);
    struct text out = {0}, err = {0};
    text_addf(&out, "out hello%s", words(w)->line_end);
    text_addf(&err, "err%s", words(w)->line_end);
    assert_string_equal(text_of(&ear->out), text_of(&out));
    assert_string_equal(text_of(&ear->err), text_of(&err));
    text_done(&out);
    text_done(&err);
    assert_int_equal(ear->opened, 1);
    free(key);
}

static void exec_takes_input(void **state)
{
    struct world *w = *state;
    struct ear *ear;
    char *key = idle_one(w);
    ear = exec(w, key, words(w)->cat, false, true);
    say(ear, "one\n");
    hear(ear, "one\n");
    assert_true(ear->drained >= 1);
    say(ear, "two");
    console_end_input(ear->console);
    hear_end(ear, ERROR_NONE, 0);
    assert_string_equal(text_of(&ear->out), "one\ntwo");
    free(key);
}

static void exec_says_what_cannot_be_run(void **state)
{
    struct world *w = *state;
    struct ear *ear;
    char *key = idle_one(w);
    ear = exec(w, key, words(w)->no_command, false, false);
    hear_end(ear, ERROR_NO_COMMAND, -1);
    ear = exec(w, key, words(w)->not_runnable, false, false);
    hear_end(ear, ERROR_NOT_RUNNABLE, -1);
    act(w, key, VERB_KILL, ERROR_NONE);
    wait_over(w, key);
    ear = exec(w, key, words(w)->cat, false, false);
    hear_end(ear, model_find_key(w->model, key) ? ERROR_CONFLICT : ERROR_NOT_FOUND, -1);
    free(key);
}

static void exec_with_a_terminal_knows_its_size(void **state)
{
    struct world *w = *state;
    struct ear *ear;
    char *key = idle_one(w);
    ear = exec(w, key, words(w)->size, true, true);
    hear(ear, w->subject->abilities & HAS_LATE_SIZE ? "\r\n" : words(w)->size_24x80);
    console_resize(ear->console, 31, 97);
    say(ear, "done\n");
    hear(ear, words(w)->size_31x97);
    hear_end(ear, ERROR_NONE, 0);
    assert_non_null(strstr(text_of(&ear->out), "done\r\n"));
    assert_string_equal(text_of(&ear->err), "");
    free(key);
}

static void exec_without_argv_is_a_shell(void **state)
{
    struct world *w = *state;
    struct ear *ear;
    char *key = idle_one(w);
    const struct console_spec spec = {
        .kind = CONSOLE_EXEC, .terminal = true, .input = true, .rows = 24, .cols = 80};
    ear = ear_open(w, key, &spec);
    say(ear, words(w)->shell_line);
    hear(ear, words(w)->shell_answer); /* what was typed is echoed with the dollar sign */
    say(ear, "exit 9\n");
    hear_end(ear, ERROR_NONE, 9);
    free(key);
}

static bool has_begun(const void *data)
{
    const struct ear *ear = data;
    return ear->opened > 0 || ear->closed > 0;
}

static void wait_begun(struct world *w, struct ear *ear)
{
    world_wait(w, has_begun, ear);
    if (ear->opened == 0) {
        fail_msg("the console did not open: %s", ear->why.text);
    }
}

static void a_held_console_loses_nothing(void **state)
{
    struct world *w = *state;
    enum { AMOUNT = 5000000 };
    struct ear *ear;
    char *key = idle_one(w);
    ear = exec(w, key, words(w)->flood, false, false);
    wait_begun(w, ear);
    console_hold(ear->console, true);
    size_t before = ear->out.len;
    world_pause(w, 300);
    assert_true(ear->out.len - before <= 65536); /* what was in the hand already */
    assert_int_equal(ear->closed, 0);
    console_hold(ear->console, false);
    hear_end(ear, ERROR_NONE, 0);
    assert_int_equal(ear->out.len, AMOUNT);
    free(key);
}

static void a_process_can_be_signalled(void **state)
{
    struct world *w = *state;
    struct ear *ear;
    char *key = idle_one(w);
    ear = exec(w, key, words(w)->idle, false, false);
    wait_begun(w, ear);
    console_signal(ear->console, 15);
    hear_end(ear, ERROR_NONE, -1);
    assert_int_equal(ear->code, words(w)->signalled);
    free(key);
}

static void the_end_of_the_container_ends_its_execs(void **state)
{
    struct world *w = *state;
    struct ear *ear;
    char *key = idle_one(w);
    ear = exec(w, key, words(w)->idle, false, false);
    wait_begun(w, ear);
    act(w, key, VERB_KILL, ERROR_NONE);
    wait_begun(w, ear);
    wait_over(w, key);
    hear_end(ear, ERROR_NONE, words(w)->killed);
    free(key);
}

/* Attach. */

static const struct console_spec ATTACH = {
    .kind = CONSOLE_ATTACH, .input = true, .rows = 24, .cols = 80, .replay = true};

static void attach_talks_to_the_first_process(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct ear *ear;
    char *key = launch(w, "sh -c 'echo ready; read line; echo got $line; exit 5'");
    wait_ready(w, key);
    ear = ear_open(w, key, &ATTACH);
    hear(ear, "ready\n"); /* the replay */
    say(ear, "this\n");
    hear(ear, "got this\n");
    hear_end(ear, ERROR_NONE, 5);
    assert_null(strstr(text_of(&ear->out), "\r"));
    assert_int_equal(wait_state(w, key, CONTAINER_EXITED)->exit_code, 5);
    ear = ear_open(w, key, &ATTACH);
    hear_end(ear, ERROR_CONFLICT, -1);
    free(key);
}

static void attach_with_a_terminal_echoes(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct ear *ear;
    struct launch_spec spec = spec_of(w, "sh -c 'echo ready; read line; stty size; exit 6'");
    spec.terminal = spec.input = true;
    spec.rows = 24;
    spec.cols = 80;
    char *key = launch_spec(w, &spec);
    wait_ready(w, key);
    ear = ear_open(w, key, &ATTACH);
    hear(ear, "ready\r\n");
    console_resize(ear->console, 33, 99);
    say(ear, "typed\n");
    hear(ear, "typed\r\n");
    hear(ear, "33 99\r\n");
    hear_end(ear, ERROR_NONE, 6);
    free(key);
}

static void two_consoles_hear_the_same(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct ear *one, *two;
    char *key = launch(w, "sh -c 'echo ready; read x; echo shared $x; sleep 1000'");
    wait_ready(w, key);
    one = ear_open(w, key, &ATTACH);
    two = ear_open(w, key, &ATTACH);
    hear(one, "ready");
    hear(two, "ready");
    say(one, "word\n");
    hear(one, "shared word");
    hear(two, "shared word");
    leave(one); /* one leaves: the other and the container go on */
    world_pause(w, 100);
    assert_int_equal(two->closed, 0);
    wait_state(w, key, CONTAINER_RUNNING);
    leave(two);
    free(key);
}

/* Logs. */

static struct console_spec logs(int64_t tail, bool follow)
{
    return (struct console_spec){.kind = CONSOLE_LOGS, .tail = tail, .follow = follow};
}

static void logs_keep_what_was_printed(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct ear *ear;
    int64_t before = time_now() - 1000;
    char *key = launch(w, "sh -c 'echo one; echo two; echo three >&2; sleep 0.1; exit 0'");
    wait_state(w, key, CONTAINER_EXITED);
    struct console_spec spec = logs(-1, false);
    ear = ear_open(w, key, &spec);
    hear_end(ear, ERROR_NONE, -1);
    assert_string_equal(text_of(&ear->out), "one\ntwo\n");
    assert_string_equal(text_of(&ear->err), "three\n");
    assert_true(ear->first_when >= before && ear->last_when <= time_now() + 1000);
    spec = logs(-1, true); /* there is nothing to follow */
    ear = ear_open(w, key, &spec);
    hear_end(ear, ERROR_NONE, -1);
    assert_string_equal(text_of(&ear->out), "one\ntwo\n");
    free(key);
}

static void logs_have_bounds(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct ear *ear;
    char *key = launch(w, "sh -c 'echo one; sleep 0.1; echo two; sleep 0.1; echo three'");
    wait_state(w, key, CONTAINER_EXITED);
    static const struct {
        int64_t tail, since, until; /* since and until: ms from now */
        const char *out;
    } bounds[] = {{1, 0, 0, "three\n"},  {2, 0, 0, "two\nthree\n"},
                  {0, 0, 0, ""},         {9, 0, 0, "one\ntwo\nthree\n"},
                  {-1, 3600000, 0, ""},  {-1, -3600000, 0, "one\ntwo\nthree\n"},
                  {-1, 0, -3600000, ""}, {-1, 0, 3600000, "one\ntwo\nthree\n"}};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        struct console_spec spec = logs(bounds[i].tail, false);
        spec.since = bounds[i].since ? time_now() + bounds[i].since : 0;
        spec.until = bounds[i].until ? time_now() + bounds[i].until : 0;
        ear = ear_open(w, key, &spec);
        hear_end(ear, ERROR_NONE, -1);
        assert_string_equal(text_of(&ear->out), bounds[i].out);
    }
    free(key);
}

static void logs_are_followed_to_the_end(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct ear *ear;
    char *key = launch(w, "sh -c 'echo ready; read x; echo later; exit 0'");
    wait_ready(w, key);
    struct console_spec spec = logs(0, true);
    ear = ear_open(w, key, &spec);
    wait_begun(w, ear);

    struct ear *voice = ear_open(w, key, &ATTACH);
    say(voice, "\n");
    hear(ear, "later\n");
    hear_end(ear, ERROR_NONE, -1);
    assert_string_equal(text_of(&ear->out), "later\n");
    free(key);
}

static void consoles_can_be_left_at_once(void **state)
{
    struct world *w = *state;
    struct ear *ear;
    char *key = idle_one(w);
    for (int i = 0; i < 5; i++) {
        ear = exec(w, key, words(w)->idle, i % 2, true);
        leave(ear); /* before it was opened */
    }
    struct console_spec spec = logs(-1, true);
    ear = ear_open(w, key, &spec);
    leave(ear);
    ear = ear_open(w, key, &ATTACH);
    leave(ear);
    world_pause(w, 300);
    wait_state(w, key, CONTAINER_RUNNING);
    free(key);
}

/* Closing. */

static void close_ends_all_that_is_open(void **state)
{
    struct world *w = *state;
    char *key = idle_one(w);
    struct ear *ears[3];
    struct reply *replies[3];
    const struct act_options patient = {.timeout = 60};
    const struct console_spec follow = logs(-1, true);
    ears[0] = exec(w, key, words(w)->cat, false, true);
    bool ours = w->subject->image;
    ears[1] = ours ? ear_open(w, key, &ATTACH) : exec(w, key, words(w)->idle, false, false);
    ears[2] = ours ? ear_open(w, key, &follow) : exec(w, key, words(w)->idle, true, true);
    world_pause(w, 200);
    w->subject->type->processes(w->engine, reply_begin(w, &replies[0]), key);
    w->subject->type->inspect(w->engine, reply_begin(w, &replies[1]), key);
    w->subject->type->act(w->engine, reply_begin(w, &replies[2]), key, VERB_STOP, &patient);
    world_close(w);
    for (int i = 0; i < 3; i++) {
        reply_wait(w, replies[i]);
        hear_end(ears[i], ERROR_CANCELLED, -1);
    }
    assert_int_equal(replies[2]->why.kind, ERROR_CANCELLED);
    world_open(w);
    if (w->subject->abilities & CAN_SURVIVE) {
        assert_non_null(model_find_key(w->model, key));
        act(w, key, VERB_KILL, ERROR_NONE);
        wait_state(w, key, CONTAINER_EXITED);
    }
    free(key);
}

static void what_was_launched_is_listed(void **state)
{
    struct world *w = *state;
    char *key = idle_one(w);
    int lists = w->lists;
    w->subject->type->list(w->engine);
    world_pause(w, 300);
    assert_true(w->lists > lists);
    assert_non_null(model_find_key(w->model, key));
    free(key);
}

static int begin(void **state)
{
    *state = world_new(*state);
    return 0;
}

static int finish(void **state)
{
    world_free(*state);
    return 0;
}

int conformance_run(const char *name, const struct conformance *subject)
{
#define TEST(f) cmocka_unit_test_prestate_setup_teardown(f, begin, finish, (void *)(uintptr_t)subject)
    const struct CMUnitTest tests[] = {
        TEST(a_launch_is_told_with_its_state),
        TEST(a_held_launch_starts_later),
        TEST(exit_codes_are_told),
        TEST(an_exited_one_starts_again),
        TEST(a_restart_ends_it_and_starts_it),
        TEST(rm_does_not_remove_what_restarts),
        TEST(consoles_live_through_a_restart),
        TEST(what_is_paused_restarts),
        TEST(what_was_run_in_it_does_not_hold_up_a_restart),
        TEST(a_stop_ends_a_restart),
        TEST(stop_asks_first),
        TEST(stop_kills_in_the_end),
        TEST(kill_is_at_once_or_by_another_signal),
        TEST(pause_and_resume),
        TEST(what_runs_is_removed_by_force_only),
        TEST(what_has_ended_is_removed),
        TEST(rm_removes_at_the_end),
        TEST(launches_are_refused_with_a_reason),
        TEST(nobody_knows_an_unknown_key),
        TEST(a_name_changes_and_nothing_else),
        TEST(a_cancelled_op_is_silent),
        TEST(many_ops_are_each_answered_once),
        TEST(inspect_is_json),
        TEST(the_table_has_the_process),
        TEST(samples_arrive),
        TEST(the_spec_is_known_afterwards),
        TEST(images_are_listed),
        TEST(exec_keeps_streams_apart),
        TEST(exec_takes_input),
        TEST(exec_says_what_cannot_be_run),
        TEST(exec_with_a_terminal_knows_its_size),
        TEST(exec_without_argv_is_a_shell),
        TEST(a_held_console_loses_nothing),
        TEST(a_process_can_be_signalled),
        TEST(the_end_of_the_container_ends_its_execs),
        TEST(attach_talks_to_the_first_process),
        TEST(attach_with_a_terminal_echoes),
        TEST(two_consoles_hear_the_same),
        TEST(logs_keep_what_was_printed),
        TEST(logs_have_bounds),
        TEST(logs_are_followed_to_the_end),
        TEST(consoles_can_be_left_at_once),
        TEST(what_was_launched_is_listed),
        TEST(close_ends_all_that_is_open),
    };
#undef TEST
    return _cmocka_run_group_tests(name, tests, sizeof tests / sizeof *tests, NULL, NULL);
}
