/* ui/empty_screen.h - what stands where the list would be when it has no rows: one sentence, and the next
 * step. */
#ifndef UI_EMPTY_SCREEN_H
#define UI_EMPTY_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/session.h"
#include "ui/canvas.h"

struct empty_screen {
    const struct session *session;
    size_t known;       /* containers that exist, whatever the filter says */
    const char *filter; /* "" none */
    bool hide_stopped;
    const char *images; /* "busybox, alpine"; NULL unknown */
    const char *demo_key, *launch_key, *filter_key, *hide_key,
        *refresh_key; /* as they are bound; NULL: not at all */
};

void empty_screen_draw(struct canvas *c, struct rect r, const struct empty_screen *e);

/* "The window is too small ...", broken into the rows there are. */
void too_small_draw(struct canvas *c, int rows, int cols, const char *more); /* more: said below it, or "" */

#endif
