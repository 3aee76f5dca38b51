/* images: the list.  image import, image rm: what changes it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/sizes.h"
#include "core/text.h"
#include "core/times.h"
#include "ui/cli/command.h"
#include "ui/cli/out.h"
#include "ui/cli/stream.h"

static cJSON *image_json(const struct image *i, const char *engine)
{
    cJSON *o = cJSON_CreateObject();
    out_string(o, "name", i->name);
    out_string(o, "engine", engine);
    out_string(o, "id", i->id);
    out_string(o, "os", i->os);
    out_string(o, "command", i->command);
    cJSON_AddNumberToObject(o, "size", (double)i->size);
    out_time(o, "created", i->created);
    return o;
}

static void add_row(struct columns *table, const struct image *image, const char *engine)
{
    char size[SIZE_TEXT], age[TIME_TEXT] = "–", id[13] = "";
    snprintf(id, sizeof id, "%s", image->id ? image->id : "");
    if (image->created) {
        span_print(age, time_now() - image->created);
    }
    const char *cells[] = {image->name, id, size_print(size, image->size), age, engine, image->command};
    columns_add(table, cells);
}

/* Of every engine that is online and has images; one that fails does not hide those of the others. */
static int list_images(struct cli *cli)
{
    static const char *const titles[] = {"NAME", "ID", "SIZE", "AGE", "ENGINE", "COMMAND"};
    static const int align[] = {COLUMN_LEFT,  COLUMN_LEFT, COLUMN_RIGHT,
                                COLUMN_RIGHT, COLUMN_LEFT, COLUMN_LEFT};
    if (!cli_open(cli, false)) {
        return EXIT_ENGINE;
    }
    int code = 0;
    cJSON *list = cJSON_CreateArray();
    struct columns *table = columns_new(titles, align, 6);
    for (int n = 0; n < session_engines(cli->session); n++) {
        const struct engine *engine = session_engine(cli->session, n);
        struct waiting w = {0};
        if (engine->state != ENGINE_ONLINE) {
            continue;
        }
        session_images(cli->session, n, cli_answered, &w);
        if (!cli_await(cli, &w) && w.answer.why.kind != ERROR_UNSUPPORTED) {
            code = cli_failed(&w.answer.why);
        }
        for (size_t i = 0; w.answer.images && i < w.answer.images->count; i++) {
            add_row(table, &w.answer.images->rows[i], engine->label);
            cJSON_AddItemToArray(list, image_json(&w.answer.images->rows[i], engine->label));
        }
        answer_done(&w.answer);
    }
    if (cli->json) {
        out_json(list);
        columns_free(table);
    } else {
        cJSON_Delete(list);
        columns_print(table);
    }
    return code;
}

struct import {
    struct waiting waiting; /* first: answered through it */
    struct op *op;
};

static void interrupted(uv_signal_t *signal, int number)
{
    struct import *import = signal->data;
    (void)number;
    if (!import->waiting.done) {
        op_cancel(import->op);
        error_set(&import->waiting.answer.why, ERROR_CANCELLED, 0, "cancelled; nothing was kept");
        import->waiting.done = true;
    }
}

/* path NULL: it is pulled. */
static bool fetch_from(struct cli *cli, struct import *import, int engine, const char *name, const char *path)
{
    *import = (struct import){0};
    import->op =
        path ? session_image_import(cli->session, engine, name, path, out_progress, cli_answered, import)
             : session_image_pull(cli->session, engine, name, out_progress, cli_answered, import);
    bool ok = cli_await(cli, &import->waiting);
    out_progress_end();
    return ok;
}

/* Pulling is for the first engine that can: the one of this machine keeps no registry. */
static bool fetch(struct cli *cli, struct import *import, const char *name, const char *path)
{
    int engine = cli_engine(cli);
    bool ok = fetch_from(cli, import, engine, name, path);
    for (engine++; !path && !ok && engine < session_engines(cli->session); engine++) {
        if (import->waiting.answer.why.kind == ERROR_UNSUPPORTED &&
            session_engine(cli->session, engine)->state == ENGINE_ONLINE) {
            answer_done(&import->waiting.answer);
            ok = fetch_from(cli, import, engine, name, path);
        }
    }
    return ok;
}

static int fetch_image(struct cli *cli, const char *name, const char *path)
{
    if (!cli_open(cli, false)) {
        return EXIT_ENGINE;
    }
    struct import import;
    uv_signal_t interrupt;
    uv_signal_init(cli->loop, &interrupt);
    interrupt.data = &import;
    uv_signal_start(&interrupt, interrupted, SIGINT);
    bool ok = fetch(cli, &import, name, path);
    uv_close((uv_handle_t *)&interrupt, NULL);
    uv_run(cli->loop, UV_RUN_NOWAIT);
    int code = ok ? 0 : import.waiting.answer.why.kind == ERROR_CANCELLED ? 130 : 1;
    if (ok) {
        out_line(import.waiting.answer.text ? import.waiting.answer.text : name);
    } else {
        cli_say("%s", import.waiting.answer.why.text);
    }
    answer_done(&import.waiting.answer);
    return code;
}

static int remove_images(struct cli *cli, char **names)
{
    if (!cli_open(cli, false)) {
        return EXIT_ENGINE;
    }
    int code = 0;
    for (; *names; names++) {
        struct waiting w = {0};
        session_image_remove(cli->session, cli_engine(cli), *names, cli_answered, &w);
        if (cli_await(cli, &w)) {
            out_line(*names);
        } else {
            code = cli_failed(&w.answer.why);
        }
        answer_done(&w.answer);
    }
    return code;
}

static int run_images(struct cli *cli, struct args *args)
{
    char **words;
    int n, code = cli_words(&cli_command_images, args, NULL, NULL, &words, &n);
    free(words);
    if (code >= 0) {
        return code;
    }
    return n == 0 ? list_images(cli) : cli_wrong(&cli_command_images, "images takes no words");
}

static int run_image(struct cli *cli, struct args *args)
{
    char **words;
    int n, code = cli_words(&cli_command_image, args, NULL, NULL, &words, &n);
    if (code >= 0) {
        /* said */
    } else if (n == 1 && strcmp(words[0], "ls") == 0) {
        code = list_images(cli);
    } else if (n == 3 && strcmp(words[0], "import") == 0) {
        code = fetch_image(cli, words[1], words[2]);
    } else if (n == 2 && strcmp(words[0], "pull") == 0) {
        code = fetch_image(cli, words[1], NULL);
    } else if (n >= 2 && strcmp(words[0], "rm") == 0) {
        code = remove_images(cli, words + 1);
    } else {
        code = cli_wrong(&cli_command_image,
                         "image takes 'ls', 'import NAME FILE', 'pull NAME', or 'rm NAME...'");
    }
    free(words);
    return code;
}

const struct cli_command cli_command_images = {
    .name = "images", .synopsis = "", .words = "List images", .json = true, .run = run_images};
const struct cli_command cli_command_image = {
    .name = "image",
    .synopsis = "ls | import NAME FILE|FOLDER | pull NAME | rm NAME...",
    .words = "List, import (root file system, docker save, OCI layout), pull and remove images",
    .json = true,
    .run = run_image};
