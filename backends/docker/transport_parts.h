/* backends/docker/transport_parts.h - what a transport rides on: a carrier moves bytes as they are.
 *
 * A carrier tells its transport what happens by the transport_on_ functions, from the loop or from inside its
 * own start; they may close the carrier. After carrier_close it says nothing more, and frees itself when its
 * handles are closed. */
#ifndef BACKENDS_DOCKER_TRANSPORT_PARTS_H
#define BACKENDS_DOCKER_TRANSPORT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "backends/docker/endpoint.h"
#include "backends/docker/transport.h"
#include "core/error.h"

enum { CARRIER_ROOM = 65536 };

struct carrier {
    const struct carrier_type *type;
    struct transport *above;                     /* NULL: closed */
    size_t sending;                              /* writes under way */
    char *room;                                  /* CARRIER_ROOM bytes for reading */
    void (*ended)(struct carrier *, int status); /* carrier_receive met the end, or a failure of libuv's */
};

struct carrier_type {
    void (*write)(struct carrier *, const char *data, size_t len); /* copies */
    void (*read)(struct carrier *, bool on);
    void (*end_output)(struct carrier *);
    size_t (*unsent)(const struct carrier *);
    void (*close)(struct carrier *);
};

/* Begin to connect; the endpoint lives as long as the transport. */
struct carrier *carrier_socket(struct transport *t, uv_loop_t *loop,
                               const struct endpoint *to); /* UNIX, TCP */
struct carrier *carrier_ssh(struct transport *t, uv_loop_t *loop, const struct endpoint *to);
struct carrier *carrier_pipe(struct transport *t, uv_loop_t *loop,
                             const struct endpoint *to); /* may be NULL: ended */

void transport_on_connected(struct transport *t);
void transport_on_bytes(struct transport *t, const char *data, size_t len);
void transport_on_drained(struct transport *t); /* nothing is under way */
/* why NULL: the other side has ended. Its text begins with "it" or a name and goes behind "cannot reach X: ".
 */
void transport_on_ended(struct transport *t, const struct error *why);

/* For carriers that are streams of libuv, whose data is the carrier. */
void carrier_send(struct carrier *c, uv_stream_t *stream, const char *data, size_t len);
void carrier_receive(uv_stream_t *stream, bool on);
void carrier_shut_down(uv_stream_t *stream); /* once what was written has left */

#endif
