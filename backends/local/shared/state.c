/* A state file is one JSON object, far below STATE_LIMIT. It is replaced by write and rename. Only where the
 * disk is full it is written over in place, padded with blanks to its old length, since that needs no new
 * block: a container's end is worth more than the small chance that a reader meets the moment. */
#include "backends/local/shared/state.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/json.h"
#include "core/memory.h"
#include "core/port.h"
#include "core/text.h"

enum { STATE_LIMIT = 8 * 1024 * 1024, CROSSINGS_LIMIT = 1024 };

void state_init(struct state *s)
{
    memset(s, 0, sizeof *s);
    launch_spec_init(&s->spec);
}

void state_done(struct state *s)
{
    launch_spec_done(&s->spec);
    free(s->image_id);
    free(s->argv);
    free(s->boot);
    free(s->cgroup);
    free(s->note);
    free(s->network_name);
    state_init(s);
}

void state_new_id(char id[STATE_ID])
{
    unsigned char bytes[(STATE_ID - 1) / 2];
    for (size_t have = 0; have < sizeof bytes;) {
        ssize_t n = getrandom(bytes + have, sizeof bytes - have, 0);
        have += n > 0 ? (size_t)n : 0;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        snprintf(id + 2 * i, 3, "%02x", bytes[i]);
    }
}

char *state_cgroup(const char *id)
{
    struct text t = {0};
    text_addf(&t, "/porthole/%s", id);
    return text_take(&t);
}

bool state_id_ok(const char *id)
{
    return strlen(id) == STATE_ID - 1 && strspn(id, "0123456789abcdef") == STATE_ID - 1;
}

/* Reading. */

static char *read_text(const cJSON *o, const char *name)
{
    return mem_string(json_string(o, name, NULL));
}

static uint64_t read_count(const cJSON *o, const char *name)
{
    int64_t value = json_integer(o, name, 0);
    return value > 0 ? (uint64_t)value : 0;
}

static uint32_t read_pid(const cJSON *o, const char *name)
{
    int64_t value = json_integer(o, name, 0);
    return value > 0 && value <= INT32_MAX ? (uint32_t)value : 0;
}

static int read_int(const cJSON *o, const char *name, int low, int high)
{
    int64_t value = json_integer(o, name, 0);
    return (int)(value < low ? low : value > high ? high : value);
}

static enum isolation read_isolation(const cJSON *o, const char *name)
{
    const char *word = json_string(o, name, "");
    for (enum isolation mode = ISOLATION_PROCESS; mode <= ISOLATION_HOST; mode++) {
        if (strcmp(word, isolation_word(mode, HYPERVISOR_OTHER)) == 0) {
            return mode;
        }
    }
    return ISOLATION_UNKNOWN;
}

static enum origin read_origin(const cJSON *o)
{
    const char *word = json_string(o, "origin", "");
    for (enum origin origin = ORIGIN_REQUESTED; origin <= ORIGIN_DEFAULT; origin++) {
        if (strcmp(word, origin_word(origin)) == 0) {
            return origin;
        }
    }
    return ORIGIN_UNKNOWN;
}

static bool read_state(const cJSON *o, enum container_state *out)
{
    const char *word = json_string(o, "state", "");
    for (int state = 0; state < CONTAINER_UNKNOWN; state++) {
        if (strcmp(word, state_word((enum container_state)state)) == 0) {
            *out = (enum container_state)state;
            return true;
        }
    }
    return false;
}

static bool read_crossing(const cJSON *o, struct crossing *out)
{
    const char *word = json_string(o, "kind", "");
    for (enum crossing_kind kind = CROSSING_FOLDER; kind <= CROSSING_DEVICE; kind++) {
        if (strcmp(word, crossing_word(kind)) == 0) {
            out->kind = kind;
            out->outside = mem_string(json_string(o, "outside", ""));
            out->inside = mem_string(json_string(o, "inside", ""));
            out->read_only = json_bool(o, "read_only", false);
            return true;
        }
    }
    return false;
}

static void read_crossings(const cJSON *list, struct launch_spec *spec)
{
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    if (count == 0 || count > CROSSINGS_LIMIT) {
        return;
    }
    spec->crossings = mem_new((size_t)count, sizeof *spec->crossings);
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        spec->n_crossings += read_crossing(item, &spec->crossings[spec->n_crossings]);
    }
}

static void read_spec(const cJSON *o, struct launch_spec *spec)
{
    spec->image = read_text(o, "image");
    spec->name = read_text(o, "name");
    spec->hostname = read_text(o, "hostname");
    spec->command = json_strings(o, "command");
    spec->entrypoint = read_text(o, "entrypoint");
    spec->env = json_strings(o, "env");
    spec->labels = json_strings(o, "labels");
    spec->workdir = read_text(o, "workdir");
    spec->user = read_text(o, "user");
    spec->isolation = read_isolation(o, "isolation");
    spec->terminal = json_bool(o, "terminal", false);
    spec->input = json_bool(o, "input", false);
    spec->remove = json_bool(o, "remove", false);
    spec->hold = json_bool(o, "hold", false);
    spec->cpus = json_number(o, "cpus", 0);
    spec->memory = read_count(o, "memory");
    spec->network = read_text(o, "network");
    read_crossings(json_at(o, "crossings"), spec);
    spec->rows = read_int(o, "rows", 0, UINT16_MAX);
    spec->cols = read_int(o, "cols", 0, UINT16_MAX);
}

/* A process by its pid and start time. */
static void read_process(const cJSON *o, const char *pid, const char *started, uint32_t *out,
                         uint64_t *out_started)
{
    *out_started = read_count(o, started);
    *out = *out_started > 0 ? read_pid(o, pid) : 0;
}

static void read_life(const cJSON *o, struct state *s)
{
    s->exit_code = read_int(o, "exit_code", INT32_MIN, INT32_MAX);
    s->created = json_integer(o, "created", 0);
    s->started = json_integer(o, "started", 0);
    s->finished = json_integer(o, "finished", 0);
    read_process(o, "pid", "pid_started", &s->pid, &s->pid_started);
    read_process(o, "vm", "vm_started", &s->vm, &s->vm_started);
    read_process(o, "keeper", "keeper_started", &s->keeper, &s->keeper_started);
    s->network = read_pid(o, "network");
    s->network_name = read_text(o, "network_name");
    s->boot = read_text(o, "boot");
    s->cgroup = read_text(o, "cgroup");
    s->note = read_text(o, "note");
}

/* What is killed, removed or mounted later must be the container's own. */
static bool is_own(const struct state *s)
{
    char *cgroup = state_cgroup(s->id);
    bool own = (!s->cgroup || strcmp(s->cgroup, cgroup) == 0) &&
               (!s->image_id || (s->image_id[0] != '.' && !strchr(s->image_id, '/')));
    free(cgroup);
    return own;
}

static bool read_all(const cJSON *o, struct state *s)
{
    const char *id = json_string(o, "id", "");
    const cJSON *spec = json_at(o, "spec");
    if (!state_id_ok(id) || !cJSON_IsObject(spec) || !read_state(o, &s->state)) {
        return false;
    }
    memcpy(s->id, id, STATE_ID);
    read_spec(spec, &s->spec);
    if (!s->spec.name) {
        s->spec.name = mem_string(id);
    }
    s->image_id = read_text(o, "image_id");
    s->argv = json_strings(o, "argv");
    s->isolation = read_isolation(o, "isolation");
    s->origin = read_origin(o);
    read_life(o, s);
    return s->spec.image != NULL && is_own(s);
}

bool state_read(struct state *s, const char *path, struct error *e)
{
    cJSON *o = json_read_own_file(path, STATE_LIMIT, e);
    if (!o) {
        return false;
    }
    state_done(s);
    bool ok = read_all(o, s);
    cJSON_Delete(o);
    if (!ok) {
        state_done(s);
        error_set(e, ERROR_INVALID, 0,
                  "%s is not the state of a container; remove the file if it is of no use", path);
    }
    return ok;
}

/* Writing. What is unset is left out. */

static void add_text(cJSON *o, const char *name, const char *value)
{
    if (value) {
        cJSON_AddStringToObject(o, name, value);
    }
}

static void add_number(cJSON *o, const char *name, double value)
{
    if (value != 0) {
        cJSON_AddNumberToObject(o, name, value);
    }
}

static void add_true(cJSON *o, const char *name, bool value)
{
    if (value) {
        cJSON_AddTrueToObject(o, name);
    }
}

static void add_strings(cJSON *o, const char *name, char *const *strings)
{
    json_add_strings(o, name, (const char *const *)strings);
}

static void add_isolation(cJSON *o, enum isolation mode)
{
    if (mode != ISOLATION_UNKNOWN) {
        cJSON_AddStringToObject(o, "isolation", isolation_word(mode, HYPERVISOR_OTHER));
    }
}

static void add_crossings(cJSON *o, const struct launch_spec *spec)
{
    if (spec->n_crossings == 0) {
        return;
    }
    cJSON *list = cJSON_AddArrayToObject(o, "crossings");
    for (size_t i = 0; i < spec->n_crossings; i++) {
        const struct crossing *c = &spec->crossings[i];
        cJSON *item = cJSON_CreateObject();
        add_text(item, "kind", crossing_word(c->kind));
        add_text(item, "outside", c->outside);
        add_text(item, "inside", c->inside);
        add_true(item, "read_only", c->read_only);
        cJSON_AddItemToArray(list, item);
    }
}

static void add_spec(cJSON *root, const struct launch_spec *spec)
{
    cJSON *o = cJSON_AddObjectToObject(root, "spec");
    add_text(o, "image", spec->image);
    add_text(o, "name", spec->name);
    add_text(o, "hostname", spec->hostname);
    add_strings(o, "command", spec->command);
    add_text(o, "entrypoint", spec->entrypoint);
    add_strings(o, "env", spec->env);
    add_strings(o, "labels", spec->labels);
    add_text(o, "workdir", spec->workdir);
    add_text(o, "user", spec->user);
    add_isolation(o, spec->isolation);
    add_true(o, "terminal", spec->terminal);
    add_true(o, "input", spec->input);
    add_true(o, "remove", spec->remove);
    add_true(o, "hold", spec->hold);
    add_number(o, "cpus", spec->cpus);
    add_number(o, "memory", (double)spec->memory);
    add_text(o, "network", spec->network);
    add_crossings(o, spec);
    add_number(o, "rows", spec->rows);
    add_number(o, "cols", spec->cols);
}

static char *state_text(const struct state *s)
{
    cJSON *o = cJSON_CreateObject();
    add_text(o, "id", s->id);
    add_text(o, "state", state_word(s->state));
    add_number(o, "exit_code", s->exit_code);
    add_text(o, "note", s->note);
    add_number(o, "created", (double)s->created);
    add_number(o, "started", (double)s->started);
    add_number(o, "finished", (double)s->finished);
    add_number(o, "pid", s->pid);
    add_number(o, "pid_started", (double)s->pid_started);
    add_number(o, "vm", s->vm);
    add_number(o, "vm_started", (double)s->vm_started);
    add_number(o, "keeper", s->keeper);
    add_number(o, "keeper_started", (double)s->keeper_started);
    add_number(o, "network", s->network);
    add_text(o, "network_name", s->network ? s->network_name : NULL);
    add_text(o, "boot", s->boot);
    add_text(o, "cgroup", s->cgroup);
    add_isolation(o, s->isolation);
    add_text(o, "origin", s->origin == ORIGIN_UNKNOWN ? NULL : origin_word(s->origin));
    add_text(o, "image_id", s->image_id);
    add_strings(o, "argv", s->argv);
    add_spec(o, &s->spec);
    char *text = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    return text;
}

static bool write_whole(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
    }
    return true;
}

static bool write_new(const char *path, const char *text)
{
    struct text fresh = {0};
    text_addf(&fresh, "%s.new", path);
    int fd = open(text_of(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && write_whole(fd, text, strlen(text));
    int why = errno;
    if (fd >= 0 && close(fd) < 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok && rename(text_of(&fresh), path) < 0) {
        ok = false;
        why = errno;
    }
    if (!ok) {
        unlink(text_of(&fresh));
    }
    text_done(&fresh);
    errno = why;
    return ok;
}

static bool write_over(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_size > STATE_LIMIT) {
        close(fd);
        return false;
    }
    size_t len = strlen(text), old = (size_t)st.st_size, all = len > old ? len : old;
    char *padded = mem_new(all, 1);
    memset(padded, ' ', all);
    memcpy(padded, text, len);
    bool ok = pwrite(fd, padded, all, 0) == (ssize_t)all && ftruncate(fd, (off_t)len) == 0;
    free(padded);
    close(fd);
    return ok;
}

bool state_write(const struct state *s, const struct paths *p, struct error *e)
{
    char *path = paths_state(p, s->id), *text = state_text(s);
    bool ok = text && write_new(path, text);
    if (!ok && text && (errno == ENOSPC || errno == EDQUOT)) {
        int why = errno;
        ok = write_over(path, text);
        errno = why;
    }
    if (!ok) {
        error_errno(e, text ? errno : ENOMEM, "Cannot write the state of container %s to %s", s->id, path);
    }
    cJSON_free(text);
    free(path);
    return ok;
}

/* As the model wants it. */

static char *join_words(char *const *argv)
{
    struct text t = {0};
    for (size_t i = 0; argv && argv[i]; i++) {
        text_addf(&t, "%s%s", i > 0 ? " " : "", argv[i]);
    }
    return t.len > 0 ? text_take(&t) : NULL;
}

/* A shared network is a way through the wall, also when it was asked for by --network. */
static void collect_crossings(const struct launch_spec *spec, struct state_record *out)
{
    bool shared = launch_network(spec) == LAUNCH_NETWORK_HOST;
    out->crossings = mem_new(spec->n_crossings + 1, sizeof *out->crossings);
    size_t n = 0;
    for (size_t i = 0; i < spec->n_crossings; i++) {
        out->crossings[n++] = spec->crossings[i];
        shared = shared && spec->crossings[i].kind != CROSSING_NETWORK;
    }
    if (shared) {
        out->crossings[n++] = (struct crossing){.kind = CROSSING_NETWORK, .outside = "host", .inside = ""};
    }
    out->record.crossings = out->crossings;
    out->record.n_crossings = n;
}

/* The network is all that can be asked for. */
static void collect_namespaces(const struct launch_spec *spec, struct state_record *out)
{
    enum launch_network network = launch_network(spec);
    if (network != LAUNCH_NETWORK_OTHER) {
        out->namespaces[NAMESPACE_NETWORK] =
            (struct namespace_fact){.state = network == LAUNCH_NETWORK_HOST ? FACT_HOST : FACT_OWN,
                                    .how = FACT_ASKED,
                                    .source = "--network"};
    }
    out->record.namespaces = out->namespaces;
}

static void collect_workers(const struct state *s, struct state_record *out)
{
    struct container *c = &out->record;
    c->workers = out->workers;
    if (s->vm) {
        out->workers[c->n_workers++] =
            (struct worker){.host_pid = s->vm, .role = WORKER_VM, .name = "qemu-system-x86_64"};
    }
    if (s->keeper) {
        out->workers[c->n_workers++] =
            (struct worker){.host_pid = s->keeper, .role = WORKER_KEEPER, .name = "porthole-keeper"};
    }
    if (s->network) {
        out->workers[c->n_workers++] =
            (struct worker){.host_pid = s->network, .role = WORKER_NETWORK, .name = s->network_name};
    }
}

uint64_t state_vm_memory(const struct state *s)
{
    return s->spec.memory > 0 ? s->spec.memory : VM_MEMORY_DEFAULT;
}

void state_to_record(const struct state *s, struct state_record *out)
{
    state_record_done(out);
    struct container *c = &out->record;
    container_init(c);
    out->command = join_words(s->argv);
    c->key = s->id;
    c->name = s->spec.name;
    c->image = s->spec.image;
    c->command = out->command;
    c->owner = "porthole";
    c->labels = (const char *const *)s->spec.labels;
    c->terminal = s->spec.terminal;
    c->created = s->created;
    c->state = s->state;
    c->exit_code = s->exit_code;
    c->started = s->started;
    c->finished = s->finished;
    c->pid = s->pid;
    c->note = s->note;
    c->isolation = s->isolation;
    c->origin = s->origin;
    c->hypervisor = HYPERVISOR_OTHER;
    c->memory_limit = s->isolation == ISOLATION_VM ? state_vm_memory(s) : s->spec.memory;
    c->cpu = NAN;
    c->processes = -1;
    collect_crossings(&s->spec, out);
    collect_namespaces(&s->spec, out);
    out->ports = port_list(s->spec.crossings, s->spec.n_crossings);
    c->ports = out->ports;
    collect_workers(s, out);
}

void state_record_done(struct state_record *r)
{
    free(r->command);
    free(r->ports);
    free(r->crossings);
    memset(r, 0, sizeof *r);
}

/* Processes. */

static size_t read_small(const char *path, char *out, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, out, room - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    out[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

uint64_t state_process_started(uint32_t pid)
{
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    read_small(path, line, sizeof line);
    char *p = strrchr(line, ')'); /* the name before it may hold anything */
    for (int field = 2; p && field < 22; field++) {
        p = strchr(p + 1, ' ');
    }
    return p ? strtoull(p + 1, NULL, 10) : 0;
}

char *state_boot_id(void)
{
    char line[64];
    read_small("/proc/sys/kernel/random/boot_id", line, sizeof line);
    line[strcspn(line, "\n")] = '\0';
    return mem_string(line);
}
