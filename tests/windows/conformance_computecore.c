/* The conformance suite on the engine "hcs" as porthole.exe has it, over the stand-in computecore.dll. */
#include "backends/hcs/computecore.h"
#include "tests/backends/conformance.h"
#include "tests/backends/hcs_words.h"

int main(void)
{
    const struct conformance process = {
        .type = &computecore_backend, .given = "ping-process", .words = &hcs_words, .abilities = CAN_MEASURE};
    const struct conformance hyperv = {.type = &computecore_backend,
                                       .given = "ping-hyperv",
                                       .words = &hcs_words,
                                       .abilities = CAN_MEASURE | CAN_PAUSE,
                                       .isolation = ISOLATION_VM};
    return conformance_run("computecore, process", &process) +
           conformance_run("computecore, hyperv", &hyperv);
}
