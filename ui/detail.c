#include "ui/detail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "ui/app.h"

struct detail {
    struct app *app;
    struct view *tabs[DETAIL_TABS];
    int from[DETAIL_TABS], end[DETAIL_TABS]; /* columns of the names, as drawn */
    size_t front;
    container_id id;
    bool visible;
};

struct detail *detail_new(struct app *a)
{
    struct detail *d = mem_new(1, sizeof *d);
    d->app = a;
    d->tabs[DETAIL_PROCESSES] = process_view_new(a);
    d->tabs[DETAIL_MAP] = map_view_new(a);
    d->tabs[DETAIL_CONSOLE] = console_view_new(a);
    d->tabs[DETAIL_LOGS] = log_view_new(a);
    d->tabs[DETAIL_STATS] = stats_view_new(a);
    d->tabs[DETAIL_BOUNDARY] = boundary_view_new(a);
    d->tabs[DETAIL_INSPECT] = inspect_view_new(a);
    return d;
}

void detail_free(struct detail *d)
{
    if (!d) {
        return;
    }
    for (size_t i = 0; i < DETAIL_TABS; i++) {
        d->tabs[i]->type->free(d->tabs[i]);
    }
    free(d);
}

struct view *detail_view(const struct detail *d)
{
    return d->tabs[d->front];
}

struct view *detail_console(const struct detail *d)
{
    return d->tabs[DETAIL_CONSOLE];
}

static void tell(struct detail *d, size_t tab)
{
    struct view *v = d->tabs[tab];
    v->type->show(v, d->id, d->visible && tab == d->front);
}

static void to_front(struct detail *d, size_t tab)
{
    size_t before = d->front;
    if (tab == before) {
        return;
    }
    d->front = tab;
    tell(d, before);
    tell(d, tab);
    app_redraw_all(d->app);
}

void detail_front(struct detail *d, enum detail_tab tab)
{
    to_front(d, tab);
}

bool detail_open(struct detail *d, const char *title)
{
    for (size_t i = 0; i < DETAIL_TABS; i++) {
        if (strcmp(d->tabs[i]->type->title, title) == 0) {
            to_front(d, i);
            return true;
        }
    }
    return false;
}

void detail_step(struct detail *d, int by)
{
    to_front(d, (d->front + DETAIL_TABS + (size_t)(by + DETAIL_TABS)) % DETAIL_TABS);
}

bool detail_click(struct detail *d, int col)
{
    for (size_t i = 0; i < DETAIL_TABS; i++) {
        if (col >= d->from[i] && col < d->end[i]) {
            to_front(d, i);
            return true;
        }
    }
    return false;
}

bool detail_show(struct detail *d, container_id id, bool visible)
{
    if (id == d->id && visible == d->visible) {
        return false;
    }
    d->id = id;
    d->visible = visible;
    tell(d, d->front);
    return true;
}

void detail_changed(struct detail *d, const struct change *changes, size_t n)
{
    for (size_t i = 0; i < DETAIL_TABS; i++) {
        if (d->tabs[i]->type->changed) {
            d->tabs[i]->type->changed(d->tabs[i], changes, n);
        }
    }
}

void detail_tick(struct detail *d)
{
    struct view *v = detail_view(d);
    stats_view_note(d->tabs[DETAIL_STATS], app_selected(d->app));
    if (d->visible && v->type->tick) {
        v->type->tick(v);
    }
}

/* "vm: requested", "process: engine's default" */
static void mode_text(const struct container *c, char *out, size_t room)
{
    const char *word = isolation_word(c->isolation, c->hypervisor);
    const char *origin = c->origin == ORIGIN_DEFAULT     ? ": engine's default"
                         : c->origin == ORIGIN_REQUESTED ? ": requested"
                                                         : "";
    snprintf(out, room, "%s%s", word, origin);
}

static void draw_rule(struct canvas *c, int row, struct rect r, const char *name, bool focused)
{
    enum style style = focused ? STYLE_ACCENT : STYLE_QUIET;
    canvas_hline(c, row, r.col + 1, r.cols - 2, style);
    if (name) {
        int used = canvas_text(c, row, r.col + 4, r.cols - 10, focused ? STYLE_ACCENT : STYLE_STRONG, name);
        canvas_text(c, row, r.col + 3, 1, style, " ");
        canvas_text(c, row, r.col + 4 + used, 1, style, " ");
    }
}

/* Names are never wider or narrower for being in front: the marks around them stand in the gaps. A window too
 * narrow for all of them begins with a later one, so that the one in front is always seen. */
static size_t first_name(const struct detail *d, int cols)
{
    size_t first = 0;
    int width = 0;
    for (size_t i = 0; i <= d->front; i++) {
        width += text_width(d->tabs[i]->type->title) + 2;
    }
    while (first < d->front && width > cols) {
        width -= text_width(d->tabs[first++]->type->title) + 2;
    }
    return first;
}

static int draw_names(struct detail *d, struct canvas *c, int row, struct rect r, bool focused)
{
    int col = r.col + 2;
    int edge = r.col + r.cols;
    for (size_t i = 0; i < DETAIL_TABS; i++) {
        d->from[i] = d->end[i] = -1;
    }
    for (size_t i = first_name(d, r.cols - 3); i < DETAIL_TABS && col < edge; i++) {
        const char *title = d->tabs[i]->type->title;
        bool front = i == d->front;
        enum style style = front ? (focused ? STYLE_ACCENT : STYLE_STRONG) : STYLE_QUIET;
        d->from[i] = col;
        canvas_text(c, row, col, 1, style, front ? "‹" : " ");
        int used = canvas_text(c, row, col + 1, edge - col - 2, style, title);
        canvas_text(c, row, col + 1 + used, 1, style, front ? "›" : " ");
        col += used + 2;
        d->end[i] = col;
    }
    return col;
}

void detail_draw_tabs(struct detail *d, struct canvas *c, struct rect r, const struct container *shown,
                      bool focused)
{
    char mode[64];
    if (r.rows == 0) {
        return;
    }
    int row = r.row + r.rows - 1;
    canvas_fill(c, r, STYLE_TEXT);
    if (r.rows > 1) {
        draw_rule(c, r.row, r, shown ? (shown->name ? shown->name : shown->key) : NULL, focused);
    }
    int used = draw_names(d, c, row, r, focused);
    if (shown) {
        mode_text(shown, mode, sizeof mode);
        int width = text_width(mode);
        if (used + width + 2 < r.col + r.cols) {
            canvas_right(c, row, r.col + r.cols - width - 2, width, STYLE_QUIET, mode);
        }
    }
}
