/* A crew of threads: what hangs holds up neither the others nor the end, and no job is done twice or lost. */
#include "tests/core/test.h"

#include <uv.h>

#include "backends/hcs/crew.h"
#include "core/memory.h"

enum { MOST = 4, JOBS = 500, AGAIN = 3 };

struct world {
    uv_loop_t loop;
    struct crew *crew;
    uv_thread_t loop_thread;
    uv_mutex_t mutex; /* of at_once, most_at_once */
    int at_once, most_at_once, after;
    bool closed, wrong_thread;
    uv_sem_t gate, hung; /* jobs that hang wait for the gate */
};

struct job {
    struct crew_job job;
    struct world *world;
    int runs, afters;
};

static bool on_loop(const struct world *w)
{
    uv_thread_t self = uv_thread_self();
    return uv_thread_equal(&self, &w->loop_thread) != 0;
}

static void open_world(struct world *w)
{
    *w = (struct world){0};
    uv_loop_init(&w->loop);
    uv_mutex_init(&w->mutex);
    uv_sem_init(&w->gate, 0);
    uv_sem_init(&w->hung, 0);
    w->loop_thread = uv_thread_self();
    w->crew = crew_new(&w->loop, MOST);
}

static void on_closed(void *user)
{
    ((struct world *)user)->closed = true;
}

static void close_world(struct world *w)
{
    crew_close(w->crew, on_closed, w);
    while (uv_run(&w->loop, UV_RUN_DEFAULT)) {
    }
    assert_true(w->closed);
    assert_false(w->wrong_thread);
    assert_int_equal(uv_loop_close(&w->loop), 0);
}

static void forget_world(struct world *w)
{
    uv_mutex_destroy(&w->mutex);
    uv_sem_destroy(&w->gate);
    uv_sem_destroy(&w->hung);
}

static void run(struct crew_job *base)
{
    struct job *j = base->data;
    struct world *w = j->world;
    uv_mutex_lock(&w->mutex);
    w->at_once++;
    w->most_at_once = w->at_once > w->most_at_once ? w->at_once : w->most_at_once;
    w->wrong_thread = w->wrong_thread || on_loop(w);
    uv_mutex_unlock(&w->mutex);
    j->runs++;
    uv_mutex_lock(&w->mutex);
    w->at_once--;
    uv_mutex_unlock(&w->mutex);
}

static void after(struct crew_job *base)
{
    struct job *j = base->data;
    struct world *w = j->world;
    w->after++;
    j->afters++;
    if (j->afters < AGAIN) {
        crew_do(w->crew, base, run, after);
    }
}

static void each_job_is_done_once_for_each_time_it_is_given(void **state)
{
    (void)state;
    struct world w;
    struct job *jobs = mem_new(JOBS, sizeof *jobs);
    open_world(&w);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct job){.job.data = &jobs[i], .world = &w};
        crew_do(w.crew, &jobs[i].job, run, after);
    }
    assert_int_equal(w.after, 0); /* never from inside the call */
    while (w.after < JOBS * AGAIN) {
        uv_run(&w.loop, UV_RUN_ONCE);
    }
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(jobs[i].runs, AGAIN);
    }
    assert_in_range(w.most_at_once, 1, MOST);
    close_world(&w);
    forget_world(&w);
    free(jobs);
}

static void hang(struct crew_job *base)
{
    struct world *w = ((struct job *)base->data)->world;
    uv_sem_post(&w->hung);
    uv_sem_wait(&w->gate);
    uv_sem_post(&w->hung);
}

static void never(struct crew_job *base)
{
    (void)base;
    fail_msg("something is told after the end");
}

static void what_hangs_holds_up_neither_the_others_nor_the_end(void **state)
{
    (void)state;
    struct world w;
    struct job hung[MOST - 1], dropped[MOST], other = {.job.data = &other, .world = &w, .afters = AGAIN - 1};
    open_world(&w);
    for (int i = 0; i < MOST - 1; i++) {
        hung[i] = (struct job){.job.data = &hung[i], .world = &w};
        crew_do(w.crew, &hung[i].job, hang, never);
        uv_sem_wait(&w.hung);
    }
    crew_do(w.crew, &other.job, run, after);
    while (w.after == 0) {
        uv_run(&w.loop, UV_RUN_ONCE);
    }
    for (int i = 0; i < MOST; i++) { /* the last of its threads hangs too, the others wait for ever */
        dropped[i] = (struct job){.job.data = &dropped[i], .world = &w};
        crew_do(w.crew, &dropped[i].job, hang, never);
    }
    uv_sem_wait(&w.hung);
    close_world(&w);
    for (int i = 0; i < MOST; i++) { /* they come back when all is gone */
        uv_sem_post(&w.gate);
        uv_sem_wait(&w.hung);
    }
    forget_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_job_is_done_once_for_each_time_it_is_given),
        cmocka_unit_test(what_hangs_holds_up_neither_the_others_nor_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
