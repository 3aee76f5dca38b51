#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/local/keeper/answer.h"
#include "backends/local/keeper/ending.h"
#include "backends/local/keeper/keeper.h"

static int usage(void)
{
    fprintf(stderr,
            "usage: porthole-keeper [--hold] [--within SECONDS] ID\n"
            "       porthole-keeper --clean | --remove ID\n"
            "Keeps one container of porthole; porthole itself starts it. A start that takes longer than\n"
            "SECONDS (%d) is ended. --clean ends what a keeper that died left behind; --remove takes the\n"
            "container away as well.\n",
            START_SECONDS);
    return 2;
}

static int clear(const char *id, bool (*how)(const char *id, struct error *e))
{
    struct error why = {0};
    bool ok = how(id, &why);
    answer(ok ? NULL : &why);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct keeper_options options = {0};
    int at = 1;
    if (argc == 3 && strcmp(argv[1], "--clean") == 0) {
        return clear(argv[2], ending_clean);
    }
    if (argc == 3 && strcmp(argv[1], "--remove") == 0) {
        return clear(argv[2], ending_clear_away);
    }
    if (at < argc && strcmp(argv[at], "--hold") == 0) {
        options.hold = true;
        at++;
    }
    if (at + 1 < argc && strcmp(argv[at], "--within") == 0) {
        options.start_seconds = atoi(argv[at + 1]);
        at += 2;
    }
    return at == argc - 1 && argv[at][0] != '-' ? keeper_run(argv[at], &options) : usage();
}
