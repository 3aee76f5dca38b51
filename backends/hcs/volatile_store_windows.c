#include "backends/hcs/volatile_store.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdlib.h>
#include <windows.h>

#include "backends/wide.h"

enum { SYSTEMS_MOST = 100000, VM = 2, NAME_ROOM = 256 };

#define STORE                                                                                                \
    L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\HostComputeService\\VolatileStore\\ComputeSystem"

static bool is_vm(HKEY store, const wchar_t *id)
{
    DWORD type = 0, size = sizeof type;
    return RegGetValueW(store, id, L"ComputeSystemType", RRF_RT_REG_DWORD, NULL, &type, &size) == 0 &&
           type == VM;
}

static cJSON *element(HKEY store, const wchar_t *wide)
{
    cJSON *o = cJSON_CreateObject();
    char *id = wide_to_utf8(wide);
    cJSON_AddStringToObject(o, "Id", id ? id : "");
    if (is_vm(store, wide)) {
        cJSON_AddStringToObject(o, "SystemType", "VirtualMachine");
    }
    free(id);
    return o;
}

char *volatile_store_list(void)
{
    HKEY store;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, STORE, 0, KEY_READ, &store) != 0) {
        return NULL;
    }
    cJSON *list = cJSON_CreateArray();
    wchar_t id[NAME_ROOM];
    DWORD room = NAME_ROOM;
    for (DWORD i = 0; i < SYSTEMS_MOST && RegEnumKeyExW(store, i, id, &room, NULL, NULL, NULL, NULL) == 0;
         i++) {
        cJSON_AddItemToArray(list, element(store, id));
        room = NAME_ROOM;
    }
    RegCloseKey(store);
    char *text = cJSON_PrintUnformatted(list);
    cJSON_Delete(list);
    return text;
}
