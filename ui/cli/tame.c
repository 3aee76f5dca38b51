/* A sequence is kept until its end is known, and then let through or left out as a whole. Strings (ESC and
 * one of ] P X ^ _) end with ESC \\, the command strings also with BEL. Lines are made of whole, well-formed
 * characters; a byte that is none, which a terminal of 8 bits may take for a control, becomes U+FFFD. Where a
 * screen is drawn bytes pass as they came, and a C1 control character (C2 80 to C2 9F) is what its form of
 * two bytes is: ESC, and the byte less 0x40. What asks and what draws is read from ECMA-48, DEC STD 070 and
 * xterm's ctlseqs. */
#include "ui/cli/tame.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/utf8.h"

enum { GROUND, ESCAPE, SEQUENCE, STRING, STRING_ESCAPE, LEAD_C2 };
enum { ENQUIRY = 0x05, CANCEL = 0x18, SUBSTITUTE = 0x1a, ESC = 0x1b, BELL = 0x07, C2 = 0xc2 };
enum { COLOUR_MOST = 64, KEPT_MOST = 4096 };

struct tame {
    enum tame_kind kind;
    int state;
    struct text kept;      /* of a sequence or a string, from its ESC on */
    bool left_out;         /* the one that has begun */
    bool released;         /* everything passes once it has ended */
    int continuations;     /* of a screen: bytes of the character that are still to come */
    struct utf8_held held; /* of lines: the beginning of a character */
    bool focus, in_band;   /* modes that are on, and wait */
};

struct tame *tame_new(enum tame_kind kind)
{
    struct tame *t = mem_new(1, sizeof *t);
    t->kind = kind;
    return t;
}

void tame_free(struct tame *t)
{
    if (t != NULL) {
        text_done(&t->kept);
        free(t);
    }
}

static void begin(struct tame *t, int state, const char *introducer)
{
    t->state = state;
    t->left_out = false;
    text_clear(&t->kept);
    text_add(&t->kept, introducer);
}

static void keep(struct tame *t, unsigned char c)
{
    size_t most = t->kind == TAME_LINES ? COLOUR_MOST : KEPT_MOST;
    if (t->kept.len < most) {
        text_add_char(&t->kept, (char)c);
    } else {
        t->left_out = true;
    }
}

/* What was kept is whole. */
static void pass(struct tame *t, struct text *out)
{
    text_add_n(out, text_of(&t->kept), t->kept.len);
}

/* Sequences */

/* Modes of which the terminal sends a report at once when they are switched on. */
static bool *waiting_mode(struct tame *t, const char *number)
{
    long mode = strtol(number, NULL, 10);
    return mode == 1004 ? &t->focus : mode == 2048 ? &t->in_band : NULL;
}

static void pass_modes(struct tame *t, char final, struct text *out)
{
    const char *at = text_of(&t->kept) + sizeof "\033[?" - 1;
    const char *before = "\033[?";
    while (*at != '\0' && *at != final) {
        size_t len = strcspn(at, ";hl");
        bool *waits = waiting_mode(t, at);
        if (waits != NULL) {
            *waits = final == 'h';
        } else {
            text_add(out, before);
            text_add_n(out, at, len);
            before = ";";
        }
        at += len + (at[len] == ';');
    }
    if (*before == ';') {
        text_add_char(out, final);
    }
}

/* Is it known to draw, or to set what is drawn, and never to be answered? */
static bool draws(const char *parameters, size_t len, char final)
{
    static const struct {
        char prefix, intermediate;
        const char *finals;
    } table[] = {
        {0, 0, "@ABCDEFGHIJKLMPSTXZ`abdefghlmrsu"},
        {'?', 0, "hlJKrs"},
        {'>', 0, "mnu"}, /* how keys are told */
        {'<', 0, "u"},
        {'=', 0, "u"},
        {0, ' ', "q@A"},
        {0, '!', "p"},
        {0, '"', "q"},
        {0, '$', "rtvxz{"},
        {0, '\'', "}~"},
        {0, '*', "x"},
    };
    char prefix = len > 0 && parameters[0] >= '<' && parameters[0] <= '?' ? parameters[0] : 0;
    char last = len > 0 ? parameters[len - 1] : 0;
    char intermediate = last >= 0x20 && last <= 0x2f ? last : 0;
    if (intermediate && len > 1 && parameters[len - 2] >= 0x20 && parameters[len - 2] <= 0x2f) {
        return false;
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].prefix == prefix && table[i].intermediate == intermediate) {
            return strchr(table[i].finals, final) != NULL;
        }
    }
    return false;
}

static bool is_colour(const char *parameters, size_t len, char final)
{
    return final == 'm' && strspn(parameters, "0123456789;:") >= len;
}

static void end_sequence(struct tame *t, char final, struct text *out)
{
    const char *parameters = text_of(&t->kept) + 2;
    size_t len = t->kept.len - 2;
    bool may = t->kind == TAME_LINES ? is_colour(parameters, len, final) : draws(parameters, len, final);
    bool modes = t->kind == TAME_SCREEN && parameters[0] == '?' && (final == 'h' || final == 'l');
    t->state = GROUND;
    text_add_char(&t->kept, final);
    if (t->left_out || !may) {
        return;
    }
    if (modes) {
        pass_modes(t, final, out);
    } else {
        pass(t, out);
    }
}

static void in_sequence(struct tame *t, unsigned char c, struct text *out)
{
    if (c >= 0x40 && c <= 0x7e) {
        end_sequence(t, (char)c, out);
    } else if (c == ESC) {
        begin(t, ESCAPE, "\033");
    } else if (c < 0x20 || c > 0x7e) { /* a control character that the terminal would obey meanwhile */
        t->left_out = true;
    } else {
        keep(t, c);
    }
}

/* Escapes */

static void begin_string(struct tame *t, unsigned char c)
{
    const char introducer[] = {ESC, (char)c, '\0'};
    begin(t, STRING, introducer);
    t->left_out = t->kind == TAME_LINES || c != ']';
}

static void end_escape(struct tame *t, unsigned char c, struct text *out)
{
    static const char plain[] = "6789=>DEHMNOVWclmno|}~";
    bool shifted = t->kept.len > 1; /* with intermediates: character sets, alignment, the form of controls */
    t->state = GROUND;
    if (t->kind == TAME_SCREEN && (shifted || strchr(plain, c) != NULL)) {
        keep(t, c);
        pass(t, out);
    }
}

static void after_escape(struct tame *t, unsigned char c, struct text *out)
{
    bool first = t->kept.len == 1;
    if (first && c == '[') {
        begin(t, SEQUENCE, "\033[");
    } else if (first && c != 0 && strchr("]PX^_", c) != NULL) {
        begin_string(t, c);
    } else if (c >= 0x20 && c < 0x30) { /* more of it comes */
        keep(t, c);
    } else if (c == ESC) {
        begin(t, ESCAPE, "\033");
    } else if (c >= 0x30 && c < 0x7f) {
        end_escape(t, c, out);
    } else {
        t->state = GROUND;
    }
}

/* Strings */

/* Titles and links say what they like; colours are set, not asked for. */
static bool may_command(const char *words)
{
    char *end;
    long number = strtol(words, &end, 10);
    if (end == words || (*end != ';' && *end != '\0')) {
        return false;
    }
    if (number == 0 || number == 1 || number == 2 || number == 8) {
        return true;
    }
    bool colour = number == 4 || number == 5 || (number >= 10 && number <= 19);
    bool reset = number == 104 || number == 105 || (number >= 110 && number <= 119);
    return (colour || reset) && strchr(end, '?') == NULL;
}

static void end_string(struct tame *t, struct text *out)
{
    t->state = GROUND;
    if (!t->left_out && may_command(text_of(&t->kept) + 2)) {
        pass(t, out);
        text_add(out, "\033\\");
    }
}

static void in_string(struct tame *t, unsigned char c, struct text *out)
{
    bool command = t->kept.data[1] == ']';
    if (c == BELL && command) {
        end_string(t, out);
    } else if (c == ESC) {
        t->state = STRING_ESCAPE;
    } else if (c < 0x20) {
        t->left_out = true;
    } else {
        keep(t, c);
    }
}

static void after_string_escape(struct tame *t, unsigned char c, struct text *out)
{
    if (c == '\\') {
        end_string(t, out);
    } else { /* given up: something new begins */
        begin(t, ESCAPE, "\033");
        after_escape(t, c, out);
    }
}

/* Text */

static bool is_text(const struct tame *t, unsigned char c)
{
    bool line = c == '\n' || c == '\r' || c == '\t' || c == '\b' || (c >= 0x20 && c < 0x7f);
    bool lone = c >= 0x80 && c < 0xa0 && t->continuations == 0; /* C1 of terminals with 8 bits */
    return t->kind == TAME_LINES ? line : c != ENQUIRY && !lone;
}

static void on_ground(struct tame *t, unsigned char c, struct text *out)
{
    if (c == ESC) {
        begin(t, ESCAPE, "\033");
    } else if (c == C2) {
        t->state = LEAD_C2;
    } else if (is_text(t, c)) {
        text_add_char(out, (char)c);
    }
    bool goes_on = c >= 0x80 && c < 0xc0 && t->continuations > 0;
    t->continuations = goes_on ? t->continuations - 1 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc3 ? 1 : 0;
}

static void after_lead(struct tame *t, unsigned char c, struct text *out)
{
    const char both[] = {(char)C2, (char)c, '\0'};
    t->state = GROUND;
    if (c < 0x80 || c >= 0xc0) {
        on_ground(t, c, out);
    } else if (c >= 0xa0) {
        text_add(out, both);
    } else {
        begin(t, ESCAPE, "\033");
        after_escape(t, (unsigned char)(c - 0x40), out);
    }
}

static void one(struct tame *t, unsigned char c, struct text *out)
{
    if ((c == CANCEL || c == SUBSTITUTE) && t->state != LEAD_C2) {
        t->state = GROUND;
        return;
    }
    switch (t->state) {
    case ESCAPE:
        after_escape(t, c, out);
        break;
    case SEQUENCE:
        in_sequence(t, c, out);
        break;
    case STRING:
        in_string(t, c, out);
        break;
    case STRING_ESCAPE:
        after_string_escape(t, c, out);
        break;
    case LEAD_C2:
        after_lead(t, c, out);
        break;
    default:
        on_ground(t, c, out);
    }
}

/* C1 control characters are left out. */
static void add_character(uint32_t code, struct text *out)
{
    char bytes[UTF8_LONGEST];
    if (code >= 0xa0) {
        text_add_n(out, bytes, text_encode(code, bytes));
    }
}

/* Lines: what begins with a byte of 80 or above, or goes on with what is held. It ends a sequence. Returns
 * how many bytes it took. */
static size_t character(struct tame *t, const char *bytes, size_t len, struct text *out)
{
    bool whole;
    uint32_t code;
    size_t n = t->held.n > 0 ? utf8_resume(&t->held, bytes, len, &whole, &code)
                             : utf8_begin(&t->held, bytes, len, &whole, &code);
    t->state = GROUND;
    if (whole) {
        add_character(code, out);
    }
    return n;
}

static bool in_character(const struct tame *t, unsigned char c)
{
    return t->kind == TAME_LINES && (t->held.n > 0 || (c >= 0x80 && t->state != STRING));
}

void tame_feed(struct tame *t, const char *bytes, size_t len, struct text *out)
{
    size_t i = 0;
    while (i < len && !(t->released && t->state == GROUND)) {
        if (in_character(t, (unsigned char)bytes[i])) {
            i += character(t, bytes + i, len - i, out);
        } else {
            one(t, (unsigned char)bytes[i++], out);
        }
    }
    text_add_n(out, bytes + i, len - i);
}

void tame_release(struct tame *t, struct text *out)
{
    bool inside =
        t->state == ESCAPE || t->state == SEQUENCE || t->state == STRING || t->state == STRING_ESCAPE;
    text_add(out, t->focus ? "\033[?1004h" : "");
    text_add(out, t->in_band ? "\033[?2048h" : "");
    if (inside && !t->left_out) {
        pass(t, out);
        text_add(out, t->state == STRING_ESCAPE ? "\033" : "");
        t->state = GROUND;
    } else if (t->state == LEAD_C2) {
        text_add_char(out, (char)C2);
        t->state = GROUND;
    }
    t->released = true;
}

void tame_end(struct tame *t, struct text *out)
{
    if (utf8_end(&t->held)) {
        add_character(UTF8_REPLACEMENT, out);
    }
}
