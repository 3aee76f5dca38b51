/* The interface: one list, one detail pane, views over them, one bottom line.
 *
 * What changes asks for a part of the screen (app_dirty) and for a frame; the frame first lets the model tell
 * its changes, then draws the parts that asked, into cells of our own, of which the screen sends what
 * differs. Keys go the other way: prompt, view on top, pane with the focus, actions. Nothing here waits. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/memory.h"
#include "ui/app_inside.h"
#include "ui/list_view.h"

enum { PATIENCE_MS = 100 };

/* For views. */

struct uv_loop_s *app_loop(struct app *a)
{
    return a->parts.loop;
}

struct session *app_session(struct app *a)
{
    return a->parts.session;
}

struct model *app_model(struct app *a)
{
    return a->model;
}

struct host_source *app_host(struct app *a, container_id id)
{
    return session_host(a->parts.session, id, a->parts.host);
}

const struct settings *app_settings(struct app *a)
{
    return a->parts.settings;
}

bool app_ascii(const struct app *a)
{
    return a->ascii;
}

container_id app_selected(const struct app *a)
{
    return list_view_selected(a->list);
}

const char *app_key(const struct app *a, enum action_id id)
{
    return bindings_key(a->bindings, id);
}

struct view *app_pane(const struct app *a)
{
    return a->focus == FOCUS_DETAIL ? detail_view(a->detail) : a->list;
}

void app_redraw(struct app *a, struct view *v)
{
    if (v == a->list) {
        app_dirty(a, PART_LIST);
    } else if (a->detail && v == detail_view(a->detail)) {
        app_dirty(a, PART_DETAIL | PART_STATUS);
    } else if (a->n_overlays && v == a->overlays[a->n_overlays - 1]) {
        app_dirty(a, PART_OVERLAY);
    }
}

void app_redraw_all(struct app *a)
{
    app_dirty(a, PART_ALL);
}

/* A sentence that needs more than its row lies over the rows above: they come back with it. */
static unsigned message_part(const struct app *a)
{
    return app_message_rows(a) > 1 ? PART_ALL : PART_STATUS;
}

void app_say(struct app *a, const char *fmt, ...)
{
    va_list args;
    app_dirty(a, message_part(a));
    va_start(args, fmt);
    vsnprintf(a->message, sizeof a->message, fmt, args);
    va_end(args);
    a->message_error = false;
    app_dirty(a, PART_STATUS);
}

void app_say_error(struct app *a, const struct error *e)
{
    app_dirty(a, message_part(a));
    snprintf(a->message, sizeof a->message, "%s", e->text);
    a->message_error = true;
    app_dirty(a, PART_STATUS);
}

void app_say_nothing(struct app *a)
{
    app_dirty(a, message_part(a));
    a->message[0] = '\0';
}

void app_confirm(struct app *a, const char *question, void (*answer)(void *user, bool yes), void *user)
{
    prompt_ask(a->prompt, question, answer, user);
    app_dirty(a, PART_STATUS);
}

void app_prompt(struct app *a, const char *label, const char *text,
                void (*answer)(void *user, const char *text), void *user)
{
    prompt_text(a->prompt, label, text, NULL, answer, user);
    app_dirty(a, PART_STATUS);
}

struct job *app_job(struct app *a, const char *words, void (*cancel)(void *user), void *user)
{
    return jobs_add(a->jobs, words, cancel, user);
}

void app_push(struct app *a, struct view *v)
{
    if (a->n_overlays == OVERLAYS_MAX) {
        v->type->free(v);
        return;
    }
    a->overlays[a->n_overlays++] = v;
    v->type->show(v, app_selected(a), true);
    app_dirty(a, PART_ALL);
}

void app_pop(struct app *a)
{
    if (a->n_overlays == 0) {
        return;
    }
    struct view *v = a->overlays[--a->n_overlays];
    v->type->free(v);
    app_dirty(a, PART_ALL);
}

/* The engines are told what they are to sample: the list's rows, and the watched container. */
static void apply_sampling(struct app *a)
{
    struct sampling *s = &a->sampling;
    size_t n = s->n;
    s->ids = mem_grow(s->ids, &s->room, n + 1, sizeof *s->ids);
    if (s->watched) {
        s->ids[n++] = s->watched;
    }
    session_sample(a->parts.session, s->ids, n, s->fields | (s->watched ? FIELD_USAGE : 0));
}

void app_sample(struct app *a, const container_id *ids, size_t n, unsigned fields)
{
    struct sampling *s = &a->sampling;
    s->ids = mem_grow(s->ids, &s->room, n + 1, sizeof *s->ids); /* and one more: the watched one */
    for (size_t i = 0; i < n; i++) {
        s->ids[i] = ids[i];
    }
    s->n = n;
    s->fields = fields;
    apply_sampling(a);
}

void app_watch(struct app *a, container_id id)
{
    if (id != a->sampling.watched) {
        a->sampling.watched = id;
        apply_sampling(a);
    }
}

bool app_is_sampled(const struct app *a, container_id id)
{
    const struct sampling *s = &a->sampling;
    const unsigned both = FIELD_CPU | FIELD_MEMORY;
    bool found = id == s->watched;
    for (size_t i = 0; (s->fields & both) == both && i < s->n && !found; i++) {
        found = s->ids[i] == id;
    }
    return found;
}

void app_open_tab(struct app *a, const char *title)
{
    if (detail_open(a->detail, title)) {
        app_focus(a, FOCUS_DETAIL);
    }
}

/* Only what hides the row is taken away: an option that hides nothing stays as the person set it. */
bool app_reveal(struct app *a, container_id id)
{
    const struct container *c = model_get(a->model, id);
    if (!c) {
        app_say(a, "That container is gone.");
        return false;
    }
    const char *why = NULL;
    if (!list_view_holds(a->list, id) && c->apart && !list_view_shows_apart(a->list)) {
        list_view_show_apart(a->list, true);
        app_count(a);
        why = "VMs that are no containers are listed now";
    }
    if (!list_view_holds(a->list, id) && !state_is_live(c->state) && list_view_hides_stopped(a->list)) {
        list_view_hide_stopped(a->list, false);
        why = "stopped containers are listed now";
    }
    if (!list_view_holds(a->list, id) && list_view_filter_words(a->list)[0]) {
        list_view_filter(a->list, NULL);
        why = "the filter is taken away";
    }
    if (!list_view_holds(a->list, id)) {
        app_say(a, "%s has no row in the list.", c->name ? c->name : c->key);
        return false;
    }
    list_view_select(a->list, id);
    a->ignore.selected = id; /* it was asked for */
    if (why) {
        app_say(a, "To show %s, %s.", c->name ? c->name : c->key, why);
    }
    return true;
}

void app_show_container(struct app *a, container_id id)
{
    model_publish(a->model); /* the list knows of a container from the next frame on, else */
    if (app_reveal(a, id)) {
        detail_front(a->detail, DETAIL_MAP);
    }
}

/* What happens outside. */

void app_count(struct app *a)
{
    size_t cursor = 0;
    const struct container *c;
    bool all = list_view_shows_apart(a->list);
    a->running = a->restarting = a->total = 0;
    while ((c = model_next(a->model, &cursor))) {
        bool counts = all || !c->apart;
        a->total += counts;
        a->running += counts && state_runs(c->state);
        a->restarting += counts && c->state == CONTAINER_RESTARTING;
    }
    app_dirty(a, PART_HEAD);
}

static void on_changes(void *user, const struct change *changes, size_t n)
{
    struct app *a = user;
    unsigned about = 0;
    bool selected = false;
    for (size_t i = 0; i < n; i++) {
        about |= changes[i].kind == CHANGE_UPDATED ? changes[i].fields : FIELD_ALL;
        selected =
            selected || (changes[i].id == app_selected(a) &&
                         (changes[i].fields & ~(unsigned)FIELD_USAGE || changes[i].kind != CHANGE_UPDATED));
    }
    a->list->type->changed(a->list, changes, n);
    detail_changed(a->detail, changes, n);
    for (size_t i = 0; i < a->n_overlays; i++) {
        if (a->overlays[i]->type->changed) {
            a->overlays[i]->type->changed(a->overlays[i], changes, n);
        }
    }
    if (about & FIELD_STATE) {
        app_count(a);
        app_await_changes(a);
    }
    if (selected) {
        app_dirty(a, PART_TABS | PART_STATUS);
    }
}

static void on_model(void *user)
{
    struct app *a = user;
    if (a->ready) {
        frame_ask(a->frame);
    }
}

void app_ready(struct app *a)
{
    if (!a->ready) {
        a->ready = true;
        uv_timer_stop(a->patience);
        app_dirty(a, PART_ALL);
        if (a->parts.demo) {
            app_demo(a);
        }
    }
}

static void on_engine(void *user, int engine)
{
    struct app *a = user;
    (void)engine;
    if (session_named(a->parts.session)) {
        app_ready(a);
    }
    app_dirty(a, a->ready && list_view_count(a->list) == 0 ? PART_ALL : PART_HEAD | PART_STATUS);
}

static void on_patience(uv_timer_t *t)
{
    app_ready(t->data);
}

static void on_tick(uv_timer_t *t)
{
    struct app *a = t->data;
    if (!a->ready || a->suspended) {
        return;
    }
    a->list->type->tick(a->list);
    detail_tick(a->detail);
    for (size_t i = 0; i < a->n_overlays; i++) {
        if (a->overlays[i]->type->tick) {
            a->overlays[i]->type->tick(a->overlays[i]);
        }
    }
    if (a->dirty & PART_STATUS) {
        frame_ask(a->frame);
    }
}

static void on_jobs(void *user)
{
    app_dirty(user, PART_STATUS);
}

static int backlog(void *user)
{
    struct app *a = user;
    return screen_backlog(a->screen);
}

/* Its life. */

static uv_timer_t *timer_new(struct app *a)
{
    uv_timer_t *t = mem_new(1, sizeof *t);
    uv_timer_init(a->parts.loop, t);
    t->data = a;
    return t;
}

static void timer_closed(uv_handle_t *h)
{
    free(h);
}

static void timer_free(uv_timer_t *t)
{
    uv_close((uv_handle_t *)t, timer_closed);
}

static bool open_screen(struct app *a, struct error *e)
{
    const char *no_color = getenv("NO_COLOR");
    const struct settings *s = a->parts.settings;
    const struct screen_options options = {.mouse = s->mouse, .mono = no_color && *no_color};
    struct error why = {0};
    int rows, cols;
    a->screen = screen_open(&options, e);
    if (!a->screen) {
        return false;
    }
    theme_default(&a->theme);
    if (s->theme && !theme_load(&a->theme, s->theme, &why)) {
        app_say_error(a, &why);
    }
    screen_set_theme(a->screen, &a->theme);
    screen_size(a->screen, &rows, &cols);
    a->ascii = s->ascii || !screen_utf8(a->screen);
    a->canvas = canvas_new(rows, cols);
    canvas_set_ascii(a->canvas, a->ascii);
    return true;
}

static void connect_all(struct app *a)
{
    const struct session_hooks hooks = {.engine_changed = on_engine, .listed = on_engine};
    a->wake = wake_new(a->parts.loop, app_wake, a);
    a->watch = model_watch(a->model, on_changes, a);
    model_on_wake(a->model, on_model, a);
    session_hook(a->parts.session, &hooks, a);
    a->ticker = timer_new(a);
    a->patience = timer_new(a);
    a->ignore.pause = timer_new(a);
    uint64_t tick = (uint64_t)(a->parts.settings->refresh_seconds * 1000);
    uv_timer_start(a->ticker, on_tick, tick, tick);
    uv_timer_start(a->patience, on_patience, PATIENCE_MS, 0);
}

static void disconnect_all(struct app *a)
{
    model_on_wake(a->model, NULL, NULL);
    model_unwatch(a->watch);
    session_hook(a->parts.session, NULL, NULL);
    session_sample(a->parts.session, NULL, 0, 0);
    wake_free(a->wake);
    timer_free(a->ticker);
    timer_free(a->patience);
    timer_free(a->ignore.pause);
}

static void furnish(struct app *a)
{
    a->frame = frame_new(a->parts.loop, app_draw, backlog, a);
    a->bindings = bindings_new(a->parts.settings);
    a->prompt = prompt_new();
    a->jobs = jobs_new(a->parts.loop, on_jobs, a);
    a->list = list_view_new(a);
    a->detail = detail_new(a);
    app_count(a);
}

/* A question that is given up may put its form back on the screen: so it is given up before the overlays. */
static void clear_out(struct app *a)
{
    prompt_give_up(a->prompt);
    while (a->n_overlays) {
        app_pop(a);
    }
    if (a->image_op) {
        op_cancel(a->image_op);
    }
    prompt_free(a->prompt);
    jobs_free(a->jobs);
    detail_free(a->detail);
    a->list->type->free(a->list);
    bindings_free(a->bindings);
    frame_free(a->frame);
    free(a->images);
    free(a->awaited.key);
    free(a->sampling.ids);
}

void app_quit(struct app *a, int code)
{
    a->quitting = true;
    a->code = code;
    uv_stop(a->parts.loop);
}

int app_run(const struct app_parts *parts, struct error *e)
{
    struct app *a = mem_new(1, sizeof *a);
    a->parts = *parts;
    a->model = session_model(parts->session);
    if (!open_screen(a, e)) {
        free(a);
        return 1;
    }
    furnish(a);
    connect_all(a);
    if (session_named(parts->session)) {
        app_ready(a);
    }
    while (!a->quitting) { /* somebody else's uv_stop does not end us */
        uv_run(parts->loop, UV_RUN_DEFAULT);
    }
    disconnect_all(a);
    clear_out(a);
    screen_close(a->screen);
    canvas_free(a->canvas);
    int code = a->code;
    free(a);
    return code;
}
