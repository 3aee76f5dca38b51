/* backends/docker/contexts.h - the files of docker's own client: config.json, and its store of contexts.
 *
 * A context is a named engine. docker keeps it in contexts/meta/ID/meta.json and its certificates in
 * contexts/tls/ID/docker/{ca,cert,key}.pem, where ID is the SHA-256 of the name (docker/cli,
 * cli/context/store/doc.go). All of it may have been written by anybody: sizes are limited, and what is not
 * as it should be is refused.
 */
#ifndef BACKENDS_DOCKER_CONTEXTS_H
#define BACKENDS_DOCKER_CONTEXTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct cJSON;

struct context {      /* {0} is none; strings are its own */
    char *host;       /* "ssh://me@build"; NULL: it names no engine, the default is meant */
    bool skip_verify; /* do not check the engine's certificate */
    char *folder;     /* of its certificates; NULL: it has none */
};

/* $DOCKER_CONFIG, else .docker in the user's home; NULL when no home is known. The caller frees. */
char *contexts_folder(void);

/* config.json; an empty object when there is none, or it is not ours to read. NULL and e when it is not what
 * it should be. The caller frees with cJSON_Delete. */
struct cJSON *contexts_config(struct error *e);

/* The context that is current: $DOCKER_CONTEXT, else the one of config.json; *source (not to be freed) says
 * which. NULL without e->kind: the default; NULL with it: config.json cannot be understood. The caller frees.
 */
char *contexts_current(const char **source, struct error *e);

bool contexts_read(struct context *to, const char *name, struct error *e);

/* The bytes of a meta.json. */
bool contexts_parse(struct context *to, const char *text, size_t len, struct error *e);

void contexts_done(struct context *c); /* frees; c is {0} again */

#endif
