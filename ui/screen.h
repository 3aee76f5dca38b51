/* ui/screen.h - the one door to curses: canvas to terminal, terminal to keys. */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include <stdbool.h>

#include "core/error.h"
#include "ui/canvas.h"
#include "ui/keys.h"
#include "ui/theme.h"

struct screen;

struct screen_options {
    bool mouse;
    bool mono; /* NO_COLOR, or asked for */
};

/* Takes the terminal over. NULL and e when standard input or output is none, or TERM is unknown. While it is
 * open, SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL put the terminal back before the program dies. */
struct screen *screen_open(const struct screen_options *options, struct error *e);
void screen_close(struct screen *s); /* puts the terminal back */

/* Puts the terminal back from anywhere, also from a signal handler; nothing happens when no screen is open.
 */
void screen_restore(void);

void screen_size(const struct screen *s, int *rows, int *cols);
bool screen_utf8(const struct screen *s);  /* can it show characters beyond ASCII? */
int screen_colors(const struct screen *s); /* 0 for mono */
void screen_set_theme(struct screen *s, const struct theme *t);

/* Sends the canvas's dirty rows, as far as they differ from what the terminal shows. */
void screen_draw(struct screen *s, const struct canvas *c);
void screen_redraw_all(struct screen *s); /* the next draw sends everything: Ctrl-L, after a resume */

/* The next key that waits; false: none does. A resize comes as KEY_CODE_RESIZE, screen_size is new by then.
 */
bool screen_key(struct screen *s, struct key *k);

/* Give the terminal to another program, or to the shell (Ctrl-Z), and take it again. */
void screen_suspend(struct screen *s);
void screen_resume(struct screen *s);

/* Bytes that we have written and the terminal has not taken yet, as far as the system tells; 0 unknown. */
int screen_backlog(const struct screen *s);

#endif
