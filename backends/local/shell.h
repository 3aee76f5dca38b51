/* backends/local/shell.h - the best shell that a container has. For threads. */
#ifndef BACKENDS_LOCAL_SHELL_H
#define BACKENDS_LOCAL_SHELL_H

#include "backends/local/shared/state.h"

/* Its path in the container, static. NULL and e (ERROR_NO_COMMAND): there is none. */
const char *shell_find(const struct paths *p, const struct state *s, struct error *e);

#endif
