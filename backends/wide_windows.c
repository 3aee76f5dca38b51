#include "backends/wide.h"

#include <windows.h>

#include "core/memory.h"

char *wide_to_utf8(const wchar_t *s)
{
    if (!s) {
        return NULL;
    }
    int room = WideCharToMultiByte(CP_UTF8, 0, s, -1, NULL, 0, NULL, NULL);
    char *text = mem_new((size_t)room + 1, 1);
    WideCharToMultiByte(CP_UTF8, 0, s, -1, text, room, NULL, NULL);
    return text;
}

wchar_t *wide_from_utf8(const char *s)
{
    if (!s) {
        return NULL;
    }
    int room = MultiByteToWideChar(CP_UTF8, 0, s, -1, NULL, 0);
    wchar_t *wide = mem_new((size_t)room + 1, sizeof *wide);
    MultiByteToWideChar(CP_UTF8, 0, s, -1, wide, room);
    return wide;
}
