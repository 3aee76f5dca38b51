/* ui/line_edit.h - one line of text that is typed: the same in prompts, palette and forms. */
#ifndef UI_LINE_EDIT_H
#define UI_LINE_EDIT_H

#include <stdbool.h>

#include "core/text.h"
#include "ui/canvas.h"
#include "ui/keys.h"

struct line_edit { /* {0} is the empty one */
    struct text text;
    size_t cursor; /* in bytes, always at the beginning of a character */
};

void line_edit_done(struct line_edit *e);
void line_edit_set(struct line_edit *e, const char *text); /* the cursor goes to its end; NULL: empty */
const char *line_edit_get(const struct line_edit *e);      /* never NULL */

/* True when the key was for it; *changed (may be NULL) tells whether the text is another one now. */
bool line_edit_key(struct line_edit *e, const struct key *k, bool *changed);

/* Draws it into `cols` columns, scrolled so that the cursor is seen; with the focus it places the terminal's
 * cursor. */
void line_edit_draw(const struct line_edit *e, struct canvas *c, int row, int col, int cols, enum style style,
                    bool focused);

#endif
