/* ui/pane.h - what the tabs of the detail pane have in common: sentences where there is nothing else to show.
 */
#ifndef UI_PANE_H
#define UI_PANE_H

#include "core/actions.h"
#include "ui/app.h"
#include "ui/canvas.h"

enum { PANE_MARGIN = 3 }; /* columns free at the left of everything in a pane */

/* A screen of one sentence, and (unless NULL) the next step below it. */
void pane_sentence(struct canvas *c, struct rect r, const char *what, const char *next);

/* The container; NULL when there is none to show: that is said in the pane then. */
const struct container *pane_container(struct app *a, container_id id, struct canvas *c, struct rect r);

/* The same for what only a container with processes has. */
const struct container *pane_running(struct app *a, container_id id, struct canvas *c, struct rect r);

bool pane_is_running(struct app *a, container_id id);

/* The key that the person has for an action; NULL none. */
const char *pane_action_key(struct app *a, enum action_id id);

/* "key words" of an action into out: "a attaches"; "" when it has no key. */
const char *pane_hint(struct app *a, enum action_id id, const char *words, char *out, size_t room);

/* The fields in which a container changed; all of them when it was added or removed. */
unsigned pane_changed(const struct change *changes, size_t n, container_id id);

#endif
