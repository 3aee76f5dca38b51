/* Who may not use the Host Compute Service sees the ids that the registry tells, and with each action who
 * may. */
#include <stdio.h>
#include <uv.h>

#include "backends/sim/sim.h"
#include "core/launch.h"
#include "core/memory.h"
#include "core/session.h"
#include "tests/core/test.h"

enum { PATIENCE_MS = 60000 };

struct room {
    uv_loop_t loop;
    uv_timer_t alarm;
    bool late, closed;
    struct model *model;
    struct session *session;
    struct error why;
    int answers;
};

static void on_alarm(uv_timer_t *timer)
{
    ((struct room *)timer->data)->late = true;
}

static void turn_until(struct room *r, bool (*done)(const struct room *r))
{
    r->late = false;
    uv_timer_start(&r->alarm, on_alarm, PATIENCE_MS, 0);
    while (!r->late && !done(r)) {
        uv_run(&r->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&r->alarm);
    assert_true(done(r));
}

static bool is_settled(const struct room *r)
{
    return session_settled(r->session);
}

static bool is_closed(const struct room *r)
{
    return r->closed;
}

static bool is_answered(const struct room *r)
{
    return r->answers > 0;
}

static void open_room(struct room *r, const char *address)
{
    *r = (struct room){0};
    uv_loop_init(&r->loop);
    uv_timer_init(&r->loop, &r->alarm);
    r->alarm.data = r;
    r->model = model_new(NULL, NULL);
    r->session = session_new(&r->loop, r->model, NULL, NULL, true);
    session_add(r->session, &sim_backend, address);
    turn_until(r, is_settled);
}

static void on_closed(void *user)
{
    ((struct room *)user)->closed = true;
}

static void close_room(struct room *r)
{
    session_close(r->session, on_closed, r);
    turn_until(r, is_closed);
    uv_close((uv_handle_t *)&r->alarm, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    model_free(r->model);
}

static void on_answer(void *user, struct answer *answer)
{
    struct room *r = user;
    r->why = answer->why;
    r->answers++;
}

static void says_who_may(struct room *r)
{
    turn_until(r, is_answered);
    assert_int_not_equal(r->why.kind, ERROR_NONE);
    assert_non_null(strstr(r->why.text, "join that group"));
    r->answers = 0;
}

static void ids_are_rows_and_what_is_not_told_is_not_guessed(void **state)
{
    (void)state;
    struct room r;
    open_room(&r, "systems=14,seed=20,still=1,refuse=1,ids=1");
    const struct engine *e = session_engine(r.session, 0);
    assert_int_equal(e->state, ENGINE_ONLINE);
    assert_true(e->limited);
    assert_non_null(strstr(e->reason, "Hyper-V Administrators"));
    size_t cursor = 0, containers = 0, vms = 0;
    for (const struct container *c; (c = model_next(r.model, &cursor));) {
        assert_int_equal(c->state, CONTAINER_UNKNOWN);
        assert_int_equal(c->isolation, c->apart ? ISOLATION_VM : ISOLATION_UNKNOWN);
        assert_non_null(c->note);
        assert_int_equal(c->processes, -1);
        vms += c->apart;
        containers += !c->apart;
    }
    assert_in_range(containers, 5, 14);
    assert_in_range(vms, 1, 9);
    close_room(&r);
}

static void every_action_says_who_may(void **state)
{
    (void)state;
    struct room r;
    open_room(&r, "systems=14,seed=20,still=1,refuse=1,ids=1");
    size_t cursor = 0;
    container_id id = model_next(r.model, &cursor)->id;
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        session_act(r.session, id, (enum verb)verb, NULL, on_answer, &r);
        says_who_may(&r);
    }
    session_processes(r.session, id, on_answer, &r);
    says_who_may(&r);
    session_inspect(r.session, id, on_answer, &r);
    says_who_may(&r);
    session_images(r.session, 0, on_answer, &r);
    says_who_may(&r);
    struct launch_spec spec;
    launch_spec_init(&spec);
    spec.image = mem_string("nanoserver");
    session_launch(r.session, 0, &spec, on_answer, &r);
    says_who_may(&r);
    launch_spec_done(&spec);
    close_room(&r);
}

/* Is there a row that was not there at first? */
static bool has_news(const struct room *r)
{
    container_id last = 0;
    size_t cursor = 0;
    for (const struct container *c; (c = model_next(r->model, &cursor));) {
        last = c->id;
    }
    return last > 14;
}

static void what_comes_and_goes_is_followed(void **state)
{
    (void)state;
    struct room r;
    open_room(&r, "systems=14,seed=20,churn=300,refuse=1,ids=1");
    turn_until(&r, has_news);
    assert_in_range(model_count(r.model), 5, 40);
    close_room(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_rows_and_what_is_not_told_is_not_guessed),
        cmocka_unit_test(every_action_says_who_may),
        cmocka_unit_test(what_comes_and_goes_is_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
