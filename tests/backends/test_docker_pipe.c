/* The carrier over a named pipe of Windows, against pipes as a daemon makes them: message pipes of which one
 * instance is free or none, half-close by a message of no bytes, back-pressure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "backends/docker/transport_parts.h"
#include "core/memory.h"
#include "core/text.h"

enum { FLOOD = 4 << 20, BLOCK = 65536, PATIENCE_MS = 60000 };

/* The carrier speaks to a transport; this is what it is told. */
struct transport {
    uv_loop_t loop;
    uv_timer_t limit;
    bool late, connected, ended, failed;
    int drained;
    struct text heard;
    struct error why;
    struct carrier *carrier;
};

void transport_on_connected(struct transport *t)
{
    assert_false(t->connected || t->ended);
    t->connected = true;
}

void transport_on_bytes(struct transport *t, const char *data, size_t len)
{
    assert_true(t->connected && !t->ended && len > 0);
    text_add_n(&t->heard, data, len);
}

void transport_on_drained(struct transport *t)
{
    t->drained++;
}

void transport_on_ended(struct transport *t, const struct error *why)
{
    assert_false(t->ended);
    t->ended = true;
    t->failed = why != NULL;
    if (why) {
        t->why = *why;
    }
}

/* ---- the daemon's side ---- */

enum manner { ECHO, CLOSE, FLOODING };

struct server {
    char path[64];
    enum manner manner;
    HANDLE pipe, busy_until; /* the instance is taken until this event */
    uv_thread_t thread;
    bool second; /* there is another client first, who takes the only instance */
};

static bool put(HANDLE pipe, const void *data, DWORD len)
{
    DWORD n;
    return WriteFile(pipe, data, len, &n, NULL) && n == len;
}

/* Until the message of no bytes; then it says bye and its own end. */
static void echo(struct server *s)
{
    char *room = mem_new(BLOCK, 1);
    DWORD n = 0;
    for (;;) {
        BOOL fine = ReadFile(s->pipe, room, BLOCK, &n, NULL);
        if (!fine && GetLastError() != ERROR_MORE_DATA) {
            break;
        }
        if (n == 0) {
            put(s->pipe, "bye", 3);
            put(s->pipe, "", 0);
            ReadFile(s->pipe, room, 1, &n, NULL); /* until the client has gone */
            break;
        }
        put(s->pipe, room, n);
    }
    free(room);
}

static void flood(struct server *s)
{
    char *block = mem_new(BLOCK, 1);
    for (size_t at = 0; at < FLOOD; at += BLOCK) {
        for (size_t i = 0; i < BLOCK; i++) {
            block[i] = (char)((at + i) % 251);
        }
        if (!put(s->pipe, block, BLOCK)) {
            break;
        }
    }
    FlushFileBuffers(s->pipe);
    free(block);
}

static void serve(void *data)
{
    struct server *s = data;
    DWORD n;
    char byte;
    if (s->second) { /* the first client has come already, and goes when he is told */
        ReadFile(s->pipe, &byte, 1, &n, NULL);
        DisconnectNamedPipe(s->pipe);
    }
    if (ConnectNamedPipe(s->pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED) {
        if (s->manner == ECHO) {
            echo(s);
        } else if (s->manner == FLOODING) {
            flood(s);
        }
    }
    DisconnectNamedPipe(s->pipe);
    CloseHandle(s->pipe);
}

static void start(struct server *s, const char *name, enum manner manner)
{
    snprintf(s->path, sizeof s->path, "\\\\.\\pipe\\porthole-%s-%lu", name,
             (unsigned long)GetCurrentProcessId());
    s->manner = manner;
    s->pipe = CreateNamedPipeA(s->path, PIPE_ACCESS_DUPLEX,
                               PIPE_TYPE_MESSAGE | PIPE_READMODE_BYTE | PIPE_WAIT, 1, BLOCK, BLOCK, 0, NULL);
    assert_true(s->pipe != INVALID_HANDLE_VALUE);
}

static void go(struct server *s)
{
    assert_int_equal(uv_thread_create(&s->thread, serve, s), 0);
}

/* ---- our side ---- */

static int make(void **state)
{
    struct transport *t = mem_new(1, sizeof *t);
    uv_loop_init(&t->loop);
    uv_timer_init(&t->loop, &t->limit);
    t->limit.data = t;
    *state = t;
    return 0;
}

static void leave(struct transport *t)
{
    if (t->carrier) {
        t->carrier->above = NULL;
        t->carrier->type->close(t->carrier);
        t->carrier = NULL;
    }
}

static int drop(void **state)
{
    struct transport *t = *state;
    leave(t);
    uv_close((uv_handle_t *)&t->limit, NULL);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&t->loop), 0);
    text_done(&t->heard);
    free(t);
    return 0;
}

static void on_limit(uv_timer_t *timer)
{
    ((struct transport *)timer->data)->late = true;
}

static void turn_for(struct transport *t, unsigned ms)
{
    t->late = false;
    uv_timer_start(&t->limit, on_limit, ms, 0);
    while (!t->late) {
        uv_run(&t->loop, UV_RUN_ONCE);
    }
}

#define UNTIL(t, condition)                                                                                  \
    do {                                                                                                     \
        (t)->late = false;                                                                                   \
        uv_timer_start(&(t)->limit, on_limit, PATIENCE_MS, 0);                                               \
        while (!(condition)) {                                                                               \
            assert_false((t)->late);                                                                         \
            uv_run(&(t)->loop, UV_RUN_ONCE);                                                                 \
        }                                                                                                    \
        uv_timer_stop(&(t)->limit);                                                                          \
    } while (0)

static void reach(struct transport *t, const struct server *s)
{
    const struct endpoint to = {.kind = ENDPOINT_PIPE, .path = (char *)s->path};
    t->carrier = carrier_pipe(t, &t->loop, &to);
    assert_non_null(t->carrier);
}

static void say(struct transport *t, const char *text)
{
    t->carrier->type->write(t->carrier, text, strlen(text));
}

static void bytes_go_both_ways(void **state)
{
    struct transport *t = *state;
    struct server s = {0};
    start(&s, "echo", ECHO);
    go(&s);
    reach(t, &s);
    UNTIL(t, t->connected);
    t->carrier->type->read(t->carrier, true);
    say(t, "one ");
    say(t, "two ");
    UNTIL(t, t->heard.len == 8 && t->drained > 0);
    assert_int_equal(t->carrier->type->unsent(t->carrier), 0);
    t->carrier->type->end_output(t->carrier);
    UNTIL(t, t->ended);
    assert_false(t->failed);
    assert_string_equal(text_of(&t->heard), "one two bye");
    leave(t);
    uv_thread_join(&s.thread);
}

static void a_message_larger_than_any_room(void **state)
{
    struct transport *t = *state;
    struct server s = {0};
    size_t size = 1000001;
    char *data = mem_new(size + 1, 1);
    for (size_t i = 0; i < size; i++) {
        data[i] = (char)('a' + i % 23);
    }
    start(&s, "large", ECHO);
    go(&s);
    reach(t, &s);
    UNTIL(t, t->connected);
    t->carrier->type->read(t->carrier, true);
    say(t, data);
    t->carrier->type->end_output(t->carrier);
    UNTIL(t, t->ended);
    assert_false(t->failed);
    assert_int_equal(t->heard.len, size + 3);
    assert_memory_equal(t->heard.data, data, size);
    free(data);
    leave(t);
    uv_thread_join(&s.thread);
}

static void not_reading_stops_the_other_side(void **state)
{
    struct transport *t = *state;
    struct server s = {0};
    start(&s, "flood", FLOODING);
    go(&s);
    reach(t, &s);
    UNTIL(t, t->connected);
    t->carrier->type->read(t->carrier, true);
    UNTIL(t, t->heard.len > 200000);
    t->carrier->type->read(t->carrier, false);
    size_t heard = t->heard.len;
    turn_for(t, 200);
    assert_int_equal(t->heard.len, heard);
    assert_false(t->ended);
    t->carrier->type->read(t->carrier, true);
    assert_int_equal(t->heard.len, heard); /* not from inside the call */
    UNTIL(t, t->ended);
    assert_int_equal(t->heard.len, FLOOD);
    for (size_t i = 0; i < FLOOD; i++) {
        if (t->heard.data[i] != (char)(i % 251)) {
            fail_msg("byte %lu is wrong", (unsigned long)i);
        }
    }
    leave(t);
    uv_thread_join(&s.thread);
}

static void a_busy_pipe_is_waited_for(void **state)
{
    struct transport *t = *state;
    struct server s = {.second = true};
    start(&s, "busy", ECHO);
    HANDLE first = CreateFileA(s.path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(first != INVALID_HANDLE_VALUE);
    go(&s);
    reach(t, &s);
    turn_for(t, 100);
    assert_false(t->connected || t->ended);
    CloseHandle(first);
    UNTIL(t, t->connected);
    leave(t);
    uv_thread_join(&s.thread);
}

static void one_that_hangs_up(void **state)
{
    struct transport *t = *state;
    struct server s = {0};
    start(&s, "close", CLOSE);
    go(&s);
    reach(t, &s);
    UNTIL(t, t->connected);
    t->carrier->type->read(t->carrier, true);
    say(t, "hello");
    UNTIL(t, t->ended);
    assert_int_equal(t->heard.len, 0);
    leave(t);
    uv_thread_join(&s.thread);
}

static void one_that_is_not_there(void **state)
{
    struct transport *t = *state;
    struct server s = {.path = "\\\\.\\pipe\\porthole-none"};
    reach(t, &s);
    UNTIL(t, t->ended);
    assert_true(t->failed && !t->connected);
    assert_int_equal(t->why.kind, ERROR_UNREACHABLE);
    assert_non_null(strstr(t->why.text, "there is no such pipe; start the engine"));
}

/* With a read under way, with a write under way, and before it is connected. */
static void it_may_be_closed_at_any_moment(void **state)
{
    struct transport *t = *state;
    struct server s = {0};
    char *much = mem_new(1000000, 1);
    memset(much, 'x', 999999);
    start(&s, "leave", ECHO);
    go(&s);
    reach(t, &s);
    UNTIL(t, t->connected);
    say(t, much);
    leave(t);
    uv_thread_join(&s.thread);
    free(much);
    t->connected = false;
    start(&s, "leave2", ECHO);
    reach(t, &s);
    leave(t);
    turn_for(t, 20);
    CloseHandle(s.pipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bytes_go_both_ways, make, drop),
        cmocka_unit_test_setup_teardown(a_message_larger_than_any_room, make, drop),
        cmocka_unit_test_setup_teardown(not_reading_stops_the_other_side, make, drop),
        cmocka_unit_test_setup_teardown(a_busy_pipe_is_waited_for, make, drop),
        cmocka_unit_test_setup_teardown(one_that_hangs_up, make, drop),
        cmocka_unit_test_setup_teardown(one_that_is_not_there, make, drop),
        cmocka_unit_test_setup_teardown(it_may_be_closed_at_any_moment, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
