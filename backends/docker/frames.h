/* backends/docker/frames.h - the two ways in which an engine puts output on a stream. Pure.
 *
 * Without a terminal: frames of 8 bytes {stream, 0, 0, 0, length, big-endian} and their payload (Engine API,
 * "attach"). With one: bare bytes. In logs with time stamps each message begins with
 * "2026-11-24T03:44:00.123456789Z ".
 */
#ifndef BACKENDS_DOCKER_FRAMES_H
#define BACKENDS_DOCKER_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

enum frame_stream {
    FRAME_INPUT,
    FRAME_OUT,
    FRAME_ERR,
    FRAME_SYSTEM /* the engine's own words: what failed */
};

enum { STAMP_ROOM = 48, LOG_MESSAGE = 16384 /* a longer line is kept in messages of this many bytes */ };

struct frames { /* {0} at the start */
    unsigned char header[8];
    size_t n_header;
    uint32_t left; /* of the payload */
};

/* start: a frame begins with these bytes. A frame may come in many pieces; an empty one is told too. */
typedef void (*frames_cb)(void *user, enum frame_stream stream, bool start, const char *data, size_t len);

/* False and e: these are no frames. Goes on until all of data is used or *stop (may be NULL) is set. */
bool frames_feed(struct frames *f, const char *data, size_t len, const bool *stop, frames_cb cb, void *user,
                 struct error *e);

struct stamps { /* time stamps of one stream; {0} at the start, which is the beginning of a message */
    char text[STAMP_ROOM];
    size_t len;
    bool inside;  /* the stamp of this message is over */
    size_t count; /* bytes of the message */
    int64_t when;
};

typedef void (*stamps_cb)(void *user, int64_t when, const char *data, size_t len);

void stamps_begin(struct stamps *s); /* a frame begins: so does a message */

/* Takes the stamps out. bare: there are no frames, messages begin after a newline, or after LOG_MESSAGE bytes
 * of a longer line. What does not begin with a stamp is passed on as it is. */
void stamps_feed(struct stamps *s, bool bare, const char *data, size_t len, stamps_cb cb, void *user);

#endif
