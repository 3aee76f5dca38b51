/* backends/local/logfile.h - reads the log that a keeper writes, in pieces. For threads.
 *
 * FOLDER/log, and FOLDER/log.1, the older half. Records: u32 length, u8 stream (0 out, 1 err), 3 bytes 0, i64
 * ms since 1970, all little endian, then the bytes. The files change under the reader: they grow, and "log"
 * becomes "log.1".
 */
#ifndef BACKENDS_LOCAL_LOGFILE_H
#define BACKENDS_LOCAL_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/text.h"

enum { LOGFILE_PIECE = 256 * 1024, LOGFILE_RECORD = 1024 * 1024 };

struct logfile_query {
    int64_t tail;         /* so many lines first; -1 all */
    int64_t since, until; /* ms since 1970; 0 no bound */
};

struct logfile_record {
    int stream;
    int64_t when;
    size_t at, len; /* in the piece's bytes */
};

struct logfile_piece { /* {0} is the empty one */
    struct text bytes;
    struct logfile_record *records;
    size_t count, room;
};

void logfile_piece_done(struct logfile_piece *p);

struct logfile;

/* Begins where the query says. A log that does not exist is an empty one. NULL and e: it is damaged or cannot
 * be read. */
struct logfile *logfile_open(const char *folder, const struct logfile_query *query, struct error *e);
void logfile_close(struct logfile *f); /* NULL is fine */

/* Replaces the piece by the next one. 1: there may be more; 0: that was all for now; -1 and e: what follows
 * cannot be read; what was good before it is in the piece. */
int logfile_read(struct logfile *f, struct logfile_piece *piece, struct error *e);

#endif
