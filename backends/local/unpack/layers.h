/* backends/local/unpack/layers.h - the members of one archive, or of a folder, put over what a target has. */
#ifndef BACKENDS_LOCAL_UNPACK_LAYERS_H
#define BACKENDS_LOCAL_UNPACK_LAYERS_H

#include <stdbool.h>

#include "core/error.h"

struct progress;
struct stream;
struct target;

enum layers_as {
    LAYERS_WHOLE,      /* a root file system: every member is what it says */
    LAYERS_ONE_OF_MANY /* ".wh.NAME" takes NAME of the layers below away, ".wh..wh..opq" all that its folder
                          has there */
};

bool layers_put(struct target *t, struct stream *s, enum layers_as as, struct error *e);

/* Copies what is in a folder, on its own file system only; links stay links, hard links among its files too.
 */
bool layers_copy_folder(struct target *t, int folder, struct progress *progress, struct error *e);

#endif
