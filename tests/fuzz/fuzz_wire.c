/* Frames from anybody: never more than was fed, never beyond the limits, broken for good after nonsense. */
#include <stdint.h>
#include <stdlib.h>

#include "backends/local/shared/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_all(struct wire *w, size_t *taken, size_t fed)
{
    struct wire_frame frame;
    struct error e;
    while (wire_next(w, &frame, &e) > 0) {
        unsigned sum = 0;
        for (size_t i = 0; i < frame.len; i++) {
            sum += frame.payload[i];
        }
        *taken += WIRE_HEADER + frame.len;
        if (frame.len > WIRE_PAYLOAD || *taken > fed || sum > 255u * WIRE_PAYLOAD) {
            abort();
        }
        if (frame.type == WIRE_ERROR) {
            wire_unpack_error(&frame, &e);
        }
    }
}

/* The first byte says in what pieces the rest comes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    size_t piece = data[0] + 1u, fed = 0, taken = 0;
    struct wire *w = wire_new();
    for (data++, size--; size > 0;) {
        size_t len = size < piece ? size : piece;
        wire_feed(w, data, len);
        fed += len;
        take_all(w, &taken, fed);
        data += len;
        size -= len;
    }
    wire_free(w);
    return 0;
}
