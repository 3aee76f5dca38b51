/* ui/cli/tame.h - output of a process without a terminal, on its way to one: text, line ends and colours
 * pass; whatever else would drive the terminal (the clipboard, titles, modes, the cursor, reports) is left
 * out. Pure. */
#ifndef UI_CLI_TAME_H
#define UI_CLI_TAME_H

#include <stddef.h>

struct text;
struct tame;

struct tame *tame_new(void);
void tame_free(struct tame *t); /* NULL is fine */

/* Appends to out what may pass. Sequences and characters may come in pieces: what passes are whole,
 * well-formed characters. Broken ones become U+FFFD, so that no byte is left that a terminal of 8 bits takes
 * for a control. */
void tame_feed(struct tame *t, const char *bytes, size_t len, struct text *out);
void tame_end(struct tame *t, struct text *out); /* nothing more comes */

#endif
