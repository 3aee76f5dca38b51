/* How Docker's engine opens: what is asked side by side, in which order it is believed, and what is asked
 * first when there is much to ask. */
#include "tests/backends/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"
#include "tests/backends/pretender.h"

#define FIRST             "0000000000000000000000000000000000000000000000000000000000000000"
#define GONE              "00000000000000000000000000000000000000000000000000000000000000ff"
#define EVENT(action, id) "{\"Type\":\"container\",\"Action\":\"" action "\",\"Actor\":{\"ID\":\"" id "\"}}"
#define EVENTS            "GET /v1.41/events?filters=%7B%22type%22%3A%5B%22container%22%5D%7D"
#define LIST              "GET /v1.41/containers/json?all=1"
#define INSPECT           "GET /v1.41/containers/0"

enum { OTHERS = 60 };

static const char INFO[] =
    "{\"OSType\":\"linux\",\"DefaultRuntime\":\"runc\",\"ServerVersion\":\"20.10.24\"}";

struct room {
    struct desk *desk;
    struct pretender *daemon;
};

static int make(void **state)
{
    struct room *r = mem_new(1, sizeof *r);
    r->desk = desk_new();
    desk_place(r->desk);
    *state = r;
    return 0;
}

static void meet(struct room *r, const struct rule *rules)
{
    r->daemon = pretender_new(&r->desk->loop, r->desk->address + 7, rules);
    desk_open(r->desk, r->desk->address);
}

static int drop(void **state)
{
    struct room *r = *state;
    desk_close(r->desk);
    pretender_free(r->daemon);
    desk_free(r->desk);
    free(r);
    return 0;
}

static char *inspect_of_first(void)
{
    struct text t = {0};
    text_add(&t, "{\"Id\":\"" FIRST "\",\"Name\":\"/first\",\"HostConfig\":{\"Runtime\":\"runc\"},\"State\":{"
                 "\"Status\":\"running\",\"Running\":true,\"Pid\":0}}");
    return text_take(&t);
}

/* Events come with what has happened since before the list, by the daemon's clock, and are not believed, nor
 * is the list read, before it is known what answers there. One of a container that went before the list was
 * made ends no list that has not begun. */
static void events_begin_before_the_list(void **state)
{
    struct room *r = *state;
    struct desk *k = r->desk;
    char length[64], *inspect = inspect_of_first();
    snprintf(length, sizeof length, "Content-Length: %zu\r\n", sizeof INFO - 1);
    const struct rule rules[] = {
        {.request = "GET /_ping",
         .headers = "Api-Version: 1.41\r\nDate: Tue, 24 Nov 2026 23:36:24 GMT\r\n",
         .body = "OK"},
        {.request = "GET /v1.41/events", .stays = true, .body = EVENT("start", FIRST) EVENT("destroy", GONE)},
        {.request = "GET /v1.41/info", .headers = length, .stays = true},
        {.request = LIST, .body = "[{\"Id\":\"" FIRST "\",\"Names\":[\"/first\"],\"State\":\"running\"}]"},
        {.request = "GET /v1.41/containers/" FIRST "/json", .body = inspect},
        {.request = NULL}};
    meet(r, rules);
    DESK_UNTIL(k, pretender_count(r->daemon, EVENTS "&since=1795563384 ") == 1 &&
                      pretender_count(r->daemon, LIST) == 1 &&
                      pretender_count(r->daemon, "GET /v1.41/info") == 1);
    desk_turn_for(k, 50);
    assert_int_equal(desk_engine(k)->state, ENGINE_OPENING);
    assert_int_equal(model_count(k->model), 0);
    assert_int_equal(pretender_count(r->daemon, INSPECT), 0);
    pretender_say(r->daemon, INFO);
    assert_int_equal(desk_listed(k, FIRST)->isolation, ISOLATION_PROCESS);
    assert_int_equal(model_count(k->model), 1);
    assert_int_equal(pretender_count(r->daemon, LIST), 1);
    free(inspect);
}

static void a_daemon_without_a_clock_is_asked_from_now_on(void **state)
{
    static const struct rule rules[] = {
        {.request = "GET /_ping", .headers = "Api-Version: 1.41\r\nDate: yesterday\r\n", .body = "OK"},
        {.request = "GET /v1.41/events", .stays = true},
        {.request = "GET /v1.41/info", .body = INFO},
        {.request = LIST, .body = "[]"},
        {.request = NULL}};
    struct room *r = *state;
    meet(r, rules);
    DESK_UNTIL(r->desk, desk_engine(r->desk)->listed);
    assert_int_equal(pretender_count(r->daemon, EVENTS " HTTP"), 1);
}

/* A list without an answer, before the engine is known: said, not waited for. */
static void a_list_that_is_refused_is_said(void **state)
{
    static const struct rule rules[] = {
        {.request = "GET /_ping", .headers = "Api-Version: 1.41\r\n", .body = "OK"},
        {.request = "GET /v1.41/events", .stays = true},
        {.request = "GET /v1.41/info", .stays = true, .headers = "Content-Length: 9\r\n"},
        {.request = LIST, .status = "500 Internal Server Error", .body = "{\"message\":\"out of room\"}"},
        {.request = NULL}};
    struct room *r = *state;
    meet(r, rules);
    DESK_UNTIL(r->desk, desk_engine(r->desk)->state == ENGINE_OFFLINE);
    assert_non_null(strstr(desk_engine(r->desk)->reason, "does not list its containers: out of room"));
}

/* One that is too long, too: its end may never come. */
static void an_answer_without_an_end_is_left(void **state)
{
    char *flood = mem_new(1, 8192);
    memset(flood, '1', 8191);
    const struct rule rules[] = {{.request = "GET /_ping",
                                  .headers = "Api-Version: 1.41\r\nContent-Length: 99999999\r\n",
                                  .body = flood,
                                  .stays = true},
                                 {.request = NULL}};
    struct room *r = *state;
    meet(r, rules);
    DESK_UNTIL(r->desk, desk_engine(r->desk)->state == ENGINE_OFFLINE);
    assert_non_null(strstr(desk_engine(r->desk)->reason, "longer than 4096 bytes"));
    free(flood);
}

static char *long_list(void)
{
    struct text t = {0};
    text_add(&t, "[{\"Id\":\"" FIRST "\",\"Names\":[\"/first\"],\"State\":\"running\"}");
    for (int i = 0; i < OTHERS; i++) {
        text_addf(&t, ",{\"Id\":\"0%063d\",\"Names\":[\"/other-%d\"],\"State\":\"running\"}", i + 1, i);
    }
    text_add(&t, "]");
    return text_take(&t);
}

/* Rows are named before they are known in full, and the one that is looked at does not wait for its turn,
 * which would be the last. */
static void what_is_looked_at_is_inspected_first(void **state)
{
    struct room *r = *state;
    struct desk *k = r->desk;
    char *list = long_list(), *inspect = inspect_of_first();
    const struct rule rules[] = {
        {.request = "GET /_ping", .headers = "Api-Version: 1.41\r\n", .body = "OK"},
        {.request = "GET /v1.41/events", .stays = true},
        {.request = "GET /v1.41/info", .body = INFO},
        {.request = LIST, .body = list},
        {.request = "GET /v1.41/containers/" FIRST "/json", .body = inspect},
        {.request = INSPECT, .status = "500 Internal Server Error", .body = "{\"message\":\"too much\"}"},
        {.request = NULL}};
    meet(r, rules);
    DESK_UNTIL(k, desk_engine(k)->named);
    assert_true(session_named(k->session));
    assert_false(session_settled(k->session));
    assert_int_equal(model_count(k->model), OTHERS + 1);
    const struct container *c = desk_named(k, "first");
    assert_int_equal(c->isolation, ISOLATION_UNKNOWN);
    session_sample(k->session, &c->id, 1, FIELD_CPU);
    DESK_UNTIL(k, desk_named(k, "first")->isolation == ISOLATION_PROCESS);
    assert_in_range(pretender_count(r->daemon, INSPECT), 1, OTHERS / 2);
    DESK_UNTIL(k, session_settled(k->session)); /* those that cannot be inspected end the list all the same */
    assert_int_equal(pretender_count(r->daemon, INSPECT), OTHERS + 1);
    free(list);
    free(inspect);
}

/* Another daemon at the same address, which speaks a newer version: the rows wait, and are its own again. */
static void an_upgrade_is_followed(void **state)
{
    char *inspect = inspect_of_first();
    const char *list = "[{\"Id\":\"" FIRST "\",\"Names\":[\"/first\"],\"State\":\"running\"}]";
    const struct rule before[] = {{.request = "GET /_ping", .headers = "Api-Version: 1.41\r\n", .body = "OK"},
                                  {.request = "GET /v1.41/events", .stays = true},
                                  {.request = "GET /v1.41/info", .body = INFO},
                                  {.request = LIST, .body = list},
                                  {.request = INSPECT, .body = inspect},
                                  {.request = NULL}};
    const struct rule after[] = {
        {.request = "GET /_ping", .headers = "Api-Version: 1.45\r\n", .body = "OK"},
        {.request = "GET /v1.45/events", .stays = true},
        {.request = "GET /v1.45/info", .body = "{\"OSType\":\"linux\",\"ServerVersion\":\"26.1\"}"},
        {.request = "GET /v1.45/containers/json", .body = list},
        {.request = "GET /v1.45/containers/0", .body = inspect},
        {.request = NULL}};
    struct room *r = *state;
    struct desk *k = r->desk;
    meet(r, before);
    container_id id = desk_listed(k, FIRST)->id;
    pretender_free(r->daemon);
    unlink(r->desk->address + 7);
    DESK_UNTIL(k, desk_engine(k)->state == ENGINE_OFFLINE);
    assert_int_equal(model_get(k->model, id)->state, CONTAINER_LOST);
    r->daemon = pretender_new(&k->loop, r->desk->address + 7, after);
    DESK_UNTIL(k, desk_engine(k)->listed); /* by itself */
    assert_non_null(strstr(desk_engine(k)->version, "docker 26.1, API 1.45"));
    assert_int_equal(model_get(k->model, id)->state, CONTAINER_RUNNING); /* the same row */
    assert_int_equal(pretender_count(r->daemon, "GET /v1.41"), 0);
    free(inspect);
}

static void on_stopped(void *user, struct answer *answer)
{
    *(struct error *)user = answer->why;
}

/* It says that it has stopped it, and that it waits for its next start all the same; then that it has ended.
 */
static void a_stop_is_looked_after(void **state)
{
    static const struct {
        const char *status;
        enum error_kind kind;
    } after[] = {{"restarting", ERROR_CONFLICT},
                 {"running\",\"StartedAt\":\"2026-11-30T21:34:22Z", ERROR_CONFLICT},
                 {"exited\",\"StartedAt\":\"2026-11-30T21:34:22Z", ERROR_NONE}};
    const char *list = "[{\"Id\":\"" FIRST "\",\"Names\":[\"/first\"],\"State\":\"restarting\"}]";
    struct room *r = *state;
    struct desk *k = r->desk;
    char inspect[300];
    const struct rule rules[] = {
        {.request = "GET /_ping", .headers = "Api-Version: 1.41\r\n", .body = "OK"},
        {.request = "GET /v1.41/events", .stays = true},
        {.request = "GET /v1.41/info", .body = INFO},
        {.request = LIST, .body = list},
        {.request = INSPECT, .body = inspect},
        {.request = "POST /v1.41/containers/" FIRST "/stop", .status = "204 No Content"},
        {.request = NULL}};
    snprintf(inspect, sizeof inspect,
             "{\"Id\":\"" FIRST "\",\"Name\":\"/first\",\"State\":{\"Status\":\"%s\"}}", "restarting");
    meet(r, rules);
    container_id id = desk_listed(k, FIRST)->id;
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        struct error why = {.kind = ERROR_OTHER};
        snprintf(inspect, sizeof inspect,
                 "{\"Id\":\"" FIRST "\",\"Name\":\"/first\",\"State\":{\"Status\":\"%s\"}}", after[i].status);
        session_act(k->session, id, VERB_STOP, NULL, on_stopped, &why);
        DESK_UNTIL(k, why.kind != ERROR_OTHER);
        assert_int_equal(why.kind, after[i].kind);
        if (why.kind != ERROR_NONE) {
            assert_non_null(strstr(why.text, "says that it has stopped it"));
            assert_non_null(strstr(why.text, i == 0 ? "it is restarting" : "it is running"));
        }
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(events_begin_before_the_list),     TEST(a_daemon_without_a_clock_is_asked_from_now_on),
        TEST(a_list_that_is_refused_is_said),   TEST(what_is_looked_at_is_inspected_first),
        TEST(a_stop_is_looked_after),           TEST(an_upgrade_is_followed),
        TEST(an_answer_without_an_end_is_left),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
