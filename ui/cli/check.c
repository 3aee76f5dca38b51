/* check: in which isolation an image can run, before it is launched. By the engine that has the image; or,
 * for a Windows host that is elsewhere, by its build. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/verdict.h"
#include "ui/cli/command.h"
#include "ui/cli/out.h"

enum { CHECK_HOST_BUILD, CHECK_HOST_EDITION, CHECK_IMAGE_BUILD };

enum { MODES = 2 };

static const struct cli_option options[] = {
    {0, "host-build", "BUILD", "Judge for a Windows host of this build, as in 20348, wherever it is"},
    {0, "host-edition", "EDITION", "And of this edition: server (default), pro, home"},
    {0, "image-build", "BUILD", "What the image is built for, as in 17763 or 10.0.17763.1"},
    {0, NULL, NULL, NULL}};

struct check {
    const char *image;
    struct windows_host host;
    uint32_t image_build; /* 0 unknown */
    enum isolation otherwise;
    enum hypervisor hypervisor;
    struct verdict modes[MODES];
};

static bool option(void *user, int index, struct args *args)
{
    struct check *c = user;
    if (index == CHECK_HOST_EDITION) {
        return verdict_edition(args->value, &c->host.edition) ||
               (cli_wrong(&cli_command_check, "'%s' is no edition: server, pro or home", args->value), false);
    }
    uint32_t build = verdict_build(args->value);
    *(index == CHECK_HOST_BUILD ? &c->host.build : &c->image_build) = build;
    return build || (cli_wrong(&cli_command_check, "'%s' is no build of Windows, as 20348 or 10.0.20348.2700",
                               args->value),
                     false);
}

/* What the engine knows of the image; false: it has none of that name. The caller frees *os. */
static bool ask_engine(struct cli *cli, int engine, const char *image, char **os)
{
    struct waiting w = {0};
    bool found = false;
    session_images(cli->session, engine, cli_answered, &w);
    bool ok = cli_await(cli, &w);
    for (size_t i = 0; ok && i < w.answer.images->count && !found; i++) {
        const struct image *row = &w.answer.images->rows[i];
        if (strcmp(row->name, image) == 0) {
            found = true;
            *os = mem_string(row->os);
        }
    }
    answer_done(&w.answer);
    return found;
}

/* The first engine that has the image; where the build is told, any that is online will do. */
static int find_engine(struct cli *cli, const struct check *c, char **os)
{
    int any = -1;
    for (int i = 0; i < session_engines(cli->session); i++) {
        if (session_engine(cli->session, i)->state != ENGINE_ONLINE) {
            continue;
        }
        any = any < 0 ? i : any;
        if (ask_engine(cli, i, c->image, os)) {
            return i;
        }
    }
    return c->image_build ? any : -1;
}

static int judge_here(struct cli *cli, struct check *c)
{
    static const enum isolation modes[MODES] = {ISOLATION_PROCESS, ISOLATION_VM};
    char *os = NULL;
    if (!cli_open(cli, false)) {
        return EXIT_ENGINE;
    }
    int number = find_engine(cli, c, &os);
    if (number < 0) {
        cli_say("no engine here has the image %s; tell what it is built for: --image-build BUILD", c->image);
        return 1;
    }
    if (c->image_build) {
        free(os);
        struct text told = {0};
        text_addf(&told, "windows %u", c->image_build);
        os = text_take(&told);
    }
    const struct engine *e = session_engine(cli->session, number);
    c->image_build = verdict_build(os);
    c->host = e->windows;
    c->otherwise = settings_isolation(&cli->settings, e->name, e->address);
    c->otherwise = c->otherwise == ISOLATION_UNKNOWN ? e->default_isolation : c->otherwise;
    c->hypervisor = e->hypervisor;
    for (int i = 0; i < MODES; i++) {
        verdict_here(e, os, modes[i], &c->modes[i]);
    }
    free(os);
    return -1;
}

/* A host that is not here: only the rules are known, and the image's build where it is told or found here. */
static int judge_elsewhere(struct cli *cli, struct check *c)
{
    static const enum isolation modes[MODES] = {ISOLATION_PROCESS, ISOLATION_VM};
    char *os = NULL;
    if (!c->image_build && cli_open(cli, false)) {
        find_engine(cli, c, &os);
        c->image_build = verdict_build(os);
        free(os);
    }
    c->otherwise = verdict_windows_default(&c->host);
    c->hypervisor = HYPERVISOR_HYPERV;
    for (int i = 0; i < MODES; i++) {
        verdict_windows(&c->host, c->image_build, modes[i], &c->modes[i]);
    }
    return -1;
}

static void build_json(cJSON *o, const char *name, uint32_t build)
{
    if (build) {
        cJSON_AddNumberToObject(o, name, build);
    } else {
        cJSON_AddNullToObject(o, name);
    }
}

static void print_json(const struct check *c)
{
    cJSON *o = cJSON_CreateObject(), *modes = cJSON_CreateArray();
    cJSON_AddStringToObject(o, "image", c->image);
    build_json(o, "image_build", c->image_build);
    build_json(o, "host_build", c->host.build);
    for (int i = 0; i < MODES; i++) {
        const struct verdict *v = &c->modes[i];
        cJSON *mode = cJSON_CreateObject();
        cJSON_AddStringToObject(mode, "isolation", isolation_word(v->mode, c->hypervisor));
        cJSON_AddStringToObject(mode, "verdict", verdict_word(v->kind));
        cJSON_AddStringToObject(mode, "reason", v->reason);
        cJSON_AddStringToObject(mode, "source", v->source);
        cJSON_AddItemToArray(modes, mode);
    }
    cJSON_AddItemToObject(o, "modes", modes);
    cJSON_AddStringToObject(o, "default", isolation_word(c->otherwise, c->hypervisor));
    out_json(o);
}

/* Where the rules are written; an engine's word needs no source. */
static void print_sources(const struct check *c)
{
    for (int i = 0; i < MODES; i++) {
        const char *source = c->modes[i].source;
        bool said = i > 0 && strcmp(source, c->modes[0].source) == 0;
        if (!said && strcmp(source, "engine") != 0) {
            out_printf("%ssource    %s\n", i == 0 ? "\n" : "", source);
        }
    }
}

static void print_text(const struct check *c)
{
    static const char *const titles[] = {"ISOLATION", "VERDICT", "REASON"};
    static const int align[3] = {COLUMN_LEFT};
    struct columns *table = columns_new(titles, align, 3);
    struct text image = {0};
    text_add_clean(&image, c->image, strlen(c->image));
    out_printf("image     %s", text_of(&image));
    if (c->image_build) {
        out_printf(", built for %u", c->image_build);
    }
    out_line("");
    if (c->host.build) {
        const char *name = verdict_build_name(&c->host);
        out_printf("host      %u%s%s\n", c->host.build, name ? ", " : "", name ? name : "");
    }
    out_printf("default   %s\n\n", isolation_word(c->otherwise, c->hypervisor));
    for (int i = 0; i < MODES; i++) {
        const struct verdict *v = &c->modes[i];
        const char *cells[] = {isolation_word(v->mode, c->hypervisor), verdict_word(v->kind), v->reason};
        columns_add(table, cells);
    }
    columns_print(table);
    print_sources(c);
    text_done(&image);
}

static int run(struct cli *cli, struct args *args)
{
    struct check c = {.image = NULL};
    char **words;
    int n, code = cli_words(&cli_command_check, args, option, &c, &words, &n);
    if (code < 0 && n != 1) {
        code = cli_wrong(&cli_command_check, "check takes one image");
    }
    if (code < 0) {
        c.image = words[0];
        code = c.host.build ? judge_elsewhere(cli, &c) : judge_here(cli, &c);
    }
    if (code < 0) {
        cli->json ? print_json(&c) : print_text(&c);
        code = c.modes[0].kind == VERDICT_REFUSE && c.modes[1].kind == VERDICT_REFUSE ? 1 : 0;
    }
    free(words);
    return code;
}

const struct cli_command cli_command_check = {
    .name = "check",
    .synopsis = "[OPTIONS] IMAGE",
    .words = "Tell in which isolation an image can run, and why not in the other",
    .options = options,
    .json = true,
    .run = run,
};
