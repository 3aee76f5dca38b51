/* Following: a piece is read on a thread and handed out on the loop, then the next. At the end it waits until
 * inotify says that the folder (it grew, it was renamed) or the state has changed. Whether the container has
 * ended is read before the log is, so that its last words are not missed.
 */
#include "backends/local/logs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "backends/local/logfile.h"
#include "core/times.h"

struct follower {
    struct console console;
    struct task task;
    uv_timer_t again; /* hands out, or ends, in the next turn */
    struct follower *next, **at;
    char id[STATE_ID];
    int watch; /* of the folder; -1 none */
    bool follow;
    struct logfile_query query;
    struct logfile *file;
    struct logfile_piece piece;
    size_t given; /* records of the piece */
    int more;     /* what logfile_read said last */
    bool reading; /* a thread owns file and piece */
    bool woken;   /* something changed meanwhile */
    bool over;    /* the container does not run (any more) */
    bool opened, held, closed, ending;
    bool timer_open;
    struct error why;
};

struct piece_job {
    struct job job;
    struct follower *follower;
    struct error why;
};

static void hand_out(struct follower *f);
static void read_on(struct follower *f);

/* The end. */

static void free_if_done(struct follower *f)
{
    if (f->timer_open || f->reading) {
        return;
    }
    logfile_close(f->file);
    logfile_piece_done(&f->piece);
    task_end(&f->task);
    free(f);
}

static void timer_closed(uv_handle_t *handle)
{
    struct follower *f = handle->data;
    f->timer_open = false;
    free_if_done(f);
}

static void leave(struct follower *f)
{
    struct local *l = f->task.local;
    bool shared = false;
    *f->at = f->next;
    if (f->next) {
        f->next->at = f->at;
    }
    for (const struct follower *o = l->followers; o; o = o->next) {
        shared = shared || o->watch == f->watch;
    }
    if (f->watch >= 0 && !shared && l->watching) {
        inotify_rm_watch(l->inotify, f->watch);
    }
    uv_close((uv_handle_t *)&f->again, timer_closed);
}

static void say_closed(struct follower *f)
{
    if (!f->closed) {
        f->closed = true;
        leave(f);
        f->console.sink->closed(f->console.user, f->why.kind == ERROR_NONE ? NULL : &f->why, -1);
    }
}

static void on_again(uv_timer_t *timer)
{
    struct follower *f = timer->data;
    if (f->ending) {
        say_closed(f);
    } else if (!f->reading) {
        hand_out(f);
    }
}

static void end(struct follower *f, const struct error *why)
{
    if (f->closed || f->ending) {
        return;
    }
    f->ending = true;
    if (why) {
        f->why = *why;
    }
    uv_timer_start(&f->again, on_again, 0, 0);
}

/* Reading. */

static void run_piece(struct job *j)
{
    struct piece_job *p = (struct piece_job *)j;
    struct follower *f = p->follower;
    const struct local *l = j->task.local;
    struct state s;
    state_init(&s);
    bool known = local_read_state(l, f->id, &s, &p->why);
    f->over = !known || state_has_ended(s.state) || s.state == CONTAINER_LOST;
    state_done(&s);
    if (!known && !f->file) {
        return;
    }
    p->why.kind = ERROR_NONE;
    if (!f->file) {
        char *folder = paths_container(l->paths, f->id, NULL);
        f->file = logfile_open(folder, &f->query, &p->why);
        free(folder);
    }
    f->more = f->file ? logfile_read(f->file, &f->piece, &p->why) : -1;
    if (f->more >= 0) {
        p->why.kind = ERROR_NONE;
    }
}

static void piece_read(struct job *j)
{
    struct piece_job *p = (struct piece_job *)j;
    struct follower *f = p->follower;
    f->reading = false;
    f->given = 0;
    f->why = p->why;
    if (f->closed) {
        free_if_done(f);
    } else {
        if (!f->opened) {
            f->opened = true;
            if (p->why.kind != ERROR_NOT_FOUND && f->console.sink->opened) {
                f->console.sink->opened(f->console.user);
            }
        }
        hand_out(f);
    }
    job_end(j);
}

static void read_on(struct follower *f)
{
    if (f->reading || f->closed || f->ending) {
        return;
    }
    struct piece_job *p = mem_new(1, sizeof *p);
    p->follower = f;
    f->reading = true;
    f->woken = false;
    job_start(&p->job, f->task.local, NULL, run_piece, piece_read);
}

static void hand_out(struct follower *f)
{
    while (!f->closed && !f->ending && !f->held && f->given < f->piece.count) {
        const struct logfile_record *r = &f->piece.records[f->given++];
        f->console.sink->bytes(f->console.user, r->stream == 1 ? CONSOLE_ERR : CONSOLE_OUT, r->when,
                               text_of(&f->piece.bytes) + r->at, r->len);
    }
    if (f->closed || f->ending || f->held) {
        return;
    }
    if (f->why.kind != ERROR_NONE) {
        struct error why = f->why;
        end(f, &why);
    } else if (f->more > 0 || f->woken) {
        read_on(f);
    } else if (!f->follow || f->over) {
        end(f, NULL);
    }
}

void followers_wake(struct local *l, int watch, const char *id)
{
    for (struct follower *f = l->followers; f; f = f->next) {
        bool meant = watch >= 0 ? f->watch == watch : !id || strcmp(f->id, id) == 0;
        if (!meant || !f->follow) {
            continue;
        }
        f->woken = true;
        if (!f->reading && !f->held && f->given == f->piece.count) {
            read_on(f);
        }
    }
}

/* What the owner asks. */

static void logs_hold(struct console *console, bool hold)
{
    struct follower *f = (struct follower *)console;
    f->held = hold;
    if (!hold && !f->ending) {
        uv_timer_start(&f->again, on_again, 0, 0);
    }
}

static void logs_close(struct console *console)
{
    struct follower *f = (struct follower *)console;
    f->closed = true;
    leave(f);
}

static const struct console_type logs_type = {.hold = logs_hold, .close = logs_close};

static void stop_following(struct task *t)
{
    struct follower *f = (struct follower *)(void *)((char *)t - offsetof(struct follower, task));
    struct error why;
    error_set(&why, ERROR_CANCELLED, 0, "the engine is being closed");
    end(f, &why);
}

static bool watch_folder(struct follower *f, struct error *e)
{
    struct local *l = f->task.local;
    if (!entries_watch(l, e)) {
        return false;
    }
    char *folder = paths_container(l->paths, f->id, NULL);
    f->watch = inotify_add_watch(l->inotify, folder, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
    free(folder);
    if (f->watch < 0 && errno != ENOENT) {
        error_errno(e, errno, "cannot follow the log of container %s", f->id);
        return false;
    }
    return true;
}

struct console *logs_open(struct local *l, const char *key, const struct console_spec *spec,
                          const struct console_sink *sink, void *user)
{
    struct follower *f = mem_new(1, sizeof *f);
    struct error why;
    f->console = (struct console){.type = &logs_type, .sink = sink, .user = user};
    f->query = (struct logfile_query){.tail = spec->tail, .since = spec->since, .until = spec->until};
    f->follow = spec->follow && (spec->until == 0 || spec->until > time_now());
    if (!f->follow && spec->until == 0) {
        f->query.until = time_now(); /* else the end of a busy log is never reached */
    }
    f->watch = -1;
    memcpy(f->id, key, STATE_ID);
    task_begin(&f->task, l, NULL, stop_following);
    f->next = l->followers;
    f->at = &l->followers;
    if (f->next) {
        f->next->at = &f->next;
    }
    l->followers = f;
    uv_timer_init(l->backend.loop, &f->again);
    f->again.data = f;
    f->timer_open = true;
    if (f->follow && !watch_folder(f, &why)) {
        end(f, &why);
    } else {
        read_on(f);
    }
    return &f->console;
}
