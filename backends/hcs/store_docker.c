/* docker's store: names lead to the digest of an image's configuration, the configuration names the digests
 * of its layers' content, the chain ids made of those are folders that name the layers' folders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/store_parts.h"
#include "backends/json.h"
#include "core/memory.h"
#include "core/text.h"

enum { SMALL_FILE = 256 };

struct reading {
    struct store *store;
    const char *root, *driver, *os;
};

/* What PowerShell writes is UTF-16 with a byte order mark, and docker reads that. */
static char *from_utf16(const char *bytes, size_t len)
{
    const unsigned char *at = (const unsigned char *)bytes;
    bool big = at[0] == 0xFE;
    struct text out = {0};
    uint32_t high = 0;
    text_add(&out, "");
    for (size_t i = 2; i + 1 < len; i += 2) {
        uint32_t unit = big ? (uint32_t)at[i] << 8 | at[i + 1] : (uint32_t)at[i + 1] << 8 | at[i];
        uint32_t code = unit;
        char utf8[4];
        if (unit >= 0xD800 && unit < 0xDC00) {
            high = unit;
            continue;
        }
        if (unit >= 0xDC00 && unit < 0xE000) {
            code = high ? 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00) : 0xFFFD;
        }
        high = 0;
        text_add_n(&out, utf8, text_encode(code, utf8));
    }
    return text_take(&out);
}

static bool is_utf16(const char *text, size_t len)
{
    return len >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0);
}

char *store_data_root(const char *settings, size_t len)
{
    char *utf8 = is_utf16(settings, len) ? from_utf16(settings, len) : NULL;
    cJSON *json = json_parse(utf8 ? utf8 : settings, utf8 ? strlen(utf8) : len, 2 * STORE_JSON, NULL);
    const char *named = json_string(json, "data-root", "");
    char *root = named[0] ? mem_string(named) : NULL;
    cJSON_Delete(json);
    free(utf8);
    return root;
}

static char *data_root(struct store *s, const char *root)
{
    char *path = store_path(root, "config/daemon.json");
    size_t len;
    char *settings = store_read(s, path, STORE_JSON, &len);
    char *named = settings ? store_data_root(settings, len) : NULL;
    free(settings);
    free(path);
    return named;
}

/* A file of one line: its words up to the first blank. NULL: it is not there. */
static char *read_line(const struct reading *r, const char *chain, const char *name)
{
    char *path =
        store_path(r->root, "image/%s/layerdb/sha256/%s/%s", r->driver, chain + strlen("sha256:"), name);
    size_t len;
    char *line = store_read(r->store, path, SMALL_FILE, &len);
    free(path);
    if (line) {
        line[strcspn(line, " \t\r\n")] = '\0';
    }
    return line;
}

/* The path of the layer's folder; NULL when it is not on this host. */
static char *find_layer(const struct reading *r, const char *chain)
{
    char *folder = read_line(r, chain, "cache-id"), *path = NULL;
    if (folder && store_is_plain(folder)) {
        path = store_path(r->root, "%s/%s", r->driver, folder);
    }
    if (path && !store_folder(path)) {
        free(path);
        path = NULL;
    }
    free(folder);
    return path;
}

/* The paths of all its layers, topmost first; NULL when one is missing. */
static cJSON *find_layers(const struct reading *r, const struct store_config *c, uint64_t *size)
{
    cJSON *layers = cJSON_CreateArray();
    for (size_t i = c->layers; i-- > 0;) {
        char *path = find_layer(r, c->chain[i]);
        if (!path) {
            cJSON_Delete(layers);
            return NULL;
        }
        cJSON_AddItemToArray(layers, cJSON_CreateString(path));
        free(path);
        char *bytes = read_line(r, c->chain[i], "size");
        *size += bytes ? strtoull(bytes, NULL, 10) : 0;
        free(bytes);
    }
    return layers;
}

static void read_image(const struct reading *r, const char *name, const char *id)
{
    struct store_config config;
    char *path = store_path(r->root, "image/%s/imagedb/content/sha256/%s", r->driver, id + strlen("sha256:"));
    if (store_config_read(&config, store_json(r->store, path)) && strcmp(config.os, r->os) == 0) {
        struct store_image image = {.name = name, .id = id, .build = config.build};
        image.layers = find_layers(r, &config, &image.size);
        if (image.layers) {
            image.settings = store_config_settings(&config);
            store_add(r->store, &image);
        }
    }
    store_config_done(&config);
    free(path);
}

static void read_names(const struct reading *r)
{
    char *path = store_path(r->root, "image/%s/repositories.json", r->driver);
    cJSON *json = store_json(r->store, path);
    const cJSON *repository = NULL, *id = NULL;
    cJSON_ArrayForEach(repository, json_at(json, "Repositories"))
    {
        cJSON_ArrayForEach(id, repository)
        {
            if (id->string && cJSON_IsString(id) && store_is_digest(id->valuestring) &&
                !store_full(r->store)) {
                read_image(r, id->string, id->valuestring);
            }
        }
    }
    cJSON_Delete(json);
    free(path);
}

void store_docker(struct store *s, const char *root, const char *driver, const char *os)
{
    if (root) {
        char *named = data_root(s, root);
        read_names(&(struct reading){s, named ? named : root, driver, os});
        free(named);
    }
}
