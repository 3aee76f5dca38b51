/* What carriers that are streams of libuv have in common: writing copies, and reading. */
#include <stdlib.h>
#include <string.h>

#include "backends/docker/transport_parts.h"
#include "core/memory.h"

struct sending {
    uv_write_t write;
    struct carrier *carrier;
    char bytes[];
};

static void sent(uv_write_t *write, int status)
{
    struct sending *s = (struct sending *)write;
    struct carrier *c = s->carrier;
    free(s);
    c->sending--;
    /* A failure is not told: the other side's last words may still be on their way in, and reading tells how
     * it ended. */
    if (status == 0 && c->sending == 0 && c->above) {
        transport_on_drained(c->above);
    }
}

void carrier_send(struct carrier *c, uv_stream_t *stream, const char *data, size_t len)
{
    while (len > 0) {
        size_t part = len < CARRIER_ROOM ? len : CARRIER_ROOM;
        struct sending *s = mem_resize(NULL, sizeof *s + part, 1);
        uv_buf_t bytes = uv_buf_init(memcpy(s->bytes, data, part), (unsigned)part);
        s->carrier = c;
        c->sending++;
        if (uv_write(&s->write, stream, &bytes, 1, sent) != 0) {
            c->sending--;
            free(s);
        }
        data += part;
        len -= part;
    }
}

static void get_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    (void)wanted;
    struct carrier *c = handle->data;
    if (!c->room) {
        c->room = mem_resize(NULL, CARRIER_ROOM, 1);
    }
    *out = uv_buf_init(c->room, CARRIER_ROOM);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *got)
{
    struct carrier *c = stream->data;
    if (n > 0) {
        transport_on_bytes(c->above, got->base, (size_t)n);
    } else if (n < 0) {
        uv_read_stop(stream);
        c->ended(c, (int)n);
    }
}

void carrier_receive(uv_stream_t *stream, bool on)
{
    if (on) {
        uv_read_start(stream, get_room, on_read); /* again and again: it then changes nothing */
    } else {
        uv_read_stop(stream);
    }
}

static void shut_down(uv_shutdown_t *shutdown, int status)
{
    (void)status;
    free(shutdown);
}

void carrier_shut_down(uv_stream_t *stream)
{
    uv_shutdown_t *shutdown = mem_new(1, sizeof *shutdown);
    if (uv_shutdown(shutdown, stream, shut_down) != 0) {
        free(shutdown); /* the connection is gone, which reading tells */
    }
}
