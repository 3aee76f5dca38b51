/* A name lives in the state alone: folder, cgroup, socket and VM go by the id. Who writes the state renames:
 * the keeper if there is one, else we do, under the container's lock, which a keeper takes before it reads
 * the state. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "backends/json.h"
#include "backends/local/ask.h"
#include "backends/local/create.h"
#include "backends/local/engine.h"

enum { TRIES = 250, PAUSE_MS = 20, ANSWER_MS = 10000 };

struct renaming {
    struct job job;
    char id[STATE_ID];
    char *name;
    struct error why;
};

/* The container's lock; -1: a keeper has it (errno EWOULDBLOCK), or it cannot be had. */
static int try_lock(const struct paths *p, const char *id)
{
    char *path = paths_container(p, id, "lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int why = errno;
        close(fd);
        errno = why;
        fd = -1;
    }
    free(path);
    return fd;
}

static bool rewrite(const struct local *l, const struct renaming *r, struct error *e)
{
    struct state s;
    state_init(&s);
    bool ok = local_read_state(l, r->id, &s, e);
    if (ok) {
        free(s.spec.name);
        s.spec.name = mem_string(r->name);
        ok = state_write(&s, l->paths, e);
    }
    state_done(&s);
    return ok;
}

static bool ask_it(const struct local *l, const struct renaming *r, struct error *e)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "verb", "rename");
    cJSON_AddStringToObject(o, "name", r->name);
    char *request = cJSON_PrintUnformatted(o);
    bool ok = ask_keeper(l->paths, r->id, request, ANSWER_MS, e);
    cJSON_free(request);
    cJSON_Delete(o);
    return ok;
}

/* A keeper that comes or goes has the lock, but cannot be reached: it is tried again. */
static bool rename_it(const struct local *l, const struct renaming *r, struct error *e)
{
    const struct timespec moment = {.tv_nsec = PAUSE_MS * 1000000L};
    for (int i = 0; i < TRIES; i++) {
        int lock = try_lock(l->paths, r->id);
        if (lock >= 0) {
            bool ok = rewrite(l, r, e);
            close(lock);
            return ok;
        }
        if (errno != EWOULDBLOCK) {
            error_errno(e, errno, "cannot lock container %s", r->id);
            return false;
        }
        if (ask_it(l, r, e)) {
            return true;
        }
        if (e->kind != ERROR_UNREACHABLE && e->kind != ERROR_CONFLICT) {
            return false;
        }
        nanosleep(&moment, NULL);
    }
    return false;
}

static void run(struct job *j)
{
    struct renaming *r = (struct renaming *)j;
    const struct local *l = j->task.local;
    struct state s;
    state_init(&s);
    int names = local_read_state(l, r->id, &s, &r->why) ? create_lock_names(l->paths, &r->why) : -1;
    if (names >= 0 && create_name_free(l->paths, names, r->name, &r->why)) {
        struct error why = {0};
        if (!rename_it(l, r, &why)) {
            r->why = why;
            error_wrap(&r->why, "cannot rename %s", s.spec.name);
        }
    }
    if (names >= 0) {
        close(names);
    }
    state_done(&s);
}

static void done(struct job *j)
{
    struct renaming *r = (struct renaming *)j;
    struct answer answer = {.why = r->why};
    entries_changed(j->task.local, r->id);
    task_finish(&j->task, &answer);
    free(r->name);
    job_end(j);
}

void local_rename(struct backend *b, struct op *op, const char *key, const char *name)
{
    struct local *l = (struct local *)b;
    if (!local_usable(l, op) || !local_key_ok(key, op)) {
        return;
    }
    struct renaming *r = mem_new(1, sizeof *r);
    memcpy(r->id, key, STATE_ID);
    r->name = mem_string(name);
    job_start(&r->job, l, op, run, done);
}
