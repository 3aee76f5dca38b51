#include "backends/hcs/scratch_rights.h"

#include <stdbool.h>
#include <stdlib.h>
#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

#include "core/memory.h"

/* As docker protects its own; and theirs, so that whoever makes it cannot give it away later. */
#define ONLY_ADMINISTRATORS L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

static int32_t last_error(void)
{
    return HRESULT_FROM_WIN32(GetLastError());
}

static bool enable(HANDLE token, const wchar_t *name)
{
    TOKEN_PRIVILEGES one = {.PrivilegeCount = 1, .Privileges = {{.Attributes = SE_PRIVILEGE_ENABLED}}};
    return LookupPrivilegeValueW(NULL, name, &one.Privileges[0].Luid) &&
           AdjustTokenPrivileges(token, FALSE, &one, 0, NULL, NULL) && GetLastError() == ERROR_SUCCESS;
}

/* Of those that the group makes one, not of those that could be. */
static bool is_administrator(void)
{
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof sid;
    BOOL is_member = FALSE;
    return CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &size) &&
           CheckTokenMembership(NULL, sid, &is_member) && is_member;
}

int32_t rights_take(void)
{
    HANDLE token = NULL;
    if (!is_administrator()) {
        return E_ACCESSDENIED;
    }
    if (!ImpersonateSelf(SecurityImpersonation)) {
        return last_error();
    }
    if (!OpenThreadToken(GetCurrentThread(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, TRUE, &token)) {
        int32_t result = last_error();
        RevertToSelf();
        return result;
    }
    enable(token, SE_BACKUP_NAME);
    enable(token, SE_RESTORE_NAME);
    bool has = enable(token, SE_MANAGE_VOLUME_NAME);
    CloseHandle(token);
    if (!has) {
        RevertToSelf();
    }
    return has ? S_OK : HRESULT_FROM_WIN32(ERROR_PRIVILEGE_NOT_HELD);
}

void rights_drop(void)
{
    RevertToSelf();
}

static bool is_this_user(PSID sid)
{
    HANDLE token = NULL;
    DWORD size = 0;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        return false;
    }
    GetTokenInformation(token, TokenUser, NULL, 0, &size);
    TOKEN_USER *user = mem_new(size ? size : 1, 1);
    bool same = GetTokenInformation(token, TokenUser, user, size, &size) && EqualSid(sid, user->User.Sid);
    free(user);
    CloseHandle(token);
    return same;
}

static bool has_good_owner(HANDLE folder)
{
    PSID owner = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    if (GetSecurityInfo(folder, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL,
                        &descriptor) != ERROR_SUCCESS) {
        return false;
    }
    bool good = IsWellKnownSid(owner, WinBuiltinAdministratorsSid) ||
                IsWellKnownSid(owner, WinLocalSystemSid) || is_this_user(owner);
    LocalFree(descriptor);
    return good;
}

static int32_t check(const wchar_t *path, bool may_lead_elsewhere)
{
    BY_HANDLE_FILE_INFORMATION file;
    HANDLE folder = CreateFileW(path, READ_CONTROL | FILE_READ_ATTRIBUTES,
                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                                FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (folder == INVALID_HANDLE_VALUE) {
        DWORD error = GetLastError();
        return error == ERROR_FILE_NOT_FOUND ? HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND)
                                             : HRESULT_FROM_WIN32(error);
    }
    bool good = GetFileInformationByHandle(folder, &file) &&
                file.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY &&
                (may_lead_elsewhere || !(file.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)) &&
                has_good_owner(folder);
    CloseHandle(folder);
    return good ? S_OK : HRESULT_FROM_WIN32(ERROR_INVALID_OWNER);
}

int32_t rights_check_folder(const wchar_t *path)
{
    return check(path, false);
}

int32_t rights_check_owner(const wchar_t *path)
{
    return check(path, true);
}

int32_t rights_make_folder(const wchar_t *path)
{
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    int32_t result = S_OK;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(ONLY_ADMINISTRATORS, SDDL_REVISION_1,
                                                              &attributes.lpSecurityDescriptor, NULL)) {
        return last_error();
    }
    if (!CreateDirectoryW(path, &attributes)) {
        result = last_error();
    }
    LocalFree(attributes.lpSecurityDescriptor);
    if (result == HRESULT_FROM_WIN32(ERROR_ALREADY_EXISTS)) {
        result = rights_check_folder(path);
    }
    return result;
}
