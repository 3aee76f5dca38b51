#include "backends/hcs/computecore_api.h"

#include "backends/hcs/library.h"

bool computecore_load(struct computecore_api *api, struct error *e)
{
    const char *missing = NULL;
    HMODULE library = library_load(L"computecore.dll");
    if (!library) {
        error_set(e, ERROR_UNSUPPORTED, (int32_t)GetLastError(),
                  "this Windows has no Host Compute Service (no computecore.dll): it needs Windows 10 1809 "
                  "or Server 2019, or "
                  "later, with the feature Containers or Hyper-V turned on");
        return false;
    }
#define FIND(name) api->name = (__typeof__(&name))library_find(library, #name, &missing);
    COMPUTECORE_FUNCTIONS(FIND)
#undef FIND
    if (missing) {
        error_set(e, ERROR_UNSUPPORTED, 0,
                  "the Host Compute Service of this Windows is too old (computecore.dll has no %s): it must "
                  "be Windows 10 1809 "
                  "or Server 2019, or later",
                  missing);
        return false;
    }
    return true;
}
