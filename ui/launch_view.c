/* The launch form: what keys and the mouse do to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "ui/app.h"
#include "ui/launch_draw.h"
#include "ui/launching.h"
#include "ui/views.h"

static struct launch_view *self(struct view *v)
{
    return (struct launch_view *)v;
}

const struct engine *launch_view_engine(const struct launch_view *l)
{
    return l->engine < 0 ? NULL : session_engine(app_session(l->view.app), l->engine);
}

const struct image *launch_view_image(const struct launch_view *l)
{
    return image_choice_at(&l->images, image_choice_place(&l->images, line_edit_get(&l->form.image)));
}

const char *launch_view_os(const struct launch_view *l)
{
    const struct image *image = launch_view_image(l);
    return image ? image->os : NULL;
}

bool launch_view_refuses(const struct launch_view *l, enum isolation mode, struct verdict *verdict)
{
    return launch_judge(l->view.app, launch_view_engine(l), launch_view_os(l), mode, verdict) ==
           VERDICT_REFUSE;
}

/* Engines and images. */

static void images_told(void *user)
{
    struct launch_view *l = user;
    const struct image *first = image_choice_at(&l->images, 0);
    if (first && !*line_edit_get(&l->form.image)) {
        line_edit_set(&l->form.image, first->name);
        l->offered = true;
    }
    app_redraw(l->view.app, &l->view);
}

static void ask_images(struct launch_view *l)
{
    image_choice_ask(&l->images, app_session(l->view.app), l->engine, images_told, l);
}

/* Arrows go through the known images as long as one of them, or nothing, stands there. */
static bool cycle_image(struct launch_view *l, int by)
{
    const char *typed = line_edit_get(&l->form.image);
    const struct image *next =
        *typed && !launch_view_image(l) ? NULL : image_choice_step(&l->images, typed, by);
    if (next) {
        line_edit_set(&l->form.image, next->name);
    }
    return next != NULL;
}

static void cycle_engine(struct launch_view *l, int by)
{
    int n = session_engines(app_session(l->view.app));
    if (n > 1 && l->engine >= 0) {
        l->engine = (l->engine + by + n) % n;
        ask_images(l);
    }
}

static void check(struct launch_view *l)
{
    struct launch_spec spec;
    l->wrong = (struct error){0};
    if (launch_form_spec(&l->form, &spec, &l->wrong, &l->wrong_at)) {
        launch_spec_done(&spec);
    }
}

static void draw(struct view *v, struct canvas *c, struct rect r, bool focused, bool all)
{
    (void)all;
    check(self(v));
    launch_draw(self(v), c, r, focused);
}

/* Doing. */

static void launch(struct launch_view *l)
{
    struct launch_spec spec;
    struct app *app = l->view.app;
    struct verdict verdict;
    l->tried = true;
    if (launch_view_refuses(l, l->form.isolation, &verdict)) {
        app_say(app, "It cannot be launched so: %s", verdict.reason);
        return;
    }
    if (!launch_form_spec(&l->form, &spec, &l->wrong, &l->wrong_at)) {
        l->at = l->wrong_at;
        app_say_error(app, &l->wrong);
        return;
    }
    enum isolation really = launch_effective(l->view.app, launch_view_engine(l), spec.isolation);
    if (spec.isolation == ISOLATION_UNKNOWN && really != launch_view_engine(l)->default_isolation) {
        spec.isolation = really;
    }
    int engine = l->engine;
    bool terminal = spec.terminal;
    container_id old = l->old;
    app_pop(app); /* l is gone */
    launching_start(app, engine, &spec, terminal ? LAUNCHING_CONSOLE : LAUNCHING_SELECT, old);
    launch_spec_done(&spec);
}

static void add_folder(struct launch_view *l)
{
    if (launch_form_add_folder(&l->form)) {
        l->at = (enum form_field)(FORM_FOLDER + (int)l->form.n_folders - 1);
    } else {
        app_say(l->view.app, "More than %d folders: use `porthole run -v`.", FORM_FOLDERS_MAX);
    }
}

/* Left and right, and Space, on what is no line of text. */
static bool change(struct launch_view *l, int by)
{
    switch (l->at) {
    case FORM_ENGINE:
        cycle_engine(l, by);
        return true;
    case FORM_ISOLATION:
        l->form.isolation =
            launch_next_mode(l->view.app, launch_view_engine(l), launch_view_os(l), l->form.isolation, by);
        return true;
    case FORM_NETWORK:
        launch_form_network_step(&l->form, by);
        return true;
    case FORM_TERMINAL:
        l->form.terminal = !l->form.terminal;
        return true;
    case FORM_REMOVE:
        l->form.remove = !l->form.remove;
        return true;
    default:
        return false;
    }
}

static bool enter(struct launch_view *l)
{
    if (l->at == FORM_LAUNCH) {
        launch(l);
        return true;
    }
    if (l->at == FORM_ADD) {
        add_folder(l);
    } else {
        l->at = launch_form_step(&l->form, l->at, 1);
    }
    app_redraw(l->view.app, &l->view);
    return true;
}

static bool inside(struct rect r, const struct key *k)
{
    return k->mouse_row == r.row && k->mouse_col >= r.col && k->mouse_col < r.col + r.cols;
}

static void click(struct launch_view *l, const struct key *k)
{
    struct verdict verdict;
    for (int i = 0; i < LAUNCH_MODES; i++) {
        if (inside(l->mode_places[i], k) && !launch_view_refuses(l, launch_modes[i], &verdict)) {
            l->form.isolation = launch_modes[i];
        }
    }
    for (int i = 0; i < FORM_FIELDS; i++) {
        enum form_field field = (enum form_field)i;
        if (!launch_form_has(&l->form, field) || !inside(l->places[i], k)) {
            continue;
        }
        l->at = field;
        if (field == FORM_LAUNCH || field == FORM_ADD) {
            enter(l);
            return; /* l may be gone */
        }
        if (field != FORM_ISOLATION) {
            change(l, 1);
        }
    }
    app_redraw_all(l->view.app);
}

static bool remove_empty_folder(struct launch_view *l)
{
    bool folder = l->at >= FORM_FOLDER && l->at < FORM_ADD;
    if (!folder || *line_edit_get(&l->form.folders[l->at - FORM_FOLDER])) {
        return false;
    }
    launch_form_remove_folder(&l->form, (size_t)(l->at - FORM_FOLDER));
    if (!launch_form_has(&l->form, l->at)) {
        l->at = FORM_ADD;
    }
    return true;
}

static bool move(struct launch_view *l, const struct key *k)
{
    bool back = k->code == KEY_CODE_UP || (k->code == KEY_CODE_TAB && k->modifiers & KEY_SHIFT);
    if (!back && k->code != KEY_CODE_DOWN && k->code != KEY_CODE_TAB) {
        return false;
    }
    l->at = launch_form_step(&l->form, l->at, back ? -1 : 1);
    return true;
}

static bool edit(struct launch_view *l, const struct key *k)
{
    bool left = k->code == KEY_CODE_LEFT;
    bool sideways = left || k->code == KEY_CODE_RIGHT;
    struct line_edit *line = launch_form_line(&l->form, l->at);
    if (move(l, k)) {
        return true;
    }
    if (k->code == KEY_CODE_BACKSPACE && remove_empty_folder(l)) {
        return true;
    }
    if (l->at == FORM_IMAGE && sideways && cycle_image(l, left ? -1 : 1)) {
        return true;
    }
    if (line) {
        bool types = key_is_character(k) || k->code == KEY_CODE_PASTE || k->code == KEY_CODE_BACKSPACE;
        if (l->at == FORM_IMAGE && l->offered && types) {
            l->offered = false;
            line_edit_set(line, NULL);
        }
        return line_edit_key(line, k, NULL);
    }
    return (sideways || k->code == ' ') && change(l, left ? -1 : 1);
}

static bool key(struct view *v, const struct key *k)
{
    struct launch_view *l = self(v);
    if (k->code == KEY_CODE_MOUSE) {
        if (k->mouse == MOUSE_PRESS) {
            click(l, k);
        }
        return true;
    }
    if (key_is(k, "F10")) {
        app_redraw_all(v->app);
        launch(l);
        return true;
    }
    if (k->code == KEY_CODE_ENTER) {
        return enter(l);
    }
    bool mine = edit(l, k);
    if (mine) {
        app_redraw_all(v->app); /* the box may have become smaller */
    }
    return mine;
}

static void show(struct view *v, container_id id, bool visible)
{
    (void)v;
    (void)id;
    (void)visible;
}

static const char *const *keys(struct view *v)
{
    static const char *const words[] = {"Tab", "next field", "← →", "choose", "F10", "launch", NULL};
    (void)v;
    return words;
}

static void launch_view_free(struct view *v)
{
    struct launch_view *l = self(v);
    image_choice_done(&l->images);
    launch_form_done(&l->form);
    free(l);
}

static const struct view_type type = {
    .title = "Launch", .draw = draw, .key = key, .show = show, .keys = keys, .free = launch_view_free};

static int first_online(struct session *s)
{
    for (int i = 0; i < session_engines(s); i++) {
        if (session_engine(s, i)->state == ENGINE_ONLINE) {
            return i;
        }
    }
    return session_engines(s) > 0 ? 0 : -1;
}

struct view *launch_view_new(struct app *a, int engine, const struct launch_spec *start, container_id old)
{
    struct launch_view *l = mem_new(1, sizeof *l);
    struct session *s = app_session(a);
    l->view = (struct view){&type, a};
    launch_form_init(&l->form, start);
    l->at = FORM_IMAGE;
    l->old = old;
    l->engine = old ? session_engine_of(s, old) : engine;
    if (l->engine < 0) {
        l->engine = first_online(s);
    }
    ask_images(l);
    return &l->view;
}
