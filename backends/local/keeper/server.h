/* backends/local/keeper/server.h - the keeper's socket: who is there, and what each of them wants. */
#ifndef BACKENDS_LOCAL_KEEPER_SERVER_H
#define BACKENDS_LOCAL_KEEPER_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "backends/local/keeper/client.h"
#include "core/error.h"

struct keeper;
struct server;

struct server *server_new(struct keeper *k, struct error *e); /* NULL and e: the socket cannot be made */
void server_mute(struct server *s);                           /* takes nobody new */
void server_close(struct server *s); /* throws out whoever is left; frees itself once the loop has let go */
size_t server_clients(const struct server *s);

/* Those who wait for this get WIRE_DONE, with the remark on the end of the run that is over, or why not. */
void server_tell(struct server *s, enum client_awaits what, const struct error *why);

/* Lets go, when they have got what is queued for them, of all but those with an exec under way. */
void server_finish_clients(struct server *s);

#endif
