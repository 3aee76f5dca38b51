#include "backends/sim/sim.h"

#include "backends/hcs/hcs.h"
#include "backends/sim/service.h"

static struct backend *sim_open(struct uv_loop_s *loop, const char *address, const struct backend_sink *sink,
                                void *user)
{
    return hcs_open(&sim_backend, &sim_service, loop, address, sink, user);
}

const struct backend_type sim_backend = {
    .name = "sim",
    .title = "a simulated Windows host: --engine sim:systems=12",
    .on_request = true,
    .open = sim_open,
    .host = hcs_host,
    HCS_BACKEND,
};
