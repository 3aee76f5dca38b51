/* tests/backends/peer.h - the other side of a transport, on a thread of its own: a socket, with or without
 * TLS. */
#ifndef TESTS_BACKENDS_PEER_H
#define TESTS_BACKENDS_PEER_H

#include <stddef.h>
#include <stdint.h>

struct peer;

enum peer_manner {
    PEER_ECHO,   /* gives back what it gets; at its end says "bye" and ends, too */
    PEER_SILENT, /* takes the connection and says nothing */
    PEER_FLOOD   /* sends PEER_FLOOD_BYTES, the byte at n being n modulo 251, and ends */
};

enum { PEER_FLOOD_BYTES = 24 << 20 };

struct peer_spec {
    enum peer_manner manner;
    const char *path;              /* a unix socket; NULL: a port of 127.0.0.1 */
    const char *certificate, *key; /* with TLS; NULL: without */
    const char *authority; /* who must have signed the client's certificate; NULL: it is not asked for */
};

struct peer *peer_start(const struct peer_spec *spec);
unsigned peer_port(const struct peer *p);
uint64_t peer_sent(struct peer *p);
void peer_stop(struct peer *p); /* ends the connection that it has */

#endif
