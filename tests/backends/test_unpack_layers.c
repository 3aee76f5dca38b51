/* Images of several layers: docker's archives and OCI layouts, whole, damaged and lying. */
#include "backends/local/unpack/stream.h"
#include "tests/backends/tarmaker.h"

static const struct item lowest[] = {
    {AE_IFDIR, "etc", NULL, 0, 0, 0},         {AE_IFREG, "etc/keep", "1", 0, 0, 0},
    {AE_IFREG, "etc/gone", "1", 0, 0, 0},     {AE_IFREG, "etc/again", "1", 0, 0, 0},
    {AE_IFREG, "opt/app/old", "1", 0, 0, 0},  {AE_IFREG, "opt/app/sub/old", "1", 0, 0, 0},
    {AE_IFREG, "srv/tree/a/b", "1", 0, 0, 0}, {AE_IFLNK, "lib", "usr/lib", 0, 0, 0},
    {AE_IFREG, "usr/lib/one", "1", 0, 0, 0},
};

/* The opaque mark comes behind what its own layer puts into the folder. */
static const struct item middle[] = {
    {AE_IFREG, "etc/.wh.gone", "", 0, 0, 0},
    {AE_IFREG, "etc/again", "2", 0, 0, 0},
    {AE_IFREG, "etc/.wh.again", "", 0, 0, 0},
    {AE_IFREG, "opt/app/sub/new", "2", 0, 0, 0},
    {AE_IFREG, "opt/app/.wh..wh..opq", "", 0, 0, 0},
    {AE_IFREG, "srv/.wh.tree", "", 0, 0, 0},
    {AE_IFREG, "srv/.wh.never-was", "", 0, 0, 0},
    {AE_IFREG, "nowhere/.wh.x", "", 0, 0, 0},
    {AE_IFREG, "lib/two", "2", 0, 0, 0},
    {AE_IFREG, ".wh..wh.plnk/1.2", "x", 0, 0, 0},
};

static const struct item highest[] = {
    {AE_IFREG, "etc/gone", "3", 0, 0, 0},
    {AE_IFREG, "srv/tree", "3", 0, 0, 0},
    {0, "etc/linked", "etc/keep", 0, 0, 0},
};

struct layer {
    char *bytes; /* as they are in the image */
    size_t len;
    char digest[STREAM_DIGEST], content[STREAM_DIGEST];
};

struct built {
    struct layer layers[3];
    char config[2048], config_digest[STREAM_DIGEST];
    char manifest[4096], manifest_digest[STREAM_DIGEST];
};

static void make_layer(struct place *p, struct layer *l, int filter, const struct item *items, size_t count)
{
    size_t len;
    make_tar(in(p, "layer"), ARCHIVE_FILTER_NONE, items, count);
    char *plain = get_file(in(p, "layer"), &len);
    stream_digest(plain, len, l->content);
    free(plain);
    make_tar(in(p, "layer"), filter, items, count);
    l->bytes = get_file(in(p, "layer"), &l->len);
    stream_digest(l->bytes, l->len, l->digest);
}

static void build(struct place *p, struct built *b, int filter)
{
    make_layer(p, &b->layers[0], filter, ITEMS(lowest));
    make_layer(p, &b->layers[1], filter, ITEMS(middle));
    make_layer(p, &b->layers[2], filter, ITEMS(highest));
    snprintf(b->config, sizeof(b->config),
             "{\"os\":\"linux\",\"architecture\":\"amd64\",\"created\":\"2020-02-03T04:05:06Z\",\"config\":{"
             "\"Entrypoint\":[\"/entry\"],\"Cmd\":[\"a\",\"b c\"],\"Env\":[\"A=1\",\"PATH=/bin\"],"
             "\"WorkingDir\":\"/opt\",\"User\":\"1000:5\"},"
             "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\",\"%s\",\"%s\"]}}",
             b->layers[0].content, b->layers[1].content, b->layers[2].content);
    stream_digest(b->config, strlen(b->config), b->config_digest);
    snprintf(b->manifest, sizeof(b->manifest),
             "{\"schemaVersion\":2,\"config\":{\"digest\":\"%s\",\"size\":%zu},\"layers\":["
             "{\"digest\":\"%s\"},{\"digest\":\"%s\"},{\"digest\":\"%s\"}]}",
             b->config_digest, strlen(b->config), b->layers[0].digest, b->layers[1].digest,
             b->layers[2].digest);
    stream_digest(b->manifest, strlen(b->manifest), b->manifest_digest);
}

static void built_done(struct built *b)
{
    for (int i = 0; i < 3; i++) {
        free(b->layers[i].bytes);
    }
}

static void check_layers(struct place *p, const char *image)
{
    assert_content(p, image, "etc/keep", "1");
    assert_content(p, image, "etc/linked", "1");
    assert_content(p, image, "etc/gone", "3");
    assert_content(p, image, "etc/again", "2"); /* a whiteout is for lower layers only */
    assert_content(p, image, "srv/tree", "3");
    assert_content(p, image, "opt/app/sub/new", "2");
    assert_false(is_there(p, image, "opt/app/old"));
    assert_false(is_there(p, image, "opt/app/sub/old"));
    assert_content(p, image, "usr/lib/one", "1");
    assert_content(p, image, "usr/lib/two", "2"); /* through the link of a lower layer */
    assert_false(is_there(p, image, ".wh..wh.plnk"));
    assert_false(is_there(p, image, "etc/.wh.gone"));
    struct image_config c;
    assert_true(images_find(p->paths, image, &c, NULL));
    assert_string_equal(c.entrypoint[0], "/entry");
    assert_null(c.entrypoint[1]);
    assert_string_equal(c.command[1], "b c");
    assert_string_equal(c.env[0], "A=1");
    assert_string_equal(c.workdir, "/opt");
    assert_string_equal(c.user, "1000:5");
    image_config_done(&c);
    struct image_list *list = images_list(p->paths);
    assert_int_equal(list->count, 1);
    assert_string_equal(list->rows[0].command, "/entry a b c");
    assert_int_equal(list->rows[0].created, 1580702706000);
    image_list_free(list);
}

/* As `docker save` wrote them until version 24: folders of layers, manifest.json behind them. */
static void docker_archive(const struct built *b, const char *path, int filter, const char *manifest)
{
    char config_name[80];
    snprintf(config_name, sizeof(config_name), "%s.json", b->config_digest + 7);
    const struct item items[] = {
        {AE_IFREG, config_name, b->config, 0, 0, 0},
        {AE_IFDIR, "aaaa", NULL, 0, 0, 0},
        {AE_IFREG, "aaaa/VERSION", "1.0", 0, 0, 0},
        {AE_IFREG, "aaaa/layer.tar", b->layers[0].bytes, 0, b->layers[0].len, 0},
        {AE_IFREG, "bbbb/layer.tar", b->layers[1].bytes, 0, b->layers[1].len, 0},
        {AE_IFREG, "store/layer.tar", b->layers[2].bytes, 0, b->layers[2].len, 0},
        {AE_IFLNK, "cccc/layer.tar", "../store/layer.tar", 0, 0, 0},
        {AE_IFREG, "manifest.json", manifest, 0, 0, 0},
        {AE_IFREG, "repositories", "{}", 0, 0, 0},
    };
    make_tar(path, filter, ITEMS(items));
}

static const char *docker_manifest(const struct built *b, char out[1024])
{
    snprintf(out, 1024,
             "[{\"Config\":\"%s.json\",\"RepoTags\":[\"app:1\",\"app:latest\"],"
             "\"Layers\":[\"aaaa/layer.tar\",\"bbbb/layer.tar\",\"cccc/layer.tar\"]}]",
             b->config_digest + 7);
    return out;
}

static void docker_archives(void **state)
{
    struct place *p = *state;
    struct built b;
    char manifest[1024];
    const int outer[] = {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD};
    for (int i = 0; i < 3; i++) {
        build(p, &b, i == 2 ? ARCHIVE_FILTER_GZIP : ARCHIVE_FILTER_NONE);
        docker_archive(&b, in(p, "a.tar"), outer[i], docker_manifest(&b, manifest));
        must_import(p, "thing", in(p, "a.tar"));
        check_layers(p, "thing");
        assert_true(images_remove(p->paths, "thing", &p->e));
        assert_images(p, 0);
        built_done(&b);
    }
}

static void one_of_several_by_its_tag(void **state)
{
    struct place *p = *state;
    struct built b;
    char manifest[1024];
    build(p, &b, ARCHIVE_FILTER_NONE);
    snprintf(manifest, sizeof(manifest),
             "[{\"Config\":\"none.json\",\"RepoTags\":[\"other:1\"],\"Layers\":[\"x\"]},"
             "{\"Config\":\"%s.json\",\"RepoTags\":[\"docker.io/library/app:latest\"],"
             "\"Layers\":[\"aaaa/layer.tar\",\"bbbb/layer.tar\",\"cccc/layer.tar\"]}]",
             b.config_digest + 7);
    docker_archive(&b, in(p, "a.tar"), ARCHIVE_FILTER_NONE, manifest);
    must_refuse(p, in(p, "a.tar"),
                "2 images; import one under its tag: other:1, docker.io/library/app:latest");
    must_import(p, "app", in(p, "a.tar"));
    check_layers(p, "app");
    built_done(&b);
}

static void put_blob(struct place *p, const char *digest, const void *bytes, size_t len)
{
    char name[120];
    snprintf(name, sizeof(name), "oci/blobs/sha256/%s", digest + 7);
    put_file(in(p, name), bytes, len);
}

/* The index has the image for another machine too, and ours only in an index within. */
static void oci_folder(struct place *p, const struct built *b)
{
    char inner[1024], inner_digest[STREAM_DIGEST], index[2048];
    char *machine = image_architecture();
    snprintf(inner, sizeof(inner),
             "{\"manifests\":[{\"digest\":\"sha256:%064d\",\"platform\":{\"os\":\"windows\",\"architecture\":"
             "\"%s\"}},"
             "{\"digest\":\"%s\",\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}}]}",
             0, machine, b->manifest_digest, machine);
    stream_digest(inner, strlen(inner), inner_digest);
    snprintf(index, sizeof(index),
             "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"%s\"},"
             "{\"digest\":\"sha256:%064d\",\"platform\":{\"os\":\"linux\",\"architecture\":\"s390x\"}}]}",
             inner_digest, 0);
    free(machine);
    assert_int_equal(mkdir(in(p, "oci"), 0755), 0);
    assert_int_equal(mkdir(in(p, "oci/blobs"), 0755), 0);
    assert_int_equal(mkdir(in(p, "oci/blobs/sha256"), 0755), 0);
    put_file(in(p, "oci/oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
    put_file(in(p, "oci/index.json"), index, strlen(index));
    put_blob(p, inner_digest, inner, strlen(inner));
    put_blob(p, b->manifest_digest, b->manifest, strlen(b->manifest));
    put_blob(p, b->config_digest, b->config, strlen(b->config));
    for (int i = 0; i < 3; i++) {
        put_blob(p, b->layers[i].digest, b->layers[i].bytes, b->layers[i].len);
    }
}

static void run(const char *fmt, const char *dir)
{
    struct text command = {0};
    for (const char *at = fmt; *at; at++) {
        if (*at == '@') {
            text_add(&command, dir);
        } else {
            text_add_char(&command, *at);
        }
    }
    assert_int_equal(system(text_of(&command)), 0);
    text_done(&command);
}

static void oci_layouts(void **state)
{
    struct place *p = *state;
    const int filters[] = {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_NONE};
    for (int i = 0; i < 3; i++) {
        struct built b;
        build(p, &b, filters[i]);
        oci_folder(p, &b);
        must_import(p, "folder", in(p, "oci"));
        check_layers(p, "folder");
        assert_true(images_remove(p->paths, "folder", &p->e));
        run("tar -C @/oci -cf @/oci.tar . && tar -C @/oci -czf @/oci.tar.gz blobs oci-layout index.json",
            p->dir);
        must_import(p, "tar", in(p, "oci.tar"));
        check_layers(p, "tar");
        assert_true(images_remove(p->paths, "tar", &p->e));
        must_import(p, "packed", in(p, "oci.tar.gz"));
        check_layers(p, "packed");
        assert_true(images_remove(p->paths, "packed", &p->e));
        run("rm -r @/oci", p->dir);
        built_done(&b);
    }
}

static void damaged_blobs_are_refused(void **state)
{
    struct place *p = *state;
    struct built b;
    build(p, &b, ARCHIVE_FILTER_GZIP);
    oci_folder(p, &b);
    for (int i = 0; i < 3; i++) {
        const struct layer *l = &b.layers[i];
        for (int part = 0; part < 6; part++) { /* cut */
            put_blob(p, l->digest, l->bytes, l->len * (size_t)part / 6);
            must_refuse(p, in(p, "oci"), "");
        }
        for (int part = 0; part < 6; part++) { /* a bit is wrong */
            char *wrong = mem_string_n("", 0);
            wrong = mem_resize(wrong, l->len, 1);
            memcpy(wrong, l->bytes, l->len);
            wrong[(l->len - 1) * (size_t)part / 5] ^= 0x10;
            put_blob(p, l->digest, wrong, l->len);
            must_refuse(p, in(p, "oci"), "");
            free(wrong);
        }
        put_blob(p, l->digest, l->bytes, l->len);
    }
    put_blob(p, b.config_digest, "{}", 2);
    must_refuse(p, in(p, "oci"), "sha256 differs");
    put_blob(p, b.config_digest, b.config, strlen(b.config));
    must_import(p, "whole", in(p, "oci"));
    built_done(&b);
}

/* The right digest of the wrong content: the config promises other layers. */
static void swapped_layers_are_refused(void **state)
{
    struct place *p = *state;
    struct built b;
    char manifest[1024];
    build(p, &b, ARCHIVE_FILTER_NONE);
    snprintf(
        manifest, sizeof(manifest),
        "[{\"Config\":\"%s.json\",\"Layers\":[\"bbbb/layer.tar\",\"aaaa/layer.tar\",\"cccc/layer.tar\"]}]",
        b.config_digest + 7);
    docker_archive(&b, in(p, "a.tar"), ARCHIVE_FILTER_NONE, manifest);
    must_refuse(p, in(p, "a.tar"), "sha256 differs");
    snprintf(manifest, sizeof(manifest), "[{\"Config\":\"%s.json\",\"Layers\":[\"aaaa/layer.tar\"]}]",
             b.config_digest + 7);
    docker_archive(&b, in(p, "a.tar"), ARCHIVE_FILTER_NONE, manifest);
    must_refuse(p, in(p, "a.tar"), "1 layers, its config 3");
    built_done(&b);
}

static void nonsense_is_refused(void **state)
{
    struct place *p = *state;
    struct built b;
    static const char *const manifests[] = {
        "[]",
        "{",
        "null",
        "[{\"Config\":5,\"Layers\":[\"x\"]}]",
        "[{\"Config\":\"x\",\"Layers\":[]}]",
        "[{\"Config\":\"../../../etc/passwd\",\"Layers\":[\"x\"]}]",
        "[{\"Config\":\"cccc/layer.tar\",\"Layers\":[\"x\"]}]",
        "[{\"Config\":\"none\",\"Layers\":[\"x\"]}]",
    };
    build(p, &b, ARCHIVE_FILTER_NONE);
    for (size_t i = 0; i < sizeof(manifests) / sizeof(*manifests); i++) {
        docker_archive(&b, in(p, "a.tar"), ARCHIVE_FILTER_NONE, manifests[i]);
        must_refuse(p, in(p, "a.tar"), "");
    }
    const struct item circle[] = {
        {AE_IFREG, "oci-layout", "{}", 0, 0, 0},
        {AE_IFLNK, "index.json", "manifest.json", 0, 0, 0},
        {AE_IFLNK, "manifest.json", "index.json", 0, 0, 0},
    };
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, ITEMS(circle));
    must_refuse(p, in(p, "a.tar"), "neither manifest.json nor index.json");
    built_done(&b);
}

static void hostile_whiteouts_take_nothing_else(void **state)
{
    struct place *p = *state;
    static const char *const names[] = {"etc/.wh..", "etc/.wh...", "etc/.wh.", ".wh..."};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct built b;
        char manifest[1024];
        build(p, &b, ARCHIVE_FILTER_NONE);
        free(b.layers[1].bytes);
        const struct item item = {AE_IFREG, names[i], "", 0, 0, 0};
        make_layer(p, &b.layers[1], ARCHIVE_FILTER_NONE, &item, 1);
        docker_archive(&b, in(p, "a.tar"), ARCHIVE_FILTER_NONE, docker_manifest(&b, manifest));
        must_refuse(p, in(p, "a.tar"), "takes nothing away");
        built_done(&b);
    }
}

/* A link to the canary in one layer; whiteouts and files below it in the next. */
static void whiteouts_never_lead_out(void **state)
{
    struct place *p = *state;
    const struct item link[] = {{AE_IFLNK, "out", in(p, "canary"), 0, 0, 0},
                                {AE_IFDIR, "etc", NULL, 0, 0, 0}};
    static const struct item through[] = {
        {AE_IFREG, "out/.wh.bird", "", 0, 0, 0},
        {AE_IFREG, "out/.wh..wh..opq", "", 0, 0, 0},
    };
    char config[512], manifest[256];
    struct layer a, b;
    make_layer(p, &a, ARCHIVE_FILTER_NONE, ITEMS(link));
    make_layer(p, &b, ARCHIVE_FILTER_NONE, ITEMS(through));
    snprintf(config, sizeof(config), "{\"rootfs\":{\"diff_ids\":[\"%s\",\"%s\"]}}", a.content, b.content);
    snprintf(manifest, sizeof(manifest), "[{\"Config\":\"config\",\"Layers\":[\"a\",\"b\"]}]");
    const struct item items[] = {
        {AE_IFREG, "manifest.json", manifest, 0, 0, 0},
        {AE_IFREG, "config", config, 0, 0, 0},
        {AE_IFREG, "a", a.bytes, 0, a.len, 0},
        {AE_IFREG, "b", b.bytes, 0, b.len, 0},
    };
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, ITEMS(items));
    must_import(p, "links", in(p, "a.tar"));
    assert_canary_alive(p);
    free(a.bytes);
    free(b.bytes);
}

static void other_systems_are_refused(void **state)
{
    struct place *p = *state;
    static const struct item items[] = {
        {AE_IFREG, "manifest.json", "[{\"Config\":\"c\",\"Layers\":[\"l\"]}]", 0, 0, 0},
        {AE_IFREG, "c", "{\"os\":\"windows\"}", 0, 0, 0},
        {AE_IFREG, "l", "x", 0, 0, 0},
    };
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, ITEMS(items));
    must_refuse(p, in(p, "a.tar"), "made for windows");
    assert_int_equal(p->e.kind, ERROR_UNSUPPORTED);
}

static void indexes_nested_too_deep_are_refused(void **state)
{
    struct place *p = *state;
    char json[300], digest[STREAM_DIGEST];
    snprintf(json, sizeof(json), "{\"manifests\":[]}");
    assert_int_equal(mkdir(in(p, "oci"), 0755), 0);
    assert_int_equal(mkdir(in(p, "oci/blobs"), 0755), 0);
    assert_int_equal(mkdir(in(p, "oci/blobs/sha256"), 0755), 0);
    put_file(in(p, "oci/oci-layout"), "{}", 2);
    for (int depth = 0; depth < 6; depth++) {
        stream_digest(json, strlen(json), digest);
        put_blob(p, digest, json, strlen(json));
        snprintf(json, sizeof(json), "{\"manifests\":[{\"digest\":\"%s\"}]}", digest);
    }
    put_file(in(p, "oci/index.json"), json, strlen(json));
    must_refuse(p, in(p, "oci"), "nested deeper");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, place_begin, place_end)

int main(void)
{
    umask(022);
    const struct CMUnitTest tests[] = {
        CASE(docker_archives),
        CASE(one_of_several_by_its_tag),
        CASE(oci_layouts),
        CASE(damaged_blobs_are_refused),
        CASE(swapped_layers_are_refused),
        CASE(nonsense_is_refused),
        CASE(hostile_whiteouts_take_nothing_else),
        CASE(whiteouts_never_lead_out),
        CASE(other_systems_are_refused),
        CASE(indexes_nested_too_deep_are_refused),
    };
    return cmocka_run_group_tests_name("unpack_layers", tests, NULL, NULL);
}
