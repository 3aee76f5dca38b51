#include "backends/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/trust.h"

static bool only_blanks(const char *from, const char *end)
{
    while (from < end && (*from == ' ' || *from == '\t' || *from == '\n' || *from == '\r')) {
        from++;
    }
    return from == end;
}

cJSON *json_parse(const char *text, size_t len, size_t limit, struct error *e)
{
    if (len > limit) {
        error_set(e, ERROR_INVALID, 0, "JSON of %zu bytes is longer than the %zu that are taken", len, limit);
        return NULL;
    }
    const char *end = text;
    cJSON *json = cJSON_ParseWithLengthOpts(text, len, &end, false);
    if (json && only_blanks(end, text + len)) {
        return json;
    }
    cJSON_Delete(json);
    error_set(e, ERROR_INVALID, 0, "no valid JSON at byte %zu of %zu", (size_t)(end - text), len);
    return NULL;
}

/* Closes the file. */
static cJSON *read_open_file(FILE *file, const char *path, size_t limit, struct error *e)
{
    size_t room = 0, len = 0, got = 0;
    char *text = NULL;
    do {
        text = mem_grow(text, &room, len + 4096, 1);
        got = fread(text + len, 1, room - len, file);
        len += got;
    } while (got > 0 && len <= limit);
    cJSON *json = NULL;
    if (ferror(file)) {
        error_errno(e, errno, "cannot read %s", path);
    } else if (!(json = json_parse(text, len, limit, e))) {
        error_wrap(e, "cannot understand %s", path);
    }
    fclose(file);
    free(text);
    return json;
}

cJSON *json_read_file(const char *path, size_t limit, struct error *e)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        error_errno(e, errno, "cannot open %s", path);
        return NULL;
    }
    return read_open_file(file, path, limit, e);
}

cJSON *json_read_own_file(const char *path, size_t limit, struct error *e)
{
    FILE *file = trust_open(path, e);
    return file ? read_open_file(file, path, limit, e) : NULL;
}

static const cJSON *member(const cJSON *object, const char *name, size_t len)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, object)
    {
        if (item->string && strncmp(item->string, name, len) == 0 && item->string[len] == '\0') {
            return item;
        }
    }
    return NULL;
}

const cJSON *json_at(const cJSON *object, const char *path)
{
    while (*path) {
        if (!cJSON_IsObject(object)) {
            return NULL;
        }
        size_t len = strcspn(path, ".");
        object = member(object, path, len);
        path += len + (path[len] == '.');
    }
    return object;
}

const char *json_string(const cJSON *object, const char *path, const char *otherwise)
{
    const cJSON *item = json_at(object, path);
    return cJSON_IsString(item) ? item->valuestring : otherwise;
}

double json_number(const cJSON *object, const char *path, double otherwise)
{
    const cJSON *item = json_at(object, path);
    return cJSON_IsNumber(item) && isfinite(item->valuedouble) ? item->valuedouble : otherwise;
}

int64_t json_integer(const cJSON *object, const char *path, int64_t otherwise)
{
    const cJSON *item = json_at(object, path);
    if (!cJSON_IsNumber(item) || isnan(item->valuedouble)) {
        return otherwise;
    }
    if (item->valuedouble >= (double)INT64_MAX) {
        return INT64_MAX;
    }
    return item->valuedouble <= (double)INT64_MIN ? INT64_MIN : (int64_t)item->valuedouble;
}

bool json_bool(const cJSON *object, const char *path, bool otherwise)
{
    const cJSON *item = json_at(object, path);
    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : otherwise;
}

const char *json_word(const cJSON *value)
{
    return cJSON_IsString(value) ? value->valuestring : "";
}

char **json_strings(const cJSON *object, const char *path)
{
    const cJSON *array = json_at(object, path), *item = NULL;
    if (!cJSON_IsArray(array)) {
        return NULL;
    }
    size_t n = 0;
    const char **list = mem_new((size_t)cJSON_GetArraySize(array) + 1, sizeof *list);
    cJSON_ArrayForEach(item, array)
    {
        if (cJSON_IsString(item)) {
            list[n++] = item->valuestring;
        }
    }
    char **strings = mem_strings(list);
    free(list);
    return strings;
}

void json_add_strings(cJSON *object, const char *name, const char *const *strings)
{
    cJSON *array = strings ? cJSON_AddArrayToObject(object, name) : NULL;
    for (; array && *strings; strings++) {
        cJSON_AddItemToArray(array, cJSON_CreateString(*strings));
    }
}
