/* Output of containers as the engine sends it, in frames or bare, with time stamps in it: never more than was
 * fed. */
#include <stdint.h>
#include <stdlib.h>

#include "backends/docker/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    struct stamps stamps[2];
    size_t bytes;
    bool bare;
};

static void on_text(void *user, int64_t when, const char *data, size_t len)
{
    struct heard *h = user;
    unsigned sum = (unsigned)(when & 1);
    for (size_t i = 0; i < len; i++) {
        sum += (unsigned char)data[i];
    }
    h->bytes += len + (sum == 0 && len > 1000000);
}

static void on_frame(void *user, enum frame_stream stream, bool start, const char *data, size_t len)
{
    struct heard *h = user;
    struct stamps *s = &h->stamps[stream == FRAME_ERR];
    if (start) {
        stamps_begin(s);
    } else {
        stamps_feed(s, h->bare, data, len, on_text, h);
    }
}

/* The first byte says in what pieces the rest comes, the second whether it comes in frames. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct heard heard = {0};
    struct frames frames = {0};
    struct error why;
    bool ok = true;
    if (size < 2) {
        return 0;
    }
    size_t piece = data[0] + 1u, fed = 0;
    heard.bare = data[1] & 1;
    for (data += 2, size -= 2; size > 0 && ok; data += piece, size -= piece) {
        piece = size < piece ? size : piece;
        fed += piece;
        if (heard.bare) {
            stamps_feed(&heard.stamps[0], true, (const char *)data, piece, on_text, &heard);
        } else {
            ok = frames_feed(&frames, (const char *)data, piece, NULL, on_frame, &heard, &why);
        }
    }
    if (heard.bytes > fed) {
        abort();
    }
    return 0;
}
