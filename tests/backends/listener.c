#include "tests/backends/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "backends/local/shared/paths.h"
#include "core/memory.h"

/* ---- what is heard ---- */

static void close_if(struct listener *r, enum listener_moment now)
{
    if (r->close_at == now) {
        transport_close(r->transport);
        r->transport = NULL;
        r->closed = true;
    }
}

static void on_connected(void *user)
{
    struct listener *r = user;
    assert_false(r->closed);
    r->connected++;
    close_if(r, AT_CONNECTED);
}

static void on_bytes(void *user, const char *data, size_t len)
{
    struct listener *r = user;
    assert_false(r->closed);
    assert_true(len > 0);
    text_add_n(&r->heard, data, len);
    close_if(r, AT_BYTES);
}

static void on_drained(void *user)
{
    struct listener *r = user;
    assert_false(r->closed);
    r->drained++;
    close_if(r, AT_DRAINED);
}

static void on_closed(void *user, const struct error *why)
{
    struct listener *r = user;
    assert_false(r->closed);
    r->closed = true;
    r->transport = NULL;
    r->failed = why;
    if (why) {
        r->why = *why;
    }
}

static const struct transport_sink sink = {on_connected, on_bytes, on_drained, on_closed};

/* ---- the room ---- */

int listener_make(void **state)
{
    struct listener *r = mem_new(1, sizeof *r);
    strcpy(r->folder, "/tmp/porthole-transport-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    assert_int_equal(chmod(r->folder, 0755), 0);
    assert_int_equal(uv_loop_init(&r->loop), 0);
    uv_timer_init(&r->loop, &r->limit);
    *state = r;
    return 0;
}

int listener_drop(void **state)
{
    struct listener *r = *state;
    if (r->transport) {
        transport_close(r->transport);
    }
    uv_close((uv_handle_t *)&r->limit, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    text_done(&r->heard);
    paths_remove_tree(r->folder, NULL);
    free(r);
    return 0;
}

static void on_limit(uv_timer_t *timer)
{
    ((struct listener *)timer->data)->late = true;
}

void listener_begin_waiting(struct listener *r, unsigned ms)
{
    r->late = false;
    r->limit.data = r;
    uv_timer_start(&r->limit, on_limit, ms, 0);
}

void listener_turn_for(struct listener *r, unsigned ms)
{
    listener_begin_waiting(r, ms);
    while (!r->late) {
        uv_run(&r->loop, UV_RUN_ONCE);
    }
}

void listener_open(struct listener *r, const struct endpoint *to)
{
    r->closed = r->failed = false;
    r->connected = r->drained = 0;
    text_clear(&r->heard);
    r->why = (struct error){0};
    r->transport = transport_open(&r->loop, to, &sink, r);
    assert_int_equal(r->connected, 0);
}

const char *listener_path(const struct listener *r, const char *name, char room[128])
{
    snprintf(room, 128, "%s/%s", r->folder, name);
    return room;
}

void listener_expect_failure(struct listener *r, const struct endpoint *to, enum error_kind kind,
                             const char *words)
{
    listener_open(r, to);
    transport_write(r->transport, "GET /_ping HTTP/1.1\r\n\r\n", 23);
    UNTIL(r, r->closed);
    assert_true(r->failed);
    if (!strstr(r->why.text, words) || strncmp(r->why.text, "cannot reach the engine at ", 27) != 0) {
        fail_msg("'%s' should have said '%s'", r->why.text, words);
    }
    assert_int_equal(r->why.kind, kind);
    assert_non_null(strstr(r->why.text, to->address));
    assert_int_equal(r->heard.len, 0);
}

void listener_clear_environment(void)
{
    static const char *const names[] = {"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY",
                                        "DOCKER_CERT_PATH"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unsetenv(names[i]);
    }
    setenv("DOCKER_CONFIG", "/nonexistent", 1);
}

void listener_find(struct endpoint *to, const char *address)
{
    struct error e = {0};
    if (!endpoint_find(to, address, &e)) {
        fail_msg("%s", e.text);
    }
}
