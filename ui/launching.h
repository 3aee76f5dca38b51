/* ui/launching.h - launches a container from the interface: a job until it is there, then the list's cursor
 * goes to it. */
#ifndef UI_LAUNCHING_H
#define UI_LAUNCHING_H

#include <stdbool.h>

#include "core/container.h"
#include "core/launch.h"

struct app;

enum launching_then { /* once it is there */
                      LAUNCHING_SELECT,
                      LAUNCHING_CONSOLE, /* and its console is opened */
                      LAUNCHING_MAP      /* and its host map is shown */
};

/* Copies the spec. old: what it is to take the place of, which the person is asked about when it runs; 0:
 * nothing. */
void launching_start(struct app *a, int engine, const struct launch_spec *spec, enum launching_then then,
                     container_id old);

struct engine;

/* What "default" means on this engine: the settings' word, else the engine's. */
enum isolation launching_default(struct app *a, const struct engine *e);

#endif
