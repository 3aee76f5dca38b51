/* A grid of cells and a clip rectangle. Every drawing call ends in put(), which keeps two promises: nothing
 * outside the clip changes, and a wide character is never left with one of its halves overwritten (the other
 * half becomes blank). Text passes through clean() first, so that no code that could steer a terminal gets
 * into a cell.
 */
#include "ui/canvas.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

struct canvas {
    int rows, cols;
    struct cell *cells; /* row by row */
    bool *dirty;
    struct rect clip;
    bool ascii;
    int cursor_row, cursor_col;
};

struct look_alike {
    uint32_t code;
    char ascii;
};

enum { REPLACEMENT = 0xfffd, ELLIPSIS = 0x2026 };

bool cell_same(const struct cell *a, const struct cell *b)
{
    return memcmp(a->chars, b->chars, sizeof a->chars) == 0 && a->width == b->width && a->style == b->style &&
           a->attributes == b->attributes && a->foreground == b->foreground && a->background == b->background;
}

static struct cell blank(enum style style)
{
    return (struct cell){.width = 1, .style = (uint8_t)style};
}

static struct rect whole(const struct canvas *c)
{
    return (struct rect){0, 0, c->rows, c->cols};
}

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

static struct rect intersect(struct rect a, struct rect b)
{
    int top = max_int(a.row, b.row), left = max_int(a.col, b.col);
    int bottom = min_int(a.row + a.rows, b.row + b.rows);
    int right = min_int(a.col + a.cols, b.col + b.cols);
    return (struct rect){top, left, max_int(bottom - top, 0), max_int(right - left, 0)};
}

struct canvas *canvas_new(int rows, int cols)
{
    struct canvas *c = mem_new(1, sizeof *c);
    canvas_resize(c, rows, cols);
    return c;
}

void canvas_free(struct canvas *c)
{
    if (c == NULL) {
        return;
    }
    free(c->cells);
    free(c->dirty);
    free(c);
}

void canvas_resize(struct canvas *c, int rows, int cols)
{
    c->rows = max_int(rows, 1);
    c->cols = max_int(cols, 1);
    free(c->cells);
    free(c->dirty);
    c->cells = mem_new((size_t)c->rows * (size_t)c->cols, sizeof *c->cells);
    c->dirty = mem_new((size_t)c->rows, sizeof *c->dirty);
    c->cursor_row = -1;
    c->cursor_col = 0;
    canvas_unclip(c);
    canvas_fill(c, whole(c), STYLE_TEXT);
}

int canvas_rows(const struct canvas *c)
{
    return c->rows;
}

int canvas_cols(const struct canvas *c)
{
    return c->cols;
}

void canvas_set_ascii(struct canvas *c, bool ascii)
{
    c->ascii = ascii;
}

bool canvas_ascii(const struct canvas *c)
{
    return c->ascii;
}

void canvas_clip(struct canvas *c, struct rect r)
{
    c->clip = intersect(r, whole(c));
}

void canvas_unclip(struct canvas *c)
{
    c->clip = whole(c);
}

static struct cell *cell_at(const struct canvas *c, int row, int col)
{
    return &c->cells[(size_t)row * (size_t)c->cols + (size_t)col];
}

/* The cell at (row, col) is about to change: what it was half of loses its other half. */
static void part(struct canvas *c, int row, int col)
{
    struct cell *cell = cell_at(c, row, col);
    if (cell->width == 0 && col > 0) {
        cell[-1] = blank(cell[-1].style);
        *cell = blank(cell->style);
    } else if (cell->width == 2 && col + 1 < c->cols) {
        cell[1] = blank(cell[1].style);
        *cell = blank(cell->style);
    }
}

static bool inside(struct rect r, int row, int col)
{
    return row >= r.row && row < r.row + r.rows && col >= r.col && col < r.col + r.cols;
}

static void put_narrow(struct canvas *c, int row, int col, const struct cell *cell)
{
    if (!inside(c->clip, row, col)) {
        return;
    }
    part(c, row, col);
    *cell_at(c, row, col) = *cell;
    c->dirty[row] = true;
}

static void put(struct canvas *c, int row, int col, const struct cell *cell)
{
    if (cell->width != 2) {
        put_narrow(c, row, col, cell);
        return;
    }
    struct cell half = *cell;
    memset(half.chars, 0, sizeof half.chars);
    if (inside(c->clip, row, col) && inside(c->clip, row, col + 1)) {
        half.width = 0;
        part(c, row, col);
        part(c, row, col + 1);
        *cell_at(c, row, col) = *cell;
        *cell_at(c, row, col + 1) = half;
        c->dirty[row] = true;
        return;
    }
    half.width = 1;
    put_narrow(c, row, col, &half);
    put_narrow(c, row, col + 1, &half);
}

void canvas_fill(struct canvas *c, struct rect r, enum style style)
{
    const struct cell empty = blank(style);
    r = intersect(r, c->clip);
    for (int row = r.row; row < r.row + r.rows; row++) {
        for (int col = r.col; col < r.col + r.cols; col++) {
            put_narrow(c, row, col, &empty);
        }
    }
}

static bool steers_direction(uint32_t code)
{
    return code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

static uint32_t clean(uint32_t code)
{
    if (code == '\t' || code == '\n' || code == 0x2028 || code == 0x2029) {
        return ' ';
    }
    bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    return control || steers_direction(code) || code > 0x10ffff ? REPLACEMENT : code;
}

static char look_alike(uint32_t code)
{
    static const struct look_alike table[] = {
        {0x00a0, ' '}, {0x00b0, 'o'}, {0x00b7, '.'}, {0x00d7, 'x'},  {0x2010, '-'},  {0x2011, '-'},
        {0x2012, '-'}, {0x2013, '-'}, {0x2014, '-'}, {0x2018, '\''}, {0x2019, '\''}, {0x201c, '"'},
        {0x201d, '"'}, {0x2022, '*'}, {0x2026, '.'}, {0x2039, '<'},  {0x203a, '>'},  {0x2190, '<'},
        {0x2191, '^'}, {0x2192, '>'}, {0x2193, 'v'}, {0x2197, '^'},  {0x2198, 'v'},  {0x2212, '-'},
        {0x25a0, '#'}, {0x25a1, '.'}, {0x25aa, '#'}, {0x25ab, '.'},  {0x25ae, '#'},  {0x25af, '.'},
        {0x25b2, '^'}, {0x25b4, '^'}, {0x25b6, '>'}, {0x25b8, '>'},  {0x25ba, '>'},  {0x25bc, 'v'},
        {0x25be, 'v'}, {0x25c0, '<'}, {0x25c2, '<'}, {0x25c4, '<'},  {0x25c6, '*'},  {0x25c7, '+'},
        {0x25c9, '*'}, {0x25cb, 'o'}, {0x25ce, 'o'}, {0x25cf, '*'},  {0x25d0, 'o'},  {0x2605, '*'},
        {0x2606, '*'}, {0x2610, '.'}, {0x2611, 'x'}, {0x2612, 'x'},  {0x2713, 'x'},  {0x2714, 'x'},
        {0x2715, 'x'}, {0x2717, 'x'}, {0x276f, '>'},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].code == code) {
            return table[i].ascii;
        }
    }
    return '?';
}

/* U+2500 to U+257F, boxes, and U+2580 to U+259F, blocks. */
static char drawing_look_alike(uint32_t code)
{
    static const char table[] = "--||--||--||++++"
                                "++++++++++++++++"
                                "++++++++++++++++"
                                "++++++++++++++++"
                                "++++++++++++--||"
                                "=|++++++++++++++"
                                "++++++++++++++++"
                                "+/\\X-|-|-|-|-|-|"
                                "#..--==#####||||"
                                "#.:#-|##########";
    return table[code - 0x2500];
}

static uint32_t to_ascii(uint32_t code)
{
    if (code < 0x7f) {
        return code;
    }
    bool drawing = code >= 0x2500 && code <= 0x259f;
    return (uint32_t)(drawing ? drawing_look_alike(code) : look_alike(code));
}

/* Takes one cell's worth of text: a character and the combining ones after it. Returns the bytes used. */
static size_t next_cell(const struct canvas *c, const char *s, const char *end, struct cell *cell)
{
    uint32_t code;
    size_t used = text_decode(s, end, &code);
    code = clean(code);
    int width = text_char_width(code);
    memset(cell->chars, 0, sizeof cell->chars);
    size_t n = 0;
    if (width == 0) { /* nothing to combine with */
        cell->chars[n++] = c->ascii ? '?' : ' ';
        width = 1;
    }
    if (!c->ascii) {
        cell->chars[n++] = code;
    } else if (n == 0) {
        cell->chars[n++] = to_ascii(code);
        width = width == 2 ? 2 : 1;
    }
    cell->width = (uint8_t)width;
    while (s + used < end) {
        size_t more = text_decode(s + used, end, &code);
        if (clean(code) != code || text_char_width(code) != 0) {
            break;
        }
        if (n < CELL_CHARS && !c->ascii) {
            cell->chars[n++] = code;
        }
        used += more;
    }
    return used;
}

/* How many columns s takes when drawn; stops counting beyond limit. */
static int measure(const struct canvas *c, const char *s, const char *end, int limit)
{
    struct cell cell = blank(STYLE_TEXT);
    int width = 0;
    while (s < end && width <= limit) {
        s += next_cell(c, s, end, &cell);
        width += cell.width;
    }
    return width;
}

/* A wide character has no look-alike of its width: two question marks stand for it. */
static void put_text_cell(struct canvas *c, int row, int col, struct cell *cell)
{
    if (c->ascii && cell->width == 2) {
        cell->width = 1;
        put(c, row, col, cell);
        put(c, row, col + 1, cell);
        cell->width = 2;
    } else {
        put(c, row, col, cell);
    }
}

int canvas_text(struct canvas *c, int row, int col, int cols, enum style style, const char *s)
{
    if (s == NULL || row < 0 || row >= c->rows || col >= c->cols) {
        return 0;
    }
    int room = cols < 0 ? c->cols - col : cols;
    const char *end = s + strlen(s);
    bool cut = measure(c, s, end, room) > room;
    struct cell cell = blank(style);
    int used = 0;
    while (s < end && used < room) {
        s += next_cell(c, s, end, &cell);
        if (cut && used + cell.width > room - 1) {
            break;
        }
        put_text_cell(c, row, col + used, &cell);
        used += cell.width;
    }
    if (cut && used < room) {
        cell = blank(style);
        cell.chars[0] = c->ascii ? '~' : ELLIPSIS;
        put(c, row, col + used, &cell);
        used++;
    }
    return used;
}

int canvas_textf(struct canvas *c, int row, int col, int cols, enum style style, const char *fmt, ...)
{
    struct text t = {0};
    va_list args;
    va_start(args, fmt);
    text_addv(&t, fmt, args);
    va_end(args);
    int used = canvas_text(c, row, col, cols, style, text_of(&t));
    text_done(&t);
    return used;
}

void canvas_right(struct canvas *c, int row, int col, int cols, enum style style, const char *s)
{
    if (s == NULL || cols <= 0) {
        return;
    }
    int width = measure(c, s, s + strlen(s), cols);
    int indent = width < cols ? cols - width : 0;
    canvas_text(c, row, col + indent, cols - indent, style, s);
}

void canvas_cell(struct canvas *c, int row, int col, const struct cell *cell)
{
    struct cell copy = *cell;
    for (size_t i = 0; i < CELL_CHARS && copy.chars[i] != 0; i++) {
        copy.chars[i] = clean(copy.chars[i]);
    }
    if (copy.width == 0) { /* its left half brings it along */
        copy = blank(copy.style);
        if (inside(c->clip, row, col) && cell_at(c, row, col)->width != 0) {
            put_narrow(c, row, col, &copy);
        }
        return;
    }
    if (c->ascii && copy.chars[0] != 0) {
        copy.chars[0] = to_ascii(copy.chars[0]);
        copy.chars[1] = 0;
        put_text_cell(c, row, col, &copy);
        return;
    }
    put(c, row, col, &copy);
}

static void put_code(struct canvas *c, int row, int col, enum style style, uint32_t code)
{
    struct cell cell = blank(style);
    cell.chars[0] = c->ascii ? to_ascii(code) : code;
    put(c, row, col, &cell);
}

void canvas_hline(struct canvas *c, int row, int col, int cols, enum style style)
{
    int first = max_int(col, 0), end = min_int(col + cols, c->cols);
    for (int at = first; at < end; at++) {
        put_code(c, row, at, style, 0x2500);
    }
}

void canvas_box(struct canvas *c, struct rect r, enum style style, const char *title)
{
    if (r.rows < 2 || r.cols < 2) {
        return;
    }
    int bottom = r.row + r.rows - 1, right = r.col + r.cols - 1;
    canvas_hline(c, r.row, r.col, r.cols, style);
    canvas_hline(c, bottom, r.col, r.cols, style);
    for (int row = max_int(r.row, 0); row < min_int(bottom, c->rows); row++) {
        put_code(c, row, r.col, style, 0x2502);
        put_code(c, row, right, style, 0x2502);
    }
    put_code(c, r.row, r.col, style, 0x250c);
    put_code(c, r.row, right, style, 0x2510);
    put_code(c, bottom, r.col, style, 0x2514);
    put_code(c, bottom, right, style, 0x2518);
    if (title != NULL && *title != '\0' && r.cols > 6) {
        put_code(c, r.row, r.col + 1, style, ' ');
        int used = canvas_text(c, r.row, r.col + 2, r.cols - 5, STYLE_STRONG, title);
        put_code(c, r.row, r.col + 2 + used, style, ' ');
    }
}

void canvas_restyle(struct canvas *c, struct rect r, enum style style)
{
    r = intersect(r, c->clip);
    for (int row = r.row; row < r.row + r.rows; row++) {
        for (int col = r.col; col < r.col + r.cols; col++) {
            struct cell *cell = cell_at(c, row, col);
            cell->style = (uint8_t)style;
            cell->foreground = cell->background = COLOR_DEFAULT;
            cell->attributes &= (uint8_t)~ATTR_REVERSE;
        }
        c->dirty[row] = c->dirty[row] || r.cols > 0;
    }
}

void canvas_cursor(struct canvas *c, int row, int col)
{
    bool visible = inside(c->clip, row, col);
    c->cursor_row = visible ? row : -1;
    c->cursor_col = visible ? col : 0;
}

void canvas_cursor_get(const struct canvas *c, int *row, int *col)
{
    *row = c->cursor_row;
    *col = c->cursor_col;
}

const struct cell *canvas_row(const struct canvas *c, int row)
{
    return cell_at(c, row, 0);
}

bool canvas_dirty(const struct canvas *c, int row)
{
    return row >= 0 && row < c->rows && c->dirty[row];
}

void canvas_clean(struct canvas *c)
{
    memset(c->dirty, 0, (size_t)c->rows * sizeof *c->dirty);
}
