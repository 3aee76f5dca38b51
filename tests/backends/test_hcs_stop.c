/* How compute systems end, on hosts of every manner that HCS is known to have: when it answers a shutdown, in
 * which form it takes one, how long a teardown lasts. On the host's clock, which runs faster than ours. */
#include "backends/hcs/request.h"
#include "backends/json.h"
#include "backends/sim/service.h"
#include "core/memory.h"
#include "tests/backends/hcsroom.h"
#include "tests/backends/schema.h"
#include "tests/core/test.h"

/* Stops. */

static const char *const NAMES[] = {"ping-process", "ping-hyperv"};

static void a_stop_is_a_shutdown_in_every_manner(void **state)
{
    (void)state;
    static const char *const manners[] = {"speed=20",
                                          "speed=20,shutdown=late",
                                          "speed=20,shutdown=never",
                                          "speed=20,shutdown=strict",
                                          "speed=20,shutdown=bare",
                                          "speed=20,shutdown=strict,errors=old",
                                          "speed=20,shutdown=bare,errors=win32",
                                          "speed=20,shutdown=late,shutdown=bare,errors=old",
                                          "speed=500,teardown=117000,shutdown=late",
                                          "speed=500,teardown=117000,shutdown=never,terminate=never"};
    for (size_t i = 0; i < COUNT(manners) * COUNT(NAMES); i++) {
        struct room *r = open_room(manners[i / COUNT(NAMES)]);
        const char *name = NAMES[i % COUNT(NAMES)];
        char *key = key_of(r, name);
        print_message("%s of %s\n", manners[i / COUNT(NAMES)], name);
        expect_remark(act_in_room(r, name, VERB_STOP, 3600), NULL);
        assert_false(is_there(r, key));
        assert_int_equal(tally.calls[HCS_TERMINATE], 0);
        assert_true(wait_for(r, is_missing, name));
        free(key);
        close_room(r);
    }
}

static void a_stop_that_became_a_kill_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *manner, *remark;
        bool beside; /* the terminate went out while HCS owed the answer to the shutdown */
    } cases[] = {
        {"speed=100,stubborn=1", "ping-process was killed: it had not ended 30 s after it was asked to",
         false},
        {"speed=100,stubborn=1,shutdown=late", "HCS had not even answered", true},
        {"speed=100,stubborn=1,shutdown=never", "HCS had not even answered", true},
        {"speed=100,stubborn=1,shutdown=strict", "30 s", false},
        {"speed=100,stubborn=1,shutdown=never,terminate=never", "30 s", true},
        {"speed=100,stubborn=1,terminate=late", "30 s", false},
        {"speed=500,teardown=117000", "30 s", false},
        {"speed=500,teardown=117000,shutdown=late", "30 s", true},
        {"shutdown=unreachable", "HCS_E_CONNECT_FAILED", false},
        {"shutdown=strict,shutdown=bare", "HCS_E_INVALID_JSON", false},
        {"shutdown=strict,shutdown=bare,errors=win32", "Windows says: Invalid JSON document", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct room *r = open_room(cases[i].manner);
        char *key = key_of(r, "ping-process");
        print_message("%s\n", cases[i].manner);
        expect_remark(act_in_room(r, "ping-process", VERB_STOP, -1), cases[i].remark);
        assert_false(is_there(r, key));
        assert_int_equal(tally.calls[HCS_TERMINATE], 1);
        assert_int_equal(tally.beside, cases[i].beside);
        if (strstr(cases[i].manner, "speed=100")) { /* not a moment before its time was over */
            assert_true(tally.killed - tally.asked >= 300);
        }
        free(key);
        close_room(r);
    }
}

static void what_hears_nothing_is_not_asked(void **state)
{
    (void)state;
    struct room *r = open_room("speed=20");
    expect_remark(act_in_room(r, "web-1", VERB_STOP, 0), NULL); /* as it was asked for */
    assert_int_equal(tally.calls[HCS_SHUTDOWN], 0);
    assert_int_equal(tally.calls[HCS_TERMINATE], 1);
    close_room(r);
}

/* It does not run, which is what a stop is to bring about; and a stop takes nothing away. A kill ends it. */
static void a_stop_leaves_what_was_never_started(void **state)
{
    (void)state;
    struct room *r = open_room("speed=20");
    char *key = key_of(r, "imports");
    for (int seconds = -1; seconds <= 1; seconds++) {
        const struct answer *answer = act_in_room(r, "imports", VERB_STOP, seconds);
        assert_int_equal(answer->why.kind, ERROR_CONFLICT);
        assert_true(answer->why.already);
    }
    assert_true(is_there(r, key));
    assert_int_equal(tally.calls[HCS_SHUTDOWN] + tally.calls[HCS_TERMINATE], 0);
    expect_remark(act_in_room(r, "imports", VERB_KILL, -1), NULL);
    assert_false(is_there(r, key));
    free(key);
    close_room(r);
}

static void what_is_paused_is_resumed_first(void **state)
{
    (void)state;
    struct room *r = open_room("speed=20");
    expect_remark(act_in_room(r, "reports", VERB_STOP, 3600), NULL);
    assert_int_equal(tally.calls[HCS_RESUME], 1);
    assert_int_equal(tally.calls[HCS_TERMINATE], 0);
    assert_true(wait_for(r, is_missing, "reports"));
    close_room(r);
    r = open_room("speed=100,resume=never,stubborn=1,shutdown=late");
    expect_remark(act_in_room(r, "reports", VERB_STOP, -1),
                  "it was paused, and HCS has not resumed it within 30 s");
    assert_true(wait_for(r, is_missing, "reports"));
    close_room(r);
}

/* Kills. */

static void a_kill_is_over_when_the_end_was_seen(void **state)
{
    (void)state;
    static const char *const manners[] = {"", "terminate=late", "terminate=never"};
    for (size_t i = 0; i < COUNT(manners); i++) {
        struct room *r = open_room(manners[i]);
        char *key = key_of(r, "ping-hyperv");
        expect_remark(act_in_room(r, "ping-hyperv", VERB_KILL, -1), NULL);
        assert_false(is_there(r, key));
        free(key);
        close_room(r);
    }
}

static void what_lives_on_has_not_ended(void **state)
{
    (void)state;
    static const char *const manners[] = {
        "speed=300,stubborn=1,terminate=deaf",
        "speed=300,stubborn=1,shutdown=never,terminate=deaf,terminate=never"};
    for (size_t i = 0; i < COUNT(manners) * 2; i++) {
        struct room *r = open_room(manners[i / 2]);
        char *key = key_of(r, "web-1");
        const struct answer *answer = act_in_room(r, "web-1", i % 2 ? VERB_KILL : VERB_STOP, -1);
        assert_int_equal(answer->why.kind, ERROR_TIMEOUT);
        assert_non_null(strstr(answer->why.text, "it is still there"));
        assert_null(answer->remark); /* nobody was killed */
        assert_true(is_there(r, key));
        free(key);
        close_room(r);
    }
}

/* The exit is not told: its handle could not be kept open. */
static void deaf_watch(struct hcs_service *s, const char *id, hcs_answer_cb done, void *user)
{
    (void)id;
    sim_service.watch(s, "no such system", done, user);
}

static void an_end_that_is_not_told_is_found(void **state)
{
    (void)state;
    static const char *const manners[] = {"speed=20", "speed=20,shutdown=never",
                                          "speed=20,terminate=never,stubborn=1"};
    for (size_t i = 0; i < COUNT(manners); i++) {
        struct room *r = open_room(manners[i]);
        provider.watch = deaf_watch;
        sim_service.unwatch(tally.service, model_find(r->model, "web-1", NULL)->key);
        expect_remark(act_in_room(r, "web-1", VERB_STOP, i == 2 ? 20 : 3600), i == 2 ? "20 s" : NULL);
        close_room(r);
    }
}

/* Several at once. */

static void two_stops_ask_once(void **state)
{
    (void)state;
    const struct act_options patient = {.timeout = 3600}, other = {.timeout = 1800}, hasty = {.timeout = 10};
    struct room *r = open_room("speed=50,shutdown=late");
    struct reply *a = begin(r, "web-1", VERB_STOP, &patient), *b = begin(r, "web-1", VERB_STOP, &other);
    expect_remark(finish(r, a), NULL);
    expect_remark(finish(r, b), NULL);
    assert_int_equal(tally.calls[HCS_SHUTDOWN], 1);
    assert_int_equal(tally.calls[HCS_TERMINATE], 0);
    close_room(r);
    r = open_room("speed=50,stubborn=1,shutdown=late");
    a = begin(r, "web-1", VERB_STOP, &patient);
    b = begin(r, "web-1", VERB_STOP, &hasty);
    expect_remark(finish(r, b), "web-1 was killed: it had not ended 10 s");
    expect_remark(finish(r, a), "terminated by somebody else");
    assert_int_equal(tally.calls[HCS_SHUTDOWN], 1);
    assert_int_equal(tally.calls[HCS_TERMINATE], 1);
    close_room(r);
}

static void a_kill_goes_out_beside_a_stop(void **state)
{
    (void)state;
    static const char *const manners[] = {"stubborn=1", "stubborn=1,shutdown=late",
                                          "stubborn=1,shutdown=never", "teardown=117000,shutdown=late"};
    const struct act_options patient = {.timeout = 3600}, kill = {.timeout = -1};
    for (size_t i = 0; i < COUNT(manners); i++) {
        struct room *r = open_room(manners[i]);
        struct reply *stop = begin(r, "ping-hyperv", VERB_STOP, &patient);
        expect_remark(finish(r, begin(r, "ping-hyperv", VERB_KILL, &kill)), NULL);
        expect_remark(finish(r, stop), "terminated by somebody else");
        close_room(r);
    }
}

/* It was asked to shut down, which cannot be taken back; it is not killed for somebody who has left. */
static void a_stop_that_was_cancelled_kills_nothing(void **state)
{
    (void)state;
    static const char *const manners[] = {"speed=100,stubborn=1", "speed=100,stubborn=1,shutdown=never"};
    const struct act_options soon = {.timeout = 10};
    for (size_t i = 0; i < COUNT(manners); i++) {
        struct room *r = open_room(manners[i]);
        char *key = key_of(r, "web-1");
        struct op *op =
            session_act(r->session, model_find(r->model, "web-1", NULL)->id, VERB_STOP, &soon, NULL, NULL);
        while (tally.calls[HCS_SHUTDOWN] == 0) {
            uv_run(&r->loop, UV_RUN_ONCE);
        }
        op_cancel(op);
        uint64_t end = uv_now(&r->loop) + 300;
        while (uv_now(&r->loop) < end) {
            assert_true(is_there(r, key));
        }
        assert_int_equal(tally.calls[HCS_TERMINATE], 0);
        expect_remark(act_in_room(r, "web-1", VERB_STOP, 20), "20 s"); /* it can be stopped again */
        free(key);
        close_room(r);
    }
}

static void ignore(void *user, int32_t result, const char *document)
{
    (void)user;
    (void)result;
    (void)document;
}

static void what_somebody_else_ends_meanwhile_is_told(void **state)
{
    (void)state;
    struct room *r = open_room("stubborn=1,shutdown=never");
    const struct act_options patient = {.timeout = 3600};
    struct reply *stop = begin(r, "web-1", VERB_STOP, &patient);
    char *key = key_of(r, "web-1");
    sim_service.call(tally.service, HCS_TERMINATE, key, NULL, ignore, NULL);
    expect_remark(finish(r, stop), "terminated by somebody else");
    free(key);
    close_room(r);
}

/* What takes the engine away. */

static void a_service_that_goes_away_has_ended_nothing(void **state)
{
    (void)state;
    static const char *const manners[] = {"disconnect=600,stubborn=1",
                                          "disconnect=600,stubborn=1,shutdown=never"};
    const struct act_options patient = {.timeout = 3600};
    for (size_t i = 0; i < COUNT(manners); i++) {
        struct room *r = open_room(manners[i]);
        const struct answer *answer = finish(r, begin(r, "web-1", VERB_STOP, &patient));
        assert_int_equal(answer->why.kind, ERROR_UNREACHABLE);
        assert_null(answer->remark);
        close_room(r);
    }
}

static void closing_waits_for_nobody(void **state)
{
    (void)state;
    const struct act_options patient = {.timeout = 3600}, kill = {.timeout = -1};
    struct room *r =
        open_room("stubborn=1,shutdown=never,terminate=deaf,terminate=never,start=never,pause=never");
    struct reply *replies[] = {
        begin(r, "web-1", VERB_STOP, &patient), begin(r, "ping-process", VERB_KILL, &kill),
        begin(r, "imports", VERB_START, NULL), begin(r, "ping-hyperv", VERB_PAUSE, NULL)};
    for (int i = 0; i < 5; i++) {
        is_there(r, "nobody"); /* time for the calls to go out */
    }
    close_room(r);
    (void)replies;
}

/* What HCS does not answer is not waited for without end. */
static void each_act_has_a_deadline(void **state)
{
    (void)state;
    static const struct {
        const char *manner, *name;
        enum verb verb;
    } cases[] = {{"speed=2000,start=never", "imports", VERB_START},
                 {"speed=2000,pause=never", "ping-hyperv", VERB_PAUSE},
                 {"speed=2000,resume=never", "reports", VERB_RESUME}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct room *r = open_room(cases[i].manner);
        const struct answer *answer = act_in_room(r, cases[i].name, cases[i].verb, -1);
        assert_int_equal(answer->why.kind, ERROR_TIMEOUT);
        assert_non_null(strstr(answer->why.text, "has not answered for 240 s"));
        close_room(r);
    }
}

/* Containers of our own. */

static struct reply *begin_launch(struct room *r, const char *const *command)
{
    struct launch_spec spec;
    struct reply *reply = &r->replies[r->n_replies++];
    launch_spec_init(&spec);
    spec.name = (char *)"mine";
    spec.image = (char *)"nanoserver:ltsc2022";
    spec.command = (char **)command;
    session_launch(r->session, 0, &spec, on_reply, reply);
    return reply;
}

static void launch(struct room *r, const char *const *command)
{
    expect_remark(finish(r, begin_launch(r, command)), NULL);
}

/* A step of a launch that is not answered is given up, and nothing stays of what it may have made. */
static void a_launch_has_deadlines(void **state)
{
    (void)state;
    static const char *const command[] = {"ping", "-t", "localhost", NULL};
    static const char *const manners[] = {"speed=2000,create=never", "speed=2000,start=never"};
    for (size_t i = 0; i < COUNT(manners); i++) {
        struct room *r = open_room(manners[i]);
        const struct answer *answer = finish(r, begin_launch(r, command));
        assert_int_equal(answer->why.kind, ERROR_TIMEOUT);
        assert_non_null(strstr(answer->why.text, i == 0 ? "creating it" : "starting it"));
        while (is_there(r, "mine")) {
            uv_run(&r->loop, UV_RUN_ONCE);
        }
        close_room(r);
    }
}

/* Its first process has ended by itself: the rest has the time of a shutdown, however long its teardown is.
 */
static void what_ends_by_itself_is_shut_down(void **state)
{
    (void)state;
    static const struct {
        const char *manner;
        int terminated;
    } cases[] = {{"speed=100,teardown=117000", 0},
                 {"speed=100,teardown=117000,shutdown=late,shutdown=strict", 0},
                 {"speed=100,teardown=117000,shutdown=never,errors=old", 0},
                 {"speed=500,stubborn=1,shutdown=late", 1}};
    static const char *const command[] = {"cmd", "/c", "exit 3", NULL};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct room *r = open_room(cases[i].manner);
        launch(r, command);
        assert_true(wait_for(r, is_missing, "mine"));
        assert_false(is_there(r, "mine"));
        assert_int_equal(tally.calls[HCS_TERMINATE], cases[i].terminated);
        assert_true(!cases[i].terminated || tally.killed - tally.asked >= 300000 / 500);
        close_room(r);
    }
}

static void what_is_removed_by_force_does_not_wait_for_a_stop(void **state)
{
    (void)state;
    static const char *const command[] = {"ping", "-t", "localhost", NULL};
    const struct act_options patient = {.timeout = 3600};
    struct room *r = open_room("stubborn=1,shutdown=never");
    launch(r, command);
    struct reply *stop = begin(r, "mine", VERB_STOP, &patient);
    expect_remark(act_in_room(r, "mine", VERB_REMOVE, -1), NULL);
    expect_remark(finish(r, stop), "terminated by somebody else");
    assert_false(is_there(r, "mine"));
    close_room(r);
}

static void what_is_sent_fits_the_schema(void **state)
{
    (void)state;
    char why[300] = "";
    struct error ignored;
    cJSON *schema = schema_load();
    if (!schema) {
        print_message("skipped: ../shared/hcs-schema-win11-21h2.json is not here\n");
        skip();
    }
    char *query = request_one_system("web-1");
    cJSON *one = json_parse(query, strlen(query), 1000, &ignored);
    cJSON *shutdown = json_parse(REQUEST_SHUTDOWN, strlen(REQUEST_SHUTDOWN), 1000, &ignored);
    assert_true(schema_fits(schema, "SystemQuery", one, true, why, sizeof why));
    assert_true(schema_fits(schema, "ShutdownOptions", shutdown, true, why, sizeof why));
    cJSON_Delete(one);
    cJSON_Delete(shutdown);
    cJSON_Delete(schema);
    free(query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_is_a_shutdown_in_every_manner),
        cmocka_unit_test(a_stop_that_became_a_kill_says_so),
        cmocka_unit_test(what_hears_nothing_is_not_asked),
        cmocka_unit_test(a_stop_leaves_what_was_never_started),
        cmocka_unit_test(what_is_paused_is_resumed_first),
        cmocka_unit_test(a_kill_is_over_when_the_end_was_seen),
        cmocka_unit_test(what_lives_on_has_not_ended),
        cmocka_unit_test(an_end_that_is_not_told_is_found),
        cmocka_unit_test(two_stops_ask_once),
        cmocka_unit_test(a_kill_goes_out_beside_a_stop),
        cmocka_unit_test(a_stop_that_was_cancelled_kills_nothing),
        cmocka_unit_test(what_somebody_else_ends_meanwhile_is_told),
        cmocka_unit_test(a_service_that_goes_away_has_ended_nothing),
        cmocka_unit_test(closing_waits_for_nobody),
        cmocka_unit_test(each_act_has_a_deadline),
        cmocka_unit_test(a_launch_has_deadlines),
        cmocka_unit_test(what_ends_by_itself_is_shut_down),
        cmocka_unit_test(what_is_removed_by_force_does_not_wait_for_a_stop),
        cmocka_unit_test(what_is_sent_fits_the_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
