/* core/relaunch.h - the same container again, in the other isolation mode, to take the place of the old one.
 *
 * Engines cannot rename, so the new one has a name of its own: "web" becomes "web-vm", "web-vm" becomes
 * "web-process", with a number behind it where that is taken. The old one stays as it is; when the new one
 * runs, relaunch_retire takes it away, if the person wants that. Only where both cannot run at once (the new
 * one wants ports that the old one holds, a fixed address, a volume that it writes to) is the old one stopped
 * first, and brought back to what it was should anything fail.
 *
 * What cannot go along, in the other mode or to another engine, is told before anything happens: the launch
 * is refused, answer.lost names it, and spec->drop leaves it out.
 */
#ifndef CORE_RELAUNCH_H
#define CORE_RELAUNCH_H

#include "core/session.h"

/* The settings of a container, in `mode` (ISOLATION_UNKNOWN: the other one) and with a name of its own. False
 * and e: its engine does not know them, or does not offer the mode. out is to be freed when true. */
bool relaunch_spec(struct session *s, container_id old, enum isolation mode, struct launch_spec *out,
                   struct error *e);

/* Launches spec; answer.text is the key of the new container. Failure leaves the old one as it was, and so
 * do op_cancel and op_stop, after which it still runs for a while: the loop and the session must live on. */
struct op *relaunch_start(struct session *s, container_id old, int engine, const struct launch_spec *spec,
                          op_cb cb, void *user);

/* Is the new container what was asked for, as far as its engine tells: does it run, in this mode? False and
 * why. mode ISOLATION_UNKNOWN: none was asked for. */
bool relaunch_holds(struct session *s, const char *key, enum isolation mode, struct error *why);

/* Stops the old one, if it runs, and removes it; but not unless relaunch_holds the new one (key). */
struct op *relaunch_retire(struct session *s, container_id old, const char *key, enum isolation mode,
                           op_cb cb, void *user);

#endif
