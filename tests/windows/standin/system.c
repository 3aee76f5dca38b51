#include "tests/windows/standin/standin.h"

#include <stdlib.h>
#include <string.h>

#include "backends/wide.h"
#include "core/memory.h"

struct job { /* a call that is under way */
    struct operation *operation;
    enum hcs_call call;
    char *id, *document;
    unsigned age;
    struct job *next; /* of those that are owed */
};

static struct open_system *system_of(HCS_SYSTEM handle)
{
    struct open_system *o = (struct open_system *)handle;
    if (!o || o->magic != MAGIC_SYSTEM) {
        standin_misused("a system is used after it was closed");
    }
    return o;
}

/* With the lock held. */
static int32_t perform(struct standin *s, struct job *job, struct text *answer)
{
    static const char *const names[] = {[HCS_CREATE] = "HcsCreateComputeSystem",
                                        [HCS_START] = "HcsStartComputeSystem",
                                        [HCS_PROPERTIES] = "HcsGetComputeSystemProperties"};
    bool named = (size_t)job->call < sizeof names / sizeof *names && names[job->call];
    int32_t result = named && standin_fails(names[job->call]) ? E_FAIL : S_OK;
    bool creates = job->call == HCS_CREATE && !machine_has(s->machine, job->id);
    if (result >= 0 && creates) {
        result = lasting_create(job->id, &job->document);
    }
    if (result >= 0) {
        result = machine_call(s->machine, job->call, job->id, job->document, answer);
    }
    if ((creates && result < 0) || (job->call == HCS_TERMINATE && !machine_has(s->machine, job->id))) {
        lasting_gone(job->id);
    } else if (job->call == HCS_START && result >= 0) {
        lasting_started(job->id);
    }
    return result;
}

static void job_free(struct job *job)
{
    free(job->id);
    free(job->document);
    free(job);
}

static void run(void *data)
{
    struct job *job = data;
    struct standin *s = standin();
    struct text answer = {0};
    EnterCriticalSection(&s->lock);
    int32_t result = standin_state(job->age);
    if (result >= 0) {
        result = perform(s, job, &answer);
    }
    bool rename = s->pids && result >= 0 && job->call == HCS_PROPERTIES;
    bool owed = result >= 0 && machine_answers(s->machine, job->call) != ANSWER_SOON;
    if (owed) {
        job->next = s->owed;
        s->owed = job;
    }
    LeaveCriticalSection(&s->lock);
    if (!owed) {
        char *document = answer.data ? text_take(&answer) : NULL;
        operation_end(job->operation, result, rename && document ? standin_pids(document) : document);
        job_free(job);
    }
    text_done(&answer);
}

void system_exited(struct standin *s, const char *id, const char *status)
{
    for (struct job **link = &s->owed; *link;) {
        struct job *job = *link;
        if (strcmp(job->id, id) == 0 && machine_answers(s->machine, job->call) == ANSWER_AT_EXIT) {
            *link = job->next;
            LeaveCriticalSection(&s->lock);
            operation_end(job->operation, machine_exit_answer(job->call, status), NULL);
            job_free(job);
            EnterCriticalSection(&s->lock);
            link = &s->owed; /* others may have changed the list */
        } else {
            link = &job->next;
        }
    }
}

static HRESULT begin(enum hcs_call call, HCS_OPERATION_TYPE type, const char *id, unsigned age,
                     HCS_OPERATION operation, PCWSTR document)
{
    struct operation *op = operation_of(operation);
    HRESULT result = operation_begin(op, type);
    if (result >= 0) {
        struct job *job = mem_new(1, sizeof *job);
        *job = (struct job){op, call, mem_string(id), wide_to_utf8(document), age, NULL};
        standin_later(standin()->delay, run, job);
        Sleep(standin()->linger);
    }
    return result;
}

static HRESULT begin_on(enum hcs_call call, HCS_OPERATION_TYPE type, HCS_SYSTEM system,
                        HCS_OPERATION operation, PCWSTR document)
{
    struct open_system *o = system_of(system);
    return begin(call, type, o->id, o->age, operation, document);
}

HRESULT WINAPI HcsEnumerateComputeSystems(PCWSTR query, HCS_OPERATION operation)
{
    return begin(HCS_ENUMERATE, HcsOperationTypeEnumerate, NULL, standin()->age, operation, query);
}

HRESULT WINAPI HcsGetServiceProperties(PCWSTR query, PWSTR *document)
{
    struct standin *s = standin();
    struct text answer = {0};
    char *text = wide_to_utf8(query);
    EnterCriticalSection(&s->lock);
    if (s->fresh && !s->systems && !process_held(s)) {
        standin_renew(s);
    }
    int32_t result = standin_state(s->age);
    if (result >= 0) {
        result = machine_call(s->machine, HCS_SERVICE_PROPERTIES, NULL, text, &answer);
    }
    LeaveCriticalSection(&s->lock);
    wchar_t *wide = wide_from_utf8(answer.data);
    *document = NULL;
    if (wide) {
        size_t size = (wcslen(wide) + 1) * sizeof *wide;
        *document = LocalAlloc(LMEM_FIXED, size);
        memcpy(*document, wide, size);
    }
    free(wide);
    free(text);
    text_done(&answer);
    return result;
}

static struct open_system *add(struct standin *s, char *id)
{
    struct open_system *o = mem_new(1, sizeof *o);
    o->magic = MAGIC_SYSTEM;
    o->id = id;
    o->age = s->age;
    o->next = s->systems;
    s->systems = o;
    return o;
}

HRESULT WINAPI HcsOpenComputeSystem(PCWSTR id, DWORD access, HCS_SYSTEM *system)
{
    struct standin *s = standin();
    char *text = wide_to_utf8(id);
    (void)access;
    *system = NULL;
    EnterCriticalSection(&s->lock);
    int32_t result = standin_state(s->age);
    if (result >= 0 && machine_options(s->machine)->refuse) {
        result = (int32_t)0x8037011B;
    } else if (result >= 0 && !machine_has(s->machine, text)) {
        result = (int32_t)0x8037010E;
    }
    if (result >= 0) {
        *system = (HCS_SYSTEM)add(s, text);
        text = NULL;
    }
    LeaveCriticalSection(&s->lock);
    free(text);
    return result;
}

HRESULT WINAPI HcsCreateComputeSystem(PCWSTR id, PCWSTR configuration, HCS_OPERATION operation,
                                      const SECURITY_DESCRIPTOR *security, HCS_SYSTEM *system)
{
    struct standin *s = standin();
    char *text = wide_to_utf8(id);
    (void)security;
    HRESULT result = begin(HCS_CREATE, HcsOperationTypeCreate, text, s->age, operation, configuration);
    *system = NULL;
    if (result >= 0) {
        EnterCriticalSection(&s->lock);
        *system = (HCS_SYSTEM)add(s, mem_string(text));
        LeaveCriticalSection(&s->lock);
    }
    free(text);
    return result;
}

void WINAPI HcsCloseComputeSystem(HCS_SYSTEM system)
{
    struct standin *s = standin();
    struct open_system *o = system_of(system), **link = &s->systems;
    EnterCriticalSection(&s->lock);
    listener_close(&o->listener, "a system is closed within its own callback");
    while (*link != o) {
        link = &(*link)->next;
    }
    *link = o->next;
    o->magic = MAGIC_CLOSED;
    LeaveCriticalSection(&s->lock);
    free(o->id); /* the rest stays, so that a later use is found */
}

HRESULT WINAPI HcsSetComputeSystemCallback(HCS_SYSTEM system, HCS_EVENT_OPTIONS options, const void *context,
                                           HCS_EVENT_CALLBACK callback)
{
    struct standin *s = standin();
    struct open_system *o = system_of(system);
    EnterCriticalSection(&s->lock);
    HRESULT result = o->listener.callback || options != HcsEventOptionNone ? (HRESULT)0x80370119 : S_OK;
    if (result >= 0) {
        o->listener.callback = callback;
        o->listener.context = (void *)context;
    }
    LeaveCriticalSection(&s->lock);
    return result;
}

HRESULT WINAPI HcsStartComputeSystem(HCS_SYSTEM system, HCS_OPERATION operation, PCWSTR options)
{
    return begin_on(HCS_START, HcsOperationTypeStart, system, operation, options);
}

HRESULT WINAPI HcsShutDownComputeSystem(HCS_SYSTEM system, HCS_OPERATION operation, PCWSTR options)
{
    return begin_on(HCS_SHUTDOWN, HcsOperationTypeShutdown, system, operation, options);
}

HRESULT WINAPI HcsTerminateComputeSystem(HCS_SYSTEM system, HCS_OPERATION operation, PCWSTR options)
{
    return begin_on(HCS_TERMINATE, HcsOperationTypeTerminate, system, operation, options);
}

HRESULT WINAPI HcsPauseComputeSystem(HCS_SYSTEM system, HCS_OPERATION operation, PCWSTR options)
{
    return begin_on(HCS_PAUSE, HcsOperationTypePause, system, operation, options);
}

HRESULT WINAPI HcsResumeComputeSystem(HCS_SYSTEM system, HCS_OPERATION operation, PCWSTR options)
{
    return begin_on(HCS_RESUME, HcsOperationTypeResume, system, operation, options);
}

HRESULT WINAPI HcsGetComputeSystemProperties(HCS_SYSTEM system, HCS_OPERATION operation, PCWSTR query)
{
    return begin_on(HCS_PROPERTIES, HcsOperationTypeGetProperties, system, operation, query);
}

HRESULT WINAPI HcsModifyComputeSystem(HCS_SYSTEM system, HCS_OPERATION operation, PCWSTR configuration,
                                      HANDLE identity)
{
    (void)identity;
    return begin_on(HCS_MODIFY, HcsOperationTypeModify, system, operation, configuration);
}

/* Functions that Windows 10 1809 lacks; the product must not need them. */

HRESULT WINAPI HcsWaitForComputeSystemExit(HCS_SYSTEM system, DWORD ms, PWSTR *result)
{
    (void)system, (void)ms, (void)result;
    return E_NOTIMPL;
}

HRESULT WINAPI HcsWaitForProcessExit(HCS_PROCESS process, DWORD ms, PWSTR *result)
{
    (void)process, (void)ms, (void)result;
    return E_NOTIMPL;
}

HRESULT WINAPI HcsCrashComputeSystem(HCS_SYSTEM system, HCS_OPERATION operation, PCWSTR options)
{
    (void)system, (void)operation, (void)options;
    return E_NOTIMPL;
}

HRESULT WINAPI HcsGrantVmGroupAccess(PCWSTR path)
{
    (void)path;
    return E_NOTIMPL;
}
