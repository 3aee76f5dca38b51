/* What a launch needs besides HCS. The functions of Windows for it wait: all of them are called on one thread
 * of its own, one after the other, in the order in which they were asked for. Preparing two layers at once is
 * known to hang in Windows (hcsshim, internal/wclayer/preparelayer.go). */
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/computecore_parts.h"
#include "backends/hcs/guid.h"
#include "backends/hcs/network.h"
#include "backends/hcs/scratch.h"
#include "backends/hcs/scratch_rights.h"
#include "backends/hcs/store.h"
#include "backends/json.h"
#include "backends/wide.h"
#include "core/memory.h"

enum { DOCUMENT_MOST = 1 << 22 };

struct cc_arrangement {
    struct cc_arrangement *next;
    struct computecore *service;
    struct crew_job work;
    enum hcs_arrangement what;
    char *id;
    cJSON *document;
    int32_t result;
    struct text answer; /* or the error document */
    hcs_answer_cb done; /* NULL: answered already */
    void *user;
};

/* Images. */

/* %ProgramData% lets everybody make folders: one that somebody has made who is no administrator holds no
 * images, and names no place where others are. NULL: so it is, and *result says so. */
static char *data_of(const char *tool, const char *below, int32_t *result)
{
    struct text path = {0};
    scratch_program_data(&path);
    text_add(&path, tool);
    wchar_t *wide = wide_from_utf8(path.data);
    int32_t owned = rights_check_owner(wide);
    free(wide);
    text_add(&path, below);
    if (owned == HRESULT_FROM_WIN32(ERROR_INVALID_OWNER)) {
        *result = owned;
        text_done(&path);
    }
    return owned == HRESULT_FROM_WIN32(ERROR_INVALID_OWNER) ? NULL : text_take(&path);
}

/* The one place where layers get their ids. */
static int32_t add_layer_ids(struct scratch *scratch, cJSON *image)
{
    cJSON *layer = NULL;
    cJSON_ArrayForEach(layer, cJSON_GetObjectItem(image, "Layers"))
    {
        const char *path = json_string(layer, "Path", ""), *name = strrchr(path, '\\');
        char id[GUID_TEXT];
        GUID guid;
        int32_t result = scratch_name_to_guid(scratch, name ? name + 1 : path, &guid);
        if (result < 0) {
            return result;
        }
        guid_print(&guid, id);
        cJSON_AddStringToObject(layer, "Id", id);
    }
    return S_OK;
}

static int32_t read_images(struct computecore *s, struct text *answer)
{
    struct error why;
    int32_t trust = S_OK;
    char *docker = data_of("\\docker", "", &trust);
    char *containerd = data_of("\\containerd", "\\root", &trust);
    char *text = store_images(docker, containerd, &why);
    cJSON *images = text ? cJSON_Parse(text) : NULL, *image = NULL;
    int32_t result = text                       ? cJSON_GetArraySize(images) > 0 ? S_OK : trust
                     : why.kind == ERROR_DENIED ? E_ACCESSDENIED
                                                : HRESULT_FROM_WIN32(ERROR_INVALID_DATA);
    cJSON_ArrayForEach(image, images)
    {
        result = result < 0 ? result : add_layer_ids(s->scratch, image);
    }
    char *printed = result >= 0 ? cJSON_PrintUnformatted(images) : NULL;
    text_add(answer, printed);
    free(printed);
    cJSON_Delete(images);
    free(text);
    free(docker);
    free(containerd);
    return result;
}

/* Networks: the GUIDs follow from the container's id, and so are known to whoever clears up after it. */

static int32_t guid_for(struct computecore *s, const char *what, const char *id, GUID *guid)
{
    struct text name = {0};
    text_addf(&name, "porthole %s %s", what, id);
    int32_t result = scratch_name_to_guid(s->scratch, name.data, guid);
    text_done(&name);
    return result;
}

static int32_t guids_for(struct computecore *s, const char *id, GUID *endpoint, GUID *space)
{
    int32_t result = guid_for(s, "endpoint", id, endpoint);
    return result < 0 ? result : guid_for(s, "namespace", id, space);
}

static void answer_guid(struct text *answer, const char *name, const GUID *guid)
{
    char text[GUID_TEXT];
    guid_print(guid, text);
    text_addf(answer, "{\"%s\":\"%s\"}", name, text);
}

static int32_t create_endpoint(struct cc_arrangement *a)
{
    struct computecore *s = a->service;
    GUID endpoint, space;
    struct text name = {0};
    int32_t result = guids_for(s, a->id, &endpoint, &space);
    text_addf(&name, "porthole-%s", a->id);
    if (result >= 0) {
        result = network_create_endpoint(s->network, &endpoint, name.data, a->document, &a->answer);
    }
    if (result >= 0) {
        answer_guid(&a->answer, "Endpoint", &endpoint);
    }
    text_done(&name);
    return result;
}

static int32_t create_namespace(struct cc_arrangement *a)
{
    struct computecore *s = a->service;
    GUID endpoint, space;
    int32_t result = guids_for(s, a->id, &endpoint, &space);
    if (result >= 0) {
        result = network_create_namespace(s->network, &space, &endpoint, &a->answer);
    }
    if (result >= 0) {
        answer_guid(&a->answer, "Namespace", &space);
    }
    return result;
}

static int32_t remove_network(struct computecore *s, const char *id, struct text *record)
{
    GUID endpoint, space;
    int32_t result = guids_for(s, id, &endpoint, &space);
    return result < 0 ? result : network_remove(s->network, &endpoint, &space, record);
}

/* Sweeping. */

static bool is_among(const cJSON *ids, const char *id)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, ids)
    {
        if (cJSON_IsString(item) && _stricmp(item->valuestring, id) == 0) {
            return true;
        }
    }
    return false;
}

/* Asked last: what another porthole was launching a moment ago has its system by now, or has none. */
static bool has_system(const struct computecore *s, const char *id)
{
    wchar_t *wide = wide_from_utf8(id);
    HCS_SYSTEM system = NULL;
    int32_t result = s->api.HcsOpenComputeSystem(wide, GENERIC_ALL, &system);
    free(wide);
    if (result >= 0) {
        s->api.HcsCloseComputeSystem(system);
    }
    return result != HCS_E_SYSTEM_NOT_FOUND;
}

/* What is left of a container that is gone, and that nobody launches. */
static void sweep_one(struct computecore *s, const char *id)
{
    struct text ignored = {0};
    if (!scratch_is_held(id) && !has_system(s, id) && remove_network(s, id, &ignored) >= 0) {
        scratch_remove(s->scratch, id);
    }
    text_done(&ignored);
}

/* Each porthole does a little, those that only print something as well. */
static int32_t sweep(struct computecore *s, const cJSON *ids)
{
    char **all = scratch_all();
    bool stopping = false;
    for (size_t i = 0; all[i] && !stopping; i++) {
        if (!is_among(ids, all[i])) {
            sweep_one(s, all[i]);
            stopping = InterlockedCompareExchange(&s->stopping, 0, 0);
        }
    }
    free(all);
    return S_OK;
}

static int32_t create_scratch(struct cc_arrangement *a)
{
    struct computecore *s = a->service;
    if (scratch_exists(a->id)) {
        sweep_one(s, a->id);
    }
    return scratch_create(s->scratch, a->id, a->document, &a->answer);
}

/* Containers that another porthole launches, or has and will see to, are left to it. */
static int32_t remove_unless_others(struct cc_arrangement *a)
{
    struct computecore *s = a->service;
    if (scratch_is_others(s->scratch, a->id)) {
        return S_FALSE;
    }
    return a->what == HCS_ENDPOINT_REMOVE ? remove_network(s, a->id, &a->answer)
                                          : scratch_remove(s->scratch, a->id);
}

static void run(struct crew_job *work)
{
    struct cc_arrangement *a = work->data;
    struct computecore *s = a->service;
    bool removes = a->what == HCS_SCRATCH_REMOVE || a->what == HCS_ENDPOINT_REMOVE || a->what == HCS_SWEEP;
    if (!removes && InterlockedCompareExchange(&s->stopping, 0, 0)) {
        a->result = HCS_ABORTED;
        return;
    }
    switch (a->what) {
    case HCS_IMAGES:
        a->result = read_images(s, &a->answer);
        break;
    case HCS_SCRATCH_CREATE:
        a->result = create_scratch(a);
        break;
    case HCS_SCRATCH_MOUNT:
        a->result = scratch_mount(s->scratch, a->id, a->document, &a->answer);
        break;
    case HCS_ENDPOINT_CREATE:
        a->result = create_endpoint(a);
        break;
    case HCS_NAMESPACE_CREATE:
        a->result = create_namespace(a);
        break;
    case HCS_SWEEP:
        a->result = sweep(s, a->document);
        break;
    default:
        a->result = remove_unless_others(a);
    }
}

static void unlink_arrangement(struct cc_arrangement *a)
{
    struct cc_arrangement **link = &a->service->arrangements;
    while (*link != a) {
        link = &(*link)->next;
    }
    *link = a->next;
}

static void has_run(struct crew_job *work)
{
    struct cc_arrangement *a = work->data;
    struct computecore *s = a->service;
    cc_worked(s);
    unlink_arrangement(a);
    if (a->done) {
        a->done(a->user, a->result, a->answer.data);
    }
    text_done(&a->answer);
    cJSON_Delete(a->document);
    free(a->id);
    free(a);
    cc_close_soon(s);
}

void cc_arrange(struct hcs_service *service, enum hcs_arrangement what, const char *id, const char *document,
                hcs_answer_cb done, void *user)
{
    struct computecore *s = (struct computecore *)service;
    struct cc_arrangement *a = mem_new(1, sizeof *a), **link = &s->arrangements;
    struct error ignored;
    *a =
        (struct cc_arrangement){.service = s, .what = what, .id = mem_string(id), .done = done, .user = user};
    a->document = document ? json_parse(document, strlen(document), DOCUMENT_MOST, &ignored) : NULL;
    a->work.data = a;
    while (*link) {
        link = &(*link)->next;
    }
    *link = a;
    cc_work(s, s->arrangers, &a->work, run, has_run);
}

void cc_arrangements_answer(struct computecore *s, int32_t result)
{
    for (struct cc_arrangement *a = s->arrangements; a; a = a->next) {
        hcs_answer_cb done = a->done;
        a->done = NULL;
        if (done) {
            done(a->user, result, NULL);
        }
    }
}
