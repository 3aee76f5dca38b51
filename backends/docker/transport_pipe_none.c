#include "backends/docker/transport_parts.h"

struct carrier *carrier_pipe(struct transport *t, uv_loop_t *loop, const struct endpoint *to)
{
    struct error why;
    (void)loop, (void)to;
    error_set(&why, ERROR_UNSUPPORTED, 0,
              "named pipes are a thing of Windows; use unix://, tcp:// or ssh://");
    transport_on_ended(t, &why);
    return NULL;
}
