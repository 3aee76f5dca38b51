/* The images of containerd's store, from databases and files that the tests write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/hcs/store.h"
#include "backends/json.h"
#include "core/text.h"
#include "tests/backends/boltmaker.h"
#include "tests/backends/storeroom.h"

static void begin_containerd(struct storeroom *r)
{
    r->meta = boltmaker_new(4096);
    r->snapshots = boltmaker_new(4096);
    boltmaker_number(r->meta, "v1|version", 6);
}

static void add_name(struct storeroom *r, const char *space, const char *name, const char *digest)
{
    char path[512];
    snprintf(path, sizeof path, "v1|%s|images|%s|createdat", space, name);
    boltmaker_text(r->meta, path, "x");
    snprintf(path, sizeof path, "v1|%s|images|%s|target|digest", space, name);
    boltmaker_text(r->meta, path, digest);
}

static void add_chain(struct storeroom *r, const char *space, const char *chain, const char *snapshot)
{
    char path[512];
    snprintf(path, sizeof path, "v1|%s|snapshots|windows|%s|name", space, chain);
    boltmaker_text(r->meta, path, snapshot);
}

static void add_snapshot(struct storeroom *r, const char *name, unsigned id, unsigned kind,
                         const char *parent)
{
    char path[512];
    snprintf(path, sizeof path, "v1|snapshots|%s|id", name);
    boltmaker_number(r->snapshots, path, id);
    snprintf(path, sizeof path, "v1|snapshots|%s|kind", name);
    boltmaker_number(r->snapshots, path, kind);
    snprintf(path, sizeof path, "v1|snapshots|%s|size", name);
    boltmaker_number(r->snapshots, path, 2 * 1000); /* signed: twice the number */
    if (parent) {
        snprintf(path, sizeof path, "v1|snapshots|%s|parent", name);
        boltmaker_text(r->snapshots, path, parent);
    }
    snprintf(path, sizeof path, SNAPSHOTTER "snapshots/%u", id);
    storeroom_folder(r, path);
}

static void end_containerd(struct storeroom *r)
{
    size_t len;
    unsigned char *file = boltmaker_take(r->meta, &len);
    storeroom_put_bytes(r, "containerd/io.containerd.metadata.v1.bolt/meta.db", file, len);
    free(file);
    file = boltmaker_take(r->snapshots, &len);
    storeroom_put_bytes(r, SNAPSHOTTER "metadata.db", file, len);
    free(file);
}

#define MANIFEST(config) "{\"schemaVersion\":2,\"config\":{\"digest\":\"" config "\"},\"layers\":[]}"

/* Two layers on the host, under a name each, of an index for two systems and two builds. */
static void put_blobs(const struct storeroom *r)
{
    storeroom_put(
        r, BLOBS HEX("0"),
        "{\"manifests\":[{\"digest\":\"" DIGEST("a") "\",\"platform\":{\"os\":\"linux\"}},{\"digest\":"
                                                     "\"" DIGEST("b") "\",\"platform\":{\"os\":\"windows\"}},"
                                                                      "{\"digest\":\"" DIGEST("c") "\"}]}");
    storeroom_put(r, BLOBS HEX("a"), MANIFEST(DIGEST("d")));
    storeroom_put(r, BLOBS HEX("b"), MANIFEST(DIGEST("e"))); /* its configuration was never pulled */
    storeroom_put(r, BLOBS HEX("c"), MANIFEST(DIGEST("f")));
    storeroom_put(r, BLOBS HEX("d"), CONFIG("linux", "", CMD, ONE));
    storeroom_put(r, BLOBS HEX("f"), CONFIG("windows", "10.0.17763.5", CMD, TWO));
}

static void make_containerd(struct storeroom *r)
{
    put_blobs(r);
    begin_containerd(r);
    add_name(r, "default", "docker.io/library/app:1", DIGEST("0"));
    add_chain(r, "default", DIGEST("1"), "default/1/" DIGEST("1"));
    add_chain(r, "default", "sha256:" CHAIN_12, "default/2/sha256:" CHAIN_12);
    add_snapshot(r, "default/1/" DIGEST("1"), 1, 3, NULL);
    add_snapshot(r, "default/2/sha256:" CHAIN_12, 300, 3, "default/1/" DIGEST("1"));
}

static void containerd_images_have_their_layers(void **state)
{
    struct storeroom *r = *state;
    make_containerd(r);
    end_containerd(r);
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 1);
    const cJSON *app = storeroom_image(r, "app:1");
    assert_string_equal(json_string(app, "Id", ""), DIGEST("f"));
    assert_int_equal(json_integer(app, "Build", 0), 17763);
    assert_int_equal(json_integer(app, "Size", 0), 2000);
    storeroom_command(app, "[\"c:\\\\windows\\\\system32\\\\cmd.exe\"]");
    char root[1024];
    snprintf(root, sizeof root, "%s" SLASH "io.containerd.snapshotter.v1.windows" SLASH "snapshots" SLASH,
             r->containerd);
    storeroom_layers(app, root, "300 1");
}

static void namespaces_are_apart(void **state)
{
    struct storeroom *r = *state;
    make_containerd(r);
    add_name(r, "k8s.io", "app:1", DIGEST("0")); /* without layers of its own */
    add_name(r, "buildkit", "tool:1", DIGEST("c"));
    add_name(r, "buildkit", "docker.io/library/app:1", DIGEST("c"));
    add_name(r, "buildkit", "tool@" DIGEST("4"), DIGEST("c"));
    add_name(r, "buildkit", DIGEST("5"), DIGEST("c")); /* as CRI names it by its id */
    add_chain(r, "buildkit", "sha256:" CHAIN_12, "buildkit/9/sha256:" CHAIN_12);
    add_snapshot(r, "buildkit/9/sha256:" CHAIN_12, 7, 3, "default/1/" DIGEST("1"));
    storeroom_put(r, BLOBS HEX("6"), MANIFEST(DIGEST("7")));
    storeroom_put(r, BLOBS HEX("7"), CONFIG("windows", "10.0.26100.1", "{}", TWO));
    add_name(r, "another", "docker.io/library/app:1", DIGEST("6"));
    add_chain(r, "another", "sha256:" CHAIN_12, "buildkit/9/sha256:" CHAIN_12);
    end_containerd(r);
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 3);
    assert_int_equal(json_integer(storeroom_image(r, "app:1"), "Build", 0), 17763); /* default's */
    assert_string_equal(json_string(cJSON_GetArrayItem(r->images, 1), "Id", ""), DIGEST("7"));
    assert_string_equal(json_string(storeroom_image(r, "tool:1"), "Id", ""), DIGEST("f"));
}

static void both_stores_are_read_docker_first(void **state)
{
    struct storeroom *r = *state;
    storeroom_docker(r);
    make_containerd(r);
    add_name(r, "default", "core:ltsc2022", DIGEST("0"));
    end_containerd(r);
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 5);
    assert_int_equal(json_integer(storeroom_image(r, "core:ltsc2022"), "Build", 0), 20348);
}

static void snapshots_must_be_whole_chains(void **state)
{
    static const struct {
        unsigned kind;
        const char *parent;
    } cases[] = {
        {2, "default/1/" DIGEST("1")},     /* somebody's writable layer */
        {3, NULL},                         /* a layer too few */
        {3, "default/2/sha256:" CHAIN_12}, /* itself */
        {3, "default/99/nothing"},
    };
    struct storeroom *r = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_containerd(r);
        add_snapshot(r, "default/2/sha256:" CHAIN_12, 300, cases[i].kind, cases[i].parent);
        if (!cases[i].parent) { /* put anew without one */
            boltmaker_text(r->snapshots, "v1|snapshots|default/2/sha256:" CHAIN_12 "|parent", "");
        }
        end_containerd(r);
        assert_true(storeroom_look(r));
        assert_int_equal(storeroom_count(r), 0);
    }
    make_containerd(r);
    end_containerd(r);
    storeroom_take_away(r, SNAPSHOTTER "snapshots/1");
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 0);
}

static void indexes_that_hold_themselves_come_to_an_end(void **state)
{
    struct storeroom *r = *state;
    struct text index = {0};
    make_containerd(r);
    add_name(r, "default", "loop:1", DIGEST("8"));
    end_containerd(r);
    text_add(&index, "{\"manifests\":[");
    for (int i = 0; i < 1000; i++) {
        text_addf(&index, "%s{\"digest\":\"" DIGEST("8") "\"}", i ? "," : "");
    }
    text_add(&index, "]}");
    storeroom_put(r, BLOBS HEX("8"), text_of(&index));
    text_done(&index);
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 1);
}

static void broken_databases_are_said(void **state)
{
    static const char *const files[] = {"containerd/io.containerd.metadata.v1.bolt/meta.db",
                                        SNAPSHOTTER "metadata.db"};
    struct storeroom *r = *state;
    for (size_t i = 0; i < 2; i++) {
        make_containerd(r);
        end_containerd(r);
        storeroom_put(r, files[i], "no database");
        assert_false(storeroom_look(r));
        assert_int_equal(r->why.kind, ERROR_INVALID);
        assert_non_null(strstr(r->why.text, ".db"));
        storeroom_take_away(r, files[i]);
        assert_true(storeroom_look(r));
        assert_int_equal(storeroom_count(r), 0);
    }
    storeroom_docker(r);
    storeroom_put(r, files[0], "no database"); /* docker's images are found all the same */
    assert_true(storeroom_look(r));
    assert_int_equal(storeroom_count(r), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(containerd_images_have_their_layers, storeroom_begin, storeroom_end),
        cmocka_unit_test_setup_teardown(namespaces_are_apart, storeroom_begin, storeroom_end),
        cmocka_unit_test_setup_teardown(both_stores_are_read_docker_first, storeroom_begin, storeroom_end),
        cmocka_unit_test_setup_teardown(snapshots_must_be_whole_chains, storeroom_begin, storeroom_end),
        cmocka_unit_test_setup_teardown(indexes_that_hold_themselves_come_to_an_end, storeroom_begin,
                                        storeroom_end),
        cmocka_unit_test_setup_teardown(broken_databases_are_said, storeroom_begin, storeroom_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
