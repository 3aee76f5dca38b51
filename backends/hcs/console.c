/* A console is a process that we create in the system: HCS gives its pipes to its creator, once, and to
 * nobody else. That is also why the console of somebody else's process cannot be attached to. */
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/engine.h"
#include "backends/hcs/own.h"
#include "backends/hcs/request.h"
#include "backends/hcs/result.h"
#include "core/memory.h"
#include "core/refused.h"
#include "core/text.h"

enum { KILL = 9 }; /* the one signal that ends a process without asking it */

struct hcs_console {
    struct console base;
    struct hcs *engine;
    struct hcs_console *next;
    struct hcs_process *process; /* NULL: gone */
    char *what;                  /* "run cmd.exe in web-1" */
};

static struct hcs_console *self(struct console *c)
{
    return (struct hcs_console *)c;
}

static const struct hcs_service_type *service_of(const struct hcs_console *c)
{
    return c->engine->service->type;
}

/* Nothing can be said to a process that is gone, or whose service is being closed. */
static bool is_deaf(const struct hcs_console *c)
{
    return !c->process || c->engine->closing;
}

static void console_free(struct hcs_console *c)
{
    struct hcs_console **link = &c->engine->consoles;
    while (*link != c) {
        link = &(*link)->next;
    }
    *link = c->next;
    free(c->what);
    free(c);
}

static void end(struct hcs_console *c, const struct error *why, int code)
{
    const struct console_sink *sink = c->base.sink;
    void *user = c->base.user;
    console_free(c);
    sink->closed(user, why, code);
}

void console_resize_process(struct hcs *h, struct hcs_process *p, int rows, int cols)
{
    char *document = request_console_size(rows, cols);
    h->service->type->process_call(p, HCS_PROCESS_MODIFY, document, NULL, NULL);
    free(document);
}

void console_signal_process(struct hcs *h, struct hcs_process *p, int number)
{
    char *document = request_signal(number);
    if (document) {
        h->service->type->process_call(p, HCS_PROCESS_SIGNAL, document, NULL, NULL);
    } else if (number == KILL) {
        h->service->type->process_call(p, HCS_PROCESS_TERMINATE, NULL, NULL, NULL);
    }
    free(document);
}

/* What the process says. */

static void on_started(void *user, int32_t result, const char *document, uint32_t pid)
{
    struct hcs_console *c = user;
    struct error why;
    (void)pid;
    if (result >= 0) {
        if (c->base.sink->opened) {
            c->base.sink->opened(c->base.user);
        }
        return;
    }
    c->process = NULL;
    result_error(&why, result, document, c->what);
    if (result_condition(result) == HCS_REFUSED && result == (int32_t)UINT32_C(0x80070005)) {
        why.kind =
            ERROR_NOT_RUNNABLE; /* the guest's answer to a folder, or a file without the right to run it */
    }
    end(c, &why, -1);
}

static void on_output(void *user, enum console_stream stream, const char *data, size_t len)
{
    struct hcs_console *c = user;
    c->base.sink->bytes(c->base.user, stream, 0, data, len);
}

static void on_drained(void *user)
{
    struct hcs_console *c = user;
    if (c->base.sink->drained) {
        c->base.sink->drained(c->base.user);
    }
}

static void on_closed(void *user, int32_t result, const char *document)
{
    struct hcs_console *c = user;
    struct error why;
    c->process = NULL;
    if (result < 0) {
        result_error(&why, result, document, c->what);
        end(c, &why, -1);
        return;
    }
    cJSON *json = document_parse(document, &why);
    struct hcs_exit exit = document_process_exit(json);
    cJSON_Delete(json);
    end(c, NULL, exit.known ? (int)exit.code : -1);
}

static const struct hcs_process_sink SINK = {on_started, on_output, on_drained, on_closed};

/* What the owner says. */

static void console_write_(struct console *console, const char *data, size_t len)
{
    struct hcs_console *c = self(console);
    if (!is_deaf(c)) {
        service_of(c)->process_write(c->process, data, len);
    }
}

static void end_input(struct console *console)
{
    struct hcs_console *c = self(console);
    if (!is_deaf(c)) {
        service_of(c)->process_end_input(c->process);
    }
}

static void hold(struct console *console, bool held)
{
    struct hcs_console *c = self(console);
    if (!is_deaf(c)) {
        service_of(c)->process_hold(c->process, held);
    }
}

static void resize(struct console *console, int rows, int cols)
{
    struct hcs_console *c = self(console);
    if (!is_deaf(c) && rows > 0 && cols > 0) {
        console_resize_process(c->engine, c->process, rows, cols);
    }
}

static void signal_process(struct console *console, int number)
{
    struct hcs_console *c = self(console);
    if (!is_deaf(c)) {
        console_signal_process(c->engine, c->process, number);
    }
}

static void close_console(struct console *console)
{
    struct hcs_console *c = self(console);
    if (!is_deaf(c)) {
        service_of(c)->process_close(c->process);
    }
    console_free(c);
}

static const struct console_type TYPE = {console_write_, end_input,      hold,
                                         resize,         signal_process, close_console};

static int refusal(struct error *why, const struct hcs *h, const char *key, const struct entry *e,
                   const struct console_spec *spec)
{
    static const enum verb verbs[] = {
        [CONSOLE_LOGS] = VERB_LOGS, [CONSOLE_ATTACH] = VERB_ATTACH, [CONSOLE_EXEC] = VERB_EXEC};
    static const char *const words[] = {[CONSOLE_LOGS] = "read the logs of",
                                        [CONSOLE_ATTACH] = "attach to",
                                        [CONSOLE_EXEC] = "run anything in"};
    enum verb verb = verbs[spec->kind];
    if (!h->online) {
        return error_set(why, ERROR_UNREACHABLE, 0,
                         "cannot open a console: the Host Compute Service is not reached");
    }
    if (!e) {
        return error_set(why, ERROR_NOT_FOUND, 0,
                         "cannot open a console: there is no compute system %.64s; see the list", key);
    }
    if (entry_refusal(h, e, verb)) {
        return error_set(why, ERROR_UNSUPPORTED, 0, "cannot %s %.100s: %s", words[spec->kind], e->name,
                         entry_refusal(h, e, verb));
    }
    if (spec->kind == CONSOLE_EXEC && act_exec_refusal(e->state)) {
        return error_set(why, ERROR_CONFLICT, 0, "cannot %s %.100s: %s", words[spec->kind], e->name,
                         act_exec_refusal(e->state));
    }
    return 0;
}

struct console *hcs_console(struct backend *b, const char *key, const struct console_spec *spec,
                            const struct console_sink *sink, void *user)
{
    struct hcs *h = (struct hcs *)b;
    struct error why;
    struct text what = {0};
    const struct entry *e = entry_find(h, key);
    if (refusal(&why, h, key, e, spec) < 0) {
        return console_refused(h->base.loop, sink, user, &why);
    }
    if (spec->kind == CONSOLE_ATTACH) {
        return own_attach(e->own, spec, sink, user);
    }
    struct hcs_console *c = mem_new(1, sizeof *c);
    char *parameters = request_process(spec, e->is_linux);
    text_addf(&what, "run %s in %s", spec->argv ? spec->argv[0] : "a shell", e->name);
    *c = (struct hcs_console){
        .base = {&TYPE, sink, user}, .engine = h, .next = h->consoles, .what = text_take(&what)};
    h->consoles = c;
    c->process = h->service->type->create_process(h->service, e->key, parameters, &SINK, c);
    free(parameters);
    return &c->base;
}

void consoles_closed(struct hcs *h)
{
    struct error why;
    error_set(&why, ERROR_CANCELLED, 0, "the engine was closed meanwhile");
    while (h->consoles) {
        end(h->consoles, &why, -1);
    }
}
