/* backends/hcs/guid.h - GUIDs as HCS and HCN write them in documents: small letters, no braces. */
#ifndef BACKENDS_HCS_GUID_H
#define BACKENDS_HCS_GUID_H

#include <stdbool.h>
#include <windows.h>

enum { GUID_TEXT = 37 }; /* with the NUL */

void guid_print(const GUID *guid, char out[GUID_TEXT]);
bool guid_read(const char *text, GUID *out); /* capitals do as well; false: it is none */

#endif
