/* Real programs in the console of a real container, cell by cell as a plain terminal of the same size shows
 * them: the interface on one terminal, `porthole exec -it` of the same container on another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/core/test.h"
#include "tests/ui/pty.h"

enum { ROWS = 40, COLS = 110, SKIPPED = 77, LINES = 200 };

static char folder[64];
static const char *mode; /* "process", "vm" */

static const char *porthole(void)
{
    return getenv("PORTHOLE_BINARY");
}

/* Runs a command line of the shell, $P being porthole; its exit code. */
static int shell(const char *line)
{
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void write_file(const char *name, const char *line)
{
    char path[128];
    snprintf(path, sizeof path, "%s/data/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 1; i <= LINES; i++) {
        fprintf(f, line, i, i);
    }
    fclose(f);
}

static int set_up(void **state)
{
    char line[512];
    (void)state;
    strcpy(folder, "/tmp/porthole-programs-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(line, sizeof line, "%s/data", folder);
    mkdir(line, 0755);
    write_file(
        "text",
        "%d: the quick brown fox, and a long line that goes on beyond the right edge of any pane that fits "
        "this terminal, so that it has to be wrapped or cut, number %d\n");
    write_file("colours",
               "\033[2J\033[H\033[1;31m%d\033[0m \033[4mline\033[0m \033[7;33;44mboxed\033[0m\r\n\033[5;10H"
               "\033[38;5;200mfar %d\033[K\033[0m\033[10;3H\342\224\214\342\224\200\342\224\220 "
               "\344\270\255\346\226\207\033[2L");
    setenv("PORTHOLE_STATE", folder, 1);
    unsetenv("NO_COLOR");
    snprintf(line, sizeof line,
             "$P run -d --name box --isolation %s busybox sleep 1000 >/dev/null && "
             "tar -C %s -cf - data | $P exec -i box tar -C / -xf -",
             mode, folder);
    return shell(line);
}

static int tear_down(void **state)
{
    char line[256];
    (void)state;
    snprintf(line, sizeof line, "$P rm -f box plain >/dev/null 2>&1; rm -rf %s", folder);
    return shell(line);
}

struct sides {
    struct pty *interface, *plain;
    int row, col; /* of the pane in the interface */
    int rows, cols;
};

/* Into both. The shell asks its terminal for the cursor at each prompt: the answer is to arrive before what
 * is typed starts a program, which would take it for keys. */
static void type(struct sides *s, const char *keys, const char *until)
{
    pty_read(s->interface, 200);
    pty_read(s->plain, 200);
    pty_type(s->interface, keys);
    pty_type(s->plain, keys);
    pty_expect(s->interface, until);
    pty_expect(s->plain, until);
}

static struct sides open_sides(void)
{
    struct sides s = {0};
    const char *interface[] = {porthole(), NULL};
    s.interface = pty_start(ROWS, COLS, interface, NULL);
    pty_expect(s.interface, "box");
    pty_expect(s.interface, "quit");
    pty_type(s.interface, "e");
    pty_expect(s.interface, "/ #");
    pty_type(s.interface, "clear; echo =$((40+2))= $(stty size) =<Enter>");
    pty_expect(s.interface, "=42=");
    assert_true(pty_find(s.interface, "=42=", &s.row, &s.col));
    const char *place = strstr(pty_text(s.interface), "=42=");
    assert_int_equal(sscanf(place, "=42= %d %d", &s.rows, &s.cols), 2);
    const char *plain[] = {porthole(), "exec", "-it", "box", "sh", NULL};
    s.plain = pty_start(s.rows, s.cols, plain, NULL);
    pty_expect(s.plain, "/ #");
    type(&s, "clear; echo =$((40+2))=<Enter>", "=42=");
    return s;
}

static void close_sides(struct sides *s)
{
    int status = -1;
    pty_type(s->interface, "<Ctrl-]>q");
    pty_expect(s->interface, "y yes");
    pty_type(s->interface, "y");
    assert_true(pty_wait_exit(s->interface, PTY_PATIENCE_MS, &status));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(pty_restored(s->interface));
    pty_free(s->interface);
    pty_free(s->plain);
}

/* Of a blank nobody sees whether it would be bold, or in which colour. */
static bool same_cell(const struct pty_cell *a, const struct pty_cell *b)
{
    const char *left = a->text[0] ? a->text : " ", *right = b->text[0] ? b->text : " ";
    bool blank = strcmp(left, " ") == 0 && !a->reverse && !a->underline;
    return strcmp(left, right) == 0 && a->underline == b->underline && a->reverse == b->reverse &&
           a->own_background == b->own_background && (!a->own_background || a->background == b->background) &&
           (blank || (a->bold == b->bold && a->own_foreground == b->own_foreground &&
                      (!a->own_foreground || a->foreground == b->foreground)));
}

/* Row and column of the first cell that differs; false: none does. */
static bool differ(struct sides *s, int *row, int *col)
{
    for (*row = 0; *row < s->rows; (*row)++) {
        for (*col = 0; *col < s->cols; (*col)++) {
            struct pty_cell a = pty_cell(s->interface, s->row + *row, s->col + *col);
            struct pty_cell b = pty_cell(s->plain, *row, *col);
            if (!same_cell(&a, &b)) {
                return true;
            }
        }
    }
    return false;
}

static bool differ_in_cursor(struct sides *s, int *row, int *col)
{
    int there_row = 0, there_col = 0;
    bool here = pty_cursor(s->interface, row, col), there = pty_cursor(s->plain, &there_row, &there_col);
    *row -= s->row;
    *col -= s->col;
    return here != there || (here && (*row != there_row || *col != there_col));
}

/* In the end: what is on its way may still change them. */
static void expect_same(struct sides *s)
{
    int row, col, tries = 0;
    while (differ(s, &row, &col) || differ_in_cursor(s, &row, &col)) {
        if (++tries > 50) {
            pty_print(s->interface);
            pty_print(s->plain);
            fail_msg("row %d, column %d differ", row, col);
        }
        pty_read(s->interface, 100);
        pty_read(s->plain, 100);
    }
}

static void editor(void **state)
{
    (void)state;
    struct sides s = open_sides();
    type(&s, "vi /data/text; echo =$((40+3))=<Enter>", "1: the quick");
    expect_same(&s);
    type(&s, "5Gofour and a half", "half");
    expect_same(&s);
    pty_type(s.interface, "<Esc>");
    pty_type(s.plain, "<Esc>");
    pty_read(s.interface, 300); /* vi waits to see whether the escape begins a sequence */
    type(&s, "G", "200: the quick");
    expect_same(&s);
    type(&s, ":q!<Enter>", "=43=");
    expect_same(&s);
    close_sides(&s);
}

static void pager(void **state)
{
    (void)state;
    struct sides s = open_sides();
    type(&s, "less -N /data/text<Enter>", "1: the quick");
    expect_same(&s);
    type(&s, "G", "200: the quick");
    expect_same(&s);
    type(&s, "g", "1: the quick");
    expect_same(&s);
    type(&s, "/", "/");
    type(&s, "number 77<Enter>", " 90: the quick");
    expect_same(&s);
    close_sides(&s);
}

/* Its numbers never stand still: the whole line that names the columns is compared, reversed as it is. */
static void monitor(void **state)
{
    (void)state;
    struct sides s = open_sides();
    int here, there, col, cell = 0;
    type(&s, "top -d 100; clear; echo =$((40+4))=<Enter>", "sleep 1000");
    assert_true(pty_find(s.interface, "  PID", &here, &col));
    assert_true(pty_find(s.plain, "  PID", &there, &cell));
    assert_int_equal(here - s.row, there);
    for (col = 0; col < s.cols; col++) {
        struct pty_cell a = pty_cell(s.interface, here, s.col + col), b = pty_cell(s.plain, there, col);
        assert_true(same_cell(&a, &b));
        assert_true(col > 10 || a.reverse);
    }
    type(&s, "q", "=44=");
    expect_same(&s);
    close_sides(&s);
}

static void redraws(void **state)
{
    (void)state;
    struct sides s = open_sides();
    type(&s, "clear; cat /data/colours; printf '\\033[9;1Hend'<Enter>", "far 200");
    expect_same(&s);
    close_sides(&s);
}

/* A character that two reads cut is whole, one that never becomes whole is shown as such; and what harms
 * libvterm, often enough that it would end the program, does nothing. Not on the other side, which has
 * nothing but libvterm. */
static void broken_output(void **state)
{
    (void)state;
    struct sides s = open_sides();
    pty_type(s.interface, "clear; printf 'cut:a\\303'; sleep 1; printf '\\251b never:\\344\\270:\\n'<Enter>");
    pty_expect(s.interface, "cut:a\303\251b never:\357\277\275:");
    pty_type(s.interface,
             "clear; awk 'BEGIN { for (i = 0; i <lt> 40000; i++) "
             "printf \"\\302\\007\\235\\033Ha\\303\\033[5bZ\\033[H\" }'; echo; echo =$((40+5))=<Enter>");
    pty_expect(s.interface, "=45=");
    close_sides(&s);
}

/* Output and errors of a container without a terminal come in one console: what of the one cuts a character
 * of the other does not break it. */
static void output_and_errors(void **state)
{
    (void)state;
    char line[512];
    snprintf(
        line, sizeof line,
        "$P run -d --name plain --isolation %s busybox sh -c 'while :; do printf \"cut:a\\303\"; sleep 1; "
        "printf E >&2; sleep 1; printf \"\\251b\\n\"; sleep 1; done' >/dev/null",
        mode);
    assert_int_equal(shell(line), 0);
    const char *argv[] = {porthole(), NULL};
    struct pty *p = pty_start(ROWS, COLS, argv, NULL);
    int status;
    pty_expect(p, "plain");
    pty_type(p, "/plain<Enter>");
    pty_expect(p, "1 shown");
    pty_type(p, "a");
    pty_expect(p, "cut:aE\303\251b");
    pty_type(p, "<Ctrl-]>q");
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    pty_free(p);
    assert_int_equal(shell("$P rm -f plain >/dev/null"), 0);
}

/* A command without a terminal, whose output goes to one: what comes out is whole, well-formed characters,
 * and no byte that a terminal of 8 bits takes for the beginning of a sequence. */
static void broken_output_of_a_command(void **state)
{
    (void)state;
    const char *argv[] = {porthole(), "exec",
                          "box",      "sh",
                          "-c",       "printf 'cut:a\\303'; sleep 1; printf '\\251b \\2332J end:\\344\\270'",
                          NULL};
    struct pty *p = pty_start(10, 40, argv, NULL);
    int status;
    size_t len;
    pty_expect(p, "cut:a\303\251b \357\277\2752J end:\357\277\275");
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    const char *raw = pty_raw(p, &len);
    assert_non_null(memmem(raw, len, "b \357\277\2752J", 7));
    pty_free(p);
}

/* A terminal that is handed over prints a bare line feed as one: the next column, not the first. */
static void bare_line_feeds(void **state)
{
    (void)state;
    const char *argv[] = {
        porthole(), "exec", "-it", "box", "sh", "-c", "stty -opost; printf 'ab\\ncd\\n'; cat", NULL};
    struct pty *p = pty_start(10, 40, argv, NULL);
    int row, col, status;
    pty_expect(p, "cd");
    assert_true(pty_find(p, "cd", &row, &col));
    assert_int_equal(row, 1);
    assert_int_equal(col, 2);
    pty_type(p, "<Ctrl-C>");
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(pty_restored(p));
    pty_free(p);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(editor),
                                       cmocka_unit_test(pager),
                                       cmocka_unit_test(monitor),
                                       cmocka_unit_test(redraws),
                                       cmocka_unit_test(broken_output),
                                       cmocka_unit_test(output_and_errors),
                                       cmocka_unit_test(broken_output_of_a_command),
                                       cmocka_unit_test(bare_line_feeds)};
    int failed = 0, skipped = 0;
    setenv("P", porthole() ? porthole() : "", 1);
    for (size_t i = 0; i < COUNT(modes); i++) {
        mode = modes[i];
        if (can_launch(mode)) {
            failed += cmocka_run_group_tests_name(mode, tests, set_up, tear_down);
        } else {
            fprintf(stderr, "SKIPPED %s: it does not work here, see `porthole engines`\n", mode);
            skipped++;
        }
    }
    return skipped == COUNT(modes) ? SKIPPED : failed;
}
