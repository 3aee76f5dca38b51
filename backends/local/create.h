/* backends/local/create.h - makes a container's folder and state, without starting anything. For threads. */
#ifndef BACKENDS_LOCAL_CREATE_H
#define BACKENDS_LOCAL_CREATE_H

#include "backends/local/shared/state.h"

/* Checks the spec, finds the image, reserves the name (or makes one), and writes state s (initialised). */
bool create_container(const struct paths *p, const struct launch_spec *spec, struct state *s,
                      struct error *e);

/* "keen-otter" by a number. */
void create_make_name(uint32_t number, char out[32]);

/* What runs: the words of an entrypoint of the spec, or of the image, then those of the command; one block,
 * NULL-ended. NULL: neither says anything. */
char **create_argv(const struct launch_spec *spec, char *const *entrypoint, char *const *command);

#endif
