/* A process that we create: its pipes are given out once, to its creator. It has ended for its owner when HCS
 * has told its exit and its pipes have ended; a child that has inherited them may keep them open for ever, so
 * that is not waited for long.
 *
 * On Server 2022 HCS may have created a process before HcsCreateProcess returns, and then fails the wait for
 * it although the handle is good: only after such a failure HcsGetProcessInfo is asked.
 */
#include "backends/hcs/computecore_parts.h"

#include <stdlib.h>
#include <string.h>

#include "backends/hcs/document.h"
#include "backends/hcs/request.h"
#include "backends/wide.h"
#include "core/memory.h"

enum { SLICE_MS = 200, BEGIN_MS = 240000, PATIENCE_MS = 2000 };

#define HCS_E_OPERATION_TIMEOUT ((int32_t)UINT32_C(0x80370118))

/* Ending. */

static void close_handles(struct crew_job *work)
{
    struct cc_process *p = work->data;
    const struct computecore_api *api = &p->service->api;
    if (p->process) {
        api->HcsCloseProcess(p->process);
    }
    if (p->system) {
        api->HcsCloseComputeSystem(p->system);
    }
    cc_ticket_free(p->ticket);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct cc_process *p = handle->data;
    struct computecore *s = p->service;
    idmap_remove(&s->processes, p->number);
    text_done(&p->early);
    free(p->id);
    free(p->parameters);
    free(p->document);
    free(p->early_modify);
    free(p);
    cc_close_soon(s);
}

static void has_closed(struct crew_job *work)
{
    struct cc_process *p = work->data;
    cc_worked(p->service);
    uv_close((uv_handle_t *)&p->patience, on_timer_closed);
}

/* Frees it when nothing of it is in use any more. */
static void settle(struct cc_process *p)
{
    bool unused = p->begun && p->uses == 0 && p->pipes == 0;
    if (p->closed && unused && !p->closing_handles && !p->service->left_behind) {
        p->closing_handles = true;
        cc_work(p->service, p->service->callers, &p->work, close_handles, has_closed);
    }
}

static void catch_up(struct cc_process *p);

void cc_process_release(struct cc_process *p)
{
    p->uses--;
    if (!p->closed) {
        catch_up(p);
    }
    settle(p);
}

static void close_pipe(struct pipe **pipe)
{
    if (*pipe) {
        pipe_close(*pipe, false);
        *pipe = NULL;
    }
}

static void let_go(struct cc_process *p)
{
    p->closed = true;
    uv_timer_stop(&p->patience);
    if (p->in) {
        pipe_close(p->in, false);
    }
    close_pipe(&p->out);
    close_pipe(&p->err);
    settle(p);
}

static void end_if_over(struct cc_process *p)
{
    bool silent = (!p->out && !p->err) || p->impatient;
    if (p->closed || !p->begun || !p->exited || !silent || p->held) {
        return;
    }
    char *document = p->document;
    p->document = NULL;
    const struct hcs_process_sink *sink = p->base.sink;
    void *user = p->base.user;
    let_go(p);
    sink->closed(user, S_OK, document);
    free(document);
}

/* Pipes. */

static void out_bytes(void *user, const char *data, size_t len)
{
    struct cc_process *p = user;
    p->base.sink->output(p->base.user, CONSOLE_OUT, data, len);
}

static void err_bytes(void *user, const char *data, size_t len)
{
    struct cc_process *p = user;
    p->base.sink->output(p->base.user, CONSOLE_ERR, data, len);
}

static void in_drained(void *user)
{
    struct cc_process *p = user;
    p->base.sink->drained(p->base.user);
}

static void in_ended(void *user)
{
    pipe_close(((struct cc_process *)user)->in, false); /* in_closed forgets it */
}

static void out_ended(void *user)
{
    struct cc_process *p = user;
    close_pipe(&p->out);
    end_if_over(p);
}

static void err_ended(void *user)
{
    struct cc_process *p = user;
    close_pipe(&p->err);
    end_if_over(p);
}

static void pipe_closed(void *user)
{
    struct cc_process *p = user;
    p->pipes--;
    settle(p);
}

/* HCS is told as well that no more comes, but not before all that was written has been read. */
static void in_closed(void *user)
{
    struct cc_process *p = user;
    p->in = NULL;
    if (p->input_over && !p->closed) {
        char *document = request_close_input();
        cc_call_process(p, HCS_PROCESS_MODIFY, document, NULL, NULL);
        free(document);
    }
    pipe_closed(p);
}

static struct pipe *open_pipe(struct cc_process *p, HANDLE handle, const struct pipe_sink *sink)
{
    if (handle == NULL || handle == INVALID_HANDLE_VALUE) {
        return NULL; /* not asked for: HCS gives the one or the other */
    }
    struct pipe *pipe = pipe_open(p->service->base.loop, handle, sink, p);
    p->pipes += pipe != NULL;
    return pipe;
}

static void open_pipes(struct cc_process *p)
{
    static const struct pipe_sink in = {NULL, in_drained, in_ended, in_closed};
    static const struct pipe_sink out = {out_bytes, NULL, out_ended, pipe_closed};
    static const struct pipe_sink err = {err_bytes, NULL, err_ended, pipe_closed};
    p->in = open_pipe(p, p->information.StdInput, &in);
    p->out = open_pipe(p, p->information.StdOutput, &out);
    p->err = open_pipe(p, p->information.StdError, &err);
}

static void read_pipes(struct cc_process *p)
{
    if (p->out) {
        pipe_read(p->out, !p->held);
    }
    if (p->err) {
        pipe_read(p->err, !p->held);
    }
}

/* Beginning: on a thread that may take its time. */

static int32_t wait_for(struct cc_process *p, HCS_OPERATION operation, char **document)
{
    const struct computecore_api *api = &p->service->api;
    int32_t result = HCS_E_OPERATION_TIMEOUT;
    for (int waited = 0; result == HCS_E_OPERATION_TIMEOUT && waited < BEGIN_MS; waited += SLICE_MS) {
        PWSTR wide = NULL;
        if (InterlockedCompareExchange(&p->service->stopping, 0, 0)) {
            return HCS_ABORTED;
        }
        result = api->HcsWaitForOperationResultAndProcessInfo(operation, SLICE_MS, &p->information, &wide);
        free(*document);
        *document = cc_document(wide);
    }
    return result;
}

static int32_t create(struct cc_process *p)
{
    const struct computecore_api *api = &p->service->api;
    HCS_OPERATION operation = api->HcsCreateOperation(NULL, NULL);
    PWSTR document = NULL;
    int32_t result = operation ? api->HcsCreateProcess(p->system, p->parameters, operation, NULL, &p->process)
                               : E_OUTOFMEMORY;
    if (operation && result < 0) {
        api->HcsGetOperationResult(operation, &document);
        p->document = cc_document(document);
    } else if (operation) {
        result = wait_for(p, operation, &p->document);
    }
    if (operation) {
        api->HcsCloseOperation(operation);
    }
    return result;
}

/* Was it created after all? */
static bool ask_again(struct cc_process *p)
{
    const struct computecore_api *api = &p->service->api;
    HCS_OPERATION operation = api->HcsCreateOperation(NULL, NULL);
    char *document = NULL;
    bool good = operation && api->HcsGetProcessInfo(p->process, operation) >= 0 &&
                wait_for(p, operation, &document) >= 0;
    if (operation) {
        api->HcsCloseOperation(operation);
    }
    free(document);
    return good;
}

/* What ended before the callback stood is not told by it. */
static void look_for_end(struct cc_process *p)
{
    const struct computecore_api *api = &p->service->api;
    HCS_OPERATION operation = api->HcsCreateOperation(NULL, NULL);
    PWSTR document = NULL;
    if (operation && api->HcsGetProcessProperties(p->process, operation, NULL) >= 0 &&
        api->HcsWaitForOperationResult(operation, PATIENCE_MS, &document) >= 0) {
        struct error ignored;
        char *text = cc_document(document);
        cJSON *json = document_parse(text ? text : "", &ignored);
        p->exited = document_process_exit(json).known;
        free(p->document);
        p->document = p->exited ? text : NULL;
        cJSON_Delete(json);
        if (!p->exited) {
            free(text);
        }
    }
    if (operation) {
        api->HcsCloseOperation(operation);
    }
}

static void begin(struct crew_job *work)
{
    struct cc_process *p = work->data;
    const struct computecore_api *api = &p->service->api;
    wchar_t *id = wide_from_utf8(p->id);
    p->result = api->HcsOpenComputeSystem(id, GENERIC_ALL, &p->system);
    free(id);
    if (p->result >= 0) {
        p->result = create(p);
        if (p->result < 0 && p->result != HCS_ABORTED && p->process && ask_again(p)) {
            p->result = S_OK;
        }
    }
    if (p->result >= 0) {
        p->result = api->HcsSetProcessCallback(p->process, HcsEventOptionNone, p->ticket, cc_on_event);
    }
    if (p->result >= 0) {
        look_for_end(p);
    }
}

static void start_patience(struct cc_process *p);

static void has_begun(struct crew_job *work)
{
    struct cc_process *p = work->data;
    cc_worked(p->service);
    p->begun = true;
    p->pid = p->information.ProcessId;
    if (p->result >= 0 && p->service->gone) {
        p->result = HCS_E_SERVICE_DISCONNECT; /* its end would never be told */
    }
    open_pipes(p); /* which it may have although it failed afterwards: let_go closes them */
    if (p->closed) {
        let_go(p);
    } else if (p->result < 0) {
        const struct hcs_process_sink *sink = p->base.sink;
        void *user = p->base.user;
        char *document = p->document;
        int32_t result = p->result;
        p->document = NULL;
        let_go(p);
        sink->started(user, result, document, 0);
        free(document);
    } else {
        uint64_t number = p->number;
        struct computecore *s = p->service;
        p->base.sink->started(p->base.user, S_OK, NULL, p->pid);
        if (idmap_get(&s->processes, number) == p && !p->closed) {
            if (p->early_modify) {
                cc_call_process(p, HCS_PROCESS_MODIFY, p->early_modify, NULL, NULL);
            }
            catch_up(p);
            read_pipes(p);
            start_patience(p);
        }
    }
}

struct hcs_process *cc_create_process(struct hcs_service *service, const char *id, const char *parameters,
                                      const struct hcs_process_sink *sink, void *user)
{
    struct computecore *s = (struct computecore *)service;
    struct cc_process *p = mem_new(1, sizeof *p);
    p->base = (struct hcs_process){service, sink, user};
    p->service = s;
    p->number = ++s->last_number;
    p->id = mem_string(id);
    p->parameters = wide_from_utf8(parameters);
    p->ticket = cc_ticket_new(s, p->number);
    p->work.data = p;
    uv_timer_init(s->base.loop, &p->patience);
    p->patience.data = p;
    idmap_put(&s->processes, p->number, p);
    cc_work(s, s->creators, &p->work, begin, has_begun);
    return &p->base;
}

/* Its end. */

void cc_processes_leave(struct computecore *s)
{
    size_t cursor = 0;
    for (struct cc_process *p; (p = idmap_next(&s->processes, &cursor));) {
        if (!uv_is_closing((uv_handle_t *)&p->patience)) {
            uv_close((uv_handle_t *)&p->patience, NULL);
        }
    }
}

static void on_impatient(uv_timer_t *timer)
{
    struct cc_process *p = timer->data;
    p->impatient = true;
    end_if_over(p);
}

static void start_patience(struct cc_process *p)
{
    if (p->exited && p->begun && !p->closed) {
        uv_timer_start(&p->patience, on_impatient, PATIENCE_MS, 0);
        end_if_over(p);
    }
}

void cc_process_arrived(struct computecore *s, struct ferry_message *m)
{
    struct cc_process *p = idmap_get(&s->processes, m->to);
    if (!p || p->closed || !p->begun || p->exited) {
        return; /* one that has not begun is looked at when it has */
    }
    p->exited = true;
    free(p->document);
    p->document = m->document;
    m->document = NULL;
    start_patience(p);
}

void cc_processes_lost(struct computecore *s, bool tell)
{
    size_t n = 0, cursor = 0;
    struct cc_process **all = mem_new(s->processes.count + 1, sizeof *all);
    for (struct cc_process *p; (p = idmap_next(&s->processes, &cursor));) {
        if (!p->closed && (p->begun || !tell)) {
            all[n++] = p;
        }
    }
    for (size_t i = 0; i < n; i++) {
        const struct hcs_process_sink *sink = all[i]->base.sink;
        void *user = all[i]->base.user;
        let_go(all[i]);
        if (tell) {
            sink->closed(user, HCS_E_SERVICE_DISCONNECT, NULL);
        }
    }
    free(all);
}

/* What the owner does. What is typed after a change of size must not arrive before it: it waits for its
 * answer. */

static bool must_wait(const struct cc_process *p)
{
    return !p->begun || p->uses > 0;
}

/* Sends what had to wait. */
static void catch_up(struct cc_process *p)
{
    if (must_wait(p) || !p->in) {
        return;
    }
    if (p->early.len > 0) {
        pipe_write(p->in, text_of(&p->early), p->early.len);
        text_clear(&p->early);
    }
    if (p->input_over) {
        pipe_close(p->in, true);
    }
}

void cc_process_write(struct hcs_process *process, const char *data, size_t len)
{
    struct cc_process *p = (struct cc_process *)process;
    if (must_wait(p)) {
        text_add_n(&p->early, data, len);
    } else if (p->in && len > 0) {
        pipe_write(p->in, data, len);
    }
}

void cc_process_end_input(struct hcs_process *process)
{
    struct cc_process *p = (struct cc_process *)process;
    p->input_over = true;
    catch_up(p);
}

void cc_process_hold(struct hcs_process *process, bool hold)
{
    struct cc_process *p = (struct cc_process *)process;
    p->held = hold;
    read_pipes(p);
    if (!hold && p->exited) {
        start_patience(p);
    }
}

void cc_process_call(struct hcs_process *process, enum hcs_process_call call, const char *document,
                     hcs_answer_cb done, void *user)
{
    struct cc_process *p = (struct cc_process *)process;
    if (!p->begun && call == HCS_PROCESS_MODIFY && !done) {
        free(p->early_modify);
        p->early_modify = mem_string(document);
    } else {
        cc_call_process(p, call, document, done, user);
    }
}

void cc_process_close(struct hcs_process *process)
{
    let_go((struct cc_process *)process);
}
