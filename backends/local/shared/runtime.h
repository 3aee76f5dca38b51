/* backends/local/shared/runtime.h - the OCI runtime that really works on this machine, and what the machine
 * offers it. */
#ifndef BACKENDS_LOCAL_SHARED_RUNTIME_H
#define BACKENDS_LOCAL_SHARED_RUNTIME_H

#include <stdbool.h>

#include "backends/local/shared/paths.h"

struct runtime {
    char *path, *name, *version; /* "/usr/sbin/runc", "runc", "1.1.5" */
    bool overlay;                /* overlayfs can be mounted in DATA */
    const char *cgroup;          /* "v1", "v2", "hybrid", "none" */
};

/* runc, else crun: the first in which a container really runs, with its system calls filtered. That takes
 * some 0.1 s, once per boot: the verdict is kept in DATA/runtime.json. ERROR_UNSUPPORTED and a sentence with
 * both reasons when none works. Waits: not for the loop. */
bool runtime_find(const struct paths *p, struct runtime *out, struct error *e);
void runtime_done(struct runtime *r);

#endif
