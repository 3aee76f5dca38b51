#include "tests/backends/storeroom.h"

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

void storeroom_folder(const struct storeroom *r, const char *path)
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

void storeroom_put_bytes(const struct storeroom *r, const char *path, const void *data, size_t len)
{
    char whole[1024];
    uv_fs_t request;
    uv_buf_t buffer = uv_buf_init((char *)data, (unsigned)len);
    snprintf(whole, sizeof whole, "%.*s", (int)(strrchr(path, '/') - path), path);
    storeroom_folder(r, whole);
    snprintf(whole, sizeof whole, "%s/%s", r->folder, path);
    int file = uv_fs_open(NULL, &request, whole, UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_TRUNC, 0644, NULL);
    assert_true(file >= 0);
    assert_int_equal(uv_fs_write(NULL, &request, file, &buffer, 1, 0, NULL), (int)len);
    uv_fs_close(NULL, &request, file, NULL);
}

void storeroom_put(const struct storeroom *r, const char *path, const char *text)
{
    storeroom_put_bytes(r, path, text, strlen(text));
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

void storeroom_take_away(const struct storeroom *r, const char *path)
{
    char whole[1024];
    snprintf(whole, sizeof whole, "%s/%s", r->folder, path);
    remove_tree(whole);
}

int storeroom_begin(void **state)
{
    struct storeroom *r = mem_new(1, sizeof *r);
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

int storeroom_end(void **state)
{
    struct storeroom *r = *state;
    remove_tree(r->folder);
    cJSON_Delete(r->images);
    free(r);
    return 0;
}

bool storeroom_look(struct storeroom *r)
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

int storeroom_count(const struct storeroom *r)
{
    return cJSON_GetArraySize(r->images);
}

const cJSON *storeroom_image(const struct storeroom *r, const char *name)
{
    const cJSON *json = store_find(r->images, name);
    if (!json) {
        fail_msg("there is no image %s", name);
    }
    return json;
}

void storeroom_command(const cJSON *json, const char *words)
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

void storeroom_layers(const cJSON *json, const char *root, const char *folders)
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

static void make_layer(const struct storeroom *r, const char *chain, const char *folder, const char *size)
{
    char path[512];
    snprintf(path, sizeof path, LAYERDB "%s/cache-id", chain);
    storeroom_put(r, path, folder);
    snprintf(path, sizeof path, LAYERDB "%s/size", chain);
    storeroom_put(r, path, size);
    snprintf(path, sizeof path, "docker/windowsfilter/%s/Files", folder);
    storeroom_folder(r, path);
}

void storeroom_docker(const struct storeroom *r)
{
    storeroom_put(
        r, DOCKER "repositories.json",
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
    storeroom_put(r, CONTENT HEX("a"), CORE);
    storeroom_put(r, CONTENT HEX("b"),
                  CONFIG("windows", "10.0.20348.1",
                         "{\"ArgsEscaped\":true,\"Cmd\":[\"ping -t \\\"local host\\\"\"],\"Env\":[\"A=b c\"],"
                         "\"WorkingDir\":\"C:\\\\app\",\"User\":\"ContainerUser\"}",
                         THREE));
    storeroom_put(r, CONTENT HEX("c"), CONFIG("linux", "", "{}", ONE));
    storeroom_put(r, CONTENT HEX("d"), CONFIG("windows", "nonsense", "null", TWO));
    make_layer(r, HEX("1"), HEX("7"), "1000");
    make_layer(r, CHAIN_12, HEX("8"), "20\n");
    make_layer(r, CHAIN_123, HEX("9"), "4");
}
