/* Opening: the provider says that it can be called, the service's properties are asked as a check of health
 * and rights, and the engine is online. A service that goes away takes all handles with it; the engine then
 * says offline, and the session closes it, comes back after a pause that grows, and everything is found anew.
 */
#include "backends/hcs/hcs.h"

#include <stdlib.h>
#include <string.h>

#include "backends/hcs/end.h"
#include "backends/hcs/engine.h"
#include "backends/hcs/own.h"
#include "backends/hcs/request.h"
#include "backends/hcs/result.h"
#include "backends/host/host.h"
#include "core/memory.h"
#include "core/text.h"

static const char NOT_THIS_USER[] = "only administrators and members of the group Hyper-V Administrators may "
                                    "use the Host Compute Service; run "
                                    "porthole as administrator, or join that group and sign in again";

void hcs_timer_init(struct hcs *h, uv_timer_t *timer, void *data)
{
    uv_timer_init(h->base.loop, timer);
    timer->data = data;
    h->holds++;
}

static void hcs_free(struct hcs *h)
{
    struct op *op = h->close_op;
    for (size_t i = 0; i < h->n_entries; i++) {
        struct entry *e = h->entries[i];
        free(e->key);
        free(e->name);
        free(e->label);
        free(e->owner);
        free(e->vm);
        free(e->workers);
        free(e);
    }
    for (size_t i = 0; i < h->n_verdicts; i++) {
        refusals_drop(h->verdicts[i].held);
    }
    free(h->entries);
    idmap_done(&h->by_key);
    idmap_done(&h->by_vm);
    free(h->wanted);
    free(h->version);
    free(h);
    op_succeed(op);
}

void hcs_release(struct hcs *h)
{
    if (--h->holds == 0 && h->closing && !h->service) {
        hcs_free(h);
    }
}

uint64_t hcs_in_ms(const struct hcs *h, int seconds)
{
    unsigned speed = h->service && h->service->speed ? h->service->speed : 1;
    return (uint64_t)seconds * 1000 / speed;
}

static void on_timer_closed(uv_handle_t *handle)
{
    hcs_release(handle->data);
}

void hcs_timer_close(struct hcs *h, uv_timer_t *timer)
{
    timer->data = h;
    uv_close((uv_handle_t *)timer, on_timer_closed);
}

/* The life of the engine. */

void hcs_offline(struct hcs *h, const struct error *why)
{
    if (!h->offline && !h->closing) {
        h->offline = true;
        h->online = false;
        uv_timer_stop(&h->clock);
        uv_timer_stop(&h->sampler);
        h->base.sink->offline(h->base.user, why);
    }
}

void hcs_lost(struct hcs *h, int32_t result, const char *document, const char *what)
{
    struct error why;
    result_error(&why, result, document, what);
    hcs_offline(h, &why);
}

static void say_online(struct hcs *h)
{
    struct text note = {0};
    if (h->limited) {
        text_addf(&note, "%s; until then the registry tells their ids, and no more", h->limited);
    }
    const struct mode_offer offers[] = {
        {.mode = ISOLATION_PROCESS, .why_not = h->limited},
        {.mode = ISOLATION_VM, .why_not = h->limited, .cost = "about 400 MB and 2 s more"}};
    const struct engine_info info = {
        .version = h->version,
        .default_isolation = h->windows.edition == WINDOWS_SERVER ? ISOLATION_PROCESS : ISOLATION_VM,
        .windows = h->windows,
        .hypervisor = HYPERVISOR_HYPERV,
        .offers = offers,
        .n_offers = sizeof offers / sizeof *offers,
        .note = h->limited ? text_of(&note) : NULL,
        .limited = h->limited != NULL,
    };
    h->online = true;
    h->base.sink->online(h->base.user, &info);
    text_done(&note);
}

static void on_service(void *user, int32_t result, const char *document)
{
    struct hcs *h = user;
    struct error ignored;
    int major, minor;
    if (h->closing || h->offline) {
        return;
    }
    if (result < 0) {
        hcs_lost(h, result, document, "use the Host Compute Service");
        return;
    }
    cJSON *json = document_parse(document, &ignored);
    struct text version = {0};
    text_add(&version, h->version);
    if (document_schema(json, &major, &minor)) {
        text_addf(&version, "%sHCS schema %d.%d", version.len ? ", " : "", major, minor);
    }
    free(h->version);
    h->version = text_take(&version);
    cJSON_Delete(json);
    say_online(h);
}

static void on_ready(void *user, const struct hcs_host *host)
{
    struct hcs *h = user;
    h->windows = (struct windows_host){host->build, host->workstation ? WINDOWS_PRO : WINDOWS_SERVER};
    h->version = mem_string(host->system);
    if (host->limited) {
        h->limited = NOT_THIS_USER;
        say_online(h);
        return;
    }
    h->service->type->call(h->service, HCS_SERVICE_PROPERTIES, NULL, REQUEST_SERVICE, on_service, h);
}

static void on_unusable(void *user, const struct error *why)
{
    hcs_offline(user, why);
}

static void on_event(void *user, const char *id, enum hcs_event type, const char *document)
{
    struct hcs *h = user;
    struct entry *e = entry_find(h, id);
    if (type != HCS_EVENT_SYSTEM_EXITED || h->offline) {
        return;
    }
    ends_seen(h, id, document);
    if (e) {
        h->n_watched -= e->watched;
        e->watched = false;
        entry_gone(h, e);
        list_soon(h);
    }
}

static void on_disconnected(void *user)
{
    hcs_lost(user, (int32_t)UINT32_C(0x8037011E), NULL, "go on with the Host Compute Service");
}

static const struct hcs_service_sink SINK = {on_ready, on_unusable, on_event, on_disconnected};

struct backend *hcs_open(const struct backend_type *type, const struct hcs_service_type *provider,
                         struct uv_loop_s *loop, const char *address, const struct backend_sink *sink,
                         void *user)
{
    struct hcs *h = mem_new(1, sizeof *h);
    h->base = (struct backend){.type = type, .loop = loop, .sink = sink, .user = user};
    hcs_timer_init(h, &h->clock, h);
    hcs_timer_init(h, &h->sampler, h);
    h->service = provider->open(loop, address, &SINK, h);
    h->host = provider->host ? provider->host(h->service) : host_open(loop);
    return &h->base;
}

static void on_service_closed(void *user)
{
    struct hcs *h = user;
    consoles_closed(h);
    ends_close(h);
    own_close_all(h);
    requests_close(h);
    h->service = NULL;
    hcs_timer_close(h, &h->clock);
    hcs_timer_close(h, &h->sampler);
}

void hcs_close(struct backend *b, struct op *op)
{
    struct hcs *h = (struct hcs *)b;
    h->closing = true;
    h->close_op = op;
    sample_close(h);
    if (h->host_op) {
        op_cancel(h->host_op);
        h->host_op = NULL;
    }
    if (!h->service->type->host) {
        host_close(h->host);
    }
    h->host = NULL;
    h->service->type->close(h->service, on_service_closed, h);
}

struct host_source *hcs_host(struct backend *b, struct host_source *ours)
{
    const struct hcs *h = (struct hcs *)b;
    return h->service && h->service->type->host ? h->host : ours;
}
