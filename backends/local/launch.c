#include <stdlib.h>
#include <string.h>

#include "backends/local/create.h"
#include "backends/local/engine.h"
#include "backends/local/remove.h"

struct launch { /* first a job that creates, then waits for the keeper; when that fails, a job that removes */
    struct job job;
    struct launch_spec spec;
    struct state state;
    struct error why;
};

static void finish(struct launch *n)
{
    struct answer answer = {.why = n->why};
    if (n->why.kind == ERROR_NONE) {
        answer.text = mem_string(n->state.id);
    }
    entries_changed(n->job.task.local, n->state.id);
    task_finish(&n->job.task, &answer);
    free(answer.text);
    launch_spec_done(&n->spec);
    state_done(&n->state);
    job_end(&n->job);
}

static void run_removal(struct job *j)
{
    struct launch *n = (struct launch *)j;
    struct error left;
    if (!remove_container(j->task.local, n->state.id, true, &left)) {
        struct error why = n->why; /* the reason of the launch's failure matters more */
        error_set(&n->why, why.kind, why.native, "%s. %s", why.text, left.text);
    }
}

static void removed(struct job *j)
{
    finish((struct launch *)j);
}

static void keeper_answered(void *user, const struct error *why, const char *remark)
{
    struct launch *n = user;
    (void)remark;
    if (!why) {
        finish(n);
        return;
    }
    n->why = *why;
    if (why->kind == ERROR_CANCELLED) {
        finish(n); /* only our waiting was cut short */
        return;
    }
    n->job.run = run_removal;
    n->job.done = removed;
    job_again(&n->job);
}

static void run_creation(struct job *j)
{
    struct launch *n = (struct launch *)j;
    create_container(j->task.local->paths, &n->spec, &n->state, &n->why);
}

static void created(struct job *j)
{
    struct launch *n = (struct launch *)j;
    struct local *l = j->task.local;
    if (n->why.kind != ERROR_NONE) {
        finish(n);
    } else if (l->closing) {
        error_set(&n->why, ERROR_CANCELLED, 0, "cancelled before it was done");
        n->job.run = run_removal;
        n->job.done = removed;
        job_again(j);
    } else {
        spawn_keeper(l, n->state.id, n->spec.hold, &n->job.task, keeper_answered, n);
    }
}

void local_launch(struct backend *b, struct op *op, const struct launch_spec *spec)
{
    struct local *l = (struct local *)b;
    if (!local_usable(l, op)) {
        return;
    }
    if (spec->isolation != ISOLATION_VM && l->no_runtime.kind != ERROR_NONE) {
        op_fail(op, &l->no_runtime);
        return;
    }
    struct launch *n = mem_new(1, sizeof *n);
    launch_spec_copy(&n->spec, spec);
    state_init(&n->state);
    job_start(&n->job, l, op, run_creation, created);
}
