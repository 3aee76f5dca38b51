/* Follows the bytes just closely enough to know when libvterm may be inside a control sequence: it may stay
 * longer in one than libvterm does, never shorter. What is left out is the end of a parameter list that
 * nobody needs, strings (ESC ] P X ^ _ up to their end: libvterm has seen their ESC and gets CAN for the
 * rest), and the second byte of C1 control characters (the first then stands for a broken character).
 */
#include "ui/guard.h"

#include <string.h>

enum { GROUND, ESCAPE, SEQUENCE, STRING, STRING_ESCAPE, LEAD_C2 };
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
        g->state = SEQUENCE;
        g->separators = g->digits = g->number = 0;
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
    case LEAD_C2:
        g->state = c == C2 || (c >= 0x80 && c < 0xa0) ? LEAD_C2 : GROUND;
        return c < 0x80 || c >= 0xa0;
    default:
        g->state = c == C2 ? LEAD_C2 : GROUND;
        return true;
    }
}

/* Strings */

static bool begins_string(const struct guard *g, unsigned char c)
{
    return g->state == ESCAPE && c != 0 && strchr("]PX^_", c) != NULL;
}

static void begin_string(struct guard *g, unsigned char c)
{
    g->state = STRING;
    g->command = c == ']';
    g->said = 0;
}

static struct passage end_string(struct guard *g, size_t skip, bool whole)
{
    bool title = whole && g->command && g->said >= 2 && (g->string[0] == '0' || g->string[0] == '2') &&
                 g->string[1] == ';';
    g->state = GROUND;
    return (struct passage){.skip = skip, .order = title ? GUARD_TITLE : GUARD_NOTHING};
}

static struct passage in_string(struct guard *g, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (cancels(c) || (c == BELL && g->command)) {
            return end_string(g, i + 1, c == BELL);
        }
        if (c == ESC) {
            g->state = STRING_ESCAPE;
            return (struct passage){.skip = i + 1};
        }
        if (g->said < sizeof g->string) {
            g->string[g->said++] = (char)c;
        }
    }
    return (struct passage){.skip = len};
}

/* An ESC that does not end the string begins something new. */
static struct passage after_string_escape(struct guard *g, unsigned char c)
{
    if (c == '\\') {
        return end_string(g, 1, true);
    }
    g->state = ESCAPE;
    return (struct passage){.order = GUARD_ESCAPE};
}

struct passage guard_pass(struct guard *g, const char *bytes, size_t len)
{
    len = len < PIECE ? len : PIECE;
    if (len > 0 && g->state == STRING) {
        return in_string(g, bytes, len);
    }
    if (len > 0 && g->state == STRING_ESCAPE) {
        return after_string_escape(g, (unsigned char)bytes[0]);
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (g->state == GROUND && c != ESC && c != C2) {
            continue;
        }
        if (g->state == SEQUENCE && c == 'b') {
            g->state = GROUND;
            return (struct passage){.pass = i, .skip = 1, .repeat = g->number > 0 ? g->number : 1};
        }
        if (begins_string(g, c)) {
            begin_string(g, c);
            return (struct passage){.pass = i, .skip = 1, .order = GUARD_CANCEL};
        }
        if (!follow(g, c)) {
            return (struct passage){.pass = i, .skip = 1};
        }
    }
    return (struct passage){.pass = len};
}

const char *guard_title(const struct guard *g, size_t *len)
{
    *len = g->said - 2;
    return g->string + 2;
}

void guard_reset(struct guard *g)
{
    g->state = g->state == ESCAPE || g->state == SEQUENCE ? GROUND : g->state;
    g->margins = false;
}
