/* core/loglines.c - two rings: one of bytes, one of lines that point into it.
 *
 * The last line may be open: it lies at the end of what is written and grows there. A line is always in one
 * piece: one that reaches the end of the byte ring moves to its beginning. Whatever old line lies where new
 * bytes must go is forgotten first. So nothing is allocated after loglines_new, and a byte is copied once. */
#include "core/loglines.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/plain.h"
#include "core/text.h"

enum { STREAMS = 2, TAB = 8 };

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
    struct plain parsers[STREAMS];
    int64_t when; /* of the bytes being added */
    int stream;
};

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

static void on_text(void *user, const char *s, size_t n)
{
    append(user, s, n);
}

static void on_control(void *user, char c)
{
    struct loglines *l = user;
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
    default:
        append_tab(l);
    }
}

static const struct plain_sink sink = {on_text, on_control};

void loglines_add(struct loglines *l, int stream, int64_t when, const char *data, size_t len)
{
    l->stream = stream;
    l->when = when;
    plain_feed(&l->parsers[stream == 0 ? 0 : 1], &sink, l, data, len);
}

void loglines_close(struct loglines *l)
{
    int last = l->stream == 0 ? 0 : 1; /* its line is the open one */
    for (int i = 0; i < STREAMS; i++) {
        l->stream = (last + i) % STREAMS;
        plain_end(&l->parsers[l->stream], &sink, l);
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
