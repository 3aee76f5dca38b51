/* The table is read again once a refresh interval while it is on the screen, never twice at a time. Rows are
 * made from each reading; the cursor stays on its process. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

#include "core/memory.h"
#include "core/op.h"
#include "core/sizes.h"
#include "core/text.h"
#include "core/times.h"
#include "ui/map_rows.h"
#include "ui/pane.h"
#include "ui/process_rows.h"
#include "ui/scroller.h"
#include "ui/table.h"
#include "ui/views.h"

struct process_view {
    struct view view;
    container_id id;
    bool visible, late; /* late: no answer for a whole interval */
    struct op *op;
    struct process_table *table; /* NULL: not read yet */
    struct process_rates *rates;
    struct process_row *rows; /* one per row of the table */
    struct process_order order;
    struct scroller scroller;
    uint32_t cursor_pid;
    struct rect body;  /* where the rows were drawn */
    struct error why;  /* of the last reading, when it failed */
    bool failed_twice; /* one failure may be a container that is just ending: its state tells soon */
};

static const struct table_column COLUMNS[PROCESS_COLUMNS] = {
    [PROCESS_PID] = {"pid", 8, true, 0},           [PROCESS_HOST_PID] = {"host pid", 8, true, 1},
    [PROCESS_USER] = {"user", 8, false, 4},        [PROCESS_CPU] = {"cpu", 6, true, 2},
    [PROCESS_MEMORY] = {"memory", 7, true, 3},     [PROCESS_STARTED] = {"started", 7, true, 5},
    [PROCESS_COMMAND] = {"command", 20, false, 0},
};

static struct process_view *self(struct view *v)
{
    return (struct process_view *)v;
}

static void forget_reading(struct process_view *v)
{
    if (v->op != NULL) {
        op_cancel(v->op);
        v->op = NULL;
    }
    process_table_free(v->table);
    v->table = NULL;
    free(v->rows);
    v->rows = NULL;
    process_rates_clear(v->rates);
    v->why = (struct error){0};
    v->late = false;
}

static void find_cursor(struct process_view *v)
{
    size_t n = v->table->count;
    for (size_t i = 0; i < n; i++) {
        if (v->rows[i].process->pid == v->cursor_pid) {
            v->scroller.cursor = (long)i;
            return;
        }
    }
    scroller_fit(&v->scroller, (long)n, v->scroller.page);
    v->cursor_pid = n > 0 ? v->rows[v->scroller.cursor].process->pid : 0;
}

static void make_rows(struct process_view *v)
{
    free(v->rows);
    v->rows = mem_new(v->table->count, sizeof *v->rows);
    process_rows_make(v->rows, v->table, v->rates, v->order);
    find_cursor(v);
}

static void on_processes(void *user, struct answer *answer)
{
    struct process_view *v = user;
    v->op = NULL;
    v->late = false;
    v->failed_twice = v->why.kind != ERROR_NONE && answer->why.kind != ERROR_NONE;
    v->why = answer->why;
    if (answer->why.kind == ERROR_NONE && answer->processes != NULL) {
        process_table_free(v->table);
        v->table = answer->processes;
        answer->processes = NULL;
        process_rates_take(v->rates, v->table, uv_hrtime());
        make_rows(v);
    }
    app_redraw(v->view.app, &v->view);
}

static void ask(struct process_view *v)
{
    if (v->visible && v->op == NULL && pane_is_running(v->view.app, v->id)) {
        v->op = session_processes(app_session(v->view.app), v->id, on_processes, v);
    }
}

static void show(struct view *view, container_id id, bool visible)
{
    struct process_view *v = self(view);
    if (id != v->id || !visible) {
        forget_reading(v);
    }
    if (id != v->id) {
        v->scroller = (struct scroller){.has_cursor = true};
        v->cursor_pid = 0;
    }
    v->id = id;
    v->visible = visible;
    ask(v);
}

static void changed(struct view *view, const struct change *changes, size_t n)
{
    struct process_view *v = self(view);
    if (!v->visible || !(pane_changed(changes, n, v->id) & FIELD_STATE)) {
        return;
    }
    if (!pane_is_running(view->app, v->id)) {
        forget_reading(v);
    }
    ask(v);
    app_redraw(view->app, view);
}

static void tick(struct view *view)
{
    struct process_view *v = self(view);
    if (v->op != NULL && v->table == NULL && !v->late) {
        v->late = true;
        app_redraw(view->app, view);
    }
    ask(v);
}

static void pid_text(char *out, size_t room, uint32_t pid)
{
    if (pid == 0) {
        snprintf(out, room, "–");
    } else {
        snprintf(out, room, "%u", (unsigned)pid);
    }
}

static void started_text(char out[TIME_TEXT], int64_t created)
{
    if (created > 0) {
        int64_t age = time_now() - created;
        span_print(out, age > 0 ? age : 0);
    } else {
        snprintf(out, TIME_TEXT, "–");
    }
}

static void put(struct canvas *c, int row, const struct table_place *places, enum process_column column,
                enum style style, const char *s)
{
    table_text(c, row, &COLUMNS[column], &places[column], style, s);
}

static void draw_command(struct canvas *c, int row, const struct table_place *place,
                         const struct process_row *it)
{
    char branch[PROCESS_BRANCH];
    struct text words = {0};
    const char *command = it->process->command, *name = it->process->name;
    if (command == NULL || command[0] == '\0') {
        text_add(&words, name != NULL ? name : "–");
    } else {
        text_add(&words, command);
    }
    int used = canvas_text(c, row, place->col, place->cols, STYLE_QUIET, process_branch(it, branch));
    canvas_text(c, row, place->col + used, place->cols - used, STYLE_TEXT, text_of(&words));
    text_done(&words);
}

static void draw_row(struct canvas *c, int row, const struct table_place *places,
                     const struct process_row *it)
{
    char text[TIME_TEXT];
    const struct process *p = it->process;
    pid_text(text, sizeof text, p->pid);
    put(c, row, places, PROCESS_PID, STYLE_STRONG, text);
    pid_text(text, sizeof text, p->host_pid);
    put(c, row, places, PROCESS_HOST_PID, p->host_pid ? STYLE_TEXT : STYLE_QUIET, text);
    put(c, row, places, PROCESS_USER, STYLE_TEXT, p->user != NULL ? p->user : "–");
    put(c, row, places, PROCESS_CPU, isnan(it->cpu) ? STYLE_QUIET : STYLE_TEXT, cpu_print(text, it->cpu));
    put(c, row, places, PROCESS_MEMORY, STYLE_TEXT, p->memory ? size_print(text, p->memory) : "–");
    started_text(text, p->created);
    put(c, row, places, PROCESS_STARTED, STYLE_QUIET, text);
    draw_command(c, row, &places[PROCESS_COMMAND], it);
}

static void draw_rows(struct process_view *v, struct canvas *c, struct rect r, bool focused)
{
    struct table_place places[PROCESS_COLUMNS];
    table_fit(COLUMNS, PROCESS_COLUMNS, PROCESS_COMMAND, r.col, r.cols - 1, places);
    table_heads(
        c, r.row,
        &(struct table_heads){COLUMNS, places, PROCESS_COLUMNS, (int)v->order.by, v->order.descending});
    v->body = (struct rect){r.row + 1, r.col, r.rows - 1, r.cols};
    scroller_fit(&v->scroller, (long)v->table->count, v->body.rows);
    for (int i = 0; i < v->body.rows && v->scroller.top + i < v->scroller.count; i++) {
        long at = v->scroller.top + i;
        draw_row(c, v->body.row + i, places, &v->rows[at]);
        if (focused && at == v->scroller.cursor) {
            canvas_restyle(c, (struct rect){v->body.row + i, r.col, 1, r.cols}, STYLE_SELECTED);
        }
    }
}

static struct map_counts count(const struct process_table *t)
{
    struct map_counts n = {.inside = t->count};
    for (size_t i = 0; i < t->count; i++) {
        n.seen += t->rows[i].host_pid != 0;
        n.same += t->rows[i].host_pid != 0 && t->rows[i].host_pid == t->rows[i].pid;
    }
    return n;
}

static void draw_summary(struct process_view *v, const struct container *it, struct canvas *c, struct rect r)
{
    char words[200], order[80];
    enum wall wall = it->isolation == ISOLATION_VM ? WALL_VM : WALL_SHARED_KERNEL;
    map_sentence(count(v->table), wall, words, sizeof words);
    int used = canvas_text(c, r.row, r.col + PANE_MARGIN, r.cols - PANE_MARGIN, STYLE_QUIET, words);
    snprintf(order, sizeof order, "%s by %s %s", v->order.tree ? "tree" : "flat", COLUMNS[v->order.by].label,
             v->order.descending ? "▾" : "▴");
    int left = PANE_MARGIN + used + 3;
    if (text_width(order) + 1 < r.cols - left) {
        canvas_right(c, r.row, r.col + left, r.cols - left - 1, STYLE_QUIET, order);
    }
}

static void draw(struct view *view, struct canvas *c, struct rect r, bool focused, bool all)
{
    struct process_view *v = self(view);
    if (!all) {
        canvas_fill(c, r, STYLE_TEXT);
    }
    const struct container *it = pane_running(view->app, v->id, c, r);
    if (it == NULL) {
        return;
    }
    if (v->why.kind != ERROR_NONE && (v->table == NULL || v->failed_twice)) {
        pane_sentence(c, r, v->why.text, NULL);
        return;
    }
    if (v->table == NULL) {
        pane_sentence(c, r, v->late ? "Waiting for the list of its processes." : "", NULL);
        return;
    }
    bool summary = r.rows >= 4;
    draw_rows(v, c, (struct rect){r.row, r.col, r.rows - (summary ? 2 : 0), r.cols}, focused);
    if (summary) {
        draw_summary(v, it, c, (struct rect){r.row + r.rows - 1, r.col, 1, r.cols});
    }
}

static bool order_key(struct process_order *o, const struct key *k)
{
    switch (k->code) {
    case 't':
        o->tree = !o->tree;
        return true;
    case '<':
        o->by = (o->by + PROCESS_COLUMNS - 1) % PROCESS_COLUMNS;
        return true;
    case '>':
        o->by = (o->by + 1) % PROCESS_COLUMNS;
        return true;
    case 'r':
        o->descending = !o->descending;
        return true;
    default:
        return false;
    }
}

static bool click(struct process_view *v, const struct key *k)
{
    long at = k->mouse_row - v->body.row;
    if (k->code != KEY_CODE_MOUSE || k->mouse != MOUSE_PRESS || at < 0 || at >= v->body.rows) {
        return false;
    }
    v->scroller.cursor = v->scroller.top + at;
    scroller_fit(&v->scroller, v->scroller.count, v->scroller.page);
    return true;
}

static bool key(struct view *view, const struct key *k)
{
    struct process_view *v = self(view);
    if (v->table == NULL) {
        return false;
    }
    if (!(k->modifiers & (KEY_CTRL | KEY_ALT)) && order_key(&v->order, k)) {
        make_rows(v);
    } else if (scroller_key(&v->scroller, k) || click(v, k)) {
        v->cursor_pid = v->table->count > 0 ? v->rows[v->scroller.cursor].process->pid : 0;
    } else {
        return false;
    }
    app_redraw(view->app, view);
    return true;
}

static const char *const *keys(struct view *view)
{
    static const char *const flat[] = {"t",          "flat", "<",       "sort left", ">",
                                       "sort right", "r",    "reverse", NULL};
    static const char *const tree[] = {"t",          "tree", "<",       "sort left", ">",
                                       "sort right", "r",    "reverse", NULL};
    return self(view)->order.tree ? flat : tree;
}

static void process_view_free(struct view *view)
{
    struct process_view *v = self(view);
    forget_reading(v);
    process_rates_free(v->rates);
    free(v);
}

static const struct view_type PROCESS_VIEW = {
    .title = "Processes",
    .draw = draw,
    .key = key,
    .show = show,
    .changed = changed,
    .tick = tick,
    .keys = keys,
    .free = process_view_free,
};

struct view *process_view_new(struct app *a)
{
    struct process_view *v = mem_new(1, sizeof *v);
    v->view = (struct view){&PROCESS_VIEW, a};
    v->rates = process_rates_new();
    v->order = (struct process_order){.by = PROCESS_PID, .tree = true};
    v->scroller.has_cursor = true;
    return &v->view;
}
