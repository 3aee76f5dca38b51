/* backends/local/keeper/call.h - one run of the OCI runtime, without waiting for it. */
#ifndef BACKENDS_LOCAL_KEEPER_CALL_H
#define BACKENDS_LOCAL_KEEPER_CALL_H

#include <stdbool.h>

#include "backends/local/keeper/wall.h"
#include "core/error.h"

struct keeper;

struct call_spec {            /* borrowed for the call */
    const char *prefix;       /* of the files that go with it: "run", "exec-3" */
    const char *const *words; /* "run", "-d"; NULL-ended */
    bool process;             /* it leaves a process behind: with a terminal or pipes, and a pid */
    bool terminal, input;     /* of that process */
    const char *command;      /* for sentences: what is to run */
};

/* One of the hooks is called later, done with the host pid of the process (0 when none was wanted); if the
 * runtime cannot even be started: -1 and e, and none is. */
int call_start(struct keeper *k, const struct call_spec *spec, const struct wall_hooks *hooks, void *user,
               struct error *e);

#endif
