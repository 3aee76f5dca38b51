#include <stdlib.h>

#include "backends/local/engine.h"

static void forget_op(struct task *t)
{
    op_on_cancel(t->op, NULL, NULL);
    t->op = NULL;
}

static void cancel(struct task *t)
{
    if (t->op) {
        struct error why;
        error_set(&why, ERROR_CANCELLED, 0, "cancelled before it was done");
        task_fail(t, &why);
    }
    if (t->stop) {
        t->stop(t);
    }
}

static void asker_left(void *data)
{
    cancel(data);
}

void task_begin(struct task *t, struct local *l, struct op *op, void (*stop)(struct task *))
{
    t->local = l;
    t->op = op;
    t->stop = stop;
    t->next = l->tasks;
    t->at = &l->tasks;
    if (t->next) {
        t->next->at = &t->next;
    }
    l->tasks = t;
    local_hold(l);
    if (op) {
        op_on_cancel(op, asker_left, t);
    }
}

void task_finish(struct task *t, struct answer *answer)
{
    struct op *op = t->op;
    if (op) {
        forget_op(t);
        op_finish(op, answer);
    }
}

void task_succeed(struct task *t)
{
    struct answer nothing = {0};
    task_finish(t, &nothing);
}

void task_fail(struct task *t, const struct error *why)
{
    struct op *op = t->op;
    if (op) {
        forget_op(t);
        op_fail(op, why);
    }
}

static void unlink_task(struct task *t)
{
    *t->at = t->next;
    if (t->next) {
        t->next->at = t->at;
    }
}

void task_end(struct task *t)
{
    unlink_task(t);
    local_release(t->local);
}

void task_stop_all(struct local *l)
{
    for (struct task *t = l->tasks; t; t = t->next) {
        cancel(t);
    }
}

/* Jobs. */

static void run_job(uv_work_t *work)
{
    struct job *j = work->data;
    j->run(j);
}

static void job_ran(uv_work_t *work, int status)
{
    (void)status; /* never cancelled */
    struct job *j = work->data;
    j->done(j);
}

void job_again(struct job *j)
{
    j->work.data = j;
    uv_queue_work(j->task.local->backend.loop, &j->work, run_job,
                  job_ran); /* fails only without a function */
}

void job_start(struct job *j, struct local *l, struct op *op, void (*run)(struct job *),
               void (*done)(struct job *))
{
    task_begin(&j->task, l, op, NULL);
    j->run = run;
    j->done = done;
    job_again(j);
}

void job_end(struct job *j)
{
    unlink_task(&j->task);
    struct local *l = j->task.local;
    free(j);
    local_release(l);
}
