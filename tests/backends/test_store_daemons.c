/* The stores as a real docker and a real containerd leave them: the layout is the same for every storage
 * driver and snapshotter, so here it is theirs for Linux. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "backends/hcs/defaults.h"
#include "backends/hcs/store.h"
#include "backends/hcs/store_parts.h"
#include "backends/json.h"
#include "core/memory.h"
#include "tests/backends/dockerd.h"

static struct dockerd *daemon_of_tests; /* one for both: starting it takes seconds */

/* What one store has; the caller deletes. */
static cJSON *look(void (*reader)(struct store *, const char *root, const char *driver, const char *os),
                   const char *root, const char *driver)
{
    struct store store = {0};
    struct error why;
    reader(&store, root, driver, "linux");
    char *document = store_take(&store, &why);
    if (!document) {
        fail_msg("%s", why.text);
    }
    cJSON *images = cJSON_Parse(document);
    free(document);
    assert_true(cJSON_IsArray(images));
    return images;
}

static const cJSON *find(const cJSON *images, const char *name)
{
    const cJSON *image = store_find(images, name);
    if (!image) {
        fail_msg("there is no image %s", name);
    }
    return image;
}

static void assert_folders(const cJSON *image, int count)
{
    const cJSON *layer = NULL;
    assert_int_equal(cJSON_GetArraySize(json_at(image, "Layers")), count);
    cJSON_ArrayForEach(layer, json_at(image, "Layers"))
    {
        struct stat st;
        assert_int_equal(stat(json_string(layer, "Path", ""), &st), 0);
        assert_true(S_ISDIR(st.st_mode));
    }
}

static void root_of(const struct dockerd *d, const char *below, char out[160])
{
    snprintf(out, 160, "%s/data%s", dockerd_folder(d), below);
}

/* Two layers, the upper one of a container that was committed. */
static void dockers_own_store(void **state)
{
    const struct dockerd *d = daemon_of_tests;
    (void)state;
    char driver[64], id[128], root[160];
    assert_true(dockerd_docker(d, driver, sizeof driver, "info -f '{{.Driver}}'"));
    driver[strcspn(driver, "\n")] = '\0';
    if (strcmp(driver, "overlay2") != 0) {
        print_message("skipped: docker's storage driver is %s here, its folders are laid out otherwise\n",
                      driver);
        skip();
    }
    assert_true(dockerd_docker(d, NULL, 0, "create --name upper busybox true"));
    assert_true(dockerd_docker(d, NULL, 0, "cp %s/log upper:/log", dockerd_folder(d)));
    assert_true(
        dockerd_docker(d, NULL, 0, "commit -c 'ENTRYPOINT [\"echo\"]' -c 'CMD [\"hello\"]' upper two:1.0"));
    assert_true(dockerd_docker(d, id, sizeof id, "image inspect -f '{{.Id}}' two:1.0"));
    id[strcspn(id, "\n")] = '\0';
    root_of(d, "", root);
    cJSON *images = look(store_docker, root, driver);
    assert_int_equal(cJSON_GetArraySize(images), 2);
    const cJSON *two = find(images, "two:1.0");
    assert_string_equal(json_string(two, "Id", ""), id);
    assert_folders(two, 2);
    assert_folders(find(images, "busybox"), 1);
    assert_true(json_integer(two, "Size", 0) > json_integer(find(images, "busybox"), "Size", 0));
    char **words = defaults_command(two);
    assert_string_equal(words[0], "echo");
    assert_string_equal(words[1], "hello");
    assert_null(words[2]);
    free(words);
    cJSON_Delete(images);
}

static bool ctr(const struct dockerd *d, const char *words)
{
    return dockerd_shell("ctr -a %s/exec/containerd/containerd.sock %s >>%s/log 2>&1", dockerd_folder(d),
                         words, dockerd_folder(d));
}

/* The images that docker saves as an archive, unpacked by docker's own containerd; read while names come and
 * go in its metadata. */
static void containerds_store_while_it_is_written(void **state)
{
    const struct dockerd *d = daemon_of_tests;
    (void)state;
    char words[200], root[160];
    if (!dockerd_shell("command -v ctr >/dev/null")) {
        print_message("skipped: there is no ctr (package containerd)\n");
        skip();
    }
    assert_true(dockerd_docker(d, NULL, 0, "save busybox -o %s/saved.tar", dockerd_folder(d)));
    snprintf(words, sizeof words, "images import --snapshotter native %s/saved.tar", dockerd_folder(d));
    assert_true(ctr(d, words));
    root_of(d, "/containerd/daemon", root);
    assert_true(dockerd_shell("(for i in $(seq 20); do ctr -a %s/exec/containerd/containerd.sock images tag "
                              "docker.io/library/busybox:latest docker.io/library/again:$i; done; touch "
                              "%s/written) >/dev/null 2>&1 &",
                              dockerd_folder(d), dockerd_folder(d)));
    int looks = 0, count = 0;
    for (bool written = false; !written; looks++) {
        written = dockerd_shell("test -e %s/written", dockerd_folder(d));
        cJSON *images = look(store_containerd, root, "native");
        assert_folders(find(images, "busybox"), 1);
        assert_true(cJSON_GetArraySize(images) >= count); /* what was there once is there */
        count = cJSON_GetArraySize(images);
        cJSON_Delete(images);
    }
    assert_int_equal(count, 21);
    assert_true(looks > 1);
    cJSON *none = look(store_containerd, root, "windows");
    assert_int_equal(cJSON_GetArraySize(none), 0);
    cJSON_Delete(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dockers_own_store),
        cmocka_unit_test(containerds_store_while_it_is_written),
    };
    char why[128];
    daemon_of_tests = dockerd_new(why, sizeof why);
    if (!daemon_of_tests) {
        fprintf(stderr, "SKIPPED stores of real daemons: %s\n", why);
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dockerd_free(daemon_of_tests);
    return failed > 0;
}
