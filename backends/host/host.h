/* backends/host/host.h - the host's processes, one implementation per system. */
#ifndef BACKENDS_HOST_HOST_H
#define BACKENDS_HOST_HOST_H

#include "core/host.h"

struct uv_loop_s;

struct host_source *host_open(struct uv_loop_s *loop);
void host_close(struct host_source *h); /* reads under way are answered with ERROR_CANCELLED */

#endif
