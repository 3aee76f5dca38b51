/* backends/wide.h - Windows' UTF-16 strings. */
#ifndef BACKENDS_WIDE_H
#define BACKENDS_WIDE_H

#include <wchar.h>

char *wide_to_utf8(const wchar_t *s); /* NULL stays NULL; the caller frees, as the next */
wchar_t *wide_from_utf8(const char *s);

#endif
