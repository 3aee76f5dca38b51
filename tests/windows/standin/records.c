#include "tests/windows/standin/records.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/json.h"

enum { PATH_ROOM = 400, RECORD_MOST = 1 << 20 };

void standin_misused(const char *what)
{
    fprintf(stderr, "stand-in: %s\n", what);
    fflush(stderr);
    TerminateProcess(GetCurrentProcess(), 99);
}

bool standin_fails(const char *function)
{
    static volatile LONG done;
    const char *fails = getenv("PORTHOLE_STANDIN_FAIL"), *dies = getenv("PORTHOLE_STANDIN_DIE");
    if (dies && strcmp(dies, function) == 0) {
        TerminateProcess(GetCurrentProcess(), 1);
    }
    return fails && strcmp(fails, function) == 0 && InterlockedExchange(&done, 1) == 0;
}

static void path_of(char path[PATH_ROOM], const char *kind, const char *name)
{
    const char *data = getenv("ProgramData");
    snprintf(path, PATH_ROOM, "%s\\standin\\%s\\%s.json", data ? data : "C:\\ProgramData", kind, name);
}

static void make_folders(const char *path)
{
    char folder[PATH_ROOM];
    for (const char *at = strchr(path + 3, '\\'); at; at = strchr(at + 1, '\\')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(at - path), path);
        CreateDirectoryA(folder, NULL);
    }
}

cJSON *record_read(const char *kind, const char *name)
{
    char path[PATH_ROOM];
    struct error ignored;
    path_of(path, kind, name);
    return json_read_file(path, RECORD_MOST, &ignored);
}

/* By a new file of another name, so that whoever reads finds the old one or the new one. */
void record_write(const char *kind, const char *name, cJSON *json)
{
    char path[PATH_ROOM], other[PATH_ROOM + 8];
    path_of(path, kind, name);
    make_folders(path);
    snprintf(other, sizeof other, "%s.new", path);
    FILE *file = fopen(other, "wb");
    char *text = cJSON_PrintUnformatted(json);
    if (!file || fputs(text, file) < 0 || fclose(file) != 0 ||
        !MoveFileExA(other, path, MOVEFILE_REPLACE_EXISTING)) {
        standin_misused("a record cannot be written");
    }
    free(text);
    cJSON_Delete(json);
}

void record_remove(const char *kind, const char *name)
{
    char path[PATH_ROOM];
    path_of(path, kind, name);
    DeleteFileA(path);
}

cJSON *record_find(const char *kind, bool (*is_it)(const cJSON *json, const void *user), const void *user,
                   char name[80])
{
    char pattern[PATH_ROOM], stem[80];
    WIN32_FIND_DATAA entry;
    path_of(pattern, kind, "*");
    HANDLE search = FindFirstFileA(pattern, &entry);
    cJSON *found = NULL;
    for (BOOL more = search != INVALID_HANDLE_VALUE; more && !found; more = FindNextFileA(search, &entry)) {
        snprintf(stem, sizeof stem, "%.*s", (int)strlen(entry.cFileName) - 5, entry.cFileName);
        found = record_read(kind, stem);
        if (found && !is_it(found, user)) {
            cJSON_Delete(found);
            found = NULL;
        }
    }
    if (search != INVALID_HANDLE_VALUE) {
        FindClose(search);
    }
    if (found && name) {
        snprintf(name, 80, "%s", stem);
    }
    return found;
}

void record_name_to_guid(const char *name, GUID *guid)
{
    uint64_t half[2] = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x84222325cbf29ce4)};
    for (const char *at = name; *at; at++) {
        half[0] = (half[0] ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
        half[1] = (half[1] + (unsigned char)*at) * UINT64_C(0x9e3779b97f4a7c15);
    }
    memcpy(guid, half, sizeof *guid);
}

void record_guid_text(const GUID *guid, char out[40])
{
    const unsigned char *d = guid->Data4;
    snprintf(out, 40, "%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", guid->Data1, guid->Data2,
             guid->Data3, d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]);
}
