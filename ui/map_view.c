/* The container's own table and the host's are read side by side, once a refresh interval while the map is on
 * the screen; the map is built anew when both have answered, so that one reading is never paired with an
 * older one. */
#include "core/hostmap.h"

#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

#include "core/memory.h"
#include "core/op.h"
#include "ui/map_draw.h"
#include "ui/pane.h"
#include "ui/process_rates.h"
#include "ui/scroller.h"
#include "ui/views.h"

struct reading {
    struct op *inside_op, *host_op;
    struct process_table *inside;
    struct host_table *host;
    struct error why, host_why;
};

struct map_view {
    struct view view;
    container_id id;
    bool visible, late;
    struct reading next;          /* under way */
    struct process_table *inside; /* what is shown points into these two */
    struct host_table *host;
    struct process_rates *rates;
    struct map_picture picture;
    bool built, failed; /* failed: the last reading of the inside */
    struct scroller scroller;
    struct error why, host_why;
};

static struct map_view *self(struct view *v)
{
    return (struct map_view *)v;
}

static void cancel(struct op **op)
{
    if (*op != NULL) {
        op_cancel(*op);
        *op = NULL;
    }
}

static void drop_next(struct reading *r)
{
    cancel(&r->inside_op);
    cancel(&r->host_op);
    process_table_free(r->inside);
    if (r->host != NULL) {
        host_table_free(r->host);
    }
    *r = (struct reading){0};
}

static void drop_picture(struct map_view *v)
{
    map_picture_done(&v->picture);
    process_table_free(v->inside);
    if (v->host != NULL) {
        host_table_free(v->host);
    }
    v->inside = NULL;
    v->host = NULL;
    v->built = false;
}

static void forget(struct map_view *v)
{
    drop_next(&v->next);
    drop_picture(v);
    process_rates_clear(v->rates);
    v->why = v->host_why = (struct error){0};
    v->late = false;
}

static void build(struct map_view *v)
{
    const struct container *it = model_get(app_model(v->view.app), v->id);
    drop_picture(v);
    v->inside = v->next.inside;
    v->host = v->next.host;
    v->why = v->next.why;
    v->host_why = v->next.host_why;
    v->next = (struct reading){0};
    v->late = false;
    if (it != NULL && v->inside != NULL) {
        process_rates_take(v->rates, v->inside, uv_hrtime());
        map_picture_make(&v->picture, it, v->inside, v->host);
        v->built = true;
    }
    app_redraw(v->view.app, &v->view);
}

/* One failure may be a container that is just ending: its state tells soon. */
static bool forgive(struct map_view *v)
{
    bool first = v->next.why.kind != ERROR_NONE && v->built && !v->failed;
    v->failed = v->next.why.kind != ERROR_NONE;
    return first;
}

static void build_when_complete(struct map_view *v)
{
    if (v->next.inside_op != NULL || v->next.host_op != NULL) {
        return;
    }
    if (forgive(v)) {
        drop_next(&v->next);
    } else {
        build(v);
    }
}

static void on_inside(void *user, struct answer *answer)
{
    struct map_view *v = user;
    v->next.inside_op = NULL;
    v->next.why = answer->why;
    v->next.inside = answer->processes;
    answer->processes = NULL;
    build_when_complete(v);
}

static void on_host(void *user, struct answer *answer)
{
    struct map_view *v = user;
    v->next.host_op = NULL;
    v->next.host_why = answer->why;
    v->next.host = answer->host;
    answer->host = NULL;
    build_when_complete(v);
}

static void ask(struct map_view *v)
{
    struct app *a = v->view.app;
    struct host_source *host = app_host(a, v->id);
    if (!v->visible || v->next.inside_op != NULL || v->next.host_op != NULL || !pane_is_running(a, v->id)) {
        return;
    }
    drop_next(&v->next);
    if (host != NULL) {
        v->next.host_op = op_new(app_loop(a), on_host, v);
    }
    v->next.inside_op = session_processes(app_session(a), v->id, on_inside, v);
    if (host != NULL) {
        host->read(host, v->next.host_op);
    }
}

static void show(struct view *view, container_id id, bool visible)
{
    struct map_view *v = self(view);
    if (id != v->id || !visible) {
        forget(v);
    }
    if (id != v->id) {
        v->scroller = (struct scroller){0};
    }
    v->id = id;
    v->visible = visible;
    ask(v);
}

static void changed(struct view *view, const struct change *changes, size_t n)
{
    struct map_view *v = self(view);
    if (!v->visible || !(pane_changed(changes, n, v->id) & (FIELD_STATE | FIELD_ISOLATION | FIELD_WORKERS))) {
        return;
    }
    if (!pane_is_running(view->app, v->id)) {
        forget(v);
    }
    ask(v);
    app_redraw(view->app, view);
}

static void tick(struct view *view)
{
    struct map_view *v = self(view);
    if (!v->built && v->next.inside_op != NULL && !v->late) {
        v->late = true;
        app_redraw(view->app, view);
    }
    ask(v);
}

static const char *host_missing(const struct map_view *v)
{
    if (app_host(v->view.app, v->id) == NULL) {
        return "This system gives no view of the host's processes.";
    }
    if (v->host_why.kind != ERROR_NONE) {
        return v->host_why.text;
    }
    return v->host != NULL ? v->host->missing : NULL;
}

static void draw(struct view *view, struct canvas *c, struct rect r, bool focused, bool all)
{
    struct map_view *v = self(view);
    (void)focused;
    if (!all) {
        canvas_fill(c, r, STYLE_TEXT);
    }
    const struct container *it = pane_running(view->app, v->id, c, r);
    if (it == NULL) {
        return;
    }
    if (v->why.kind != ERROR_NONE) {
        pane_sentence(c, r, v->why.text, NULL);
    } else if (!v->built) {
        pane_sentence(c, r, v->late ? "Looking at both sides of the wall." : "", NULL);
    } else {
        map_picture_draw(&v->picture, v->rates, &v->scroller, host_missing(v), c, r);
    }
}

static bool key(struct view *view, const struct key *k)
{
    if (!self(view)->built || !scroller_key(&self(view)->scroller, k)) {
        return false;
    }
    app_redraw(view->app, view);
    return true;
}

static void map_view_free(struct view *view)
{
    struct map_view *v = self(view);
    forget(v);
    process_rates_free(v->rates);
    free(v);
}

static const struct view_type MAP_VIEW = {
    .title = "Host map",
    .draw = draw,
    .key = key,
    .show = show,
    .changed = changed,
    .tick = tick,
    .free = map_view_free,
};

struct view *map_view_new(struct app *a)
{
    struct map_view *v = mem_new(1, sizeof *v);
    v->view = (struct view){&MAP_VIEW, a};
    v->rates = process_rates_new();
    return &v->view;
}
