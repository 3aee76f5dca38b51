/* An enumeration may have ten thousand elements, once a second: one after the other is parsed, its members
 * are looked at once, in the order in which they come, and nothing is copied. */
#include "backends/hcs/document.h"

#include <string.h>

#include "backends/json.h"
#include "core/memory.h"
#include "core/text.h"
#include "core/times.h"

/* AssignedMemory counts in pages of this size (hcsshim multiplies so). */
enum { PAGE_BYTES = 4096 };

static const char ZERO_GUID[] = "00000000-0000-0000-0000-000000000000";

cJSON *document_parse(const char *text, struct error *e)
{
    if (!text) {
        error_set(e, ERROR_PROTOCOL, 0, "the answer has no document");
        return NULL;
    }
    return json_parse(text, strlen(text), HCS_DOCUMENT_MOST, e);
}

/* Systems. */

static const char *word_of(const cJSON *item)
{
    return cJSON_IsString(item) && item->valuestring[0] ? item->valuestring : NULL;
}

static bool is_word(const cJSON *item, const char *word)
{
    return cJSON_IsString(item) && strcmp(item->valuestring, word) == 0;
}

/* A new build may know more states (Migrating): those are of systems that live. */
static void take_state(struct hcs_system *s, const cJSON *item)
{
    s->is_saved = is_word(item, "SavedAsTemplate");
    s->state = is_word(item, "Created") || s->is_saved ? CONTAINER_CREATED
               : is_word(item, "Paused")               ? CONTAINER_PAUSED
               : is_word(item, "Stopped")              ? CONTAINER_EXITED
                                                       : CONTAINER_RUNNING;
}

static void take_member(struct hcs_system *s, const cJSON *item)
{
    static const struct {
        const char *name;
        size_t at;
    } words[] = {{"Id", offsetof(struct hcs_system, id)},
                 {"Name", offsetof(struct hcs_system, name)},
                 {"Owner", offsetof(struct hcs_system, owner)},
                 {"RuntimeId", offsetof(struct hcs_system, runtime_id)},
                 {"HostingSystemId", offsetof(struct hcs_system, hosting_id)},
                 {"ObRoot", offsetof(struct hcs_system, object_root)}};
    const char *name = item->string ? item->string : "";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (name[0] == words[i].name[0] && strcmp(name, words[i].name) == 0) {
            *(const char **)((char *)s + words[i].at) = word_of(item);
            return;
        }
    }
    if (strcmp(name, "State") == 0) {
        take_state(s, item);
    } else if (strcmp(name, "SystemType") == 0) {
        s->is_vm = is_word(item, "VirtualMachine");
    } else if (strcmp(name, "RuntimeOsType") == 0) {
        s->is_linux = is_word(item, "Linux");
    } else if (strcmp(name, "IsRuntimeTemplate") == 0) {
        s->is_template = cJSON_IsTrue(item);
    }
}

bool document_system(const cJSON *object, struct hcs_system *out)
{
    *out = (struct hcs_system){.state = CONTAINER_CREATED}; /* what was never started has no State */
    for (const cJSON *item = cJSON_IsObject(object) ? object->child : NULL; item; item = item->next) {
        take_member(out, item);
    }
    if (out->runtime_id && strcmp(out->runtime_id, ZERO_GUID) == 0) {
        out->runtime_id = NULL;
    }
    out->is_template = out->is_template || out->is_saved;
    return out->id != NULL;
}

static const char *after_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* The elements, from behind the bracket on. Returns what is behind them; NULL: one is broken. */
static const char *read_elements(const char *at, const char *end,
                                 void (*each)(void *, const struct hcs_system *), void *user, int *count)
{
    bool more = *at != ']';
    while (more) {
        struct hcs_system s;
        cJSON *object = cJSON_ParseWithLengthOpts(at, (size_t)(end - at), &at, false);
        if (!object) {
            return NULL;
        }
        if (document_system(object, &s)) {
            each(user, &s);
            ++*count;
        }
        cJSON_Delete(object);
        at = after_blanks(at);
        more = *at == ',';
        at += more;
    }
    return at;
}

int document_systems(const char *text, void (*each)(void *user, const struct hcs_system *), void *user,
                     struct error *e)
{
    const char *at = after_blanks(text ? text : ""), *end = at + strlen(at);
    int count = 0;
    if (*at != '[' || end - at > HCS_DOCUMENT_MOST) {
        return error_set(e, ERROR_PROTOCOL, 0, "the list of compute systems is no JSON array, or too long");
    }
    at = read_elements(after_blanks(at + 1), end, each, user, &count);
    if (!at || *at != ']' || *after_blanks(at + 1)) {
        return error_set(e, ERROR_PROTOCOL, 0, "the list of compute systems is broken after %d of them",
                         count);
    }
    return count;
}

enum isolation document_isolation(const struct hcs_system *s, const char **reason)
{
    if (s->is_vm) {
        *reason = "HCS calls it a virtual machine";
    } else if (s->runtime_id) {
        *reason = "it has the id of a VM (RuntimeId)";
    } else if (s->hosting_id) {
        *reason = "it runs in another system's VM (HostingSystemId)";
    } else if (s->is_template) {
        *reason = "it is the template of Hyper-V isolated containers";
    } else {
        *reason = s->object_root ? "it has no VM, and a silo of the host's kernel (ObRoot)"
                                 : "HCS names no VM behind it";
        return ISOLATION_PROCESS;
    }
    return ISOLATION_VM;
}

static bool ends_with(const char *s, const char *end)
{
    size_t len = strlen(s), n = strlen(end);
    return len > n && strcmp(s + len - n, end) == 0;
}

enum hcs_kind document_kind(const struct hcs_system *s)
{
    if (s->is_template) {
        return HCS_KIND_TEMPLATE;
    }
    if (!s->is_vm) {
        return HCS_KIND_CONTAINER;
    }
    if (ends_with(s->id, "@vm")) {
        return HCS_KIND_UTILITY_VM;
    }
    if (s->owner && strncmp(s->owner, "WSL", 3) == 0) {
        return HCS_KIND_WSL;
    }
    return s->owner && strcmp(s->owner, "Madrid") == 0 ? HCS_KIND_SANDBOX : HCS_KIND_VM;
}

const char *document_kind_words(enum hcs_kind kind)
{
    static const char *const words[] = {
        [HCS_KIND_CONTAINER] = "a container",
        [HCS_KIND_TEMPLATE] = "a template that Hyper-V isolated containers are cloned from",
        [HCS_KIND_UTILITY_VM] = "a utility VM of containerd; HCS does not see the containers in it",
        [HCS_KIND_WSL] = "the VM of the Windows Subsystem for Linux",
        [HCS_KIND_SANDBOX] = "the VM of Windows Sandbox",
        [HCS_KIND_VM] = "a virtual machine, no container",
    };
    return words[kind];
}

const char *document_owner(const char *owner)
{
    static const char *const labels[][2] = {
        {"containerd-shim-runhcs-v1.exe", "containerd"}, {"Madrid", "Windows Sandbox"}, {"VMMS", "Hyper-V"}};
    for (size_t i = 0; owner && i < sizeof labels / sizeof *labels; i++) {
        if (strcmp(owner, labels[i][0]) == 0) {
            return labels[i][1];
        }
    }
    return owner;
}

/* Properties. */

static uint64_t counter(const cJSON *object, const char *path)
{
    int64_t value = json_integer(object, path, 0);
    return value > 0 ? (uint64_t)value : 0;
}

static int64_t moment(const cJSON *object, const char *path)
{
    int64_t ms = 0;
    const char *word = json_string(object, path, NULL);
    return word && time_parse(word, &ms) ? ms : 0;
}

struct hcs_statistics document_statistics(const cJSON *properties)
{
    const cJSON *s = json_at(properties, "Statistics");
    if (!cJSON_IsObject(s)) {
        return (struct hcs_statistics){0};
    }
    return (struct hcs_statistics){.known = true,
                                   .when = moment(s, "Timestamp"),
                                   .started = moment(s, "ContainerStartTime"),
                                   .cpu_100ns = counter(s, "Processor.TotalRuntime100ns"),
                                   .memory = counter(s, "Memory.MemoryUsagePrivateWorkingSetBytes")};
}

/* 0: no pid that a process can have. */
static uint32_t pid_of(const cJSON *details)
{
    int64_t pid = json_integer(details, "ProcessId", 0);
    return pid > 0 && pid <= UINT32_MAX ? (uint32_t)pid : 0;
}

static void add_process(struct process_table *table, const cJSON *details, bool shared)
{
    uint32_t pid = pid_of(details);
    struct text name = {0};
    const char *image = json_string(details, "ImageName", NULL);
    if (image) {
        text_add_clean(&name, image, strlen(image));
    }
    if (pid) {
        process_table_add(table, &(struct process){.pid = pid,
                                                   .host_pid = shared ? pid : 0,
                                                   .name = image ? text_of(&name) : NULL,
                                                   .cpu_100ns = counter(details, "UserTime100ns") +
                                                                counter(details, "KernelTime100ns"),
                                                   .memory = counter(details, "MemoryWorkingSetPrivateBytes"),
                                                   .created = moment(details, "CreateTimestamp")});
    }
    text_done(&name);
}

struct process_table *document_processes(const cJSON *properties, bool shared)
{
    const cJSON *list = json_at(properties, "ProcessList"), *details;
    if (!cJSON_IsArray(list)) {
        return NULL;
    }
    struct process_table *table = process_table_new();
    cJSON_ArrayForEach(details, list)
    {
        add_process(table, details, shared);
    }
    return table;
}

int32_t document_process_count(const cJSON *properties)
{
    const cJSON *list = json_at(properties, "ProcessList"), *details;
    int32_t count = 0;
    if (!cJSON_IsArray(list)) {
        return -1;
    }
    cJSON_ArrayForEach(details, list)
    {
        count += pid_of(details) != 0;
    }
    return count;
}

uint64_t document_vm_memory(const cJSON *properties)
{
    uint64_t pages = counter(properties, "Memory.VirtualMachineMemory.AssignedMemory");
    return pages < UINT64_MAX / PAGE_BYTES ? pages * PAGE_BYTES : 0;
}

/* Ends. */

struct hcs_exit document_process_exit(const cJSON *status)
{
    /* The code means something only when the process was waited for to its end. A zero may be left out. */
    bool known = json_bool(status, "Exited", false) && json_integer(status, "LastWaitResult", 0) == 0;
    int64_t code = known ? json_integer(status, "ExitCode", 0) : 0;
    return (struct hcs_exit){.known = known, .code = (uint32_t)code};
}

enum hcs_end document_system_end(const char *status)
{
    struct error ignored;
    cJSON *json = status ? document_parse(status, &ignored) : NULL;
    const char *type = json_string(json, "ExitType", "");
    enum hcs_end end = strcmp(type, "GracefulExit") == 0 ? HCS_END_BY_ITSELF
                       : strcmp(type, "ForcedExit") == 0 ? HCS_END_FORCED
                                                         : HCS_END_NOT_TOLD;
    cJSON_Delete(json);
    return end;
}

bool document_schema(const cJSON *properties, int *major, int *minor)
{
    const cJSON *element = NULL, *version = NULL;
    *major = *minor = 0;
    cJSON_ArrayForEach(element, json_at(properties, "Properties"))
    {
        cJSON_ArrayForEach(version, json_at(element, "SupportedSchemaVersions"))
        {
            int64_t a = json_integer(version, "Major", 0), b = json_integer(version, "Minor", 0);
            bool newer = a > *major || (a == *major && b > *minor);
            if (newer && a <= 1000 && b >= 0 && b <= 1000) {
                *major = (int)a;
                *minor = (int)b;
            }
        }
    }
    return *major > 0;
}
