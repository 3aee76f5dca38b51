#include "backends/hcs/library.h"

HMODULE library_load(const wchar_t *name)
{
    return LoadLibraryExW(name, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
}

library_function library_find(HMODULE library, const char *name, const char **missing)
{
    library_function found = (library_function)GetProcAddress(library, name);
    if (!found && !*missing) {
        *missing = name;
    }
    return found;
}
