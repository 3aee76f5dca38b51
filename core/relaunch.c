/* Each of the two is an op of several: it asks the session, one question after the other, and answers its own
 * op at the end. */
#include "core/relaunch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/port.h"
#include "core/remark.h"
#include "core/text.h"

enum { NAME_MOST = 64, TRIES = 100 };

/* What is to be launched. */

static const char *called(const struct container *c)
{
    return c->name ? c->name : c->key;
}

/* "web" of "web", "web-vm", "web-vm-2" */
static size_t stem_length(const char *name)
{
    static const char *const ends[] = {"-process", "-vm", "-hyperv"};
    size_t len = strlen(name), digits = 0;
    while (digits < len && name[len - 1 - digits] >= '0' && name[len - 1 - digits] <= '9') {
        digits++;
    }
    bool numbered = digits > 0 && digits < len && name[len - 1 - digits] == '-';
    for (int with = numbered ? 0 : 1; with < 2; with++) {
        size_t whole = with == 0 ? len - digits - 1 : len;
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
            size_t end = strlen(ends[i]);
            if (whole > end && strncmp(name + whole - end, ends[i], end) == 0) {
                return whole - end;
            }
        }
    }
    return len;
}

static bool is_taken(struct model *m, const char *name)
{
    bool several = false;
    const struct container *c = model_find(m, name, &several);
    return several || (c && c->name && strcmp(c->name, name) == 0);
}

static char *other_name(struct session *s, const char *name, const char *mode)
{
    struct text t = {0};
    for (int i = 1; i <= TRIES; i++) {
        char end[32] = "";
        if (i > 1) {
            snprintf(end, sizeof end, "-%d", i);
        }
        size_t stem = stem_length(name), most = NAME_MOST - 1 - strlen(mode) - strlen(end);
        text_clear(&t);
        text_add_n(&t, name, stem < most ? stem : most);
        text_addf(&t, "-%s%s", mode, end);
        if (!is_taken(session_model(s), text_of(&t))) {
            break;
        }
    }
    return text_take(&t);
}

/* Does the engine launch in this mode? */
static bool offered(const struct engine *e, enum isolation mode, const char *name, struct error *why)
{
    for (size_t i = 0; i < e->n_offers; i++) {
        if (e->offers[i].mode == mode && !e->offers[i].why_not) {
            return true;
        }
        if (e->offers[i].mode == mode) {
            error_set(why, ERROR_UNSUPPORTED, 0, "Cannot relaunch %s as %s: %s", name,
                      isolation_word(mode, e->hypervisor), e->offers[i].why_not);
            return false;
        }
    }
    error_set(why, ERROR_UNSUPPORTED, 0, "Cannot relaunch %s as %s: the engine %s does not offer that mode",
              name, isolation_word(mode, e->hypervisor), e->label);
    return false;
}

bool relaunch_spec(struct session *s, container_id old, enum isolation mode, struct launch_spec *out,
                   struct error *e)
{
    const struct container *c = model_get(session_model(s), old);
    int number = session_engine_of(s, old);
    if (!c || number < 0) {
        error_set(e, ERROR_NOT_FOUND, 0, "Cannot relaunch it: no engine knows that container any more");
        return false;
    }
    const struct engine *engine = session_engine(s, number);
    if (mode == ISOLATION_UNKNOWN) {
        mode = c->isolation == ISOLATION_VM ? ISOLATION_PROCESS : ISOLATION_VM;
    }
    if (!offered(engine, mode, called(c), e)) {
        return false;
    }
    launch_spec_init(out);
    if (!session_spec_of(s, old, out)) {
        launch_spec_done(out);
        error_set(e, ERROR_UNSUPPORTED, 0, "Cannot relaunch %s: %s; launch it anew", called(c),
                  c->why_not[VERB_RELAUNCH] ? c->why_not[VERB_RELAUNCH]
                                            : "it is not known with which settings it was launched");
        return false;
    }
    free(out->name);
    out->name = other_name(s, called(c), isolation_word(mode, engine->hypervisor));
    out->isolation = mode;
    out->hold = false;
    return true;
}

/* Launching it. */

struct relaunch {
    struct session *session;
    container_id old;
    int engine;
    struct launch_spec spec;
    struct op *op, *asked;          /* asked: the question under way */
    bool stopping, stopped, paused; /* the old one; paused: it was, before it was stopped */
    bool returning, cancelled;
    char *fresh;  /* the new one, made and not started yet */
    char *remark; /* of the steps so far */
    struct error why;
};

/* Takes what was remarked on a step. */
static void add_remark(struct relaunch *r, struct answer *answer)
{
    char *all = remark_join(r->remark, answer->remark);
    free(r->remark);
    free(answer->remark);
    r->remark = all;
    answer->remark = NULL;
}

static void relaunch_end(struct relaunch *r, struct answer *answer)
{
    add_remark(r, answer);
    answer->remark = r->remark;
    op_finish(r->op, answer);
    launch_spec_done(&r->spec);
    free(r->fresh);
    free(r);
}

static void relaunch_fail(struct relaunch *r)
{
    relaunch_end(r, &(struct answer){.why = r->why});
}

/* The way back: the new one goes, the old one becomes what it was. */

static void brought_back(void *user, struct answer *answer)
{
    struct relaunch *r = user;
    if (answer->why.kind != ERROR_NONE) {
        error_wrap(&r->why, "The old container is %s now (%.100s)",
                   r->paused ? "not paused any more" : "stopped", answer->why.text);
    }
    relaunch_fail(r);
}

static void started_again(void *user, struct answer *answer)
{
    struct relaunch *r = user;
    if (answer->why.kind == ERROR_NONE && r->paused) {
        r->asked = session_act(r->session, r->old, VERB_PAUSE, NULL, brought_back, r);
    } else {
        r->paused = false;
        brought_back(r, answer);
    }
}

static void start_again(struct relaunch *r)
{
    r->returning = true;
    if (r->stopped) {
        r->asked = session_act(r->session, r->old, VERB_START, NULL, started_again, r);
    } else {
        relaunch_fail(r);
    }
}

static void taken_away(void *user, struct answer *answer)
{
    struct relaunch *r = user;
    if (answer->why.kind != ERROR_NONE && answer->why.kind != ERROR_NOT_FOUND) {
        error_wrap(&r->why, "The new container, %.12s, could not be removed again (%.100s)", r->fresh,
                   answer->why.text);
    }
    start_again(r);
}

static struct op *take_away(struct relaunch *r)
{
    const struct act_options force = {.timeout = -1, .force = true};
    const struct container *c = r->fresh ? model_find_key(session_model(r->session), r->fresh) : NULL;
    return c ? session_act(r->session, c->id, VERB_REMOVE, &force, taken_away, r) : NULL;
}

static void go_back(struct relaunch *r)
{
    r->returning = true;
    r->asked = take_away(r);
    if (!r->asked) {
        start_again(r);
    }
}

/* The asker is gone: all is undone, and nobody hears of it. A stop of the old one cannot be taken back: only
 * when it has ended can the old one be started again, and a way back goes on to its end. */
static void relaunch_cancelled(void *data)
{
    struct relaunch *r = data;
    r->cancelled = true;
    if (r->stopping || r->returning) {
        return;
    }
    op_cancel(r->asked);
    error_set(&r->why, ERROR_CANCELLED, 0, "the relaunch was cancelled");
    go_back(r);
}

/* The way forth. */

static void launched(void *user, struct answer *answer)
{
    struct relaunch *r = user;
    r->why = answer->why;
    if (r->why.kind == ERROR_NONE || !r->stopped) {
        struct answer mine = *answer;
        *answer = (struct answer){0};
        relaunch_end(r, &mine);
    } else {
        start_again(r);
    }
}

static void fresh_started(void *user, struct answer *answer)
{
    struct relaunch *r = user;
    r->why = answer->why;
    if (r->why.kind == ERROR_NONE) {
        struct answer mine = {.text = r->fresh};
        r->fresh = NULL;
        relaunch_end(r, &mine);
    } else {
        go_back(r);
    }
}

static void old_stopped(void *user, struct answer *answer)
{
    struct relaunch *r = user;
    add_remark(r, answer);
    const struct container *fresh = r->fresh ? model_find_key(session_model(r->session), r->fresh) : NULL;
    r->stopping = false;
    r->stopped = answer->why.kind == ERROR_NONE;
    if (!r->stopped || r->cancelled) {
        r->why = answer->why;
        if (r->stopped) {
            error_set(&r->why, ERROR_CANCELLED, 0, "the relaunch was cancelled");
        }
        go_back(r);
        return;
    }
    if (!r->fresh) {
        r->asked = session_launch(r->session, r->engine, &r->spec, launched, r);
    } else if (fresh) {
        r->asked = session_act(r->session, fresh->id, VERB_START, NULL, fresh_started, r);
    } else {
        error_set(&r->why, ERROR_NOT_FOUND, 0, "the new container, %.12s, was removed before it was started",
                  r->fresh);
        start_again(r);
    }
}

static void stop_old(struct relaunch *r)
{
    const struct container *c = model_get(session_model(r->session), r->old);
    r->paused = c && c->state == CONTAINER_PAUSED;
    r->stopping = true;
    r->asked = session_act(r->session, r->old, VERB_STOP, NULL, old_stopped, r);
}

/* It is made, and is what was asked for: only now is the old one touched. */
static void made(void *user, struct answer *answer)
{
    struct relaunch *r = user;
    if (answer->why.kind != ERROR_NONE) {
        launched(r, answer);
        return;
    }
    r->fresh = answer->text;
    answer->text = NULL;
    add_remark(r, answer);
    stop_old(r);
}

/* Does it hold ports of the host that spec wants? */
static bool holds_ports(const struct container *c, const struct launch_spec *spec)
{
    struct port a, b;
    for (size_t i = 0; i < c->n_crossings; i++) {
        for (size_t j = 0; port_of(&c->crossings[i], &a) && j < spec->n_crossings; j++) {
            if (port_of(&spec->crossings[j], &b) && port_collides(&a, &b)) {
                return true;
            }
        }
    }
    return false;
}

/* Is nothing left of it when it stops? What the new one is to do then says nothing of the old one. */
static bool vanishes(struct session *s, container_id old)
{
    struct launch_spec was;
    launch_spec_init(&was);
    bool vanishes = session_spec_of(s, old, &was) && was.remove;
    launch_spec_done(&was);
    return vanishes;
}

/* What only its own engine can take along; the caller frees. NULL: nothing. */
static char *lost_elsewhere(const struct session *s, container_id old, int engine,
                            const struct launch_spec *spec)
{
    struct text list = {0};
    if (engine == session_engine_of(s, old) || !spec->beyond) {
        return NULL;
    }
    for (char **word = spec->beyond; *word; word++) {
        text_addf(&list, "%s%s", list.len ? "; " : "", *word);
    }
    return list.len ? text_take(&list) : NULL;
}

static void refuse(struct relaunch *r, char *lost)
{
    struct answer answer = {.lost = lost};
    error_set(&answer.why, ERROR_UNSUPPORTED, 0,
              "Cannot relaunch it on another engine: this cannot go along: %s", lost);
    relaunch_end(r, &answer);
}

struct op *relaunch_start(struct session *s, container_id old, int engine, const struct launch_spec *spec,
                          op_cb cb, void *user)
{
    const struct container *c = model_get(session_model(s), old);
    struct relaunch *r = mem_new(1, sizeof *r);
    struct op *op = op_new(session_loop(s), cb, user);
    char *lost = lost_elsewhere(s, old, engine, spec);
    *r = (struct relaunch){.session = s, .old = old, .engine = engine, .op = op};
    launch_spec_copy(&r->spec, spec);
    op_on_cancel(op, relaunch_cancelled, r);
    if (engine != session_engine_of(s, old)) {
        free(r->spec.like);
        r->spec.like = NULL;
    }
    bool together = !c || !(state_is_live(c->state) && (spec->alone || holds_ports(c, spec)));
    if (lost && spec->drop) {
        struct text words = {0};
        text_addf(&words, "left out: %s", lost);
        r->remark = text_take(&words);
    }
    if (lost && !spec->drop) {
        refuse(r, lost);
        return op;
    }
    free(lost);
    if (together) {
        r->asked = session_launch(s, engine, &r->spec, launched, r);
    } else if (vanishes(s, old)) { /* there would be no way back */
        error_set(&r->why, ERROR_CONFLICT, 0,
                  "Cannot relaunch %s while it runs: both want the same %s, and nothing of it is left when "
                  "it stops; %sstop it and launch anew",
                  called(c), holds_ports(c, spec) ? "ports" : "address or volume",
                  holds_ports(c, spec) ? "leave the ports out, or " : "");
        relaunch_fail(r);
    } else if (r->spec.like) {
        r->spec.hold = true;
        r->asked = session_launch(s, engine, &r->spec, made, r);
    } else {
        stop_old(r);
    }
    return op;
}

/* Taking the old one away. */

bool relaunch_holds(struct session *s, const char *key, enum isolation mode, struct error *why)
{
    const struct container *c = model_find_key(session_model(s), key);
    if (!c) {
        error_set(why, ERROR_NOT_FOUND, 0, "the new container is gone already");
    } else if (c->state != CONTAINER_RUNNING) {
        error_set(why, ERROR_CONFLICT, 0, "%s does not run", called(c));
    } else if (mode != ISOLATION_UNKNOWN && c->isolation != mode) {
        error_set(why, ERROR_CONFLICT, 0, "%s is not isolated as was asked for (%s), as far as is known: %s",
                  called(c), isolation_word(mode, c->hypervisor),
                  isolation_word(c->isolation, c->hypervisor));
    } else {
        return true;
    }
    return false;
}

struct retirement {
    struct session *session;
    container_id old;
    struct op *op, *asked;
    char *remark; /* of the stop */
};

static void retire_end(struct retirement *r, const struct error *why)
{
    op_finish(r->op, &(struct answer){.why = *why, .remark = r->remark});
    free(r);
}

static void retire_cancelled(void *data)
{
    struct retirement *r = data;
    struct error why;
    op_cancel(r->asked);
    error_set(&why, ERROR_CANCELLED, 0, "the removal of the old container was cancelled");
    retire_end(r, &why);
}

static void removed(void *user, struct answer *answer)
{
    struct error why = answer->why;
    if (why.kind == ERROR_NOT_FOUND) { /* it removes itself when it stops */
        why = (struct error){0};
    }
    retire_end(user, &why);
}

static void stopped(void *user, struct answer *answer)
{
    struct retirement *r = user;
    const struct act_options options = {.timeout = -1, .force = true};
    r->remark = answer->remark;
    answer->remark = NULL;
    bool gone = answer->why.kind == ERROR_NOT_FOUND || !model_get(session_model(r->session), r->old);
    if (gone || (answer->why.kind != ERROR_NONE && answer->why.kind != ERROR_CONFLICT)) {
        struct error why = gone ? (struct error){0} : answer->why;
        retire_end(r, &why);
    } else { /* a conflict: it does not run any more */
        r->asked = session_act(r->session, r->old, VERB_REMOVE, &options, removed, r);
    }
}

struct op *relaunch_retire(struct session *s, container_id old, const char *key, enum isolation mode,
                           op_cb cb, void *user)
{
    struct error why;
    struct retirement *r = mem_new(1, sizeof *r);
    struct op *op = op_new(session_loop(s), cb, user);
    *r = (struct retirement){.session = s, .old = old, .op = op};
    op_on_cancel(op, retire_cancelled, r);
    if (relaunch_holds(s, key, mode, &why)) {
        r->asked = session_act(s, old, VERB_STOP, NULL, stopped, r);
    } else {
        retire_end(r, &why);
    }
    return op;
}
