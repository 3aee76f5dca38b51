#include <stdio.h>
#include <string.h>

#include "backends/local/keeper/answer.h"
#include "backends/local/keeper/ending.h"
#include "backends/local/keeper/keeper.h"

static int clean(const char *id)
{
    struct error why = {0};
    bool ok = ending_clean(id, &why);
    answer(ok ? NULL : &why);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 2 && argv[1][0] != '-') {
        return keeper_run(argv[1], false);
    }
    if (argc == 3 && strcmp(argv[1], "--hold") == 0) {
        return keeper_run(argv[2], true);
    }
    if (argc == 3 && strcmp(argv[1], "--clean") == 0) {
        return clean(argv[2]);
    }
    fprintf(stderr, "usage: porthole-keeper [--hold | --clean] ID\n"
                    "Keeps one container of porthole; porthole itself starts it.\n");
    return 2;
}
