/* CPU of importing a root file system, against `tar -xf` of the same archive: 20,000 small files and 200 MB
 * of large ones.
 *
 * Printed as a ratio within one run, the median of three; never a verdict.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FOLDERS = 200, FILES = 100, LARGE = 20, LARGE_SIZE = 10 << 20, RUNS = 3 };

static double children_cpu(void)
{
    struct rusage u;
    getrusage(RUSAGE_CHILDREN, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* CPU seconds of a shell command run in `dir`; the program ends when it fails. */
static double run(const char *dir, const char *command)
{
    double before = children_cpu();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (chdir(dir) == 0) {
            execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        }
        _exit(127);
    }
    int status = -1;
    waitpid(child, &status, 0);
    if (status != 0) {
        fprintf(stderr, "bench_import: failed: %s\n", command);
        exit(1);
    }
    return children_cpu() - before;
}

static void write_file(const char *path, size_t size)
{
    FILE *f = fopen(path, "wb");
    unsigned seed = (unsigned)size;
    for (size_t i = 0; f && i < size; i += sizeof(seed)) {
        seed = seed * 1664525u + 1013904223u;
        fwrite(&seed, sizeof(seed), 1, f);
    }
    if (!f || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

static void make_files(const char *dir)
{
    char path[200];
    for (int d = 0; d < FOLDERS; d++) {
        snprintf(path, sizeof(path), "%s/root/etc/%d", dir, d);
        mkdir(path, 0755);
        for (int f = 0; f < FILES; f++) {
            snprintf(path, sizeof(path), "%s/root/etc/%d/%d", dir, d, f);
            write_file(path, (size_t)(f * 40));
        }
    }
    for (int f = 0; f < LARGE; f++) {
        snprintf(path, sizeof(path), "%s/root/large%d", dir, f);
        write_file(path, LARGE_SIZE);
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double values[RUNS])
{
    qsort(values, RUNS, sizeof(*values), by_value);
    return values[RUNS / 2];
}

int main(void)
{
    const char *binary = getenv("PORTHOLE_BINARY");
    char dir[] = "/tmp/porthole-bench-XXXXXX", import[600], state[64];
    double tar[RUNS], unpack[RUNS];
    if (!binary || !mkdtemp(dir)) {
        fprintf(stderr, "bench_import: PORTHOLE_BINARY must name the program that was built\n");
        return 77;
    }
    snprintf(state, sizeof(state), "%s/state", dir);
    setenv("PORTHOLE_STATE", state, 1);
    snprintf(import, sizeof(import),
             "\"$(dirname '%s')\"/../libexec/porthole/porthole-unpack import b a.tar >log", binary);
    run(dir, "mkdir -p root/etc");
    make_files(dir);
    run(dir, "tar -C root -cf a.tar .");
    for (int i = 0; i < RUNS; i++) {
        run(dir, "rm -rf out state && mkdir out");
        tar[i] = run(dir, "tar -C out -xf a.tar");
        unpack[i] = run(dir, import);
    }
    double a = median(tar), b = median(unpack);
    printf("import: %.2f s of CPU, tar -xf %.2f s, ratio %.2f\n", b, a, b / a);
    run("/", (snprintf(import, sizeof(import), "rm -rf %s", dir), import));
    return 0;
}
