/* core/op.c - an op between asker and engine.
 *
 * Its life: asked -> answered -> heard. An engine may answer from inside the asking, so the answer is kept
 * and a zero timer of the op's own carries it to the next turn of the loop; timers keep the order in which
 * they were started, so answers are heard in the order in which they were given. The timer's close callback
 * frees the op.
 *
 * A cancelled op has no asker any more. When its answer comes, nobody is to hear it and the op goes at once;
 * when the answer was already on its way, the timer still fires, to an empty seat. */
#include "core/op.h"

#include <stdlib.h>
#include <uv.h>

#include "core/host.h"
#include "core/image.h"
#include "core/memory.h"
#include "core/namespaces.h"

struct op {
    uv_timer_t timer; /* initialised when answered */
    uv_loop_t *loop;
    op_cb cb;
    op_progress_cb progress;
    void *user;
    void (*hook)(void *data);
    void *hook_data;
    bool cancelled, answered;
    struct answer answer;
};

void answer_done(struct answer *a)
{
    free(a->remark);
    free(a->text);
    free(a->lost);
    process_table_free(a->processes);
    image_list_free(a->images);
    host_table_free(a->host);
    namespace_table_free(a->namespaces);
    *a = (struct answer){0};
}

static void op_free(struct op *op)
{
    answer_done(&op->answer);
    free(op);
}

struct op *op_new(struct uv_loop_s *loop, op_cb cb, void *user)
{
    struct op *op = mem_new(1, sizeof *op);
    op->loop = loop;
    op->cb = cb;
    op->user = user;
    return op;
}

void op_on_progress(struct op *op, op_progress_cb cb)
{
    op->progress = cb;
}

void op_stop(struct op *op)
{
    void (*hook)(void *data) = op->hook;
    op->hook = NULL;
    if (hook && !op->answered) {
        hook(op->hook_data); /* may end the op: it is not touched any more */
    }
}

void op_cancel(struct op *op)
{
    if (!op->cancelled) {
        op->cancelled = true;
        op_stop(op);
    }
}

static void on_closed(uv_handle_t *handle)
{
    op_free(handle->data);
}

static void on_turn(uv_timer_t *timer)
{
    struct op *op = timer->data;
    uv_close((uv_handle_t *)timer, on_closed);
    if (!op->cancelled && op->cb) {
        op->cb(op->user, &op->answer);
    }
}

void op_finish(struct op *op, struct answer *answer)
{
    op->answer = *answer;
    *answer = (struct answer){0};
    op->answered = true;
    op->hook = NULL;
    if (op->cancelled) {
        op_free(op);
        return;
    }
    uv_timer_init(op->loop, &op->timer);
    op->timer.data = op;
    uv_timer_start(&op->timer, on_turn, 0, 0);
}

void op_succeed(struct op *op)
{
    op_finish(op, &(struct answer){0});
}

void op_succeed_with(struct op *op, const char *remark)
{
    op_finish(op, &(struct answer){.remark = mem_string(remark)});
}

void op_fail(struct op *op, const struct error *why)
{
    op_finish(op, &(struct answer){.why = *why});
}

void op_progress(struct op *op, uint64_t done, uint64_t total, const char *words)
{
    if (!op->cancelled && op->progress) {
        op->progress(op->user, done, total, words);
    }
}

void op_on_cancel(struct op *op, void (*hook)(void *data), void *data)
{
    op->hook = hook;
    op->hook_data = data;
}

bool op_cancelled(const struct op *op)
{
    return op->cancelled;
}
