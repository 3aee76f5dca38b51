/* backends/local/keeper/replay.h - the last bytes that were printed, for whoever comes late. */
#ifndef BACKENDS_LOCAL_KEEPER_REPLAY_H
#define BACKENDS_LOCAL_KEEPER_REPLAY_H

#include <stddef.h>

#include "backends/local/shared/wire.h"

enum { REPLAY_ROOM = WIRE_REPLAY };

struct replay;

struct replay *replay_new(void);
void replay_free(struct replay *r);
void replay_add(struct replay *r, int stream, const char *data, size_t len);

/* In the order in which they came, in runs of one stream. */
void replay_each(const struct replay *r, void (*run)(void *user, int stream, const char *data, size_t len),
                 void *user);

#endif
