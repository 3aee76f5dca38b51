/* Frames are cut out of one growing buffer: what was handed out is dropped at the next feed, so that a
 * payload stays where it is until then. After nonsense the reader stays broken: there is no way to find the
 * next frame. */
#include "backends/local/shared/wire.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

struct wire {
    unsigned char *data;
    size_t start, end, room;
    bool broken;
};

struct wire *wire_new(void)
{
    return mem_new(1, sizeof(struct wire));
}

void wire_free(struct wire *w)
{
    if (w) {
        free(w->data);
        free(w);
    }
}

void wire_feed(struct wire *w, const void *bytes, size_t len)
{
    if (len == 0 || w->broken) {
        return;
    }
    if (w->start > 0) {
        memmove(w->data, w->data + w->start, w->end - w->start);
        w->end -= w->start;
        w->start = 0;
    }
    w->data = mem_grow(w->data, &w->room, w->end + len, 1);
    memcpy(w->data + w->end, bytes, len);
    w->end += len;
}

uint32_t wire_get_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void wire_put_u32(unsigned char *p, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        p[i] = (unsigned char)(value >> (8 * i));
    }
}

static bool type_known(unsigned type)
{
    return (type >= WIRE_ATTACH && type <= WIRE_STATISTICS) || (type >= WIRE_OPENED && type <= WIRE_ROWS) ||
           (type >= WIRE_HELLO && type <= WIRE_CLOCK);
}

static int refuse(struct wire *w, struct error *e, const char *what, unsigned long number)
{
    w->broken = true;
    return error_set(
        e, ERROR_PROTOCOL, 0,
        "The other side of the socket sent a frame with %s %lu; is it another version of porthole?", what,
        number);
}

int wire_next(struct wire *w, struct wire_frame *frame, struct error *e)
{
    if (w->broken) {
        return error_set(e, ERROR_PROTOCOL, 0,
                         "The connection was given up after a frame that made no sense");
    }
    if (w->end - w->start < WIRE_HEADER) {
        return 0;
    }
    const unsigned char *head = w->data + w->start;
    uint32_t len = wire_get_u32(head);
    if (head[4] != WIRE_VERSION) {
        return refuse(w, e, "version", head[4]);
    }
    if (!type_known(head[5])) {
        return refuse(w, e, "type", head[5]);
    }
    if (len > WIRE_PAYLOAD) {
        return refuse(w, e, "length", len);
    }
    if (w->end - w->start - WIRE_HEADER < len) {
        return 0;
    }
    frame->type = head[5];
    frame->channel = (uint16_t)(head[6] | head[7] << 8);
    frame->payload = head + WIRE_HEADER;
    frame->len = len;
    w->start += WIRE_HEADER + len;
    return 1;
}

void wire_header(unsigned char out[WIRE_HEADER], enum wire_type type, uint16_t channel, size_t len)
{
    wire_put_u32(out, (uint32_t)len);
    out[4] = WIRE_VERSION;
    out[5] = (unsigned char)type;
    out[6] = (unsigned char)channel;
    out[7] = (unsigned char)(channel >> 8);
}

unsigned char *wire_pack(enum wire_type type, uint16_t channel, const void *payload, size_t len, size_t *size)
{
    unsigned char *out = mem_new(WIRE_HEADER + len, 1);
    wire_header(out, type, channel, len);
    if (len > 0) {
        memcpy(out + WIRE_HEADER, payload, len);
    }
    *size = WIRE_HEADER + len;
    return out;
}

unsigned char *wire_pack_error(const struct error *why, size_t *size)
{
    unsigned char payload[5 + sizeof why->text];
    size_t len = strlen(why->text);
    payload[0] = (unsigned char)why->kind;
    wire_put_u32(payload + 1, (uint32_t)why->native);
    memcpy(payload + 5, why->text, len);
    return wire_pack(WIRE_ERROR, 0, payload, 5 + len, size);
}

void wire_unpack_error(const struct wire_frame *frame, struct error *why)
{
    if (frame->len < 6) { /* without a sentence it tells nothing */
        error_set(why, ERROR_PROTOCOL, 0, "The container's keeper reported an error that cannot be read");
        return;
    }
    unsigned kind = frame->payload[0];
    bool sane = kind > ERROR_NONE && kind <= ERROR_OTHER;
    struct text clean = {0};
    text_add_clean(&clean, (const char *)frame->payload + 5, frame->len - 5);
    error_set(why, sane ? (enum error_kind)kind : ERROR_OTHER, (int32_t)wire_get_u32(frame->payload + 1),
              "%s", text_of(&clean));
    text_done(&clean);
}
