/* What stands around HCS on the simulated host, as far as a launch needs it: images in layers, writable
 * layers, endpoints with published ports. Windows refuses in the same places. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/json.h"
#include "backends/sim/parts.h"
#include "core/memory.h"

static const char LAYERS[] = "C:\\ProgramData\\docker\\windowsfilter\\";

static const struct {
    const char *name, *layer, *base, *command;
    unsigned build;
    uint64_t size;
} images[] = {
    {"mcr.microsoft.com/windows/servercore:ltsc2019", NULL, "core-17763", "[\"cmd\"]", 17763,
     UINT64_C(4900) << 20},
    {"mcr.microsoft.com/windows/servercore:ltsc2022", NULL, "core-20348", "[\"cmd\"]", 20348,
     UINT64_C(4700) << 20},
    {"mcr.microsoft.com/windows/servercore:ltsc2025", NULL, "core-26100", "[\"cmd\"]", 26100,
     UINT64_C(5100) << 20},
    {"nanoserver:ltsc2019", NULL, "nano-17763", "[\"cmd\"]", 17763, UINT64_C(256) << 20},
    {"nanoserver:ltsc2022", NULL, "nano-20348", "[\"cmd\"]", 20348, UINT64_C(292) << 20},
    {"pinger:1.0", "pinger", "nano-20348", "[\"ping\",\"-t\",\"localhost\"]", 20348, UINT64_C(293) << 20},
};

enum { N_IMAGES = sizeof images / sizeof *images, NONE_THERE = 1 /* S_FALSE */ };

static struct arranged *find(const struct machine *m, const char *id)
{
    struct arranged *a = m->arranged;
    while (a && strcmp(a->id, id) != 0) {
        a = a->next;
    }
    return a;
}

static void release(struct machine *m, struct arranged *a)
{
    struct arranged **link = &m->arranged;
    if (a->scratch || a->endpoint) {
        return;
    }
    while (*link != a) {
        link = &(*link)->next;
    }
    *link = a->next;
    free(a->id);
    free(a);
}

void storage_free(struct machine *m)
{
    while (m->arranged) {
        m->arranged->scratch = m->arranged->endpoint = false;
        release(m, m->arranged);
    }
}

size_t machine_arranged(const struct machine *m)
{
    size_t n = 0;
    for (const struct arranged *a = m->arranged; a; a = a->next) {
        n += (size_t)a->scratch + a->endpoint;
    }
    return n;
}

/* Images. */

static void add_layer(struct text *out, const char *folder, unsigned number)
{
    char path[128];
    text_addf(out, "{\"Id\":\"00000000-0000-4000-8000-%012u\",\"Path\":", number);
    snprintf(path, sizeof path, "%s%s", LAYERS, folder);
    answer_string(out, path);
    text_add_char(out, '}');
}

static void give_images(struct text *out)
{
    text_add_char(out, '[');
    for (unsigned i = 0; i < N_IMAGES; i++) {
        text_addf(
            out,
            "%s{\"Name\":\"%s\",\"Id\":\"sim-%u\",\"Build\":%u,\"Size\":%llu,\"Command\":%s,\"Layers\":[",
            i ? "," : "", images[i].name, i, images[i].build, (unsigned long long)images[i].size,
            images[i].command);
        if (images[i].layer) {
            add_layer(out, images[i].layer, 100 + i);
            text_add_char(out, ',');
        }
        add_layer(out, images[i].base, i);
        text_add(out, "]}");
    }
    text_add_char(out, ']');
}

/* The build of the base layer; 0: there is no such layer. */
static unsigned build_of(const cJSON *layers)
{
    const cJSON *base = cJSON_GetArrayItem(layers, cJSON_GetArraySize(layers) - 1);
    const char *path = json_string(base, "Path", "");
    for (unsigned i = 0; i < N_IMAGES; i++) {
        size_t len = strlen(LAYERS);
        if (strncmp(path, LAYERS, len) == 0 && strcmp(path + len, images[i].base) == 0) {
            return images[i].build;
        }
    }
    return 0;
}

/* A container that names layers must have its own writable one, and for process isolation it must be mounted.
 */
int32_t storage_check(const struct machine *m, const char *id, const cJSON *document, unsigned *build)
{
    const cJSON *v2 = json_at(document, "Container.Storage.Layers"), *v1 = json_at(document, "Layers");
    const struct arranged *a = find(m, id);
    if (!v2 && !v1) {
        return 0; /* tests make bare ones */
    }
    *build = build_of(v2 ? v2 : v1);
    if (!*build || !a || !a->scratch || (v2 && !a->mounted)) {
        return RESULT(0x80370112);
    }
    return 0;
}

/* Writable layers. */

static struct arranged *find_or_add(struct machine *m, const char *id)
{
    struct arranged *a = find(m, id);
    if (!a) {
        a = mem_new(1, sizeof *a);
        a->id = mem_string(id);
        a->next = m->arranged;
        m->arranged = a;
    }
    return a;
}

static int32_t create_scratch(struct machine *m, const char *id, const cJSON *layers, struct text *answer)
{
    char folder[160];
    if (!build_of(json_at(layers, "Layers"))) {
        return RESULT(0x80370112);
    }
    struct arranged *a = find_or_add(m, id);
    if (a->scratch) {
        return RESULT(0x800700B7); /* ERROR_ALREADY_EXISTS */
    }
    a->scratch = true;
    const cJSON *list = json_at(layers, "Layers");
    const cJSON *base = cJSON_GetArrayItem(list, cJSON_GetArraySize(list) - 1);
    snprintf(folder, sizeof folder, "C:\\ProgramData\\porthole\\scratch\\%s", id);
    text_add(answer, "{\"Folder\":");
    answer_string(answer, folder);
    snprintf(folder, sizeof folder, "%s\\UtilityVM", json_string(base, "Path", ""));
    text_add(answer, ",\"UtilityVM\":");
    answer_string(answer, folder);
    text_add_char(answer, '}');
    return 0;
}

static int32_t mount_scratch(struct arranged *a, struct text *answer)
{
    if (!a || !a->scratch) {
        return RESULT(0x80070003);
    }
    a->mounted = true;
    text_add(answer, "{\"Volume\":\"\\\\\\\\?\\\\Volume{66d1ef4c-7a00-11e6-8948-00155ddbef9d}\"}");
    return 0;
}

static int32_t remove_scratch(struct machine *m, struct arranged *a)
{
    if (!a || !a->scratch) {
        return NONE_THERE;
    }
    if (system_find(m, a->id)) {
        return RESULT(0x80070020); /* it is in use */
    }
    a->scratch = a->mounted = false;
    release(m, a);
    return 0;
}

/* Endpoints. */

static bool is_published(const struct machine *m, unsigned port)
{
    for (const struct arranged *a = m->arranged; a; a = a->next) {
        for (unsigned i = 0; a->endpoint && i < a->n_ports; i++) {
            if (a->ports[i] == port) {
                return true;
            }
        }
    }
    return false;
}

static int32_t create_endpoint(struct machine *m, const char *id, const cJSON *document, struct text *answer)
{
    const cJSON *policy = NULL;
    unsigned ports[16], n = 0;
    cJSON_ArrayForEach(policy, json_at(document, "Policies"))
    {
        unsigned port = (unsigned)json_integer(policy, "Settings.ExternalPort", 0);
        if (is_published(m, port)) {
            return RESULT(0x803B0013); /* HCN_E_PORT_ALREADY_EXISTS */
        }
        ports[n] = port;
        n += n < 15;
    }
    struct arranged *a = find_or_add(m, id);
    a->endpoint = true;
    a->n_ports = n;
    memcpy(a->ports, ports, n * sizeof *ports);
    text_add(answer, "{\"Endpoint\":\"e0000000-0000-4000-8000-000000000001\"}");
    return 0;
}

static int32_t create_namespace(const struct arranged *a, struct text *answer)
{
    if (!a || !a->endpoint) {
        return RESULT(0x80070490);
    }
    text_add(answer, "{\"Namespace\":\"e0000000-0000-4000-8000-000000000002\"}");
    return 0;
}

static int32_t remove_endpoint(struct machine *m, struct arranged *a)
{
    if (!a || !a->endpoint) {
        return NONE_THERE;
    }
    a->endpoint = false;
    release(m, a);
    return 0;
}

static bool is_kept(const cJSON *ids, const char *id)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, ids)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, id) == 0) {
            return true;
        }
    }
    return false;
}

static void sweep(struct machine *m, const cJSON *ids)
{
    for (struct arranged *a = m->arranged, *next; a; a = next) {
        next = a->next;
        if (!is_kept(ids, a->id)) {
            a->scratch = a->endpoint = false;
            release(m, a);
        }
    }
}

static int32_t arrange(struct machine *m, enum hcs_arrangement what, const char *id, const cJSON *document,
                       struct text *answer)
{
    if (what == HCS_IMAGES) {
        give_images(answer);
        return 0;
    }
    if (what == HCS_SWEEP) {
        sweep(m, document);
        return 0;
    }
    if (!id || !id[0]) {
        return RESULT(0x80070057);
    }
    switch (what) {
    case HCS_SCRATCH_CREATE:
        return create_scratch(m, id, document, answer);
    case HCS_SCRATCH_MOUNT:
        return mount_scratch(find(m, id), answer);
    case HCS_SCRATCH_REMOVE:
        return remove_scratch(m, find(m, id));
    case HCS_ENDPOINT_CREATE:
        return create_endpoint(m, id, document, answer);
    case HCS_NAMESPACE_CREATE:
        return create_namespace(find(m, id), answer);
    default:
        return remove_endpoint(m, find(m, id));
    }
}

int32_t machine_arrange(struct machine *m, enum hcs_arrangement what, const char *id, const char *document,
                        struct text *answer)
{
    struct error ignored;
    cJSON *json = document ? json_parse(document, strlen(document), 1 << 22, &ignored) : NULL;
    int32_t result = m->options.refuse   ? RESULT(0x80070005)
                     : document && !json ? RESULT(0x8037010D)
                                         : arrange(m, what, id, json, answer);
    cJSON_Delete(json);
    return result;
}
