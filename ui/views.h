/* ui/views.h - the views there are; each is one file, and makes itself. */
#ifndef UI_VIEWS_H
#define UI_VIEWS_H

#include "core/launch.h"
#include "ui/view.h"

struct view *list_view_new(struct app *a);
container_id list_view_selected(const struct view *v);
void list_view_select(struct view *v, container_id id);
size_t list_view_marked(const struct view *v, container_id *out,
                        size_t room); /* returns how many there are */
void list_view_unmark_all(struct view *v);

/* Tabs of the detail pane, in this order. */
struct view *process_view_new(struct app *a);
struct view *map_view_new(struct app *a);
struct view *console_view_new(struct app *a);
struct view *log_view_new(struct app *a);
struct view *stats_view_new(struct app *a);
void stats_view_note(struct view *v,
                     container_id id); /* once a tick, visible or not: the selected container */
struct view *boundary_view_new(struct app *a);
struct view *inspect_view_new(struct app *a);

/* Opens a console of the container in the console view: attach, or exec of argv (NULL: a shell). */
void console_view_attach(struct view *v, container_id id);
void console_view_exec(struct view *v, container_id id, const char *const *argv);
size_t console_view_open(const struct view *v); /* how many consoles are open */
struct console_pane;
const struct console_pane *console_view_front(const struct view *v); /* the console in front; NULL none */

/* A sentence: why nothing can be typed into p any more, which was in front before. */
void console_view_why(const struct view *v, const struct console_pane *p, char *out, size_t room);

bool console_view_typing(const struct view *v); /* keys go to the program in the container: the app keeps none
                                                   but the detach key */

/* Over the others. */
struct view *help_view_new(struct app *a);
struct view *palette_new(struct app *a);
/* engine: -1: the first that is online. start: settings to begin with; NULL: none. old: what the new one is
 * to take the place of; 0: nothing. */
struct view *launch_view_new(struct app *a, int engine, const struct launch_spec *start, container_id old);
struct view *who_view_new(struct app *a, uint32_t pid);

#endif
