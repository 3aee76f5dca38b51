/* backends/hcs/own.h - containers that this engine has launched: what it knows of them beyond HCS, and their
 * first process.
 *
 * Windows does not run a command when a container starts: whoever launches it creates the process, has its
 * pipes, and ends the container when the process has ended. An `own` lives until its container is gone and
 * its process has ended.
 */
#ifndef BACKENDS_HCS_OWN_H
#define BACKENDS_HCS_OWN_H

#include "backends/hcs/engine.h"

struct own;

/* For the container of that key, which was created; copies. */
struct own *own_add(struct hcs *h, const char *key, const struct launch_spec *spec, enum isolation mode);
struct own *own_find(const struct hcs *h, const char *key); /* NULL: it is somebody else's */
void own_describe(const struct own *o, struct container *c);
bool own_is_starting(const struct own *o);    /* by its launch; one that was launched to be held is not */
enum isolation own_mode(const struct own *o); /* HCS tells it only when it runs */
const struct launch_spec *own_spec(const struct own *o);

/* Creates the first process in the container, which runs; done hears how that went (result, its document). If
 * it went wrong the container has been ended by then. */
void own_run(struct own *o, hcs_answer_cb done, void *user);

struct console *own_attach(struct own *o, const struct console_spec *spec, const struct console_sink *sink,
                           void *user);

void own_gone(struct own *o);      /* its container is no more */
void own_close_all(struct hcs *h); /* with the service, which has dropped the processes */

#endif
