/* Settings to launch with: out of an inspected container, and into the body of a create. */
#include "backends/docker/api_spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/json.h"
#include "core/memory.h"

static char *text_at(const cJSON *json, const char *path)
{
    const char *s = json_string(json, path, "");
    return *s ? mem_string(s) : NULL;
}

/* Takes the two over. */
static void add_crossing(struct launch_spec *s, enum crossing_kind kind, char *outside, char *inside,
                         bool read_only)
{
    s->crossings = mem_resize(s->crossings, s->n_crossings + 1, sizeof *s->crossings);
    s->crossings[s->n_crossings++] =
        (struct crossing){.kind = kind, .outside = outside, .inside = inside, .read_only = read_only};
}

/* Of an inspected container. */

/* The spec has room for one word of entry point: its further words go in front of the command. */
static void read_command(struct launch_spec *s, const cJSON *json)
{
    char **entry = json_strings(json, "Config.Entrypoint"), **command = json_strings(json, "Config.Cmd");
    size_t n = 0;
    const char *words[4096];
    if (entry && *entry) {
        s->entrypoint = mem_string(*entry);
        for (char **w = entry + 1; *w && n < 4095; w++) {
            words[n++] = *w;
        }
    }
    for (char **w = command; w && *w && n < 4095; w++) {
        words[n++] = *w;
    }
    words[n] = NULL;
    s->command = n > 0 ? mem_strings(words) : NULL;
    free(entry);
    free(command);
}

static bool is_drive(const char *s)
{
    return ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z')) && s[1] == ':' &&
           (s[2] == '\\' || s[2] == '/');
}

/* Is it one of "z,ro,rslave"? */
static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
        if (strcspn(at, ",") == len && strncmp(at, word, len) == 0) {
            return true;
        }
    }
    return false;
}

/* "OUTSIDE:INSIDE[:OPTIONS]", as the engine's system writes paths, which need not be ours. */
static void read_bind(struct launch_spec *s, const char *bind, bool windows)
{
    const char *middle = strchr(bind + (windows && is_drive(bind) ? 2 : 0), ':');
    if (!middle) {
        return;
    }
    const char *inside = middle + 1;
    const char *options = strchr(inside + (windows && is_drive(inside) ? 2 : 0), ':');
    size_t len = options ? (size_t)(options - inside) : strlen(inside);
    bool pipe = strncmp(bind, "\\\\.\\pipe\\", 9) == 0;
    add_crossing(s, pipe ? CROSSING_PIPE : CROSSING_FOLDER, mem_string_n(bind, (size_t)(middle - bind)),
                 mem_string_n(inside, len), options && has_word(options + 1, "ro"));
}

static void read_mounts(struct launch_spec *s, const cJSON *host, bool windows)
{
    char **binds = json_strings(host, "Binds");
    const cJSON *m = NULL;
    for (char **bind = binds; bind && *bind; bind++) {
        read_bind(s, *bind, windows);
    }
    free(binds);
    cJSON_ArrayForEach(m, json_at(host, "Mounts"))
    {
        const char *type = json_string(m, "Type", "");
        if (strcmp(type, "tmpfs") != 0 && *json_string(m, "Source", "")) {
            add_crossing(s, strcmp(type, "npipe") == 0 ? CROSSING_PIPE : CROSSING_FOLDER,
                         mem_string(json_string(m, "Source", "")), mem_string(json_string(m, "Target", "")),
                         json_bool(m, "ReadOnly", false));
        }
    }
}

static void read_ports(struct launch_spec *s, const cJSON *bindings)
{
    const cJSON *port = NULL, *b = NULL;
    cJSON_ArrayForEach(port, bindings)
    {
        cJSON_ArrayForEach(b, port)
        {
            const char *address = json_string(b, "HostIp", "");
            struct text outside = {0};
            if (*address) {
                text_addf(&outside, strchr(address, ':') ? "[%s]:" : "%s:", address);
            }
            text_add(&outside, json_string(b, "HostPort", "0"));
            add_crossing(s, CROSSING_PORT, text_take(&outside), mem_string(port->string ? port->string : ""),
                         false);
        }
    }
}

static void read_devices(struct launch_spec *s, const cJSON *devices)
{
    const cJSON *d = NULL;
    cJSON_ArrayForEach(d, devices)
    {
        const char *rights = json_string(d, "CgroupPermissions", "");
        add_crossing(s, CROSSING_DEVICE, mem_string(json_string(d, "PathOnHost", "")),
                     mem_string(json_string(d, "PathInContainer", "")), *rights && !strchr(rights, 'w'));
    }
}

static char **read_labels(const cJSON *labels)
{
    struct launch_spec s = {0};
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, labels)
    {
        struct text entry = {0};
        if (cJSON_IsString(item) && item->string && item->string[0]) {
            text_addf(&entry, "%s=%s", item->string, item->valuestring);
            launch_add_label(&s, entry.data, NULL);
        }
        text_done(&entry);
    }
    return s.labels;
}

static char *read_restart(const cJSON *policy)
{
    struct text word = {0};
    const char *name = json_string(policy, "Name", "");
    int64_t times = json_integer(policy, "MaximumRetryCount", 0);
    if (!*name || strcmp(name, "no") == 0) {
        return NULL;
    }
    text_add(&word, name);
    if (times > 0) {
        text_addf(&word, ":%lld", (long long)times);
    }
    return text_take(&word);
}

static enum isolation isolation_of(const cJSON *host, const struct api_engine *e)
{
    enum isolation mode = ISOLATION_UNKNOWN;
    const char *runtime = api_runtime(host);
    if (e->windows) {
        isolation_parse(json_string(host, "Isolation", ""), &mode);
    } else if (*runtime) {
        mode = runtimes_isolation(e->rules, runtime);
    }
    return mode;
}

void api_crossings(struct launch_spec *s, const cJSON *host, bool windows)
{
    read_mounts(s, host, windows);
    read_ports(s, json_at(host, "PortBindings"));
    read_devices(s, json_at(host, "Devices"));
}

bool api_spec(struct launch_spec *s, const cJSON *json, const struct api_engine *e)
{
    const cJSON *host = json_at(json, "HostConfig");
    const char *name = json_string(json, "Name", ""), *network = json_string(host, "NetworkMode", "");
    const char *hostname = json_string(json, "Config.Hostname", ""), *id = json_string(json, "Id", "");
    launch_spec_init(s);
    s->image = text_at(json, "Config.Image");
    s->name = *name ? mem_string(name + (*name == '/')) : NULL;
    s->hostname = *hostname && strncmp(id, hostname, 12) != 0 ? mem_string(hostname) : NULL;
    read_command(s, json);
    s->env = json_strings(json, "Config.Env");
    s->labels = read_labels(json_at(json, "Config.Labels"));
    s->restart = read_restart(json_at(host, "RestartPolicy"));
    s->workdir = text_at(json, "Config.WorkingDir");
    s->user = text_at(json, "Config.User");
    s->isolation = isolation_of(host, e);
    s->terminal = json_bool(json, "Config.Tty", false);
    s->input = json_bool(json, "Config.OpenStdin", false);
    s->remove = json_bool(host, "AutoRemove", false);
    s->cpus = (double)json_integer(host, "NanoCpus", 0) / 1e9;
    s->memory = (uint64_t)json_integer(host, "Memory", 0);
    s->network = *network && strcmp(network, "default") != 0 ? mem_string(network) : NULL;
    s->like = mem_string(id);
    s->beyond = api_beyond(json, e);
    s->alone = api_alone(json);
    api_crossings(s, host, e->windows);
    return s->image != NULL;
}

/* A create. */

static void add_text(cJSON *o, const char *name, const char *value)
{
    if (value) {
        cJSON_AddStringToObject(o, name, value);
    }
}

static cJSON *part(cJSON *o, const char *name, bool array)
{
    cJSON *item = cJSON_GetObjectItemCaseSensitive(o, name);
    if (!item) {
        item = array ? cJSON_CreateArray() : cJSON_CreateObject();
        cJSON_AddItemToObject(o, name, item);
    }
    return item;
}

/* "[ADDRESS:]PORT" */
static void put_port(cJSON *body, cJSON *host, const struct crossing *c)
{
    const char *port = strrchr(c->outside, ':'), *address = c->outside;
    size_t len = port ? (size_t)(port - address) : 0;
    cJSON *binding = cJSON_CreateObject();
    if (len > 1 && *address == '[' && address[len - 1] == ']') {
        address++;
        len -= 2;
    }
    char *ip = mem_string_n(address, len);
    struct text inside = {0};
    text_addf(&inside, "%s%s", c->inside, strchr(c->inside, '/') ? "" : "/tcp");
    add_text(binding, "HostIp", ip);
    add_text(binding, "HostPort", port ? port + 1 : c->outside);
    cJSON_AddItemToArray(part(part(host, "PortBindings", false), text_of(&inside), true), binding);
    part(part(body, "ExposedPorts", false), text_of(&inside), false);
    text_done(&inside);
    free(ip);
}

static void put_mount(cJSON *host, const struct crossing *c)
{
    cJSON *m = cJSON_CreateObject();
    add_text(m, "Type", "npipe");
    add_text(m, "Source", c->outside);
    add_text(m, "Target", c->inside);
    cJSON_AddItemToArray(part(host, "Mounts", true), m);
}

static void put_folder(cJSON *host, const struct crossing *c)
{
    struct text bind = {0};
    text_addf(&bind, "%s:%s%s", c->outside, c->inside, c->read_only ? ":ro" : "");
    cJSON_AddItemToArray(part(host, "Binds", true), cJSON_CreateString(text_of(&bind)));
    text_done(&bind);
}

static void put_labels(cJSON *body, char *const *labels)
{
    for (; labels && *labels; labels++) {
        const char *equals = *labels + strcspn(*labels, "=");
        char *key = mem_string_n(*labels, (size_t)(equals - *labels));
        cJSON_AddStringToObject(part(body, "Labels", false), key, *equals ? equals + 1 : equals);
        free(key);
    }
}

/* "always", "on-failure:5" */
static void put_restart(cJSON *host, const char *policy)
{
    if (policy) {
        const char *colon = strchr(policy, ':');
        char *name = mem_string_n(policy, colon ? (size_t)(colon - policy) : strlen(policy));
        cJSON *o = part(host, "RestartPolicy", false);
        add_text(o, "Name", name);
        cJSON_AddNumberToObject(o, "MaximumRetryCount", colon ? (double)strtol(colon + 1, NULL, 10) : 0);
        free(name);
    }
}

static void put_device(cJSON *host, const struct crossing *c, bool windows)
{
    cJSON *d = cJSON_CreateObject();
    add_text(d, "PathOnHost", c->outside);
    add_text(d, "PathInContainer", *c->inside || windows ? c->inside : c->outside);
    add_text(d, "CgroupPermissions", windows ? NULL : c->read_only ? "r" : "rwm");
    cJSON_AddItemToArray(part(host, "Devices", true), d);
}

void api_put_crossing(cJSON *body, cJSON *host, const struct crossing *c, bool windows)
{
    switch (c->kind) {
    case CROSSING_PORT:
        put_port(body, host, c);
        break;
    case CROSSING_PIPE:
        put_mount(host, c);
        break;
    case CROSSING_FOLDER:
        put_folder(host, c);
        break;
    case CROSSING_DEVICE:
        put_device(host, c, windows);
        break;
    default: /* the network is s->network; other namespaces are never asked for */
        break;
    }
}

bool api_put_isolation(cJSON *host, const struct launch_spec *s, const struct api_engine *e,
                       struct error *why)
{
    const char *runtime = e->windows ? NULL : api_runtime_for(e, s->isolation);
    if (s->isolation == ISOLATION_UNKNOWN) {
        return true;
    }
    if (!e->windows && !runtime) {
        char *reason = api_why_not(e, s->isolation);
        error_set(why, ERROR_UNSUPPORTED, 0, "cannot launch %s isolated by %s: %s", s->image,
                  isolation_word(s->isolation, HYPERVISOR_OTHER),
                  reason ? reason : "its runtimes are not known");
        free(reason);
        return false;
    }
    if (e->windows) {
        add_text(host, "Isolation", s->isolation == ISOLATION_VM ? "hyperv" : "process");
    } else if (!e->default_runtime || strcmp(runtime, e->default_runtime) != 0) {
        add_text(host, "Runtime", runtime);
    }
    return true;
}

static bool has_device(const struct launch_spec *s)
{
    for (size_t i = 0; i < s->n_crossings; i++) {
        if (s->crossings[i].kind == CROSSING_DEVICE) {
            return true;
        }
    }
    return false;
}

static bool put_mode(cJSON *host, const struct launch_spec *s, const struct api_engine *e, struct error *why)
{
    enum isolation effective = s->isolation == ISOLATION_UNKNOWN ? e->isolation : s->isolation;
    bool shares = s->network && strncmp(s->network, "container:", 10) == 0;
    if (e->windows && effective == ISOLATION_VM && (has_device(s) || shares)) {
        error_set(
            why, ERROR_UNSUPPORTED, 0,
            "cannot launch %s with hyperv isolation: Windows gives %s to process-isolated containers only",
            s->image, shares ? "another container's network" : "devices");
        return false;
    }
    return api_put_isolation(host, s, e, why);
}

/* The network with a way out is called "nat" on Windows and "bridge" on Linux. */
const char *api_network(const char *wish, bool windows)
{
    bool usual = wish && (strcmp(wish, "nat") == 0 || strcmp(wish, "bridge") == 0);
    return usual ? windows ? "nat" : "bridge" : wish;
}

static cJSON *host_config(const struct launch_spec *s, bool windows)
{
    cJSON *host = cJSON_CreateObject();
    if (s->memory) {
        cJSON_AddNumberToObject(host, "Memory", (double)s->memory);
    }
    if (s->cpus > 0) {
        cJSON_AddNumberToObject(host, "NanoCpus", (double)(int64_t)(s->cpus * 1e9 + 0.5));
    }
    if (s->rows > 0 && s->cols > 0) {
        const int size[] = {s->rows, s->cols};
        cJSON_AddItemToObject(host, "ConsoleSize", cJSON_CreateIntArray(size, 2));
    }
    cJSON_AddBoolToObject(host, "AutoRemove", s->remove);
    add_text(host, "NetworkMode", api_network(s->network, windows));
    return host;
}

cJSON *api_create(const struct launch_spec *s, const struct api_engine *e, struct error *why)
{
    cJSON *body = cJSON_CreateObject(), *host = host_config(s, e->windows);
    add_text(body, "Image", s->image);
    add_text(body, "Hostname", s->hostname);
    add_text(body, "WorkingDir", s->workdir);
    add_text(body, "User", s->user);
    json_add_strings(body, "Cmd", (const char *const *)s->command);
    json_add_strings(body, "Env", (const char *const *)s->env);
    if (s->entrypoint) {
        cJSON_AddItemToArray(part(body, "Entrypoint", true), cJSON_CreateString(s->entrypoint));
    }
    cJSON_AddBoolToObject(body, "Tty", s->terminal);
    cJSON_AddBoolToObject(body, "OpenStdin", s->input);
    /* Held, it waits for the one who attaches before it starts: his end of input is its own. */
    cJSON_AddBoolToObject(body, "StdinOnce", s->input && s->hold);
    put_labels(body, s->labels);
    put_restart(host, s->restart);
    for (size_t i = 0; i < s->n_crossings; i++) {
        api_put_crossing(body, host, &s->crossings[i], e->windows);
    }
    cJSON_AddItemToObject(body, "HostConfig", host);
    if (!put_mode(host, s, e, why)) {
        cJSON_Delete(body);
        return NULL;
    }
    return body;
}
