/* ui/tty.h - the terminal as the system knows it: tty_posix.c, tty_windows.c (the console). */
#ifndef UI_TTY_H
#define UI_TTY_H

#include <stdbool.h>

struct tty_modes;

bool tty_input(void);  /* is standard input a terminal? */
bool tty_output(void); /* is standard output? */

/* Of the window, in characters; false: not known. */
bool tty_size(int *rows, int *cols);
bool tty_utf8(void); /* can it show characters beyond ASCII? */

struct tty_modes *tty_save(void);                     /* as they are now; freed with free() */
void tty_put_back(const struct tty_modes *modes);     /* after what was written has been shown */
void tty_put_back_now(const struct tty_modes *modes); /* the same at once; safe in a signal handler */

/* Bytes that we have written and the terminal has not taken yet, as far as the system tells; 0 unknown. */
int tty_backlog(void);

#endif
