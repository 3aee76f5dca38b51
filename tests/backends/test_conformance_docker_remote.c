/* The conformance suite on a real Docker daemon that is reached as one far away: over TLS with certificates
 * on both sides, and over ssh, by a program of that name that runs docker's own dial-stdio. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/docker/docker.h"
#include "tests/backends/certificates.h"
#include "tests/backends/conformance.h"
#include "tests/backends/dockerd.h"
#include "tests/backends/listener.h"

static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        abort();
    }
    close(fd);
    return ntohs(address.sin_port);
}

static int conform(const char *name, const char *address)
{
    const struct conformance subject = {.type = &docker_backend,
                                        .address = address,
                                        .image = "busybox",
                                        .abilities = CAN_ALL | HAS_LATE_SIZE};
    return conformance_run(name, &subject);
}

/* The daemon starts again, and listens on TCP, too. */
static int over_tls(struct dockerd *d)
{
    char folder[128], host[64], authority[160], certificate[160], key[160], from[160];
    snprintf(folder, sizeof folder, "%s/certificates", dockerd_folder(d));
    mkdir(folder, 0700);
    certificates_authority(folder, "a test's own");
    certificates_make(folder, "server", &(struct certificate_wish){"DNS:localhost,IP:127.0.0.1", 0, 30});
    certificates_make(folder, "cert", &(struct certificate_wish){NULL, 0, 30});
    snprintf(from, sizeof from, "%s/cert-key.pem", folder);
    snprintf(key, sizeof key, "%s/key.pem", folder);
    rename(from, key);
    snprintf(host, sizeof host, "tcp://127.0.0.1:%u", free_port());
    snprintf(authority, sizeof authority, "--tlscacert=%s/ca.pem", folder);
    snprintf(certificate, sizeof certificate, "--tlscert=%s/server.pem", folder);
    snprintf(key, sizeof key, "--tlskey=%s/server-key.pem", folder);
    const char *const more[] = {"-H", host, "--tlsverify", authority, certificate, key, NULL};
    dockerd_kill(d, SIGTERM);
    dockerd_arguments(d, more);
    if (!dockerd_start(d)) {
        fprintf(stderr, "the daemon does not start with TLS\n");
        return 1;
    }
    listener_clear_environment();
    setenv("DOCKER_TLS_VERIFY", "1", 1);
    setenv("DOCKER_CERT_PATH", folder, 1);
    int failed = conform("docker over TLS", host);
    listener_clear_environment();
    dockerd_arguments(d, NULL);
    return failed;
}

static int over_ssh(struct dockerd *d)
{
    char folder[128], program[160], path[1024];
    const char *old = getenv("PATH");
    snprintf(folder, sizeof folder, "%s/bin", dockerd_folder(d));
    snprintf(program, sizeof program, "%s/ssh", folder);
    snprintf(path, sizeof path, "%s:%s", folder, old ? old : "/usr/bin:/bin");
    mkdir(folder, 0700);
    FILE *file = fopen(program, "w");
    if (!file) {
        return 1;
    }
    fprintf(file,
            "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift 2\nDOCKER_HOST=%s exec sh -c \"$*\"\n",
            dockerd_address(d));
    fclose(file);
    chmod(program, 0700);
    setenv("PATH", path, 1);
    return conform("docker over ssh", "ssh://somewhere");
}

int main(void)
{
    char why[128];
    signal(SIGPIPE, SIG_IGN);
    struct dockerd *d = dockerd_new(why, sizeof why);
    if (!d) {
        fprintf(stderr, "SKIPPED docker over TLS and ssh: %s\n", why);
        return 77;
    }
    int failed = over_tls(d) + over_ssh(d);
    dockerd_free(d);
    return failed > 0;
}
