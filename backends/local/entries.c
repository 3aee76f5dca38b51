/* The list: one entry per state file. All files are read once, on a thread; from then on inotify names those
 * that changed, and only these are read again. One reading is under way at a time; what changes meanwhile is
 * gathered for the next, so that an older state never follows a newer one.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "backends/cgroups.h"
#include "backends/local/engine.h"
#include "backends/local/logs.h"
#include "backends/sampler.h"

enum { FILES_LIMIT = 100000 };

struct id {
    char text[STATE_ID];
};

struct changes { /* what is to be read next */
    struct id *ids;
    size_t count, room;
    bool all, reading;
};

struct found {
    struct id id;
    struct state state;
    bool gone, orphan; /* orphan: its keeper is dead */
};

struct reading {
    struct job job;
    struct id *ids; /* NULL: all */
    size_t n_ids;
    struct found *rows;
    size_t count, room;
    struct error why;
};

/* Looking up. */

static size_t place_of(const struct entries *list, const char *id, bool *there)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(list->rows[middle]->state.id, id);
        if (order == 0) {
            *there = true;
            return middle;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    *there = false;
    return low;
}

struct entry *entries_find(struct local *l, const char *id)
{
    bool there;
    size_t at = place_of(&l->entries, id, &there);
    return there ? l->entries.rows[at] : NULL;
}

static struct entry *insert(struct entries *list, const char *id)
{
    bool there;
    size_t at = place_of(list, id, &there);
    if (there) {
        return list->rows[at];
    }
    struct entry *en = mem_new(1, sizeof *en);
    state_init(&en->state);
    list->rows = mem_grow(list->rows, &list->room, list->count + 1, sizeof *list->rows);
    memmove(list->rows + at + 1, list->rows + at, (list->count - at) * sizeof *list->rows);
    list->rows[at] = en;
    list->count++;
    return en;
}

static void free_entry(struct entry *en)
{
    state_record_done(&en->shown);
    state_done(&en->state);
    free(en);
}

static void take_out(struct entries *list, size_t at)
{
    free_entry(list->rows[at]);
    list->count--;
    memmove(list->rows + at, list->rows + at + 1, (list->count - at) * sizeof *list->rows);
}

/* Telling. */

static void say_what_cannot(const struct local *l, struct entry *en)
{
    const char **why_not = en->shown.record.why_not;
    bool vm = en->state.isolation == ISOLATION_VM;
    if (!vm && (!en->state.cgroup || !cgroups_can_pause(l->cgroups))) {
        const char *why = l->paths->rootless ? "pausing needs cgroups: run porthole as root"
                                             : "pausing needs a freezer cgroup, and this machine has none";
        why_not[VERB_PAUSE] = why;
        why_not[VERB_RESUME] = why;
    }
    const struct error *missing = vm ? &l->no_vm : &l->no_runtime;
    if (missing->kind != ERROR_NONE) {
        why_not[VERB_START] = missing->text;
        why_not[VERB_RELAUNCH] = missing->text;
    }
}

void entries_tell(struct local *l, struct entry *en, unsigned fields)
{
    l->backend.sink->seen(l->backend.user, &en->shown.record, fields);
}

/* The state moves into the entry. */
static void update(struct local *l, struct found *f)
{
    struct entry *en = insert(&l->entries, f->id.text);
    struct container before = en->shown.record;
    bool carry = state_has_processes(en->state.state) && state_has_processes(f->state.state) &&
                 en->state.pid == f->state.pid && en->state.vm == f->state.vm;
    state_record_done(&en->shown);
    state_done(&en->state);
    en->state = f->state;
    state_init(&f->state);
    if (f->orphan && !en->state.note) {
        en->state.note = mem_string("its keeper is gone: it is being ended and cleared up after");
    }
    state_to_record(&en->state, &en->shown);
    if (f->orphan) {
        en->shown.record.state = CONTAINER_LOST;
    }
    if (carry) {
        en->shown.record.cpu = before.cpu;
        en->shown.record.memory = before.memory;
        en->shown.record.host_memory = before.host_memory;
        en->shown.record.processes = before.processes;
    }
    en->seen = true;
    en->stuck = false;
    say_what_cannot(l, en);
    entries_tell(l, en, FIELD_ALL);
    if (!l->closing && f->orphan) {
        watchdog_clean(l, en);
    }
}

static void forget(struct local *l, const char *id)
{
    bool there;
    size_t at = place_of(&l->entries, id, &there);
    if (there) {
        l->backend.sink->gone(l->backend.user, id);
        take_out(&l->entries, at);
    }
}

/* Reading. */

static void add_broken(struct found *f, const struct error *why)
{
    struct state *s = &f->state;
    memcpy(s->id, f->id.text, STATE_ID);
    s->spec.name = mem_string(f->id.text);
    s->spec.image = mem_string("");
    s->state = CONTAINER_LOST;
    s->note = mem_string(why->text);
}

static void read_one(struct reading *r, const char *id)
{
    r->rows = mem_grow(r->rows, &r->room, r->count + 1, sizeof *r->rows);
    struct found *f = &r->rows[r->count++];
    memset(f, 0, sizeof *f);
    memcpy(f->id.text, id, STATE_ID);
    state_init(&f->state);
    struct error why;
    const struct local *l = r->job.task.local;
    if (local_read_state(l, id, &f->state, &why)) {
        f->orphan = watchdog_must_clear(l, &f->state);
    } else {
        f->gone = why.kind == ERROR_NOT_FOUND;
        add_broken(f, &why);
    }
}

static bool id_of_file(const char *name, char id[STATE_ID])
{
    size_t len = strlen(name);
    if (len != STATE_ID - 1 + strlen(".json") || strcmp(name + STATE_ID - 1, ".json") != 0) {
        return false;
    }
    memcpy(id, name, STATE_ID - 1);
    id[STATE_ID - 1] = '\0';
    return state_id_ok(id);
}

static void read_folder(struct reading *r)
{
    const char *path = r->job.task.local->paths->states;
    DIR *folder = opendir(path);
    if (!folder) {
        error_errno(&r->why, errno, "cannot read the list of containers in %s", path);
        return;
    }
    struct dirent *file;
    char id[STATE_ID];
    while (r->count < FILES_LIMIT && (file = readdir(folder))) {
        if (id_of_file(file->d_name, id)) {
            read_one(r, id);
        }
    }
    closedir(folder);
}

static void run_reading(struct job *j)
{
    struct reading *r = (struct reading *)j;
    if (!r->ids) {
        read_folder(r);
    }
    for (size_t i = 0; i < r->n_ids; i++) {
        read_one(r, r->ids[i].text);
    }
}

static void sweep(struct local *l)
{
    for (size_t i = l->entries.count; i > 0; i--) {
        if (!l->entries.rows[i - 1]->seen) {
            take_out(&l->entries, i - 1);
        }
    }
}

static void tell_all(struct local *l, struct reading *r)
{
    for (size_t i = 0; i < l->entries.count; i++) {
        l->entries.rows[i]->seen = false;
    }
    l->backend.sink->list_begin(l->backend.user);
    for (size_t i = 0; i < r->count && !l->closing; i++) {
        if (!r->rows[i].gone) {
            update(l, &r->rows[i]);
        }
    }
    if (!l->closing) {
        sweep(l);
        l->backend.sink->list_end(l->backend.user);
    }
}

static void tell_some(struct local *l, struct reading *r)
{
    for (size_t i = 0; i < r->count && !l->closing; i++) {
        if (r->rows[i].gone) {
            forget(l, r->rows[i].id.text);
        } else {
            update(l, &r->rows[i]);
        }
    }
}

static void read_next(struct local *l);

static void has_read(struct job *j)
{
    struct reading *r = (struct reading *)j;
    struct local *l = j->task.local;
    if (l->closing) {
        /* nobody listens */
    } else if (r->why.kind != ERROR_NONE) {
        l->backend.sink->offline(l->backend.user, &r->why);
    } else if (!r->ids) {
        tell_all(l, r);
    } else {
        tell_some(l, r);
    }
    for (size_t i = 0; i < r->count; i++) {
        state_done(&r->rows[i].state);
    }
    free(r->rows);
    free(r->ids);
    if (!l->closing) {
        l->changes->reading = false;
        sampler_kick(l->sampler);
        read_next(l);
    }
    job_end(j);
}

static void read_next(struct local *l)
{
    struct changes *c = l->changes;
    if (c->reading || (!c->all && c->count == 0)) {
        return;
    }
    struct reading *r = mem_new(1, sizeof *r);
    if (c->all) {
        free(c->ids);
    } else {
        r->ids = c->ids;
        r->n_ids = c->count;
    }
    *c = (struct changes){.reading = true};
    job_start(&r->job, l, NULL, run_reading, has_read);
}

void entries_changed(struct local *l, const char *id)
{
    struct changes *c = l->changes;
    if (!l->listed || l->closing) {
        return;
    }
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->ids[i].text, id) == 0) {
            return;
        }
    }
    c->ids = mem_grow(c->ids, &c->room, c->count + 1, sizeof *c->ids);
    memcpy(c->ids[c->count++].text, id, STATE_ID);
    read_next(l);
}

/* Watching. */

static void heed(struct local *l, const struct inotify_event *event)
{
    char id[STATE_ID];
    if (event->mask & IN_Q_OVERFLOW) {
        followers_wake(l, -1, NULL);
        if (l->listed) {
            l->changes->all = true;
            read_next(l);
        }
    } else if (event->wd != l->states_watch) {
        followers_wake(l, event->wd, NULL);
    } else if (event->len > 0 && id_of_file(event->name, id)) {
        entries_changed(l, id);
        followers_wake(l, -1, id);
    }
}

static void on_events(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct local *l = poll->data;
    char block[8192] __attribute__((aligned(8)));
    ssize_t len = read(l->inotify, block, sizeof block);
    for (ssize_t at = 0; at < len;) {
        const struct inotify_event *event = (const struct inotify_event *)(const void *)(block + at);
        at += (ssize_t)(sizeof *event + event->len);
        heed(l, event);
    }
}

bool entries_watch(struct local *l, struct error *e)
{
    if (l->watching) {
        return true;
    }
    l->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (l->inotify < 0) {
        error_errno(e, errno, "cannot watch the containers' states: inotify does not start");
        return false;
    }
    l->states_watch = inotify_add_watch(l->inotify, l->paths->states,
                                        IN_MOVED_TO | IN_DELETE | IN_CLOSE_WRITE | IN_ONLYDIR);
    if (l->states_watch < 0 || uv_poll_init(l->backend.loop, &l->watch, l->inotify) != 0) {
        error_errno(e, errno, "cannot watch %s", l->paths->states);
        close(l->inotify);
        l->inotify = -1;
        return false;
    }
    l->watch.data = l;
    l->watching = true;
    local_hold(l);
    uv_poll_start(&l->watch, UV_READABLE, on_events);
    return true;
}

void entries_list(struct local *l)
{
    struct error why;
    if (!l->changes) {
        l->changes = mem_new(1, sizeof *l->changes);
    }
    if (!entries_watch(l, &why)) {
        local_break(l, &why);
        return;
    }
    l->listed = true;
    l->changes->all = true;
    watchdog_start(l);
    read_next(l);
}

static void watch_closed(uv_handle_t *handle)
{
    struct local *l = handle->data;
    close(l->inotify);
    local_release(l);
}

void entries_close(struct local *l)
{
    for (size_t i = 0; i < l->entries.count; i++) {
        free_entry(l->entries.rows[i]);
    }
    free(l->entries.rows);
    l->entries = (struct entries){0};
    if (l->changes) {
        free(l->changes->ids);
        free(l->changes);
        l->changes = NULL;
    }
    if (l->watching) {
        l->watching = false;
        uv_close((uv_handle_t *)&l->watch, watch_closed);
    }
}
