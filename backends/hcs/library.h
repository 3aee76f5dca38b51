/* backends/hcs/library.h - Windows' libraries, found at run time.
 *
 * None of them is linked: a program that imports one does not start where it is missing. They are loaded from
 * system32 only, because one that lies beside the program would run with the rights of an administrator; and
 * they stay loaded, because their threads may call us whenever they like. */
#ifndef BACKENDS_HCS_LIBRARY_H
#define BACKENDS_HCS_LIBRARY_H

#include <windows.h>

/* GetProcAddress has one type for all functions; by way of this one they may be cast without a warning. */
typedef void (*library_function)(void);

HMODULE library_load(const wchar_t *name); /* NULL and GetLastError: it is not there */

/* NULL, and *missing is the name where it was NULL: the library has no such function. */
library_function library_find(HMODULE library, const char *name, const char **missing);

#endif
