/* What porthole costs on a machine with many containers, measured on real ones: counts and ratios within one
 * run.
 *
 * - launch: CPU of `porthole run -d`, keeper and runtime included, against `runc run -d` of the same bundle
 * - first: CPU from exec to the first complete frame
 * - idle: CPU while nobody types, and bytes written meanwhile; of the visible rows, then of all, by CPU
 * - key: CPU and bytes of moving the cursor by one
 * - memory: PSS of the interface
 *
 * BENCH_CONTAINERS says how many (300). CPU is what the kernel counted for the process (schedstat), or for a
 * cgroup.
 */
#include <cjson/cJSON.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/limits.h"

enum { ROWS = 40, COLS = 120, LAUNCHES = 20, KEYS = 200 };

struct bench {
    const char *program;
    char state[64];
    int containers;
    int failures;
};

struct interface {
    pid_t pid;
    int fd;
    uint64_t bytes;
    char tail[65536]; /* the end of what it wrote */
    size_t tail_len;
};

/* Small tools. */

static void expect(struct bench *b, bool ok, const char *what, double got, double limit)
{
    printf("%-62s %10.3f  (limit %g) %s\n", what, got, limit, ok ? "" : "EXCEEDED");
    fflush(stdout);
    b->failures += limit_broken(ok, got, limit);
}

static char *read_file(const char *path, char *out, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, room - 1);
    if (fd >= 0) {
        close(fd);
    }
    out[n > 0 ? n : 0] = 0;
    return n > 0 ? out : NULL;
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd >= 0) {
        (void)!write(fd, text, strlen(text));
        close(fd);
    }
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void sleep_ms(int ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

static size_t read_all(int fd, char *out, size_t room)
{
    size_t len = 0;
    char buffer[4096];
    for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;) {
        for (ssize_t i = 0; i < n && len + 1 < room; i++) {
            out[len++] = buffer[i];
        }
    }
    out[len] = 0;
    return len;
}

/* Runs argv; returns its exit code. out: gets its first line; NULL: its output goes nowhere (a container that
 * runc leaves behind would hold a pipe open). in_cgroup: a cgroup.procs file to enter. */
static int run(char *const *argv, char *out, size_t room, const char *in_cgroup)
{
    int pipes[2] = {-1, open("/dev/null", O_WRONLY | O_CLOEXEC)};
    if (out && pipe(pipes) != 0) {
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        if (in_cgroup) {
            write_file(in_cgroup, "0");
        }
        dup2(pipes[1], 1);
        if (out) {
            close(pipes[0]);
            close(pipes[1]);
        }
        execvp(argv[0], argv);
        _exit(127);
    }
    close(pipes[1]);
    if (out) {
        read_all(pipes[0], out, room);
        close(pipes[0]);
        out[strcspn(out, "\n")] = 0;
    }
    int status = -1;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* CPU of a process and its threads, in ns. */
static uint64_t cpu_of(pid_t pid)
{
    uint64_t sum = 0;
    char path[96], text[128];
    for (int thread = 0; thread < 64;
         thread++) { /* the first threads of a process have the next numbers, mostly */
        snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", pid, pid + thread);
        if (read_file(path, text, sizeof text)) {
            sum += strtoull(text, NULL, 10);
        }
    }
    return sum;
}

/* Launching. */

static const char *cpuacct_folder(void)
{
    static const char *const folders[] = {"/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup/cpu,cpuacct",
                                          "/sys/fs/cgroup"};
    static const char *const files[] = {"cpuacct.usage", "cpuacct.usage", "cpu.stat"};
    for (int i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folders[i], files[i]);
        if (access(path, R_OK) == 0) {
            return folders[i];
        }
    }
    return NULL;
}

static uint64_t cgroup_cpu(const char *folder)
{
    char path[192], text[512];
    snprintf(path, sizeof path, "%s/cpuacct.usage", folder);
    if (read_file(path, text, sizeof text)) {
        return strtoull(text, NULL, 10);
    }
    snprintf(path, sizeof path, "%s/cpu.stat", folder);
    const char *usage = read_file(path, text, sizeof text) ? strstr(text, "usage_usec ") : NULL;
    return usage ? strtoull(usage + 11, NULL, 10) * 1000 : 0;
}

/* A bundle like that of the container, on the image's own files. */
static bool make_bundle(const struct bench *b, const char *id, const char *bundle)
{
    static char text[1 << 20];
    char path[256], command[512], rootfs[256];
    snprintf(path, sizeof path, "%s/containers/%s/config.json", b->state, id);
    cJSON *config = read_file(path, text, sizeof text) ? cJSON_Parse(text) : NULL;
    if (!config) {
        return false;
    }
    snprintf(command, sizeof command, "echo %s/images/*/rootfs", b->state);
    if (run((char *[]){"sh", "-c", command, NULL}, rootfs, sizeof rootfs, NULL) != 0) {
        return false;
    }
    cJSON *root = cJSON_GetObjectItem(config, "root"), *linux_part = cJSON_GetObjectItem(config, "linux");
    cJSON_ReplaceItemInObject(root, "path", cJSON_CreateString(rootfs));
    cJSON_DeleteItemFromObject(linux_part, "cgroupsPath");
    mkdir(bundle, 0700);
    snprintf(path, sizeof path, "%s/config.json", bundle);
    char *printed = cJSON_Print(config);
    write_file(path, printed);
    cJSON_free(printed);
    cJSON_Delete(config);
    return true;
}

/* The last steps of the runtime, its filter of system calls among them, count for the container's own cgroup,
 * which is not below ours as it is with plain runc. */
static double launch_porthole(const struct bench *b, const char *folder, const char *cgroup,
                              const char *procs)
{
    char own[192], id[64];
    uint64_t before = cgroup_cpu(cgroup), inside = 0;
    for (int i = 0; i < LAUNCHES; i++) {
        run((char *[]){(char *)b->program, "run", "-d", "busybox", "sleep", "100000", NULL}, id, sizeof id,
            procs);
        snprintf(own, sizeof own, "%s/porthole/%s", folder, id);
        inside += cgroup_cpu(own);
    }
    sleep_ms(500);
    return (double)(cgroup_cpu(cgroup) - before + inside) / LAUNCHES / 1e6;
}

static double launch_runc(const struct bench *b, const char *bundle, const char *cgroup, const char *procs)
{
    char root[128], id[32];
    snprintf(root, sizeof root, "%s/runc", b->state);
    uint64_t before = cgroup_cpu(cgroup);
    for (int i = 0; i < LAUNCHES; i++) {
        snprintf(id, sizeof id, "bench-%d", i);
        run((char *[]){"runc", "--root", root, "run", "-d", "--bundle", (char *)bundle, id, NULL}, NULL, 0,
            procs);
    }
    sleep_ms(200);
    double each = (double)(cgroup_cpu(cgroup) - before) / LAUNCHES / 1e6;
    for (int i = 0; i < LAUNCHES; i++) {
        snprintf(id, sizeof id, "bench-%d", i);
        run((char *[]){"runc", "--root", root, "delete", "--force", id, NULL}, NULL, 0, NULL);
    }
    return each;
}

static void measure_launch(struct bench *b)
{
    char cgroup[128], procs[160], bundle[128], id[64] = "";
    const char *folder = cpuacct_folder();
    if (!folder) {
        puts("launch: not measured, no CPU accounting here");
        return;
    }
    snprintf(cgroup, sizeof cgroup, "%s/porthole-bench-%d", folder, getpid());
    snprintf(procs, sizeof procs, "%s/cgroup.procs", cgroup);
    snprintf(bundle, sizeof bundle, "%s/bundle", b->state);
    mkdir(cgroup, 0755);
    run((char *[]){(char *)b->program, "run", "-d", "busybox", "sleep", "100000", NULL}, id, sizeof id, NULL);
    if (!make_bundle(b, id, bundle)) {
        puts("launch: FAILED, the bundle cannot be read");
        b->failures++;
        return;
    }
    double plain = launch_runc(b, bundle, cgroup, procs);
    double ours = launch_porthole(b, folder, cgroup, procs);
    printf("launch: runc run -d %.1f ms of CPU, porthole run -d %.1f ms\n", plain, ours);
    expect(b, ours < 2 * plain, "launch: porthole run -d / runc run -d (CPU)", ours / plain, 2);
}

/* The interface. */

static void take(struct interface *i, const char *data, size_t len)
{
    i->bytes += len;
    if (len > sizeof i->tail / 2) {
        data += len - sizeof i->tail / 2;
        len = sizeof i->tail / 2;
    }
    if (i->tail_len + len >= sizeof i->tail) {
        size_t keep = sizeof i->tail / 2 - 1;
        keep = keep < i->tail_len ? keep : i->tail_len;
        memmove(i->tail, i->tail + i->tail_len - keep, keep);
        i->tail_len = keep;
    }
    memcpy(i->tail + i->tail_len, data, len);
    i->tail_len += len;
    i->tail[i->tail_len] = 0;
}

/* Reads what it writes until it has been quiet for so long; false when that takes more than ten seconds. */
static bool settle(struct interface *i, int quiet_ms)
{
    char buffer[65536];
    struct pollfd p = {i->fd, POLLIN, 0};
    int64_t until = now_ms() + 10000;
    while (poll(&p, 1, quiet_ms) > 0) {
        ssize_t n = read(i->fd, buffer, sizeof buffer);
        if (n <= 0 || now_ms() > until) {
            return false;
        }
        take(i, buffer, (size_t)n);
    }
    return true;
}

static void watch(struct interface *i, int ms)
{
    char buffer[65536];
    int64_t until = now_ms() + ms;
    for (int64_t left; (left = until - now_ms()) > 0;) {
        struct pollfd p = {i->fd, POLLIN, 0};
        if (poll(&p, 1, (int)left) > 0) {
            ssize_t n = read(i->fd, buffer, sizeof buffer);
            if (n <= 0) {
                return;
            }
            take(i, buffer, (size_t)n);
        }
    }
}

static bool open_interface(const struct bench *b, struct interface *i)
{
    struct winsize size = {ROWS, COLS, 0, 0};
    memset(i, 0, sizeof *i);
    i->pid = forkpty(&i->fd, NULL, NULL, &size);
    if (i->pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        execl(b->program, b->program, (char *)NULL);
        _exit(127);
    }
    return i->pid > 0;
}

static void close_interface(struct interface *i)
{
    (void)!write(i->fd, "q", 1);
    settle(i, 300);
    kill(i->pid, SIGTERM);
    waitpid(i->pid, NULL, 0);
    close(i->fd);
}

static double median(double *values, int n, double part)
{
    for (int i = 1; i < n; i++) {
        for (int j = i; j > 0 && values[j] < values[j - 1]; j--) {
            double t = values[j];
            values[j] = values[j - 1];
            values[j - 1] = t;
        }
    }
    int at = (int)(part * n);
    return values[at < n ? at : n - 1];
}

static void measure_first_frame(struct bench *b)
{
    double cpu[7], wall[7];
    char wanted[32];
    snprintf(wanted, sizeof wanted, "%d running", b->containers);
    for (int round = 0; round < 7; round++) {
        struct interface i;
        int64_t start = now_ms();
        open_interface(b, &i);
        while (!strstr(i.tail, wanted) && now_ms() - start < 10000) {
            watch(&i, 1);
        }
        cpu[round] = (double)cpu_of(i.pid) / 1e6;
        wall[round] = (double)(now_ms() - start);
        if (!strstr(i.tail, wanted)) {
            printf("first: FAILED, '%s' was never shown\n", wanted);
            b->failures++;
        }
        settle(&i, 100);
        close_interface(&i);
    }
    printf("first: %.0f ms from exec to the first complete frame (not asserted)\n", median(wall, 7, 0.5));
    expect(b, median(cpu, 7, 0.5) < 15, "first: ms of CPU to the first complete frame", median(cpu, 7, 0.5),
           15);
}

static void measure_idle(struct bench *b, struct interface *i, const char *what, double limit)
{
    char line[96];
    enum { SECONDS = 20 };
    uint64_t cpu = cpu_of(i->pid), bytes = i->bytes;
    watch(i, SECONDS * 1000);
    double percent = (double)(cpu_of(i->pid) - cpu) / 1e9 / SECONDS * 100;
    snprintf(line, sizeof line, "idle, %s: %% of one core", what);
    expect(b, percent < limit, line, percent, limit);
    printf("idle, %s: %llu bytes written in %d s\n", what, (unsigned long long)(i->bytes - bytes), SECONDS);
}

static void measure_keys(struct bench *b, struct interface *i)
{
    static double cpu[KEYS], bytes[KEYS];
    for (int k = 0; k < KEYS; k++) {
        uint64_t before = cpu_of(i->pid), written = i->bytes;
        (void)!write(i->fd, k / 20 % 2 ? "k" : "j", 1);
        watch(i, 25);
        cpu[k] = (double)(cpu_of(i->pid) - before) / 1e6;
        bytes[k] = (double)(i->bytes - written);
    }
    expect(b, median(cpu, KEYS, 0.99) < 2, "key: ms of CPU, p99 of moving the cursor",
           median(cpu, KEYS, 0.99), 2);
    printf("key: %.3f ms of CPU, %.0f bytes in the median\n", median(cpu, KEYS, 0.5),
           median(bytes, KEYS, 0.5));
}

static void measure_memory(struct bench *b, const struct interface *i)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", i->pid);
    const char *pss = read_file(path, text, sizeof text) ? strstr(text, "Pss:") : NULL;
    double mb = pss ? strtod(pss + 4, NULL) / 1024 : 0;
    expect(b, pss && mb < 10, "memory: MB (PSS) of the interface", mb, 10);
}

static void measure_interface(struct bench *b)
{
    struct interface i;
    measure_first_frame(b);
    open_interface(b, &i);
    settle(&i, 1500);
    measure_idle(b, &i, "visible rows sampled", 0.3);
    measure_keys(b, &i);
    measure_memory(b, &i);
    (void)!write(i.fd, ":sort-cpu\r", 10);
    settle(&i, 1500);
    measure_idle(b, &i, "sorted by CPU, all rows sampled", 0.6);
    close_interface(&i);
}

/* Set-up. */

static void launch_all(const struct bench *b, int already)
{
    for (int i = already; i < b->containers; i++) {
        run((char *[]){(char *)b->program, "run", "-d", "busybox", "sleep", "100000", NULL}, NULL, 0, NULL);
    }
    sleep_ms(1000);
}

static void remove_all(const struct bench *b)
{
    char command[512];
    snprintf(command, sizeof command, "'%s' ls -a -q | xargs -r '%s' rm -f >/dev/null; rm -rf '%s'",
             b->program, b->program, b->state);
    (void)!system(command);
    const char *folder = cpuacct_folder();
    char cgroup[128];
    if (folder) {
        snprintf(cgroup, sizeof cgroup, "%s/porthole-bench-%d", folder, getpid());
        rmdir(cgroup);
    }
}

int main(void)
{
    struct bench b = {.program = getenv("PORTHOLE_BINARY"), .state = "/tmp/porthole-bench-XXXXXX"};
    const char *count = getenv("BENCH_CONTAINERS");
    b.containers = count ? atoi(count) : 300;
    if (geteuid() != 0 || !b.program) {
        puts("skipped: needs root (cgroups) and PORTHOLE_BINARY");
        return 77;
    }
    if (!mkdtemp(b.state)) {
        return 1;
    }
    setenv("PORTHOLE_STATE", b.state, 1);
    if (run((char *[]){(char *)b.program, "run", "--rm", "busybox", "true", NULL}, NULL, 0, NULL) != 0) {
        puts("skipped: containers cannot be launched here");
        remove_all(&b);
        return 77;
    }
    measure_launch(&b);
    launch_all(&b, 1 + LAUNCHES);
    measure_interface(&b);
    remove_all(&b);
    return b.failures ? 1 : 0;
}
