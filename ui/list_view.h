/* ui/list_view.h - the list of containers; more of it than views.h tells, for the app alone. */
#ifndef UI_LIST_VIEW_H
#define UI_LIST_VIEW_H

#include "core/listing.h"
#include "ui/views.h"

size_t list_view_count(const struct view *v); /* containers that pass the filter */

void list_view_filter(struct view *v, const char *words);
const char *list_view_filter_words(const struct view *v); /* "" none */

void list_view_sort(struct view *v, enum sort_key by, bool descending);
void list_view_sorting(const struct view *v, enum sort_key *by, bool *descending);

void list_view_hide_stopped(struct view *v, bool hide);
bool list_view_hides_stopped(const struct view *v);

void list_view_show_apart(struct view *v, bool show); /* also VMs and templates that are no containers */
bool list_view_shows_apart(const struct view *v);

void list_view_mark(struct view *v);     /* the selected one, or not any more; the cursor moves on */
void list_view_mark_all(struct view *v); /* all that are listed; none when all of them were */

bool list_view_holds(const struct view *v, container_id id); /* does it pass the filter? */

#endif
