/* backends/local/local.h - porthole's own engine on Linux. Process isolation by an OCI runtime (runc or
 * crun). */
#ifndef BACKENDS_LOCAL_LOCAL_H
#define BACKENDS_LOCAL_LOCAL_H

#include "core/backend.h"

/* No daemon: one keeper per container. The address is not used. Engine and keepers agree on files
 * (shared/state.h) and on a socket each (shared/wire.h). */
extern const struct backend_type local_backend;

#endif
