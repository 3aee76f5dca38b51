/* ui/view.h - what a view must do. A view draws into its rectangle, takes keys while it has the focus, and
 * asks for a frame (app_redraw) when what it shows has changed. It holds container ids, never pointers.
 */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include <stdbool.h>

#include "core/container.h"
#include "core/model.h"
#include "ui/canvas.h"
#include "ui/keys.h"

struct app;
struct view;

struct view_type {
    const char *title; /* of its tab: "Processes" */
    /* Draws into r of the canvas. all: the canvas was blanked, draw everything; else only what changed since.
     */
    void (*draw)(struct view *, struct canvas *, struct rect r, bool focused, bool all);
    /* True when the key was for it. */
    bool (*key)(struct view *, const struct key *);
    /* It is (or is no longer) on the screen, showing this container (0: none). A hidden view asks engines for
     * nothing. */
    void (*show)(struct view *, container_id id, bool visible);
    /* Changes of the model; NULL when it does not care. */
    void (*changed)(struct view *, const struct change *, size_t n);
    /* About once a refresh interval while visible; NULL when it does not care. */
    void (*tick)(struct view *);
    /* Keys of its own for help and the bottom line: pairs "key", "words", NULL-ended; NULL none. */
    const char *const *(*keys)(struct view *);
    void (*free)(struct view *);
};

struct view { /* views embed it first */
    const struct view_type *type;
    struct app *app;
};

#endif
