/* What the engine says is in the container's record; whose its namespaces are is read from the kernel, off
 * the loop, while the tab is on the screen: when it comes there, when a record changes, and now and then,
 * since another container may have come that shares one. */
#include <stdlib.h>

#include "core/memory.h"
#include "core/namespaces.h"
#include "core/op.h"
#include "core/text.h"
#include "ui/boundary_rows.h"
#include "ui/pane.h"
#include "ui/scroller.h"
#include "ui/views.h"

enum { LABEL_COLS = 14, GAP = 3, WORDS_LEAST = 26, TICKS_BETWEEN = 5 };

struct boundary_view {
    struct view view;
    container_id id;
    bool visible;
    struct boundary_rows rows;
    bool known;                   /* rows are made */
    struct op *op;                /* while the namespaces are being read */
    bool again;                   /* and that will be out of date */
    struct namespace_table *seen; /* NULL: not read yet, or nobody can */
    unsigned ticks;               /* since they were read */
    struct scroller scroller;
};

static struct boundary_view *self(struct view *v)
{
    return (struct boundary_view *)v;
}

static void make(struct boundary_view *v)
{
    struct app *a = v->view.app;
    const struct container *it = model_get(app_model(a), v->id);
    struct namespaces known;
    char note[600];
    boundary_rows_done(&v->rows);
    v->known = it != NULL;
    if (it != NULL) {
        namespaces_judge(&known, it, v->seen, app_model(a));
        boundary_rows_make(&v->rows, it, &known, session_note(app_session(a), it, note, sizeof note));
        namespaces_done(&known);
    }
}

static void read_namespaces(struct boundary_view *v);

static void on_namespaces(void *user, struct answer *answer)
{
    struct boundary_view *v = user;
    v->op = NULL;
    namespace_table_free(v->seen);
    v->seen = answer->namespaces;
    answer->namespaces = NULL;
    make(v);
    app_redraw(v->view.app, &v->view);
    if (v->again) {
        read_namespaces(v);
    }
}

/* Where they cannot be read, the rows are made of the record alone. */
static void read_namespaces(struct boundary_view *v)
{
    struct app *a = v->view.app;
    v->ticks = 0;
    v->again = v->op != NULL;
    if (v->op == NULL) {
        v->op = session_namespaces(app_session(a), app_host(a, v->id), on_namespaces, v);
    }
    if (v->op == NULL) {
        make(v);
    }
}

static void forget(struct boundary_view *v)
{
    if (v->op != NULL) {
        op_cancel(v->op);
    }
    namespace_table_free(v->seen);
    boundary_rows_done(&v->rows);
    v->op = NULL;
    v->seen = NULL;
    v->known = v->again = false;
}

static void show(struct view *view, container_id id, bool visible)
{
    struct boundary_view *v = self(view);
    if (id != v->id) {
        v->scroller = (struct scroller){0};
    }
    if (id != v->id || !visible) {
        forget(v);
    }
    v->id = id;
    v->visible = visible;
    if (visible) {
        read_namespaces(v);
    }
}

static void tick(struct view *view)
{
    struct boundary_view *v = self(view);
    if (v->visible && v->op == NULL && ++v->ticks >= TICKS_BETWEEN) {
        read_namespaces(v);
    }
}

static void changed(struct view *view, const struct change *changes, size_t n)
{
    struct boundary_view *v = self(view);
    if (v->visible && (pane_changed(changes, n, v->id) & ~(unsigned)FIELD_USAGE)) {
        read_namespaces(v);
        app_redraw(view->app, view);
    }
}

static int words_width(const struct boundary_view *v, int room)
{
    int width = WORDS_LEAST;
    for (size_t i = 0; i < v->rows.count; i++) {
        const struct boundary_row *row = &v->rows.rows[i];
        int needed = row->label != NULL && row->remark != NULL ? text_width(row->words) : 0;
        width = needed > width ? needed : width;
    }
    return width > room ? room : width;
}

static void draw_row(const struct boundary_row *row, struct canvas *c, struct rect r, int words)
{
    if (row->label == NULL) {
        canvas_text(c, r.row, r.col, r.cols, row->style, row->words);
        return;
    }
    int at = LABEL_COLS;
    canvas_text(c, r.row, r.col, LABEL_COLS - 1, STYLE_QUIET, row->label);
    int room = row->remark != NULL ? words : r.cols - at;
    canvas_text(c, r.row, r.col + at, room, row->style, row->words);
    at += words + GAP;
    if (row->remark != NULL && at < r.cols) {
        canvas_text(c, r.row, r.col + at, r.cols - at, STYLE_QUIET, row->remark);
    }
}

static void draw(struct view *view, struct canvas *c, struct rect r, bool focused, bool all)
{
    struct boundary_view *v = self(view);
    (void)focused;
    if (!all) {
        canvas_fill(c, r, STYLE_TEXT);
    }
    if (pane_container(view->app, v->id, c, r) == NULL || !v->known) {
        return;
    }
    int cols = r.cols - PANE_MARGIN - 1, words = words_width(v, (cols - LABEL_COLS - GAP) * 2 / 3);
    scroller_fit(&v->scroller, (long)v->rows.count, r.rows);
    for (int i = 0; i < r.rows && v->scroller.top + i < v->scroller.count; i++) {
        struct rect line = {r.row + i, r.col + PANE_MARGIN, 1, cols};
        long left = v->scroller.count - v->scroller.top - i;
        if (i == r.rows - 1 && i > 0 && left > 1) {
            canvas_textf(c, line.row, line.col, cols, STYLE_QUIET, "%ld more below", left);
            return;
        }
        draw_row(&v->rows.rows[v->scroller.top + i], c, line, words);
    }
}

static bool key(struct view *view, const struct key *k)
{
    if (!scroller_key(&self(view)->scroller, k)) {
        return false;
    }
    app_redraw(view->app, view);
    return true;
}

static void boundary_view_free(struct view *view)
{
    forget(self(view));
    free(view);
}

static const struct view_type BOUNDARY_VIEW = {
    .title = "Boundary",
    .draw = draw,
    .key = key,
    .show = show,
    .changed = changed,
    .tick = tick,
    .free = boundary_view_free,
};

struct view *boundary_view_new(struct app *a)
{
    struct boundary_view *v = mem_new(1, sizeof *v);
    v->view = (struct view){&BOUNDARY_VIEW, a};
    return &v->view;
}
