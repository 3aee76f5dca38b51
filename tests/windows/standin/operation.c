#include "tests/windows/standin/standin.h"

#include <stdlib.h>
#include <string.h>

#include "backends/wide.h"
#include "core/memory.h"

struct operation *operation_of(HCS_OPERATION handle)
{
    struct operation *op = (struct operation *)handle;
    if (!op || op->magic != MAGIC_OPERATION) {
        standin_misused("an operation is used after it was closed");
    }
    return op;
}

void operation_drop(struct operation *op)
{
    EnterCriticalSection(&standin()->lock);
    bool last = --op->refs == 0;
    LeaveCriticalSection(&standin()->lock);
    if (last) {
        CloseHandle(op->done);
        free(op->document);
        free(op);
    }
}

HRESULT operation_begin(struct operation *op, HCS_OPERATION_TYPE type)
{
    HRESULT result = S_OK;
    EnterCriticalSection(&standin()->lock);
    if (op->state == OP_RUNNING) {
        result = (HRESULT)0x80370116;
    } else {
        op->state = OP_RUNNING;
        op->type = type;
        op->refs++;
        free(op->document);
        op->document = NULL;
        ResetEvent(op->done);
    }
    LeaveCriticalSection(&standin()->lock);
    return result;
}

void operation_end(struct operation *op, HRESULT result, char *document)
{
    EnterCriticalSection(&standin()->lock);
    op->result = result;
    op->document = document;
    op->state = OP_DONE;
    bool wanted = op->magic == MAGIC_OPERATION;
    LeaveCriticalSection(&standin()->lock);
    SetEvent(op->done);
    if (wanted && op->callback) {
        op->callback((HCS_OPERATION)op, op->context);
    }
    operation_drop(op);
}

HCS_OPERATION WINAPI HcsCreateOperation(const void *context, HCS_OPERATION_COMPLETION callback)
{
    struct operation *op = mem_new(1, sizeof *op);
    standin();
    op->magic = MAGIC_OPERATION;
    op->refs = 1;
    op->callback = callback;
    op->context = (void *)context;
    op->done = CreateEventW(NULL, TRUE, FALSE, NULL);
    return (HCS_OPERATION)op;
}

void WINAPI HcsCloseOperation(HCS_OPERATION handle)
{
    struct operation *op = operation_of(handle);
    op->magic = MAGIC_CLOSED;
    operation_drop(op);
}

HRESULT WINAPI HcsCancelOperation(HCS_OPERATION handle)
{
    operation_of(handle);
    return E_NOTIMPL;
}

/* As HCS gives strings out: LocalAlloc'ed UTF-16. */
static PWSTR local(const char *text)
{
    wchar_t *wide = wide_from_utf8(text);
    PWSTR out = NULL;
    if (wide) {
        size_t size = (wcslen(wide) + 1) * sizeof *wide;
        out = LocalAlloc(LMEM_FIXED, size);
        memcpy(out, wide, size);
    }
    free(wide);
    return out;
}

HRESULT WINAPI HcsGetOperationResult(HCS_OPERATION handle, PWSTR *document)
{
    struct operation *op = operation_of(handle);
    HRESULT result;
    EnterCriticalSection(&standin()->lock);
    if (op->state == OP_DONE) {
        result = op->result;
        *document = local(op->document);
    } else {
        result = (HRESULT)(op->state == OP_RUNNING ? 0x80370117 : 0x80370115);
        *document = NULL;
    }
    LeaveCriticalSection(&standin()->lock);
    return result;
}

HRESULT WINAPI HcsWaitForOperationResult(HCS_OPERATION handle, DWORD ms, PWSTR *document)
{
    struct operation *op = operation_of(handle);
    *document = NULL;
    if (op->state == OP_NEVER_USED) {
        return (HRESULT)0x80370115;
    }
    if (WaitForSingleObject(op->done, ms) != WAIT_OBJECT_0) {
        return (HRESULT)0x80370118;
    }
    return HcsGetOperationResult(handle, document);
}

HRESULT WINAPI HcsWaitForOperationResultAndProcessInfo(HCS_OPERATION handle, DWORD ms,
                                                       HCS_PROCESS_INFORMATION *information, PWSTR *document)
{
    struct operation *op = operation_of(handle);
    *document = NULL;
    bool fitting = op->type == HcsOperationTypeCreateProcess || op->type == HcsOperationTypeGetProcessInfo;
    if (op->state != OP_NEVER_USED && (!fitting || op->fails_once)) {
        op->fails_once = false;
        return E_INVALIDARG;
    }
    HRESULT result = HcsWaitForOperationResult(handle, ms, document);
    if (result >= 0) {
        *information = op->information;
    }
    return result;
}

/* Listeners */

void listener_tell(struct listener *l, HCS_EVENT_TYPE type, const char *document)
{
    struct standin *s = standin();
    wchar_t *wide = wide_from_utf8(document);
    HCS_EVENT event = {.Type = type, .EventData = wide};
    if (l->callback) {
        l->running++;
        l->thread = GetCurrentThreadId();
        LeaveCriticalSection(&s->lock);
        l->callback(&event, l->context);
        EnterCriticalSection(&s->lock);
        l->running--;
        l->thread = 0;
        WakeAllConditionVariable(&s->quiet);
    }
    free(wide);
}

void listener_close(struct listener *l, const char *what)
{
    struct standin *s = standin();
    if (l->running > 0 && l->thread == GetCurrentThreadId()) {
        standin_misused(what);
    }
    while (l->running > 0) {
        SleepConditionVariableCS(&s->quiet, &s->lock, INFINITE);
    }
    l->callback = NULL;
}
