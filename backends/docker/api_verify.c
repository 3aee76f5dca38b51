/* What was asked for, against what the engine says that it has made. Both are its own documents: the body of
 * a create and the answer to an inspect.
 *
 * Docker tells every setting, and null where there is none. Podman's inspect leaves out much (4.3): null, and
 * what is missing, then says nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/api.h"
#include "backends/docker/api_options.h"
#include "backends/json.h"
#include "core/memory.h"

enum { VALUE_MOST = 60 };

struct verifying {
    const cJSON *asked_host, *got, *got_host;
    const struct api_engine *engine;
    struct text *differs;
};

/* Words. */

static void add_json(struct text *t, const cJSON *value)
{
    char *print = cJSON_PrintUnformatted(value);
    bool word = cJSON_IsString(value) && print[0] == '"';
    size_t len = strlen(print) - (word ? 2 : 0);
    text_add_clean(t, print + word, len > VALUE_MOST ? VALUE_MOST : len);
    text_add(t, len > VALUE_MOST ? "..." : "");
    free(print);
}

/* Mounts and devices as a person asks for them, the rest as the engine has it. */
static void add_value(struct text *t, const cJSON *value)
{
    const cJSON *item = NULL;
    const char *device = json_string(value, "PathOnHost", ""), *place = json_string(value, "Destination", "");
    if (api_empty(value)) {
        text_add(t, "nothing");
    } else if (*device) {
        text_addf(t, "%.48s:%.48s:%.8s", device, json_string(value, "PathInContainer", ""),
                  json_string(value, "CgroupPermissions", ""));
    } else if (*place) {
        const char *name = json_string(value, "Name", "");
        text_addf(t, "%.64s:%.48s%s", *name ? name : json_string(value, "Source", ""), place,
                  json_bool(value, "RW", true) ? "" : ":ro");
    } else if (cJSON_IsArray(value)) {
        cJSON_ArrayForEach(item, value)
        {
            text_add(t, item == value->child ? "" : ",");
            add_value(t, item);
        }
    } else {
        add_json(t, value);
    }
}

static void differ(struct verifying *v, const char *what, const cJSON *asked, const cJSON *got)
{
    struct text *t = v->differs;
    text_addf(t, "%s%s: asked ", t->len ? "; " : "", what);
    add_value(t, asked);
    text_add(t, ", got ");
    add_value(t, got);
}

/* Mounts: HostConfig tells them as they were asked for, the list of mounts as they will be. */

static bool is_drive(const char *s)
{
    return ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z')) && s[1] == ':';
}

struct mount { /* of HostConfig.Binds or .Mounts; owns its strings */
    char *outside, *inside;
    bool read_only, ok;
};

static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    const char *at = list;
    while (strncmp(at, word, len) != 0 || (at[len] != ',' && at[len] != '\0')) {
        const char *comma = strchr(at, ',');
        if (!comma) {
            return false;
        }
        at = comma + 1;
    }
    return true;
}

/* "OUTSIDE:INSIDE[:OPTIONS]" */
static struct mount mount_of_bind(const char *bind, bool windows)
{
    struct mount m = {0};
    const char *middle = strchr(bind + (windows && is_drive(bind) ? 2 : 0), ':');
    const char *inside = middle ? middle + 1 : "";
    const char *options = strchr(inside + (windows && is_drive(inside) ? 2 : 0), ':');
    if (middle) {
        size_t len = options ? (size_t)(options - inside) : strlen(inside);
        m = (struct mount){mem_string_n(bind, (size_t)(middle - bind)), mem_string_n(inside, len),
                           options && has_word(options + 1, "ro"), true};
    }
    return m;
}

static struct mount mount_of(const cJSON *item, bool windows)
{
    if (cJSON_IsString(item)) {
        return mount_of_bind(item->valuestring, windows);
    }
    return (struct mount){mem_string(json_string(item, "Source", "")),
                          mem_string(json_string(item, "Target", "")), json_bool(item, "ReadOnly", false),
                          *json_string(item, "Target", "") != '\0'};
}

static void mount_done(struct mount *m)
{
    free(m->outside);
    free(m->inside);
}

static const cJSON *find_mount(const struct verifying *v, const char *inside)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_at(v->got, "Mounts"))
    {
        if (api_paths_agree(json_string(item, "Destination", ""), inside, v->engine->windows)) {
            return item;
        }
    }
    return NULL;
}

/* Is the same said in one of HostConfig's lists? */
static bool in_list(const struct verifying *v, const cJSON *list, const struct mount *m)
{
    const cJSON *item = NULL;
    bool found = false;
    cJSON_ArrayForEach(item, list)
    {
        struct mount other = mount_of(item, v->engine->windows);
        found = found || (m->ok && other.ok && other.read_only == m->read_only &&
                          api_paths_agree(other.outside, m->outside, v->engine->windows) &&
                          api_paths_agree(other.inside, m->inside, v->engine->windows));
        mount_done(&other);
    }
    return found;
}

static bool in_host(const struct verifying *v, const cJSON *host, const struct mount *m)
{
    return in_list(v, json_at(host, "Binds"), m) || in_list(v, json_at(host, "Mounts"), m);
}

/* An engine in a VM of the desktop tells "/host_mnt/Users/me" of "/Users/me", and of "C:\\Users\\me" a path
 * with that end. */
static bool ends_with(const char *told, const char *asked)
{
    const char *path = is_drive(asked) ? asked + 2 : asked;
    size_t whole = strlen(told), len = strlen(path);
    while (len > 1 && (path[len - 1] == '/' || path[len - 1] == '\\')) {
        len--;
    }
    if (len < 2 || len > whole) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char a = told[whole - len + i], b = path[i];
        if (a != b && !(a == '/' && b == '\\')) {
            return false;
        }
    }
    return true;
}

static bool same_source(const struct verifying *v, const cJSON *got, const struct mount *m)
{
    const char *source = json_string(got, "Source", "");
    return !*m->outside || strcmp(json_string(got, "Name", ""), m->outside) == 0 ||
           api_paths_agree(source, m->outside, v->engine->windows) ||
           (ends_with(source, m->outside) && in_host(v, v->got_host, m));
}

static void verify_mount(struct verifying *v, const struct api_option *o, const cJSON *asked)
{
    struct mount m = mount_of(asked, v->engine->windows);
    bool listed = cJSON_IsArray(json_at(v->got, "Mounts"));
    const cJSON *got = m.ok && listed ? find_mount(v, m.inside) : NULL;
    bool same = listed ? got && json_bool(got, "RW", true) == !m.read_only && same_source(v, got, &m)
                       : in_host(v, v->got_host, &m);
    if (m.ok && !same) {
        differ(v, o->option, asked, got);
    }
    mount_done(&m);
}

static void verify_mounts(struct verifying *v, const struct api_option *o)
{
    const cJSON *item = NULL;
    const cJSON *more = v->engine->podman ? NULL : json_at(v->got_host, o->member); /* it may add its own */
    cJSON_ArrayForEach(item, json_at(v->asked_host, o->member))
    {
        verify_mount(v, o, item);
    }
    cJSON_ArrayForEach(item, more)
    {
        struct mount m = mount_of(item, v->engine->windows);
        if (m.ok && !in_host(v, v->asked_host, &m)) {
            differ(v, o->option, NULL, item);
        }
        mount_done(&m);
    }
}

/* All. */

static void verify_option(struct verifying *v, const struct api_option *o, const cJSON *asked,
                          const cJSON *got)
{
    const struct api_compared how = {v->engine->windows, v->engine->podman,
                                     json_at(v->got, "NetworkSettings.Networks")};
    bool told = !v->engine->podman || (got && !cJSON_IsNull(got));
    bool wanted = asked || (o->opening && !v->engine->podman); /* Podman adds what its settings say */
    if (o->compare == COMPARE_MOUNTS) {
        verify_mounts(v, o);
    } else if (told && wanted && !api_agree(&how, o, asked, got)) {
        differ(v, o->option, asked, got);
    }
}

bool api_verify(const cJSON *asked, const cJSON *got, const struct api_engine *e, struct text *differs)
{
    struct verifying v = {.asked_host = json_at(asked, "HostConfig"),
                          .got = got,
                          .got_host = json_at(got, "HostConfig"),
                          .engine = e,
                          .differs = differs};
    for (size_t i = 0; i < api_n_options; i++) {
        const struct api_option *o = &api_options[i];
        verify_option(&v, o, json_at(o->in_host ? v.asked_host : asked, o->member),
                      json_at(o->in_host ? v.got_host : json_at(got, "Config"), o->member));
    }
    return differs->len == 0;
}

bool api_verify_networks(const cJSON *networks, const cJSON *got, const struct api_engine *e,
                         struct text *differs)
{
    struct verifying v = {.got = got, .engine = e, .differs = differs};
    const cJSON *network = NULL, *all = json_at(got, "NetworkSettings.Networks");
    cJSON_ArrayForEach(network, networks)
    {
        const cJSON *is = cJSON_GetObjectItemCaseSensitive(all, network->string);
        if (!is || !api_within(network, is)) {
            struct text what = {0};
            text_addf(&what, "--network %.64s", network->string);
            differ(&v, text_of(&what), network, is);
            text_done(&what);
        }
    }
    return differs->len == 0;
}

bool api_verify_isolation(enum isolation mode, const char *runtime, const cJSON *got,
                          const struct api_engine *e, struct text *differs)
{
    enum hypervisor hypervisor = e->windows ? HYPERVISOR_HYPERV : HYPERVISOR_OTHER;
    enum isolation is = ISOLATION_UNKNOWN;
    const char *told =
        e->windows ? json_string(got, "HostConfig.Isolation", "") : api_runtime(json_at(got, "HostConfig"));
    if (e->windows) {
        isolation_parse(told, &is);
    } else if (*told) {
        is = runtimes_isolation(e->rules, told);
    }
    if (mode == ISOLATION_UNKNOWN || is == mode || (mode == ISOLATION_PROCESS && !*told)) {
        return true;
    }
    text_addf(differs, "%sisolation: asked %s%s%s%s, got ", differs->len ? "; " : "",
              isolation_word(mode, hypervisor), runtime ? " (" : "", runtime ? runtime : "",
              runtime ? ")" : "");
    if (*told) {
        text_add_clean(differs, told, strlen(told));
    } else {
        text_addf(differs, "one that %s does not tell", api_title(e));
    }
    return false;
}
