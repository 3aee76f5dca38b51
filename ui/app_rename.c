/* A name is asked for, then given; the row stays selected, since rows go by id. */
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "ui/app_inside.h"

struct renaming {
    struct app *app;
    struct job *job;
    struct op *op;
    char *name;
};

static void renaming_free(struct renaming *r)
{
    job_done(r->job);
    free(r->name);
    free(r);
}

static void renamed(void *user, struct answer *answer)
{
    struct renaming *r = user;
    if (answer->why.kind != ERROR_NONE) {
        app_say_error(r->app, &answer->why);
    } else {
        app_say(r->app, "Its name is %s now.", r->name);
    }
    renaming_free(r);
}

static void cancelled(void *user)
{
    struct renaming *r = user;
    op_cancel(r->op);
    renaming_free(r);
}

static void named(void *user, const char *name)
{
    struct app *a = user;
    const struct container *c = model_get(a->model, a->renaming);
    char words[160];
    if (!name || !*name) {
        return;
    }
    snprintf(words, sizeof words, "Renaming %.120s", c && c->name ? c->name : "it");
    struct renaming *r = mem_new(1, sizeof *r);
    r->app = a;
    r->name = mem_string(name);
    r->job = app_job(a, words, cancelled, r);
    r->op = session_rename(a->parts.session, a->renaming, name, renamed, r);
}

void app_rename(struct app *a, container_id id)
{
    const struct container *c = model_get(a->model, id);
    char label[96];
    snprintf(label, sizeof label, "Rename %.64s to", c->name ? c->name : c->key);
    a->renaming = id;
    app_prompt(a, label, c->name ? c->name : "", named, a);
}
