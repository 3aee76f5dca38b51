#include "tests/backends/conformance_parts.h"

#include "core/memory.h"
#include "core/times.h"

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

static bool is_live(const void *data)
{
    const struct ear *ear = data;
    return ear->live > 0 || ear->closed > 0;
}

/* Whoever comes twice is told twice where the old output ends; who wants none is told nothing. */
static void attach_tells_where_its_replay_ends(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct ear *ear;
    struct console_spec spec = ATTACH;
    char *key =
        launch(w, "sh -c 'echo ready; read x; echo got $x; read x; echo got $x; read x; echo got $x'");
    wait_ready(w, key);
    for (int round = 1; round <= 2; round++) {
        ear = ear_open(w, key, &ATTACH);
        world_wait(w, is_live, ear);
        assert_int_equal(ear->live, 1);
        assert_int_equal(ear->replayed, ear->out.len);
        assert_non_null(strstr(text_of(&ear->out), round == 1 ? "ready\n" : "got one\n"));
        say(ear, round == 1 ? "one\n" : "two\n");
        hear(ear, round == 1 ? "got one\n" : "got two\n");
        assert_int_equal(ear->live, 1);
        assert_true(ear->out.len > ear->replayed);
        leave(ear);
    }
    spec.replay = false;
    ear = ear_open(w, key, &spec);
    say(ear, "three\n");
    hear(ear, "got three\n");
    assert_int_equal(ear->live, 0);
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
    return (struct console_spec){.kind = CONSOLE_LOGS, .tail = tail, .follow = follow, .stamps = true};
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

const struct conformance_test conformance_consoles[] = {
    {"exec_keeps_streams_apart", exec_keeps_streams_apart},
    {"exec_takes_input", exec_takes_input},
    {"exec_says_what_cannot_be_run", exec_says_what_cannot_be_run},
    {"exec_with_a_terminal_knows_its_size", exec_with_a_terminal_knows_its_size},
    {"exec_without_argv_is_a_shell", exec_without_argv_is_a_shell},
    {"a_held_console_loses_nothing", a_held_console_loses_nothing},
    {"a_process_can_be_signalled", a_process_can_be_signalled},
    {"the_end_of_the_container_ends_its_execs", the_end_of_the_container_ends_its_execs},
    {"attach_talks_to_the_first_process", attach_talks_to_the_first_process},
    {"attach_tells_where_its_replay_ends", attach_tells_where_its_replay_ends},
    {"attach_with_a_terminal_echoes", attach_with_a_terminal_echoes},
    {"two_consoles_hear_the_same", two_consoles_hear_the_same},
    {"logs_keep_what_was_printed", logs_keep_what_was_printed},
    {"logs_have_bounds", logs_have_bounds},
    {"logs_are_followed_to_the_end", logs_are_followed_to_the_end},
    {"consoles_can_be_left_at_once", consoles_can_be_left_at_once},
    {"close_ends_all_that_is_open", close_ends_all_that_is_open},
    {"what_was_launched_is_listed", what_was_launched_is_listed},
    {NULL, NULL},
};
