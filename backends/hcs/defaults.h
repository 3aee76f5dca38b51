/* backends/hcs/defaults.h - what an image says where a launch says nothing, by docker's rules.
 *
 * The image is one of HCS_IMAGES (service.h). Beside what is said there it may have, as its configuration has
 * them: Entrypoint and Command (lists of words), Env ("NAME=value"), WorkingDir, User.
 */
#ifndef BACKENDS_HCS_DEFAULTS_H
#define BACKENDS_HCS_DEFAULTS_H

#include <cjson/cJSON.h>

#include "core/launch.h"

/* Completes spec. Its command comes after the image's entry point; an entry point of its own stands for the
 * image's, and the image's command goes with that. Its variables stand for those of the image; names are
 * compared as Windows does. */
void defaults_fill(struct launch_spec *spec, const cJSON *image);

/* The words that run when a launch says nothing: a block as mem_strings makes; NULL: the image names none. */
char **defaults_command(const cJSON *image);

#endif
