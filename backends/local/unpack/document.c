#include "backends/local/unpack/document.h"

#include <stdlib.h>
#include <string.h>

#include "backends/json.h"
#include "backends/local/unpack/limits.h"
#include "core/memory.h"
#include "core/text.h"
#include "core/times.h"

enum { SHOWN_CHOICES = 8 };

void document_image_done(struct document_image *i)
{
    free(i->config);
    free(i->layers);
    *i = (struct document_image){0};
}

void document_config_done(struct document_config *c)
{
    image_facts_done(&c->facts);
    free(c->layers);
    *c = (struct document_config){0};
}

bool document_is_digest(const char *digest)
{
    return strncmp(digest, "sha256:", 7) == 0 && strspn(digest + 7, "0123456789abcdef") == 64 &&
           digest[7 + 64] == '\0';
}

static cJSON *parse(const char *json, size_t len, const char *what, struct error *e)
{
    cJSON *document = json_parse(json, len, LIMIT_JSON, e);
    if (!document) {
        error_wrap(e, "The image's %s cannot be understood", what);
    }
    return document;
}

static bool layers_countable(int count, struct error *e)
{
    if (count < 1 || count > LIMIT_LAYERS) {
        error_set(e, ERROR_INVALID, 0,
                  "The image has %d layers, and 1 to %d can be unpacked; the import is refused", count,
                  LIMIT_LAYERS);
        return false;
    }
    return true;
}

/* "docker.io/library/busybox:latest" -> "busybox"; the caller frees. NULL when it cannot be a name. */
static char *short_name(const char *name)
{
    static const char *const homes[] = {"docker.io/library/", "docker.io/"};
    for (size_t i = 0; i < sizeof(homes) / sizeof(*homes); i++) {
        if (strncmp(name, homes[i], strlen(homes[i])) == 0) {
            name += strlen(homes[i]);
            break;
        }
    }
    return image_name_clean(name, NULL);
}

static bool same_name(const char *a, const char *b)
{
    char *left = short_name(a), *right = short_name(b);
    bool same = left && right && strcmp(left, right) == 0;
    free(left);
    free(right);
    return same;
}

static bool tagged(const cJSON *image, const char *name)
{
    const cJSON *tag;
    cJSON_ArrayForEach(tag, json_at(image, "RepoTags"))
    {
        if (cJSON_IsString(tag) && same_name(tag->valuestring, name)) {
            return true;
        }
    }
    return false;
}

static void add_choice(struct text *choices, const char *choice)
{
    if (choices->len < SHOWN_CHOICES * 20) {
        text_add(choices, choices->len > 0 ? ", " : "");
        text_add_clean(choices, choice, strnlen(choice, 60));
    }
}

static const cJSON *choose_docker(const cJSON *images, const char *name, struct error *e)
{
    int count = cJSON_IsArray(images) ? cJSON_GetArraySize(images) : 0;
    if (count == 1) {
        return images->child;
    }
    struct text tags = {0};
    const cJSON *image, *tag, *chosen = NULL;
    cJSON_ArrayForEach(image, images)
    {
        chosen = !chosen && tagged(image, name) ? image : chosen;
        cJSON_ArrayForEach(tag, json_at(image, "RepoTags"))
        {
            add_choice(&tags, cJSON_IsString(tag) ? tag->valuestring : "?");
        }
    }
    if (!chosen && count == 0) {
        error_set(e, ERROR_INVALID, 0, "The archive's manifest.json names no image; save it again");
    } else if (!chosen) {
        error_set(e, ERROR_INVALID, 0, "The archive has %d images; import one under its tag: %s", count,
                  text_of(&tags));
    }
    text_done(&tags);
    return chosen;
}

bool document_docker(const char *json, size_t len, const char *name, struct document_image *out,
                     struct error *e)
{
    *out = (struct document_image){0};
    cJSON *images = parse(json, len, "manifest.json", e);
    const cJSON *image = images ? choose_docker(images, name, e) : NULL;
    bool good = image != NULL;
    if (good) {
        int count = cJSON_GetArraySize(json_at(image, "Layers"));
        out->config = mem_string(json_string(image, "Config", NULL));
        out->layers = json_strings(image, "Layers");
        good = layers_countable(count, e);
    }
    if (good && (!out->config || !out->layers)) {
        error_set(e, ERROR_INVALID, 0, "The archive's manifest.json lacks Config or Layers; save it again");
        good = false;
    }
    cJSON_Delete(images);
    return good;
}

static bool read_manifest(const cJSON *manifest, struct document_image *out, struct error *e)
{
    const cJSON *layers = json_at(manifest, "layers");
    const cJSON *layer;
    int count = cJSON_GetArraySize(layers), n = 0;
    if (!layers_countable(count, e)) {
        return false;
    }
    const char **digests = mem_new((size_t)count + 1, sizeof(*digests));
    bool good = true;
    cJSON_ArrayForEach(layer, layers)
    {
        digests[n] = json_string(layer, "digest", "");
        good = good && document_is_digest(digests[n++]);
    }
    const char *config = json_string(manifest, "config.digest", "");
    good = good && document_is_digest(config);
    if (good) {
        out->config = mem_string(config);
        out->layers = mem_strings(digests);
    } else {
        error_set(e, ERROR_INVALID, 0,
                  "The image's manifest names a part by something else than sha256; the import is refused");
    }
    free(digests);
    return good;
}

/* How well an index's entry fits: 0 not at all; a platform that is named counts more than none, no variant
 * more than one. */
static int fit(const cJSON *entry, const char *architecture)
{
    const cJSON *platform = json_at(entry, "platform");
    if (!document_is_digest(json_string(entry, "digest", ""))) {
        return 0;
    }
    if (!cJSON_IsObject(platform)) {
        return 1;
    }
    if (strcmp(json_string(platform, "os", ""), "linux") != 0 ||
        strcmp(json_string(platform, "architecture", ""), architecture) != 0) {
        return 0;
    }
    return json_string(platform, "variant", NULL) ? 2 : 3;
}

static const char *annotation(const cJSON *entry, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(json_at(entry, "annotations"), key);
    return cJSON_IsString(value) ? value->valuestring : NULL;
}

static bool annotated(const cJSON *entry, const char *name)
{
    const char *full = annotation(entry, "io.containerd.image.name");
    const char *ref = annotation(entry, "org.opencontainers.image.ref.name");
    return (full && same_name(full, name)) || (ref && same_name(ref, name));
}

static void describe(struct text *choices, const cJSON *entry)
{
    struct text one = {0};
    const char *full = annotation(entry, "io.containerd.image.name");
    const char *ref = full ? full : annotation(entry, "org.opencontainers.image.ref.name");
    text_addf(&one, "%s%s%s/%s", ref ? ref : "", ref ? " for " : "", json_string(entry, "platform.os", "any"),
              json_string(entry, "platform.architecture", "any"));
    add_choice(choices, text_of(&one));
    text_done(&one);
}

static bool choose_next(const cJSON *index, const char *name, const char *architecture, char **next,
                        struct error *e)
{
    struct text choices = {0};
    const cJSON *entry, *best = NULL;
    int best_score = 0;
    bool twins = false;
    cJSON_ArrayForEach(entry, json_at(index, "manifests"))
    {
        int score = fit(entry, architecture);
        score += score > 0 && annotated(entry, name) ? 10 : 0;
        bool other = best && strcmp(json_string(entry, "digest", ""), json_string(best, "digest", "")) != 0;
        twins = score > best_score ? false
                                   : twins || (score > 0 && score == best_score && other && score % 10 != 2);
        best = score > best_score ? entry : best;
        best_score = score > best_score ? score : best_score;
        describe(&choices, entry);
    }
    if (!best) {
        error_set(e, ERROR_UNSUPPORTED, 0, "The image is not there for linux/%s; it has: %s", architecture,
                  choices.len > 0 ? text_of(&choices) : "nothing");
    } else if (twins) {
        error_set(e, ERROR_INVALID, 0, "The archive has several images; import one under its name: %s",
                  text_of(&choices));
    } else {
        *next = mem_string(json_string(best, "digest", ""));
    }
    text_done(&choices);
    return best && !twins;
}

bool document_oci(const char *json, size_t len, const char *name, const char *architecture,
                  struct document_image *out, char **next, struct error *e)
{
    *out = (struct document_image){0};
    *next = NULL;
    cJSON *document = parse(json, len, "index or manifest", e);
    bool good = false;
    if (document && cJSON_IsArray(json_at(document, "manifests"))) {
        good = choose_next(document, name, architecture, next, e);
    } else if (document && cJSON_IsArray(json_at(document, "layers"))) {
        good = read_manifest(document, out, e);
    } else if (document) {
        error_set(e, ERROR_INVALID, 0, "The image's index names neither images nor layers; save it again");
    }
    cJSON_Delete(document);
    return good;
}

static char *filled(const cJSON *config, const char *path)
{
    const char *value = json_string(config, path, "");
    return *value ? mem_string(value) : NULL;
}

static void read_facts(const cJSON *config, struct image_facts *f)
{
    *f = (struct image_facts){
        .config = {.entrypoint = json_strings(config, "config.Entrypoint"),
                   .command = json_strings(config, "config.Cmd"),
                   .env = json_strings(config, "config.Env"),
                   .workdir = filled(config, "config.WorkingDir"),
                   .user = filled(config, "config.User")},
        .os = mem_string(json_string(config, "os", "linux")),
        .architecture = filled(config, "architecture"),
    };
    if (!time_parse(json_string(config, "created", ""), &f->created)) {
        f->created = 0;
    }
}

bool document_config(const char *json, size_t len, struct document_config *out, struct error *e)
{
    *out = (struct document_config){0};
    cJSON *config = parse(json, len, "config", e);
    if (!config) {
        return false;
    }
    const char *os = json_string(config, "os", "linux");
    bool good = strcmp(os, "linux") == 0;
    if (!good) {
        struct text shown = {0};
        text_add_clean(&shown, os, strnlen(os, 40));
        error_set(e, ERROR_UNSUPPORTED, 0, "The image is made for %s, and this engine runs Linux images only",
                  text_of(&shown));
        text_done(&shown);
    } else {
        read_facts(config, &out->facts);
        out->layers = json_strings(config, "rootfs.diff_ids");
    }
    cJSON_Delete(config);
    return good;
}
