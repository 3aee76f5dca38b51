/* The same again in the other mode, on the fake engine and on the simulated Windows host: what becomes of the
 * old one, whatever happens. */
#include "core/relaunch.h"

#include <uv.h>

#include "backends/sim/sim.h"
#include "core/memory.h"
#include "tests/core/test.h"
#include "tests/fake/fake.h"

enum { PATIENCE_MS = 20000 };

struct place {
    uv_loop_t loop;
    uv_timer_t alarm;
    bool late, closed;
    struct model *model;
    struct session *session;
};

struct heard {
    bool done;
    struct error why;
    char *key, *remark, *lost;
};

static void on_alarm(uv_timer_t *timer)
{
    ((struct place *)timer->data)->late = true;
}

static void wait_for(struct place *p, const bool *done)
{
    p->late = false;
    uv_timer_start(&p->alarm, on_alarm, PATIENCE_MS, 0);
    while (!*done && !p->late) {
        uv_run(&p->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&p->alarm);
    assert_true(*done);
}

static struct place *open_on(const struct backend_type *type, const char *address)
{
    struct place *p = mem_new(1, sizeof *p);
    uv_loop_init(&p->loop);
    uv_timer_init(&p->loop, &p->alarm);
    p->alarm.data = p;
    p->model = model_new(NULL, NULL);
    p->session = session_new(&p->loop, p->model, NULL, NULL, true);
    session_add(p->session, type, address);
    while (!session_settled(p->session)) {
        uv_run(&p->loop, UV_RUN_ONCE);
    }
    return p;
}

static struct place *open_place(const char *address)
{
    return open_on(&fake_backend, address);
}

static void gone(void *user)
{
    *(bool *)user = true;
}

static void close_place(struct place *p)
{
    session_close(p->session, gone, &p->closed);
    wait_for(p, &p->closed);
    uv_close((uv_handle_t *)&p->alarm, NULL);
    uv_run(&p->loop, UV_RUN_DEFAULT);
    model_free(p->model);
    assert_int_equal(uv_loop_close(&p->loop), 0);
    free(p);
}

static void hear(void *user, struct answer *answer)
{
    struct heard *h = user;
    h->done = true;
    h->why = answer->why;
    h->key = answer->text;
    h->remark = answer->remark;
    h->lost = answer->lost;
    answer->text = answer->remark = answer->lost = NULL;
}

static const struct container *named(struct place *p, const char *name)
{
    bool several;
    const struct container *c = model_find(p->model, name, &several);
    return c && strcmp(c->name, name) == 0 ? c : NULL;
}

/* Until the engine has told all that it has to tell. */
static void settle(struct place *p)
{
    for (int i = 0; i < 20; i++) {
        uv_run(&p->loop, UV_RUN_NOWAIT);
    }
}

/* Launches one to begin with. */
static container_id make_running(struct place *p, const char *command, const char *name, enum isolation mode,
                                 const char *port, bool remove)
{
    struct launch_spec spec;
    struct heard h = {0};
    bool windows = session_engine(p->session, 0)->hypervisor == HYPERVISOR_HYPERV;
    launch_spec_init(&spec);
    spec.image = mem_string(windows ? "nanoserver:ltsc2022" : "busybox");
    spec.name = mem_string(name);
    spec.command = launch_split(windows ? "ping -t localhost" : command, NULL);
    spec.isolation = mode;
    spec.remove = remove;
    if (port) {
        assert_int_equal(launch_add_port(&spec, port, NULL), 0);
    }
    assert_int_equal(launch_add_env(&spec, "A=1", NULL), 0);
    session_launch(p->session, 0, &spec, hear, &h);
    wait_for(p, &h.done);
    assert_int_equal(h.why.kind, ERROR_NONE);
    free(h.key);
    launch_spec_done(&spec);
    settle(p);
    assert_non_null(named(p, name));
    return named(p, name)->id;
}

static container_id make(struct place *p, const char *name, enum isolation mode, const char *port,
                         bool remove)
{
    return make_running(p, "serve 1000", name, mode, port, remove);
}

static struct launch_spec spec_of(struct place *p, container_id id, const char *name)
{
    struct launch_spec spec;
    struct error e = {0};
    if (!relaunch_spec(p->session, id, ISOLATION_UNKNOWN, &spec, &e)) {
        fail_msg("%s", e.text);
    }
    assert_string_equal(spec.name, name);
    return spec;
}

static struct heard relaunch(struct place *p, container_id id, struct launch_spec *spec)
{
    struct heard h = {0};
    relaunch_start(p->session, id, 0, spec, hear, &h);
    wait_for(p, &h.done);
    launch_spec_done(spec);
    settle(p);
    free(h.key);
    h.key = NULL;
    return h;
}

static enum container_state state_of(struct place *p, container_id id)
{
    assert_non_null(model_get(p->model, id));
    return model_get(p->model, id)->state;
}

static void the_settings_are_the_same_but_for_mode_and_name(void **state)
{
    (void)state;
    struct place *p = open_place("containers=0");
    container_id web = make(p, "web", ISOLATION_PROCESS, "8080:80", false);
    struct launch_spec s = spec_of(p, web, "web-vm");
    assert_int_equal(s.isolation, ISOLATION_VM);
    assert_string_equal(s.env[0], "A=1");
    assert_string_equal(s.command[1], "1000");
    assert_int_equal(s.n_crossings, 1);
    launch_spec_done(&s);
    struct error e = {0};
    assert_true(relaunch_spec(p->session, web, ISOLATION_PROCESS, &s, &e));
    assert_string_equal(s.name, "web-process");
    launch_spec_done(&s);
    container_id other = make(p, "web-vm", ISOLATION_VM, NULL, false);
    s = spec_of(p, other, "web-process");
    launch_spec_done(&s);
    s = spec_of(p, web, "web-vm-2");
    launch_spec_done(&s);
    s = spec_of(p, make(p, "db-2", ISOLATION_PROCESS, NULL, false), "db-2-vm");
    launch_spec_done(&s);
    s = spec_of(p, make(p, "a-process-7", ISOLATION_PROCESS, NULL, false), "a-vm");
    launch_spec_done(&s);
    assert_false(relaunch_spec(p->session, 4711, ISOLATION_UNKNOWN, &s, &e));
    assert_int_equal(e.kind, ERROR_NOT_FOUND);
    close_place(p);
}

static void long_names_stay_names(void **state)
{
    (void)state;
    struct place *p = open_place("containers=0");
    char name[65];
    memset(name, 'n', 64);
    name[64] = '\0';
    struct launch_spec s;
    struct error e = {0};
    assert_true(
        relaunch_spec(p->session, make(p, name, ISOLATION_PROCESS, NULL, false), ISOLATION_VM, &s, &e));
    assert_true(launch_name_ok(s.name));
    launch_spec_done(&s);
    close_place(p);
}

static void an_engine_without_the_mode_says_why(void **state)
{
    (void)state;
    struct place *p = open_place("containers=0,novm=1");
    container_id web = make(p, "web", ISOLATION_PROCESS, NULL, false);
    struct launch_spec s;
    struct error e = {0};
    assert_false(relaunch_spec(p->session, web, ISOLATION_UNKNOWN, &s, &e));
    assert_int_equal(e.kind, ERROR_UNSUPPORTED);
    assert_non_null(strstr(e.text, "no means to run VMs"));
    close_place(p);
}

static void the_old_one_stays_until_it_is_retired(void **state)
{
    (void)state;
    struct place *p = open_place("containers=0");
    container_id web = make(p, "web", ISOLATION_PROCESS, NULL, false);
    struct launch_spec s = spec_of(p, web, "web-vm");
    assert_int_equal(relaunch(p, web, &s).why.kind, ERROR_NONE);
    assert_int_equal(state_of(p, web), CONTAINER_RUNNING);
    assert_int_equal(named(p, "web-vm")->state, CONTAINER_RUNNING);
    assert_int_equal(named(p, "web-vm")->isolation, ISOLATION_VM);
    struct heard h = {0};
    relaunch_retire(p->session, web, named(p, "web-vm")->key, ISOLATION_VM, hear, &h);
    wait_for(p, &h.done);
    assert_int_equal(h.why.kind, ERROR_NONE);
    settle(p);
    assert_null(named(p, "web"));
    assert_non_null(named(p, "web-vm"));
    close_place(p);
}

static void one_that_has_stopped_or_removes_itself_is_retired_too(void **state)
{
    (void)state;
    struct place *p = open_place("containers=0");
    container_id still = make(p, "still", ISOLATION_PROCESS, NULL, false);
    struct heard h = {0};
    session_act(p->session, still, VERB_KILL, NULL, hear, &h);
    wait_for(p, &h.done);
    settle(p);
    assert_int_equal(state_of(p, still), CONTAINER_EXITED);
    container_id brief = make(p, "brief", ISOLATION_PROCESS, NULL, true);
    make(p, "fresh", ISOLATION_VM, NULL, false);
    const container_id ids[] = {still, brief};
    for (size_t i = 0; i < COUNT(ids); i++) {
        h = (struct heard){0};
        relaunch_retire(p->session, ids[i], named(p, "fresh")->key, ISOLATION_VM, hear, &h);
        wait_for(p, &h.done);
        assert_int_equal(h.why.kind, ERROR_NONE);
    }
    settle(p);
    assert_int_equal(model_count(p->model), 1);
    close_place(p);
}

/* The old one is all that there is until the new one runs, in the mode that was asked for. */
static void it_is_not_retired_for_one_that_does_not_hold(void **state)
{
    (void)state;
    struct place *p = open_place("containers=0");
    container_id web = make(p, "web", ISOLATION_PROCESS, NULL, false);
    container_id dead = make(p, "dead", ISOLATION_VM, NULL, false);
    make(p, "other", ISOLATION_PROCESS, NULL, false);
    make(p, "paused", ISOLATION_VM, NULL, false);
    struct heard h = {0};
    session_act(p->session, dead, VERB_KILL, NULL, hear, &h);
    wait_for(p, &h.done);
    h.done = false;
    session_act(p->session, named(p, "paused")->id, VERB_PAUSE, NULL, hear, &h);
    wait_for(p, &h.done);
    settle(p);
    const struct {
        const char *key, *words;
    } fresh[] = {{named(p, "dead")->key, "dead does not run"},
                 {named(p, "paused")->key, "paused does not run"},
                 {named(p, "other")->key, "other is not isolated as was asked for"},
                 {"no-such-key", "gone already"}};
    for (size_t i = 0; i < COUNT(fresh); i++) {
        h = (struct heard){0};
        relaunch_retire(p->session, web, fresh[i].key, ISOLATION_VM, hear, &h);
        wait_for(p, &h.done);
        assert_int_not_equal(h.why.kind, ERROR_NONE);
        assert_non_null(strstr(h.why.text, fresh[i].words));
        settle(p);
        assert_int_equal(state_of(p, web), CONTAINER_RUNNING);
    }
    close_place(p);
}

static void ports_are_handed_over(void **state)
{
    (void)state;
    struct place *p = open_place("containers=0");
    container_id web = make(p, "web", ISOLATION_PROCESS, "8080:80", false);
    struct launch_spec s = spec_of(p, web, "web-vm");
    assert_int_equal(relaunch(p, web, &s).why.kind, ERROR_NONE);
    assert_int_equal(state_of(p, web), CONTAINER_EXITED); /* kept, but they cannot both have the port */
    assert_int_equal(named(p, "web-vm")->state, CONTAINER_RUNNING);
    close_place(p);
}

static void a_failure_leaves_the_old_one_as_it_was(void **state)
{
    (void)state;
    struct place *p = open_place("containers=0");
    const container_id ids[] = {make(p, "with-port", ISOLATION_PROCESS, "8080:80", false),
                                make(p, "without", ISOLATION_PROCESS, NULL, false)};
    for (size_t i = 0; i < COUNT(ids); i++) {
        struct launch_spec s;
        struct error e = {0};
        assert_true(relaunch_spec(p->session, ids[i], ISOLATION_VM, &s, &e));
        free(s.image);
        s.image = mem_string("no-such-image");
        struct heard h = relaunch(p, ids[i], &s);
        assert_int_equal(h.why.kind, ERROR_NOT_FOUND);
        assert_non_null(strstr(h.why.text, "no-such-image"));
        assert_int_equal(state_of(p, ids[i]), CONTAINER_RUNNING);
    }
    assert_int_equal(model_count(p->model), 2);
    close_place(p);
}

/* What only its own engine knows does not vanish on the way to another one. */
static void what_another_engine_cannot_take_is_named(void **state)
{
    (void)state;
    struct place *p = open_place("containers=0");
    int other = session_add(p->session, &fake_backend, "containers=0");
    while (!session_settled(p->session)) {
        uv_run(&p->loop, UV_RUN_ONCE);
    }
    container_id web = make(p, "web", ISOLATION_PROCESS, "8080:80", false);
    const char *const beyond[] = {"--cap-drop", "--read-only", NULL};
    for (int drop = 0; drop < 2; drop++) {
        struct launch_spec s = spec_of(p, web, "web-vm");
        struct heard h = {0};
        s.like = mem_string("old");
        s.beyond = mem_strings(beyond);
        s.drop = drop;
        relaunch_start(p->session, web, other, &s, hear, &h);
        wait_for(p, &h.done);
        settle(p);
        assert_int_equal(h.why.kind, drop ? ERROR_NONE : ERROR_UNSUPPORTED);
        assert_int_equal(h.key != NULL, drop);
        assert_int_equal(state_of(p, web), drop ? CONTAINER_EXITED : CONTAINER_RUNNING);
        assert_string_equal(drop ? h.remark : h.lost,
                            drop ? "left out: --cap-drop; --read-only" : "--cap-drop; --read-only");
        free(h.key);
        free(h.remark);
        free(h.lost);
        launch_spec_done(&s);
    }
    close_place(p);
}

static void what_would_vanish_is_not_stopped(void **state)
{
    (void)state;
    struct place *p = open_place("containers=0");
    container_id web = make(p, "web", ISOLATION_PROCESS, "8080:80", true);
    struct launch_spec s = spec_of(p, web, "web-vm");
    s.remove = false; /* that is for the new one */
    struct heard h = relaunch(p, web, &s);
    assert_int_equal(h.why.kind, ERROR_CONFLICT);
    assert_non_null(strstr(h.why.text, "nothing of it is left when it stops"));
    assert_int_equal(state_of(p, web), CONTAINER_RUNNING);
    close_place(p);
}

/* On the simulated Windows host, there and back. */
static void process_and_hyperv_in_turn(void **state)
{
    (void)state;
    struct place *p = open_on(&sim_backend, "systems=3,still=1,delay=1");
    container_id old = make(p, "web", ISOLATION_PROCESS, NULL, false);
    static const char *const names[] = {"web-hyperv", "web-process", "web-hyperv"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct launch_spec s = spec_of(p, old, names[i]);
        assert_string_equal(s.command[0], "ping");
        assert_string_equal(s.env[0], "A=1");
        assert_int_equal(relaunch(p, old, &s).why.kind, ERROR_NONE);
        const struct container *c = named(p, names[i]);
        assert_int_equal(c->state, CONTAINER_RUNNING);
        assert_int_equal(c->isolation, i % 2 ? ISOLATION_PROCESS : ISOLATION_VM);
        assert_int_equal(c->origin, ORIGIN_REQUESTED);
        assert_int_equal(state_of(p, old), CONTAINER_RUNNING);
        struct heard h = {0};
        container_id next = c->id;
        relaunch_retire(p->session, old, c->key, c->isolation, hear, &h);
        wait_for(p, &h.done);
        assert_int_equal(h.why.kind, ERROR_NONE);
        settle(p);
        assert_null(model_get(p->model, old));
        old = next;
    }
    close_place(p);
}

static void what_others_launched_there_is_refused(void **state)
{
    (void)state;
    struct place *p = open_on(&sim_backend, "systems=3,still=1,delay=1");
    struct launch_spec s;
    struct error e = {0};
    const char *const names[] = {"ping-process", "ping-hyperv"};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_false(relaunch_spec(p->session, named(p, names[i])->id, ISOLATION_UNKNOWN, &s, &e));
        assert_int_equal(e.kind, ERROR_UNSUPPORTED);
        assert_non_null(strstr(e.text, "HCS does not tell with what settings it was created"));
    }
    close_place(p);
}

/* A compute system that has ended is gone: what it holds cannot be handed over at no risk. */
static void ports_there_are_not_handed_over(void **state)
{
    (void)state;
    struct place *p = open_on(&sim_backend, "systems=3,still=1,delay=1");
    container_id web = make(p, "web", ISOLATION_PROCESS, "8080:80", false);
    struct launch_spec s = spec_of(p, web, "web-hyperv");
    struct heard h = relaunch(p, web, &s);
    assert_int_equal(h.why.kind, ERROR_CONFLICT);
    assert_int_equal(state_of(p, web), CONTAINER_RUNNING);
    assert_null(named(p, "web-hyperv"));
    close_place(p);
}

static void cancelled_half_way(void **state)
{
    (void)state;
    struct place *p = open_place("containers=0");
    container_id web = make(p, "web", ISOLATION_PROCESS, "8080:80", false);
    struct launch_spec s = spec_of(p, web, "web-vm");
    struct heard h = {0};
    struct op *op = relaunch_start(p->session, web, 0, &s, hear, &h);
    op_cancel(op); /* the old one is being stopped: that goes on, and is undone */
    for (int i = 0; i < 200 && (i < 20 || state_of(p, web) != CONTAINER_RUNNING); i++) {
        settle(p);
    }
    assert_false(h.done);
    launch_spec_done(&s);
    assert_null(named(p, "web-vm"));
    assert_int_equal(state_of(p, web), CONTAINER_RUNNING);
    close_place(p);
}

/* What the stop of the old one had to be is told with what follows. */
static void that_the_old_one_was_killed_is_said(void **state)
{
    (void)state;
    struct heard h = {0};
    struct place *p = open_on(&sim_backend, "systems=6,still=1,speed=60,stubborn=1");
    container_id web = make(p, "web", ISOLATION_PROCESS, NULL, false);
    make(p, "fresh", ISOLATION_PROCESS, NULL, false);
    relaunch_retire(p->session, web, named(p, "fresh")->key, ISOLATION_PROCESS, hear, &h);
    wait_for(p, &h.done);
    assert_int_equal(h.why.kind, ERROR_NONE);
    assert_non_null(h.remark);
    assert_non_null(strstr(h.remark, "web was killed"));
    free(h.remark);
    close_place(p);
    p = open_place("containers=0,stop=1"); /* where the ports are wanted it is stopped first */
    web = make_running(p, "sleep 1000", "web", ISOLATION_PROCESS, "8080:80", false);
    struct launch_spec spec = spec_of(p, web, "web-vm");
    h = relaunch(p, web, &spec);
    assert_int_equal(h.why.kind, ERROR_NONE);
    assert_non_null(h.remark);
    assert_non_null(strstr(h.remark, "web was killed"));
    free(h.remark);
    close_place(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_settings_are_the_same_but_for_mode_and_name),
        cmocka_unit_test(long_names_stay_names),
        cmocka_unit_test(an_engine_without_the_mode_says_why),
        cmocka_unit_test(that_the_old_one_was_killed_is_said),
        cmocka_unit_test(the_old_one_stays_until_it_is_retired),
        cmocka_unit_test(one_that_has_stopped_or_removes_itself_is_retired_too),
        cmocka_unit_test(it_is_not_retired_for_one_that_does_not_hold),
        cmocka_unit_test(ports_are_handed_over),
        cmocka_unit_test(a_failure_leaves_the_old_one_as_it_was),
        cmocka_unit_test(what_another_engine_cannot_take_is_named),
        cmocka_unit_test(what_would_vanish_is_not_stopped),
        cmocka_unit_test(cancelled_half_way),
        cmocka_unit_test(process_and_hyperv_in_turn),
        cmocka_unit_test(what_others_launched_there_is_refused),
        cmocka_unit_test(ports_there_are_not_handed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
