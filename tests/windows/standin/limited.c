/* tests/windows/standin/limited.c - runs a program as it runs for somebody who is no administrator (now):
 * `limited PROGRAM ARGS...` has its exit code. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof sid, code = 1;
    HANDLE token = NULL, limited = NULL;
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    wchar_t line[1024] = L"";
    for (int i = 1; i < argc && wcslen(line) + wcslen(argv[i]) < 1000; i++) {
        wcscat(wcscat(wcscat(line, L"\""), argv[i]), L"\" ");
    }
    SID_AND_ATTRIBUTES administrators = {.Sid = sid};
    if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &size) ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token) ||
        !CreateRestrictedToken(token, DISABLE_MAX_PRIVILEGE, 1, &administrators, 0, NULL, 0, NULL,
                               &limited) ||
        !CreateProcessAsUserW(limited, NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) {
        fprintf(stderr, "limited: error %lu\n", GetLastError());
        return 98;
    }
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}
