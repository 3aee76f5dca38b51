/* By computenetwork.dll (HCN): https://learn.microsoft.com/virtualization/api/hcn, and for the documents
 * Microsoft's hcsshim (hcn). HCN's strings are freed by CoTaskMemFree. */
#include "backends/hcs/network.h"

#include <stdlib.h>
#include <string.h>

#include <computenetwork.h>
#include <objbase.h>

#include "backends/hcs/guid.h"
#include "backends/hcs/library.h"
#include "backends/json.h"
#include "backends/wide.h"
#include "core/memory.h"

#define HCN_E_NETWORK_NOT_FOUND  ((int32_t)UINT32_C(0x803B0001))
#define HCN_E_ENDPOINT_NOT_FOUND ((int32_t)UINT32_C(0x803B0002))

enum { DOCUMENT_MOST = 1 << 22 };

#define HCN_FUNCTIONS(F)                                                                                     \
    F(HcnEnumerateNetworks)                                                                                  \
    F(HcnOpenNetwork)                                                                                        \
    F(HcnQueryNetworkProperties)                                                                             \
    F(HcnCloseNetwork)                                                                                       \
    F(HcnCreateEndpoint)                                                                                     \
    F(HcnDeleteEndpoint)                                                                                     \
    F(HcnCloseEndpoint)                                                                                      \
    F(HcnCreateNamespace)                                                                                    \
    F(HcnOpenNamespace)                                                                                      \
    F(HcnModifyNamespace)                                                                                    \
    F(HcnDeleteNamespace)                                                                                    \
    F(HcnCloseNamespace)

struct network {
    bool loaded;
#define FIELD(name) __typeof__(&name) name;
    HCN_FUNCTIONS(FIELD)
#undef FIELD
};

static const wchar_t QUERY[] = L"{\"SchemaVersion\":{\"Major\":2,\"Minor\":0},\"Flags\":0}";

struct network *network_new(void)
{
    return mem_new(1, sizeof(struct network));
}

void network_free(struct network *n)
{
    free(n);
}

static int32_t load(struct network *n)
{
    const char *missing = NULL;
    HMODULE library = n->loaded ? NULL : library_load(L"computenetwork.dll");
    if (n->loaded) {
        return S_OK;
    }
    if (!library) {
        return HRESULT_FROM_WIN32(GetLastError());
    }
#define FIND(name) n->name = (__typeof__(&name))library_find(library, #name, &missing);
    HCN_FUNCTIONS(FIND)
#undef FIND
    n->loaded = !missing;
    return missing ? HRESULT_FROM_WIN32(ERROR_PROC_NOT_FOUND) : S_OK;
}

/* Frees the error record, and keeps it when it belongs to a failure. */
static int32_t told(int32_t result, PWSTR *error, struct text *record)
{
    if (result < 0 && *error && record->len == 0) {
        char *utf8 = wide_to_utf8(*error);
        text_add(record, utf8);
        free(utf8);
    }
    CoTaskMemFree(*error);
    *error = NULL;
    return result;
}

static cJSON *take_document(PWSTR document)
{
    struct error ignored;
    char *utf8 = wide_to_utf8(document);
    CoTaskMemFree(document);
    cJSON *json = utf8 ? json_parse(utf8, strlen(utf8), DOCUMENT_MOST, &ignored) : NULL;
    free(utf8);
    return json;
}

static wchar_t *print_wide(cJSON *json)
{
    char *utf8 = cJSON_PrintUnformatted(json);
    wchar_t *wide = wide_from_utf8(utf8);
    free(utf8);
    cJSON_Delete(json);
    return wide;
}

static bool is_not_found(int32_t result)
{
    return result == HRESULT_FROM_WIN32(ERROR_NOT_FOUND) || result == HCN_E_ENDPOINT_NOT_FOUND;
}

/* Networks. */

static bool is_wanted(const cJSON *network, const char *id, const char *wanted)
{
    if (!wanted) {
        return strcmp(json_string(network, "Type", ""), "NAT") == 0;
    }
    return _stricmp(json_string(network, "Name", ""), wanted) == 0 || _stricmp(id, wanted) == 0;
}

/* Opens the network when it is the one that is wanted. */
static HCN_NETWORK open_if_wanted(const struct network *n, const char *id, const char *wanted)
{
    GUID guid;
    HCN_NETWORK network = NULL;
    PWSTR properties = NULL, error = NULL;
    struct text ignored = {0};
    if (!guid_read(id, &guid) || told(n->HcnOpenNetwork(&guid, &network, &error), &error, &ignored) < 0) {
        text_done(&ignored);
        return NULL; /* it went away meanwhile */
    }
    told(n->HcnQueryNetworkProperties(network, QUERY, &properties, &error), &error, &ignored);
    text_done(&ignored);
    cJSON *json = take_document(properties);
    bool wants = json && is_wanted(json, id, wanted);
    cJSON_Delete(json);
    if (!wants) {
        n->HcnCloseNetwork(network);
    }
    return wants ? network : NULL;
}

static int32_t open_network(const struct network *n, const char *wanted, HCN_NETWORK *network,
                            struct text *its_id, struct text *record)
{
    PWSTR list = NULL, error = NULL;
    const cJSON *id = NULL;
    int32_t result = told(n->HcnEnumerateNetworks(QUERY, &list, &error), &error, record);
    cJSON *ids = take_document(list);
    *network = NULL;
    cJSON_ArrayForEach(id, ids)
    {
        if (!*network && cJSON_IsString(id)) {
            *network = open_if_wanted(n, id->valuestring, wanted);
            text_add(its_id, *network ? id->valuestring : NULL);
        }
    }
    cJSON_Delete(ids);
    return result >= 0 && !*network ? HCN_E_NETWORK_NOT_FOUND : result;
}

/* Endpoints. */

int32_t network_create_endpoint(struct network *n, const GUID *id, const char *name, const cJSON *settings,
                                struct text *record)
{
    HCN_NETWORK network;
    HCN_ENDPOINT endpoint = NULL;
    PWSTR error = NULL;
    struct text network_id = {0};
    int32_t result = load(n);
    if (result >= 0) {
        const char *wanted = json_string(settings, "HostComputeNetwork", NULL);
        result = open_network(n, wanted, &network, &network_id, record);
    }
    if (result < 0) {
        return result;
    }
    cJSON *document = cJSON_Duplicate(settings, true);
    cJSON_DeleteItemFromObject(document, "HostComputeNetwork"); /* it may be a name, and HCN knows GUIDs */
    cJSON_AddStringToObject(document, "HostComputeNetwork", network_id.data);
    cJSON_AddStringToObject(document, "Name", name);
    text_done(&network_id);
    wchar_t *wide = print_wide(document);
    result = told(n->HcnCreateEndpoint(network, id, wide, &endpoint, &error), &error, record);
    free(wide);
    if (endpoint) {
        n->HcnCloseEndpoint(endpoint);
    }
    n->HcnCloseNetwork(network);
    return result;
}

static wchar_t *endpoint_request(const char *type, const GUID *endpoint)
{
    char id[GUID_TEXT];
    guid_print(endpoint, id);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "ResourceType", "Endpoint");
    cJSON_AddStringToObject(json, "RequestType", type);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(json, "Settings"), "EndpointId", id);
    return print_wide(json);
}

/* Namespaces. */

int32_t network_create_namespace(struct network *n, const GUID *id, const GUID *endpoint, struct text *record)
{
    static const wchar_t SETTINGS[] =
        L"{\"SchemaVersion\":{\"Major\":2,\"Minor\":0}}"; /* as containerd does */
    HCN_NAMESPACE space = NULL;
    PWSTR error = NULL;
    int32_t result = load(n);
    if (result < 0) {
        return result;
    }
    result = told(n->HcnCreateNamespace(id, SETTINGS, &space, &error), &error, record);
    if (result < 0) {
        return result;
    }
    wchar_t *request = endpoint_request("Add", endpoint);
    result = told(n->HcnModifyNamespace(space, request, &error), &error, record);
    free(request);
    n->HcnCloseNamespace(space);
    if (result < 0) {
        told(n->HcnDeleteNamespace(id, &error), &error, record);
    }
    return result;
}

/* An endpoint leaves its namespace before it is deleted, as containerd does it. */
static bool leave(const struct network *n, const GUID *endpoint, const GUID *space)
{
    HCN_NAMESPACE handle = NULL;
    PWSTR error = NULL;
    struct text ignored = {0};
    bool is_there = told(n->HcnOpenNamespace(space, &handle, &error), &error, &ignored) >= 0;
    if (is_there) {
        wchar_t *request = endpoint_request("Remove", endpoint);
        told(n->HcnModifyNamespace(handle, request, &error), &error, &ignored);
        free(request);
        n->HcnCloseNamespace(handle);
    }
    text_done(&ignored);
    return is_there;
}

int32_t network_remove(struct network *n, const GUID *endpoint, const GUID *space, struct text *record)
{
    PWSTR error = NULL;
    int32_t result = load(n);
    if (result == HRESULT_FROM_WIN32(ERROR_MOD_NOT_FOUND)) {
        return S_FALSE; /* where there is no network service nothing was made */
    }
    if (result < 0) {
        return result;
    }
    bool has_space = leave(n, endpoint, space);
    int32_t first = told(n->HcnDeleteEndpoint(endpoint, &error), &error, record);
    int32_t second = has_space ? told(n->HcnDeleteNamespace(space, &error), &error, record) : S_FALSE;
    if (first < 0 && !is_not_found(first)) {
        return first;
    }
    if (second < 0 && !is_not_found(second)) {
        return second;
    }
    return first >= 0 || second == S_OK ? S_OK : S_FALSE;
}
