#include "backends/hcs/store.h"

#include <stdlib.h>
#include <string.h>

#include "backends/hcs/store_parts.h"
#include "core/memory.h"

enum { MOST_IMAGES = 4096, LONGEST_NAME = 512 };

bool store_full(const struct store *s)
{
    return s->count >= MOST_IMAGES;
}

/* A reference to an image is printable ASCII without blanks. One that is only a digest (containerd's CRI
 * makes such) says no more than the Id. */
static bool is_name(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        if (name[i] <= ' ' || name[i] > '~') {
            return false;
        }
    }
    return len > 0 && len <= LONGEST_NAME && !store_is_digest(name);
}

void store_add(struct store *s, const struct store_image *image)
{
    char *name = store_name(image->name);
    if (store_full(s) || !is_name(name)) {
        free(name);
        cJSON_Delete(image->settings);
        cJSON_Delete(image->layers);
        return;
    }
    s->images = mem_grow(s->images, &s->room, s->count + 1, sizeof *s->images);
    struct store_image *to = &s->images[s->count];
    *to = *image;
    to->name = name;
    to->id = mem_string(image->id);
    to->order = s->count++;
}

static void image_done(struct store_image *image)
{
    free((char *)image->name);
    free((char *)image->id);
    cJSON_Delete(image->settings);
    cJSON_Delete(image->layers);
}

static bool by_digest(const struct store_image *image)
{
    return strchr(image->name, '@') != NULL;
}

/* Each image together, tags before digests, equal names together. */
static int compare(const void *left, const void *right)
{
    const struct store_image *a = left, *b = right;
    int order = strcmp(a->id, b->id);
    order = order ? order : by_digest(a) - by_digest(b);
    order = order ? order : strcmp(a->name, b->name);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static int compare_order(const void *left, const void *right)
{
    const struct store_image *a = left, *b = right;
    return (a->order > b->order) - (a->order < b->order);
}

/* Leaves one of each name of an image, and the names by a digest only where there is no other. */
static void thin_out(struct store *s)
{
    size_t kept = 0, first = 0; /* the first of the image that the last kept one belongs to */
    if (s->count > 1) {
        qsort(s->images, s->count, sizeof *s->images, compare);
    }
    for (size_t i = 0; i < s->count; i++) {
        struct store_image *image = &s->images[i];
        bool same = kept > 0 && strcmp(image->id, s->images[kept - 1].id) == 0;
        if (same && (strcmp(image->name, s->images[kept - 1].name) == 0 ||
                     (by_digest(image) && !by_digest(&s->images[first])))) {
            image_done(image);
            continue;
        }
        first = same ? first : kept;
        s->images[kept++] = *image;
    }
    s->count = kept;
    if (s->count > 1) {
        qsort(s->images, s->count, sizeof *s->images, compare_order);
    }
}

/* Takes its JSON. */
static cJSON *image_json(struct store_image *image)
{
    cJSON *json = image->settings, *path = NULL;
    image->settings = NULL;
    cJSON_AddStringToObject(json, "Name", image->name);
    cJSON_AddStringToObject(json, "Id", image->id);
    cJSON_AddNumberToObject(json, "Build", image->build);
    cJSON_AddNumberToObject(json, "Size", (double)image->size);
    cJSON *layers = cJSON_AddArrayToObject(json, "Layers");
    cJSON_ArrayForEach(path, image->layers)
    {
        cJSON *layer = cJSON_CreateObject();
        cJSON_AddStringToObject(layer, "Path", path->valuestring);
        cJSON_AddItemToArray(layers, layer);
    }
    return json;
}

char *store_take(struct store *s, struct error *why)
{
    char *document = NULL;
    thin_out(s);
    *why = s->why;
    if (s->count > 0 || s->why.kind == ERROR_NONE) {
        cJSON *list = cJSON_CreateArray();
        for (size_t i = 0; i < s->count; i++) {
            cJSON_AddItemToArray(list, image_json(&s->images[i]));
        }
        document = cJSON_PrintUnformatted(list);
        cJSON_Delete(list);
        why->kind = ERROR_NONE;
    }
    for (size_t i = 0; i < s->count; i++) {
        image_done(&s->images[i]);
    }
    free(s->images);
    *s = (struct store){0};
    return document;
}

char *store_images(const char *docker_root, const char *containerd_root, struct error *why)
{
    struct store store = {0};
    store_docker(&store, docker_root, "windowsfilter", "windows");
    store_containerd(&store, containerd_root, "windows", "windows");
    return store_take(&store, why);
}
