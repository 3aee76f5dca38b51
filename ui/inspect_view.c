/* The engine's own record, as JSON lines; asked for again when the container changes in more than its usage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/op.h"
#include "core/text.h"
#include "ui/json_lines.h"
#include "ui/line.h"
#include "ui/pane.h"
#include "ui/scroller.h"
#include "ui/views.h"

enum { SIDEWAYS = 8 };

struct inspect_view {
    struct view view;
    container_id id;
    bool visible;
    struct op *op;
    struct json_lines json;
    struct error why;
    struct scroller scroller;
    int skip;     /* columns moved to the left */
    char *needle; /* NULL: no search */
    long found;   /* the line that the search is at; -1 none */
};

static struct inspect_view *self(struct view *v)
{
    return (struct inspect_view *)v;
}

static void on_inspect(void *user, struct answer *answer)
{
    struct inspect_view *v = user;
    v->op = NULL;
    v->why = answer->why;
    json_lines_done(&v->json);
    if (answer->why.kind == ERROR_NONE) {
        json_lines_make(&v->json, answer->text != NULL ? answer->text : "");
    }
    app_redraw(v->view.app, &v->view);
}

static void stop_asking(struct inspect_view *v)
{
    if (v->op != NULL) {
        op_cancel(v->op);
        v->op = NULL;
    }
}

static void ask(struct inspect_view *v)
{
    stop_asking(v);
    if (v->visible && model_get(app_model(v->view.app), v->id) != NULL) {
        v->op = session_inspect(app_session(v->view.app), v->id, on_inspect, v);
    }
}

static void show(struct view *view, container_id id, bool visible)
{
    struct inspect_view *v = self(view);
    if (id != v->id) {
        json_lines_done(&v->json);
        v->why = (struct error){0};
        v->scroller = (struct scroller){0};
        v->skip = 0;
        v->found = -1;
    }
    v->id = id;
    v->visible = visible;
    ask(v);
}

static void changed(struct view *view, const struct change *changes, size_t n)
{
    struct inspect_view *v = self(view);
    if (v->visible && (pane_changed(changes, n, v->id) & ~(unsigned)FIELD_USAGE)) {
        ask(v);
        app_redraw(view->app, view);
    }
}

static void draw_line(struct inspect_view *v, struct canvas *c, const struct line_window *w, size_t at)
{
    const struct json_line *line = &v->json.lines[at];
    line_draw(c, w, STYLE_TEXT, line->text);
    if (line->key_len > 0) {
        char *before = mem_string_n(line->text, (size_t)line->key_at);
        char *key = mem_string_n(line->text + line->key_at, (size_t)line->key_len);
        int from = text_width(before) - w->skip, to = from + text_width(key);
        from = from < 0 ? 0 : from;
        to = to > w->cols ? w->cols : to;
        if (to > from) {
            canvas_restyle(c, (struct rect){w->row, w->col + from, 1, to - from}, STYLE_QUIET);
        }
        free(before);
        free(key);
    }
    line_mark(c, w, line->text, v->needle);
}

static void draw_position(struct inspect_view *v, struct canvas *c, int row, int col, int cols)
{
    long last = v->scroller.top + v->scroller.page;
    last = last > v->scroller.count ? v->scroller.count : last;
    char words[80];
    snprintf(words, sizeof words, "lines %ld–%ld of %ld", v->scroller.top + 1, last, v->scroller.count);
    int used = canvas_text(c, row, col, cols, STYLE_QUIET, words);
    if (v->needle != NULL) {
        canvas_textf(c, row, col + used, cols - used, STYLE_QUIET, "   / %s", v->needle);
    }
}

static void draw(struct view *view, struct canvas *c, struct rect r, bool focused, bool all)
{
    struct inspect_view *v = self(view);
    (void)focused;
    if (!all) {
        canvas_fill(c, r, STYLE_TEXT);
    }
    if (pane_container(view->app, v->id, c, r) == NULL) {
        return;
    }
    if (v->why.kind != ERROR_NONE) {
        pane_sentence(c, r, v->why.text, NULL);
        return;
    }
    if (v->json.count == 0) {
        return;
    }
    int rows = r.rows > 3 ? r.rows - 1 : r.rows;
    scroller_fit(&v->scroller, (long)v->json.count, rows);
    for (int i = 0; i < rows && v->scroller.top + i < v->scroller.count; i++) {
        struct line_window w = {r.row + i, r.col + PANE_MARGIN, r.cols - PANE_MARGIN - 1, v->skip};
        draw_line(v, c, &w, (size_t)(v->scroller.top + i));
    }
    if (rows < r.rows) {
        draw_position(v, c, r.row + rows, r.col + PANE_MARGIN, r.cols - PANE_MARGIN - 1);
    }
}

static bool has(const struct inspect_view *v, long at)
{
    struct line_spot spot;
    return line_find(v->json.lines[at].text, v->needle, 0, &spot);
}

/* Goes to the next line with the needle, around the end if need be. */
static void search(struct inspect_view *v, long from, int step)
{
    long n = (long)v->json.count;
    for (long i = 0; i < n; i++) {
        long at = ((from + step * i) % n + n) % n;
        if (has(v, at)) {
            v->found = at;
            v->scroller.top = at - v->scroller.page / 2;
            scroller_fit(&v->scroller, n, v->scroller.page);
            app_redraw(v->view.app, &v->view);
            return;
        }
    }
    v->found = -1;
    app_say(v->view.app, "“%s” is not in it.", v->needle);
    app_redraw(v->view.app, &v->view);
}

static void on_needle(void *user, const char *text)
{
    struct inspect_view *v = user;
    if (text == NULL) {
        return;
    }
    free(v->needle);
    v->needle = text[0] != '\0' ? mem_string(text) : NULL;
    if (v->needle != NULL && v->json.count > 0) {
        search(v, v->scroller.top, 1);
    } else {
        app_redraw(v->view.app, &v->view);
    }
}

static bool search_key(struct inspect_view *v, const struct key *k)
{
    if (k->code == '/') {
        app_prompt(v->view.app, "search: ", v->needle, on_needle, v);
        return true;
    }
    if (v->needle == NULL || v->json.count == 0) {
        return false;
    }
    switch (k->code) {
    case 'n':
        search(v, (v->found >= 0 ? v->found : v->scroller.top) + 1, 1);
        return true;
    case 'N':
        search(v, (v->found >= 0 ? v->found : v->scroller.top) - 1, -1);
        return true;
    case KEY_CODE_ESCAPE:
        free(v->needle);
        v->needle = NULL;
        return true;
    default:
        return false;
    }
}

static bool sideways_key(struct inspect_view *v, const struct key *k)
{
    if (k->code == KEY_CODE_LEFT) {
        v->skip = v->skip > SIDEWAYS ? v->skip - SIDEWAYS : 0;
    } else if (k->code == KEY_CODE_RIGHT) {
        v->skip += v->skip < JSON_LINE ? SIDEWAYS : 0;
    } else {
        return false;
    }
    return true;
}

static bool key(struct view *view, const struct key *k)
{
    struct inspect_view *v = self(view);
    bool plain = !(k->modifiers & (KEY_CTRL | KEY_ALT));
    if (!(plain && search_key(v, k)) && !sideways_key(v, k) && !scroller_key(&v->scroller, k)) {
        return false;
    }
    app_redraw(view->app, view);
    return true;
}

static const char *const *keys(struct view *view)
{
    static const char *const plain[] = {"/", "search", NULL};
    static const char *const found[] = {"/", "search", "n", "next match", "N", "previous match", NULL};
    return self(view)->needle != NULL ? found : plain;
}

static void inspect_view_free(struct view *view)
{
    struct inspect_view *v = self(view);
    stop_asking(v);
    json_lines_done(&v->json);
    free(v->needle);
    free(v);
}

static const struct view_type INSPECT_VIEW = {
    .title = "Inspect",
    .draw = draw,
    .key = key,
    .show = show,
    .changed = changed,
    .keys = keys,
    .free = inspect_view_free,
};

struct view *inspect_view_new(struct app *a)
{
    struct inspect_view *v = mem_new(1, sizeof *v);
    v->view = (struct view){&INSPECT_VIEW, a};
    v->found = -1;
    return &v->view;
}
