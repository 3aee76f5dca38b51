/* backends/local/logs.h - a console that shows what a container's first process has printed, and prints. */
#ifndef BACKENDS_LOCAL_LOGS_H
#define BACKENDS_LOCAL_LOGS_H

#include "backends/local/engine.h"

struct console *logs_open(struct local *l, const char *key, const struct console_spec *spec,
                          const struct console_sink *sink, void *user);

/* Something has changed: wakes those that follow the folder with this watch, or (watch -1) those of container
 * `id`; id NULL as well: all. */
void followers_wake(struct local *l, int watch, const char *id);

#endif
