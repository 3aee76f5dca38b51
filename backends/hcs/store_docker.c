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

/* The folder that the daemon's settings name instead of root; NULL: none. A daemon.json that is no JSON stops
 * the daemon too, so nothing is lost with it but its folder. */
static char *data_root(struct store *s, const char *root)
{
    char *path = store_path(root, "config/daemon.json"), *found = NULL;
    size_t len;
    char *text = store_read(s, path, STORE_JSON, &len);
    if (text && is_utf16(text, len)) {
        char *utf8 = from_utf16(text, len);
        free(text);
        text = utf8;
        len = strlen(utf8);
    }
    cJSON *json = text ? json_parse(text, len, STORE_JSON, NULL) : NULL;
    const char *named = json_string(json, "data-root", "");
    if (named[0]) {
        found = mem_string(named);
    }
    cJSON_Delete(json);
    free(text);
    free(path);
    return found;
}

/* A file of one line: its words up to the first blank. NULL: it is not there, or empty. */
static char *read_line(struct store *s, const char *root, const char *chain, const char *name)
{
    char *path =
        store_path(root, "image/windowsfilter/layerdb/sha256/%s/%s", chain + strlen("sha256:"), name);
    size_t len;
    char *line = store_read(s, path, SMALL_FILE, &len);
    free(path);
    if (line) {
        line[strcspn(line, " \t\r\n")] = '\0';
    }
    return line;
}

/* The paths of its layers, topmost first; NULL when one is not on this host. */
static cJSON *find_layers(struct store *s, const char *root, const struct store_config *c, uint64_t *size)
{
    cJSON *layers = cJSON_CreateArray();
    for (size_t i = c->layers; i-- > 0 && layers;) {
        char *folder = read_line(s, root, c->chain[i], "cache-id");
        char *bytes = read_line(s, root, c->chain[i], "size"), *path = NULL;
        if (folder && store_is_plain(folder)) {
            path = store_path(root, "windowsfilter/%s", folder);
        }
        if (path && store_folder(path)) {
            cJSON_AddItemToArray(layers, cJSON_CreateString(path));
            *size += bytes ? strtoull(bytes, NULL, 10) : 0;
        } else {
            cJSON_Delete(layers);
            layers = NULL;
        }
        free(path);
        free(bytes);
        free(folder);
    }
    return layers;
}

static void read_image(struct store *s, const char *root, const char *name, const char *id)
{
    struct store_config config;
    char *path = store_path(root, "image/windowsfilter/imagedb/content/sha256/%s", id + strlen("sha256:"));
    if (store_config_read(&config, store_json(s, path)) && strcmp(config.os, "windows") == 0) {
        struct store_image image = {.name = name, .id = id, .build = config.build};
        image.layers = find_layers(s, root, &config, &image.size);
        if (image.layers) {
            image.command = store_config_command(&config);
            store_add(s, &image);
        }
    }
    store_config_done(&config);
    free(path);
}

void store_docker(struct store *s, const char *root)
{
    char *named = root ? data_root(s, root) : NULL;
    const char *folder = named ? named : root;
    char *path = folder ? store_path(folder, "image/windowsfilter/repositories.json") : NULL;
    cJSON *json = path ? store_json(s, path) : NULL;
    const cJSON *repository = NULL, *id = NULL;
    cJSON_ArrayForEach(repository, json_at(json, "Repositories"))
    {
        cJSON_ArrayForEach(id, repository)
        {
            if (id->string && cJSON_IsString(id) && store_is_digest(id->valuestring) && !store_full(s)) {
                read_image(s, folder, id->string, id->valuestring);
            }
        }
    }
    cJSON_Delete(json);
    free(path);
    free(named);
}
