/* A sequence is kept until its end is known: only ESC [ digits ; : m is let through. Strings (ESC ] P X ^ _)
 * end with ESC \\, the command strings also with BEL. Characters of UTF-8 end a sequence, and C1 control
 * characters are left out. */
#include "ui/cli/tame.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/utf8.h"

enum { GROUND, ESCAPE, SEQUENCE, STRING, STRING_ESCAPE };
enum { CANCEL = 0x18, SUBSTITUTE = 0x1a, ESC = 0x1b, BELL = 0x07, KEPT = 64 };

struct tame {
    int state;
    char kept[KEPT]; /* of a sequence */
    size_t n;
    struct utf8_held held;
};

struct tame *tame_new(void)
{
    return mem_new(1, sizeof(struct tame));
}

void tame_free(struct tame *t)
{
    free(t);
}

static bool may_pass(unsigned char c)
{
    return c == '\n' || c == '\r' || c == '\t' || c == '\b' || (c >= 0x20 && c < 0x7f);
}

static void on_ground(struct tame *t, unsigned char c, struct text *out)
{
    if (c == ESC) {
        t->state = ESCAPE;
    } else if (may_pass(c)) {
        text_add_char(out, (char)c);
    }
}

static void after_escape(struct tame *t, unsigned char c)
{
    t->n = 0;
    if (c == '[') {
        t->state = SEQUENCE;
    } else if (c != 0 && strchr("]PX^_", c) != NULL) {
        t->state = STRING;
    } else if (c != ESC && (c < 0x20 || c >= 0x30)) { /* 0x20 to 0x2f: more of it comes */
        t->state = GROUND;
    }
}

static void in_sequence(struct tame *t, unsigned char c, struct text *out)
{
    bool colour = (c >= '0' && c <= '9') || c == ';' || c == ':';
    if (c >= 0x40 && c <= 0x7e) {
        if (c == 'm' && t->n < KEPT) {
            text_add(out, "\033[");
            text_add_n(out, t->kept, t->n);
            text_add_char(out, 'm');
        }
        t->state = GROUND;
    } else if (c == ESC) {
        t->state = ESCAPE;
    } else if (colour && t->n < KEPT) {
        t->kept[t->n++] = (char)c;
    } else {
        t->n = KEPT; /* not a colour, or too long for one */
    }
}

static void one(struct tame *t, unsigned char c, struct text *out)
{
    if (c == CANCEL || c == SUBSTITUTE) {
        t->state = GROUND;
        return;
    }
    switch (t->state) {
    case ESCAPE:
        after_escape(t, c);
        break;
    case SEQUENCE:
        in_sequence(t, c, out);
        break;
    case STRING:
        t->state = c == BELL ? GROUND : c == ESC ? STRING_ESCAPE : STRING;
        break;
    case STRING_ESCAPE:
        if (c == '\\') {
            t->state = GROUND;
        } else {
            after_escape(t, c);
        }
        break;
    default:
        on_ground(t, c, out);
    }
}

static void add(uint32_t code, struct text *out)
{
    char bytes[UTF8_LONGEST];
    if (code >= 0xa0) {
        text_add_n(out, bytes, text_encode(code, bytes));
    }
}

/* What begins with a byte of 80 or above, or goes on with what is held. Returns how many bytes it took. */
static size_t character(struct tame *t, const char *bytes, size_t len, struct text *out)
{
    bool whole;
    uint32_t code;
    size_t n = t->held.n > 0 ? utf8_resume(&t->held, bytes, len, &whole, &code)
                             : utf8_begin(&t->held, bytes, len, &whole, &code);
    t->state = GROUND;
    if (whole) {
        add(code, out);
    }
    return n;
}

void tame_feed(struct tame *t, const char *bytes, size_t len, struct text *out)
{
    for (size_t i = 0; i < len;) {
        if (t->held.n > 0 || ((unsigned char)bytes[i] >= 0x80 && t->state != STRING)) {
            i += character(t, bytes + i, len - i, out);
        } else {
            one(t, (unsigned char)bytes[i++], out);
        }
    }
}

void tame_end(struct tame *t, struct text *out)
{
    if (utf8_end(&t->held)) {
        add(UTF8_REPLACEMENT, out);
    }
}
