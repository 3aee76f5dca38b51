/* backends/local/ask.h - asks a keeper, and waits for what it says. For threads. */
#ifndef BACKENDS_LOCAL_ASK_H
#define BACKENDS_LOCAL_ASK_H

#include <stdbool.h>

#include "backends/local/shared/paths.h"
#include "backends/local/shared/wire.h"
#include "backends/local/shared/words.h"

/* what: WIRE_PROCESSES or WIRE_STATISTICS. rows is called for each part of the answer, which is hostile.
 * Waits at most `ms`; false and e when there is no whole answer. */
bool ask_guest(const struct paths *p, const char *id, enum wire_type what,
               void (*rows)(void *user, struct words pairs), void *user, int ms, struct error *e);

/* A control frame's request, as JSON. False and e: it was refused, or there is no answer; ERROR_UNREACHABLE:
 * there is no keeper. */
bool ask_keeper(const struct paths *p, const char *id, const char *request, int ms, struct error *e);

#endif
