/* What porthole costs on a Windows host with ten thousand compute systems, the simulated host included:
 * counts and ratios within one run.
 *
 *   parse    taking in an enumeration, against parsing its JSON alone
 *   first    CPU from exec to the first complete frame
 *   idle     CPU while nobody types and the visible rows are sampled each second
 *   keys     CPU of a page down, a sort, a filter
 *   memory   PSS of the interface
 *
 * Limits in ms are those of a machine on which cJSON alone takes in 400 MB/s; on a slower, or a busier one,
 * they are as many times longer.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "backends/hcs/document.h"
#include "backends/sim/machine.h"
#include "core/memory.h"
#include "tests/bench/limits.h"
#include "tests/core/test.h"
#include "tests/ui/pty.h"

enum { SYSTEMS = 10000, ROUNDS = 7, KEYS = 200 };

static int failures;
static double slowness = 1; /* against that machine; never below 1 */

static void expect(bool ok, const char *what, double got, double limit)
{
    printf("%-58s %9.3f  (limit %g) %s\n", what, got, limit, ok ? "" : "EXCEEDED");
    fflush(stdout);
    failures += limit_broken(ok, got, limit);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double part_of(double *values, int n, double part)
{
    qsort(values, (size_t)n, sizeof *values, by_value);
    int at = (int)(part * n);
    return values[at < n ? at : n - 1];
}

/* Parsing. */

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void look_at(void *user, const struct hcs_system *s)
{
    *(size_t *)user += strlen(s->id) > 0;
}

static void measure_parsing(void)
{
    double plain[ROUNDS], ours[ROUNDS];
    struct machine_options options;
    struct text document = {0};
    struct error why;
    size_t seen = 0;
    machine_options_init(&options);
    options.systems = SYSTEMS;
    struct machine *m = machine_new(&options, INT64_C(1780000000000));
    machine_call(m, HCS_ENUMERATE, NULL, NULL, &document);
    for (int i = 0; i < ROUNDS; i++) {
        double begin = seconds();
        cJSON_Delete(cJSON_Parse(text_of(&document)));
        plain[i] = seconds() - begin;
        begin = seconds();
        document_systems(text_of(&document), look_at, &seen, &why);
        ours[i] = seconds() - begin;
    }
    double speed = (double)document.len / 1e6 / part_of(ours, ROUNDS, 0.5);
    double ratio = part_of(ours, ROUNDS, 0.5) / part_of(plain, ROUNDS, 0.5);
    double alone = (double)document.len / 1e6 / part_of(plain, ROUNDS, 0.5);
    slowness = alone < 400 ? 400 / alone : 1;
    printf("machine: cJSON alone takes in %.0f MB/s: limits in ms are %.1f times longer\n", alone, slowness);
    printf("parse: %.1f MB in an enumeration, taken in at %.0f MB/s\n", (double)document.len / 1e6, speed);
    expect(seen == (size_t)SYSTEMS * ROUNDS && (speed >= 100 || ratio <= 2),
           "parse: time / that of cJSON alone", ratio, 2);
    text_done(&document);
    machine_free(m);
}

/* The interface. */

static uint64_t cpu_of(pid_t pid)
{
    char path[64], text[128] = "";
    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!read(fd, text, sizeof text - 1);
        close(fd);
    }
    return strtoull(text, NULL, 10);
}

static struct pty *start(void)
{
    char engine[64];
    static const char *const env[] = {"XDG_CONFIG_HOME=/nonexistent", NULL};
    snprintf(engine, sizeof engine, "sim:systems=%d", SYSTEMS);
    const char *argv[] = {getenv("PORTHOLE_BINARY"), "--engine", engine, NULL};
    return pty_start(40, 120, argv, env);
}

static void measure_first_frame(void)
{
    double cpu[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        struct pty *p = start();
        if (!pty_wait_for(p, "running", PTY_PATIENCE_MS)) {
            failures++;
        }
        cpu[i] = (double)cpu_of(pty_pid(p)) / 1e6;
        pty_free(p);
    }
    double typical = part_of(cpu, ROUNDS, 0.5);
    expect(typical < 50 * slowness, "first: ms of CPU to the first complete frame", typical, 50 * slowness);
}

static void measure_idle(struct pty *p)
{
    enum { SECONDS = 15 };
    uint64_t before = cpu_of(pty_pid(p));
    pty_read(p, SECONDS * 1000);
    double percent = (double)(cpu_of(pty_pid(p)) - before) / 1e9 / SECONDS * 100;
    expect(percent < 2, "idle: % of one core, visible rows sampled", percent, 2);
}

/* The best of three rounds: other work on the machine makes CPU time dearer, too. */
static void measure_keys(struct pty *p, const char *what, const char *const *keys, int n)
{
    double cpu[KEYS], best = 1e9;
    char line[80];
    for (int round = 0; round < 3 && best >= 8 * slowness; round++) {
        for (int i = 0; i < KEYS; i++) {
            uint64_t before = cpu_of(pty_pid(p));
            pty_type(p, keys[i % n]);
            pty_read(p, 20);
            cpu[i] = (double)(cpu_of(pty_pid(p)) - before) / 1e6;
        }
        double worst = part_of(cpu, KEYS, 0.99);
        best = worst < best ? worst : best;
    }
    snprintf(line, sizeof line, "keys: ms of CPU, p99 of %s", what);
    printf("keys: %.3f ms in the median of %s\n", part_of(cpu, KEYS, 0.5), what);
    expect(best < 8 * slowness, line, best, 8 * slowness);
}

static void measure_memory(struct pty *p)
{
    char path[64], text[4096] = "";
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pty_pid(p));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!read(fd, text, sizeof text - 1);
        close(fd);
    }
    const char *pss = strstr(text, "Pss:");
    double mb = pss ? strtod(pss + 4, NULL) / 1024 : 0;
    expect(pss && mb < 40, "memory: MB (PSS) of the interface", mb, 40);
}

int main(void)
{
    if (!getenv("PORTHOLE_BINARY")) {
        puts("skipped: needs PORTHOLE_BINARY");
        return 77;
    }
    measure_parsing();
    measure_first_frame();
    struct pty *p = start();
    pty_wait_for(p, "running", PTY_PATIENCE_MS);
    pty_read(p, 2000);
    measure_idle(p);
    static const char *const page[] = {"<PgDn>"}, *const sort[] = {"s", "r"},
                             *const filter[] = {"/", "w", "e", "b", "-", "1", "<Enter>", "<Esc>"};
    measure_keys(p, "a page down", page, COUNT(page));
    measure_keys(p, "a sort", sort, COUNT(sort));
    measure_keys(p, "a key of a filter", filter, COUNT(filter));
    measure_memory(p);
    pty_free(p);
    return failures ? 1 : 0;
}
