#include <stdlib.h>
#include <string.h>

#include "backends/hcs/store.h"
#include "backends/json.h"
#include "core/memory.h"

char *store_name(const char *reference)
{
    static const char *const homes[] = {"docker.io/library/", "docker.io/"};
    static const char latest[] = ":latest";
    for (size_t i = 0; i < sizeof homes / sizeof *homes; i++) {
        if (strncmp(reference, homes[i], strlen(homes[i])) == 0) {
            reference += strlen(homes[i]);
            break;
        }
    }
    size_t len = strlen(reference), tail = strlen(latest);
    bool is_latest = len > tail && strcmp(reference + len - tail, latest) == 0;
    return mem_string_n(reference, is_latest ? len - tail : len);
}

static bool is_called(const cJSON *image, const char *name)
{
    char *called = store_name(json_string(image, "Name", ""));
    bool is = strcmp(called, name) == 0;
    free(called);
    return is;
}

/* The digits of an id, which is written with or without the kind of its digest. */
static const char *digits(const char *id)
{
    static const char kind[] = "sha256:";
    return strncmp(id, kind, strlen(kind)) == 0 ? id + strlen(kind) : id;
}

static bool has_id(const cJSON *image, const char *word)
{
    enum { SHORTEST = 12 }; /* as lists show it */
    size_t len = strlen(digits(word));
    return len >= SHORTEST && strncmp(digits(json_string(image, "Id", "")), digits(word), len) == 0;
}

const cJSON *store_find(const cJSON *images, const char *word)
{
    const cJSON *image = NULL, *called = NULL, *with_id = NULL;
    char *name = store_name(word);
    cJSON_ArrayForEach(image, images)
    {
        if (cJSON_IsArray(json_at(image, "Layers"))) {
            called = !called && is_called(image, name) ? image : called;
            with_id = !with_id && has_id(image, word) ? image : with_id;
        }
    }
    free(name);
    return called ? called : with_id;
}
