#include "ui/cli/command.h"
#include "ui/cli/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/engine_label.h"
#include "core/host.h"
#include "core/memory.h"
#include "core/text.h"

static void vsay(const char *fmt, va_list args)
{
    struct text line = {0}, clean = {0};
    text_addv(&line, fmt, args);
    text_add_clean(&clean, text_of(&line), line.len);
    text_clear(&line);
    text_addf(&line, "porthole: %s\n", text_of(&clean));
    out_error(text_of(&line));
    text_done(&line);
    text_done(&clean);
}

void cli_say(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsay(fmt, args);
    va_end(args);
}

int cli_failed(const struct error *why)
{
    cli_say("%s", why->text);
    switch (why->kind) {
    case ERROR_NOT_RUNNABLE:
    case ERROR_NO_COMMAND:
    case ERROR_UNREACHABLE:
    case ERROR_PROTOCOL:
        return error_exit_code(why->kind);
    default:
        return 1;
    }
}

int cli_wrong(const struct cli_command *command, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsay(fmt, args);
    va_end(args);
    struct text usage = {0};
    text_addf(&usage, "Usage: porthole %s%s%s\nSee 'porthole %s --help'.\n", command->name,
              *command->synopsis ? " " : "", command->synopsis, command->name);
    out_error(text_of(&usage));
    text_done(&usage);
    return EXIT_WRONG_USAGE;
}

static bool add_engine(struct cli *cli, const char *name, size_t len, const char *address)
{
    for (const struct backend_type *const *type = cli->parts->engines; *type; type++) {
        if (strlen((*type)->name) == len && strncmp((*type)->name, name, len) == 0) {
            session_add(cli->session, *type, address);
            return true;
        }
    }
    struct text known = {0};
    for (const struct backend_type *const *type = cli->parts->engines; *type; type++) {
        text_addf(&known, " %s", (*type)->name);
    }
    cli_say("this build has no engine '%.*s'; it has:%s", (int)len, name, text_of(&known));
    text_done(&known);
    return false;
}

static bool is_label(const struct settings_engine *engine, const char *word)
{
    bool same = false;
    for (int detail = 0; detail < ENGINE_LABEL_DETAILS && !same; detail++) {
        char *label = engine_label(engine->name, engine->address, detail);
        same = engine->address && strcmp(label, word) == 0;
        free(label);
    }
    return same;
}

/* "NAME", "NAME=ADDRESS" or "NAME:ADDRESS"; or one of the settings, as lists show it: "docker@build". */
static bool add_engine_word(struct cli *cli, const char *word)
{
    for (size_t i = 0; i < cli->settings.n_engines; i++) {
        const struct settings_engine *engine = &cli->settings.engines[i];
        if (strpbrk(word, ":@") && is_label(engine, word)) {
            return add_engine(cli, engine->name, strlen(engine->name), engine->address);
        }
    }
    size_t len = strcspn(word, "=:");
    return add_engine(cli, word, len, word[len] ? word + len + 1 : NULL);
}

static bool add_engines(struct cli *cli)
{
    if (cli->engines) {
        for (char **word = cli->engines; *word; word++) {
            if (!add_engine_word(cli, *word)) {
                return false;
            }
        }
        return true;
    }
    for (size_t i = 0; i < cli->settings.n_engines; i++) {
        const struct settings_engine *engine = &cli->settings.engines[i];
        if (!add_engine(cli, engine->name, strlen(engine->name), engine->address)) {
            return false;
        }
    }
    for (const struct backend_type *const *type = cli->parts->engines; cli->settings.n_engines == 0 && *type;
         type++) {
        if (!(*type)->on_request) {
            session_add(cli->session, *type, NULL);
        }
    }
    return true;
}

bool cli_open_session(struct cli *cli, bool list)
{
    cli->model = model_new(NULL, NULL);
    cli->session = session_new(cli->loop, cli->model, NULL, NULL, list);
    session_runtimes(cli->session, &cli->settings.runtimes);
    return add_engines(cli);
}

static bool any_online(const struct cli *cli)
{
    for (int i = 0; i < session_engines(cli->session); i++) {
        if (session_engine(cli->session, i)->state == ENGINE_ONLINE) {
            return true;
        }
    }
    return false;
}

/* Waiting. */

struct look { /* just before the loop goes to sleep */
    uv_prepare_t handle;
    bool (*done)(const void *data);
    const void *data;
};

static void handle_closed(uv_handle_t *handle)
{
    free(handle);
}

/* A timer may have made it so in this very turn: the loop is not to sleep until the next one then. */
static void on_look(uv_prepare_t *handle)
{
    struct look *look = (struct look *)handle;
    if (look->done(look->data)) {
        uv_stop(handle->loop);
    }
}

static void run_until(struct cli *cli, bool (*done)(const void *data), const void *data)
{
    struct look *look = mem_new(1, sizeof *look);
    look->done = done;
    look->data = data;
    uv_prepare_init(cli->loop, &look->handle);
    uv_prepare_start(&look->handle, on_look);
    uv_unref((uv_handle_t *)&look->handle);
    while (!done(data) && uv_run(cli->loop, UV_RUN_ONCE)) {
    }
    uv_close((uv_handle_t *)&look->handle, handle_closed);
}

static bool is_settled(const void *session)
{
    return session_settled(session);
}

static bool is_true(const void *done)
{
    return *(const bool *)done;
}

static bool is_either(const void *both)
{
    const bool *const *done = both;
    return *done[0] || *done[1];
}

bool cli_open(struct cli *cli, bool list)
{
    if (!cli_open_session(cli, list)) {
        return false;
    }
    run_until(cli, is_settled, cli->session);
    model_publish(cli->model);
    for (int i = 0; i < session_engines(cli->session); i++) {
        const struct engine *engine = session_engine(cli->session, i);
        if (engine->state != ENGINE_ONLINE && (session_engines(cli->session) == 1 || !any_online(cli))) {
            cli_say("engine %s: %s", engine->label, engine->reason ? engine->reason : "does not answer");
        }
    }
    return any_online(cli);
}

void cli_wait(struct cli *cli, const bool *done)
{
    run_until(cli, is_true, done);
}

static void time_over(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

void cli_wait_for(struct cli *cli, const bool *done, int ms)
{
    bool over = false;
    uv_timer_t *timer = mem_new(1, sizeof *timer);
    uv_timer_init(cli->loop, timer);
    timer->data = &over;
    uv_timer_start(timer, time_over, (uint64_t)ms, 0);
    const bool *either[] = {done, &over};
    run_until(cli, is_either, either);
    uv_close((uv_handle_t *)timer, handle_closed);
}

/* The engine that the first len bytes of word call by its label, as a bit; 0: there is none. */
static unsigned engine_called(const struct cli *cli, const char *word, size_t len)
{
    for (int i = 0; i < session_engines(cli->session); i++) {
        const char *label = session_engine(cli->session, i)->label;
        if (strlen(label) == len && strncmp(label, word, len) == 0) {
            return 1u << i;
        }
    }
    return 0;
}

/* Several engines may each have one of this name. */
static void say_several(struct cli *cli, const char *word)
{
    struct text engines = {0};
    const char *first = NULL;
    int n = 0;
    for (int i = 0; i < session_engines(cli->session); i++) {
        bool several;
        const struct container *c = model_find_of(cli->model, 1u << i, word, &several);
        if (c && c->name && strcmp(c->name, word) == 0) {
            const char *label = session_engine(cli->session, i)->label;
            text_addf(&engines, "%s%s", n++ ? " and on " : "", label);
            first = first ? first : label;
        }
    }
    if (n > 1) {
        cli_say("there is a container %s on %s: say which, as in %s/%s, or give its id", word,
                text_of(&engines), first, word);
    } else {
        cli_say("more than one container begins with '%s': give more of its id", word);
    }
    text_done(&engines);
}

bool cli_say_missing(const struct cli *cli)
{
    bool missing = false;
    for (int i = 0; i < session_engines(cli->session); i++) {
        const struct engine *e = session_engine(cli->session, i);
        if (e->state == ENGINE_ONLINE ? e->limited : !e->absent) {
            cli_say("engine %s: %s", e->label, e->reason ? e->reason : "does not answer");
            missing = missing || e->state != ENGINE_ONLINE;
        }
    }
    return missing;
}

const struct container *cli_find(struct cli *cli, const char *word)
{
    bool several = false;
    const char *slash = strrchr(word, '/');
    unsigned engines = slash ? engine_called(cli, word, (size_t)(slash - word)) : 0;
    const char *name = engines ? slash + 1 : word;
    const struct container *c = model_find_of(cli->model, engines ? engines : ~0u, name, &several);
    if (!c && slash && !engines) {
        cli_say("no engine is called '%.*s' ('porthole engines' lists them)", (int)(slash - word), word);
    } else if (!c && several) {
        say_several(cli, name);
    } else if (!c) {
        cli_say("no such container: %s ('porthole ls -a' lists them all)", word);
        cli_say_missing(cli); /* it may be there */
    }
    return c;
}

const struct container *cli_row(struct cli *cli, const char *key)
{
    const struct container *c = NULL;
    bool never = false;
    for (int tries = 0; tries < 500 && !(c = model_find_key(cli->model, key)); tries++) {
        cli_wait_for(cli, &never, 10);
    }
    if (!c) {
        cli_say("container %s was made, and is gone already", key);
    }
    return c;
}

int cli_engine(struct cli *cli)
{
    for (int i = 0; i < session_engines(cli->session); i++) {
        if (session_engine(cli->session, i)->state == ENGINE_ONLINE) {
            return i;
        }
    }
    cli_say("no engine is online: 'porthole engines' says why");
    return -1;
}

void cli_answered(void *user, struct answer *answer)
{
    struct waiting *w = user;
    w->answer = *answer;
    *answer = (struct answer){0};
    w->done = true;
}

bool cli_await(struct cli *cli, struct waiting *w)
{
    cli_wait(cli, &w->done);
    if (w->answer.remark) {
        out_progress_end(); /* it is not said behind a line of progress */
        cli_say("%s", w->answer.remark);
    }
    return w->answer.why.kind == ERROR_NONE;
}

int cli_words(const struct cli_command *command, struct args *args,
              bool (*option)(void *user, int index, struct args *), void *user, char ***words, int *n)
{
    char **list = mem_new((size_t)args->argc + 1, sizeof *list);
    int count = 0, code = -1;
    for (int got = args_next(args); code < 0 && got != ARGS_END; got = code < 0 ? args_next(args) : got) {
        if (got == ARGS_WRONG) {
            code = cli_wrong(command, "%s", args->error);
        } else if (got == ARGS_WORD) {
            list[count++] = (char *)args->value;
        } else if (!option(user, got, args)) {
            code = EXIT_WRONG_USAGE;
        }
    }
    *words = list;
    *n = count;
    return code;
}

struct host_table *cli_host_table(struct cli *cli, container_id id)
{
    struct host_source *ours = cli->parts->host_open(cli->loop);
    struct host_source *host = session_host(cli->session, id, ours);
    struct waiting w = {0};
    bool ok = false;
    if (host) {
        host->read(host, op_new(cli->loop, cli_answered, &w));
        ok = cli_await(cli, &w);
    } else {
        error_set(&w.answer.why, ERROR_UNSUPPORTED, 0, "nothing can be seen of the host on which it runs");
    }
    cli->parts->host_close(ours);
    if (!ok) {
        cli_failed(&w.answer.why);
    }
    struct host_table *table = w.answer.host;
    w.answer.host = NULL;
    answer_done(&w.answer);
    return table;
}

struct namespace_table *cli_namespaces(struct cli *cli)
{
    struct host_source *ours = cli->parts->host_open(cli->loop);
    struct waiting w = {0};
    if (session_namespaces(cli->session, ours, cli_answered, &w)) {
        cli_await(cli, &w);
    }
    cli->parts->host_close(ours);
    struct namespace_table *table = w.answer.namespaces;
    w.answer.namespaces = NULL;
    answer_done(&w.answer);
    return table;
}

struct process_table *cli_process_table(struct cli *cli, container_id id)
{
    struct waiting w = {0};
    session_processes(cli->session, id, cli_answered, &w);
    if (!cli_await(cli, &w)) {
        cli_failed(&w.answer.why);
    }
    struct process_table *table = w.answer.processes;
    w.answer.processes = NULL;
    answer_done(&w.answer);
    return table;
}
