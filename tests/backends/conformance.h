/* tests/backends/conformance.h - what core/backend.h asks of every engine, as one suite that runs on any of
 * them.
 *
 * The commands that it launches are real ones (sh, sleep, cat, stty, head of the image), so that the same
 * suite runs on pretended and on real containers. Each test opens the engine anew and removes what it has
 * launched.
 */
#ifndef TESTS_BACKENDS_CONFORMANCE_H
#define TESTS_BACKENDS_CONFORMANCE_H

#include "core/backend.h"

enum ability { /* what an engine may lack here and now; tests of what it lacks are skipped */
               CAN_PAUSE = 1,
               CAN_MEASURE = 2, /* memory, not only the number of processes */
               CAN_SURVIVE = 4, /* containers live on when the engine is closed */
               CAN_ALL = 7
};

struct conformance {
    const struct backend_type *type;
    const char *address;
    const char *image; /* has sh, sleep, cat, stty, head */
    unsigned abilities;
    enum isolation isolation; /* to launch with; ISOLATION_UNKNOWN: the default */
};

/* Runs the suite; returns how many tests failed. name: for the report. */
int conformance_run(const char *name, const struct conformance *subject);

#endif
