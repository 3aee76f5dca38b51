/* backends/local/keeper/helpers.h - the programs that a keeper starts beside the container: the OCI runtime,
 * pasta, virtiofsd, QEMU, and what these start in their turn. Each inherits a mark in its environment, by
 * which it is found even if its keeper was killed before anything was written down. A container's own
 * processes do not get it: their environment is made anew. */
#ifndef BACKENDS_LOCAL_KEEPER_HELPERS_H
#define BACKENDS_LOCAL_KEEPER_HELPERS_H

#include <stdbool.h>

#include "core/text.h"

void helpers_mark(const char *id); /* from now on all that this process starts */

/* Adds "NAME (pid N)" of each that lives, with commas between; false: there is none. Children of this process
 * count too, marked or not: what a helper that was killed leaves behind becomes its child. */
bool helpers_list(const char *id, struct text *out);

/* Kills them again and again until there is none, at most `seconds`. False: one is still there. */
bool helpers_kill(const char *id, int seconds);

#endif
