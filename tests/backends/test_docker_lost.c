/* A real Docker daemon that is killed, stopped and started again under an open session; containers that come
 * and go by the dozen; names and texts that are not what a terminal wants. PORTHOLE_CHURN=N: so many
 * containers (default 30).
 */
#include "tests/backends/desk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "tests/backends/dockerd.h"

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
    assert_true(exec.why.kind == ERROR_UNREACHABLE || exec.why.kind == ERROR_CANCELLED);
    assert_true(attach.why.kind == ERROR_UNREACHABLE || attach.why.kind == ERROR_CANCELLED);
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
