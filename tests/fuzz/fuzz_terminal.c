/* The console: any bytes, resizes, replays and keys in between. Byte 0 is followed by rows and columns of a
 * resize, byte 1 by a key, byte 2 by how much of what came so far comes once more, as when somebody attaches
 * again; all others go in as they are. Every row can be read, and is whole; the cursor is inside, also where
 * libvterm has it; answers are bounded; what is shown in the end does not depend on the pieces that the bytes
 * came in. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/terminal.h"

enum { ROWS = 12, COLS = 40, SCROLLBACK = 20, KEYS = KEY_CODE_F12 - KEY_BASE_, ANSWERS = 4096, REPLAYS = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct side {
    struct terminal *t;
    size_t piece; /* the largest piece that it gets */
    size_t written;
    char answer[32]; /* the beginning of the last one */
};

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void on_output(void *user, const char *bytes, size_t len)
{
    struct side *s = user;
    size_t kept = len < sizeof s->answer - 1 ? len : sizeof s->answer - 1;
    memcpy(s->answer, bytes, kept);
    s->answer[kept] = '\0';
    s->written += len;
}

static void check_row(const struct cell *cells, int cols)
{
    demand(cells != NULL);
    for (int col = 0; col < cols; col++) {
        demand(cells[col].width <= 2);
        demand(cells[col].width != 2 || (col + 1 < cols && cells[col + 1].width == 0));
        demand(cells[col].width != 0 || (col > 0 && cells[col - 1].width == 2));
        for (int i = 0; i < CELL_CHARS; i++) {
            uint32_t code = cells[col].chars[i];
            demand(code <= 0x10ffff && (code < 0xd800 || code > 0xdfff));
            demand(code == 0 || (code >= 0x20 && (code < 0x7f || code >= 0xa0)));
        }
    }
}

static void check(const struct terminal *t)
{
    int row, col, rows = terminal_rows(t);
    bool visible;
    int kept = (int)terminal_scrollback(t);
    demand(kept <= SCROLLBACK);
    for (int i = -kept; i < rows; i++) {
        check_row(terminal_row(t, i), terminal_cols(t));
    }
    demand(terminal_row(t, rows) == NULL && terminal_row(t, -kept - 1) == NULL);
    terminal_cursor(t, &row, &col, &visible);
    demand(row >= 0 && row < rows && col >= 0 && col < terminal_cols(t));
    demand(strpbrk(terminal_title(t), "\033\r\n\a") == NULL);
}

/* Where libvterm has the cursor it says itself; terminal_cursor would have mended that. */
static void check_reported_cursor(struct side *s)
{
    int row, col;
    s->answer[0] = '\0';
    terminal_feed(s->t, "\030\033[6n", 5);
    const char *at = strchr(s->answer, '[');
    demand(at != NULL);
    demand(sscanf(at + 1, "%d;%d", &row, &col) == 2);
    demand(row >= 1 && row <= terminal_rows(s->t) && col >= 1 && col <= terminal_cols(s->t));
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

static void check_same(const struct terminal *a, const struct terminal *b)
{
    int row_a, row_b, col_a, col_b;
    bool visible_a, visible_b;
    for (int row = -(int)terminal_scrollback(a); row < terminal_rows(a); row++) {
        const struct cell *other = terminal_row(b, row);
        demand(other != NULL);
        demand(same_row(terminal_row(a, row), other, terminal_cols(a)));
    }
    terminal_cursor(a, &row_a, &col_a, &visible_a);
    terminal_cursor(b, &row_b, &col_b, &visible_b);
    demand(row_a == row_b && col_a == col_b && visible_a == visible_b);
    demand(terminal_scrollback(a) == terminal_scrollback(b));
    demand(strcmp(terminal_title(a), terminal_title(b)) == 0);
}

static void type(struct terminal *t, uint8_t which)
{
    struct key k = {.code = which % 2 ? KEY_BASE_ + which / 2u % KEYS : which, .modifiers = which & 7u};
    k.paste = "a\033[201~b\n";
    k.paste_len = 9;
    terminal_key(t, &k);
}

/* Each piece at the end of a block, so that the sanitizer sees a read beyond it. */
static void feed(struct side *s, const uint8_t *data, size_t size)
{
    size_t room = size < s->piece ? size : s->piece;
    char *block = malloc(room);
    demand(block != NULL);
    while (size > 0) {
        size_t n = size < room ? size : room;
        memcpy(block + room - n, data, n);
        s->written = 0;
        terminal_feed(s->t, block + room - n, n);
        demand(s->written <= ANSWERS);
        data += n;
        size -= n;
    }
    free(block);
}

static void play(struct side *s, const uint8_t *data, size_t size, int replays)
{
    for (size_t i = 0; i < size;) {
        if (data[i] == 0 && i + 2 < size) {
            terminal_resize(s->t, 1 + data[i + 1] % 60, 1 + data[i + 2] % 150);
            i += 3;
            check(s->t);
        } else if (data[i] == 1 && i + 1 < size) {
            type(s->t, data[i + 1]);
            i += 2;
        } else if (data[i] == 2 && i + 1 < size && replays > 0) {
            size_t from = i > data[i + 1] ? i - data[i + 1] : 0;
            play(s, data + from, i - from, --replays);
            i += 2;
        } else {
            size_t start = i++;
            while (i < size && data[i] > 2) {
                i++;
            }
            feed(s, data + start, i - start);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct side sides[] = {{.piece = SIZE_MAX}, {.piece = 1}};
    for (int i = 0; i < 2; i++) {
        sides[i].t = terminal_new(ROWS, COLS, SCROLLBACK, on_output, &sides[i]);
        play(&sides[i], data, size, REPLAYS);
        terminal_end(sides[i].t);
        check(sides[i].t);
    }
    check_same(sides[0].t, sides[1].t);
    for (int i = 0; i < 2; i++) {
        check_reported_cursor(&sides[i]);
        terminal_free(sides[i].t);
    }
    return 0;
}
