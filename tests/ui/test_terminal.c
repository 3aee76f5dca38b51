/* The terminal: what programs print, cell by cell against libvterm's own screen layer, and what is our own.
 */
#include "tests/core/test.h"

#include <stdio.h>
#include <vterm.h>

#include "core/text.h"
#include "ui/terminal.h"

struct answers {
    struct text bytes;
};

static void on_output(void *user, const char *bytes, size_t len)
{
    struct answers *a = user;
    text_add_n(&a->bytes, bytes, len);
}

static struct terminal *make(int rows, int cols, size_t scrollback, struct answers *a)
{
    *a = (struct answers){{0}};
    return terminal_new(rows, cols, scrollback, on_output, a);
}

static void end(struct terminal *t, struct answers *a)
{
    terminal_free(t);
    text_done(&a->bytes);
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

static void test_text_scrolls_into_the_scrollback(void **state)
{
    (void)state;
    struct answers a;
    struct terminal *t = make(3, 10, 4, &a);
    feed(t, "1\r\n2\r\n3");
    assert_int_equal(terminal_scrollback(t), 0);
    feed(t, "\r\n\033[1;38;5;200m4\033[0m \xe4\xb8\xad"
            "e\xcc\x81\r\n5\r\n6\r\n7\r\n8\r\n9");
    assert_int_equal(terminal_scrollback(t), 4);
    assert_row(t, 0, "7");
    assert_row(t, 2, "9");
    assert_row(t, -1, "6");
    assert_row(t, -3,
               "4 \xe4\xb8\xad"
               "e\xcc\x81");
    const struct cell *cells = terminal_row(t, -3);
    assert_int_equal(cells[0].attributes, ATTR_BOLD);
    assert_int_equal(cells[0].foreground, COLOR_INDEX | 200);
    assert_int_equal(cells[1].attributes, 0);
    assert_int_equal(cells[2].width, 2);
    assert_int_equal(cells[3].width, 0);
    assert_null(terminal_row(t, -5));
    assert_null(terminal_row(t, 3));
    end(t, &a);
}

static void test_the_alternate_screen(void **state)
{
    (void)state;
    struct answers a;
    struct terminal *t = make(3, 10, 100, &a);
    feed(t, "1\r\n2\r\n3\r\n4");
    feed(t, "\033[?1049h\033[H1\r\n2\r\n3\r\n4\r\n5");
    assert_true(terminal_alternate(t));
    assert_int_equal(terminal_scrollback(t), 0);
    assert_row(t, 2, "5");
    feed(t, "\033[?1049l");
    assert_false(terminal_alternate(t));
    assert_int_equal(terminal_scrollback(t), 1);
    assert_row(t, 2, "4");
    end(t, &a);
}

static void test_resizing_keeps_what_it_can(void **state)
{
    (void)state;
    struct answers a;
    struct terminal *t = make(4, 10, 100, &a);
    int row, col;
    bool visible;
    feed(t, "one\r\ntwo\r\nthree");
    terminal_resize(t, 3, 10);
    assert_row(t, 0, "one");
    terminal_resize(t, 2, 3);
    assert_row(t, 0, "two");
    assert_row(t, 1, "thr");
    assert_row(t, -1, "one");
    terminal_cursor(t, &row, &col, &visible);
    assert_int_equal(row, 1);
    assert_true(visible);
    terminal_resize(t, 5, 20);
    assert_row(t, 0, "one");
    assert_row(t, 2, "thr");
    assert_int_equal(terminal_scrollback(t), 0);
    terminal_cursor(t, &row, &col, &visible);
    assert_int_equal(row, 2);
    terminal_resize(t, 0, -5);
    assert_int_equal(terminal_rows(t), 1);
    feed(t, "x\xe4\xb8\xad\r\ny");
    end(t, &a);
}

static void test_dirty_rows(void **state)
{
    (void)state;
    struct answers a;
    struct terminal *t = make(4, 10, 100, &a);
    terminal_clean(t);
    feed(t, "\033[2;1Hx");
    assert_true(terminal_dirty(t, 1));
    assert_false(terminal_dirty(t, 0) || terminal_dirty(t, 2) || terminal_dirty(t, 9));
    terminal_clean(t);
    feed(t, "\033[4;1H\n");
    assert_true(terminal_dirty(t, 0) && terminal_dirty(t, 3));
    end(t, &a);
}

static void test_nothing_steers_from_inside(void **state)
{
    (void)state;
    struct answers a;
    struct terminal *t = make(3, 30, 100, &a);
    feed(t,
         "\033]0;a\xc2\x9b"
         "b\xe2\x80\xae title\007\033]52;c;aGVsbG8=\007\033[5;5;5;5;5;5;5;5;5;5;5;5;5;5;5;5;5;5;5;5;5;5mx");
    assert_null(strstr(terminal_title(t), "\xc2\x9b"));
    assert_non_null(strstr(terminal_title(t), " title"));
    assert_int_equal(a.bytes.len, 0);
    assert_row(t, 0, "x");
    feed(t, "\033[3b\xc2\x9by\033[99999999999999999999999C\033[b");
    const struct cell *cells = terminal_row(t, 0);
    for (int col = 0; col < 30; col++) {
        uint32_t code = cells[col].chars[0];
        assert_true(code == 0 || code >= 0x20);
        assert_true(code < 0x7f || code >= 0xa0);
    }
    end(t, &a);
}

/* However the bytes are cut into pieces. */
static void test_strings_in_pieces(void **state)
{
    (void)state;
    static const char bytes[] = "a\033]2;one\033\\b\033P1$qm\033\\c\033_app\033\\d\033]0;t\tw\303\266\007e"
                                "\033]52;c;aGk=\033[1mf\033^x\030g\033Xno\007no\033\\h\033]lost";
    size_t len = sizeof bytes - 1;
    for (size_t cut = 0; cut <= len; cut++) {
        struct answers a;
        struct terminal *t = make(3, 30, 100, &a);
        terminal_feed(t, bytes, cut);
        terminal_resize(t, 4, 30);
        terminal_feed(t, bytes + cut, len - cut);
        assert_row(t, 0, "abcdefgh");
        assert_string_equal(terminal_title(t), "t w\303\266");
        assert_int_equal(a.bytes.len, 0);
        end(t, &a);
    }
}

static void test_wide_characters_stay_whole(void **state)
{
    (void)state;
    struct answers a;
    struct terminal *t = make(3, 5, 100, &a);
    feed(t, "\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\r\n\xe6\x96\x87x\033[2;2Hy");
    assert_row(t, 0, "\xe4\xb8\xad\xe6\x96\x87");
    assert_row(t, 1, " y");
    assert_row(t, 2, "\xe6\x96\x87x");
    const struct cell *cells = terminal_row(t, 0);
    assert_true(cells[0].width == 2 && cells[1].width == 0 && cells[2].width == 2 && cells[3].width == 0);
    assert_int_equal(terminal_row(t, 1)[0].chars[0], 0);
    end(t, &a);
}

static void test_answers_are_bounded(void **state)
{
    (void)state;
    struct answers a;
    struct terminal *t = make(3, 30, 100, &a);
    struct text many = {0};
    feed(t, "\033[6n");
    assert_string_equal(text_of(&a.bytes), "\033[1;1R");
    for (int i = 0; i < 100000; i++) {
        text_add(&many, "\033[6n");
    }
    terminal_feed(t, many.data, many.len);
    assert_in_range(a.bytes.len, 100, 8192);
    text_done(&many);
    end(t, &a);
}

static void assert_sends(struct terminal *t, struct answers *a, const char *name, const char *bytes)
{
    struct key k;
    text_clear(&a->bytes);
    assert_true(key_parse(name, &k));
    terminal_key(t, &k);
    assert_string_equal(text_of(&a->bytes), bytes);
}

static void test_keys(void **state)
{
    (void)state;
    struct answers a;
    struct terminal *t = make(3, 30, 100, &a);
    assert_sends(t, &a, "x", "x");
    assert_sends(t, &a, "\xc3\xa9", "\xc3\xa9");
    assert_sends(t, &a, "Ctrl-C", "\003");
    assert_sends(t, &a, "Ctrl-J", "\n");
    assert_sends(t, &a, "Ctrl-]", "\035");
    assert_sends(t, &a, "Alt-x", "\033x");
    assert_sends(t, &a, "Enter", "\r");
    assert_sends(t, &a, "Backspace", "\177");
    assert_sends(t, &a, "Esc", "\033");
    assert_sends(t, &a, "Up", "\033[A");
    assert_sends(t, &a, "Ctrl-Right", "\033[1;5C");
    assert_sends(t, &a, "Shift-Tab", "\033[Z");
    assert_sends(t, &a, "F5", "\033[15~");
    feed(t, "\033[?1h");
    assert_sends(t, &a, "Up", "\033OA");
    end(t, &a);
}

static void test_pastes_and_mouse(void **state)
{
    (void)state;
    struct answers a;
    struct terminal *t = make(3, 30, 100, &a);
    struct key paste = {.code = KEY_CODE_PASTE, .paste = "a\nb\033[201~c\003\td"};
    struct key press = {.code = KEY_CODE_MOUSE, .mouse_row = 1, .mouse_col = 4, .mouse = MOUSE_PRESS};
    paste.paste_len = strlen(paste.paste);
    terminal_key(t, &paste);
    assert_string_equal(text_of(&a.bytes), "a\rb[201~c\td");
    feed(t, "\033[?2004h");
    text_clear(&a.bytes);
    terminal_key(t, &paste);
    assert_string_equal(text_of(&a.bytes), "\033[200~a\rb[201~c\td\033[201~");
    text_clear(&a.bytes);
    terminal_key(t, &press);
    assert_int_equal(a.bytes.len, 0);
    feed(t, "\033[?1000h\033[?1006h");
    terminal_key(t, &press);
    assert_string_equal(text_of(&a.bytes), "\033[<0;5;2M");
    end(t, &a);
}

/* Against libvterm's screen layer */

static uint32_t color_of(const VTermColor *c)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c)) {
        return COLOR_DEFAULT;
    }
    return VTERM_COLOR_IS_INDEXED(c)
               ? COLOR_INDEX | (uint32_t)c->indexed.idx
               : COLOR_RGB | (uint32_t)c->rgb.red << 16 | (uint32_t)c->rgb.green << 8 | (uint32_t)c->rgb.blue;
}

static unsigned attributes_of(const VTermScreenCell *c)
{
    return (c->attrs.bold ? ATTR_BOLD : 0u) | (c->attrs.italic ? ATTR_ITALIC : 0u) |
           (c->attrs.underline ? ATTR_UNDERLINE : 0u) | (c->attrs.blink ? ATTR_BLINK : 0u) |
           (c->attrs.reverse ? ATTR_REVERSE : 0u) | (c->attrs.strike ? ATTR_STRIKE : 0u);
}

static bool is_right_half(const VTermScreenCell *c)
{
    return c->chars[0] == (uint32_t)-1;
}

/* Half of a wide character. libvterm's screen cannot tell a whole one from halves that were overwritten or
 * moved next to each other, and leaves them; here a character that has lost a half becomes blank. */
static bool is_half(const VTermScreenCell *c)
{
    return is_right_half(c) || (c->chars[0] != 0 && text_char_width(c->chars[0]) == 2);
}

static bool same(const struct cell *ours, const VTermScreenCell *theirs)
{
    bool blank = theirs->chars[0] == 0;
    if (is_half(theirs) && ours->chars[0] == 0 && ours->width == 1) {
        return true;
    }
    if (is_right_half(theirs) || ours->width == 0) {
        return is_right_half(theirs) && ours->width == 0;
    }
    for (int i = 0; i < CELL_CHARS && (i == 0 || ours->chars[i - 1] != 0); i++) {
        if (ours->chars[i] != theirs->chars[i]) {
            return false;
        }
    }
    return color_of(&theirs->bg) == ours->background &&
           (blank ||
            (color_of(&theirs->fg) == ours->foreground && attributes_of(theirs) == ours->attributes));
}

static void compare(struct terminal *t, VTermScreen *screen, const char *what)
{
    for (int row = 0; row < terminal_rows(t); row++) {
        const struct cell *cells = terminal_row(t, row);
        for (int col = 0; col < terminal_cols(t); col++) {
            VTermScreenCell theirs;
            vterm_screen_get_cell(screen, (VTermPos){row, col}, &theirs);
            if (!same(&cells[col], &theirs)) {
                fail_msg("%s: row %d, column %d: U+%04x bg %x attributes %x width %d, not U+%04x bg %x "
                         "attributes %x",
                         what, row, col, cells[col].chars[0], cells[col].background, cells[col].attributes,
                         cells[col].width, theirs.chars[0], color_of(&theirs.bg), attributes_of(&theirs));
            }
        }
    }
}

static void compare_bytes(int rows, int cols, const char *bytes, size_t len, const char *what)
{
    struct answers a;
    struct terminal *t = make(rows, cols, 100, &a);
    VTerm *vt = vterm_new(rows, cols);
    vterm_set_utf8(vt, 1);
    VTermScreen *screen = vterm_obtain_screen(vt);
    vterm_screen_enable_altscreen(screen, 1);
    vterm_screen_reset(screen, 1);
    vterm_input_write(vt, "\0337", 2); /* what is restored when nothing was saved is all zeros there */
    vterm_input_write(vt, bytes, len);
    terminal_feed(t, bytes, len);
    compare(t, screen, what);
    VTermPos pos;
    int row, col;
    bool visible;
    vterm_state_get_cursorpos(vterm_obtain_state(vt), &pos);
    terminal_cursor(t, &row, &col, &visible);
    assert_int_equal(row, pos.row);
    assert_int_equal(col, pos.col);
    vterm_free(vt);
    end(t, &a);
}

static unsigned next(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16 & 0x7fff;
}

static void add_random(struct text *t, unsigned *seed, unsigned rows, unsigned cols)
{
    static const char finals[] = "ABCDEFGHJKLMPSTX@dfm";
    static const char *const others[] = {
        "\r\n",      "\n",       "\t",       "\b",          "\033M",       "\033D",
        "\033E",     "\0337",    "\0338",    "\033[?1049h", "\033[?1049l", "\033[?6h",
        "\033[?6l",  "\033[?7l", "\033[?7h", "\033[4h",     "\033[4l",     "\xe4\xb8\xad\xe6\x96\x87",
        "e\xcc\x81", "\033#8",   "\033[7m"};
    unsigned kind = next(seed) % 10;
    if (kind < 4) {
        for (unsigned n = next(seed) % 30; n > 0; n--) {
            text_add_char(t, (char)('a' + next(seed) % 26));
        }
    } else if (kind < 6) {
        text_addf(t, "\033[%u;%um", next(seed) % 50, 30 + next(seed) % 18);
    } else if (kind < 8) {
        char final = finals[next(seed) % (sizeof finals - 1)];
        text_addf(t, "\033[%u;%u%c", next(seed) % (rows + 2), next(seed) % (cols + 2), final);
    } else if (kind == 8 && next(seed) % 4 == 0) {
        text_addf(t, "\033[%u;%ur", 1 + next(seed) % rows, 1 + next(seed) % rows);
    } else {
        text_add(t, others[next(seed) % COUNT(others)]);
    }
}

static void test_random_output_is_as_libvterm_shows_it(void **state)
{
    (void)state;
    for (unsigned run = 1; run <= 400; run++) {
        struct text bytes = {0};
        char what[64];
        unsigned seed = run;
        unsigned rows = 3 + next(&seed) % 30, cols = 5 + next(&seed) % 100;
        for (int i = 0; i < 300; i++) {
            add_random(&bytes, &seed, rows, cols);
        }
        snprintf(what, sizeof what, "run %u at %ux%u", run, cols, rows);
        compare_bytes((int)rows, (int)cols, bytes.data, bytes.len, what);
        text_done(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_scrolls_into_the_scrollback),
        cmocka_unit_test(test_the_alternate_screen),
        cmocka_unit_test(test_resizing_keeps_what_it_can),
        cmocka_unit_test(test_dirty_rows),
        cmocka_unit_test(test_nothing_steers_from_inside),
        cmocka_unit_test(test_strings_in_pieces),
        cmocka_unit_test(test_wide_characters_stay_whole),
        cmocka_unit_test(test_answers_are_bounded),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_pastes_and_mouse),
        cmocka_unit_test(test_random_output_is_as_libvterm_shows_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
