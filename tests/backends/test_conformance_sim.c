/* The conformance suite on the HCS engine over a simulated host, in both isolation modes; what HCS cannot do
 * (launch, attach, logs) is skipped by name. */
#include "backends/sim/sim.h"
#include "tests/backends/conformance.h"

int main(void)
{
    static const struct conformance_words words = {
        .streams = "cmd /c \"echo out %GREETING%& echo err 1>&2& exit 4\"",
        .cat = "more",
        .idle = "ping -t localhost",
        .no_command = "no-such-command",
        .not_runnable = "C:\\\\Windows",
        .size = "cmd /c \"mode con& set /p X=& mode con& echo %X%\"",
        .size_24x80 = "Lines:          24\r\n    Columns:        80\r\n",
        .size_31x97 = "Lines:          31\r\n    Columns:        97\r\n",
        .shell_line = "echo sum is %OS% over\r",
        .shell_answer = "sum is Windows_NT over\r\n",
        .flood = "cmd /c \"type big.log\"",
        .line_end = "\r\n",
        .signalled = (int)0xC000013A, /* STATUS_CONTROL_C_EXIT */
        .killed = 1067,               /* ERROR_PROCESS_ABORTED */
    };
    const struct conformance process = {.type = &sim_backend,
                                        .address = "systems=14,seed=7",
                                        .given = "ping-process",
                                        .words = &words,
                                        .abilities = CAN_MEASURE};
    const struct conformance hyperv = {.type = &sim_backend,
                                       .address = "systems=14,seed=7",
                                       .given = "ping-hyperv",
                                       .words = &words,
                                       .abilities = CAN_MEASURE | CAN_PAUSE,
                                       .isolation = ISOLATION_VM};
    return conformance_run("sim, process", &process) + conformance_run("sim, hyperv", &hyperv);
}
