/* tests/ui/pty.h - a program on a terminal of its own: keys in, screen out.
 *
 * The program runs on a pseudo terminal (TERM=xterm-256color, UTF-8 unless env says otherwise); what it
 * writes goes through libvterm's screen layer, which is not what the product uses, and is kept as raw bytes
 * as well. Waiting functions read meanwhile. Those named pty_expect... end the test, after printing the
 * screen.
 */
#ifndef TESTS_UI_PTY_H
#define TESTS_UI_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pty;

enum { PTY_PATIENCE_MS = 10000 }; /* for what must happen, on a busy machine, under sanitizers */

struct pty_cell {
    char text[32]; /* UTF-8; "" blank */
    bool bold, underline, reverse, italic;
    bool own_foreground, own_background; /* other than the terminal's own colours */
    unsigned foreground, background;     /* 0xrrggbb, of own colours */
};

/* env: "NAME=value", NULL-ended, over the environment of the test; "NAME" alone takes it away. NULL: nothing.
 */
struct pty *pty_start(int rows, int cols, const char *const *argv, const char *const *env);
void pty_free(struct pty *p); /* kills what still runs */

/* Text, and keys as key_label() names them in angle brackets: "jj<Enter><Ctrl-K>text<lt>". */
void pty_type(struct pty *p, const char *keys);
void pty_send(struct pty *p, const char *bytes, size_t len);
void pty_resize(struct pty *p, int rows, int cols);
void pty_hang_up(struct pty *p); /* the terminal goes away */

/* False, after printing the screen, when it has not happened in so many milliseconds. */
bool pty_wait_for(struct pty *p, const char *text, int ms);
bool pty_wait_gone(struct pty *p, const char *text, int ms);
void pty_expect(struct pty *p, const char *text);
void pty_expect_gone(struct pty *p, const char *text);

/* Reads until nothing has come for quiet_ms, at most ms. */
bool pty_wait_quiet(struct pty *p, int quiet_ms, int ms);
void pty_read(struct pty *p, int ms); /* just reads for so long */

const char *pty_text(struct pty *p); /* rows without their trailing blanks, "\n" after each */
void pty_print(struct pty *p);       /* for people, to standard error */
bool pty_find(struct pty *p, const char *text, int *row, int *col);
struct pty_cell pty_cell(struct pty *p, int row, int col);
bool pty_cursor(struct pty *p, int *row, int *col); /* false: hidden */

size_t pty_bytes_written(struct pty *p);         /* by the program, so far */
const char *pty_raw(struct pty *p, size_t *len); /* all of it */

pid_t pty_pid(struct pty *p);
void pty_signal(struct pty *p, int number);
bool pty_wait_exit(struct pty *p, int ms, int *status); /* as waitpid tells it */
bool pty_stopped(struct pty *p, int ms);                /* did it stop (Ctrl-Z)? */

/* Is the terminal as it was before: its modes, the main screen, a visible cursor, no mouse, no bracketed
 * paste? */
bool pty_restored(struct pty *p);

#endif
