/* Curses gets only what differs: `shown` holds the cells of the last draw, a dirty row of the canvas is
 * compared with it, and runs of cells that changed are handed over. When none did and the cursor stayed,
 * curses is not called at all.
 *
 * Colours are curses pairs, made when first used and kept in a table. When the terminal has no pair left, all
 * are forgotten and the screen is drawn once more; what then still finds no pair is shown in the terminal's
 * own colours.
 *
 * What the systems do each in their own way (sizes, modes, keys) is behind screen_system.h.
 */
#include "ui/screen.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "core/memory.h"
#include "ui/pairs.h"
#include "ui/restore.h"
#include "ui/screen_system.h"

enum {
    PASTE_SECONDS = 2, /* a paste that stops this long has ended */
    MAX_ROWS = 1000,
    MAX_COLS = 2000
};

struct screen {
    SCREEN *curses;
    int rows, cols;
    bool utf8, mouse;
    bool own_defaults; /* the terminal has default colours that can be asked for */
    int colors;        /* 0 mono; more than 256: the terminal takes RGB values */
    struct look looks[STYLE_COUNT];
    struct cell *shown;
    cchar_t *run; /* room for one row */
    bool all;     /* nothing of `shown` is true any more */
    bool suspended;
    int cursor_row, cursor_col;
    struct pairs *pairs; /* NULL: mono */
    struct typing *typing;
    struct console_keys keys;
    time_t last_paste;
    struct tty_modes *modes;    /* as they were */
    struct restore_bytes reset; /* what puts the terminal back */
};

/* Opening and closing */

static int color_count(bool mono)
{
    const char *no_color = getenv("NO_COLOR");
    if (mono || (no_color != NULL && no_color[0] != '\0') || !has_colors() || start_color() == ERR) {
        return 0;
    }
    if (COLORS > 256 && screen_system_direct_color()) {
        return COLORS;
    }
    return COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
}

static void open_colors(struct screen *s, bool mono)
{
    s->colors = color_count(mono);
    s->own_defaults = s->colors > 0 && use_default_colors() == OK;
    s->pairs = s->colors > 0 ? pairs_new(COLOR_PAIRS - 1) : NULL;
    struct theme theme;
    theme_default(&theme);
    screen_set_theme(s, &theme);
}

static void open_input(struct screen *s)
{
    raw();
    noecho();
    nonl();
    nodelay(stdscr, TRUE);
    typeahead(-1);
    screen_system_input();
    s->typing = typing_new(s->utf8);
}

static void take_size(struct screen *s)
{
    getmaxyx(stdscr, s->rows, s->cols);
    free(s->shown);
    free(s->run);
    s->shown = mem_new((size_t)s->rows * (size_t)s->cols, sizeof *s->shown);
    s->run = mem_new((size_t)s->cols, sizeof *s->run);
    s->all = true;
}

static bool usable(struct error *e)
{
    int rows, cols;
    if (!tty_input() || !tty_output()) {
        error_set(e, ERROR_UNSUPPORTED, 0,
                  "the interface needs a terminal, and standard %s is none; run a subcommand instead "
                  "(porthole ls, porthole --help)",
                  tty_input() ? "output" : "input");
        return false;
    }
    if (tty_size(&rows, &cols) && (rows > MAX_ROWS || cols > MAX_COLS)) {
        error_set(e, ERROR_UNSUPPORTED, 0, "a terminal of %d x %d is too large; make it at most %d x %d",
                  rows, cols, MAX_ROWS, MAX_COLS);
        return false;
    }
    return true;
}

static void arm(struct screen *s)
{
    restore_arm(&s->reset, s->modes);
}

struct screen *screen_open(const struct screen_options *options, struct error *e)
{
    if (!usable(e)) {
        return NULL;
    }
    setlocale(LC_ALL, "");
    struct tty_modes *modes = tty_save();
    SCREEN *curses = screen_system_open(e);
    if (curses == NULL) {
        free(modes);
        return NULL;
    }
    struct screen *s = mem_new(1, sizeof *s);
    s->curses = curses;
    s->modes = modes;
    s->mouse = options->mouse;
    s->utf8 = tty_utf8();
    s->cursor_row = -1;
    open_input(s);
    open_colors(s, options->mono);
    take_size(s);
    screen_system_reset(&s->reset, s->mouse);
    arm(s);
    curs_set(0);
    leaveok(stdscr, TRUE);
    refresh();
    screen_system_inform(s->mouse, true);
    return s;
}

void screen_close(struct screen *s)
{
    if (s == NULL) {
        return;
    }
    if (!s->suspended) {
        screen_suspend(s);
    }
    delscreen(s->curses);
    typing_free(s->typing);
    free(s->shown);
    free(s->run);
    pairs_free(s->pairs);
    free(s->modes);
    free(s);
}

void screen_restore(void)
{
    restore_now();
}

void screen_suspend(struct screen *s)
{
    screen_system_inform(s->mouse, false);
    curs_set(1);
    endwin();
    tty_put_back(s->modes);
    restore_disarm();
    s->suspended = true;
}

void screen_resume(struct screen *s)
{
    arm(s);
    s->suspended = false;
    s->cursor_row = -1;
    reset_prog_mode();
    screen_system_input();
    screen_redraw_all(s);
    leaveok(stdscr, TRUE);
    refresh();
    curs_set(0);
    screen_system_inform(s->mouse, true);
}

/* What it can */

void screen_size(const struct screen *s, int *rows, int *cols)
{
    *rows = s->rows;
    *cols = s->cols;
}

bool screen_utf8(const struct screen *s)
{
    return s->utf8;
}

int screen_colors(const struct screen *s)
{
    return s->colors;
}

int screen_backlog(const struct screen *s)
{
    (void)s;
    return tty_backlog();
}

void screen_set_theme(struct screen *s, const struct theme *t)
{
    for (int i = 0; i < STYLE_COUNT; i++) {
        s->looks[i] = theme_look(t, (enum style)i, s->colors);
    }
    s->all = true;
}

/* Colours */

static int curses_color(const struct screen *s, uint32_t color, int without)
{
    color = theme_nearest(color, s->colors);
    if ((color & COLOR_KIND) == COLOR_DEFAULT) {
        return s->own_defaults ? -1 : without;
    }
    /* The first eight go by name: PDCurses numbers red and blue as the console does, and not as terminals. */
    static const short names[] = {COLOR_BLACK, COLOR_RED,     COLOR_GREEN, COLOR_YELLOW,
                                  COLOR_BLUE,  COLOR_MAGENTA, COLOR_CYAN,  COLOR_WHITE};
    int value = (int)(color & 0xffffff);
    if ((color & COLOR_KIND) == COLOR_INDEX && value < 16) {
        value = names[value & 7] | (value & 8);
    }
    if (s->colors <= 256 || ((color & COLOR_KIND) == COLOR_INDEX && value < 8)) {
        return value;
    }
    value = (int)(theme_rgb(color) & 0xffffff);
    return value < 8 ? 0 : value; /* the first 8 are names also where colours are RGB */
}

/* The pair's number; -1: there is no pair left. */
static int pair_of(struct screen *s, uint32_t foreground, uint32_t background)
{
    bool made;
    if (s->colors == 0 || (foreground == COLOR_DEFAULT && background == COLOR_DEFAULT && s->own_defaults)) {
        return 0;
    }
    int number = pairs_find(s->pairs, foreground, background, &made);
    if (made) {
        init_extended_pair(number, curses_color(s, foreground, COLOR_WHITE),
                           curses_color(s, background, COLOR_BLACK));
    }
    return number == 0 ? -1 : number;
}

static void forget_pairs(struct screen *s)
{
    pairs_forget(s->pairs);
    reset_color_pairs();
    screen_redraw_all(s);
}

/* Drawing */

static attr_t curses_attributes(uint8_t attributes)
{
    static const attr_t table[] = {A_BOLD, A_ITALIC, A_UNDERLINE, A_BLINK, A_REVERSE, A_DIM};
    attr_t result = A_NORMAL;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        result |= attributes & 1u << i ? table[i] : A_NORMAL;
    }
    return result;
}

/* Curses has widths of its own; where those are not ours, a mark keeps the columns right. */
static void characters(const struct screen *s, const struct cell *cell, wchar_t out[CELL_CHARS + 1])
{
    uint32_t base = cell->chars[0];
    size_t n = 0;
    memset(out, 0, (CELL_CHARS + 1) * sizeof *out);
    if (base == 0) {
        out[0] = L' ';
        return;
    }
    if ((base >= 0x7f && !s->utf8) || base < 0x20 ||
        screen_system_width(base) != (cell->width == 2 ? 2 : 1)) {
        out[0] = cell->width == 2 && s->utf8 ? 0x3000 : L'?';
        return;
    }
    out[n++] = (wchar_t)base;
    for (size_t i = 1; i < CELL_CHARS && cell->chars[i] != 0; i++) {
        if (screen_system_width(cell->chars[i]) == 0) {
            out[n++] = (wchar_t)cell->chars[i];
        }
    }
}

/* False: no pair left for its colours. */
static bool convert(struct screen *s, const struct cell *cell, bool last_try, cchar_t *out)
{
    const struct look *look = &s->looks[cell->style < STYLE_COUNT ? cell->style : STYLE_TEXT];
    wchar_t chars[CELL_CHARS + 1];
    uint32_t foreground = cell->foreground != COLOR_DEFAULT ? cell->foreground : look->foreground;
    uint32_t background = cell->background != COLOR_DEFAULT ? cell->background : look->background;
    int pair = pair_of(s, foreground, background);
    if (pair < 0 && !last_try) {
        return false;
    }
    pair = pair < 0 ? 0 : pair;
    bool reverse = ((look->attributes ^ cell->attributes) & ATTR_REVERSE) != 0;
    attr_t attributes = curses_attributes((look->attributes | cell->attributes) & (uint8_t)~ATTR_REVERSE);
    characters(s, cell, chars);
    setcchar(out, chars, attributes | (reverse ? A_REVERSE : A_NORMAL), (short)pair, &pair);
    return true;
}

struct drawing {
    const struct cell *row;
    struct cell *shown;
    int cols;
    bool last_try;
    bool changed;
};

static int step(const struct drawing *d, int col)
{
    return d->row[col].width == 2 && col + 1 < d->cols ? 2 : 1;
}

static bool differs(const struct screen *s, const struct drawing *d, int col)
{
    return s->all || !cell_same(&d->row[col], &d->shown[col]) ||
           (step(d, col) == 2 && !cell_same(&d->row[col + 1], &d->shown[col + 1]));
}

static bool draw_row(struct screen *s, struct drawing *d, int row)
{
    for (int col = 0; col < d->cols;) {
        int start = col, n = 0;
        while (col < d->cols && differs(s, d, col)) {
            if (!convert(s, &d->row[col], d->last_try, &s->run[n])) {
                return false;
            }
            n++;
            col += step(d, col);
        }
        if (n > 0) {
            mvadd_wchnstr(row, start, s->run, n);
            memcpy(d->shown + start, d->row + start, (size_t)(col - start) * sizeof *d->row);
            d->changed = true;
        } else {
            col += step(d, col);
        }
    }
    return true;
}

static bool draw_rows(struct screen *s, const struct canvas *c, bool last_try, bool *changed)
{
    int rows = canvas_rows(c) < s->rows ? canvas_rows(c) : s->rows;
    struct drawing d = {.cols = canvas_cols(c) < s->cols ? canvas_cols(c) : s->cols, .last_try = last_try};
    bool done = true;
    for (int row = 0; row < rows && done; row++) {
        if (s->all || canvas_dirty(c, row)) {
            d.row = canvas_row(c, row);
            d.shown = s->shown + (size_t)row * (size_t)s->cols;
            done = draw_row(s, &d, row);
        }
    }
    *changed = *changed || d.changed;
    return done;
}

static bool place_cursor(struct screen *s, const struct canvas *c)
{
    int row, col;
    canvas_cursor_get(c, &row, &col);
    if (row >= s->rows || col >= s->cols) {
        row = -1;
    }
    bool changed = row != s->cursor_row || (row >= 0 && col != s->cursor_col);
    if (changed && (row < 0) != (s->cursor_row < 0)) {
        leaveok(stdscr, row < 0);
        curs_set(row < 0 ? 0 : 1);
    }
    s->cursor_row = row;
    s->cursor_col = col;
    if (row >= 0) {
        move(row, col);
    }
    return changed;
}

void screen_draw(struct screen *s, const struct canvas *c)
{
    if (s->suspended) {
        return;
    }
    bool changed = s->all;
    if (s->all) {
        erase();
    }
    if (!draw_rows(s, c, false, &changed)) {
        forget_pairs(s);
        erase();
        draw_rows(s, c, true, &changed);
    }
    s->all = false;
    if (place_cursor(s, c) || changed) {
        refresh();
    }
}

void screen_redraw_all(struct screen *s)
{
    s->all = true;
    clearok(curscr, TRUE);
}

/* Keys */

static bool take_new_size(struct screen *s)
{
    int rows, cols;
    if (!tty_size(&rows, &cols)) {
        return false;
    }
    rows = rows < MAX_ROWS ? rows : MAX_ROWS;
    cols = cols < MAX_COLS ? cols : MAX_COLS;
    if ((rows == s->rows && cols == s->cols) || !screen_system_resize(rows, cols)) {
        return false;
    }
    take_size(s);
    screen_redraw_all(s);
    return true;
}

static void nothing_waits(struct screen *s)
{
    typing_idle(s->typing);
    if (typing_pasting(s->typing) && time(NULL) - s->last_paste >= PASTE_SECONDS) {
        typing_end_paste(s->typing);
    }
}

bool screen_key(struct screen *s, struct key *k)
{
    if (s->suspended) {
        return false;
    }
    if (take_new_size(s)) {
        *k = (struct key){.code = KEY_CODE_RESIZE};
        return true;
    }
    while (!typing_next(s->typing, k)) {
        if (!screen_system_key(&s->keys, s->typing)) {
            nothing_waits(s);
            return typing_next(s->typing, k);
        }
        if (typing_pasting(s->typing)) {
            s->last_paste = time(NULL);
        }
    }
    return true;
}
