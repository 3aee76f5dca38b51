/* What programs print into the terminal when it is broken, cut into pieces, or meant for a screen of another
 * size. Run with libvterm built with the sanitizers where there is one: most of what is tried here harms its
 * memory only. */
#include "tests/core/test.h"

#include <stdio.h>

#include "core/text.h"
#include "ui/terminal.h"

#define RC "\357\277\275" /* U+FFFD */

struct screen {
    struct terminal *t;
    struct text answers;
};

static void on_output(void *user, const char *bytes, size_t len)
{
    struct screen *s = user;
    text_add_n(&s->answers, bytes, len);
}

static void open_screen(struct screen *s, int rows, int cols)
{
    *s = (struct screen){0};
    s->t = terminal_new(rows, cols, 100, on_output, s);
}

static void close_screen(struct screen *s)
{
    terminal_free(s->t);
    text_done(&s->answers);
}

/* Each piece in a block of its own size, so that a read beyond it is seen. */
static void feed_pieces(struct terminal *t, const char *bytes, size_t len, size_t piece)
{
    for (size_t at = 0; at < len; at += piece) {
        struct text block = {0};
        text_add_n(&block, bytes + at, at + piece < len ? piece : len - at);
        terminal_feed(t, block.data, block.len);
        text_done(&block);
    }
}

static void feed(struct terminal *t, const char *s)
{
    terminal_feed(t, s, strlen(s));
}

static void row_text(const struct terminal *t, int row, struct text *out)
{
    const struct cell *cells = terminal_row(t, row);
    text_clear(out);
    assert_non_null(cells);
    for (int col = 0; col < terminal_cols(t); col++) {
        char bytes[4];
        for (int i = 0; i < CELL_CHARS && cells[col].chars[i] != 0; i++) {
            text_add_n(out, bytes, text_encode(cells[col].chars[i], bytes));
        }
        if (cells[col].chars[0] == 0 && cells[col].width != 0) {
            text_add_char(out, ' ');
        }
    }
    while (out->len > 0 && out->data[out->len - 1] == ' ') {
        out->data[--out->len] = '\0';
    }
}

static void assert_row(const struct terminal *t, int row, const char *expected)
{
    struct text text = {0};
    row_text(t, row, &text);
    assert_string_equal(text_of(&text), expected);
    text_done(&text);
}

static void assert_cursor(const struct terminal *t, int row, int col)
{
    int at_row, at_col;
    bool visible;
    terminal_cursor(t, &at_row, &at_col, &visible);
    assert_int_equal(at_row, row);
    assert_int_equal(at_col, col);
}

static bool same_row(const struct cell *a, const struct cell *b, int cols)
{
    for (int col = 0; col < cols; col++) {
        if (!cell_same(&a[col], &b[col])) {
            return false;
        }
    }
    return true;
}

static void assert_same(const struct screen *a, const struct screen *b, const char *what)
{
    int row_a, row_b, col_a, col_b;
    bool visible_a, visible_b;
    for (int row = -(int)terminal_scrollback(a->t); row < terminal_rows(a->t); row++) {
        const struct cell *other = terminal_row(b->t, row);
        if (other == NULL || !same_row(terminal_row(a->t, row), other, terminal_cols(a->t))) {
            fail_msg("%s: row %d differs", what, row);
        }
    }
    terminal_cursor(a->t, &row_a, &col_a, &visible_a);
    terminal_cursor(b->t, &row_b, &col_b, &visible_b);
    if (row_a != row_b || col_a != col_b || visible_a != visible_b) {
        fail_msg("%s: the cursor is at %d,%d, not %d,%d", what, row_b, col_b, row_a, col_a);
    }
    assert_int_equal(terminal_scrollback(a->t), terminal_scrollback(b->t));
    assert_string_equal(terminal_title(a->t), terminal_title(b->t));
    assert_string_equal(text_of(&a->answers), text_of(&b->answers));
}

/* Broken characters, and what is shown for them; an end that is cut counts as the end of the stream. */
static const struct {
    const char *in, *row;
} BROKEN[] = {
    {"a\303\251b", "a\303\251b"},
    {"a\303", "a" RC},
    {"a\360\237\230", "a" RC},
    {"a\303\033[5bZ", "a" RC RC RC RC RC RC "Z"},
    {"\302\a\235\033Hx", RC RC "x"},
    {"a\344\270\033[1mb", "a" RC "b"},
    {"a\303\033]0;t\007b", "a" RC "b"},
    {"a\303\033P1$qm\033\\b", "a" RC "b"},
    {"a\303\rb", "b" RC},
    {"a\303\177b", "a" RC "b"},
    {"a\300\257b", "a" RC RC "b"},
    {"a\355\240\200b", "a" RC RC RC "b"},
    {"a\364\220\200\200b", "a" RC RC RC RC "b"},
    {"a\370\201\202\203\204b", "a" RC RC RC RC RC "b"},
    {"a\300\233"
     "2Jb",
     "a" RC RC "2Jb"},
    {"a\340\200\233"
     "2Jb",
     "a" RC RC RC "2Jb"},
    /* C1: a byte is none, encoded it is nothing; neither begins a sequence or a string. */
    {"a\233"
     "2Jb",
     "a" RC "2Jb"},
    {"a\302\233"
     "2Jb",
     "a2Jb"},
    {"a\302\235"
     "0;title\007b",
     "a0;titleb"},
    {"a\302\205b\302\210c\302\215d", "abcd"},
    {"a\302\302\233b", "a" RC "b"},
    /* No character is part of a sequence. */
    {"a\033[3\303\251mb", "a\303\251mb"},
    {"a\033\344\270\255b", "a\344\270\255b"},
    {"a\033[3\303", "a" RC},
    {"a\033]0;\303\007b", "ab"},
    {"a\033]0;\303\251\303\030b", "ab"},
    /* Malformed sequences are left out whole. */
    {"a\033[1 2;3mb", "ab"},
    {"a\033[1?25lb", "ab"},
    {"a\033[??25lb", "ab"},
    {"a\033[1<5bc", "ac"},
    {"a\033[?5bc", "ac"},
    {"a\033([5bc", "a5bc"},
    {"a\033(P5bc", "a5bc"},
    /* Sets of characters stand for what is ASCII, also behind what is not. */
    {"\033(0q\303\251qx\033(Bq", "\342\224\200\303\251\342\224\200\342\224\202q"},
    {"\033)0\303\251\016q\303\251q\017q", "\303\251\342\224\200\303\251\342\224\200q"},
    /* Combining characters join the one before. */
    {"e\314\201x", "e\314\201x"},
    {"\314\201x", "x"},
    {"e\b\314\201x", "x"},
    {"\343\201\213\343\202\231x", "\343\201\213\343\202\231x"},
    {"e\314\201\314\202\314\203\314\204\314\205x", "e\314\201\314\202\314\203x"},
    {"e\314\201\033[2bx", "e\314\201eex"},
    {"e\303\314\201x", "e" RC "\314\201x"},
    {"\033[5bx", "x"},
};

static void broken_characters(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(BROKEN); i++) {
        size_t len = strlen(BROKEN[i].in);
        for (size_t piece = 1; piece <= len; piece++) {
            struct screen s;
            open_screen(&s, 3, 40);
            feed_pieces(s.t, BROKEN[i].in, len, piece);
            terminal_end(s.t);
            assert_row(s.t, 0, BROKEN[i].row);
            close_screen(&s);
        }
    }
}

static void a_character_in_two_reads(void **state)
{
    (void)state;
    struct screen s;
    open_screen(&s, 3, 20);
    feed(s.t, "cut:a\303");
    assert_row(s.t, 0, "cut:a"); /* nothing yet: its rest may come */
    feed(s.t, "\251b");
    assert_row(s.t, 0, "cut:a\303\251b");
    feed(s.t, "\360\237");
    terminal_end(s.t);
    terminal_end(s.t);
    feed(s.t, "\230\200");
    assert_row(s.t, 0, "cut:a\303\251b" RC RC RC);
    close_screen(&s);
}

/* Combining characters at the end of a row, where the cursor has not moved on. */
static void combining_at_the_margin(void **state)
{
    (void)state;
    static const char bytes[] = "abcde\314\201x\r\nabc\344\270\255\314\201y";
    for (size_t piece = 1; piece < sizeof bytes; piece++) {
        struct screen s;
        open_screen(&s, 5, 5);
        feed_pieces(s.t, bytes, sizeof bytes - 1, piece);
        assert_row(s.t, 0, "abcde\314\201");
        assert_row(s.t, 1, "x");
        assert_row(s.t, 2, "abc\344\270\255\314\201");
        assert_row(s.t, 3, "y");
        close_screen(&s);
    }
}

/* Each must cost the same, however many came before it, and be forgotten. */
static void combining_without_end(void **state)
{
    (void)state;
    struct screen s;
    open_screen(&s, 3, 20);
    feed(s.t, "e");
    for (int i = 0; i < 500000; i++) {
        feed(s.t, "\314\201");
    }
    feed(s.t, "x");
    assert_row(s.t, 0, "e\314\201\314\201\314\201x");
    close_screen(&s);
}

/* No character may be lost between what the guard and what libvterm takes for combining. */
static void every_character_is_shown(void **state)
{
    (void)state;
    struct screen s;
    open_screen(&s, 2, 10);
    for (uint32_t code = 0xa0; code <= 0xe01ef; code = code == 0x1ffff ? 0xe0000 : code + 1) {
        char bytes[4];
        if (code == 0xd800) {
            code = 0xe000;
        }
        feed(s.t, "\r\033[Ka");
        terminal_feed(s.t, bytes, text_encode(code, bytes));
        feed(s.t, "b");
        const struct cell *cells = terminal_row(s.t, 0);
        bool none = code == 0xfffe || code == 0xffff;
        if (cells[0].chars[1] != code && cells[1].chars[0] != (none ? 0xfffd : code)) {
            fail_msg("U+%04x is lost", code);
        }
    }
    close_screen(&s);
}

/* What is saved for a larger screen is restored inside. */
static void restored_cursors_are_inside(void **state)
{
    (void)state;
    static const char *const saves[] = {"\0337", "\033[s", "\033[?1048h", "\033[?1049h", "\033[?6h\0337"};
    static const char *const restores[] = {"\0338", "\033[u", "\033[?1048l", "\033[?1049l", "\033[?6l\0338"};
    static const char *const uses[] = {"X",         "\033H",       "\033[K",   "\033[1K",      "\033[J",
                                       "\033[1J",   "\033[L",      "\033[M",   "\033[P",       "\033[@",
                                       "\033[99X",  "\t",          "\033[Z",   "\n",           "\033M",
                                       "\033#6",    "\314\201",    "\033[4hX", "\033[99bX",    "\033[0g",
                                       "\033[?6hX", "\033[3;9rX",  "\033[9I",  "\033[?1049hX", "\033[99'}",
                                       "\033[99'~", "\033[99;99H", "\033[99d", "\033[99`X",    "\b\b"};
    static const int sizes[][2] = {{3, 40}, {1, 3}, {1, 1}, {10, 3}, {3, 10}, {2, 300}, {60, 2}};
    for (size_t i = 0; i < COUNT(saves) * COUNT(restores) * COUNT(uses) * COUNT(sizes); i++) {
        const int *size = sizes[i % COUNT(sizes)];
        const char *use = uses[i / COUNT(sizes) % COUNT(uses)];
        const char *restore = restores[i / COUNT(sizes) / COUNT(uses) % COUNT(restores)];
        struct screen s;
        open_screen(&s, 50, 200);
        feed(s.t, "\033[50;200HA");
        feed(s.t, saves[i / COUNT(sizes) / COUNT(uses) / COUNT(restores)]);
        terminal_resize(s.t, size[0], size[1]);
        feed(s.t, restore);
        feed(s.t, use);
        feed(s.t, restore);
        feed(s.t, "\033[6n");
        int told_row = 0, told_col = 0;
        assert_int_equal(sscanf(text_of(&s.answers), "\033[%d;%dR", &told_row, &told_col), 2);
        assert_in_range(told_row, 1,
                        size[0]); /* what libvterm has, which terminal_cursor would have mended */
        assert_in_range(told_col, 1, size[1]);
        close_screen(&s);
    }
}

/* Margins, tab stops and a repeated character left over from another size. */
static void left_over_from_another_size(void **state)
{
    (void)state;
    static const char *const befores[] = {
        "\033[40;50r",    "\033[?69h\033[150;200s", "\033[?69h\033[999s\033[?6h", "\033[?6h\033[45;50r",
        "\033[200G\033H", "\344\270\255",           "\033[50;199H\344\270\255",   "\033[?1049h\033[20;30r",
        "\033[50;200Hx"};
    static const char *const afters[] = {
        "\n\n\n",      "\033M\033M",     "\033[9L",       "\033[9M",          "\033[99S", "\033[99T",
        "\033[9b",     "\033[5I\033[5Z", "\t\033[g\033H", "\314\201",         "\033[9@",  "\033[9P",
        "\033[99999X", "\033[0X",        "\033[99'}",     "\033[?69h\033[9L", "\0338X",   "\033#8"};
    static const int sizes[][2] = {{3, 40}, {1, 3}, {1, 1}, {10, 3}, {60, 300}};
    for (size_t i = 0; i < COUNT(befores) * COUNT(afters) * COUNT(sizes); i++) {
        const int *size = sizes[i % COUNT(sizes)];
        struct screen s;
        open_screen(&s, 50, 200);
        feed(s.t, befores[i / COUNT(sizes) / COUNT(afters)]);
        terminal_resize(s.t, size[0], size[1]);
        feed(s.t, afters[i / COUNT(sizes) % COUNT(afters)]);
        terminal_resize(s.t, 50, 200);
        feed(s.t, afters[i / COUNT(sizes) % COUNT(afters)]);
        close_screen(&s);
    }
}

/* A screen that begins in the middle, as that of a program that ran already: nothing was saved when it
 * restores. */
static void what_was_never_saved(void **state)
{
    (void)state;
    static const char *const restores[] = {"\0338",
                                           "\033[u",
                                           "\033[?1048l",
                                           "\033[?1049l",
                                           "\033[?25l\033[?25h\033[?1049l",
                                           "\033[31m\0337\033c\0338"};
    for (size_t i = 0; i < COUNT(restores); i++) {
        int row, col;
        bool visible;
        struct screen s;
        open_screen(&s, 3, 10);
        feed(s.t, "\033[2;5H");
        feed(s.t, restores[i]);
        feed(s.t, "$");
        const struct cell *cells = terminal_row(s.t, 0);
        assert_int_equal(cells[0].chars[0], '$');
        assert_int_equal(cells[0].foreground, COLOR_DEFAULT);
        assert_int_equal(cells[0].background, COLOR_DEFAULT);
        terminal_cursor(s.t, &row, &col, &visible);
        assert_true(visible);
        close_screen(&s);
    }
}

/* ESC[s saves the cursor, and sets margins only once a program has asked for left and right ones. */
static void save_and_restore_of_another_kind(void **state)
{
    (void)state;
    struct screen s;
    open_screen(&s, 5, 20);
    feed(s.t, "\033[3;7H\033[31m\033[s\033[H\033[0mab\033[u");
    assert_cursor(s.t, 2, 6);
    feed(s.t, "x");
    assert_int_equal(terminal_row(s.t, 2)[6].foreground, COLOR_INDEX | 1);
    feed(s.t, "\033[4;4H\033[2;5s");
    assert_cursor(s.t, 3, 3);
    feed(s.t, "\033[?69h\033[2;5s");
    assert_cursor(s.t, 0, 0);
    feed(s.t, "\033[?69l\033[4;4H\033[s\033[H\033[u");
    assert_cursor(s.t, 3, 3);
    close_screen(&s);
}

/* Beyond the screen there is no place between them. */
static void margins_beyond_the_screen(void **state)
{
    (void)state;
    struct screen s;
    open_screen(&s, 5, 20);
    feed(s.t, "\033[?69h\033[99s\033[?6h\033[2;1Hx");
    assert_row(s.t, 1, "x");
    feed(s.t, "\033[3;10s\033[2;1Hy");
    assert_row(s.t, 1, "x y");
    terminal_resize(s.t, 5, 2);
    feed(s.t, "\033[?69h\033[?6h\033[3;1Hz");
    assert_row(s.t, 2, "z");
    close_screen(&s);
}

static void a_reset_resets_all(void **state)
{
    (void)state;
    struct screen s;
    struct key press = {.code = KEY_CODE_MOUSE, .mouse = MOUSE_PRESS};
    open_screen(&s, 5, 20);
    feed(s.t, "one\033[?1049h\033[?1000h\033[?5h\033[?25l\033[2;3r\033(0two\033c");
    assert_false(terminal_alternate(s.t));
    assert_row(s.t, 0, "");
    feed(s.t, "q\033[b");
    assert_row(s.t, 0, "qq");
    assert_int_equal(terminal_row(s.t, 0)[0].attributes, 0);
    terminal_key(s.t, &press);
    assert_int_equal(s.answers.len, 0);
    close_screen(&s);
}

static void answers_are_utf8(void **state)
{
    (void)state;
    struct screen s;
    open_screen(&s, 5, 20);
    feed(s.t, "\033 G\033[6n");
    assert_string_equal(text_of(&s.answers), "\033[1;1R");
    close_screen(&s);
}

/* A list of parameters that ends in the middle of a colour, at any length. */
static void unfinished_colours(void **state)
{
    (void)state;
    static const char *const ends[] = {"38", "48", "38;5", "48;2", "38:5", "38:2:1", "48;2;1;2", "4", "4:"};
    struct screen s;
    open_screen(&s, 3, 20);
    for (size_t i = 0; i < COUNT(ends); i++) {
        for (int before = 0; before < 20; before++) {
            feed(s.t, "\033[");
            for (int n = 0; n < before; n++) {
                feed(s.t, n % 2 == 0 ? "1;" : "5:");
            }
            feed(s.t, ends[i]);
            feed(s.t, "mx");
        }
    }
    close_screen(&s);
}

/* Whole and in pieces */

static unsigned next(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16 & 0x7fff;
}

static void add_random(struct text *t, unsigned *seed)
{
    static const char *const some[] = {
        "\033[",    "\033]0;",  "\033P",       "\033\\",      "\007",     "\0337",      "\0338",
        "\033[s",   "\033[u",   "\033c",       "\030",        "\032",     "\033(0",     "\033)0",
        "\016",     "\017",     "\033N",       "\033O",       "\033[5b",  "\033[?69h",  "\302",
        "\235",     "\303",     "\251",        "\344",        "\270",     "\255",       "\360\237",
        "\230\200", "\314\201", "\r\n",        "\t",          "\033H",    "\033[g",     "\b",
        "\033[J",   "\033[K",   "\033[?1049h", "\033[?1049l", "\033[?6h", "\033[m",     "\033[4h",
        "\033[?7l", "\033[6n",  "\033#8",      "\033[3L",     "\033[2P",  "\033[31;1m", "\343\202\231",
        "\033(B"};
    switch (next(seed) % 4) {
    case 0:
        text_add_char(t, (char)(next(seed) % 256));
        break;
    case 1:
        text_add_char(t, "0123456789;:?mHrsbqx"[next(seed) % 20]);
        break;
    default:
        text_add(t, some[next(seed) % COUNT(some)]);
    }
}

static void pieces_change_nothing(void **state)
{
    (void)state;
    for (unsigned run = 1; run <= 400; run++) {
        struct screen whole, pieces;
        struct text bytes = {0};
        unsigned seed = run;
        char what[32];
        int rows = 1 + (int)(next(&seed) % 12), cols = 1 + (int)(next(&seed) % 30);
        for (int i = 0; i < 200; i++) {
            add_random(&bytes, &seed);
        }
        snprintf(what, sizeof what, "run %u at %dx%d", run, cols, rows);
        open_screen(&whole, rows, cols);
        open_screen(&pieces, rows, cols);
        terminal_feed(whole.t, bytes.data, bytes.len);
        feed_pieces(pieces.t, bytes.data, bytes.len, 1 + run % 3);
        assert_same(&whole, &pieces, what);
        close_screen(&whole);
        close_screen(&pieces);
        text_done(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_characters),
        cmocka_unit_test(a_character_in_two_reads),
        cmocka_unit_test(combining_at_the_margin),
        cmocka_unit_test(combining_without_end),
        cmocka_unit_test(every_character_is_shown),
        cmocka_unit_test(restored_cursors_are_inside),
        cmocka_unit_test(left_over_from_another_size),
        cmocka_unit_test(what_was_never_saved),
        cmocka_unit_test(save_and_restore_of_another_kind),
        cmocka_unit_test(margins_beyond_the_screen),
        cmocka_unit_test(a_reset_resets_all),
        cmocka_unit_test(answers_are_utf8),
        cmocka_unit_test(unfinished_colours),
        cmocka_unit_test(pieces_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
