/* The conformance suite on the fake engine: it proves the suite as much as the engine. */
#include "tests/backends/conformance.h"
#include "tests/fake/fake.h"

int main(void)
{
    const struct conformance plain = {.type = &fake_backend,
                                      .address = "containers=12",
                                      .image = "busybox",
                                      .abilities = CAN_PAUSE | CAN_MEASURE};
    const struct conformance vm = {.type = &fake_backend,
                                   .address = "containers=0,live=1",
                                   .image = "busybox",
                                   .abilities = CAN_PAUSE | CAN_MEASURE,
                                   .isolation = ISOLATION_VM};
    return conformance_run("fake, process", &plain) + conformance_run("fake, vm", &vm);
}
