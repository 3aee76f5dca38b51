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
    int failed = conformance_run("sim, process", &process) + conformance_run("sim, hyperv", &hyperv);
    static const char *const manners[] = {
        "systems=14,seed=7,shutdown=late,shutdown=strict,teardown=117000,errors=old",
        "systems=14,seed=7,shutdown=never,shutdown=bare,terminate=late,errors=win32"};
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++) {
        struct conformance mannered = hyperv;
        mannered.address = manners[i];
        failed += conformance_run(manners[i], &mannered);
    }
    return failed;
}
