/* CPU, memory and, for a VM, what it costs the host: each with its limit, its highest value and a graph. The
 * engine samples what is on the screen anyway; each tick the newest values of the selected container are
 * noted, so that there is something to see when the tab comes to the front. While it is there, all of the
 * usage is asked for. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/sizes.h"
#include "core/text.h"
#include "ui/graph.h"
#include "ui/pane.h"
#include "ui/usage_history.h"
#include "ui/views.h"

enum { LABEL_COLS = 12, SCALE_COLS = 9, GRAPH_ROWS_MOST = 6 };

enum meter { METER_CPU, METER_MEMORY, METER_HOST, METER_KINDS };

struct stats_view {
    struct view view;
    container_id id;
    bool visible;
    double cpus; /* its limit; 0 none or unknown */
    uint64_t tick;
    struct usage_history *history;
};

static struct stats_view *self(struct view *v)
{
    return (struct stats_view *)v;
}

/* What is known. */

static double value_of(enum meter meter, const struct usage *u)
{
    if (!u) {
        return NAN;
    }
    uint64_t bytes = meter == METER_MEMORY ? u->memory : u->host_memory;
    return meter == METER_CPU ? u->cpu : bytes ? (double)bytes : NAN;
}

static void note(struct stats_view *v)
{
    const struct container *c = model_get(app_model(v->view.app), v->id);
    v->tick++;
    if (c && state_has_processes(c->state) && app_is_sampled(v->view.app, v->id) &&
        (!isnan(c->cpu) || c->memory)) {
        struct usage sample = {.cpu = c->cpu, .memory = c->memory, .host_memory = c->host_memory};
        usage_history_note(v->history, v->id, v->tick, &sample);
    }
}

static void learn_limit(struct stats_view *v)
{
    struct launch_spec spec;
    launch_spec_init(&spec);
    v->cpus = 0;
    if (v->id && session_spec_of(app_session(v->view.app), v->id, &spec)) {
        v->cpus = spec.cpus;
    }
    launch_spec_done(&spec);
}

static void show(struct view *view, container_id id, bool visible)
{
    struct stats_view *v = self(view);
    bool other = id != v->id;
    v->id = id;
    if (visible && (other || !v->visible)) {
        learn_limit(v);
    }
    v->visible = visible;
    app_watch(view->app, visible ? id : 0);
}

static void changed(struct view *view, const struct change *changes, size_t n)
{
    struct stats_view *v = self(view);
    if (v->visible && (pane_changed(changes, n, v->id) & (FIELD_USAGE | FIELD_STATE | FIELD_WORKERS))) {
        app_redraw(view->app, view);
    }
}

void stats_view_note(struct view *view, container_id id)
{
    struct stats_view *v = self(view);
    v->id = id;
    note(v);
    if (v->visible) {
        app_redraw(view->app, view);
    }
}

/* Drawing. */

static const char *amount(enum meter meter, double value, char out[SIZE_TEXT])
{
    if (meter == METER_CPU) {
        return cpu_print(out, value);
    }
    return isnan(value) ? "–" : size_print(out, (uint64_t)value);
}

static double limit_of(const struct stats_view *v, enum meter meter, const struct container *c)
{
    return meter == METER_CPU ? v->cpus : meter == METER_MEMORY ? (double)c->memory_limit : 0;
}

static void limit_words(enum meter meter, double limit, double now, struct text *t)
{
    char size[SIZE_TEXT];
    if (meter == METER_HOST) {
        text_add(t, "on the host, for its VM");
    } else if (!(limit > 0)) {
        text_add(t, "no limit");
    } else if (meter == METER_CPU) {
        text_addf(t, "of %g core%s", limit, limit > 1 ? "s" : "");
    } else {
        text_addf(t, "of %s", size_print(size, (uint64_t)limit));
    }
    if (limit > 0 && !isnan(now)) {
        text_addf(t, " (%.0f %%)", now / limit * 100);
    }
}

/* "CPU   3.1 %   of 2 cores (2 %)   highest 12 %" */
static void draw_heading(const struct stats_view *v, struct canvas *c, struct rect r, enum meter meter,
                         const struct container *it, double highest)
{
    static const char *const labels[METER_KINDS] = {"CPU", "memory", "VM cost"};
    struct usage u = {it->cpu, it->memory, it->host_memory};
    char text[SIZE_TEXT];
    double now = state_has_processes(it->state) ? value_of(meter, &u) : NAN;
    double limit = limit_of(v, meter, it);
    struct text words = {0};
    limit_words(meter, limit, now, &words);
    bool tight = limit > 0 && now > 0.9 * limit;
    canvas_text(c, r.row, r.col, LABEL_COLS, STYLE_QUIET, labels[meter]);
    canvas_text(c, r.row, r.col + LABEL_COLS, SIZE_TEXT, STYLE_STRONG, amount(meter, now, text));
    canvas_text(c, r.row, r.col + LABEL_COLS + 11, 28, tight ? STYLE_WARNING : STYLE_QUIET, text_of(&words));
    if (!isnan(highest)) {
        canvas_textf(c, r.row, r.col + LABEL_COLS + 40, -1, STYLE_QUIET, "highest %s",
                     amount(meter, highest, text));
    }
    text_done(&words);
}

static void draw_meter(const struct stats_view *v, struct canvas *c, struct rect r, enum meter meter,
                       const struct container *it)
{
    double values[USAGE_SAMPLES], highest = NAN;
    struct rect graph = {r.row + 1, r.col, r.rows - 1, r.cols - SCALE_COLS};
    size_t n = graph.cols < USAGE_SAMPLES ? (size_t)(graph.cols > 0 ? graph.cols : 0) : USAGE_SAMPLES;
    char text[SIZE_TEXT];
    for (size_t i = 0; i < n; i++) {
        values[i] = value_of(meter, usage_history_at(v->history, v->id, v->tick, i));
        highest = isnan(highest) || values[i] > highest ? values[i] : highest;
    }
    draw_heading(v, c, r, meter, it, highest);
    if (graph.rows <= 0 || graph.cols <= 0) {
        return;
    }
    double top = graph_top(highest, meter != METER_CPU), limit = limit_of(v, meter, it);
    top = limit > 0 && top > limit ? limit : top;
    enum style style = meter == METER_HOST                  ? STYLE_VM
                       : limit > 0 && highest > 0.9 * limit ? STYLE_WARNING
                                                            : STYLE_ACCENT;
    graph_draw(c, graph, style, values, n, top);
    canvas_textf(c, graph.row, graph.col + graph.cols + 1, SCALE_COLS - 1, STYLE_QUIET, "%s",
                 amount(meter, top, text));
}

static void draw_processes(struct canvas *c, struct rect r, const struct container *it)
{
    char sees[64];
    canvas_text(c, r.row, r.col, LABEL_COLS, STYLE_QUIET, "processes");
    if (it->processes >= 0) {
        canvas_textf(c, r.row, r.col + LABEL_COLS, 10, STYLE_STRONG, "%d", (int)it->processes);
    }
    canvas_textf(c, r.row, r.col + LABEL_COLS + 11, -1, STYLE_QUIET, "the host sees %s",
                 container_host_sees(it, sees, sizeof sees));
}

static void draw(struct view *view, struct canvas *c, struct rect r, bool focused, bool all)
{
    struct stats_view *v = self(view);
    (void)focused;
    if (!all) {
        canvas_fill(c, r, STYLE_TEXT);
    }
    const struct container *it = pane_running(view->app, v->id, c, r);
    if (!it) {
        return;
    }
    int meters = it->isolation == ISOLATION_VM ? METER_KINDS : METER_HOST;
    int rows = (r.rows - 1) / meters; /* a heading and its graph, and the line of processes below all */
    rows = rows < 1 ? 1 : rows > GRAPH_ROWS_MOST + 1 ? GRAPH_ROWS_MOST + 1 : rows;
    struct rect part = {r.row, r.col + PANE_MARGIN, rows, r.cols - PANE_MARGIN - 1};
    for (int i = 0; i < meters && part.row < r.row + r.rows; i++, part.row += rows) {
        draw_meter(v, c, part, (enum meter)i, it);
    }
    if (part.row < r.row + r.rows) {
        draw_processes(c, part, it);
    }
}

static bool key(struct view *view, const struct key *k)
{
    (void)view;
    (void)k;
    return false;
}

static void stats_view_free(struct view *view)
{
    usage_history_free(self(view)->history);
    free(view);
}

static const struct view_type STATS_VIEW = {
    .title = "Stats",
    .draw = draw,
    .key = key,
    .show = show,
    .changed = changed,
    .free = stats_view_free,
};

struct view *stats_view_new(struct app *a)
{
    struct stats_view *v = mem_new(1, sizeof *v);
    v->view = (struct view){&STATS_VIEW, a};
    v->history = usage_history_new();
    return &v->view;
}
