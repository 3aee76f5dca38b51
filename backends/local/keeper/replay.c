/* A ring of bytes with one bit beside each: its stream. */
#include "backends/local/keeper/replay.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/memory.h"

struct replay {
    size_t total; /* bytes ever added; the next goes to total % REPLAY_ROOM */
    char bytes[REPLAY_ROOM];
    unsigned char streams[REPLAY_ROOM / 8];
};

struct replay *replay_new(void)
{
    return mem_new(1, sizeof(struct replay));
}

void replay_free(struct replay *r)
{
    free(r);
}

static int stream_at(const struct replay *r, size_t place)
{
    return r->streams[place / 8] >> (place % 8) & 1;
}

void replay_add(struct replay *r, int stream, const char *data, size_t len)
{
    if (len > REPLAY_ROOM) {
        data += len - REPLAY_ROOM;
        len = REPLAY_ROOM;
    }
    for (size_t i = 0; i < len; i++) {
        size_t place = r->total++ % REPLAY_ROOM;
        unsigned char bit = (unsigned char)(1u << (place % 8));
        r->bytes[place] = data[i];
        r->streams[place / 8] =
            (unsigned char)(stream ? r->streams[place / 8] | bit : r->streams[place / 8] & ~bit);
    }
}

void replay_each(const struct replay *r, void (*run)(void *user, int stream, const char *data, size_t len),
                 void *user)
{
    size_t at = r->total > REPLAY_ROOM ? r->total - REPLAY_ROOM : 0;
    while (at < r->total) {
        size_t place = at % REPLAY_ROOM, len = 1;
        int stream = stream_at(r, place);
        while (at + len < r->total && place + len < REPLAY_ROOM && stream_at(r, place + len) == stream) {
            len++;
        }
        run(user, stream, r->bytes + place, len);
        at += len;
    }
}
