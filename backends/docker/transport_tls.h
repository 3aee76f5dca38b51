/* backends/docker/transport_tls.h - TLS between two heaps of bytes: what is written comes out enciphered,
 * what the other side sent comes out readable. It knows no sockets. */
#ifndef BACKENDS_DOCKER_TRANSPORT_TLS_H
#define BACKENDS_DOCKER_TRANSPORT_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct endpoint;
struct ssl_ctx_st;
struct transport_tls;

struct transport_tls_files {       /* paths of PEM files; NULL: none */
    const char *authorities;       /* trusted instead of those that this system trusts */
    const char *certificate, *key; /* our own; both or none */
};

/* Reads the files. verify: the other side's certificate is checked. NULL and e when they cannot be used; the
 * caller gives it back with SSL_CTX_free. */
struct ssl_ctx_st *transport_tls_context(const struct transport_tls_files *files, bool verify,
                                         struct error *e);

struct transport_tls *transport_tls_new(const struct endpoint *to); /* the endpoint must outlive it */
void transport_tls_free(struct transport_tls *s);

/* Bytes from the other side. */
void transport_tls_feed(struct transport_tls *s, const char *data, size_t len);

enum transport_tls_step { TLS_DONE, TLS_WAIT /* for more bytes */, TLS_END, TLS_FAILED };

/* Goes on with the handshake: DONE, WAIT, or FAILED and e. */
enum transport_tls_step transport_tls_shake(struct transport_tls *s, struct error *e);

/* Reads: DONE and *len > 0 bytes in room; WAIT; END: the other side has said goodbye; FAILED and e. */
enum transport_tls_step transport_tls_read(struct transport_tls *s, char *room, size_t size, size_t *len,
                                           struct error *e);

void transport_tls_write(struct transport_tls *s, const char *data, size_t len); /* after the handshake */
void transport_tls_end(struct transport_tls *s); /* says goodbye; reading goes on */

/* Moves bytes for the other side into room; returns how many, 0 when there are no more. */
size_t transport_tls_take(struct transport_tls *s, char *room, size_t size);

#endif
