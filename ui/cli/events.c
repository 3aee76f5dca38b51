/* Everything that changes, as it happens, a line each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/times.h"
#include "ui/cli/command.h"
#include "ui/cli/out.h"
#include "ui/cli/standard.h"

struct events {
    struct cli *cli;
    struct writer *writer; /* a slow reader costs memory, a line each: nothing is left out */
    bool stop;
    struct known { /* names of what may be gone when its removal is told */
        container_id id;
        char *name, *key;
    } * known;
    size_t count, room;
};

static struct known *find_known(struct events *e, container_id id)
{
    for (size_t i = 0; i < e->count; i++) {
        if (e->known[i].id == id) {
            return &e->known[i];
        }
    }
    return NULL;
}

static void remember(struct events *e, const struct container *c)
{
    if (!find_known(e, c->id)) {
        e->known = mem_grow(e->known, &e->room, e->count + 1, sizeof *e->known);
        e->known[e->count++] = (struct known){c->id, mem_string(c->name), mem_string(c->key)};
    }
}

static void forget(struct events *e, struct known *k)
{
    free(k->name);
    free(k->key);
    *k = e->known[--e->count];
}

static char *report_json(const struct known *k, const char *what, const struct container *c)
{
    char when[TIME_TEXT];
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "time", time_print(when, time_now()));
    cJSON_AddStringToObject(o, "event", what);
    out_string(o, "id", k->key);
    out_string(o, "name", k->name);
    if (c && state_has_ended(c->state)) {
        cJSON_AddNumberToObject(o, "exit_code", c->exit_code);
    }
    char *text = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    return text;
}

static void report(struct events *e, const struct known *k, const char *what, const struct container *c)
{
    char when[TIME_TEXT];
    struct text line = {0};
    if (e->cli->json) {
        char *json = report_json(k, what, c);
        text_add(&line, json);
        cJSON_free(json);
    } else {
        text_addf(&line, "%s  %-10s  ", time_print(when, time_now()), what);
        text_add_clean(&line, k->name ? k->name : k->key, strlen(k->name ? k->name : k->key));
        if (c && state_has_ended(c->state)) {
            text_addf(&line, "  (exit code %d)", c->exit_code);
        }
    }
    text_add_char(&line, '\n');
    writer_add(e->writer, STDOUT_FILENO, line.data, line.len);
    text_done(&line);
}

static void changed(void *user, const struct change *changes, size_t n)
{
    struct events *e = user;
    for (size_t i = 0; i < n; i++) {
        const struct container *c = model_get(e->cli->model, changes[i].id);
        if (c) {
            remember(e, c);
        }
        struct known *k = find_known(e, changes[i].id);
        if (!k) {
            continue;
        }
        if (changes[i].kind == CHANGE_REMOVED) {
            report(e, k, "removed", NULL);
            forget(e, k);
        } else if (c && changes[i].kind == CHANGE_ADDED) {
            report(e, k, state_word(c->state), c);
        } else if (c && changes[i].fields & FIELD_STATE) {
            report(e, k, state_word(c->state), c);
        }
    }
}

static void stopped(uv_signal_t *signal, int number)
{
    (void)number;
    *(bool *)signal->data = true;
}

/* True: it cannot be written any more, or all has been. */
static bool is_written(struct events *e)
{
    int fd;
    return writer_error(e->writer, &fd) != 0 || writer_queued(e->writer) == 0;
}

static void output_changed(void *user)
{
    struct events *e = user;
    int fd;
    e->stop = e->stop || writer_error(e->writer, &fd) != 0;
}

/* Returns the exit code. */
static int end_output(struct events *e)
{
    int fd, error = writer_error(e->writer, &fd);
    writer_close(e->writer);
    uv_run(e->cli->loop, UV_RUN_NOWAIT);
    if (error && error != EPIPE) {
        cli_say("cannot write to standard output: %s", strerror(error));
    }
    return !error ? 0 : error == EPIPE ? EXIT_NO_READER : 1;
}

static int follow(struct cli *cli, struct events *e)
{
    uv_signal_t interrupt, terminate;
    uv_signal_init(cli->loop, &interrupt);
    uv_signal_init(cli->loop, &terminate);
    interrupt.data = terminate.data = &e->stop;
    uv_signal_start(&interrupt, stopped, SIGINT);
    uv_signal_start(&terminate, stopped, SIGTERM);
    e->writer = writer_new(cli->loop, output_changed, e);
    while (!e->stop) {
        uv_run(cli->loop, UV_RUN_ONCE);
        model_publish(cli->model);
    }
    for (e->stop = false; !is_written(e) && !e->stop;) { /* a second signal does not wait for the reader */
        uv_run(cli->loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&interrupt, NULL);
    uv_close((uv_handle_t *)&terminate, NULL);
    return end_output(e);
}

static int run(struct cli *cli, struct args *args)
{
    char **words;
    int n, code = cli_words(&cli_command_events, args, NULL, NULL, &words, &n);
    free(words);
    if (code >= 0) {
        return code;
    }
    if (n > 0) {
        return cli_wrong(&cli_command_events, "events takes no words");
    }
    if (!cli_open(cli, true)) {
        return EXIT_ENGINE;
    }
    struct events e = {.cli = cli};
    size_t cursor = 0;
    for (const struct container *c; (c = model_next(cli->model, &cursor));) {
        remember(&e, c);
    }
    struct model_watch *watch = model_watch(cli->model, changed, &e);
    code = follow(cli, &e);
    model_unwatch(watch);
    while (e.count > 0) {
        forget(&e, &e.known[0]);
    }
    free(e.known);
    return code;
}

const struct cli_command cli_command_events = {
    .name = "events",
    .synopsis = "",
    .words = "Print what happens to containers, as it happens, until Ctrl-C",
    .json = true,
    .run = run,
};
