/* tests/windows/standin/vmcompute.c - a stand-in for the layers' part of vmcompute.dll: folders that are
 * really made and removed, and calls that are refused out of turn. Where the real one refuses with a number
 * that is not known here, it refuses with some number.
 *
 * DestroyLayer says that it went well and leaves the folder when it is told to fail, and when the layer is
 * still activated, as the real one does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/json.h"
#include "backends/wide.h"
#include "core/memory.h"
#include "tests/windows/standin/records.h"

enum { MADE, ACTIVATED, PREPARED };

#define FAILED_ON_DEMAND ((HRESULT)0x80004005)
#define OUT_OF_TURN      ((HRESULT)0x80070490)

struct driver_info {
    int flavour;
    PCWSTR home;
};

struct layer_descriptor {
    GUID id;
    ULONG flags;
    PCWSTR path;
};

struct layer { /* what a call is about */
    char *path;
    char name[40]; /* of the record */
    cJSON *record; /* NULL: there is none */
};

HRESULT WINAPI NameToGuid(PCWSTR name, GUID *guid);
HRESULT WINAPI CreateSandboxLayer(const struct driver_info *, PCWSTR, PCWSTR, const struct layer_descriptor *,
                                  DWORD);
HRESULT WINAPI ActivateLayer(const struct driver_info *, PCWSTR);
HRESULT WINAPI PrepareLayer(const struct driver_info *, PCWSTR, const struct layer_descriptor *, DWORD);
HRESULT WINAPI GetLayerMountPath(const struct driver_info *, PCWSTR, SIZE_T *, PWSTR);
HRESULT WINAPI UnprepareLayer(const struct driver_info *, PCWSTR);
HRESULT WINAPI DeactivateLayer(const struct driver_info *, PCWSTR);
HRESULT WINAPI DestroyLayer(const struct driver_info *, PCWSTR);

static struct layer layer_of(const struct driver_info *info, PCWSTR path)
{
    struct layer l = {.path = wide_to_utf8(path)};
    GUID guid;
    if (!info || info->flavour != 1 || !info->home || info->home[0] || !path || wcslen(path) < 4) {
        standin_misused("a layer function is called with a driver or path that is none");
    }
    record_name_to_guid(l.path, &guid);
    record_guid_text(&guid, l.name);
    l.record = record_read(RECORD_LAYERS, l.name);
    return l;
}

static void layer_done(struct layer *l)
{
    cJSON_Delete(l->record);
    free(l->path);
}

static int64_t state_of(const struct layer *l)
{
    return json_integer(l->record, "State", -1);
}

/* From one state to another, when it is in that one. */
static HRESULT step(struct layer *l, int from, int to)
{
    HRESULT result = state_of(l) == from ? S_OK : OUT_OF_TURN;
    if (result == S_OK) {
        cJSON_ReplaceItemInObject(l->record, "State", cJSON_CreateNumber(to));
        record_write(RECORD_LAYERS, l->name, l->record);
        l->record = NULL;
    }
    return result;
}

static bool has_privilege(void)
{
    HANDLE token = NULL;
    PRIVILEGE_SET wanted = {.PrivilegeCount = 1, .Control = PRIVILEGE_SET_ALL_NECESSARY};
    BOOL has = FALSE;
    LookupPrivilegeValueW(NULL, L"SeManageVolumePrivilege", &wanted.Privilege[0].Luid);
    if (OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) {
        PrivilegeCheck(token, &wanted, &has);
        CloseHandle(token);
    }
    return has;
}

/* The chain as JSON; NULL: one of them is no layer, or has the id of another. */
static cJSON *chain_of(const struct layer_descriptor *list, DWORD n)
{
    cJSON *chain = cJSON_CreateArray();
    for (DWORD i = 0; i < n && chain; i++) {
        GUID guid;
        char *path = wide_to_utf8(list[i].path), *name = strrchr(path, '\\');
        DWORD attributes = GetFileAttributesW(list[i].path);
        record_name_to_guid(name ? name + 1 : path, &guid);
        if (attributes == INVALID_FILE_ATTRIBUTES || memcmp(&guid, &list[i].id, sizeof guid) != 0) {
            cJSON_Delete(chain);
            chain = NULL;
        } else {
            cJSON_AddItemToArray(chain, cJSON_CreateString(path));
        }
        free(path);
    }
    return chain;
}

HRESULT WINAPI NameToGuid(PCWSTR name, GUID *guid)
{
    char *utf8 = wide_to_utf8(name);
    record_name_to_guid(utf8, guid);
    free(utf8);
    return standin_fails("NameToGuid") ? FAILED_ON_DEMAND : S_OK;
}

static HRESULT create(struct layer *l, PCWSTR folder, cJSON *chain)
{
    char disk[400];
    if (!CreateDirectoryW(folder, NULL)) {
        cJSON_Delete(chain);
        return HRESULT_FROM_WIN32(GetLastError());
    }
    snprintf(disk, sizeof disk, "%s\\sandbox.vhdx", l->path);
    FILE *file = fopen(disk, "wb");
    if (!file || fputs("vhdxfile", file) < 0 || fclose(file) != 0) {
        standin_misused("a disk cannot be written");
    }
    cJSON *record = cJSON_CreateObject();
    cJSON_AddStringToObject(record, "Path", l->path);
    cJSON_AddNumberToObject(record, "State", MADE);
    cJSON_AddItemToObject(record, "Chain", chain);
    record_write(RECORD_LAYERS, l->name, record);
    return S_OK;
}

HRESULT WINAPI CreateSandboxLayer(const struct driver_info *info, PCWSTR folder, PCWSTR unused,
                                  const struct layer_descriptor *list, DWORD n)
{
    struct layer l = layer_of(info, folder);
    HRESULT result = E_INVALIDARG;
    if (unused || n == 0) {
        standin_misused("CreateSandboxLayer is called without layers, or with a parent");
    }
    cJSON *chain = chain_of(list, n);
    if (!has_privilege()) {
        result = HRESULT_FROM_WIN32(ERROR_PRIVILEGE_NOT_HELD);
        cJSON_Delete(chain);
    } else if (chain) {
        result = create(&l, folder, chain);
    }
    layer_done(&l);
    return result == S_OK && standin_fails("CreateSandboxLayer") ? FAILED_ON_DEMAND : result;
}

HRESULT WINAPI ActivateLayer(const struct driver_info *info, PCWSTR folder)
{
    struct layer l = layer_of(info, folder);
    HRESULT result = standin_fails("ActivateLayer") ? FAILED_ON_DEMAND : step(&l, MADE, ACTIVATED);
    layer_done(&l);
    return result;
}

HRESULT WINAPI PrepareLayer(const struct driver_info *info, PCWSTR folder,
                            const struct layer_descriptor *list, DWORD n)
{
    struct layer l = layer_of(info, folder);
    cJSON *chain = chain_of(list, n);
    bool same = chain && cJSON_Compare(chain, json_at(l.record, "Chain"), true);
    HRESULT result = standin_fails("PrepareLayer") ? FAILED_ON_DEMAND
                     : same                        ? step(&l, ACTIVATED, PREPARED)
                                                   : E_INVALIDARG;
    cJSON_Delete(chain);
    layer_done(&l);
    return result;
}

/* The length counts the NUL; the path has no backslash at its end. */
HRESULT WINAPI GetLayerMountPath(const struct driver_info *info, PCWSTR folder, SIZE_T *length, PWSTR path)
{
    struct layer l = layer_of(info, folder);
    wchar_t volume[80];
    HRESULT result = standin_fails("GetLayerMountPath") ? FAILED_ON_DEMAND
                     : state_of(&l) == PREPARED         ? S_OK
                                                        : OUT_OF_TURN;
    swprintf(volume, 80, L"\\\\?\\Volume{%hs}", l.name);
    if (result == S_OK && path && *length <= wcslen(volume)) {
        standin_misused("GetLayerMountPath is given too little room");
    }
    if (result == S_OK && path) {
        wcscpy(path, volume);
    }
    *length = wcslen(volume) + 1;
    layer_done(&l);
    return result;
}

HRESULT WINAPI UnprepareLayer(const struct driver_info *info, PCWSTR folder)
{
    struct layer l = layer_of(info, folder);
    HRESULT result = standin_fails("UnprepareLayer") ? FAILED_ON_DEMAND : step(&l, PREPARED, ACTIVATED);
    layer_done(&l);
    return result;
}

HRESULT WINAPI DeactivateLayer(const struct driver_info *info, PCWSTR folder)
{
    struct layer l = layer_of(info, folder);
    HRESULT result = standin_fails("DeactivateLayer") ? FAILED_ON_DEMAND : step(&l, ACTIVATED, MADE);
    layer_done(&l);
    return result;
}

static bool uses(const cJSON *system, const void *user)
{
    const struct layer *l = user;
    char *text = cJSON_PrintUnformatted(system);
    cJSON *path = cJSON_CreateString(l->path);
    char *quoted = cJSON_PrintUnformatted(path);
    bool named = strstr(text, quoted) || strstr(text, l->name); /* by its folder, or by its volume */
    free(quoted);
    cJSON_Delete(path);
    free(text);
    return named;
}

HRESULT WINAPI DestroyLayer(const struct driver_info *info, PCWSTR folder)
{
    struct layer l = layer_of(info, folder);
    char disk[400];
    cJSON *user = record_find(RECORD_SYSTEMS, uses, &l, NULL);
    HRESULT result = user ? HRESULT_FROM_WIN32(ERROR_SHARING_VIOLATION) : S_OK;
    cJSON_Delete(user);
    if (result == S_OK && state_of(&l) == MADE && !standin_fails("DestroyLayer")) {
        snprintf(disk, sizeof disk, "%s\\sandbox.vhdx", l.path);
        DeleteFileA(disk);
        RemoveDirectoryW(folder);
        record_remove(RECORD_LAYERS, l.name);
    }
    layer_done(&l);
    return result;
}
