/* tests/backends/storeroom.h - a folder of a test's own with roots of docker and containerd in it.
 *
 * A failure is the running test's.
 */
#ifndef TESTS_BACKENDS_STOREROOM_H
#define TESTS_BACKENDS_STOREROOM_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct boltmaker;

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

struct storeroom {
    char folder[512], docker[600], containerd[600];
    struct boltmaker *meta, *snapshots; /* of the databases under way: the test's */
    cJSON *images;                      /* of the last storeroom_look() */
    struct error why;
};

/* Of a test: *state is its room. */
int storeroom_begin(void **state);
int storeroom_end(void **state);

/* Paths are below the room, with "/"; folders on the way are made. */
void storeroom_put(const struct storeroom *r, const char *path, const char *text);
void storeroom_put_bytes(const struct storeroom *r, const char *path, const void *data, size_t len);
void storeroom_folder(const struct storeroom *r, const char *path);
void storeroom_take_away(const struct storeroom *r, const char *path);

/* Docker's store: core:ltsc2022 (id of a's, layer 7), pinger:1.0 (b; 9, 8, 7), one for Linux, and one (d; 8,
 * 7) that has a name by a digest only. The layers' folders are 64 times that digit. */
void storeroom_docker(const struct storeroom *r);

/* Reads both stores; true: there is a document, and `images` is it. */
bool storeroom_look(struct storeroom *r);
int storeroom_count(const struct storeroom *r);
const cJSON *storeroom_image(const struct storeroom *r, const char *name);

/* What the image runs: words as a JSON array; NULL: nothing. */
void storeroom_command(const cJSON *image, const char *words);

/* Its layers: folders below the root, apart by blanks, topmost first. */
void storeroom_layers(const cJSON *image, const char *root, const char *folders);

#endif
