/* The images of docker's and containerd's stores, from stores that the tests write: which are found, what is
 * said of them, and that broken and hostile files cost no more than the images that need them. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "backends/hcs/defaults.h"
#include "backends/hcs/store.h"
#include "backends/json.h"
#include "core/memory.h"
#include "core/text.h"
#include "tests/backends/boltmaker.h"

#if defined(_WIN32)
#define SLASH "\\"
#else
#define SLASH "/"
#endif

#define SIXTEEN(x) x x x x x x x x x x x x x x x x
#define HEX(x)     SIXTEEN(x) SIXTEEN(x) SIXTEEN(x) SIXTEEN(x)
#define DIGEST(x)  "sha256:" HEX(x)

/* sha256 of "<digest of 1s> <digest of 2s>", and of that with 3s: computed elsewhere. */
#define CHAIN_12  "9932074217c35353d2e03a3f5a86549f7c67bfeb0ba53e23d69f4d4c8f7958f5"
#define CHAIN_123 "50127c0d6b338be78246434b4bce23ecf75e505158ea0bbd15effeb162fbf3ec"

#define CONFIG(os, version, config, diffs)                                                                   \
    "{\"architecture\":\"amd64\",\"os\":\"" os "\",\"os.version\":\"" version "\",\"config\":" config        \
    ",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" diffs "]}}"
#define CMD   "{\"Cmd\":[\"c:\\\\windows\\\\system32\\\\cmd.exe\"]}"
#define ONE   "\"" DIGEST("1") "\""
#define TWO   ONE ",\"" DIGEST("2") "\""
#define THREE TWO ",\"" DIGEST("3") "\""
#define CORE  CONFIG("windows", "10.0.20348.2700", CMD, ONE)

#define DOCKER      "docker/image/windowsfilter/"
#define CONTENT     "docker/image/windowsfilter/imagedb/content/sha256/"
#define LAYERDB     "docker/image/windowsfilter/layerdb/sha256/"
#define BLOBS       "containerd/io.containerd.content.v1.content/blobs/sha256/"
#define SNAPSHOTTER "containerd/io.containerd.snapshotter.v1.windows/"

struct room {
    char folder[512], docker[600], containerd[600];
    struct boltmaker *meta, *snapshots;
    cJSON *images; /* of the last look() */
    struct error why;
};

static void make_folder(const struct room *r, const char *path)
{
    char whole[1024];
    for (size_t at = strcspn(path, "/");; at += 1 + strcspn(path + at + 1, "/")) {
        uv_fs_t request;
        snprintf(whole, sizeof whole, "%s/%.*s", r->folder, (int)at, path);
        uv_fs_mkdir(NULL, &request, whole, 0755, NULL);
        uv_fs_req_cleanup(&request);
        if (!path[at]) {
            return;
        }
    }
}

static void put_bytes(const struct room *r, const char *path, const void *data, size_t len)
{
    char whole[1024];
    uv_fs_t request;
    uv_buf_t buffer = uv_buf_init((char *)data, (unsigned)len);
    snprintf(whole, sizeof whole, "%.*s", (int)(strrchr(path, '/') - path), path);
    make_folder(r, whole);
    snprintf(whole, sizeof whole, "%s/%s", r->folder, path);
    int file = uv_fs_open(NULL, &request, whole, UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_TRUNC, 0644, NULL);
    assert_true(file >= 0);
    assert_int_equal(uv_fs_write(NULL, &request, file, &buffer, 1, 0, NULL), (int)len);
    uv_fs_close(NULL, &request, file, NULL);
}

static void put(const struct room *r, const char *path, const char *text)
{
    put_bytes(r, path, text, strlen(text));
}

static void remove_tree(const char *path)
{
    uv_fs_t request;
    uv_dirent_t entry;
    if (uv_fs_scandir(NULL, &request, path, 0, NULL) < 0) {
        uv_fs_req_cleanup(&request);
        uv_fs_unlink(NULL, &request, path, NULL);
        return;
    }
    while (uv_fs_scandir_next(&request, &entry) != UV_EOF) {
        char below[1024];
        snprintf(below, sizeof below, "%s/%s", path, entry.name);
        remove_tree(below);
    }
    uv_fs_req_cleanup(&request);
    uv_fs_rmdir(NULL, &request, path, NULL);
}

static void take_away(const struct room *r, const char *path)
{
    char whole[1024];
    snprintf(whole, sizeof whole, "%s/%s", r->folder, path);
    remove_tree(whole);
}

static int begin(void **state)
{
    struct room *r = mem_new(1, sizeof *r);
    char base[256];
    size_t len = sizeof base;
    uv_fs_t request;
    assert_int_equal(uv_os_tmpdir(base, &len), 0);
    snprintf(r->folder, sizeof r->folder, "%s/porthole-store-XXXXXX", base);
    assert_int_equal(uv_fs_mkdtemp(NULL, &request, r->folder, NULL), 0);
    snprintf(r->folder, sizeof r->folder, "%s", request.path);
    uv_fs_req_cleanup(&request);
    snprintf(r->docker, sizeof r->docker, "%s" SLASH "docker", r->folder);
    snprintf(r->containerd, sizeof r->containerd, "%s" SLASH "containerd", r->folder);
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct room *r = *state;
    remove_tree(r->folder);
    cJSON_Delete(r->images);
    free(r);
    return 0;
}

/* Looks; true: there is a document. */
static bool look(struct room *r)
{
    r->why = (struct error){0};
    char *document = store_images(r->docker, r->containerd, &r->why);
    cJSON_Delete(r->images);
    r->images = NULL;
    if (document) {
        r->images = cJSON_Parse(document);
        assert_true(cJSON_IsArray(r->images));
        assert_int_equal(r->why.kind, ERROR_NONE);
    } else {
        assert_true(r->why.kind != ERROR_NONE && *r->why.text);
    }
    free(document);
    return r->images != NULL;
}

static int count(const struct room *r)
{
    return cJSON_GetArraySize(r->images);
}

static const cJSON *image(const struct room *r, const char *name)
{
    const cJSON *json = store_find(r->images, name);
    if (!json) {
        fail_msg("there is no image %s", name);
    }
    return json;
}

/* words: as JSON; NULL: none. */
static void assert_command(const cJSON *json, const char *words)
{
    char **command = defaults_command(json);
    if (!words) {
        assert_null(command);
        return;
    }
    assert_non_null(command);
    cJSON *list = cJSON_CreateObject();
    json_add_strings(list, "words", (const char *const *)command);
    char *printed = cJSON_PrintUnformatted(json_at(list, "words"));
    assert_string_equal(printed, words);
    cJSON_Delete(list);
    free(printed);
    free(command);
}

/* folders: below the root, apart by blanks, topmost first. */
static void assert_layers(const cJSON *json, const char *root, const char *folders)
{
    struct text paths = {0};
    const cJSON *layer = NULL;
    cJSON_ArrayForEach(layer, json_at(json, "Layers"))
    {
        const char *path = json_string(layer, "Path", "");
        assert_int_equal(strncmp(path, root, strlen(root)), 0);
        text_addf(&paths, "%s%s", paths.len ? " " : "", path + strlen(root));
    }
    assert_string_equal(text_of(&paths), folders);
    text_done(&paths);
}

/* docker */

static void make_layer(const struct room *r, const char *chain, const char *folder, const char *size)
{
    char path[512];
    snprintf(path, sizeof path, LAYERDB "%s/cache-id", chain);
    put(r, path, folder);
    snprintf(path, sizeof path, LAYERDB "%s/size", chain);
    put(r, path, size);
    snprintf(path, sizeof path, "docker/windowsfilter/%s/Files", folder);
    make_folder(r, path);
}

static void make_docker(const struct room *r)
{
    put(r, DOCKER "repositories.json",
        "{\"Repositories\":{\"core\":{\"core:ltsc2022\":\"" DIGEST("a") "\",\"core@" DIGEST(
            "f") "\":\"" DIGEST("a") "\"},\"pinger\":{\"pinger:1.0\":\"" DIGEST("b") "\"},\"linux\":{\"linux:"
                                                                                     "1"
                                                                                     "\":\"" DIGEST(
                                                                                         "c") "\"},"
                                                                                              "\"bare\":{"
                                                                                              "\"bare"
                                                                                              "@" DIGEST("e") "\":\"" DIGEST(
                                                                                                  "d") "\"}}"
                                                                                                       "}");
    put(r, CONTENT HEX("a"), CORE);
    put(r, CONTENT HEX("b"),
        CONFIG("windows", "10.0.20348.1",
               "{\"ArgsEscaped\":true,\"Cmd\":[\"ping -t \\\"local host\\\"\"],\"Env\":[\"A=b c\"],"
               "\"WorkingDir\":\"C:\\\\app\",\"User\":\"ContainerUser\"}",
               THREE));
    put(r, CONTENT HEX("c"), CONFIG("linux", "", "{}", ONE));
    put(r, CONTENT HEX("d"), CONFIG("windows", "nonsense", "null", TWO));
    make_layer(r, HEX("1"), HEX("7"), "1000");
    make_layer(r, CHAIN_12, HEX("8"), "20\n");
    make_layer(r, CHAIN_123, HEX("9"), "4");
}

static void docker_images_have_their_layers(void **state)
{
    struct room *r = *state;
    make_docker(r);
    assert_true(look(r));
    assert_int_equal(count(r), 3);
    const cJSON *core = image(r, "core:ltsc2022"), *pinger = image(r, "pinger:1.0"),
                *bare = image(r, "bare@" DIGEST("e"));
    assert_string_equal(json_string(core, "Id", ""), DIGEST("a"));
    assert_int_equal(json_integer(core, "Build", 0), 20348);
    assert_int_equal(json_integer(core, "Size", 0), 1000);
    assert_command(core, "[\"c:\\\\windows\\\\system32\\\\cmd.exe\"]");
    assert_layers(core, r->docker, SLASH "windowsfilter" SLASH HEX("7"));
    assert_int_equal(json_integer(pinger, "Size", 0), 1024);
    assert_string_equal(json_string(pinger, "WorkingDir", ""), "C:\\app");
    assert_string_equal(json_string(pinger, "User", ""), "ContainerUser");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(json_at(pinger, "Env"), 0)), "A=b c");
    assert_null(json_at(core, "Env"));
    assert_command(pinger, "[\"ping\",\"-t\",\"local host\"]");
    assert_layers(pinger, r->docker,
                  SLASH "windowsfilter" SLASH HEX("9") " " SLASH "windowsfilter" SLASH HEX(
                      "8") " " SLASH "windowsfilter" SLASH HEX("7"));
    assert_int_equal(json_integer(bare, "Build", 1), 0);
    assert_command(bare, NULL);
}

static void the_data_root_is_where_the_settings_say(void **state)
{
    static const char elsewhere[] = "{\"debug\":true,\"data-root\":\"";
    struct room *r = *state;
    struct text settings = {0}, wide = {0};
    char root[600];
    make_docker(r);
    snprintf(root, sizeof root, "%s", r->docker);
    snprintf(r->docker, sizeof r->docker, "%s/settings", r->folder);
    assert_true(look(r));
    assert_int_equal(count(r), 0);
    text_add(&settings, elsewhere);
    for (const char *at = root; *at; at++) {
        text_addf(&settings, "%s%c", *at == '\\' ? "\\" : "", *at);
    }
    text_add(&settings, "\"}");
    put(r, "settings/config/daemon.json", text_of(&settings));
    assert_true(look(r));
    assert_int_equal(count(r), 3);
    assert_layers(image(r, "core:ltsc2022"), root, SLASH "windowsfilter" SLASH HEX("7"));

    for (int big = 0; big < 2; big++) { /* as PowerShell writes it */
        text_clear(&wide);
        text_add(&wide, big ? "\xFE\xFF" : "\xFF\xFE");
        for (size_t i = 0; i < settings.len; i++) {
            char pair[2] = {0, 0};
            pair[big] = settings.data[i];
            text_add_n(&wide, pair, 2);
        }
        put_bytes(r, "settings/config/daemon.json", wide.data, wide.len);
        assert_true(look(r));
        assert_int_equal(count(r), 3);
    }
    text_done(&wide);
    text_done(&settings);
}

static void what_is_missing_costs_only_who_needs_it(void **state)
{
    struct room *r = *state;
    make_docker(r);
    take_away(r, "docker/windowsfilter/" HEX("9"));
    assert_true(look(r));
    assert_int_equal(count(r), 2);
    make_folder(r, "docker/windowsfilter/" HEX("9") "-removing");
    assert_true(look(r));
    assert_int_equal(count(r), 2);
    take_away(r, LAYERDB CHAIN_12);
    assert_true(look(r));
    assert_int_equal(count(r), 1);
    take_away(r, CONTENT HEX("a"));
    assert_true(look(r));
    assert_int_equal(count(r), 0);
    take_away(r, DOCKER "repositories.json");
    assert_true(look(r));
    assert_int_equal(count(r), 0);

    char *nothing = store_images(NULL, NULL, &r->why);
    assert_string_equal(nothing, "[]");
    free(nothing);
}

static void broken_files_cost_only_who_needs_them(void **state)
{
    static const char *const files[] = {DOCKER "repositories.json", CONTENT HEX("b"),
                                        LAYERDB CHAIN_123 "/cache-id", LAYERDB CHAIN_123 "/size",
                                        "docker/config/daemon.json"};
    static const char *const broken[] = {"",
                                         "{",
                                         "\xff\xfe",
                                         "null",
                                         "[[[",
                                         "{\"Repositories\":7}",
                                         "{\"Repositories\":{\"a\":{\"a:1\":7}}}",
                                         "{\"os\":\"windows\",\"rootfs\":{\"diff_ids\":[1,2]}}",
                                         "{\"os\":\"windows\",\"rootfs\":{\"diff_ids\":\"x\"}}",
                                         "-1"};
    struct room *r = *state;
    make_docker(r);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        for (size_t b = 0; b < sizeof broken / sizeof *broken; b++) {
            put(r, files[i], broken[b]);
            bool found = look(r);
            if (i > 0) { /* not the names themselves */
                assert_true(found);
                assert_in_range(count(r), 2, 3);
            } else if (!found) {
                assert_non_null(strstr(r->why.text, "repositories.json"));
            }
        }
        make_docker(r);
    }
    char *large = mem_new((8 << 20) + 2, 1);
    memset(large, ' ', (8 << 20) + 1);
    put(r, DOCKER "repositories.json", large);
    free(large);
    assert_false(look(r));
    assert_int_equal(r->why.kind, ERROR_OTHER);
}

static void no_file_leads_out_of_the_store(void **state)
{
    static const char *const folders[] = {"../windowsfilter/" HEX("9"),
                                          "..",
                                          ".",
                                          "/tmp",
                                          "C:\\Windows",
                                          "a/b",
                                          "\\\\host\\share",
                                          HEX("9") ":x"};
    struct room *r = *state;
    make_docker(r);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        put(r, LAYERDB CHAIN_123 "/cache-id", folders[i]);
        assert_true(look(r));
        assert_int_equal(count(r), 2);
    }
    put(r, DOCKER "repositories.json",
        "{\"Repositories\":{\"x\":{\"x:1\":\"sha256:../../../../x\",\"x\\u001b[2J:1\":\"" DIGEST(
            "a") "\",\"x y:1\":\"" DIGEST("a") "\",\"\":\"" DIGEST("a") "\",\"x:2\":\"" DIGEST("a") "\"}}}");
    assert_true(look(r));
    assert_int_equal(count(r), 1);
    image(r, "x:2");
}

static void commands_are_words(void **state)
{
    static const struct {
        const char *config, *words;
    } cases[] = {
        {"{\"Entrypoint\":[\"C:\\\\ServiceMonitor.exe\"],\"Cmd\":[\"w3svc\"]}",
         "[\"C:\\\\ServiceMonitor.exe\",\"w3svc\"]"},
        {"{\"Entrypoint\":null,\"Cmd\":[\"a b\",\"c\"]}", "[\"a b\",\"c\"]"},
        {"{\"Cmd\":[\"a b\"]}", "[\"a b\"]"},
        {"{\"ArgsEscaped\":true,\"Cmd\":[\"a b\",\"c d\"]}", "[\"a b\",\"c d\"]"},
        {"{\"ArgsEscaped\":true,\"Cmd\":[\"cmd /S /C echo a & dir \\\"C:\\\\Program Files\\\\\\\"\"]}",
         "[\"cmd\",\"/S\",\"/C\",\"echo\",\"a\",\"&\",\"dir\",\"C:\\\\Program Files\\\"\"]"},
        {"{\"ArgsEscaped\":true,\"Cmd\":[\" x  C:\\\\a\\\\  \\\\\\\\\\\"b c\\\" \\\\\\\"q \"]}",
         "[\"x\",\"C:\\\\a\\\\\",\"\\\\b c\",\"\\\"q\"]"},
        {"{\"ArgsEscaped\":true,\"Entrypoint\":[\"run me\"],\"Cmd\":[\"a b\"]}", "[\"run\",\"me\",\"a b\"]"},
        {"{\"ArgsEscaped\":true,\"Cmd\":[\"\"]}", NULL},
        {"{\"Cmd\":\"a\",\"Entrypoint\":{\"b\":\"c\"}}", "[\"c\"]"},
        {"7", NULL},
    };
    struct room *r = *state;
    make_docker(r);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text config = {0};
        text_addf(&config, "{\"os\":\"windows\",\"config\":%s,\"rootfs\":{\"diff_ids\":[" ONE "]}}",
                  cases[i].config);
        put(r, CONTENT HEX("a"), text_of(&config));
        text_done(&config);
        assert_true(look(r));
        assert_command(image(r, "core:ltsc2022"), cases[i].words);
    }
}

/* containerd */

static void begin_containerd(struct room *r)
{
    r->meta = boltmaker_new(4096);
    r->snapshots = boltmaker_new(4096);
    boltmaker_number(r->meta, "v1|version", 6);
}

static void add_name(struct room *r, const char *space, const char *name, const char *digest)
{
    char path[512];
    snprintf(path, sizeof path, "v1|%s|images|%s|createdat", space, name);
    boltmaker_text(r->meta, path, "x");
    snprintf(path, sizeof path, "v1|%s|images|%s|target|digest", space, name);
    boltmaker_text(r->meta, path, digest);
}

static void add_chain(struct room *r, const char *space, const char *chain, const char *snapshot)
{
    char path[512];
    snprintf(path, sizeof path, "v1|%s|snapshots|windows|%s|name", space, chain);
    boltmaker_text(r->meta, path, snapshot);
}

static void add_snapshot(struct room *r, const char *name, unsigned id, unsigned kind, const char *parent)
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
    make_folder(r, path);
}

static void end_containerd(struct room *r)
{
    size_t len;
    unsigned char *file = boltmaker_take(r->meta, &len);
    put_bytes(r, "containerd/io.containerd.metadata.v1.bolt/meta.db", file, len);
    free(file);
    file = boltmaker_take(r->snapshots, &len);
    put_bytes(r, SNAPSHOTTER "metadata.db", file, len);
    free(file);
}

#define MANIFEST(config) "{\"schemaVersion\":2,\"config\":{\"digest\":\"" config "\"},\"layers\":[]}"

/* Two layers on the host, under a name each, of an index for two systems and two builds. */
static void put_blobs(const struct room *r)
{
    put(r, BLOBS HEX("0"),
        "{\"manifests\":[{\"digest\":\"" DIGEST("a") "\",\"platform\":{\"os\":\"linux\"}},{\"digest\":"
                                                     "\"" DIGEST("b") "\",\"platform\":{\"os\":\"windows\"}},"
                                                                      "{\"digest\":\"" DIGEST("c") "\"}]}");
    put(r, BLOBS HEX("a"), MANIFEST(DIGEST("d")));
    put(r, BLOBS HEX("b"), MANIFEST(DIGEST("e"))); /* its configuration was never pulled */
    put(r, BLOBS HEX("c"), MANIFEST(DIGEST("f")));
    put(r, BLOBS HEX("d"), CONFIG("linux", "", CMD, ONE));
    put(r, BLOBS HEX("f"), CONFIG("windows", "10.0.17763.5", CMD, TWO));
}

static void make_containerd(struct room *r)
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
    struct room *r = *state;
    make_containerd(r);
    end_containerd(r);
    assert_true(look(r));
    assert_int_equal(count(r), 1);
    const cJSON *app = image(r, "app:1");
    assert_string_equal(json_string(app, "Id", ""), DIGEST("f"));
    assert_int_equal(json_integer(app, "Build", 0), 17763);
    assert_int_equal(json_integer(app, "Size", 0), 2000);
    assert_command(app, "[\"c:\\\\windows\\\\system32\\\\cmd.exe\"]");
    char root[1024];
    snprintf(root, sizeof root, "%s" SLASH "io.containerd.snapshotter.v1.windows" SLASH "snapshots" SLASH,
             r->containerd);
    assert_layers(app, root, "300 1");
}

static void namespaces_are_apart(void **state)
{
    struct room *r = *state;
    make_containerd(r);
    add_name(r, "k8s.io", "app:1", DIGEST("0")); /* without layers of its own */
    add_name(r, "buildkit", "tool:1", DIGEST("c"));
    add_name(r, "buildkit", "docker.io/library/app:1", DIGEST("c"));
    add_name(r, "buildkit", "tool@" DIGEST("4"), DIGEST("c"));
    add_name(r, "buildkit", DIGEST("5"), DIGEST("c")); /* as CRI names it by its id */
    add_chain(r, "buildkit", "sha256:" CHAIN_12, "buildkit/9/sha256:" CHAIN_12);
    add_snapshot(r, "buildkit/9/sha256:" CHAIN_12, 7, 3, "default/1/" DIGEST("1"));
    put(r, BLOBS HEX("6"), MANIFEST(DIGEST("7")));
    put(r, BLOBS HEX("7"), CONFIG("windows", "10.0.26100.1", "{}", TWO));
    add_name(r, "another", "docker.io/library/app:1", DIGEST("6"));
    add_chain(r, "another", "sha256:" CHAIN_12, "buildkit/9/sha256:" CHAIN_12);
    end_containerd(r);
    assert_true(look(r));
    assert_int_equal(count(r), 3);
    assert_int_equal(json_integer(image(r, "app:1"), "Build", 0), 17763); /* default's */
    assert_string_equal(json_string(cJSON_GetArrayItem(r->images, 1), "Id", ""), DIGEST("7"));
    assert_string_equal(json_string(image(r, "tool:1"), "Id", ""), DIGEST("f"));
}

static void both_stores_are_read_docker_first(void **state)
{
    struct room *r = *state;
    make_docker(r);
    make_containerd(r);
    add_name(r, "default", "core:ltsc2022", DIGEST("0"));
    end_containerd(r);
    assert_true(look(r));
    assert_int_equal(count(r), 5);
    assert_int_equal(json_integer(image(r, "core:ltsc2022"), "Build", 0), 20348);
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
    struct room *r = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_containerd(r);
        add_snapshot(r, "default/2/sha256:" CHAIN_12, 300, cases[i].kind, cases[i].parent);
        if (!cases[i].parent) { /* put anew without one */
            boltmaker_text(r->snapshots, "v1|snapshots|default/2/sha256:" CHAIN_12 "|parent", "");
        }
        end_containerd(r);
        assert_true(look(r));
        assert_int_equal(count(r), 0);
    }
    make_containerd(r);
    end_containerd(r);
    take_away(r, SNAPSHOTTER "snapshots/1");
    assert_true(look(r));
    assert_int_equal(count(r), 0);
}

static void indexes_that_hold_themselves_come_to_an_end(void **state)
{
    struct room *r = *state;
    struct text index = {0};
    make_containerd(r);
    add_name(r, "default", "loop:1", DIGEST("8"));
    end_containerd(r);
    text_add(&index, "{\"manifests\":[");
    for (int i = 0; i < 1000; i++) {
        text_addf(&index, "%s{\"digest\":\"" DIGEST("8") "\"}", i ? "," : "");
    }
    text_add(&index, "]}");
    put(r, BLOBS HEX("8"), text_of(&index));
    text_done(&index);
    assert_true(look(r));
    assert_int_equal(count(r), 1);
}

static void broken_databases_are_said(void **state)
{
    static const char *const files[] = {"containerd/io.containerd.metadata.v1.bolt/meta.db",
                                        SNAPSHOTTER "metadata.db"};
    struct room *r = *state;
    for (size_t i = 0; i < 2; i++) {
        make_containerd(r);
        end_containerd(r);
        put(r, files[i], "no database");
        assert_false(look(r));
        assert_int_equal(r->why.kind, ERROR_INVALID);
        assert_non_null(strstr(r->why.text, ".db"));
        take_away(r, files[i]);
        assert_true(look(r));
        assert_int_equal(count(r), 0);
    }
    make_docker(r);
    put(r, files[0], "no database"); /* docker's images are found all the same */
    assert_true(look(r));
    assert_int_equal(count(r), 3);
}

static void names_are_as_people_say_them(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"docker.io/library/app:1", "app:1"},
        {"docker.io/me/app:latest", "me/app"},
        {"app:latest", "app"},
        {"mcr.microsoft.com/windows/nanoserver:ltsc2022", "mcr.microsoft.com/windows/nanoserver:ltsc2022"},
        {":latest", ":latest"},
        {"docker.io/", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *name = store_name(cases[i][0]);
        assert_string_equal(name, cases[i][1]);
        free(name);
    }
}

static void an_image_is_meant_by_name_or_id(void **state)
{
    static const struct {
        const char *word, *name; /* NULL: none */
    } cases[] = {
        {"core:ltsc2022", "core:ltsc2022"},
        {"docker.io/library/core:ltsc2022", "core:ltsc2022"},
        {"core", NULL},
        {DIGEST("a"), "core:ltsc2022"},
        {"bbbbbbbbbbbb", "pinger:1.0"},
        {"bbbbbbbbbbb", NULL},
        {DIGEST("b") "b", NULL},
        {"sha256:", NULL},
        {"", NULL},
    };
    struct room *r = *state;
    make_docker(r);
    assert_true(look(r));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const cJSON *found = store_find(r->images, cases[i].word);
        assert_int_equal(found != NULL, cases[i].name != NULL);
        if (found) {
            assert_string_equal(json_string(found, "Name", ""), cases[i].name);
        }
    }
    assert_null(store_find(NULL, "core:ltsc2022"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_as_people_say_them),
        cmocka_unit_test_setup_teardown(an_image_is_meant_by_name_or_id, begin, end),
        cmocka_unit_test_setup_teardown(docker_images_have_their_layers, begin, end),
        cmocka_unit_test_setup_teardown(the_data_root_is_where_the_settings_say, begin, end),
        cmocka_unit_test_setup_teardown(what_is_missing_costs_only_who_needs_it, begin, end),
        cmocka_unit_test_setup_teardown(broken_files_cost_only_who_needs_them, begin, end),
        cmocka_unit_test_setup_teardown(no_file_leads_out_of_the_store, begin, end),
        cmocka_unit_test_setup_teardown(commands_are_words, begin, end),
        cmocka_unit_test_setup_teardown(containerd_images_have_their_layers, begin, end),
        cmocka_unit_test_setup_teardown(namespaces_are_apart, begin, end),
        cmocka_unit_test_setup_teardown(both_stores_are_read_docker_first, begin, end),
        cmocka_unit_test_setup_teardown(snapshots_must_be_whole_chains, begin, end),
        cmocka_unit_test_setup_teardown(indexes_that_hold_themselves_come_to_an_end, begin, end),
        cmocka_unit_test_setup_teardown(broken_databases_are_said, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
