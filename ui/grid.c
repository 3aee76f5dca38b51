#include "ui/grid.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "ui/scrollback.h"

struct line {
    struct glyph *cells;
    int used; /* cells beyond are blank, whatever the memory holds */
};

struct grid {
    int rows, cols;
    int top; /* where in the ring the first row is */
    struct line *lines;
};

static const struct glyph nothing = {.width = 1};

static struct line *line_at(const struct grid *g, int row)
{
    int at = g->top + row;
    return &g->lines[at < g->rows ? at : at - g->rows];
}

struct grid *grid_new(int rows, int cols)
{
    struct grid *g = mem_new(1, sizeof *g);
    g->rows = rows;
    g->cols = cols;
    g->lines = mem_new((size_t)rows, sizeof *g->lines);
    for (int row = 0; row < rows; row++) {
        g->lines[row].cells = mem_new((size_t)cols, sizeof *g->lines[row].cells);
    }
    return g;
}

void grid_free(struct grid *g)
{
    if (g == NULL) {
        return;
    }
    for (int row = 0; row < g->rows; row++) {
        free(g->lines[row].cells);
    }
    free(g->lines);
    free(g);
}

const struct glyph *grid_row(const struct grid *g, int row, int *used)
{
    const struct line *line = line_at(g, row);
    *used = line->used;
    return line->cells;
}

static void extend(struct line *line, int used)
{
    while (line->used < used) {
        line->cells[line->used++] = nothing;
    }
}

/* Cells from start to end are about to change: wide characters across those borders lose both halves. */
static void part(struct line *line, int start, int end)
{
    if (start > 0 && start < line->used && line->cells[start].width == 0) {
        line->cells[start - 1].code = line->cells[start].code = 0;
        line->cells[start - 1].width = line->cells[start].width = 1;
    }
    if (end < line->used && line->cells[end].width == 0) {
        line->cells[end - 1].code = line->cells[end].code = 0;
        line->cells[end - 1].width = line->cells[end].width = 1;
    }
}

void grid_put(struct grid *g, int row, int col, const struct glyph *glyph)
{
    int end = col + (glyph->width == 2 ? 2 : 1);
    if (row < 0 || row >= g->rows || col < 0 || end > g->cols) {
        return;
    }
    struct line *line = line_at(g, row);
    if (col < line->used) {
        part(line, col, end);
    }
    if (line->used < end) {
        extend(line, col);
        line->used = end;
    }
    line->cells[col] = *glyph;
    if (glyph->width == 2) {
        line->cells[col + 1] = *glyph;
        line->cells[col + 1].code = 0;
        line->cells[col + 1].width = 0;
    }
}

static bool is_nothing(const struct glyph *blank)
{
    return blank->code == 0 && blank->background == COLOR_DEFAULT && blank->foreground == COLOR_DEFAULT &&
           blank->attributes == 0;
}

static void erase_line(const struct grid *g, struct line *line, int start, int end, const struct glyph *blank)
{
    part(line, start, end);
    if (is_nothing(blank)) {
        if (end >= line->used || end >= g->cols) {
            line->used = line->used < start ? line->used : start;
            return;
        }
    } else {
        extend(line, end);
    }
    for (int col = start; col < end; col++) {
        line->cells[col] = *blank;
    }
}

static void erase_unprotected(struct line *line, int start, int end, const struct glyph *blank)
{
    extend(line, end);
    part(line, start, end);
    for (int col = start; col < end; col++) {
        if (!line->cells[col].protected) {
            part(line, col, col + 1);
            line->cells[col] = *blank;
        }
    }
}

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

static struct rect clip(const struct grid *g, struct rect r)
{
    int top = clamp(r.row, 0, g->rows), bottom = clamp(r.row + r.rows, top, g->rows);
    int left = clamp(r.col, 0, g->cols), right = clamp(r.col + r.cols, left, g->cols);
    return (struct rect){top, left, bottom - top, right - left};
}

void grid_erase(struct grid *g, struct rect r, const struct glyph *blank, bool spare_protected)
{
    r = clip(g, r);
    for (int row = r.row; row < r.row + r.rows && r.cols > 0; row++) {
        if (spare_protected) {
            erase_unprotected(line_at(g, row), r.col, r.col + r.cols, blank);
        } else {
            erase_line(g, line_at(g, row), r.col, r.col + r.cols, blank);
        }
    }
}

/* Scrolling */

static void keep(struct grid *g, int rows, struct scrollback *history)
{
    for (int row = 0; row < rows && history != NULL; row++) {
        const struct line *line = line_at(g, row);
        scrollback_push(history, line->cells, line->used);
    }
}

/* Rows first .. first + n - 1 move up by `up` (down when negative); those that fall out come back in at the
 * other end. */
static void rotate(struct grid *g, int first, int n, int up)
{
    int shift = up > 0 ? up : n + up;
    if (first == 0 && n == g->rows) {
        g->top = (g->top + shift) % g->rows;
        return;
    }
    struct line *copy = mem_new((size_t)n, sizeof *copy);
    for (int i = 0; i < n; i++) {
        copy[i] = *line_at(g, first + i);
    }
    for (int i = 0; i < n; i++) {
        *line_at(g, first + i) = copy[(i + shift) % n];
    }
    free(copy);
}

static void scroll_rows(struct grid *g, struct rect r, int down, const struct glyph *blank,
                        struct scrollback *history)
{
    int n = clamp(down, -r.rows, r.rows);
    if (r.row == 0 && n > 0) {
        keep(g, n, history);
    }
    if (n != r.rows && n != -r.rows) {
        rotate(g, r.row, r.rows, n);
    }
    int first = n > 0 ? r.row + r.rows - n : r.row;
    grid_erase(g, (struct rect){first, 0, n > 0 ? n : -n, g->cols}, blank, false);
}

static void copy_cells(struct grid *g, struct rect r, int row, int from_row, int right)
{
    struct line *to = line_at(g, row), *from = line_at(g, from_row);
    int start = clamp(r.col - (right < 0 ? right : 0), r.col, r.col + r.cols);
    int end = clamp(r.col + r.cols - (right > 0 ? right : 0), r.col, r.col + r.cols);
    extend(to, r.col + r.cols);
    extend(from, r.col + r.cols);
    part(to, r.col, r.col + r.cols);
    part(from, r.col, r.col + r.cols);
    if (end > start) {
        part(from, start + right, end + right);
        memmove(&to->cells[start], &from->cells[start + right], (size_t)(end - start) * sizeof *to->cells);
    }
}

/* A part of the columns: cells are moved. */
static void scroll_cells(struct grid *g, struct rect r, int down, int right, const struct glyph *blank)
{
    down = clamp(down, -r.rows, r.rows);
    right = clamp(right, -r.cols, r.cols);
    int n = r.rows - (down < 0 ? -down : down);
    for (int i = 0; i < n; i++) {
        int row = down >= 0 ? r.row + i : r.row + r.rows - 1 - i;
        copy_cells(g, r, row, row + down, right);
    }
    int first_row = down > 0 ? r.row + n : r.row;
    grid_erase(g, (struct rect){first_row, r.col, down < 0 ? -down : down, r.cols}, blank, false);
    int first_col = right > 0 ? r.col + r.cols - right : r.col;
    grid_erase(g, (struct rect){r.row, first_col, r.rows, right < 0 ? -right : right}, blank, false);
}

void grid_scroll(struct grid *g, struct rect r, int down, int right, const struct glyph *blank,
                 struct scrollback *history)
{
    r = clip(g, r);
    if (r.rows == 0 || r.cols == 0) {
        return;
    }
    if (r.col == 0 && r.cols == g->cols && right == 0) {
        scroll_rows(g, r, down, blank, history);
    } else {
        scroll_cells(g, r, down, right, blank);
    }
}

/* Another size */

static void set_cols(struct grid *g, int cols)
{
    for (int row = 0; row < g->rows; row++) {
        struct line *line = &g->lines[row];
        if (line->used > cols) {
            part(line, cols, cols);
            line->used = cols;
        }
        line->cells = mem_resize(line->cells, (size_t)cols, sizeof *line->cells);
    }
    g->cols = cols;
}

static int blank_rows_below(const struct grid *g, int cursor_row)
{
    int n = 0;
    while (g->rows - 1 - n > cursor_row && line_at(g, g->rows - 1 - n)->used == 0) {
        n++;
    }
    return n;
}

/* New lines in the order of the screen, old ones from `from` on; the ring begins at 0 again. */
static void relay(struct grid *g, int rows, int from, int at)
{
    struct line *lines = mem_new((size_t)rows, sizeof *lines);
    for (int row = 0; row < g->rows; row++) {
        int to = row - from + at;
        if (to >= 0 && to < rows) {
            lines[to] = *line_at(g, row);
        } else {
            free(line_at(g, row)->cells);
        }
    }
    for (int row = 0; row < rows; row++) {
        if (lines[row].cells == NULL) {
            lines[row].cells = mem_new((size_t)g->cols, sizeof *lines[row].cells);
        }
    }
    free(g->lines);
    g->lines = lines;
    g->rows = rows;
    g->top = 0;
}

static int shrink(struct grid *g, int rows, int cursor_row, struct scrollback *history)
{
    int surplus = g->rows - rows;
    int below = blank_rows_below(g, cursor_row);
    int above = surplus > below ? surplus - below : 0;
    above = above < cursor_row ? above : cursor_row;
    keep(g, above, history);
    relay(g, rows, above, 0);
    return -above;
}

static int grow(struct grid *g, int rows, struct scrollback *history)
{
    int more = rows - g->rows;
    size_t kept = history == NULL ? 0 : scrollback_count(history);
    int back = kept < (size_t)more ? (int)kept : more;
    relay(g, rows, 0, back);
    for (int row = back - 1; row >= 0; row--) {
        struct line *line = line_at(g, row);
        line->used = scrollback_row(history, 0, line->cells, g->cols);
        scrollback_drop_newest(history);
    }
    return back;
}

int grid_resize(struct grid *g, int rows, int cols, int cursor_row, struct scrollback *history)
{
    int moved = 0;
    cursor_row = clamp(cursor_row, 0, g->rows - 1);
    set_cols(g, cols);
    if (rows < g->rows) {
        moved = shrink(g, rows, cursor_row, history);
    } else if (rows > g->rows) {
        moved = grow(g, rows, history);
    }
    return moved;
}
