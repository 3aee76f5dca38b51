#include "backends/local/keeper/children.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "core/memory.h"

enum { REMEMBERED = 64 };

struct child {
    pid_t pid;
    child_cb cb;
    void *user;
    bool ended;
    int code;
    struct child *next;
};

struct children {
    uv_signal_t signal;
    uv_timer_t later;
    struct child *first;
    struct {
        pid_t pid;
        int code;
    } early[REMEMBERED]; /* ended before anybody watched them; the oldest is overwritten */
    unsigned n_early, starts;
    int closing;
};

static int code_of(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void deliver(struct children *c)
{
    for (struct child **at = &c->first; *at;) {
        struct child *child = *at;
        if (!child->ended) {
            at = &child->next;
            continue;
        }
        *at = child->next;
        child_cb cb = child->cb;
        void *user = child->user;
        int code = child->code;
        free(child);
        cb(user, code);
        at = &c->first; /* the callback may have changed the list */
    }
}

static void note_end(struct children *c, pid_t pid, int code)
{
    for (struct child *child = c->first; child; child = child->next) {
        if (child->pid == pid && !child->ended) {
            child->ended = true;
            child->code = code;
            return;
        }
    }
    if (c->starts > 0) {
        unsigned slot = c->n_early++ % REMEMBERED;
        c->early[slot].pid = pid;
        c->early[slot].code = code;
    }
}

/* Only the children of this thread are waited for (__WNOTHREAD): a thread of the pool waits for the program
 * that it has started itself, whose exit code would be lost here. Orphans become children of the first
 * thread, which is this one. */
static void collect(struct children *c)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG | __WNOTHREAD)) > 0) {
        note_end(c, pid, code_of(status));
    }
    deliver(c);
}

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    collect(signal->data);
}

static void on_later(uv_timer_t *timer)
{
    collect(timer->data);
}

struct children *children_new(uv_loop_t *loop)
{
    struct children *c = mem_new(1, sizeof *c);
    uv_signal_init(loop, &c->signal);
    uv_timer_init(loop, &c->later);
    c->signal.data = c;
    c->later.data = c;
    uv_signal_start(&c->signal, on_signal, SIGCHLD);
    return c;
}

static void on_closed(uv_handle_t *handle)
{
    struct children *c = handle->data;
    if (--c->closing > 0) {
        return;
    }
    while (c->first) {
        struct child *next = c->first->next;
        free(c->first);
        c->first = next;
    }
    free(c);
}

void children_close(struct children *c)
{
    c->closing = 2;
    uv_close((uv_handle_t *)&c->signal, on_closed);
    uv_close((uv_handle_t *)&c->later, on_closed);
}

void children_watch(struct children *c, pid_t pid, child_cb cb, void *user)
{
    struct child *child = mem_new(1, sizeof *child);
    *child = (struct child){.pid = pid, .cb = cb, .user = user, .next = c->first};
    c->first = child;
    unsigned known = c->n_early < REMEMBERED ? c->n_early : REMEMBERED;
    for (unsigned i = 0; i < known; i++) {
        if (c->early[i].pid == pid) {
            child->ended = true;
            child->code = c->early[i].code;
            c->early[i].pid = 0;
            uv_timer_start(&c->later, on_later, 0, 0);
            return;
        }
    }
}

void children_forget(struct children *c, const void *user)
{
    for (struct child **at = &c->first; *at;) {
        struct child *child = *at;
        if (child->user == user) {
            *at = child->next;
            free(child);
        } else {
            at = &child->next;
        }
    }
}

void children_begin(struct children *c)
{
    if (c->starts++ == 0) {
        c->n_early = 0; /* what ended before has nothing to do with what starts now, whatever its number */
    }
}

void children_end(struct children *c)
{
    c->starts--;
}
