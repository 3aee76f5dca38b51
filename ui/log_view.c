/* While the tab is on the screen a stream of the container's log is open: so many old lines as are kept, then
 * what comes. It is closed when the tab leaves the screen, and opened again when the container has been
 * started anew. */
#include <stdio.h>
#include <stdlib.h>

#include "core/loglines.h"
#include "core/memory.h"
#include "ui/intake.h"
#include "ui/log_window.h"
#include "ui/pane.h"
#include "ui/scroller.h"
#include "ui/views.h"

enum {
    BYTES_PER_LINE = 256, /* on average; the ring is this times the lines */
    LEAST_BYTES = 1 << 16,
    MOST_BYTES = 1 << 26,
    BYTES_PER_TURN = 1 << 18,
    SIDEWAYS = 8
};

struct log_view {
    struct view view;
    container_id id;
    bool visible;
    struct console *console; /* NULL: none is open */
    struct intake *intake;
    struct loglines *lines;
    bool stale; /* the lines are those of an earlier stream, until the new one speaks or stays silent for a
                   while */
    bool opened, ended;
    struct error why;
    struct log_window window;
    char *needle;   /* NULL: no search */
    uint64_t found; /* the line that the search is at */
    bool has_found;
};

static struct log_view *self(struct view *v)
{
    return (struct log_view *)v;
}

static void begin_anew(struct log_view *v)
{
    if (v->stale) {
        loglines_clear(v->lines);
        v->has_found = v->stale = false;
    }
}

static void on_opened(void *user)
{
    self(user)->opened = true;
}

static void on_bytes(void *user, enum console_stream stream, int64_t when, const char *data, size_t len)
{
    struct log_view *v = user;
    begin_anew(v);
    loglines_add(v->lines, stream, when, data, len);
    intake_took(v->intake, v->console, len);
    app_redraw(v->view.app, &v->view);
}

static void on_closed(void *user, const struct error *why, int exit_code)
{
    struct log_view *v = user;
    (void)exit_code;
    begin_anew(v);
    loglines_close(v->lines);
    intake_forget(v->intake, v->console);
    v->console = NULL;
    v->ended = true;
    v->why = why != NULL ? *why : (struct error){0};
    app_redraw(v->view.app, &v->view);
}

static const struct console_sink SINK = {.opened = on_opened, .bytes = on_bytes, .closed = on_closed};

static void close_stream(struct log_view *v)
{
    if (v->console != NULL) {
        intake_forget(v->intake, v->console);
        console_close(v->console);
        v->console = NULL;
    }
}

static void open_stream(struct log_view *v)
{
    struct app *a = v->view.app;
    close_stream(v);
    v->why = (struct error){0};
    v->opened = v->ended = false;
    if (!v->visible || model_get(app_model(a), v->id) == NULL) {
        return;
    }
    struct console_spec spec = {
        .kind = CONSOLE_LOGS, .tail = (int64_t)app_settings(a)->log_lines, .follow = true, .stamps = true};
    v->stale = true;
    v->console = session_console(app_session(a), v->id, &spec, &SINK, v);
}

static void show(struct view *view, container_id id, bool visible)
{
    struct log_view *v = self(view);
    bool other = id != v->id;
    if (!other && visible == v->visible) {
        return;
    }
    if (other) {
        loglines_clear(v->lines);
        v->has_found = false;
        v->window.follow = true;
        v->window.skip = 0;
    }
    v->id = id;
    v->visible = visible;
    open_stream(v);
}

static void changed(struct view *view, const struct change *changes, size_t n)
{
    struct log_view *v = self(view);
    unsigned fields = v->visible ? pane_changed(changes, n, v->id) : 0;
    if (fields & FIELD_STATE) {
        if (v->ended && pane_is_running(view->app, v->id)) {
            open_stream(v);
        }
        app_redraw(view->app, view);
    }
}

static void tick(struct view *view)
{
    struct log_view *v = self(view);
    if (v->ended && v->why.kind == ERROR_UNREACHABLE) { /* perhaps it can be read now */
        open_stream(v);
    } else if (v->opened && v->stale) {
        begin_anew(v);
        app_redraw(view->app, view);
    }
}

static void draw_state(struct log_view *v, struct canvas *c, struct rect r)
{
    char words[600];
    uint64_t end = loglines_end(v->lines), first = loglines_first(v->lines);
    if (v->why.kind != ERROR_NONE) {
        snprintf(words, sizeof words, "%s", v->why.text);
    } else if (!v->window.follow) {
        snprintf(words, sizeof words, "line %llu of %llu   F follows",
                 (unsigned long long)(v->window.line - first + 1), (unsigned long long)(end - first));
    } else {
        snprintf(words, sizeof words, "%s", v->ended ? "the log has ended" : "following");
    }
    enum style style = v->why.kind != ERROR_NONE ? STYLE_WARNING : STYLE_QUIET;
    int used = canvas_text(c, r.row, r.col, r.cols, style, words);
    if (v->needle != NULL) {
        canvas_textf(c, r.row, r.col + used, r.cols - used, STYLE_QUIET, "   / %s", v->needle);
    }
}

static void draw(struct view *view, struct canvas *c, struct rect r, bool focused, bool all)
{
    struct log_view *v = self(view);
    (void)focused;
    if (!all) {
        canvas_fill(c, r, STYLE_TEXT);
    }
    if (pane_container(view->app, v->id, c, r) == NULL) {
        return;
    }
    if (loglines_end(v->lines) == loglines_first(v->lines)) {
        if (v->why.kind != ERROR_NONE) {
            pane_sentence(c, r, v->why.text, NULL);
        } else if (v->console == NULL || !v->stale) {
            pane_sentence(c, r, "Nothing has been printed yet.", NULL);
        }
        return;
    }
    int rows = r.rows > 3 ? r.rows - 1 : r.rows;
    struct rect body = {r.row, r.col + 1, rows, r.cols - 2};
    log_window_draw(&v->window, v->lines, v->needle, c, body);
    if (rows < r.rows) {
        draw_state(v, c, (struct rect){r.row + rows, r.col + PANE_MARGIN, 1, r.cols - PANE_MARGIN - 1});
    }
}

static void search(struct log_view *v, uint64_t from, bool older)
{
    uint64_t number;
    if (loglines_search(v->lines, v->needle, from, older, &number)) {
        v->found = number;
        v->has_found = true;
        log_window_reveal(&v->window, v->lines, number);
    } else {
        app_say(v->view.app, v->has_found ? "No more “%s” this way." : "“%s” is not in the log.", v->needle);
    }
    app_redraw(v->view.app, &v->view);
}

/* The newest match first: that is where people look. */
static void on_needle(void *user, const char *text)
{
    struct log_view *v = user;
    if (text == NULL) {
        return;
    }
    free(v->needle);
    v->needle = text[0] != '\0' ? mem_string(text) : NULL;
    v->has_found = false;
    uint64_t end = loglines_end(v->lines);
    if (v->needle != NULL && end > loglines_first(v->lines)) {
        search(v, end - 1, true);
    } else {
        app_redraw(v->view.app, &v->view);
    }
}

static void search_on(struct log_view *v, bool older)
{
    uint64_t first = loglines_first(v->lines), end = loglines_end(v->lines);
    uint64_t from = v->has_found ? v->found : end;
    if ((older && from <= first) || (!older && from + 1 >= end)) {
        app_say(v->view.app, "No more “%s” this way.", v->needle);
        return;
    }
    search(v, older ? from - 1 : from + 1, older);
}

static bool search_key(struct log_view *v, const struct key *k)
{
    if (k->code == '/') {
        app_prompt(v->view.app, "search: ", v->needle, on_needle, v);
        return true;
    }
    if (v->needle == NULL) {
        return false;
    }
    switch (k->code) {
    case 'n':
    case 'N':
        search_on(v, k->code == 'n');
        return true;
    case KEY_CODE_ESCAPE:
        free(v->needle);
        v->needle = NULL;
        return true;
    default:
        return false;
    }
}

static bool look_key(struct log_window *w, const struct key *k)
{
    switch (k->code) {
    case 'F':
        w->follow = !w->follow;
        return true;
    case 't':
        w->times = !w->times;
        return true;
    case 'w':
        log_window_turn_wrap(w);
        return true;
    case KEY_CODE_LEFT:
        w->skip = w->skip > SIDEWAYS ? w->skip - SIDEWAYS : 0;
        return true;
    case KEY_CODE_RIGHT:
        w->skip += !w->wrap && w->skip < LOGLINES_LONGEST ? SIDEWAYS : 0;
        return true;
    default:
        return false;
    }
}

static bool move_key(struct log_view *v, const struct key *k)
{
    struct log_window *w = &v->window;
    long by;
    if (!scroller_step(k, w->rows, &by)) {
        return false;
    }
    if (by == SCROLLER_ALL) {
        w->follow = true;
    } else if (by == -SCROLLER_ALL) {
        log_window_home(w, v->lines);
    } else {
        log_window_move(w, v->lines, by);
    }
    return true;
}

static bool key(struct view *view, const struct key *k)
{
    struct log_view *v = self(view);
    if (k->modifiers & (KEY_CTRL | KEY_ALT)) {
        return false;
    }
    if (!search_key(v, k) && !look_key(&v->window, k) && !move_key(v, k)) {
        return false;
    }
    app_redraw(view->app, view);
    return true;
}

static const char *const *keys(struct view *view)
{
    static const char *const plain[] = {"F", "follow", "/", "search", "t", "times", "w", "wrap", NULL};
    static const char *const found[] = {"n", "older match", "N", "newer match", "F", "follow", "t", "times",
                                        "w", "wrap",        "/", "search",      NULL};
    return self(view)->needle != NULL ? found : plain;
}

static void log_view_free(struct view *view)
{
    struct log_view *v = self(view);
    close_stream(v);
    intake_free(v->intake);
    loglines_free(v->lines);
    free(v->needle);
    free(v);
}

static const struct view_type LOG_VIEW = {
    .title = "Logs",
    .draw = draw,
    .key = key,
    .show = show,
    .changed = changed,
    .tick = tick,
    .keys = keys,
    .free = log_view_free,
};

static size_t ring_bytes(size_t lines)
{
    size_t bytes = lines < MOST_BYTES / BYTES_PER_LINE ? lines * BYTES_PER_LINE : MOST_BYTES;
    return bytes < LEAST_BYTES ? LEAST_BYTES : bytes;
}

struct view *log_view_new(struct app *a)
{
    struct log_view *v = mem_new(1, sizeof *v);
    size_t lines = app_settings(a)->log_lines;
    v->view = (struct view){&LOG_VIEW, a};
    v->intake = intake_new(app_loop(a), BYTES_PER_TURN);
    v->lines = loglines_new(lines, ring_bytes(lines));
    v->window = (struct log_window){.follow = true};
    return &v->view;
}
