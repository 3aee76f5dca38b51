/* core/demo.h - the experiment: the same ping in each isolation mode, to be looked at from both sides of the
 * wall. The command line and the interface make it alike. */
#ifndef CORE_DEMO_H
#define CORE_DEMO_H

#include <stdbool.h>

#include "core/session.h"

enum { DEMO_HALVES = 2 };

struct demo_half {
    enum isolation mode;
    const char *name; /* of its container */
    int engine;       /* that is to launch it; -1: none here can */
    const char *why;  /* then: why not; valid until the next turn of the loop */
    container_id id;  /* it is there; 0: not yet */
    bool runs;
};

/* What there is and what can be: process isolation first, then the VM. */
void demo_look(const struct session *s, struct demo_half halves[DEMO_HALVES]);

/* What to launch for it. image NULL: busybox, on Windows servercore of the host's build. The caller frees
 * out. */
void demo_spec(const struct session *s, const struct demo_half *half, const char *image,
               struct launch_spec *out);

#endif
