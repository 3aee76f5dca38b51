/* backends/local/shared/image_record.h - image.json, and the one way a new image gets into the store.
 *
 * A new image grows in a stage: DATA/images/.tmp-XXXXXXXXXXXX, held by a lock (flock) for as long as its
 * maker lives. Committed, the folder is renamed to the image's id; a stage without a live maker is swept
 * away. Changes of names happen under the lock of DATA/images/.lock; readers need no lock, since image.json
 * is replaced as a whole.
 */
#ifndef BACKENDS_LOCAL_SHARED_IMAGE_RECORD_H
#define BACKENDS_LOCAL_SHARED_IMAGE_RECORD_H

#include "backends/json.h"
#include "backends/local/shared/images.h"

enum { IMAGE_JSON_LIMIT = 8 * 1024 * 1024, IMAGE_ID = 12 + 1 };

struct image_facts {            /* what image.json says besides names and id */
    struct image_config config; /* id and rootfs are NULL */
    char *os, *architecture;    /* NULL unknown */
    char *digest;               /* "sha256:..." of what it was made from; NULL: nothing to compare by */
    uint64_t size;              /* bytes, unpacked */
    int64_t created;            /* ms since 1970; 0: now */
};

void image_facts_done(struct image_facts *f);

struct image_stage {
    char *path;   /* the folder that becomes the image */
    char *rootfs; /* in it */
    int fd;       /* the folder, and its lock */
};

/* Makes a stage with an empty rootfs/. */
bool image_stage_open(const struct paths *p, struct image_stage *s, struct error *e);

/* Removes the stage and all in it; nothing after a commit that succeeded. */
void image_stage_drop(struct image_stage *s);

enum image_name_rule {
    IMAGE_NAME_MOVES, /* from the image that has it */
    IMAGE_NAME_STAYS  /* the new image is dropped when there is one of that name */
};

/* Makes the stage an image with this name. When an image of the same digest is there already, that one gets
 * the name and the stage is dropped. */
bool image_stage_commit(struct image_stage *s, const struct paths *p, const struct image_facts *f,
                        const char *name, enum image_name_rule rule, struct error *e);

/* Removes stages whose maker is dead, and images that have no name and that no container uses. */
void image_sweep(const struct paths *p);

/* "busybox:latest" -> "busybox"; the caller frees. NULL and e (ERROR_INVALID) when it cannot be an image's
 * name. */
char *image_name_clean(const char *name, struct error *e);

/* image.json of an id; NULL and e. The caller frees with cJSON_Delete. */
cJSON *image_record_read(const struct paths *p, const char *id, struct error *e);
bool image_record_has(const cJSON *record, const char *clean_name);

/* The id of the image with this clean name, or NULL; the caller frees. */
char *image_record_find(const struct paths *p, const char *clean_name);

/* Names of the folders of images, NULL-ended; the caller frees (one block). */
char **image_record_ids(const struct paths *p);

/* Adds a clean name to an image, or takes it away. The caller holds the lock. */
bool image_record_name(const struct paths *p, const char *id, const char *clean_name, bool add,
                       struct error *e);

/* Writes image.json into a folder, as a whole. */
bool image_record_write(const char *folder, const cJSON *record, struct error *e);

/* Does a container use it? Its name is put into `who` (may be NULL). */
bool image_record_used(const struct paths *p, const char *id, char **who);

/* The lock of the store: -1 and e, else a file descriptor to close. */
int image_store_lock(const struct paths *p, struct error *e);

/* Removes an image's folder; the caller holds the lock. */
bool image_store_remove(const struct paths *p, const char *id, struct error *e);

void image_random_id(char id[IMAGE_ID]);

/* This machine's, in the words that images use: "amd64", "arm64"; others as the kernel calls them. The caller
 * frees. */
char *image_architecture(void);

/* images_make_busybox, with the places to look at; NULL-ended. */
bool image_busybox_from(const struct paths *p, const char *const *places, struct error *e);

#endif
