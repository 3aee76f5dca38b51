/* tests/backends/conformance_parts.h - what the files of the conformance suite share. */
#ifndef TESTS_BACKENDS_CONFORMANCE_PARTS_H
#define TESTS_BACKENDS_CONFORMANCE_PARTS_H

#include "tests/backends/conformance.h"
#include "tests/backends/world.h"

struct conformance_test {
    const char *name;
    void (*run)(void **state);
};

/* Ended by a test without a name. */
extern const struct conformance_test conformance_life[]; /* launching, states, verbs */
extern const struct conformance_test
    conformance_consoles[]; /* exec, attach, logs; closing while they are open */

/* Ends with status 7 when it is asked to. */
#define OBEDIENT "sh -c \"trap 'exit 7' TERM; echo ready; while true; do sleep 0.1; done\""

void need(const struct world *w, unsigned abilities); /* the test is skipped where the engine lacks one */
void need_launch(const struct world *w);              /* likewise where nothing can be launched anew */
const struct conformance_words *words(const struct world *w);

char *idle_one(struct world *w);                   /* a container that runs and does nothing; its key */
void wait_over(struct world *w, const char *key);  /* it is gone, or has ended: engines differ */
void wait_ready(struct world *w, const char *key); /* its command has printed "ready" */

#endif
