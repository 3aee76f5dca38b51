/* Who is there at first, and what is pretended of the processes and the usage of all. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/times.h"
#include "tests/fake/fake_parts.h"

enum { LOG_MOST = 1 << 20, MINUTE = 60 * 1000 };

struct role {
    const char *name, *image, *command, *owner;
    enum container_state state;
    int exit_code;
    enum isolation isolation;
    enum origin origin;
    int minutes; /* since its start */
    int extra;   /* processes besides the first */
    int milli;   /* of a core */
    int megabytes, limit;
    const char *ports, *folder;
};

static const struct role roles[] = {
    {"web-1", "nginx:1.25", "nginx -g daemon off;", "compose", CONTAINER_RUNNING, 0, ISOLATION_PROCESS,
     ORIGIN_DEFAULT, 130, 8, 31, 182, 512, "8080->80/tcp", "/srv/www"},
    {"billing", "ledger:2.4", "ledger --serve", "compose", CONTAINER_RUNNING, 0, ISOLATION_VM,
     ORIGIN_REQUESTED, 130, 16, 7, 96, 1024, NULL, NULL},
    {"ping-process", "busybox", "ping localhost", NULL, CONTAINER_RUNNING, 0, ISOLATION_PROCESS,
     ORIGIN_REQUESTED, 25, 0, 0, 4, 0, NULL, NULL},
    {"ping-hyperv", "busybox", "ping localhost", NULL, CONTAINER_PAUSED, 0, ISOLATION_VM, ORIGIN_REQUESTED,
     25, 13, 0, 88, 0, NULL, NULL},
    {"nightly", "backup:1.0", "backup --all", "cron", CONTAINER_EXITED, 1, ISOLATION_PROCESS, ORIGIN_DEFAULT,
     500, 0, 0, 0, 0, NULL, NULL},
    {"db", "postgres:16", "postgres", "compose", CONTAINER_RUNNING, 0, ISOLATION_PROCESS, ORIGIN_DEFAULT,
     4400, 6, 120, 431, 2048, "5432->5432/tcp", "/srv/db"},
    {"cache", "redis:7", "redis-server", "compose", CONTAINER_RUNNING, 0, ISOLATION_PROCESS, ORIGIN_DEFAULT,
     4400, 0, 12, 38, 256, NULL, NULL},
    {"untrusted-build", "builder:5", "make all", "ci", CONTAINER_RUNNING, 0, ISOLATION_VM, ORIGIN_REQUESTED,
     12, 22, 1740, 890, 2048, NULL, NULL},
    {"migrate", "ledger:2.4", "ledger --migrate", "compose", CONTAINER_EXITED, 0, ISOLATION_PROCESS,
     ORIGIN_DEFAULT, 135, 0, 0, 0, 0, NULL, NULL},
    {"worker-1", "ledger:2.4", "ledger --work", "compose", CONTAINER_RUNNING, 0, ISOLATION_PROCESS,
     ORIGIN_DEFAULT, 130, 2, 410, 140, 512, NULL, NULL},
    {"worker-2", "ledger:2.4", "ledger --work", "compose", CONTAINER_PAUSED, 0, ISOLATION_PROCESS,
     ORIGIN_DEFAULT, 130, 2, 0, 138, 512, NULL, NULL},
    {"spare", "nginx:1.25", "nginx -g daemon off;", NULL, CONTAINER_CREATED, 0, ISOLATION_PROCESS,
     ORIGIN_DEFAULT, 60, 0, 0, 0, 0, NULL, NULL},
};

enum { ROLES = sizeof roles / sizeof *roles };

static unsigned dice(unsigned seed, unsigned number)
{
    unsigned x = (seed + 1) * 2654435761u ^ (number + 1) * 2246822519u;
    x = (x ^ x >> 15) * 3266489917u;
    return x ^ x >> 13;
}

/* Beyond the first twelve: made by the dice; most of them run. */
static struct role role_of(const struct fake *f, int number, char name[24])
{
    if (number < ROLES) {
        return roles[number];
    }
    unsigned r = dice(f->options.seed, (unsigned)number);
    snprintf(name, 24, "app-%03d", number);
    return (struct role){.name = name,
                         .image = r % 3 ? "ledger:2.4" : "nginx:1.25",
                         .command = r % 3 ? "ledger --work" : "nginx -g daemon off;",
                         .owner = "compose",
                         .state = r % 16 == 0   ? CONTAINER_EXITED
                                  : r % 16 == 1 ? CONTAINER_PAUSED
                                                : CONTAINER_RUNNING,
                         .exit_code = r % 32 ? 0 : 1,
                         .isolation = r / 16 % 4 ? ISOLATION_PROCESS : ISOLATION_VM,
                         .origin = ORIGIN_DEFAULT,
                         .minutes = 10 + (int)(r / 64 % 5000),
                         .extra = (int)(r / 128 % 8),
                         .milli = (int)(r / 256 % 900),
                         .megabytes = 4 + (int)(r / 512 % 500)};
}

/* Logs. */

static void log_shift(struct fake_container *c)
{
    while (c->log_bytes > LOG_MOST && c->log_len > 1) {
        c->log_bytes -= c->log[0].len;
        free(c->log[0].data);
        memmove(c->log, c->log + 1, --c->log_len * sizeof *c->log);
    }
}

void fake_log(struct fake_container *c, enum console_stream stream, int64_t when, const char *data,
              size_t len)
{
    if (!len) {
        return;
    }
    c->log = mem_grow(c->log, &c->log_room, c->log_len + 1, sizeof *c->log);
    c->log[c->log_len++] = (struct fake_chunk){when, stream, mem_string_n(data, len), len};
    c->log_bytes += len;
    log_shift(c);
}

static void write_log(struct fake_container *c, const struct role *role)
{
    int64_t from = c->record.started;
    for (int i = 0; from && i < 20; i++) {
        char line[128];
        bool bad = role->exit_code && i == 19;
        int len = bad ? snprintf(line, sizeof line, "%s: failed, giving up\n", role->name)
                      : snprintf(line, sizeof line, "%s: step %d of 20\n", role->name, i + 1);
        fake_log(c, bad ? CONSOLE_ERR : CONSOLE_OUT, from + i * 1000, line, (size_t)len);
    }
}

/* The cast. */

static void dress(struct fake_container *c, const struct role *role)
{
    int64_t now = time_now(), started = now - (int64_t)role->minutes * MINUTE;
    struct container *r = &c->record, with = c->record;
    static const char *const front[] = {"com.docker.compose.project=shop", "tier=front", NULL};
    static const char *const back[] = {"com.docker.compose.project=shop", "tier=back", NULL};
    bool is_front = strcmp(role->name, "web-1") == 0, is_back = strcmp(role->name, "db") == 0;
    with.owner = role->owner;
    with.labels = is_front ? front : is_back ? back : NULL;
    with.restart = is_front ? "always" : NULL;
    with.ports = role->ports;
    with.created = started - 1000;
    with.origin = role->origin;
    with.why_not[VERB_PAUSE] =
        strcmp(role->name, "untrusted-build") == 0 ? "a device is passed into its VM" : NULL;
    struct crossing crossings[2] = {{CROSSING_FOLDER, role->folder, "/data", true},
                                    {CROSSING_PORT, "8080", "80/tcp", false}};
    with.crossings = crossings;
    with.n_crossings = role->folder ? 2 : 0;
    struct container copy;
    container_init(&copy);
    const unsigned fields = FIELD_NAME | FIELD_ISOLATION | FIELD_CROSSINGS | FIELD_VERBS;
    container_assign(&copy, &with, fields);
    container_assign(r, &copy, fields);
    container_done(&copy);
    c->extra = role->extra;
    if (role->state == CONTAINER_RUNNING || role->state == CONTAINER_PAUSED) {
        fake_run(c);
        fake_shell_pause(c->shell, role->state == CONTAINER_PAUSED);
    }
    r->state = role->state;
    r->health = is_front ? HEALTH_HEALTHY : is_back ? HEALTH_UNHEALTHY : HEALTH_NONE;
    r->exit_code = role->exit_code;
    r->started = role->state == CONTAINER_CREATED ? 0 : started;
    r->finished = role->state == CONTAINER_EXITED ? started + 5 * MINUTE : 0;
    r->memory_limit = (uint64_t)role->limit << 20;
    write_log(c, role);
}

void fake_cast(struct fake *f)
{
    for (int i = 0; i < f->options.containers; i++) {
        char name[24];
        struct error e;
        struct launch_spec spec;
        const struct role role = role_of(f, i, name);
        launch_spec_init(&spec);
        spec.image = mem_string(role.image);
        spec.name = mem_string(role.name);
        spec.command = launch_split(role.command, &e);
        spec.isolation = role.isolation;
        spec.memory = (uint64_t)role.limit << 20;
        spec.input = true;
        dress(fake_add(f, &spec), &role);
        launch_spec_done(&spec);
    }
}

/* Usage. */

void fake_usage(const struct fake *f, struct container *record, int number)
{
    char name[24];
    const struct role role = role_of(f, number, name);
    bool cast = number < f->options.containers, up = record->state == CONTAINER_RUNNING;
    unsigned moves = f->options.live ? dice(f->ticks, (unsigned)number) % 100 : 0;
    if (!up && record->state != CONTAINER_PAUSED) {
        record->cpu = NAN;
        record->memory = record->host_memory = 0;
        record->processes = -1;
        return;
    }
    record->cpu = !up ? 0 : (cast ? role.milli : 2) / 1000.0 * (100 + moves) / 100;
    record->memory = (uint64_t)(cast ? role.megabytes : 3) * ((1 << 20) + moves * 4096);
    record->host_memory = record->isolation == ISOLATION_VM ? UINT64_C(420) << 20 : 0;
    record->processes = 1 + (cast ? role.extra : 0);
}

struct process_table *fake_table(const struct fake_container *c)
{
    struct process_table *table = process_table_new();
    uint32_t base =
        c->record.isolation == ISOLATION_VM ? 0 : FAKE_PIDS_FROM + (uint32_t)c->number * FAKE_PIDS;
    char name[24];
    snprintf(name, sizeof name, "%.15s", c->record.command);
    name[strcspn(name, " ")] = '\0';
    for (int i = 0; i <= c->extra; i++) {
        char worker[64];
        snprintf(worker, sizeof worker, "%s: worker %d", name, i);
        process_table_add(table, &(struct process){.pid = 1 + (uint32_t)i * 6,
                                                   .parent = i ? 1 : 0,
                                                   .host_pid = base ? base + (uint32_t)i : 0,
                                                   .name = name,
                                                   .command = i ? worker : c->record.command,
                                                   .user = i ? "www-data" : "root",
                                                   .cpu_100ns = UINT64_C(10000000) * (unsigned)(i + 1),
                                                   .memory = UINT64_C(3) << 20,
                                                   .created = c->record.started + i * 100});
    }
    return table;
}
