/* backends/local/client.h - attach and exec: a console at the other end of a keeper's socket. */
#ifndef BACKENDS_LOCAL_CLIENT_H
#define BACKENDS_LOCAL_CLIENT_H

#include "backends/local/engine.h"

struct console *client_open(struct local *l, const char *key, const struct console_spec *spec,
                            const struct console_sink *sink, void *user);

/* One that ends in the next turn, with this reason. */
struct console *client_refused(struct local *l, const struct error *why, const struct console_sink *sink,
                               void *user);

#endif
