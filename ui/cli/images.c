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

static cJSON *image_json(const struct image *i)
{
    cJSON *o = cJSON_CreateObject();
    out_string(o, "name", i->name);
    out_string(o, "id", i->id);
    out_string(o, "os", i->os);
    out_string(o, "command", i->command);
    cJSON_AddNumberToObject(o, "size", (double)i->size);
    out_time(o, "created", i->created);
    return o;
}

static void print_images(const struct image_list *list)
{
    static const char *const titles[] = {"NAME", "ID", "SIZE", "AGE", "COMMAND"};
    static const int align[] = {COLUMN_LEFT, COLUMN_LEFT, COLUMN_RIGHT, COLUMN_RIGHT, COLUMN_LEFT};
    struct columns *table = columns_new(titles, align, 5);
    for (size_t i = 0; i < list->count; i++) {
        const struct image *image = &list->rows[i];
        char size[SIZE_TEXT], age[TIME_TEXT] = "–", id[13] = "";
        snprintf(id, sizeof id, "%s", image->id ? image->id : "");
        if (image->created) {
            span_print(age, time_now() - image->created);
        }
        const char *cells[] = {image->name, id, size_print(size, image->size), age, image->command};
        columns_add(table, cells);
    }
    columns_print(table);
}

static int list_images(struct cli *cli)
{
    if (!cli_open(cli, false)) {
        return EXIT_ENGINE;
    }
    struct waiting w = {0};
    session_images(cli->session, cli_engine(cli), cli_answered, &w);
    int code = 0;
    if (!cli_await(cli, &w)) {
        code = cli_failed(&w.answer.why);
    } else if (cli->json) {
        cJSON *list = cJSON_CreateArray();
        for (size_t i = 0; i < w.answer.images->count; i++) {
            cJSON_AddItemToArray(list, image_json(&w.answer.images->rows[i]));
        }
        out_json(list);
    } else {
        print_images(w.answer.images);
    }
    answer_done(&w.answer);
    return code;
}

struct import {
    struct waiting waiting; /* first: answered through it */
    struct op *op;
    bool shown;
};

static void progress(void *user, uint64_t done, uint64_t total, const char *words)
{
    struct import *import = user;
    char size[SIZE_TEXT];
    struct text clean = {0};
    if (!stream_is_terminal(2)) {
        return;
    }
    text_add_clean(&clean, words ? words : "", words ? strlen(words) : 0);
    fprintf(stderr, "\r\033[K%s: %s", text_of(&clean), size_print(size, done));
    if (total > 0) {
        fprintf(stderr, " of %s (%d %%)", size_print(size, total),
                (int)(100.0 * (double)done / (double)total));
    }
    fflush(stderr);
    import->shown = true;
    text_done(&clean);
}

static void interrupted(uv_signal_t *signal, int number)
{
    struct import *import = signal->data;
    (void)number;
    if (!import->waiting.done) {
        op_cancel(import->op);
        error_set(&import->waiting.answer.why, ERROR_CANCELLED, 0,
                  "the import was cancelled; nothing was kept");
        import->waiting.done = true;
    }
}

static int import_image(struct cli *cli, const char *name, const char *path)
{
    if (!cli_open(cli, false)) {
        return EXIT_ENGINE;
    }
    struct import import = {0};
    uv_signal_t interrupt;
    uv_signal_init(cli->loop, &interrupt);
    interrupt.data = &import;
    uv_signal_start(&interrupt, interrupted, SIGINT);
    import.op =
        session_image_import(cli->session, cli_engine(cli), name, path, progress, cli_answered, &import);
    bool ok = cli_await(cli, &import.waiting);
    uv_close((uv_handle_t *)&interrupt, NULL);
    uv_run(cli->loop, UV_RUN_NOWAIT);
    if (import.shown) {
        fputs("\r\033[K", stderr);
    }
    int code = ok ? 0 : import.waiting.answer.why.kind == ERROR_CANCELLED ? 130 : 1;
    if (ok) {
        puts(import.waiting.answer.text ? import.waiting.answer.text : name);
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
            puts(*names);
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
        code = import_image(cli, words[1], words[2]);
    } else if (n >= 2 && strcmp(words[0], "rm") == 0) {
        code = remove_images(cli, words + 1);
    } else {
        code = cli_wrong(&cli_command_image, "image takes 'ls', 'import NAME FILE', or 'rm NAME...'");
    }
    free(words);
    return code;
}

const struct cli_command cli_command_images = {
    .name = "images", .synopsis = "", .words = "List images", .json = true, .run = run_images};
const struct cli_command cli_command_image = {
    .name = "image",
    .synopsis = "ls | import NAME FILE|FOLDER | rm NAME...",
    .words = "List, import (root file system, docker save, OCI layout) and remove images",
    .json = true,
    .run = run_image};
