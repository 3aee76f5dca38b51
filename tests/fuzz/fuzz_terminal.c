/* The console: any bytes, resizes and keys in between. Byte 0 is followed by rows and columns of a resize,
 * byte 1 by a key; all others go in as they are. Then every row can be read, and is whole. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ui/terminal.h"

enum { SCROLLBACK = 20, KEYS = KEY_CODE_F12 - KEY_BASE_ };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void on_output(void *user, const char *bytes, size_t len)
{
    (void)bytes;
    *(size_t *)user += len;
}

static void check_row(const struct cell *cells, int cols)
{
    demand(cells != NULL);
    for (int col = 0; col < cols; col++) {
        demand(cells[col].width <= 2);
        demand(cells[col].width != 2 || (col + 1 < cols && cells[col + 1].width == 0));
        demand(cells[col].width != 0 || (col > 0 && cells[col - 1].width == 2));
        for (int i = 0; i < CELL_CHARS; i++) {
            demand(cells[col].chars[i] <= 0x10ffff);
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

static void type(struct terminal *t, uint8_t which)
{
    struct key k = {.code = which % 2 ? KEY_BASE_ + which / 2u % KEYS : which, .modifiers = which & 7u};
    k.paste = "a\033[201~b\n";
    k.paste_len = 9;
    terminal_key(t, &k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t written = 0, i = 0;
    struct terminal *t = terminal_new(24, 80, SCROLLBACK, on_output, &written);
    while (i < size) {
        if (data[i] == 0 && i + 2 < size) {
            terminal_resize(t, 1 + data[i + 1] % 60, 1 + data[i + 2] % 150);
            i += 3;
            check(t);
        } else if (data[i] == 1 && i + 1 < size) {
            type(t, data[i + 1]);
            i += 2;
        } else {
            size_t start = i++;
            while (i < size && data[i] > 1) {
                i++;
            }
            terminal_feed(t, (const char *)data + start, i - start);
        }
    }
    check(t);
    terminal_free(t);
    return 0;
}
