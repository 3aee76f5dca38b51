/* ui/terminal_text.h - the rows of a terminal as text. Rows are numbered as in ui/terminal.h. */
#ifndef UI_TERMINAL_TEXT_H
#define UI_TERMINAL_TEXT_H

#include <stdbool.h>

#include "core/text.h"
#include "ui/terminal.h"

/* Is there nothing in it, or blanks only? */
bool terminal_row_is_blank(const struct terminal *t, int row);

/* Puts its characters into out, which is cleared before: a blank for each cell without one. A row that is not
 * there is empty. */
void terminal_row_text(const struct terminal *t, long row, struct text *out);

#endif
