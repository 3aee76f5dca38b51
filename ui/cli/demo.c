/* demo: the experiment, with real containers: one ping in each isolation mode that this machine can do, and
 * what the host sees of each. Printed, then opened in the interface. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/demo.h"
#include "core/memory.h"
#include "core/text.h"
#include "ui/cli/command.h"
#include "ui/cli/demo_map.h"
#include "ui/cli/out.h"
#include "ui/cli/stream.h"

enum { DEMO_BATCH, DEMO_CLEAN, DEMO_IMAGE };

enum { PATIENCE_MS = 60000, POLL_MS = 100, SCREEN_COLS = 80, PAPER_COLS = 132, MISSING_COLS = 40 };

static const struct cli_option options[] = {{0, "batch", NULL, "Print only; do not open the interface"},
                                            {0, "clean", NULL, "Remove what the demonstration has launched"},
                                            {0, "image", "IMAGE", "An image that has ping (busybox)"},
                                            {0, NULL, NULL, NULL}};

struct demo {
    bool batch, clean;
    const char *image;
};

static bool option(void *user, int index, struct args *args)
{
    struct demo *d = user;
    switch (index) {
    case DEMO_BATCH:
        d->batch = args->on;
        break;
    case DEMO_CLEAN:
        d->clean = args->on;
        break;
    default:
        d->image = args->value;
    }
    return true;
}

/* Launching. */

static bool wait_done(struct cli *cli, struct waiting *w)
{
    bool ok = cli_await(cli, w);
    if (!ok) {
        cli_say("%s", w->answer.why.text);
    } else if (w->answer.text) {
        ok = cli_row(cli, w->answer.text) != NULL;
    }
    answer_done(&w->answer);
    return ok;
}

/* Has it run, one way or another. */
static bool launch(struct cli *cli, const struct demo *d, const struct demo_half *half)
{
    struct waiting w = {0};
    struct launch_spec spec;
    if (half->runs) {
        return true;
    }
    if (half->id) {
        session_act(cli->session, half->id, VERB_START, NULL, cli_answered, &w);
        return wait_done(cli, &w);
    }
    demo_spec(cli->session, half, d->image, &spec);
    session_launch(cli->session, half->engine, &spec, cli_answered, &w);
    bool ok = wait_done(cli, &w);
    launch_spec_done(&spec);
    return ok;
}

/* Looking. */

static bool has_ping(const struct process_table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->rows[i].name && strncmp(t->rows[i].name, "ping", 4) == 0) {
            return true;
        }
    }
    return false;
}

/* What was started just now: its engine may tell so a moment after it has answered. */
static bool is_awaited(const struct cli *cli, container_id id)
{
    const struct container *c = model_get(cli->model, id);
    return c && (c->state == CONTAINER_CREATED || state_has_ended(c->state));
}

/* Its table, once ping is in it: a VM answers before its process runs. NULL, and said. */
static struct process_table *table_with_ping(struct cli *cli, container_id id, const char *name)
{
    bool never = false;
    for (int waited = 0;; waited += POLL_MS) {
        struct process_table *t = NULL;
        if (!is_awaited(cli, id)) {
            t = cli_process_table(cli, id);
            if (!t || has_ping(t)) {
                return t;
            }
        }
        process_table_free(t);
        if (waited >= PATIENCE_MS) {
            cli_say("ping does not run in %s; 'porthole logs %s' may tell why", name, name);
            return NULL;
        }
        cli_wait_for(cli, &never, POLL_MS);
    }
}

/* The record is looked at last: by then its engine has told who works for it. */
static bool draw(struct cli *cli, container_id id, const char *name, struct text *out)
{
    struct process_table *inside = table_with_ping(cli, id, name);
    struct host_table *host = inside ? cli_host_table(cli, id) : NULL;
    const struct container *c = model_get(cli->model, id);
    bool ok = host && c;
    if (ok) {
        struct hostmap map;
        hostmap_build(&map, c, inside, host);
        demo_map_text(c, &map, out);
        hostmap_done(&map);
    } else if (host) {
        cli_say("%s is gone already", name);
    }
    process_table_free(inside);
    host_table_free(host);
    return ok;
}

/* One half of the picture. False: it should have been there. */
static bool show(struct cli *cli, const struct demo *d, int which, struct text *out)
{
    struct demo_half halves[DEMO_HALVES];
    demo_look(cli->session, halves);
    const struct demo_half *half = &halves[which];
    if (half->engine < 0) {
        demo_map_missing(isolation_word(half->mode, HYPERVISOR_OTHER), half->why, MISSING_COLS, out);
        return half->mode == ISOLATION_VM; /* without process isolation there is nothing to see */
    }
    if (!launch(cli, d, half)) {
        return false;
    }
    demo_look(cli->session, halves); /* anew: now it is there */
    return draw(cli, half->id, half->name, out);
}

static int demonstrate(struct cli *cli, const struct demo *d)
{
    struct text sides[DEMO_HALVES] = {{0}}, picture = {0};
    bool ok = true;
    int rows = 0, cols = SCREEN_COLS;
    bool screen = stream_is_terminal(1);
    if (screen) {
        stream_size(&rows, &cols);
    }
    for (int i = 0; i < DEMO_HALVES; i++) {
        ok = show(cli, d, i, &sides[i]) && ok;
    }
    demo_map_join(text_of(&sides[0]), text_of(&sides[1]), screen && cols > 0 ? cols : PAPER_COLS, &picture);
    out_printf("%s\nIn both, the same image and command. 'porthole demo --clean' removes them.\n",
               text_of(&picture));
    text_done(&sides[0]);
    text_done(&sides[1]);
    text_done(&picture);
    if (ok && screen && stream_is_terminal(0) && !d->batch) {
        return cli_interface(cli, true);
    }
    return ok ? 0 : EXIT_ENGINE;
}

/* Tidying up. */

static int clean(struct cli *cli)
{
    const struct act_options force = {.timeout = -1, .force = true};
    struct demo_half halves[DEMO_HALVES];
    int code = 0;
    demo_look(cli->session, halves);
    for (int i = 0; i < DEMO_HALVES; i++) {
        struct waiting w = {0};
        if (!halves[i].id) {
            continue;
        }
        session_act(cli->session, halves[i].id, VERB_REMOVE, &force, cli_answered, &w);
        if (cli_await(cli, &w)) {
            out_line(halves[i].name);
        } else {
            code = cli_failed(&w.answer.why);
        }
        answer_done(&w.answer);
    }
    return code;
}

static int run(struct cli *cli, struct args *args)
{
    struct demo d = {.image = NULL};
    char **words;
    int n, code = cli_words(&cli_command_demo, args, option, &d, &words, &n);
    free(words);
    if (code < 0 && n > 0) {
        code = cli_wrong(&cli_command_demo, "demo takes no words");
    }
    if (code < 0 && !cli_open(cli, true)) {
        code = EXIT_ENGINE;
    }
    if (code < 0) {
        code = d.clean ? clean(cli) : demonstrate(cli, &d);
    }
    return code;
}

const struct cli_command cli_command_demo = {
    .name = "demo",
    .synopsis = "[--batch | --clean] [--image IMAGE]",
    .words = "The experiment: one ping in each isolation, and what the host sees of it",
    .options = options,
    .run = run,
};
