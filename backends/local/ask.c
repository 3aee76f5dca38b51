#include "backends/local/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { READ_ROOM = 64 * 1024, FRAMES_AT_MOST = 4096 };

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* More bytes, or -1 and e. */
static int fetch(int fd, struct wire *wire, int64_t deadline, struct error *e)
{
    char room[READ_ROOM];
    int64_t left = deadline - now_ms();
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (left <= 0 || poll(&ready, 1, (int)left) == 0) {
        return error_set(e, ERROR_TIMEOUT, 0, "it does not answer in time");
    }
    ssize_t n = read(fd, room, sizeof room);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
        return 0;
    }
    if (n <= 0) {
        return error_set(e, ERROR_CONFLICT, 0, "it has just ended: its keeper is gone");
    }
    wire_feed(wire, room, (size_t)n);
    return 0;
}

static bool listen_to(int fd, void (*rows)(void *user, struct words pairs), void *user, int64_t deadline,
                      struct error *e)
{
    struct wire *wire = wire_new();
    struct wire_frame frame;
    bool done = false, failed = false;
    for (int frames = 0; !done && !failed && frames < FRAMES_AT_MOST;) {
        int got = wire_next(wire, &frame, e);
        frames += got > 0;
        if (got == 0) {
            failed = fetch(fd, wire, deadline, e) < 0;
        } else if (got > 0 && frame.type == WIRE_ROWS) {
            rows(user, (struct words){(const char *)frame.payload, frame.len});
        } else if (got > 0 && frame.type == WIRE_DONE) {
            done = true;
        } else {
            failed = true;
            if (got > 0 && frame.type == WIRE_ERROR) {
                wire_unpack_error(&frame, e);
            } else if (got > 0) {
                error_set(e, ERROR_PROTOCOL, frame.type, "its keeper answered nonsense");
            }
        }
    }
    if (!done && !failed) {
        error_set(e, ERROR_PROTOCOL, 0, "its guest has no end of things to tell");
    }
    wire_free(wire);
    return done;
}

bool ask_guest(const struct paths *p, const char *id, enum wire_type what,
               void (*rows)(void *user, struct words pairs), void *user, int ms, struct error *e)
{
    unsigned char frame[WIRE_HEADER];
    int fd = paths_connect(p, id, e);
    bool ok = false;
    if (fd < 0) {
        return false;
    }
    wire_header(frame, what, 0, 0);
    if (write(fd, frame, sizeof frame) != (ssize_t)sizeof frame) {
        error_errno(e, errno, "cannot ask the keeper of container %s", id);
    } else {
        ok = listen_to(fd, rows, user, now_ms() + ms, e);
    }
    close(fd);
    return ok;
}

static void no_rows(void *user, struct words pairs)
{
    (void)user;
    (void)pairs;
}

bool ask_keeper(const struct paths *p, const char *id, const char *request, int ms, struct error *e)
{
    size_t size;
    int fd = paths_connect(p, id, e);
    bool ok = false;
    if (fd < 0) {
        return false;
    }
    unsigned char *frame = wire_pack(WIRE_CONTROL, 0, request, strlen(request), &size);
    if (write(fd, frame, size) != (ssize_t)size) {
        error_errno(e, errno, "cannot ask the keeper of container %s", id);
    } else {
        ok = listen_to(fd, no_rows, NULL, now_ms() + ms, e);
    }
    free(frame);
    close(fd);
    return ok;
}
