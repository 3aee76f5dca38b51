/* The list of containers. core/listing keeps the order and says which rows changed; here are the cursor, the
 * window on the rows, the marks, and what of them is asked to be sampled.
 *
 * The cursor is a container, not a row: it stays on it wherever the row goes, and falls to the row's
 * neighbour when the container is gone. What moved is drawn by listing's dirty rows; the cursor's own move
 * adds two rows to them. */
#include "ui/list_view.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/times.h"
#include "ui/app.h"
#include "ui/columns.h"
#include "ui/scroller.h"

enum { MARGIN = 3 };

struct list_view {
    struct view view;
    struct listing *listing;
    struct columns columns;
    struct rect rect; /* as last drawn */
    char *filter;
    enum sort_key by;
    bool descending, hide, apart, vm;
    container_id cursor;
    size_t row, top; /* of the cursor; of the window */
    container_id drawn_cursor;
    size_t drawn_count;
    bool members;        /* who is listed changed since we last said what to sample */
    bool ages;           /* draw the column of uptimes */
    container_id *marks; /* in order */
    size_t n_marks, marks_room;
    container_id *ids; /* sampled */
    size_t n_ids, ids_room;
    unsigned fields;
};

static struct list_view *self(const struct view *v)
{
    return (struct list_view *)v;
}

/* Marks. */

static size_t mark_place(const struct list_view *l, container_id id)
{
    size_t low = 0;
    size_t high = l->n_marks;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->marks[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool marked(const struct list_view *l, container_id id)
{
    size_t at = mark_place(l, id);
    return at < l->n_marks && l->marks[at] == id;
}

static void mark(struct list_view *l, container_id id)
{
    size_t at = mark_place(l, id);
    l->marks = mem_grow(l->marks, &l->marks_room, l->n_marks + 1, sizeof *l->marks);
    memmove(l->marks + at + 1, l->marks + at, (l->n_marks - at) * sizeof *l->marks);
    l->marks[at] = id;
    l->n_marks++;
}

static void unmark(struct list_view *l, container_id id)
{
    size_t at = mark_place(l, id);
    if (at < l->n_marks && l->marks[at] == id) {
        l->n_marks--;
        memmove(l->marks + at, l->marks + at + 1, (l->n_marks - at) * sizeof *l->marks);
    }
}

/* The cursor. */

static size_t rows_seen(const struct list_view *l)
{
    return l->rect.rows > 1 ? (size_t)(l->rect.rows - 1) : 0;
}

static void cursor_to(struct list_view *l, size_t row)
{
    size_t count = listing_count(l->listing);
    row = row < count ? row : count ? count - 1 : 0;
    l->row = row;
    l->cursor = count ? listing_at(l->listing, row) : 0;
    app_redraw(l->view.app, &l->view);
}

static void cursor_by(struct list_view *l, long by)
{
    long to = (long)l->row + by;
    cursor_to(l, to > 0 ? (size_t)to : 0);
}

/* After the rows moved: the cursor's row is where its container is now. */
static void cursor_follow(struct list_view *l)
{
    size_t row;
    if (l->cursor && listing_find(l->listing, l->cursor, &row)) {
        l->row = row;
    } else {
        cursor_to(l, l->row);
    }
}

static void window_follow(struct list_view *l)
{
    size_t seen = rows_seen(l);
    size_t count = listing_count(l->listing);
    size_t last_top = count > seen ? count - seen : 0;
    if (l->row < l->top) {
        l->top = l->row;
    } else if (seen && l->row >= l->top + seen) {
        l->top = l->row - seen + 1;
    }
    l->top = l->top < last_top ? l->top : last_top;
}

/* Sampling. */

static void say_sample(struct list_view *l, size_t n, unsigned fields)
{
    l->n_ids = n;
    l->fields = fields;
    app_sample(l->view.app, l->ids, n, fields);
}

static void sample_all(struct list_view *l, unsigned fields)
{
    size_t n = listing_count(l->listing);
    if (!l->members && n == l->n_ids && fields == l->fields) {
        return;
    }
    l->ids = mem_grow(l->ids, &l->ids_room, n, sizeof *l->ids);
    for (size_t i = 0; i < n; i++) {
        l->ids[i] = listing_at(l->listing, i);
    }
    say_sample(l, n, fields);
}

static void sample_window(struct list_view *l, unsigned fields)
{
    size_t count = listing_count(l->listing);
    size_t end = l->top + rows_seen(l);
    bool same = fields == l->fields;
    end = end < count ? end : count;
    size_t n = end - l->top;
    l->ids = mem_grow(l->ids, &l->ids_room, n, sizeof *l->ids);
    same = same && n == l->n_ids;
    for (size_t i = 0; i < n; i++) {
        container_id id = listing_at(l->listing, l->top + i);
        same = same && l->ids[i] == id;
        l->ids[i] = id;
    }
    if (!same) {
        say_sample(l, n, fields);
    }
}

static void sample(struct list_view *l)
{
    unsigned needs = listing_needs(l->listing) & FIELD_USAGE;
    unsigned fields = columns_fields(&l->columns) | needs;
    if (needs) {
        sample_all(l, fields);
    } else {
        sample_window(l, fields);
    }
    l->members = false;
}

/* Drawing. */

static void draw_row(struct list_view *l, struct canvas *c, size_t row, bool focused)
{
    container_id id = listing_at(l->listing, row);
    const struct container *record = model_get(app_model(l->view.app), id);
    int at = l->rect.row + 1 + (int)(row - l->top);
    bool chosen = id == l->cursor;
    bool is_marked = marked(l, id);
    enum style over = chosen      ? (focused ? STYLE_SELECTED : STYLE_SELECTED_QUIET)
                      : is_marked ? STYLE_MARKED
                                  : STYLE_TEXT;
    canvas_fill(c, (struct rect){at, l->rect.col, 1, l->rect.cols}, over);
    canvas_text(c, at, l->rect.col, 1, over, is_marked ? "*" : " ");
    canvas_text(c, at, l->rect.col + 1, 1, over, chosen ? "▸" : " ");
    if (record) {
        columns_row(&l->columns, c, at, l->rect.col + MARGIN, record, app_session(l->view.app), time_now(),
                    over);
    }
}

static void draw_age(struct list_view *l, struct canvas *c, size_t row)
{
    const struct container *record = model_get(app_model(l->view.app), listing_at(l->listing, row));
    struct columns only = {{0}, {0}};
    int at = l->rect.row + 1 + (int)(row - l->top);
    if (!record || record->id == l->cursor || marked(l, record->id)) {
        return;
    }
    only.col[COLUMN_UPTIME] = l->columns.col[COLUMN_UPTIME];
    only.width[COLUMN_UPTIME] = l->columns.width[COLUMN_UPTIME];
    int left = l->rect.col + MARGIN;
    canvas_fill(c, (struct rect){at, left + only.col[COLUMN_UPTIME], 1, only.width[COLUMN_UPTIME]},
                STYLE_TEXT);
    columns_row(&only, c, at, left, record, app_session(l->view.app), time_now(), STYLE_TEXT);
}

static void draw_rows(struct list_view *l, struct canvas *c, bool focused, bool all)
{
    size_t count = listing_count(l->listing);
    size_t end = l->top + rows_seen(l);
    bool moved = l->cursor != l->drawn_cursor;
    for (size_t row = l->top; row < end && row < count; row++) {
        container_id id = listing_at(l->listing, row);
        bool touched = moved && (id == l->cursor || id == l->drawn_cursor);
        if (all || touched || listing_dirty(l->listing, row) || (l->ages && id == l->cursor)) {
            draw_row(l, c, row, focused);
        } else if (l->ages && l->columns.width[COLUMN_UPTIME]) {
            draw_age(l, c, row);
        }
    }
    if (!all && count < l->drawn_count && count < end) {
        int used = 1 + (int)(count - l->top);
        canvas_fill(c, (struct rect){l->rect.row + used, l->rect.col, l->rect.rows - used, l->rect.cols},
                    STYLE_TEXT);
    }
}

/* Are two of a kind open? */
static bool engines_are_kin(const struct session *s)
{
    for (int i = 0; i < session_engines(s); i++) {
        for (int j = 0; j < i; j++) {
            if (strcmp(session_engine(s, i)->name, session_engine(s, j)->name) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void draw(struct view *v, struct canvas *c, struct rect r, bool focused, bool all)
{
    struct list_view *l = self(v);
    l->rect = r;
    cursor_follow(l);
    window_follow(l);
    listing_window(l->listing, l->top, rows_seen(l));
    if (all) {
        const struct session *s = app_session(v->app);
        const struct columns_want want = {l->vm, session_engines(s) > 1, engines_are_kin(s)};
        columns_fit(&l->columns, r.cols - MARGIN - (r.cols > 80), &want);
        columns_heading(&l->columns, c, r.row, r.col + MARGIN, l->by, l->descending);
    }
    draw_rows(l, c, focused, all);
    listing_clean(l->listing);
    l->drawn_cursor = l->cursor;
    l->drawn_count = listing_count(l->listing);
    l->ages = false;
    sample(l);
}

/* What happens to it. */

static bool any_vm(const struct list_view *l)
{
    size_t cursor = 0;
    const struct container *c;
    while ((c = model_next(app_model(l->view.app), &cursor))) {
        if (c->isolation == ISOLATION_VM) {
            return true;
        }
    }
    return false;
}

static void changed(struct view *v, const struct change *changes, size_t n)
{
    struct list_view *l = self(v);
    bool walls = false;
    listing_apply(l->listing, changes, n);
    for (size_t i = 0; i < n; i++) {
        l->members = l->members || changes[i].kind != CHANGE_UPDATED;
        walls = walls || changes[i].kind != CHANGE_UPDATED || (changes[i].fields & FIELD_ISOLATION);
        if (changes[i].kind == CHANGE_REMOVED) {
            unmark(l, changes[i].id);
        }
    }
    cursor_follow(l);
    if (walls && any_vm(l) != l->vm) {
        l->vm = !l->vm;
        app_redraw_all(v->app);
    }
    app_redraw(v->app, v);
}

static void tick(struct view *v)
{
    self(v)->ages = true;
    app_redraw(v->app, v);
}

static void click(struct list_view *l, const struct key *k)
{
    int at = k->mouse_row - l->rect.row - 1;
    enum sort_key by;
    if (at < 0 && column_sort(columns_at(&l->columns, k->mouse_col - l->rect.col - MARGIN), &by)) {
        list_view_sort(&l->view, by, by == l->by ? !l->descending : by >= SORT_CPU);
    } else if (at >= 0 && l->top + (size_t)at < listing_count(l->listing)) {
        cursor_to(l, l->top + (size_t)at);
    }
}

static bool key(struct view *v, const struct key *k)
{
    struct list_view *l = self(v);
    long by;
    if (scroller_step(k, (long)rows_seen(l), &by)) {
        cursor_by(l, by);
        return true;
    }
    if (k->code == KEY_CODE_MOUSE && k->mouse == MOUSE_PRESS) {
        click(l, k);
    }
    return k->code == KEY_CODE_MOUSE;
}

static const char *const *keys(struct view *v)
{
    static const char *const words[] = {"↑ ↓ j k",     "move", "Page Up Page Down", "move by a page", "g G",
                                        "first, last", NULL};
    (void)v;
    return words;
}

static void show(struct view *v, container_id id, bool visible)
{
    (void)v;
    (void)id;
    (void)visible;
}

static void list_view_free(struct view *v)
{
    struct list_view *l = self(v);
    listing_free(l->listing);
    free(l->filter);
    free(l->marks);
    free(l->ids);
    free(l);
}

static const struct view_type type = {
    .title = "Containers",
    .draw = draw,
    .key = key,
    .show = show,
    .changed = changed,
    .tick = tick,
    .keys = keys,
    .free = list_view_free,
};

struct view *list_view_new(struct app *a)
{
    struct list_view *l = mem_new(1, sizeof *l);
    const struct settings *s = app_settings(a);
    l->view = (struct view){&type, a};
    l->listing = listing_new(app_model(a));
    l->by = s->sort;
    l->descending = s->sort_descending;
    l->hide = s->hide_stopped;
    listing_sort(l->listing, l->by, l->descending);
    listing_hide_stopped(l->listing, l->hide);
    l->vm = any_vm(l);
    return &l->view;
}

/* What the app asks of it. */

static void reordered(struct list_view *l)
{
    l->members = true;
    cursor_follow(l);
    app_redraw_all(l->view.app);
}

size_t list_view_count(const struct view *v)
{
    return listing_count(self(v)->listing);
}

container_id list_view_selected(const struct view *v)
{
    return self(v)->cursor;
}

void list_view_select(struct view *v, container_id id)
{
    struct list_view *l = self(v);
    size_t row;
    if (listing_find(l->listing, id, &row)) {
        cursor_to(l, row);
    }
}

bool list_view_holds(const struct view *v, container_id id)
{
    size_t row;
    return listing_find(self(v)->listing, id, &row);
}

void list_view_filter(struct view *v, const char *words)
{
    struct list_view *l = self(v);
    free(l->filter);
    l->filter = words && *words ? mem_string(words) : NULL;
    listing_filter(l->listing, l->filter);
    reordered(l);
}

const char *list_view_filter_words(const struct view *v)
{
    const char *words = self(v)->filter;
    return words ? words : "";
}

void list_view_sort(struct view *v, enum sort_key by, bool descending)
{
    struct list_view *l = self(v);
    l->by = by;
    l->descending = descending;
    listing_sort(l->listing, by, descending);
    reordered(l);
}

void list_view_sorting(const struct view *v, enum sort_key *by, bool *descending)
{
    *by = self(v)->by;
    *descending = self(v)->descending;
}

void list_view_hide_stopped(struct view *v, bool hide)
{
    struct list_view *l = self(v);
    l->hide = hide;
    listing_hide_stopped(l->listing, hide);
    reordered(l);
}

void list_view_show_apart(struct view *v, bool show)
{
    struct list_view *l = self(v);
    l->apart = show;
    listing_show_apart(l->listing, show);
    reordered(l);
}

bool list_view_shows_apart(const struct view *v)
{
    return self(v)->apart;
}

bool list_view_hides_stopped(const struct view *v)
{
    return self(v)->hide;
}

void list_view_mark(struct view *v)
{
    struct list_view *l = self(v);
    if (!l->cursor) {
        return;
    }
    if (marked(l, l->cursor)) {
        unmark(l, l->cursor);
    } else {
        mark(l, l->cursor);
    }
    cursor_by(l, 1);
    app_redraw_all(v->app);
}

void list_view_mark_all(struct view *v)
{
    struct list_view *l = self(v);
    size_t count = listing_count(l->listing);
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        container_id id = listing_at(l->listing, i);
        if (!marked(l, id)) {
            all = false;
            mark(l, id);
        }
    }
    if (all) {
        l->n_marks = 0;
    }
    app_redraw_all(v->app);
}

void list_view_unmark_all(struct view *v)
{
    self(v)->n_marks = 0;
    app_redraw_all(v->app);
}

size_t list_view_marked(const struct view *v, container_id *out, size_t room)
{
    const struct list_view *l = self(v);
    size_t n = l->n_marks < room ? l->n_marks : room;
    if (n) {
        memcpy(out, l->marks, n * sizeof *out);
    }
    return l->n_marks;
}
