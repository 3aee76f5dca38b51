/* ui/detail.h - the lower pane: what is known of the selected container, as tabs of which one is on the
 * screen. */
#ifndef UI_DETAIL_H
#define UI_DETAIL_H

#include <stdbool.h>

#include "ui/views.h"

struct detail;

enum detail_tab { /* in the order of the screen */
                  DETAIL_PROCESSES,
                  DETAIL_MAP,
                  DETAIL_CONSOLE,
                  DETAIL_LOGS,
                  DETAIL_STATS,
                  DETAIL_BOUNDARY,
                  DETAIL_INSPECT,
                  DETAIL_TABS
};

struct detail *detail_new(struct app *a);
void detail_free(struct detail *d);

struct view *detail_view(const struct detail *d);    /* the one in front */
struct view *detail_console(const struct detail *d); /* the tab of consoles, wherever it is */

void detail_front(struct detail *d, enum detail_tab tab);
bool detail_open(struct detail *d, const char *title); /* false: there is no such tab */
void detail_step(struct detail *d, int by);
bool detail_click(struct detail *d, int col); /* on the names of the tabs */

/* Which container, and can the pane be seen at all? Only the tab in front is told that it is visible.
 * False: that is what was shown before. */
bool detail_show(struct detail *d, container_id id, bool visible);

void detail_changed(struct detail *d, const struct change *changes, size_t n);
void detail_tick(struct detail *d);

/* The rule with the container's name and the names of the tabs: r as layout gives it. */
void detail_draw_tabs(struct detail *d, struct canvas *c, struct rect r, const struct container *shown,
                      bool focused);

#endif
