/* Command line and silo come by numbers of NtQueryInformationProcess that no header of ours has: 60
 * (ProcessCommandLineInformation, Windows 8.1 and later: a UNICODE_STRING and its text) and 109
 * (ProcessMembershipInformation, Windows 11 22H2 and Server 2025 and later: ULONG ServerSiloId). Older
 * systems refuse the second, and the silo stays unknown.
 */
#include "backends/host/windows_process.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <winternl.h>

#include "core/memory.h"
#include "core/text.h"

#define UNKNOWN_CLASS ((NTSTATUS)0xC0000003) /* STATUS_INVALID_INFO_CLASS */

enum {
    COMMAND_LINE_CLASS = 60,
    MEMBERSHIP_CLASS = 109,
    ROOM = 65536 + 64,
    NAME_ROOM = 256,
    GUID_LENGTH = 36
};

static char *utf8(const WCHAR *wide, size_t units)
{
    int n = units > 0 ? WideCharToMultiByte(CP_UTF8, 0, wide, (int)units, NULL, 0, NULL, NULL) : 0;
    char *raw = mem_new((size_t)n + 1, 1);
    WideCharToMultiByte(CP_UTF8, 0, wide, (int)units, raw, n, NULL, NULL);
    struct text clean = {0};
    text_add_clean(&clean, raw, (size_t)n);
    free(raw);
    return clean.len > 0 ? text_take(&clean) : NULL;
}

/* False: the system does not know this question. */
static bool command_of(HANDLE process, char **command)
{
    ULONG used = 0;
    UNICODE_STRING *line = mem_new(1, ROOM);
    NTSTATUS status =
        NtQueryInformationProcess(process, (PROCESSINFOCLASS)COMMAND_LINE_CLASS, line, ROOM, &used);
    *command = status >= 0 ? utf8(line->Buffer, line->Length / sizeof(WCHAR)) : NULL;
    free(line);
    return status != UNKNOWN_CLASS;
}

/* A system that does not know class 60, as Wine does not, has the command line in the process's own memory.
 */
static char *command_in_memory(uint32_t pid)
{
    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, pid);
    PROCESS_BASIC_INFORMATION basic;
    PEB peb;
    RTL_USER_PROCESS_PARAMETERS parameters;
    WCHAR *line = NULL;
    char *result = NULL;
    ULONG used;
    if (process &&
        NtQueryInformationProcess(process, ProcessBasicInformation, &basic, sizeof basic, &used) >= 0 &&
        ReadProcessMemory(process, basic.PebBaseAddress, &peb, sizeof peb, NULL) &&
        ReadProcessMemory(process, peb.ProcessParameters, &parameters, sizeof parameters, NULL)) {
        line = mem_new(1, parameters.CommandLine.Length + sizeof *line);
        if (ReadProcessMemory(process, parameters.CommandLine.Buffer, line, parameters.CommandLine.Length,
                              NULL)) {
            result = utf8(line, parameters.CommandLine.Length / sizeof *line);
        }
    }
    free(line);
    if (process) {
        CloseHandle(process);
    }
    return result;
}

static uint32_t silo_of(HANDLE process)
{
    ULONG silo = 0, used = 0;
    bool told = NtQueryInformationProcess(process, (PROCESSINFOCLASS)MEMBERSHIP_CLASS, &silo, sizeof silo,
                                          &used) >= 0;
    return told ? silo : 0;
}

static char *account_of(PSID sid)
{
    WCHAR name[NAME_ROOM], domain[NAME_ROOM], both[2 * NAME_ROOM + 1];
    DWORD n = NAME_ROOM, d = NAME_ROOM;
    SID_NAME_USE use;
    if (!LookupAccountSidW(NULL, sid, name, &n, domain, &d, &use)) {
        return NULL;
    }
    wcscpy(both, domain);
    wcscat(both, domain[0] ? L"\\" : L"");
    wcscat(both, name);
    return utf8(both, wcslen(both));
}

static char *user_of(HANDLE process)
{
    union {
        TOKEN_USER user;
        char room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } token_user;
    HANDLE token;
    DWORD used;
    char *result = NULL;
    if (OpenProcessToken(process, TOKEN_QUERY, &token)) {
        if (GetTokenInformation(token, TokenUser, &token_user, sizeof token_user, &used)) {
            result = account_of(token_user.user.User.Sid);
        }
        CloseHandle(token);
    }
    return result;
}

void windows_process_read(struct windows_process *p, uint32_t pid)
{
    *p = (struct windows_process){0};
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    if (process == NULL) {
        p->refused = GetLastError() == ERROR_ACCESS_DENIED;
        return;
    }
    if (!command_of(process, &p->command)) {
        p->command = command_in_memory(pid);
    }
    p->user = user_of(process);
    p->silo = silo_of(process);
    CloseHandle(process);
}

/* The first GUID in a text: 8-4-4-4-12 hexadecimal digits. */
static bool find_guid(const char *s, char out[VM_ID])
{
    for (; s && strlen(s) >= GUID_LENGTH; s++) {
        bool good = true;
        for (int i = 0; i < GUID_LENGTH && good; i++) {
            bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
            good = hyphen ? s[i] == '-' : isxdigit((unsigned char)s[i]) != 0;
            out[i] = (char)tolower((unsigned char)s[i]);
        }
        out[GUID_LENGTH] = '\0';
        if (good) {
            return true;
        }
    }
    out[0] = '\0';
    return false;
}

bool windows_process_vm(const struct windows_process *p, const char *name, char out[VM_ID])
{
    bool worker = name && _stricmp(name, "vmwp.exe") == 0;
    bool memory = name && _strnicmp(name, "vmmem", 5) == 0;
    bool by_user = p->user && _strnicmp(p->user, "NT VIRTUAL MACHINE\\", 19) == 0;
    out[0] = '\0';
    if (!worker && !memory) {
        return false;
    }
    return (by_user && find_guid(p->user, out)) || (worker && find_guid(p->command, out));
}
