/* A Windows daemon, from transcripts: what its containers are, by which isolation, what they use, and what
 * happens when an answer is cut anywhere.
 *
 * The bodies follow what moby's Windows daemon sends: HostConfig.Isolation is the mode in force, `top` has
 * the columns Name, PID, CPU, Private Working Set, `stats` counts CPU in units of 100 ns and tells
 * privateworkingset.
 */
#include "tests/backends/desk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "tests/backends/pretender.h"

#define PING "a1c7d1e06b6b3d5b9c4d0c2f3a8e7f60112233445566778899aabbccddeeff00"
#define BILL "b2c7d1e06b6b3d5b9c4d0c2f3a8e7f60112233445566778899aabbccddeeff00"
#define INSPECT(id, name, isolation, more)                                                                   \
    "{\"Id\":\"" id                                                                                          \
    "\",\"Created\":\"2026-11-24T20:24:00.69Z\",\"Path\":\"ping\",\"Args\":[\"localhost\",\"-t\"],"          \
    "\"State\":{\"Status\":\"running\",\"Running\":true,\"Paused\":false,\"Pid\":3964,\"ExitCode\":0,"       \
    "\"StartedAt\":\"2026-11-24T20:24:01Z\",\"FinishedAt\":\"0001-01-01T00:00:00Z\"},\"Image\":\"sha256:"    \
    "f4\","                                                                                                  \
    "\"Name\":\"/" name "\",\"Platform\":\"windows\",\"HostConfig\":{\"Isolation\":\"" isolation "\"" more   \
    "},"                                                                                                     \
    "\"Mounts\":[],\"Config\":{\"Tty\":false,\"Cmd\":[\"ping\",\"localhost\",\"-t\"],\"Image\":"             \
    "\"servercore:ltsc2022\","                                                                               \
    "\"Labels\":{}},\"NetworkSettings\":{\"Ports\":{}}}"
#define ROW(id, name)                                                                                        \
    "{\"Id\":\"" id "\",\"Names\":[\"/" name                                                                 \
    "\"],\"Image\":\"servercore:ltsc2022\",\"Command\":\"ping localhost -t\","                               \
    "\"Created\":1795551840,\"Ports\":[],\"Labels\":{},\"State\":\"running\",\"Status\":\"Up 2 minutes\"}"

static const struct rule windows[] = {
    {.request = "GET /_ping", .headers = "Api-Version: 1.51\r\nOstype: windows\r\n", .body = "OK"},
    {.request = "GET /v1.47/info",
     .body = "{\"OSType\":\"windows\",\"ServerVersion\":\"28.3.0\",\"OperatingSystem\":\"Microsoft Windows "
             "Server 2022\","
             "\"Isolation\":\"process\",\"DefaultRuntime\":\"\",\"Runtimes\":null,\"Name\":\"WINHOST-03\"}"},
    {.request = "GET /v1.47/events", .headers = "Content-Type: application/json\r\n", .stays = true},
    {.request = "GET /v1.47/containers/json",
     .body = "[" ROW(PING, "ping-process") "," ROW(BILL, "billing") "]"},
    {.request = "GET /v1.47/containers/" PING "/json", .body = INSPECT(PING, "ping-process", "process", "")},
    {.request = "GET /v1.47/containers/" BILL "/json",
     .body = INSPECT(BILL, "billing", "hyperv",
                     ",\"Binds\":[\"C:\\\\data:C:\\\\data:ro\"],\"PortBindings\":{\"80/"
                     "tcp\":[{\"HostIp\":\"\",\"HostPort\":"
                     "\"8080\"}]}")},
    {.request = "GET /v1.47/containers/" PING "/top",
     .body = "{\"Processes\":[[\"smss.exe\",\"3120\",\"00:00:00.046\",\"303.1kB\"],[\"ping.exe\",\"3964\","
             "\"00:01:02.500\",\"3.629MB\"]],\"Titles\":[\"Name\",\"PID\",\"CPU\",\"Private Working Set\"]}"},
    {.request = "GET /v1.47/containers/" PING "/stats",
     .body = "{\"read\":\"2026-11-24T20:30:00Z\",\"num_procs\":4,\"cpu_stats\":{\"cpu_usage\":{\"total_"
             "usage\":625000000}},"
             "\"memory_stats\":{\"commitbytes\":9000000,\"privateworkingset\":3629056}}"},
    {.request = "POST /v1.47/containers/" BILL "/pause", .status = "204 No Content"},
    {.request = NULL}};

struct room {
    struct desk *desk;
    struct pretender *daemon;
};

static int make(void **state)
{
    struct room *r = mem_new(1, sizeof *r);
    r->desk = desk_new();
    desk_place(r->desk);
    r->daemon = pretender_new(&r->desk->loop, r->desk->address + 7, windows);
    desk_open(r->desk, r->desk->address);
    *state = r;
    return 0;
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

/* What is seen. */

static void isolation_and_its_origin_are_told(void **state)
{
    struct room *r = *state;
    struct desk *k = r->desk;
    const struct container *ping = desk_listed(k, PING), *bill = desk_listed(k, BILL);
    const struct engine *e = desk_engine(k);
    assert_int_equal(e->default_isolation, ISOLATION_PROCESS);
    assert_int_equal(e->hypervisor, HYPERVISOR_HYPERV);
    assert_string_equal(e->version, "docker 28.3.0, API 1.47, Windows");
    assert_int_equal(ping->isolation, ISOLATION_PROCESS);
    assert_int_equal(ping->origin, ORIGIN_DEFAULT);
    assert_int_equal(bill->isolation, ISOLATION_VM);
    assert_int_equal(bill->origin, ORIGIN_REQUESTED);
    assert_string_equal(isolation_word(bill->isolation, bill->hypervisor), "hyperv");
    assert_int_equal(ping->pid, 0); /* a process of another machine has no pid here */
    assert_string_equal(bill->name, "billing");
    assert_string_equal(bill->ports, "8080->80/tcp");
    assert_int_equal(bill->n_crossings, 1);
    assert_int_equal(bill->crossings[0].kind, CROSSING_PORT);
}

static void processes_come_with_their_units(void **state)
{
    struct room *r = *state;
    struct desk *k = r->desk;
    struct desk_answer h = {0};
    session_processes(k->session, desk_listed(k, PING)->id, desk_answered, &h);
    DESK_UNTIL(k, h.done);
    assert_int_equal(h.why.kind, ERROR_NONE);
    assert_int_equal(h.table->count, 2);
    const struct process *p = &h.table->rows[1];
    assert_string_equal(p->name, "ping.exe");
    assert_int_equal(p->pid, 3964);
    assert_int_equal(p->host_pid, 0);
    assert_int_equal(p->cpu_100ns, 625000000);
    assert_int_equal(p->memory, 3629000);
    desk_answer_done(&h);
}

static void what_a_mode_forbids_is_refused_with_the_reason(void **state)
{
    struct room *r = *state;
    struct desk *k = r->desk;
    struct desk_answer h = {0};
    assert_null(desk_listed(k, BILL)->why_not[VERB_PAUSE]);
    session_act(k->session, desk_listed(k, PING)->id, VERB_PAUSE, NULL, desk_answered, &h);
    DESK_UNTIL(k, h.done);
    assert_int_equal(h.why.kind, ERROR_UNSUPPORTED);
    assert_non_null(strstr(h.why.text, "cannot pause a process-isolated container"));
    assert_int_equal(pretender_count(r->daemon, "POST"), 0); /* it was not even tried */
    h.done = false;
    session_act(k->session, desk_listed(k, BILL)->id, VERB_PAUSE, NULL, desk_answered, &h);
    DESK_UNTIL(k, h.done);
    assert_int_equal(h.why.kind, ERROR_NONE);
}

static void only_what_is_wanted_is_measured(void **state)
{
    struct room *r = *state;
    struct desk *k = r->desk;
    container_id id = desk_listed(k, PING)->id;
    session_sample(k->session, &id, 1, FIELD_USAGE);
    DESK_UNTIL(k, model_get(k->model, id)->memory > 0);
    assert_int_equal(model_get(k->model, id)->memory, 3629056);
    assert_int_equal(pretender_count(r->daemon, "GET /v1.47/containers/" BILL "/stats"), 0);
    session_sample(k->session, NULL, 0, 0);
}

static void nothing_is_asked_when_nothing_happens(void **state)
{
    struct room *r = *state;
    struct desk *k = r->desk;
    desk_listed(k, PING);
    int asked = pretender_count(r->daemon, "");
    desk_turn_for(k, 1500);
    assert_int_equal(pretender_count(r->daemon, ""), asked);
}

static void an_event_has_one_container_inspected(void **state)
{
    struct room *r = *state;
    struct desk *k = r->desk;
    desk_listed(k, PING);
    int asked = pretender_count(r->daemon, "");
    pretender_say(r->daemon,
                  "{\"Type\":\"container\",\"Action\":\"health_status: healthy\",\"Actor\":{\"ID\":\"" BILL
                  "\"}}\n");
    DESK_UNTIL(k, pretender_count(r->daemon, "") > asked);
    pretender_say(r->daemon,
                  "{\"Type\":\"container\",\"Action\":\"destroy\",\"Actor\":{\"ID\":\"" PING "\"}}\r\n");
    DESK_UNTIL(k, !model_find_key(k->model, PING));
    assert_int_equal(pretender_count(r->daemon, ""), asked + 1);
    assert_int_equal(pretender_count(r->daemon, "GET /v1.47/containers/" BILL "/json"), 2);
}

/* Nonsense. */

static void nonsense_is_said_and_survived(void **state)
{
    struct room *r = *state;
    struct desk *k = r->desk;
    desk_listed(k, PING);
    pretender_say(r->daemon, "this is no JSON\n");
    DESK_UNTIL(k, desk_engine(k)->state == ENGINE_OFFLINE);
    assert_non_null(strstr(desk_engine(k)->reason, "no valid JSON"));
    assert_int_equal(model_find_key(k->model, PING)->state, CONTAINER_LOST); /* the row stays */
    session_refresh(k->session);
    DESK_UNTIL(k, desk_engine(k)->state == ENGINE_ONLINE && desk_engine(k)->listed);
    assert_int_equal(model_find_key(k->model, PING)->state, CONTAINER_RUNNING);
}

/* Wherever the daemon's words are cut, the engine says so in one sentence, keeps what it knows, and comes
 * back. */
static void a_cut_at_any_byte_is_survived(void **state)
{
    struct room *r = *state;
    struct desk *k = r->desk;
    desk_listed(k, PING);
    size_t all = pretender_sent(r->daemon);
    for (size_t cut = 0; cut < all; cut++) {
        desk_close(k);
        pretender_cut(r->daemon, cut);
        desk_open(k, r->desk->address);
        DESK_UNTIL(k, session_settled(k->session));
        const struct engine *e = desk_engine(k);
        if (!e->listed) {
            assert_int_equal(e->state, ENGINE_OFFLINE);
            assert_true(strlen(e->reason) > 20);
        }
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(isolation_and_its_origin_are_told),
        TEST(processes_come_with_their_units),
        TEST(what_a_mode_forbids_is_refused_with_the_reason),
        TEST(only_what_is_wanted_is_measured),
        TEST(nothing_is_asked_when_nothing_happens),
        TEST(an_event_has_one_container_inspected),
        TEST(nonsense_is_said_and_survived),
        TEST(a_cut_at_any_byte_is_survived),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
