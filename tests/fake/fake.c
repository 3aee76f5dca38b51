/* Nothing is told from inside a call: what changes is marked in the containers, and the `voice`, a zero
 * timer, tells it on the next turn. The engine is gone when the last handle that it holds is closed. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/port.h"
#include "core/remark.h"
#include "core/text.h"
#include "core/times.h"
#include "tests/fake/fake_parts.h"

enum { SAMPLE_MS = 1000 };

static struct fake *open_ones; /* the fake host has no other way to know them */
static bool has_failed;        /* offline= works once */

const struct fake *fake_open_ones(void)
{
    return open_ones;
}

int fake_no_container(struct error *e, const char *what, const char *key)
{
    return error_set(e, ERROR_NOT_FOUND, 0, "cannot %s: there is no container %.64s; see the list", what,
                     key);
}

struct fake_container *fake_find(struct fake *f, const char *key)
{
    for (size_t i = 0; i < f->n_containers; i++) {
        struct fake_container *c = f->containers[i];
        if (!c->gone && strcmp(c->record.key, key) == 0) {
            return c;
        }
    }
    return NULL;
}

int fake_cancelled(struct error *e)
{
    return error_set(e, ERROR_CANCELLED, 0, "the engine was closed meanwhile");
}

void fake_timer_init(struct fake *f, uv_timer_t *timer, void *data)
{
    uv_timer_init(f->base.loop, timer);
    timer->data = data;
    f->holds++;
}

/* Life of a container. */

static void container_free(struct fake_container *c)
{
    for (size_t i = 0; i < c->log_len; i++) {
        free(c->log[i].data);
    }
    free(c->log);
    launch_spec_done(&c->spec);
    container_done(&c->record);
    free(c);
}

static void on_container_closed(uv_handle_t *handle)
{
    struct fake_container *c = handle->data;
    struct fake *f = c->engine;
    container_free(c);
    fake_release(f);
}

void fake_end_stop(struct fake_container *c, const struct error *why)
{
    struct op *op = c->stopping;
    c->stopping = NULL;
    uv_timer_stop(&c->timer);
    if (op && why) {
        op_fail(op, why);
    } else if (op) {
        char *remark =
            c->killed ? remark_killed(c->record.name, "it did not end when it was asked to") : NULL;
        op_succeed_with(op, remark);
        free(remark);
    }
}

static void container_close(struct fake_container *c)
{
    struct error why;
    fake_cancelled(&why);
    fake_end_stop(c, &why);
    fake_shell_free(c->shell);
    c->shell = NULL;
    uv_close((uv_handle_t *)&c->timer, on_container_closed);
}

void fake_change(struct fake_container *c, unsigned fields)
{
    c->dirty |= fields;
    fake_speak(c->engine);
}

static bool on_output(void *user, enum console_stream stream, const char *data, size_t len)
{
    struct fake_container *c = user;
    fake_log(c, stream, time_now(), data, len);
    return fake_consoles_output(c, stream, data, len);
}

static void on_ended(void *user, int code)
{
    struct fake_container *c = user;
    struct container nothing;
    container_init(&nothing);
    fake_shell_free(c->shell);
    c->shell = NULL;
    c->record.state = CONTAINER_EXITED;
    c->record.health = HEALTH_NONE;
    c->record.exit_code = code;
    c->record.finished = time_now();
    c->record.pid = 0;
    container_assign(&c->record, &nothing, FIELD_WORKERS);
    fake_usage(c->engine, &c->record, c->number);
    c->gone = c->spec.remove && !c->again;
    fake_consoles_ended(c, code);
    if (c->again) {
        c->again = false;
        fake_run(c);
    }
    fake_end_stop(c, NULL);
    fake_change(c, FIELD_STATE | FIELD_WORKERS | FIELD_USAGE);
}

static void set_workers(struct fake_container *c)
{
    uint32_t base = FAKE_PIDS_FROM + (uint32_t)c->number * FAKE_PIDS;
    struct container with;
    struct worker workers[2] = {
        {.host_pid = base + FAKE_PIDS - 1, .role = WORKER_KEEPER, .name = "porthole-keeper"}};
    size_t n = 1;
    if (c->record.isolation == ISOLATION_VM) {
        workers[n++] = (struct worker){.host_pid = base + FAKE_PIDS - 2,
                                       .role = WORKER_VM,
                                       .name = "qemu-system-x86",
                                       .memory = UINT64_C(420) << 20};
    }
    container_init(&with);
    with.workers = workers;
    with.n_workers = n;
    container_assign(&c->record, &with, FIELD_WORKERS);
    c->record.pid = c->record.isolation == ISOLATION_VM ? 0 : base;
}

static char **argv_of(const struct launch_spec *spec)
{
    const char *argv[64];
    size_t n = 0;
    if (spec->entrypoint) {
        argv[n++] = spec->entrypoint;
    }
    for (size_t i = 0; spec->command && spec->command[i] && n < 63; i++) {
        argv[n++] = spec->command[i];
    }
    if (!n) {
        argv[n++] = "sh";
    }
    argv[n] = NULL;
    return mem_strings(argv);
}

void fake_run(struct fake_container *c)
{
    static const struct fake_shell_hooks hooks = {on_output, on_ended, fake_release};
    char **argv = argv_of(&c->spec);
    const struct fake_shell_spec spec = {.argv = (const char *const *)argv,
                                         .env = (const char *const *)c->spec.env,
                                         .terminal = c->spec.terminal,
                                         .input = c->spec.input,
                                         .first = true,
                                         .rows = c->spec.rows ? c->spec.rows : 24,
                                         .cols = c->spec.cols ? c->spec.cols : 80};
    c->engine->holds++;
    c->shell = fake_shell_new(c->engine->base.loop, &spec, &hooks, c, c->engine);
    c->record.state = CONTAINER_RUNNING;
    c->record.exit_code = 0;
    c->record.started = time_now();
    c->record.finished = 0;
    set_workers(c);
    fake_change(c, FIELD_STATE | FIELD_WORKERS);
    free(argv);
}

static void put_spec(struct fake_container *c)
{
    struct text command = {0};
    struct container with;
    char **argv = argv_of(&c->spec);
    for (size_t i = 0; argv[i]; i++) {
        text_addf(&command, "%s%s", i ? " " : "", argv[i]);
    }
    container_init(&with);
    with.name = c->spec.name;
    with.image = c->spec.image;
    with.command = text_of(&command);
    with.owner = "porthole";
    with.terminal = c->spec.terminal;
    with.created = time_now();
    bool host_network = c->spec.network && strcmp(c->spec.network, "host") == 0;
    struct crossing *crossings = mem_new(c->spec.n_crossings + 1, sizeof *crossings);
    for (size_t i = 0; i < c->spec.n_crossings; i++) {
        crossings[with.n_crossings++] = c->spec.crossings[i];
    }
    if (host_network) {
        crossings[with.n_crossings++] = (struct crossing){CROSSING_NETWORK, "host", "", false};
    }
    with.crossings = crossings;
    with.isolation = c->spec.isolation ? c->spec.isolation : ISOLATION_PROCESS;
    with.origin = c->spec.isolation ? ORIGIN_REQUESTED : ORIGIN_DEFAULT;
    char *ports = port_list(c->spec.crossings, c->spec.n_crossings);
    with.ports = ports;
    container_assign(&c->record, &with, FIELD_NAME | FIELD_ISOLATION | FIELD_CROSSINGS);
    c->record.memory_limit = c->spec.memory;
    free(ports);
    free(crossings);
    free(argv);
    text_done(&command);
}

static void choose_key(struct fake_container *c)
{
    char key[40];
    uint64_t a = (c->engine->options.seed + 1) * UINT64_C(0x9E3779B97F4A7C15);
    a = (a ^ (uint64_t)c->number) * UINT64_C(0xBF58476D1CE4E5B9);
    snprintf(key, sizeof key, "%016llx%016llx", (unsigned long long)(a ^ a >> 31),
             (unsigned long long)(a * UINT64_C(0x94D049BB133111EB)));
    c->record.key = mem_string(key);
}

struct fake_container *fake_add(struct fake *f, const struct launch_spec *spec)
{
    struct fake_container *c = mem_new(1, sizeof *c);
    char name[24];
    c->engine = f;
    c->number = f->last_number++;
    launch_spec_copy(&c->spec, spec);
    if (!spec->name) {
        snprintf(name, sizeof name, "fake-%d", c->number);
        c->spec.name = mem_string(name);
    }
    container_init(&c->record);
    choose_key(c);
    put_spec(c);
    fake_timer_init(f, &c->timer, c);
    f->containers = mem_grow(f->containers, &f->containers_room, f->n_containers + 1, sizeof(void *));
    f->containers[f->n_containers++] = c;
    fake_change(c, FIELD_ALL & ~(unsigned)FIELD_USAGE);
    return c;
}

/* Telling. */

static void tell_online(struct fake *f)
{
    const struct mode_offer offers[] = {
        {.mode = ISOLATION_PROCESS},
        {.mode = ISOLATION_VM,
         .why_not = f->options.novm ? "This machine has no means to run VMs" : NULL,
         .cost = "about 400 MB and 2 s more"},
    };
    const struct engine_info info = {.version = "fake 1.0",
                                     .default_isolation = ISOLATION_PROCESS,
                                     .hypervisor = HYPERVISOR_OTHER,
                                     .offers = offers,
                                     .n_offers = sizeof offers / sizeof *offers};
    f->base.sink->online(f->base.user, &info);
}

static void tell_offline(struct fake *f, const char *words)
{
    struct error why;
    error_set(&why, ERROR_UNREACHABLE, 0, "%s", words);
    f->base.sink->offline(f->base.user, &why);
}

static void tell_list(struct fake *f)
{
    f->base.sink->list_begin(f->base.user);
    for (size_t i = 0; i < f->n_containers; i++) {
        struct fake_container *c = f->containers[i];
        if (!c->gone) {
            f->base.sink->seen(f->base.user, &c->record, FIELD_ALL & ~(unsigned)FIELD_USAGE);
            c->dirty = 0;
        }
    }
    f->base.sink->list_end(f->base.user);
}

static void tell_changes(struct fake *f)
{
    size_t kept = 0, n = f->n_containers;
    for (size_t i = 0; i < n; i++) {
        struct fake_container *c = f->containers[i];
        unsigned dirty = c->dirty;
        c->dirty = 0;
        if (!c->gone) {
            f->containers[kept++] = c;
            if (dirty) {
                f->base.sink->seen(f->base.user, &c->record, dirty);
            }
        } else {
            f->base.sink->gone(f->base.user, c->record.key);
            container_close(c);
        }
    }
    f->n_containers = kept;
}

static void on_fault(uv_timer_t *timer)
{
    has_failed = true;
    tell_offline(timer->data, "The fake engine went away, as it was told to; it comes back");
}

static void on_voice(uv_timer_t *timer)
{
    struct fake *f = timer->data;
    if (f->must_open && f->options.refuse) {
        tell_offline(f, "Cannot open the fake engine: it was told to refuse");
        return;
    }
    if (f->must_open) {
        f->must_open = false;
        f->is_online = true;
        tell_online(f);
        if (f->options.offline >= 0 && !has_failed) {
            uv_timer_start(&f->fault, on_fault, (uint64_t)f->options.offline, 0);
        }
    }
    if (f->must_list) {
        f->must_list = false;
        f->has_listed = true;
        tell_list(f);
    }
    if (f->has_listed) {
        tell_changes(f);
    }
}

void fake_speak(struct fake *f)
{
    if (!f->closing) {
        uv_timer_start(&f->voice, on_voice, 0, 0);
    }
}

static void fake_list(struct backend *b)
{
    struct fake *f = (struct fake *)b;
    f->must_list = true;
    fake_speak(f);
}

static void on_sample(uv_timer_t *timer)
{
    struct fake *f = timer->data;
    f->ticks++;
    for (size_t i = 0; i < f->n_sampled; i++) {
        struct fake_container *c = fake_find(f, f->sampled[i]);
        if (c) {
            fake_usage(f, &c->record, c->number);
            f->base.sink->seen(f->base.user, &c->record, f->sampled_fields);
        }
    }
}

static void fake_sample(struct backend *b, const char *const *keys, size_t n, unsigned fields)
{
    struct fake *f = (struct fake *)b;
    const char **list = mem_new(n + 1, sizeof *list);
    for (size_t i = 0; i < n; i++) {
        list[i] = keys[i];
    }
    free(f->sampled);
    f->sampled = mem_strings(list);
    f->n_sampled = n;
    f->sampled_fields = fields & FIELD_USAGE;
    free(list);
    if (n) {
        uv_timer_start(&f->sampler, on_sample, 0, SAMPLE_MS);
    } else {
        uv_timer_stop(&f->sampler);
    }
}

/* Life of the engine. */

static void finish(struct fake *f)
{
    struct op *op = f->close_op;
    struct fake **link = &open_ones;
    while (*link != f) {
        link = &(*link)->next_open;
    }
    *link = f->next_open;
    image_list_free(f->images);
    free(f->containers);
    free(f->sampled);
    free(f);
    op_succeed(op);
}

void fake_release(void *engine)
{
    struct fake *f = engine;
    if (--f->holds == 0 && f->closing) {
        finish(f);
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    fake_release(handle->data);
}

static void fake_close(struct backend *b, struct op *op)
{
    struct fake *f = (struct fake *)b;
    f->closing = true;
    f->close_op = op;
    fake_consoles_close(f);
    fake_jobs_close(f);
    for (size_t i = 0; i < f->n_containers; i++) {
        container_close(f->containers[i]);
    }
    f->n_containers = 0;
    uv_timer_t *timers[] = {&f->voice, &f->sampler, &f->fault};
    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) {
        uv_close((uv_handle_t *)timers[i], on_timer_closed);
    }
}

static void parse_options(struct fake_options *o, const char *address)
{
    *o = (struct fake_options){.containers = 12, .slow = 50, .stop = 10, .offline = -1, .seed = 7};
    for (const char *at = address; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        int number = 0;
        char name[16] = "";
        if (sscanf(at, "%15[a-z]=%d", name, &number) != 2) {
            continue;
        }
        o->containers = strcmp(name, "containers") == 0 ? number : o->containers;
        o->stop = strcmp(name, "stop") == 0 ? number : o->stop;
        o->slow = strcmp(name, "slow") == 0 ? number : o->slow;
        o->offline = strcmp(name, "offline") == 0 ? number : o->offline;
        o->seed = strcmp(name, "seed") == 0 ? (unsigned)number : o->seed;
        o->live = strcmp(name, "live") == 0 ? number != 0 : o->live;
        o->refuse = strcmp(name, "refuse") == 0 ? number != 0 : o->refuse;
        o->novm = strcmp(name, "novm") == 0 ? number != 0 : o->novm;
        o->lost = strcmp(name, "lost") == 0 ? number != 0 : o->lost;
    }
}

static void add_images(struct fake *f)
{
    static const struct image images[] = {
        {.name = "busybox", .id = "fake-1", .command = "sh", .os = "linux", .size = 1300000},
        {.name = "nginx:1.25",
         .id = "fake-2",
         .command = "nginx -g daemon off;",
         .os = "linux",
         .size = 187000000},
        {.name = "postgres:16", .id = "fake-3", .command = "postgres", .os = "linux", .size = 432000000},
    };
    f->images = image_list_new();
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        image_list_add(f->images, &images[i]);
    }
}

static struct backend *fake_open(uv_loop_t *loop, const char *address, const struct backend_sink *sink,
                                 void *user)
{
    struct fake *f = mem_new(1, sizeof *f);
    f->base = (struct backend){.type = &fake_backend, .loop = loop, .sink = sink, .user = user};
    f->next_open = open_ones;
    open_ones = f;
    parse_options(&f->options, address);
    fake_timer_init(f, &f->voice, f);
    fake_timer_init(f, &f->sampler, f);
    fake_timer_init(f, &f->fault, f);
    add_images(f);
    fake_cast(f);
    f->must_open = true;
    fake_speak(f);
    return &f->base;
}

const struct backend_type fake_backend = {
    .name = "fake",
    .title = "containers that live in memory, for trials",
    .authority = FIELD_ALL,
    .open = fake_open,
    .close = fake_close,
    .list = fake_list,
    .sample = fake_sample,
    .processes = fake_processes,
    .act = fake_act,
    .rename = fake_rename,
    .inspect = fake_inspect,
    .launch = fake_launch,
    .spec_of = fake_spec_of,
    .images = fake_images,
    .image_import = fake_image_import,
    .image_remove = fake_image_remove,
    .console = fake_console,
};
