/* backends/local/create.h - makes a container's folder and state, without starting anything. For threads. */
#ifndef BACKENDS_LOCAL_CREATE_H
#define BACKENDS_LOCAL_CREATE_H

#include "backends/local/shared/state.h"

/* Checks the spec, finds the image, reserves the name (or makes one), and writes state s (initialised). */
bool create_container(const struct paths *p, const struct launch_spec *spec, struct state *s,
                      struct error *e);

/* Locks the names, for as long as the descriptor is open; -1 and e. */
int create_lock_names(const struct paths *p, struct error *e);

/* Is nobody called so? While the names are locked. False and e: it is taken. */
bool create_name_free(const struct paths *p, int lock, const char *name, struct error *e);

/* "keen-otter" by a number. */
void create_make_name(uint32_t number, char out[32]);

/* What runs: the words of an entrypoint of the spec, or of the image, then those of the command; one block,
 * NULL-ended. NULL: neither says anything. */
char **create_argv(const struct launch_spec *spec, char *const *entrypoint, char *const *command);

#endif
