/* core/loglines.h - a bounded ring of lines of output, with the moment of each; the oldest fall out.
 *
 * Bytes come in as they arrive; lines are cut at newlines, and at LOGLINES_LONGEST bytes. Escape sequences
 * and other control characters are taken out, tabs become blanks, invalid bytes and invisible format
 * characters U+FFFD, so that lines are safe to print. A carriage return alone begins its line anew, as a
 * progress bar means it.
 */
#ifndef CORE_LOGLINES_H
#define CORE_LOGLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOGLINES_LONGEST = 16384 };

struct loglines;

struct logline {      /* borrowed: good until the next call that takes bytes */
    const char *text; /* ends with a NUL, has none inside */
    size_t len;
    int64_t when; /* ms since 1970; 0 unknown */
    int stream;   /* enum console_stream */
};

/* Keeps at most `lines` lines and at most `bytes` bytes of text. */
struct loglines *loglines_new(size_t lines, size_t bytes);
void loglines_free(struct loglines *l);
void loglines_clear(struct loglines *l);

void loglines_add(struct loglines *l, int stream, int64_t when, const char *data, size_t len);
void loglines_close(struct loglines *l); /* nothing more comes: the beginning of a character becomes U+FFFD */

/* Lines have numbers that only grow: the ones kept are [first, end). An unfinished last line counts. */
uint64_t loglines_first(const struct loglines *l);
uint64_t loglines_end(const struct loglines *l);
bool loglines_get(const struct loglines *l, uint64_t number, struct logline *out);

/* The nearest line at or after (before, if backward) `from` that contains needle, without case. */
bool loglines_search(const struct loglines *l, const char *needle, uint64_t from, bool backward,
                     uint64_t *number);

#endif
