/* core/state.h - the states of a container, and what each means. Nobody else decides it. */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include <stdbool.h>

enum container_state {
    CONTAINER_CREATED,
    CONTAINER_RUNNING,
    CONTAINER_PAUSED,
    CONTAINER_RESTARTING, /* its process has ended, and its engine will start it again by itself */
    CONTAINER_STOPPING,   /* it has been asked to end, and still runs */
    CONTAINER_EXITED,
    CONTAINER_REMOVING, /* its engine is at it */
    CONTAINER_DEAD,     /* its engine could not remove it completely */
    CONTAINER_LOST,     /* its engine cannot say any more; note says why */
    CONTAINER_UNKNOWN,  /* it is there, and its engine is not told more; note says why */
    CONTAINER_STATES
};

const char *state_word(enum container_state state); /* "created", "running", ... */

/* Is it under way, so that stopping it makes sense and removing it takes force? It is paused, is being
 * stopped or waits for its next start as well; ports and names of the host are its own meanwhile. */
bool state_is_live(enum container_state state);

/* Has it processes, frozen or not? It may then be measured and looked into. */
bool state_has_processes(enum container_state state);

/* Do its processes use the CPU? */
bool state_runs(enum container_state state);

/* Has its first process ended? Its exit code is known then. */
bool state_has_ended(enum container_state state);

/* Its place when sorted by state: what is under way comes first. */
int state_rank(enum container_state state);

#endif
