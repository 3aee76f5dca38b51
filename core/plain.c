/* Runs of plain ASCII, nearly all there is, are found eight bytes at a time and passed whole. Everything else
 * goes byte by byte through a small state machine. */
#include "core/plain.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/text.h"
#include "core/utf8.h"

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

/* A whole character, or U+FFFD for what was to be one. */
static void on_character(const struct feed *f, uint32_t code)
{
    struct plain *p = f->plain;
    char out[UTF8_LONGEST];
    if (code == 0x9b || code == 0x9d || code == 0x90 || code == 0x98 || code == 0x9e || code == 0x9f) {
        p->state = code == 0x9b ? PLAIN_CONTROL : PLAIN_STRING; /* their 8-bit forms */
        p->length = 0;
    } else if (code >= 0xa0) {
        f->sink->text(f->user, out, text_encode(text_is_safe(code) ? code : UTF8_REPLACEMENT, out));
    }
}

/* What begins with a byte of 80 or above, or goes on with what is held. Returns how many bytes it took. */
static size_t on_high(const struct feed *f, const char *s, const char *end)
{
    struct utf8_held *held = &f->plain->held;
    bool whole;
    uint32_t code;
    size_t len = (size_t)(end - s);
    size_t n =
        held->n > 0 ? utf8_resume(held, s, len, &whole, &code) : utf8_begin(held, s, len, &whole, &code);
    if (whole) {
        on_character(f, code);
    }
    return n;
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
    while (p->held.n > 0 && s < end) {
        s += on_high(&f, s, end);
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

void plain_end(struct plain *p, const struct plain_sink *sink, void *user)
{
    if (utf8_end(&p->held)) {
        on_character(&(struct feed){p, sink, user}, UTF8_REPLACEMENT);
    }
}
