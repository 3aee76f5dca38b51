/* The screen on a real terminal, through screen_probe. */
#include "tests/core/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "tests/ui/pty.h"

static struct pty *start(int rows, int cols, const char *const *env)
{
    const char *argv[] = {getenv("SCREEN_PROBE"), NULL};
    assert_non_null(argv[0]);
    struct pty *p = pty_start(rows, cols, argv, env);
    return p;
}

static struct pty *ready(void)
{
    struct pty *p = start(24, 80, NULL);
    pty_expect(p, "probe 80x24");
    pty_wait_quiet(p, 50, 2000);
    return p;
}

static void assert_quits(struct pty *p)
{
    int status;
    pty_type(p, "q");
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(pty_restored(p));
    pty_free(p);
}

static void test_shows_text_and_styles(void **state)
{
    (void)state;
    struct pty *p = ready();
    int row, col;
    assert_non_null(strstr(pty_text(p), "row 1 \xe2\x94\x82 caf\xc3\xa9 \xe4\xb8\xad"));
    assert_true(pty_find(p, "row 0", &row, &col));
    assert_true(pty_cell(p, row, col).own_background);
    assert_true(pty_find(p, "row 1", &row, &col));
    assert_false(pty_cell(p, row, col).own_background);
    assert_true(pty_cell(p, 0, 0).bold);
    assert_false(pty_cursor(p, &row, &col));
    assert_quits(p);
}

static void test_nothing_changed_nothing_written(void **state)
{
    (void)state;
    struct pty *p = ready();
    size_t before = pty_bytes_written(p);
    pty_type(p, "nnn");
    pty_read(p, 300);
    assert_int_equal(pty_bytes_written(p), before);
    assert_quits(p);
}

static void test_moving_the_selection_writes_two_rows(void **state)
{
    (void)state;
    struct pty *p = ready();
    size_t before = pty_bytes_written(p);
    pty_type(p, "s");
    pty_read(p, 300);
    size_t written = pty_bytes_written(p) - before;
    assert_in_range(written, 20, 200);
    assert_true(pty_cell(p, 2, 0).own_background);
    assert_quits(p);
}

static void test_redraw_repairs_the_screen(void **state)
{
    (void)state;
    struct pty *p = ready();
    size_t before = pty_bytes_written(p);
    pty_type(p, "l");
    pty_expect(p, "[l]");
    pty_wait_quiet(p, 50, 2000);
    assert_true(pty_bytes_written(p) - before > 80);
    pty_expect(p, "row 2");
    assert_quits(p);
}

static void expect_key(struct pty *p, const char *typed, const char *shown)
{
    pty_type(p, typed);
    pty_expect(p, shown);
}

static void test_keys(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "Up",       "Down",      "Left",         "Right",     "Home",       "End",
        "Page Up",  "Page Down", "Insert",       "Delete",    "F1",         "F5",
        "F12",      "Shift-Tab", "Tab",          "Enter",     "Esc",        "Ctrl-K",
        "Ctrl-]",   "Ctrl-C",    "Ctrl-Z",       "Alt-x",     "Ctrl-Up",    "Ctrl-Right",
        "Shift-Up", "Alt-Up",    "Ctrl-Home",    "Backspace", "Ctrl-Space", "x",
        "?",        "\xc3\xa9",  "\xe4\xb8\xad", "Ctrl-S",    "Ctrl-Q",     "Ctrl-J",
    };
    struct pty *p = ready();
    for (size_t i = 0; i < COUNT(keys); i++) {
        char typed[64], shown[64];
        snprintf(typed, sizeof typed, "<%s>", keys[i]);
        snprintf(shown, sizeof shown, "[%s]", keys[i]);
        expect_key(p, typed, shown);
    }
    assert_quits(p);
}

static void test_character_in_pieces(void **state)
{
    (void)state;
    struct pty *p = ready();
    pty_send(p, "\xe4\xb8", 2);
    pty_read(p, 150);
    pty_send(p, "\xad", 1);
    pty_expect(p, "[\xe4\xb8\xad]");
    assert_quits(p);
}

static void test_unknown_sequences_are_no_keys(void **state)
{
    (void)state;
    struct pty *p = ready();
    pty_type(p, "x");
    pty_expect(p, "[x]");
    pty_send(p, "\033[99;1q\033[?1;2c", 14);
    pty_read(p, 150);
    pty_expect(p, "[x]");
    assert_quits(p);
}

static void test_paste_and_mouse(void **state)
{
    (void)state;
    struct pty *p = ready();
    const char paste[] = "\033[200~hello\rq\033[201~";
    pty_send(p, paste, sizeof paste - 1);
    pty_expect(p, "[Paste 7 hello q]");
    pty_send(p, "\033[<0;300;5M", 11);
    pty_expect(p, "[Mouse 0 at 4,299]");
    pty_send(p, "\033[<65;3;5M", 10);
    pty_expect(p, "[Mouse 3 at 4,2]");
    assert_quits(p);
}

static void test_resizes(void **state)
{
    (void)state;
    static const int sizes[][2] = {{60, 200}, {10, 20}, {3, 10}, {1, 1}, {24, 80}};
    struct pty *p = ready();
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char words[64];
        pty_resize(p, sizes[i][0], sizes[i][1]);
        snprintf(words, sizeof words, "probe %dx%d", sizes[i][1], sizes[i][0]);
        words[sizes[i][1] < 10 ? 0 : 5] = '\0';
        pty_expect(p, words);
        pty_read(p, 100);
    }
    pty_expect(p, "probe");
    for (int i = 0; i < 50; i++) {
        pty_resize(p, 1 + i * 7 % 50, 1 + i * 13 % 150);
        pty_read(p, 3);
    }
    pty_resize(p, 30, 100);
    pty_expect(p, "probe 100x30");
    assert_quits(p);
}

static void assert_dies_clean(struct pty *p, int number)
{
    int status;
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(!WIFSIGNALED(status) || WTERMSIG(status) == number);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0 && (number == SIGSEGV || number == SIGABRT));
    assert_true(pty_restored(p));
    pty_free(p);
}

static void test_terminal_is_put_back(void **state)
{
    (void)state;
    struct pty *p = ready();
    pty_type(p, "c");
    assert_dies_clean(p, SIGSEGV);
    p = ready();
    pty_type(p, "a");
    assert_dies_clean(p, SIGABRT);
    p = ready();
    pty_signal(p, SIGTERM);
    assert_dies_clean(p, SIGTERM);
    p = ready();
    pty_signal(p, SIGHUP);
    assert_dies_clean(p, SIGHUP);
}

static void test_hang_up_ends_it(void **state)
{
    (void)state;
    struct pty *p = ready();
    int status;
    pty_hang_up(p);
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    pty_free(p);
}

static void test_suspend_and_resume(void **state)
{
    (void)state;
    struct pty *p = ready();
    pty_type(p, "z");
    assert_true(pty_stopped(p, PTY_PATIENCE_MS));
    assert_true(pty_restored(p));
    pty_signal(p, SIGCONT);
    pty_expect(p, "row 2");
    pty_wait_quiet(p, 200, PTY_PATIENCE_MS); /* curses ignores the signal while it draws */
    pty_signal(p, SIGTSTP);
    assert_true(pty_stopped(p, PTY_PATIENCE_MS));
    assert_true(pty_restored(p));
    pty_signal(p, SIGCONT);
    pty_expect(p, "row 2");
    assert_quits(p);
}

static void test_another_program_on_the_terminal(void **state)
{
    (void)state;
    struct pty *p = ready();
    pty_type(p, "o");
    pty_expect(p, "outside");
    pty_type(p, "typed to cat<Enter>");
    pty_expect(p, "typed to cat\ntyped to cat");
    pty_type(p, "<Ctrl-D>");
    pty_expect(p, "row 2");
    assert_quits(p);
}

static void test_few_colours(void **state)
{
    (void)state;
    static const struct {
        const char *env[3];
        const char *words;
        bool colored;
    } cases[] = {
        {{"TERM=xterm-256color", NULL}, "colors 256", true}, {{"TERM=xterm", NULL}, "colors 8", true},
        {{"TERM=vt100", NULL}, "colors 0", false},           {{"NO_COLOR=1", NULL}, "colors 0", false},
        {{"NO_COLOR=", NULL}, "colors 256", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pty *p = start(24, 80, cases[i].env);
        pty_expect(p, cases[i].words);
        pty_expect(p, "row 0");
        pty_wait_quiet(p, 50, 1000);
        struct pty_cell cell = pty_cell(p, 1, 0);
        assert_true(cell.reverse || cell.own_background);
        if (!cases[i].colored) {
            assert_true(cell.reverse);
            assert_false(cell.own_background || cell.own_foreground);
        }
        pty_type(p, "w");
        pty_expect(p, "####");
        assert_quits(p);
    }
}

static void test_ascii_without_utf8(void **state)
{
    (void)state;
    const char *env[] = {"LC_ALL=C", NULL};
    struct pty *p = start(24, 80, env);
    size_t len;
    pty_expect(p, "row 1 | caf? ??");
    const char *raw = pty_raw(p, &len);
    for (size_t i = 0; i < len; i++) {
        assert_true((unsigned char)raw[i] < 0x80);
    }
    assert_quits(p);
}

static void test_refuses_what_is_no_terminal(void **state)
{
    (void)state;
    const char *env[] = {"TERM=nonsense-77", NULL};
    int status;
    struct pty *p = start(24, 80, env);
    pty_expect(p, "TERM is \"nonsense-77\"");
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_true(pty_restored(p));
    pty_free(p);
    const char *argv[] = {"sh", "-c", "$SCREEN_PROBE </dev/null", NULL};
    p = pty_start(24, 80, argv, NULL);
    pty_expect(p, "standard input is none");
    pty_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shows_text_and_styles),
        cmocka_unit_test(test_nothing_changed_nothing_written),
        cmocka_unit_test(test_moving_the_selection_writes_two_rows),
        cmocka_unit_test(test_redraw_repairs_the_screen),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_character_in_pieces),
        cmocka_unit_test(test_unknown_sequences_are_no_keys),
        cmocka_unit_test(test_paste_and_mouse),
        cmocka_unit_test(test_resizes),
        cmocka_unit_test(test_terminal_is_put_back),
        cmocka_unit_test(test_hang_up_ends_it),
        cmocka_unit_test(test_suspend_and_resume),
        cmocka_unit_test(test_another_program_on_the_terminal),
        cmocka_unit_test(test_few_colours),
        cmocka_unit_test(test_ascii_without_utf8),
        cmocka_unit_test(test_refuses_what_is_no_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
