/* What VM isolation costs on this machine, with real VMs: counts, and ratios within one run.
 *
 * - start: from the order to the first process: out of a template, against the cold boot of the same guest
 * - memory: PSS of QEMU of one idle VM, and of each of ten
 * - idle: CPU of an idle VM, asked for its numbers as the interface does
 * - stream: what a process in the guest prints, through agent and keeper, to a client; with a terminal,
 *   against process isolation
 * - crowd: twenty VMs at once
 */
#include "tests/backends/keeperside.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/local/shared/vm_host.h"
#include "core/memory.h"
#include "tests/bench/limits.h"

enum {
    STARTS = 5,
    FEW = 10,
    CROWD = 20,
    IDLE_SECONDS = 30,
    MEGABYTES = 200,
    TERMINAL_MEGABYTES = 10,
    READ_ROOM = 256 * 1024
};

struct bench {
    struct side *side;
    int failures;
};

static void expect(struct bench *b, bool ok, const char *what, double got, double limit)
{
    printf("%-66s %10.3f  (limit %g) %s\n", what, got, limit, ok ? "" : "EXCEEDED");
    fflush(stdout);
    b->failures += limit_broken(ok, got, limit);
}

static void show(const char *what, double got)
{
    printf("%-66s %10.3f\n", what, got);
    fflush(stdout);
}

/* Milliseconds until its first process runs; -1: it did not come up. */
static double launch(struct side *s, struct box *box, struct launch_spec *wish, const char *script)
{
    box_script(s, box, wish, script);
    long before = now_ms();
    box_spawn(box, NULL);
    if (!box_ok(box)) {
        printf("%s\n", json_string(box->answer, "error.text", "no reason"));
        return -1;
    }
    return (double)(now_ms() - before);
}

static uint32_t worker_of(const struct box *box)
{
    struct state s;
    box_state(box, &s);
    uint32_t pid = s.vm;
    state_done(&s);
    return pid;
}

static double pss_mb(const struct box *box)
{
    char path[64], line[256];
    double kb = 0;
    snprintf(path, sizeof path, "/proc/%u/smaps_rollup", worker_of(box));
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        sscanf(line, "Pss: %lf", &kb);
    }
    if (file) {
        fclose(file);
    }
    return kb / 1024;
}

static double cpu_ms(const struct box *box)
{
    char path[64], line[1024] = "";
    unsigned long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%u/stat", worker_of(box));
    FILE *file = fopen(path, "re");
    if (file && fgets(line, sizeof line, file)) {
        const char *at = strrchr(line, ')');
        sscanf(at ? at : "", ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
    }
    if (file) {
        fclose(file);
    }
    return (double)(user + kernel) * 1000 / (double)sysconf(_SC_CLK_TCK);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void bench_start(struct bench *b)
{
    struct box box;
    struct launch_spec wish = {.isolation = ISOLATION_VM};
    struct crossing folder = {
        .kind = CROSSING_FOLDER, .outside = b->side->folder, .inside = "/mnt", .read_only = true};
    struct launch_spec cold_wish = {.isolation = ISOLATION_VM, .crossings = &folder, .n_crossings = 1};
    double warm[STARTS], first = launch(b->side, &box, &wish, "sleep 1000");
    box_free(&box);
    double cold = launch(b->side, &box, &cold_wish, "sleep 1000");
    box_free(&box);
    for (int i = 0; i < STARTS; i++) {
        warm[i] = launch(b->side, &box, &wish, "sleep 1000");
        box_free(&box);
    }
    qsort(warm, STARTS, sizeof *warm, by_value);
    show("start: the first ever, which makes the template, ms", first);
    show("start: cold boot, ms", cold);
    show("start: from the template, median, ms", warm[STARTS / 2]);
    expect(b, cold > 0 && warm[0] > 0 && warm[STARTS / 2] < cold / 3, "start: template / cold",
           warm[STARTS / 2] / cold, 1.0 / 3);
}

static void ask_statistics(const struct box *box)
{
    char bytes[1024];
    struct error e;
    unsigned char frame[WIRE_HEADER];
    int fd = paths_connect(box->side->paths, box->id, &e);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    wire_header(frame, WIRE_STATISTICS, 0, 0);
    ssize_t n = write(fd, frame, sizeof frame);
    while (n > 0 && poll(&ready, 1, 5000) > 0) {
        n = read(fd, bytes, sizeof bytes);
    }
    close(fd);
}

static void bench_idle(struct bench *b)
{
    struct box boxes[FEW];
    struct launch_spec wish = {.isolation = ISOLATION_VM};
    launch(b->side, &boxes[0], &wish, "sleep 1000");
    sleep(2);
    show("memory: PSS of one idle VM, MB", pss_mb(&boxes[0]));
    double before = cpu_ms(&boxes[0]);
    for (int i = 0; i < IDLE_SECONDS; i++) {
        if (i == 0) { /* an idle guest is asked that often (vm_meter.c) */
            ask_statistics(&boxes[0]);
        }
        sleep(1);
    }
    double percent = (cpu_ms(&boxes[0]) - before) / (IDLE_SECONDS * 1000.0) * 100;
    expect(b, percent < 0.5, "idle: CPU of a VM, % of a core", percent, 0.5);
    double sum = pss_mb(&boxes[0]);
    for (int i = 1; i < FEW; i++) {
        launch(b->side, &boxes[i], &wish, "sleep 1000");
    }
    sum = 0;
    for (int i = 0; i < FEW; i++) {
        sum += pss_mb(&boxes[i]);
    }
    show("memory: PSS of each of ten, MB", sum / FEW);
    for (int i = 0; i < FEW; i++) {
        box_free(&boxes[i]);
    }
}

/* MB/s of an exec's output. */
static double stream(const struct box *box, bool terminal, int megabytes)
{
    struct text request = {0};
    char *room = mem_new(READ_ROOM, 1);
    size_t got = 0;
    ssize_t n = 1;
    text_addf(&request,
              "{\"argv\":[\"sh\",\"-c\",\"dd if=/dev/zero bs=64k count=%d 2>/dev/null\"],\"terminal\":%s}",
              megabytes * 16, terminal ? "true" : "false");
    struct guest *g = guest_new(box, WIRE_EXEC, text_of(&request));
    long before = now_ms();
    while (n > 0) {
        struct pollfd ready = {.fd = g->fd, .events = POLLIN};
        n = poll(&ready, 1, 60000) > 0 ? read(g->fd, room, READ_ROOM) : 0;
        got += n > 0 ? (size_t)n : 0;
    }
    double seconds = (double)(now_ms() - before) / 1000;
    guest_free(g);
    free(room);
    text_done(&request);
    return got >= (size_t)megabytes << 20 ? (double)megabytes / seconds : 0;
}

static void bench_stream(struct bench *b)
{
    struct box vm, process;
    struct launch_spec in_vm = {.isolation = ISOLATION_VM}, in_process = {.isolation = ISOLATION_PROCESS};
    launch(b->side, &vm, &in_vm, "sleep 1000");
    launch(b->side, &process, &in_process, "sleep 1000");
    double before = cpu_ms(&vm), rate = stream(&vm, false, MEGABYTES);
    double per_cpu = rate > 0 ? MEGABYTES * 1000.0 / (cpu_ms(&vm) - before) : 0,
           same = stream(&process, false, MEGABYTES);
    double typed = stream(&vm, true, TERMINAL_MEGABYTES),
           same_typed = stream(&process, true, TERMINAL_MEGABYTES);
    show("stream: from a guest process to a client, MB/s", rate);
    expect(b, per_cpu >= 50, "stream: MB per second of QEMU's CPU", per_cpu,
           50); /* whoever else is at work here */
    show("stream: the same in process isolation, MB/s", same);
    show("stream: through a terminal in the guest, MB/s", typed);
    show("stream: through a terminal, VM / process isolation", same_typed > 0 ? typed / same_typed : 0);
    box_free(&vm);
    box_free(&process);
}

static void bench_crowd(struct bench *b)
{
    struct box boxes[CROWD];
    struct launch_spec wish = {.isolation = ISOLATION_VM};
    pid_t children[CROWD];
    int up = 0, said = 0;
    long before = now_ms();
    for (int i = 0; i < CROWD; i++) {
        box_script(b->side, &boxes[i], &wish, "sleep 1000");
        fflush(stdout);
        children[i] = fork();
        if (children[i] == 0) { /* waits for the answer, as an engine does */
            box_spawn(&boxes[i], NULL);
            _exit(box_ok(&boxes[i]) ? 0 : 1);
        }
    }
    for (int i = 0; i < CROWD; i++) {
        struct box waiter = {.keeper = children[i]};
        box_wait(&waiter);
    }
    double seconds = (double)(now_ms() - before) / 1000;
    for (int i = 0; i < CROWD; i++) {
        struct state s;
        box_state(&boxes[i], &s);
        up += s.state == CONTAINER_RUNNING;
        said += s.state == CONTAINER_EXITED && s.note;
        boxes[i].keeper = 0;
        if (s.keeper) {
            kill((pid_t)s.keeper, SIGKILL);
        }
        state_done(&s);
    }
    for (int i = 0; i < CROWD; i++) {
        box_free(&boxes[i]);
    }
    show("crowd: twenty VMs at once, s", seconds);
    show("crowd: of these, up", up);
    expect(b, up + said == CROWD, "crowd: up, or they say why not", up + said, CROWD);
}

int main(void)
{
    struct bench b = {.side = side_new(NULL)};
    struct vm_host host;
    struct error e;
    signal(SIGPIPE, SIG_IGN);
    if (b.side->paths->rootless || !b.side->usable || !vm_host_find(b.side->paths, &host, &e)) {
        printf("SKIPPED VMs: %s\n", b.side->usable ? e.text : "needs root and an OCI runtime");
        side_free(b.side);
        return 77;
    }
    vm_host_done(&host);
    bench_start(&b);
    bench_idle(&b);
    bench_stream(&b);
    bench_crowd(&b);
    if (vm_host_find(b.side->paths, &host, &e)) {
        printf("VMs ran with %s\n", host.kvm == VM_KVM_WORKS ? "KVM" : "software emulation");
        vm_host_done(&host);
    }
    side_free(b.side);
    return b.failures > 0;
}
