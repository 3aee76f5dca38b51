/* backends/local/keeper/ending.h - what has to be tidied up and written down when a container is over. */
#ifndef BACKENDS_LOCAL_KEEPER_ENDING_H
#define BACKENDS_LOCAL_KEEPER_ENDING_H

#include <stdbool.h>

#include "backends/local/shared/paths.h"
#include "backends/local/shared/state.h"

/* Our working directory becomes the container's folder, and its lock ours; it is waited for a moment. The
 * descriptor that holds it, or -1 and e: ERROR_CONFLICT when another keeper lives. */
int ending_enter(const struct paths *p, const char *id, struct error *e);

/* Nothing of it runs any more: takes away what the runtime, the kernel and we hold of it. runtime: the
 * program's path, asked only if something resists; may be NULL. */
void ending_tidy(const struct paths *p, const struct state *s, const char *runtime);

/* The same, but for the socket: its keeper stays. */
void ending_tidy_run(const struct paths *p, const struct state *s, const char *runtime);

/* As ending_tidy, when something may still run. In this order: what is in its cgroups, its first process and
 * its QEMU, the helpers, the runtime's record, the network namespace, mounts, and the socket. */
void ending_kill(const struct paths *p, const struct state *s, const char *runtime);

/* Is nothing left, but for files? False and e, which names what is: processes, cgroup, the runtime's record,
 * mounts. */
bool ending_check(const struct paths *p, const struct state *s, struct error *e);

/* The record of the end; finished becomes now. note: NULL none. */
void ending_note(struct state *s, int code, const char *note);

/* --rm: its folder and its state file go. False and e: something is left. */
bool ending_remove(const struct paths *p, const struct state *s, struct error *e);

/* porthole-keeper --remove ID: the one way in which a container goes that may still run or have been left
 * behind. Under its lock ends all that there is of it, looks whether it is gone, and only then takes its
 * files away. True also when there was nothing. */
bool ending_clear_away(const char *id, struct error *e);

/* porthole-keeper --clean ID. False and e when it cannot be done. */
bool ending_clean(const char *id, struct error *e);

#endif
