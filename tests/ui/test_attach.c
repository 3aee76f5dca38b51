/* Attaching, on terminals. What a container printed before one attaches is shown, and not answered: its
 * queries get no answer, in the interface nor by `porthole attach` on a terminal that would; what it asks
 * from then on does, once. And whoever attaches can always leave. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/core/test.h"
#include "tests/ui/pty.h"

enum { ROWS = 30, COLS = 100, SKIPPED = 77 };

/* Queries of all kinds, in more than one frame, the last one cut. After the first byte that it reads comes
 * the rest of that one; then all that it reads is echoed, made visible. */
#define ASKS                                                                                                 \
    "stty -echo -icanon; i=0; while [ $i -lt 1500 ]; do printf '\\033[6n\\033[5n\\033[c\\033[>c"             \
    "\\033[?25$p\\033[18t\\033]11;?\\007\\033P$q q\\033\\\\\\005\\r\\n'; i=$((i+1)); done; "                 \
    "printf '\\033[2J\\033[Hready\\r\\n\\033['; k=$(dd bs=1 count=1 2>/dev/null | cat -v); "                 \
    "printf '6n%s' $k; dd bs=99 count=1 2>/dev/null | cat -v; stty echo; printf ' answered\\n>'; exec cat "  \
    ">/dev/null"

static char folder[64];
static const char *mode; /* "process", "vm" */

static const char *porthole(void)
{
    return getenv("PORTHOLE_BINARY");
}

static int shell(const char *line)
{
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void launch(void)
{
    char line[2048];
    setenv("ASKS", ASKS, 1);
    snprintf(line, sizeof line,
             "$P run -dit --name box --isolation %s busybox sh -c \"$ASKS\" >/dev/null && "
             "until $P logs box | grep -q ready; do sleep 0.1; done",
             mode);
    assert_int_equal(shell(line), 0);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/porthole-replay-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    setenv("PORTHOLE_STATE", folder, 1);
    launch();
    return 0;
}

static int tear_down(void **state)
{
    char line[256];
    (void)state;
    snprintf(line, sizeof line, "$P rm -f box >/dev/null 2>&1; rm -rf %s", folder);
    return shell(line);
}

static struct pty *attach_by_command(const char *option)
{
    const char *argv[] = {porthole(), "attach", option ? option : "box", option ? "box" : NULL, NULL};
    struct pty *p = pty_start(ROWS, COLS, argv, NULL);
    pty_expect(p, "ready");
    return p;
}

static struct pty *attach_by_interface(void)
{
    const char *argv[] = {porthole(), "--engine", "local", NULL};
    struct pty *p = pty_start(ROWS, COLS, argv, NULL);
    pty_expect(p, "box");
    pty_expect(p, "quit");
    pty_type(p, "a");
    pty_expect(p, "ready");
    return p;
}

/* Its key is the first byte that it reads; the answer to the query that was cut is the next, once. */
static void expect_one_answer(struct pty *p)
{
    char answer[32];
    pty_read(p, 300); /* what would be typed by itself is typed by now */
    pty_type(p, "k");
    pty_expect(p, "k^[[");
    pty_expect(p, " answered\n>");
    const char *text = strstr(pty_text(p), "k^[[");
    assert_non_null(text);
    assert_int_equal(sscanf(text, "k^[[%31s answered", answer), 1);
    assert_non_null(strchr(answer, ';'));
    assert_int_equal(strcspn(answer, "R"), strlen(answer) - 1);
    pty_type(p, "z");
    pty_expect(p, ">z");
    assert_null(strstr(strstr(pty_text(p), " answered"), "^["));
}

static void kill_and_free(struct pty *p)
{
    pty_signal(p, 9);
    pty_free(p);
}

static void the_interface_answers_no_replay(void **state)
{
    (void)state;
    int status;
    struct pty *p = attach_by_interface();
    expect_one_answer(p);
    pty_type(p, "<Ctrl-]>q");
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    pty_free(p);
    p = attach_by_interface(); /* whoever comes back answers nothing that was asked before */
    pty_read(p, 300);
    pty_type(p, "y");
    pty_expect(p, ">zy");
    kill_and_free(p);
}

static void the_command_answers_no_replay(void **state)
{
    (void)state;
    struct pty *p = attach_by_command(NULL);
    expect_one_answer(p);
    kill_and_free(p);
    p = attach_by_command(NULL);
    pty_read(p, 300);
    pty_type(p, "y");
    pty_expect(p, ">zy");
    kill_and_free(p);
}

/* Nobody reads what the terminal answers, but the shell that comes next. */
static void who_only_looks_asks_nothing(void **state)
{
    (void)state;
    size_t len;
    struct pty *p = attach_by_command("--no-stdin");
    struct pty *other = attach_by_interface();
    expect_one_answer(other);
    pty_expect(p, " answered");
    const char *raw = pty_raw(p, &len);
    for (size_t i = 0; i + 4 <= len; i++) {
        assert_memory_not_equal(raw + i, "\033[6n", 4);
    }
    kill_and_free(other);
    kill_and_free(p);
}

/* A process without a terminal, which obeys no signal. */
static struct pty *attach_to_the_stubborn(void)
{
    const char *argv[] = {porthole(), "attach", "stubborn", NULL};
    struct pty *p = pty_start(ROWS, COLS, argv, NULL);
    pty_type(p, "word<Enter>");
    pty_expect(p, "word\nword\n"); /* by the terminal, and by cat */
    return p;
}

static void expect_left(struct pty *p, int code)
{
    int status = -1;
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
    assert_true(pty_restored(p));
    pty_free(p);
    assert_int_equal(shell("$P ls | grep stubborn | grep -q running"), 0);
}

static void who_attaches_can_leave(void **state)
{
    (void)state;
    char line[256];
    snprintf(
        line, sizeof line,
        "$P run -di --name stubborn --isolation %s busybox sh -c 'trap \"\" INT HUP TERM; cat' >/dev/null",
        mode);
    assert_int_equal(shell(line), 0);
    struct pty *p = attach_to_the_stubborn();
    pty_type(p, "<Ctrl-C>"); /* one after the other: signals of one kind are one while they wait */
    pty_type(p, "one<Enter>");
    pty_expect(p, "one\none\n");
    pty_type(p, "<Ctrl-C>");
    pty_type(p, "two<Enter>");
    pty_expect(p, "two\ntwo\n");
    pty_type(p, "<Ctrl-C>");
    pty_expect(p, "left it");
    expect_left(p, 130);
    p = attach_to_the_stubborn();
    pty_type(p, "<Ctrl-P><Ctrl-Q>");
    expect_left(p, 0);
    p = attach_to_the_stubborn();
    pty_signal(p, 1);
    expect_left(p, 129);
    assert_int_equal(shell("$P rm -f stubborn >/dev/null"), 0);
}

static bool can_launch(const char *in)
{
    char line[256];
    snprintf(line, sizeof line,
             "$P engines --json | tr -d ' \\t\\n' | grep -q '\"isolation\":\"%s\",\"available\":true'", in);
    return shell(line) == 0 && shell("command -v busybox >/dev/null") == 0;
}

int main(void)
{
    static const char *const modes[] = {"process", "vm"};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_interface_answers_no_replay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_command_answers_no_replay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_only_looks_asks_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_attaches_can_leave, set_up, tear_down)};
    int failed = 0, skipped = 0;
    setenv("P", porthole() ? porthole() : "", 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    for (size_t i = 0; i < COUNT(modes); i++) {
        mode = modes[i];
        if (can_launch(mode)) {
            failed += cmocka_run_group_tests_name(mode, tests, NULL, NULL);
        } else {
            fprintf(stderr, "SKIPPED %s: it does not work here, see `porthole engines`\n", mode);
            skipped++;
        }
    }
    return skipped == COUNT(modes) ? SKIPPED : failed;
}
