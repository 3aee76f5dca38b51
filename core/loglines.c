/* core/loglines.c - two rings: one of bytes, one of lines that point into it.
 *
 * The last line may be open: it lies at the end of what is written and grows there. A line is always in one
 * piece: one that reaches the end of the byte ring moves to its beginning. Whatever old line lies where new
 * bytes must go is forgotten first. So nothing is allocated after loglines_new, and a byte is copied once.
 *
 * Runs of plain ASCII, nearly all there is, are found eight bytes at a time and copied whole. Everything else
 * goes byte by byte through a small state machine, one for each stream, because sequences may be split across
 * calls. */
#include "core/loglines.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

enum { STREAMS = 2, TAB = 8 };

enum state {
    PLAIN,
    ESCAPE,       /* after ESC */
    INTERMEDIATE, /* ESC and bytes 0x20-0x2f: one more byte ends it */
    CONTROL,      /* CSI: until a byte 0x40-0x7e */
    STRING,       /* OSC, DCS, SOS, PM, APC: until ST, or BEL */
    STRING_ESCAPE /* an ESC in it: perhaps the beginning of ST */
};

struct parser {
    enum state state;
    char held[4]; /* the beginning of a character, cut by the end of a call */
    size_t n_held;
    size_t length; /* of the sequence so far: one that never ends must not swallow the log */
};

struct line {
    size_t at, len;
    int64_t when;
    int stream;
};

struct loglines {
    char *bytes;
    size_t n_bytes;
    struct line *lines; /* line number n is at n % n_lines */
    size_t n_lines;
    uint64_t first, end;
    size_t write; /* where the next line begins */
    size_t longest;
    bool open, restart;        /* restart: a carriage return came; what follows begins the line anew */
    size_t tab_at, tab_column; /* in the open line: this byte is in this column */
    struct parser parsers[STREAMS];
    int64_t when; /* of the bytes being added */
    int stream;
};

enum { LONGEST_SEQUENCE = 4096 };

struct loglines *loglines_new(size_t lines, size_t bytes)
{
    struct loglines *l = mem_new(1, sizeof *l);
    l->n_lines = lines ? lines : 1;
    l->n_bytes = bytes < 64 ? 64 : bytes;
    l->longest = l->n_bytes - 1 < LOGLINES_LONGEST ? l->n_bytes - 1 : LOGLINES_LONGEST;
    l->lines = mem_new(l->n_lines, sizeof *l->lines);
    l->bytes = mem_new(l->n_bytes, 1);
    return l;
}

void loglines_free(struct loglines *l)
{
    if (l) {
        free(l->bytes);
        free(l->lines);
        free(l);
    }
}

void loglines_clear(struct loglines *l)
{
    l->first = l->end;
    l->write = 0;
    l->open = l->restart = false;
    memset(l->parsers, 0, sizeof l->parsers);
}

static struct line *line_of(const struct loglines *l, uint64_t number)
{
    return &l->lines[number % l->n_lines];
}

static struct line *open_line(const struct loglines *l)
{
    return line_of(l, l->end - 1);
}

/* Forgets the old lines that begin in [from, to). They lie in the order of their numbers, the oldest next
 * ahead. */
static void forget(struct loglines *l, size_t from, size_t to)
{
    uint64_t end = l->end - l->open;
    while (l->first < end && line_of(l, l->first)->at >= from && line_of(l, l->first)->at < to) {
        l->first++;
    }
}

static void begin_line(struct loglines *l)
{
    if (l->end - l->first == l->n_lines) {
        l->first++;
    }
    if (l->write == l->n_bytes) {
        l->write = 0;
    }
    forget(l, l->write, l->write + 1);
    *line_of(l, l->end) = (struct line){.at = l->write, .when = l->when, .stream = l->stream};
    l->bytes[l->write] = '\0';
    l->end++;
    l->open = true;
    l->tab_at = l->tab_column = 0;
}

static void end_line(struct loglines *l)
{
    struct line *line = open_line(l);
    l->write = line->at + line->len + 1;
    l->open = l->restart = false;
}

/* Makes room for n more bytes and the NUL after the open line, which has space for them (len + n <= longest).
 */
static void make_room(struct loglines *l, struct line *line, size_t n)
{
    size_t end = line->at + line->len + 1;
    if (l->n_bytes - line->at < line->len + n + 1) {
        forget(l, line->at, l->n_bytes);
        forget(l, 0, line->len + n + 1);
        memmove(l->bytes, l->bytes + line->at, line->len);
        line->at = 0;
    } else {
        forget(l, end, end + n);
    }
}

/* Readies the open line for bytes of the current stream. */
static struct line *writable(struct loglines *l)
{
    if (l->open && open_line(l)->stream != l->stream) {
        end_line(l);
    }
    if (!l->open) {
        begin_line(l);
    }
    struct line *line = open_line(l);
    if (l->restart) {
        line->len = 0;
        l->tab_at = l->tab_column = 0;
        l->restart = false;
    }
    return line;
}

static void append(struct loglines *l, const char *s, size_t n)
{
    while (n > 0) {
        struct line *line = writable(l);
        size_t some = l->longest - line->len;
        if (some > n) {
            some = n;
        } else if (some < n && (unsigned char)*s >= 0x80) {
            some = 0; /* one character comes alone, and is not cut */
        }
        if (some == 0) {
            end_line(l);
            continue;
        }
        make_room(l, line, some);
        memcpy(l->bytes + line->at + line->len, s, some);
        line->len += some;
        l->bytes[line->at + line->len] = '\0';
        s += some;
        n -= some;
    }
}

static void append_tab(struct loglines *l)
{
    static const char blanks[TAB] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};
    const struct line *line = writable(l);
    const char *text = l->bytes + line->at;
    for (; l->tab_at < line->len; l->tab_at++) {
        l->tab_column += ((unsigned char)text[l->tab_at] & 0xc0) != 0x80;
    }
    for (size_t n = TAB - l->tab_column % TAB; n > 0; n--) {
        append(l, blanks, 1);
    }
}

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

static void on_control(struct loglines *l, struct parser *p, unsigned char c)
{
    switch (c) {
    case '\n':
        if (l->open && open_line(l)->stream != l->stream) {
            end_line(l);
        }
        if (!l->open) {
            begin_line(l);
        }
        end_line(l);
        break;
    case '\r':
        l->restart = l->restart || (l->open && open_line(l)->stream == l->stream);
        break;
    case '\t':
        append_tab(l);
        break;
    case 0x1b:
        p->state = ESCAPE;
        p->length = 0;
        break;
    default:
        break;
    }
}

static enum state after_escape(unsigned char c)
{
    switch (c) {
    case '[':
        return CONTROL;
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
        return STRING;
    case 0x1b:
        return ESCAPE;
    default:
        return c >= 0x20 && c <= 0x2f ? INTERMEDIATE : PLAIN;
    }
}

/* One byte of a sequence. */
static void on_sequence(struct parser *p, unsigned char c)
{
    if (++p->length > LONGEST_SEQUENCE || c == 0x18 || c == 0x1a) {
        p->state = PLAIN;
        return;
    }
    switch (p->state) {
    case ESCAPE:
    case INTERMEDIATE:
        p->state = after_escape(c);
        break;
    case CONTROL:
        p->state = c == 0x1b ? ESCAPE : c >= 0x40 && c <= 0x7e ? PLAIN : CONTROL;
        break;
    case STRING:
        p->state = c == 0x1b ? STRING_ESCAPE : c == 0x07 ? PLAIN : STRING;
        break;
    case STRING_ESCAPE:
        p->state = c == '\\' ? PLAIN : after_escape(c);
        break;
    case PLAIN:
        break;
    }
}

/* How many bytes the character needs that begins with c; 1 when none does. */
static size_t bytes_wanted(unsigned char c)
{
    return c >= 0xf0 && c <= 0xf4 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 1;
}

/* One whole character, or what was to be one. Returns how many bytes of it were used. */
static size_t on_character(struct loglines *l, struct parser *p, const char *s, const char *end)
{
    uint32_t code;
    char out[4];
    size_t n = text_decode(s, end, &code);
    if (code == 0x9b || code == 0x9d || code == 0x90 || code == 0x98 || code == 0x9e || code == 0x9f) {
        p->state = code == 0x9b ? CONTROL : STRING; /* their 8-bit forms */
        p->length = 0;
    } else if (code >= 0xa0) {
        append(l, out, text_encode(text_is_safe(code) ? code : 0xfffd, out));
    }
    return n;
}

/* A character that is cut by the end is held until the next call. Returns how many bytes were used. */
static size_t on_high(struct loglines *l, struct parser *p, const char *s, const char *end)
{
    size_t wanted = bytes_wanted((unsigned char)*s), here = 1;
    while (here < wanted && s + here < end && ((unsigned char)s[here] & 0xc0) == 0x80) {
        here++;
    }
    if (here < wanted && s + here == end) {
        memcpy(p->held, s, here);
        p->n_held = here;
        return here;
    }
    return on_character(l, p, s, s + here);
}

/* Goes on with a held character. Returns how many bytes of s were used. */
static size_t on_held(struct loglines *l, struct parser *p, const char *s, const char *end)
{
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
        i += on_character(l, p, whole + i, whole + n);
    }
    return used;
}

static void add_sequence_or_byte(struct loglines *l, struct parser *p, const char **s, const char *end)
{
    unsigned char c = (unsigned char)**s;
    if (p->state != PLAIN) {
        /* A sequence never spans lines: what was broken off must not take the next line with it. */
        if (c == '\n') {
            p->state = PLAIN;
            on_control(l, p, c);
        } else {
            on_sequence(p, c);
        }
        ++*s;
    } else if (c < 0x80) {
        on_control(l, p, c);
        ++*s;
    } else {
        *s += on_high(l, p, *s, end);
    }
}

void loglines_add(struct loglines *l, int stream, int64_t when, const char *data, size_t len)
{
    struct parser *p = &l->parsers[stream == 0 ? 0 : 1];
    const char *s = data, *end = data + len;
    l->stream = stream;
    l->when = when;
    if (p->n_held && s < end) {
        s += on_held(l, p, s, end);
    }
    while (s < end) {
        size_t run = p->state == PLAIN ? plain_run(s, end) : 0;
        if (run) {
            append(l, s, run);
            s += run;
        } else {
            add_sequence_or_byte(l, p, &s, end);
        }
    }
}

void loglines_close(struct loglines *l)
{
    int last = l->stream == 0 ? 0 : 1; /* its line is the open one */
    for (int i = 0; i < STREAMS; i++) {
        l->stream = (last + i) % STREAMS;
        struct parser *p = &l->parsers[l->stream];
        for (size_t at = 0; at < p->n_held;) {
            at += on_character(l, p, p->held + at, p->held + p->n_held);
        }
        p->n_held = 0;
    }
}

uint64_t loglines_first(const struct loglines *l)
{
    return l->first;
}

uint64_t loglines_end(const struct loglines *l)
{
    return l->end;
}

bool loglines_get(const struct loglines *l, uint64_t number, struct logline *out)
{
    if (number < l->first || number >= l->end) {
        return false;
    }
    const struct line *line = line_of(l, number);
    *out = (struct logline){
        .text = l->bytes + line->at, .len = line->len, .when = line->when, .stream = line->stream};
    return true;
}

static bool line_contains(const struct loglines *l, uint64_t number, const char *needle)
{
    return text_contains(l->bytes + line_of(l, number)->at, needle);
}

static bool search_forward(const struct loglines *l, const char *needle, uint64_t from, uint64_t *number)
{
    for (uint64_t n = from < l->first ? l->first : from; n < l->end; n++) {
        if (line_contains(l, n, needle)) {
            *number = n;
            return true;
        }
    }
    return false;
}

static bool search_backward(const struct loglines *l, const char *needle, uint64_t from, uint64_t *number)
{
    for (uint64_t n = from < l->end ? from + 1 : l->end; n > l->first; n--) {
        if (line_contains(l, n - 1, needle)) {
            *number = n - 1;
            return true;
        }
    }
    return false;
}

bool loglines_search(const struct loglines *l, const char *needle, uint64_t from, bool backward,
                     uint64_t *number)
{
    return backward ? search_backward(l, needle, from, number) : search_forward(l, needle, from, number);
}
