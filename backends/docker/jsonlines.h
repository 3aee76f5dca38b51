/* backends/docker/jsonlines.h - JSON objects that come one a line: events, progress of a pull. Pure. */
#ifndef BACKENDS_DOCKER_JSONLINES_H
#define BACKENDS_DOCKER_JSONLINES_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/text.h"

enum { JSONLINES_LONGEST = 1024 * 1024 };

struct jsonlines { /* {0} at the start */
    struct text rest;
};

void jsonlines_done(struct jsonlines *l);

/* False and e: a line is no JSON, or too long. The object is borrowed for the call. Stops early when *stop
 * (may be NULL) is set. */
bool jsonlines_feed(struct jsonlines *l, const char *data, size_t len, const bool *stop,
                    void (*object)(void *user, const cJSON *json), void *user, struct error *e);

#endif
