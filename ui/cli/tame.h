/* ui/cli/tame.h - output of a process on its way to a terminal that must not obey all of it. Pure.
 *
 * TAME_LINES is for a process without a terminal: text, line ends and colours pass; whatever else would drive
 * the terminal (the clipboard, titles, modes, the cursor, reports) is left out. What passes are whole,
 * well-formed characters: broken ones become U+FFFD, so that no byte is left that a terminal of 8 bits takes
 * for a control.
 *
 * TAME_SCREEN is for output that nobody is to answer: what a process asked its terminal before, and what it
 * asks while nobody reads our terminal's answers, which would stand in the line of whoever reads next. What
 * is known to draw, to set modes, colours, titles or links passes; queries, and all that is not known, are
 * left out: a terminal may answer what is asked in a way that this version has not heard of. So are device
 * control and application strings, since multiplexers pass on what is wrapped in them; with them goes what
 * a process printed as pictures. Focus events and size reports in band, which terminals send at once when
 * they are switched on, wait for tame_release.
 */
#ifndef UI_CLI_TAME_H
#define UI_CLI_TAME_H

#include <stddef.h>

struct text;
struct tame;

enum tame_kind { TAME_LINES, TAME_SCREEN };

struct tame *tame_new(enum tame_kind kind);
void tame_free(struct tame *t); /* NULL is fine */

/* Appends to out what may pass. Sequences and characters may come in pieces. */
void tame_feed(struct tame *t, const char *bytes, size_t len, struct text *out);
void tame_end(struct tame *t, struct text *out); /* nothing more comes */

/* From here on everything passes. out gets what was kept: the beginning of a sequence whose end has not come,
 * so that a query counts as asked when its last byte comes. The rest of what is left out already is still
 * left out. */
void tame_release(struct tame *t, struct text *out);

#endif
