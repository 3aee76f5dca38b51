#include "core/program.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/memory.h"
#include "core/text.h"

#ifdef _WIN32

static const char SEPARATORS[] = ";", ENDING[] = ".exe", SYSTEM_FOLDERS[] = "", NOWHERE[] = "C:\\nonexistent";

/* "C:\..." or "\\server\share\..."; "\..." is relative to the current drive. */
static bool is_absolute(const char *folder)
{
    return (folder[0] && folder[1] == ':' && (folder[2] == '\\' || folder[2] == '/')) ||
           (folder[0] == '\\' && folder[1] == '\\');
}

#else

static const char SEPARATORS[] = ":", ENDING[] = "",
                  SYSTEM_FOLDERS[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                  NOWHERE[] = "/nonexistent";

static bool is_absolute(const char *folder)
{
    return folder[0] == '/';
}

#endif

static bool is_program(const char *path)
{
    uv_fs_t request;
    bool file = uv_fs_stat(NULL, &request, path, NULL) == 0 && (request.statbuf.st_mode & S_IFMT) == S_IFREG;
    uv_fs_req_cleanup(&request);
    bool may = file && uv_fs_access(NULL, &request, path, X_OK, NULL) == 0;
    uv_fs_req_cleanup(&request);
    return may;
}

static char *environment(const char *name)
{
    size_t room = 1;
    char *value = mem_new(room, 1);
    int status;
    while ((status = uv_os_getenv(name, value, &room)) == UV_ENOBUFS) {
        value = mem_resize(value, room, 1);
    }
    if (status != 0) {
        value[0] = '\0';
    }
    return value;
}

/* The next folder of a list; *rest moves behind it. */
static char *next_folder(char **rest)
{
    char *folder = *rest;
    if (!folder) {
        return NULL;
    }
    size_t len = strcspn(folder, SEPARATORS);
    *rest = folder[len] ? folder + len + 1 : NULL;
    folder[len] = '\0';
    return folder;
}

/* Looks through the folders of two lists, one after the other. */
static char *find_in(const char *folders, const char *more, const char *name)
{
    struct text places = {0}, candidate = {0};
    text_addf(&places, "%s%s%s", folders, SEPARATORS, more);
    char *found = NULL, *rest = places.data;
    for (char *folder = next_folder(&rest); folder && !found; folder = next_folder(&rest)) {
        text_clear(&candidate);
        text_addf(&candidate, "%s/%s%s", folder, name, ENDING);
        if (is_absolute(folder) && is_program(text_of(&candidate))) {
            found = mem_string(text_of(&candidate));
        }
    }
    text_done(&candidate);
    text_done(&places);
    return found;
}

char *program_find(const char *name)
{
    char *path = environment("PATH");
    char *found = find_in(path, SYSTEM_FOLDERS, name);
    free(path);
    return found;
}

char *program_path(const char *name)
{
    char *path = environment("PATH");
    char *found = find_in(path, "", name);
    free(path);
    if (!found) {
        struct text missing = {0};
        text_addf(&missing, "%s/%s%s", NOWHERE, name, ENDING);
        found = text_take(&missing);
    }
    return found;
}
