/* Everything that makes containers or images: launching, the demonstration, relaunching in the other mode,
 * import.
 *
 * A launch is a job. Its answer is the new container's key; the list may hear of the container before or
 * after that, so the key is awaited: whichever comes second moves the cursor there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/demo.h"
#include "core/image.h"
#include "core/memory.h"
#include "core/relaunch.h"
#include "core/text.h"
#include "ui/app_inside.h"
#include "ui/launching.h"
#include "ui/list_view.h"

struct launching {
    struct app *app;
    struct job *job;
    struct op *op;
    enum launching_then then;
    container_id old; /* that it takes the place of; 0 none */
    char *after;      /* said when it is there; NULL nothing */
    int engine;
    struct launch_spec spec; /* what was asked for, should it have to be asked again */
    bool form;               /* by the launch form */
};

enum isolation launching_default(struct app *a, const struct engine *e)
{
    enum isolation mode = settings_isolation(app_settings(a), e->name, e->address);
    return mode == ISOLATION_UNKNOWN ? e->default_isolation : mode;
}

static void launching_free(struct launching *l)
{
    free(l->after);
    launch_spec_done(&l->spec);
    free(l);
}

static void await(struct app *a, const char *key, enum launching_then then, container_id old)
{
    free(a->awaited.key);
    a->awaited = (struct awaited){mem_string(key), then == LAUNCHING_CONSOLE, then == LAUNCHING_MAP, old};
    app_await_changes(a);
}

/* The old one, when the new one runs in its place. */

struct retiring {
    struct app *app;
    struct job *job;
    struct op *op;
    container_id old;
    char *name;
};

static void retiring_free(struct retiring *r)
{
    free(r->name);
    free(r);
}

static void retired(void *user, struct answer *answer)
{
    struct retiring *r = user;
    job_done(r->job);
    if (answer->why.kind != ERROR_NONE) {
        app_say_error(r->app, &answer->why);
    } else {
        app_say(r->app, "%s is stopped and removed.", r->name);
    }
    retiring_free(r);
}

static void retire_cancelled(void *user)
{
    struct retiring *r = user;
    op_cancel(r->op);
    job_done(r->job);
    retiring_free(r);
}

static void retire_answered(void *user, bool yes)
{
    struct retiring *r = user;
    char words[160];
    if (!yes) {
        app_say(r->app, "%s is kept.", r->name);
        retiring_free(r);
        return;
    }
    snprintf(words, sizeof words, "Removing %.120s", r->name);
    r->job = app_job(r->app, words, retire_cancelled, r);
    r->op = relaunch_retire(r->app->parts.session, r->old, retired, r);
}

static void ask_to_retire(struct app *a, const struct container *fresh, container_id id)
{
    const struct container *old = model_get(a->model, id);
    char question[256];
    if (!old) {
        return;
    }
    const char *name = old->name ? old->name : old->key;
    if (fresh->state == CONTAINER_EXITED) {
        app_say(a, "%.60s exited with %d at once; %.60s is kept.", fresh->name ? fresh->name : fresh->key,
                fresh->exit_code, name);
        return;
    }
    struct retiring *r = mem_new(1, sizeof *r);
    *r = (struct retiring){.app = a, .old = id, .name = mem_string(name)};
    snprintf(question, sizeof question, "%.60s runs. Stop and remove the old one, %.60s?",
             fresh->name ? fresh->name : fresh->key, name);
    app_confirm(a, question, retire_answered, r);
}

static void go_to(struct app *a, container_id id, const struct awaited *how)
{
    if (!list_view_holds(a->list, id)) {
        list_view_filter(a->list, NULL);
        list_view_hide_stopped(a->list, false);
    }
    list_view_select(a->list, id);
    a->ignore.selected = id; /* it was asked for */
    if (how->map) {
        detail_front(a->detail, DETAIL_MAP);
    } else if (how->console && !how->old) {
        app_action_on(a, ACTION_ATTACH, id);
    }
    if (how->old) {
        ask_to_retire(a, model_get(a->model, id), how->old);
    }
}

void app_await_changes(struct app *a)
{
    if (!a->awaited.key) {
        return;
    }
    const struct container *c = model_find_key(a->model, a->awaited.key);
    if (!c || !c->id || (a->awaited.console && c->state == CONTAINER_CREATED)) {
        return; /* there is no console before it has started */
    }
    container_id id = c->id;
    bool stopped = c->state == CONTAINER_EXITED || c->state == CONTAINER_CREATED;
    if (!list_view_holds(a->list, id) && !list_view_filter_words(a->list)[0] &&
        !(stopped && list_view_hides_stopped(a->list))) {
        return; /* it is told with the next frame */
    }
    struct awaited was = a->awaited;
    a->awaited = (struct awaited){0};
    free(was.key);
    if (a->n_overlays || prompt_open(a->prompt) || app_typing(a)) {
        app_say(a, "%s is launched.", c->name ? c->name : c->key); /* somebody is busy with other things */
        return;
    }
    go_to(a, id, &was);
}

static void launched(void *user, struct answer *answer)
{
    struct launching *l = user;
    struct app *a = l->app;
    job_done(l->job);
    if (answer->why.kind != ERROR_NONE) {
        if (l->form && !a->n_overlays && !prompt_open(a->prompt) && !app_typing(a)) {
            app_push(a, launch_view_new(a, l->engine, &l->spec, l->old)); /* what was typed is not lost */
        }
        app_say_error(a, &answer->why);
    } else {
        if (l->after) {
            app_say(a, "%s", l->after);
        }
        await(a, answer->text, l->then, l->old);
    }
    launching_free(l);
}

static void launch_cancelled(void *user)
{
    struct launching *l = user;
    op_cancel(l->op);
    job_done(l->job);
    launching_free(l);
}

struct wish { /* borrowed */
    int engine;
    const struct launch_spec *spec;
    enum launching_then then;
    container_id old;
    const char *after;
    bool form;
};

static void start(struct app *a, const struct wish *w)
{
    char words[160];
    struct launching *l = mem_new(1, sizeof *l);
    snprintf(words, sizeof words, "Launching %.120s", w->spec->name ? w->spec->name : w->spec->image);
    *l = (struct launching){.app = a,
                            .then = w->then,
                            .old = w->old,
                            .after = mem_string(w->after),
                            .engine = w->engine,
                            .form = w->form};
    launch_spec_copy(&l->spec, w->spec);
    l->job = app_job(a, words, launch_cancelled, l);
    l->op = w->old ? relaunch_start(a->parts.session, w->old, w->engine, w->spec, launched, l)
                   : session_launch(a->parts.session, w->engine, w->spec, launched, l);
}

void launching_start(struct app *a, int engine, const struct launch_spec *spec, enum launching_then then,
                     container_id old)
{
    start(a, &(struct wish){.engine = engine, .spec = spec, .then = then, .old = old, .form = true});
}

/* The demonstration. */

static void demo_half(struct app *a, const struct demo_half *half, const char *after)
{
    struct launch_spec spec;
    if (half->engine < 0 || half->runs) {
        return;
    }
    if (half->id) {
        app_act(a, action_get(ACTION_START), &half->id, 1);
        return;
    }
    demo_spec(a->parts.session, half, NULL, &spec);
    start(a, &(struct wish){.engine = half->engine,
                            .spec = &spec,
                            .then = half->mode == ISOLATION_PROCESS ? LAUNCHING_MAP : LAUNCHING_SELECT,
                            .after = after});
    launch_spec_done(&spec);
}

void app_demo(struct app *a)
{
    char after[400] = "One ping in each mode: compare their host maps.";
    struct demo_half halves[DEMO_HALVES];
    demo_look(a->parts.session, halves);
    const struct demo_half *process = &halves[0], *vm = &halves[1];
    if (process->engine < 0) {
        app_say(a, "The demonstration needs process isolation: %s", process->why);
        return;
    }
    if (vm->engine < 0) {
        snprintf(after, sizeof after, "The host sees this ping. Its twin in a VM is left out: %.300s",
                 vm->why);
    }
    demo_half(a, vm, NULL);
    demo_half(a, process, after);
    if (process->id) {
        app_show_container(a, process->id);
        app_say(a, "%s", after);
    }
}

/* The same settings, the other mode. */

void app_relaunch(struct app *a, container_id id)
{
    struct launch_spec spec;
    struct error why = {0};
    if (relaunch_spec(a->parts.session, id, ISOLATION_UNKNOWN, &spec, &why)) {
        app_push(a, launch_view_new(a, -1, &spec, id));
        launch_spec_done(&spec);
    } else {
        app_say_error(a, &why);
    }
}

/* Images. */

struct import {
    struct app *app;
    struct job *job;
    struct op *op;
    char *path;
};

static void import_free(struct import *i)
{
    free(i->path);
    free(i);
}

static void import_progress(void *user, uint64_t done, uint64_t total, const char *words)
{
    struct import *i = user;
    job_progress(i->job, done, total, words);
}

static void imported(void *user, struct answer *answer)
{
    struct import *i = user;
    job_done(i->job);
    if (answer->why.kind != ERROR_NONE) {
        app_say_error(i->app, &answer->why);
    } else {
        app_say(i->app, "Imported the image %s.", answer->text ? answer->text : "");
    }
    import_free(i);
}

static void import_cancelled(void *user)
{
    struct import *i = user;
    op_cancel(i->op);
    job_done(i->job);
    import_free(i);
}

static int engine_for_images(struct app *a)
{
    for (int i = 0; i < session_engines(a->parts.session); i++) {
        if (session_engine(a->parts.session, i)->state == ENGINE_ONLINE) {
            return i;
        }
    }
    return -1;
}

static void import_named(void *user, const char *name)
{
    struct import *i = user;
    char words[160];
    int engine = engine_for_images(i->app);
    if (!name || !*name || engine < 0) {
        if (name) {
            app_say(i->app, engine < 0 ? "No engine is online." : "An image needs a name.");
        }
        import_free(i);
        return;
    }
    snprintf(words, sizeof words, "Importing %.120s", name);
    i->job = app_job(i->app, words, import_cancelled, i);
    i->op = session_image_import(i->app->parts.session, engine, name, i->path, import_progress, imported, i);
}

/* "/tmp/alpine-3.tar.gz" suggests "alpine-3". */
static char *suggested_name(const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    size_t from = len;
    while (from > 0 && path[from - 1] != '/') {
        from--;
    }
    char *name = mem_string_n(path + from, len - from);
    char *dot = strstr(name, ".tar");
    if (dot) {
        *dot = '\0';
    }
    return name;
}

static void import_from(void *user, const char *path)
{
    struct import *i = user;
    if (!path || !*path) {
        import_free(i);
        return;
    }
    i->path = mem_string(path);
    char *name = suggested_name(path);
    app_prompt(i->app, "Name of the image", name, import_named, i);
    free(name);
}

void app_import(struct app *a)
{
    if (engine_for_images(a) < 0) {
        app_say(a, "No engine is online that could take an image.");
        return;
    }
    struct import *i = mem_new(1, sizeof *i);
    i->app = a;
    app_prompt(a, "Import which archive or folder", "", import_from, i);
}

/* Names for the empty screen. */

static void images_told(void *user, struct answer *answer)
{
    struct app *a = user;
    struct text names = {0};
    a->image_op = NULL;
    if (answer->images && answer->images->count == 0) {
        text_add(&names, "none yet");
    }
    for (size_t i = 0; answer->images && i < answer->images->count && i < 6; i++) {
        text_addf(&names, "%s%s", i ? ", " : "", answer->images->rows[i].name);
    }
    free(a->images);
    a->images = text_take(&names);
    text_done(&names);
    if (list_view_count(a->list) == 0) {
        app_dirty(a, PART_ALL);
    }
}

void app_ask_images(struct app *a)
{
    int engine = engine_for_images(a);
    if (a->images || a->image_op || engine < 0) {
        return;
    }
    a->image_op = session_images(a->parts.session, engine, images_told, a);
}
