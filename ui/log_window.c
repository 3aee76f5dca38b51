/* A place in the log is a line and, when lines are wrapped, a row of it. While the window follows, its place
 * is found anew at each drawing, from the end upwards; so lines that come cost nothing until they are drawn.
 */
#include "ui/log_window.h"

#include <stdlib.h>
#include <string.h>

#include "core/console.h"
#include "core/memory.h"
#include "core/text.h"
#include "core/times.h"
#include "ui/line.h"

enum { SIGN_COLS = 2, TIME_COLS = 10 };

struct spot {
    uint64_t line;
    int part;
};

static int text_cols(const struct log_window *w)
{
    int cols = w->cols - SIGN_COLS - (w->times ? TIME_COLS : 0);
    return cols > 0 ? cols : 1;
}

static int parts_of(const struct log_window *w, const struct loglines *l, uint64_t number)
{
    struct logline line;
    if (!w->wrap || !loglines_get(l, number, &line)) {
        return 1;
    }
    int parts = 0;
    char *text = mem_string_n(line.text, line.len);
    for (const char *at = text; *at != '\0'; parts++) {
        size_t fit = text_fit(at, text_cols(w), NULL);
        at += fit > 0 ? fit : strlen(at);
    }
    free(text);
    return parts > 0 ? parts : 1;
}

/* Both stop at the first and last row, and say so. */
static bool row_up(const struct log_window *w, const struct loglines *l, struct spot *s)
{
    if (s->part > 0) {
        s->part--;
        return true;
    }
    if (s->line <= loglines_first(l)) {
        return false;
    }
    s->line--;
    s->part = parts_of(w, l, s->line) - 1;
    return true;
}

static bool row_down(const struct log_window *w, const struct loglines *l, struct spot *s)
{
    if (s->part + 1 < parts_of(w, l, s->line)) {
        s->part++;
        return true;
    }
    if (s->line + 1 >= loglines_end(l)) {
        return false;
    }
    *s = (struct spot){s->line + 1, 0};
    return true;
}

static struct spot last_top(const struct log_window *w, const struct loglines *l)
{
    uint64_t end = loglines_end(l), first = loglines_first(l);
    struct spot s = {end > first ? end - 1 : first, 0};
    s.part = parts_of(w, l, s.line) - 1;
    for (int i = 1; i < w->rows && row_up(w, l, &s); i++) {
    }
    return s;
}

static bool before(struct spot a, struct spot b)
{
    return a.line < b.line || (a.line == b.line && a.part < b.part);
}

/* Where the window begins: lines that fell out move it on, and it never ends behind the last row. */
static struct spot top_of(struct log_window *w, const struct loglines *l)
{
    struct spot last = last_top(w, l), s = {w->line, w->part};
    if (s.line < loglines_first(l)) {
        s = (struct spot){loglines_first(l), 0};
    }
    if (w->follow || before(last, s)) {
        s = last;
    }
    w->line = s.line;
    w->part = s.part;
    return s;
}

void log_window_move(struct log_window *w, const struct loglines *l, long rows)
{
    struct spot s = top_of(w, l), last = last_top(w, l);
    for (; rows < 0 && row_up(w, l, &s); rows++) {
    }
    for (; rows > 0 && before(s, last) && row_down(w, l, &s); rows--) {
    }
    w->follow = rows > 0 || !before(s, last);
    w->line = s.line;
    w->part = s.part;
}

void log_window_home(struct log_window *w, const struct loglines *l)
{
    struct spot last = last_top(w, l);
    w->line = loglines_first(l);
    w->part = 0;
    w->follow = !before((struct spot){w->line, 0}, last);
}

void log_window_reveal(struct log_window *w, const struct loglines *l, uint64_t line)
{
    struct spot s = {line, 0};
    for (int i = 0; i < w->rows / 2 && row_up(w, l, &s); i++) {
    }
    w->follow = false;
    w->line = s.line;
    w->part = s.part;
}

void log_window_turn_wrap(struct log_window *w)
{
    w->wrap = !w->wrap;
    w->part = 0;
    w->skip = 0;
}

static void draw_margin(const struct log_window *w, const struct logline *line, struct canvas *c, int row,
                        int col)
{
    char clock[TIME_TEXT];
    if (line->stream == CONSOLE_ERR) {
        canvas_text(c, row, col, 1, STYLE_WARNING, "!");
    }
    if (w->times) {
        const char *words = line->when > 0 ? time_print_clock(clock, line->when) : "–";
        canvas_text(c, row, col + SIGN_COLS, TIME_COLS - 1, STYLE_QUIET, words);
    }
}

static const char *part_at(const struct log_window *w, const char *text, int part)
{
    for (; part > 0 && *text != '\0'; part--) {
        size_t fit = text_fit(text, text_cols(w), NULL);
        text += fit > 0 ? fit : strlen(text);
    }
    return text;
}

static void draw_spot(const struct log_window *w, const struct loglines *l, struct spot s, const char *needle,
                      struct canvas *c, struct line_window at)
{
    struct logline line;
    if (!loglines_get(l, s.line, &line)) {
        return;
    }
    char *text = mem_string_n(line.text, line.len);
    if (s.part == 0) {
        draw_margin(w, &line, c, at.row, at.col);
    }
    int margin = w->cols - text_cols(w);
    at.col += margin;
    at.cols = text_cols(w);
    const char *shown = text;
    if (w->wrap) {
        char *from = (char *)part_at(w, text, s.part);
        from[text_fit(from, at.cols, NULL)] = '\0';
        shown = from;
        at.skip = 0;
    }
    line_draw(c, &at, line.stream == CONSOLE_ERR ? STYLE_WARNING : STYLE_TEXT, shown);
    line_mark(c, &at, shown, needle);
    free(text);
}

void log_window_draw(struct log_window *w, const struct loglines *l, const char *needle, struct canvas *c,
                     struct rect r)
{
    w->rows = r.rows;
    w->cols = r.cols;
    struct spot s = top_of(w, l);
    for (int i = 0; i < r.rows; i++) {
        struct line_window at = {r.row + i, r.col, r.cols, w->skip};
        draw_spot(w, l, s, needle, c, at);
        if (!row_down(w, l, &s)) {
            return;
        }
    }
}
