/* backends/docker/api_spec.h - the parts of which specs and bodies of a create are made. */
#ifndef BACKENDS_DOCKER_API_SPEC_H
#define BACKENDS_DOCKER_API_SPEC_H

#include "backends/docker/api.h"

/* Appends those that a HostConfig names, in its order. */
void api_crossings(struct launch_spec *s, const cJSON *host, bool windows);
void api_put_crossing(cJSON *body, cJSON *host, const struct crossing *c, bool windows);

/* The spec's isolation, which the engine must offer: false and why. */
bool api_put_isolation(cJSON *host, const struct launch_spec *s, const struct api_engine *e,
                       struct error *why);

/* The network that both a person and the engine call so. */
const char *api_network(const char *wish, bool windows);

/* What an inspected container has that a launch_spec cannot say, spelt as docker's options: a block as
 * mem_strings makes; NULL nothing. */
char **api_beyond(const cJSON *json, const struct api_engine *e);

/* Can it not run beside one that was made like it: a fixed address, a volume that it writes to? */
bool api_alone(const cJSON *json);

#endif
