#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "ui/cli/command.h"
#include "ui/cli/stream.h"

enum { EXEC_DETACH, EXEC_INPUT, EXEC_TERMINAL, EXEC_ENV, EXEC_WORKDIR, EXEC_USER, EXEC_DETACH_KEYS };

static const struct cli_option options[] = {
    {'d', "detach", NULL, "Run it in the background"},
    {'i', "interactive", NULL, "Keep standard input open"},
    {'t', "tty", NULL, "Give it a terminal"},
    {'e', "env", "NAME[=VALUE]", "Set an environment variable"},
    {'w', "workdir", "FOLDER", "Working directory inside"},
    {'u', "user", "USER[:GROUP]", "User inside, by name or number"},
    {0, "detach-keys", "KEYS", "Keys that leave it (ctrl-p,ctrl-q); it then gets a hang-up"},
    {0, NULL, NULL, NULL}};

struct exec {
    struct console_spec spec;
    struct launch_spec env; /* only its environment is used */
    bool detach;
    const char *detach_keys;
    const char *container;
};

static bool read_option(struct exec *x, int index, const struct args *args, struct error *e)
{
    char keys[16];
    switch (index) {
    case EXEC_DETACH:
        x->detach = args->on;
        return true;
    case EXEC_INPUT:
        x->spec.input = args->on;
        return true;
    case EXEC_TERMINAL:
        x->spec.terminal = args->on;
        return true;
    case EXEC_ENV:
        return launch_add_env(&x->env, args->value, e) == 0;
    case EXEC_WORKDIR:
        x->spec.workdir = args->value;
        return true;
    case EXEC_USER:
        x->spec.user = args->value;
        return true;
    default:
        x->detach_keys = args->value;
        if (stream_parse_keys(args->value, keys, sizeof keys) < 0) {
            error_set(e, ERROR_INVALID, 0, "'%s' are no keys, as in ctrl-p,ctrl-q", args->value);
            return false;
        }
        return true;
    }
}

static int read_options(struct exec *x, struct args *args)
{
    struct error e = {0};
    int got;
    while ((got = args_next(args)) >= 0) {
        if (!read_option(x, got, args, &e)) {
            return cli_wrong(&cli_command_exec, "%s", e.text);
        }
    }
    if (got == ARGS_WRONG) {
        return cli_wrong(&cli_command_exec, "%s", args->error);
    }
    if (got == ARGS_END || !*args_rest(args)) {
        return cli_wrong(&cli_command_exec, "exec takes a container and a command");
    }
    x->container = args->value;
    x->spec.argv = (const char *const *)args_rest(args);
    x->spec.env = (const char *const *)x->env.env;
    if (x->spec.terminal && x->spec.input && !x->detach && !stream_is_terminal(0)) {
        cli_say("standard input is no terminal: leave out -t");
        return 1;
    }
    return -1;
}

static int exec(struct cli *cli, struct exec *x)
{
    if (!cli_open(cli, true)) {
        return EXIT_ENGINE;
    }
    const struct container *c = cli_find(cli, x->container);
    if (!c) {
        return 1;
    }
    if (x->spec.terminal) {
        stream_size(&x->spec.rows, &x->spec.cols);
    }
    struct stream_options o = {.spec = &x->spec,
                               .terminal = x->spec.terminal && !x->detach,
                               .leave = x->detach,
                               .forward_signals = !x->spec.terminal,
                               .refused = 126,
                               .detach_keys = x->detach_keys};
    return stream_run(cli, c->id, &o);
}

static int run(struct cli *cli, struct args *args)
{
    struct exec x = {.spec = {.kind = CONSOLE_EXEC}, .detach_keys = "ctrl-p,ctrl-q"};
    launch_spec_init(&x.env);
    int code = read_options(&x, args);
    if (code < 0) {
        code = exec(cli, &x);
    }
    launch_spec_done(&x.env);
    return code;
}

const struct cli_command cli_command_exec = {
    .name = "exec",
    .synopsis = "[OPTIONS] CONTAINER COMMAND [ARG...]",
    .words = "Run one more process in a container",
    .options = options,
    .run = run,
};
