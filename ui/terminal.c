/* libvterm's parser and state call back for each glyph, erasure and scroll, already knowing the cursor,
 * margins and modes; here they end in a grid, or in the second grid while a full-screen program has the
 * alternate screen. Characters with combining ones are kept once in a table (`marks`), and the glyph carries
 * the place in it.
 *
 * Answers to queries are limited per feed: a program that asks without end cannot make us queue without end.
 */
#include "ui/terminal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

#include "core/memory.h"
#include "core/text.h"
#include "ui/grid.h"
#include "ui/guard.h"
#include "ui/key_bytes.h"
#include "ui/marks.h"
#include "ui/scrollback.h"
#include "ui/terminal_key.h"
#include "ui/terminal_pen.h"

enum {
    MAX_ROWS = 1000,
    MAX_COLS = 2000,
    ANSWERS = 4096, /* bytes in one feed */
    TITLE = 256
};

#define CANCEL "\030"
#define MARKED 0x80000000u /* the code is a number of marks */

struct terminal {
    VTermAllocatorFunctions allocator;
    VTerm *vt;
    VTermState *state;
    int rows, cols;
    struct grid *grid; /* the one that is shown */
    struct grid *main, *other;
    struct scrollback *history;
    struct glyph pen;
    struct glyph *decoded; /* a row of history */
    struct cell *cells;    /* what terminal_row gives out */
    struct marks *marks;
    struct guard guard;
    uint32_t last; /* the last character, to be repeated; 0 none */
    int last_width;
    VTermPos last_pos; /* where it stands */
    bool *dirty;
    bool all_dirty;
    bool reversed;
    bool cursor_visible;
    bool wants_mouse;
    int main_cursor; /* its row when the alternate screen was entered */
    char title[TITLE];
    bool feeding;
    size_t answered;
    void (*output)(void *user, const char *bytes, size_t len);
    void *user;
};

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

/* Asked each time: libvterm does not tell of every move. */
static VTermPos cursor_of(const struct terminal *t)
{
    VTermPos pos;
    vterm_state_get_cursorpos(t->state, &pos);
    return pos;
}

/* What libvterm calls */

static struct glyph blank_of(const struct terminal *t)
{
    return (struct glyph){.background = t->pen.background, .width = 1};
}

static struct rect rect_of(VTermRect r)
{
    return (struct rect){r.start_row, r.start_col, r.end_row - r.start_row, r.end_col - r.start_col};
}

static void touch(struct terminal *t, int first, int end)
{
    for (int row = clamp(first, 0, t->rows); row < end && row < t->rows; row++) {
        t->dirty[row] = true;
    }
}

static int on_glyph(VTermGlyphInfo *info, VTermPos pos, void *user)
{
    struct terminal *t = user;
    struct glyph *pen = &t->pen;
    if (info->width < 1) {
        return 1; /* combining: the guard lets none through that this libvterm knows */
    }
    t->last = info->chars[0];
    t->last_width = info->width == 2 ? 2 : 1;
    t->last_pos = pos;
    pen->code = t->last;
    pen->width = (uint8_t)t->last_width;
    pen->protected = info->protected_cell;
    grid_put(t->grid, pos.row, pos.col, pen);
    if (pos.row >= 0 && pos.row < t->rows) {
        t->dirty[pos.row] = true;
    }
    return 1;
}

static int on_scroll(VTermRect rect, int downward, int rightward, void *user)
{
    struct terminal *t = user;
    struct glyph blank = blank_of(t);
    grid_scroll(t->grid, rect_of(rect), downward, rightward, &blank, t->grid == t->main ? t->history : NULL);
    if (rect.start_row <= 0 && rect.end_row >= t->rows) {
        t->all_dirty = true;
    } else {
        touch(t, rect.start_row, rect.end_row);
    }
    return 1;
}

static int on_erase(VTermRect rect, int selective, void *user)
{
    struct terminal *t = user;
    struct glyph blank = blank_of(t);
    grid_erase(t->grid, rect_of(rect), &blank, selective != 0);
    touch(t, rect.start_row, rect.end_row);
    return 1;
}

static int on_init_pen(void *user)
{
    struct terminal *t = user;
    t->pen = (struct glyph){.width = 1};
    return 1;
}

static int on_pen(VTermAttr attr, VTermValue *val, void *user)
{
    struct terminal *t = user;
    terminal_pen_set(&t->pen, attr, val);
    return 1;
}

static void show_alternate(struct terminal *t, bool alternate)
{
    if (alternate && t->other == NULL) {
        t->other = grid_new(t->rows, t->cols);
    }
    if (alternate && t->grid == t->main) {
        t->main_cursor = cursor_of(t).row;
    }
    t->grid = alternate ? t->other : t->main;
    t->all_dirty = true;
}

static int on_property(VTermProp prop, VTermValue *val, void *user)
{
    struct terminal *t = user;
    switch (prop) {
    case VTERM_PROP_CURSORVISIBLE:
        t->cursor_visible = val->boolean;
        break;
    case VTERM_PROP_ALTSCREEN:
        show_alternate(t, val->boolean);
        break;
    case VTERM_PROP_REVERSE:
        t->all_dirty = t->all_dirty || t->reversed != (val->boolean != 0);
        t->reversed = val->boolean;
        break;
    case VTERM_PROP_MOUSE:
        t->wants_mouse = val->number != VTERM_PROP_MOUSE_NONE;
        break;
    default:
        break;
    }
    return 1;
}

/* Lines of double width would need cells of their own kind: refused, and so shown in single width. */
static int on_line_info(int row, const VTermLineInfo *info, const VTermLineInfo *before, void *user)
{
    (void)row;
    (void)info;
    (void)before;
    (void)user;
    return 0;
}

static int resize_grids(struct terminal *t, int rows, int cols, int cursor_row)
{
    bool shown = t->grid == t->main;
    int row = shown ? cursor_row : t->main_cursor;
    bool growing = rows > t->rows;
    int moved = grid_resize(t->main, rows, cols, row, shown || !growing ? t->history : NULL);
    if (t->other != NULL) {
        int moved_other = grid_resize(t->other, rows, cols, cursor_row, NULL);
        moved = shown ? moved : moved_other;
    }
    t->rows = rows;
    t->cols = cols;
    free(t->dirty);
    t->dirty = mem_new((size_t)rows, sizeof *t->dirty);
    t->cells = mem_resize(t->cells, (size_t)cols, sizeof *t->cells);
    t->decoded = mem_resize(t->decoded, (size_t)cols, sizeof *t->decoded);
    t->all_dirty = true;
    return moved;
}

#if VTERM_VERSION_MAJOR > 0 || VTERM_VERSION_MINOR >= 2
static int on_resize(int rows, int cols, VTermStateFields *fields, void *user)
{
    fields->pos.row += resize_grids(user, rows, cols, fields->pos.row);
    for (int i = 0; i < 2; i++) { /* ours to resize; they stay zero since on_line_info refuses */
        if (fields->lineinfos[i] != NULL) {
            free(fields->lineinfos[i]);
            fields->lineinfos[i] = mem_new((size_t)rows, sizeof *fields->lineinfos[i]);
        }
    }
    return 1;
}
#else
static int on_resize(int rows, int cols, VTermPos *delta, void *user)
{
    struct terminal *t = user;
    VTermPos cursor = cursor_of(t);
    delta->row += resize_grids(t, rows, cols, cursor.row);
    return 1;
}
#endif

static void on_output(const char *bytes, size_t len, void *user)
{
    struct terminal *t = user;
    if (t->feeding && t->answered + len > ANSWERS) {
        return;
    }
    t->answered += t->feeding ? len : 0;
    t->output(t->user, bytes, len);
}

static const VTermStateCallbacks callbacks = {
    .putglyph = on_glyph,
    .scrollrect = on_scroll,
    .erase = on_erase,
    .initpen = on_init_pen,
    .setpenattr = on_pen,
    .settermprop = on_property,
    .resize = on_resize,
    .setlineinfo = on_line_info,
};

/* Life */

static void *allocate(size_t size, void *user)
{
    (void)user;
    return mem_new(1, size);
}

static void release(void *block, void *user)
{
    (void)user;
    free(block);
}

static void tell_parser(struct terminal *t, const char *sequences)
{
    vterm_input_write(t->vt, sequences, strlen(sequences));
}

/* RIS as libvterm does it leaves the alternate screen, the mouse and reverse video as they were. What it
 * restores when nothing was saved is all zeros: black on black, and no cursor. So the state after a reset is
 * saved. */
static void reset(struct terminal *t)
{
    tell_parser(t, CANCEL);
    show_alternate(t, false);
    vterm_state_reset(t->state, 1);
    tell_parser(t, "\033[?1000l\033[?5l\0337");
    t->last = 0;
}

struct terminal *terminal_new(int rows, int cols, size_t scrollback,
                              void (*output)(void *user, const char *, size_t), void *user)
{
    struct terminal *t = mem_new(1, sizeof *t);
    t->rows = clamp(rows, 1, MAX_ROWS);
    t->cols = clamp(cols, 1, MAX_COLS);
    t->main = t->grid = grid_new(t->rows, t->cols);
    t->history = scrollback_new(scrollback);
    t->dirty = mem_new((size_t)t->rows, sizeof *t->dirty);
    t->cells = mem_new((size_t)t->cols, sizeof *t->cells);
    t->decoded = mem_new((size_t)t->cols, sizeof *t->decoded);
    t->output = output;
    t->user = user;
    t->marks = marks_new();
    t->allocator = (VTermAllocatorFunctions){allocate, release};
    t->vt = vterm_new_with_allocator(t->rows, t->cols, &t->allocator, NULL);
    vterm_set_utf8(t->vt, 1);
    vterm_output_set_callback(t->vt, on_output, t);
    t->state = vterm_obtain_state(t->vt);
    vterm_state_set_callbacks(t->state, &callbacks, t);
    reset(t);
    t->all_dirty = true;
    return t;
}

void terminal_free(struct terminal *t)
{
    if (t == NULL) {
        return;
    }
    vterm_free(t->vt);
    grid_free(t->main);
    grid_free(t->other);
    scrollback_free(t->history);
    free(t->decoded);
    free(t->cells);
    marks_free(t->marks);
    free(t->dirty);
    free(t);
}

static void set_title(struct terminal *t, const char *s, size_t len)
{
    struct text clean = {0};
    text_add_clean(&clean, s, len);
    const char *title = text_of(&clean);
    size_t end = clean.len < TITLE ? clean.len : TITLE - 1;
    while (end < clean.len && end > 0 && (title[end] & 0xc0) == 0x80) {
        end--; /* not within a character */
    }
    memcpy(t->title, title, end);
    t->title[end] = '\0';
    text_done(&clean);
}

static void print(struct terminal *t, uint32_t code)
{
    char bytes[UTF8_LONGEST];
    vterm_input_write(t->vt, bytes, text_encode(code, bytes));
}

/* Not beyond the end of the row, as terminals do. */
static void repeat_last(struct terminal *t, int times)
{
    tell_parser(t, CANCEL);
    if (t->last == 0) {
        return;
    }
    int room = (t->cols - cursor_of(t).col) / t->last_width;
    for (int i = 0; i < times && i < room; i++) {
        print(t, t->last);
    }
}

/* A combining character joins the one before the cursor. When that one filled the row, the cursor is still on
 * it: it moves on with the next character. */
static void join(struct terminal *t, uint32_t mark)
{
    VTermPos pos = cursor_of(t);
    int used, row = clamp(pos.row, 0, t->rows - 1);
    const struct glyph *glyphs = grid_row(t->grid, row, &used);
    bool filled =
        pos.row == t->last_pos.row && pos.col == t->last_pos.col && pos.col + t->last_width >= t->cols;
    int col = filled ? pos.col : pos.col - 1;
    if (col > 0 && col < used && glyphs[col].width == 0) {
        col--;
    }
    if (col < 0 || col >= used || glyphs[col].code == 0) {
        return;
    }
    struct glyph glyph = glyphs[col];
    uint32_t alone[] = {glyph.code, 0}, number;
    const uint32_t *chars = glyph.code & MARKED ? marks_chars(t->marks, glyph.code & ~MARKED) : alone;
    if (marks_join(t->marks, chars, mark, &number)) {
        glyph.code = MARKED | number;
        grid_put(t->grid, row, col, &glyph);
        t->dirty[row] = true;
    }
}

/* libvterm restores what it has saved without a look at the size that the screen has now. Any sequence moves
 * the cursor back inside; this one, a report that terminals send, does nothing else. */
static void restore_cursor(struct terminal *t)
{
    tell_parser(t, CANCEL "\0338");
    VTermPos pos = cursor_of(t);
    if (pos.row >= t->rows || pos.col >= t->cols) {
        tell_parser(t, "\033[1n");
    }
}

static void obey(struct terminal *t, const struct passage *p)
{
    const char *title;
    size_t len;
    switch (p->order) {
    case GUARD_NOTHING:
        break;
    case GUARD_CANCEL:
        tell_parser(t, CANCEL);
        break;
    case GUARD_ESCAPE:
        tell_parser(t, "\033");
        break;
    case GUARD_TITLE:
        title = guard_title(&t->guard, &len);
        set_title(t, title, len);
        break;
    case GUARD_REPEAT:
        repeat_last(t, p->number);
        break;
    case GUARD_MARGINS: /* libvterm sets margins beyond the screen, too, with nothing between them */
        tell_parser(t, p->number > t->cols ? CANCEL "\033[s" : "s");
        break;
    case GUARD_SAVE:
        tell_parser(t, CANCEL "\0337");
        break;
    case GUARD_RESTORE:
        restore_cursor(t);
        break;
    case GUARD_RESET:
        reset(t);
        break;
    case GUARD_CHARACTER:
        if (p->joins) {
            join(t, p->character);
        } else {
            print(t, p->character);
        }
        break;
    }
}

void terminal_feed(struct terminal *t, const char *bytes, size_t len)
{
    t->feeding = true;
    t->answered = 0;
    while (len > 0) {
        struct passage p = guard_pass(&t->guard, bytes, len);
        if (p.pass > 0) {
            vterm_input_write(t->vt, bytes, p.pass);
        }
        obey(t, &p);
        bytes += p.pass + p.skip;
        len -= p.pass + p.skip;
    }
    t->feeding = false;
}

void terminal_end(struct terminal *t)
{
    if (guard_end(&t->guard)) {
        print(t, UTF8_REPLACEMENT);
    }
}

/* libvterm keeps margins that begin beyond the new size, and then moves memory that is not there. */
static void reset_margins(struct terminal *t)
{
    VTermPos cursor = cursor_of(t);
    struct text bytes = {0};
    if (!t->guard.margins) {
        return;
    }
    text_addf(&bytes, CANCEL "\033[r\033[s\033[?69l\033[%d;%dH", cursor.row + 1, cursor.col + 1);
    vterm_input_write(t->vt, bytes.data, bytes.len);
    text_done(&bytes);
    guard_reset_margins(&t->guard);
}

void terminal_resize(struct terminal *t, int rows, int cols)
{
    rows = clamp(rows, 1, MAX_ROWS);
    cols = clamp(cols, 1, MAX_COLS);
    if (rows != t->rows || cols != t->cols) {
        reset_margins(t);
        vterm_set_size(t->vt, rows, cols);
    }
}

void terminal_key(struct terminal *t, const struct key *key)
{
    if (key->code < KEY_BASE_) {
        char bytes[KEY_BYTES];
        t->output(t->user, bytes, key_bytes(key, bytes));
    } else if (key->code == KEY_CODE_PASTE) {
        struct text clean = {0};
        key_bytes_paste(&clean, key->paste, key->paste_len);
        vterm_keyboard_start_paste(t->vt);
        if (clean.len > 0) {
            t->output(t->user, text_of(&clean), clean.len);
        }
        vterm_keyboard_end_paste(t->vt);
        text_done(&clean);
    } else if (key->code != KEY_CODE_MOUSE) {
        terminal_key_special(t->vt, key);
    } else if (t->wants_mouse) {
        struct key inside = *key;
        inside.mouse_row = clamp(key->mouse_row, 0, t->rows - 1);
        inside.mouse_col = clamp(key->mouse_col, 0, t->cols - 1);
        terminal_key_mouse(t->vt, &inside);
    }
}

/* What is shown */

int terminal_rows(const struct terminal *t)
{
    return t->rows;
}

int terminal_cols(const struct terminal *t)
{
    return t->cols;
}

size_t terminal_scrollback(const struct terminal *t)
{
    return t->grid == t->main ? scrollback_count(t->history) : 0;
}

static void convert(const struct terminal *t, const struct glyph *g, struct cell *cell)
{
    *cell = (struct cell){.width = g->width,
                          .attributes = g->attributes,
                          .foreground = g->foreground,
                          .background = g->background};
    if (g->code & MARKED) {
        memcpy(cell->chars, marks_chars(t->marks, g->code & ~MARKED), sizeof cell->chars);
    } else {
        cell->chars[0] = g->code;
    }
    cell->attributes ^= t->reversed ? ATTR_REVERSE : 0;
}

const struct cell *terminal_row(const struct terminal *t, int row)
{
    static const struct glyph blank = {.width = 1};
    const struct glyph *glyphs = t->decoded;
    int used;
    if (row >= t->rows || (row < 0 && (size_t) - (long)row > terminal_scrollback(t))) {
        return NULL;
    }
    if (row >= 0) {
        glyphs = grid_row(t->grid, row, &used);
    } else {
        used = scrollback_row(t->history, (size_t)(-(row + 1)), t->decoded, t->cols);
    }
    for (int col = 0; col < t->cols; col++) {
        convert(t, col < used ? &glyphs[col] : &blank, &t->cells[col]);
    }
    return t->cells;
}

bool terminal_dirty(const struct terminal *t, int row)
{
    return row >= 0 && row < t->rows && (t->all_dirty || t->dirty[row]);
}

void terminal_clean(struct terminal *t)
{
    t->all_dirty = false;
    memset(t->dirty, 0, (size_t)t->rows * sizeof *t->dirty);
}

void terminal_cursor(const struct terminal *t, int *row, int *col, bool *visible)
{
    VTermPos cursor = cursor_of(t);
    *row = clamp(cursor.row, 0, t->rows - 1);
    *col = clamp(cursor.col, 0, t->cols - 1);
    *visible = t->cursor_visible;
}

const char *terminal_title(const struct terminal *t)
{
    return t->title;
}

bool terminal_alternate(const struct terminal *t)
{
    return t->grid != t->main;
}
