/* tests/windows/standin/computenetwork.c - a stand-in for computenetwork.dll: two networks, and endpoints and
 * namespaces that outlive the program. A handle that is used after it was closed, or closed twice, or left
 * open when the program ends, ends it with a sentence and exit code 99. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <computenetwork.h>
#include <objbase.h>

#include "backends/json.h"
#include "backends/wide.h"
#include "core/memory.h"
#include "tests/windows/standin/records.h"

enum { MAGIC = 0x48434e31, CLOSED = 0x44454144 };

#define NOT_FOUND           HRESULT_FROM_WIN32(ERROR_NOT_FOUND)
#define ENDPOINT_NOT_FOUND  ((HRESULT)0x803B0002)
#define PORT_ALREADY_EXISTS ((HRESULT)0x803B0013)
#define FAILED_ON_DEMAND    ((HRESULT)0x80004005)

static const char *const networks[][2] = {
    {"11111111-0000-4000-8000-000000000001",
     "{\"ID\":\"11111111-0000-4000-8000-000000000001\",\"Name\":\"Default Switch\",\"Type\":\"ICS\"}"},
    {"11111111-0000-4000-8000-000000000002",
     "{\"ID\":\"11111111-0000-4000-8000-000000000002\",\"Name\":\"nat\",\"Type\":\"NAT\"}"},
};

struct handle {
    unsigned magic;
    const char *kind;
    char id[40];
};

static volatile LONG open_handles;

BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, void *reserved);
BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, void *reserved)
{
    (void)library, (void)reserved;
    if (reason == DLL_PROCESS_DETACH && open_handles != 0) {
        standin_misused("a handle of computenetwork.dll was left open");
    }
    return TRUE;
}

static void *open_handle(const char *kind, const char *id)
{
    struct handle *h = mem_new(1, sizeof *h);
    h->magic = MAGIC;
    h->kind = kind;
    snprintf(h->id, sizeof h->id, "%s", id);
    InterlockedIncrement(&open_handles);
    return h;
}

static struct handle *handle_of(void *handle, const char *kind)
{
    struct handle *h = handle;
    if (!h || h->magic != MAGIC || strcmp(h->kind, kind) != 0) {
        standin_misused("a handle of computenetwork.dll is used that is none, or was closed");
    }
    return h;
}

static HRESULT close_handle(void *handle, const char *kind)
{
    handle_of(handle, kind)->magic = CLOSED; /* stays, so that a later use is found */
    InterlockedDecrement(&open_handles);
    return S_OK;
}

static PWSTR give(const char *text)
{
    wchar_t *wide = wide_from_utf8(text);
    size_t size = (wcslen(wide) + 1) * sizeof *wide;
    PWSTR out = CoTaskMemAlloc(size);
    memcpy(out, wide, size);
    free(wide);
    return out;
}

/* With a failure comes a record. */
static HRESULT answer(HRESULT result, PWSTR *error)
{
    char record[120];
    snprintf(record, sizeof record,
             "{\"ErrorCode\":%lu,\"Error\":\"The stand-in says no.\",\"Success\":false}",
             (unsigned long)result);
    if (error) {
        *error = result < 0 ? give(record) : NULL;
    }
    return result;
}

static cJSON *parse(PCWSTR settings)
{
    struct error why;
    char *utf8 = wide_to_utf8(settings);
    cJSON *json = json_parse(utf8, strlen(utf8), 1 << 20, &why);
    free(utf8);
    return json;
}

/* Networks. */

HRESULT WINAPI HcnEnumerateNetworks(PCWSTR query, PWSTR *list, PWSTR *error)
{
    char text[160];
    (void)query;
    *list = NULL;
    if (standin_fails("HcnEnumerateNetworks")) {
        return answer(FAILED_ON_DEMAND, error);
    }
    snprintf(text, sizeof text, "[\"%s\",\"%s\"]", networks[0][0], networks[1][0]);
    *list = give(text);
    return answer(S_OK, error);
}

static int network_at(const char *id)
{
    return strcmp(id, networks[0][0]) == 0 ? 0 : strcmp(id, networks[1][0]) == 0 ? 1 : -1;
}

HRESULT WINAPI HcnOpenNetwork(REFGUID id, PHCN_NETWORK network, PWSTR *error)
{
    char text[40];
    record_guid_text(id, text);
    *network = NULL;
    if (network_at(text) < 0 || standin_fails("HcnOpenNetwork")) {
        return answer((HRESULT)0x803B0001, error);
    }
    *network = open_handle("network", text);
    return answer(S_OK, error);
}

HRESULT WINAPI HcnQueryNetworkProperties(HCN_NETWORK network, PCWSTR query, PWSTR *properties, PWSTR *error)
{
    const struct handle *h = handle_of(network, "network");
    (void)query;
    *properties = NULL;
    if (standin_fails("HcnQueryNetworkProperties")) {
        return answer(FAILED_ON_DEMAND, error);
    }
    *properties = give(networks[network_at(h->id)][1]);
    return answer(S_OK, error);
}

HRESULT WINAPI HcnCloseNetwork(HCN_NETWORK network)
{
    return close_handle(network, "network");
}

/* Endpoints. */

static bool publishes(const cJSON *endpoint, const void *user)
{
    const cJSON *policy = NULL;
    cJSON_ArrayForEach(policy, json_at(endpoint, "Policies"))
    {
        if (json_integer(policy, "Settings.ExternalPort", 0) == *(const int64_t *)user) {
            return true;
        }
    }
    return false;
}

static bool has_free_ports(const cJSON *settings)
{
    const cJSON *policy = NULL;
    bool is_free = true;
    cJSON_ArrayForEach(policy, json_at(settings, "Policies"))
    {
        int64_t port = json_integer(policy, "Settings.ExternalPort", 0);
        cJSON *other = record_find(RECORD_ENDPOINTS, publishes, &port, NULL);
        is_free = is_free && port > 0 && !other;
        cJSON_Delete(other);
    }
    return is_free;
}

static HRESULT check_endpoint(const struct handle *network, const char *id, const cJSON *settings)
{
    cJSON *old = record_read(RECORD_ENDPOINTS, id);
    cJSON_Delete(old);
    if (!settings || json_integer(settings, "SchemaVersion.Major", 0) != 2 ||
        !json_string(settings, "Name", NULL)) {
        return E_INVALIDARG;
    }
    if (strcmp(json_string(settings, "HostComputeNetwork", ""), network->id) != 0 ||
        json_at(settings, "HostComputeNamespace") ||
        (json_at(settings, "Policies")->child && network_at(network->id) != 1)) {
        return E_INVALIDARG; /* it is set by joining; and only NAT publishes ports */
    }
    return old ? (HRESULT)0x800700B7 : !has_free_ports(settings) ? PORT_ALREADY_EXISTS : S_OK;
}

HRESULT WINAPI HcnCreateEndpoint(HCN_NETWORK network, REFGUID id, PCWSTR settings, PHCN_ENDPOINT endpoint,
                                 PWSTR *error)
{
    const struct handle *h = handle_of(network, "network");
    char text[40];
    cJSON *json = parse(settings);
    record_guid_text(id, text);
    *endpoint = NULL;
    HRESULT result = check_endpoint(h, text, json);
    if (result == S_OK && standin_fails("HcnCreateEndpoint")) {
        result = FAILED_ON_DEMAND;
    }
    if (result == S_OK) {
        record_write(RECORD_ENDPOINTS, text, json);
        *endpoint = open_handle("endpoint", text);
    } else {
        cJSON_Delete(json);
    }
    return answer(result, error);
}

HRESULT WINAPI HcnCloseEndpoint(HCN_ENDPOINT endpoint)
{
    return close_handle(endpoint, "endpoint");
}

HRESULT WINAPI HcnDeleteEndpoint(REFGUID id, PWSTR *error)
{
    char text[40];
    record_guid_text(id, text);
    cJSON *json = record_read(RECORD_ENDPOINTS, text);
    HRESULT result = !json                                   ? ENDPOINT_NOT_FOUND
                     : json_at(json, "HostComputeNamespace") ? HRESULT_FROM_WIN32(ERROR_BUSY)
                     : standin_fails("HcnDeleteEndpoint")    ? FAILED_ON_DEMAND
                                                             : S_OK;
    cJSON_Delete(json);
    if (result == S_OK) {
        record_remove(RECORD_ENDPOINTS, text);
    }
    return answer(result, error);
}

/* Namespaces. */

HRESULT WINAPI HcnCreateNamespace(REFGUID id, PCWSTR settings, PHCN_NAMESPACE space, PWSTR *error)
{
    char text[40];
    cJSON *json = parse(settings);
    record_guid_text(id, text);
    *space = NULL;
    cJSON *old = record_read(RECORD_NAMESPACES, text);
    HRESULT result = old || !json                          ? E_INVALIDARG
                     : standin_fails("HcnCreateNamespace") ? FAILED_ON_DEMAND
                                                           : S_OK;
    cJSON_Delete(old);
    if (result == S_OK) {
        record_write(RECORD_NAMESPACES, text, json);
        *space = open_handle("namespace", text);
    } else {
        cJSON_Delete(json);
    }
    return answer(result, error);
}

HRESULT WINAPI HcnOpenNamespace(REFGUID id, PHCN_NAMESPACE space, PWSTR *error)
{
    char text[40];
    record_guid_text(id, text);
    cJSON *json = record_read(RECORD_NAMESPACES, text);
    *space = json ? open_handle("namespace", text) : NULL;
    HRESULT result = json ? S_OK : NOT_FOUND;
    cJSON_Delete(json);
    return answer(result, error);
}

static HRESULT move_endpoint(const struct handle *space, const char *type, const char *id)
{
    cJSON *endpoint = record_read(RECORD_ENDPOINTS, id);
    const char *in = json_string(endpoint, "HostComputeNamespace", "");
    bool adds = strcmp(type, "Add") == 0;
    if (!endpoint || strcmp(in, adds ? "" : space->id) != 0) {
        cJSON_Delete(endpoint);
        return ENDPOINT_NOT_FOUND;
    }
    if (adds) {
        cJSON_AddStringToObject(endpoint, "HostComputeNamespace", space->id);
    } else {
        cJSON_DeleteItemFromObject(endpoint, "HostComputeNamespace");
    }
    record_write(RECORD_ENDPOINTS, id, endpoint);
    return S_OK;
}

HRESULT WINAPI HcnModifyNamespace(HCN_NAMESPACE space, PCWSTR settings, PWSTR *error)
{
    const struct handle *h = handle_of(space, "namespace");
    cJSON *json = parse(settings);
    HRESULT result = E_INVALIDARG;
    if (standin_fails("HcnModifyNamespace")) {
        result = FAILED_ON_DEMAND;
    } else if (strcmp(json_string(json, "ResourceType", ""), "Endpoint") == 0) {
        result = move_endpoint(h, json_string(json, "RequestType", ""),
                               json_string(json, "Settings.EndpointId", ""));
    }
    cJSON_Delete(json);
    return answer(result, error);
}

HRESULT WINAPI HcnCloseNamespace(HCN_NAMESPACE space)
{
    return close_handle(space, "namespace");
}

static bool names(const cJSON *system, const void *user)
{
    char *text = cJSON_PrintUnformatted(system);
    bool named = strstr(text, user);
    free(text);
    return named;
}

HRESULT WINAPI HcnDeleteNamespace(REFGUID id, PWSTR *error)
{
    char text[40];
    record_guid_text(id, text);
    cJSON *json = record_read(RECORD_NAMESPACES, text);
    cJSON *user = record_find(RECORD_SYSTEMS, names, text, NULL);
    HRESULT result = !json                                 ? NOT_FOUND
                     : user                                ? HRESULT_FROM_WIN32(ERROR_BUSY)
                     : standin_fails("HcnDeleteNamespace") ? FAILED_ON_DEMAND
                                                           : S_OK;
    cJSON_Delete(user);
    cJSON_Delete(json);
    if (result == S_OK) {
        record_remove(RECORD_NAMESPACES, text);
    }
    return answer(result, error);
}
