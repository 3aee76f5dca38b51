/* backends/docker/http_reader.h - answers of HTTP/1.1 out of the bytes of a connection. Pure.
 *
 * One answer at a time. Bytes may come in any pieces. The parser below is http-parser; its limit on the size
 * of a head (80 KB) is ours.
 */
#ifndef BACKENDS_DOCKER_HTTP_READER_H
#define BACKENDS_DOCKER_HTTP_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct http_reader;

struct http_reader_sink {
    void (*head)(void *user, int status);
    void (*bytes)(void *user, const char *data,
                  size_t len); /* of the body; after an upgrade, all that comes */
    /* The answer is complete. The connection may serve another request if `again`. Never after an upgrade. */
    void (*end)(void *user, bool again);
};

enum { HTTP_HEADER_ROOM = 64 };

struct http_reader *http_reader_new(const struct http_reader_sink *sink, void *user);
void http_reader_free(struct http_reader *r); /* not from inside its own callbacks */

/* The next answer is one to such a request: HEAD has no body; an upgrade makes the connection a stream of
 * bytes, also when it is answered by 200 as old engines do. */
void http_reader_begin(struct http_reader *r, bool head, bool upgrade);

/* False and e: nonsense, or more than one answer; the connection is of no use any more. */
bool http_reader_feed(struct http_reader *r, const char *data, size_t len, struct error *e);

/* The other side has ended the stream. True: the answer is complete by that (end has been called, or it was
 * upgraded); false and e: it was cut short. */
bool http_reader_eof(struct http_reader *r, struct error *e);

/* Stops a feed that is under way from telling more. */
void http_reader_stop(struct http_reader *r);

/* A header of the answer, of those that are kept: "Api-Version", "Ostype", "Date", "Libpod-Api-Version"; ""
 * when it was not there. */
const char *http_reader_header(const struct http_reader *r, const char *name);

#endif
