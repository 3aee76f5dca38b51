/* What was typed for a shell, a question or a line acts on no container when that ends by itself. On the fake
 * engine, and on containers of the local one that somebody else removes. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/core/test.h"
#include "tests/ui/pty.h"

enum { ROWS = 30, COLS = 110, IN_TIME_MS = 900, ATTEMPTS = 20 };

static const char IGNORED[] = "Keys are ignored";
static char folder[64];

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct pty *start(const char *options)
{
    static const char *const plain[] = {"NO_COLOR", "XDG_CONFIG_HOME=/nonexistent", NULL};
    char engine[128];
    snprintf(engine, sizeof engine, "fake=%s", options);
    const char *argv[] = {getenv("PORTHOLE_FAKE"), "--engine", engine, NULL};
    struct pty *p = pty_start(ROWS, COLS, argv, plain);
    pty_expect(p, "12 containers");
    pty_expect(p, "quit");
    return p;
}

static void choose(struct pty *p, const char *name)
{
    char words[64];
    pty_type(p, "/");
    pty_type(p, name);
    pty_type(p, "<Enter>");
    snprintf(words, sizeof words, "── %s ──", name);
    pty_expect(p, words);
}

static struct pty *start_shell(const char *options)
{
    struct pty *p = start(options);
    choose(p, "web-1");
    pty_type(p, "e");
    pty_expect(p, "typing ·");
    pty_expect(p, "\n$");
    return p;
}

static void quit(struct pty *p)
{
    int status = -1;
    pty_type(p, "q");
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(pty_restored(p));
    pty_free(p);
}

static void expect_not(struct pty *p, const char *words)
{
    pty_wait_quiet(p, 150, PTY_PATIENCE_MS);
    assert_false(pty_find(p, words, NULL, NULL));
}

/* Types `end`, which ends the shell, and `more` when that is seen. A machine that is busy for so long that
 * this may count as a pause has shown nothing: false, and the attempt counts for nothing. */
static bool type_beyond(struct pty *p, const char *end, const char *more)
{
    int64_t begin = now_ms();
    pty_type(p, end);
    pty_expect(p, IGNORED);
    pty_type(p, more);
    return now_ms() - begin < IN_TIME_MS;
}

static struct pty *shell_left_behind(const char *more)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        struct pty *p = start_shell("containers=12");
        if (type_beyond(p, "exit 3<Enter>", more)) {
            return p;
        }
        pty_signal(p, 9);
        pty_free(p);
    }
    fail_msg("this machine is too busy");
    return NULL;
}

static void the_rest_of_the_line_is_ignored_until_enter(void **state)
{
    (void)state;
    struct pty *p = shell_left_behind("pS");
    expect_not(p, "paused");
    assert_false(pty_find(p, "Paus", NULL, NULL));
    pty_expect(p, "web-1 shell: exited with code 3");
    pty_type(p, "<Enter>");
    pty_expect_gone(p, IGNORED);
    expect_not(p, "aused");
    pty_type(p, "p");
    pty_expect(p, "Paused web-1");
    quit(p);
}

static void or_until_esc_or_a_pause(void **state)
{
    (void)state;
    struct pty *p = shell_left_behind("p<Esc>");
    pty_expect_gone(p, IGNORED);
    expect_not(p, "aused");
    quit(p);
    p = shell_left_behind("p");
    pty_expect_gone(p, IGNORED);
    expect_not(p, "aused");
    pty_type(p, "p");
    pty_expect(p, "Paused web-1");
    quit(p);
}

/* Nothing is typed for a while: then the shell ends, and what comes next was still meant for it. */
static void a_paste_is_ignored_too(void **state)
{
    (void)state;
    struct pty *p = shell_left_behind("\033[200~p x y\033[201~");
    expect_not(p, "aused");
    assert_false(pty_find(p, "Stop web-1", NULL, NULL));
    pty_type(p, "<Enter>");
    pty_expect_gone(p, IGNORED);
    pty_send(p, "\033[200~p\nx\ny\n\033[201~", 18);
    expect_not(p, "aused");
    assert_false(pty_find(p, "Stop web-1", NULL, NULL));
    quit(p);
}

static void an_engine_that_is_lost_ends_no_line_in_actions(void **state)
{
    (void)state;
    struct pty *p = start("containers=12,offline=6000");
    choose(p, "web-1");
    pty_type(p, "e");
    pty_expect(p, "typing ·");
    pty_expect(p, IGNORED);
    pty_type(p, "p<Enter>");
    pty_expect_gone(p, IGNORED);
    expect_not(p, "aused");
    quit(p);
}

static void a_small_window_keeps_the_keys_of_the_shell(void **state)
{
    (void)state;
    struct pty *p = start_shell("containers=12");
    pty_resize(p, 8, 38);
    pty_expect(p, "Keys go on to the");
    pty_type(p, "echo qpx-<Enter>");
    pty_wait_quiet(p, 100, PTY_PATIENCE_MS);
    pty_resize(p, ROWS, COLS);
    pty_expect(p, "typing ·");
    pty_expect(p, "\nqpx-");
    expect_not(p, "aused");
    pty_resize(p, 8, 38);
    pty_expect(p, "Keys go on to the");
    pty_type(p, "exit<Enter>");
    pty_expect(p, "Keys are ignored");
    pty_type(p, "<Enter>");
    pty_expect_gone(p, "Keys");
    pty_type(p, "p");
    pty_resize(p, ROWS, COLS);
    pty_expect(p, "exited 0");
    expect_not(p, "aused");
    quit(p);
}

/* Nor does a letter of a line that is typed blind leave the program, or answer a question. */
static void a_small_window_acts_on_nothing(void **state)
{
    (void)state;
    struct pty *p = start("containers=12");
    choose(p, "web-1");
    pty_type(p, "x");
    pty_expect(p, "Stop web-1?");
    pty_resize(p, 8, 38);
    pty_expect(p, "This window is");
    pty_type(p, "yq");
    pty_wait_quiet(p, 100, PTY_PATIENCE_MS);
    pty_resize(p, ROWS, COLS);
    pty_expect(p, "Stop web-1?");
    pty_type(p, "n");
    pty_expect_gone(p, "Stop web-1?");
    pty_type(p, ":pau");
    pty_expect(p, "Command");
    pty_resize(p, 8, 38);
    pty_expect(p, "This window is");
    pty_type(p, "q<Enter>");
    pty_wait_quiet(p, 100, PTY_PATIENCE_MS);
    pty_resize(p, ROWS, COLS);
    pty_expect(p, "Command");
    expect_not(p, "aused");
    pty_type(p, "<Esc>");
    pty_expect_gone(p, "Command");
    quit(p);
}

static void what_comes_before_the_shell_is_for_the_shell(void **state)
{
    (void)state;
    struct pty *p = start("containers=12");
    choose(p, "web-1");
    pty_type(p, "eecho pxy-early<Enter>");
    pty_expect(p, "$ pxy-early");
    expect_not(p, "aused");
    pty_signal(p, 9);
    pty_free(p);
    p = start("containers=12");
    choose(p, "nightly");
    pty_type(p, "estop"); /* it does not run: there is no shell, and no action either */
    pty_expect(p, "exec: nightly is exited");
    expect_not(p, "Launch a container");
    quit(p);
}

/* Containers of the local engine. */

static int shell(const char *line)
{
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool can_launch(void)
{
    return shell("command -v busybox >/dev/null && $P engines --json | tr -d ' \\t\\n' | "
                 "grep -q '\"isolation\":\"process\",\"available\":true'") == 0;
}

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/porthole-ignored-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    setenv("PORTHOLE_STATE", folder, 1);
    return shell(
        "for name in ann bob; do $P run -d --name $name busybox sleep 1000 >/dev/null || exit; done");
}

static int tear_down(void **state)
{
    char line[256];
    (void)state;
    snprintf(line, sizeof line, "$P rm -f ann bob >/dev/null 2>&1; rm -rf %s", folder);
    return shell(line);
}

static struct pty *open_local(void)
{
    const char *argv[] = {getenv("PORTHOLE_BINARY"), "--engine", "local", NULL};
    struct pty *p = pty_start(ROWS, COLS, argv, NULL);
    pty_expect(p, "▸ □ process  ann");
    pty_expect(p, "bob");
    pty_expect(p, "quit");
    return p;
}

static void expect_bob_runs(void)
{
    assert_int_equal(shell("$P ls | grep bob | grep -q running"), 0);
}

static void kill_and_free(struct pty *p)
{
    pty_signal(p, 9);
    pty_free(p);
}

static void a_container_that_is_removed_leaves_the_next_one_alone(void **state)
{
    (void)state;
    struct pty *p = open_local();
    pty_type(p, "e");
    pty_expect(p, "typing ·");
    assert_int_equal(shell("$P rm -f ann >/dev/null"), 0);
    pty_expect(p, IGNORED);
    pty_type(p, "<Enter>");
    pty_expect_gone(p, IGNORED);
    pty_expect_gone(p, "process  ann");
    pty_type(p, "p"); /* its place in the list is another's */
    pty_expect(p, "Nothing was done");
    expect_bob_runs();
    pty_type(p, "p");
    pty_expect(p, "Paused bob");
    kill_and_free(p);
}

static void a_container_that_leaves_the_filter_leaves_the_next_one_alone(void **state)
{
    (void)state;
    struct pty *p = open_local();
    pty_type(p, "/state=running<Enter>");
    pty_expect(p, "filter: state=running");
    assert_int_equal(shell("$P kill ann >/dev/null"), 0);
    pty_expect_gone(p, "process  ann");
    pty_type(p, "p");
    pty_expect(p, "Nothing was done");
    expect_bob_runs();
    kill_and_free(p);
}

static void a_question_is_about_whom_it_names(void **state)
{
    (void)state;
    struct pty *p = open_local();
    pty_type(p, "x");
    pty_expect(p, "Stop ann?");
    assert_int_equal(shell("$P rm -f ann >/dev/null"), 0);
    pty_expect_gone(p, "process  ann");
    pty_type(p, "y");
    pty_expect_gone(p, "Stop ann?");
    expect_not(p, "Stopped bob");
    expect_bob_runs();
    kill_and_free(p);
}

static void a_command_is_for_whom_it_was_chosen(void **state)
{
    (void)state;
    struct pty *p = open_local();
    pty_type(p, ":kill");
    pty_expect(p, "Command");
    assert_int_equal(shell("$P rm -f ann >/dev/null"), 0);
    pty_read(p, 1500); /* until the list has heard of it */
    pty_type(p, "<Enter>");
    pty_expect(p, "Nothing was done");
    expect_not(p, "Kill bob");
    expect_bob_runs();
    kill_and_free(p);
}

int main(void)
{
    const struct CMUnitTest fake[] = {cmocka_unit_test(the_rest_of_the_line_is_ignored_until_enter),
                                      cmocka_unit_test(or_until_esc_or_a_pause),
                                      cmocka_unit_test(a_paste_is_ignored_too),
                                      cmocka_unit_test(an_engine_that_is_lost_ends_no_line_in_actions),
                                      cmocka_unit_test(a_small_window_keeps_the_keys_of_the_shell),
                                      cmocka_unit_test(a_small_window_acts_on_nothing),
                                      cmocka_unit_test(what_comes_before_the_shell_is_for_the_shell)};
    const struct CMUnitTest local[] = {
        cmocka_unit_test_setup_teardown(a_container_that_is_removed_leaves_the_next_one_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_container_that_leaves_the_filter_leaves_the_next_one_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_question_is_about_whom_it_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_command_is_for_whom_it_was_chosen, set_up, tear_down)};
    int failed = cmocka_run_group_tests(fake, NULL, NULL);
    setenv("P", getenv("PORTHOLE_BINARY") ? getenv("PORTHOLE_BINARY") : "", 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    if (can_launch()) {
        failed += cmocka_run_group_tests(local, NULL, NULL);
    } else {
        fprintf(stderr, "SKIPPED local: it does not work here, see `porthole engines`\n");
    }
    return failed;
}
