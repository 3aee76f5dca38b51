/* Two readers of libarchive, one behind the other: the first takes any compression and gives plain bytes
 * ("raw"), the second takes these as a tar. Between them pass all bytes as they were before compression,
 * behind the first one all as they came: so both digests that an image names can be checked, and a bomb is
 * noticed before its bytes mean anything.
 */
#include "backends/local/unpack/stream.h"

#include <archive.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/local/unpack/source.h"
#include "core/memory.h"
#include "core/text.h"

enum { TAR_BLOCK = 512 };

struct stream {
    struct blob *input;
    struct archive *plain, *tar;
    const struct limits *limits;
    struct progress *progress;
    struct sha256_ctx input_hash, content_hash;
    uint64_t content;
    size_t zeros; /* at the end of what has passed */
    bool ended;   /* the tar reader has asked for more than there is */
    struct error why;
};

void stream_take_filters(struct archive *a)
{
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_lzma(a);
    archive_read_support_filter_zstd(a);
    archive_read_support_filter_lz4(a);
    archive_read_support_filter_compress(a);
}

void stream_take_tar(struct archive *a)
{
    archive_read_support_format_tar(a);
    archive_read_support_format_gnutar(a);
    archive_read_support_format_empty(a);
}

static la_ssize_t take_input(struct archive *a, void *user, const void **block)
{
    struct stream *s = user;
    la_ssize_t n = blob_read(s->input, block, &s->why);
    if (n < 0 || !progress_check(s->progress, &s->why)) {
        archive_set_error(a, -1, "cannot read on");
        return -1;
    }
    sha256_update(&s->input_hash, (size_t)n, *block);
    progress_add(s->progress, (uint64_t)n);
    return n;
}

static void count_zeros(struct stream *s, const unsigned char *block, size_t len)
{
    size_t n = 0;
    while (n < len && n < TAR_BLOCK && block[len - 1 - n] == 0) {
        n++;
    }
    s->zeros = n == len ? s->zeros + n : n;
}

static la_ssize_t take_plain(struct archive *a, void *user, const void **block)
{
    struct stream *s = user;
    size_t len = 0;
    int64_t at;
    int status = archive_read_data_block(s->plain, block, &len, &at);
    if (status == ARCHIVE_EOF) {
        s->ended = true;
        return 0;
    }
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
        archive_copy_error(a, s->plain);
        return -1;
    }
    s->content += len;
    if (!limits_bytes(s->limits, s->content / 2, s->progress->consumed,
                      &s->why)) { /* tar's own blocks are free */
        archive_set_error(a, -1, "too much");
        return -1;
    }
    sha256_update(&s->content_hash, len, *block);
    count_zeros(s, *block, len);
    return (la_ssize_t)len;
}

static bool open_plain(struct stream *s)
{
    struct archive_entry *whole;
    s->plain = archive_read_new();
    stream_take_filters(s->plain);
    archive_read_support_format_raw(s->plain);
    archive_read_support_format_empty(s->plain);
    return archive_read_open(s->plain, s, NULL, take_input, NULL) == ARCHIVE_OK &&
           archive_read_next_header(s->plain, &whole) == ARCHIVE_OK;
}

struct stream *stream_open(struct blob *input, const struct limits *limits, struct progress *progress,
                           struct error *e)
{
    struct stream *s = mem_new(1, sizeof(*s));
    *s = (struct stream){.input = input, .limits = limits, .progress = progress};
    sha256_init(&s->input_hash);
    sha256_init(&s->content_hash);
    s->tar = archive_read_new();
    stream_take_tar(s->tar);
    bool good = open_plain(s);
    if (!good) {
        archive_copy_error(s->tar, s->plain);
    }
    if (!good || archive_read_open(s->tar, s, NULL, take_plain, NULL) != ARCHIVE_OK) {
        stream_failed(s, e);
        stream_free(s);
        return NULL;
    }
    return s;
}

void stream_free(struct stream *s)
{
    if (!s) {
        return;
    }
    archive_read_free(s->tar);
    archive_read_free(s->plain);
    blob_free(s->input);
    free(s);
}

struct archive *stream_tar(struct stream *s)
{
    return s->tar;
}

bool stream_failed(struct stream *s, struct error *e)
{
    if (s->why.kind != ERROR_NONE) {
        if (e) {
            *e = s->why;
        }
        return false;
    }
    struct text why = {0};
    const char *said = archive_error_string(s->tar);
    said = said ? said : "it is empty";
    text_add_clean(&why, said, strnlen(said, 120));
    error_set(e, ERROR_INVALID, archive_errno(s->tar),
              "%s is no tar archive that can be unpacked, or it is damaged: %s; make or fetch it again",
              blob_shown(s->input), text_of(&why));
    text_done(&why);
    return false;
}

static void print_digest(struct sha256_ctx *hash, char out[STREAM_DIGEST])
{
    unsigned char bytes[SHA256_DIGEST_SIZE];
    sha256_digest(hash, sizeof(bytes), bytes);
    int at = snprintf(out, STREAM_DIGEST, "sha256:");
    for (size_t i = 0; i < sizeof(bytes); i++) {
        at += snprintf(out + at, STREAM_DIGEST - (size_t)at, "%02x", bytes[i]);
    }
}

void stream_digest(const void *bytes, size_t len, char out[STREAM_DIGEST])
{
    struct sha256_ctx hash;
    sha256_init(&hash);
    sha256_update(&hash, len, bytes);
    print_digest(&hash, out);
}

static bool drain(struct stream *s, struct error *e)
{
    const void *block;
    la_ssize_t n;
    while ((n = take_plain(s->tar, s, &block)) > 0) {
    }
    while (n == 0 && (n = take_input(s->tar, s, &block)) > 0) {
        n = 0;
    }
    return n == 0 || stream_failed(s, e);
}

bool stream_finish(struct stream *s, char input[STREAM_DIGEST], char content[STREAM_DIGEST], struct error *e)
{
    if (s->ended && s->zeros < TAR_BLOCK) {
        error_set(e, ERROR_INVALID, 0, "%s is cut short: its end is missing; make or fetch it again",
                  blob_shown(s->input));
        return false;
    }
    if (!drain(s, e)) {
        return false;
    }
    print_digest(&s->input_hash, input);
    print_digest(&s->content_hash, content);
    return true;
}
