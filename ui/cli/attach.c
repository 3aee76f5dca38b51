#include <stdlib.h>

#include "ui/cli/command.h"
#include "ui/cli/stream.h"

enum { ATTACH_NO_STDIN, ATTACH_SIG_PROXY, ATTACH_DETACH_KEYS };

static const struct cli_option options[] = {{0, "no-stdin", NULL, "Do not pass our standard input on"},
                                            {0, "sig-proxy", NULL, "Pass signals on to it (true)"},
                                            {0, "detach-keys", "KEYS", "Keys that detach (ctrl-p,ctrl-q)"},
                                            {0, NULL, NULL, NULL}};

struct attach {
    bool no_input, proxy;
    const char *keys;
};

static bool option(void *user, int index, struct args *args)
{
    struct attach *a = user;
    char keys[16];
    if (index == ATTACH_NO_STDIN) {
        a->no_input = args->on;
    } else if (index == ATTACH_SIG_PROXY) {
        a->proxy = args->on;
    } else if (stream_parse_keys(args->value, keys, sizeof keys) < 0) {
        cli_wrong(&cli_command_attach, "'%s' are no keys, as in ctrl-p,ctrl-q", args->value);
        return false;
    } else {
        a->keys = args->value;
    }
    return true;
}

static int run(struct cli *cli, struct args *args)
{
    struct attach a = {.proxy = true, .keys = "ctrl-p,ctrl-q"};
    char **words;
    int n, code = cli_words(&cli_command_attach, args, option, &a, &words, &n);
    const char *word = n > 0 ? words[0] : NULL;
    free(words);
    if (code >= 0) {
        return code;
    }
    if (n != 1) {
        return cli_wrong(&cli_command_attach, "attach takes one container");
    }
    if (!cli_open(cli, true)) {
        return EXIT_ENGINE;
    }
    const struct container *c = cli_find(cli, word);
    if (!c) {
        return 1;
    }
    struct console_spec spec = {.kind = CONSOLE_ATTACH, .input = !a.no_input, .replay = c->terminal};
    if (c->terminal) {
        stream_size(&spec.rows, &spec.cols);
    }
    struct stream_options o = {.spec = &spec,
                               .terminal = c->terminal,
                               .forward_signals = a.proxy && !c->terminal,
                               .detach_keys = a.keys};
    return stream_run(cli, c->id, &o);
}

const struct cli_command cli_command_attach = {
    .name = "attach",
    .synopsis = "[OPTIONS] CONTAINER",
    .words = "Connect to the console of a container",
    .options = options,
    .run = run,
};
