/* What an image is made of is found out first (source, document), then its layers are put one over the other
 * into a stage (layers), and only a stage whose digests were all as promised becomes an image.
 */
#include "backends/local/unpack/import.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/local/shared/image_record.h"
#include "backends/local/unpack/document.h"
#include "backends/local/unpack/layers.h"
#include "backends/local/unpack/source.h"
#include "backends/local/unpack/stream.h"
#include "backends/local/unpack/target.h"
#include "core/memory.h"
#include "core/text.h"

struct import {
    const char *name;
    const struct limits *limits;
    struct progress *progress;
    struct source *source;
    struct target *target;
    struct image_facts facts;
    struct document_image image;
    char **contents; /* digests of the layers before compression */
};

static char *read_document(struct import *i, const char *part, size_t *len, struct error *e)
{
    struct blob *b = source_blob(i->source, part, e);
    char *json = b ? blob_all(b, LIMIT_JSON, len, e) : NULL;
    blob_free(b);
    return json;
}

static bool same_digest(const char *promised, const char *found, const char *part, struct error *e)
{
    if (strcmp(promised, found) == 0) {
        return true;
    }
    struct text shown = {0};
    text_add_clean(&shown, part, strnlen(part, 100));
    error_set(
        e, ERROR_INVALID, 0,
        "%s is not what the image promises (its sha256 differs), so it is damaged; save or fetch it again",
        text_of(&shown));
    text_done(&shown);
    return false;
}

static char *blob_path(const char *digest)
{
    struct text path = {0};
    text_addf(&path, "blobs/sha256/%s", strchr(digest, ':') + 1);
    return text_take(&path);
}

/* The digest that a path promises: ".../sha256/HEX", "HEX.json"; NULL: none. */
static const char *promised_hex(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t digits = strspn(base, "0123456789abcdef");
    bool blob = slash && slash - path >= 6 && strncmp(slash - 6, "sha256", 6) == 0;
    return digits == 64 && ((blob && !base[64]) || strcmp(base + 64, ".json") == 0) ? base : NULL;
}

static bool path_keeps_promise(const char *path, const char *digest, struct error *e)
{
    const char *hex = promised_hex(path);
    char promised[STREAM_DIGEST] = "sha256:";
    if (hex) {
        memcpy(promised + 7, hex, 64);
    }
    return !hex || same_digest(promised, digest, path, e);
}

static bool read_config(struct import *i, const char *path, struct error *e)
{
    size_t len = 0;
    char *json = read_document(i, path, &len, e);
    char digest[STREAM_DIGEST];
    struct document_config config = {0};
    bool good = json != NULL;
    if (good) {
        stream_digest(json, len, digest);
        good = path_keeps_promise(path, digest, e) && document_config(json, len, &config, e);
    }
    if (good) {
        i->facts = config.facts;
        i->facts.digest = mem_string(digest);
        i->contents = config.layers;
    } else {
        document_config_done(&config);
    }
    free(json);
    return good;
}

static bool find_docker(struct import *i, struct error *e)
{
    size_t len = 0;
    char *json = read_document(i, "manifest.json", &len, e);
    bool good =
        json && document_docker(json, len, i->name, &i->image, e) && read_config(i, i->image.config, e);
    free(json);
    return good;
}

/* Puts paths of blobs where the manifest has digests. */
static void locate_parts(struct document_image *image)
{
    size_t count = 0;
    while (image->layers[count]) {
        count++;
    }
    const char **paths = mem_new(count + 1, sizeof(*paths));
    for (size_t n = 0; n < count; n++) {
        paths[n] = blob_path(image->layers[n]);
    }
    free(image->layers);
    image->layers = mem_strings(paths);
    for (size_t n = 0; n < count; n++) {
        free((char *)paths[n]);
    }
    free(paths);
    char *config = blob_path(image->config);
    free(image->config);
    image->config = config;
}

static bool read_oci(struct import *i, const char *path, const char *architecture, char **next,
                     struct error *e)
{
    size_t len = 0;
    char *json = read_document(i, path, &len, e);
    char digest[STREAM_DIGEST];
    bool good = json != NULL;
    if (good) {
        stream_digest(json, len, digest);
        good = path_keeps_promise(path, digest, e) &&
               document_oci(json, len, i->name, architecture, &i->image, next, e);
    }
    free(json);
    return good;
}

static bool find_oci(struct import *i, struct error *e)
{
    char *architecture = image_architecture();
    char *path = mem_string("index.json");
    bool good = true;
    for (int depth = 0; good && path; depth++) {
        char *next = NULL;
        if (depth > LIMIT_NESTING) {
            error_set(e, ERROR_INVALID, 0,
                      "The image's indexes are nested deeper than %d; the import is refused", LIMIT_NESTING);
            good = false;
        } else {
            good = read_oci(i, path, architecture, &next, e);
        }
        free(path);
        path = next ? blob_path(next) : NULL;
        free(next);
    }
    free(path);
    free(architecture);
    if (good) {
        locate_parts(&i->image);
        good = read_config(i, i->image.config, e);
    }
    return good;
}

static bool layer_counts_agree(const struct import *i, size_t *count, struct error *e)
{
    size_t contents = 0;
    *count = 0;
    while (i->image.layers[*count]) {
        ++*count;
    }
    while (i->contents && i->contents[contents]) {
        contents++;
    }
    if (*count != contents) {
        error_set(e, ERROR_INVALID, 0,
                  "The image's manifest has %zu layers, its config %zu; save or fetch it again", *count,
                  contents);
    }
    return *count == contents;
}

static bool put_layer(struct import *i, size_t n, struct error *e)
{
    const char *path = i->image.layers[n];
    struct blob *b = source_blob(i->source, path, e);
    struct stream *s = b ? stream_open(b, i->limits, i->progress, e) : NULL;
    char input[STREAM_DIGEST], content[STREAM_DIGEST];
    bool good = s && layers_put(i->target, s, LAYERS_ONE_OF_MANY, e) && stream_finish(s, input, content, e);
    good = good && path_keeps_promise(path, input, e) && same_digest(i->contents[n], content, path, e);
    stream_free(s);
    target_next_layer(i->target);
    return good;
}

static uint64_t layer_sizes(struct import *i)
{
    uint64_t total = 0;
    for (char **path = i->image.layers; *path; path++) {
        struct blob *b = source_blob(i->source, *path, NULL);
        total += b ? blob_size(b) : 0;
        blob_free(b);
    }
    return total;
}

static bool put_layers(struct import *i, struct error *e)
{
    size_t count;
    bool good = layer_counts_agree(i, &count, e);
    uint64_t total = good ? layer_sizes(i) : 0, done = 0;
    for (size_t n = 0; good && n < count; n++) {
        progress_step(i->progress, total, "unpacking layer %zu of %zu", n + 1, count);
        i->progress->done = done;
        good = put_layer(i, n, e);
        done = i->progress->done;
    }
    return good;
}

static bool put_tar(struct import *i, struct error *e)
{
    struct blob *b = source_whole(i->source);
    char input[STREAM_DIGEST], content[STREAM_DIGEST];
    progress_step(i->progress, blob_size(b), "unpacking");
    struct stream *s = stream_open(b, i->limits, i->progress, e);
    bool good = s && layers_put(i->target, s, LAYERS_WHOLE, e) && stream_finish(s, input, content, e);
    stream_free(s);
    if (good) {
        i->facts.digest = mem_string(content);
    }
    return good;
}

static void default_facts(struct image_facts *f)
{
    static const char *const env[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                      NULL};
    static const char *const command[] = {"sh", NULL};
    f->config.env = mem_strings(env);
    f->config.command = mem_strings(command);
    f->os = mem_string("linux");
    f->architecture = image_architecture();
}

static bool fill(struct import *i, struct error *e)
{
    switch (source_kind(i->source)) {
    case SOURCE_DOCKER:
        return find_docker(i, e) && put_layers(i, e);
    case SOURCE_OCI:
        return find_oci(i, e) && put_layers(i, e);
    case SOURCE_TAR:
        default_facts(&i->facts);
        return put_tar(i, e);
    default:
        default_facts(&i->facts);
        progress_step(i->progress, 0, "copying");
        return layers_copy_folder(i->target, source_folder(i->source), i->progress, e);
    }
}

static bool fill_stage(struct import *i, const struct image_stage *stage, const char *path, struct error *e)
{
    struct text trash = {0};
    text_addf(&trash, "%s/replaced", stage->path);
    progress_step(i->progress, 0, "looking at the archive");
    i->source = source_open(path, stage->path, i->limits, i->progress, e);
    i->target = i->source ? target_new(stage->rootfs, text_of(&trash), i->limits, i->progress, e) : NULL;
    bool good = i->target && fill(i, e) && target_finish(i->target, e);
    i->facts.size = i->target ? target_bytes(i->target) : 0;
    text_done(&trash);
    return good;
}

static void import_done(struct import *i)
{
    target_free(i->target);
    source_free(i->source);
    image_facts_done(&i->facts);
    document_image_done(&i->image);
    free(i->contents);
}

bool import_image(const struct paths *p, const char *name, const char *path, const struct limits *limits,
                  struct progress *progress, struct error *e)
{
    char *clean = image_name_clean(name, e);
    struct image_stage stage;
    if (!clean || !image_stage_open(p, &stage, e)) {
        free(clean);
        return false;
    }
    struct import i = {.name = clean, .limits = limits, .progress = progress};
    bool good = fill_stage(&i, &stage, path, e) &&
                image_stage_commit(&stage, p, &i.facts, clean, IMAGE_NAME_MOVES, e);
    import_done(&i);
    image_stage_drop(&stage);
    free(clean);
    return good;
}
