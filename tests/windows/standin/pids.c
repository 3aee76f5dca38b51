/* Under process isolation the pids inside are the host's: processes of a simulated silo that have a namesake
 * among those of this machine (under Wine: its services) take that one's pid and start. */
#include "tests/windows/standin/standin.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tlhelp32.h>

#include "backends/wide.h"

static bool started(DWORD pid, char out[40])
{
    FILETIME created, other[3];
    SYSTEMTIME t;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    bool known = process && GetProcessTimes(process, &created, &other[0], &other[1], &other[2]) &&
                 FileTimeToSystemTime(&created, &t);
    if (process) {
        CloseHandle(process);
    }
    if (known) {
        snprintf(out, 40, "%04d-%02d-%02dT%02d:%02d:%02d.%03d0000Z", t.wYear, t.wMonth, t.wDay, t.wHour,
                 t.wMinute, t.wSecond, t.wMilliseconds);
    }
    return known;
}

/* The first namesake whose pid is greater than `after`. */
static DWORD namesake(const char *name, DWORD after)
{
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    DWORD found = 0;
    for (BOOL more = Process32FirstW(list, &entry); more; more = Process32NextW(list, &entry)) {
        char *image = wide_to_utf8(entry.szExeFile);
        if (_stricmp(image, name) == 0 && entry.th32ProcessID > after &&
            (!found || entry.th32ProcessID < found)) {
            found = entry.th32ProcessID;
        }
        free(image);
    }
    CloseHandle(list);
    return found;
}

char *standin_pids(char *document)
{
    cJSON *root = cJSON_Parse(document);
    cJSON *list = cJSON_GetObjectItem(root, "ProcessList"), *row;
    DWORD last_of[2] = {0};
    if (!cJSON_GetObjectItem(root, "ObRoot") || !list) {
        cJSON_Delete(root);
        return document;
    }
    cJSON_ArrayForEach(row, list)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(row, "ImageName"));
        int kind = name && strcmp(name, "services.exe") == 0 ? 0 : 1;
        char start[40];
        DWORD pid =
            name ? namesake(name, kind == 1 && strcmp(name, "svchost.exe") != 0 ? 0 : last_of[kind]) : 0;
        if (pid && started(pid, start)) {
            last_of[kind] = pid;
            cJSON_ReplaceItemInObject(row, "ProcessId", cJSON_CreateNumber(pid));
            cJSON_ReplaceItemInObject(row, "CreateTimestamp", cJSON_CreateString(start));
        }
    }
    char *out = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    free(document);
    return out;
}
