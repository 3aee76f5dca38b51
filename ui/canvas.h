/* ui/canvas.h - the cells that views draw into; knows nothing of a terminal.
 *
 * Coordinates are (row, column) from 0. Everything is clipped. Text is cleaned: no control character gets
 * into a cell. A wide character that would be cut by an edge becomes a space.
 */
#ifndef UI_CANVAS_H
#define UI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum style { /* what a cell means; colours are the theme's business */
             STYLE_TEXT,
             STYLE_QUIET,  /* labels, units, what is secondary */
             STYLE_STRONG, /* headings, what matters */
             STYLE_ACCENT, /* the product's one accent: keys, active tab */
             STYLE_WARNING,
             STYLE_ERROR,
             STYLE_SELECTED,       /* the row under the cursor */
             STYLE_SELECTED_QUIET, /* the same while another pane has the focus */
             STYLE_MARKED,
             STYLE_PROCESS, /* isolation: process */
             STYLE_VM,      /* isolation: vm */
             STYLE_WALL,    /* the wall of the host map */
             STYLE_RUNNING,
             STYLE_PAUSED,
             STYLE_STOPPED,
             STYLE_TITLE,  /* the top line */
             STYLE_STATUS, /* the bottom line */
             STYLE_MATCH,  /* what a search found */
             STYLE_INPUT,  /* fields that can be typed into */
             STYLE_COUNT
};

enum attribute { /* of console cells, over the theme */
                 ATTR_BOLD = 1u << 0,
                 ATTR_ITALIC = 1u << 1,
                 ATTR_UNDERLINE = 1u << 2,
                 ATTR_BLINK = 1u << 3,
                 ATTR_REVERSE = 1u << 4,
                 ATTR_DIM = 1u << 5,
                 ATTR_STRIKE = 1u << 6
};

/* A console's own colour: COLOR_DEFAULT, COLOR_INDEX | 0..255, or COLOR_RGB | 0xrrggbb. */
enum { COLOR_DEFAULT = 0, COLOR_INDEX = 1 << 24, COLOR_RGB = 2 << 24, COLOR_KIND = 3 << 24 };

enum { CELL_CHARS = 4 };

struct cell {
    uint32_t chars[CELL_CHARS];      /* a base character and its combining ones, 0-ended if fewer; 0: blank */
    uint8_t width;                   /* 1 or 2; 0: the right half of a wide character */
    uint8_t style;                   /* enum style */
    uint8_t attributes;              /* enum attribute */
    uint32_t foreground, background; /* COLOR_...; COLOR_DEFAULT: the style's */
};

bool cell_same(const struct cell *a, const struct cell *b);

struct canvas;

struct rect {
    int row, col, rows, cols;
};

struct canvas *canvas_new(int rows, int cols);
void canvas_free(struct canvas *c);
void canvas_resize(struct canvas *c, int rows, int cols); /* all cells become blank */
int canvas_rows(const struct canvas *c);
int canvas_cols(const struct canvas *c);

/* Replaces characters beyond ASCII by look-alikes (boxes, symbols, dots) or "?" while drawing. */
void canvas_set_ascii(struct canvas *c, bool ascii);
bool canvas_ascii(const struct canvas *c);

/* Drawing is clipped to the rectangle, and coordinates stay those of the whole canvas. */
void canvas_clip(struct canvas *c, struct rect r);
void canvas_unclip(struct canvas *c);

void canvas_fill(struct canvas *c, struct rect r, enum style style); /* blanks */

/* Draws s at (row, col) in at most `cols` columns (-1: to the edge), cut with an ellipsis when longer.
 * Returns the columns used. */
int canvas_text(struct canvas *c, int row, int col, int cols, enum style style, const char *s);
int canvas_textf(struct canvas *c, int row, int col, int cols, enum style style, const char *fmt, ...);

/* The same, ending at column col + cols. */
void canvas_right(struct canvas *c, int row, int col, int cols, enum style style, const char *s);

void canvas_cell(struct canvas *c, int row, int col, const struct cell *cell);
void canvas_hline(struct canvas *c, int row, int col, int cols, enum style style);
void canvas_box(struct canvas *c, struct rect r, enum style style, const char *title);

/* Gives cells already drawn another style (selection, search matches). */
void canvas_restyle(struct canvas *c, struct rect r, enum style style);

/* Where the terminal's cursor is to be seen; row -1: hidden. */
void canvas_cursor(struct canvas *c, int row, int col);
void canvas_cursor_get(const struct canvas *c, int *row, int *col);

const struct cell *canvas_row(const struct canvas *c, int row); /* canvas_cols cells */

/* A row is dirty from the moment something was drawn into it until canvas_clean. */
bool canvas_dirty(const struct canvas *c, int row);
void canvas_clean(struct canvas *c);

#endif
