/* The conformance suite on a real Docker daemon that is started for it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "backends/docker/docker.h"
#include "tests/backends/conformance.h"
#include "tests/backends/dockerd.h"

int main(void)
{
    char why[128];
    signal(SIGPIPE, SIG_IGN);
    struct dockerd *d = dockerd_new(why, sizeof why);
    if (!d) {
        fprintf(stderr, "SKIPPED docker: %s\n", why);
        return 77;
    }
    const struct conformance subject = {.type = &docker_backend,
                                        .address = dockerd_address(d),
                                        .image = "busybox",
                                        .abilities = CAN_ALL | HAS_LATE_SIZE};
    int failed = conformance_run("docker", &subject);
    dockerd_free(d);
    return failed > 0;
}
