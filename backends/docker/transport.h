/* backends/docker/transport.h - a stream of bytes to an engine, whatever lies beneath: unix socket, named
 * pipe, TCP, TLS, the standard streams of ssh.
 *
 * Everything runs on the loop's thread and nothing waits. The owner hears from the loop, never from inside a
 * call of his; he may close the transport from inside any of his callbacks.
 *
 *     transport_open -> connected -> bytes, drained ... -> closed
 *                    -> closed
 */
#ifndef BACKENDS_DOCKER_TRANSPORT_H
#define BACKENDS_DOCKER_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct endpoint;
struct transport;
struct uv_loop_s;

enum { TRANSPORT_CONNECT_MS = 10000, TRANSPORT_SSH_MS = 30000 };

struct transport_sink {
    /* Bytes go through; with TLS: hands are shaken. Over ssh it only means that ssh runs: the engine is known
     * to be there by its first byte. May be NULL. */
    void (*connected)(void *user);
    void (*bytes)(void *user, const char *data, size_t len); /* borrowed for the call; len > 0 */
    /* All that was written has left for the system. May be NULL. */
    void (*drained)(void *user);
    /* The other side has ended the stream (why NULL), or it was never reached or is lost: why says what was
     * tried, on what, and what to do. Nothing more is heard; the transport is gone. */
    void (*closed)(void *user, const struct error *why);
};

/* Never NULL; a failure arrives by closed(). The endpoint is copied. */
struct transport *transport_open(struct uv_loop_s *loop, const struct endpoint *endpoint,
                                 const struct transport_sink *sink, void *user);

/* Copies. Also before connected(): it then waits. After transport_end_output(), or when the stream is
 * failing: dropped in silence (closed() tells). */
void transport_write(struct transport *t, const char *data, size_t len);

size_t
transport_unsent(const struct transport *t); /* bytes that have not left: when it grows, stop writing */

/* Half-close: the other side reads what was written and then the end; reading goes on. */
void transport_end_output(struct transport *t);

/* Back-pressure: while held no bytes() and no end are heard, and the other side is soon stopped by full
 * buffers. May be called from inside bytes(). */
void transport_hold(struct transport *t, bool hold);

/* Nothing more is heard; what was written and has not left may be lost. The transport is gone. A loop that is
 * to end must run until the handles beneath are closed. */
void transport_close(struct transport *t);

#endif
