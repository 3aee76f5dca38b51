/* A real Docker daemon that is killed, stopped and started again under an open session, and under commands:
 * in the middle of attach, exec, logs and pull. Containers that come and go by the dozen; names and texts
 * that are not what a terminal wants. PORTHOLE_CHURN=N: so many containers (default 30).
 */
#include "tests/backends/desk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "tests/backends/dockerd.h"
#include "tests/backends/registry.h"

static struct dockerd *daemon_of_tests; /* one for all: starting it takes seconds */

static int open_desk(void **state)
{
    struct desk *k = desk_new();
    desk_open(k, dockerd_address(daemon_of_tests));
    DESK_UNTIL(k, session_settled(k->session));
    *state = k;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *k = *state;
    desk_close(k);
    desk_free(k);
    return 0;
}

static void launch(const char *name, const char *rest)
{
    assert_true(dockerd_docker(daemon_of_tests, NULL, 0, "run -d -i --name %s busybox %s", name, rest));
}

static bool is(const struct desk *k, const char *name, enum container_state state)
{
    const struct container *c = desk_named(k, name);
    return c && c->state == state;
}

struct ear {
    struct console *console;
    struct text heard;
    bool opened, closed;
    struct error why;
    int code;
};

static void on_opened(void *user)
{
    ((struct ear *)user)->opened = true;
}

static void on_bytes(void *user, enum console_stream stream, int64_t when, const char *data, size_t len)
{
    (void)stream;
    (void)when;
    text_add_n(&((struct ear *)user)->heard, data, len);
}

static void on_closed(void *user, const struct error *why, int code)
{
    struct ear *ear = user;
    ear->closed = true;
    ear->code = code;
    ear->why = why ? *why : (struct error){0};
}

static void listen_to(struct desk *k, struct ear *ear, const char *name, const struct console_spec *spec)
{
    static const struct console_sink sink = {.opened = on_opened, .bytes = on_bytes, .closed = on_closed};
    *ear = (struct ear){0};
    ear->console = session_console(k->session, desk_named(k, name)->id, spec, &sink, ear);
}

static void a_killed_daemon_ends_what_is_open_and_is_found_again(void **state)
{
    struct desk *k = *state;
    struct ear exec, attach, logs;
    const char *const cat[] = {"cat", NULL};
    launch("killed", "sh -c 'echo ready; sleep 1000'");
    DESK_UNTIL(k, is(k, "killed", CONTAINER_RUNNING));
    listen_to(k, &exec, "killed", &(struct console_spec){.kind = CONSOLE_EXEC, .argv = cat, .input = true});
    listen_to(k, &attach, "killed", &(struct console_spec){.kind = CONSOLE_ATTACH, .input = true});
    listen_to(k, &logs, "killed", &(struct console_spec){.kind = CONSOLE_LOGS, .tail = -1, .follow = true});
    DESK_UNTIL(k, exec.opened && attach.opened && logs.opened);
    dockerd_kill(daemon_of_tests, SIGKILL);
    DESK_UNTIL(k, exec.closed && attach.closed && logs.closed);
    assert_int_equal(exec.why.kind, ERROR_UNREACHABLE);
    assert_int_equal(attach.why.kind, ERROR_UNREACHABLE);
    DESK_UNTIL(k, is(k, "killed", CONTAINER_LOST)); /* the row stays */
    assert_int_equal(desk_engine(k)->state, ENGINE_OFFLINE);
    assert_true(dockerd_start(daemon_of_tests));
    session_refresh(k->session);
    DESK_UNTIL(k, desk_engine(k)->state == ENGINE_ONLINE && desk_engine(k)->listed);
    assert_false(is(k, "killed", CONTAINER_LOST));
    text_done(&exec.heard);
    text_done(&attach.heard);
    text_done(&logs.heard);
}

static void a_daemon_that_hangs_is_noticed(void **state)
{
    struct desk *k = *state;
    struct desk_answer answer = {0};
    launch("hung", "sleep 1000");
    DESK_UNTIL(k, is(k, "hung", CONTAINER_RUNNING));
    dockerd_kill(daemon_of_tests, SIGSTOP);
    session_act(k->session, desk_named(k, "hung")->id, VERB_KILL, NULL, desk_answered, &answer);
    DESK_UNTIL(k, desk_engine(k)->state == ENGINE_OFFLINE && answer.done);
    assert_int_not_equal(answer.why.kind, ERROR_NONE);
    assert_true(is(k, "hung", CONTAINER_LOST));
    dockerd_kill(daemon_of_tests, SIGCONT);
    session_refresh(k->session);
    DESK_UNTIL(k, desk_engine(k)->state == ENGINE_ONLINE && desk_engine(k)->listed);
    desk_answer_done(&answer);
}

static void found_again(struct desk *k)
{
    session_refresh(k->session);
    DESK_UNTIL(k, desk_engine(k)->state == ENGINE_ONLINE && desk_engine(k)->listed);
}

/* Input that nobody takes is what shows it: else nothing is asked of the daemon. */
static void a_daemon_that_hangs_under_a_console_is_noticed(void **state)
{
    struct desk *k = *state;
    struct ear exec;
    const char *const cat[] = {"cat", NULL};
    launch("typed", "sleep 1000");
    DESK_UNTIL(k, is(k, "typed", CONTAINER_RUNNING));
    listen_to(k, &exec, "typed", &(struct console_spec){.kind = CONSOLE_EXEC, .argv = cat, .input = true});
    DESK_UNTIL(k, exec.opened);
    dockerd_kill(daemon_of_tests, SIGSTOP);
    exec.console->type->write(exec.console, "anybody?\n", 9);
    DESK_UNTIL(k, exec.closed);
    assert_int_not_equal(exec.why.kind, ERROR_NONE);
    DESK_UNTIL(k, is(k, "typed", CONTAINER_LOST));
    dockerd_kill(daemon_of_tests, SIGCONT);
    found_again(k);
    text_done(&exec.heard);
}

/* An upgrade: the daemon ends, its containers go on, another one takes over. */
static void a_restart_leaves_what_runs_running(void **state)
{
    static const char *const live[] = {"--live-restore", NULL};
    struct desk *k = *state;
    struct ear attach;
    dockerd_kill(daemon_of_tests, SIGTERM);
    dockerd_arguments(daemon_of_tests, live);
    assert_true(dockerd_start(daemon_of_tests));
    found_again(k);
    launch("kept", "sh -c 'while read line; do echo got $line; done'");
    DESK_UNTIL(k, is(k, "kept", CONTAINER_RUNNING) && desk_named(k, "kept")->pid > 0);
    uint32_t pid = desk_named(k, "kept")->pid;
    const struct console_spec spec = {.kind = CONSOLE_ATTACH, .input = true};
    listen_to(k, &attach, "kept", &spec);
    DESK_UNTIL(k, attach.opened);
    dockerd_kill(daemon_of_tests, SIGTERM);
    DESK_UNTIL(k, attach.closed && is(k, "kept", CONTAINER_LOST));
    assert_int_not_equal(attach.why.kind, ERROR_NONE);
    text_done(&attach.heard);
    assert_true(dockerd_start(daemon_of_tests));
    found_again(k);
    assert_true(is(k, "kept", CONTAINER_RUNNING));
    assert_int_equal(desk_named(k, "kept")->pid, pid);
    listen_to(k, &attach, "kept", &spec);
    DESK_UNTIL(k, attach.opened);
    attach.console->type->write(attach.console, "again\n", 6);
    DESK_UNTIL(k, attach.heard.len > 0 && strstr(attach.heard.data, "got again"));
    attach.console->type->close(attach.console);
    text_done(&attach.heard);
    dockerd_arguments(daemon_of_tests, NULL);
}

/* So does a signal that it is to see the end of. */
static void what_is_signalled_in_a_daemon_that_hangs_shows_it(void **state)
{
    struct desk *k = *state;
    struct ear exec;
    const char *const cat[] = {"cat", NULL};
    launch("signalled", "sleep 1000");
    DESK_UNTIL(k, is(k, "signalled", CONTAINER_RUNNING));
    listen_to(k, &exec, "signalled",
              &(struct console_spec){.kind = CONSOLE_EXEC, .argv = cat, .input = true});
    DESK_UNTIL(k, exec.opened);
    dockerd_kill(daemon_of_tests, SIGSTOP);
    exec.console->type->signal(exec.console, SIGTERM);
    DESK_UNTIL(k, exec.closed && desk_engine(k)->state == ENGINE_OFFLINE);
    assert_int_equal(exec.why.kind, ERROR_UNREACHABLE);
    dockerd_kill(daemon_of_tests, SIGCONT);
    found_again(k);
    text_done(&exec.heard);
}

/* ---- pulls ---- */

static struct registry *open_registry(struct desk *k)
{
    char path[128];
    snprintf(path, sizeof path, "%s/root.tar", dockerd_folder(daemon_of_tests));
    struct registry *r = registry_new(&k->loop, path);
    assert_non_null(r);
    return r;
}

static void pull(struct desk *k, const struct registry *r, struct desk_answer *answer)
{
    *answer = (struct desk_answer){0};
    session_image_pull(k->session, 0, registry_image(r), NULL, desk_answered, answer);
}

static void a_pull_is_cut_short(void **state)
{
    static const int ends[] = {SIGKILL, SIGSTOP};
    struct desk *k = *state;
    struct registry *r = open_registry(k);
    struct desk_answer answer;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        registry_hold(r, true);
        pull(k, r, &answer);
        DESK_UNTIL(k, registry_is_holding(r) || answer.done);
        assert_string_equal(answer.why.text, "");
        dockerd_kill(daemon_of_tests, ends[i]);
        DESK_UNTIL(k, answer.done && desk_engine(k)->state == ENGINE_OFFLINE);
        assert_int_not_equal(answer.why.kind, ERROR_NONE);
        assert_non_null(strstr(answer.why.text, registry_image(r)));
        desk_answer_done(&answer);
        if (ends[i] == SIGSTOP) {
            dockerd_kill(daemon_of_tests, SIGCONT);
        } else {
            assert_true(dockerd_start(daemon_of_tests));
        }
        found_again(k);
    }
    registry_hold(r, false);
    pull(k, r, &answer);
    DESK_UNTIL(k, answer.done);
    assert_string_equal(answer.why.text, "");
    desk_answer_done(&answer);
    assert_true(dockerd_docker(daemon_of_tests, NULL, 0, "run --rm --net=none %s true", registry_image(r)));
    assert_true(dockerd_docker(daemon_of_tests, NULL, 0, "rmi %s", registry_image(r)));
    registry_free(r);
}

/* ---- commands ---- */

struct command { /* `porthole ...` as a process of the loop's */
    uv_process_t process;
    uv_pipe_t in;
    const char *name;
    int64_t code;
    bool ended;
    int open;
};

static void on_command_exit(uv_process_t *process, int64_t code, int number)
{
    struct command *c = process->data;
    c->code = number ? 128 + number : code;
    c->ended = true;
}

static void on_command_closed(uv_handle_t *handle)
{
    ((struct command *)handle->data)->open--;
}

static char *output_of(const struct command *c, const char *which, char path[160])
{
    snprintf(path, 160, "%s/%s.%s", dockerd_folder(daemon_of_tests), c->name, which);
    return path;
}

static void begin(struct desk *k, struct command *c, const char *name, const char *args)
{
    char line[512], out[160], err[160];
    uv_stdio_container_t stdio[] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&c->in},
        {.flags = UV_INHERIT_FD, .data.fd = 1},
        {.flags = UV_INHERIT_FD, .data.fd = 2}};
    *c = (struct command){.name = name, .open = 2};
    snprintf(line, sizeof line, "exec \"$PORTHOLE_BINARY\" --engine docker=%s %s >%s 2>%s",
             dockerd_address(daemon_of_tests), args, output_of(c, "out", out), output_of(c, "err", err));
    const uv_process_options_t options = {.file = "/bin/sh",
                                          .args = (char *[]){"sh", "-c", line, NULL},
                                          .stdio = stdio,
                                          .stdio_count = 3,
                                          .exit_cb = on_command_exit};
    uv_pipe_init(&k->loop, &c->in, 0);
    c->in.data = c->process.data = c;
    assert_int_equal(uv_spawn(&k->loop, &c->process, &options), 0);
}

static size_t read_output(const struct command *c, const char *which, char *out, size_t room)
{
    char path[160];
    FILE *file = fopen(output_of(c, which, path), "r");
    size_t n = file ? fread(out, 1, room - 1, file) : 0;
    out[n] = '\0';
    if (file) {
        fclose(file);
    }
    return n;
}

static bool has_said(const struct command *c)
{
    char out[64];
    return read_output(c, "out", out, sizeof out) > 0;
}

static void until_said(struct desk *k, const struct command *c)
{
    for (int i = 0; i < 600 && !has_said(c) && !c->ended; i++) {
        desk_turn_for(k, 100);
    }
    assert_true(has_said(c));
}

/* It ends by itself, not well, and says why in one sentence. */
static void ends_with_a_sentence(struct desk *k, struct command *c)
{
    char said[4096];
    DESK_UNTIL(k, c->ended);
    size_t n = read_output(c, "err", said, sizeof said);
    bool one = n > 0 && strncmp(said, "porthole: ", 10) == 0 && strchr(said, '\n') == said + n - 1;
    if (c->code == 0 || c->code > 125 || !one) {
        fail_msg("%s ended with %d and said: %s", c->name, (int)c->code, said);
    }
    uv_close((uv_handle_t *)&c->in, on_command_closed);
    uv_close((uv_handle_t *)&c->process, on_command_closed);
    DESK_UNTIL(k, c->open == 0);
}

static void commands_end_with_a_sentence(void **state)
{
    static const char *const shapes[][2] = {{"attach", "attach loud"},
                                            {"logs", "logs -f loud"},
                                            {"exec", "exec -i loud sh -c 'echo ready; cat'"},
                                            {"wait", "run --name waited busybox sh -c 'echo on; sleep 500'"}};
    enum { COMMANDS = sizeof shapes / sizeof *shapes };
    struct desk *k = *state;
    struct registry *r = open_registry(k);
    struct command commands[COMMANDS], puller;
    char args[160];
    if (!getenv("PORTHOLE_BINARY")) {
        registry_free(r);
        skip();
    }
    launch("loud", "sh -c 'while :; do echo here; sleep 0.2; done'");
    registry_hold(r, true);
    snprintf(args, sizeof args, "image pull %s", registry_image(r));
    begin(k, &puller, "pull", args);
    for (size_t i = 0; i < COMMANDS; i++) {
        begin(k, &commands[i], shapes[i][0], shapes[i][1]);
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        until_said(k, &commands[i]);
    }
    DESK_UNTIL(k, registry_is_holding(r) || puller.ended);
    assert_false(puller.ended);
    dockerd_kill(daemon_of_tests, SIGKILL);
    for (size_t i = 0; i < COMMANDS; i++) {
        ends_with_a_sentence(k, &commands[i]);
    }
    ends_with_a_sentence(k, &puller);
    registry_free(r);
    assert_true(dockerd_start(daemon_of_tests));
    found_again(k);
}

static size_t count(const struct desk *k, const char *beginning)
{
    const struct container *c;
    size_t n = 0;
    for (size_t cursor = 0; (c = model_next(k->model, &cursor));) {
        n += c->name && strncmp(c->name, beginning, strlen(beginning)) == 0;
    }
    return n;
}

/* The list at the end is that of docker's own client. */
static void what_comes_and_goes_is_followed(void **state)
{
    struct desk *k = *state;
    const char *wish = getenv("PORTHOLE_CHURN");
    int many = wish ? atoi(wish) : 30;
    char out[64 * 1024], *rest = NULL;
    assert_true(
        dockerd_docker(daemon_of_tests, NULL, 0,
                       "version >/dev/null; (export DOCKER_HOST=%s; seq %d | xargs -P 4 -I N docker create "
                       "--name churn-N busybox true && seq 1 2 %d | xargs -P 4 -I N docker rm -f churn-N) "
                       ">/dev/null",
                       dockerd_address(daemon_of_tests), many, many));
    DESK_UNTIL(k, count(k, "churn-") == (size_t)many / 2);
    assert_true(dockerd_docker(daemon_of_tests, out, sizeof out, "ps -a --format '{{.Names}}'"));
    size_t names = 0;
    for (char *name = strtok_r(out, "\n", &rest); name; name = strtok_r(NULL, "\n", &rest)) {
        if (!desk_named(k, name)) {
            fail_msg("docker lists %s, porthole does not", name);
        }
        names++;
    }
    assert_int_equal(names, model_count(k->model));
    assert_true(dockerd_docker(
        daemon_of_tests, NULL, 0, "ps -aq > %s/ids; (xargs docker -H %s rm -f < %s/ids)",
        dockerd_folder(daemon_of_tests), dockerd_address(daemon_of_tests), dockerd_folder(daemon_of_tests)));
    DESK_UNTIL(k, model_count(k->model) == 0);
}

static void check_clean(const char *s)
{
    for (; s && *s; s++) {
        assert_true((unsigned char)*s >= ' ' && *s != 0x7f);
    }
}

static void hostile_texts_are_cleaned(void **state)
{
    struct desk *k = *state;
    assert_true(dockerd_docker(
        daemon_of_tests, NULL, 0,
        "create --name texts --label \"com.docker.compose.project=$(printf '\\033[31mred\\007')\" busybox "
        "echo \"$(printf '\\033]0;title\\007\\342\\200\\256 \\344\\275\\240')\""));
    DESK_UNTIL(k, is(k, "texts", CONTAINER_CREATED));
    const struct container *c = desk_named(k, "texts");
    check_clean(c->command);
    check_clean(c->owner);
    assert_non_null(strstr(c->owner, "red"));
    assert_non_null(strstr(c->command, "\344\275\240")); /* a wide character is no danger */
    assert_null(strstr(c->command, "\342\200\256"));     /* one that turns the line around is */
}

static void an_image_is_brought_in_and_taken_away(void **state)
{
    struct desk *k = *state;
    struct desk_answer answer = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/root.tar", dockerd_folder(daemon_of_tests));
    session_image_import(k->session, 0, "brought:1", path, NULL, desk_answered, &answer);
    DESK_UNTIL(k, answer.done);
    assert_string_equal(answer.why.text, "");
    assert_string_equal(answer.text, "brought:1");
    desk_answer_done(&answer);
    assert_true(dockerd_docker(daemon_of_tests, NULL, 0, "save -o %s/saved.tar brought:1",
                               dockerd_folder(daemon_of_tests)));
    snprintf(path, sizeof path, "%s/saved.tar", dockerd_folder(daemon_of_tests));
    session_image_import(k->session, 0, "again", path, NULL, desk_answered, &answer);
    DESK_UNTIL(k, answer.done);
    assert_string_equal(answer.why.text, "");
    desk_answer_done(&answer);
    session_image_remove(k->session, 0, "brought:1", desk_answered, &answer);
    DESK_UNTIL(k, answer.done);
    assert_string_equal(answer.why.text, "");
    session_images(k->session, 0, desk_answered, &answer);
    answer.done = false;
    DESK_UNTIL(k, answer.done);
    bool found = false;
    for (size_t i = 0; i < answer.images->count; i++) {
        assert_string_not_equal(answer.images->rows[i].name, "brought:1");
        found = found || strcmp(answer.images->rows[i].name, "again") == 0;
    }
    assert_true(found);
    desk_answer_done(&answer);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        TEST(hostile_texts_are_cleaned),
        TEST(an_image_is_brought_in_and_taken_away),
        TEST(a_killed_daemon_ends_what_is_open_and_is_found_again),
        TEST(a_daemon_that_hangs_is_noticed),
        TEST(a_daemon_that_hangs_under_a_console_is_noticed),
        TEST(what_is_signalled_in_a_daemon_that_hangs_shows_it),
        TEST(a_pull_is_cut_short),
        TEST(commands_end_with_a_sentence),
        TEST(a_restart_leaves_what_runs_running),
        TEST(what_comes_and_goes_is_followed),
    };
#undef TEST
    char why[128];
    signal(SIGPIPE, SIG_IGN);
    daemon_of_tests = dockerd_new(why, sizeof why);
    if (!daemon_of_tests) {
        fprintf(stderr, "SKIPPED docker lost and found: %s\n", why);
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dockerd_free(daemon_of_tests);
    return failed > 0;
}
