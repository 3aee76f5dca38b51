/* Jobs form a list, oldest first. One timer wakes when the next of them has run for a second: whatever ends
 * before is never seen. A cancelled job still ends by its own job_done. */
#include "ui/jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/memory.h"
#include "ui/app.h"

enum { HIDDEN_MS = 1000 };

struct job {
    struct jobs *jobs;
    struct job *next;
    char *words, *detail;
    void (*cancel)(void *user);
    void *user;
    uint64_t started, done, total;
    bool cancelled;
};

struct jobs {
    uv_timer_t timer;
    struct job *first;
    void (*changed)(void *user);
    void *user;
};

static void closed(uv_handle_t *h)
{
    free(h->data);
}

struct jobs *jobs_new(struct uv_loop_s *loop, void (*changed)(void *user), void *user)
{
    struct jobs *j = mem_new(1, sizeof *j);
    uv_timer_init(loop, &j->timer);
    j->timer.data = j;
    j->changed = changed;
    j->user = user;
    return j;
}

void jobs_free(struct jobs *j)
{
    if (!j) {
        return;
    }
    j->changed = NULL;
    while (j->first) {
        struct job *was = j->first;
        if (was->cancel && !was->cancelled) {
            was->cancelled = true;
            was->cancel(was->user);
        }
        if (j->first == was) {
            job_done(was);
        }
    }
    uv_close((uv_handle_t *)&j->timer, closed);
}

static void tell_owner(struct jobs *j)
{
    if (j->changed) {
        j->changed(j->user);
    }
}

static void on_timer(uv_timer_t *t)
{
    tell_owner(t->data);
}

struct job *jobs_add(struct jobs *j, const char *words, void (*cancel)(void *user), void *user)
{
    struct job *job = mem_new(1, sizeof *job);
    job->jobs = j;
    job->words = mem_string(words);
    job->cancel = cancel;
    job->user = user;
    job->started = uv_now(j->timer.loop);
    struct job **end = &j->first;
    while (*end) {
        end = &(*end)->next;
    }
    *end = job;
    uv_timer_start(&j->timer, on_timer, HIDDEN_MS + 1, 0);
    return job;
}

void job_progress(struct job *j, uint64_t done, uint64_t total, const char *words)
{
    j->done = done;
    j->total = total;
    free(j->detail);
    j->detail = mem_string(words);
    tell_owner(j->jobs);
}

void job_done(struct job *j)
{
    struct jobs *jobs = j->jobs;
    struct job **at = &jobs->first;
    while (*at != j) {
        at = &(*at)->next;
    }
    *at = j->next;
    free(j->words);
    free(j->detail);
    free(j);
    tell_owner(jobs);
}

static const struct job *shown(const struct jobs *j)
{
    const struct job *first = j->first;
    return first && uv_now(j->timer.loop) - first->started >= HIDDEN_MS ? first : NULL;
}

bool jobs_line(const struct jobs *j, char *out, size_t room)
{
    const struct job *job = shown(j);
    char part[64] = "";
    if (!job) {
        return false;
    }
    if (job->total > 0) {
        uint64_t done = job->done < job->total ? job->done : job->total;
        snprintf(part, sizeof part, "  %u %%", (unsigned)((double)done * 100.0 / (double)job->total));
    }
    snprintf(out, room, "%s%s%s%s", job->cancelled ? "Cancelling: " : "", job->words, part,
             job->detail ? "  " : "");
    size_t used = strlen(out);
    if (job->detail && used < room) {
        snprintf(out + used, room - used, "%s", job->detail);
    }
    return true;
}

static struct job *newest(const struct jobs *j)
{
    struct job *found = NULL;
    for (struct job *job = j->first; job; job = job->next) {
        if (job->cancel && !job->cancelled) {
            found = job;
        }
    }
    return found;
}

bool jobs_cancellable(const struct jobs *j)
{
    return newest(j) != NULL;
}

bool jobs_cancel(struct jobs *j)
{
    struct job *job = newest(j);
    if (!job) {
        return false;
    }
    job->cancelled = true;
    job->cancel(job->user);
    tell_owner(j);
    return true;
}
