/* Answers of HTTP in any pieces: never more of a body than was fed, nothing after the end, broken for good
 * after nonsense. */
#include <stdint.h>
#include <stdlib.h>

#include "backends/docker/http_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    struct http_reader *reader;
    size_t bytes;
    int heads, ends;
    bool stop_at_head;
};

static void on_head(void *user, int status)
{
    struct heard *h = user;
    h->heads++;
    if (status < 100 || status > 999 || h->heads > 1) {
        abort();
    }
    if (h->stop_at_head) {
        http_reader_stop(h->reader);
    }
}

static void on_bytes(void *user, const char *data, size_t len)
{
    struct heard *h = user;
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += (unsigned char)data[i];
    }
    h->bytes += len;
    if (h->heads != 1 || h->ends > 0 || sum > 255u * len) {
        abort();
    }
}

static void on_end(void *user, bool again)
{
    struct heard *h = user;
    (void)again;
    if (h->heads != 1 || ++h->ends > 1) {
        abort();
    }
}

/* The first byte says in what pieces the rest comes, the second to what it is an answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct http_reader_sink sink = {on_head, on_bytes, on_end};
    struct heard heard = {0};
    struct error why;
    if (size < 2) {
        return 0;
    }
    size_t piece = data[0] + 1u, fed = 0;
    bool ok = true;
    heard.stop_at_head = data[1] & 4;
    heard.reader = http_reader_new(&sink, &heard);
    http_reader_begin(heard.reader, data[1] & 1, data[1] & 2);
    for (data += 2, size -= 2; size > 0 && ok && heard.ends == 0; data += piece, size -= piece) {
        piece = size < piece ? size : piece;
        ok = http_reader_feed(heard.reader, (const char *)data, piece, &why);
        fed += piece;
        if (heard.stop_at_head && heard.heads > 0) {
            break;
        }
    }
    if (heard.bytes > fed) {
        abort();
    }
    if (ok && heard.ends == 0 && !(heard.stop_at_head && heard.heads > 0)) {
        http_reader_eof(heard.reader, &why);
    }
    http_reader_free(heard.reader);
    return 0;
}
