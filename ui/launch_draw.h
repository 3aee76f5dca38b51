/* ui/launch_draw.h - the launch form: its state, and how it is drawn. Only ui/launch_view changes it. */
#ifndef UI_LAUNCH_DRAW_H
#define UI_LAUNCH_DRAW_H

#include "core/error.h"
#include "ui/canvas.h"
#include "ui/image_choice.h"
#include "ui/launch_form.h"
#include "ui/launch_modes.h"
#include "ui/view.h"

struct launch_view {
    struct view view;
    struct launch_form form;
    container_id old; /* that it is to take the place of; 0 none */
    int engine;       /* -1: there is none */
    enum form_field at;
    struct image_choice images;
    bool offered; /* nobody typed the image: the first key that does replaces it */
    struct rect places[FORM_FIELDS], mode_places[LAUNCH_MODES];
    struct error wrong; /* kind ERROR_NONE: nothing is */
    enum form_field wrong_at;
    bool tried; /* to launch: what is missing is said from then on */
    int scroll;
};

/* NULL: there is none. The image is the known one whose name is typed; the system it is made for. */
const struct engine *launch_view_engine(const struct launch_view *l);
const struct image *launch_view_image(const struct launch_view *l);
const char *launch_view_os(const struct launch_view *l);

/* The mode cannot be chosen; the verdict says why. */
bool launch_view_refuses(const struct launch_view *l, enum isolation mode, struct verdict *verdict);

/* In the middle of `r`, and no larger than it needs; remembers the places of the fields. */
void launch_draw(struct launch_view *l, struct canvas *c, struct rect r, bool focused);

#endif
