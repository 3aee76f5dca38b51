/* The ways to reach an engine by a socket, over real sockets and real TLS: bytes both ways, half-close,
 * back-pressure, closing at any moment, and the sentence for each thing that can be wrong. */
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

#include <cmocka.h>

#include "backends/local/shared/paths.h"
#include "core/memory.h"
#include "tests/backends/certificates.h"
#include "tests/backends/listener.h"
#include "tests/backends/peer.h"

enum { LARGE = 4 << 20 };

/* ---- the ways ---- */

enum way { UNIX, TCP, TLS, WAYS };

static struct peer *meet(struct listener *r, enum way way, enum peer_manner manner, struct endpoint *to)
{
    char socket[128], certificate[128], key[128], authority[128], address[160];
    listener_clear_environment();
    if (way == UNIX) {
        struct peer *p =
            peer_start(&(struct peer_spec){.manner = manner, .path = listener_path(r, "socket", socket)});
        listener_find(to, socket);
        return p;
    }
    struct peer_spec spec = {.manner = manner};
    if (way == TLS) {
        certificates_authority(r->folder, "the right authority");
        certificates_make(r->folder, "server",
                          &(struct certificate_wish){"DNS:localhost,IP:127.0.0.1", 0, 30});
        certificates_make(r->folder, "cert", &(struct certificate_wish){NULL, 0, 30});
        assert_int_equal(
            rename(listener_path(r, "cert-key.pem", key), listener_path(r, "key.pem", certificate)), 0);
        spec.certificate = listener_path(r, "server.pem", certificate);
        spec.key = listener_path(r, "server-key.pem", key);
        spec.authority = listener_path(r, "ca.pem", authority);
        setenv("DOCKER_TLS_VERIFY", "1", 1);
        setenv("DOCKER_CERT_PATH", r->folder, 1);
    }
    struct peer *p = peer_start(&spec);
    snprintf(address, sizeof address, "tcp://127.0.0.1:%u", peer_port(p));
    listener_find(to, address);
    return p;
}

static void bytes_go_both_ways_on(struct listener *r, enum way way)
{
    struct endpoint to;
    struct peer *p = meet(r, way, PEER_ECHO, &to);
    listener_open(r, &to);
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
        unlink(listener_path(*state, "socket", (char[128]){0}));
    }
}

/* All is said before the connection stands, the end of it too. */
static void all_may_be_said_at_once(void **state)
{
    struct listener *r = *state;
    for (int way = 0; way < WAYS; way++) {
        struct endpoint to;
        struct peer *p = meet(r, way, PEER_ECHO, &to);
        listener_open(r, &to);
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
    struct listener *r = *state;
    char *data = mem_new(LARGE, 1);
    for (size_t i = 0; i < LARGE; i++) {
        data[i] = (char)(i * 31 + i / 977);
    }
    for (int way = 0; way < WAYS; way++) {
        struct endpoint to;
        struct peer *p = meet(r, way, PEER_ECHO, &to);
        listener_open(r, &to);
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
        unlink(listener_path(r, "socket", (char[128]){0}));
    }
    free(data);
}

static void a_hold_stops_the_other_side(void **state)
{
    struct listener *r = *state;
    for (int way = 0; way < WAYS; way++) {
        struct endpoint to;
        struct peer *p = meet(r, way, PEER_FLOOD, &to);
        listener_open(r, &to);
        UNTIL(r, r->heard.len > 100000);
        transport_hold(r->transport, true);
        size_t heard = r->heard.len;
        listener_turn_for(r, 200);
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
        unlink(listener_path(r, "socket", (char[128]){0}));
    }
}

static void it_may_be_closed_at_any_moment(void **state)
{
    struct listener *r = *state;
    for (int way = 0; way < WAYS; way++) {
        struct endpoint to;
        struct peer *p = meet(r, way, PEER_ECHO, &to);
        for (int moment = NEVER; moment <= AT_DRAINED; moment++) {
            r->close_at = moment;
            listener_open(r, &to);
            transport_write(r->transport, "hello", 5);
            if (moment == NEVER) {
                transport_close(r->transport); /* before anything has happened */
                r->transport = NULL;
                r->closed = true;
            }
            UNTIL(r, r->closed);
            listener_turn_for(r, 20);
        }
        r->close_at = NEVER;
        peer_stop(p);
        endpoint_done(&to);
        unlink(listener_path(r, "socket", (char[128]){0}));
    }
}

/* ---- what can be wrong ---- */

static void expect_failure_at(struct listener *r, const char *address, enum error_kind kind,
                              const char *words)
{
    struct endpoint to;
    listener_clear_environment();
    listener_find(&to, address);
    listener_expect_failure(r, &to, kind, words);
    endpoint_done(&to);
}

static void a_socket_that_is_not_there(void **state)
{
    struct listener *r = *state;
    char path[128];
    expect_failure_at(r, listener_path(r, "none", path), ERROR_UNREACHABLE,
                      "there is no such socket; start the engine");
    expect_failure_at(r, listener_path(r, "podman.sock", path), ERROR_UNREACHABLE,
                      "systemctl start podman.socket");
}

static void a_socket_that_nobody_listens_at(void **state)
{
    struct listener *r = *state;
    char path[128];
    peer_stop(peer_start(&(struct peer_spec){.path = listener_path(r, "stale", path)}));
    expect_failure_at(r, path, ERROR_UNREACHABLE, "nobody listens at this socket any more");
    FILE *file = fopen(listener_path(r, "file", path), "w");
    assert_non_null(file);
    fclose(file);
    expect_failure_at(r, path, ERROR_UNREACHABLE, "nobody listens at this socket");
}

static void a_socket_that_is_not_for_us(void **state)
{
    struct listener *r = *state;
    char path[128];
    if (geteuid() != 0) {
        skip();
    }
    struct peer *p = peer_start(&(struct peer_spec){.path = listener_path(r, "rooted", path)});
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(seteuid(65534), 0);
    expect_failure_at(r, path, ERROR_DENIED, "join its group (usermod -aG docker USER");
    assert_int_equal(seteuid(0), 0);
    peer_stop(p);
}

static void a_port_that_nobody_listens_at(void **state)
{
    struct listener *r = *state;
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
    struct listener *r = *state;
    struct endpoint to;
    struct peer *p = meet(r, TLS, PEER_SILENT, &to);
    to.connect_ms = 100;
    listener_expect_failure(r, &to, ERROR_TIMEOUT, "does not answer within 0.1 s");
    peer_stop(p);
    endpoint_done(&to);
}

static void one_that_hangs_up(void **state)
{
    struct listener *r = *state;
    struct endpoint to;
    struct peer *p = meet(r, UNIX, PEER_SILENT, &to);
    listener_open(r, &to);
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

static void check_tls(struct listener *r, const struct tls_case *c)
{
    char theirs[128], ours[128], a[128], b[128], address[64];
    listener_clear_environment();
    listener_path(r, "theirs", theirs);
    listener_path(r, "ours", ours);
    assert_int_equal(mkdir(theirs, 0755), 0);
    assert_int_equal(mkdir(ours, 0755), 0);
    certificates_authority(theirs, "theirs");
    certificates_make(theirs, "server", &(struct certificate_wish){c->server_names, c->from_day, c->to_day});
    if (c->foreign_ours || c->other_authority) {
        certificates_authority(ours, "ours");
    } else {
        assert_int_equal(link(listener_path(r, "theirs/ca.pem", a), listener_path(r, "ours/ca.pem", b)), 0);
        assert_int_equal(
            link(listener_path(r, "theirs/ca-key.pem", a), listener_path(r, "ours/ca-key.pem", b)), 0);
    }
    if (!c->without_ours) {
        certificates_make(ours, "cert", &(struct certificate_wish){NULL, 0, 30});
        assert_int_equal(
            rename(listener_path(r, "ours/cert-key.pem", a), listener_path(r, "ours/key.pem", b)), 0);
    }
    if (c->foreign_ours) {
        assert_int_equal(unlink(listener_path(r, "ours/ca.pem", b)), 0);
        assert_int_equal(link(listener_path(r, "theirs/ca.pem", a), b), 0);
    }
    char certificate[128], key[128], authority[128];
    struct peer *p =
        peer_start(&(struct peer_spec){.certificate = listener_path(r, "theirs/server.pem", certificate),
                                       .key = listener_path(r, "theirs/server-key.pem", key),
                                       .authority = listener_path(r, "theirs/ca.pem", authority)});
    struct endpoint to;
    setenv("DOCKER_TLS_VERIFY", "1", 1);
    setenv("DOCKER_CERT_PATH", ours, 1);
    snprintf(address, sizeof address, "tcp://localhost:%u", peer_port(p));
    listener_find(&to, address);
    listener_expect_failure(r, &to, c->kind, c->words);
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
    struct listener *r = *state;
    struct endpoint to;
    char address[64];
    struct peer *p = peer_start(&(struct peer_spec){.manner = PEER_FLOOD});
    listener_clear_environment();
    setenv("DOCKER_TLS", "1", 1);
    setenv("DOCKER_CERT_PATH", r->folder, 1);
    snprintf(address, sizeof address, "tcp://localhost:%u", peer_port(p));
    listener_find(&to, address);
    listener_expect_failure(r, &to, ERROR_PROTOCOL, "does not speak TLS there");
    peer_stop(p);
    endpoint_done(&to);
}

/* $DOCKER_TLS alone: encrypted, and nobody knows with whom. */
static void tls_without_checking(void **state)
{
    struct listener *r = *state;
    char certificate[128], key[128], address[64], none[128];
    struct endpoint to;
    listener_clear_environment();
    certificates_authority(r->folder, "anybody");
    certificates_make(r->folder, "server", &(struct certificate_wish){"DNS:elsewhere", -30, -1});
    struct peer *p =
        peer_start(&(struct peer_spec){.certificate = listener_path(r, "server.pem", certificate),
                                       .key = listener_path(r, "server-key.pem", key)});
    setenv("DOCKER_TLS", "1", 1);
    setenv("DOCKER_CERT_PATH", listener_path(r, "none", none), 1);
    snprintf(address, sizeof address, "tcp://localhost:%u", peer_port(p));
    listener_find(&to, address);
    listener_open(r, &to);
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
    struct listener *r = *state;
    struct endpoint to;
    struct peer *p = meet(r, TLS, PEER_ECHO, &to);
    listener_open(r, &to);
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
        cmocka_unit_test_setup_teardown(bytes_go_both_ways, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(all_may_be_said_at_once, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(much_goes_through_whole, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(a_hold_stops_the_other_side, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(it_may_be_closed_at_any_moment, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(a_socket_that_is_not_there, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(a_socket_that_nobody_listens_at, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(a_socket_that_is_not_for_us, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(a_port_that_nobody_listens_at, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(a_name_that_nobody_has, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(a_pipe_of_windows, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(one_that_does_not_answer, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(one_that_hangs_up, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(what_is_wrong_with_a_certificate_is_said, listener_make,
                                        listener_drop),
        cmocka_unit_test_setup_teardown(tls_where_nobody_speaks_it, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(tls_without_checking, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(a_cut_is_no_end, listener_make, listener_drop),
    };
    signal(SIGPIPE, SIG_IGN);
    listener_clear_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
