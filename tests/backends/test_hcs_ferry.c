/* Threads that behave like HCS's: they send whenever they like, also while the ferry is closed and after. */
#include "tests/core/test.h"

#include <stdio.h>
#include <uv.h>

#include "backends/hcs/ferry.h"
#include "core/memory.h"

enum { THREADS = 4, EACH = 2000 };

struct world {
    uv_loop_t loop;
    struct ferry *ferry;
    int heard, next_of[THREADS];
    bool disorder, closed;
    int close_after; /* so many; 0: never */
};

static void on_closed(void *user)
{
    ((struct world *)user)->closed = true;
}

static void on_arrived(void *user, struct ferry_message *m)
{
    struct world *w = user;
    int *next = &w->next_of[m->to - 1];
    char expected[32];
    snprintf(expected, sizeof expected, "%d of %d", m->value, (int)m->to);
    w->disorder = w->disorder || w->closed || m->value != *next || strcmp(expected, m->document) != 0;
    (*next)++;
    if (++w->heard == w->close_after) {
        ferry_close(w->ferry, on_closed);
    }
}

struct sender {
    struct ferry *ferry;
    int number;
    uv_thread_t thread;
};

static void send_all(void *data)
{
    const struct sender *s = data;
    for (int i = 0; i < EACH; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d of %d", i, s->number);
        ferry_send(s->ferry, FERRY_EVENT, (uint64_t)s->number, i, mem_string(text));
    }
    ferry_drop(s->ferry);
}

static void begin(struct world *w, struct sender *senders)
{
    uv_loop_init(&w->loop);
    w->ferry = ferry_new(&w->loop, on_arrived, w);
    for (int i = 0; i < THREADS; i++) {
        senders[i] = (struct sender){.ferry = w->ferry, .number = i + 1};
        ferry_hold(w->ferry);
        assert_int_equal(uv_thread_create(&senders[i].thread, send_all, &senders[i]), 0);
    }
}

static void end(struct world *w, struct sender *senders)
{
    for (int i = 0; i < THREADS; i++) {
        uv_thread_join(&senders[i].thread);
    }
    while (uv_run(&w->loop, UV_RUN_DEFAULT)) {
    }
    assert_true(w->closed);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    assert_false(w->disorder);
}

static void all_arrives_in_order(void **state)
{
    (void)state;
    struct world w = {.close_after = THREADS * EACH};
    struct sender senders[THREADS];
    begin(&w, senders);
    while (w.heard < THREADS * EACH) {
        uv_run(&w.loop, UV_RUN_ONCE);
    }
    end(&w, senders);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(w.next_of[i], EACH);
    }
}

static void nothing_arrives_after_the_closing(void **state)
{
    (void)state;
    struct world w = {.close_after = EACH / 2};
    struct sender senders[THREADS];
    begin(&w, senders);
    while (!w.closed) {
        uv_run(&w.loop, UV_RUN_ONCE);
    }
    end(&w, senders);
    assert_int_equal(w.heard, EACH / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_arrives_in_order),
        cmocka_unit_test(nothing_arrives_after_the_closing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
