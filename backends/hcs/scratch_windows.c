/* By the functions of vmcompute.dll that docker and containerd use, not by computestorage.dll, for three
 * reasons: CreateSandboxLayer gives the VMs of Hyper-V isolation access to the disk that it makes, which
 * HcsInitializeWritableLayer does not; the new functions want a disk that was formatted beforehand, with the
 * image or by whoever calls; and Windows 10 1809 has all of the old ones. No header of Windows has them: the
 * signatures are those of Microsoft's hcsshim (internal/wclayer). */
#include "backends/hcs/scratch.h"

#include <stdlib.h>
#include <string.h>

#include <shlobj.h>

#include "backends/hcs/guid.h"
#include "backends/hcs/library.h"
#include "backends/hcs/scratch_rights.h"
#include "backends/json.h"
#include "backends/wide.h"
#include "core/memory.h"

enum {
    FILTER = 1,        /* the flavour of layers: those of a file system filter */
    REMOVE_TRIES = 20, /* what a system had open may be so for a moment after its end */
    REMOVE_PAUSE_MS = 250,
    LAYERS_MOST = 256,
    NAMES_MOST = 10000
};

struct driver_info {
    int flavour;
    const wchar_t *home; /* "": layers are named by their whole paths */
};

struct layer_descriptor {
    GUID id;
    ULONG flags;
    const wchar_t *path;
};

#define VMCOMPUTE_FUNCTIONS(F)                                                                               \
    F(NameToGuid, (PCWSTR name, GUID * guid))                                                                \
    F(CreateSandboxLayer,                                                                                    \
      (const struct driver_info *, PCWSTR layer, PCWSTR unused, const struct layer_descriptor *, DWORD n))   \
    F(ActivateLayer, (const struct driver_info *, PCWSTR layer))                                             \
    F(PrepareLayer, (const struct driver_info *, PCWSTR layer, const struct layer_descriptor *, DWORD n))    \
    F(GetLayerMountPath, (const struct driver_info *, PCWSTR layer, SIZE_T *length, PWSTR path))             \
    F(UnprepareLayer, (const struct driver_info *, PCWSTR layer))                                            \
    F(DeactivateLayer, (const struct driver_info *, PCWSTR layer))                                           \
    F(DestroyLayer, (const struct driver_info *, PCWSTR layer))

struct vmcompute_api {
#define FIELD(name, parameters) HRESULT(WINAPI *name) parameters;
    VMCOMPUTE_FUNCTIONS(FIELD)
#undef FIELD
};

struct hold { /* a file beside the layer, shared with nobody: while it is open, the container is being
               * launched. Windows removes it when we end, however that is. A named mutex would do as well,
               * but anybody may make one of that name. */
    struct hold *next;
    char *id;
    HANDLE file;
};

struct scratch {
    struct vmcompute_api api;
    bool loaded;
    struct hold *holds;
};

static const struct driver_info DRIVER = {FILTER, L""};

static int32_t last_error(void)
{
    return HRESULT_FROM_WIN32(GetLastError());
}

struct scratch *scratch_new(void)
{
    return mem_new(1, sizeof(struct scratch));
}

static int32_t load(struct scratch *s)
{
    const char *missing = NULL;
    HMODULE library = s->loaded ? NULL : library_load(L"vmcompute.dll");
    if (s->loaded) {
        return S_OK;
    }
    if (!library) {
        return last_error();
    }
#define FIND(name, parameters)                                                                               \
    s->api.name = (HRESULT(WINAPI *) parameters)library_find(library, #name, &missing);
    VMCOMPUTE_FUNCTIONS(FIND)
#undef FIND
    s->loaded = !missing;
    return missing ? HRESULT_FROM_WIN32(ERROR_PROC_NOT_FOUND) : S_OK;
}

int32_t scratch_name_to_guid(struct scratch *s, const char *name, GUID *guid)
{
    int32_t result = load(s);
    if (result >= 0) {
        wchar_t *wide = wide_from_utf8(name);
        result = s->api.NameToGuid(wide, guid);
        free(wide);
    }
    return result;
}

/* Folders. */

static void add_wide(struct text *path, const wchar_t *wide)
{
    char *utf8 = wide_to_utf8(wide);
    text_add(path, utf8);
    free(utf8);
}

bool scratch_program_data(struct text *path)
{
    static const GUID PROGRAM_DATA = {
        0x62AB5D82, 0xFDC1, 0x4DC3, {0xA9, 0xDD, 0x07, 0x0D, 0x1D, 0x49, 0x5D, 0x97}};
    PWSTR wide = NULL;
    bool known = SHGetKnownFolderPath(&PROGRAM_DATA, 0, NULL, &wide) == S_OK;
    if (known) {
        add_wide(path, wide);
    }
    CoTaskMemFree(wide);
    return known;
}

/* Makes the folders over it where make is set. NULL: they are not there, or cannot be made, or belong to
 * somebody else, who could have us remove what they point at. */
static wchar_t *folder_of(const char *id, bool make, int32_t *result)
{
    static const char *const parts[] = {"\\porthole", "\\scratch"};
    struct text path = {0};
    *result = scratch_program_data(&path) ? S_OK : E_UNEXPECTED;
    for (size_t i = 0; i < 2 && *result >= 0; i++) {
        text_add(&path, parts[i]);
        wchar_t *wide = wide_from_utf8(path.data);
        *result = make ? rights_make_folder(wide) : rights_check_folder(wide);
        free(wide);
    }
    text_addf(&path, "\\%s", id);
    wchar_t *folder = *result >= 0 ? wide_from_utf8(path.data) : NULL;
    text_done(&path);
    return folder;
}

/* Who launches what. */

/* No container's name begins with a dot. NULL: the folder for it is not there, or not ours. */
static wchar_t *hold_path(const char *id, int32_t *result)
{
    struct text name = {0};
    text_addf(&name, ".%s", id);
    wchar_t *path = folder_of(name.data, false, result);
    text_done(&name);
    return path;
}

static struct hold **find_hold(struct scratch *s, const char *id)
{
    struct hold **link = &s->holds;
    while (*link && strcmp((*link)->id, id) != 0) {
        link = &(*link)->next;
    }
    return link;
}

static int32_t take_hold(struct scratch *s, const char *id)
{
    int32_t result;
    wchar_t *path = hold_path(id, &result);
    if (!path) {
        return result;
    }
    HANDLE file = CreateFileW(path, GENERIC_READ | DELETE, 0, NULL, OPEN_ALWAYS,
                              FILE_ATTRIBUTE_HIDDEN | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    result = file == INVALID_HANDLE_VALUE ? last_error() : S_OK;
    free(path);
    if (result == HRESULT_FROM_WIN32(ERROR_SHARING_VIOLATION)) {
        return HRESULT_FROM_WIN32(ERROR_ALREADY_EXISTS); /* somebody launches it already */
    }
    if (result >= 0) {
        struct hold *hold = mem_new(1, sizeof *hold);
        *hold = (struct hold){s->holds, mem_string(id), file};
        s->holds = hold;
    }
    return result;
}

static void drop_hold(struct hold **link)
{
    struct hold *hold = *link;
    *link = hold->next;
    CloseHandle(hold->file);
    free(hold->id);
    free(hold);
}

/* One that cannot be looked at may be. A file that is there and not open was left by a machine that stopped.
 */
bool scratch_is_held(const char *id)
{
    int32_t result;
    wchar_t *path = hold_path(id, &result);
    if (!path) {
        return result == HRESULT_FROM_WIN32(ERROR_ACCESS_DENIED);
    }
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                              NULL, OPEN_EXISTING, 0, NULL);
    bool held = file == INVALID_HANDLE_VALUE && GetLastError() == ERROR_SHARING_VIOLATION;
    if (file != INVALID_HANDLE_VALUE) {
        CloseHandle(file);
    }
    free(path);
    return held;
}

bool scratch_is_others(struct scratch *s, const char *id)
{
    return !*find_hold(s, id) && scratch_is_held(id);
}

void scratch_free(struct scratch *s)
{
    while (s->holds) {
        drop_hold(&s->holds);
    }
    free(s);
}

static bool is_folder(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY;
}

static bool is_there(const wchar_t *path)
{
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/* Windows takes "nul" and "nul.txt" in any folder for a device. */
static bool is_device(const char *id)
{
    static const char *const devices[] = {"con", "prn", "aux", "nul"};
    static const char *const numbered[] = {"com", "lpt"};
    size_t len = strcspn(id, ".");
    bool found = false;
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        found = found || (len == 3 && _strnicmp(id, devices[i], 3) == 0);
    }
    for (size_t i = 0; i < sizeof numbered / sizeof *numbered; i++) {
        found = found || (len == 4 && _strnicmp(id, numbered[i], 3) == 0 && strchr("0123456789", id[3]));
    }
    return found;
}

/* Windows drops a dot at the end of a name: "web." would be the folder of "web". */
static bool is_name(const char *id)
{
    size_t len = strlen(id);
    return len > 0 && id[0] != '.' && id[len - 1] != '.' && !strpbrk(id, "\\/:*?\"<>| ") && !is_device(id);
}

/* Layers. */

struct layers {
    struct layer_descriptor *list;
    DWORD n;
};

static void layers_done(struct layers *l)
{
    for (DWORD i = 0; i < l->n; i++) {
        free((void *)l->list[i].path);
    }
    free(l->list);
}

static int32_t layers_read(struct layers *l, const cJSON *document)
{
    const cJSON *layers = json_at(document, "Layers"), *layer = NULL;
    int n = cJSON_GetArraySize(layers);
    *l = (struct layers){0};
    if (n < 1 || n > LAYERS_MOST) {
        return E_INVALIDARG;
    }
    l->list = mem_new((size_t)n, sizeof *l->list);
    cJSON_ArrayForEach(layer, layers)
    {
        struct layer_descriptor *d = &l->list[l->n++];
        d->path = wide_from_utf8(json_string(layer, "Path", ""));
        if (!guid_read(json_string(layer, "Id", ""), &d->id)) {
            layers_done(l);
            return E_INVALIDARG;
        }
    }
    return S_OK;
}

static void add_path(cJSON *json, const char *name, const wchar_t *path)
{
    char *utf8 = wide_to_utf8(path);
    cJSON_AddStringToObject(json, name, utf8);
    free(utf8);
}

static void give(struct text *answer, cJSON *json)
{
    char *printed = cJSON_PrintUnformatted(json);
    text_add(answer, printed);
    free(printed);
    cJSON_Delete(json);
}

static void add_utility_vm(cJSON *json, const struct layers *l)
{
    for (DWORD i = 0; i < l->n; i++) {
        struct text path = {0};
        add_wide(&path, l->list[i].path);
        text_add(&path, "\\UtilityVM");
        wchar_t *wide = wide_from_utf8(path.data);
        bool found = is_folder(wide);
        if (found) {
            cJSON_AddStringToObject(json, "UtilityVM", path.data);
        }
        free(wide);
        text_done(&path);
        if (found) {
            return;
        }
    }
}

static void answer_created(struct text *answer, const wchar_t *folder, const struct layers *l)
{
    cJSON *json = cJSON_CreateObject();
    add_path(json, "Folder", folder);
    add_utility_vm(json, l);
    give(answer, json);
}

/* DestroyLayer may say that it went well and leave the folder. */
static int32_t destroy(const struct scratch *s, const wchar_t *folder)
{
    int32_t result = S_OK;
    for (int i = 0; i < REMOVE_TRIES && is_there(folder); i++) {
        if (i > 0) {
            Sleep(REMOVE_PAUSE_MS);
        }
        s->api.UnprepareLayer(&DRIVER, folder); /* fail where it is not mounted */
        s->api.DeactivateLayer(&DRIVER, folder);
        result = s->api.DestroyLayer(&DRIVER, folder);
    }
    if (!is_there(folder)) {
        return S_OK;
    }
    return result < 0 ? result : HRESULT_FROM_WIN32(ERROR_SHARING_VIOLATION);
}

static int32_t create(struct scratch *s, const wchar_t *folder, const cJSON *document, struct text *answer)
{
    struct layers layers;
    int32_t result = layers_read(&layers, document);
    if (result < 0) {
        return result;
    }
    result = s->api.CreateSandboxLayer(&DRIVER, folder, NULL, layers.list, layers.n);
    if (result >= 0) {
        answer_created(answer, folder, &layers);
    } else {
        destroy(s, folder);
    }
    layers_done(&layers);
    return result;
}

static int32_t create_held(struct scratch *s, const char *id, const cJSON *layers, struct text *answer)
{
    int32_t result;
    wchar_t *folder = folder_of(id, true, &result);
    if (!folder) {
        return result;
    }
    result = take_hold(s, id);
    if (result >= 0) {
        result =
            is_there(folder) ? HRESULT_FROM_WIN32(ERROR_ALREADY_EXISTS) : create(s, folder, layers, answer);
        if (result < 0) {
            drop_hold(find_hold(s, id));
        }
    }
    free(folder);
    return result;
}

int32_t scratch_create(struct scratch *s, const char *id, const cJSON *layers, struct text *answer)
{
    int32_t result = is_name(id) ? load(s) : HRESULT_FROM_WIN32(ERROR_INVALID_NAME);
    if (result >= 0) {
        result = rights_take();
    }
    if (result < 0) {
        return result;
    }
    result = create_held(s, id, layers, answer);
    rights_drop();
    return result;
}

/* The path of the volume; some say that it may end with a backslash. */
static int32_t volume_of(const struct scratch *s, const wchar_t *folder, struct text *answer)
{
    SIZE_T length = 0;
    int32_t result = s->api.GetLayerMountPath(&DRIVER, folder, &length, NULL);
    if (result < 0 || length == 0 || length > MAX_PATH) {
        return result < 0 ? result : E_UNEXPECTED;
    }
    wchar_t *path = mem_new(length + 1, sizeof *path);
    result = s->api.GetLayerMountPath(&DRIVER, folder, &length, path);
    size_t n = wcslen(path);
    if (n > 0 && path[n - 1] == L'\\') {
        path[n - 1] = L'\0';
    }
    if (result >= 0) {
        cJSON *json = cJSON_CreateObject();
        add_path(json, "Volume", path);
        give(answer, json);
    }
    free(path);
    return result;
}

static int32_t mount(const struct scratch *s, const wchar_t *folder, const struct layers *layers,
                     struct text *answer)
{
    int32_t result = s->api.ActivateLayer(&DRIVER, folder);
    if (result < 0) {
        return result;
    }
    result = s->api.PrepareLayer(&DRIVER, folder, layers->list, layers->n);
    if (result >= 0) {
        result = volume_of(s, folder, answer);
        if (result < 0) {
            s->api.UnprepareLayer(&DRIVER, folder);
        }
    }
    if (result < 0) {
        s->api.DeactivateLayer(&DRIVER, folder);
    }
    return result;
}

int32_t scratch_mount(struct scratch *s, const char *id, const cJSON *document, struct text *answer)
{
    struct layers layers;
    int32_t result = is_name(id) ? load(s) : HRESULT_FROM_WIN32(ERROR_INVALID_NAME);
    wchar_t *folder = result >= 0 ? folder_of(id, false, &result) : NULL;
    if (folder && (result = layers_read(&layers, document)) >= 0) {
        result = rights_take();
        if (result >= 0) {
            result = mount(s, folder, &layers, answer);
            rights_drop();
        }
        layers_done(&layers);
    }
    free(folder);
    return result;
}

bool scratch_exists(const char *id)
{
    int32_t result;
    wchar_t *folder = is_name(id) ? folder_of(id, false, &result) : NULL;
    bool exists = folder && is_there(folder);
    free(folder);
    return exists;
}

int32_t scratch_remove(struct scratch *s, const char *id)
{
    int32_t result = S_FALSE;
    wchar_t *folder = is_name(id) ? folder_of(id, false, &result) : NULL;
    if (folder && is_there(folder)) {
        result = load(s);
        if (result >= 0 && (result = rights_take()) >= 0) {
            result = destroy(s, folder);
            rights_drop();
        }
    } else if (folder || result == HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND)) {
        result = S_FALSE;
    }
    struct hold **hold = find_hold(s, id);
    if (result >= 0 && *hold) {
        drop_hold(hold);
    }
    free(folder);
    return result;
}

char **scratch_all(void)
{
    int32_t result;
    wchar_t *pattern = folder_of("*", false, &result);
    WIN32_FIND_DATAW found;
    HANDLE search = pattern ? FindFirstFileW(pattern, &found) : INVALID_HANDLE_VALUE;
    const char **names = mem_new(NAMES_MOST + 1, sizeof *names);
    size_t n = 0;
    for (BOOL more = search != INVALID_HANDLE_VALUE; more && n < NAMES_MOST;
         more = FindNextFileW(search, &found)) {
        if (found.cFileName[0] != L'.') {
            names[n++] = wide_to_utf8(found.cFileName);
        }
    }
    if (search != INVALID_HANDLE_VALUE) {
        FindClose(search);
    }
    char **all = mem_strings(names);
    for (size_t i = 0; i < n; i++) {
        free((void *)names[i]);
    }
    free(names);
    free(pattern);
    return all;
}
