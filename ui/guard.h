/* ui/guard.h - keeps from libvterm's parser and state layer what they cannot stand.
 *
 * libvterm writes beyond the 16 parameters that it has room for and reads two beyond the ones that came, its
 * numbers overflow, "repeat the last character" never ends when that character takes no column, to an unknown
 * query it answers with a broken format, and a string (a title, a clipboard request, device control) that
 * comes in two pieces it reads from where there is nothing. So no string reaches it (of all that strings say,
 * the title is kept here), and no sequence that is malformed.
 *
 * Its decoder keeps the beginning of a character over control characters, and then makes characters of
 * negative width that move the cursor out of the screen; it writes two characters where it has room for one.
 * So only whole, well-formed characters reach it, each in one piece: what is broken comes as U+FFFD, what a
 * read has cut is held until its rest comes. Control characters above U+007F (C1) do not reach it: as bytes
 * they are no UTF-8, and encoded they are left out, so that no sequence begins that was not followed here.
 *
 * It collects combining characters without a limit, looks through all of them for each one that comes, and
 * adds up the columns of some. So these do not reach it either: whoever feeds it adds them to the cell before
 * the cursor.
 */
#ifndef UI_GUARD_H
#define UI_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/utf8.h"

enum { GUARD_STRING = 256 }; /* bytes of a string that are kept */

struct guard { /* {0} is the state before the first byte */
    int state, separators, digits, number;
    unsigned char leader, intermediate; /* of the sequence: its first of each, 0 none */
    unsigned char charsets;             /* bit n: the set G<n> is not, or may not be, ASCII */
    bool margins;                       /* they may have been set */
    bool columns; /* left and right margins may be: CSI s sets them, else it saves the cursor */
    bool command; /* the string is an operating system command, which may set the title */
    struct utf8_held held;
    size_t said; /* bytes in string */
    char string[GUARD_STRING];
};

enum guard_order {
    GUARD_NOTHING,
    GUARD_CANCEL,   /* let the parser have CAN: end the sequence that it is in */
    GUARD_ESCAPE,   /* let it have ESC */
    GUARD_TITLE,    /* take the title that guard_title gives */
    GUARD_REPEAT,   /* end the sequence, and print the last character `number` times more */
    GUARD_MARGINS,  /* let it have s: the left margin to column `number`, the first being 1; or end the
                       sequence */
    GUARD_SAVE,     /* end the sequence, and save the cursor */
    GUARD_RESTORE,  /* end the sequence, and bring the saved cursor back */
    GUARD_RESET,    /* end the sequence, and reset everything */
    GUARD_CHARACTER /* print `character`; when it joins, add it to the one before the cursor */
};

struct passage {
    size_t pass, skip;      /* so many bytes can go to the parser, so many after those must not */
    enum guard_order order; /* to be done then */
    int number;
    uint32_t character;
    bool joins; /* it combines with another, and takes no column */
};

struct passage guard_pass(struct guard *g, const char *bytes, size_t len);

/* Nothing more comes: whether a character was held, which is then to be shown as U+FFFD. */
bool guard_end(struct guard *g);

/* After GUARD_TITLE: its bytes, as the program wrote them, not ended by NUL. */
const char *guard_title(const struct guard *g, size_t *len);

/* The margins have been reset, and an unfinished sequence given up. */
void guard_reset_margins(struct guard *g);

#endif
