/* The conformance suite on the HCS engine over a simulated host, in both isolation modes; what HCS cannot do
 * (launch, attach, logs) is skipped by name. */
#include "backends/sim/sim.h"
#include "tests/backends/conformance.h"
#include "tests/backends/hcs_words.h"

int main(void)
{
    const struct conformance process = {.type = &sim_backend,
                                        .address = "systems=14,seed=7",
                                        .given = "ping-process",
                                        .words = &hcs_words,
                                        .abilities = CAN_MEASURE};
    const struct conformance hyperv = {.type = &sim_backend,
                                       .address = "systems=14,seed=7",
                                       .given = "ping-hyperv",
                                       .words = &hcs_words,
                                       .abilities = CAN_MEASURE | CAN_PAUSE,
                                       .isolation = ISOLATION_VM};
    return conformance_run("sim, process", &process) + conformance_run("sim, hyperv", &hyperv);
}
