/* backends/docker/docker.h - the engine that speaks to Docker, and to what speaks like it (Podman's
 * compatible socket).
 *
 * The address is as endpoint.h reads it; NULL: the engine that docker's own client would use.
 */
#ifndef BACKENDS_DOCKER_DOCKER_H
#define BACKENDS_DOCKER_DOCKER_H

#include "core/backend.h"

extern const struct backend_type docker_backend;

#endif
