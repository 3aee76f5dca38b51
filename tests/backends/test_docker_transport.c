/* Every way to reach an engine, over real sockets, real TLS and a program named ssh: bytes both ways,
 * half-close, back-pressure, closing at any moment, and the sentence for each thing that can be wrong. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "backends/docker/endpoint.h"
#include "backends/docker/transport.h"
#include "backends/local/shared/paths.h"
#include "core/memory.h"
#include "core/text.h"
#include "tests/backends/certificates.h"
#include "tests/backends/peer.h"

enum { PATIENCE_MS = 60000, LARGE = 4 << 20 };

enum moment { NEVER, AT_CONNECTED, AT_BYTES, AT_DRAINED };

struct room {
    char folder[64];
    uv_loop_t loop;
    uv_timer_t limit;
    struct transport *transport; /* NULL: gone */
    enum moment close_at;
    bool closed, late;
    int connected, drained;
    struct text heard;
    struct error why;
    bool failed;
};

/* ---- what is heard ---- */

static void close_if(struct room *r, enum moment now)
{
    if (r->close_at == now) {
        transport_close(r->transport);
        r->transport = NULL;
        r->closed = true;
    }
}

static void on_connected(void *user)
{
    struct room *r = user;
    assert_false(r->closed);
    r->connected++;
    close_if(r, AT_CONNECTED);
}

static void on_bytes(void *user, const char *data, size_t len)
{
    struct room *r = user;
    assert_false(r->closed);
    assert_true(len > 0);
    text_add_n(&r->heard, data, len);
    close_if(r, AT_BYTES);
}

static void on_drained(void *user)
{
    struct room *r = user;
    assert_false(r->closed);
    r->drained++;
    close_if(r, AT_DRAINED);
}

static void on_closed(void *user, const struct error *why)
{
    struct room *r = user;
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

static int make_room(void **state)
{
    struct room *r = mem_new(1, sizeof *r);
    strcpy(r->folder, "/tmp/porthole-transport-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    assert_int_equal(chmod(r->folder, 0755), 0);
    assert_int_equal(uv_loop_init(&r->loop), 0);
    uv_timer_init(&r->loop, &r->limit);
    *state = r;
    return 0;
}

static int drop_room(void **state)
{
    struct room *r = *state;
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
    ((struct room *)timer->data)->late = true;
}

/* Lets the loop turn until the condition holds; fails when it takes far too long. */
#define UNTIL(r, condition)                                                                                  \
    do {                                                                                                     \
        begin_waiting(r, PATIENCE_MS);                                                                       \
        while (!(condition)) {                                                                               \
            assert_false((r)->late);                                                                         \
            uv_run(&(r)->loop, UV_RUN_ONCE);                                                                 \
        }                                                                                                    \
        uv_timer_stop(&(r)->limit);                                                                          \
    } while (0)

static void begin_waiting(struct room *r, unsigned ms)
{
    r->late = false;
    r->limit.data = r;
    uv_timer_start(&r->limit, on_limit, ms, 0);
}

static void turn_for(struct room *r, unsigned ms)
{
    begin_waiting(r, ms);
    while (!r->late) {
        uv_run(&r->loop, UV_RUN_ONCE);
    }
}

static void open_at(struct room *r, const struct endpoint *to)
{
    r->closed = r->failed = false;
    r->connected = r->drained = 0;
    text_clear(&r->heard);
    r->why = (struct error){0};
    r->transport = transport_open(&r->loop, to, &sink, r);
    assert_int_equal(r->connected, 0);
}

static const char *in_folder(const struct room *r, const char *name, char room[128])
{
    snprintf(room, 128, "%s/%s", r->folder, name);
    return room;
}

/* ---- the ways ---- */

enum way { UNIX, TCP, TLS, WAYS };

static void clear_environment(void)
{
    static const char *const names[] = {"DOCKER_HOST",       "DOCKER_CONTEXT",   "DOCKER_TLS",
                                        "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONFIG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unsetenv(names[i]);
    }
}

static void find(struct endpoint *to, const char *address)
{
    struct error e = {0};
    if (!endpoint_find(to, address, &e)) {
        fail_msg("%s", e.text);
    }
}

static struct peer *meet(struct room *r, enum way way, enum peer_manner manner, struct endpoint *to)
{
    char socket[128], certificate[128], key[128], authority[128], address[160];
    clear_environment();
    if (way == UNIX) {
        struct peer *p =
            peer_start(&(struct peer_spec){.manner = manner, .path = in_folder(r, "socket", socket)});
        find(to, socket);
        return p;
    }
    struct peer_spec spec = {.manner = manner};
    if (way == TLS) {
        certificates_authority(r->folder, "the right authority");
        certificates_make(r->folder, "server",
                          &(struct certificate_wish){"DNS:localhost,IP:127.0.0.1", 0, 30});
        certificates_make(r->folder, "cert", &(struct certificate_wish){NULL, 0, 30});
        assert_int_equal(rename(in_folder(r, "cert-key.pem", key), in_folder(r, "key.pem", certificate)), 0);
        spec.certificate = in_folder(r, "server.pem", certificate);
        spec.key = in_folder(r, "server-key.pem", key);
        spec.authority = in_folder(r, "ca.pem", authority);
        setenv("DOCKER_TLS_VERIFY", "1", 1);
        setenv("DOCKER_CERT_PATH", r->folder, 1);
    }
    struct peer *p = peer_start(&spec);
    snprintf(address, sizeof address, "tcp://127.0.0.1:%u", peer_port(p));
    find(to, address);
    return p;
}

static void bytes_go_both_ways_on(struct room *r, enum way way)
{
    struct endpoint to;
    struct peer *p = meet(r, way, PEER_ECHO, &to);
    open_at(r, &to);
    transport_write(r->transport, "early ", 6); /* before it is connected */
    UNTIL(r, r->connected);
    transport_write(r->transport, "late", 4);
    UNTIL(r, r->heard.len == 10);
    UNTIL(r, r->drained > 0);
    transport_end_output(r->transport);
    transport_write(r->transport, "too late", 8);
    UNTIL(r, r->closed);
    assert_false(r->failed);
    assert_string_equal(text_of(&r->heard), "early latebye");
    peer_stop(p);
    endpoint_done(&to);
}

static void bytes_go_both_ways(void **state)
{
    for (int way = 0; way < WAYS; way++) {
        bytes_go_both_ways_on(*state, way);
        unlink(in_folder(*state, "socket", (char[128]){0}));
    }
}

/* All is said before the connection stands, the end of it too. */
static void all_may_be_said_at_once(void **state)
{
    struct room *r = *state;
    for (int way = 0; way < WAYS; way++) {
        struct endpoint to;
        struct peer *p = meet(r, way, PEER_ECHO, &to);
        open_at(r, &to);
        transport_write(r->transport, "hello ", 6);
        transport_end_output(r->transport);
        UNTIL(r, r->closed);
        assert_false(r->failed);
        assert_string_equal(text_of(&r->heard), "hello bye");
        peer_stop(p);
        endpoint_done(&to);
    }
}

static void much_goes_through_whole(void **state)
{
    struct room *r = *state;
    char *data = mem_new(LARGE, 1);
    for (size_t i = 0; i < LARGE; i++) {
        data[i] = (char)(i * 31 + i / 977);
    }
    for (int way = 0; way < WAYS; way++) {
        struct endpoint to;
        struct peer *p = meet(r, way, PEER_ECHO, &to);
        open_at(r, &to);
        transport_write(r->transport, data, LARGE);
        assert_true(transport_unsent(r->transport) >= LARGE);
        UNTIL(r, r->heard.len == LARGE);
        UNTIL(r, r->drained > 0);
        assert_int_equal(transport_unsent(r->transport), 0);
        assert_memory_equal(r->heard.data, data, LARGE);
        transport_end_output(r->transport);
        UNTIL(r, r->closed);
        assert_false(r->failed);
        peer_stop(p);
        endpoint_done(&to);
        unlink(in_folder(r, "socket", (char[128]){0}));
    }
    free(data);
}

static void a_hold_stops_the_other_side(void **state)
{
    struct room *r = *state;
    for (int way = 0; way < WAYS; way++) {
        struct endpoint to;
        struct peer *p = meet(r, way, PEER_FLOOD, &to);
        open_at(r, &to);
        UNTIL(r, r->heard.len > 100000);
        transport_hold(r->transport, true);
        size_t heard = r->heard.len;
        turn_for(r, 200);
        assert_int_equal(r->heard.len, heard);
        assert_true(peer_sent(p) < PEER_FLOOD_BYTES);
        assert_false(r->closed);
        transport_hold(r->transport, false);
        assert_int_equal(r->heard.len, heard); /* never from inside a call */
        UNTIL(r, r->closed);
        assert_false(r->failed);
        assert_int_equal(r->heard.len, PEER_FLOOD_BYTES);
        for (size_t i = 0; i < r->heard.len; i++) {
            if (r->heard.data[i] != (char)(i % 251)) {
                fail_msg("byte %zu is wrong", i);
            }
        }
        peer_stop(p);
        endpoint_done(&to);
        unlink(in_folder(r, "socket", (char[128]){0}));
    }
}

static void it_may_be_closed_at_any_moment(void **state)
{
    struct room *r = *state;
    for (int way = 0; way < WAYS; way++) {
        struct endpoint to;
        struct peer *p = meet(r, way, PEER_ECHO, &to);
        for (int moment = NEVER; moment <= AT_DRAINED; moment++) {
            r->close_at = moment;
            open_at(r, &to);
            transport_write(r->transport, "hello", 5);
            if (moment == NEVER) {
                transport_close(r->transport); /* before anything has happened */
                r->transport = NULL;
                r->closed = true;
            }
            UNTIL(r, r->closed);
            turn_for(r, 20);
        }
        r->close_at = NEVER;
        peer_stop(p);
        endpoint_done(&to);
        unlink(in_folder(r, "socket", (char[128]){0}));
    }
}

/* ---- what can be wrong ---- */

static void expect_failure(struct room *r, const struct endpoint *to, enum error_kind kind, const char *words)
{
    open_at(r, to);
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

static void expect_failure_at(struct room *r, const char *address, enum error_kind kind, const char *words)
{
    struct endpoint to;
    clear_environment();
    find(&to, address);
    expect_failure(r, &to, kind, words);
    endpoint_done(&to);
}

static void a_socket_that_is_not_there(void **state)
{
    struct room *r = *state;
    char path[128];
    expect_failure_at(r, in_folder(r, "none", path), ERROR_UNREACHABLE,
                      "there is no such socket; start the engine");
    expect_failure_at(r, in_folder(r, "podman.sock", path), ERROR_UNREACHABLE,
                      "systemctl start podman.socket");
}

static void a_socket_that_nobody_listens_at(void **state)
{
    struct room *r = *state;
    char path[128];
    peer_stop(peer_start(&(struct peer_spec){.path = in_folder(r, "stale", path)}));
    expect_failure_at(r, path, ERROR_UNREACHABLE, "nobody listens at this socket any more");
    FILE *file = fopen(in_folder(r, "file", path), "w");
    assert_non_null(file);
    fclose(file);
    expect_failure_at(r, path, ERROR_UNREACHABLE, "nobody listens at this socket");
}

static void a_socket_that_is_not_for_us(void **state)
{
    struct room *r = *state;
    char path[128];
    if (geteuid() != 0) {
        skip();
    }
    struct peer *p = peer_start(&(struct peer_spec){.path = in_folder(r, "rooted", path)});
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(seteuid(65534), 0);
    expect_failure_at(r, path, ERROR_DENIED, "join its group (usermod -aG docker USER");
    assert_int_equal(seteuid(0), 0);
    peer_stop(p);
}

static void a_port_that_nobody_listens_at(void **state)
{
    struct room *r = *state;
    char address[64];
    struct peer *p = peer_start(&(struct peer_spec){0});
    snprintf(address, sizeof address, "tcp://localhost:%u", peer_port(p));
    peer_stop(p);
    expect_failure_at(r, address, ERROR_UNREACHABLE, "nobody listens at port");
}

static void a_name_that_nobody_has(void **state)
{
    char address[200] = "tcp://";
    memset(address + 6, 'x', 80); /* longer than a label may be: nobody is asked for it */
    strcat(address, ":2375");
    expect_failure_at(*state, address, ERROR_UNREACHABLE, "cannot be resolved");
}

static void a_pipe_of_windows(void **state)
{
#ifndef _WIN32
    expect_failure_at(*state, "npipe:////./pipe/docker_engine", ERROR_UNSUPPORTED, "a thing of Windows");
#else
    (void)state;
#endif
}

static void one_that_does_not_answer(void **state)
{
    struct room *r = *state;
    struct endpoint to;
    struct peer *p = meet(r, TLS, PEER_SILENT, &to);
    to.connect_ms = 100;
    expect_failure(r, &to, ERROR_TIMEOUT, "does not answer within 0.1 s");
    peer_stop(p);
    endpoint_done(&to);
}

static void one_that_hangs_up(void **state)
{
    struct room *r = *state;
    struct endpoint to;
    struct peer *p = meet(r, UNIX, PEER_SILENT, &to);
    open_at(r, &to);
    transport_write(r->transport, "hello", 5);
    UNTIL(r, r->connected && r->drained);
    peer_stop(p);
    UNTIL(r, r->closed);
    assert_int_equal(r->connected, 1);
    assert_int_equal(r->heard.len, 0);
    endpoint_done(&to);
}

/* ---- TLS ---- */

struct tls_case {
    const char *server_names;
    int from_day, to_day;
    bool other_authority; /* than the one that the client trusts */
    bool without_ours;    /* certificate */
    bool foreign_ours;    /* signed by somebody else */
    enum error_kind kind;
    const char *words;
};

static void check_tls(struct room *r, const struct tls_case *c)
{
    char theirs[128], ours[128], a[128], b[128], address[64];
    clear_environment();
    in_folder(r, "theirs", theirs);
    in_folder(r, "ours", ours);
    assert_int_equal(mkdir(theirs, 0755), 0);
    assert_int_equal(mkdir(ours, 0755), 0);
    certificates_authority(theirs, "theirs");
    certificates_make(theirs, "server", &(struct certificate_wish){c->server_names, c->from_day, c->to_day});
    if (c->foreign_ours || c->other_authority) {
        certificates_authority(ours, "ours");
    } else {
        assert_int_equal(link(in_folder(r, "theirs/ca.pem", a), in_folder(r, "ours/ca.pem", b)), 0);
        assert_int_equal(link(in_folder(r, "theirs/ca-key.pem", a), in_folder(r, "ours/ca-key.pem", b)), 0);
    }
    if (!c->without_ours) {
        certificates_make(ours, "cert", &(struct certificate_wish){NULL, 0, 30});
        assert_int_equal(rename(in_folder(r, "ours/cert-key.pem", a), in_folder(r, "ours/key.pem", b)), 0);
    }
    if (c->foreign_ours) {
        assert_int_equal(unlink(in_folder(r, "ours/ca.pem", b)), 0);
        assert_int_equal(link(in_folder(r, "theirs/ca.pem", a), b), 0);
    }
    char certificate[128], key[128], authority[128];
    struct peer *p =
        peer_start(&(struct peer_spec){.certificate = in_folder(r, "theirs/server.pem", certificate),
                                       .key = in_folder(r, "theirs/server-key.pem", key),
                                       .authority = in_folder(r, "theirs/ca.pem", authority)});
    struct endpoint to;
    setenv("DOCKER_TLS_VERIFY", "1", 1);
    setenv("DOCKER_CERT_PATH", ours, 1);
    snprintf(address, sizeof address, "tcp://localhost:%u", peer_port(p));
    find(&to, address);
    expect_failure(r, &to, c->kind, c->words);
    peer_stop(p);
    endpoint_done(&to);
    paths_remove_tree(theirs, NULL);
    paths_remove_tree(ours, NULL);
}

static void what_is_wrong_with_a_certificate_is_said(void **state)
{
    static const char right[] = "DNS:localhost,IP:127.0.0.1";
    static const struct tls_case cases[] = {
        {"DNS:build.example,IP:10.1.2.3", 0, 30, false, false, false, ERROR_DENIED,
         "does not carry the name localhost but build.example, 10.1.2.3"},
        {NULL, 0, 30, false, false, false, ERROR_DENIED,
         "does not carry the name localhost but no name at all"},
        {right, -30, -1, false, false, false, ERROR_DENIED, "has expired on 20"},
        {right, 2, 30, false, false, false, ERROR_DENIED, "is not valid before 20"},
        {right, 0, 30, true, false, false, ERROR_DENIED, "/ours/ca.pem; put its authority there as ca.pem"},
        {right, 0, 30, false, true, false, ERROR_DENIED, "asks for a certificate of ours, and there is none"},
        {right, 0, 30, false, false, true, ERROR_DENIED, "refuses our certificate"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_tls(*state, &cases[i]);
    }
}

static void tls_where_nobody_speaks_it(void **state)
{
    struct room *r = *state;
    struct endpoint to;
    char address[64];
    struct peer *p = peer_start(&(struct peer_spec){.manner = PEER_FLOOD});
    clear_environment();
    setenv("DOCKER_TLS", "1", 1);
    setenv("DOCKER_CERT_PATH", r->folder, 1);
    snprintf(address, sizeof address, "tcp://localhost:%u", peer_port(p));
    find(&to, address);
    expect_failure(r, &to, ERROR_PROTOCOL, "does not speak TLS there");
    peer_stop(p);
    endpoint_done(&to);
}

/* $DOCKER_TLS alone: encrypted, and nobody knows with whom. */
static void tls_without_checking(void **state)
{
    struct room *r = *state;
    char certificate[128], key[128], address[64], none[128];
    struct endpoint to;
    clear_environment();
    certificates_authority(r->folder, "anybody");
    certificates_make(r->folder, "server", &(struct certificate_wish){"DNS:elsewhere", -30, -1});
    struct peer *p = peer_start(&(struct peer_spec){.certificate = in_folder(r, "server.pem", certificate),
                                                    .key = in_folder(r, "server-key.pem", key)});
    setenv("DOCKER_TLS", "1", 1);
    setenv("DOCKER_CERT_PATH", in_folder(r, "none", none), 1);
    snprintf(address, sizeof address, "tcp://localhost:%u", peer_port(p));
    find(&to, address);
    open_at(r, &to);
    transport_write(r->transport, "hello ", 6);
    transport_end_output(r->transport);
    UNTIL(r, r->closed);
    assert_false(r->failed);
    assert_string_equal(text_of(&r->heard), "hello bye");
    peer_stop(p);
    endpoint_done(&to);
}

/* A stream that is cut is not taken for one that has ended. */
static void a_cut_is_no_end(void **state)
{
    struct room *r = *state;
    struct endpoint to;
    struct peer *p = meet(r, TLS, PEER_ECHO, &to);
    open_at(r, &to);
    transport_write(r->transport, "hello", 5);
    UNTIL(r, r->heard.len == 5);
    peer_stop(p);
    UNTIL(r, r->closed);
    if (r->failed) {
        assert_int_equal(r->why.kind, ERROR_UNREACHABLE);
        assert_non_null(strstr(r->why.text, "lost the engine at tcp://127.0.0.1"));
    } else {
        assert_string_equal(text_of(&r->heard), "hellobye"); /* it had the time to say goodbye */
    }
    endpoint_done(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bytes_go_both_ways, make_room, drop_room),
        cmocka_unit_test_setup_teardown(all_may_be_said_at_once, make_room, drop_room),
        cmocka_unit_test_setup_teardown(much_goes_through_whole, make_room, drop_room),
        cmocka_unit_test_setup_teardown(a_hold_stops_the_other_side, make_room, drop_room),
        cmocka_unit_test_setup_teardown(it_may_be_closed_at_any_moment, make_room, drop_room),
        cmocka_unit_test_setup_teardown(a_socket_that_is_not_there, make_room, drop_room),
        cmocka_unit_test_setup_teardown(a_socket_that_nobody_listens_at, make_room, drop_room),
        cmocka_unit_test_setup_teardown(a_socket_that_is_not_for_us, make_room, drop_room),
        cmocka_unit_test_setup_teardown(a_port_that_nobody_listens_at, make_room, drop_room),
        cmocka_unit_test_setup_teardown(a_name_that_nobody_has, make_room, drop_room),
        cmocka_unit_test_setup_teardown(a_pipe_of_windows, make_room, drop_room),
        cmocka_unit_test_setup_teardown(one_that_does_not_answer, make_room, drop_room),
        cmocka_unit_test_setup_teardown(one_that_hangs_up, make_room, drop_room),
        cmocka_unit_test_setup_teardown(what_is_wrong_with_a_certificate_is_said, make_room, drop_room),
        cmocka_unit_test_setup_teardown(tls_where_nobody_speaks_it, make_room, drop_room),
        cmocka_unit_test_setup_teardown(tls_without_checking, make_room, drop_room),
        cmocka_unit_test_setup_teardown(a_cut_is_no_end, make_room, drop_room),
    };
    signal(SIGPIPE, SIG_IGN);
    clear_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
