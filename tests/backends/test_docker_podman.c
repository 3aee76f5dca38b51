/* The command line on a real Podman service, by the socket on which it speaks like Docker. It is not Docker
 * in all: what refuses, and how, differs, so the conformance suite is not for it. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/backends/dockerd.h"

enum { PATIENCE_MS = 60000, STEP_MS = 50 };

struct podman {
    char folder[64], address[96];
    pid_t pid;
};

/* A script that is podman with all that it keeps in our folder, and an image around the host's busybox. */
static bool prepare(const struct podman *p)
{
    return dockerd_shell(
        "cd %s && printf "
        "'[containers]\\nnetns=\"none\"\\nlog_driver=\"k8s-file\"\\ndefault_ulimits=[\"nofile=1024:1024\","
        "\"nproc=1024:1024\"]\\n"
        "[engine]\\n"
        "cgroup_manager=\"cgroupfs\"\\nevents_logger=\"file\"\\nruntime=\"runc\"\\n' >containers.conf && "
        "printf '#!/bin/sh\\nexport CONTAINERS_CONF=%s/containers.conf\\nexec podman --root %s/root "
        "--runroot "
        "%s/run --tmpdir %s/tmp --storage-driver vfs \"$@\"\\n' >podman && chmod +x podman && "
        "mkdir -p image/bin image/etc image/tmp image/root image/proc && "
        "cp $(command -v busybox) image/bin/busybox && for a in $(busybox --list); do "
        "[ $a = busybox ] || ln -s busybox image/bin/$a; done && "
        "echo 'root:x:0:0:root:/root:/bin/sh' >image/etc/passwd && tar -C image -cf image.tar . && "
        "./podman import -q image.tar localhost/busybox >/dev/null 2>>log",
        p->folder, p->folder, p->folder, p->folder, p->folder);
}

static void become_service(const struct podman *p)
{
    char program[96], log[96];
    snprintf(program, sizeof program, "%s/podman", p->folder);
    snprintf(log, sizeof log, "%s/log", p->folder);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600), in = open("/dev/null", O_RDONLY);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execl(program, program, "system", "service", "-t", "0", p->address, (char *)NULL);
    _exit(127);
}

static bool listens(const struct podman *p)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s/podman.sock", p->folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return good;
}

static bool start(struct podman *p)
{
    p->pid = fork();
    if (p->pid == 0) {
        become_service(p);
    }
    for (int ms = 0; ms < PATIENCE_MS; ms += STEP_MS) {
        if (listens(p)) {
            return true;
        }
        if (waitpid(p->pid, NULL, WNOHANG) == p->pid) {
            p->pid = 0;
            return false;
        }
        nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
    }
    return false;
}

static void clear(struct podman *p)
{
    if (p->pid > 0) {
        kill(p->pid, SIGTERM);
        waitpid(p->pid, NULL, 0);
    }
    dockerd_shell(
        "cd %s && ./podman rm -af >/dev/null 2>&1; cd /; grep -o ' %s/[^ ]*' /proc/mounts | sort -r | "
        "xargs -r -n 1 umount -l 2>/dev/null; rm -rf %s",
        p->folder, p->folder, p->folder);
}

/* Runs `porthole ARGS` (a shell's words) on it, which must end with this code and print these words. */
static int expect(const struct podman *p, int code, const char *words, const char *args)
{
    char line[1024], out[16384], rest[4096];
    const char *porthole = getenv("PORTHOLE_BINARY");
    snprintf(line, sizeof line, "porthole='%s --engine docker=%s'; timeout 60 $porthole %s </dev/null 2>&1",
             porthole ? porthole : "porthole", p->address, args);
    FILE *pipe = popen(line, "r");
    if (!pipe) {
        return 1;
    }
    size_t n = fread(out, 1, sizeof out - 1, pipe);
    out[n] = '\0';
    while (fread(rest, 1, sizeof rest, pipe) > 0) {
    }
    int status = pclose(pipe);
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == code && strstr(out, words);
    printf("[ %s ] porthole %s\n", good ? "      OK" : " FAILED ", args);
    if (!good) {
        printf("ended with %d, should have ended with %d and said '%s', and said:\n%s\n",
               WIFEXITED(status) ? WEXITSTATUS(status) : -1, code, words, out);
    }
    return !good;
}

static int try_all(const struct podman *p)
{
    static const struct {
        int code;
        const char *words, *args;
    } steps[] = {
        {0, "Podman 4.", "engines"},
        {0, "Podman takes no wish for a runtime", "engines"},
        {125, "Podman takes no wish for a runtime", "run --isolation vm localhost/busybox true"},
        {0, "",
         "run -d --name limited -m 64m --cpus 0.5 -v /tmp/../tmp/:/in:ro -v kept:/kept --device "
         "/dev/null:/dev/other:r -w /tmp/ -e A=1 -l a=b --hostname me localhost/busybox sleep 1000"},
        {0, "", "rm -f limited"},
        {125, "--publish: asked",
         "run -d --name ports --network none -p 18999:80 localhost/busybox sleep 1000"},
        {1, "ports", "inspect ports"},
        {125, "what Podman does not tell on this socket", "relaunch --isolation process --yes by-krun"},
        {0, "vm", "ls --filter name=by-krun"},
        {0, "localhost/busybox", "images"},
        {0, "", "run -d --name idle localhost/busybox sh -c 'echo ready; exec sleep 98761'"},
        {125, "already in use", "run -d --name idle localhost/busybox true"},
        {0, "\"name\":\t\"idle\"", "ls --json"},
        {0, "running", "ls"},
        {0, "\"isolation\":\t\"process\"", "ls --json"},
        {0, "ready", "logs idle"},
        {0, "sleep 98761", "ps idle"},
        {0, "1 process inside; the host sees all of them", "map idle"},
        {0, "idle", "who $(pgrep -f '^sleep 98761$' | tail -n 1)"},
        {3, "inside", "exec idle sh -c 'echo inside; exit 3'"},
        {0, "one\ntwo", "exec -i idle sh -c 'echo one; echo two'"},
        {0, "\"Status\":\t\"running\"", "inspect idle"},
        {0, "", "pause idle"},
        {0, "paused", "ls"},
        {0, "", "resume idle"},
        {0, "idle", "restart -t 0 idle"},
        {0, "", "rename idle still"},
        {0, "\"name\":\t\"still\"", "ls --json --filter name=still"},
        {0, "", "rename still idle"},
        {0, "", "kill idle"},
        {0, "exited", "ls -a"},
        {0, "", "start idle"},
        {0, "running", "ls"},
        {0, "", "rm -f idle"},
        {0, "",
         "run -d --name polite localhost/busybox sh -c 'trap \"exit 7\" TERM; echo ready; while :; do sleep "
         "0.1; "
         "done'"},
        {0, "running", "ls"},
        {0, "ready", "logs polite"},
        {0, "", "stop polite"},
        {0, "exited 7", "ls -a"},
        {0, "", "rm polite"},
        {0, "", "run -d --name loop --restart always localhost/busybox sh -c 'sleep 0.3; exit 3'"},
        {0, "started again by itself ", "ls --json $(sleep 2.5; echo --filter name=loop)"},
        {0, "loop", "stop -t 1 loop"},
        {0, "exited", "ls -a $(sleep 1)"},
        {0, "loop", "stop loop"},
        {0, "", "rm loop"},
        {0, "", "run -d --name deaf localhost/busybox sh -c 'trap \"\" TERM; while :; do sleep 0.1; done'"},
        {0, "stopping",
         "ls $({ $porthole stop -t 5 deaf >/dev/null 2>&1 & } ; sleep 2; "
         "echo --filter status=stopping)"},
        {0, "", "rm -f deaf"},
        {5, "out", "run --rm localhost/busybox sh -c 'echo out; exit 5'"},
        {125, "none-such", "run --rm localhost/none-such true"},
        {1, "idle", "start idle"},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        failed += expect(p, steps[i].code, steps[i].words, steps[i].args);
    }
    return failed;
}

/* The containers of a pod share what its first one holds, and the kernel shows it, whatever Podman leaves
 * out; what it leaves empty of one that does not run is not taken for "own". */
static int try_pod(const struct podman *p)
{
    static const char python[] = "import json, sys\n"
                                 "for c in json.load(sys.stdin):\n"
                                 "    for f in c['facts']:\n"
                                 "        print(c['name'], f['fact'], f['state'], len(f['shared_with']), "
                                 "(f['source'] or {}).get('how'))\n";
    bool made =
        dockerd_shell("cd %s && ./podman pod create --name pod --infra-image localhost/busybox "
                      "--infra-command 'sleep 98763' "
                      "--share ipc,uts,pid >>log 2>&1 && "
                      "./podman run -d --name inpod --pod pod localhost/busybox sleep 98762 >>log 2>&1 && "
                      "./podman create --name unstarted localhost/busybox true >>log 2>&1",
                      p->folder);
    bool good =
        made &&
        dockerd_shell(
            "cd %s && cat >pod.py <<'END'\n%sEND\n"
            "\"$PORTHOLE_BINARY\" --engine docker=%s ls -a --json | python3 pod.py >pod.txt; cat pod.txt; "
            "grep -qx 'inpod ns.ipc shared 1 seen' pod.txt && "
            "grep -qx 'inpod ns.pid shared 1 seen' pod.txt && "
            "grep -qx 'inpod ns.uts shared 1 seen' pod.txt && "
            "grep -qx 'inpod ns.mount own 0 seen' pod.txt && "
            "grep -qx 'unstarted ns.user not told 0 None' pod.txt && "
            "grep -qx 'unstarted ns.cgroup not told 0 None' pod.txt",
            p->folder, python, p->address);
    printf("[ %s ] the namespaces of a pod\n", good ? "      OK" : " FAILED ");
    if (!good) {
        dockerd_shell("tail -n 5 %s/log", p->folder);
    }
    return !good;
}

int main(void)
{
    struct podman p = {.folder = "/tmp/porthole-podman-XXXXXX"};
    signal(SIGPIPE, SIG_IGN);
    if (geteuid() != 0 || !dockerd_shell("command -v podman runc conmon busybox >/dev/null 2>&1") ||
        !mkdtemp(p.folder)) {
        fprintf(stderr, "SKIPPED podman: podman, runc, conmon or busybox is missing, or we are not root\n");
        return 77;
    }
    snprintf(p.address, sizeof p.address, "unix://%s/podman.sock", p.folder);
    if (!prepare(&p) || !start(&p)) {
        fprintf(stderr, "SKIPPED podman: its service cannot run here\n");
        dockerd_shell("tail -n 5 %s/log >&2", p.folder);
        clear(&p);
        return 77;
    }
    /* By its own command Podman runs a container in any runtime: here one that counts as one for VMs. */
    dockerd_shell(
        "cd %s && printf '#!/bin/sh\\nexec runc \"$@\"\\n' >krun && chmod +x krun && ./podman --runtime "
        "%s/krun run -d --name by-krun localhost/busybox sleep 1000 >/dev/null",
        p.folder, p.folder);
    int failed = try_all(&p) + try_pod(&p);
    clear(&p);
    return failed > 0;
}
