/* relaunch: the same container again in the other isolation mode; the old one goes when the new one runs, if
 * the person says so. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/memory.h"
#include "core/relaunch.h"
#include "core/text.h"
#include "ui/cli/command.h"
#include "ui/cli/out.h"
#include "ui/cli/stream.h"

enum { RELAUNCH_ISOLATION, RELAUNCH_NAME, RELAUNCH_KEEP, RELAUNCH_DROP, RELAUNCH_YES };

/* One that cannot work in the new mode mostly ends within SETTLE_MS; one that is started again by its restart
 * policy mostly ends a second time within SETTLE_LOOP_MS. */
enum { SETTLE_MS = 500, SETTLE_LOOP_MS = 2000, LOOK_MS = 100 };

static const struct cli_option options[] = {
    {0, "isolation", "MODE", "process, or hyperv (vm); without it: the other one"},
    {0, "name", "NAME", "Name of the new one (NAME-MODE)"},
    {0, "keep", NULL, "Keep the old one"},
    {0, "drop", NULL, "Leave out what cannot go along, instead of refusing"},
    {'y', "yes", NULL, "Stop and remove the old one without asking"},
    {0, NULL, NULL, NULL}};

struct relaunching {
    enum isolation mode;
    const char *name;
    bool keep, drop, yes;
};

static bool option(void *user, int index, struct args *args)
{
    struct relaunching *r = user;
    switch (index) {
    case RELAUNCH_ISOLATION:
        if (!isolation_parse(args->value, &r->mode)) {
            cli_wrong(&cli_command_relaunch, "'%s' is no isolation: process, hyperv (or vm)", args->value);
            return false;
        }
        return true;
    case RELAUNCH_NAME:
        r->name = args->value;
        if (!launch_name_ok(args->value)) {
            cli_wrong(&cli_command_relaunch, "'%s' is no name: letters, digits, and . _ - after the first",
                      args->value);
            return false;
        }
        return true;
    case RELAUNCH_KEEP:
        r->keep = args->on;
        return true;
    case RELAUNCH_DROP:
        r->drop = args->on;
        return true;
    default:
        r->yes = args->on;
        return true;
    }
}

static bool person_agrees(const char *old)
{
    char line[16];
    struct text question = {0};
    text_addf(&question, "Stop and remove the old one, %s? [y/N] ", old);
    out_error(text_of(&question));
    text_done(&question);
    return fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
}

/* Is it to go? Without anybody to ask it stays. */
static bool may_retire(struct cli *cli, const struct relaunching *r, container_id id, const char *old)
{
    const struct container *c = model_get(cli->model, id);
    if (r->yes && !r->keep) {
        return true;
    }
    if (!r->keep && stream_is_terminal(0)) {
        return person_agrees(old);
    }
    if (c && !state_is_live(c->state)) {
        cli_say("%s is kept, and does not run%s", old, r->keep ? "" : "; --yes would have removed it");
    } else if (!r->keep) {
        cli_say("%s is kept; --yes would have stopped and removed it", old);
    }
    return false;
}

static int retire(struct cli *cli, container_id old, const char *key, enum isolation mode)
{
    struct waiting w = {0};
    relaunch_retire(cli->session, old, key, mode, cli_answered, &w);
    int code = cli_await(cli, &w) ? 0 : cli_failed(&w.answer.why);
    answer_done(&w.answer);
    return code;
}

/* Waits until it has had the time to fail, or has failed. One with a restart policy may run between two of
 * its ends, so it is looked at for longer. NULL: it is gone. *again: it was started more than once. */
static const struct container *settle(struct cli *cli, const char *key, bool *again)
{
    bool never = false;
    int64_t started = 0;
    const struct container *c = cli_row(cli, key);
    for (int left = c && c->restart ? SETTLE_LOOP_MS : SETTLE_MS; c && left > 0; left -= LOOK_MS) {
        started = started ? started : c->started; /* it may not have been started when it was seen first */
        *again = started && c->started != started;
        if (*again || state_has_ended(c->state)) {
            break;
        }
        cli_wait_for(cli, &never, LOOK_MS);
        c = model_find_key(cli->model, key);
    }
    return c;
}

/* Does it run as was asked for, and not only for a moment? */
static bool holds(struct cli *cli, const char *key, enum isolation mode, const char *old)
{
    bool again = false;
    struct error why;
    const struct container *c = settle(cli, key, &again);
    if (c && state_has_ended(c->state)) {
        cli_say("%s exited with %d at once%s; %s is kept ('porthole logs %s' may tell why)", c->name,
                c->exit_code, c->state == CONTAINER_RESTARTING ? ", and is started again and again" : "", old,
                c->name);
    } else if (c && again) {
        cli_say("%s ended at once and was started again; %s is kept ('porthole logs %s' may tell why)",
                c->name, old, c->name);
    } else if (!relaunch_holds(cli->session, key, mode, &why)) {
        cli_say("%s; %s is kept", why.text, old);
    } else {
        return true;
    }
    return false;
}

/* One line for each setting that cannot go along: the sentence has no room for all of them. */
static void say_lost(const char *name, const char *lost)
{
    struct text line = {0};
    cli_say("%s cannot be launched again as it is; what cannot go along:", name);
    for (const char *end; *lost; lost = *end ? end + 2 : end) {
        end = strstr(lost, "; ");
        end = end ? end : lost + strlen(lost);
        text_clear(&line);
        text_addf(&line, "  %.*s\n", (int)(end - lost), lost);
        out_error(text_of(&line));
    }
    text_done(&line);
    cli_say("nothing was done; --drop leaves that out");
}

/* Undone, so that nothing is left half way; a second signal ends porthole at once. */
static void interrupted(uv_signal_t *signal, int number)
{
    (void)number;
    uv_signal_stop(signal);
    op_stop(signal->data);
}

static bool await_or_undo(struct cli *cli, struct op *op, struct waiting *w)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    uv_signal_t signals[sizeof numbers / sizeof *numbers];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uv_signal_init(cli->loop, &signals[i]);
        signals[i].data = op;
        uv_signal_start(&signals[i], interrupted, numbers[i]);
    }
    bool ok = cli_await(cli, w);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uv_close((uv_handle_t *)&signals[i], NULL);
    }
    uv_run(cli->loop, UV_RUN_NOWAIT);
    return ok;
}

static int start(struct cli *cli, const struct relaunching *r, container_id old, const char *name,
                 struct launch_spec *spec)
{
    struct waiting w = {0};
    int code = 0;
    if (r->name) {
        free(spec->name);
        spec->name = mem_string(r->name);
    }
    spec->drop = r->drop;
    struct op *op =
        relaunch_start(cli->session, old, session_engine_of(cli->session, old), spec, cli_answered, &w);
    bool ok = await_or_undo(cli, op, &w);
    if (!ok) {
        if (w.answer.lost) {
            say_lost(name, w.answer.lost);
        } else {
            cli_say("%s", w.answer.why.text);
        }
        code = w.answer.why.kind == ERROR_CANCELLED ? 130 : error_exit_code(w.answer.why.kind);
    } else {
        out_line(w.answer.text);
        if (!holds(cli, w.answer.text, spec->isolation, name)) {
            code = 1;
        } else if (may_retire(cli, r, old, name)) {
            code = retire(cli, old, w.answer.text, spec->isolation);
        }
    }
    answer_done(&w.answer);
    return code;
}

static int relaunch(struct cli *cli, const struct relaunching *r, const char *word)
{
    struct launch_spec spec;
    struct error why = {0};
    if (!cli_open(cli, true)) {
        return EXIT_ENGINE;
    }
    const struct container *c = cli_find(cli, word);
    if (!c) {
        return 1;
    }
    if (!relaunch_spec(cli->session, c->id, r->mode, &spec, &why)) {
        cli_say("%s", why.text);
        return error_exit_code(why.kind);
    }
    char *name = mem_string(c->name ? c->name : c->key);
    int code = start(cli, r, c->id, name, &spec);
    launch_spec_done(&spec);
    free(name);
    return code;
}

static int run(struct cli *cli, struct args *args)
{
    struct relaunching r = {.mode = ISOLATION_UNKNOWN};
    char **words;
    int n, code = cli_words(&cli_command_relaunch, args, option, &r, &words, &n);
    if (code < 0 && n != 1) {
        code = cli_wrong(&cli_command_relaunch, "relaunch takes one container");
    }
    if (code < 0) {
        code = relaunch(cli, &r, words[0]);
    }
    free(words);
    return code;
}

const struct cli_command cli_command_relaunch = {
    .name = "relaunch",
    .synopsis = "[OPTIONS] CONTAINER",
    .words = "Launch a container again in the other isolation; the old one can go when the new one runs",
    .options = options,
    .run = run,
};
