/* What comes is fed to the terminal at once (ui/intake.h bounds it) and drawn with the next frame: only the
 * rows that the terminal calls dirty, unless the window has moved.
 *
 * Rows are numbered as the terminal numbers them: 0 is the top of its screen, negative ones are scrollback.
 * When the stream has ended, a line that says how stands right below the last row in use, and counts as one
 * more row.
 *
 * A container without a terminal gets and sends plain lines: its line feeds return the carriage, what is
 * typed is echoed here, Ctrl-C is the signal (not to the container's own first process, which it would end by
 * a slip) and Ctrl-D the end of the input.
 *
 * What the terminal answers by itself is passed on only to what is asked live, since whoever asked before has
 * gone: his answers would be typed into what reads now. A program that asks and does not read gets no more
 * than ANSWERS_MOST bytes until what was written has left. */
#include "ui/console_pane.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/utf8.h"
#include "ui/line.h"
#include "ui/paragraph.h"
#include "ui/terminal.h"
#include "ui/terminal_text.h"

enum { WHEEL_ROWS = 3, NO_ROW = INT32_MAX, EARLY_MOST = 4096, ANSWERS_MOST = 4096 };

struct console_pane {
    struct console_pane_parts parts;
    char **argv;
    char *name;
    bool terminal_wanted;     /* it has a terminal on its side */
    struct utf8_held held[2]; /* without one: of output and of errors */
    struct console *console;
    struct terminal *terminal;
    struct key *early; /* typed before the first drawing, which opens it; pastes are copies */
    size_t n_early, early_room;
    bool opened, ended, moved; /* moved: everything must be drawn again */
    bool replaying;            /* what comes was printed before the stream was opened */
    bool feeding;              /* what the terminal puts out is an answer, else typed */
    size_t answered;           /* bytes of answers that may not have left yet */
    char *ending;              /* how it ended */
    int exit_code;
    long back; /* rows that the window is above the end */
    int rows, cols;
    char *needle;
    long found; /* row of the last match; NO_ROW none */
};

static char *make_name(const struct console_pane_parts *parts, const struct container *it)
{
    struct text name = {0};
    const char *of = it != NULL && it->name != NULL ? it->name : "gone";
    text_add_clean(&name, of, strlen(of));
    if (parts->kind == CONSOLE_EXEC) {
        text_addf(&name, " %s", parts->argv != NULL && parts->argv[0] != NULL ? parts->argv[0] : "shell");
    }
    return text_take(&name);
}

struct console_pane *console_pane_new(const struct console_pane_parts *parts)
{
    struct console_pane *p = mem_new(1, sizeof *p);
    const struct container *it = model_get(session_model(parts->session), parts->id);
    p->parts = *parts;
    p->argv = mem_strings(parts->argv);
    p->parts.argv = (const char *const *)p->argv;
    p->name = make_name(parts, it);
    p->terminal_wanted = parts->kind == CONSOLE_EXEC || (it != NULL && it->terminal);
    p->exit_code = -1;
    p->found = NO_ROW;
    return p;
}

static void close_stream(struct console_pane *p)
{
    if (p->console != NULL) {
        intake_forget(p->parts.intake, p->console);
        console_close(p->console);
        p->console = NULL;
    }
}

static void forget_early(struct console_pane *p)
{
    for (size_t i = 0; i < p->n_early; i++) {
        free((char *)p->early[i].paste);
    }
    free(p->early);
    p->early = NULL;
    p->n_early = p->early_room = 0;
}

void console_pane_free(struct console_pane *p)
{
    close_stream(p);
    forget_early(p);
    if (p->terminal != NULL) {
        terminal_free(p->terminal);
    }
    free(p->argv);
    free(p->name);
    free(p->ending);
    free(p->needle);
    free(p);
}

container_id console_pane_container(const struct console_pane *p)
{
    return p->parts.id;
}

bool console_pane_live(const struct console_pane *p)
{
    return !p->ended;
}

bool console_pane_attached(const struct console_pane *p)
{
    return p->parts.kind == CONSOLE_ATTACH;
}

bool console_pane_full_screen(const struct console_pane *p)
{
    return p->terminal != NULL && terminal_alternate(p->terminal);
}

bool console_pane_scrolled(const struct console_pane *p)
{
    return p->back > 0;
}

const char *console_pane_name(const struct console_pane *p)
{
    return p->name;
}

const char *console_pane_state(const struct console_pane *p, char *out, size_t room)
{
    if (!p->ended) {
        snprintf(out, room, "%s", p->parts.kind == CONSOLE_ATTACH ? "attached" : "live");
    } else if (p->exit_code >= 0) {
        snprintf(out, room, "exited %d", p->exit_code);
    } else {
        snprintf(out, room, "ended");
    }
    return out;
}

const char *console_pane_ending(const struct console_pane *p)
{
    return p->ending;
}

/* Keeps the window on the rows that it shows while others come below. */
static void feed(struct console_pane *p, const char *data, size_t len)
{
    size_t before = terminal_scrollback(p->terminal);
    p->feeding = true;
    terminal_feed(p->terminal, data, len);
    p->feeding = false;
    long grown = (long)terminal_scrollback(p->terminal) - (long)before;
    if (p->back > 0) {
        p->back = p->back + grown > 0 ? p->back + grown : 0;
        p->moved = true;
    }
    if (p->found != NO_ROW) {
        p->found -= grown;
    }
}

static void feed_lines(struct console_pane *p, const char *data, size_t len)
{
    const char *end = data + len;
    while (data < end) {
        const char *newline = memchr(data, '\n', (size_t)(end - data));
        const char *stop = newline != NULL ? newline : end;
        if (stop > data) {
            feed(p, data, (size_t)(stop - data));
        }
        if (newline != NULL) {
            feed(p, "\r\n", 2);
            stop++;
        }
        data = stop;
    }
}

/* Output and errors of a program without a terminal come in turn: a character that a read has cut waits for
 * its rest, which what comes of the other stream must not break off. */
static void feed_stream(struct console_pane *p, enum console_stream stream, const char *data, size_t len)
{
    struct utf8_held *held = &p->held[stream == CONSOLE_ERR];
    bool whole;
    uint32_t code;
    while (len > 0 && held->n > 0) {
        char bytes[UTF8_LONGEST];
        size_t used = utf8_resume(held, data, len, &whole, &code);
        if (whole) {
            feed_lines(p, bytes, text_encode(code, bytes));
        }
        data += used;
        len -= used;
    }
    size_t cut = utf8_unfinished(data, len);
    feed_lines(p, data, len - cut);
    if (cut > 0) {
        utf8_begin(held, data + len - cut, cut, &whole, &code);
    }
}

static void end_streams(struct console_pane *p)
{
    char bytes[UTF8_LONGEST];
    for (int i = 0; i < 2; i++) {
        if (utf8_end(&p->held[i])) {
            feed_lines(p, bytes, text_encode(UTF8_REPLACEMENT, bytes));
        }
    }
    if (p->terminal != NULL) {
        terminal_end(p->terminal);
    }
}

static void on_bytes(void *user, enum console_stream stream, int64_t when, const char *data, size_t len)
{
    struct console_pane *p = user;
    (void)when;
    if (p->terminal_wanted) {
        feed(p, data, len);
    } else {
        feed_stream(p, stream, data, len);
    }
    intake_took(p->parts.intake, p->console, len);
    p->parts.changed(p->parts.user);
}

static void on_closed(void *user, const struct error *why, int exit_code)
{
    struct console_pane *p = user;
    struct text words = {0};
    intake_forget(p->parts.intake, p->console);
    p->console = NULL;
    end_streams(p);
    p->ended = p->moved = true;
    p->exit_code = exit_code;
    if (why != NULL) {
        text_add_clean(&words, why->text, strlen(why->text));
    } else if (exit_code >= 0) {
        text_addf(&words, "exited with code %d", exit_code);
    } else {
        text_add(&words, "the console has ended");
    }
    free(p->ending);
    p->ending = text_take(&words);
    p->parts.changed(p->parts.user);
}

static void on_live(void *user)
{
    struct console_pane *p = user;
    p->replaying = false;
}

static void on_drained(void *user)
{
    struct console_pane *p = user;
    p->answered = 0;
}

static const struct console_sink SINK = {
    .bytes = on_bytes, .live = on_live, .drained = on_drained, .closed = on_closed};

static void send_plain(struct console_pane *p, const char *bytes, size_t len)
{
    char *lines = mem_string_n(bytes, len);
    for (char *at = memchr(lines, '\r', len); at != NULL; at = memchr(at, '\r', len - (size_t)(at - lines))) {
        *at = '\n';
    }
    console_write(p->console, lines, len);
    feed_lines(p, lines, len);
    free(lines);
    p->parts.changed(p->parts.user);
}

/* A word of ours among what the program prints. */
static void note(struct console_pane *p, const char *words)
{
    feed_lines(p, words, strlen(words));
    p->parts.changed(p->parts.user);
}

static void on_output(void *user, const char *bytes, size_t len)
{
    struct console_pane *p = user;
    if (p->console == NULL || !p->terminal_wanted ||
        (p->feeding && (p->replaying || p->answered + len > ANSWERS_MOST))) {
        return;
    }
    p->answered += p->feeding ? len : 0;
    console_write(p->console, bytes, len);
}

static void open_stream(struct console_pane *p)
{
    static const char *const env[] = {"TERM=xterm-256color", NULL};
    struct console_spec spec = {.kind = p->parts.kind, .input = true, .rows = p->rows, .cols = p->cols};
    if (spec.kind == CONSOLE_EXEC) {
        spec.argv = p->parts.argv;
        spec.env = env;
        spec.terminal = true;
    } else {
        spec.replay = true;
    }
    p->opened = true;
    p->replaying = spec.replay;
    p->console = session_console(p->parts.session, p->parts.id, &spec, &SINK, p);
}

static void keep_early(struct console_pane *p, const struct key *k)
{
    if (p->n_early < EARLY_MOST) {
        p->early = mem_grow(p->early, &p->early_room, p->n_early + 1, sizeof *p->early);
        p->early[p->n_early] = *k;
        p->early[p->n_early++].paste = mem_string_n(k->paste, k->paste_len);
    }
}

static void type_early(struct console_pane *p)
{
    for (size_t i = 0; i < p->n_early; i++) {
        console_pane_type(p, &p->early[i]);
    }
    forget_early(p);
}

void console_pane_fit(struct console_pane *p, int rows, int cols)
{
    rows = rows > 0 ? rows : 1;
    cols = cols > 0 ? cols : 1;
    if (rows == p->rows && cols == p->cols) {
        return;
    }
    p->rows = rows;
    p->cols = cols;
    p->moved = true;
    p->found = NO_ROW;
    if (p->terminal == NULL) {
        p->terminal = terminal_new(rows, cols, p->parts.scrollback, on_output, p);
    } else {
        terminal_resize(p->terminal, rows, cols);
    }
    if (!p->opened) {
        open_stream(p);
        type_early(p);
    } else if (p->console != NULL) {
        console_resize(p->console, rows, cols);
    }
}

static bool is_control(const struct key *k, uint32_t letter)
{
    return k->code == letter && k->modifiers == KEY_CTRL;
}

/* Keys of a program without a terminal, as a terminal's line discipline would take them. */
static void type_plain(struct console_pane *p, const struct key *k)
{
    char bytes[4];
    if (is_control(k, 'c') && p->parts.kind == CONSOLE_ATTACH) {
        note(p, "\n(Ctrl-C is not passed on: it would end the container. Stop or kill it from the list.)\n");
    } else if (is_control(k, 'c')) {
        console_signal(p->console, SIGINT);
    } else if (is_control(k, 'd')) {
        console_end_input(p->console);
    } else if (k->code == KEY_CODE_ENTER) {
        send_plain(p, "\n", 1);
    } else if (k->code == KEY_CODE_PASTE) {
        send_plain(p, k->paste, k->paste_len);
    } else if (key_is_character(k)) {
        send_plain(p, bytes, text_encode(k->code, bytes));
    }
}

void console_pane_type(struct console_pane *p, const struct key *k)
{
    if (!p->opened) {
        keep_early(p, k);
    }
    if (p->console == NULL) {
        return;
    }
    if (p->back > 0 && k->code != KEY_CODE_MOUSE) {
        p->back = 0;
        p->moved = true;
    }
    if (p->terminal_wanted) {
        terminal_key(p->terminal, k);
    } else {
        type_plain(p, k);
    }
}

/* The row below the last one in use. */
static int rows_used(const struct console_pane *p)
{
    int used = terminal_rows(p->terminal);
    while (p->ended && used > 0 && terminal_row_is_blank(p->terminal, used - 1)) {
        used--;
    }
    return used;
}

/* One more than the last row of the window when it is at the end. */
static int rows_end(const struct console_pane *p)
{
    int more = p->ended ? paragraph_rows(p->ending, p->cols) : 0;
    return rows_used(p) + (more < p->rows ? more : p->rows);
}

static int window_top_at_end(const struct console_pane *p)
{
    int top = rows_end(p) - p->rows;
    return top > 0 ? top : 0;
}

static long most_back(const struct console_pane *p)
{
    return (long)terminal_scrollback(p->terminal) + window_top_at_end(p);
}

static void scroll_to(struct console_pane *p, long back)
{
    long most = most_back(p);
    back = back > most ? most : back;
    back = back < 0 ? 0 : back;
    p->moved = p->moved || back != p->back;
    p->back = back;
}

bool console_pane_scroll_key(struct console_pane *p, const struct key *k)
{
    long page = p->rows > 1 ? p->rows - 1 : 1;
    if (p->terminal == NULL) {
        return false;
    }
    if (k->code == KEY_CODE_MOUSE) {
        bool up = k->mouse == MOUSE_WHEEL_UP;
        scroll_to(p, p->back + (up ? WHEEL_ROWS : k->mouse == MOUSE_WHEEL_DOWN ? -WHEEL_ROWS : 0));
        return up || k->mouse == MOUSE_WHEEL_DOWN;
    }
    switch (k->code) {
    case KEY_CODE_PAGE_UP:
        scroll_to(p, p->back + page);
        return true;
    case KEY_CODE_PAGE_DOWN:
        scroll_to(p, p->back - page);
        return true;
    case KEY_CODE_UP:
    case 'k':
        scroll_to(p, p->back + 1);
        return true;
    case KEY_CODE_DOWN:
    case 'j':
        scroll_to(p, p->back - 1);
        return true;
    case KEY_CODE_HOME:
    case 'g':
        scroll_to(p, most_back(p));
        return true;
    case KEY_CODE_END:
    case 'G':
        scroll_to(p, 0);
        return true;
    default:
        return false;
    }
}

static bool find_row(const struct console_pane *p, long from, bool older, long *found)
{
    long first = -(long)terminal_scrollback(p->terminal), end = terminal_rows(p->terminal);
    struct text line = {0};
    bool is = false;
    for (long row = from; row >= first && row < end && !is; row += older ? -1 : 1) {
        struct line_spot spot;
        terminal_row_text(p->terminal, row, &line);
        is = line_find(text_of(&line), p->needle, 0, &spot);
        *found = row;
    }
    text_done(&line);
    return is;
}

static void reveal(struct console_pane *p, long row)
{
    long top = window_top_at_end(p) - p->back;
    if (row < top || row >= top + p->rows) {
        scroll_to(p, window_top_at_end(p) - (row - p->rows / 2));
    }
}

bool console_pane_search(struct console_pane *p, const char *needle, bool older)
{
    p->moved = true;
    if (needle == NULL || p->needle == NULL || strcmp(needle, p->needle) != 0) {
        free(p->needle);
        p->needle = mem_string(needle);
        p->found = NO_ROW;
    }
    if (needle == NULL || p->terminal == NULL) {
        return false;
    }
    long from = terminal_rows(p->terminal) - 1, row;
    if (p->found != NO_ROW) {
        from = p->found + (older ? -1 : 1);
    }
    if (!find_row(p, from, older, &row)) {
        return false;
    }
    p->found = row;
    reveal(p, row);
    return true;
}

static void draw_terminal_row(const struct console_pane *p, struct canvas *c, const struct line_window *at,
                              int row)
{
    const struct cell *cells = terminal_row(p->terminal, row);
    int cols = terminal_cols(p->terminal) < at->cols ? terminal_cols(p->terminal) : at->cols;
    if (cells == NULL) {
        canvas_fill(c, (struct rect){at->row, at->col, 1, at->cols}, STYLE_TEXT);
        return;
    }
    for (int col = 0; col < cols; col++) {
        canvas_cell(c, at->row, at->col + col, &cells[col]);
    }
    if (p->needle != NULL) {
        struct text line = {0};
        terminal_row_text(p->terminal, row, &line);
        line_mark(c, at, text_of(&line), p->needle);
        text_done(&line);
    }
}

/* From the row below the last one in use: how it ended. */
static void draw_ending(const struct console_pane *p, struct canvas *c, struct rect r, int top)
{
    int from = rows_used(p) - top;
    if (from < r.rows) {
        struct rect below = {r.row + from, r.col, r.rows - from, r.cols};
        canvas_fill(c, below, STYLE_TEXT);
        paragraph_draw(c, below, p->exit_code == 0 ? STYLE_QUIET : STYLE_WARNING, p->ending);
    }
}

static void draw_cursor(const struct console_pane *p, struct canvas *c, struct rect r)
{
    int row, col;
    bool visible;
    terminal_cursor(p->terminal, &row, &col, &visible);
    if (visible && p->back == 0 && row < r.rows && col < r.cols) {
        canvas_cursor(c, r.row + row, r.col + col);
    }
}

void console_pane_draw(struct console_pane *p, struct canvas *c, struct rect r, bool typing, bool all)
{
    console_pane_fit(p, r.rows, r.cols);
    scroll_to(p, p->back);
    int top = (int)(window_top_at_end(p) - p->back);
    bool everything = all || p->moved || p->back > 0;
    for (int i = 0; i < r.rows; i++) {
        struct line_window at = {r.row + i, r.col, r.cols, 0};
        if (everything || terminal_dirty(p->terminal, top + i)) {
            draw_terminal_row(p, c, &at, top + i);
        }
    }
    if (p->ended && everything) {
        draw_ending(p, c, r, top);
    }
    if (typing && !p->ended) {
        draw_cursor(p, c, r);
    }
    terminal_clean(p->terminal);
    p->moved = false;
}
