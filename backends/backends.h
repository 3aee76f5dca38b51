/* backends/backends.h - the engines in this build. */
#ifndef BACKENDS_BACKENDS_H
#define BACKENDS_BACKENDS_H

#include "core/backend.h"

const struct backend_type *const *backends_all(void); /* NULL-ended, in the order in which they are opened */
const struct backend_type *backends_find(const char *name); /* NULL: not in this build */

#endif
