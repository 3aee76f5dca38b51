/* Names and meanings: Microsoft's page on HCS HRESULTs; the others are Win32 errors in HRESULT form. */
#include "backends/hcs/result.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "backends/hcs/document.h"
#include "backends/json.h"
#include "core/text.h"

struct meaning {
    uint32_t code; /* HCS: the low 16 bits; else the whole */
    enum hcs_condition condition;
    enum error_kind kind;
    const char *name, *words;
};

static const struct meaning hcs_codes[] = {
    {0x0100, HCS_FAILED, ERROR_OTHER, "HCS_E_TERMINATED_DURING_START",
     "it was ended while it started; look into the event log Hyper-V-Compute, then start it again"},
    {0x0101, HCS_FAILED, ERROR_UNSUPPORTED, "HCS_E_IMAGE_MISMATCH",
     "the image was built for another version of Windows than this host; use hyperv isolation or a matching "
     "image"},
    {0x0102, HCS_FAILED, ERROR_UNSUPPORTED, "HCS_E_HYPERV_NOT_INSTALLED",
     "the hypervisor does not run; enable the Windows feature Hyper-V, and virtualisation in the firmware"},
    {0x0105, HCS_WRONG_STATE, ERROR_CONFLICT, "HCS_E_INVALID_STATE",
     "its state does not allow that now; refresh and see what it does"},
    {0x0106, HCS_STOPPED, ERROR_CONFLICT, "HCS_E_UNEXPECTED_EXIT",
     "it has crashed; look into the event log Hyper-V-Compute"},
    {0x0107, HCS_STOPPED, ERROR_CONFLICT, "HCS_E_TERMINATED", "it was killed meanwhile"},
    {0x0108, HCS_FAILED, ERROR_UNREACHABLE, "HCS_E_CONNECT_FAILED",
     "the guest cannot be connected to; kill it if that lasts"},
    {0x0109, HCS_FAILED, ERROR_TIMEOUT, "HCS_E_CONNECTION_TIMEOUT",
     "the guest does not answer; try again, or kill it"},
    {0x010A, HCS_GOES_ON, ERROR_UNREACHABLE, "HCS_E_CONNECTION_CLOSED",
     "the guest has closed its connection; it is ending, or must be killed"},
    {0x010B, HCS_FAILED, ERROR_PROTOCOL, "HCS_E_UNKNOWN_MESSAGE",
     "the guest does not understand the host; use an image of a Windows that is not newer"},
    {0x010C, HCS_FAILED, ERROR_UNSUPPORTED, "HCS_E_UNSUPPORTED_PROTOCOL_VERSION",
     "the guest speaks another version of the protocol; use a matching image"},
    {0x010D, HCS_NOT_TAKEN, ERROR_INVALID, "HCS_E_INVALID_JSON",
     "the service does not accept the document; this Windows may be too old for it"},
    {0x010E, HCS_GONE, ERROR_NOT_FOUND, "HCS_E_SYSTEM_NOT_FOUND", "it is not there any more; see the list"},
    {0x010F, HCS_FAILED, ERROR_CONFLICT, "HCS_E_SYSTEM_ALREADY_EXISTS",
     "there is one with this id already; choose another name"},
    {0x0110, HCS_STOPPED, ERROR_CONFLICT, "HCS_E_SYSTEM_ALREADY_STOPPED", "it has ended already"},
    {0x0111, HCS_FAILED, ERROR_PROTOCOL, "HCS_E_PROTOCOL_ERROR",
     "guest and host do not understand each other; kill it and start it anew"},
    {0x0112, HCS_FAILED, ERROR_INVALID, "HCS_E_INVALID_LAYER",
     "a layer of its image is damaged or is none; pull the image again"},
    {0x0113, HCS_FAILED, ERROR_UNSUPPORTED, "HCS_E_WINDOWS_INSIDER_REQUIRED",
     "that needs an Insider build of Windows"},
    {0x0114, HCS_SERVICE_MISSING, ERROR_UNREACHABLE, "HCS_E_SERVICE_NOT_AVAILABLE",
     "the Host Compute Service is not there; enable the Windows feature Containers and start the service "
     "vmcompute"},
    {0x0115, HCS_FAILED, ERROR_OTHER, "HCS_E_OPERATION_NOT_STARTED",
     "the operation was never started; please report it"},
    {0x0116, HCS_FAILED, ERROR_OTHER, "HCS_E_OPERATION_ALREADY_STARTED",
     "the operation was started twice; please report it"},
    {0x0117, HCS_GOES_ON, ERROR_CONFLICT, "HCS_E_OPERATION_PENDING",
     "the service is still at it; try again in a moment"},
    {0x0118, HCS_GOES_ON, ERROR_TIMEOUT, "HCS_E_OPERATION_TIMEOUT",
     "the service takes too long, and goes on with it; see the list in a while"},
    {0x0119, HCS_FAILED, ERROR_OTHER, "HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET",
     "its events are taken already; please report it"},
    {0x011A, HCS_FAILED, ERROR_OTHER, "HCS_E_OPERATION_RESULT_ALLOCATION_FAILED",
     "the service is short of memory; end something first"},
    {0x011B, HCS_REFUSED, ERROR_DENIED, "HCS_E_ACCESS_DENIED",
     "this user may not; run as administrator, or join the group Hyper-V Administrators and sign in again"},
    {0x011C, HCS_FAILED, ERROR_OTHER, "HCS_E_GUEST_CRITICAL_ERROR",
     "the guest has failed badly; kill it and look into its event log"},
    {0x011D, HCS_FAILED, ERROR_UNSUPPORTED, "HCS_E_PROCESS_INFO_NOT_AVAILABLE",
     "its console belongs to the program that started it; open a shell instead"},
    {0x011E, HCS_SERVICE_GONE, ERROR_UNREACHABLE, "HCS_E_SERVICE_DISCONNECT",
     "the Host Compute Service went away; it is asked again by itself"},
    {0x011F, HCS_STOPPED, ERROR_CONFLICT, "HCS_E_PROCESS_ALREADY_STOPPED", "the process has ended already"},
    {0x0120, HCS_NOT_TAKEN, ERROR_UNSUPPORTED, "HCS_E_SYSTEM_NOT_CONFIGURED_FOR_OPERATION",
     "it was not created with what that needs"},
    {0x0121, HCS_FAILED, ERROR_CANCELLED, "HCS_E_OPERATION_ALREADY_CANCELLED", "the operation was cancelled"},
};

static const struct meaning other_codes[] = {
    {0x80004001, HCS_NOT_TAKEN, ERROR_UNSUPPORTED, "E_NOTIMPL", "this Windows has no means for it"},
    {0x80004004, HCS_FAILED, ERROR_CANCELLED, "E_ABORT", "the engine was closed meanwhile"},
    {0x80004005, HCS_FAILED, ERROR_OTHER, "E_FAIL",
     "the service only says that it failed; look into the event log Hyper-V-Compute"},
    {0x80070002, HCS_NO_PROGRAM, ERROR_NO_COMMAND, "ERROR_FILE_NOT_FOUND",
     "there is no such program in it; check the name and its PATH"},
    {0x80070003, HCS_NO_PROGRAM, ERROR_NO_COMMAND, "ERROR_PATH_NOT_FOUND",
     "there is no such folder or program in it; check the path"},
    {0x80070005, HCS_REFUSED, ERROR_DENIED, "E_ACCESSDENIED", "access is denied; run as administrator"},
    {0x80070006, HCS_GONE, ERROR_NOT_FOUND, "E_HANDLE", "it is not there any more; see the list"},
    {0x8007000D, HCS_NOT_TAKEN, ERROR_INVALID, "ERROR_INVALID_DATA",
     "the service cannot use the data; a layer or document may be damaged"},
    {0x8007000E, HCS_FAILED, ERROR_OTHER, "E_OUTOFMEMORY", "memory is exhausted; end something first"},
    {0x80070020, HCS_FAILED, ERROR_CONFLICT, "ERROR_SHARING_VIOLATION",
     "a file that it needs is open elsewhere; try again, or find who has it"},
    {0x80070032, HCS_NOT_TAKEN, ERROR_UNSUPPORTED, "ERROR_NOT_SUPPORTED", "this Windows does not support it"},
    {0x80070057, HCS_NOT_TAKEN, ERROR_INVALID, "E_INVALIDARG",
     "the service does not accept the arguments; this Windows may be too old for them"},
    {0x800700C1, HCS_FAILED, ERROR_NOT_RUNNABLE, "ERROR_BAD_EXE_FORMAT",
     "that file is no program that it can run"},
    {0x8007010B, HCS_FAILED, ERROR_INVALID, "ERROR_DIRECTORY",
     "its working folder does not exist in it; choose another"},
    {0x80070490, HCS_GONE, ERROR_NOT_FOUND, "ERROR_NOT_FOUND", "there is no such process any more"},
    {0x8007007B, HCS_FAILED, ERROR_INVALID, "ERROR_INVALID_NAME",
     "Windows can have no folder of that name; choose another name"},
    {0x8007007E, HCS_FAILED, ERROR_UNSUPPORTED, "ERROR_MOD_NOT_FOUND",
     "this Windows has no means for it; turn on the feature Containers"},
    {0x8007007F, HCS_FAILED, ERROR_UNSUPPORTED, "ERROR_PROC_NOT_FOUND",
     "this Windows is too old for it: it must be Windows 10 1809 or Server 2019, or later"},
    {0x800700B7, HCS_FAILED, ERROR_CONFLICT, "ERROR_ALREADY_EXISTS",
     "something of that name is there already; choose another name"},
    {0x8007051B, HCS_FAILED, ERROR_DENIED, "ERROR_INVALID_OWNER",
     "a folder in %ProgramData% (porthole, docker or containerd) was not made by an administrator, and is "
     "not "
     "trusted; look into it, and remove it"},
    {0x80070522, HCS_REFUSED, ERROR_DENIED, "ERROR_PRIVILEGE_NOT_HELD",
     "this user may not make layers (SeManageVolumePrivilege); run as administrator"},
    {0x803B0001, HCS_FAILED, ERROR_NOT_FOUND, "HCN_E_NETWORK_NOT_FOUND",
     "this host has no such network; Get-HnsNetwork lists them, docker makes one named nat"},
    {0x803B0013, HCS_FAILED, ERROR_CONFLICT, "HCN_E_PORT_ALREADY_EXISTS",
     "a port that it publishes is published already; choose another"},
    {0x800705AA, HCS_FAILED, ERROR_OTHER, "ERROR_NO_SYSTEM_RESOURCES",
     "the host is short of resources, most often of memory for a VM; end something first"},
    {0x800706BA, HCS_SERVICE_GONE, ERROR_UNREACHABLE, "RPC_S_SERVER_UNAVAILABLE",
     "the Host Compute Service does not run; it is asked again by itself"},
    {0x800706BE, HCS_SERVICE_GONE, ERROR_UNREACHABLE, "RPC_S_CALL_FAILED",
     "the Host Compute Service went away during the call; it is asked again by itself"},
    {0x800706BF, HCS_SERVICE_GONE, ERROR_UNREACHABLE, "RPC_S_CALL_FAILED_DNE",
     "the Host Compute Service went away before the call; it is asked again by itself"},
};

static const struct meaning *find(const struct meaning *table, size_t n, uint32_t code)
{
    for (size_t i = 0; i < n; i++) {
        if (table[i].code == code) {
            return &table[i];
        }
    }
    return NULL;
}

static const struct meaning *meaning_of(int32_t result)
{
    uint32_t code = (uint32_t)result;
    if ((code & 0x0FFF0000u) == 0x00370000u) {
        return find(hcs_codes, sizeof hcs_codes / sizeof *hcs_codes, code & 0xFFFF);
    }
    return find(other_codes, sizeof other_codes / sizeof *other_codes, code);
}

enum hcs_condition result_condition(int32_t result)
{
    if (result >= 0) {
        return HCS_WELL;
    }
    const struct meaning *m = meaning_of(result);
    return m ? m->condition : HCS_FAILED;
}

/* The service's own words: the first event's, else the document's. */
static void add_message(struct text *words, const char *document)
{
    struct error ignored;
    cJSON *json = document ? document_parse(document, &ignored) : NULL;
    const cJSON *events = json_at(json, "ErrorEvents");
    const char *message = json_string(cJSON_IsArray(events) ? events->child : NULL, "Message", NULL);
    message = message ? message : json_string(json, "ErrorMessage", NULL);
    if (message && message[0]) {
        text_add(words, " (Windows says: ");
        text_add_clean(words, message, strnlen(message, 160));
        text_add(words, ")");
    }
    cJSON_Delete(json);
}

int result_error(struct error *e, int32_t result, const char *document, const char *what)
{
    const struct meaning *m = result < 0 ? meaning_of(result) : NULL;
    struct text words = {0};
    if (m) {
        text_addf(&words, "cannot %s: %s (%s)", what, m->words, m->name);
    } else {
        text_addf(&words,
                  "cannot %s: HCS failed with 0x%08" PRIX32 "; look into the event log Hyper-V-Compute", what,
                  (uint32_t)result);
    }
    add_message(&words, document);
    error_set(e, m ? m->kind : ERROR_OTHER, result, "%s", text_of(&words));
    text_done(&words);
    return -1;
}
