#include "backends/local/shared/images.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/local/shared/image_record.h"
#include "core/memory.h"
#include "core/text.h"

void image_config_done(struct image_config *c)
{
    free(c->id);
    free(c->rootfs);
    free(c->entrypoint);
    free(c->command);
    free(c->env);
    free(c->workdir);
    free(c->user);
    *c = (struct image_config){0};
}

static bool not_found(const char *clean, struct error *e)
{
    error_set(e, ERROR_NOT_FOUND, 0,
              "There is no image \"%s\" here; bring one in with: porthole image import %s FILE (a root file "
              "system tar, "
              "docker save archive, OCI layout or folder)",
              clean, clean);
    return false;
}

static bool load(const struct paths *p, const char *id, struct image_config *out, struct error *e)
{
    cJSON *record = image_record_read(p, id, e);
    if (!record) {
        return false;
    }
    struct text rootfs = {0};
    text_addf(&rootfs, "%s/%s/rootfs", p->images, id);
    *out = (struct image_config){
        .id = mem_string(id),
        .rootfs = text_take(&rootfs),
        .entrypoint = json_strings(record, "config.entrypoint"),
        .command = json_strings(record, "config.command"),
        .env = json_strings(record, "config.env"),
        .workdir = mem_string(json_string(record, "config.workdir", NULL)),
        .user = mem_string(json_string(record, "config.user", NULL)),
    };
    cJSON_Delete(record);
    return true;
}

/* A name, else the id of an image. */
static char *find_id(const struct paths *p, const char *clean)
{
    char *id = image_record_find(p, clean);
    char **ids = id ? NULL : image_record_ids(p);
    for (char **each = ids; each && *each && !id; each++) {
        if (strcmp(*each, clean) == 0) {
            id = mem_string(*each);
        }
    }
    free(ids);
    return id;
}

bool images_find(const struct paths *p, const char *name, struct image_config *out, struct error *e)
{
    *out = (struct image_config){0};
    char *clean = image_name_clean(name, e);
    if (!clean) {
        return false;
    }
    char *id = find_id(p, clean);
    if (!id && strcmp(clean, "busybox") == 0) {
        if (!images_make_busybox(p, e)) {
            free(clean);
            return false;
        }
        id = find_id(p, clean);
    }
    bool good = id ? load(p, id, out, e) : not_found(clean, e);
    free(id);
    free(clean);
    return good;
}

static void add_words(struct text *t, char **words)
{
    for (char **w = words; w && *w; w++) {
        if (t->len > 0) {
            text_add_char(t, ' ');
        }
        text_add(t, *w);
    }
}

static void add_rows(struct image_list *list, const char *id, const cJSON *record)
{
    struct text command = {0};
    char **entrypoint = json_strings(record, "config.entrypoint");
    char **words = json_strings(record, "config.command");
    add_words(&command, entrypoint);
    add_words(&command, words);
    struct image row = {
        .name = id,
        .id = id,
        .command = command.len > 0 ? text_of(&command) : NULL,
        .os = json_string(record, "os", NULL),
        .size = (uint64_t)json_integer(record, "size", 0),
        .created = json_integer(record, "created", 0),
    };
    const cJSON *names = json_at(record, "names");
    if (cJSON_GetArraySize(names) == 0) {
        image_list_add(list, &row);
    }
    const cJSON *name;
    cJSON_ArrayForEach(name, names)
    {
        row.name = cJSON_IsString(name) ? name->valuestring : id;
        image_list_add(list, &row);
    }
    free(entrypoint);
    free(words);
    text_done(&command);
}

struct image_list *images_list(const struct paths *p)
{
    struct image_list *list = image_list_new();
    char **ids = image_record_ids(p);
    for (char **id = ids; *id; id++) {
        cJSON *record = image_record_read(p, *id, NULL);
        if (record) {
            add_rows(list, *id, record);
        }
        cJSON_Delete(record);
    }
    free(ids);
    image_list_sort(list);
    return list;
}

static bool remove_last(const struct paths *p, const char *clean, const char *id, struct error *e)
{
    char *who = NULL;
    if (!image_record_used(p, id, &who)) {
        return image_store_remove(p, id, e);
    }
    error_set(e, ERROR_CONFLICT, 0,
              "Cannot remove the image \"%s\": the container %s uses it; remove that container first", clean,
              who);
    free(who);
    return false;
}

static bool remove_locked(const struct paths *p, const char *clean, struct error *e)
{
    char *id = find_id(p, clean);
    if (!id) {
        return not_found(clean, e);
    }
    cJSON *record = image_record_read(p, id, e);
    bool named = image_record_has(record, clean);
    bool good = false;
    if (record && named && cJSON_GetArraySize(json_at(record, "names")) > 1) {
        good = image_record_name(p, id, clean, false, e);
    } else if (record) {
        good = remove_last(p, clean, id, e);
    }
    cJSON_Delete(record);
    free(id);
    return good;
}

bool images_remove(const struct paths *p, const char *name, struct error *e)
{
    char *clean = image_name_clean(name, e);
    int lock = clean ? image_store_lock(p, e) : -1;
    bool good = lock >= 0 && remove_locked(p, clean, e);
    if (lock >= 0) {
        close(lock);
    }
    free(clean);
    return good;
}
