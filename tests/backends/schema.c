#include "tests/backends/schema.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/json.h"

struct check {
    const cJSON *definitions;
    bool strict;
    char *why;
    size_t room;
};

static bool fits(const struct check *k, const cJSON *rule, const cJSON *value, const char *at);

cJSON *schema_load(void)
{
    char path[512];
    struct error why;
    const char *source = getenv("PORTHOLE_SOURCE");
    snprintf(path, sizeof path, "%s/../shared/hcs-schema-win11-21h2.json", source ? source : ".");
    cJSON *schema = json_read_file(path, 1 << 22, &why);
    if (!schema) {
        snprintf(path, sizeof path, "%s/../../shared/hcs-schema-win11-21h2.json", source ? source : ".");
        schema = json_read_file(path, 1 << 22, &why);
    }
    return schema;
}

static bool wrong(const struct check *k, const char *at, const char *what)
{
    snprintf(k->why, k->room, "%s: %s", at, what);
    return false;
}

static bool has_type(const cJSON *value, const char *type)
{
    double number = value->valuedouble;
    return strcmp(type, "object") == 0    ? cJSON_IsObject(value)
           : strcmp(type, "array") == 0   ? cJSON_IsArray(value)
           : strcmp(type, "string") == 0  ? cJSON_IsString(value)
           : strcmp(type, "boolean") == 0 ? cJSON_IsBool(value)
           : strcmp(type, "integer") == 0 ? cJSON_IsNumber(value) && floor(number) == number
           : strcmp(type, "number") == 0  ? cJSON_IsNumber(value)
                                          : true;
}

static bool in_format(const cJSON *value, const char *format)
{
    static const struct {
        const char *name;
        double least, most;
    } formats[] = {{"uint8", 0, UINT8_MAX},     {"uint16", 0, UINT16_MAX},       {"uint32", 0, UINT32_MAX},
                   {"uint64", 0, 1.8446744e19}, {"int32", INT32_MIN, INT32_MAX}, {"int64", -9.3e18, 9.3e18}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(format, formats[i].name) == 0) {
            return value->valuedouble >= formats[i].least && value->valuedouble <= formats[i].most;
        }
    }
    return true;
}

static bool in_enum(const cJSON *list, const cJSON *value)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_Compare(item, value, true)) {
            return true;
        }
    }
    return !list;
}

static bool member_fits(const struct check *k, const cJSON *rule, const cJSON *member, const char *at)
{
    char path[256];
    const cJSON *properties = cJSON_GetObjectItemCaseSensitive(rule, "properties");
    const cJSON *more = cJSON_GetObjectItemCaseSensitive(rule, "additionalProperties");
    const cJSON *known = cJSON_GetObjectItemCaseSensitive(properties, member->string);
    snprintf(path, sizeof path, "%s.%s", at, member->string);
    if (known) {
        return fits(k, known, member, path);
    }
    if (cJSON_IsObject(more)) {
        return fits(k, more, member, path);
    }
    return k->strict && properties ? wrong(k, path, "the schema has no such member") : true;
}

static bool inside_fits(const struct check *k, const cJSON *rule, const cJSON *value, const char *at)
{
    const cJSON *item = NULL, *items = cJSON_GetObjectItemCaseSensitive(rule, "items");
    cJSON_ArrayForEach(item, value)
    {
        bool ok = cJSON_IsObject(value) ? member_fits(k, rule, item, at) : !items || fits(k, items, item, at);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool fits(const struct check *k, const cJSON *rule, const cJSON *value, const char *at)
{
    static const char definitions[] = "#/definitions/";
    const char *ref = json_string(rule, "$ref", NULL);
    if (ref) {
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(k->definitions, ref + sizeof definitions - 1);
        return other ? fits(k, other, value, at) : wrong(k, at, "the schema refers to nothing");
    }
    if (!has_type(value, json_string(rule, "type", ""))) {
        return wrong(k, at, "it has the wrong type");
    }
    if (cJSON_IsNumber(value) && !in_format(value, json_string(rule, "format", ""))) {
        return wrong(k, at, "the number does not fit");
    }
    if (!in_enum(cJSON_GetObjectItemCaseSensitive(rule, "enum"), value)) {
        return wrong(k, at, "it is none of the words that are allowed");
    }
    return inside_fits(k, rule, value, at);
}

bool schema_fits(const cJSON *schema, const char *definition, const cJSON *document, bool strict, char *why,
                 size_t room)
{
    const struct check k = {json_at(schema, "definitions"), strict, why, room};
    const cJSON *rule = cJSON_GetObjectItemCaseSensitive(k.definitions, definition);
    return rule ? fits(&k, rule, document, definition) : wrong(&k, definition, "there is no such definition");
}
