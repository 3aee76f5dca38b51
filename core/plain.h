/* core/plain.h - plain text out of hostile output, as it streams by. Pure.
 *
 * Escape sequences and other control characters are taken out; invalid bytes and invisible format characters
 * become U+FFFD. What remains is safe to print. A character or a sequence may be cut by the end of a call.
 */
#ifndef CORE_PLAIN_H
#define CORE_PLAIN_H

#include <stddef.h>

#include "core/utf8.h"

enum plain_state {
    PLAIN_TEXT,
    PLAIN_ESCAPE,       /* after ESC */
    PLAIN_INTERMEDIATE, /* ESC and bytes 0x20-0x2f: one more byte ends it */
    PLAIN_CONTROL,      /* CSI: until a byte 0x40-0x7e */
    PLAIN_STRING,       /* OSC, DCS, SOS, PM, APC: until ST, or BEL */
    PLAIN_STRING_ESCAPE /* an ESC in it: perhaps the beginning of ST */
};

struct plain { /* {0} at the start of a stream */
    enum plain_state state;
    struct utf8_held held; /* the beginning of a character, cut by the end of a call */
    size_t length;         /* of the sequence so far: one that never ends must not swallow the rest */
};

struct plain_sink {
    void (*text)(void *user, const char *s, size_t len); /* whole characters of UTF-8 */
    void (*control)(void *user, char c);                 /* '\n', '\r' or '\t' */
};

void plain_feed(struct plain *p, const struct plain_sink *sink, void *user, const char *data, size_t len);

/* Nothing more comes: a character that was cut is told as U+FFFD. */
void plain_end(struct plain *p, const struct plain_sink *sink, void *user);

#endif
