/* ui/jobs.h - what runs longer than a moment: shown from its second second on, with its progress, until it is
 * done. app.h has the calls for who runs one: app_job, job_progress, job_done. */
#ifndef UI_JOBS_H
#define UI_JOBS_H

#include <stdbool.h>
#include <stddef.h>

struct job;
struct jobs;
struct uv_loop_s;

/* changed is called when what jobs_line says may be another sentence. */
struct jobs *jobs_new(struct uv_loop_s *loop, void (*changed)(void *user), void *user);
void jobs_free(struct jobs *j); /* cancels what still runs */

struct job *jobs_add(struct jobs *j, const char *words, void (*cancel)(void *user), void *user);

/* The sentence of the oldest job that has run for a second, into out; false: there is none. */
bool jobs_line(const struct jobs *j, char *out, size_t room);
bool jobs_cancellable(const struct jobs *j); /* would jobs_cancel do something? */
bool jobs_cancel(struct jobs *j);            /* the newest one that can be cancelled */

#endif
