/* What is stored for a registry: names of images, config.json in all its shapes, and helpers that answer,
 * fail, hang and talk nonsense. */
#include <openssl/evp.h>
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

#include "backends/docker/credentials.h"
#include "backends/json.h"
#include "core/memory.h"
#include "tests/backends/listener.h"

static const char hub[] = "https://index.docker.io/v1/";

static void the_registry_of_an_image(void **state)
{
    (void)state;
    static const struct {
        const char *image, *server;
    } cases[] = {
        {"busybox", hub},
        {"busybox:1.36", hub},
        {"library/busybox", hub},
        {"docker.io/library/busybox", hub},
        {"index.docker.io/me/app", hub},
        {"ghcr.io/me/app:1", "ghcr.io"},
        {"localhost/app", "localhost"},
        {"build:5000/app@sha256:00", "build:5000"},
        {"[fe80::1]:5000/app", "[fe80::1]:5000"},
        {"MyHost/app", "MyHost"},
        {"mcr.microsoft.com/windows/nanoserver:ltsc2022", "mcr.microsoft.com"},
        {"", hub},
        {"/", hub},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *server = credentials_server(cases[i].image);
        assert_string_equal(server, cases[i].server);
        free(server);
    }
}

/* A header as JSON again. */
static char *decoded(const char *header)
{
    size_t len = strlen(header);
    char *copy = mem_string(header), *out = mem_new(len + 1, 1);
    for (char *c = copy; *c; c++) {
        *c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
    }
    assert_true(EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)copy, (int)len) > 0);
    free(copy);
    return out;
}

static void expect_header(const char *header, const char *user, const char *password, const char *identity,
                          const char *server)
{
    const struct {
        const char *name, *value;
    } members[] = {
        {"username", user}, {"password", password}, {"identitytoken", identity}, {"serveraddress", server}};
    assert_non_null(header);
    char *json = decoded(header);
    cJSON *o = cJSON_Parse(json);
    assert_non_null(o);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const char *value = json_string(o, members[i].name, NULL);
        if (!members[i].value) {
            assert_null(value);
        } else {
            assert_non_null(value);
            assert_string_equal(value, members[i].value);
        }
    }
    cJSON_Delete(o);
    free(json);
}

/* Looks up in this text, and expects this user with the password "secret?>" (NULL: nothing), or this helper.
 */
static void look_up(const char *text, const char *server, const char *user, const char *helper)
{
    cJSON *config = cJSON_Parse(text);
    assert_non_null(config);
    char *asked = NULL, *header = credentials_look_up(config, server, &asked);
    if (helper) {
        assert_non_null(asked);
        assert_string_equal(asked, helper);
        assert_null(header);
    } else {
        assert_null(asked);
        if (user) {
            expect_header(header, user, "secret?>", NULL, server);
        } else {
            assert_null(header);
        }
    }
    free(asked);
    free(header);
    cJSON_Delete(config);
}

static void what_config_json_holds(void **state)
{
    (void)state;
    /* me:secret?> and you:secret?> */
    static const char me[] = "{\"auths\":{\"ghcr.io\":{\"auth\":\"bWU6c2VjcmV0Pz4=\"}}}";
    static const char you[] = "{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"eW91OnNlY3JldD8+\"}}}";
    look_up(me, "ghcr.io", "me", NULL);
    look_up(me, "other.io", NULL, NULL);
    look_up(me, hub, NULL, NULL);
    look_up(you, hub, "you", NULL);
    look_up("{\"auths\":{\"docker.io\":{\"auth\":\"eW91OnNlY3JldD8+\"}}}", hub, "you", NULL);
    look_up("{\"auths\":{\"https://ghcr.io/v2/\":{\"auth\":\"bWU6c2VjcmV0Pz4=\"}}}", "ghcr.io", "me", NULL);
    look_up("{\"auths\":{\"https://ghcr.io/v2/\":{\"auth\":\"eW91OnNlY3JldD8+\"},"
            "\"ghcr.io\":{\"auth\":\"bWU6c2VjcmV0Pz4=\"}}}",
            "ghcr.io", "me", NULL);
    look_up("{\"auths\":{\"a.io\":{\"username\":\"me\",\"password\":\"secret?>\"}}}", "a.io", "me", NULL);
    look_up("{\"credsStore\":\"pass\"}", "a.io", NULL, "pass");
    look_up("{\"credsStore\":\"pass\",\"credHelpers\":{\"a.io\":\"gcloud\"}}", "a.io", NULL, "gcloud");
    look_up("{\"credsStore\":\"pass\",\"credHelpers\":{\"a.io\":\"gcloud\"}}", "b.io", NULL, "pass");
    look_up("{\"credsStore\":\"pass\",\"credHelpers\":{\"a.io\":\"\"}}", "a.io", NULL, NULL);
    look_up("{\"credsStore\":\"pass\",\"credHelpers\":{\"docker.io\":\"gcloud\"}}", hub, NULL, "gcloud");
}

static void what_is_hostile_in_it(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"auths\":{\"a.io\":{\"auth\":\"bWU6c2VjcmV0Pz4\"}}}", /* no base64 */
        "{\"auths\":{\"a.io\":{\"auth\":\"????\"}}}",
        "{\"auths\":{\"a.io\":{\"auth\":\"bWVzZWNyZXQ=\"}}}", /* no colon */
        "{\"auths\":{\"a.io\":{\"auth\":\"OnNlY3JldA==\"}}}", /* no user */
        "{\"auths\":{\"a.io\":{\"auth\":7}}}",
        "{\"auths\":{\"a.io\":[]}}",
        "{\"auths\":[{\"a.io\":{}}]}",
        "{\"auths\":\"a.io\"}",
        "{\"credsStore\":7,\"credHelpers\":[1]}",
        "{\"credsStore\":\"../../tmp/evil\"}",
        "{\"credHelpers\":{\"a.io\":\"x y\"}}",
        "[]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        look_up(texts[i], "a.io", NULL, NULL);
    }
}

/* ---- the search ---- */

struct search {
    bool over, failed;
    char *header;
    struct error why;
};

static void on_found(void *user, const char *header, const struct error *why)
{
    struct search *s = user;
    assert_false(s->over);
    s->over = true;
    s->header = mem_string(header);
    s->failed = why;
    if (why) {
        s->why = *why;
    }
}

static void put_file(const struct listener *r, const char *name, const char *text, mode_t mode)
{
    char path[128];
    FILE *file = fopen(listener_path(r, name, path), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void prepare(const struct listener *r, const char *config, const char *script)
{
    char path[128];
    listener_clear_environment();
    unsetenv("DOCKER_AUTH_CONFIG");
    setenv("DOCKER_CONFIG", r->folder, 1);
    put_file(r, "config.json", config, 0600);
    if (script) {
        char text[600];
        snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
        put_file(r, "docker-credential-test", text, 0700);
        snprintf(path, sizeof path, "%s:/usr/bin:/bin", r->folder);
        setenv("PATH", path, 1);
    }
}

static struct search search_for(struct listener *r, const char *image)
{
    struct search s = {0};
    credentials_find(&r->loop, image, on_found, &s);
    assert_false(s.over);
    UNTIL(r, s.over);
    return s;
}

static const char with_helper[] = "{\"credsStore\":\"test\"}";

static void a_helper_is_asked(void **state)
{
    struct listener *r = *state;
    struct search s;
    prepare(r, with_helper,
            "read -r server || :; [ \"$1\" = get ] || exit 3\n"
            "printf '{\"ServerURL\":\"%s\",\"Username\":\"me\",\"Secret\":\"%s\"}' \"$server\" \"$server\"");
    s = search_for(r, "ghcr.io/me/app");
    assert_false(s.failed);
    expect_header(s.header, "me", "ghcr.io", NULL, "ghcr.io");
    free(s.header);
    s = search_for(r, "busybox");
    expect_header(s.header, "me", hub, NULL, hub);
    free(s.header);
    prepare(r, with_helper, "cat >/dev/null; echo '{\"Username\":\"<token>\",\"Secret\":\"abc\"}'");
    s = search_for(r, "ghcr.io/me/app");
    expect_header(s.header, NULL, NULL, "abc", "ghcr.io");
    free(s.header);
}

static void expect_why(struct listener *r, const char *script, const char *words)
{
    prepare(r, with_helper, script);
    struct search s = search_for(r, "ghcr.io/me/app");
    assert_null(s.header);
    assert_int_equal(s.failed, words != NULL);
    if (words && !strstr(s.why.text, words)) {
        fail_msg("'%s' should have said '%s'", s.why.text, words);
    }
}

static void a_helper_may_fail(void **state)
{
    struct listener *r = *state;
    expect_why(r, "echo 'credentials not found in native keychain'; exit 1",
               NULL); /* nothing is stored: no failure */
    expect_why(r, "echo 'the keyring is locked'; exit 1",
               "docker-credential-test fails for ghcr.io: the keyring is locked");
    expect_why(r, "exit 1", "it says nothing");
    expect_why(r, "kill -9 $$", "fails for ghcr.io");
    expect_why(r, "echo nonsense", "does not answer as it should");
    expect_why(r, "exec </dev/null; head -c 300000 /dev/zero", "does not answer as it should");
    prepare(r, "{\"credsStore\":\"none-such\"}", NULL);
    struct search s = search_for(r, "ghcr.io/me/app");
    assert_true(s.failed);
    assert_non_null(
        strstr(s.why.text, "docker-credential-none-such, which config.json names, cannot be started"));
}

static void gpg_may_not_ask_on_our_terminal(void **state)
{
    struct listener *r = *state;
    setenv("GPG_TTY", "/dev/tty", 1);
    expect_why(
        r, "[ -z \"$GPG_TTY\" ] && [ -n \"$PATH\" ] && (: </dev/tty) 2>/dev/null || { echo alone; exit 1; }",
        "alone");
    unsetenv("GPG_TTY");
}

static void a_search_may_be_cancelled(void **state)
{
    struct listener *r = *state;
    struct search s = {0};
    char path[128];
    prepare(r, with_helper, "echo $$ >\"${0%/*}/pid\"; exec sleep 1000");
    credentials_cancel(credentials_find(&r->loop, "ghcr.io/me/app", on_found, &s)); /* before it has begun */
    struct credentials *c = credentials_find(&r->loop, "ghcr.io/me/app", on_found, &s);
    for (int i = 0; access(listener_path(r, "pid", path), F_OK) != 0; i++) {
        assert_true(i < LISTENER_PATIENCE_MS / 10);
        listener_turn_for(r, 10);
    }
    credentials_cancel(c);
    listener_turn_for(r, 50);
    assert_false(s.over); /* that nothing is left is seen by the loop's end */
}

static void files_that_are_not_as_they_should_be(void **state)
{
    struct listener *r = *state;
    struct search s;
    prepare(r, "{\"auths\":", NULL);
    s = search_for(r, "busybox");
    assert_true(s.failed && !s.header);
    assert_non_null(strstr(s.why.text, "cannot understand"));
    prepare(r, "{}", NULL);
    s = search_for(r, "busybox");
    assert_false(s.failed || s.header);
    setenv("DOCKER_AUTH_CONFIG", "{\"auths\":{\"ghcr.io\":{\"auth\":\"bWU6c2VjcmV0Pz4=\"}}}", 1);
    s = search_for(r, "ghcr.io/me/app");
    expect_header(s.header, "me", "secret?>", NULL, "ghcr.io");
    free(s.header);
    setenv("DOCKER_AUTH_CONFIG", "nonsense", 1);
    s = search_for(r, "ghcr.io/me/app");
    assert_non_null(strstr(s.why.text, "cannot understand DOCKER_AUTH_CONFIG"));
    unsetenv("DOCKER_AUTH_CONFIG");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_registry_of_an_image),
        cmocka_unit_test(what_config_json_holds),
        cmocka_unit_test(what_is_hostile_in_it),
        cmocka_unit_test_setup_teardown(a_helper_is_asked, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(a_helper_may_fail, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(gpg_may_not_ask_on_our_terminal, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(a_search_may_be_cancelled, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(files_that_are_not_as_they_should_be, listener_make, listener_drop),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
