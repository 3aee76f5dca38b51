/* ui/console_pane.h - one open console: the stream, the terminal it is shown in, and the window on that. */
#ifndef UI_CONSOLE_PANE_H
#define UI_CONSOLE_PANE_H

#include <stdbool.h>

#include "core/console.h"
#include "core/session.h"
#include "ui/canvas.h"
#include "ui/intake.h"
#include "ui/keys.h"

struct console_pane;

struct console_pane_parts { /* borrowed: session and intake for the pane's life, argv for the call */
    struct session *session;
    struct intake *intake;
    container_id id;
    enum console_kind kind;  /* CONSOLE_ATTACH or CONSOLE_EXEC */
    const char *const *argv; /* of CONSOLE_EXEC; NULL: a shell */
    size_t scrollback;
    void (*changed)(void *user); /* there is something new to draw */
    void *user;
};

struct console_pane *console_pane_new(const struct console_pane_parts *parts);
void console_pane_free(struct console_pane *p); /* detaches */

container_id console_pane_container(const struct console_pane *p);
bool console_pane_live(const struct console_pane *p);        /* the stream has not ended */
bool console_pane_attached(const struct console_pane *p);    /* to the container's own console */
bool console_pane_full_screen(const struct console_pane *p); /* its program has the whole screen */
bool console_pane_scrolled(const struct console_pane *p);    /* it does not show the end */

/* "web shell", and its state: "live", "exited 0", "ended". */
const char *console_pane_name(const struct console_pane *p);
const char *console_pane_state(const struct console_pane *p, char *out, size_t room);

/* When it is not live: how it ended, without a full stop. */
const char *console_pane_ending(const struct console_pane *p);

/* The size it is shown in; opens the stream the first time. */
void console_pane_fit(struct console_pane *p, int rows, int cols);

/* A key for the program; mouse positions count from the pane's corner. */
void console_pane_type(struct console_pane *p, const struct key *k);

/* A key for the window: pages, wheel, arrows, ends. */
bool console_pane_scroll_key(struct console_pane *p, const struct key *k);

/* Shows the nearest row with needle above (or below) the last one found; marks all that are seen. NULL ends
 * it. False when there is none. */
bool console_pane_search(struct console_pane *p, const char *needle, bool older);

/* all false: only what changed. typing: show the program's cursor. */
void console_pane_draw(struct console_pane *p, struct canvas *c, struct rect r, bool typing, bool all);

#endif
