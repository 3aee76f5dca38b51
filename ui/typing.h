/* ui/typing.h - bytes that a terminal sends for what is typed, to keys. Pure: knows no terminal and no clock.
 *
 * The screen knows the sequences of the terminal's own description; what those leave over comes here: plain
 * bytes, Alt, arrows and function keys with modifiers, mouse reports, pastes, and sequences that nobody knows
 * (swallowed whole, so that their letters do not act as keys).
 */
#ifndef UI_TYPING_H
#define UI_TYPING_H

#include "ui/keys.h"

struct typing;

enum { TYPING_PASTE_LIMIT = 4 << 20 }; /* what a paste has beyond that is dropped */

/* utf8 false: bytes are ISO 8859-1. */
struct typing *typing_new(bool utf8);
void typing_free(struct typing *t);

void typing_byte(struct typing *t, unsigned char byte);
void typing_key(struct typing *t, uint32_t code, unsigned modifiers); /* already recognised */

/* Nothing more waits: an escape that stands alone is the Esc key. */
void typing_idle(struct typing *t);

bool typing_pasting(const struct typing *t); /* inside a paste whose end has not come */
void typing_end_paste(struct typing *t);     /* take what came as all of it */

bool typing_next(struct typing *t, struct key *k);

/* A key by the name that curses has for it ("KEY_BTAB", "KEY_F(1)") or that terminfo's extended capabilities
 * have
 * ("kUP5": Ctrl-Up). False: it is no key of ours. */
bool typing_named(const char *name, struct key *k);

#endif
