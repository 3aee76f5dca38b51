#include "ui/terminal_text.h"

bool terminal_row_is_blank(const struct terminal *t, int row)
{
    const struct cell *cells = terminal_row(t, row);
    for (int col = 0; cells != NULL && col < terminal_cols(t); col++) {
        if (cells[col].chars[0] != 0 && cells[col].chars[0] != ' ') {
            return false;
        }
    }
    return true;
}

void terminal_row_text(const struct terminal *t, long row, struct text *out)
{
    const struct cell *cells = terminal_row(t, (int)row);
    text_clear(out);
    for (int col = 0; cells != NULL && col < terminal_cols(t); col++) {
        char bytes[4];
        if (cells[col].width == 0) {
            continue;
        }
        if (cells[col].chars[0] == 0) {
            text_add_char(out, ' ');
        }
        for (int i = 0; i < CELL_CHARS && cells[col].chars[i] != 0; i++) {
            text_add_n(out, bytes, text_encode(cells[col].chars[i], bytes));
        }
    }
}
