#include "backends/hcs/guid.h"

#include <stdio.h>
#include <stdlib.h>

#include <objbase.h>

#include "backends/wide.h"
#include "core/text.h"

void guid_print(const GUID *guid, char out[GUID_TEXT])
{
    const unsigned char *d = guid->Data4;
    snprintf(out, GUID_TEXT, "%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", guid->Data1, guid->Data2,
             guid->Data3, d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]);
}

bool guid_read(const char *text, GUID *out)
{
    struct text braced = {0};
    text_addf(&braced, "{%s}", text);
    wchar_t *wide = wide_from_utf8(braced.data);
    bool is_one = braced.len == GUID_TEXT + 1 && CLSIDFromString(wide, out) == S_OK;
    free(wide);
    text_done(&braced);
    return is_one;
}
