/* ui/restore.h - puts the terminal back when the program dies: bytes prepared beforehand, one write, one
 * tcsetattr. The one mutable global of the program. */
#ifndef UI_RESTORE_H
#define UI_RESTORE_H

#include <stddef.h>

struct termios;

enum { RESTORE_BYTES = 512 };

/* From now on restore_now (and SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL) writes bytes to fd and sets modes.
 */
void restore_arm(int fd, const char *bytes, size_t len, const struct termios *modes);
void restore_disarm(void);

void restore_now(void); /* safe in a signal handler; does nothing when not armed, and nothing twice */

#endif
