/* start stop restart kill pause resume rm: one verb, on each of the containers named. */
#include <stdio.h>
#include <stdlib.h>

#include "ui/cli/command.h"
#include "ui/cli/out.h"

struct act {
    const struct cli_command *command;
    struct act_options options;
};

/* Nobody waits for ever; the local engine keeps to a day at most. */
static bool take_seconds(struct act *act, const char *name, const char *word)
{
    enum { DAY = 24 * 3600 };
    char *end;
    long seconds = strtol(word, &end, 10);
    if (*end != 0 || end == word || seconds < 0 || seconds > DAY) {
        cli_wrong(act->command, "--%s takes seconds from 0 (it is killed at once) to %d (a day), not '%s'",
                  name, DAY, word);
        return false;
    }
    act->options.timeout = (int)seconds;
    return true;
}

static bool option(void *user, int index, struct args *args)
{
    struct act *act = user;
    const struct cli_option *o = &act->command->options[index];
    switch (o->letter) {
    case 's':
        act->options.signal = args->value;
        break;
    case 'f':
        act->options.force = args->on;
        break;
    case 't':
        return take_seconds(act, o->name, args->value);
    }
    return true;
}

static int act_on(struct cli *cli, enum verb verb, const struct act_options *options, const char *word)
{
    const struct container *c = cli_find(cli, word);
    if (!c) {
        return 1;
    }
    struct waiting w = {0};
    op_on_progress(session_act(cli->session, c->id, verb, options, cli_answered, &w), out_progress);
    /* As docker sees it, it is well when its engine says that it is as was wanted already. */
    bool ok = cli_await(cli, &w) || w.answer.why.already;
    out_progress_end();
    int code = ok ? 0 : cli_failed(&w.answer.why);
    answer_done(&w.answer);
    model_publish(cli->model);
    if (ok) {
        out_line(word);
    }
    return code;
}

static int act(struct cli *cli, struct args *args, const struct cli_command *command, enum verb verb)
{
    struct act a = {.command = command, .options = {.timeout = -1}};
    char **words;
    int n, code = cli_words(command, args, option, &a, &words, &n);
    if (code < 0 && n == 0) {
        code = cli_wrong(command, "%s takes at least one container", command->name);
    }
    if (code < 0 && !cli_open(cli, true)) {
        code = EXIT_ENGINE;
    }
    if (code < 0) {
        code = 0;
        for (int i = 0; i < n; i++) {
            int one = act_on(cli, verb, &a.options, words[i]);
            code = one ? one : code;
        }
    }
    free(words);
    return code;
}

static const struct cli_option stop_options[] = {
    {'t', "time", "SECONDS", "Until it is killed; 0: at once (local 10, hcs 30, docker as it is set there)"},
    {'s', "signal", "SIGNAL",
     "The signal that asks it to stop (local TERM, docker the image's own, hcs none)"},
    {0, NULL, NULL, NULL}};
static const struct cli_option kill_options[] = {{'s', "signal", "SIGNAL", "The signal to send (KILL)"},
                                                 {0, NULL, NULL, NULL}};
static const struct cli_option rm_options[] = {
    {'f', "force", NULL, "Kill it first if it runs, is paused or restarting"}, {0, NULL, NULL, NULL}};

static int run_start(struct cli *cli, struct args *args)
{
    return act(cli, args, &cli_command_start, VERB_START);
}

static int run_stop(struct cli *cli, struct args *args)
{
    return act(cli, args, &cli_command_stop, VERB_STOP);
}

static int run_restart(struct cli *cli, struct args *args)
{
    return act(cli, args, &cli_command_restart, VERB_RESTART);
}

static int run_kill(struct cli *cli, struct args *args)
{
    return act(cli, args, &cli_command_kill, VERB_KILL);
}

static int run_pause(struct cli *cli, struct args *args)
{
    return act(cli, args, &cli_command_pause, VERB_PAUSE);
}

static int run_resume(struct cli *cli, struct args *args)
{
    return act(cli, args, &cli_command_resume, VERB_RESUME);
}

static int run_rm(struct cli *cli, struct args *args)
{
    return act(cli, args, &cli_command_rm, VERB_REMOVE);
}

const struct cli_command cli_command_start = {.name = "start",
                                              .synopsis = "CONTAINER...",
                                              .words = "Start containers that do not run",
                                              .run = run_start};
const struct cli_command cli_command_stop = {.name = "stop",
                                             .synopsis = "[OPTIONS] CONTAINER...",
                                             .words = "Stop containers: a signal, then kill after a while",
                                             .options = stop_options,
                                             .run = run_stop};
const struct cli_command cli_command_restart = {
    .name = "restart",
    .synopsis = "[OPTIONS] CONTAINER...",
    .words = "Stop containers as stop does, and start them again; start those that do not run",
    .options = stop_options,
    .run = run_restart};
const struct cli_command cli_command_kill = {.name = "kill",
                                             .synopsis = "[OPTIONS] CONTAINER...",
                                             .words = "Send a signal to the first process of containers",
                                             .options = kill_options,
                                             .run = run_kill};
const struct cli_command cli_command_pause = {.name = "pause",
                                              .synopsis = "CONTAINER...",
                                              .words = "Freeze all processes of containers",
                                              .run = run_pause};
const struct cli_command cli_command_resume = {
    .name = "resume", .synopsis = "CONTAINER...", .words = "Let paused containers go on", .run = run_resume};
const struct cli_command cli_command_rm = {.name = "rm",
                                           .synopsis = "[OPTIONS] CONTAINER...",
                                           .words = "Remove containers and what they have written",
                                           .options = rm_options,
                                           .run = run_rm};
