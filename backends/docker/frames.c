#include "backends/docker/frames.h"

#include <string.h>

#include "core/times.h"

static bool header_done(struct frames *f, frames_cb cb, void *user, struct error *e)
{
    const unsigned char *h = f->header;
    if (h[0] > FRAME_SYSTEM || h[1] || h[2] || h[3]) {
        error_set(e, ERROR_PROTOCOL, 0, "the engine's stream is not made of frames");
        return false;
    }
    f->left = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7];
    cb(user, h[0], true, "", 0);
    if (f->left == 0) {
        f->n_header = 0;
    }
    return true;
}

bool frames_feed(struct frames *f, const char *data, size_t len, const bool *stop, frames_cb cb, void *user,
                 struct error *e)
{
    const char *end = data + len;
    while (data < end && !(stop && *stop)) {
        size_t have = (size_t)(end - data), part;
        if (f->n_header < sizeof f->header) {
            part = sizeof f->header - f->n_header;
            part = part < have ? part : have;
            memcpy(f->header + f->n_header, data, part);
            f->n_header += part;
            if (f->n_header == sizeof f->header && !header_done(f, cb, user, e)) {
                return false;
            }
        } else {
            part = f->left < have ? f->left : have;
            f->left -= (uint32_t)part;
            if (f->left == 0) {
                f->n_header = 0;
            }
            cb(user, f->header[0], false, data, part);
        }
        data += part;
    }
    return true;
}

void stamps_begin(struct stamps *s)
{
    s->len = 0;
    s->inside = false;
    s->count = 0;
}

/* The stamp is read up to its blank, or turns out to be none. */
static void end_stamp(struct stamps *s, stamps_cb cb, void *user)
{
    int64_t when;
    size_t blank = s->len > 0 && s->text[s->len - 1] == ' ' ? s->len - 1 : s->len;
    s->inside = true;
    if (blank < s->len) {
        s->text[blank] = '\0';
        if (time_parse(s->text, &when)) {
            s->when = when;
            return;
        }
        s->text[blank] = ' ';
    }
    s->count += s->len;
    cb(user, s->when, s->text, s->len);
}

/* Returns how many bytes of data belong to the stamp. */
static size_t read_stamp(struct stamps *s, const char *data, size_t len, stamps_cb cb, void *user)
{
    for (size_t i = 0; i < len; i++) {
        s->text[s->len++] = data[i];
        if (data[i] == ' ' || data[i] == '\n' || s->len == STAMP_ROOM - 1) {
            end_stamp(s, cb, user);
            if (data[i] == '\n') {
                stamps_begin(s);
            }
            return i + 1;
        }
    }
    return len;
}

/* How many bytes belong to this message; *ends: it ends with them. */
static size_t message_part(const struct stamps *s, const char *data, size_t len, bool *ends)
{
    const char *newline = memchr(data, '\n', len);
    size_t part = newline ? (size_t)(newline - data) + 1 : len, room = LOG_MESSAGE - s->count % LOG_MESSAGE;
    *ends = newline != NULL;
    if (part > room || (part == room && !newline)) {
        part = room;
        *ends = true;
    }
    return part;
}

void stamps_feed(struct stamps *s, bool bare, const char *data, size_t len, stamps_cb cb, void *user)
{
    while (len > 0) {
        size_t part = len;
        bool ends = false;
        if (!s->inside) {
            part = read_stamp(s, data, len, cb, user);
        } else {
            if (bare) {
                part = message_part(s, data, len, &ends);
            }
            s->count += part;
            cb(user, s->when, data, part);
            if (ends) {
                stamps_begin(s);
            }
        }
        data += part;
        len -= part;
    }
}
