/* The boundary of a container as JSON. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/namespaces.h"
#include "ui/cli/out.h"

cJSON *out_crossings(const struct container *c, const struct namespaces *n)
{
    struct crossing_list crossings;
    crossings_of(&crossings, c, n);
    bool unknown = c->crossings_untold || (crossings.count == 0 && !crossings.complete);
    cJSON *list = unknown ? cJSON_CreateNull() : cJSON_CreateArray();
    for (size_t i = 0; !unknown && i < crossings.count; i++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "kind", crossing_word(crossings.each[i].kind));
        out_string(o, "outside", crossings.each[i].outside);
        out_string(o, "inside", crossings.each[i].inside);
        cJSON_AddBoolToObject(o, "read_only", crossings.each[i].read_only);
        cJSON_AddItemToArray(list, o);
    }
    crossings_done(&crossings);
    return list;
}

static cJSON *shared_with(const struct namespace_fact *fact)
{
    cJSON *list = cJSON_CreateArray();
    for (const char *name = fact->with; name && *name;) {
        const char *comma = strstr(name, ", ");
        char *word = mem_string_n(name, comma ? (size_t)(comma - name) : strlen(name));
        cJSON_AddItemToArray(list, cJSON_CreateString(word));
        free(word);
        name = comma ? comma + 2 : NULL;
    }
    return list;
}

static cJSON *told_json(const struct namespace_fact *told)
{
    if (told->state == FACT_NOT_TOLD) {
        return cJSON_CreateNull();
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "value", fact_state_word(told->state));
    cJSON_AddStringToObject(o, "how", fact_how_word(told->how));
    out_string(o, "what", told->source);
    return o;
}

/* A namespace of its own that another container has joined is as its engine says. */
static bool agrees(const struct namespace_fact *fact, const struct namespace_fact *told)
{
    return fact->state == told->state || (told->state == FACT_OWN && fact->state == FACT_SHARED);
}

static cJSON *fact_json(const struct namespaces *n, enum namespace_kind kind)
{
    const struct namespace_fact *fact = &n->fact[kind], *told = &n->told[kind];
    bool both = fact->how == FACT_SEEN && told->state != FACT_NOT_TOLD;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "fact", namespace_id(kind, n->windows));
    cJSON_AddStringToObject(o, "group", "namespaces");
    cJSON_AddStringToObject(o, "state", fact_state_word(fact->state));
    bool seen = kind < NAMESPACE_LINUX && n->number[kind];
    cJSON_AddItemToObject(o, "value",
                          seen ? cJSON_CreateNumber((double)n->number[kind]) : cJSON_CreateNull());
    if (fact->how == FACT_NOWHERE) {
        cJSON_AddNullToObject(o, "source");
    } else {
        cJSON *source = cJSON_AddObjectToObject(o, "source");
        cJSON_AddStringToObject(source, "how", fact_how_word(fact->how));
        out_string(source, "what", fact->source);
    }
    cJSON_AddItemToObject(o, "told", told_json(told));
    cJSON_AddItemToObject(o, "agrees", both ? cJSON_CreateBool(agrees(fact, told)) : cJSON_CreateNull());
    cJSON_AddItemToObject(o, "shared_with", shared_with(fact));
    out_string(o, "why", fact->why);
    return o;
}

cJSON *out_facts(const struct namespaces *n)
{
    size_t count;
    const enum namespace_kind *kinds = namespace_kinds(n->windows, &count);
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++) {
        cJSON_AddItemToArray(list, fact_json(n, kinds[i]));
    }
    return list;
}
