/* backends/local/keeper/call_error.h - what an OCI runtime's log says went wrong. Pure. */
#ifndef BACKENDS_LOCAL_KEEPER_CALL_ERROR_H
#define BACKENDS_LOCAL_KEEPER_CALL_ERROR_H

#include <stddef.h>

#include "core/error.h"

/* log: JSON lines as runc and crun write them, hostile as to their contents. command: what was to run; NULL:
 * nothing. ERROR_NO_COMMAND, ERROR_NOT_RUNNABLE when it is the command's fault, else ERROR_OTHER with the
 * runtime's words. */
void call_error(const char *log, size_t len, const char *command, const char *container, struct error *e);

#endif
