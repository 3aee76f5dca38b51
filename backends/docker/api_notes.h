/* backends/docker/api_notes.h - sentences on a container that its engine starts again by itself, from the
 * answer to an inspect. Pure.
 */
#ifndef BACKENDS_DOCKER_API_NOTES_H
#define BACKENDS_DOCKER_API_NOTES_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "core/text.h"

/* A moment of the document, in ms since 1970. 0: there is none, or docker's word for never, the year 1. */
int64_t api_moment(const cJSON *json, const char *path);

/* Of one that waits for its next start. */
void api_note_loop(struct text *t, const cJSON *json);

/* Of one that runs, and has been started again before. */
void api_note_restarts(struct text *t, const cJSON *json);

#endif
