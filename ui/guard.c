/* Follows the bytes exactly as far as to know when libvterm is inside a control sequence. What is left out is
 * the end of a parameter list that nobody needs, sequences that are malformed, strings (ESC ] P X ^ _ up to
 * their end: libvterm has seen their ESC and gets CAN for the rest), and whatever is no well-formed
 * character.
 */
#include "ui/guard.h"

#include <string.h>

#include "core/text.h"

enum { GROUND, ESCAPE, SEQUENCE, MALFORMED, STRING, STRING_ESCAPE };
enum { BELL = 0x07, CANCEL = 0x18, SUBSTITUTE = 0x1a, ESC = 0x1b };

/* libvterm has room for 16 parameters, and looks for those of a colour (38, 48) in the two places behind it,
 * even when it came last. */
enum { MOST_PARAMETERS = 14, MOST_DIGITS = 5, PIECE = 4096 };

static bool cancels(unsigned char c)
{
    return c == CANCEL || c == SUBSTITUTE;
}

static bool is_intermediate(unsigned char c)
{
    return c >= 0x20 && c <= 0x2f;
}

static bool is_parameter(unsigned char c)
{
    return c >= '0' && c <= ';';
}

/* Control characters act within a sequence as anywhere; DEL is nothing. */
static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

/* Sequences */

static struct passage passes(size_t at)
{
    return (struct passage){.pass = at + 1};
}

static struct passage instead(size_t at, enum guard_order order)
{
    return (struct passage){.pass = at, .skip = 1, .order = order};
}

static struct passage end_sequence(struct guard *g, size_t at, unsigned char final)
{
    bool plain = g->leader == 0 && g->intermediate == 0;
    bool bare = plain && g->separators == 0 && g->digits == 0;
    g->state = GROUND;
    if (plain && final == 'b') {
        struct passage p = instead(at, GUARD_REPEAT);
        p.number = g->number > 0 ? g->number : 1;
        return p;
    }
    if (plain && final == 's' && !g->columns) { /* libvterm takes it for margins all the same */
        return instead(at, bare ? GUARD_SAVE : GUARD_CANCEL);
    }
    if (bare && final == 'u') {
        return instead(at, GUARD_RESTORE);
    }
    if (g->leader == '?' && g->intermediate == 0 && g->number == 69 && (final == 'h' || final == 'l')) {
        g->columns = final == 'h';
    }
    g->margins = g->margins || final == 'r' || final == 's';
    if (plain && final == 's') {
        struct passage p = instead(at, GUARD_MARGINS);
        p.number = g->number;
        return p;
    }
    return passes(at);
}

/* False: this byte of a parameter list is too much. */
static bool count_parameter(struct guard *g, unsigned char c)
{
    bool separator = c == ';' || c == ':';
    if (separator && g->separators < MOST_PARAMETERS) {
        g->separators++;
        g->digits = 0;
    }
    if (!separator && g->digits <= MOST_DIGITS) {
        g->digits++;
    }
    if (!separator && g->separators == 0 && g->digits <= MOST_DIGITS) {
        g->number = g->number * 10 + (c - '0');
    }
    return g->digits <= MOST_DIGITS && g->separators < MOST_PARAMETERS;
}

/* What is no parameter. */
static struct passage in_sequence(struct guard *g, size_t at, unsigned char c)
{
    bool begun = g->leader != 0 || g->separators > 0 || g->digits > 0;
    if (c >= 0x40 && c <= 0x7e) {
        return end_sequence(g, at, c);
    }
    if (is_intermediate(c)) {
        g->intermediate = c;
        return passes(at);
    }
    if (g->intermediate == 0 && !begun) {
        g->leader = c;
        return passes(at);
    }
    g->state = MALFORMED;
    return instead(at, GUARD_CANCEL);
}

static void begin_sequence(struct guard *g, int state)
{
    g->state = state;
    g->separators = g->digits = g->number = 0;
    g->leader = g->intermediate = 0;
}

/* ESC ( ) * + designate the sets G0 to G3. */
static void designate(struct guard *g, unsigned char set)
{
    unsigned char bit = (unsigned char)(1u << (g->intermediate - '('));
    g->charsets = (unsigned char)(set == 'B' ? g->charsets & ~bit : g->charsets | bit);
}

static void begin_string(struct guard *g, unsigned char c)
{
    g->state = STRING;
    g->command = c == ']';
    g->said = 0;
}

/* The end of ESC with intermediate bytes, in which libvterm sees beginnings of sequences and strings. ESC SP
 * G would make its answers begin with control characters of 8 bits, which are no UTF-8. */
static struct passage after_intermediate(struct guard *g, size_t at, unsigned char c)
{
    g->state = GROUND;
    if (g->intermediate >= '(' && g->intermediate <= '+') {
        designate(g, c);
    }
    bool unwanted = strchr("[]P", c) != NULL || (g->intermediate == ' ' && c == 'G');
    return unwanted ? instead(at, GUARD_CANCEL) : passes(at);
}

static struct passage after_escape(struct guard *g, size_t at, unsigned char c)
{
    if (is_intermediate(c)) {
        g->intermediate = c;
        return passes(at);
    }
    if (g->intermediate != 0) {
        return after_intermediate(g, at, c);
    }
    if (strchr("]PX^_", c) != NULL) {
        begin_string(g, c);
        return instead(at, GUARD_CANCEL);
    }
    if (c == '[') {
        begin_sequence(g, SEQUENCE);
        return passes(at);
    }
    g->state = GROUND;
    if (c == 'c') {
        g->charsets = 0;
        g->margins = g->columns = false;
        return instead(at, GUARD_RESET);
    }
    return c == '8' ? instead(at, GUARD_RESTORE) : passes(at);
}

/* One byte below 80, which is not part of a string. */
static struct passage follow(struct guard *g, size_t at, unsigned char c)
{
    if (c == ESC) {
        begin_sequence(g, ESCAPE);
    } else if (cancels(c)) {
        g->state = GROUND;
    } else if (g->state == MALFORMED && !is_control(c)) {
        g->state = c >= 0x40 ? GROUND : MALFORMED;
        return instead(at, GUARD_NOTHING);
    } else if (g->state == SEQUENCE && !is_control(c)) {
        return in_sequence(g, at, c);
    } else if (g->state == ESCAPE && !is_control(c)) {
        return after_escape(g, at, c);
    }
    return passes(at);
}

/* Characters */

/* Combining characters, and those that libvterm's older tables take for such. */
static bool joins(uint32_t code)
{
    return code >= 0x300 &&
           (text_is_combining(code) || code == 0x6de || code == 0x1734 || code == 0x302e || code == 0x302f);
}

static bool is_c1(uint32_t code)
{
    return code >= 0x80 && code < 0xa0;
}

static struct passage character(size_t at, size_t skip, uint32_t code)
{
    if (is_c1(code)) {
        return (struct passage){.pass = at, .skip = skip};
    }
    return (struct passage){
        .pass = at, .skip = skip, .order = GUARD_CHARACTER, .character = code, .joins = joins(code)};
}

static struct passage go_on_with_held(struct guard *g, const char *bytes, size_t len)
{
    bool whole;
    uint32_t code;
    size_t used = utf8_resume(&g->held, bytes, len, &whole, &code);
    return whole ? character(0, used, code) : (struct passage){.skip = used};
}

/* The bytes from `at` on begin with one of 80 or above, outside of strings. A passage of `at` bytes and not
 * more ends there; a longer one goes on. */
static struct passage high(struct guard *g, const char *bytes, size_t at, size_t len)
{
    bool whole;
    uint32_t code;
    if (g->state != GROUND) { /* no such byte is part of a sequence */
        g->state = GROUND;
        return (struct passage){.pass = at, .order = GUARD_CANCEL};
    }
    size_t n = utf8_begin(&g->held, bytes + at, len - at, &whole, &code);
    if (!whole) {
        return (struct passage){.pass = at, .skip = n};
    }
    if (code == UTF8_REPLACEMENT || is_c1(code) || joins(code)) {
        return character(at, n, code);
    }
    return (struct passage){.pass = at + n};
}

/* Strings */

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
    begin_sequence(g, ESCAPE);
    return (struct passage){.order = GUARD_ESCAPE};
}

/* libvterm takes all that follows a character above ASCII for UTF-8, also what another set stands for. */
static bool must_part(const struct guard *g, unsigned char next)
{
    return g->charsets != 0 && next < 0x80;
}

struct passage guard_pass(struct guard *g, const char *bytes, size_t len)
{
    len = len < PIECE ? len : PIECE;
    if (len > 0 && g->held.n > 0) {
        return go_on_with_held(g, bytes, len);
    }
    if (len > 0 && g->state == STRING) {
        return in_string(g, bytes, len);
    }
    if (len > 0 && g->state == STRING_ESCAPE) {
        return after_string_escape(g, (unsigned char)bytes[0]);
    }
    size_t at = 0;
    while (at < len) {
        unsigned char c = (unsigned char)bytes[at];
        if (g->state == GROUND && c < 0x80 && c != ESC) {
            at++;
            continue;
        }
        if (g->state == SEQUENCE && g->intermediate == 0 && is_parameter(c)) { /* most of the others */
            if (!count_parameter(g, c)) {
                return instead(at, GUARD_NOTHING);
            }
            at++;
            continue;
        }
        struct passage p = c < 0x80 ? follow(g, at, c) : high(g, bytes, at, len);
        if (p.pass == at) {
            return p;
        }
        at = p.pass;
        if (c >= 0x80 && at < len && must_part(g, (unsigned char)bytes[at])) {
            return p;
        }
    }
    return (struct passage){.pass = at};
}

bool guard_end(struct guard *g)
{
    return utf8_end(&g->held);
}

const char *guard_title(const struct guard *g, size_t *len)
{
    bool cut = g->said == sizeof g->string;
    *len = g->said - 2 - (cut ? utf8_unfinished(g->string, g->said) : 0);
    return g->string + 2;
}

void guard_reset_margins(struct guard *g)
{
    g->state = g->state == ESCAPE || g->state == SEQUENCE ? GROUND : g->state;
    g->margins = g->columns = false;
}
