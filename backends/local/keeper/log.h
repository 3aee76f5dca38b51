/* backends/local/keeper/log.h - what a container has printed, kept in a file.
 *
 * A record: u32 length of the bytes, u8 stream, 3 bytes 0, i64 milliseconds since 1970, all little endian;
 * then the bytes. A log that has grown beyond LOG_LIMIT is renamed to "<path>.1" and begun anew, so that both
 * together stay within twice that.
 */
#ifndef BACKENDS_LOCAL_KEEPER_LOG_H
#define BACKENDS_LOCAL_KEEPER_LOG_H

#include <stddef.h>

enum { LOG_HEADER = 16, LOG_LIMIT = 8 * 1024 * 1024 };

struct log;

/* why: the log cannot be written (one sentence), what is printed is lost to it; NULL: it goes on again. */
typedef void (*log_trouble_cb)(void *user, const char *why);

struct log *log_new(const char *path, log_trouble_cb trouble,
                    void *user); /* also when it cannot be opened yet */
void log_free(struct log *l);
void log_write(struct log *l, int stream, const char *data, size_t len);

#endif
