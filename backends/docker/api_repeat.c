/* A container once more: the engine's own document of it is the body of the new create, so that nothing is
 * lost that porthole does not know. Only what the mode changes, what a spec says otherwise, and what an
 * inspect writes in another way than a create reads, is written anew.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/docker/api_options.h"
#include "backends/docker/api_spec.h"
#include "backends/json.h"
#include "core/memory.h"
#include "core/port.h"

struct repeating {
    cJSON *body, *host;
    const cJSON *json;
    const struct launch_spec *want;
    struct launch_spec was;
    const struct api_engine *engine;
    struct text *lost;
};

static void drop_member(cJSON *o, const char *member)
{
    cJSON_DeleteItemFromObjectCaseSensitive(o, member);
}

static void set_text(cJSON *o, const char *member, const char *value)
{
    drop_member(o, member);
    cJSON_AddStringToObject(o, member, value ? value : "");
}

/* A member that is a list; what is none (null) becomes an empty one. */
static cJSON *list_of(cJSON *o, const char *member)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(o, member);
    if (!cJSON_IsArray(list)) {
        drop_member(o, member);
        list = cJSON_AddArrayToObject(o, member);
    }
    return list;
}

/* What an inspect writes in another way than a create reads. */

static bool mounts_at(const struct launch_spec *s, const char *inside)
{
    for (size_t i = 0; i < s->n_crossings; i++) {
        if (s->crossings[i].kind == CROSSING_FOLDER && strcmp(s->crossings[i].inside, inside) == 0) {
            return true;
        }
    }
    return false;
}

static cJSON *mount_without_source(cJSON *host, const char *inside)
{
    cJSON *item = NULL;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(host, "Mounts"))
    {
        if (strcmp(json_string(item, "Target", ""), inside) == 0 && !*json_string(item, "Source", "")) {
            return item;
        }
    }
    return NULL;
}

/* A volume without a name in the request has one in the list of mounts: by that it goes along. */
static void name_volumes(struct repeating *r)
{
    const cJSON *m = NULL;
    cJSON_ArrayForEach(m, json_at(r->json, "Mounts"))
    {
        const char *name = json_string(m, "Name", ""), *inside = json_string(m, "Destination", "");
        if (strcmp(json_string(m, "Type", ""), "volume") != 0 || !*name || mounts_at(&r->was, inside) ||
            mounts_at(r->want, inside)) {
            continue;
        }
        cJSON *mount = mount_without_source(r->host, inside);
        if (mount) {
            set_text(mount, "Source", name);
        } else {
            struct text bind = {0};
            text_addf(&bind, "%s:%s%s", name, inside, json_bool(m, "RW", true) ? "" : ":ro");
            cJSON_AddItemToArray(list_of(r->host, "Binds"), cJSON_CreateString(text_of(&bind)));
            text_done(&bind);
        }
    }
}

/* "/db:/web/alias" is asked for as "db:alias". */
static void write_links(cJSON *host)
{
    cJSON *links = cJSON_CreateArray();
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_at(host, "Links"))
    {
        const char *link = json_word(item), *colon = strchr(link, ':'), *alias = strrchr(link, '/');
        struct text t = {0};
        if (*link == '/' && colon && alias > colon) {
            text_add_n(&t, link + 1, (size_t)(colon - link - 1));
            text_addf(&t, ":%s", alias + 1);
        } else {
            text_add(&t, link);
        }
        cJSON_AddItemToArray(links, cJSON_CreateString(text_of(&t)));
        text_done(&t);
    }
    drop_member(host, "Links");
    if (links->child) {
        cJSON_AddItemToObject(host, "Links", links);
    } else {
        cJSON_Delete(links);
    }
}

/* The engine adds it by itself where it is due; twice it would grow with each relaunch. */
static void drop_added_label(cJSON *host)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(host, "SecurityOpt");
    bool added = strcmp(json_string(host, "PidMode", ""), "host") == 0 ||
                 strcmp(json_string(host, "IpcMode", ""), "host") == 0 ||
                 json_bool(host, "Privileged", false);
    for (int i = cJSON_GetArraySize(list); added && i-- > 0;) {
        if (strcmp(json_word(cJSON_GetArrayItem(list, i)), "label=disable") == 0) {
            cJSON_DeleteItemFromArray(list, i);
        }
    }
}

/* Podman tells "RLIMIT_NOFILE" of what is asked for as "nofile". */
static void write_ulimits(cJSON *host)
{
    cJSON *item = NULL;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(host, "Ulimits"))
    {
        const char *name = json_string(item, "Name", "");
        if (strncmp(name, "RLIMIT_", 7) == 0) {
            char *plain = mem_string(name + 7);
            for (char *c = plain; *c; c++) {
                *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
            }
            set_text(item, "Name", plain);
            free(plain);
        }
    }
}

/* A hostname that nobody chose is the id's beginning, or another's: who shares a namespace must not name it.
 */
static void write_names(struct repeating *r)
{
    const char *id = json_string(r->json, "Id", "?"), *network = json_string(r->host, "NetworkMode", "");
    bool joined = strncmp(network, "container:", 10) == 0;
    if (joined || strcmp(json_string(r->host, "UTSMode", ""), "host") == 0 ||
        strncmp(json_string(r->body, "Hostname", ""), id, 12) == 0) {
        drop_member(r->body, "Hostname");
    }
    if (joined) {
        drop_member(r->body, "Domainname");
        drop_member(r->body, "ExposedPorts");
    }
    if (r->engine->podman) { /* it writes the name of the old one into the environment */
        cJSON *env = cJSON_GetObjectItemCaseSensitive(r->body, "Env");
        for (int i = cJSON_GetArraySize(env); i-- > 0;) {
            const char *entry = json_word(cJSON_GetArrayItem(env, i));
            if (strncmp(entry, "HOSTNAME=", 9) == 0 && strncmp(entry + 9, id, 12) == 0) {
                cJSON_DeleteItemFromArray(env, i);
            }
        }
    }
}

/* What the spec says otherwise than the container. */

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_block(char *const *a, char *const *b)
{
    size_t i = 0;
    for (; a && a[i] && b && b[i]; i++) {
        if (strcmp(a[i], b[i]) != 0) {
            return false;
        }
    }
    return !(a && a[i]) && !(b && b[i]);
}

/* From a body that was made from the spec alone. */
static void take(cJSON *to, cJSON *from, const char *member)
{
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(from, member);
    drop_member(to, member);
    if (item) {
        cJSON_AddItemToObject(to, member, item);
    }
}

/* One that is left out would be the image's; "" is how a create says that there is none. */
static void set_no_entrypoint(cJSON *body)
{
    cJSON_AddItemToArray(list_of(body, "Entrypoint"), cJSON_CreateString(""));
}

static void take_words(struct repeating *r, cJSON *body)
{
    const struct launch_spec *a = r->want, *b = &r->was;
    const struct {
        const char *member;
        bool same;
    } members[] = {
        {"Hostname", same_text(a->hostname, b->hostname)},
        {"WorkingDir", same_text(a->workdir, b->workdir)},
        {"User", same_text(a->user, b->user)},
        {"Env", same_block(a->env, b->env)},
        {"Labels", same_block(a->labels, b->labels)},
        {"Tty", a->terminal == b->terminal},
        {"OpenStdin", a->input == b->input},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (!members[i].same) {
            take(r->body, body, members[i].member);
        }
    }
    if (!same_text(a->entrypoint, b->entrypoint) || !same_block(a->command, b->command)) {
        take(r->body, body, "Entrypoint");
        take(r->body, body, "Cmd");
    }
    bool same_image = same_text(a->image, b->image);
    if (same_image && api_empty(json_at(r->json, "Config.Entrypoint")) &&
        api_empty(json_at(r->body, "Entrypoint"))) {
        set_no_entrypoint(r->body);
    }
}

static void take_limits(struct repeating *r, cJSON *host)
{
    const struct launch_spec *a = r->want, *b = &r->was;
    const char *network = api_network(a->network, r->engine->windows);
    if (a->cpus != b->cpus) {
        take(r->host, host, "NanoCpus");
    }
    if (a->memory != b->memory) { /* the limit with swap was made for the other one */
        take(r->host, host, "Memory");
        drop_member(r->host, "MemorySwap");
    }
    if (a->remove != b->remove) {
        take(r->host, host, "AutoRemove");
    }
    if (!same_text(a->restart, b->restart)) {
        take(r->host, host, "RestartPolicy");
    }
    if (!same_text(network, api_network(b->network, r->engine->windows))) {
        take(r->host, host, "NetworkMode");
    }
}

static bool is_every(const char *address)
{
    return !*address || strcmp(address, "0.0.0.0") == 0;
}

static bool same_crossing(const struct crossing *a, const struct crossing *b)
{
    struct port p, q;
    const char *inside = *a->inside ? a->inside : a->outside, *other = *b->inside ? b->inside : b->outside;
    if (a->kind != b->kind) {
        return false;
    }
    if (port_of(a, &p) && port_of(b, &q)) {
        bool every = is_every(p.address) && is_every(q.address);
        return p.outside == q.outside && p.inside == q.inside && p.protocol == q.protocol &&
               (every || strcmp(p.address, q.address) == 0);
    }
    return strcmp(a->outside, b->outside) == 0 && strcmp(inside, other) == 0 && a->read_only == b->read_only;
}

static bool has_crossing(const struct launch_spec *s, const struct crossing *c)
{
    for (size_t i = 0; i < s->n_crossings; i++) {
        if (same_crossing(&s->crossings[i], c)) {
            return true;
        }
    }
    return false;
}

/* Is this entry of a HostConfig's member one that the spec does not have? port: the key of PortBindings. */
static bool is_unwanted(const struct repeating *r, const char *member, const char *port, const cJSON *entry)
{
    struct launch_spec s;
    cJSON *host = cJSON_CreateObject(), *list = cJSON_CreateArray();
    cJSON_AddItemToArray(list, cJSON_Duplicate(entry, true));
    cJSON_AddItemToObject(port ? cJSON_AddObjectToObject(host, member) : host, port ? port : member, list);
    launch_spec_init(&s);
    api_crossings(&s, host, r->engine->windows);
    bool unwanted = s.n_crossings > 0 && !has_crossing(r->want, &s.crossings[0]);
    launch_spec_done(&s);
    cJSON_Delete(host);
    return unwanted;
}

static void drop_unwanted(const struct repeating *r, cJSON *list, const char *member, const char *port)
{
    for (int i = cJSON_GetArraySize(list); i-- > 0;) {
        if (is_unwanted(r, member, port, cJSON_GetArrayItem(list, i))) {
            cJSON_DeleteItemFromArray(list, i);
        }
    }
}

static void take_crossings(struct repeating *r)
{
    static const char *const members[] = {"Binds", "Mounts", "Devices"};
    cJSON *ports = cJSON_GetObjectItemCaseSensitive(r->host, "PortBindings"), *port = NULL;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        drop_unwanted(r, cJSON_GetObjectItemCaseSensitive(r->host, members[i]), members[i], NULL);
    }
    cJSON_ArrayForEach(port, ports)
    {
        drop_unwanted(r, port, "PortBindings", port->string);
    }
    for (size_t i = 0; i < r->want->n_crossings; i++) {
        if (!has_crossing(&r->was, &r->want->crossings[i])) {
            api_put_crossing(r->body, r->host, &r->want->crossings[i], r->engine->windows);
        }
    }
}

/* The mode. */

static void lose(struct repeating *r, const char *option, const char *value)
{
    text_addf(r->lost, "%s%s%s", r->lost->len ? "; " : "", option, *value ? " " : "");
    text_add_clean(r->lost, value, strlen(value));
}

/* A VM has a kernel of its own: namespaces of the host's cannot be shared with it. */
static void lose_shared(struct repeating *r)
{
    static const char *const members[] = {"NetworkMode", "PidMode", "IpcMode", "UTSMode"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const char *mode = json_string(r->host, members[i], "");
        const struct api_option *o = api_option_find(members[i], true);
        if (api_is_shared(mode) && o) {
            lose(r, o->option, mode);
            drop_member(r->host, members[i]);
        }
    }
}

/* And these are rules for the host's kernel, which runtimes of VMs do not pass on. */
static void lose_profiles(struct repeating *r)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(r->host, "SecurityOpt");
    for (int i = cJSON_GetArraySize(list); i-- > 0;) {
        const char *word = json_word(cJSON_GetArrayItem(list, i)), *value = strchr(word, '=');
        bool profile = strncmp(word, "seccomp", 7) == 0 || strncmp(word, "apparmor", 8) == 0;
        if (profile && value && strcmp(value + 1, "unconfined") != 0) {
            lose(r, *word == 's' ? "--security-opt seccomp" : "--security-opt apparmor", "");
            cJSON_DeleteItemFromArray(list, i);
        }
    }
}

/* Windows gives these to process isolation only. */
static void lose_devices(struct repeating *r)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_at(r->host, "Devices"))
    {
        lose(r, "--device", json_string(item, "PathOnHost", ""));
    }
    drop_member(r->host, "Devices");
    if (strncmp(json_string(r->host, "NetworkMode", ""), "container:", 10) == 0) {
        lose(r, "--network", json_string(r->host, "NetworkMode", ""));
        drop_member(r->host, "NetworkMode");
    }
}

static bool change_mode(struct repeating *r, struct error *why)
{
    enum isolation mode = r->want->isolation;
    bool same = mode == ISOLATION_UNKNOWN || mode == r->was.isolation;
    if (r->engine->podman) {
        lose(r, API_PODMAN_UNTOLD, "");
    }
    if (same) {
        return true;
    }
    if (mode == ISOLATION_VM && r->engine->windows) {
        lose_devices(r);
    } else if (mode == ISOLATION_VM) {
        lose_shared(r);
        lose_profiles(r);
    }
    drop_member(r->host, r->engine->windows ? "Isolation" : "Runtime");
    return api_put_isolation(r->host, r->want, r->engine, why);
}

/* Networks. */

static cJSON *endpoint_of(const cJSON *network, const char *id)
{
    static const char *const members[] = {"IPAMConfig", "Links", "Aliases", "DriverOpts", "GwPriority"};
    cJSON *endpoint = cJSON_CreateObject();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const cJSON *value = json_at(network, members[i]);
        if (!api_empty(value)) {
            cJSON_AddItemToObject(endpoint, members[i], cJSON_Duplicate(value, true));
        }
    }
    cJSON *aliases = cJSON_GetObjectItemCaseSensitive(endpoint, "Aliases");
    for (int i = cJSON_GetArraySize(aliases); i-- > 0;) {
        if (api_is_own_alias(cJSON_GetArrayItem(aliases, i), id)) {
            cJSON_DeleteItemFromArray(aliases, i);
        }
    }
    return endpoint;
}

/* The one that NetworkMode names, by its name or id. */
static bool is_first(const cJSON *network, const char *mode)
{
    return strcmp(network->string, mode) == 0 || strcmp(json_string(network, "NetworkID", ""), mode) == 0;
}

/* Networks of docker's own ("bridge", "none", "host") take nothing of this. */
static bool is_own_network(const char *name)
{
    static const char *const names[] = {"bridge", "none", "host", "default", "nat", "podman"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* It may have left the network that it was created for, and Podman says "bridge" of every one: then this is
 * one that it is in, or none, because a create would bring it into the other. */
static const char *first_network(const struct repeating *r)
{
    const char *mode = json_string(r->json, "HostConfig.NetworkMode", "");
    const cJSON *network = NULL, *told = json_at(r->json, "NetworkSettings.Networks");
    bool own = !*mode || is_own_network(mode);
    cJSON_ArrayForEach(network, told)
    {
        if (is_first(network, mode) || (own && is_own_network(network->string))) {
            return mode;
        }
    }
    if (!told || api_is_shared(mode) || (!told->child && (own || r->engine->podman))) {
        return mode;
    }
    return told->child ? told->child->string : "none";
}

static cJSON *connect_networks(struct repeating *r)
{
    const char *was = first_network(r), *id = json_string(r->json, "Id", "?");
    const char *kept = json_string(r->json, "HostConfig.NetworkMode", "");
    cJSON *networks = cJSON_CreateObject();
    if (strcmp(json_string(r->host, "NetworkMode", ""), kept) == 0 && strcmp(kept, was) != 0) {
        set_text(r->host, "NetworkMode", was);
    }
    const char *mode = json_string(r->host, "NetworkMode", "");
    const cJSON *network = NULL, *told = json_at(r->json, "NetworkSettings.Networks");
    cJSON_ArrayForEach(network, told)
    {
        bool first = is_first(network, was);
        if (api_is_shared(mode) || is_own_network(network->string) || (first && strcmp(was, mode) != 0)) {
            continue;
        }
        cJSON *endpoint = endpoint_of(network, id);
        if (first) {
            cJSON *config = cJSON_AddObjectToObject(r->body, "NetworkingConfig");
            cJSON_AddItemToObject(cJSON_AddObjectToObject(config, "EndpointsConfig"), network->string,
                                  cJSON_Duplicate(endpoint, true));
        }
        cJSON_AddItemToObject(networks, network->string, endpoint);
    }
    return networks;
}

bool api_repeat(struct api_repeat *out, const cJSON *json, const char *image, const struct launch_spec *spec,
                const struct api_engine *e, struct error *why)
{
    const struct api_engine plain = {.windows = e->windows};
    struct launch_spec settings = *spec; /* borrowed: only what it says besides the mode */
    *out = (struct api_repeat){0};
    struct repeating r = {.json = json, .want = spec, .engine = e, .lost = &out->lost};
    settings.isolation = ISOLATION_UNKNOWN;
    cJSON *fresh = api_create(&settings, &plain, why);
    if (!fresh || !cJSON_IsObject(json_at(json, "Config")) || !cJSON_IsObject(json_at(json, "HostConfig"))) {
        cJSON_Delete(fresh);
        return error_set(why, ERROR_PROTOCOL, 0, "the engine does not tell its settings") == 0;
    }
    r.body = out->body = cJSON_Duplicate(json_at(json, "Config"), true);
    r.host = cJSON_Duplicate(json_at(json, "HostConfig"), true);
    cJSON_AddItemToObject(r.body, "HostConfig", r.host);
    api_spec(&r.was, json, e);
    set_text(r.body, "Image", image);
    drop_member(r.host, "ContainerIDFile");
    drop_added_label(r.host);
    write_links(r.host);
    write_ulimits(r.host);
    write_names(&r);
    take_words(&r, fresh);
    take_limits(&r, cJSON_GetObjectItemCaseSensitive(fresh, "HostConfig"));
    take_crossings(&r);
    name_volumes(&r);
    bool ok = change_mode(&r, why);
    out->networks = connect_networks(&r);
    launch_spec_done(&r.was);
    cJSON_Delete(fresh);
    return ok;
}

void api_repeat_done(struct api_repeat *r)
{
    cJSON_Delete(r->body);
    cJSON_Delete(r->networks);
    text_done(&r->lost);
    *r = (struct api_repeat){0};
}
