/* ui/guard.h - keeps from libvterm's parser what it cannot stand.
 *
 * It writes beyond the 16 parameters that it has room for, its numbers overflow, "repeat the last character"
 * never ends when that character takes no column, control characters in UTF-8 move its cursor out of the
 * screen, to an unknown query it answers with a broken format, and a string (a title, a clipboard request,
 * device control) that comes in two pieces it reads from where there is nothing. So no string reaches it; of
 * all that strings say, the title is kept here.
 */
#ifndef UI_GUARD_H
#define UI_GUARD_H

#include <stdbool.h>
#include <stddef.h>

enum { GUARD_STRING = 256 }; /* bytes of a string that are kept */

struct guard { /* {0} is the state before the first byte */
    int state, separators, digits, number;
    bool margins; /* they may have been set */
    bool command; /* the string is an operating system command, which may set the title */
    size_t said;  /* bytes in string */
    char string[GUARD_STRING];
};

enum guard_order { GUARD_NOTHING, GUARD_CANCEL, GUARD_ESCAPE, GUARD_TITLE };

struct passage {
    size_t pass, skip; /* so many bytes can go to the parser, so many after those must not */
    int repeat; /* then: end the sequence, and print the last character so many times more; 0: nothing */
    /* Then: let the parser have CAN or ESC; or take the title that guard_title gives. */
    enum guard_order order;
};

struct passage guard_pass(struct guard *g, const char *bytes, size_t len);

/* After GUARD_TITLE: its bytes, as the program wrote them, not ended by NUL. */
const char *guard_title(const struct guard *g, size_t *len);

/* The margins have been reset, and an unfinished sequence given up. */
void guard_reset(struct guard *g);

#endif
