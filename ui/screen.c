/* Curses gets only what differs: `shown` holds the cells of the last draw, a dirty row of the canvas is
 * compared with it, and runs of cells that changed are handed over. When none did and the cursor stayed,
 * curses is not called at all.
 *
 * Colours are curses pairs, made when first used and kept in a table. When the terminal has no pair left, all
 * are forgotten and the screen is drawn once more; what then still finds no pair is shown in the terminal's
 * own colours.
 *
 * Keys: curses knows the sequences of the terminal's description, and everything else goes byte by byte to
 * typing.c, which also reads the mouse (SGR reports, in which the columns of a wide window fit) and bracketed
 * pastes.
 */
#define NCURSES_WIDECHAR 1

#include "ui/screen.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "core/memory.h"
#include "ui/pairs.h"
#include "ui/restore.h"
#include "ui/typing.h"

enum {
    ESCAPE_MS = 25,
    PASTE_SECONDS = 2, /* a paste that stops this long has ended */
    MAX_ROWS = 1000,
    MAX_COLS = 2000
};

#define PASTE_ON  "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define MOUSE_ON  "\033[?1000h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1000l"

struct screen {
    SCREEN *curses;
    int rows, cols;
    bool utf8, mouse, ansi;
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
    time_t last_paste;
    char reset[RESTORE_BYTES]; /* what puts the terminal back */
    size_t reset_len;
    struct termios modes; /* as they were */
};

static void send(const char *bytes)
{
    putp(bytes);
    fflush(stdout);
}

static void inform(const struct screen *s, bool on)
{
    if (s->ansi) {
        send(on ? PASTE_ON : PASTE_OFF);
    }
    if (s->ansi && s->mouse) {
        send(on ? MOUSE_ON : MOUSE_OFF);
    }
}

/* Opening and closing */

/* A capability without the waiting times in it. */
static void add_capability(struct screen *s, const char *name)
{
    const char *p = tigetstr(name);
    if (p == NULL || p == (char *)-1) {
        return;
    }
    while (*p != '\0' && s->reset_len < RESTORE_BYTES) {
        const char *end = p[0] == '$' && p[1] == '<' ? strchr(p, '>') : NULL;
        if (end != NULL) {
            p = end + 1;
        } else {
            s->reset[s->reset_len++] = *p++;
        }
    }
}

static void add_reset(struct screen *s, const char *bytes)
{
    size_t len = strlen(bytes);
    if (s->reset_len + len <= RESTORE_BYTES) {
        memcpy(s->reset + s->reset_len, bytes, len);
        s->reset_len += len;
    }
}

static void make_reset(struct screen *s)
{
    if (s->ansi) {
        add_reset(s, PASTE_OFF);
    }
    if (s->ansi && s->mouse) {
        add_reset(s, MOUSE_OFF);
    }
    add_capability(s, "sgr0");
    add_capability(s, "op");
    add_capability(s, "cnorm");
    add_capability(s, "rmkx");
    add_capability(s, "rmcup");
}

static int color_count(bool mono)
{
    const char *no_color = getenv("NO_COLOR");
    if (mono || (no_color != NULL && no_color[0] != '\0') || !has_colors() || start_color() == ERR) {
        return 0;
    }
    char *rgb = tigetstr("RGB");
    bool direct = tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || (rgb != NULL && rgb != (char *)-1);
    if (COLORS > 256 && direct) {
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
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    meta(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_MS);
    typeahead(-1);
    keyok(KEY_MOUSE, FALSE);
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

/* newterm, without the signal handlers that it would leave behind: the loop has its own. */
static SCREEN *new_terminal(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    enum { N = sizeof numbers / sizeof numbers[0] };
    struct sigaction before[N];
    for (size_t i = 0; i < N; i++) {
        sigaction(numbers[i], NULL, &before[i]);
    }
    SCREEN *curses = newterm(NULL, stdout, stdin);
    for (size_t i = 0; i < N; i++) {
        sigaction(numbers[i], &before[i], NULL);
    }
    return curses;
}

static bool starts_ansi(const char *capability)
{
    return capability != NULL && capability != (char *)-1 && strncmp(capability, "\033[", 2) == 0;
}

static bool usable(struct error *e)
{
    struct winsize size;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        error_set(e, ERROR_UNSUPPORTED, 0,
                  "the interface needs a terminal, and standard %s is none; run a subcommand instead "
                  "(porthole ls, porthole --help)",
                  isatty(STDIN_FILENO) ? "output" : "input");
        return false;
    }
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && (size.ws_row > MAX_ROWS || size.ws_col > MAX_COLS)) {
        error_set(e, ERROR_UNSUPPORTED, 0, "a terminal of %d x %d is too large; make it at most %d x %d",
                  size.ws_row, size.ws_col, MAX_ROWS, MAX_COLS);
        return false;
    }
    return true;
}

struct screen *screen_open(const struct screen_options *options, struct error *e)
{
    struct termios modes;
    if (!usable(e)) {
        return NULL;
    }
    setlocale(LC_ALL, "");
    tcgetattr(STDIN_FILENO, &modes);
    const char *term = getenv("TERM");
    SCREEN *curses = new_terminal();
    if (curses == NULL || tigetstr("cup") == NULL || tigetstr("cup") == (char *)-1) {
        if (curses != NULL) {
            endwin();
            delscreen(curses);
        }
        error_set(
            e, ERROR_UNSUPPORTED, 0,
            "the terminal cannot be used: TERM is \"%.40s\", which is not known or cannot move the cursor; "
            "set TERM to the terminal's name, such as xterm-256color",
            term == NULL ? "" : term);
        return NULL;
    }
    struct screen *s = mem_new(1, sizeof *s);
    s->curses = curses;
    s->modes = modes;
    s->mouse = options->mouse;
    s->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    s->ansi = starts_ansi(tigetstr("cup"));
    s->cursor_row = -1;
    open_input(s);
    open_colors(s, options->mono);
    take_size(s);
    make_reset(s);
    restore_arm(STDOUT_FILENO, s->reset, s->reset_len, &s->modes);
    curs_set(0);
    leaveok(stdscr, TRUE);
    refresh();
    inform(s, true);
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
    free(s);
}

void screen_restore(void)
{
    restore_now();
}

void screen_suspend(struct screen *s)
{
    inform(s, false);
    curs_set(1);
    endwin();
    tcsetattr(STDIN_FILENO, TCSADRAIN, &s->modes);
    restore_disarm();
    s->suspended = true;
}

void screen_resume(struct screen *s)
{
    restore_arm(STDOUT_FILENO, s->reset, s->reset_len, &s->modes);
    s->suspended = false;
    s->cursor_row = -1;
    reset_prog_mode();
    screen_redraw_all(s);
    leaveok(stdscr, TRUE);
    refresh();
    curs_set(0);
    inform(s, true);
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
    int waiting = 0;
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    (void)s;
    if (ioctl(STDOUT_FILENO, TIOCOUTQ, &waiting) != 0) {
        waiting = 0;
    }
    if (waiting <= 0 && poll(&output, 1, 0) == 0) {
        waiting = 1; /* stopped, or full */
    }
    return waiting;
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
    int value = (int)(color & 0xffffff);
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

/* Curses goes by the C library's widths; where those are not ours, a mark keeps the columns right. */
static void characters(const struct screen *s, const struct cell *cell, wchar_t out[CELL_CHARS + 1])
{
    uint32_t base = cell->chars[0];
    size_t n = 0;
    memset(out, 0, (CELL_CHARS + 1) * sizeof *out);
    if (base == 0) {
        out[0] = L' ';
        return;
    }
    if ((base >= 0x7f && !s->utf8) || base < 0x20 || wcwidth((wchar_t)base) != (cell->width == 2 ? 2 : 1)) {
        out[0] = cell->width == 2 && s->utf8 ? 0x3000 : L'?';
        return;
    }
    out[n++] = (wchar_t)base;
    for (size_t i = 1; i < CELL_CHARS && cell->chars[i] != 0; i++) {
        if (wcwidth((wchar_t)cell->chars[i]) == 0) {
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
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
        return false;
    }
    int rows = size.ws_row < MAX_ROWS ? size.ws_row : MAX_ROWS;
    int cols = size.ws_col < MAX_COLS ? size.ws_col : MAX_COLS;
    if (rows == s->rows && cols == s->cols) {
        return false;
    }
    if (resize_term(rows, cols) != OK) {
        return false;
    }
    take_size(s);
    screen_redraw_all(s);
    return true;
}

static void feed(struct screen *s, int code)
{
    struct key k;
    if (code >= 0 && code <= 0xff) {
        typing_byte(s->typing, (unsigned char)code);
    } else if (typing_named(keyname(code), &k)) {
        typing_key(s->typing, k.code, k.modifiers);
    }
    if (typing_pasting(s->typing)) {
        s->last_paste = time(NULL);
    }
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
        int code = getch();
        if (code == ERR) {
            nothing_waits(s);
            return typing_next(s->typing, k);
        }
        feed(s, code);
    }
    return true;
}
