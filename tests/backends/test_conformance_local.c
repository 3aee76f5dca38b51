/* The conformance suite on the local engine with real containers: as root, and as an unprivileged user. Each
 * runs in a process and a folder of its own; whatever a failed test leaves behind is cleared away.
 */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/local/local.h"
#include "backends/local/shared/runtime.h"
#include "tests/backends/conformance.h"
#include "tests/backends/localroom.h"

enum { SKIPPED = 77, NOBODY = 65534 };

static int skip_all(const char *name, const char *why)
{
    fprintf(stderr, "SKIPPED %s: %s\n", name, why);
    return SKIPPED;
}

/* In the process that the suite runs in; PORTHOLE_STATE is set. */
static int run_suite(const char *name)
{
    struct error why = {0};
    struct runtime runtime = {0};
    struct paths *p = paths_new(&why);
    if (!p || !runtime_find(p, &runtime, &why)) {
        paths_free(p);
        return skip_all(name, why.text);
    }
    struct conformance subject = {
        .type = &local_backend, .image = "busybox", .abilities = CAN_MEASURE | CAN_SURVIVE};
    if (!p->rootless && strcmp(runtime.cgroup, "none") != 0) {
        subject.abilities |= CAN_PAUSE;
    }
    runtime_done(&runtime);
    paths_free(p);
    return conformance_run(name, &subject) > 0 ? 1 : 0;
}

static int run_child(const char *folder, const char *name, bool drop)
{
    pid_t pid = fork();
    if (pid == 0) {
        setenv("PORTHOLE_STATE", folder, 1);
        if (drop && (chown(folder, NOBODY, NOBODY) < 0 || setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 ||
                     setuid(NOBODY) < 0)) {
            _exit(skip_all(name, "cannot become another user"));
        }
        execl("/proc/self/exe", "test_conformance_local", name, (char *)NULL);
        _exit(skip_all(name, "the test program cannot be started by another user"));
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int run_one(const char *name, bool drop)
{
    char folder[] = "/tmp/porthole-conformance-XXXXXX";
    if (!mkdtemp(folder)) {
        return skip_all(name, "there is no room in /tmp");
    }
    int code = run_child(folder, name, drop);
    localroom_clear(folder);
    return code;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc > 1) {
        return run_suite(argv[1]);
    }
    if (geteuid() != 0) {
        return run_one("local, rootless", false);
    }
    int privileged = run_one("local, root", false), rootless = run_one("local, rootless", true);
    if (privileged == SKIPPED && rootless == SKIPPED) {
        return SKIPPED;
    }
    return (privileged != 0 && privileged != SKIPPED) || (rootless != 0 && rootless != SKIPPED);
}
