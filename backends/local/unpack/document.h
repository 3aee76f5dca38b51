/* backends/local/unpack/document.h - the JSON of images, read into records. Pure; all of it is hostile. */
#ifndef BACKENDS_LOCAL_UNPACK_DOCUMENT_H
#define BACKENDS_LOCAL_UNPACK_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "backends/local/shared/image_record.h"
#include "core/error.h"

struct document_image { /* which files make the image */
    char *config;       /* docker: a path; OCI: a digest */
    char **layers;      /* the same, lowest first */
};

void document_image_done(struct document_image *i);

/* docker's manifest.json. Of several images the one with the tag `name`; a single one whatever its tags. */
bool document_docker(const char *json, size_t len, const char *name, struct document_image *out,
                     struct error *e);

/* One OCI document: a manifest fills *out; of an index the digest of what to read next is put in *next (the
 * caller frees), by platform (linux, `architecture`) and, where several fit, by `name`. */
bool document_oci(const char *json, size_t len, const char *name, const char *architecture,
                  struct document_image *out, char **next, struct error *e);

struct document_config {
    struct image_facts facts; /* without digest and size */
    char **layers;            /* digests of the layers before compression, lowest first */
};

void document_config_done(struct document_config *c);

/* An image's config. ERROR_UNSUPPORTED when it is for another system than Linux. */
bool document_config(const char *json, size_t len, struct document_config *out, struct error *e);

/* Is it "sha256:" and 64 digits of lower case? */
bool document_is_digest(const char *digest);

#endif
