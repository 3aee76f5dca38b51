/* backends/hcs/store_parts.h - what the readers of the image stores share. */
#ifndef BACKENDS_HCS_STORE_PARTS_H
#define BACKENDS_HCS_STORE_PARTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct bolt;

enum {
    STORE_JSON = 8 << 20,      /* bytes of a JSON file, at most */
    STORE_DATABASE = 256 << 20 /* bytes of a database of containerd's, at most */
};

enum { STORE_DIGEST = 72 }; /* room for "sha256:", 64 digits and a NUL */

/* What has been found so far. */
struct store {
    struct store_image *images;
    size_t count, room;
    unsigned reads;   /* files looked at: what hostile files can ask for is bounded */
    struct error why; /* the first thing that is there and could not be read; ERROR_NONE */
};

struct store_image {
    const char *name; /* borrowed until it is added */
    const char *id;
    unsigned build;
    uint64_t size;
    cJSON *settings, *layers; /* taken: see store_config_settings; the paths, topmost first */
    size_t order;             /* of its finding; the store's own */
};

/* Its name, or what else of it, may be nonsense: then it is not added. Takes its JSON in any case. */
void store_add(struct store *s, const struct store_image *image);
bool store_full(const struct store *s);

/* The answer, see store.h. Empties the store. */
char *store_take(struct store *s, struct error *why);

/* Remembers the first that is not ERROR_NOT_FOUND. */
void store_note(struct store *s, const struct error *why);

/* Files. */

/* "<root>/<what fmt says>", with the separators of this system; the caller frees. */
char *store_path(const char *root, const char *fmt, ...) ERROR_PRINTF(2, 3);

/* A whole file of at most `limit` bytes, ended by a NUL; NULL: it is not there, or was noted. */
char *store_read(struct store *s, const char *path, size_t limit, size_t *len);
cJSON *store_json(struct store *s, const char *path);
struct bolt *store_database(struct store *s, const char *path);
bool store_folder(const char *path); /* is it one, and there? */

/* Is it "sha256:" and 64 digits of lower case? Its digits then are a file's name. */
bool store_is_digest(const char *s);

/* May it be the name of a folder, and of no other one than that in which it is looked for? */
bool store_is_plain(const char *s);

/* Configurations of images. */

struct store_config {
    cJSON *json;
    const char *os;              /* borrowed from json; "" unknown */
    unsigned build;              /* 0 unknown */
    char (*chain)[STORE_DIGEST]; /* chain ids (OCI's image-spec, config.md), the base layer's first */
    size_t layers;
};

/* Takes json; false: it is no configuration of an image with layers. In any case store_config_done() must
 * follow. */
bool store_config_read(struct store_config *c, cJSON *json);
void store_config_done(struct store_config *c);

/* An object with what there is of Entrypoint, Command, Env, WorkingDir, User. The caller owns. */
cJSON *store_config_settings(const struct store_config *c);

/* The folder that docker's daemon.json names; NULL: none. One that is no JSON stops the daemon too. The
 * caller frees. */
char *store_data_root(const char *settings, size_t len);

/* Stores: the images for `os` that this storage driver of docker's, or snapshotter of containerd's, keeps. On
 * a host that has HCS: "windowsfilter" and "windows", for "windows". root NULL: none. */

void store_docker(struct store *s, const char *root, const char *driver, const char *os);
void store_containerd(struct store *s, const char *root, const char *snapshotter, const char *os);

#endif
