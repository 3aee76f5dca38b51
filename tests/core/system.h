/* tests/core/system.h - what tests use of POSIX, on Windows too. */
#ifndef TESTS_CORE_SYSTEM_H
#define TESTS_CORE_SYSTEM_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifdef _WIN32
#include <direct.h>

static inline int setenv(const char *name, const char *value, int overwrite)
{
    (void)overwrite;
    return _putenv_s(name, value);
}

static inline int unsetenv(const char *name)
{
    return _putenv_s(name, "");
}

static inline struct tm *gmtime_r(const time_t *seconds, struct tm *out)
{
    return gmtime_s(out, seconds) == 0 ? out : NULL;
}

#define USER_FOLDER "APPDATA"
#else
#define USER_FOLDER "XDG_CONFIG_HOME"
#endif

static inline int make_folder(const char *path)
{
#ifdef _WIN32
    return mkdir(path);
#else
    return mkdir(path, 0700);
#endif
}

/* A new folder in the system's place for such, into out. */
static inline char *new_folder(char *out, size_t room)
{
#ifdef _WIN32
    snprintf(out, room, "%s\\porthole-XXXXXX", getenv("TEMP"));
    return mktemp(out) && mkdir(out) == 0 ? out : NULL;
#else
    snprintf(out, room, "/tmp/porthole-XXXXXX");
    return mkdtemp(out);
#endif
}

#endif
