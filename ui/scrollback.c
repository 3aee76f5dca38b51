/* A ring of rows, each one block of bytes: printable ASCII stands for itself, BLANK for a blank, PEN is
 * followed by the colours and attributes from there on, NARROW and WIDE by a code. The block of a row that is
 * dropped serves the next.
 */
#include "ui/scrollback.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { BLANK = 1, PEN = 2, NARROW = 3, WIDE = 4 };
enum { CODE_BYTES = 1 + sizeof(uint32_t), PEN_BYTES = 1 + 2 * sizeof(uint32_t) + 1, SLACK = 64 };

struct kept {
    uint8_t *bytes;
    size_t len, room;
};

struct scrollback {
    struct kept *rows;
    size_t room;  /* rows allocated, at most `most` */
    size_t first; /* the oldest */
    size_t n, most;
};

struct scrollback *scrollback_new(size_t most)
{
    struct scrollback *s = mem_new(1, sizeof *s);
    s->most = most;
    return s;
}

void scrollback_free(struct scrollback *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->room; i++) {
        free(s->rows[i].bytes);
    }
    free(s->rows);
    free(s);
}

size_t scrollback_count(const struct scrollback *s)
{
    return s->n;
}

static bool same_pen(const struct glyph *a, const struct glyph *b)
{
    return a->foreground == b->foreground && a->background == b->background && a->attributes == b->attributes;
}

static uint8_t *write_pen(uint8_t *out, const struct glyph *g)
{
    *out++ = PEN;
    memcpy(out, &g->foreground, sizeof g->foreground);
    memcpy(out + 4, &g->background, sizeof g->background);
    out[8] = g->attributes;
    return out + 9;
}

/* Does one byte stand for it? */
static bool is_plain(const struct glyph *g)
{
    return g->width == 1 && (g->code == 0 || (g->code >= 0x20 && g->code < 0x7f));
}

static uint8_t *write_glyph(uint8_t *out, const struct glyph *g)
{
    if (is_plain(g)) {
        *out++ = g->code == 0 ? BLANK : (uint8_t)g->code;
    } else {
        *out++ = g->width == 2 ? WIDE : NARROW;
        memcpy(out, &g->code, sizeof g->code);
        out += sizeof g->code;
    }
    return out;
}

static size_t encoded_size(const struct glyph *glyphs, int n)
{
    struct glyph pen = {0};
    size_t size = 0;
    for (int i = 0; i < n; i++) {
        if (glyphs[i].width == 0) {
            continue;
        }
        if (!same_pen(&glyphs[i], &pen)) {
            pen = glyphs[i];
            size += PEN_BYTES;
        }
        size += is_plain(&glyphs[i]) ? 1 : CODE_BYTES;
    }
    return size;
}

static void encode(uint8_t *out, const struct glyph *glyphs, int n)
{
    struct glyph pen = {0};
    for (int i = 0; i < n; i++) {
        if (glyphs[i].width == 0) {
            continue;
        }
        if (!same_pen(&glyphs[i], &pen)) {
            pen = glyphs[i];
            out = write_pen(out, &pen);
        }
        out = write_glyph(out, &glyphs[i]);
    }
}

/* Room for one more row: grows up to the limit, then the oldest row's place is the new one's. */
static struct kept *next_place(struct scrollback *s)
{
    if (s->n == s->room && s->room < s->most) {
        size_t before = s->room;
        size_t room = before == 0 ? 64 : 2 * before;
        s->room = room < s->most ? room : s->most;
        struct kept *rows = mem_new(s->room, sizeof *rows);
        for (size_t i = 0; i < before; i++) {
            rows[i] = s->rows[(s->first + i) % before];
        }
        free(s->rows);
        s->rows = rows;
        s->first = 0;
    }
    if (s->n == s->room) {
        s->first = (s->first + 1) % s->room;
        s->n--;
    }
    return &s->rows[(s->first + s->n++) % s->room];
}

void scrollback_push(struct scrollback *s, const struct glyph *glyphs, int n)
{
    static const struct glyph none = {0};
    if (s->most == 0) {
        return;
    }
    while (n > 0 && glyphs[n - 1].code == 0 && glyphs[n - 1].width == 1 && same_pen(&glyphs[n - 1], &none)) {
        n--;
    }
    size_t size = encoded_size(glyphs, n);
    struct kept *place = next_place(s);
    if (place->room < size || place->room > 2 * size + SLACK) {
        free(place->bytes);
        place->room = size;
        place->bytes = mem_new(size, 1);
    }
    place->len = size;
    encode(place->bytes, glyphs, n);
}

void scrollback_drop_newest(struct scrollback *s)
{
    if (s->n > 0) {
        s->n--;
    }
}

void scrollback_clear(struct scrollback *s)
{
    for (size_t i = 0; i < s->room; i++) {
        free(s->rows[i].bytes);
    }
    free(s->rows);
    *s = (struct scrollback){.most = s->most};
}

static const uint8_t *read_glyph(const uint8_t *p, struct glyph *pen)
{
    while (*p == PEN) {
        memcpy(&pen->foreground, p + 1, sizeof pen->foreground);
        memcpy(&pen->background, p + 5, sizeof pen->background);
        pen->attributes = p[9];
        p += PEN_BYTES;
    }
    pen->width = *p == WIDE ? 2 : 1;
    if (*p == WIDE || *p == NARROW) {
        memcpy(&pen->code, p + 1, sizeof pen->code);
        return p + CODE_BYTES;
    }
    pen->code = *p == BLANK ? 0 : *p;
    return p + 1;
}

int scrollback_row(const struct scrollback *s, size_t row, struct glyph *out, int cols)
{
    if (row >= s->n) {
        return 0;
    }
    const struct kept *kept = &s->rows[(s->first + s->n - 1 - row) % s->room];
    struct glyph g = {0};
    int col = 0;
    if (kept->len == 0) {
        return 0;
    }
    const uint8_t *p = kept->bytes, *end = p + kept->len;
    while (p < end && col < cols) {
        p = read_glyph(p, &g);
        if (g.width == 2 && col + 1 >= cols) {
            break; /* its right half would be outside */
        }
        out[col++] = g;
        if (g.width == 2) {
            out[col] = g;
            out[col].code = 0;
            out[col++].width = 0;
        }
    }
    return col;
}
