#include "tests/backends/conformance_parts.h"

#include "core/memory.h"
#include "core/times.h"

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
    act_already(w, key, VERB_STOP);
    act(w, key, VERB_START, ERROR_NONE);
    wait_state(w, key, CONTAINER_RUNNING);
    act_already(w, key, VERB_START);
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
    act_already(w, key, VERB_STOP);
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
    assert_null(act_for_remark(w, key, VERB_STOP, &(struct act_options){.timeout = -1}));
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
    const char *remark = act_for_remark(w, key, VERB_STOP, &(struct act_options){.timeout = 1});
    assert_int_equal(wait_state(w, key, CONTAINER_EXITED)->exit_code, 128 + 9);
    if (!remark || !strstr(remark, "killed")) {
        fail_msg("a stop that became a kill says: %s", remark ? remark : "nothing");
    }
    free(key);
}

static void restart_kills_in_the_end(void **state)
{
    struct world *w = *state;
    need_launch(w);
    char *key = launch(w, "sleep 1000");
    int64_t started = wait_state(w, key, CONTAINER_RUNNING)->started;
    const char *remark = act_for_remark(w, key, VERB_RESTART, &(struct act_options){.timeout = 1});
    wait_life(w, key, started);
    if (!remark || !strstr(remark, "killed")) {
        fail_msg("a restart that had to kill says: %s", remark ? remark : "nothing");
    }
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

const struct conformance_test conformance_life[] = {
    {"a_launch_is_told_with_its_state", a_launch_is_told_with_its_state},
    {"a_held_launch_starts_later", a_held_launch_starts_later},
    {"exit_codes_are_told", exit_codes_are_told},
    {"an_exited_one_starts_again", an_exited_one_starts_again},
    {"a_restart_ends_it_and_starts_it", a_restart_ends_it_and_starts_it},
    {"rm_does_not_remove_what_restarts", rm_does_not_remove_what_restarts},
    {"consoles_live_through_a_restart", consoles_live_through_a_restart},
    {"what_is_paused_restarts", what_is_paused_restarts},
    {"what_was_run_in_it_does_not_hold_up_a_restart", what_was_run_in_it_does_not_hold_up_a_restart},
    {"a_stop_ends_a_restart", a_stop_ends_a_restart},
    {"stop_asks_first", stop_asks_first},
    {"stop_kills_in_the_end", stop_kills_in_the_end},
    {"restart_kills_in_the_end", restart_kills_in_the_end},
    {"kill_is_at_once_or_by_another_signal", kill_is_at_once_or_by_another_signal},
    {"pause_and_resume", pause_and_resume},
    {"what_runs_is_removed_by_force_only", what_runs_is_removed_by_force_only},
    {"what_has_ended_is_removed", what_has_ended_is_removed},
    {"rm_removes_at_the_end", rm_removes_at_the_end},
    {"launches_are_refused_with_a_reason", launches_are_refused_with_a_reason},
    {"nobody_knows_an_unknown_key", nobody_knows_an_unknown_key},
    {NULL, NULL},
};
