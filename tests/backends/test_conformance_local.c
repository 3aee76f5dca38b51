/* The conformance suite on the local engine with real containers: as root, and as an unprivileged user. Each
 * runs in a process and a folder of its own; whatever a failed test leaves behind is cleared away.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "backends/local/local.h"
#include "backends/local/shared/runtime.h"
#include "tests/backends/conformance.h"
#include "tests/backends/localroom.h"

/* In the process that the suite runs in; PORTHOLE_STATE is set. */
static int run_suite(const char *name)
{
    struct error why = {0};
    struct runtime runtime = {0};
    struct paths *p = paths_new(&why);
    if (!p || !runtime_find(p, &runtime, &why)) {
        paths_free(p);
        return localroom_skip(name, why.text);
    }
    struct conformance subject = {
        .type = &local_backend, .image = "busybox", .abilities = CAN_MEASURE | CAN_SURVIVE | KEEPS_CONSOLES};
    if (!p->rootless && strcmp(runtime.cgroup, "none") != 0) {
        subject.abilities |= CAN_PAUSE;
    }
    runtime_done(&runtime);
    paths_free(p);
    return conformance_run(name, &subject) > 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc > 1) {
        return run_suite(argv[1]);
    }
    if (geteuid() != 0) {
        return localroom_run("local, rootless", false);
    }
    int privileged = localroom_run("local, root", false), rootless = localroom_run("local, rootless", true);
    if (privileged == LOCALROOM_SKIPPED && rootless == LOCALROOM_SKIPPED) {
        return LOCALROOM_SKIPPED;
    }
    return (privileged != 0 && privileged != LOCALROOM_SKIPPED) ||
           (rootless != 0 && rootless != LOCALROOM_SKIPPED);
}
