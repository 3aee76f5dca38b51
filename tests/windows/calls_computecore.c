/* The provider by itself, over the stand-in computecore.dll: a thousand calls at once, closing in the middle
 * of them, and a service that goes away. Words for the stand-in come from the environment, as does what is to
 * be tested. */
#include "tests/core/test.h"

#include <stdio.h>
#include <uv.h>
#include <windows.h>

#include "backends/hcs/computecore.h"
#include "core/memory.h"
#include "core/text.h"

enum { CALLS = 1000, ROUNDS = 3, SYSTEMS = 14, HUNG = 8 };

struct world {
    uv_loop_t loop;
    struct hcs_service *service;
    bool ready, closed, disconnected;
    struct error unusable;
    struct text list; /* the last enumeration */
    char *ids[SYSTEMS * 2];
    size_t n_ids;
    int answers[CALLS];
    int32_t results[CALLS];
    int answered;
    int begun; /* processes */
    bool looked_up;
};

struct one {
    struct world *world;
    int number;
};

static void on_ready(void *user, const struct hcs_host *host)
{
    (void)host;
    ((struct world *)user)->ready = true;
}

static void on_unusable(void *user, const struct error *why)
{
    ((struct world *)user)->unusable = *why;
    ((struct world *)user)->ready = true;
}

static void on_event(void *user, const char *id, enum hcs_event type, const char *document)
{
    (void)user, (void)id, (void)type, (void)document;
}

static void on_disconnected(void *user)
{
    struct world *w = user;
    assert_false(w->disconnected); /* once, though each handle tells it */
    w->disconnected = true;
}

static const struct hcs_service_sink SINK = {on_ready, on_unusable, on_event, on_disconnected};

static void turn_until(struct world *w, const bool *done)
{
    uint64_t end = uv_hrtime() + UINT64_C(60000000000);
    while (!*done && uv_hrtime() < end) {
        uv_run(&w->loop, UV_RUN_ONCE);
    }
    assert_true(*done);
}

static void open_world(struct world *w)
{
    *w = (struct world){0};
    uv_loop_init(&w->loop);
    w->service = computecore_service.open(&w->loop, NULL, &SINK, w);
    turn_until(w, &w->ready);
    assert_int_equal(w->unusable.kind, ERROR_NONE);
}

static void on_closed(void *user)
{
    ((struct world *)user)->closed = true;
}

static void close_world(struct world *w)
{
    computecore_service.close(w->service, on_closed, w);
    turn_until(w, &w->closed);
    while (uv_run(&w->loop, UV_RUN_DEFAULT)) {
    }
    assert_int_equal(uv_loop_close(&w->loop), 0);
    for (size_t i = 0; i < w->n_ids; i++) {
        free(w->ids[i]);
    }
    text_done(&w->list);
}

static void on_list(void *user, int32_t result, const char *document)
{
    struct world *w = user;
    assert_true(result >= 0);
    text_add(&w->list, document);
    for (const char *at = document; (at = strstr(at, "\"Id\":\"")) && w->n_ids < COUNT(w->ids);) {
        at += 6;
        w->ids[w->n_ids++] = mem_string_n(at, strcspn(at, "\""));
    }
    w->answered++;
}

static void enumerate(struct world *w)
{
    computecore_service.call(w->service, HCS_ENUMERATE, NULL, NULL, on_list, w);
    while (w->answered == 0) {
        uv_run(&w->loop, UV_RUN_ONCE);
    }
    w->answered = 0;
    assert_true(w->n_ids > 3);
}

static void on_one(void *user, int32_t result, const char *document)
{
    struct one *one = user;
    struct world *w = one->world;
    (void)document;
    w->answers[one->number]++;
    w->results[one->number] = result;
    w->answered++;
}

static void ask_all(struct world *w, struct one *ones)
{
    for (int i = 0; i < CALLS; i++) {
        ones[i] = (struct one){w, i};
        w->answers[i] = 0;
        computecore_service.call(w->service, HCS_PROPERTIES, w->ids[(size_t)i % w->n_ids],
                                 "{\"PropertyTypes\":[\"ProcessList\"]}", on_one, &ones[i]);
    }
}

static DWORD handles(void)
{
    DWORD n = 0;
    GetProcessHandleCount(GetCurrentProcess(), &n);
    return n;
}

static void a_thousand_calls_are_each_answered_once(void **state)
{
    (void)state;
    struct world w;
    struct one *ones = mem_new(CALLS, sizeof *ones);
    DWORD after_first = 0;
    open_world(&w);
    enumerate(&w);
    computecore_service.watch(w.service, w.ids[0], on_one, &(struct one){&w, 0});
    while (w.answered == 0) {
        uv_run(&w.loop, UV_RUN_ONCE);
    }
    for (int round = 0; round < ROUNDS; round++) {
        w.answered = 0;
        ask_all(&w, ones);
        assert_int_equal(w.answered, 0); /* never from inside the call */
        while (w.answered < CALLS) {
            uv_run(&w.loop, UV_RUN_ONCE);
        }
        for (int i = 0; i < CALLS; i++) {
            assert_int_equal(w.answers[i], 1);
            assert_int_not_equal(w.results[i], HCS_ABORTED); /* some have no processes, and say so */
        }
        after_first = round == 0 ? handles() : after_first;
    }
    int good = 0;
    for (int i = 0; i < CALLS; i++) {
        good += w.results[i] >= 0;
    }
    assert_true(good > CALLS / 4);
    assert_true(handles() < after_first + 50);
    close_world(&w);
    free(ones);
}

static void closing_answers_what_is_open(void **state)
{
    (void)state;
    struct world w;
    struct one *ones = mem_new(CALLS, sizeof *ones);
    open_world(&w);
    enumerate(&w);
    ask_all(&w, ones);
    computecore_service.close(w.service, on_closed, &w);
    turn_until(&w, &w.closed);
    for (int i = 0; i < CALLS; i++) {
        assert_int_equal(w.answers[i], 1);
    }
    assert_int_equal(w.results[CALLS - 1], HCS_ABORTED);
    w.closed = false;
    while (uv_run(&w.loop, UV_RUN_DEFAULT)) {
    }
    assert_int_equal(uv_loop_close(&w.loop), 0);
    for (size_t i = 0; i < w.n_ids; i++) {
        free(w.ids[i]);
    }
    text_done(&w.list);
    free(ones);
}

/* Those that have begun are not waited for, nor done after the end: no layer is made of nothing. */
static void closing_answers_what_is_arranged(void **state)
{
    (void)state;
    static const enum hcs_arrangement kinds[] = {
        HCS_IMAGES,          HCS_SCRATCH_CREATE, HCS_SCRATCH_MOUNT, HCS_ENDPOINT_CREATE,
        HCS_ENDPOINT_REMOVE, HCS_SCRATCH_REMOVE, HCS_SWEEP};
    struct world w;
    struct one ones[COUNT(kinds)];
    open_world(&w);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        ones[i] = (struct one){&w, (int)i};
        computecore_service.arrange(w.service, kinds[i], "calls", "{}", on_one, &ones[i]);
    }
    assert_int_equal(w.answered, 0); /* never from inside the call */
    close_world(&w);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        assert_int_equal(w.answers[i], 1);
    }
}

static void on_started(void *user, int32_t result, const char *document, uint32_t pid)
{
    (void)result, (void)document, (void)pid;
    ((struct world *)user)->begun++;
}

static void on_output(void *user, enum console_stream stream, const char *data, size_t len)
{
    (void)user, (void)stream, (void)data, (void)len;
}

static void on_nothing(void *user)
{
    (void)user;
}

static void on_process_closed(void *user, int32_t result, const char *document)
{
    (void)user, (void)result, (void)document;
}

static const struct hcs_process_sink PROCESS = {on_started, on_output, on_nothing, on_process_closed};

static void on_looked_up(uv_fs_t *request)
{
    ((struct world *)request->data)->looked_up = true;
    uv_fs_req_cleanup(request);
}

/* Neither a table of processes, nor a file, nor the end waits for calls that do not come back; whether HCS
 * owes their answer or keeps the thread that called. */
static void creations_that_hang_hold_nothing_up(void **state)
{
    (void)state;
    static const char *const commands[] = {"{\"CommandLine\":\"hangs.exe\"}",
                                           "{\"CommandLine\":\"stuck.exe\"}"};
    struct world w;
    struct one one = {.number = 0};
    uv_fs_t look;
    open_world(&w);
    enumerate(&w);
    for (int i = 0; i < 2 * HUNG; i++) {
        computecore_service.create_process(w.service, w.ids[0], commands[i % 2], &PROCESS, &w);
    }
    one.world = &w;
    for (size_t i = 1; i < w.n_ids; i++) {
        w.answered = 0;
        computecore_service.call(w.service, HCS_PROPERTIES, w.ids[i], "{\"PropertyTypes\":[\"ProcessList\"]}",
                                 on_one, &one);
        while (w.answered == 0) {
            uv_run(&w.loop, UV_RUN_ONCE);
        }
    }
    look.data = &w;
    assert_int_equal(uv_fs_stat(&w.loop, &look, ".", on_looked_up), 0);
    turn_until(&w, &w.looked_up);
    assert_int_equal(w.begun, 0); /* they hang */
    close_world(&w);
    assert_int_equal(w.begun, 0);
}

static void a_service_that_goes_away_is_told_once(void **state)
{
    (void)state;
    struct world w;
    struct one first = {.number = 0}, second = {.number = 1};
    open_world(&w);
    enumerate(&w);
    first.world = second.world = &w;
    computecore_service.watch(w.service, w.ids[0], on_one, &first);
    computecore_service.watch(w.service, w.ids[1], on_one, &second);
    turn_until(&w, &w.disconnected);
    close_world(&w);
}

static int start_all(struct world *w)
{
    struct one ones[SYSTEMS];
    int asked = w->n_ids < SYSTEMS ? (int)w->n_ids : SYSTEMS, failed = 0;
    w->answered = 0;
    for (int i = 0; i < asked; i++) {
        ones[i] = (struct one){w, i};
        computecore_service.call(w->service, HCS_START, w->ids[i], NULL, on_one, &ones[i]);
    }
    while (w->answered < asked) {
        uv_run(&w->loop, UV_RUN_ONCE);
    }
    for (int i = 0; i < asked; i++) {
        failed += w->results[i] < 0;
    }
    return asked - failed;
}

/* The answer overtakes the call that it belongs to: what failed has failed all the same. */
static void a_failure_that_comes_early_is_one(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    enumerate(&w);
    start_all(&w);
    assert_int_equal(start_all(&w), 0); /* each of them runs by now, or cannot be started */
    close_world(&w);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest calls[] = {
        cmocka_unit_test(a_thousand_calls_are_each_answered_once),
        cmocka_unit_test(closing_answers_what_is_open),
        cmocka_unit_test(closing_answers_what_is_arranged),
        cmocka_unit_test(creations_that_hang_hold_nothing_up),
    };
    const struct CMUnitTest disconnect[] = {cmocka_unit_test(a_service_that_goes_away_is_told_once)};
    const struct CMUnitTest early[] = {cmocka_unit_test(a_failure_that_comes_early_is_one)};
    const char *what = argc > 1 ? argv[1] : "";
    return strcmp(what, "disconnect") == 0 ? cmocka_run_group_tests(disconnect, NULL, NULL)
           : strcmp(what, "early") == 0    ? cmocka_run_group_tests(early, NULL, NULL)
                                           : cmocka_run_group_tests(calls, NULL, NULL);
}
