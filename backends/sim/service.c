/* Calls wait in the order of the moments at which they are due; one timer serves them, the machine's clock
 * and the pipes. Whoever is called back may call anything: processes that were let go are freed at the end of
 * a turn only. */
#include "backends/sim/service.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "backends/sim/machine.h"
#include "backends/sim/process.h"
#include "core/host.h"
#include "core/idmap.h"
#include "core/memory.h"
#include "core/op.h"
#include "core/times.h"

#define SERVICE_DISCONNECT ((int32_t)UINT32_C(0x8037011E))
#define SERVER_UNAVAILABLE ((int32_t)UINT32_C(0x800706BA))

enum { TICK_MS = 400, TICK_BUSY_MS = 40 };

struct pending { /* a call that is not answered */
    struct pending *next;
    uint64_t due; /* uv_now */
    enum {
        CALL,
        ARRANGEMENT,
        WATCH,
        ANSWERED
    } kind; /* ANSWERED: result and text are known, only the telling waits */
    enum hcs_call call;
    enum hcs_arrangement arrangement;
    char *id, *document;
    hcs_answer_cb done;
    void *user;
    int32_t result;
    struct text text;
};

struct sim_process {
    struct hcs_process base;
    struct sim_process *next;
    struct machine_process *process; /* NULL: not begun, or gone */
    char *id, *parameters;
    uint64_t due;
    struct text early; /* written before it began */
    bool early_end, begun, held, must_drain,
        closed; /* closed: nothing more is told; freed at the end of the turn */
};

struct sim {
    struct hcs_service base;
    struct host_source host;
    struct machine *machine; /* NULL: the address was no good */
    struct error broken;
    unsigned delay, slow, speed, disconnect;
    unsigned ids;    /* with refuse: the registry tells ids all the same */
    uint64_t opened; /* uv_now */
    int64_t began;   /* the machine's clock then */
    uv_timer_t timer;
    struct pending *pending;
    struct pending *owed; /* calls that were done, and wait for the end of their system, or for ever */
    struct sim_process *processes;
    struct idmap watched;
    bool told_ready, gone, closing; /* gone: the service went away */
    void (*done)(void *user);
    void *done_user;
};

static void on_turn(uv_timer_t *timer);

/* The next turn: now, or when something is due. */
static void soon(struct sim *s)
{
    uv_timer_start(&s->timer, on_turn, 0, 0);
}

/* Ours, until the next system that is shut down has ended. */
static uint64_t next_end_in(const struct sim *s)
{
    int64_t next = s->machine ? machine_next_end(s->machine) : 0;
    int64_t left = next ? next - machine_now(s->machine) : 0;
    return next == 0 || s->speed == 0 ? TICK_MS : left <= 0 ? 0 : (uint64_t)left / s->speed + 1;
}

static void plan(struct sim *s)
{
    uint64_t now = uv_now(s->base.loop), wait = s->processes ? TICK_BUSY_MS : TICK_MS, end = next_end_in(s);
    wait = end < wait ? end : wait;
    if (s->pending) {
        uint64_t due = s->pending->due > now ? s->pending->due - now : 0;
        wait = due < wait ? due : wait;
    }
    for (const struct sim_process *p = s->processes; p; p = p->next) {
        if (!p->begun) {
            uint64_t due = p->due > now ? p->due - now : 0;
            wait = due < wait ? due : wait;
        }
    }
    if (s->disconnect && !s->gone && s->opened + s->disconnect > now) {
        wait = s->opened + s->disconnect - now < wait ? s->opened + s->disconnect - now : wait;
    }
    uv_timer_start(&s->timer, on_turn, wait, 0);
}

/* Calls. */

static void pending_free(struct pending *p)
{
    free(p->id);
    free(p->document);
    text_done(&p->text);
    free(p);
}

static struct pending *pending_add(struct sim *s, unsigned delay, hcs_answer_cb done, void *user)
{
    struct pending *p = mem_new(1, sizeof *p), **link = &s->pending;
    *p = (struct pending){.due = uv_now(s->base.loop) + delay, .done = done, .user = user};
    while (*link && (*link)->due <= p->due) {
        link = &(*link)->next;
    }
    p->next = *link;
    *link = p;
    return p;
}

static void perform(struct sim *s, struct pending *p)
{
    if (s->gone) {
        p->result = SERVER_UNAVAILABLE;
    } else if (p->kind == WATCH) {
        p->result = machine_has(s->machine, p->id) ? 0 : (int32_t)UINT32_C(0x8037010E);
        if (p->result == 0) {
            idmap_put(&s->watched, idmap_hash(p->id), s);
        }
    } else if (p->kind == ARRANGEMENT) {
        p->result = machine_arrange(s->machine, p->arrangement, p->id, p->document, &p->text);
    } else if (s->ids && p->call == HCS_ENUMERATE) {
        machine_store(s->machine, &p->text);
    } else {
        p->result = machine_call(s->machine, p->call, p->id, p->document, &p->text);
    }
}

static void answer(struct pending *p)
{
    p->done(p->user, p->result, p->text.data);
    pending_free(p);
}

static void answer_due(struct sim *s)
{
    uint64_t now = uv_now(s->base.loop);
    while (s->pending && s->pending->due <= now && !s->closing) {
        struct pending *p = s->pending;
        s->pending = p->next;
        if (p->kind != ANSWERED) {
            perform(s, p);
        }
        bool went_well = p->kind == CALL && p->result >= 0;
        if (went_well && machine_answers(s->machine, p->call) != ANSWER_SOON) {
            p->next = s->owed;
            s->owed = p;
        } else {
            answer(p);
        }
    }
}

static void answer_at_exit(struct sim *s, const char *id, const char *status)
{
    for (struct pending **link = &s->owed; *link;) {
        struct pending *p = *link;
        if (strcmp(p->id, id) == 0 && machine_answers(s->machine, p->call) == ANSWER_AT_EXIT) {
            *link = p->next;
            p->result = machine_exit_answer(p->call, status);
            answer(p);
            link = &s->owed; /* whoever was told may have asked anew */
        } else {
            link = &p->next;
        }
    }
}

static void answer_all(struct sim *s, int32_t result)
{
    while (s->pending || s->owed) {
        struct pending **from = s->pending ? &s->pending : &s->owed, *p = *from;
        *from = p->next;
        p->result = result;
        text_clear(&p->text);
        p->done(p->user, p->result, NULL);
        pending_free(p);
    }
}

static unsigned delay_of(const struct sim *s, enum hcs_call call, const char *document)
{
    bool slow = call == HCS_PROPERTIES && document && strstr(document, "Statistics");
    return s->delay + (slow ? s->slow : 0);
}

static void sim_call(struct hcs_service *service, enum hcs_call call, const char *id, const char *document,
                     hcs_answer_cb done, void *user)
{
    struct sim *s = (struct sim *)service;
    struct pending *p = pending_add(s, delay_of(s, call, document), done, user);
    p->call = call;
    p->id = mem_string(id);
    p->document = mem_string(document);
    plan(s);
}

static void sim_arrange(struct hcs_service *service, enum hcs_arrangement what, const char *id,
                        const char *document, hcs_answer_cb done, void *user)
{
    struct sim *s = (struct sim *)service;
    struct pending *p = pending_add(s, s->delay, done, user);
    p->kind = ARRANGEMENT;
    p->arrangement = what;
    p->id = mem_string(id);
    p->document = mem_string(document);
    plan(s);
}

static void sim_watch(struct hcs_service *service, const char *id, hcs_answer_cb done, void *user)
{
    struct sim *s = (struct sim *)service;
    struct pending *p = pending_add(s, s->delay, done, user);
    p->kind = WATCH;
    p->id = mem_string(id);
    plan(s);
}

static void sim_unwatch(struct hcs_service *service, const char *id)
{
    idmap_remove(&((struct sim *)service)->watched, idmap_hash(id));
}

/* Processes. */

static void let_go(struct sim_process *p)
{
    p->closed = true;
    if (p->process) {
        machine_process_drop(p->process);
        p->process = NULL;
    }
}

static void begin_process(struct sim *s, struct sim_process *p)
{
    struct text document = {0};
    int32_t result = SERVER_UNAVAILABLE;
    p->begun = true;
    if (!s->gone) {
        p->process = machine_spawn(s->machine, p->id, p->parameters, &result, &document);
    }
    if (!p->process) {
        p->closed = true;
        p->base.sink->started(p->base.user, result, document.data, 0);
    } else {
        machine_process_write(p->process, text_of(&p->early), p->early.len);
        if (p->early_end) {
            machine_process_end_input(p->process);
        }
        p->base.sink->started(p->base.user, 0, NULL, machine_process_pid(p->process));
    }
    text_done(&document);
}

/* True: there may be more. A turn carries so much at most: others want to be heard as well. */
static bool carry_output(struct sim_process *p)
{
    char data[16384];
    size_t carried = 0;
    for (int stream = 0; stream < 2; stream++) {
        size_t n = 1;
        while (n > 0 && carried < 4 * sizeof data && !p->held && !p->closed) {
            n = machine_process_read(p->process, (enum console_stream)stream, data, sizeof data);
            carried += n;
            if (n > 0) {
                p->base.sink->output(p->base.user, (enum console_stream)stream, data, n);
            }
        }
    }
    return carried > 0;
}

static void tell_end(struct sim_process *p)
{
    struct text status = {0};
    machine_process_ended(p->process, &status);
    let_go(p);
    p->base.sink->closed(p->base.user, 0, text_of(&status));
    text_done(&status);
}

static bool turn_process(struct sim *s, struct sim_process *p)
{
    if (!p->begun && !p->closed && (p->due <= uv_now(s->base.loop) || s->gone)) {
        begin_process(s, p);
    }
    if (p->must_drain && p->begun && !p->closed) {
        p->must_drain = false;
        p->base.sink->drained(p->base.user);
    }
    bool more = p->begun && !p->closed && carry_output(p);
    if (!more && p->begun && !p->closed && !p->held && machine_process_ended(p->process, NULL)) {
        tell_end(p);
    }
    return more;
}

static void sweep(struct sim *s)
{
    for (struct sim_process **link = &s->processes; *link;) {
        struct sim_process *p = *link;
        if (p->closed) {
            *link = p->next;
            text_done(&p->early);
            free(p->id);
            free(p->parameters);
            free(p);
        } else {
            link = &p->next;
        }
    }
}

static struct hcs_process *sim_create_process(struct hcs_service *service, const char *id,
                                              const char *parameters, const struct hcs_process_sink *sink,
                                              void *user)
{
    struct sim *s = (struct sim *)service;
    struct sim_process *p = mem_new(1, sizeof *p);
    p->base = (struct hcs_process){service, sink, user};
    p->id = mem_string(id);
    p->parameters = mem_string(parameters);
    p->due = uv_now(s->base.loop) + s->delay;
    p->next = s->processes;
    s->processes = p;
    plan(s);
    return &p->base;
}

static void sim_process_call(struct hcs_process *process, enum hcs_process_call call, const char *document,
                             hcs_answer_cb done, void *user)
{
    struct sim_process *p = (struct sim_process *)process;
    struct sim *s = (struct sim *)process->service;
    struct text text = {0};
    int32_t result = p->process ? machine_process_call(p->process, call, document, &text)
                                : (int32_t)UINT32_C(0x80370115); /* not started */
    if (done) {
        struct pending *answer_later = pending_add(s, s->delay, done, user);
        answer_later->kind = ANSWERED;
        answer_later->result = result;
        answer_later->text = text;
    } else {
        text_done(&text);
    }
    soon(s);
}

static void sim_process_write(struct hcs_process *process, const char *data, size_t len)
{
    struct sim_process *p = (struct sim_process *)process;
    if (p->process) {
        machine_process_write(p->process, data, len);
    } else {
        text_add_n(&p->early, data, len);
    }
    p->must_drain = true;
    soon((struct sim *)process->service);
}

static void sim_process_end_input(struct hcs_process *process)
{
    struct sim_process *p = (struct sim_process *)process;
    if (p->process) {
        machine_process_end_input(p->process);
    } else {
        p->early_end = true;
    }
    soon((struct sim *)process->service);
}

static void sim_process_hold(struct hcs_process *process, bool hold)
{
    ((struct sim_process *)process)->held = hold;
    soon((struct sim *)process->service);
}

static void sim_process_close(struct hcs_process *process)
{
    let_go((struct sim_process *)process);
    soon((struct sim *)process->service);
}

/* The service goes away. */

static void disconnect(struct sim *s)
{
    s->gone = true;
    answer_all(s, SERVICE_DISCONNECT);
    for (struct sim_process *p = s->processes; p; p = p->next) {
        if (!p->closed && p->begun) {
            let_go(p);
            p->base.sink->closed(p->base.user, SERVICE_DISCONNECT, NULL);
        }
    }
    idmap_done(&s->watched);
    s->watched = (struct idmap){0};
    if (!s->closing) {
        s->base.sink->disconnected(s->base.user);
    }
}

/* Turns. */

static void tell_events(struct sim *s)
{
    struct machine_event event;
    while (machine_take_event(s->machine, &event)) {
        uint64_t hash = idmap_hash(event.id);
        if (idmap_get(&s->watched, hash) && !s->closing && !s->gone) {
            if (event.type == HCS_EVENT_SYSTEM_EXITED) {
                idmap_remove(&s->watched, hash);
            }
            s->base.sink->event(s->base.user, event.id, event.type, event.document);
        }
        if (event.type == HCS_EVENT_SYSTEM_EXITED && !s->closing && !s->gone) {
            answer_at_exit(s, event.id, event.document);
        }
        free(event.id);
        free(event.document);
    }
}

static void tell_ready(struct sim *s)
{
    s->told_ready = true;
    if (!s->machine) {
        s->base.sink->unusable(s->base.user, &s->broken);
        return;
    }
    const struct hcs_host host = {.limited = machine_options(s->machine)->refuse && s->ids,
                                  .name = machine_name(s->machine),
                                  .system = machine_system(s->machine),
                                  .build = machine_build(s->machine),
                                  .workstation = machine_options(s->machine)->workstation};
    s->base.sink->ready(s->base.user, &host);
}

static void on_closed(uv_handle_t *handle)
{
    struct sim *s = handle->data;
    void (*done)(void *user) = s->done;
    void *user = s->done_user;
    free(s);
    done(user);
}

static void finish_close(struct sim *s)
{
    answer_all(s, HCS_ABORTED);
    for (struct sim_process *p = s->processes; p; p = p->next) {
        let_go(p);
    }
    sweep(s);
    idmap_done(&s->watched);
    machine_free(s->machine);
    uv_close((uv_handle_t *)&s->timer, on_closed);
}

static void live_on(struct sim *s)
{
    uint64_t passed = uv_now(s->base.loop) - s->opened;
    bool more = false;
    machine_advance(s->machine, s->began + (int64_t)(passed * s->speed));
    answer_due(s);
    if (s->disconnect && !s->gone && passed >= s->disconnect && !s->closing) {
        disconnect(s);
    }
    for (struct sim_process *p = s->processes; p && !s->closing; p = p->next) {
        more = turn_process(s, p) || more;
    }
    sweep(s);
    tell_events(s);
    if (more) {
        soon(s);
    } else {
        plan(s);
    }
}

static void on_turn(uv_timer_t *timer)
{
    struct sim *s = timer->data;
    if (s->closing) {
        finish_close(s);
        return;
    }
    if (!s->told_ready) {
        tell_ready(s);
    }
    if (s->machine) {
        live_on(s);
    }
    if (s->closing) {
        soon(s); /* it was closed from inside what it told */
    }
}

/* Opening and closing. */

static bool take_word(void *user, const char *name, unsigned value)
{
    struct sim *s = user;
    unsigned *at = strcmp(name, "delay") == 0        ? &s->delay
                   : strcmp(name, "slow") == 0       ? &s->slow
                   : strcmp(name, "speed") == 0      ? &s->speed
                   : strcmp(name, "disconnect") == 0 ? &s->disconnect
                   : strcmp(name, "ids") == 0        ? &s->ids
                                                     : NULL;
    if (at) {
        *at = value;
    }
    return at != NULL;
}

static void read_host(struct host_source *self, struct op *op)
{
    struct sim *s = (struct sim *)((char *)self - offsetof(struct sim, host));
    if (s->machine) {
        op_finish(op, &(struct answer){.host = machine_host(s->machine)});
    } else {
        op_fail(op, &s->broken);
    }
}

static struct host_source *sim_host(struct hcs_service *service)
{
    return &((struct sim *)service)->host;
}

static struct hcs_service *sim_open(struct uv_loop_s *loop, const char *address,
                                    const struct hcs_service_sink *sink, void *user)
{
    struct sim *s = mem_new(1, sizeof *s);
    struct machine_options options;
    s->base = (struct hcs_service){&sim_service, loop, sink, user};
    s->delay = 2;
    s->speed = 1;
    machine_options_init(&options);
    if (machine_options_parse(&options, address, take_word, s, &s->broken)) {
        s->machine = machine_new(&options, time_now());
        s->began = machine_now(s->machine);
    }
    s->host = (struct host_source){.read = read_host,
                                   .system = s->machine ? machine_system(s->machine) : "no system",
                                   .name = s->machine ? machine_name(s->machine) : "nowhere"};
    s->base.speed = s->speed;
    s->opened = uv_now(loop);
    uv_timer_init(loop, &s->timer);
    s->timer.data = s;
    soon(s);
    return &s->base;
}

static void sim_close(struct hcs_service *service, void (*done)(void *user), void *user)
{
    struct sim *s = (struct sim *)service;
    s->closing = true;
    s->done = done;
    s->done_user = user;
    soon(s);
}

const struct hcs_service_type sim_service = {
    .name = "simulated",
    .open = sim_open,
    .close = sim_close,
    .call = sim_call,
    .watch = sim_watch,
    .unwatch = sim_unwatch,
    .create_process = sim_create_process,
    .process_call = sim_process_call,
    .process_write = sim_process_write,
    .process_end_input = sim_process_end_input,
    .process_hold = sim_process_hold,
    .process_close = sim_process_close,
    .arrange = sim_arrange,
    .host = sim_host,
};
