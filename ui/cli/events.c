/* Everything that changes, as it happens, a line each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/times.h"
#include "ui/cli/command.h"
#include "ui/cli/out.h"

struct events {
    struct cli *cli;
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

static void report(struct events *e, const struct known *k, const char *what, const struct container *c)
{
    char when[TIME_TEXT];
    if (e->cli->json) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "time", time_print(when, time_now()));
        cJSON_AddStringToObject(o, "event", what);
        out_string(o, "id", k->key);
        out_string(o, "name", k->name);
        if (c && c->state == CONTAINER_EXITED) {
            cJSON_AddNumberToObject(o, "exit_code", c->exit_code);
        }
        out_json_line(o);
        return;
    }
    struct text name = {0};
    text_add_clean(&name, k->name ? k->name : k->key, strlen(k->name ? k->name : k->key));
    printf("%s  %-8s  %s", time_print(when, time_now()), what, text_of(&name));
    if (c && c->state == CONTAINER_EXITED) {
        printf("  (exit code %d)", c->exit_code);
    }
    putchar('\n');
    fflush(stdout);
    text_done(&name);
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
            report(e, k, c->state == CONTAINER_CREATED ? "created" : state_word(c->state), c);
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

static void follow(struct cli *cli, struct events *e)
{
    uv_signal_t interrupt, terminate;
    uv_signal_init(cli->loop, &interrupt);
    uv_signal_init(cli->loop, &terminate);
    interrupt.data = terminate.data = &e->stop;
    uv_signal_start(&interrupt, stopped, SIGINT);
    uv_signal_start(&terminate, stopped, SIGTERM);
    while (!e->stop && !ferror(stdout)) {
        uv_run(cli->loop, UV_RUN_ONCE);
        model_publish(cli->model);
    }
    uv_close((uv_handle_t *)&interrupt, NULL);
    uv_close((uv_handle_t *)&terminate, NULL);
    uv_run(cli->loop, UV_RUN_NOWAIT);
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
    follow(cli, &e);
    model_unwatch(watch);
    while (e.count > 0) {
        forget(&e, &e.known[0]);
    }
    free(e.known);
    return 0;
}

const struct cli_command cli_command_events = {
    .name = "events",
    .synopsis = "",
    .words = "Print what happens to containers, as it happens, until Ctrl-C",
    .json = true,
    .run = run,
};
