/* ui/status_bar.h - the bottom line: what is asked, else what was said, else what runs, else the keys of the
 * moment. */
#ifndef UI_STATUS_BAR_H
#define UI_STATUS_BAR_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/canvas.h"
#include "ui/prompt.h"

struct hint {
    const char *key, *words; /* borrowed */
};

enum { HINTS_MAX = 8 };

struct status_line {
    const struct prompt *prompt; /* an open one, or NULL */
    const char *message;         /* NULL none */
    bool error;
    const char *job; /* NULL none */
    bool cancellable;
    struct hint hints[HINTS_MAX]; /* the last one stands at the right edge */
    size_t n_hints;
};

void status_bar_draw(struct canvas *c, struct rect r, const struct status_line *s);

#endif
