/* backends/local/keeper/call.h - one run of the OCI runtime, without waiting for it. */
#ifndef BACKENDS_LOCAL_KEEPER_CALL_H
#define BACKENDS_LOCAL_KEEPER_CALL_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/error.h"

struct keeper;

struct call_spec {            /* borrowed for the call */
    const char *prefix;       /* of the files that go with it: "run", "exec-3" */
    const char *const *words; /* "run", "-d"; NULL-ended */
    bool process;             /* it leaves a process behind: with a terminal or pipes, and a pid */
    bool terminal, input;     /* of that process */
    const char *command;      /* for sentences: what is to run */
};

struct call_hooks {
    /* pid: of the process (0 when none was wanted); fds: our ends of its terminal or pipes, as output_open
     * takes them, now the listener's. */
    void (*done)(void *user, pid_t pid, const int fds[3]);
    void (*failed)(void *user, const struct error *why);
};

/* One of the hooks is called later; if it cannot even be started: -1 and e, and none is. */
int call_start(struct keeper *k, const struct call_spec *spec, const struct call_hooks *hooks, void *user,
               struct error *e);

#endif
