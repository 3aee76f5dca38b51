/* Consoles stay open while one browses; the tab shows one of the selected container, if there is one, and
 * names all. While `typing`, every key but the detach key goes to the program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "ui/console_pane.h"
#include "ui/pane.h"
#include "ui/views.h"

enum { BYTES_PER_TURN = 1 << 17, NOWHERE = -1 };

struct console_view {
    struct view view;
    container_id id;
    bool visible, typing;
    bool asked; /* for the console in front; not drawn since. The selection may still have to follow. */
    bool other; /* another console is in front, or another size: all must be drawn again */
    struct console_pane **panes;
    size_t n_panes, room;
    long current; /* NOWHERE: none of the selected container is open */
    struct intake *intake;
    struct rect body;
    int *name_ends; /* column behind each name, as drawn */
    char *needle;
    const char *bottom_keys[16];
};

static struct console_view *self(struct view *v)
{
    return (struct console_view *)v;
}

static struct console_pane *current(const struct console_view *v)
{
    return v->current >= 0 ? v->panes[v->current] : NULL;
}

static void redraw(struct console_view *v)
{
    app_redraw(v->view.app, &v->view);
}

static void on_changed(void *user)
{
    struct console_view *v = user;
    struct console_pane *p = current(v);
    if (p != NULL && !console_pane_live(p)) {
        v->typing = false;
        v->other = true;
    }
    if (v->visible) {
        redraw(v);
    }
}

static void go_to(struct console_view *v, long number)
{
    v->current = number;
    v->other = true;
    redraw(v);
}

static long newest_of(const struct console_view *v, container_id id)
{
    for (long i = (long)v->n_panes - 1; i >= 0; i--) {
        if (console_pane_container(v->panes[i]) == id) {
            return i;
        }
    }
    return NOWHERE;
}

static void show(struct view *view, container_id id, bool visible)
{
    struct console_view *v = self(view);
    struct console_pane *p = current(v);
    if (!v->asked && id != v->id && (p == NULL || console_pane_container(p) != id)) {
        v->current = newest_of(v, id);
        v->typing = false;
    }
    v->typing = v->typing && (visible || v->asked);
    v->id = id;
    v->visible = visible;
    v->other = true;
}

static void changed(struct view *view, const struct change *changes, size_t n)
{
    struct console_view *v = self(view);
    if (v->visible && current(v) == NULL && (pane_changed(changes, n, v->id) & (FIELD_STATE | FIELD_NAME))) {
        redraw(v);
    }
}

static void type_into(struct console_view *v, long number)
{
    v->typing = v->asked = true;
    go_to(v, number);
}

static void open_console(struct console_view *v, container_id id, enum console_kind kind,
                         const char *const *argv)
{
    struct app *a = v->view.app;
    struct console_pane_parts parts = {.session = app_session(a),
                                       .intake = v->intake,
                                       .id = id,
                                       .kind = kind,
                                       .argv = argv,
                                       .scrollback = app_settings(a)->scrollback,
                                       .changed = on_changed,
                                       .user = v};
    v->panes = mem_grow(v->panes, &v->room, v->n_panes + 1, sizeof *v->panes);
    v->name_ends = mem_resize(v->name_ends, v->n_panes + 1, sizeof *v->name_ends);
    v->name_ends[v->n_panes] = 0;
    v->panes[v->n_panes++] = console_pane_new(&parts);
    if (v->body.rows > 0) {
        console_pane_fit(v->panes[v->n_panes - 1], v->body.rows, v->body.cols);
    }
    type_into(v, (long)v->n_panes - 1);
}

/* A live console of the same kind is what was asked for already. */
void console_view_attach(struct view *view, container_id id)
{
    struct console_view *v = self(view);
    for (size_t i = 0; i < v->n_panes; i++) {
        struct console_pane *p = v->panes[i];
        if (console_pane_container(p) == id && console_pane_live(p) && console_pane_attached(p)) {
            type_into(v, (long)i);
            return;
        }
    }
    open_console(v, id, CONSOLE_ATTACH, NULL);
}

void console_view_exec(struct view *view, container_id id, const char *const *argv)
{
    open_console(self(view), id, CONSOLE_EXEC, argv);
}

size_t console_view_open(const struct view *view)
{
    const struct console_view *v = (const struct console_view *)view;
    size_t n = 0;
    for (size_t i = 0; i < v->n_panes; i++) {
        n += console_pane_live(v->panes[i]);
    }
    return n;
}

bool console_view_typing(const struct view *view)
{
    const struct console_view *v = (const struct console_view *)view;
    struct console_pane *p = current(v);
    return v->typing && p != NULL && console_pane_live(p);
}

const struct console_pane *console_view_front(const struct view *view)
{
    return current((const struct console_view *)view);
}

void console_view_why(const struct view *view, const struct console_pane *p, char *out, size_t room)
{
    const struct console_view *v = (const struct console_view *)view;
    for (size_t i = 0; i < v->n_panes; i++) {
        if (v->panes[i] == p && !console_pane_live(p)) {
            snprintf(out, room, "%s: %s.", console_pane_name(p), console_pane_ending(p));
            return;
        }
    }
    snprintf(out, room, "the console that they were typed into is not in front any more.");
}

static void close_current(struct console_view *v)
{
    size_t at = (size_t)v->current;
    console_pane_free(v->panes[at]);
    v->n_panes--;
    memmove(v->panes + at, v->panes + at + 1, (v->n_panes - at) * sizeof *v->panes);
    v->typing = false;
    go_to(v, newest_of(v, v->id));
}

static void draw_name(struct console_view *v, size_t i, struct canvas *c, struct rect r, int *col)
{
    char state[40];
    struct console_pane *p = v->panes[i];
    bool front = (long)i == v->current;
    int end = r.col + r.cols;
    *col += canvas_text(c, r.row, *col, end - *col, console_pane_live(p) ? STYLE_RUNNING : STYLE_STOPPED,
                        console_pane_live(p) ? "● " : "○ ");
    *col += canvas_text(c, r.row, *col, end - *col, front ? STYLE_ACCENT : STYLE_TEXT, console_pane_name(p));
    console_pane_state(p, state, sizeof state);
    *col += canvas_textf(c, r.row, *col, end - *col, STYLE_QUIET, " %s", state);
    v->name_ends[i] = *col;
    *col += 3;
}

static const char *mode_hint(const struct console_view *v, char *out, size_t room)
{
    const struct console_pane *p = current(v);
    if (p == NULL) {
        out[0] = '\0';
    } else if (console_view_typing(&v->view)) {
        snprintf(out, room, "typing · %s leaves", app_settings(v->view.app)->detach_key);
    } else if (console_pane_live(p)) {
        snprintf(out, room, "%sEnter types", console_pane_scrolled(p) ? "scrolled back · " : "");
    } else {
        snprintf(out, room, "x closes");
    }
    return out;
}

/* The names begin with the one in front when there is no room for all. */
static size_t first_name(const struct console_view *v, int cols)
{
    size_t first = v->current > 0 ? (size_t)v->current : 0;
    int width = 0;
    while (first > 0) {
        char state[40];
        const struct console_pane *p = v->panes[first];
        width +=
            text_width(console_pane_name(p)) + text_width(console_pane_state(p, state, sizeof state)) + 6;
        if (width > cols / 2) {
            return first;
        }
        first--;
    }
    return first;
}

static void draw_names(struct console_view *v, struct canvas *c, struct rect r)
{
    char hint[120];
    canvas_fill(c, r, STYLE_TEXT);
    int hint_cols = text_width(mode_hint(v, hint, sizeof hint));
    int room = r.cols - hint_cols - 3;
    struct rect names = {r.row, r.col + 1, 1, room > 0 ? room : 0};
    int col = names.col;
    size_t first = first_name(v, names.cols);
    for (size_t i = 0; i < v->n_panes; i++) {
        v->name_ends[i] = 0;
        if (i >= first && col < names.col + names.cols) {
            draw_name(v, i, c, names, &col);
        }
    }
    if (hint_cols + 2 <= r.cols) {
        canvas_right(c, r.row, r.col, r.cols - 1, STYLE_QUIET, hint);
    }
}

static void draw_none(struct console_view *v, struct canvas *c, struct rect r)
{
    char what[300], attach[80], shell[80], next[200];
    const struct container *it = pane_running(v->view.app, v->id, c, r);
    if (it == NULL) {
        return;
    }
    snprintf(what, sizeof what, "No console of %.100s is open.", it->name != NULL ? it->name : "it");
    pane_hint(v->view.app, ACTION_ATTACH, "attaches to its first process", attach, sizeof attach);
    pane_hint(v->view.app, ACTION_EXEC, "opens a shell inside", shell, sizeof shell);
    snprintf(next, sizeof next, "%s%s%s", attach, attach[0] != '\0' && shell[0] != '\0' ? ", " : "", shell);
    pane_sentence(c, r, what, next);
}

static void fit_all(struct console_view *v)
{
    for (size_t i = 0; i < v->n_panes; i++) {
        console_pane_fit(v->panes[i], v->body.rows, v->body.cols);
    }
}

static void draw(struct view *view, struct canvas *c, struct rect r, bool focused, bool all)
{
    struct console_view *v = self(view);
    bool names = v->n_panes > 0 && r.rows > 2;
    int above = r.rows > 2 ? 1 : 0;
    v->asked = false;
    v->typing = v->typing && focused; /* whoever takes the focus away ends the typing */
    v->body = (struct rect){r.row + above, r.col, r.rows - above, r.cols};
    fit_all(v);
    all = all || v->other;
    if (all) {
        canvas_fill(c, r, STYLE_TEXT);
    }
    if (names) {
        draw_names(v, c, (struct rect){r.row, r.col, 1, r.cols});
    }
    v->other = false;
    struct console_pane *p = current(v);
    if (p == NULL) {
        canvas_fill(c, names ? v->body : r, STYLE_TEXT);
        draw_none(v, c, names ? v->body : r);
        return;
    }
    console_pane_draw(p, c, v->body, v->typing, all);
}

static void on_needle(void *user, const char *text)
{
    struct console_view *v = user;
    if (text == NULL) {
        return;
    }
    free(v->needle);
    v->needle = text[0] != '\0' ? mem_string(text) : NULL;
    struct console_pane *p = current(v);
    if (p != NULL && !console_pane_search(p, v->needle, true) && v->needle != NULL) {
        app_say(v->view.app, "“%s” is not in this console.", v->needle);
    }
    redraw(v);
}

static bool search_key(struct console_view *v, struct console_pane *p, const struct key *k)
{
    if (k->code == '/') {
        app_prompt(v->view.app, "search: ", v->needle, on_needle, v);
        return true;
    }
    if (v->needle == NULL || (k->code != 'n' && k->code != 'N' && k->code != KEY_CODE_ESCAPE)) {
        return false;
    }
    if (k->code == KEY_CODE_ESCAPE) {
        free(v->needle);
        v->needle = NULL;
        console_pane_search(p, NULL, true);
    } else if (!console_pane_search(p, v->needle, k->code == 'n')) {
        app_say(v->view.app, "No more “%s” this way.", v->needle);
    }
    return true;
}

static bool switch_key(struct console_view *v, const struct key *k)
{
    long n = (long)v->n_panes, step = k->code == KEY_CODE_LEFT ? -1 : k->code == KEY_CODE_RIGHT ? 1 : 0;
    if (n == 0 || step == 0) {
        return false;
    }
    long from = v->current != NOWHERE ? v->current : step > 0 ? -1 : n;
    go_to(v, ((from + step) % n + n) % n);
    return true;
}

static bool click(struct console_view *v, const struct key *k)
{
    if (k->code != KEY_CODE_MOUSE || k->mouse != MOUSE_PRESS || k->mouse_row != v->body.row - 1) {
        return false;
    }
    for (size_t i = 0; i < v->n_panes; i++) {
        if (k->mouse_col < v->name_ends[i]) {
            go_to(v, (long)i);
            return true;
        }
    }
    return false;
}

/* The wheel is the program's while it has the whole screen; else it looks back. */
static bool type_mouse(struct console_view *v, struct console_pane *p, const struct key *k)
{
    bool wheel = k->mouse == MOUSE_WHEEL_UP || k->mouse == MOUSE_WHEEL_DOWN;
    if (wheel && !console_pane_full_screen(p)) {
        console_pane_scroll_key(p, k);
        return true;
    }
    struct key inside = *k;
    inside.mouse_row -= v->body.row;
    inside.mouse_col -= v->body.col;
    if (inside.mouse_row < 0 || inside.mouse_row >= v->body.rows || inside.mouse_col < 0 ||
        inside.mouse_col >= v->body.cols) {
        return false;
    }
    console_pane_type(p, &inside);
    return true;
}

static bool type(struct console_view *v, struct console_pane *p, const struct key *k)
{
    if (k->code == KEY_CODE_MOUSE) {
        return click(v, k) || type_mouse(v, p, k);
    }
    bool page = k->code == KEY_CODE_PAGE_UP || k->code == KEY_CODE_PAGE_DOWN;
    if (key_is(k, app_settings(v->view.app)->detach_key)) {
        v->typing = false;
        v->other = true;
    } else if (page && k->modifiers == KEY_SHIFT) {
        console_pane_scroll_key(p, k);
    } else {
        console_pane_type(p, k);
    }
    return true;
}

static bool browse(struct console_view *v, struct console_pane *p, const struct key *k)
{
    if (k->modifiers & (KEY_CTRL | KEY_ALT)) {
        return false;
    }
    if (p == NULL) {
        return switch_key(v, k) || click(v, k);
    }
    if (k->code == KEY_CODE_ENTER && console_pane_live(p)) {
        v->typing = v->other = true;
        console_pane_scroll_key(p, &(struct key){.code = KEY_CODE_END});
        return true;
    }
    if (k->code == 'x') {
        close_current(v);
        return true;
    }
    return switch_key(v, k) || search_key(v, p, k) || click(v, k) || console_pane_scroll_key(p, k);
}

static bool key(struct view *view, const struct key *k)
{
    struct console_view *v = self(view);
    struct console_pane *p = current(v);
    bool taken = console_view_typing(view) ? type(v, p, k) : browse(v, p, k);
    if (taken) {
        redraw(v);
    }
    return taken;
}

static size_t add_key(struct console_view *v, size_t n, const char *name, const char *words)
{
    v->bottom_keys[n] = name;
    v->bottom_keys[n + 1] = words;
    return n + 2;
}

static const char *const *keys(struct view *view)
{
    struct console_view *v = self(view);
    struct console_pane *p = current(v);
    size_t n = 0;
    if (console_view_typing(view)) {
        n = add_key(v, n, app_settings(view->app)->detach_key, "leave the console");
    } else if (p != NULL) {
        n = console_pane_live(p) ? add_key(v, n, "Enter", "type") : n;
        n = add_key(v, n, "x", "close");
        n = v->n_panes > 1 ? add_key(v, n, "Right", "next console") : n;
        n = add_key(v, n, "Page Up", "look back");
        n = v->needle != NULL ? add_key(v, n, "n", "older match") : n;
        n = v->needle != NULL ? add_key(v, n, "N", "newer match") : n;
        n = add_key(v, n, "/", "search");
    }
    v->bottom_keys[n] = NULL;
    return v->bottom_keys;
}

static void console_view_free(struct view *view)
{
    struct console_view *v = self(view);
    for (size_t i = 0; i < v->n_panes; i++) {
        console_pane_free(v->panes[i]);
    }
    intake_free(v->intake);
    free(v->panes);
    free(v->name_ends);
    free(v->needle);
    free(v);
}

static const struct view_type CONSOLE_VIEW = {
    .title = "Console",
    .draw = draw,
    .key = key,
    .show = show,
    .changed = changed,
    .keys = keys,
    .free = console_view_free,
};

struct view *console_view_new(struct app *a)
{
    struct console_view *v = mem_new(1, sizeof *v);
    v->view = (struct view){&CONSOLE_VIEW, a};
    v->intake = intake_new(app_loop(a), BYTES_PER_TURN);
    v->current = NOWHERE;
    return &v->view;
}
