/* backends/local/keeper/client.h - one connection to the keeper: frames in, frames out. */
#ifndef BACKENDS_LOCAL_KEEPER_CLIENT_H
#define BACKENDS_LOCAL_KEEPER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "backends/local/shared/wire.h"

/* A frame that may be on its way to several clients at once. */
struct packet;
struct packet *packet_new(enum wire_type type, const void *head, size_t head_len, const void *body,
                          size_t body_len);
void packet_drop(struct packet *p); /* the maker's own hold on it */

struct client;

struct client_events {
    void (*frame)(void *user, struct client *c, const struct wire_frame *frame);
    void (*drained)(void *user, struct client *c); /* some of what waited has been taken */
    void (*gone)(void *user, struct client *c);    /* it must not be used any more */
};

/* Takes the next connection of `listener`; NULL: there is none. */
struct client *client_accept(uv_stream_t *listener, const struct client_events *events, void *user);

void client_send(struct client *c, struct packet *p);
void client_say(struct client *c, enum wire_type type, const void *payload, size_t len);
void client_refuse(struct client *c, const struct error *why); /* WIRE_ERROR, then closes it */
size_t client_waiting(const struct client *c);                 /* bytes that it has not taken yet */
void client_hold(struct client *c, bool hold);                 /* no more frames, or go on, maybe at once */
void client_finish(struct client *c);                          /* close it when it has taken everything */
void client_close(struct client *c);                           /* now; gone() is called */

/* Once a second: has it taken nothing for so long while something waited? */
bool client_stalled(struct client *c, int seconds);

/* What the answer to its request depends on. */
enum client_awaits { AWAITS_NOTHING, AWAITS_START, AWAITS_FREEZE, AWAITS_END };

/* What the keeper knows of it; the owner's to read and write. */
struct client_role {
    struct output *output;  /* it takes part in; NULL none */
    struct exec *exec;      /* it asked for; NULL none */
    struct client **report; /* where it is known to whoever writes a report for it; becomes NULL there */
    bool opened;            /* it has said what it wants */
    bool input;             /* it may type */
    enum client_awaits awaits;
    int rows, cols; /* of its terminal; 0 unknown */
};
struct client_role *client_role(struct client *c);

#endif
