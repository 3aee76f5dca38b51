/* ui/terminal_key.h - what ui/terminal types through libvterm, which knows the modes that the program has
 * set. */
#ifndef UI_TERMINAL_KEY_H
#define UI_TERMINAL_KEY_H

#include <vterm.h>

#include "ui/keys.h"

void terminal_key_special(VTerm *vt, const struct key *key); /* arrows, function keys and the like */
void terminal_key_mouse(VTerm *vt, const struct key *key);   /* its row and column are on the screen */

#endif
