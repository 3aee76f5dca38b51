/* The Host Compute Service of this Windows. */
#include "backends/hcs/computecore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/computecore_parts.h"
#include "backends/hcs/network.h"
#include "backends/hcs/result.h"
#include "backends/hcs/scratch.h"
#include "backends/hcs/volatile_store.h"
#include "backends/wide.h"
#include "core/memory.h"

enum { GRACE_MS = 2000, CHECK_MS = 5000, CALLERS_MOST = 24, CREATORS_MOST = 32 };

/* What threads of HCS are given. */

struct cc_ticket *cc_ticket_new(struct computecore *s, uint64_t to)
{
    struct cc_ticket *t = mem_new(1, sizeof *t);
    *t = (struct cc_ticket){s->api.HcsGetOperationResult, s->api.HcsCloseOperation, s->ferry, to};
    ferry_hold(s->ferry);
    return t;
}

void cc_ticket_free(struct cc_ticket *t)
{
    ferry_drop(t->ferry);
    free(t);
}

char *cc_document(PWSTR document)
{
    char *text = wide_to_utf8(document);
    LocalFree(document);
    return text;
}

void CALLBACK cc_on_event(HCS_EVENT *event, void *context)
{
    const struct cc_ticket *t = context;
    ferry_send(t->ferry, FERRY_EVENT, t->to, (int32_t)event->Type, wide_to_utf8(event->EventData));
}

/* The crews. */

void cc_work(struct computecore *s, struct crew *crew, struct crew_job *work, void (*run)(struct crew_job *),
             void (*after)(struct crew_job *))
{
    s->works++;
    crew_do(crew, work, run, after);
}

void cc_worked(struct computecore *s)
{
    s->works--;
}

/* What arrives on the loop. */

static void disconnected(struct computecore *s)
{
    if (s->gone) {
        return; /* each open handle tells it */
    }
    s->gone = true;
    cc_calls_answer(s, HCS_E_SERVICE_DISCONNECT);
    cc_processes_lost(s, true);
    cc_watched_close_all(s);
    if (!s->closing) {
        s->base.sink->disconnected(s->base.user);
    }
}

static void on_arrived(void *user, struct ferry_message *m)
{
    struct computecore *s = user;
    if (m->kind == FERRY_ANSWER) {
        cc_call_arrived(s, m);
        return;
    }
    if (s->closing) {
        return;
    }
    switch ((uint32_t)m->value) {
    case HcsEventServiceDisconnect:
        disconnected(s);
        break;
    case HcsEventProcessExited:
        cc_process_arrived(s, m);
        break;
    case HCS_EVENT_SYSTEM_EXITED:
    case HCS_EVENT_CRASH_INITIATED:
    case HCS_EVENT_CRASH_REPORT:
    case HCS_EVENT_SILO_JOB_CREATED:
    case HCS_EVENT_GUEST_CONNECTION_CLOSED:
        cc_watched_arrived(s, m);
        break;
    default:
        break;
    }
}

/* Opening. */

static void read_version(struct computecore *s)
{
    typedef LONG(WINAPI * get_version)(OSVERSIONINFOEXW *);
    typedef void (*any_function)(void);
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    any_function found = ntdll ? (any_function)GetProcAddress(ntdll, "RtlGetVersion") : NULL;
    OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof version};
    if (found && ((get_version)found)(&version) == 0) { /* unlike GetVersionEx it does not lie by manifest */
        s->build = version.dwBuildNumber;
        s->workstation = version.wProductType == VER_NT_WORKSTATION;
    }
    s->system_name = mem_new(64, 1);
    snprintf(s->system_name, 64, "Windows%s (%u)", s->workstation ? "" : " Server", s->build);
}

/* Whom HCS refuses is found out here, for the little that Windows tells them all the same; every other
 * failure is the engine's to find. */
static bool is_refused(const struct computecore *s, int32_t *result)
{
    HCS_OPERATION operation = s->api.HcsCreateOperation(NULL, NULL);
    PWSTR document = NULL;
    if (!operation) {
        return false;
    }
    *result = s->api.HcsEnumerateComputeSystems(NULL, operation);
    if (*result >= 0) {
        *result = s->api.HcsWaitForOperationResult(operation, CHECK_MS, &document);
    }
    LocalFree(document);
    s->api.HcsCloseOperation(operation);
    return result_condition(*result) == HCS_REFUSED;
}

static void take_refusal(struct computecore *s, int32_t result)
{
    char *list = volatile_store_list();
    result_error(&s->why, result, NULL, "use the Host Compute Service");
    s->limited = list != NULL;
    free(list);
}

static void load(struct crew_job *work)
{
    struct computecore *s = work->data;
    int32_t result;
    if (!computecore_load(&s->api, &s->why)) {
        return;
    }
    read_version(s);
    if (is_refused(s, &result)) {
        take_refusal(s, result);
    }
}

static void has_loaded(struct crew_job *work)
{
    struct computecore *s = work->data;
    cc_worked(s);
    if (s->closing) {
        cc_close_soon(s);
    } else if (s->why.kind != ERROR_NONE && !s->limited) {
        s->base.sink->unusable(s->base.user, &s->why);
    } else {
        const struct hcs_host host = {.system = s->system_name,
                                      .build = s->build,
                                      .workstation = s->workstation,
                                      .limited = s->limited};
        s->base.sink->ready(s->base.user, &host);
    }
}

static struct hcs_service *cc_open(struct uv_loop_s *loop, const char *address,
                                   const struct hcs_service_sink *sink, void *user)
{
    struct computecore *s = mem_new(1, sizeof *s);
    (void)address; /* HCS is always this machine's */
    s->base = (struct hcs_service){&computecore_service, loop, sink, user};
    s->ferry = ferry_new(loop, on_arrived, s);
    s->callers = crew_new(loop, CALLERS_MOST);
    s->creators = crew_new(loop, CREATORS_MOST);
    s->arrangers = crew_new(loop, 1);
    s->scratch = scratch_new();
    s->network = network_new();
    uv_timer_init(loop, &s->grace);
    s->grace.data = s;
    s->opening.data = s;
    cc_work(s, s->callers, &s->opening, load, has_loaded);
    return &s->base;
}

/* Closing. */

static void close_part(struct computecore *s)
{
    if (--s->open_handles > 0) {
        return;
    }
    void (*done)(void *user) = s->done;
    void *user = s->done_user;
    if (!s->left_behind) {
        idmap_done(&s->calls);
        idmap_done(&s->watched);
        idmap_done(&s->watched_by_id);
        idmap_done(&s->processes);
        scratch_free(s->scratch);
        network_free(s->network);
        free(s->system_name);
        free(s);
    }
    done(user);
}

static void on_part_closed(void *user)
{
    close_part(user);
}

static void on_timer_closed(uv_handle_t *handle)
{
    close_part(handle->data);
}

void cc_close_soon(struct computecore *s)
{
    bool idle = s->works == 0 && s->calls.count == 0 && s->watched.count == 0 && s->processes.count == 0;
    if (s->closing && s->told_all && (idle || s->left_behind) && !s->ferry_closed) {
        s->ferry_closed = true;
        s->open_handles = 5;
        ferry_close(s->ferry, on_part_closed);
        crew_close(s->callers, on_part_closed, s);
        crew_close(s->creators, on_part_closed, s);
        crew_close(s->arrangers, on_part_closed, s);
        uv_close((uv_handle_t *)&s->grace, on_timer_closed);
    }
}

static void on_grace_over(uv_timer_t *timer)
{
    struct computecore *s = timer->data;
    bool stuck = s->works > 0;
    cc_calls_abandon(s);
    if (stuck) {
        s->left_behind = true;
        cc_processes_leave(s);
    }
    cc_close_soon(s);
}

static void begin_close(uv_timer_t *timer)
{
    struct computecore *s = timer->data;
    s->told_all = true;
    cc_calls_answer(s, HCS_ABORTED);
    cc_arrangements_answer(s, HCS_ABORTED);
    cc_processes_lost(s, false);
    cc_watched_close_all(s);
    uv_timer_start(&s->grace, on_grace_over, GRACE_MS, GRACE_MS);
    cc_close_soon(s);
}

static void cc_close(struct hcs_service *service, void (*done)(void *user), void *user)
{
    struct computecore *s = (struct computecore *)service;
    s->closing = true;
    InterlockedExchange(&s->stopping, 1);
    s->done = done;
    s->done_user = user;
    uv_timer_start(&s->grace, begin_close, 0, 0); /* nothing is told from inside a call */
}

const struct hcs_service_type computecore_service = {
    .name = "computecore",
    .open = cc_open,
    .close = cc_close,
    .call = cc_call_system,
    .watch = cc_watch,
    .unwatch = cc_unwatch,
    .create_process = cc_create_process,
    .process_call = cc_process_call,
    .process_write = cc_process_write,
    .process_end_input = cc_process_end_input,
    .process_hold = cc_process_hold,
    .process_close = cc_process_close,
    .arrange = cc_arrange,
};

/* The engine over it. */

static struct backend *engine_open(struct uv_loop_s *loop, const char *address,
                                   const struct backend_sink *sink, void *user)
{
    return hcs_open(&computecore_backend, &computecore_service, loop, address, sink, user);
}

const struct backend_type computecore_backend = {
    .name = "hcs",
    .title = "Windows containers and VMs as the Host Compute Service of this machine knows them",
    .open = engine_open,
    HCS_BACKEND,
};
