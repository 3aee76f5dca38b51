/* Follows the bytes just closely enough to know when libvterm may be inside a control sequence: it may stay
 * longer in one than libvterm does, never shorter. What is left out is the end of a parameter list that
 * nobody needs, what device control strings say, and the second byte of C1 control characters (the first then
 * stands for a broken character).
 */
#include "ui/guard.h"

enum { GROUND, ESCAPE, SEQUENCE, DEVICE_STRING, LEAD_C2 };
enum { MOST_PARAMETERS = 16, MOST_DIGITS = 5, PIECE = 4096 };
enum { BELL = 0x07, CANCEL = 0x18, SUBSTITUTE = 0x1a, ESC = 0x1b, C2 = 0xc2 };

static bool cancels(unsigned char c)
{
    return c == CANCEL || c == SUBSTITUTE;
}

/* False: this byte of a parameter list is too much. */
static bool in_sequence(struct guard *g, unsigned char c)
{
    bool separator = c == ';' || c == ':';
    bool digit = c >= '0' && c <= '9';
    if (cancels(c) || (c >= 0x40 && c <= 0x7e)) {
        g->state = GROUND;
        g->margins = g->margins || c == 'r' || c == 's';
        return true;
    }
    if (separator && g->separators < MOST_PARAMETERS) {
        g->separators++;
        g->digits = 0;
    }
    g->digits += digit ? 1 : 0;
    if (digit && g->separators == 0 && g->digits <= MOST_DIGITS) {
        g->number = g->number * 10 + (c - '0');
    }
    bool too_long = digit && g->digits > MOST_DIGITS;
    bool too_many = (digit || separator) && g->separators >= MOST_PARAMETERS;
    return !too_long && !too_many;
}

static void after_escape(struct guard *g, unsigned char c)
{
    if (c == '[') {
        *g = (struct guard){.state = SEQUENCE, .margins = g->margins};
    } else if (c == 'P') {
        g->state = DEVICE_STRING;
    } else if (cancels(c) || (c >= 0x30 && c <= 0x7e)) {
        g->state = GROUND;
    }
}

/* False: the byte must not reach the parser. */
static bool follow(struct guard *g, unsigned char c)
{
    if (c == ESC) {
        g->state = ESCAPE;
        return true;
    }
    switch (g->state) {
    case ESCAPE:
        after_escape(g, c);
        return true;
    case SEQUENCE:
        return in_sequence(g, c);
    case DEVICE_STRING:
        g->state = cancels(c) || c == BELL ? GROUND : DEVICE_STRING;
        return g->state == GROUND;
    case LEAD_C2:
        g->state = c == C2 || (c >= 0x80 && c < 0xa0) ? LEAD_C2 : GROUND;
        return c < 0x80 || c >= 0xa0;
    default:
        g->state = c == C2 ? LEAD_C2 : GROUND;
        return true;
    }
}

struct passage guard_pass(struct guard *g, const char *bytes, size_t len)
{
    len = len < PIECE ? len : PIECE;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (g->state == GROUND && c != ESC && c != C2) {
            continue;
        }
        if (g->state == SEQUENCE && c == 'b') {
            g->state = GROUND;
            return (struct passage){i, 1, g->number > 0 ? g->number : 1};
        }
        if (!follow(g, c)) {
            return (struct passage){i, 1, 0};
        }
    }
    return (struct passage){len, 0, 0};
}
