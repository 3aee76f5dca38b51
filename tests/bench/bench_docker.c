/* What porthole costs Docker's engine and itself, measured on a real dockerd of its own: ratios within one
 * run.
 *
 * - live: CPU of the interface and the daemon together, net of what the daemon costs idle, against `docker
 *   stats`
 * - table: CPU of a process table, client and daemon, against `docker top`
 * - first: wall time to the first complete frame, against `docker ps`
 * - exec: wall time to the first byte of an exec, against `docker exec`
 * - stream: throughput of an exec's output, against a bare reader of the same connection
 * - quiet: requests to the daemon while nothing happens
 *
 * BENCH_DOCKER says how many containers (10; the promises are made for 300), BENCH_DOCKER_SECONDS how long to
 * look (5).
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/console.h"
#include "core/op.h"
#include "tests/backends/desk.h"
#include "tests/backends/dockerd.h"
#include "tests/bench/limits.h"
#include "tests/bench/measures.h"
#include "tests/ui/pty.h"

enum { ROUNDS = 5, TABLES = 200, TOPS = 5, STREAMS = 8, STREAM_MB = 32 };

struct bench {
    const char *program;
    struct dockerd *daemon;
    int containers, seconds, failures;
};

/* ---- small tools ---- */

static void expect(struct bench *b, bool ok, const char *what, double got, double limit)
{
    printf("%-62s %10.4f  (limit %g) %s\n", what, got, limit, ok ? "" : "EXCEEDED");
    fflush(stdout);
    b->failures += limit_broken(ok, got, limit);
}

static size_t read_file(const char *path, char *out, size_t room)
{
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(out, 1, room - 1, file) : 0;
    out[n] = '\0';
    if (file) {
        fclose(file);
    }
    return n;
}

/* ---- CPU ---- */

static double rusage_cpu(int who)
{
    struct rusage u;
    getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Of its threads, to the nanosecond (schedstat); with children: and of what it has waited for (proc(5),
 * fields 16 and 17 of stat). */
static double cpu_of(const char *pid, bool children)
{
    char path[320], text[1024];
    double sum = 0;
    snprintf(path, sizeof path, "/proc/%s/task", pid);
    DIR *list = opendir(path);
    struct dirent *entry;
    while (list && (entry = readdir(list))) {
        snprintf(path, sizeof path, "/proc/%s/task/%.20s/schedstat", pid, entry->d_name);
        sum += entry->d_name[0] != '.' && read_file(path, text, sizeof text) ? strtod(text, NULL) / 1e9 : 0;
    }
    if (list) {
        closedir(list);
    }
    long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    read_file(path, text, sizeof text);
    const char *at = strrchr(text, ')');
    if (at && children) {
        sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %ld %ld", &user, &system);
    }
    return sum + (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* dockerd, its containerd and the shims: all that name its folder. */
static double daemon_cpu(const struct bench *b)
{
    double sum = 0;
    DIR *list = opendir("/proc");
    struct dirent *entry;
    while (list && (entry = readdir(list))) {
        char path[300], command[4096];
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9') {
            continue;
        }
        size_t n = read_file(path, command, sizeof command);
        for (size_t i = 0; i + 1 < n; i++) {
            command[i] = command[i] ? command[i] : ' ';
        }
        bool ours = strstr(command, dockerd_folder(b->daemon)) != NULL;
        if (ours && (strstr(command, "dockerd") == command || strstr(command, "containerd"))) {
            sum += cpu_of(entry->d_name, true);
        }
    }
    if (list) {
        closedir(list);
    }
    return sum;
}

/* ---- programs ---- */

/* Starts argv with its output going nowhere (or into a pty, when fd is not NULL). */
static pid_t start(const struct bench *b, char *const *argv, int *fd)
{
    struct winsize size = {40, 120, 0, 0};
    pid_t pid = fd ? forkpty(fd, NULL, NULL, &size) : fork();
    if (pid == 0) {
        if (!fd) {
            int none = open("/dev/null", O_RDWR);
            dup2(none, 0);
            dup2(none, 1);
            dup2(none, 2);
        }
        setenv("DOCKER_HOST", dockerd_address(b->daemon), 1);
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        execvp(argv[0], argv);
        _exit(127);
    }
    return pid;
}

static int run(const struct bench *b, char *const *argv)
{
    int status = -1;
    waitpid(start(b, argv, NULL), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Reads what the interface writes for so long, or until the words have come. */
static bool watch(int fd, double seconds, const char *words)
{
    static char seen[262144];
    size_t len = 0;
    double until = now() + seconds;
    for (double left; (left = until - now()) > 0;) {
        struct pollfd p = {fd, POLLIN, 0};
        if (poll(&p, 1, (int)(left * 1000) + 1) <= 0) {
            continue;
        }
        if (len > sizeof seen / 2) {
            memmove(seen, seen + len - 256, 256);
            len = 256;
        }
        ssize_t n = read(fd, seen + len, sizeof seen - 1 - len);
        if (n <= 0) {
            return false;
        }
        len += (size_t)n;
        seen[len] = '\0';
        if (words && strstr(seen, words)) {
            return true;
        }
    }
    return !words;
}

static void stop(pid_t pid, int fd)
{
    kill(pid, SIGTERM);
    if (fd >= 0) {
        watch(fd, 0.2, NULL);
        close(fd);
    }
    waitpid(pid, NULL, 0);
}

/* With few containers it is fixed costs that are measured, and what the daemon does by itself is more than
 * what it is asked for: the limits are wide then, and its part of ours is left out (`quiet` counts what it is
 * asked). */
static bool many(const struct bench *b)
{
    return b->containers >= 300;
}

/* ---- live ---- */

static double idle_rate(struct bench *b)
{
    double before = daemon_cpu(b);
    rest(b->seconds);
    return (daemon_cpu(b) - before) / b->seconds;
}

struct live { /* CPU of a while of looking; the daemon's own is in it */
    double client, daemon;
};

static struct live look_with(struct bench *b, char *const *argv, const char *keys)
{
    int fd;
    char pid_text[16];
    pid_t pid = start(b, argv, &fd);
    watch(fd, 3, NULL);
    (void)!write(fd, keys, strlen(keys));
    watch(fd, 2, NULL);
    snprintf(pid_text, sizeof pid_text, "%d", pid);
    struct live before = {cpu_of(pid_text, false), daemon_cpu(b)};
    watch(fd, b->seconds, NULL);
    struct live all = {cpu_of(pid_text, false) - before.client, daemon_cpu(b) - before.daemon};
    stop(pid, fd);
    return all;
}

static double cost(const struct bench *b, const char *name, struct live all, double idle, bool daemon)
{
    double beyond = all.daemon - idle * b->seconds;
    printf("live, %s: client %.4f s, daemon %.4f s beyond idle, in %d s\n", name, all.client, beyond,
           b->seconds);
    return all.client + (daemon && beyond > 0 ? beyond : 0);
}

/* What the daemon does by itself is not the same at all times: it is measured before and after. */
static void measure_live(struct bench *b)
{
    char *const porthole[] = {(char *)b->program, "--engine", "docker", NULL};
    double limit = many(b) ? 0.01 : 0.2, idle = idle_rate(b);
    struct live plain = look_with(b, porthole, ""), sorted = look_with(b, porthole, ":sort-cpu\r");
    idle = (idle + idle_rate(b)) / 2;
    /* last: the daemon goes on for a while with what it was asked for */
    struct live stats = look_with(b, (char *[]){"docker", "stats", NULL}, "");
    printf("live: the daemon costs %.4f s a second when nobody asks\n", idle);
    double docker = cost(b, "docker stats", stats, idle, true);
    double first = cost(b, "porthole", plain, idle, many(b)),
           second = cost(b, "porthole, sorted by CPU", sorted, idle, many(b));
    expect(b, first < limit * docker, "live: porthole / docker stats (CPU, client and daemon)",
           first / docker, limit);
    expect(b, second < limit * docker, "live: the same, sorted by CPU", second / docker, limit);
}

/* ---- table ---- */

static const struct container *one(struct desk *k)
{
    DESK_UNTIL(k, desk_engine(k)->listed && desk_named(k, "bench-0"));
    return desk_named(k, "bench-0");
}

static void measure_table(struct bench *b)
{
    struct desk *k = desk_new();
    desk_open(k, dockerd_address(b->daemon));
    container_id id = one(k)->id;
    desk_turn_for(k, 500);
    double mine = rusage_cpu(RUSAGE_SELF), theirs = daemon_cpu(b);
    for (int i = 0; i < TABLES; i++) {
        struct desk_answer a = {0};
        session_processes(k->session, id, desk_answered, &a);
        DESK_UNTIL(k, a.done);
        assert_int_equal(a.why.kind, ERROR_NONE);
        desk_answer_done(&a);
    }
    double ours = (rusage_cpu(RUSAGE_SELF) - mine + daemon_cpu(b) - theirs) / TABLES;
    desk_close(k);
    desk_free(k);
    mine = rusage_cpu(RUSAGE_CHILDREN);
    theirs = daemon_cpu(b);
    for (int i = 0; i < TOPS; i++) {
        run(b, (char *[]){"docker", "top", "bench-0", NULL});
    }
    double docker = (rusage_cpu(RUSAGE_CHILDREN) - mine + daemon_cpu(b) - theirs) / TOPS;
    printf("table: porthole %.3f ms of CPU, docker top %.1f ms\n", ours * 1e3, docker * 1e3);
    expect(b, ours < docker / 50, "table: porthole / docker top (CPU, client and daemon)", ours / docker,
           0.02);
}

/* ---- first ---- */

/* All that there is is counted, and each row that is seen tells its isolation; with `all`: and what the host
 * sees of it. */
static bool is_complete(const char *screen, int containers, bool all)
{
    char words[32];
    int rows = 0, known = 0;
    snprintf(words, sizeof words, " %d running", containers);
    for (const char *row = strstr(screen, words); row; row = strchr(row + 1, '\n')) {
        const char *end = strchr(row + 1, '\n'), *name = strstr(row, "bench-"),
                   *image = strstr(row, "busybox");
        const char *word = strstr(row, all ? "1 process" : " process ");
        if (name && end && name < end && image && image < end) {
            rows++;
            known += word && word < end;
        }
    }
    return known > 0 && known == rows && rows >= (containers < 10 ? containers : 10);
}

/* Seconds until the first complete frame; *whole: until all is known of what is seen. */
static double first_frame(struct bench *b, double *whole)
{
    char host[128];
    double first = -1, begin = now();
    snprintf(host, sizeof host, "DOCKER_HOST=%s", dockerd_address(b->daemon));
    struct pty *p = pty_start(40, 120, (const char *const[]){b->program, "--engine", "docker", NULL},
                              (const char *const[]){host, NULL});
    *whole = -1;
    while (*whole < 0 && now() - begin < 20) {
        pty_read(p, 1);
        const char *screen = pty_text(p);
        first = first < 0 && is_complete(screen, b->containers, false) ? now() - begin : first;
        *whole = is_complete(screen, b->containers, true) ? now() - begin : -1;
    }
    if (first < 0) {
        printf("first: FAILED, '%d running' was never shown, with a row each\n", b->containers);
        pty_print(p);
        b->failures++;
    }
    pty_free(p);
    return first;
}

static void measure_first(struct bench *b)
{
    double ours[ROUNDS], whole[ROUNDS], docker[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double begin = now();
        run(b, (char *[]){"docker", "ps", NULL});
        docker[i] = now() - begin;
        ours[i] = first_frame(b, &whole[i]);
    }
    double a = least(ours, ROUNDS), c = least(docker, ROUNDS);
    printf("first: porthole %.0f ms (%.0f ms with what the host sees of each), docker ps %.0f ms\n", a * 1e3,
           least(whole, ROUNDS) * 1e3, c * 1e3);
    double limit = many(b) ? 1 : 4;
    expect(b, a < limit * c, "first: porthole's first complete frame / docker ps (wall)", a / c, limit);
}

/* ---- exec and stream ---- */

struct hearing {
    double first, last; /* when bytes came */
    uint64_t bytes;
    bool closed;
};

static void on_bytes(void *user, enum console_stream stream, int64_t when, const char *data, size_t len)
{
    struct hearing *h = user;
    (void)stream, (void)when, (void)data;
    h->last = now();
    h->first = h->bytes ? h->first : h->last;
    h->bytes += len;
}

static void on_closed(void *user, const struct error *why, int code)
{
    (void)why, (void)code;
    ((struct hearing *)user)->closed = true;
}

static const struct console_sink sink = {.bytes = on_bytes, .closed = on_closed};

static struct hearing exec_ours(struct desk *k, container_id id, const char *const *argv)
{
    struct hearing h = {0};
    session_console(k->session, id, &(struct console_spec){.kind = CONSOLE_EXEC, .argv = argv}, &sink, &h);
    DESK_UNTIL(k, h.closed);
    return h;
}

static double exec_docker(const struct bench *b)
{
    char line[256], byte;
    double begin = now(), first = -1;
    snprintf(line, sizeof line, "DOCKER_HOST=%s exec docker exec bench-0 echo x", dockerd_address(b->daemon));
    FILE *pipe = popen(line, "r");
    if (pipe && read(fileno(pipe), &byte, 1) == 1) {
        first = now() - begin;
    }
    if (pipe) {
        pclose(pipe);
    }
    return first;
}

static void measure_exec(struct bench *b, struct desk *k, container_id id)
{
    static const char *const argv[] = {"echo", "x", NULL};
    double ours[ROUNDS * 2], docker[ROUNDS * 2];
    for (int i = 0; i < ROUNDS * 2; i++) {
        double begin = now();
        ours[i] = exec_ours(k, id, argv).first - begin;
        docker[i] = exec_docker(b);
    }
    double a = median(ours, ROUNDS * 2), c = median(docker, ROUNDS * 2);
    printf("exec: porthole %.0f ms, docker exec %.0f ms\n", a * 1e3, c * 1e3);
    expect(b, a < c, "exec: porthole / docker exec (wall, to the first byte)", a / c, 1);
}

static int connect_to(const struct bench *b)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(to.sun_path, sizeof to.sun_path, "%s", dockerd_address(b->daemon) + strlen("unix://"));
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int ask(const struct bench *b, const char *path, const char *body, const char *more)
{
    char request[1024];
    int fd = connect_to(b), n;
    n = snprintf(request, sizeof request,
                 "POST /v1.40%s HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: "
                 "%zu\r\n%s\r\n%s",
                 path, strlen(body), more, body);
    if (fd >= 0 && write(fd, request, (size_t)n) != n) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The same exec by the shortest C there is. Seconds from the first to the last byte; bytes behind the head.
 */
static double exec_bare(const struct bench *b, const char *key, const char *command, uint64_t *bytes)
{
    static char room[65536];
    char path[256], body[512], id[65] = "";
    snprintf(path, sizeof path, "/containers/%s/exec", key);
    snprintf(body, sizeof body,
             "{\"AttachStdout\":true,\"AttachStderr\":true,\"Cmd\":[\"sh\",\"-c\",\"%s\"]}", command);
    int fd = ask(b, path, body, "Connection: close\r\n");
    size_t len = 0;
    ssize_t n;
    while (fd >= 0 && len < sizeof room - 1 && (n = read(fd, room + len, sizeof room - 1 - len)) > 0) {
        len += (size_t)n;
    }
    close(fd);
    room[len] = '\0';
    const char *at = strstr(room, "\"Id\":\"");
    if (!at) {
        return -1;
    }
    snprintf(id, sizeof id, "%.64s", at + 6);
    snprintf(path, sizeof path, "/exec/%s/start", id);
    double begin = 0;
    *bytes = 0;
    fd = ask(b, path, "{\"Detach\":false,\"Tty\":false}", "Connection: Upgrade\r\nUpgrade: tcp\r\n");
    while (fd >= 0 && (n = read(fd, room, sizeof room)) > 0) {
        begin = *bytes ? begin : now();
        *bytes += (uint64_t)n;
    }
    close(fd);
    return now() - begin;
}

static void measure_stream(struct bench *b, struct desk *k, container_id id, const char *key)
{
    char command[64];
    double ours = 0, bare = 0; /* over all rounds, which alternate: what else runs here hits both */
    uint64_t bytes = 0;
    snprintf(command, sizeof command, "head -c %d /dev/zero", STREAM_MB << 20);
    const char *const argv[] = {"sh", "-c", command, NULL};
    for (int i = 0; i < STREAMS; i++) {
        bare += exec_bare(b, key, command, &bytes);
        struct hearing h = exec_ours(k, id, argv);
        ours += h.last - h.first;
        if (h.bytes != (uint64_t)STREAM_MB << 20 || bytes < h.bytes) {
            printf("stream: FAILED, %llu bytes came, %llu to the bare reader\n", (unsigned long long)h.bytes,
                   (unsigned long long)bytes);
            b->failures++;
        }
    }
    printf("stream: porthole %.0f MB/s, bare %.0f MB/s\n", STREAMS * STREAM_MB / ours,
           STREAMS * STREAM_MB / bare);
    expect(b, bare / ours > 0.8, "stream: porthole / a bare reader (throughput, at least)", bare / ours, 0.8);
}

static void measure_consoles(struct bench *b)
{
    struct desk *k = desk_new();
    char key[80];
    desk_open(k, dockerd_address(b->daemon));
    const struct container *c = one(k);
    container_id id = c->id;
    snprintf(key, sizeof key, "%s", c->key);
    measure_exec(b, k, id);
    measure_stream(b, k, id, key);
    desk_close(k);
    desk_free(k);
}

/* ---- quiet ---- */

static int count_requests(const struct bench *b)
{
    char line[256];
    int n = -1;
    snprintf(line, sizeof line, "grep -c 'Calling ' %s/log", dockerd_folder(b->daemon));
    FILE *pipe = popen(line, "r");
    if (pipe) {
        if (fscanf(pipe, "%d", &n) != 1) {
            n = -1;
        }
        pclose(pipe);
    }
    return n;
}

/* The daemon starts again and writes down each request. */
static void measure_quiet(struct bench *b)
{
    static const char *const more[] = {"--debug", NULL};
    int fd;
    dockerd_docker(b->daemon, NULL, 0, "ps -q | xargs -r docker -H %s kill >/dev/null",
                   dockerd_address(b->daemon)); /* a daemon that ends leaves what runs to nobody */
    dockerd_kill(b->daemon, SIGTERM);
    dockerd_arguments(b->daemon, more);
    if (!dockerd_start(b->daemon) || !dockerd_docker(b->daemon, NULL, 0, "start bench-0 bench-1")) {
        puts("quiet: FAILED, the daemon does not start again");
        b->failures++;
        return;
    }
    pid_t pid = start(b, (char *[]){(char *)b->program, "--engine", "docker", NULL}, &fd);
    bool shown = watch(fd, 20, "2 running");
    watch(fd, 3, NULL);
    int before = count_requests(b);
    watch(fd, 5, NULL);
    int asked = count_requests(b) - before;
    expect(b, shown && before > 0 && asked == 0, "quiet: requests in 5 s while nothing happens", asked, 0);
    (void)!write(fd, ":sort-cpu\r", 10);
    watch(fd, 1, NULL);
    before = count_requests(b);
    watch(fd, 5, NULL);
    asked = count_requests(b) - before;
    stop(pid, fd);
    expect(b, asked == 0, "quiet: the same, sorted by CPU", asked, 0);
}

/* ---- set-up ---- */

int main(void)
{
    char why[128];
    struct bench b = {.program = getenv("PORTHOLE_BINARY"),
                      .containers = setting("BENCH_DOCKER", 10),
                      .seconds = setting("BENCH_DOCKER_SECONDS", 5)};
    signal(SIGPIPE, SIG_IGN);
    b.daemon = b.program ? dockerd_new(why, sizeof why) : NULL;
    if (!b.daemon) {
        printf("SKIPPED bench of docker: %s\n", b.program ? why : "PORTHOLE_BINARY is not set");
        return 77;
    }
    bool made =
        dockerd_docker(b.daemon, NULL, 0,
                       "info >/dev/null; for i in $(seq 0 %d); do DOCKER_HOST=%s docker run -d --net=none "
                       "--name bench-$i busybox sleep 100000 >/dev/null || exit 1; done",
                       b.containers - 1, dockerd_address(b.daemon));
    if (made) {
        printf("%d containers\n", b.containers);
        measure_first(&b);
        measure_table(&b);
        measure_consoles(&b);
        measure_live(&b);
        measure_quiet(&b);
    } else {
        puts("FAILED: the containers cannot be made");
        b.failures++;
    }
    dockerd_free(b.daemon);
    return b.failures > 0;
}
