/* Compute systems that were launched over layers: checked against what the other stand-ins have made, and
 * kept from one program to the next, as a host keeps them. */
#include "tests/windows/standin/standin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/json.h"
#include "core/memory.h"
#include "tests/backends/schema.h"
#include "tests/windows/standin/records.h"

#define INVALID_LAYER      ((int32_t)0x80370112)
#define INVALID_JSON       ((int32_t)0x8037010D)
#define ENDPOINT_NOT_FOUND ((int32_t)0x803B0002)

enum { PREPARED = 2 };

/* Documents. */

static bool has_path(const cJSON *layer, const void *path)
{
    return strcmp(json_string(layer, "Path", ""), path) == 0;
}

static bool has_volume(const cJSON *layer, const void *volume)
{
    char path[80];
    GUID guid;
    char name[40];
    record_name_to_guid(json_string(layer, "Path", ""), &guid);
    record_guid_text(&guid, name);
    snprintf(path, sizeof path, "\\\\?\\Volume{%s}\\", name);
    return json_integer(layer, "State", 0) == PREPARED && strcmp(path, volume) == 0;
}

/* Are these the layers that the writable one stands on, by the right ids? */
static bool same_chain(const cJSON *layer, const cJSON *layers, const char *id)
{
    const cJSON *chain = json_at(layer, "Chain"), *item = NULL;
    int i = 0;
    if (cJSON_GetArraySize(chain) != cJSON_GetArraySize(layers)) {
        return false;
    }
    cJSON_ArrayForEach(item, layers)
    {
        GUID guid;
        char text[40];
        const char *path = json_string(item, "Path", ""), *name = strrchr(path, '\\');
        record_name_to_guid(name ? name + 1 : path, &guid);
        record_guid_text(&guid, text);
        const cJSON *of = cJSON_GetArrayItem(chain, i++);
        if (strcmp(json_string(item, id, ""), text) != 0 || strcmp(cJSON_GetStringValue(of), path) != 0) {
            return false;
        }
    }
    return true;
}

static bool is_in(const cJSON *endpoint, const void *space)
{
    return strcmp(json_string(endpoint, "HostComputeNamespace", ""), space) == 0;
}

static int32_t check_process_isolation(const cJSON *document)
{
    const char *space = json_string(document, "Container.Networking.Namespace", NULL);
    cJSON *layer =
        record_find(RECORD_LAYERS, has_volume, json_string(document, "Container.Storage.Path", ""), NULL);
    cJSON *endpoint = space ? record_find(RECORD_ENDPOINTS, is_in, space, NULL) : NULL;
    bool fits = layer && same_chain(layer, json_at(document, "Container.Storage.Layers"), "Id");
    int32_t result = !fits ? INVALID_LAYER : space && !endpoint ? ENDPOINT_NOT_FOUND : 0;
    cJSON_Delete(layer);
    cJSON_Delete(endpoint);
    return result;
}

/* Nothing is mounted, and the endpoints are in no namespace: all that is the utility VM's. */
static int32_t check_hyperv_isolation(const cJSON *document)
{
    const char *runtime = json_string(document, "HvRuntime.ImagePath", "");
    const cJSON *id = NULL;
    cJSON *layer = record_find(RECORD_LAYERS, has_path, json_string(document, "LayerFolderPath", ""), NULL);
    bool fits = layer && json_integer(layer, "State", -1) == 0 && !json_at(document, "VolumePath") &&
                GetFileAttributesA(runtime) != INVALID_FILE_ATTRIBUTES &&
                same_chain(layer, json_at(document, "Layers"), "ID");
    int32_t result = fits ? 0 : INVALID_LAYER;
    cJSON_ArrayForEach(id, json_at(document, "EndpointList"))
    {
        cJSON *endpoint = record_read(RECORD_ENDPOINTS, cJSON_GetStringValue(id));
        if (!endpoint || json_at(endpoint, "HostComputeNamespace")) {
            result = ENDPOINT_NOT_FOUND;
        }
        cJSON_Delete(endpoint);
    }
    cJSON_Delete(layer);
    return result;
}

static bool passes_schema(const cJSON *document)
{
    char why[300] = "";
    cJSON *schema = schema_load();
    bool fits = !schema || schema_fits(schema, "ComputeSystem", document, true, why, sizeof why);
    if (!fits) {
        fprintf(stderr, "stand-in: %s\n", why);
    }
    cJSON_Delete(schema);
    return fits;
}

/* The simulated host has layers and networks of its own, which these are not. */
static char *without_layers(cJSON *document)
{
    cJSON_DeleteItemFromObject(document, "Layers");
    cJSON_DeleteItemFromObject(cJSON_GetObjectItem(document, "Container"), "Storage");
    return cJSON_PrintUnformatted(document);
}

int32_t lasting_create(const char *id, char **document)
{
    struct error why;
    cJSON *json = json_parse(*document, strlen(*document), 1 << 20, &why);
    bool v2 = json_at(json, "Container.Storage.Layers");
    if (!v2 && !json_at(json, "Layers")) {
        cJSON_Delete(json);
        return 0; /* tests make bare ones */
    }
    int32_t result = v2 && !passes_schema(json) ? INVALID_JSON
                     : v2                       ? check_process_isolation(json)
                                                : check_hyperv_isolation(json);
    if (result >= 0) {
        cJSON *record = cJSON_CreateObject();
        cJSON_AddStringToObject(record, "Id", id);
        cJSON_AddItemToObject(record, "Document", cJSON_Duplicate(json, true));
        record_write(RECORD_SYSTEMS, id, record);
        free(*document);
        *document = without_layers(json);
    }
    cJSON_Delete(json);
    return result;
}

void lasting_started(const char *id)
{
    cJSON *record = record_read(RECORD_SYSTEMS, id);
    if (record) {
        cJSON_AddBoolToObject(record, "Started", true);
        record_write(RECORD_SYSTEMS, id, record);
    }
}

void lasting_runs(const char *id, const char *parameters)
{
    cJSON *record = record_read(RECORD_SYSTEMS, id);
    if (record && !json_at(record, "Process")) {
        cJSON_AddStringToObject(record, "Process", parameters);
        record_write(RECORD_SYSTEMS, id, record);
    } else {
        cJSON_Delete(record);
    }
}

void lasting_gone(const char *id)
{
    record_remove(RECORD_SYSTEMS, id);
}

/* Coming back. */

static void come_back(struct machine *m, const char *id, const cJSON *record)
{
    struct text answer = {0};
    int32_t result;
    cJSON *document = cJSON_Duplicate(json_at(record, "Document"), true);
    char *text = without_layers(document);
    if (machine_call(m, HCS_CREATE, id, text, &answer) < 0) {
        standin_misused("a system that was recorded cannot be created again");
    }
    if (json_bool(record, "Started", false)) {
        machine_call(m, HCS_START, id, NULL, &answer);
    }
    const char *parameters = json_string(record, "Process", NULL);
    struct machine_process *p = parameters ? machine_spawn(m, id, parameters, &result, &answer) : NULL;
    if (p) {
        machine_process_drop(p);
    }
    text_done(&answer);
    free(text);
    cJSON_Delete(document);
}

static bool is_new(const cJSON *record, const void *user)
{
    return !machine_has(user, json_string(record, "Id", ""));
}

void lasting_come_back(struct machine *m)
{
    char id[80];
    cJSON *record;
    while ((record = record_find(RECORD_SYSTEMS, is_new, m, id))) {
        come_back(m, id, record);
        cJSON_Delete(record);
    }
}
