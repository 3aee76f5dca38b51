/* Verbs on one container or on all marked ones: one question, then one op each, gathered in a batch that ends
 * with one sentence. Containers that refuse are left out, and counted in the question. */
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/text.h"
#include "ui/app_inside.h"
#include "ui/list_view.h"

struct target {
    struct batch *batch;
    struct op *op; /* NULL: answered, or not asked yet */
    container_id id;
    enum verb verb;
    bool force;
};

struct batch {
    struct app *app;
    const struct action *action;
    struct job *job; /* NULL until it runs */
    struct target *targets;
    size_t count, left, failed, remarked, hidden; /* hidden: not in the list now, by its filter or options */
    struct error why;                             /* of the first that failed */
    char *remark;                                 /* of the first that an engine remarked something on */
    char *name;                                   /* of the only one, else NULL */
};

static void batch_free(struct batch *b)
{
    free(b->targets);
    free(b->remark);
    free(b->name);
    free(b);
}

static const char *doing_word(enum verb verb)
{
    static const char *const words[VERB_COUNT] = {
        [VERB_START] = "Starting",     [VERB_STOP] = "Stopping",   [VERB_KILL] = "Killing",
        [VERB_PAUSE] = "Pausing",      [VERB_RESUME] = "Resuming", [VERB_REMOVE] = "Removing",
        [VERB_RESTART] = "Restarting",
    };
    return words[verb];
}

static const char *done_word(enum verb verb)
{
    static const char *const words[VERB_COUNT] = {
        [VERB_START] = "Started",     [VERB_STOP] = "Stopped",   [VERB_KILL] = "Killed",
        [VERB_PAUSE] = "Paused",      [VERB_RESUME] = "Resumed", [VERB_REMOVE] = "Removed",
        [VERB_RESTART] = "Restarted",
    };
    return words[verb];
}

static void say_end(struct batch *b)
{
    const char *word = done_word(b->targets[0].verb);
    struct error all = {0};
    if (b->failed == 0 && b->name) {
        app_say(b->app, "%s %s.%s%s", word, b->name, b->remark ? " But " : "", b->remark ? b->remark : "");
    } else if (b->failed == 0 && b->remark) {
        app_say(b->app, "%s %zu containers, of which %zu otherwise than asked; the first: %s", word, b->count,
                b->remarked, b->remark);
    } else if (b->failed == 0) {
        app_say(b->app, "%s %zu containers.", word, b->count);
    } else if (b->name) {
        app_say_error(b->app, &b->why);
    } else {
        error_set(&all, b->why.kind, 0, "%zu of %zu failed, the first: %s%s%s", b->failed, b->count,
                  b->why.text, b->remark ? "; and " : "", b->remark ? b->remark : "");
        app_say_error(b->app, &all);
    }
}

static void answered(void *user, struct answer *answer)
{
    struct target *t = user;
    struct batch *b = t->batch;
    t->op = NULL;
    b->left--;
    if (answer->why.kind != ERROR_NONE && b->failed++ == 0) {
        b->why = answer->why;
    }
    if (answer->remark && b->remarked++ == 0) {
        b->remark = answer->remark;
        answer->remark = NULL;
    }
    if (b->left > 0) {
        job_progress(b->job, b->count - b->left, b->count, NULL);
        return;
    }
    job_done(b->job);
    say_end(b);
    batch_free(b);
}

/* Of several, that of one is told; how many are done is told by the numbers. */
static void takes_long(void *user, uint64_t done, uint64_t total, const char *words)
{
    struct target *t = user;
    struct batch *b = t->batch;
    (void)done;
    (void)total;
    job_progress(b->job, b->count - b->left, b->count > 1 ? b->count : 0, words);
}

static void cancelled(void *user)
{
    struct batch *b = user;
    for (size_t i = 0; i < b->count; i++) {
        if (b->targets[i].op) {
            op_cancel(b->targets[i].op);
        }
    }
    job_done(b->job);
    batch_free(b);
}

static void run(struct batch *b)
{
    char words[128];
    const char *doing = doing_word(b->targets[0].verb);
    if (b->name) {
        snprintf(words, sizeof words, "%s %.80s", doing, b->name);
    } else {
        snprintf(words, sizeof words, "%s %zu containers", doing, b->count);
    }
    b->left = b->count;
    b->job = app_job(b->app, words, cancelled, b);
    for (size_t i = 0; i < b->count; i++) {
        struct target *t = &b->targets[i];
        const struct act_options options = {.timeout = -1, .force = t->force};
        b->app->ignore.acted = t->id == app_selected(b->app) ? t->id : b->app->ignore.acted;
        t->op = session_act(b->app->parts.session, t->id, t->verb, &options, answered, t);
        op_on_progress(t->op, takes_long);
    }
    list_view_unmark_all(b->app->list);
}

static void confirmed(void *user, bool yes)
{
    struct batch *b = user;
    if (yes) {
        run(b);
    } else {
        batch_free(b);
    }
}

static enum verb verb_for(const struct action *action, const struct container *c)
{
    if (action->id == ACTION_PAUSE) {
        return c->state == CONTAINER_PAUSED ? VERB_RESUME : VERB_PAUSE;
    }
    return (enum verb)action->verb;
}

/* How many of them run. */
static size_t gather(struct batch *b, const container_id *ids, size_t n, char *why, size_t room)
{
    size_t running = 0;
    for (size_t i = 0; i < n; i++) {
        const struct container *c = model_get(b->app->model, ids[i]);
        char refusal[256];
        const char *reason = c ? action_refusal(b->action, c, refusal, sizeof refusal) : "It is gone.";
        if (reason) {
            snprintf(why, room, "%s", reason);
            continue;
        }
        struct target *t = &b->targets[b->count++];
        *t = (struct target){
            .batch = b, .id = ids[i], .verb = verb_for(b->action, c), .force = state_is_live(c->state)};
        running += state_is_live(c->state);
        b->hidden += !list_view_holds(b->app->list, ids[i]);
        free(b->name);
        b->name = n == 1 ? mem_string(c->name ? c->name : c->key) : NULL;
    }
    return running;
}

static const char *consequence(enum verb verb, size_t running)
{
    switch (verb) {
    case VERB_STOP:
        return " What runs in there is asked to end, and killed after a while.";
    case VERB_RESTART:
        return running ? " What runs in there is asked to end, and killed after a while; then it starts anew."
                       : "";
    case VERB_KILL:
        return " What runs in there ends at once.";
    case VERB_REMOVE:
        return running ? " What runs in there is killed, what it wrote is lost."
                       : " What was written in there is lost.";
    default:
        return "";
    }
}

static void question(const struct batch *b, size_t asked, size_t running, struct text *out)
{
    const char *name = b->action->name;
    text_addf(out, "%c%s ", name[0] >= 'a' && name[0] <= 'z' ? name[0] - 'a' + 'A' : name[0], name + 1);
    if (b->name) {
        text_add(out, b->name);
    } else if (b->count < asked) {
        text_addf(out, "%zu of %zu containers (the others cannot be)", b->count, asked);
    } else {
        text_addf(out, "%zu containers", b->count);
    }
    if (b->hidden > 0) {
        text_addf(out, ", %zu of them not in the list now", b->hidden);
    }
    text_add_char(out, '?');
    text_add(out, consequence(b->targets[0].verb, running));
}

/* What ends nothing is not asked about; what deletes while it runs, always, and so is what acts on marked
 * containers that nobody sees. */
static bool must_ask(const struct app *a, const struct batch *b, size_t asked, size_t running)
{
    const struct action *action = b->action;
    if (asked > 1 && b->hidden > 0) {
        return true;
    }
    if (action->id == ACTION_RESTART && !running) {
        return false;
    }
    return action->confirm && (a->parts.settings->confirm || (action->id == ACTION_REMOVE && running));
}

void app_act(struct app *a, const struct action *action, const container_id *ids, size_t n)
{
    char why[256] = "";
    struct text words = {0};
    struct batch *b = mem_new(1, sizeof *b);
    b->app = a;
    b->action = action;
    b->targets = mem_new(n, sizeof *b->targets);
    size_t running = gather(b, ids, n, why, sizeof why);
    if (b->count == 0) {
        app_say(a, "%s", why);
        batch_free(b);
    } else if (must_ask(a, b, n, running)) {
        question(b, n, running, &words);
        app_confirm(a, text_of(&words), confirmed, b);
    } else {
        run(b);
    }
    text_done(&words);
}
