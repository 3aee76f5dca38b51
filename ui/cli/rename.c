/* rename: another name, as docker's command. */
#include <stdlib.h>

#include "ui/cli/command.h"

static int rename_one(struct cli *cli, const char *old, const char *name)
{
    const struct container *c = cli_find(cli, old);
    if (!c) {
        return 1;
    }
    struct waiting w = {0};
    session_rename(cli->session, c->id, name, cli_answered, &w);
    int code = cli_await(cli, &w) ? 0 : cli_failed(&w.answer.why);
    answer_done(&w.answer);
    return code;
}

static int run(struct cli *cli, struct args *args)
{
    char **words;
    int n, code = cli_words(&cli_command_rename, args, NULL, NULL, &words, &n);
    if (code < 0 && n != 2) {
        code = cli_wrong(&cli_command_rename, "rename takes a container and its new name");
    }
    if (code < 0) {
        code = cli_open(cli, true) ? rename_one(cli, words[0], words[1]) : EXIT_ENGINE;
    }
    free(words);
    return code;
}

const struct cli_command cli_command_rename = {
    .name = "rename", .synopsis = "CONTAINER NAME", .words = "Give a container another name", .run = run};
