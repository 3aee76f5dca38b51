/* Stops of what is not as the list has it: paused or resumed by somebody else, gone, being started, or
 * refused by HCS in each of its families of errors. On the host's clock, which runs faster than ours. */
#include "backends/sim/service.h"
#include "core/memory.h"
#include "tests/backends/hcsroom.h"
#include "tests/core/test.h"

static void ignore(void *user, int32_t result, const char *document)
{
    (void)user;
    (void)result;
    (void)document;
}

/* The exit is not told: its handle could not be kept open. */
static void deaf_watch(struct hcs_service *s, const char *id, hcs_answer_cb done, void *user)
{
    (void)id;
    sim_service.watch(s, "no such system", done, user);
}

/* What is paused. */

static void two_stops_of_what_is_paused_kill_nothing(void **state)
{
    (void)state;
    const struct act_options patient = {.timeout = 3600}, other = {.timeout = 1800};
    static const char *const manners[] = {"speed=50", "speed=50,shutdown=late", "speed=50,shutdown=bare"};
    for (size_t i = 0; i < COUNT(manners); i++) {
        struct room *r = open_room(manners[i]);
        struct reply *a = begin(r, "reports", VERB_STOP, &patient);
        struct reply *b = begin(r, "reports", VERB_STOP, &other);
        expect_remark(finish(r, a), NULL);
        expect_remark(finish(r, b), NULL);
        assert_int_equal(tally.calls[HCS_TERMINATE], 0);
        close_room(r);
    }
}

/* The list is always a moment behind: somebody else pauses and resumes as well. */
static void a_stop_finds_out_whether_it_is_paused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum hcs_call call;
    } cases[] = {{"reports", HCS_RESUME}, {"ping-hyperv", HCS_PAUSE}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct room *r = open_room("speed=20");
        char *key = key_of(r, cases[i].name);
        sim_service.call(tally.service, cases[i].call, key, NULL, ignore, NULL);
        const struct act_options patient = {.timeout = 3600};
        struct reply *a = begin(r, cases[i].name, VERB_STOP, &patient);
        struct reply *b = begin(r, cases[i].name, VERB_STOP, &patient);
        expect_remark(finish(r, a), NULL);
        expect_remark(finish(r, b), NULL);
        assert_int_equal(tally.calls[HCS_TERMINATE], 0);
        assert_false(is_there(r, key));
        free(key);
        close_room(r);
    }
}

static struct reply *begin_launch(struct room *r)
{
    static const char *const command[] = {"ping", "-t", "localhost", NULL};
    struct reply *reply = &r->replies[r->n_replies++];
    struct launch_spec spec;
    launch_spec_init(&spec);
    spec.name = (char *)"mine";
    spec.image = (char *)"nanoserver:ltsc2022";
    spec.command = (char **)command;
    spec.isolation = ISOLATION_VM;
    session_launch(r->session, 0, &spec, on_reply, reply);
    return reply;
}

static void what_is_paused_is_removed_by_force_only(void **state)
{
    (void)state;
    const struct act_options gentle = {.timeout = -1};
    struct room *r = open_room("");
    expect_remark(finish(r, begin_launch(r)), NULL);
    expect_remark(act_in_room(r, "mine", VERB_PAUSE, -1), NULL);
    const struct answer *answer = finish(r, begin(r, "mine", VERB_REMOVE, &gentle));
    assert_int_equal(answer->why.kind, ERROR_CONFLICT);
    assert_non_null(strstr(answer->why.text, "it is paused"));
    assert_true(is_there(r, "mine"));
    expect_remark(act_in_room(r, "mine", VERB_REMOVE, -1), NULL);
    assert_false(is_there(r, "mine"));
    close_room(r);
}

/* What HCS refuses. */

static int32_t refusal;       /* what the service answers */
static enum hcs_call refused; /* to this call */
static bool ends_before;      /* the system has ended by then */

struct refusing {
    hcs_answer_cb done;
    void *user;
};

static void answer_refusal(void *user, int32_t result, const char *document)
{
    struct refusing refusing = *(struct refusing *)user;
    (void)document;
    free(user);
    refusing.done(refusing.user, result == HCS_ABORTED ? result : refusal, NULL);
}

static void refusing_call(struct hcs_service *s, enum hcs_call call, const char *id, const char *document,
                          hcs_answer_cb done, void *user)
{
    if (call != refused) {
        tally.calls[call]++;
        sim_service.call(s, call, id, document, done, user);
        return;
    }
    struct refusing *refusing = mem_new(1, sizeof *refusing);
    *refusing = (struct refusing){done, user};
    tally.calls[call]++;
    sim_service.call(s, ends_before ? HCS_TERMINATE : HCS_PROPERTIES, id, NULL, answer_refusal, refusing);
}

static struct room *open_refusing(const char *manner, enum hcs_call call, uint32_t result, bool before)
{
    struct room *r = open_room(manner);
    refusal = (int32_t)result;
    refused = call;
    ends_before = before;
    provider.call = refusing_call;
    return r;
}

static void what_was_gone_before_was_not_killed(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum hcs_call call;
        uint32_t result;
    } cases[] = {
        {"reports", HCS_RESUME, 0x8037010E},        {"reports", HCS_RESUME, 0x80370110},
        {"reports", HCS_RESUME, 0xC037010E},        {"ping-process", HCS_SHUTDOWN, 0x8037010E},
        {"ping-process", HCS_SHUTDOWN, 0x80070006},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("0x%08X\n", (unsigned)cases[i].result);
        struct room *r = open_refusing("speed=20", cases[i].call, cases[i].result, true);
        provider.watch = deaf_watch;
        char *key = key_of(r, cases[i].name);
        assert_true(is_there(r, key)); /* behind the watch, which may be on its way */
        sim_service.unwatch(tally.service, key);
        expect_remark(act_in_room(r, cases[i].name, VERB_STOP, 3600), NULL);
        assert_int_equal(tally.calls[HCS_TERMINATE], 0);
        free(key);
        close_room(r);
    }
}

/* Somebody else is at it, most likely: it has the time that it was given, and only then is killed. */
static void what_cannot_be_asked_now_has_its_time(void **state)
{
    (void)state;
    struct room *r = open_refusing("speed=100", HCS_SHUTDOWN, 0x80370105, false);
    uint64_t begun = uv_now(&r->loop);
    expect_remark(act_in_room(r, "ping-process", VERB_STOP, -1), "HCS_E_INVALID_STATE");
    assert_int_equal(tally.calls[HCS_TERMINATE], 1);
    assert_true(uv_now(&r->loop) - begun >= 300);
    close_room(r);
}

static void what_this_user_may_not_is_not_tried_harder(void **state)
{
    (void)state;
    static const uint32_t results[] = {0x8037011B, 0xC037011B, 0x80070005, 0x80070522};
    static const struct {
        const char *name;
        enum hcs_call call;
    } cases[] = {{"reports", HCS_RESUME}, {"ping-process", HCS_SHUTDOWN}};
    for (size_t i = 0; i < COUNT(results) * COUNT(cases); i++) {
        const char *name = cases[i / COUNT(results)].name;
        struct room *r =
            open_refusing("speed=20", cases[i / COUNT(results)].call, results[i % COUNT(results)], false);
        const struct answer *answer = act_in_room(r, name, VERB_STOP, 3600);
        assert_int_equal(answer->why.kind, ERROR_DENIED);
        assert_null(answer->remark);
        assert_int_equal(tally.calls[HCS_TERMINATE], 0);
        close_room(r);
    }
}

/* It was asked once, for two; and when that was refused, each is told why. */
static void who_joined_a_stop_hears_that_it_was_refused(void **state)
{
    (void)state;
    const struct act_options patient = {.timeout = 3600}, other = {.timeout = 1800};
    struct room *r = open_refusing("", HCS_SHUTDOWN, 0x80070005, false);
    struct reply *a = begin(r, "ping-process", VERB_STOP, &patient);
    struct reply *b = begin(r, "ping-process", VERB_STOP, &other);
    assert_int_equal(finish(r, a)->why.kind, ERROR_DENIED);
    assert_int_equal(finish(r, b)->why.kind, ERROR_DENIED);
    assert_int_equal(tally.calls[HCS_TERMINATE], 0);
    close_room(r);
}

/* Whether its exit was told or it was looked for, and by whomever. */
static void a_kill_beside_a_stop_is_told_without_an_event(void **state)
{
    (void)state;
    static const char *const manners[] = {"stubborn=1", "stubborn=1,shutdown=never,terminate=never,speed=10"};
    const struct act_options patient = {.timeout = 3600}, kill = {.timeout = -1};
    for (size_t i = 0; i < COUNT(manners); i++) {
        struct room *r = open_room(manners[i]);
        provider.watch = deaf_watch;
        char *key = key_of(r, "web-1");
        assert_true(is_there(r, key));
        sim_service.unwatch(tally.service, key);
        free(key);
        struct reply *stop = begin(r, "web-1", VERB_STOP, &patient);
        expect_remark(finish(r, begin(r, "web-1", VERB_KILL, &kill)), NULL);
        expect_remark(finish(r, stop), "terminated by somebody else");
        close_room(r);
    }
}

/* Starts. */

static void what_is_being_started_is_not_told_as_stopped(void **state)
{
    (void)state;
    const struct act_options gentle = {.timeout = -1};
    struct room *r = open_room("delay=50");
    struct reply *start = begin(r, "imports", VERB_START, NULL);
    const struct answer *answer = finish(r, begin(r, "imports", VERB_STOP, &gentle));
    assert_int_equal(answer->why.kind, ERROR_CONFLICT);
    assert_false(answer->why.already);
    expect_remark(finish(r, start), NULL);
    /* and as soon as it is told as started, it is known to run */
    answer = finish(r, begin(r, "imports", VERB_START, NULL));
    assert_true(answer->why.already);
    expect_remark(act_in_room(r, "imports", VERB_STOP, 3600), NULL);
    assert_int_equal(tally.calls[HCS_SHUTDOWN], 1);
    close_room(r);
}

static bool is_listed(const struct room *r, const void *name)
{
    return !is_missing(r, name);
}

static void what_is_being_launched_goes_by_force_only(void **state)
{
    (void)state;
    static const enum verb verbs[] = {VERB_STOP, VERB_REMOVE};
    const struct act_options gentle = {.timeout = -1};
    struct room *r = open_room("start=never");
    struct reply *launch = begin_launch(r);
    assert_true(wait_for(r, is_listed, "mine"));
    for (size_t i = 0; i < COUNT(verbs); i++) {
        const struct answer *answer = finish(r, begin(r, "mine", verbs[i], &gentle));
        assert_int_equal(answer->why.kind, ERROR_CONFLICT);
        assert_false(answer->why.already);
        assert_true(is_there(r, "mine"));
    }
    expect_remark(act_in_room(r, "mine", VERB_REMOVE, -1), NULL);
    assert_false(is_there(r, "mine"));
    assert_int_equal(launch->times, 0);
    close_room(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_stops_of_what_is_paused_kill_nothing),
        cmocka_unit_test(a_stop_finds_out_whether_it_is_paused),
        cmocka_unit_test(what_is_paused_is_removed_by_force_only),
        cmocka_unit_test(what_was_gone_before_was_not_killed),
        cmocka_unit_test(what_cannot_be_asked_now_has_its_time),
        cmocka_unit_test(what_this_user_may_not_is_not_tried_harder),
        cmocka_unit_test(who_joined_a_stop_hears_that_it_was_refused),
        cmocka_unit_test(a_kill_beside_a_stop_is_told_without_an_event),
        cmocka_unit_test(what_is_being_started_is_not_told_as_stopped),
        cmocka_unit_test(what_is_being_launched_goes_by_force_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
