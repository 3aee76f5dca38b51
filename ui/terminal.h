/* ui/terminal.h - a terminal emulator: bytes in, rows of cells out, keys to bytes.
 *
 * libvterm parses and keeps the state; the rows are our own ring, so that scrolling moves an index and costs
 * the same at any size (libvterm's screen layer moves every cell). Rows that leave at the top become
 * scrollback, up to a limit. Nothing that a program prints reaches the real terminal: titles, clipboard
 * requests and reports end here.
 */
#ifndef UI_TERMINAL_H
#define UI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/canvas.h"
#include "ui/keys.h"

struct terminal;

/* output is called with bytes for the program: typed keys and answers to its queries. */
struct terminal *terminal_new(int rows, int cols, size_t scrollback,
                              void (*output)(void *user, const char *, size_t), void *user);
void terminal_free(struct terminal *t);
void terminal_feed(struct terminal *t, const char *bytes, size_t len); /* in pieces of any size */
void terminal_end(struct terminal *t); /* nothing more comes: half a character is shown as U+FFFD */
void terminal_resize(struct terminal *t, int rows, int cols); /* at least 1 x 1 */
void terminal_key(struct terminal *t,
                  const struct key *key); /* pastes and mouse included, as the program asked for them */

int terminal_rows(const struct terminal *t);
int terminal_cols(const struct terminal *t);
size_t terminal_scrollback(const struct terminal *t); /* rows above the screen */

/* A row of the screen (0 .. rows-1) or of the scrollback (-1 is the newest); terminal_cols cells; NULL: no
 * such row. Good until the next call of it, or of anything that changes the terminal. */
const struct cell *terminal_row(const struct terminal *t, int row);

bool terminal_dirty(const struct terminal *t, int row); /* of the screen, since terminal_clean */
void terminal_clean(struct terminal *t);
void terminal_cursor(const struct terminal *t, int *row, int *col, bool *visible);
const char *terminal_title(const struct terminal *t); /* cleaned; "" none */
bool terminal_alternate(const struct terminal *t);    /* a full-screen program has the screen */

#endif
