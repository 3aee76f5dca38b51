/* A container as the list, or an inspect, tells it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/api.h"
#include "backends/docker/api_notes.h"
#include "backends/docker/api_options.h"
#include "backends/json.h"
#include "core/memory.h"
#include "core/times.h"

enum { CROSSINGS_MOST = 1000, LABELS_MOST = 500, EARLY_MS = 5000 };

static const char *keep(struct api_record *r, char *s)
{
    r->own = mem_grow(r->own, &r->room_own, r->n_own + 1, sizeof *r->own);
    r->own[r->n_own++] = s;
    return s;
}

static const char *keep_text(struct api_record *r, struct text *t)
{
    return t->len > 0 ? keep(r, text_take(t)) : NULL;
}

static const char *keep_clean(struct api_record *r, const char *s)
{
    struct text t = {0};
    if (!s || !*s) {
        return NULL;
    }
    text_add_clean(&t, s, strlen(s));
    return keep_text(r, &t);
}

void api_record_done(struct api_record *r)
{
    for (size_t i = 0; i < r->n_own; i++) {
        free(r->own[i]);
    }
    free(r->own);
    free((struct crossing *)r->c.crossings);
    free(r->image_id);
    *r = (struct api_record){0};
}

/* Shared by both answers. */

static bool begin(struct api_record *r, const char *id)
{
    *r = (struct api_record){0};
    container_init(&r->c);
    if (!api_key_ok(id)) {
        return false;
    }
    r->c.key = keep(r, mem_string(id));
    return true;
}

static const char *without_slash(const char *name)
{
    return name && *name == '/' ? name + 1 : name;
}

/* A label's name has dots in it: no path of json_at. */
static const char *label(const cJSON *labels, const char *name)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, labels)
    {
        if (cJSON_IsString(item) && item->string && strcmp(item->string, name) == 0) {
            return item->valuestring;
        }
    }
    return NULL;
}

/* As "key=value". */
static const char *const *labels_of(struct api_record *r, const cJSON *labels)
{
    const cJSON *item = NULL;
    const char *list[LABELS_MOST + 1];
    size_t n = 0;
    cJSON_ArrayForEach(item, labels)
    {
        struct text t = {0};
        if (n < LABELS_MOST && cJSON_IsString(item) && item->string && item->string[0]) {
            text_add_clean(&t, item->string, strlen(item->string));
            text_add_char(&t, '=');
            text_add_clean(&t, item->valuestring, strlen(item->valuestring));
            list[n++] = keep_text(r, &t);
        }
    }
    list[n] = NULL;
    return n ? (const char *const *)(void *)keep(r, (char *)(void *)mem_strings(list)) : NULL;
}

static const char *owner_of(struct api_record *r, const cJSON *labels)
{
    const char *project = label(labels, "com.docker.compose.project");
    struct text t = {0};
    if (project) {
        text_add(&t, "compose ");
        text_add_clean(&t, project, strlen(project));
        return keep_text(r, &t);
    }
    if (label(labels, "io.kubernetes.pod.name")) {
        return keep(r, mem_string("kubernetes"));
    }
    return keep(r, mem_string("docker"));
}

static void set_isolation(struct container *c, const char *isolation, const char *runtime,
                          const struct api_engine *e)
{
    c->hypervisor = e->windows ? HYPERVISOR_HYPERV : HYPERVISOR_OTHER;
    if (e->windows) {
        if (!isolation_parse(isolation, &c->isolation) || c->isolation == ISOLATION_UNKNOWN) {
            c->isolation = e->isolation;
        }
        bool usual = c->isolation == e->isolation;
        c->origin = c->isolation == ISOLATION_UNKNOWN || e->isolation == ISOLATION_UNKNOWN ? ORIGIN_UNKNOWN
                    : usual                                                                ? ORIGIN_DEFAULT
                                                                                           : ORIGIN_REQUESTED;
        return;
    }
    if (e->podman && !*runtime) {
        c->isolation = ISOLATION_UNKNOWN;
        c->origin = ORIGIN_UNKNOWN;
        return;
    }
    bool usual = !*runtime || (e->default_runtime && strcmp(runtime, e->default_runtime) == 0);
    c->isolation = *runtime ? runtimes_isolation(e->rules, runtime) : e->isolation;
    c->origin = usual ? ORIGIN_DEFAULT : e->default_runtime ? ORIGIN_REQUESTED : ORIGIN_UNKNOWN;
}

void api_refusals(struct container *c, const struct api_engine *e)
{
    static const char PAUSE[] =
        "Windows cannot pause a process-isolated container; a hyperv-isolated one can be paused";
    if (e->windows && c->isolation == ISOLATION_PROCESS) {
        c->why_not[VERB_PAUSE] = PAUSE;
        c->why_not[VERB_RESUME] = PAUSE;
    }
}

/* Ports, "8080->80/tcp, 443/tcp": the same one on IPv4 and IPv6 is told once. */

static void add_port(struct text *t, int64_t outside, int64_t inside, const char *type)
{
    char word[64];
    if (outside > 0) {
        snprintf(word, sizeof word, "%d->%d/%.8s", (int)(outside & 0xffff), (int)(inside & 0xffff), type);
    } else {
        snprintf(word, sizeof word, "%d/%.8s", (int)(inside & 0xffff), type);
    }
    size_t len = strlen(word);
    for (const char *at = text_of(t); (at = strstr(at, word)); at += len) {
        if ((at == t->data || at[-1] == ' ') && (at[len] == ',' || at[len] == '\0')) {
            return;
        }
    }
    text_addf(t, "%s%s", t->len > 0 ? ", " : "", word);
}

static const char *list_ports(struct api_record *r, const cJSON *ports)
{
    const cJSON *port = NULL;
    struct text t = {0}, clean = {0};
    int n = 0;
    cJSON_ArrayForEach(port, ports)
    {
        if (n++ < CROSSINGS_MOST) {
            add_port(&t, json_integer(port, "PublicPort", 0), json_integer(port, "PrivatePort", 0),
                     json_string(port, "Type", "tcp"));
        }
    }
    text_add_clean(&clean, text_of(&t), t.len);
    text_done(&t);
    return keep_text(r, &clean);
}

/* The list. */

/* docker's words are ours; libpod (libpod/define/containerstate.go) has three more. */
static enum container_state state_of(const char *word)
{
    static const struct {
        const char *word;
        enum container_state state;
    } words[] = {
        {"initialized", CONTAINER_CREATED}, {"configured", CONTAINER_CREATED}, {"stopped", CONTAINER_EXITED}};
    for (int state = 0; state < CONTAINER_LOST; state++) {
        if (strcmp(word, state_word((enum container_state)state)) == 0) {
            return (enum container_state)state;
        }
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i].word) == 0) {
            return words[i].state;
        }
    }
    return CONTAINER_UNKNOWN;
}

/* "Exited (3) 5 minutes ago", "Restarting (3) 5 seconds ago" */
static int exit_code_of(const char *status)
{
    const char *code = strchr(status, '(');
    return code ? (int)strtol(code + 1, NULL, 10) : 0;
}

/* "Up 5 minutes (healthy)", "Up 2 seconds (health: starting)" */
static enum health health_of_list(const char *status)
{
    return strstr(status, "(healthy)")            ? HEALTH_HEALTHY
           : strstr(status, "(unhealthy)")        ? HEALTH_UNHEALTHY
           : strstr(status, "(health: starting)") ? HEALTH_STARTING
                                                  : HEALTH_NONE;
}

static const char *note_of_word(struct api_record *r, const char *word)
{
    struct text t = {0};
    text_addf(&t, "its engine calls its state \"%.32s\", which is not known here", word);
    const char *note = keep_clean(r, text_of(&t));
    text_done(&t);
    return note;
}

static const char *note_of_list(struct api_record *r, const char *state, const char *status)
{
    if (state_of(state) == CONTAINER_UNKNOWN) {
        return note_of_word(r, state);
    }
    if (strcmp(state, "restarting") == 0 || strcmp(state, "dead") == 0 || strcmp(state, "removing") == 0) {
        return keep_clean(r, status);
    }
    return strstr(status, "(unhealthy)") ? "its health check fails" : NULL;
}

static bool all_alike(const struct api_engine *e)
{
    for (char **name = e->runtimes; name && *name; name++) {
        if (runtimes_isolation(e->rules, *name) != e->isolation) {
            return false;
        }
    }
    return e->runtimes != NULL && !e->podman; /* whose containers may have any runtime */
}

bool api_list_row(struct api_record *r, const cJSON *row, const struct api_engine *e)
{
    struct container *c = &r->c;
    if (!begin(r, json_string(row, "Id", ""))) {
        return false;
    }
    const cJSON *first = cJSON_GetArrayItem(json_at(row, "Names"), 0);
    const char *state = json_string(row, "State", ""), *status = json_string(row, "Status", "");
    r->fields = FIELD_NAME | FIELD_STATE | FIELD_VERBS;
    c->name = keep_clean(r, cJSON_IsString(first) ? without_slash(first->valuestring) : NULL);
    c->image = keep_clean(r, json_string(row, "Image", NULL));
    c->command = keep_clean(r, json_string(row, "Command", NULL));
    c->owner = owner_of(r, json_at(row, "Labels"));
    c->labels = labels_of(r, json_at(row, "Labels"));
    c->created = time_of_seconds(json_integer(row, "Created", 0));
    c->state = state_of(state);
    c->exit_code = exit_code_of(status);
    c->health = health_of_list(status);
    c->note = note_of_list(r, state, status);
    c->ports = list_ports(r, json_at(row, "Ports"));
    if (!e->windows &&
        all_alike(e)) { /* the list does not tell the runtime: where it does not matter, it is known */
        c->isolation = e->isolation;
        r->fields |= FIELD_ISOLATION;
    }
    return true;
}

/* The inspect. */

static void add_crossing(struct api_record *r, enum crossing_kind kind, const char *outside,
                         const char *inside, bool read_only)
{
    struct crossing *list = (struct crossing *)r->c.crossings;
    if (r->c.n_crossings >= CROSSINGS_MOST) {
        return;
    }
    outside = keep_clean(r, outside);
    inside = keep_clean(r, inside);
    list = mem_resize(list, r->c.n_crossings + 1, sizeof *list);
    list[r->c.n_crossings++] = (struct crossing){.kind = kind,
                                                 .outside = outside ? outside : "",
                                                 .inside = inside ? inside : "",
                                                 .read_only = read_only};
    r->c.crossings = list;
}

static void add_mounts(struct api_record *r, const cJSON *mounts)
{
    const cJSON *m = NULL;
    cJSON_ArrayForEach(m, mounts)
    {
        const char *type = json_string(m, "Type", ""), *name = json_string(m, "Name", "");
        bool volume = strcmp(type, "volume") == 0 && *name;
        bool pipe =
            strcmp(type, "npipe") == 0 || strncmp(json_string(m, "Source", ""), "\\\\.\\pipe\\", 9) == 0;
        if (strcmp(type, "tmpfs") != 0) {
            add_crossing(r, pipe ? CROSSING_PIPE : CROSSING_FOLDER,
                         volume ? name : json_string(m, "Source", ""), json_string(m, "Destination", ""),
                         !json_bool(m, "RW", true));
        }
    }
}

static void add_bindings(struct api_record *r, const char *inside, const cJSON *bindings)
{
    const cJSON *b = NULL;
    cJSON_ArrayForEach(b, bindings)
    {
        const char *address = json_string(b, "HostIp", ""), *port = json_string(b, "HostPort", "");
        struct text outside = {0};
        if (*address && strcmp(address, "0.0.0.0") != 0 && strcmp(address, "::") != 0) {
            text_addf(&outside, strchr(address, ':') ? "[%s]:" : "%s:", address);
        } else if (strcmp(address, "::") == 0 && cJSON_GetArraySize(bindings) > 1) {
            continue; /* the same again on IPv6 */
        }
        text_add(&outside, *port ? port : "0");
        add_crossing(r, CROSSING_PORT, text_of(&outside), inside, false);
        text_done(&outside);
    }
}

/* NetworkSettings.Ports tells what is in force, HostConfig.PortBindings what was asked for. */
static void add_ports(struct api_record *r, const cJSON *json)
{
    const cJSON *ports = json_at(json, "NetworkSettings.Ports"), *port = NULL;
    struct text words = {0}, clean = {0};
    if (!cJSON_IsObject(ports) || !ports->child) {
        ports = json_at(json, "HostConfig.PortBindings");
    }
    cJSON_ArrayForEach(port, ports)
    {
        const char *slash = port->string ? strchr(port->string, '/') : NULL;
        int64_t inside = port->string ? strtoll(port->string, NULL, 10) : 0;
        const cJSON *b = NULL;
        add_bindings(r, port->string ? port->string : "", port);
        cJSON_ArrayForEach(b, port)
        {
            add_port(&words, strtoll(json_string(b, "HostPort", "0"), NULL, 10), inside,
                     slash ? slash + 1 : "tcp");
        }
        if (!cJSON_IsArray(port) || !port->child) {
            add_port(&words, 0, inside, slash ? slash + 1 : "tcp");
        }
    }
    text_add_clean(&clean, text_of(&words), words.len);
    text_done(&words);
    r->c.ports = keep_text(r, &clean);
}

static void add_devices(struct api_record *r, const cJSON *host, const struct api_engine *e)
{
    const cJSON *d = NULL;
    cJSON_ArrayForEach(d, json_at(host, "Devices"))
    {
        const char *rights = json_string(d, "CgroupPermissions", "rwm");
        add_crossing(r, CROSSING_DEVICE, json_string(d, "PathOnHost", ""),
                     json_string(d, "PathInContainer", ""), *rights && !strchr(rights, 'w'));
    }
    cJSON_ArrayForEach(d, json_at(host, "DeviceRequests"))
    {
        const char *driver = json_string(d, "Driver", "");
        add_crossing(r, CROSSING_DEVICE, *driver ? driver : "gpu", "", false);
    }
    if (!e->windows && json_bool(host, "Privileged", false)) {
        add_crossing(r, CROSSING_DEVICE, "all devices (privileged)", "", false);
    }
}

static void add_network(struct api_record *r, const char *mode)
{
    if (api_is_shared(mode)) {
        add_crossing(r, CROSSING_NETWORK, mode, "", false);
    }
}

static const struct namespace_setting {
    enum namespace_kind kind;
    const char *source;
    const char *own[5]; /* words for a namespace of its own */
} namespace_settings[] = {
    {NAMESPACE_NETWORK, "HostConfig.NetworkMode", {"none"}}, /* and the names of networks */
    {NAMESPACE_PID, "HostConfig.PidMode", {"", "private"}},
    {NAMESPACE_IPC, "HostConfig.IpcMode", {"none", "private", "shareable"}},
    {NAMESPACE_UTS, "HostConfig.UTSMode", {"", "private"}},
    {NAMESPACE_USER, "HostConfig.UsernsMode", {"private", "auto", "keep-id", "nomap"}},
    {NAMESPACE_CGROUP, "HostConfig.CgroupnsMode", {"private"}},
};

/* A word that is not there tells nothing. An empty one means its own where Docker documents it so (PidMode,
 * UTSMode), and nothing from Podman, which leaves empty what it does not translate. */
static struct namespace_fact setting_of(const cJSON *host, const struct namespace_setting *s,
                                        enum fact_how how, const struct api_engine *e)
{
    const char *word = json_string(host, s->source + sizeof "HostConfig." - 1, "?");
    if (strcmp(word, "?") == 0 || (e->podman && !*word)) {
        return (struct namespace_fact){.state = FACT_NOT_TOLD};
    }
    struct namespace_fact fact = namespace_fact_of(word, s->own, how, s->source);
    if (s->kind == NAMESPACE_NETWORK && fact.state == FACT_NOT_TOLD && *word && !strchr(word, ':')) {
        fact = (struct namespace_fact){.state = FACT_OWN, .how = how, .source = s->source};
    }
    return fact;
}

/* There is no setting for the file system; of the others Windows has the network only. */
static void add_namespaces(struct api_record *r, const cJSON *host, const struct api_engine *e)
{
    bool live = state_has_processes(r->c.state);
    size_t n = e->windows ? 1 : sizeof namespace_settings / sizeof *namespace_settings;
    for (size_t i = 0; i < n; i++) {
        const struct namespace_setting *s = &namespace_settings[i];
        struct namespace_fact *fact = &r->namespaces[s->kind];
        *fact = setting_of(host, s, live ? FACT_TOLD : FACT_ASKED, e);
        fact->with = keep_clean(r, fact->with);
    }
    r->c.namespaces = r->namespaces;
}

static const char *command_of(struct api_record *r, const cJSON *json)
{
    struct text t = {0}, clean = {0};
    const cJSON *arg = NULL;
    text_add(&t, json_string(json, "Path", ""));
    cJSON_ArrayForEach(arg, json_at(json, "Args"))
    {
        if (cJSON_IsString(arg)) {
            text_addf(&t, " %s", arg->valuestring);
        }
    }
    text_add_clean(&clean, text_of(&t), t.len);
    text_done(&t);
    return keep_text(r, &clean);
}

static const char *note_of(struct api_record *r, const cJSON *json)
{
    const char *health = json_string(json, "State.Health.Status", ""),
               *failed = json_string(json, "State.Error", "");
    struct text t = {0};
    if (r->c.state == CONTAINER_RESTARTING) {
        api_note_loop(&t, json);
    } else if (r->c.state == CONTAINER_UNKNOWN) {
        return note_of_word(r, json_string(json, "State.Status", ""));
    } else if (strcmp(health, "unhealthy") == 0) {
        text_add(&t, "its health check fails");
    } else if (state_runs(r->c.state) && json_integer(json, "RestartCount", 0) > 0) {
        api_note_restarts(&t, json);
    } else if (json_bool(json, "State.OOMKilled", false) && !json_bool(json, "State.Running", false)) {
        text_add(&t, "it was killed: it needed more memory than its limit");
    } else if (r->c.state == CONTAINER_DEAD) {
        text_add(&t, "docker could not remove it completely: remove it again");
    } else if (*failed) {
        text_add(&t, failed);
    }
    const char *note = keep_clean(r, text_of(&t));
    text_done(&t);
    return note;
}

/* Why its isolation is not known, and how that can be mended. */
static const char *note_of_runtime(struct api_record *r, const char *runtime, const struct api_engine *e)
{
    struct text t = {0};
    if (e->podman && !*runtime) {
        text_add(&t, "Podman does not tell by which runtime it runs, so its isolation is not known");
    } else {
        runtime = *runtime ? runtime : e->default_runtime ? e->default_runtime : "?";
        text_addf(&t,
                  "what its runtime %.64s isolates by is not known: say it in the settings, {\"runtimes\": "
                  "{\"%.64s\": \"process\"}} or \"hyperv\"",
                  runtime, runtime);
    }
    const char *note = keep_clean(r, text_of(&t));
    text_done(&t);
    return note;
}

static enum health health_of(const char *word)
{
    for (int health = HEALTH_STARTING; health <= HEALTH_UNHEALTHY; health++) {
        if (strcmp(word, health_word((enum health)health)) == 0) {
            return (enum health)health;
        }
    }
    return HEALTH_NONE;
}

static const char *restart_of(struct api_record *r, const cJSON *host)
{
    const char *name = json_string(host, "RestartPolicy.Name", "");
    int64_t tries = json_integer(host, "RestartPolicy.MaximumRetryCount", 0);
    struct text t = {0};
    if (!*name || strcmp(name, "no") == 0) {
        return NULL;
    }
    text_add_clean(&t, name, strlen(name));
    if (tries > 0) {
        text_addf(&t, ":%d", (int)tries);
    }
    return keep_text(r, &t);
}

/* Engines before API 1.21 tell no word. */
static const char *word_of_flags(const cJSON *json)
{
    return json_bool(json, "State.Restarting", false) ? "restarting"
           : json_bool(json, "State.Paused", false)   ? "paused"
           : json_bool(json, "State.Running", false)  ? "running"
           : json_bool(json, "State.Dead", false)     ? "dead"
                                                      : "exited";
}

static void read_state(struct api_record *r, const cJSON *json)
{
    struct container *c = &r->c;
    c->state = state_of(json_string(json, "State.Status", word_of_flags(json)));
    if (c->state == CONTAINER_RUNNING && json_bool(json, "State.Paused", false)) {
        c->state = CONTAINER_PAUSED;
    }
    bool live = state_has_processes(c->state);
    c->exit_code = live ? 0 : (int)json_integer(json, "State.ExitCode", 0);
    c->started = api_moment(json, "State.StartedAt");
    c->finished = live ? 0 : api_moment(json, "State.FinishedAt");
    if (c->finished < c->started && c->started - c->finished < EARLY_MS) {
        c->finished = c->started; /* the end is noticed by another clock of docker's than the start */
    }
    c->pid = live ? (uint32_t)json_integer(json, "State.Pid", 0) : 0;
    c->health = live ? health_of(json_string(json, "State.Health.Status", "")) : HEALTH_NONE;
    c->note = note_of(r, json);
}

bool api_inspect(struct api_record *r, const cJSON *json, const struct api_engine *e)
{
    struct container *c = &r->c;
    const cJSON *host = json_at(json, "HostConfig");
    if (!begin(r, json_string(json, "Id", ""))) {
        return false;
    }
    r->fields = FIELD_NAME | FIELD_STATE | FIELD_ISOLATION | FIELD_CROSSINGS | FIELD_VERBS;
    r->image_id = mem_string(json_string(json, "Image", NULL));
    c->name = keep_clean(r, without_slash(json_string(json, "Name", NULL)));
    c->image = keep_clean(r, json_string(json, "Config.Image", r->image_id));
    c->command = command_of(r, json);
    c->owner = owner_of(r, json_at(json, "Config.Labels"));
    c->labels = labels_of(r, json_at(json, "Config.Labels"));
    c->restart = restart_of(r, host);
    c->terminal = json_bool(json, "Config.Tty", false);
    c->created = api_moment(json, "Created");
    c->memory_limit = (uint64_t)json_integer(host, "Memory", 0);
    read_state(r, json);
    set_isolation(c, json_string(host, "Isolation", ""), api_runtime(host), e);
    if (c->isolation == ISOLATION_UNKNOWN && !e->windows && !c->note) {
        c->note = note_of_runtime(r, api_runtime(host), e);
    }
    api_refusals(c, e);
    add_mounts(r, json_at(json, "Mounts"));
    add_ports(r, json);
    add_devices(r, host, e);
    add_network(r, json_string(host, "NetworkMode", ""));
    add_namespaces(r, host, e);
    return true;
}
