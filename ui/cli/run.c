#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/cli/command.h"
#include "ui/cli/out.h"
#include "ui/cli/run_options.h"
#include "ui/cli/stream.h"

/* What a failed launch ends with: docker's 125, or 126 and 127 when it was the command's fault. */
static int launch_failed(const struct error *why)
{
    cli_say("%s", why->text);
    return error_exit_code(why->kind);
}

static void remove_unstarted(struct cli *cli, container_id id)
{
    const struct container *c = model_get(cli->model, id);
    if (!c || c->state != CONTAINER_CREATED) {
        return;
    }
    struct waiting w = {0};
    struct act_options force = {.timeout = -1, .force = true};
    session_act(cli->session, id, VERB_REMOVE, &force, cli_answered, &w);
    cli_await(cli, &w);
    answer_done(&w.answer);
}

static int attach(struct cli *cli, const struct run_options *o, const char *key)
{
    const struct container *c = cli_row(cli, key);
    if (!c) {
        return EXIT_ENGINE;
    }
    struct console_spec spec = {
        .kind = CONSOLE_ATTACH, .input = o->spec.input, .rows = o->spec.rows, .cols = o->spec.cols};
    struct stream_options options = {.spec = &spec,
                                     .terminal = o->spec.terminal,
                                     .start = true,
                                     .forward_signals = !o->spec.terminal,
                                     .failed = EXIT_ENGINE,
                                     .detach_keys = o->detach_keys};
    container_id id = c->id;
    int code = stream_run(cli, id, &options);
    if (o->spec.remove) {
        remove_unstarted(cli, id);
    }
    return code;
}

/* What a launch waits for, while it does: an image that is pulled, the steps of the engine. */
static void launch_progress(void *user, uint64_t done, uint64_t total, const char *words)
{
    out_progress(user, done, total, words);
    if (total > 0 && done == total) {
        out_progress_end();
    }
}

static int launch(struct cli *cli, struct run_options *o)
{
    if (!cli_open(cli, !o->detach)) {
        return EXIT_ENGINE;
    }
    int engine = cli_engine(cli);
    if (o->spec.isolation == ISOLATION_UNKNOWN && engine >= 0) {
        const struct engine *e = session_engine(cli->session, engine);
        o->spec.isolation = settings_isolation(&cli->settings, e->name, e->address);
    }
    o->spec.hold = !o->detach;
    if (o->spec.terminal && !o->detach) {
        stream_size(&o->spec.rows, &o->spec.cols);
    }
    struct waiting w = {0};
    op_on_progress(session_launch(cli->session, engine, &o->spec, cli_answered, &w), launch_progress);
    bool ok = cli_await(cli, &w);
    int code;
    out_progress_end(); /* what comes now is not said behind it */
    if (w.answer.note) {
        cli_say("warning: %s", w.answer.note);
    }
    if (!ok) {
        code = launch_failed(&w.answer.why);
    } else if (o->detach) {
        puts(w.answer.text);
        code = 0;
    } else {
        code = attach(cli, o, w.answer.text);
    }
    answer_done(&w.answer);
    return code;
}

static int run(struct cli *cli, struct args *args)
{
    struct run_options o;
    int code = run_options_read(&o, args);
    if (code < 0) {
        code = launch(cli, &o);
    }
    launch_spec_done(&o.spec);
    return code;
}

const struct cli_command cli_command_run = {
    .name = "run",
    .synopsis = "[OPTIONS] IMAGE [COMMAND [ARG...]]",
    .words = "Launch a container, in either isolation",
    .options = run_option_table,
    .run = run,
};
