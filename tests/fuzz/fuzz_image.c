/* The JSON that comes with images, and the names of members. The first byte says which: manifest.json, an OCI
 * index or manifest, a config, a name.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/local/unpack/document.h"
#include "backends/local/unpack/member.h"
#include "core/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_docker(const char *json, size_t len)
{
    struct document_image image;
    struct error e = {0};
    if (document_docker(json, len, "app", &image, &e) && (!image.config || !image.layers[0])) {
        abort();
    }
    document_image_done(&image);
}

static void fuzz_oci(const char *json, size_t len)
{
    struct document_image image;
    struct error e = {0};
    char *next = NULL;
    bool good = document_oci(json, len, "app", "amd64", &image, &next, &e);
    if (good == (e.kind != ERROR_NONE) || (good && !next && !document_is_digest(image.config))) {
        abort();
    }
    if (next && !document_is_digest(next)) {
        abort();
    }
    free(next);
    document_image_done(&image);
}

static void fuzz_config(const char *json, size_t len)
{
    struct document_config config;
    struct error e = {0};
    document_config(json, len, &config, &e);
    document_config_done(&config);
}

static void fuzz_member(const char *bytes, size_t len)
{
    char *name = mem_string_n(bytes, len);
    char *path = member_path(name, NULL);
    if (path &&
        (*path == '/' || strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0 || strstr(path, "/../"))) {
        abort();
    }
    free(path);
    free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    void (*const targets[])(const char *, size_t) = {fuzz_docker, fuzz_oci, fuzz_config, fuzz_member};
    targets[data[0] % 4]((const char *)data + 1, size - 1);
    return 0;
}
