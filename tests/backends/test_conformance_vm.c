/* The conformance suite on the local engine's VMs: the same commands, the same answers, behind another
 * kernel. */
#include <signal.h>
#include <unistd.h>

#include "backends/local/local.h"
#include "backends/local/shared/vm_host.h"
#include "tests/backends/conformance.h"
#include "tests/backends/localroom.h"

static int run_suite(const char *name)
{
    static const struct conformance subject = {.type = &local_backend,
                                               .image = "busybox",
                                               .abilities = CAN_ALL | KEEPS_CONSOLES,
                                               .isolation = ISOLATION_VM};
    struct error why = {0};
    struct vm_host host;
    struct paths *p = paths_new(&why);
    bool usable = p && vm_host_find(p, &host, &why);
    paths_free(p);
    if (!usable) {
        return localroom_skip(name, why.text);
    }
    vm_host_done(&host);
    return conformance_run(name, &subject) > 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    return argc > 1 ? run_suite(argv[1])
                    : localroom_run(geteuid() == 0 ? "local, vm" : "local, vm, rootless", false);
}
