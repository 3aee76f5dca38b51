#include "ui/empty_screen.h"

#include <stdio.h>

#include "core/text.h"
#include "ui/layout.h"
#include "ui/paragraph.h"

enum { INDENT = 3, KEY_WIDTH = 6 };

static bool all_in(const struct session *s, enum engine_state state)
{
    for (int i = 0; i < session_engines(s); i++) {
        if (session_engine(s, i)->state != state) {
            return false;
        }
    }
    return true;
}

static int draw_step(struct canvas *c, struct rect r, int row, const char *key, const char *words)
{
    if (!key) {
        return row;
    }
    int used = canvas_text(c, row, r.col + INDENT + 2, -1, STYLE_ACCENT, key);
    int col = r.col + INDENT + 2 + (used > KEY_WIDTH - 2 ? used + 2 : KEY_WIDTH);
    return row + paragraph_draw(c, (struct rect){row, col, r.row + r.rows - row, r.col + r.cols - col - 1},
                                STYLE_TEXT, words);
}

static const char *engine_words(const struct engine *e, struct text *t)
{
    const char *reason = e->reason ? e->reason : "";
    text_clear(t);
    switch (e->state) {
    case ENGINE_ONLINE:
        text_addf(t, "%s%s%s", e->version ? e->version : "ready", *reason ? " – " : "", reason);
        break;
    case ENGINE_OPENING:
        text_add(t, "is being asked");
        break;
    case ENGINE_OFFLINE:
        text_add(t, *reason ? reason : "cannot be reached");
        break;
    }
    return text_of(t);
}

static int name_width(const struct session *s)
{
    int most = 0;
    for (int i = 0; i < session_engines(s); i++) {
        int width = text_width(session_engine(s, i)->label);
        most = width > most ? width : most;
    }
    return most;
}

static void draw_engines(struct canvas *c, struct rect r, int row, const struct session *s)
{
    struct text words = {0};
    int names = name_width(s);
    for (int i = 0; i < session_engines(s) && row < r.row + r.rows; i++) {
        const struct engine *e = session_engine(s, i);
        bool online = e->state == ENGINE_ONLINE, full = online && !e->limited;
        int col = r.col + INDENT;
        canvas_text(c, row, col, 9, STYLE_QUIET, i == 0 ? "engines" : "");
        canvas_text(c, row, col + 10, 1, full ? STYLE_RUNNING : STYLE_WARNING,
                    full     ? "●"
                    : online ? "◐"
                             : "○");
        canvas_text(c, row, col + 12, names, STYLE_TEXT, e->label);
        col += 12 + names + 2;
        int used = paragraph_draw(c, (struct rect){row, col, r.row + r.rows - row, r.col + r.cols - col - 1},
                                  STYLE_QUIET, engine_words(e, &words));
        row += used > 1 ? used : 1;
    }
    text_done(&words);
}

static int draw_sentence(struct canvas *c, struct rect r, const char *words)
{
    struct rect at = {r.row + 1, r.col + INDENT, r.rows - 1, r.cols - INDENT - 1};
    return at.row + paragraph_draw(c, at, STYLE_STRONG, words) + 1;
}

static void draw_filtered(struct canvas *c, struct rect r, const struct empty_screen *e)
{
    char words[256];
    int row;
    if (e->filter[0]) {
        snprintf(words, sizeof words, "No container fits the filter “%.120s”.", e->filter);
        row = draw_sentence(c, r, words);
        row = draw_step(c, r, row, "Esc", "show all again");
        row = draw_step(c, r, row, e->filter_key, "change the filter");
    } else {
        row = draw_sentence(c, r, "All containers are stopped, and stopped ones are hidden.");
    }
    if (e->hide_stopped) {
        draw_step(c, r, row, e->hide_key, "show stopped ones");
    }
}

static void draw_offline(struct canvas *c, struct rect r, const struct empty_screen *e)
{
    int row = draw_sentence(c, r, "No container engine can be used here.");
    row = draw_step(c, r, row, e->refresh_key, "try again now (it is also tried every few seconds)");
    draw_engines(c, r, row + 1, e->session);
}

static void draw_first(struct canvas *c, struct rect r, const struct empty_screen *e)
{
    char words[256];
    bool known = e->images && *e->images;
    int row = draw_sentence(c, r, "No containers here yet.");
    row = draw_step(c, r, row, e->demo_key,
                    "launch the demonstration: one ping in each isolation mode, side by side");
    snprintf(words, sizeof words, "launch a container%s%.180s%s", known ? "   (images: " : "",
             known ? e->images : "", known ? ")" : "");
    row = draw_step(c, r, row, e->launch_key, words);
    draw_engines(c, r, row + 1, e->session);
}

void empty_screen_draw(struct canvas *c, struct rect r, const struct empty_screen *e)
{
    canvas_fill(c, r, STYLE_TEXT);
    if (e->known > 0) {
        draw_filtered(c, r, e);
    } else if (session_engines(e->session) > 0 && all_in(e->session, ENGINE_OFFLINE)) {
        draw_offline(c, r, e);
    } else if (!session_named(e->session)) {
        int row = draw_sentence(c, r, "Asking the engines for their containers …");
        draw_engines(c, r, row, e->session);
    } else {
        draw_first(c, r, e);
    }
}

void too_small_draw(struct canvas *c, int rows, int cols, const char *more)
{
    char words[640];
    snprintf(words, sizeof words, "This window is %d x %d; porthole needs %d x %d.%s%s", cols, rows,
             LAYOUT_MIN_COLS, LAYOUT_MIN_ROWS, *more ? " " : "", more);
    struct rect all = {0, 0, rows, cols};
    canvas_fill(c, all, STYLE_TEXT);
    paragraph_draw(c, all, STYLE_TEXT, words);
}
