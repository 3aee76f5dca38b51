/* Where the engine is: addresses, docker's environment and contexts in docker's order, sockets that are
 * there; contexts made by docker's own client, where it is installed. */
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/docker/contexts.h"
#include "core/memory.h"
#include "tests/backends/certificates.h"
#include "tests/backends/listener.h"
#include "tests/backends/peer.h"

/* ---- addresses ---- */

static void same(const char *value, const char *expected)
{
    if (!expected) {
        assert_null(value);
    } else {
        assert_non_null(value);
        assert_string_equal(value, expected);
    }
}

static void addresses_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        enum endpoint_kind kind;
        const char *path, *host, *user;
        unsigned port;
        const char *base_path, *http_host;
        bool tls;
    } cases[] = {
        {"unix:///run/docker.sock", ENDPOINT_UNIX, "/run/docker.sock", NULL, NULL, 0, NULL, "docker", false},
        {"unix://", ENDPOINT_UNIX, "/var/run/docker.sock", NULL, NULL, 0, NULL, "docker", false},
        {"unix://docker.sock", ENDPOINT_UNIX, "docker.sock", NULL, NULL, 0, NULL, "docker", false},
        {"/run/podman/podman.sock", ENDPOINT_UNIX, "/run/podman/podman.sock", NULL, NULL, 0, NULL, "docker",
         false},
        {"npipe:////./pipe/docker_engine", ENDPOINT_PIPE, "\\\\.\\pipe\\docker_engine", NULL, NULL, 0, NULL,
         "docker", false},
        {"npipe://", ENDPOINT_PIPE, "\\\\.\\pipe\\docker_engine", NULL, NULL, 0, NULL, "docker", false},
        {"\\\\.\\pipe\\mine", ENDPOINT_PIPE, "\\\\.\\pipe\\mine", NULL, NULL, 0, NULL, "docker", false},
        {"//server/pipe/mine", ENDPOINT_PIPE, "\\\\server\\pipe\\mine", NULL, NULL, 0, NULL, "docker", false},
        {"tcp://build", ENDPOINT_TCP, NULL, "build", NULL, 2375, NULL, "build:2375", false},
        {"tcp://build:2376/", ENDPOINT_TCP, NULL, "build", NULL, 2376, NULL, "build:2376", false},
        {"tcp://build:1/engine/one/", ENDPOINT_TCP, NULL, "build", NULL, 1, "/engine/one", "build:1", false},
        {"tcp://:4000", ENDPOINT_TCP, NULL, "localhost", NULL, 4000, NULL, "localhost:4000", false},
        {"tcp://", ENDPOINT_TCP, NULL, "localhost", NULL, 2375, NULL, "localhost:2375", false},
        {"build:2375", ENDPOINT_TCP, NULL, "build", NULL, 2375, NULL, "build:2375", false},
        {"http://10.0.0.7:80", ENDPOINT_TCP, NULL, "10.0.0.7", NULL, 80, NULL, "10.0.0.7:80", false},
        {"https://build", ENDPOINT_TCP, NULL, "build", NULL, 2376, NULL, "build:2376", true},
        {"tcp://[::1]:2375", ENDPOINT_TCP, NULL, "::1", NULL, 2375, NULL, "[::1]:2375", false},
        {"tcp://[fe80::1%eth0]", ENDPOINT_TCP, NULL, "fe80::1%eth0", NULL, 2375, NULL, "[fe80::1%eth0]:2375",
         false},
        {"ssh://build", ENDPOINT_SSH, NULL, "build", NULL, 0, NULL, "docker", false},
        {"ssh://me@build:22/run/d.sock", ENDPOINT_SSH, "/run/d.sock", "build", "me", 22, NULL, "docker",
         false},
        {"ssh://corp%5Cme@build", ENDPOINT_SSH, NULL, "build", "corp\\me", 0, NULL, "docker", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct endpoint p;
        struct error e = {0};
        if (!endpoint_parse(&p, cases[i].address, &e)) {
            fail_msg("%s", e.text);
        }
        assert_string_equal(p.address, cases[i].address);
        assert_int_equal(p.kind, cases[i].kind);
        same(p.path, cases[i].path);
        same(p.host, cases[i].host);
        same(p.user, cases[i].user);
        assert_int_equal(p.port, cases[i].port);
        same(p.base_path, cases[i].base_path);
        same(p.http_host, cases[i].http_host);
        assert_int_equal(p.tls.on, cases[i].tls);
        assert_int_equal(endpoint_is_local(&p), p.kind == ENDPOINT_UNIX || p.kind == ENDPOINT_PIPE);
        endpoint_done(&p);
    }
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *address, *words;
    } cases[] = {
        {"fd://", "it begins with unix://"},
        {"ftp://build", "it begins with unix://"},
        {"tcp://build:0", "a port is a number"},
        {"tcp://build:65536", "a port is a number"},
        {"tcp://build:99999999999999999999", "a port is a number"},
        {"tcp://build:", "a port is a number"},
        {"tcp://::1", "IPv6 number stands in brackets"},
        {"tcp://[::1", "stands in brackets"},
        {"tcp://[::1]2375", "only :PORT"},
        {"tcp://[]:2375", "host's name is missing"},
        {"tcp://-oProxyCommand=evil", "characters that no such name has"},
        {"tcp://a b", "blanks"},
        {"tcp://me@build", "without user"},
        {"tcp://build?x=1", "question"},
        {"tcp://build\r\nX: y", "blanks"},
        {"tcp://b\xc3\xbcild", "blanks"},
        {"ssh://", "host's name is missing"},
        {"ssh://-oProxyCommand=evil", "characters that no such name has"},
        {"ssh://-l@build", "no user's name"},
        {"ssh://%2dl@build", "no user's name"},
        {"ssh://a%00b@build", "no user's name"},
        {"ssh://a%2@build", "no user's name"},
        {"ssh://@build", "no user's name"},
        {"ssh://me:secret@build", "a password cannot be used here"},
        {"npipe://docker_engine", "a named pipe is"},
        {"npipe:////./pipe/", "a named pipe is"},
        {"npipe:////a/b/pipe/c", "a named pipe is"},
        {"\\\\.\\mailslot\\x", "a named pipe is"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct endpoint p;
        struct error e = {0};
        if (endpoint_parse(&p, cases[i].address, &e)) {
            fail_msg("%s should have been refused", cases[i].address);
        }
        assert_int_equal(e.kind, ERROR_INVALID);
        if (!strstr(e.text, cases[i].words)) {
            fail_msg("'%s' should have said '%s'", e.text, cases[i].words);
        }
        assert_null(strstr(e.text, "secret"));
        assert_null(p.address);
    }
    struct error e = {0};
    struct endpoint p;
    char path[2000];
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[108] = '\0';
    assert_false(endpoint_parse(&p, path, &e));
    assert_non_null(strstr(e.text, "107 bytes"));
    path[108] = 'x';
    path[sizeof path - 1] = '\0';
    assert_false(endpoint_parse(&p, path, &e));
    assert_non_null(strstr(e.text, "1024 bytes"));
}

/* ---- what docker's client would use ---- */

static void put_file(const struct listener *r, const char *name, const char *text)
{
    char path[128];
    FILE *file = fopen(listener_path(r, name, path), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *path)
{
    if (mkdir(path, 0755) != 0) {
        assert_int_equal(access(path, F_OK), 0);
    }
}

/* Writes meta.json of a context as docker's store has it. */
static void put_context(const struct listener *r, const char *name, const char *json)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len;
    char path[400];
    size_t at = (size_t)snprintf(path, sizeof path, "%s/contexts", r->folder);
    make_folder(path);
    at += (size_t)snprintf(path + at, sizeof path - at, "/meta");
    make_folder(path);
    EVP_Digest(name, strlen(name), digest, &len, EVP_sha256(), NULL);
    at += (size_t)snprintf(path + at, sizeof path - at, "/");
    for (unsigned i = 0; i < len; i++) {
        at += (size_t)snprintf(path + at, sizeof path - at, "%02x", digest[i]);
    }
    make_folder(path);
    snprintf(path + at, sizeof path - at, "/meta.json");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(json, file);
    assert_int_equal(fclose(file), 0);
}

static void expect(const char *address, const char *found, const char *source)
{
    struct endpoint p;
    listener_find(&p, address);
    assert_string_equal(p.address, found);
    same(p.source, source);
    endpoint_done(&p);
}

static void expect_error(const char *address, enum error_kind kind, const char *words)
{
    struct endpoint p;
    struct error e = {0};
    if (endpoint_find(&p, address, &e)) {
        fail_msg("%s should not have been found", p.address);
    }
    assert_int_equal(e.kind, kind);
    if (!strstr(e.text, words)) {
        fail_msg("'%s' should have said '%s'", e.text, words);
    }
    assert_null(p.address);
}

static void use_folder(const struct listener *r)
{
    listener_clear_environment();
    setenv("DOCKER_CONFIG", r->folder, 1);
}

/* DOCKER_HOST, then DOCKER_CONTEXT, then config.json; what is asked for by name beats them all. */
static void dockers_own_order(void **state)
{
    struct listener *r = *state;
    use_folder(r);
    put_context(r, "one", "{\"Name\":\"one\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://one:1\"}}}");
    put_context(r, "two", "{\"Name\":\"two\",\"Endpoints\":{\"docker\":{\"Host\":\"ssh://me@two\"}}}");
    put_file(r, "config.json", "{\"currentContext\":\"one\"}");
    expect(NULL, "tcp://one:1", "the context one");
    setenv("DOCKER_CONTEXT", "two", 1);
    expect(NULL, "ssh://me@two", "the context two");
    setenv("DOCKER_HOST", "tcp://three:3", 1);
    expect(NULL, "tcp://three:3", "DOCKER_HOST");
    expect("", "tcp://three:3", "DOCKER_HOST");
    expect("context:one", "tcp://one:1", "the context one");
    expect("context:default", "tcp://three:3", "DOCKER_HOST");
    expect("unix:///x", "unix:///x", NULL);
    unsetenv("DOCKER_HOST");
    setenv("DOCKER_CONTEXT", "none", 1);
    expect_error(NULL, ERROR_INVALID, "DOCKER_CONTEXT: docker has no context none; see `docker context ls`");
    expect_error("context:../../etc", ERROR_INVALID, "docker has no context ../../etc");
    unsetenv("DOCKER_CONTEXT");
    put_file(r, "config.json", "{\"currentContext\":\"gone\"}");
    expect_error(NULL, ERROR_INVALID, "config.json: docker has no context gone");
    setenv("DOCKER_HOST", "nonsense://", 1);
    expect_error(NULL, ERROR_INVALID, "DOCKER_HOST: nonsense:// is no address");
}

static void without_docker(void **state)
{
    struct listener *r = *state;
    use_folder(r);
    if (access("/var/run/docker.sock", F_OK) == 0 || access("/run/podman/podman.sock", F_OK) == 0) {
        print_message("skipped: there is an engine on this machine\n");
        skip();
    }
    setenv("XDG_RUNTIME_DIR", r->folder, 1);
    setenv("HOME", r->folder, 1);
    expect_error(NULL, ERROR_NOT_FOUND,
                 "there is no Docker engine here: no socket unix:///var/run/docker.sock");
    put_context(r, "one", "{\"Endpoints\":{\"docker\":{}}}");
    expect_error("context:one", ERROR_UNREACHABLE, "there is no Docker engine here");

    char path[128], address[160];
    snprintf(address, sizeof address, "unix://%s/podman/podman.sock", r->folder);
    make_folder(listener_path(r, "podman", path));
    struct peer *podman =
        peer_start(&(struct peer_spec){.path = listener_path(r, "podman/podman.sock", path)});
    expect(NULL, address, "the default");
    struct peer *rootless = peer_start(&(struct peer_spec){.path = listener_path(r, "docker.sock", path)});
    snprintf(address, sizeof address, "unix://%s/docker.sock", r->folder);
    expect(NULL, address, "the default");
    peer_stop(podman);
    peer_stop(rootless);
    unsetenv("XDG_RUNTIME_DIR");
}

static void hostile_files(void **state)
{
    struct listener *r = *state;
    static const struct {
        const char *config, *words;
    } configs[] = {
        {"", "cannot understand"},
        {"{\"currentContext\":", "cannot understand"},
        {"[\"currentContext\"]", "it should stand in braces"},
        {"7", "it should stand in braces"},
    };
    use_folder(r);
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        put_file(r, "config.json", configs[i].config);
        expect_error(NULL, ERROR_INVALID, configs[i].words);
    }
    static const char *const metas[] = {"",
                                        "{",
                                        "[]",
                                        "{}",
                                        "{\"Endpoints\":7}",
                                        "{\"Endpoints\":{\"docker\":7}}",
                                        "{\"Endpoints\":{\"docker\":[{\"Host\":\"tcp://x\"}]}}"};
    for (size_t i = 0; i < sizeof metas / sizeof *metas; i++) {
        put_context(r, "bad", metas[i]);
        expect_error("context:bad", ERROR_INVALID, "cannot use docker's context bad");
    }
    put_context(r, "bad", "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://a b\"}}}");
    expect_error("context:bad", ERROR_INVALID, "the context bad: tcp://a b is no address");
    put_context(r, "bad",
                "{\"Endpoints\":{\"docker\":{\"Host\":\"context:bad\"}}}"); /* and not round and round */
    expect_error("context:bad", ERROR_INVALID, "is no address");
    put_context(r, "odd", "{\"Endpoints\":{\"docker\":{\"Host\":[\"tcp://x\"],\"SkipTLSVerify\":\"yes\"}}}");
    struct context c;
    struct error e = {0};
    assert_true(contexts_read(&c, "odd", &e));
    assert_null(c.host);
    assert_false(c.skip_verify);
    contexts_done(&c);
}

/* ---- TLS ---- */

static void make_certificates(const struct listener *r)
{
    char from[128], to[128];
    certificates_authority(r->folder, "authority");
    certificates_make(r->folder, "cert", &(struct certificate_wish){NULL, 0, 30});
    assert_int_equal(rename(listener_path(r, "cert-key.pem", from), listener_path(r, "key.pem", to)), 0);
}

static bool uses_tls(const char *address)
{
    struct endpoint p;
    listener_find(&p, address);
    bool on = p.tls.on;
    assert_int_equal(on, p.tls.context != NULL);
    endpoint_done(&p);
    return on;
}

static void tls_is_used_as_docker_does(void **state)
{
    struct listener *r = *state;
    char none[128];
    use_folder(r);
    make_certificates(r);
    assert_false(uses_tls("tcp://build:2376"));
    assert_true(uses_tls("https://build"));
    setenv("DOCKER_CERT_PATH", r->folder, 1); /* alone says nothing */
    assert_false(uses_tls("tcp://build:2376"));
    setenv("DOCKER_TLS_VERIFY", "1", 1);
    assert_true(uses_tls("tcp://build:2376"));
    assert_false(uses_tls("unix:///run/docker.sock"));
    assert_false(uses_tls("ssh://build"));
    expect(NULL, "tcp://localhost:2376", "DOCKER_TLS_VERIFY");
    setenv("DOCKER_CERT_PATH", listener_path(r, "none", none), 1);
    expect_error("tcp://build:2376", ERROR_INVALID, "/none/ca.pem: no such file");
    expect_error("tcp://build:2376", ERROR_INVALID,
                 "cannot use TLS for tcp://build:2376 (DOCKER_TLS_VERIFY)");
    setenv("DOCKER_HOST", "tcp://build:2376", 1);
    expect_error(NULL, ERROR_INVALID, "/none/ca.pem: no such file"); /* which is not: there is no Docker */
    unsetenv("DOCKER_TLS_VERIFY");
    setenv("DOCKER_TLS", "1", 1);
    assert_true(uses_tls("tcp://build:2376"));
}

static void certificates_that_cannot_be_used(void **state)
{
    struct listener *r = *state;
    char command[400], other[128];
    use_folder(r);
    setenv("DOCKER_TLS_VERIFY", "1", 1);
    make_certificates(r);
    put_file(r, "ca.pem", "nonsense");
    expect_error("tcp://build", ERROR_INVALID, "cannot use the authority");
    certificates_authority(r->folder, "authority");
    put_file(r, "cert.pem", "nonsense");
    expect_error("tcp://build", ERROR_INVALID, "cannot use the certificate");
    make_certificates(r);
    certificates_make(r->folder, "other", &(struct certificate_wish){NULL, 0, 30});
    assert_int_equal(rename(listener_path(r, "other-key.pem", other), listener_path(r, "key.pem", command)),
                     0);
    expect_error("tcp://build", ERROR_INVALID, "cannot use the key");
    /* Nobody is asked for a pass phrase. */
    snprintf(command, sizeof command,
             "cd %s && openssl ec -in key.pem -aes128 -passout pass:x -out locked.pem 2>/dev/null && mv "
             "locked.pem key.pem",
             r->folder);
    if (system(command) == 0) {
        expect_error("tcp://build", ERROR_INVALID, "a key without pass phrase");
    }
}

/* ---- docker's own client ---- */

static void contexts_that_docker_made(void **state)
{
    struct listener *r = *state;
    char command[900], address[64];
    use_folder(r);
    make_certificates(r);
    certificates_make(r->folder, "server", &(struct certificate_wish){"DNS:localhost", 0, 30});
    snprintf(
        command, sizeof command,
        "docker context create far --docker host=ssh://me@far:2222 >/dev/null && "
        "docker context create box --docker host=unix:///run/box.sock >/dev/null && "
        "docker context create secure --docker "
        "host=tcp://localhost:2376,ca=%s/ca.pem,cert=%s/cert.pem,key=%s/key.pem >/dev/null && "
        "docker context create loose --docker host=tcp://localhost:2376,skip-tls-verify=true >/dev/null && "
        "docker context use box >/dev/null",
        r->folder, r->folder, r->folder);
    if (system("command -v docker >/dev/null 2>&1") != 0) {
        print_message("skipped: docker's client is not installed\n");
        skip();
    }
    assert_int_equal(system(command), 0);
    expect("context:far", "ssh://me@far:2222", "the context far");
    expect(NULL, "unix:///run/box.sock", "the context box");
    assert_true(uses_tls("context:secure"));
    assert_true(uses_tls("context:loose"));
    assert_false(uses_tls("context:box"));
    setenv("DOCKER_CONTEXT", "far", 1);
    expect(NULL, "ssh://me@far:2222", "the context far");

    /* And its certificates are the ones that are used. */
    char certificate[128], key[128], authority[128];
    struct peer *p =
        peer_start(&(struct peer_spec){.certificate = listener_path(r, "server.pem", certificate),
                                       .key = listener_path(r, "server-key.pem", key),
                                       .authority = listener_path(r, "ca.pem", authority)});
    snprintf(address, sizeof address, "host=tcp://localhost:%u", peer_port(p));
    snprintf(command, sizeof command,
             "docker context update secure --docker %s,ca=%s,cert=%s/cert.pem,key=%s/key.pem >/dev/null",
             address, authority, r->folder, r->folder);
    assert_int_equal(system(command), 0);
    struct endpoint to;
    listener_find(&to, "context:secure");
    listener_open(r, &to);
    transport_write(r->transport, "hello ", 6);
    transport_end_output(r->transport);
    UNTIL(r, r->closed);
    assert_false(r->failed);
    assert_string_equal(text_of(&r->heard), "hello bye");
    endpoint_done(&to);
    peer_stop(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_understood),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test_setup_teardown(dockers_own_order, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(hostile_files, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(tls_is_used_as_docker_does, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(certificates_that_cannot_be_used, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(contexts_that_docker_made, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(without_docker, listener_make, listener_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
