#include "backends/hcs/computecore_parts.h"

#include <stdlib.h>
#include <string.h>

#include "backends/wide.h"
#include "core/memory.h"

static void watched_free(struct cc_watched *w)
{
    struct computecore *s = w->service;
    idmap_remove(&s->watched, w->number);
    free(w->id);
    free(w);
    cc_close_soon(s);
}

/* Closing waits for callbacks that run; after it none comes, and the ticket is ours again. */
static void close_handle(struct crew_job *work)
{
    struct cc_watched *w = work->data;
    w->service->api.HcsCloseComputeSystem(w->system);
    cc_ticket_free(w->ticket);
}

static void has_closed(struct crew_job *work)
{
    struct cc_watched *w = work->data;
    cc_worked(w->service);
    watched_free(w);
}

static void close_when_unused(struct cc_watched *w)
{
    if (w->unwanted && w->uses == 0 && w->system) {
        cc_work(w->service, w->service->callers, &w->work, close_handle, has_closed);
    }
}

void cc_watched_release(struct cc_watched *w)
{
    w->uses--;
    close_when_unused(w);
}

static void let_go(struct cc_watched *w)
{
    if (!w->unwanted) {
        w->unwanted = true;
        idmap_remove(&w->service->watched_by_id, idmap_hash(w->id));
        close_when_unused(w); /* one that is being opened is closed when it is open */
    }
}

static struct cc_watched *find(const struct computecore *s, const char *id)
{
    struct cc_watched *w = idmap_get(&s->watched_by_id, idmap_hash(id));
    return w && strcmp(w->id, id) == 0 ? w : NULL;
}

struct cc_watched *cc_watched_find(const struct computecore *s, const char *id)
{
    struct cc_watched *w = find(s, id);
    return w && w->system ? w : NULL;
}

static void open_handle(struct crew_job *work)
{
    struct cc_watched *w = work->data;
    const struct computecore_api *api = &w->service->api;
    HCS_SYSTEM system = NULL;
    wchar_t *id = wide_from_utf8(w->id);
    w->result = api->HcsOpenComputeSystem(id, GENERIC_ALL, &system);
    free(id);
    if (w->result >= 0) {
        w->result = api->HcsSetComputeSystemCallback(system, HcsEventOptionNone, w->ticket, cc_on_event);
        if (w->result < 0) {
            api->HcsCloseComputeSystem(system);
        }
    }
    w->system = w->result >= 0 ? system : NULL;
}

static void has_opened(struct crew_job *work)
{
    struct cc_watched *w = work->data;
    struct computecore *s = w->service;
    cc_worked(s);
    if (!w->system) {
        let_go(w); /* whoever is told may watch anew */
    }
    int32_t result = s->closing ? HCS_ABORTED : s->gone ? HCS_E_SERVICE_DISCONNECT : w->result;
    if (w->done) {
        w->done(w->user, result, NULL);
    }
    if (!w->system) {
        cc_ticket_free(w->ticket);
        watched_free(w);
    } else {
        cc_watched_release(w); /* the opening; whoever was told may have unwatched it */
    }
}

/* Somebody watches it already: the answer is known, and is told later all the same. */
static void do_nothing(struct crew_job *work)
{
    (void)work;
}

static void has_done_nothing(struct crew_job *work)
{
    struct cc_watched *w = work->data;
    struct computecore *s = w->service;
    cc_worked(s);
    w->done(w->user, s->closing ? HCS_ABORTED : S_OK, NULL);
    free(w);
    cc_close_soon(s);
}

void cc_watch(struct hcs_service *service, const char *id, hcs_answer_cb done, void *user)
{
    struct computecore *s = (struct computecore *)service;
    struct cc_watched *w = mem_new(1, sizeof *w);
    bool again = find(s, id) != NULL;
    *w = (struct cc_watched){.service = s, .done = done, .user = user};
    w->work.data = w;
    if (again) {
        cc_work(s, s->callers, &w->work, do_nothing, has_done_nothing);
        return;
    }
    w->number = ++s->last_number;
    w->id = mem_string(id);
    w->ticket = cc_ticket_new(s, w->number);
    w->uses = 1; /* the opening */
    idmap_put(&s->watched, w->number, w);
    idmap_put(&s->watched_by_id, idmap_hash(id), w);
    cc_work(s, s->callers, &w->work, open_handle, has_opened);
}

void cc_unwatch(struct hcs_service *service, const char *id)
{
    struct cc_watched *w = find((struct computecore *)service, id);
    if (w) {
        let_go(w);
    }
}

void cc_watched_arrived(struct computecore *s, struct ferry_message *m)
{
    struct cc_watched *w = idmap_get(&s->watched, m->to);
    if (!w || w->unwanted) {
        return;
    }
    char *id = mem_string(w->id);
    if (m->value == HCS_EVENT_SYSTEM_EXITED) {
        let_go(w);
    }
    s->base.sink->event(s->base.user, id, (enum hcs_event)m->value, m->document);
    free(id);
}

void cc_watched_close_all(struct computecore *s)
{
    size_t cursor = 0;
    for (struct cc_watched *w; (w = idmap_next(&s->watched, &cursor));) {
        let_go(w);
    }
}
