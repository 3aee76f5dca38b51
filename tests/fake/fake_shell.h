/* tests/fake/fake_shell.h - a pretended process, which interprets a handful of commands the way a real shell
 * would.
 *
 * Statements end with ";" or a new line. Known are: echo WORDS [>&2], exit N, sleep S, read NAME, cat, true,
 * false, stty size, head -c N /dev/zero, ping WHOM, trap 'exit N' TERM, while true; do ...; done, flood N (N
 * MB of text), colours, sh (asks with "$ "), and $NAME. Anything else that a container was launched with
 * prints a banner, repeats what it is told, and ends at SIGTERM; as a statement it does not exist (127).
 */
#ifndef TESTS_FAKE_FAKE_SHELL_H
#define TESTS_FAKE_FAKE_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/console.h"

struct uv_loop_s;
struct fake_shell;

struct fake_shell_hooks {
    /* False: that is enough for now, go on when fake_shell_go is called. */
    bool (*output)(void *user, enum console_stream stream, const char *data, size_t len);
    void (*ended)(void *user,
                  int code);        /* 128 + n by signal n; the shell is stopped, and freed by its owner */
    void (*released)(void *engine); /* after fake_shell_free: its last handle is closed */
};

struct fake_shell_spec {
    const char *const *argv, *const *env; /* env may be NULL */
    bool terminal, input;
    bool first; /* pid 1: signals without a trap do nothing to a command, and unknown commands pretend to work
                 */
    int rows, cols;
};

/* Can this command be started? ERROR_NO_COMMAND or ERROR_NOT_RUNNABLE in e. */
bool fake_shell_can(const char *const *argv, bool first, struct error *e);

/* Nothing is heard before the next turn of the loop. */
struct fake_shell *fake_shell_new(struct uv_loop_s *loop, const struct fake_shell_spec *spec,
                                  const struct fake_shell_hooks *hooks, void *user, void *engine);
void fake_shell_free(struct fake_shell *s); /* nothing more is heard; NULL is fine */

void fake_shell_input(struct fake_shell *s, const char *data, size_t len);
void fake_shell_end_input(struct fake_shell *s);
void fake_shell_resize(struct fake_shell *s, int rows, int cols);
void fake_shell_signal(struct fake_shell *s, int number);
void fake_shell_pause(struct fake_shell *s, bool pause);
void fake_shell_go(struct fake_shell *s);
bool fake_shell_pretends(const struct fake_shell *s); /* it only repeats what it is told */

#endif
