/* tests/backends/hanging.h - an OCI runtime that can be made to hang, in front of the real one. */
#ifndef TESTS_BACKENDS_HANGING_H
#define TESTS_BACKENDS_HANGING_H

#include <stdbool.h>

/* Puts it first in PATH, in a folder of its own. False: there is no runc here. */
bool hanging_new(void);
void hanging_free(void);

/* From now on "run" or "delete" (`verb`) hangs in a child of the runtime, or does not any more. */
void hanging_set(const char *verb, bool yes);

bool hanging_reached(void); /* has a "run" begun to hang since hanging_set? */

#endif
