/* A slot per engine. Its life: open -> online -> ... offline -> closed -> (a pause) -> open again. What an
 * engine must be told because of something that it said (close, list, sample) is a chore, done on the next
 * turn of the loop, so that no engine is entered from inside its own call-out. */
#include "core/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/engine_label.h"
#include "core/memory.h"
#include "core/session_parts.h"
#include "core/text.h"

enum { PAUSE_FIRST = 1, PAUSE_LONGEST = 30 }; /* seconds */

static void on_chores(uv_timer_t *timer);

static void later(struct session *s)
{
    if (!s->closing) {
        uv_timer_start(&s->chores, on_chores, 0, 0);
    }
}

/* What is known of an engine. */

static void replace(const char **to, const char *with)
{
    char *copy = mem_string(with);
    free((char *)*to);
    *to = copy;
}

static void offers_free(struct engine *e)
{
    for (size_t i = 0; i < e->n_offers; i++) {
        free((char *)e->offers[i].why_not);
        free((char *)e->offers[i].cost);
    }
    free((struct mode_offer *)e->offers);
    e->offers = NULL;
    e->n_offers = 0;
}

static void take_info(struct engine *e, const struct engine_info *info)
{
    replace(&e->version, info->version);
    replace(&e->reason, info->note);
    e->limited = info->limited;
    e->default_isolation = info->default_isolation;
    e->hypervisor = info->hypervisor;
    e->windows = info->windows;
    offers_free(e);
    struct mode_offer *offers = mem_new(info->n_offers, sizeof *offers);
    for (size_t i = 0; i < info->n_offers; i++) {
        offers[i] = info->offers[i];
        offers[i].why_not = mem_string(info->offers[i].why_not);
        offers[i].cost = mem_string(info->offers[i].cost);
    }
    e->offers = offers;
    e->n_offers = info->n_offers;
}

static void slot_free(struct slot *slot)
{
    offers_free(&slot->engine);
    free((char *)slot->engine.address);
    free((char *)slot->engine.label);
    free((char *)slot->engine.reason);
    free((char *)slot->engine.version);
    free(slot->sampled);
    free(slot);
}

static void tell_changed(struct slot *slot)
{
    struct session *s = slot->session;
    if (s->hooks.engine_changed) {
        s->hooks.engine_changed(s->user, slot->number);
    }
}

/* What engines tell. */

static bool is_heard(const struct slot *slot)
{
    return !slot->closing && !slot->must_close && !slot->session->closing;
}

static void on_online(void *user, const struct engine_info *info)
{
    struct slot *slot = user;
    struct session *s = slot->session;
    if (!is_heard(slot)) {
        return;
    }
    bool again = slot->engine.state == ENGINE_ONLINE; /* it has learnt more about itself */
    take_info(&slot->engine, info);
    model_weak(s->model, slot->number, info->limited);
    if (!again) {
        slot->engine.state = ENGINE_ONLINE;
        slot->engine.named = slot->engine.listed = !slot->type->list;
        slot->pause = PAUSE_FIRST;
        slot->must_list = s->list && slot->type->list && !slot->type->lists_early;
        s->online |= 1u << slot->number;
        s->must_sample = true;
        later(s);
    }
    tell_changed(slot);
}

/* What is done to a container behind its keeper's back leaves that with a wrong record, and a restart policy
 * may undo it. To look into it, and to run something in it, does no harm. */
static bool needs_keeper(enum verb verb)
{
    return verb != VERB_EXEC && verb != VERB_INSPECT && verb != VERB_PROCESSES;
}

/* The last words of an engine on its rows. Those that another can still speak for are shown as that one knows
 * them. */
static void mark_lost(struct slot *slot)
{
    struct session *s = slot->session;
    struct error why;
    const struct container *c;
    error_set(&why, ERROR_UNREACHABLE, 0, "%s keeps it and is away (%s); it is tried again by itself",
              slot->engine.label, slot->engine.reason);
    for (size_t cursor = 0; (c = model_next(s->model, &cursor));) {
        if (!(c->engines & (1u << slot->number))) {
            continue;
        }
        struct container lost = *c;
        lost.state = CONTAINER_LOST;
        lost.health = HEALTH_NONE;
        lost.note = slot->engine.reason;
        lost.cpu = NAN;
        lost.memory = lost.host_memory = 0;
        lost.processes = -1;
        for (int verb = 0; verb < VERB_COUNT; verb++) {
            lost.why_not[verb] = needs_keeper((enum verb)verb) ? why.text : NULL;
        }
        model_put(s->model, slot->number, &lost,
                  FIELD_STATE | FIELD_USAGE | (slot->type->authority & FIELD_VERBS));
    }
    model_away(s->model, slot->number);
}

static void on_offline(void *user, const struct error *why)
{
    struct slot *slot = user;
    struct session *s = slot->session;
    if (!is_heard(slot)) {
        return;
    }
    slot->engine.state = ENGINE_OFFLINE;
    slot->engine.absent =
        !slot->engine.address && why && (why->kind == ERROR_NOT_FOUND || why->kind == ERROR_UNSUPPORTED);
    slot->engine.named = slot->engine.listed = false;
    replace(&slot->engine.reason, why && why->text[0] ? why->text : "the engine does not answer");
    s->online &= ~(1u << slot->number);
    slot->must_close = true;
    slot->must_list = false;
    s->must_sample = true;
    later(s);
    mark_lost(slot);
    tell_changed(slot);
}

static void on_list_begin(void *user)
{
    struct slot *slot = user;
    if (is_heard(slot)) {
        model_list_begin(slot->session->model, slot->number);
    }
}

static void on_seen(void *user, const struct container *record, unsigned fields)
{
    struct slot *slot = user;
    if (is_heard(slot)) {
        model_put(slot->session->model, slot->number, record, fields);
    }
}

static void on_gone(void *user, const char *key)
{
    struct slot *slot = user;
    if (is_heard(slot)) {
        model_drop(slot->session->model, slot->number, key);
    }
}

static void on_list_named(void *user)
{
    struct slot *slot = user;
    if (is_heard(slot) && !slot->engine.named) {
        slot->engine.named = true;
        tell_changed(slot);
    }
}

static void on_list_end(void *user)
{
    struct slot *slot = user;
    struct session *s = slot->session;
    if (!is_heard(slot)) {
        return;
    }
    model_list_end(s->model, slot->number);
    slot->engine.named = slot->engine.listed = true;
    s->must_sample = true;
    later(s);
    if (s->hooks.listed) {
        s->hooks.listed(s->user, slot->number);
    }
}

static const struct backend_sink SINK = {
    .online = on_online,
    .offline = on_offline,
    .list_begin = on_list_begin,
    .seen = on_seen,
    .gone = on_gone,
    .list_named = on_list_named,
    .list_end = on_list_end,
};

/* Opening and closing. */

static void slot_open(struct slot *slot)
{
    slot->hurry = false;
    slot->n_sampled = 0;
    slot->backend = slot->type->open(slot->session->loop, slot->engine.address, &SINK, slot);
    if (slot->type->runtimes && slot->session->runtimes) {
        slot->type->runtimes(slot->backend, slot->session->runtimes);
    }
    if (slot->session->list && slot->type->lists_early) {
        slot->type->list(slot->backend);
    }
}

static void on_pause_over(uv_timer_t *timer)
{
    slot_open(timer->data);
}

static void pause_then_open(struct slot *slot)
{
    uv_timer_start(&slot->timer, on_pause_over, slot->hurry ? 0 : slot->pause * UINT64_C(1000), 0);
    slot->pause = slot->pause * 2 < PAUSE_LONGEST ? slot->pause * 2 : PAUSE_LONGEST;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct session *s = handle->data;
    if (--s->open_handles) {
        return;
    }
    void (*done)(void *user) = s->done;
    void *user = s->done_user;
    for (int i = 0; i < s->n_slots; i++) {
        slot_free(s->slots[i]);
    }
    free(s->wanted);
    free(s);
    if (done) {
        done(user);
    }
}

static void close_handle(struct session *s, uv_timer_t *timer)
{
    s->open_handles++;
    timer->data = s;
    uv_close((uv_handle_t *)timer, on_handle_closed);
}

static void finish_if_closed(struct session *s)
{
    for (int i = 0; i < s->n_slots; i++) {
        if (s->slots[i]->backend) {
            return;
        }
    }
    for (int i = 0; i < s->n_slots; i++) {
        close_handle(s, &s->slots[i]->timer);
    }
    close_handle(s, &s->chores);
}

static void on_slot_closed(void *user, struct answer *answer)
{
    struct slot *slot = user;
    (void)answer;
    slot->backend = NULL;
    slot->closing = false;
    if (slot->session->closing) {
        finish_if_closed(slot->session);
    } else {
        pause_then_open(slot);
    }
}

static void slot_close(struct slot *slot)
{
    slot->must_close = false;
    if (slot->backend && !slot->closing) {
        slot->closing = true;
        slot->type->close(slot->backend, op_new(slot->session->loop, on_slot_closed, slot));
    }
}

/* Chores. */

static void on_chores(uv_timer_t *timer)
{
    struct session *s = timer->data;
    for (int i = 0; i < s->n_slots; i++) {
        struct slot *slot = s->slots[i];
        if (slot->must_close) {
            slot_close(slot);
        } else if (slot->must_list && slot->engine.state == ENGINE_ONLINE) {
            slot->must_list = false;
            slot->type->list(slot->backend);
        }
    }
    if (s->must_sample) {
        session_sample_all(s);
    }
}

/* The session itself. */

struct session *session_new(struct uv_loop_s *loop, struct model *model, const struct session_hooks *hooks,
                            void *user, bool list)
{
    struct session *s = mem_new(1, sizeof *s);
    s->loop = loop;
    s->model = model;
    s->list = list;
    session_hook(s, hooks, user);
    uv_timer_init(loop, &s->chores);
    s->chores.data = s;
    return s;
}

void session_hook(struct session *s, const struct session_hooks *hooks, void *user)
{
    s->hooks = hooks ? *hooks : (struct session_hooks){0};
    s->user = user;
}

static bool label_is_taken(const struct session *s, const char *label)
{
    for (int i = 0; i < s->n_slots; i++) {
        if (strcmp(s->slots[i]->engine.label, label) == 0) {
            return true;
        }
    }
    return false;
}

/* With as little detail as tells it from those before it. */
static char *label_for(const struct session *s, const char *name, const char *address)
{
    char *label = NULL;
    for (int detail = 0; detail < ENGINE_LABEL_DETAILS; detail++) {
        free(label);
        label = engine_label(name, address, detail);
        if (!label_is_taken(s, label)) {
            return label;
        }
    }
    struct text numbered = {0};
    text_addf(&numbered, "%s#%d", label, s->n_slots);
    free(label);
    return text_take(&numbered);
}

void session_runtimes(struct session *s, const struct runtimes *runtimes)
{
    s->runtimes = runtimes;
}

int session_add(struct session *s, const struct backend_type *type, const char *address)
{
    if (s->n_slots == ENGINES_MOST || s->closing) {
        return -1;
    }
    struct slot *slot = mem_new(1, sizeof *slot);
    *slot = (struct slot){.session = s, .number = s->n_slots, .type = type, .pause = PAUSE_FIRST};
    slot->engine = (struct engine){.name = type->name,
                                   .address = mem_string(address),
                                   .label = label_for(s, type->name, address),
                                   .state = ENGINE_OPENING};
    uv_timer_init(s->loop, &slot->timer);
    slot->timer.data = slot;
    s->slots[s->n_slots++] = slot;
    model_authority(s->model, slot->number, type->authority);
    slot_open(slot);
    return slot->number;
}

void session_close(struct session *s, void (*done)(void *user), void *user)
{
    s->closing = true;
    s->done = done;
    s->done_user = user;
    session_hook(s, NULL, NULL);
    uv_timer_stop(&s->chores);
    for (int i = 0; i < s->n_slots; i++) {
        uv_timer_stop(&s->slots[i]->timer);
        slot_close(s->slots[i]);
    }
    finish_if_closed(s);
}

int session_engines(const struct session *s)
{
    return s->n_slots;
}

const struct engine *session_engine(const struct session *s, int engine)
{
    return engine >= 0 && engine < s->n_slots ? &s->slots[engine]->engine : NULL;
}

bool session_named(const struct session *s)
{
    for (int i = 0; i < s->n_slots; i++) {
        const struct engine *e = &s->slots[i]->engine;
        if (e->state == ENGINE_OPENING || (e->state == ENGINE_ONLINE && s->list && !e->named)) {
            return false;
        }
    }
    return true;
}

bool session_settled(const struct session *s)
{
    bool settled = session_named(s);
    for (int i = 0; i < s->n_slots; i++) {
        const struct engine *e = &s->slots[i]->engine;
        settled = settled && (e->state != ENGINE_ONLINE || !s->list || e->listed);
    }
    return settled;
}

void session_refresh(struct session *s)
{
    for (int i = 0; i < s->n_slots && !s->closing; i++) {
        struct slot *slot = s->slots[i];
        slot->must_list = slot->engine.state == ENGINE_ONLINE && slot->type->list;
        slot->hurry = slot->engine.state == ENGINE_OFFLINE;
        if (uv_is_active((uv_handle_t *)&slot->timer)) {
            slot->pause = PAUSE_FIRST;
            uv_timer_start(&slot->timer, on_pause_over, 0, 0);
        }
    }
    later(s);
}

struct uv_loop_s *session_loop(const struct session *s)
{
    return s->loop;
}

struct model *session_model(const struct session *s)
{
    return s->model;
}
