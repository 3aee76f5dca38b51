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
    struct op *op, *asked; /* asked: the question under way */
    bool stopped;
    char *remark; /* of the stop */
    struct error why;
};

static void relaunch_end(struct relaunch *r, struct answer *answer)
{
    char *last = answer->remark;
    answer->remark = remark_join(r->remark, last);
    free(last);
    free(r->remark);
    op_finish(r->op, answer);
    launch_spec_done(&r->spec);
    free(r);
}

static void relaunch_fail(struct relaunch *r)
{
    relaunch_end(r, &(struct answer){.why = r->why});
}

/* The asker is gone: what was stopped for the sake of this is started again. */
static void relaunch_cancelled(void *data)
{
    struct relaunch *r = data;
    op_cancel(r->asked);
    if (r->stopped) {
        session_act(r->session, r->old, VERB_START, NULL, NULL, NULL);
    }
    error_set(&r->why, ERROR_CANCELLED, 0, "the relaunch was cancelled");
    relaunch_fail(r);
}

static void started_again(void *user, struct answer *answer)
{
    struct relaunch *r = user;
    if (answer->why.kind != ERROR_NONE) {
        error_wrap(&r->why, "The old container is stopped now (%.100s)", answer->why.text);
    }
    relaunch_fail(r);
}

static void launched(void *user, struct answer *answer)
{
    struct relaunch *r = user;
    r->why = answer->why;
    if (r->why.kind == ERROR_NONE) {
        struct answer mine = *answer;
        *answer = (struct answer){0};
        relaunch_end(r, &mine);
    } else if (r->stopped) {
        r->asked = session_act(r->session, r->old, VERB_START, NULL, started_again, r);
    } else {
        relaunch_fail(r);
    }
}

static void old_stopped(void *user, struct answer *answer)
{
    struct relaunch *r = user;
    r->remark = answer->remark;
    answer->remark = NULL;
    if (answer->why.kind != ERROR_NONE) {
        r->why = answer->why;
        relaunch_fail(r);
        return;
    }
    r->stopped = true;
    r->asked = session_launch(r->session, r->engine, &r->spec, launched, r);
}

/* Does it hold ports of the host that spec wants? */
static bool holds_ports(const struct container *c, const struct launch_spec *spec)
{
    struct port a, b;
    bool lives = state_is_live(c->state);
    for (size_t i = 0; lives && i < c->n_crossings; i++) {
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

struct op *relaunch_start(struct session *s, container_id old, int engine, const struct launch_spec *spec,
                          op_cb cb, void *user)
{
    const struct container *c = model_get(session_model(s), old);
    struct relaunch *r = mem_new(1, sizeof *r);
    struct op *op = op_new(session_loop(s), cb, user);
    *r = (struct relaunch){.session = s, .old = old, .engine = engine, .op = op};
    launch_spec_copy(&r->spec, spec);
    op_on_cancel(op, relaunch_cancelled, r);
    if (!c || !holds_ports(c, spec)) {
        r->asked = session_launch(s, engine, spec, launched, r);
    } else if (vanishes(s, old)) { /* there would be no way back */
        error_set(
            &r->why, ERROR_CONFLICT, 0,
            "Cannot relaunch %s while it runs: both want the same ports, and nothing of it is left when "
            "it stops; leave the ports out, or stop it and launch anew",
            called(c));
        relaunch_fail(r);
    } else {
        r->asked = session_act(s, old, VERB_STOP, NULL, old_stopped, r);
    }
    return op;
}

/* Taking the old one away. */

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

struct op *relaunch_retire(struct session *s, container_id old, op_cb cb, void *user)
{
    struct retirement *r = mem_new(1, sizeof *r);
    struct op *op = op_new(session_loop(s), cb, user);
    *r = (struct retirement){.session = s, .old = old, .op = op};
    op_on_cancel(op, retire_cancelled, r);
    r->asked = session_act(s, old, VERB_STOP, NULL, stopped, r);
    return op;
}
