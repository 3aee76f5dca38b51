/* Several consoles may be attached to the one process: each hears everything, any of them may hold it. What
 * it printed last is kept for whoever attaches later. */
#include "backends/hcs/own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/end.h"
#include "backends/hcs/request.h"
#include "backends/hcs/result.h"
#include "core/memory.h"
#include "core/port.h"
#include "core/text.h"

enum { PAST_BYTES = 32768 };

struct own_console {
    struct console base;
    struct own *own;
    struct hcs *engine;
    struct own_console *next;
    uv_timer_t turn; /* opened() and the replay are told from the loop */
    bool replay, open, held, left;
};

struct own {
    struct own *next;
    struct hcs *engine;
    char *key, *command, *ports;
    char **argv;
    struct launch_spec spec;
    enum isolation mode;
    struct hcs_process *process;
    struct own_console *consoles;
    struct text past, early; /* what it printed last; what was typed before it began */
    bool early_end, begun, gone;
    bool ending; /* its process has ended; the container is being ended after it */
    int code;    /* how its process has ended; -1: why */
    struct error why;
    hcs_answer_cb done; /* waits for the process to begin, or for the end of what it did not begin in */
    void *done_user;
    int32_t start_result; /* why it did not */
    char *start_document;
};

static const struct hcs_service_type *service_of(const struct own *o)
{
    return o->engine->service->type;
}

/* Consoles. */

static struct own_console *self(struct console *c)
{
    return (struct own_console *)c;
}

static bool is_deaf(const struct own *o)
{
    return o->engine->closing || !o->process;
}

static void on_turn_closed(uv_handle_t *handle)
{
    struct own_console *c = handle->data;
    struct hcs *h = c->engine;
    free(c);
    hcs_release(h);
}

static void unlink_console(struct own_console *c)
{
    struct own_console **link = &c->own->consoles;
    while (*link != c) {
        link = &(*link)->next;
    }
    *link = c->next;
}

static void hold_as_wanted(struct own *o)
{
    bool held = false;
    for (const struct own_console *c = o->consoles; c; c = c->next) {
        held = held || c->held;
    }
    if (!is_deaf(o)) {
        service_of(o)->process_hold(o->process, held);
    }
}

static void console_free(struct own_console *c)
{
    struct own *o = c->own;
    unlink_console(c);
    hold_as_wanted(o);
    uv_close((uv_handle_t *)&c->turn, on_turn_closed);
}

static void end_consoles(struct own *o, const struct error *why, int code)
{
    while (o->consoles) {
        struct own_console *c = o->consoles;
        const struct console_sink *sink = c->base.sink;
        void *user = c->base.user;
        console_free(c);
        sink->closed(user, why, code);
    }
}

static void on_turn(uv_timer_t *timer)
{
    struct own_console *c = timer->data;
    struct own *o = c->own;
    c->open = true;
    if (c->base.sink->opened) {
        c->base.sink->opened(c->base.user);
    }
    if (!c->left && c->replay && o->past.len) {
        c->base.sink->bytes(c->base.user, CONSOLE_OUT, 0, o->past.data, o->past.len);
    }
    if (!c->left && c->replay && c->base.sink->live) {
        c->base.sink->live(c->base.user);
    }
}

static void write_to(struct console *console, const char *data, size_t len)
{
    struct own *o = self(console)->own;
    if (!is_deaf(o)) {
        service_of(o)->process_write(o->process, data, len);
    } else if (!o->begun) {
        text_add_n(&o->early, data, len);
    }
}

static void end_input(struct console *console)
{
    struct own *o = self(console)->own;
    if (!is_deaf(o)) {
        service_of(o)->process_end_input(o->process);
    } else {
        o->early_end = true;
    }
}

static void hold(struct console *console, bool held)
{
    self(console)->held = held;
    hold_as_wanted(self(console)->own);
}

static void resize(struct console *console, int rows, int cols)
{
    struct own *o = self(console)->own;
    o->spec.rows = rows;
    o->spec.cols = cols;
    if (!is_deaf(o) && o->spec.terminal && rows > 0 && cols > 0) {
        console_resize_process(o->engine, o->process, rows, cols);
    }
}

static void signal_it(struct console *console, int number)
{
    struct own *o = self(console)->own;
    if (!is_deaf(o)) {
        console_signal_process(o->engine, o->process, number);
    }
}

static void leave(struct console *console)
{
    self(console)->left = true;
    console_free(self(console));
}

static const struct console_type TYPE = {write_to, end_input, hold, resize, signal_it, leave};

struct console *own_attach(struct own *o, const struct console_spec *spec, const struct console_sink *sink,
                           void *user)
{
    struct own_console *c = mem_new(1, sizeof *c);
    *c = (struct own_console){.base = {&TYPE, sink, user},
                              .own = o,
                              .engine = o->engine,
                              .next = o->consoles,
                              .replay = spec->replay};
    o->consoles = c;
    hcs_timer_init(o->engine, &c->turn, c);
    uv_timer_start(&c->turn, on_turn, 0, 0);
    return &c->base;
}

/* The first process. */

static void own_free(struct own *o)
{
    struct own **link = &o->engine->owns;
    while (*link != o) {
        link = &(*link)->next;
    }
    *link = o->next;
    launch_spec_done(&o->spec);
    text_done(&o->past);
    text_done(&o->early);
    free(o->key);
    free(o->command);
    free(o->ports);
    free(o->argv);
    free(o->start_document);
    free(o);
}

static void free_if_over(struct own *o)
{
    if (o->gone && !o->process && !o->ending) {
        end_consoles(o, o->why.kind != ERROR_NONE ? &o->why : NULL, o->code);
        own_free(o);
    }
}

static void tell_begun(struct own *o, int32_t result, const char *document)
{
    hcs_answer_cb done = o->done;
    o->done = NULL;
    done(o->done_user, result, document);
}

/* Whoever waits for the beginning hears first, then its consoles, which say the same. */
static void on_not_started(void *user, const struct error *why, const char *remark)
{
    struct own *o = user;
    (void)why; /* as in on_ended */
    (void)remark;
    tell_begun(o, o->start_result, o->start_document);
    o->ending = false;
    end_consoles(o, &o->why, -1);
    free_if_over(o);
}

static void on_started(void *user, int32_t result, const char *document, uint32_t pid)
{
    struct own *o = user;
    (void)pid;
    o->begun = true;
    if (result < 0) { /* without its first process the container is of no use */
        char what[160];
        snprintf(what, sizeof what, "start %.64s", o->key);
        result_error(&o->why, result, document, what);
        o->process = NULL;
        o->start_result = result;
        o->start_document = mem_string(document);
        o->ending = true;
        end_system(o->engine, o->key, &(struct end_wish){.tidy = true, .verb = "end"}, on_not_started, o);
        return;
    }
    if (o->early.len) {
        service_of(o)->process_write(o->process, o->early.data, o->early.len);
    }
    if (o->early_end) {
        service_of(o)->process_end_input(o->process);
    }
    text_done(&o->early);
    hold_as_wanted(o);
    tell_begun(o, result, document);
    free_if_over(o);
}

static void keep(struct own *o, const char *data, size_t len)
{
    size_t skip = len > PAST_BYTES ? len - PAST_BYTES : 0;
    text_add_n(&o->past, data + skip, len - skip);
    if (o->past.len > PAST_BYTES) {
        size_t drop = o->past.len - PAST_BYTES / 2;
        memmove(o->past.data, o->past.data + drop, o->past.len - drop + 1);
        o->past.len -= drop;
    }
}

static void on_output(void *user, enum console_stream stream, const char *data, size_t len)
{
    struct own *o = user;
    keep(o, data, len);
    for (struct own_console *c = o->consoles, *next; c; c = next) {
        next = c->next; /* it may leave; nobody else may */
        if (c->open) {
            c->base.sink->bytes(c->base.user, stream, 0, data, len);
        }
    }
}

static void on_drained(void *user)
{
    struct own *o = user;
    for (struct own_console *c = o->consoles, *next; c; c = next) {
        next = c->next;
        if (c->open && c->base.sink->drained) {
            c->base.sink->drained(c->base.user);
        }
    }
}

static void is_over(struct own *o)
{
    o->ending = false;
    end_consoles(o, o->why.kind != ERROR_NONE ? &o->why : NULL, o->code);
    free_if_over(o);
}

static void on_tidied(void *user, int32_t result, const char *document)
{
    (void)result; /* what could not be removed is swept away when the engine is opened the next time */
    (void)document;
    is_over(user);
}

/* Nobody has asked for this end: what there is to be said of it is said where the container's output is read.
 */
static void on_ended(void *user, const struct error *why, const char *remark)
{
    struct own *o = user;
    struct text line = {0};
    if ((why || remark) && !o->engine->closing) {
        text_addf(&line, "porthole: %s\r\n", why ? why->text : remark);
        on_output(o, CONSOLE_ERR, text_of(&line), line.len);
    }
    text_done(&line);
    is_over(o);
}

/* With its first process the container ends, and only then its consoles: whoever waits for them to close, and
 * then leaves, leaves nothing behind. What else runs in there has the time of a shutdown. */
static void on_closed(void *user, int32_t result, const char *document)
{
    struct own *o = user;
    struct error ignored;
    cJSON *json = result >= 0 ? document_parse(document, &ignored) : NULL;
    struct hcs_exit exit = document_process_exit(json);
    cJSON_Delete(json);
    o->process = NULL;
    o->code = exit.known ? (int)exit.code : -1;
    if (result < 0) {
        result_error(&o->why, result, document, "stay with its first process");
    }
    o->ending = true;
    if (o->engine->closing || o->engine->offline) {
        is_over(o);
    } else if (o->gone) {
        end_tidy(o->engine, o->key, on_tidied, o);
    } else {
        const struct end_wish wish = {.seconds = TEARDOWN_SECONDS, .tidy = true, .verb = "end"};
        end_system(o->engine, o->key, &wish, on_ended, o);
    }
}

static const struct hcs_process_sink SINK = {on_started, on_output, on_drained, on_closed};

void own_run(struct own *o, hcs_answer_cb done, void *user)
{
    const struct console_spec spec = {.kind = CONSOLE_EXEC,
                                      .argv = (const char *const *)o->argv,
                                      .env = (const char *const *)o->spec.env,
                                      .workdir = o->spec.workdir,
                                      .user = o->spec.user,
                                      .terminal = o->spec.terminal,
                                      .input = o->spec.input,
                                      .rows = o->spec.rows ? o->spec.rows : 24,
                                      .cols = o->spec.cols ? o->spec.cols : 80};
    char *parameters = request_process(&spec, false);
    o->done = done;
    o->done_user = user;
    o->process = service_of(o)->create_process(o->engine->service, o->key, parameters, &SINK, o);
    free(parameters);
}

/* The container. */

/* NULL: nothing is to run that anybody has named. */
static char **whole_command(const struct launch_spec *spec)
{
    size_t n = 0, at = 0;
    while (spec->command && spec->command[n]) {
        n++;
    }
    const char **words = mem_new(n + 2, sizeof *words);
    if (spec->entrypoint) {
        words[at++] = spec->entrypoint;
    }
    for (size_t i = 0; i < n; i++) {
        words[at++] = spec->command[i];
    }
    char **block = at ? mem_strings(words) : NULL;
    free(words);
    return block;
}

struct own *own_add(struct hcs *h, const char *key, const struct launch_spec *spec, enum isolation mode)
{
    struct own *o = mem_new(1, sizeof *o);
    *o = (struct own){.next = h->owns, .engine = h, .key = mem_string(key), .mode = mode, .code = -1};
    launch_spec_copy(&o->spec, spec);
    o->argv = whole_command(spec);
    o->command = o->argv ? request_command_line((const char *const *)o->argv) : NULL;
    o->ports = port_list(spec->crossings, spec->n_crossings);
    h->owns = o;
    return o;
}

struct own *own_find(const struct hcs *h, const char *key)
{
    for (struct own *o = h->owns; o; o = o->next) {
        if (!o->gone && strcmp(o->key, key) == 0) {
            return o;
        }
    }
    return NULL;
}

const struct launch_spec *own_spec(const struct own *o)
{
    return &o->spec;
}

bool own_is_starting(const struct own *o)
{
    return !o->spec.hold && !o->begun;
}

enum isolation own_mode(const struct own *o)
{
    return o->mode;
}

void own_describe(const struct own *o, struct container *c)
{
    c->image = o->spec.image;
    c->command = o->command;
    c->terminal = o->spec.terminal;
    c->origin = o->spec.isolation == ISOLATION_UNKNOWN ? ORIGIN_DEFAULT : ORIGIN_REQUESTED;
    c->crossings = o->spec.crossings;
    c->n_crossings = o->spec.n_crossings;
    c->ports = o->ports;
    c->memory_limit = o->spec.memory;
}

void own_gone(struct own *o)
{
    struct hcs *h = o->engine;
    o->gone = true;
    if (o->process || o->ending || h->closing || h->offline) { /* it is ended with its process */
        free_if_over(o);
    } else {
        o->ending = true;
        end_tidy(h, o->key, on_tidied, o);
    }
}

void own_close_all(struct hcs *h)
{
    struct error why;
    error_set(&why, ERROR_CANCELLED, 0, "the engine was closed meanwhile");
    while (h->owns) {
        struct own *o = h->owns;
        hcs_answer_cb done = o->done;
        void *user = o->done_user;
        o->process = NULL;
        end_consoles(o, &why, -1);
        own_free(o);
        if (done) {
            done(user, HCS_ABORTED, NULL);
        }
    }
}
