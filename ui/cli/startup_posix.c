#include "ui/cli/startup.h"

#include <stddef.h>

void startup_begin(struct startup *s, int *argc, char ***argv)
{
    (void)argc, (void)argv;
    s->argv = NULL;
    s->code_page = 0;
}

void startup_end(struct startup *s)
{
    (void)s;
}
