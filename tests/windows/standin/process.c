/* A process that was created here has a pump: a thread that carries what it prints into the pipes, and tells
 * its end. */
#include "tests/windows/standin/standin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/wide.h"
#include "core/memory.h"

enum { PIECE = 4096, IDLE_MS = 5 };

static struct open_process *process_of(HCS_PROCESS handle)
{
    struct open_process *p = (struct open_process *)handle;
    if (!p || p->magic != MAGIC_PROCESS) {
        standin_misused("a process is used after it was closed");
    }
    return p;
}

static void drop(struct open_process *p)
{
    struct standin *s = standin();
    EnterCriticalSection(&s->lock);
    if (--p->refs == 0) {
        struct open_process **link = &s->processes;
        while (*link != p) {
            link = &(*link)->next;
        }
        *link = p->next;
        if (p->process) {
            machine_process_drop(p->process);
        }
        free(p->id);
        free(p->status); /* the rest stays, so that a later use is found */
    }
    LeaveCriticalSection(&s->lock);
}

static struct open_process *add(struct standin *s, const char *id)
{
    struct open_process *p = mem_new(1, sizeof *p);
    p->magic = MAGIC_PROCESS;
    p->refs = 1;
    p->id = mem_string(id);
    p->age = s->age;
    p->next = s->processes;
    s->processes = p;
    return p;
}

bool process_held(const struct standin *s)
{
    const struct open_process *p = s->processes;
    while (p && p->magic != MAGIC_PROCESS) {
        p = p->next;
    }
    return p != NULL;
}

bool process_has_open(const struct standin *s, const char *id)
{
    const struct open_process *p = s->processes;
    while (p && !(p->ours && !p->gone && strcmp(p->id, id) == 0)) {
        p = p->next;
    }
    return p != NULL;
}

void process_tell_disconnect(struct standin *s)
{
    struct open_process *told[64];
    size_t n = 0;
    for (struct open_process *p = s->processes; p && n < 64; p = p->next) {
        if (p->listener.callback) {
            p->refs++;
            told[n++] = p;
        }
    }
    for (size_t i = 0; i < n; i++) {
        listener_tell(&told[i]->listener, HcsEventServiceDisconnect, NULL);
        LeaveCriticalSection(&s->lock);
        drop(told[i]);
        EnterCriticalSection(&s->lock);
    }
}

/* Pipes. */

static void close_handle(HANDLE *h)
{
    if (*h) {
        CloseHandle(*h);
        *h = NULL;
    }
}

/* Our end, for threads that may wait; theirs is overlapped, as HCS gives them. */
static HANDLE make_pipe(bool they_write, HANDLE *theirs)
{
    static volatile LONG number;
    wchar_t name[96];
    swprintf(name, 96, L"\\\\.\\pipe\\porthole-standin-%lu-%ld", GetCurrentProcessId(),
             InterlockedIncrement(&number));
    HANDLE ours = CreateNamedPipeW(name, they_write ? PIPE_ACCESS_INBOUND : PIPE_ACCESS_OUTBOUND,
                                   PIPE_TYPE_BYTE, 1, 65536, 65536, 0, NULL);
    *theirs = CreateFileW(
        name, they_write ? GENERIC_WRITE | FILE_READ_ATTRIBUTES : GENERIC_READ | FILE_WRITE_ATTRIBUTES, 0,
        NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    return ours;
}

static DWORD WINAPI read_input(void *data)
{
    struct open_process *p = data;
    struct standin *s = standin();
    char bytes[PIECE];
    DWORD n = 0;
    bool more = true;
    while (more) {
        more = ReadFile(p->in, bytes, sizeof bytes, &n, NULL) && n > 0;
        EnterCriticalSection(&s->lock);
        if (more && p->process) {
            machine_process_write(p->process, bytes, n);
        }
        LeaveCriticalSection(&s->lock);
    }
    drop(p);
    return 0;
}

/* True: something was carried. */
static bool carry(struct standin *s, struct open_process *p, enum console_stream stream, HANDLE pipe)
{
    char bytes[PIECE];
    EnterCriticalSection(&s->lock);
    size_t n = p->process ? machine_process_read(p->process, stream, bytes, sizeof bytes) : 0;
    LeaveCriticalSection(&s->lock);
    DWORD written;
    return n > 0 && pipe && WriteFile(pipe, bytes, (DWORD)n, &written, NULL);
}

static bool has_ended(struct standin *s, struct open_process *p)
{
    struct text status = {0};
    EnterCriticalSection(&s->lock);
    bool ended = machine_process_ended(p->process, NULL);
    if (ended) {
        machine_process_ended(p->process, &status);
        p->status = text_take(&status);
    }
    LeaveCriticalSection(&s->lock);
    return ended;
}

static DWORD WINAPI pump(void *data)
{
    struct open_process *p = data;
    struct standin *s = standin();
    bool ended = false;
    while (!ended) {
        bool carried = carry(s, p, CONSOLE_OUT, p->out);
        carried = carry(s, p, CONSOLE_ERR, p->err) || carried;
        ended = !carried && has_ended(s, p);
        if (!carried && !ended) {
            Sleep(IDLE_MS);
        }
    }
    close_handle(&p->out);
    close_handle(&p->err);
    EnterCriticalSection(&s->lock);
    p->gone = true;
    if (p->age == s->age && !s->away) {
        listener_tell(&p->listener, HcsEventProcessExited, p->status);
    }
    LeaveCriticalSection(&s->lock);
    drop(p);
    return 0;
}

static void start_pump(struct open_process *p)
{
    p->theirs.ProcessId = p->pid;
    p->theirs.StdError = INVALID_HANDLE_VALUE; /* HCS says "none" in two ways */
    if (machine_process_has(p->process, CONSOLE_OUT)) {
        p->out = make_pipe(false, &p->theirs.StdOutput);
    }
    if (machine_process_has(p->process, CONSOLE_ERR)) {
        p->err = make_pipe(false, &p->theirs.StdError);
    }
    p->in = make_pipe(true, &p->theirs.StdInput);
    p->refs += 2;
    CloseHandle(CreateThread(NULL, 0, pump, p, 0, NULL));
    CloseHandle(CreateThread(NULL, 0, read_input, p, 0, NULL));
}

/* Calls. */

struct job {
    struct operation *operation;
    struct open_process *process;
    enum hcs_process_call call;
    char *document;
};

static void run_create(void *data)
{
    struct job *job = data;
    struct standin *s = standin();
    struct text answer = {0};
    struct open_process *p = job->process;
    EnterCriticalSection(&s->lock);
    int32_t result = standin_state(p->age);
    if (result >= 0 && standin_fails("HcsCreateProcess")) {
        result = E_FAIL;
    }
    if (result >= 0) {
        p->process = machine_spawn(s->machine, p->id, job->document, &result, &answer);
    }
    if (p->process) {
        result = S_OK;
        p->ours = true;
        p->pid = machine_process_pid(p->process);
        start_pump(p);
        lasting_runs(p->id, job->document);
        job->operation->information = p->theirs;
        job->operation->fails_once = s->early;
    }
    LeaveCriticalSection(&s->lock);
    operation_end(job->operation, result, answer.data ? text_take(&answer) : NULL);
    drop(p);
    free(job->document);
    free(job);
}

HRESULT WINAPI HcsCreateProcess(HCS_SYSTEM system, PCWSTR parameters, HCS_OPERATION operation,
                                const SECURITY_DESCRIPTOR *security, HCS_PROCESS *process)
{
    struct standin *s = standin();
    struct open_system *o = (struct open_system *)system;
    struct operation *op = operation_of(operation);
    *process = NULL;
    if (!o || o->magic != MAGIC_SYSTEM) {
        standin_misused("a system is used after it was closed");
    }
    if (security) {
        return E_INVALIDARG;
    }
    if (wcsstr(parameters, L"stuck.exe")) {
        Sleep(INFINITE);
    }
    HRESULT result = operation_begin(op, HcsOperationTypeCreateProcess);
    if (result >= 0) {
        struct job *job = mem_new(1, sizeof *job);
        EnterCriticalSection(&s->lock);
        struct open_process *p = add(s, o->id);
        p->age = o->age;
        p->refs++;
        LeaveCriticalSection(&s->lock);
        *process = (HCS_PROCESS)p;
        *job = (struct job){.operation = op, .process = p, .document = wide_to_utf8(parameters)};
        if (s->early) {
            run_create(job);
        } else if (!wcsstr(parameters, L"hangs.exe")) {
            standin_later(s->delay, run_create, job);
        }
    }
    return result;
}

HRESULT WINAPI HcsOpenProcess(HCS_SYSTEM system, DWORD pid, DWORD access, HCS_PROCESS *process)
{
    struct standin *s = standin();
    struct open_system *o = (struct open_system *)system;
    HRESULT result = (HRESULT)0x80070490;
    (void)access;
    *process = NULL;
    if (!o || o->magic != MAGIC_SYSTEM) {
        standin_misused("a system is used after it was closed");
    }
    EnterCriticalSection(&s->lock);
    for (struct open_process *p = s->processes; p && result < 0; p = p->next) {
        if (p->ours && !p->gone && p->pid == pid && strcmp(p->id, o->id) == 0) {
            struct open_process *again = add(s, o->id);
            again->pid = pid;
            *process = (HCS_PROCESS)again;
            result = S_OK;
        }
    }
    LeaveCriticalSection(&s->lock);
    return result;
}

void WINAPI HcsCloseProcess(HCS_PROCESS process)
{
    struct standin *s = standin();
    struct open_process *p = process_of(process);
    EnterCriticalSection(&s->lock);
    listener_close(&p->listener, "a process is closed within its own callback");
    p->magic = MAGIC_CLOSED;
    LeaveCriticalSection(&s->lock);
    drop(p);
}

HRESULT WINAPI HcsSetProcessCallback(HCS_PROCESS process, HCS_EVENT_OPTIONS options, void *context,
                                     HCS_EVENT_CALLBACK callback)
{
    struct standin *s = standin();
    struct open_process *p = process_of(process);
    EnterCriticalSection(&s->lock);
    HRESULT result = p->listener.callback || options != HcsEventOptionNone ? (HRESULT)0x80370119 : S_OK;
    if (result >= 0) {
        p->listener.callback = callback;
        p->listener.context = context;
    }
    LeaveCriticalSection(&s->lock);
    return result;
}

/* The one that was created, for a handle that was opened; NULL: it has gone. With the lock held. */
static struct open_process *original(struct standin *s, struct open_process *of)
{
    struct open_process *p = s->processes;
    while (p && !(p->ours && !p->gone && p->pid == of->pid && strcmp(p->id, of->id) == 0)) {
        p = p->next;
    }
    return p;
}

static void run_call(void *data)
{
    struct job *job = data;
    struct standin *s = standin();
    struct text answer = {0};
    EnterCriticalSection(&s->lock);
    int32_t result = standin_state(job->process->age);
    struct open_process *p = original(s, job->process);
    if (result >= 0) {
        result =
            p ? machine_process_call(p->process, job->call, job->document, &answer) : (int32_t)0x8037011F;
    }
    LeaveCriticalSection(&s->lock);
    operation_end(job->operation, result, answer.data ? text_take(&answer) : NULL);
    drop(job->process);
    free(job->document);
    free(job);
}

static HRESULT begin(HCS_PROCESS process, HCS_OPERATION operation, HCS_OPERATION_TYPE type,
                     enum hcs_process_call call, PCWSTR document)
{
    struct standin *s = standin();
    struct open_process *p = process_of(process);
    struct operation *op = operation_of(operation);
    HRESULT result = operation_begin(op, type);
    if (result >= 0) {
        struct job *job = mem_new(1, sizeof *job);
        EnterCriticalSection(&s->lock);
        p->refs++;
        LeaveCriticalSection(&s->lock);
        *job = (struct job){op, p, call, wide_to_utf8(document)};
        standin_later(s->delay, run_call, job);
    }
    return result;
}

HRESULT WINAPI HcsModifyProcess(HCS_PROCESS process, HCS_OPERATION operation, PCWSTR settings)
{
    return begin(process, operation, HcsOperationTypeModifyProcess, HCS_PROCESS_MODIFY, settings);
}

HRESULT WINAPI HcsSignalProcess(HCS_PROCESS process, HCS_OPERATION operation, PCWSTR options)
{
    return begin(process, operation, HcsOperationTypeSignalProcess, HCS_PROCESS_SIGNAL, options);
}

HRESULT WINAPI HcsTerminateProcess(HCS_PROCESS process, HCS_OPERATION operation, PCWSTR options)
{
    return begin(process, operation, HcsOperationTypeTerminate, HCS_PROCESS_TERMINATE, options);
}

static void run_ask(void *data)
{
    struct job *job = data;
    struct open_process *p = job->process;
    char status[64];
    snprintf(status, sizeof status, "{\"ProcessId\":%lu}", (unsigned long)p->pid); /* zeros are left out */
    bool info = job->operation->type == HcsOperationTypeGetProcessInfo;
    job->operation->information = p->theirs;
    int32_t result = info && !p->ours ? (int32_t)0x8037011D : S_OK;
    operation_end(job->operation, result, info ? NULL : mem_string(p->status ? p->status : status));
    drop(p);
    free(job);
}

static HRESULT ask(HCS_PROCESS process, HCS_OPERATION operation, HCS_OPERATION_TYPE type)
{
    struct standin *s = standin();
    struct open_process *p = process_of(process);
    struct operation *op = operation_of(operation);
    HRESULT result = operation_begin(op, type);
    if (result >= 0) {
        struct job *job = mem_new(1, sizeof *job);
        EnterCriticalSection(&s->lock);
        p->refs++;
        LeaveCriticalSection(&s->lock);
        *job = (struct job){.operation = op, .process = p};
        standin_later(s->delay, run_ask, job);
    }
    return result;
}

HRESULT WINAPI HcsGetProcessProperties(HCS_PROCESS process, HCS_OPERATION operation, PCWSTR query)
{
    (void)query;
    return ask(process, operation, HcsOperationTypeGetProcessProperties);
}

HRESULT WINAPI HcsGetProcessInfo(HCS_PROCESS process, HCS_OPERATION operation)
{
    return ask(process, operation, HcsOperationTypeGetProcessInfo);
}
