#include "ui/graph.h"

#include <math.h>

enum { EIGHTHS = 8 };

double graph_top(double most, bool bytes)
{
    double unit = 1;
    if (!(most > 0)) {
        return bytes ? 1024 * 1024 : 0.01;
    }
    while (bytes && most / unit >= 1024) {
        unit *= 1024;
    }
    double power = unit * pow(10, floor(log10(most / unit)));
    static const double steps[] = {1, 2, 5, 10};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i] * power >= most) {
            return steps[i] * power;
        }
    }
    return 10 * power;
}

/* How many eighths of a row; what is not nothing is seen. */
static int height_of(double value, double top, int rows)
{
    int all = rows * EIGHTHS;
    int height = (int)lround(value / top * all);
    height = height < 1 ? 1 : height;
    return height > all ? all : height;
}

static const char *block(int eighths, bool ascii)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const letters[] = {" ", ".", ".", ".", ":", ":", ":", "#", "#"};
    return ascii ? letters[eighths] : blocks[eighths];
}

void graph_draw(struct canvas *c, struct rect r, enum style style, const double *values, size_t n, double top)
{
    for (int i = 0; i < r.cols && (size_t)i < n; i++) {
        if (isnan(values[i])) {
            continue;
        }
        int left = height_of(values[i], top, r.rows);
        for (int row = r.row + r.rows - 1; row >= r.row && left > 0; row--, left -= EIGHTHS) {
            int part = left < EIGHTHS ? left : EIGHTHS;
            canvas_text(c, row, r.col + r.cols - 1 - i, 1, style, block(part, canvas_ascii(c)));
        }
    }
}
