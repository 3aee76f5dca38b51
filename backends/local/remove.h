/* backends/local/remove.h - takes away all that there is of a container. */
#ifndef BACKENDS_LOCAL_REMOVE_H
#define BACKENDS_LOCAL_REMOVE_H

#include "backends/local/engine.h"

/* Waits for its keeper to end, and for the disk: not for the loop. force: a keeper that does not end is
 * killed, and what it leaves is ended; else it stays, and so does the container. Nothing goes before nothing
 * runs any more, and the state goes last, so that what fails can be tried again. False and e, which says what
 * is left; e is untouched when it went well. */
bool remove_container(const struct local *l, const char *id, bool force, struct error *e);

#endif
