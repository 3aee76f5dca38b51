/* Everything here is in the container's record already: nothing is asked, and it is drawn again when that
 * changes. */
#include <stdlib.h>

#include "core/memory.h"
#include "core/text.h"
#include "ui/boundary_rows.h"
#include "ui/pane.h"
#include "ui/scroller.h"
#include "ui/views.h"

enum { LABEL_COLS = 14, GAP = 3, WORDS_LEAST = 26 };

struct boundary_view {
    struct view view;
    container_id id;
    bool visible;
    struct boundary_rows rows;
    bool known; /* rows are made */
    struct scroller scroller;
};

static struct boundary_view *self(struct view *v)
{
    return (struct boundary_view *)v;
}

static bool is_windows(struct boundary_view *v)
{
    const struct session *s = app_session(v->view.app);
    int engine = session_engine_of(s, v->id);
    return engine >= 0 && session_engine(s, engine)->hypervisor == HYPERVISOR_HYPERV;
}

static void make(struct boundary_view *v)
{
    const struct container *it = model_get(app_model(v->view.app), v->id);
    char note[600];
    boundary_rows_done(&v->rows);
    v->known = it != NULL;
    if (it != NULL) {
        boundary_rows_make(&v->rows, it, is_windows(v),
                           session_note(app_session(v->view.app), it, note, sizeof note));
    }
}

static void show(struct view *view, container_id id, bool visible)
{
    struct boundary_view *v = self(view);
    if (id != v->id) {
        v->scroller = (struct scroller){0};
    }
    v->id = id;
    v->visible = visible;
    make(v);
}

static void changed(struct view *view, const struct change *changes, size_t n)
{
    struct boundary_view *v = self(view);
    if (v->visible && (pane_changed(changes, n, v->id) & ~(unsigned)FIELD_USAGE)) {
        make(v);
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
    boundary_rows_done(&self(view)->rows);
    free(view);
}

static const struct view_type BOUNDARY_VIEW = {
    .title = "Boundary",
    .draw = draw,
    .key = key,
    .show = show,
    .changed = changed,
    .free = boundary_view_free,
};

struct view *boundary_view_new(struct app *a)
{
    struct boundary_view *v = mem_new(1, sizeof *v);
    v->view = (struct view){&BOUNDARY_VIEW, a};
    return &v->view;
}
