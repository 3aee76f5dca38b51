/* ui/console_keys.h - what the Windows console reports of keys and mouse, to what a terminal would send. */
#ifndef UI_CONSOLE_KEYS_H
#define UI_CONSOLE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/typing.h"

struct _INPUT_RECORD; /* Windows' INPUT_RECORD */

struct console_keys { /* what is remembered between two records; {0} at first */
    uint16_t lead;    /* first half of a character beyond U+FFFF; 0 none */
    unsigned buttons; /* of the mouse, as they were */
};

/* top: first row of the window in the console's buffer, from which mouse rows are counted. */
void console_keys_feed(struct console_keys *c, struct typing *t, const struct _INPUT_RECORD *record, int top);

/* The console gives everything as records from here on; without mouse, it may be selected with. */
void console_keys_take(bool mouse);

/* Feeds the next record that waits; false: none does. */
bool console_keys_next(struct console_keys *c, struct typing *t);

#endif
