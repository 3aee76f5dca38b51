/* One frame: let the model tell, bring panes up to date with the selection, draw the parts that asked for it.
 *
 * While a view lies over the panes they are not drawn, but when everything is: closing it draws everything.
 * Who has the focus is drawn in every frame, since the terminal's cursor may be his. */
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "core/text.h"
#include "ui/app_inside.h"
#include "ui/empty_screen.h"
#include "ui/head.h"
#include "ui/list_view.h"
#include "ui/paragraph.h"
#include "ui/status_bar.h"

void app_dirty(struct app *a, unsigned parts)
{
    a->dirty |= parts;
    if (a->ready && !a->suspended) {
        frame_ask(a->frame);
    }
}

struct rect app_body(const struct app *a)
{
    int top = a->layout.header.rows;
    return (struct rect){top, 0, a->layout.status.row - top, canvas_cols(a->canvas)};
}

static void fit(struct app *a)
{
    struct layout now;
    if (a->resized) {
        int rows, cols;
        screen_size(a->screen, &rows, &cols);
        canvas_resize(a->canvas, rows, cols);
        a->resized = false;
        a->dirty |= PART_ALL;
    }
    size_t count = list_view_count(a->list);
    if (count == 0 && (a->focus == FOCUS_DETAIL || a->zoomed)) {
        a->focus = FOCUS_LIST;
        a->zoomed = false;
    }
    layout_make(&now, canvas_rows(a->canvas), canvas_cols(a->canvas), a->zoomed,
                count < 1000 ? (int)count : 1000);
    if (memcmp(&now, &a->layout, sizeof now) != 0) {
        a->layout = now;
        a->dirty |= PART_ALL;
    }
}

/* The tab in front follows the cursor of the list. */
void app_follow(struct app *a)
{
    if (a->layout.too_small && app_typing(a)) {
        return; /* the program keeps its keys, and its size, until the window is larger */
    }
    bool seen = !a->layout.too_small && a->layout.detail.rows > 0;
    if (detail_show(a->detail, app_selected(a), seen)) {
        a->dirty |= PART_TABS | PART_DETAIL | PART_DETAIL_ALL | PART_STATUS;
    }
}

static void draw_view(struct app *a, struct view *v, struct rect r, bool focused, bool all)
{
    if (r.rows <= 0) {
        return;
    }
    canvas_clip(a->canvas, r);
    v->type->draw(v, a->canvas, r, focused, all);
    canvas_unclip(a->canvas);
}

static void draw_head(struct app *a)
{
    struct head h = {
        .session = a->parts.session,
        .settings = a->parts.settings,
        .host = app_host(a, 0),
        .total = a->total,
        .running = a->running,
        .restarting = a->restarting,
        .marked = list_view_marked(a->list, NULL, 0),
        .listed = list_view_count(a->list),
        .filter = list_view_filter_words(a->list),
        .hide_stopped = list_view_hides_stopped(a->list),
    };
    list_view_sorting(a->list, &h.by, &h.descending);
    head_draw(a->canvas, a->layout.header, &h);
}

static void draw_empty(struct app *a)
{
    const struct empty_screen e = {
        .session = a->parts.session,
        .known = model_count(a->model),
        .filter = list_view_filter_words(a->list),
        .hide_stopped = list_view_hides_stopped(a->list),
        .images = a->images,
        .demo_key = bindings_key(a->bindings, ACTION_DEMO),
        .launch_key = bindings_key(a->bindings, ACTION_LAUNCH),
        .filter_key = bindings_key(a->bindings, ACTION_FILTER),
        .hide_key = bindings_key(a->bindings, ACTION_HIDE_STOPPED),
        .refresh_key = bindings_key(a->bindings, ACTION_REFRESH),
    };
    app_ask_images(a);
    empty_screen_draw(a->canvas, a->layout.list, &e);
}

static void draw_list(struct app *a, bool focused, bool all)
{
    if (list_view_count(a->list) == 0) {
        draw_empty(a);
        app_sample(a, NULL, 0, 0);
    } else {
        draw_view(a, a->list, a->layout.list, focused, all);
    }
}

static void draw_panes(struct app *a, bool all)
{
    bool covered = a->n_overlays > 0;
    bool list = a->focus == FOCUS_LIST && !covered;
    bool detail = a->focus == FOCUS_DETAIL && !covered;
    if (covered && !all) {
        return;
    }
    if (all || a->dirty & PART_LIST) {
        draw_list(a, list, all);
    }
    if (all || a->dirty & PART_TABS) {
        const struct container *shown = model_get(a->model, app_selected(a));
        detail_draw_tabs(a->detail, a->canvas, a->layout.tabs, shown, detail);
    }
    bool another = a->dirty & PART_DETAIL_ALL;
    if (another && !all) {
        canvas_fill(a->canvas, a->layout.detail, STYLE_TEXT);
    }
    if (all || detail || a->dirty & PART_DETAIL) {
        draw_view(a, detail_view(a->detail), a->layout.detail, detail, all || another);
    }
}

static void draw_overlays(struct app *a, bool all)
{
    for (size_t i = 0; i < a->n_overlays; i++) {
        bool top = i + 1 == a->n_overlays;
        if (all || top) {
            draw_view(a, a->overlays[i], app_body(a), top, all);
        }
    }
}

/* What the bottom line says; NULL: nothing. While keys are ignored nothing else counts. */
static const char *message_of(const struct app *a)
{
    return a->ignore.now ? a->ignore.words : a->message[0] && !prompt_open(a->prompt) ? a->message : NULL;
}

int app_message_rows(const struct app *a)
{
    const struct rect *r = &a->layout.status;
    const char *message = message_of(a);
    bool asks = prompt_open(a->prompt) && !a->ignore.now;
    int rows = asks ? prompt_rows(a->prompt, r->cols) : message ? paragraph_rows(message, r->cols - 2) : 1;
    int most = asks || r->row / 2 < MESSAGE_ROWS ? r->row / 2 : MESSAGE_ROWS;
    return rows < 1 || most < 1 ? 1 : rows < most ? rows : most;
}

static void draw_status(struct app *a)
{
    struct status_line s = {0};
    char job[MESSAGE_ROOM];
    s.prompt = prompt_open(a->prompt) && !a->ignore.now ? a->prompt : NULL;
    s.message = message_of(a);
    s.error = a->message_error && !a->ignore.now;
    s.job = jobs_line(a->jobs, job, sizeof job) ? job : NULL;
    s.cancellable = jobs_cancellable(a->jobs);
    app_hints(a, &s);
    struct rect r = a->layout.status;
    int rows = app_message_rows(a);
    status_bar_draw(a->canvas, (struct rect){r.row + 1 - rows, r.col, rows, r.cols}, &s);
}

static void draw_parts(struct app *a)
{
    bool all = a->dirty & PART_ALL;
    if (all) {
        canvas_fill(a->canvas, (struct rect){0, 0, canvas_rows(a->canvas), canvas_cols(a->canvas)},
                    STYLE_TEXT);
    }
    if (all || a->dirty & PART_HEAD) {
        draw_head(a);
    }
    draw_panes(a, all);
    draw_overlays(a, all);
    if (all || a->dirty & PART_STATUS || prompt_open(a->prompt) || app_message_rows(a) > 1) {
        draw_status(a);
    }
}

static void draw_too_small(struct app *a)
{
    char words[IGNORE_ROOM] = "";
    if (a->ignore.now) {
        snprintf(words, sizeof words, "%s", a->ignore.words);
    } else if (app_typing(a)) {
        snprintf(words, sizeof words, "Keys go on to the console; %s leaves it.",
                 a->parts.settings->detach_key);
    }
    too_small_draw(a->canvas, canvas_rows(a->canvas), canvas_cols(a->canvas), words);
}

void app_draw(void *user)
{
    struct app *a = user;
    if (!a->ready || a->suspended || a->quitting) {
        return;
    }
    model_publish(a->model);
    fit(a);
    app_follow(a);
    app_ignore_look(a);
    if (!a->dirty) {
        return;
    }
    canvas_cursor(a->canvas, -1, -1);
    if (a->layout.too_small) {
        draw_too_small(a);
    } else {
        draw_parts(a);
    }
    a->dirty = 0;
    screen_draw(a->screen, a->canvas);
    canvas_clean(a->canvas);
}
