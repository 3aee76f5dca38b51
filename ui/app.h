/* ui/app.h - the interface: the views on the screen, the focus, keys to actions. Views see this much. */
#ifndef UI_APP_H
#define UI_APP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/actions.h"
#include "core/error.h"
#include "core/host.h"
#include "core/session.h"
#include "core/settings.h"
#include "ui/view.h"

struct app;
struct uv_loop_s;

struct app_parts { /* borrowed for the app's life */
    struct uv_loop_s *loop;
    struct session *session;
    struct host_source *host; /* NULL: this system has none */
    struct settings *settings;
    bool demo; /* begin with the demonstration */
};

/* Runs the interface until the person quits. Returns the exit code; e says what went wrong when it is not 0.
 */
int app_run(const struct app_parts *parts, struct error *e);

/* For views. */
struct uv_loop_s *app_loop(struct app *a);
struct session *app_session(struct app *a);
struct model *app_model(struct app *a);
struct host_source *app_host(struct app *a, container_id id); /* as session_host */
const struct settings *app_settings(struct app *a);
bool app_ascii(const struct app *a);

/* Draw this view in the next frame; what of it decides the view. */
void app_redraw(struct app *a, struct view *v);
void app_redraw_all(struct app *a);

container_id app_selected(const struct app *a); /* 0: none */
void app_do(struct app *a, enum action_id id);  /* as if its key had been pressed */
void app_action_on(struct app *a, enum action_id id, container_id target);
const char *app_key(const struct app *a, enum action_id id); /* as it is bound; NULL none */

struct view *app_pane(const struct app *a); /* the pane with the focus, whatever lies over it */

/* Brings a tab of the detail pane to the front, with the focus. */
void app_open_tab(struct app *a, const char *title);

/* The cursor goes there, with its host map. If an option of the list or the filter hides it, that is taken
 * away, and said; a container that is gone is said to be so, and the cursor stays. */
void app_show_container(struct app *a, container_id id);

/* One sentence in the bottom line until the next key; an error stands out. */
void app_say(struct app *a, const char *fmt, ...);
void app_say_error(struct app *a, const struct error *e);

/* A question in the bottom line; answer is called with yes or no. It replaces a question that is open
 * (answered no). */
void app_confirm(struct app *a, const char *question, void (*answer)(void *user, bool yes), void *user);

/* One line of text; text NULL when it was given up. */
void app_prompt(struct app *a, const char *label, const char *text,
                void (*answer)(void *user, const char *text), void *user);

/* What takes longer than a second: shown with its progress and a cancel key until job_done; cancel may be
 * NULL. */
struct job *app_job(struct app *a, const char *words, void (*cancel)(void *user), void *user);
void job_progress(struct job *j, uint64_t done, uint64_t total, const char *words);
void job_done(struct job *j);

/* A view over the others (help, palette, launch form), closed by Esc or app_pop; frees it. */
void app_push(struct app *a, struct view *v);
void app_pop(struct app *a);

/* The session is told what to sample: the rows on the screen, or all for a sort by usage. Called by the list.
 */
void app_sample(struct app *a, const container_id *ids, size_t n, unsigned fields);

/* And all of the usage of this one, for as long as it is looked at; 0: of none. */
void app_watch(struct app *a, container_id id);
bool app_is_sampled(const struct app *a, container_id id); /* are its CPU and memory being told? */

#endif
