/* ui/guard.h - keeps from libvterm's parser what it cannot stand.
 *
 * It writes beyond the 16 parameters that it has room for, its numbers overflow, "repeat the last character"
 * never ends when that character takes no column, control characters in UTF-8 move its cursor out of the
 * screen, and to an unknown query it answers with a broken format.
 */
#ifndef UI_GUARD_H
#define UI_GUARD_H

#include <stdbool.h>
#include <stddef.h>

struct guard { /* {0} is the state before the first byte */
    int state, separators, digits, number;
    bool margins; /* they may have been set */
};

struct passage {
    size_t pass, skip; /* so many bytes can go to the parser, so many after those must not */
    int repeat; /* then: end the sequence, and print the last character so many times more; 0: nothing */
};

struct passage guard_pass(struct guard *g, const char *bytes, size_t len);

#endif
