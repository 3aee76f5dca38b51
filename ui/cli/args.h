/* ui/cli/args.h - options as docker's client takes them: -it, -m 512m, -m512m, --name web, --name=web,
 * --flag=false. */
#ifndef UI_CLI_ARGS_H
#define UI_CLI_ARGS_H

#include <stdbool.h>

struct cli_option {
    char letter;       /* 0: none */
    const char *name;  /* without the dashes */
    const char *value; /* what its value is called in help ("SIZE"); NULL: a flag */
    const char *words;
};

enum { ARGS_END = -1, ARGS_WRONG = -2, ARGS_WORD = -3 };

struct args {
    const struct cli_option *options; /* ended by one without a name */
    int argc;
    char **argv;
    int at;
    const char *cluster; /* the rest of "-it" while it is read */
    bool words_only;     /* after "--" */
    const char *value;   /* of the option, or the word */
    bool on;             /* of a flag: false for --flag=false */
    char error[200];     /* of ARGS_WRONG: one sentence */
};

void args_init(struct args *a, const struct cli_option *options, int argc, char **argv);

/* The next option as its index in the table, or one of ARGS_...; a word does not end the options. */
int args_next(struct args *a);

/* Everything from here on, as it stands: the command of `run` and `exec`. */
char **args_rest(const struct args *a);

#endif
