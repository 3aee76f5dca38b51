/* backends/docker/credentials.h - what the user has stored for a registry, found as docker's own client finds
 * it.
 *
 * In this order: $DOCKER_AUTH_CONFIG; the helper that credHelpers of config.json names for the registry, else
 * the one of credsStore (a program docker-credential-NAME, asked by its `get`); "auths" of config.json. */
#ifndef BACKENDS_DOCKER_CREDENTIALS_H
#define BACKENDS_DOCKER_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct cJSON;
struct credentials; /* a search under way */
struct uv_loop_s;

/* header: the value of X-Registry-Auth, borrowed for the call; NULL: nothing is stored, or why says what
 * hindered. A pull without it is worth a try: most images are for everybody. If that is refused, why belongs
 * into the sentence. */
typedef void (*credentials_cb)(void *user, const char *header, const struct error *why);

/* Heard once, later, from the loop; the search is gone then. */
struct credentials *credentials_find(struct uv_loop_s *loop, const char *image, credentials_cb cb,
                                     void *user);

/* Nothing is heard, and the search is gone. */
void credentials_cancel(struct credentials *c);

/* The key under which docker stores what belongs to the registry of an image: "ghcr.io" for
 * "ghcr.io/me/app:1", "https://index.docker.io/v1/" for "busybox". The caller frees. */
char *credentials_server(const char *image);

/* Looks a server up in the object of a config.json: the header, for the caller to free, or *helper ("pass"),
 * too. Both NULL: there is nothing for it. */
char *credentials_look_up(const struct cJSON *config, const char *server, char **helper);

/* What a helper has printed about a server: the header, for the caller to free; NULL: it makes no sense. */
char *credentials_understand(const char *text, size_t len, const char *server);

#endif
