/* The command palette: all actions, found by a few letters of their names or words. What cannot be done now
 * stays in the list, with the reason. */
#include <stdlib.h>
#include <string.h>

#include "core/actions.h"
#include "core/memory.h"
#include "ui/app.h"
#include "ui/fuzzy.h"
#include "ui/line_edit.h"
#include "ui/views.h"

enum { WIDTH = 92, NAME_COLS = 16, KEY_COLS = 8, ROWS_MAX = 18, BY_NAME = 1000 };

struct found {
    const struct action *action;
    int score;
};

struct palette {
    struct view view;
    struct line_edit line;
    struct found found[ACTION_COUNT];
    size_t count, row, top;
    struct rect list; /* as last drawn */
    container_id on;  /* what was selected when the palette was opened: its commands are about this one */
};

static int score(const char *typed, const struct action *a)
{
    int by_name = fuzzy_score(typed, a->name);
    return by_name >= 0 ? BY_NAME + by_name : text_contains(a->words, typed) ? 0 : -1;
}

/* Stable: what fits as well stays in the order of the table. */
static void find(struct palette *p)
{
    size_t n;
    const struct action *table = action_table(&n);
    p->count = p->row = p->top = 0;
    for (size_t i = 0; i < n; i++) {
        struct found now = {&table[i], score(line_edit_get(&p->line), &table[i])};
        size_t at = p->count;
        if (now.score < 0) {
            continue;
        }
        while (at > 0 && p->found[at - 1].score < now.score) {
            p->found[at] = p->found[at - 1];
            at--;
        }
        p->found[at] = now;
        p->count++;
    }
}

static void draw_found(struct palette *p, struct canvas *c, int row, const struct action *a, bool chosen)
{
    char why[256];
    struct app *app = p->view.app;
    const struct container *on = model_get(app_model(app), p->on);
    const char *reason = a->states || a->verb >= 0 ? action_refusal(a, on, why, sizeof why) : NULL;
    const char *key = app_key(app, a->id);
    struct rect line = {row, p->list.col, 1, p->list.cols};
    enum style over = chosen ? STYLE_SELECTED : STYLE_TEXT;
    enum style quiet = chosen ? STYLE_SELECTED : STYLE_QUIET;
    int words = NAME_COLS + KEY_COLS;
    canvas_fill(c, line, over);
    canvas_text(c, row, line.col + 1, NAME_COLS - 2, reason ? quiet : over, a->name);
    canvas_text(c, row, line.col + NAME_COLS, KEY_COLS - 1, chosen ? over : STYLE_ACCENT, key ? key : "");
    canvas_text(c, row, line.col + words, line.cols - words - 1, reason ? quiet : over,
                reason ? reason : a->words);
}

static struct rect place(struct rect r)
{
    int cols = r.cols < WIDTH ? r.cols : WIDTH;
    int rows = r.rows - 1 < ROWS_MAX + 4 ? r.rows - 1 : ROWS_MAX + 4;
    return (struct rect){r.row + (r.rows > rows + 2 ? 1 : 0), r.col + (r.cols - cols) / 2, rows, cols};
}

static void reveal(struct palette *p)
{
    size_t seen = p->list.rows > 0 ? (size_t)p->list.rows : 1;
    if (p->row < p->top) {
        p->top = p->row;
    } else if (p->row >= p->top + seen) {
        p->top = p->row - seen + 1;
    }
}

static void draw(struct view *v, struct canvas *c, struct rect r, bool focused, bool all)
{
    struct palette *p = (struct palette *)v;
    struct rect box = place(r);
    (void)all;
    p->list = (struct rect){box.row + 3, box.col + 1, box.rows - 4, box.cols - 2};
    reveal(p);
    canvas_fill(c, box, STYLE_TEXT);
    canvas_box(c, box, STYLE_QUIET, "Command");
    for (size_t i = p->top; i < p->count && i < p->top + (size_t)p->list.rows; i++) {
        draw_found(p, c, p->list.row + (int)(i - p->top), p->found[i].action, i == p->row);
    }
    if (p->count == 0) {
        canvas_text(c, p->list.row, p->list.col + 1, p->list.cols - 2, STYLE_QUIET,
                    "No command fits these letters.");
    }
    line_edit_draw(&p->line, c, box.row + 1, box.col + 2, box.cols - 4, STYLE_INPUT, focused);
}

static void choose(struct palette *p)
{
    struct app *app = p->view.app;
    if (p->count == 0) {
        return;
    }
    const struct action *action = p->found[p->row].action;
    bool moved = p->on != app_selected(app) && (action->states || action->verb >= 0);
    app_pop(app); /* p is gone */
    if (moved) {
        app_say(app, "Nothing was done: the container under the cursor has gone meanwhile.");
    } else {
        app_do(app, action->id);
    }
}

static void move(struct palette *p, long by)
{
    long to = (long)p->row + by;
    long last = p->count ? (long)p->count - 1 : 0;
    p->row = (size_t)(to < 0 ? 0 : to > last ? last : to);
    app_redraw(p->view.app, &p->view);
}

static void mouse(struct palette *p, const struct key *k)
{
    int at = k->mouse_row - p->list.row;
    if (k->mouse == MOUSE_WHEEL_UP || k->mouse == MOUSE_WHEEL_DOWN) {
        move(p, k->mouse == MOUSE_WHEEL_UP ? -1 : 1);
    } else if (k->mouse == MOUSE_PRESS && at >= 0 && at < p->list.rows && p->top + (size_t)at < p->count) {
        p->row = p->top + (size_t)at;
        choose(p);
    }
}

static bool key(struct view *v, const struct key *k)
{
    struct palette *p = (struct palette *)v;
    bool changed;
    switch (k->code) {
    case KEY_CODE_UP:
        move(p, -1);
        return true;
    case KEY_CODE_DOWN:
    case KEY_CODE_TAB:
        move(p, 1);
        return true;
    case KEY_CODE_PAGE_UP:
        move(p, -p->list.rows);
        return true;
    case KEY_CODE_PAGE_DOWN:
        move(p, p->list.rows);
        return true;
    case KEY_CODE_ENTER:
        choose(p);
        return true;
    case KEY_CODE_MOUSE:
        mouse(p, k);
        return true;
    default:
        break;
    }
    if (!line_edit_key(&p->line, k, &changed)) {
        return false;
    }
    if (changed) {
        find(p);
    }
    app_redraw(v->app, v);
    return true;
}

static void show(struct view *v, container_id id, bool visible)
{
    (void)v;
    (void)id;
    (void)visible;
}

static const char *const *keys(struct view *v)
{
    static const char *const words[] = {"↑ ↓", "choose", "Enter", "do it", NULL};
    (void)v;
    return words;
}

static void palette_free(struct view *v)
{
    struct palette *p = (struct palette *)v;
    line_edit_done(&p->line);
    free(p);
}

static const struct view_type type = {
    .title = "Command", .draw = draw, .key = key, .show = show, .keys = keys, .free = palette_free};

struct view *palette_new(struct app *a)
{
    struct palette *p = mem_new(1, sizeof *p);
    p->view = (struct view){&type, a};
    p->on = app_selected(a);
    find(p);
    return &p->view;
}
