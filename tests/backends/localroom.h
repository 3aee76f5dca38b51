/* tests/backends/localroom.h - a place of its own for the local engine's state, and what is left behind
 * there. */
#ifndef TESTS_BACKENDS_LOCALROOM_H
#define TESTS_BACKENDS_LOCALROOM_H

#include <stdbool.h>

enum { LOCALROOM_SKIPPED = 77 };

/* Ends and removes all that there is in this state folder, and the folder. */
void localroom_clear(const char *folder);

/* Says so; returns LOCALROOM_SKIPPED. */
int localroom_skip(const char *name, const char *why);

/* Runs this test program again, with `name` as its argument, in a process and a state folder of its own
 * (drop: as an unprivileged user); returns its exit code. Whatever it leaves behind is cleared away. */
int localroom_run(const char *name, bool drop);

#endif
