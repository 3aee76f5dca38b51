/* backends/local/remove.h - takes away all that there is of a container that does not run. */
#ifndef BACKENDS_LOCAL_REMOVE_H
#define BACKENDS_LOCAL_REMOVE_H

#include "backends/local/engine.h"

/* Waits for its keeper to end, and for the disk: not for the loop. The state goes last, so that what fails
 * can be tried again. False and e; e is untouched when it went well. */
bool remove_container(const struct local *l, const char *id, struct error *e);

#endif
