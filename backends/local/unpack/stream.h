/* backends/local/unpack/stream.h - a compressed tar as members, with the digests of its bytes on the way. */
#ifndef BACKENDS_LOCAL_UNPACK_STREAM_H
#define BACKENDS_LOCAL_UNPACK_STREAM_H

#include <stdbool.h>

#include "backends/local/unpack/limits.h"
#include "backends/local/unpack/progress.h"
#include "core/error.h"

struct archive;
struct blob;

enum { STREAM_DIGEST = 7 + 64 + 1 }; /* "sha256:", 64 hexadecimal digits */

struct stream;

/* Takes the blob over, also when it fails. What has come through counts as progress. */
struct stream *stream_open(struct blob *input, const struct limits *limits, struct progress *progress,
                           struct error *e);
void stream_free(struct stream *s); /* NULL is fine */

struct archive *stream_tar(struct stream *s); /* for archive_read_next_header and the data */

/* The sentence for what archive functions just failed with; returns false. */
bool stream_failed(struct stream *s, struct error *e);

/* Reads what follows the last member, and gives the digests of the bytes as they came and as they unpacked.
 */
bool stream_finish(struct stream *s, char input[STREAM_DIGEST], char content[STREAM_DIGEST], struct error *e);

/* The same for other bytes. */
void stream_digest(const void *bytes, size_t len, char out[STREAM_DIGEST]);

/* Lets libarchive read every compression that it knows, and tar alone, from what comes next. */
void stream_take_filters(struct archive *a);
void stream_take_tar(struct archive *a);

#endif
