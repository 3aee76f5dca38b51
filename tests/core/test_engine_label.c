#include "core/engine_label.h"

#include <stdlib.h>

#include "tests/core/test.h"

static void an_engine_has_a_name_that_tells_where_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *address, *brief, *longer;
    } table[] = {
        {NULL, "docker", "docker"},
        {"context:prod", "docker:prod", "docker:prod"},
        {"tcp://10.0.0.5:2376", "docker@10.0.0.5", "docker@10.0.0.5:2376"},
        {"https://build.example/engine", "docker@build.example", "docker@build.example"},
        {"10.0.0.5:2375", "docker@10.0.0.5", "docker@10.0.0.5:2375"},
        {"ssh://me@build", "docker@build", "docker@me@build"},
        {"ssh://build:22/run/p@d.sock", "docker@build", "docker@build:22"},
        {"tcp://[::1]:2375", "docker@[::1]", "docker@[::1]:2375"},
        {"tcp://[::1", "docker@[", "docker@[::1"},
        {"unix:///run/podman/podman.sock", "docker", "docker@podman.sock"},
        {"/run/docker.sock", "docker", "docker@docker.sock"},
        {"npipe:////./pipe/docker_engine", "docker", "docker@docker_engine"},
        {"systems=12,seed=7", "docker", "docker@systems=12,seed=7"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char *brief = engine_label("docker", table[i].address, ENGINE_LABEL_SHORT);
        char *longer = engine_label("docker", table[i].address, ENGINE_LABEL_LONG);
        assert_string_equal(brief, table[i].brief);
        assert_string_equal(longer, table[i].longer);
        free(brief);
        free(longer);
    }
    char *whole = engine_label("docker", "ssh://me@build", ENGINE_LABEL_WHOLE);
    assert_string_equal(whole, "docker=ssh://me@build");
    free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_engine_has_a_name_that_tells_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
