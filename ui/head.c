#include "ui/head.h"

#include <stdio.h>

#include "core/text.h"

static const char *sign(const struct engine *e)
{
    return e->state == ENGINE_OPENING ? "◌" : e->state == ENGINE_OFFLINE ? "○" : e->limited ? "◐" : "●";
}

int head_draw_engines(struct canvas *c, int row, int left, int right, enum style style,
                      const struct session *s)
{
    int width = 0;
    for (int i = 0; i < session_engines(s); i++) {
        width += text_width(session_engine(s, i)->label) + 2 + (i ? 3 : 0);
    }
    int col = right - width;
    col = col > left ? col : left;
    for (int i = 0; i < session_engines(s) && col < right; i++) {
        const struct engine *e = session_engine(s, i);
        int used = canvas_text(c, row, col, right - col, style, e->label);
        bool less = e->state == ENGINE_OFFLINE || (e->state == ENGINE_ONLINE && e->limited);
        enum style light = less ? STYLE_WARNING : style;
        canvas_text(c, row, col + used + 1, 1, light, sign(e));
        col += used + 5;
    }
    return width;
}

/* The engines may differ; the header names the first one's. */
static const struct engine *first_online(const struct session *s)
{
    for (int i = 0; i < session_engines(s); i++) {
        const struct engine *e = session_engine(s, i);
        if (e->state == ENGINE_ONLINE && e->default_isolation != ISOLATION_UNKNOWN) {
            return e;
        }
    }
    return NULL;
}

static const char *default_word(const struct head *h, const struct engine *e)
{
    enum isolation mode = settings_isolation(h->settings, e->name, e->address);
    return isolation_word(mode == ISOLATION_UNKNOWN ? e->default_isolation : mode, e->hypervisor);
}

static void draw_title(struct canvas *c, struct rect r, const struct head *h)
{
    struct text words = {0};
    const struct engine *e = first_online(h->session);
    canvas_fill(c, (struct rect){r.row, r.col, 1, r.cols}, STYLE_TITLE);
    int used = canvas_text(c, r.row, r.col + 1, r.cols - 2, STYLE_TITLE, "porthole");
    int left = r.col + 1 + used + 2;
    int right = r.col + r.cols - 1;
    int engines = head_draw_engines(c, r.row, left, right, STYLE_TITLE, h->session);
    if (h->host) {
        text_addf(&words, "%s · %s", h->host->name, h->host->system);
    }
    if (e) {
        text_addf(&words, "%sdefault isolation: %s", words.len ? " · " : "", default_word(h, e));
    }
    int room = right - engines - 2 - left;
    if (room > 8) {
        canvas_text(c, r.row, left, room, STYLE_TITLE, text_of(&words));
    }
    text_done(&words);
}

static void count_words(struct text *t, const struct head *h)
{
    text_addf(t, "%zu container%s · %zu running", h->total, h->total == 1 ? "" : "s", h->running);
    if (h->restarting) {
        text_addf(t, " · %zu restarting", h->restarting);
    }
    if (h->listed < h->total) {
        text_addf(t, " · %zu shown", h->listed);
    }
    if (h->marked) {
        text_addf(t, " · %zu marked", h->marked);
    }
}

static void order_words(struct text *t, const struct head *h)
{
    if (h->hide_stopped) {
        text_add(t, "stopped hidden   ");
    }
    if (h->filter[0]) {
        text_addf(t, "filter: %s   ", h->filter);
    }
    text_addf(t, "sorted by %s %s", sort_word(h->by), h->descending ? "▾" : "▴");
}

static void draw_summary(struct canvas *c, struct rect r, const struct head *h)
{
    struct text count = {0};
    struct text order = {0};
    count_words(&count, h);
    order_words(&order, h);
    canvas_fill(c, (struct rect){r.row + 1, r.col, 1, r.cols}, STYLE_TEXT);
    int used = canvas_text(c, r.row + 1, r.col + 1, r.cols - 2, STYLE_TEXT, text_of(&count));
    int width = text_width(text_of(&order));
    int room = r.cols - 2 - used - 3;
    width = width < room ? width : room;
    if (width > 0) {
        int col = r.col + r.cols - 1 - width;
        canvas_text(c, r.row + 1, col, width, h->filter[0] || h->hide_stopped ? STYLE_ACCENT : STYLE_QUIET,
                    text_of(&order));
    }
    text_done(&count);
    text_done(&order);
}

void head_draw(struct canvas *c, struct rect r, const struct head *h)
{
    if (r.rows > 0) {
        draw_title(c, r, h);
    }
    if (r.rows > 1) {
        draw_summary(c, r, h);
    }
}
