/* ui/prompt.h - the bottom line's question: a yes or no, or one line of text. One at a time. */
#ifndef UI_PROMPT_H
#define UI_PROMPT_H

#include <stdbool.h>

#include "ui/canvas.h"
#include "ui/keys.h"

struct prompt;

struct prompt *prompt_new(void);
void prompt_free(struct prompt *p); /* an open question is given up, its answer is heard */
bool prompt_open(const struct prompt *p);
unsigned prompt_serial(const struct prompt *p); /* another one for each question */

/* Each replaces an open question, which is answered with no or NULL first. */
void prompt_ask(struct prompt *p, const char *question, void (*answer)(void *user, bool yes), void *user);

/* changed (may be NULL) hears the text after each key. */
void prompt_text(struct prompt *p, const char *label, const char *text,
                 void (*changed)(void *user, const char *text), void (*answer)(void *user, const char *text),
                 void *user);

void prompt_key(struct prompt *p, const struct key *k); /* takes every key */
void prompt_give_up(struct prompt *p);
int prompt_rows(const struct prompt *p, int cols); /* how many it takes: a question is told whole */
void prompt_draw(const struct prompt *p, struct canvas *c, struct rect r);

#endif
