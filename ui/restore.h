/* ui/restore.h - puts the terminal back when the program dies: bytes prepared beforehand, one write, its
 * modes. The one mutable global of the program. */
#ifndef UI_RESTORE_H
#define UI_RESTORE_H

#include <stddef.h>

struct tty_modes;

enum { RESTORE_BYTES = 512 };

struct restore_bytes {
    char bytes[RESTORE_BYTES];
    size_t len;
};

/* From now on restore_now, and what kills a program (SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL; on Windows an
 * exception that nobody handles, SIGABRT), writes bytes to standard output and sets modes, which must live
 * until restore_disarm. */
void restore_arm(const struct restore_bytes *reset, const struct tty_modes *modes);
void restore_disarm(void);

void restore_now(void); /* safe in a signal handler; does nothing when not armed, and nothing twice */

#endif
