/* containerd's store: its metadata leads from a name to a digest, and from a chain id to the name of a
 * snapshot; between the two, the files of these digests: an index of manifests, a manifest, a configuration.
 * The snapshotter has a database of its own, in which a snapshot names its folder and its parent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/bolt.h"
#include "backends/hcs/store_parts.h"
#include "backends/json.h"
#include "core/memory.h"

enum {
    COMMITTED = 3,    /* the kind of a snapshot that is a layer (core/snapshots/snapshotter.go) */
    MOST_BLOBS = 512, /* files behind one name */
    LONGEST_WORD = 4096
};

struct reading {
    struct store *store;
    const char *root, *snapshotter, *os;
    struct bolt_bucket spaces, snapshots; /* the namespaces; the snapshotter's snapshots */
};

struct space { /* a namespace */
    const struct reading *in;
    struct bolt_bucket images, chains; /* by name; by chain id, of this snapshotter */
    const char *name;                  /* of the image that is looked at */
    int blobs;                         /* how many more may be read for it */
};

/* NULL when it is empty, longer than any name, or no string. */
static char *string_of(struct bolt_bytes bytes)
{
    bool string = bytes.len > 0 && bytes.len <= LONGEST_WORD && !memchr(bytes.data, '\0', bytes.len);
    return string ? mem_string_n(bytes.data, bytes.len) : NULL;
}

/* As Go's encoding/binary writes them: seven bits in a byte, the lowest first. */
static uint64_t unsigned_of(struct bolt_bytes bytes)
{
    uint64_t n = 0;
    for (size_t i = 0; i < bytes.len && i < 10; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        n |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80)) {
            break;
        }
    }
    return n;
}

/* The same with the sign in the lowest bit; a size is not negative. */
static uint64_t size_of(struct bolt_bytes bytes)
{
    uint64_t n = unsigned_of(bytes);
    return n & 1 ? 0 : n >> 1;
}

/* Adds the layer that this snapshot is; gives the name of its parent, or NULL. False: it is none. */
static bool add_layer(const struct reading *r, const char *snapshot, cJSON *layers, uint64_t *size,
                      char **parent)
{
    struct bolt_bucket bucket = bolt_bucket(r->snapshots, snapshot);
    char *path = store_path(r->root, "io.containerd.snapshotter.v1.%s/snapshots/%llu", r->snapshotter,
                            (unsigned long long)unsigned_of(bolt_value(bucket, "id")));
    bool layer = unsigned_of(bolt_value(bucket, "kind")) == COMMITTED && store_folder(path);
    if (layer) {
        cJSON_AddItemToArray(layers, cJSON_CreateString(path));
        *size += size_of(bolt_value(bucket, "size"));
        *parent = string_of(bolt_value(bucket, "parent"));
    }
    free(path);
    return layer;
}

/* The paths of the layers, topmost first; NULL when they are not all there. */
static cJSON *find_layers(const struct space *s, const struct store_config *c, uint64_t *size)
{
    struct bolt_bucket chain = bolt_bucket(s->chains, c->chain[c->layers - 1]);
    char *snapshot = string_of(bolt_value(chain, "name"));
    cJSON *layers = cJSON_CreateArray();
    size_t n = 0;
    while (snapshot && n < c->layers) {
        char *parent = NULL;
        n += add_layer(s->in, snapshot, layers, size, &parent);
        free(snapshot);
        snapshot = parent;
    }
    if (snapshot || n != c->layers) {
        cJSON_Delete(layers);
        layers = NULL;
    }
    free(snapshot);
    return layers;
}

static cJSON *read_blob(struct space *s, const char *digest)
{
    if (!store_is_digest(digest) || s->blobs <= 0) {
        return NULL;
    }
    s->blobs--;
    char *path = store_path(s->in->root, "io.containerd.content.v1.content/blobs/sha256/%s",
                            digest + strlen("sha256:"));
    cJSON *json = store_json(s->in->store, path);
    free(path);
    return json;
}

/* Adds the image with this configuration; false: it is for another system, or its layers are not here. */
static bool take_config(struct space *s, const char *digest)
{
    struct store_config config;
    struct store_image image = {.name = s->name, .id = digest};
    if (store_config_read(&config, read_blob(s, digest)) && strcmp(config.os, s->in->os) == 0) {
        image.layers = find_layers(s, &config, &image.size);
    }
    bool found = image.layers != NULL;
    if (found) {
        image.build = config.build;
        image.settings = store_config_settings(&config);
        store_add(s->in->store, &image);
    }
    store_config_done(&config);
    return found;
}

/* Indexes may hold indexes; of their manifests the first counts whose layers are here. */
static bool take_manifest(struct space *s, const char *digest, int depth)
{
    cJSON *json = depth < 4 ? read_blob(s, digest) : NULL;
    const cJSON *entry = NULL;
    bool found = false;
    cJSON_ArrayForEach(entry, json_at(json, "manifests"))
    {
        if (strcmp(json_string(entry, "platform.os", s->in->os), s->in->os) == 0) {
            found = take_manifest(s, json_string(entry, "digest", ""), depth + 1);
        }
        if (found) {
            break;
        }
    }
    const char *config = json_string(json, "config.digest", NULL);
    if (!found && config) {
        found = take_config(s, config);
    }
    cJSON_Delete(json);
    return found;
}

static void take_image(void *user, const struct bolt_item *item)
{
    struct space *s = user;
    char *name = string_of(item->key);
    struct bolt_bucket target = bolt_bucket(bolt_item_bucket(s->images, item), "target");
    char *digest = string_of(bolt_value(target, "digest"));
    if (name && digest && !store_full(s->in->store)) {
        s->name = name;
        s->blobs = MOST_BLOBS;
        take_manifest(s, digest, 0);
    }
    free(digest);
    free(name);
}

static void take_space(const struct reading *r, struct bolt_bucket space)
{
    struct space s = {.in = r,
                      .images = bolt_bucket(space, "images"),
                      .chains = bolt_bucket(bolt_bucket(space, "snapshots"), r->snapshotter)};
    bolt_each(s.images, take_image, &s);
}

static void take_other_space(void *user, const struct bolt_item *item)
{
    const struct reading *r = user;
    char *name = string_of(item->key);
    if (name && strcmp(name, "default") != 0) {
        take_space(r, bolt_item_bucket(r->spaces, item));
    }
    free(name);
}

static struct bolt *open_database(struct store *s, char *path)
{
    struct bolt *b = store_database(s, path);
    free(path);
    return b;
}

static void close_database(struct store *s, struct bolt *b, const char *root)
{
    struct error why;
    if (b && bolt_damaged(b)) {
        error_set(&why, ERROR_INVALID, 0, "containerd's databases in %s are damaged", root);
        store_note(s, &why);
    }
    bolt_close(b);
}

void store_containerd(struct store *s, const char *root, const char *snapshotter, const char *os)
{
    if (!root) {
        return;
    }
    /* The names first: what is made meanwhile comes late, and leaves no name without its layers. */
    struct bolt *meta = open_database(s, store_path(root, "io.containerd.metadata.v1.bolt/meta.db"));
    struct bolt *snapshots =
        meta ? open_database(s, store_path(root, "io.containerd.snapshotter.v1.%s/metadata.db", snapshotter))
             : NULL;
    if (snapshots) {
        struct reading r = {.store = s, .root = root, .snapshotter = snapshotter, .os = os};
        r.spaces = bolt_bucket(bolt_root(meta), "v1");
        r.snapshots = bolt_bucket(bolt_bucket(bolt_root(snapshots), "v1"), "snapshots");
        take_space(&r, bolt_bucket(r.spaces, "default"));
        bolt_each(r.spaces, take_other_space, &r);
    }
    close_database(s, snapshots, root);
    close_database(s, meta, root);
}
