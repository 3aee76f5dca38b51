#include "backends/hcs/volatile_store.h"

#include <windows.h>

enum { SYSTEMS_MOST = 100000, VM = 2, NAME_ROOM = 256 };

#define STORE                                                                                                \
    L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\HostComputeService\\VolatileStore\\ComputeSystem"

static bool is_vm(HKEY store, const wchar_t *id)
{
    DWORD type = 0, size = sizeof type;
    return RegGetValueW(store, id, L"ComputeSystemType", RRF_RT_REG_DWORD, NULL, &type, &size) == 0 &&
           type == VM;
}

bool volatile_store_count(unsigned *all, unsigned *vms)
{
    HKEY store;
    *all = *vms = 0;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, STORE, 0, KEY_READ, &store) != 0) {
        return false;
    }
    wchar_t id[NAME_ROOM];
    DWORD room = NAME_ROOM;
    for (DWORD i = 0; i < SYSTEMS_MOST && RegEnumKeyExW(store, i, id, &room, NULL, NULL, NULL, NULL) == 0;
         i++) {
        (*all)++;
        *vms += is_vm(store, id);
        room = NAME_ROOM;
    }
    RegCloseKey(store);
    return true;
}
