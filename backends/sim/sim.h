/* backends/sim/sim.h - the engine "sim": the HCS engine on a simulated Windows host, for learning, for
 * demonstrations and for tests. Nothing of it is real, and it is opened only when it is asked for by name. */
#ifndef BACKENDS_SIM_SIM_H
#define BACKENDS_SIM_SIM_H

#include "core/backend.h"

extern const struct backend_type sim_backend;

#endif
