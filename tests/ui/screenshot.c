/* screenshot ROWSxCOLS KEYS OUT.svg PROGRAM [ARG...]: a picture of a terminal program, for the README. KEYS
 * as pty_type takes them; "<wait>" between them lets the program settle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "tests/ui/pty.h"

enum { CELL_WIDTH = 9, CELL_HEIGHT = 19, BASE_LINE = 14, MARGIN = 12 };

static const unsigned PAPER = 0x16181d, INK = 0xd0d3da;

static unsigned ink_of(const struct pty_cell *c)
{
    return c->own_foreground ? c->foreground : INK;
}

static unsigned paper_of(const struct pty_cell *c)
{
    return c->own_background ? c->background : PAPER;
}

static struct pty_cell cell_at(struct pty *p, int row, int col)
{
    struct pty_cell c = pty_cell(p, row, col);
    if (c.reverse) {
        unsigned ink = ink_of(&c);
        c.foreground = paper_of(&c);
        c.background = ink;
        c.own_foreground = c.own_background = true;
    }
    return c;
}

static void put_text(FILE *out, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        default:
            fputc(*s, out);
        }
    }
}

static void draw_row(struct pty *p, FILE *out, int row, int cols)
{
    int y = MARGIN + row * CELL_HEIGHT;
    for (int col = 0; col < cols; col++) {
        struct pty_cell c = cell_at(p, row, col);
        if (paper_of(&c) != PAPER) {
            fprintf(out, "<rect x='%d' y='%d' width='%d' height='%d' fill='#%06x'/>\n",
                    MARGIN + col * CELL_WIDTH, y, CELL_WIDTH, CELL_HEIGHT, paper_of(&c));
        }
    }
    for (int col = 0; col < cols; col++) {
        struct pty_cell c = cell_at(p, row, col);
        if (c.text[0] && strcmp(c.text, " ") != 0) {
            fprintf(out, "<text x='%d' y='%d' fill='#%06x'%s>", MARGIN + col * CELL_WIDTH, y + BASE_LINE,
                    ink_of(&c), c.bold ? " font-weight='bold'" : "");
            put_text(out, c.text);
            fputs("</text>\n", out);
        }
    }
}

static bool draw(struct pty *p, const char *path, int rows, int cols)
{
    FILE *out = fopen(path, "w");
    if (!out) {
        return false;
    }
    int width = cols * CELL_WIDTH + 2 * MARGIN, height = rows * CELL_HEIGHT + 2 * MARGIN;
    fprintf(out,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='monospace' "
            "font-size='15'>\n",
            width, height);
    fprintf(out, "<rect width='%d' height='%d' rx='6' fill='#%06x'/>\n", width, height, PAPER);
    for (int row = 0; row < rows; row++) {
        draw_row(p, out, row, cols);
    }
    fputs("</svg>\n", out);
    return fclose(out) == 0;
}

static void type(struct pty *p, const char *keys)
{
    for (const char *wait; (wait = strstr(keys, "<wait>")); keys = wait + strlen("<wait>")) {
        char *part = mem_string_n(keys, (size_t)(wait - keys));
        pty_type(p, part);
        free(part);
        pty_wait_quiet(p, 1500, 8000);
    }
    pty_type(p, keys);
}

int main(int argc, char **argv)
{
    int rows, cols;
    if (argc < 5 || sscanf(argv[1], "%dx%d", &rows, &cols) != 2) {
        fputs("usage: screenshot ROWSxCOLS KEYS OUT.svg PROGRAM [ARG...]\n", stderr);
        return 2;
    }
    struct pty *p = pty_start(rows, cols, (const char *const *)argv + 4, NULL);
    pty_wait_quiet(p, 1500, 8000);
    type(p, argv[2]);
    pty_wait_quiet(p, 1500, 8000);
    bool ok = draw(p, argv[3], rows, cols);
    pty_free(p);
    return ok ? 0 : 1;
}
