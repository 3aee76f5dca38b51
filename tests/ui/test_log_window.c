/* A log in, the rows of its window out: the first characters of each, joined by "/". */
#include <stdio.h>

#include "core/console.h"
#include "tests/core/test.h"
#include "ui/log_window.h"

enum { ROWS = 3, COLS = 12 };

static void add(struct loglines *l, int stream, const char *text)
{
    loglines_add(l, stream, 0, text, strlen(text));
}

static struct loglines *numbered(int lines)
{
    struct loglines *l = loglines_new(10, 4096);
    for (int i = 1; i <= lines; i++) {
        char text[20];
        snprintf(text, sizeof text, "line %d\n", i);
        add(l, CONSOLE_OUT, text);
    }
    return l;
}

static void expect(struct log_window *w, const struct loglines *l, const char *rows)
{
    struct canvas *c = canvas_new(ROWS, COLS);
    char out[200] = "";
    log_window_draw(w, l, NULL, c, (struct rect){0, 0, ROWS, COLS});
    for (int row = 0; row < ROWS; row++) {
        char text[COLS + 1];
        const struct cell *cells = canvas_row(c, row);
        int len = 0;
        for (int col = 0; col < COLS; col++) {
            text[col] = cells[col].chars[0] != 0 ? (char)cells[col].chars[0] : ' ';
            len = text[col] != ' ' ? col + 1 : len;
        }
        text[len] = '\0';
        strcat(strcat(out, row > 0 ? "/" : ""), text);
    }
    canvas_free(c);
    assert_string_equal(out, rows);
}

static void it_follows(void **state)
{
    (void)state;
    struct loglines *l = numbered(2);
    struct log_window w = {.follow = true};
    expect(&w, l, "  line 1/  line 2/");
    add(l, CONSOLE_ERR, "line 3\nline 4\n");
    expect(&w, l, "  line 2/! line 3/! line 4");
    loglines_free(l);
}

static void it_stays_while_looked_back(void **state)
{
    (void)state;
    struct loglines *l = numbered(8);
    struct log_window w = {.follow = true};
    expect(&w, l, "  line 6/  line 7/  line 8");
    log_window_move(&w, l, -2);
    expect(&w, l, "  line 4/  line 5/  line 6");
    assert_false(w.follow);
    add(l, CONSOLE_OUT, "line 9\n");
    expect(&w, l, "  line 4/  line 5/  line 6");
    log_window_move(&w, l, 100);
    assert_true(w.follow);
    log_window_home(&w, l);
    expect(&w, l, "  line 1/  line 2/  line 3");
    add(l, CONSOLE_OUT, "line 10\nline 11\nline 12\n"); /* the oldest two fall out */
    expect(&w, l, "  line 3/  line 4/  line 5");
    loglines_free(l);
}

static void it_wraps(void **state)
{
    (void)state;
    struct loglines *l = loglines_new(10, 4096);
    struct log_window w = {.follow = true, .wrap = true};
    add(l, CONSOLE_OUT, "0123456789abcdefghij##\nend\n");
    expect(&w, l, "  abcdefghij/  ##/  end");
    log_window_move(&w, l, -1);
    expect(&w, l, "  0123456789/  abcdefghij/  ##");
    log_window_turn_wrap(&w);
    expect(&w, l, "  012345678&/  end/"); /* 0x2026, cut to a char */
    w.skip = 16;
    expect(&w, l, "  ghij##//");
    loglines_free(l);
}

static void it_goes_to_a_line(void **state)
{
    (void)state;
    struct loglines *l = numbered(9);
    struct log_window w = {.follow = true};
    expect(&w, l, "  line 7/  line 8/  line 9");
    log_window_reveal(&w, l, loglines_first(l) + 4);
    expect(&w, l, "  line 4/  line 5/  line 6");
    log_window_reveal(&w, l, loglines_first(l));
    expect(&w, l, "  line 1/  line 2/  line 3");
    loglines_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows),
        cmocka_unit_test(it_stays_while_looked_back),
        cmocka_unit_test(it_wraps),
        cmocka_unit_test(it_goes_to_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
