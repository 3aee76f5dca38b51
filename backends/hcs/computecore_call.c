/* A call is submitted on a thread of a crew, because opening a handle waits for the service. HCS then
 * answers on a thread of its own, and that may be before the submitting has returned: a call is done when
 * both have been heard of.
 */
#include "backends/hcs/computecore_parts.h"

#include <stdlib.h>

#include "backends/hcs/volatile_store.h"
#include "backends/wide.h"
#include "core/memory.h"

struct cc_call {
    struct computecore *service;
    uint64_t number;
    struct crew_job work;
    bool of_process;
    enum hcs_call call;
    enum hcs_process_call process_call;
    wchar_t *id, *document; /* NULL none */
    uint32_t pid;
    HCS_SYSTEM system; /* what it works on; its own, unless it belongs to one of the next two */
    HCS_PROCESS process;
    struct cc_watched *watched;
    struct cc_process *lender;
    struct cc_ticket *ticket; /* HCS's when `owed` */
    int32_t result;           /* of the submitting; the thread's until it has submitted */
    char *answer;
    int32_t late_result; /* of HCS, which may come before the submitting has returned */
    char *late_answer;
    bool owed; /* HCS has taken it, and will answer */
    bool submitted, arrived, told;
    hcs_answer_cb done;
    void *user;
};

/* Telling and ending. */

static void call_free(struct cc_call *c)
{
    free(c->id);
    free(c->document);
    free(c->answer);
    free(c->late_answer);
    free(c);
}

static void close_handles(struct crew_job *work)
{
    struct cc_call *c = work->data;
    const struct computecore_api *api = &c->service->api;
    if (c->process) {
        api->HcsCloseProcess(c->process);
    }
    if (c->system) {
        api->HcsCloseComputeSystem(c->system);
    }
}

static void has_closed(struct crew_job *work)
{
    struct cc_call *c = work->data;
    struct computecore *s = c->service;
    cc_worked(s);
    call_free(c);
    cc_close_soon(s);
}

static void tell_asker(struct cc_call *c, int32_t result, const char *document)
{
    if (!c->told) {
        c->told = true;
        if (c->done) {
            c->done(c->user, result, document);
        }
    }
}

static void finish(struct cc_call *c)
{
    struct computecore *s = c->service;
    idmap_remove(&s->calls, c->number);
    tell_asker(c, c->arrived ? c->late_result : c->result, c->arrived ? c->late_answer : c->answer);
    if (c->watched || c->lender) {
        c->system = NULL;
        c->process = NULL;
    }
    if (c->watched) {
        cc_watched_release(c->watched);
    }
    if (c->lender) {
        cc_process_release(c->lender);
    }
    if (c->system || c->process) {
        cc_work(s, s->callers, &c->work, close_handles, has_closed);
        return;
    }
    call_free(c);
    cc_close_soon(s);
}

void cc_call_arrived(struct computecore *s, struct ferry_message *m)
{
    struct cc_call *c = idmap_get(&s->calls, m->to);
    if (!c) {
        return;
    }
    c->arrived = true;
    c->late_result = m->value;
    c->late_answer = m->document;
    m->document = NULL;
    if (c->submitted) {
        finish(c);
    }
}

/* Whoever is told may ask anew: the calls of this moment are gathered first. */
static struct cc_call **all_calls(const struct computecore *s, size_t *n)
{
    struct cc_call **all = mem_new(s->calls.count + 1, sizeof *all);
    size_t cursor = 0;
    *n = 0;
    for (struct cc_call *c; (c = idmap_next(&s->calls, &cursor));) {
        all[(*n)++] = c;
    }
    return all;
}

void cc_calls_answer(struct computecore *s, int32_t result)
{
    size_t n;
    struct cc_call **all = all_calls(s, &n);
    for (size_t i = 0; i < n; i++) {
        tell_asker(all[i], result, NULL);
    }
    free(all);
}

void cc_calls_abandon(struct computecore *s)
{
    size_t n;
    struct cc_call **all = all_calls(s, &n);
    for (size_t i = 0; i < n; i++) {
        if (all[i]->submitted) {
            finish(all[i]);
        }
    }
    free(all);
}

/* Submitting: on a thread of a crew, but for the first, which is on one of HCS's. */

static void CALLBACK on_operation(HCS_OPERATION operation, void *context)
{
    struct cc_ticket *t = context;
    PWSTR document = NULL;
    int32_t result = t->result(operation, &document);
    ferry_send(t->ferry, FERRY_ANSWER, t->to, result, cc_document(document));
    t->close(operation);
    cc_ticket_free(t);
}

static int32_t submit_on_system(struct cc_call *c, HCS_OPERATION operation)
{
    const struct computecore_api *api = &c->service->api;
    switch (c->call) {
    case HCS_ENUMERATE:
        return api->HcsEnumerateComputeSystems(c->document, operation);
    case HCS_PROPERTIES:
        return api->HcsGetComputeSystemProperties(c->system, operation, c->document);
    case HCS_CREATE:
        return api->HcsCreateComputeSystem(c->id, c->document, operation, NULL, &c->system);
    case HCS_START:
        return api->HcsStartComputeSystem(c->system, operation, NULL);
    case HCS_SHUTDOWN:
        return api->HcsShutDownComputeSystem(c->system, operation, c->document);
    case HCS_TERMINATE:
        return api->HcsTerminateComputeSystem(c->system, operation, NULL);
    case HCS_PAUSE:
        return api->HcsPauseComputeSystem(c->system, operation, c->document);
    case HCS_RESUME:
        return api->HcsResumeComputeSystem(c->system, operation, NULL);
    case HCS_MODIFY:
        return api->HcsModifyComputeSystem(c->system, operation, c->document, NULL);
    default:
        return E_INVALIDARG; /* HCS_SERVICE_PROPERTIES has no operation */
    }
}

static int32_t submit_on_process(struct cc_call *c, HCS_OPERATION operation)
{
    const struct computecore_api *api = &c->service->api;
    switch (c->process_call) {
    case HCS_PROCESS_MODIFY:
        return api->HcsModifyProcess(c->process, operation, c->document);
    case HCS_PROCESS_SIGNAL:
        return api->HcsSignalProcess(c->process, operation, c->document);
    default:
        return api->HcsTerminateProcess(c->process, operation, NULL);
    }
}

static int32_t open_handles(struct cc_call *c)
{
    const struct computecore_api *api = &c->service->api;
    bool without = !c->of_process && (c->call == HCS_ENUMERATE || c->call == HCS_CREATE);
    int32_t result = S_OK;
    if (!c->system && !c->process && !without) {
        result = api->HcsOpenComputeSystem(c->id, GENERIC_ALL, &c->system);
    }
    if (result >= 0 && c->of_process && !c->process) {
        result = api->HcsOpenProcess(c->system, c->pid, GENERIC_ALL, &c->process);
    }
    return result;
}

static void submit_operation(struct cc_call *c)
{
    const struct computecore_api *api = &c->service->api;
    HCS_OPERATION operation = api->HcsCreateOperation(c->ticket, on_operation);
    PWSTR document = NULL;
    if (!operation) {
        c->result = E_OUTOFMEMORY;
        return;
    }
    c->result = c->of_process ? submit_on_process(c, operation) : submit_on_system(c, operation);
    c->owed = c->result >= 0;
    if (!c->owed) {
        api->HcsGetOperationResult(operation, &document); /* it may hold the error document all the same */
        c->answer = cc_document(document);
        api->HcsCloseOperation(operation);
    }
}

static void submit(struct crew_job *work)
{
    struct cc_call *c = work->data;
    PWSTR document = NULL;
    if (InterlockedCompareExchange(&c->service->stopping, 0, 0)) {
        c->result = HCS_ABORTED;
        return;
    }
    if (!c->of_process && c->call == HCS_SERVICE_PROPERTIES) {
        c->result = c->service->api.HcsGetServiceProperties(c->document, &document);
        c->answer = cc_document(document);
        return;
    }
    if (!c->of_process && c->call == HCS_ENUMERATE && c->service->limited) {
        c->answer = volatile_store_list();
        c->answer = c->answer ? c->answer : mem_string("[]"); /* it has gone with the last of them */
        return;
    }
    c->result = open_handles(c);
    if (c->result >= 0) {
        submit_operation(c);
    }
}

static void has_submitted(struct crew_job *work)
{
    struct cc_call *c = work->data;
    cc_worked(c->service);
    c->submitted = true;
    if (!c->owed) {
        cc_ticket_free(c->ticket);
    }
    if (!c->owed || c->arrived) {
        finish(c);
    }
}

static struct cc_call *call_new(struct computecore *s, const char *id, const char *document,
                                hcs_answer_cb done, void *user)
{
    struct cc_call *c = mem_new(1, sizeof *c);
    c->service = s;
    c->number = ++s->last_number;
    c->id = wide_from_utf8(id);
    c->document = wide_from_utf8(document);
    c->done = done;
    c->user = user;
    c->ticket = cc_ticket_new(s, c->number);
    idmap_put(&s->calls, c->number, c);
    return c;
}

void cc_call_system(struct hcs_service *service, enum hcs_call call, const char *id, const char *document,
                    hcs_answer_cb done, void *user)
{
    struct computecore *s = (struct computecore *)service;
    struct cc_call *c = call_new(s, id, document, done, user);
    c->call = call;
    c->work.data = c;
    c->watched = id && call != HCS_CREATE ? cc_watched_find(s, id) : NULL;
    if (c->watched) {
        c->watched->uses++;
        c->system = c->watched->system;
    }
    cc_work(c->service, c->service->callers, &c->work, submit, has_submitted);
}

void cc_call_process(struct cc_process *p, enum hcs_process_call call, const char *document,
                     hcs_answer_cb done, void *user)
{
    struct cc_call *c = call_new(p->service, p->id, document, done, user);
    c->of_process = true;
    c->process_call = call;
    c->pid = p->pid;
    c->work.data = c;
    if (call == HCS_PROCESS_MODIFY) {
        c->lender = p;
        c->process = p->process;
        p->uses++;
    }
    cc_work(c->service, c->service->callers, &c->work, submit, has_submitted);
}
