/* Help: made of the table of actions, as the keys are bound, and of the keys of the pane that has the focus.
 * Its lines are made once; in a wide window they stand in two columns. */
#include <stdlib.h>

#include "core/actions.h"
#include "core/memory.h"
#include "core/text.h"
#include "ui/app.h"
#include "ui/scroller.h"
#include "ui/views.h"

enum { KEY_COLS = 12, WIDE = 150 };

struct help_line {
    const char *key, *words; /* key NULL: words are a heading; both NULL: a gap */
};

struct help_view {
    struct view view;
    struct help_line *lines;
    size_t count, room;
    size_t top, seen, most; /* first line shown, lines that fit, highest useful top */
};

static void add(struct help_view *h, const char *key, const char *words)
{
    h->lines = mem_grow(h->lines, &h->room, h->count + 1, sizeof *h->lines);
    h->lines[h->count++] = (struct help_line){key, words};
}

static void heading(struct help_view *h, const char *words)
{
    if (h->count) {
        add(h, NULL, NULL);
    }
    add(h, NULL, words);
}

static const char *scope_words(enum action_scope scope, bool again)
{
    switch (scope) {
    case SCOPE_CONTAINER:
        return "The selected container";
    case SCOPE_LIST:
        return "The list";
    case SCOPE_GENERAL:
        break;
    }
    return again ? "Moving about" : "New ones, and questions";
}

static void add_actions(struct help_view *h)
{
    size_t n;
    const struct action *table = action_table(&n);
    bool general = false;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || table[i].scope != table[i - 1].scope) {
            heading(h, scope_words(table[i].scope, general));
            general = general || table[i].scope == SCOPE_GENERAL;
        }
        const char *key = app_key(h->view.app, table[i].id);
        add(h, key ? key : "", table[i].words);
    }
}

static void add_typing(struct help_view *h)
{
    heading(h, "While a program in a container has the keys");
    add(h, app_settings(h->view.app)->detach_key, "leave its console");
    add(h, "Enter Esc", "once it has ended: keys count again (or after 1 s of none)");
}

static void add_pane(struct help_view *h)
{
    struct view *pane = app_pane(h->view.app);
    const char *const *pairs = pane->type->keys ? pane->type->keys(pane) : NULL;
    if (pairs && pairs[0]) {
        heading(h, pane->type->title);
    }
    for (; pairs && pairs[0]; pairs += 2) {
        add(h, pairs[0], pairs[1]);
    }
}

static void draw_line(struct canvas *c, int row, int col, int cols, const struct help_line *l)
{
    if (!l->key) {
        canvas_text(c, row, col, cols, STYLE_STRONG, l->words ? l->words : "");
        return;
    }
    int used = canvas_text(c, row, col + 2, cols - 2, STYLE_ACCENT, l->key);
    int at = 2 + (used < KEY_COLS - 1 ? KEY_COLS : used + 2);
    canvas_text(c, row, col + at, cols - at, STYLE_TEXT, l->words);
}

/* The gap nearest to the middle: there the second column begins. */
static size_t middle(const struct help_view *h)
{
    size_t best = h->count;
    for (size_t i = 0; i < h->count; i++) {
        size_t distance = i > h->count / 2 ? i - h->count / 2 : h->count / 2 - i;
        size_t best_far = best > h->count / 2 ? best - h->count / 2 : h->count / 2 - best;
        if (!h->lines[i].words && distance < best_far) {
            best = i;
        }
    }
    return best;
}

static void draw_column(struct help_view *h, struct canvas *c, struct rect r, size_t from, size_t end)
{
    for (size_t i = 0; i < (size_t)r.rows && from + h->top + i < end; i++) {
        draw_line(c, r.row + (int)i, r.col, r.cols, &h->lines[from + h->top + i]);
    }
}

static void draw(struct view *v, struct canvas *c, struct rect r, bool focused, bool all)
{
    struct help_view *h = (struct help_view *)v;
    bool wide = r.cols >= WIDE;
    struct rect in = {r.row + 1, r.col + 3, r.rows - 2, r.cols - 6};
    size_t split = wide ? middle(h) : h->count;
    size_t longest = split > h->count - split ? split : h->count - split;
    (void)focused;
    (void)all;
    h->seen = in.rows > 0 ? (size_t)in.rows : 0;
    h->most = longest > h->seen ? longest - h->seen : 0;
    h->top = h->top < h->most ? h->top : h->most;
    canvas_fill(c, r, STYLE_TEXT);
    canvas_box(c, r, STYLE_QUIET, "Help");
    if (wide) {
        in.cols = in.cols / 2 - 1;
    }
    draw_column(h, c, in, 0, split);
    if (h->top < h->most) {
        canvas_right(c, r.row + r.rows - 1, r.col + r.cols - 12, 10, STYLE_QUIET, " more ↓ ");
    }
    if (wide) {
        in.col += in.cols + 2;
        draw_column(h, c, in, split + 1, h->count);
    }
}

static void scroll(struct help_view *h, long by)
{
    long to = (long)h->top + by;
    h->top = to < 0 ? 0 : (size_t)to < h->most ? (size_t)to : h->most;
    app_redraw(h->view.app, &h->view);
}

static bool key(struct view *v, const struct key *k)
{
    struct help_view *h = (struct help_view *)v;
    const struct key page_down = {.code = KEY_CODE_PAGE_DOWN};
    long by;
    if (scroller_step(k->code == ' ' ? &page_down : k, (long)h->seen, &by)) {
        scroll(h, by);
        return true;
    }
    if (k->code == '?' || k->code == 'q') {
        app_pop(v->app);
        return true;
    }
    return k->code == KEY_CODE_MOUSE;
}

static void show(struct view *v, container_id id, bool visible)
{
    (void)v;
    (void)id;
    (void)visible;
}

static const char *const *keys(struct view *v)
{
    static const char *const words[] = {"↑ ↓", "scroll", NULL};
    (void)v;
    return words;
}

static void help_view_free(struct view *v)
{
    struct help_view *h = (struct help_view *)v;
    free(h->lines);
    free(h);
}

static const struct view_type type = {
    .title = "Help", .draw = draw, .key = key, .show = show, .keys = keys, .free = help_view_free};

struct view *help_view_new(struct app *a)
{
    struct help_view *h = mem_new(1, sizeof *h);
    h->view = (struct view){&type, a};
    add_pane(h);
    add_actions(h);
    add_typing(h);
    return &h->view;
}
