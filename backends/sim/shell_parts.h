/* backends/sim/shell_parts.h - what shell.c (lines, input, life) and commands.c (what they do) share. */
#ifndef BACKENDS_SIM_SHELL_PARTS_H
#define BACKENDS_SIM_SHELL_PARTS_H

#include "backends/sim/shell.h"

enum activity { /* of the command in hand */
                ACTIVITY_NONE,
                ACTIVITY_PING,
                ACTIVITY_WAIT,
                ACTIVITY_FILL, /* so many bytes */
                ACTIVITY_COPY, /* input to output, until it ends */
                ACTIVITY_ASK   /* a line of input into a variable */
};

struct shell {
    struct shell_place place;
    char **env;
    size_t n_env, env_room;
    int64_t now;
    char *queue; /* commands to come; NULL none */
    struct text line, input;
    char last; /* byte of input */
    bool interactive, input_ended, prompted, greeted, to_error, ended;
    uint32_t code, error_level;
    enum activity activity;
    int64_t next; /* when it goes on */
    int64_t left; /* pings, bytes; -1 without end */
    unsigned sent;
    char asked[64], target[64];
};

/* shell.c */
void shell_say(struct shell *s, const char *words);
void shell_exit(struct shell *s, uint32_t code);
void shell_set(struct shell *s, const char *word);
const char *shell_variable(const struct shell *s, const char *name, size_t len);

/* commands.c */
bool command_is_program(const char *name); /* could it be run without the interpreter? */
void shell_command(struct shell *s, const char *line);
void activity_go_on(struct shell *s);

#endif
