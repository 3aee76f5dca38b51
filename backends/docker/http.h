/* backends/docker/http.h - a client of HTTP/1.1 for one engine.
 *
 * Short requests share a few connections that stay open; one that may take its time, or becomes a stream of
 * bytes, has a connection of its own. Everything runs on the loop; an exchange speaks from the loop only,
 * never from inside a call, and its owner may cancel it from inside any of its callbacks.
 *
 *     http_start -> head -> bytes ... -> end(NULL)
 *                -> end(why)
 */
#ifndef BACKENDS_DOCKER_HTTP_H
#define BACKENDS_DOCKER_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct endpoint;
struct http;
struct http_exchange;
struct uv_loop_s;

struct http_request { /* borrowed for the call */
    const char *method;
    const char *path; /* with its query; everything in it is percent-encoded already */
    const char *type; /* of the body; NULL: application/json */
    const char *auth; /* X-Registry-Auth; NULL none */
    const char *body; /* NULL none */
    size_t len;
    unsigned timeout_ms; /* for the head of the answer, and for the rest of a short one; 0 none */
    bool apart;          /* it may take long: a connection of its own */
    bool upgrade;        /* becomes a stream of bytes both ways; implies apart */
    bool upload;         /* the body follows by http_write and http_end_input; implies apart */
};

struct http_sink {
    void (*head)(void *user, int status); /* may be NULL */
    void (*bytes)(void *user, const char *data, size_t len);
    void (*drained)(void *user); /* all that was written has left; may be NULL */
    /* It is over and gone: complete (why NULL), or not: why has no subject, as in "cannot stop web: ...". */
    void (*end)(void *user, const struct error *why);
};

struct http *http_new(struct uv_loop_s *loop, const struct endpoint *endpoint);

/* Every exchange must have ended or been cancelled. */
void http_free(struct http *h);

/* Never NULL; a failure arrives by end(). */
struct http_exchange *http_start(struct http *h, const struct http_request *request,
                                 const struct http_sink *sink, void *user);

/* Silence from now on; the exchange is gone. An engine may have done what it was asked for. */
void http_cancel(struct http_exchange *x);

/* A header of the answer, of those that http_reader.h keeps. From head() on. */
const char *http_header(const struct http_exchange *x, const char *name);

/* After an upgrade, and for an upload. */
void http_write(struct http_exchange *x, const char *data, size_t len); /* copies */
size_t http_unsent(const struct http_exchange *x);
void http_end_input(struct http_exchange *x);

void http_hold(struct http_exchange *x, bool hold); /* no bytes() until it is let go */

#endif
