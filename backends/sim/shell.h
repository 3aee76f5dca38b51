/* backends/sim/shell.h - a small command interpreter with the words and the manners of cmd.exe. Pure. */
#ifndef BACKENDS_SIM_SHELL_H
#define BACKENDS_SIM_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/console.h"
#include "core/text.h"

struct shell;

struct shell_place { /* where it runs; borrowed for the life of the shell */
    void (*print)(void *user, enum console_stream stream, const char *data, size_t len);
    bool (*is_full)(void *user);                      /* nobody reads: print no more for now */
    void (*list_tasks)(void *user, struct text *out); /* of tasklist */
    void *user;
    const char *host; /* name of the container */
    unsigned build;
    bool terminal; /* echo, and one stream */
    int rows, cols;
};

/* How a command line would begin: 0, or the HRESULT of a program that is not there, or cannot be run. */
int32_t shell_can(const char *command_line);

/* env: "NAME=value", NULL-ended; may be NULL. */
struct shell *shell_new(const struct shell_place *place, const char *command_line, const char *const *env,
                        int64_t now);
void shell_free(struct shell *s);

const char *shell_program(const char *command_line, char *out,
                          size_t room); /* "ping", lower case, without folder */

void shell_input(struct shell *s, const char *data, size_t len);
void shell_end_input(struct shell *s);
void shell_interrupt(struct shell *s); /* Ctrl-C */
void shell_resize(struct shell *s, int rows, int cols);

void shell_run(struct shell *s, int64_t now); /* goes on until it waits for something */
bool shell_ended(const struct shell *s, uint32_t *code);

#endif
