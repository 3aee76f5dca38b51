/* Who is asked, and the questions. Whoever cannot be asked is answered for, with the reason, in the same way
 * as an engine would: through the op, or the console. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/host.h"
#include "core/memory.h"
#include "core/refused.h"
#include "core/session_parts.h"

enum function {
    ANYTHING,
    ACT,
    RENAME,
    PROCESSES,
    INSPECT,
    SPEC_OF,
    CONSOLE,
    SAMPLE,
    LAUNCH,
    IMAGES,
    IMAGE_IMPORT,
    IMAGE_PULL,
    IMAGE_REMOVE
};

static bool has(const struct backend_type *type, enum function function)
{
    switch (function) {
    case ACT:
        return type->act;
    case RENAME:
        return type->rename;
    case PROCESSES:
        return type->processes;
    case INSPECT:
        return type->inspect;
    case SPEC_OF:
        return type->spec_of;
    case CONSOLE:
        return type->console;
    case SAMPLE:
        return type->sample;
    case LAUNCH:
        return type->launch;
    case IMAGES:
        return type->images;
    case IMAGE_IMPORT:
        return type->image_import;
    case IMAGE_PULL:
        return type->image_pull;
    case IMAGE_REMOVE:
        return type->image_remove;
    default:
        return true;
    }
}

static bool is_better(const struct slot *a, const struct slot *than, unsigned field)
{
    if (a->engine.limited != than->engine.limited) {
        return than->engine.limited;
    }
    return a->type->authority & field && !(than->type->authority & field);
}

/* The online engine, among those that know c and have the function, that is believed for `field`. */
static struct slot *best_slot(const struct session *s, const struct container *c, unsigned field,
                              enum function function)
{
    struct slot *best = NULL;
    for (int i = 0; i < s->n_slots; i++) {
        struct slot *slot = s->slots[i];
        bool can = c->engines & s->online & (1u << i) && has(slot->type, function);
        if (can && (!best || is_better(slot, best, field))) {
            best = slot;
        }
    }
    return best;
}

/* Sampling. */

static unsigned fields_from(const struct slot *slot, const struct container *c)
{
    unsigned fields = 0;
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        unsigned field = slot->session->wanted_fields & (1u << i);
        if (field && best_slot(slot->session, c, field, SAMPLE) == slot) {
            fields |= field;
        }
    }
    return fields;
}

static void slot_sample(struct slot *slot)
{
    const struct session *s = slot->session;
    const char **keys = mem_new(s->n_wanted, sizeof *keys);
    container_id *ids = mem_new(s->n_wanted, sizeof *ids);
    unsigned fields = 0;
    size_t n = 0;
    for (size_t i = 0; i < s->n_wanted; i++) {
        const struct container *c = model_get(s->model, s->wanted[i]);
        unsigned from_here = c ? fields_from(slot, c) : 0;
        if (from_here) {
            keys[n] = c->key;
            ids[n++] = c->id;
            fields |= from_here;
        }
    }
    bool same =
        n == slot->n_sampled &&
        (n == 0 || (fields == slot->sampled_fields && memcmp(ids, slot->sampled, n * sizeof *ids) == 0));
    if (!same) {
        slot->type->sample(slot->backend, keys, n, fields);
    }
    free(slot->sampled);
    slot->sampled = ids;
    slot->n_sampled = n;
    slot->sampled_fields = fields;
    free(keys);
}

void session_sample_all(struct session *s)
{
    s->must_sample = false;
    for (int i = 0; i < s->n_slots; i++) {
        if (s->online & (1u << i) && s->slots[i]->type->sample) {
            slot_sample(s->slots[i]);
        }
    }
}

static int by_id(const void *a, const void *b)
{
    container_id x = *(const container_id *)a, y = *(const container_id *)b;
    return (x > y) - (x < y);
}

void session_sample(struct session *s, const container_id *ids, size_t n, unsigned fields)
{
    if (s->closing) {
        return;
    }
    s->wanted = mem_resize(s->wanted, n, sizeof *s->wanted);
    s->n_wanted = 0;
    s->wanted_fields = fields & FIELD_USAGE;
    if (n) {
        memcpy(s->wanted, ids, n * sizeof *ids);
        qsort(s->wanted, n, sizeof *ids, by_id);
    }
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || s->wanted[i] != s->wanted[i - 1]) {
            s->wanted[s->n_wanted++] = s->wanted[i];
        }
    }
    session_sample_all(s);
}

/* Questions. */

static const char *called(const struct container *c)
{
    return c->name ? c->name : c->key;
}

/* The verb with the words that lead on to the container's name. */
static const char *verb_on(enum verb verb)
{
    switch (verb) {
    case VERB_ATTACH:
        return "attach to";
    case VERB_EXEC:
        return "run a command in";
    case VERB_LOGS:
        return "read the logs of";
    case VERB_PROCESSES:
        return "list the processes of";
    default:
        return verb_word(verb);
    }
}

static int refuse_offline(const struct slot *slot, const char *what, struct error *why)
{
    const struct engine *e = &slot->engine;
    if (slot->session->closing) {
        return error_set(why, ERROR_CANCELLED, 0, "Cannot %s: porthole is closing", what);
    }
    if (e->state == ENGINE_OPENING) {
        return error_set(why, ERROR_UNREACHABLE, 0,
                         "Cannot %s: the engine %s is still being opened; try again in a moment", what,
                         e->label);
    }
    return error_set(why, ERROR_UNREACHABLE, 0,
                     "Cannot %s: the engine %s is offline (%s); it is tried again by itself", what, e->label,
                     e->reason ? e->reason : "no reason given");
}

static int refuse_function(const struct slot *slot, const char *what, struct error *why)
{
    return error_set(why, ERROR_UNSUPPORTED, 0, "Cannot %s: the engine %s has no means for it", what,
                     slot->engine.label);
}

/* Why nobody can be asked about c. */
static int refuse(const struct session *s, const struct container *c, enum verb verb, const char *what,
                  struct error *why)
{
    if (c->engines & s->online && c->why_not[verb]) {
        return error_set(why, ERROR_UNSUPPORTED, 0, "Cannot %s: %s", what, c->why_not[verb]);
    }
    for (int i = 0; i < s->n_slots; i++) {
        if (c->engines & s->online & (1u << i)) {
            return refuse_function(s->slots[i], what, why);
        }
    }
    int known = session_engine_of(s, c->id);
    if (known >= 0) {
        return refuse_offline(s->slots[known], what, why);
    }
    return error_set(why, ERROR_NOT_FOUND, 0, "Cannot %s: no engine knows it", what);
}

/* Whom to ask about a container; NULL and why when nobody. */
static struct slot *ask(const struct session *s, container_id id, enum verb verb, enum function function,
                        struct error *why)
{
    const struct container *c = model_get(s->model, id);
    char what[128];
    if (!c) {
        error_set(why, ERROR_NOT_FOUND, 0, "Cannot %s: that container is not there any more",
                  verb_word(verb));
        return NULL;
    }
    snprintf(what, sizeof what, "%s %s", verb_on(verb), called(c));
    struct slot *slot =
        s->closing ? NULL : best_slot(s, c, function == PROCESSES ? FIELD_PROCESSES : FIELD_VERBS, function);
    if (!slot || c->why_not[verb]) {
        refuse(s, c, verb, what, why);
        slot = NULL;
    }
    return slot;
}

/* The same for a question that is not about a container. */
static struct slot *ask_engine(const struct session *s, int engine, const char *what, enum function function,
                               struct error *why)
{
    if (engine < 0 || engine >= s->n_slots) {
        error_set(why, ERROR_NOT_FOUND, 0, "Cannot %s: there is no engine number %d", what, engine);
        return NULL;
    }
    struct slot *slot = s->slots[engine];
    if (s->closing || slot->engine.state != ENGINE_ONLINE) {
        refuse_offline(slot, what, why);
        return NULL;
    }
    if (!has(slot->type, function)) {
        refuse_function(slot, what, why);
        return NULL;
    }
    if (slot->engine.limited) {
        error_set(why, ERROR_DENIED, 0, "Cannot %s: %s", what, slot->engine.reason);
        return NULL;
    }
    return slot;
}

static const char *key_of(const struct session *s, container_id id)
{
    return model_get(s->model, id)->key;
}

struct op *session_act(struct session *s, container_id id, enum verb verb, const struct act_options *options,
                       op_cb cb, void *user)
{
    static const struct act_options usual = {.timeout = -1};
    struct error why;
    struct op *op = op_new(s->loop, cb, user);
    struct slot *slot = ask(s, id, verb, ACT, &why);
    if (slot) {
        slot->type->act(slot->backend, op, key_of(s, id), verb, options ? options : &usual);
    } else {
        op_fail(op, &why);
    }
    return op;
}

/* A bad name gets the same sentence from every engine. */
static bool name_ok(const struct container *c, const char *name, struct error *why)
{
    if (!launch_name_ok(name)) {
        error_set(
            why, ERROR_INVALID, 0,
            "Cannot rename %s to \"%.64s\": a name has letters, digits, and after the first also _ . -, at "
            "most 64",
            called(c), name);
        return false;
    }
    if (c->name && strcmp(c->name, name) == 0) {
        error_set(why, ERROR_INVALID, 0, "Cannot rename %s: that is its name already", name);
        return false;
    }
    return true;
}

struct op *session_rename(struct session *s, container_id id, const char *name, op_cb cb, void *user)
{
    struct error why;
    struct op *op = op_new(s->loop, cb, user);
    struct slot *slot = ask(s, id, VERB_RENAME, RENAME, &why);
    if (slot && name_ok(model_get(s->model, id), name, &why)) {
        slot->type->rename(slot->backend, op, key_of(s, id), name);
    } else {
        op_fail(op, &why);
    }
    return op;
}

struct op *session_processes(struct session *s, container_id id, op_cb cb, void *user)
{
    struct error why;
    struct op *op = op_new(s->loop, cb, user);
    struct slot *slot = ask(s, id, VERB_PROCESSES, PROCESSES, &why);
    if (slot) {
        slot->type->processes(slot->backend, op, key_of(s, id));
    } else {
        op_fail(op, &why);
    }
    return op;
}

struct op *session_inspect(struct session *s, container_id id, op_cb cb, void *user)
{
    struct error why;
    struct op *op = op_new(s->loop, cb, user);
    struct slot *slot = ask(s, id, VERB_INSPECT, INSPECT, &why);
    if (slot) {
        slot->type->inspect(slot->backend, op, key_of(s, id));
    } else {
        op_fail(op, &why);
    }
    return op;
}

struct op *session_launch(struct session *s, int engine, const struct launch_spec *spec, op_cb cb, void *user)
{
    struct error why;
    struct op *op = op_new(s->loop, cb, user);
    struct slot *slot = ask_engine(s, engine, "launch a container", LAUNCH, &why);
    if (slot) {
        slot->type->launch(slot->backend, op, spec);
    } else {
        op_fail(op, &why);
    }
    return op;
}

bool session_spec_of(struct session *s, container_id id, struct launch_spec *out)
{
    struct error why;
    struct slot *slot = ask(s, id, VERB_RELAUNCH, SPEC_OF, &why);
    return slot && slot->type->spec_of(slot->backend, key_of(s, id), out);
}

struct op *session_images(struct session *s, int engine, op_cb cb, void *user)
{
    struct error why;
    struct op *op = op_new(s->loop, cb, user);
    struct slot *slot = ask_engine(s, engine, "list images", IMAGES, &why);
    if (slot) {
        slot->type->images(slot->backend, op);
    } else {
        op_fail(op, &why);
    }
    return op;
}

struct op *session_image_import(struct session *s, int engine, const char *name, const char *path,
                                op_progress_cb progress, op_cb cb, void *user)
{
    struct error why;
    struct op *op = op_new(s->loop, cb, user);
    struct slot *slot = ask_engine(s, engine, "import an image", IMAGE_IMPORT, &why);
    op_on_progress(op, progress);
    if (slot) {
        slot->type->image_import(slot->backend, op, name, path);
    } else {
        op_fail(op, &why);
    }
    return op;
}

struct op *session_image_pull(struct session *s, int engine, const char *name, op_progress_cb progress,
                              op_cb cb, void *user)
{
    struct error why;
    struct op *op = op_new(s->loop, cb, user);
    struct slot *slot = ask_engine(s, engine, "pull an image", IMAGE_PULL, &why);
    op_on_progress(op, progress);
    if (slot) {
        slot->type->image_pull(slot->backend, op, name);
    } else {
        op_fail(op, &why);
    }
    return op;
}

struct op *session_image_remove(struct session *s, int engine, const char *name, op_cb cb, void *user)
{
    struct error why;
    struct op *op = op_new(s->loop, cb, user);
    struct slot *slot = ask_engine(s, engine, "remove an image", IMAGE_REMOVE, &why);
    if (slot) {
        slot->type->image_remove(slot->backend, op, name);
    } else {
        op_fail(op, &why);
    }
    return op;
}

struct console *session_console(struct session *s, container_id id, const struct console_spec *spec,
                                const struct console_sink *sink, void *user)
{
    static const enum verb verbs[] = {
        [CONSOLE_LOGS] = VERB_LOGS, [CONSOLE_ATTACH] = VERB_ATTACH, [CONSOLE_EXEC] = VERB_EXEC};
    struct error why;
    struct slot *slot = ask(s, id, verbs[spec->kind], CONSOLE, &why);
    if (!slot) {
        return console_refused(s->loop, sink, user, &why);
    }
    return slot->type->console(slot->backend, key_of(s, id), spec, sink, user);
}

int session_engine_of(const struct session *s, container_id id)
{
    const struct container *c = model_get(s->model, id);
    const struct slot *slot = c ? best_slot(s, c, FIELD_VERBS, ANYTHING) : NULL;
    if (slot) {
        return slot->number;
    }
    for (int i = 0; c && i < s->n_slots; i++) {
        if (c->engines & (1u << i)) {
            return i;
        }
    }
    return -1;
}

const char *session_note(const struct session *s, const struct container *c, char *out, size_t room)
{
    const struct slot *seer = c->disputed ? best_slot(s, c, FIELD_ISOLATION, ANYTHING) : NULL;
    if (seer) {
        snprintf(out, room, "its engines contradict each other: one says %s, shown is what %s says",
                 isolation_word(c->disputed, c->hypervisor), seer->engine.label);
        return out;
    }
    for (int i = 0; i < s->n_slots && !c->note; i++) {
        const struct engine *e = &s->slots[i]->engine;
        if (c->away & (1u << i)) {
            bool keeps = s->slots[i]->type->authority & FIELD_VERBS;
            snprintf(out, room, "%s, which %s it too, is away: shown is what others tell (%s)", e->label,
                     keeps ? "keeps" : "knows", e->reason ? e->reason : "no reason given");
            return out;
        }
    }
    return c->note;
}

static struct host_source *host_of(const struct slot *slot, struct host_source *ours)
{
    return slot->type->host ? slot->type->host(slot->backend, ours) : ours;
}

struct host_source *session_host(const struct session *s, container_id id, struct host_source *ours)
{
    const struct container *c = id ? model_get(s->model, id) : NULL;
    if (c) {
        const struct slot *slot = best_slot(s, c, FIELD_WORKERS, ANYTHING);
        return slot ? host_of(slot, ours) : ours;
    }
    struct host_source *first = NULL;
    for (int i = s->n_slots; i-- > 0;) {
        bool online = s->online & (1u << i);
        if (!s->slots[i]->type->host || (online && host_of(s->slots[i], ours) == ours)) {
            return ours;
        }
        first = online ? host_of(s->slots[i], ours) : first;
    }
    return s->n_slots ? first : ours;
}

struct op *session_namespaces(const struct session *s, struct host_source *ours, op_cb cb, void *user)
{
    if (!ours || !ours->namespaces) {
        return NULL;
    }
    size_t n = 0, cursor = 0;
    struct namespace_target *targets = mem_new(model_count(s->model) + 1, sizeof *targets);
    for (const struct container *c; (c = model_next(s->model, &cursor));) {
        if (c->pid && state_has_processes(c->state)) {
            targets[n++] = (struct namespace_target){.key = c->key, .pid = c->pid, .started = c->started};
        }
    }
    struct op *op = op_new(s->loop, cb, user);
    ours->namespaces(ours, op, targets, n);
    free(targets);
    return op;
}
