/* An end goes through up to four phases: it is resumed if it is paused, asked to shut down, terminated when
 * its time is over, and tidied up after when it is ours. One timer serves them; between its deadlines HCS is
 * asked whether it still lists the system, since not every system is watched, and an event may be missed.
 *
 * An `ending` lives until it is told, its timer is closed, and HCS has answered what it was asked: that may
 * be long after the end.
 */
#include "backends/hcs/end.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/request.h"
#include "backends/hcs/result.h"
#include "core/memory.h"
#include "core/remark.h"
#include "core/text.h"

enum {
    KILL_SECONDS = 30, /* from the terminate to the end; hcsshim waits as long */
    LOOK_SECONDS = 2,  /* between two looks */
};

/* The forms in which a shutdown is asked for, until one is taken. A live host has refused the last with
 * HCS_E_INVALID_JSON, though Microsoft's page on HcsShutDownComputeSystem allows no other; hosts before
 * schema 2.5 have no options, and the second leaves it to HCS how it reaches those inside. */
static const char *const FORMS[] = {REQUEST_SHUTDOWN, "{}", NULL};

enum { N_FORMS = sizeof FORMS / sizeof *FORMS };

struct ending {
    struct ending *next;
    struct hcs *engine;
    char *key, *name, *what; /* what: "stop web-1" */
    char *remark;            /* why it was terminated, if that was not asked for */
    char *refusal;           /* why it could not be asked; it has its time all the same. NULL: it could */
    struct end_wish wish;
    end_cb done; /* NULL: told */
    void *user;
    uv_timer_t timer;
    uint64_t due;    /* of this phase, uv_now */
    int calls;       /* of ours that the service still has */
    size_t form;     /* of the shutdown that is asked for */
    bool asked;      /* a shutdown is with HCS, or was taken by it */
    bool joined;     /* that was another one's */
    bool answered;   /* it has said so */
    bool resumed;    /* HCS was told to */
    bool terminated; /* by this one */
    bool killed;     /* HCS has not said that it was gone before */
    bool spared;     /* it is not to be, any more */
    bool looking, over, timer_closed;
};

static void ending_free(struct ending *e)
{
    free(e->key);
    free(e->name);
    free(e->what);
    free(e->remark);
    free(e->refusal);
    free(e);
}

/* Frees it when nothing of it is in use any more. */
static void settle(struct ending *e)
{
    struct ending **link = &e->engine->endings;
    if (e->done || e->calls > 0 || !e->timer_closed) {
        return;
    }
    while (*link != e) {
        link = &(*link)->next;
    }
    *link = e->next;
    struct hcs *h = e->engine;
    ending_free(e);
    hcs_release(h); /* the timer's hold: whoever closes the engine waits for this */
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct ending *e = handle->data;
    e->timer_closed = true;
    settle(e);
}

static void answer(struct ending *e, const struct error *why)
{
    end_cb done = e->done;
    e->over = true;
    e->done = NULL;
    uv_close((uv_handle_t *)&e->timer, on_timer_closed);
    done(e->user, why, why ? NULL : e->remark); /* what was not ended was not killed either */
}

static void fail(struct ending *e, int32_t result, const char *document, const char *what)
{
    struct error why;
    result_error(&why, result, document, what);
    answer(e, &why);
}

static uint64_t in_ms(const struct ending *e, int seconds)
{
    return hcs_in_ms(e->engine, seconds);
}

static void call(struct ending *e, enum hcs_call call, const char *document, hcs_answer_cb done)
{
    e->calls++;
    e->engine->service->type->call(e->engine->service, call, e->key, document, done, e);
}

/* True: the answer still matters. */
static bool came(struct ending *e, int32_t result, const char *document)
{
    struct hcs *h = e->engine;
    e->calls--;
    if (e->over || h->closing) {
        settle(e);
        return false;
    }
    if (result_condition(result) == HCS_SERVICE_GONE) {
        char *what = mem_string(e->what);
        fail(e, result, document, what);
        hcs_lost(h, result, document, what);
        free(what);
        return false;
    }
    return true;
}

/* It has ended. */

static void on_tidied(void *user, int32_t result, const char *document)
{
    struct ending *e = user;
    e->calls--;
    if (!e->done) {
        settle(e);
    } else if (result >= 0) {
        answer(e, NULL);
    } else {
        char what[200];
        snprintf(what, sizeof what, "%.120s altogether (it has ended; the next porthole tries again)",
                 e->what);
        fail(e, result, document, what);
    }
}

static void drop_remark(struct ending *e)
{
    free(e->remark);
    e->remark = NULL;
}

/* The next other end of the same system after `e`; NULL: the first. */
static struct ending *next_beside(const struct ending *self, const struct ending *e)
{
    struct ending *next = e ? e->next : self->engine->endings;
    while (next && (next == self || strcmp(next->key, self->key) != 0)) {
        next = next->next;
    }
    return next;
}

static bool is_killed_beside(const struct ending *e)
{
    const struct ending *other = next_beside(e, NULL);
    while (other && !other->killed) {
        other = next_beside(e, other);
    }
    return other != NULL;
}

/* What HCS says of the end has the last word on whether it was forced. */
static void note_status(struct ending *e, const char *status)
{
    enum hcs_end end = document_system_end(status);
    if (e->wish.seconds > 0 && end == HCS_END_BY_ITSELF) {
        drop_remark(e);
    } else if (e->wish.seconds > 0 && !e->killed && (end == HCS_END_FORCED || is_killed_beside(e))) {
        e->remark = remark_killed(e->name, "it was terminated by somebody else meanwhile");
    }
}

static void has_ended(struct ending *e, const char *status)
{
    e->over = true;
    uv_timer_stop(&e->timer);
    note_status(e, status);
    if (e->wish.tidy && !e->engine->offline && !e->engine->closing) {
        e->calls++;
        end_tidy(e->engine, e->key, on_tidied, e);
    } else {
        answer(e, NULL);
    }
}

/* Whoever is told may ask for other ends: the list is begun anew after each. */
void ends_seen(struct hcs *h, const char *key, const char *status)
{
    for (struct ending *e = h->endings; e;) {
        if (!e->over && strcmp(e->key, key) == 0) {
            has_ended(e, status);
            e = h->endings;
        } else {
            e = e->next;
        }
    }
}

/* Is it still there? */

struct look {
    const char *key;
    bool there;
};

static void on_listed(void *user, const struct hcs_system *s)
{
    struct look *look = user;
    look->there = look->there || (strcmp(s->id, look->key) == 0 && s->state != CONTAINER_EXITED);
}

static void on_look(void *user, int32_t result, const char *document)
{
    struct ending *e = user;
    struct error ignored;
    struct look look = {.key = e->key};
    e->looking = false;
    if (!came(e, result, document)) {
        return;
    }
    bool read = result >= 0 && document && document_systems(document, on_listed, &look, &ignored) >= 0;
    if (result_condition(result) == HCS_GONE || (read && !look.there)) {
        ends_seen(e->engine, e->key, NULL);
    }
}

static void look(struct ending *e)
{
    if (!e->looking) {
        char *query = request_one_system(e->key);
        e->looking = true;
        e->calls++;
        e->engine->service->type->call(e->engine->service, HCS_ENUMERATE, NULL, query, on_look, e);
        free(query);
    }
}

/* Time. */

static void on_timer(uv_timer_t *timer);

static void wait_on(struct ending *e)
{
    uint64_t now = uv_now(e->engine->base.loop), left = e->due > now ? e->due - now : 0;
    uint64_t pause = in_ms(e, LOOK_SECONDS);
    uv_timer_start(&e->timer, on_timer, left < pause ? left : pause, 0);
}

static void wait_for(struct ending *e, int seconds)
{
    e->due = uv_now(e->engine->base.loop) + in_ms(e, seconds);
    wait_on(e);
}

/* Terminating: also beside a shutdown that HCS still owes the answer to. */

static void on_terminated(void *user, int32_t result, const char *document)
{
    struct ending *e = user;
    if (!came(e, result, document)) {
        return;
    }
    enum hcs_condition condition = result_condition(result);
    list_soon(e->engine);
    if (condition == HCS_GONE) { /* there was nothing left to be killed */
        e->killed = false;
        drop_remark(e);
    }
    if (condition == HCS_WELL || condition == HCS_GONE || condition == HCS_STOPPED ||
        condition == HCS_GOES_ON) {
        look(e); /* the answer is no end */
    } else {
        fail(e, result, document, e->what);
    }
}

/* Takes the remark; NULL: nothing else was asked for. */
static void terminate(struct ending *e, char *remark)
{
    e->remark = remark;
    e->terminated = e->killed = true;
    wait_for(e, KILL_SECONDS);
    call(e, HCS_TERMINATE, NULL, on_terminated);
}

static void give_up(struct ending *e)
{
    struct error why;
    error_set(&why, ERROR_CANCELLED, 0, "cancelled before it was done: %s", e->what);
    answer(e, &why);
}

static void terminate_since(struct ending *e, int32_t result, const char *document, const char *what)
{
    struct error why;
    if (e->spared) {
        give_up(e);
        return;
    }
    result_error(&why, result, document, what);
    terminate(e, remark_killed(e->name, why.text));
}

/* Why it is terminated when its time is over; the caller frees. */
static char *late_words(const struct ending *e)
{
    char why[80];
    if (e->refusal) {
        return remark_killed(e->name, e->refusal);
    }
    if (!e->asked) {
        snprintf(why, sizeof why, "it was paused, and HCS has not resumed it within %d s", e->wish.seconds);
        return remark_killed(e->name, why);
    }
    char *late = remark_killed_late(e->name, e->wish.seconds);
    char *whole = remark_join(late, e->answered ? NULL : "HCS had not even answered that");
    free(late);
    return whole;
}

static void time_is_over(struct ending *e)
{
    struct error why;
    if (!e->terminated && e->spared) {
        return; /* its end is heard of by its event, or with the list */
    }
    if (!e->terminated) {
        terminate(e, late_words(e));
        return;
    }
    error_set(
        &why, ERROR_TIMEOUT, 0,
        "cannot %s: HCS was told to terminate it %d s ago, and it is still there; look into the event log "
        "Hyper-V-Compute, then try again",
        e->what, KILL_SECONDS);
    answer(e, &why);
}

static void on_timer(uv_timer_t *timer)
{
    struct ending *e = timer->data;
    if (uv_now(e->engine->base.loop) >= e->due) {
        time_is_over(e);
    } else {
        look(e);
        wait_on(e);
    }
}

/* Asking. */

static void ask(struct ending *e);
static void resume(struct ending *e);

/* It could not be asked after all: those that have relied on that ask themselves. */
static void hand_over(struct ending *e)
{
    for (struct ending *other = next_beside(e, NULL); other; other = next_beside(e, other)) {
        if (other->joined && !other->over && !other->terminated) {
            other->asked = other->answered = other->joined = false;
            ask(other);
        }
    }
}

/* Its state allows no shutdown: it may have been paused meanwhile; else somebody else is at it, and it has
 * its time. True: it is resumed, to be asked again. */
static bool refused_by_state(struct ending *e, int32_t result, const char *document)
{
    bool first = !e->resumed;
    struct error why;
    result_error(&why, result, document, "ask it to shut down");
    free(e->refusal);
    e->refusal = mem_string(why.text);
    if (first) {
        resume(e);
    }
    return first;
}

static void on_shut_down(void *user, int32_t result, const char *document)
{
    struct ending *e = user;
    if (!came(e, result, document) || e->terminated) {
        return;
    }
    enum hcs_condition condition = result_condition(result);
    list_soon(e->engine);
    e->asked = condition == HCS_WELL || condition == HCS_STOPPED || condition == HCS_GOES_ON;
    if (e->asked || condition == HCS_GONE) {
        e->answered = true;
        look(e);
        return;
    }
    bool again = false;
    if (condition == HCS_REFUSED) {
        fail(e, result, document, e->what);
    } else if (condition == HCS_NOT_TAKEN && !e->spared && ++e->form < N_FORMS) {
        ask(e);
    } else if (condition == HCS_WRONG_STATE && !e->spared) {
        again = refused_by_state(e, result, document);
    } else { /* nobody inside can be asked */
        terminate_since(e, result, document, "ask it to shut down");
    }
    if (!e->asked && !e->terminated && !again) {
        hand_over(e);
    }
}

/* Has another one asked it already? HCS takes a second shutdown for a mistake. */
static bool is_asked(const struct ending *e)
{
    const struct ending *other = next_beside(e, NULL);
    while (other && (!other->asked || other->joined || other->over)) {
        other = next_beside(e, other);
    }
    return other != NULL;
}

static void ask(struct ending *e)
{
    e->joined = e->answered = is_asked(e);
    e->asked = true;
    if (!e->joined) {
        call(e, HCS_SHUTDOWN, FORMS[e->form], on_shut_down);
    }
}

static void on_resumed(void *user, int32_t result, const char *document)
{
    struct ending *e = user;
    if (!came(e, result, document) || e->terminated) {
        return;
    }
    enum hcs_condition condition = result_condition(result);
    bool runs = condition == HCS_WELL || (condition == HCS_WRONG_STATE && !e->refusal);
    bool waits = e->refusal || condition == HCS_GOES_ON;
    if (condition == HCS_GONE || condition == HCS_STOPPED) {
        look(e);
        return;
    }
    if (e->spared) {
        give_up(e);
    } else if (runs) { /* somebody else may have resumed it */
        free(e->refusal);
        e->refusal = NULL;
        ask(e);
    } else if (condition == HCS_REFUSED && !waits) {
        fail(e, result, document, e->what);
    } else if (!waits) {
        terminate_since(e, result, document, "resume it, as what is paused hears nothing");
    }
    if (!e->asked && !e->terminated) {
        hand_over(e);
    }
}

static void resume(struct ending *e)
{
    e->resumed = true;
    call(e, HCS_RESUME, NULL, on_resumed);
}

struct ending *end_system(struct hcs *h, const char *key, const struct end_wish *wish, end_cb done,
                          void *user)
{
    const struct entry *entry = entry_find(h, key);
    struct ending *e = mem_new(1, sizeof *e);
    struct text what = {0};
    *e = (struct ending){.next = h->endings,
                         .engine = h,
                         .key = mem_string(key),
                         .name = mem_string(entry ? entry->name : key),
                         .wish = *wish,
                         .done = done,
                         .user = user};
    text_addf(&what, "%s %s", wish->verb, e->name);
    e->what = text_take(&what);
    h->endings = e;
    hcs_timer_init(h, &e->timer, e);
    if (wish->seconds == 0) {
        terminate(e, NULL);
        return e;
    }
    wait_for(e, wish->seconds);
    if (wish->paused) {
        resume(e);
    } else {
        ask(e);
    }
    return e;
}

void end_spare(struct ending *e)
{
    e->spared = true;
}

/* The service has answered all calls by now, and tells no end any more. */
void ends_close(struct hcs *h)
{
    struct error why;
    for (struct ending *e = h->endings, *next; e; e = next) {
        next = e->next;
        if (e->done && h->offline) {
            error_set(
                &why, ERROR_UNREACHABLE, 0,
                "cannot %s: the Host Compute Service went away before its end was seen; look at the list "
                "when it is back",
                e->what);
            answer(e, &why);
        } else if (e->done) {
            error_set(&why, ERROR_CANCELLED, 0, "the engine was closed meanwhile");
            answer(e, &why);
        }
    }
}
