/* What of an inspected container has no place in a launch_spec. */
#include <stdlib.h>
#include <string.h>

#include "backends/docker/api_options.h"
#include "backends/docker/api_spec.h"
#include "backends/json.h"
#include "core/memory.h"

struct words {
    char **list;
    size_t count, room;
};

static void add(struct words *w, const char *option, const char *value)
{
    struct text t = {0};
    text_add(&t, option);
    if (*value) {
        text_add(&t, " ");
        text_add_clean(&t, value, strlen(value));
    }
    w->list = mem_grow(w->list, &w->room, w->count + 2, sizeof *w->list);
    w->list[w->count++] = text_take(&t);
    w->list[w->count] = NULL;
}

static void add_options(struct words *w, const cJSON *json)
{
    for (size_t i = 0; i < api_n_options; i++) {
        const struct api_option *o = &api_options[i];
        if (o->compare != COMPARE_MOUNTS && api_option_beyond(o, json)) {
            add(w, o->option,
                json_word(json_at(json_at(json, o->in_host ? "HostConfig" : "Config"), o->member)));
        }
    }
}

/* A version of the engine that is newer than the table. */
static void add_unknown(struct words *w, const cJSON *members, bool in_host)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, members)
    {
        if (!api_option_find(item->string, in_host) && !api_empty(item)) {
            add(w, "the setting", item->string);
        }
    }
}

/* A spec says "ro", and nothing else. */
static void add_mounts(struct words *w, const cJSON *host)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_at(host, "Binds"))
    {
        const char *options = strrchr(json_word(item), ':');
        bool path = !options || strpbrk(options, "/\\") != NULL;
        if (!path && strcmp(options, ":ro") != 0 && strcmp(options, ":rw") != 0) {
            add(w, "--volume", json_word(item));
        }
    }
    cJSON_ArrayForEach(item, json_at(host, "Mounts"))
    {
        bool plain = *json_string(item, "Source", "") && api_empty(json_at(item, "BindOptions")) &&
                     api_empty(json_at(item, "VolumeOptions")) && api_empty(json_at(item, "ImageOptions"));
        if (!plain) {
            add(w, "--mount", json_string(item, "Target", ""));
        }
    }
}

static void add_devices(struct words *w, const cJSON *host)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_at(host, "Devices"))
    {
        const char *rights = json_string(item, "CgroupPermissions", "");
        if (*rights && strcmp(rights, "r") != 0 && strcmp(rights, "rwm") != 0) {
            add(w, "--device", json_string(item, "PathOnHost", ""));
        }
    }
}

static void add_networks(struct words *w, const cJSON *json)
{
    const cJSON *network = NULL, *item = NULL;
    const cJSON *networks = json_at(json, "NetworkSettings.Networks");
    bool first = true;
    cJSON_ArrayForEach(network, networks)
    {
        if (!first) {
            add(w, "--network", network->string);
        }
        first = false;
        cJSON_ArrayForEach(item, json_at(network, "Aliases"))
        {
            if (!api_is_own_alias(item, json_string(json, "Id", "?"))) {
                add(w, "--network-alias", json_word(item));
            }
        }
        cJSON_ArrayForEach(item, json_at(network, "IPAMConfig"))
        {
            add(w, "--ip", json_word(item));
        }
    }
}

char **api_beyond(const cJSON *json, const struct api_engine *e)
{
    struct words w = {0};
    const cJSON *host = json_at(json, "HostConfig");
    add_options(&w, json);
    add_unknown(&w, json_at(json, "Config"), false);
    add_unknown(&w, host, true);
    add_mounts(&w, host);
    add_devices(&w, host);
    add_networks(&w, json);
    if (e->podman) {
        add(&w, API_PODMAN_UNTOLD, "");
    }
    char **block = mem_strings((const char *const *)w.list);
    for (size_t i = 0; i < w.count; i++) {
        free(w.list[i]);
    }
    free(w.list);
    return block;
}

bool api_alone(const cJSON *json)
{
    const cJSON *item = NULL, *networks = json_at(json, "NetworkSettings.Networks");
    bool alone = *json_string(json, "Config.MacAddress", "") != '\0';
    cJSON_ArrayForEach(item, networks)
    {
        alone = alone || !api_empty(json_at(item, "IPAMConfig"));
    }
    cJSON_ArrayForEach(item, json_at(json, "Mounts"))
    {
        alone =
            alone || (strcmp(json_string(item, "Type", ""), "volume") == 0 && json_bool(item, "RW", true));
    }
    return alone;
}
