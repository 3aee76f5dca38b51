#include "ui/table.h"

#include "core/text.h"

static int width_of(const struct table_column *columns, int n, int up_to_rank)
{
    int width = 0;
    for (int i = 0; i < n; i++) {
        if (columns[i].width > 0 && columns[i].rank <= up_to_rank) {
            width += columns[i].width + (width > 0 ? TABLE_GAP : 0);
        }
    }
    return width;
}

static int highest_rank(const struct table_column *columns, int n)
{
    int rank = 0;
    for (int i = 0; i < n; i++) {
        rank = columns[i].rank > rank ? columns[i].rank : rank;
    }
    return rank;
}

void table_fit(const struct table_column *columns, int n, int flex, int col, int cols,
               struct table_place *out)
{
    int rank = highest_rank(columns, n);
    while (rank > 0 && width_of(columns, n, rank) > cols) {
        rank--;
    }
    int spare = cols - width_of(columns, n, rank);
    int at = col;
    for (int i = 0; i < n; i++) {
        out[i] = (struct table_place){at, 0};
        if (columns[i].width == 0 || columns[i].rank > rank) {
            continue;
        }
        int width = columns[i].width + (i == flex ? spare : 0);
        int room = col + cols - at;
        out[i].cols = width > room ? room : width;
        out[i].cols = out[i].cols < 0 ? 0 : out[i].cols;
        at += width + TABLE_GAP;
    }
}

void table_text(struct canvas *c, int row, const struct table_column *column, const struct table_place *place,
                enum style style, const char *s)
{
    if (place->cols <= 0) {
        return;
    }
    if (column->right) {
        canvas_right(c, row, place->col, place->cols, style, s);
    } else {
        canvas_text(c, row, place->col, place->cols, style, s);
    }
}

/* Behind the label: of a right one that is the gap, so that labels stand still. */
static void draw_arrow(struct canvas *c, int row, const struct table_heads *heads)
{
    const struct table_column *column = &heads->columns[heads->sorted];
    const struct table_place *place = &heads->places[heads->sorted];
    int width = text_width(column->label);
    if (place->cols >= width) {
        int col = place->col + (column->right ? place->cols : width);
        canvas_text(c, row, col, 1, STYLE_STRONG, heads->descending ? "▾" : "▴");
    }
}

void table_heads(struct canvas *c, int row, const struct table_heads *heads)
{
    for (int i = 0; i < heads->n; i++) {
        enum style style = i == heads->sorted ? STYLE_STRONG : STYLE_QUIET;
        table_text(c, row, &heads->columns[i], &heads->places[i], style, heads->columns[i].label);
    }
    if (heads->sorted >= 0) {
        draw_arrow(c, row, heads);
    }
}
