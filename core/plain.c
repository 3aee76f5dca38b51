/* Runs of plain ASCII, nearly all there is, are found eight bytes at a time and passed whole. Everything else
 * goes byte by byte through a small state machine. */
#include "core/plain.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/text.h"

enum { LONGEST_SEQUENCE = 4096 };

struct feed { /* one call of plain_feed */
    struct plain *plain;
    const struct plain_sink *sink;
    void *user;
};

/* How many bytes from s are printable ASCII? */
static size_t plain_run(const char *s, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
    const char *at = s;
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        uint64_t is_del = word ^ ones * 0x7f;
        uint64_t odd = word | (word - ones * 0x20) | (is_del - ones);
        if (odd & highs) {
            break;
        }
    }
    while (at < end && *at >= 0x20 && *at < 0x7f) {
        at++;
    }
    return (size_t)(at - s);
}

static void on_control(const struct feed *f, unsigned char c)
{
    switch (c) {
    case '\n':
    case '\r':
    case '\t':
        f->sink->control(f->user, (char)c);
        break;
    case 0x1b:
        f->plain->state = PLAIN_ESCAPE;
        f->plain->length = 0;
        break;
    default:
        break;
    }
}

static enum plain_state after_escape(unsigned char c)
{
    switch (c) {
    case '[':
        return PLAIN_CONTROL;
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
        return PLAIN_STRING;
    case 0x1b:
        return PLAIN_ESCAPE;
    default:
        return c >= 0x20 && c <= 0x2f ? PLAIN_INTERMEDIATE : PLAIN_TEXT;
    }
}

/* One byte of a sequence. */
static void on_sequence(struct plain *p, unsigned char c)
{
    if (++p->length > LONGEST_SEQUENCE || c == 0x18 || c == 0x1a) {
        p->state = PLAIN_TEXT;
        return;
    }
    switch (p->state) {
    case PLAIN_ESCAPE:
    case PLAIN_INTERMEDIATE:
        p->state = after_escape(c);
        break;
    case PLAIN_CONTROL:
        p->state = c == 0x1b ? PLAIN_ESCAPE : c >= 0x40 && c <= 0x7e ? PLAIN_TEXT : PLAIN_CONTROL;
        break;
    case PLAIN_STRING:
        p->state = c == 0x1b ? PLAIN_STRING_ESCAPE : c == 0x07 ? PLAIN_TEXT : PLAIN_STRING;
        break;
    case PLAIN_STRING_ESCAPE:
        p->state = c == '\\' ? PLAIN_TEXT : after_escape(c);
        break;
    case PLAIN_TEXT:
        break;
    }
}

/* How many bytes the character needs that begins with c; 1 when none does. */
static size_t bytes_wanted(unsigned char c)
{
    return c >= 0xf0 && c <= 0xf4 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 1;
}

/* One whole character, or what was to be one. Returns how many bytes of it were used. */
static size_t on_character(const struct feed *f, const char *s, const char *end)
{
    struct plain *p = f->plain;
    uint32_t code;
    char out[4];
    size_t n = text_decode(s, end, &code);
    if (code == 0x9b || code == 0x9d || code == 0x90 || code == 0x98 || code == 0x9e || code == 0x9f) {
        p->state = code == 0x9b ? PLAIN_CONTROL : PLAIN_STRING; /* their 8-bit forms */
        p->length = 0;
    } else if (code >= 0xa0) {
        f->sink->text(f->user, out, text_encode(text_is_safe(code) ? code : 0xfffd, out));
    }
    return n;
}

/* A character that is cut by the end is held until the next call. Returns how many bytes were used. */
static size_t on_high(const struct feed *f, const char *s, const char *end)
{
    struct plain *p = f->plain;
    size_t wanted = bytes_wanted((unsigned char)*s), here = 1;
    while (here < wanted && s + here < end && ((unsigned char)s[here] & 0xc0) == 0x80) {
        here++;
    }
    if (here < wanted && s + here == end) {
        memcpy(p->held, s, here);
        p->n_held = here;
        return here;
    }
    return on_character(f, s, s + here);
}

/* Goes on with a held character. Returns how many bytes of s were used. */
static size_t on_held(const struct feed *f, const char *s, const char *end)
{
    struct plain *p = f->plain;
    size_t wanted = bytes_wanted((unsigned char)p->held[0]), used = 0, n = p->n_held;
    char whole[4];
    memcpy(whole, p->held, n);
    while (n < wanted && s + used < end && ((unsigned char)s[used] & 0xc0) == 0x80) {
        whole[n++] = s[used++];
    }
    if (n < wanted && s + used == end) {
        memcpy(p->held, whole, n);
        p->n_held = n;
        return used;
    }
    p->n_held = 0;
    for (size_t i = 0; i < n;) {
        i += on_character(f, whole + i, whole + n);
    }
    return used;
}

static void add_sequence_or_byte(const struct feed *f, const char **s, const char *end)
{
    struct plain *p = f->plain;
    unsigned char c = (unsigned char)**s;
    if (p->state != PLAIN_TEXT) {
        /* A sequence never spans lines: what was broken off must not take the next line with it. */
        if (c == '\n') {
            p->state = PLAIN_TEXT;
            on_control(f, c);
        } else {
            on_sequence(p, c);
        }
        ++*s;
    } else if (c < 0x80) {
        on_control(f, c);
        ++*s;
    } else {
        *s += on_high(f, *s, end);
    }
}

void plain_feed(struct plain *p, const struct plain_sink *sink, void *user, const char *data, size_t len)
{
    const struct feed f = {p, sink, user};
    const char *s = data, *end = data + len;
    if (p->n_held && s < end) {
        s += on_held(&f, s, end);
    }
    while (s < end) {
        size_t run = p->state == PLAIN_TEXT ? plain_run(s, end) : 0;
        if (run) {
            sink->text(user, s, run);
            s += run;
        } else {
            add_sequence_or_byte(&f, &s, end);
        }
    }
}
