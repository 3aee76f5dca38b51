#include <stdio.h>
#include <stdlib.h>

#include "ui/cli/command.h"

static int inspect(struct cli *cli, const char *word)
{
    const struct container *c = cli_find(cli, word);
    if (!c) {
        return 1;
    }
    struct waiting w = {0};
    session_inspect(cli->session, c->id, cli_answered, &w);
    bool ok = cli_await(cli, &w);
    int code = ok ? 0 : cli_failed(&w.answer.why);
    if (ok && w.answer.text) {
        puts(w.answer.text);
    }
    answer_done(&w.answer);
    return code;
}

static int run(struct cli *cli, struct args *args)
{
    char **words;
    int n, code = cli_words(&cli_command_inspect, args, NULL, NULL, &words, &n);
    if (code < 0 && n == 0) {
        code = cli_wrong(&cli_command_inspect, "inspect takes at least one container");
    }
    if (code < 0 && !cli_open(cli, true)) {
        code = EXIT_ENGINE;
    }
    if (code < 0) {
        code = 0;
        for (int i = 0; i < n; i++) {
            int one = inspect(cli, words[i]);
            code = one ? one : code;
        }
    }
    free(words);
    return code;
}

const struct cli_command cli_command_inspect = {
    .name = "inspect",
    .synopsis = "CONTAINER...",
    .words = "Print everything that its engine knows of a container, as JSON",
    .json = true,
    .run = run,
};
