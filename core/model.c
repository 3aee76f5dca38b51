/* One entry per container; which source's word of it is shown: model_parts.c.
 *
 * The queue holds one change per entry, which the entry finds by its place in it. A change whose container
 * came and went since the last telling is voided there (id 0). */
#include "core/model.h"

#include <stdlib.h>
#include <string.h>

#include "core/idmap.h"
#include "core/memory.h"
#include "core/model_parts.h"

static const size_t NOT_QUEUED = (size_t)-1;

struct model_watch {
    struct model_watch *next;
    struct model *model;
    model_cb cb; /* NULL: it has left while the others were being told */
    void *user;
};

struct model {
    struct entry **entries; /* by age; NULL where one has gone */
    size_t end, room, count;
    struct idmap by_id, by_hash;
    container_id last;
    struct source sources[SOURCES];
    struct change *queue;
    size_t queue_len, queue_room;
    struct model_watch *watches;
    unsigned telling; /* how deep in model_publish */
    void (*wake)(void *user);
    void *user;
};

static void entry_free(struct entry *e)
{
    parts_done(e);
    container_done(&e->shown);
    free(e);
}

struct model *model_new(void (*wake)(void *user), void *user)
{
    struct model *m = mem_new(1, sizeof *m);
    m->wake = wake;
    m->user = user;
    return m;
}

void model_free(struct model *m)
{
    if (!m) {
        return;
    }
    for (size_t i = 0; i < m->end; i++) {
        if (m->entries[i]) {
            entry_free(m->entries[i]);
        }
    }
    while (m->watches) {
        struct model_watch *watch = m->watches;
        m->watches = watch->next;
        free(watch);
    }
    idmap_done(&m->by_id);
    idmap_done(&m->by_hash);
    free(m->entries);
    free(m->queue);
    free(m);
}

void model_on_wake(struct model *m, void (*wake)(void *user), void *user)
{
    m->wake = wake;
    m->user = user;
}

/* Changes. */

static void queue_add(struct model *m, struct entry *e, enum change_kind kind, unsigned fields)
{
    m->queue = mem_grow(m->queue, &m->queue_room, m->queue_len + 1, sizeof *m->queue);
    m->queue[m->queue_len] = (struct change){.id = e->shown.id, .kind = kind, .fields = fields};
    e->queued = m->queue_len++;
    if (m->queue_len == 1 && m->wake) {
        m->wake(m->user);
    }
}

static void queue_update(struct model *m, struct entry *e, unsigned fields)
{
    if (!fields) {
        return;
    }
    if (e->queued == NOT_QUEUED) {
        queue_add(m, e, CHANGE_UPDATED, fields);
    } else if (m->queue[e->queued].kind == CHANGE_UPDATED) {
        m->queue[e->queued].fields |= fields;
    }
}

static void queue_removal(struct model *m, struct entry *e)
{
    if (e->queued == NOT_QUEUED) {
        queue_add(m, e, CHANGE_REMOVED, 0);
        return;
    }
    struct change *change = &m->queue[e->queued];
    if (change->kind == CHANGE_ADDED) {
        *change = (struct change){0};
    } else {
        *change = (struct change){.id = e->shown.id, .kind = CHANGE_REMOVED};
    }
}

/* Entries. */

static struct entry *entry_find(const struct model *m, const char *key)
{
    struct entry *e = idmap_get(&m->by_hash, idmap_hash(key));
    while (e && strcmp(e->shown.key, key) != 0) {
        e = e->same_hash;
    }
    return e;
}

static struct entry *entry_add(struct model *m, const struct container *record)
{
    struct entry *e = mem_new(1, sizeof *e);
    container_init(&e->shown);
    container_assign(&e->shown, record, 0);
    e->shown.id = ++m->last;
    parts_init(e);
    e->hash = idmap_hash(record->key);
    e->same_hash = idmap_get(&m->by_hash, e->hash);
    idmap_put(&m->by_hash, e->hash, e);
    idmap_put(&m->by_id, e->shown.id, e);
    m->entries = mem_grow(m->entries, &m->room, m->end + 1, sizeof *m->entries);
    e->place = m->end;
    m->entries[m->end++] = e;
    m->count++;
    queue_add(m, e, CHANGE_ADDED, FIELD_ALL);
    return e;
}

static void entries_pack(struct model *m)
{
    size_t to = 0;
    for (size_t i = 0; i < m->end; i++) {
        if (m->entries[i]) {
            m->entries[i]->place = to;
            m->entries[to++] = m->entries[i];
        }
    }
    m->end = to;
}

static void unlink_hash(struct model *m, struct entry *e)
{
    struct entry *first = idmap_get(&m->by_hash, e->hash);
    if (first != e) {
        while (first->same_hash != e) {
            first = first->same_hash;
        }
        first->same_hash = e->same_hash;
    } else if (e->same_hash) {
        idmap_put(&m->by_hash, e->hash, e->same_hash);
    } else {
        idmap_remove(&m->by_hash, e->hash);
    }
}

static void entry_remove(struct model *m, struct entry *e)
{
    queue_removal(m, e);
    unlink_hash(m, e);
    idmap_remove(&m->by_id, e->shown.id);
    m->entries[e->place] = NULL;
    m->count--;
    entry_free(e);
}

/* Writing. */

static bool is_source(int source)
{
    return source >= 0 && source < SOURCES;
}

void model_authority(struct model *m, int source, unsigned fields)
{
    if (is_source(source)) {
        m->sources[source].authority = fields;
    }
}

void model_weak(struct model *m, int source, bool weak)
{
    if (is_source(source)) {
        m->sources[source].weak = weak;
    }
}

container_id model_put(struct model *m, int source, const struct container *record, unsigned fields)
{
    if (!is_source(source) || !record->key || !record->key[0]) {
        return 0;
    }
    struct entry *e = entry_find(m, record->key);
    if (!e) {
        e = entry_add(m, record);
    }
    queue_update(m, e, part_put(m->sources, e, source, record, fields));
    return e->shown.id;
}

static void drop(struct model *m, struct entry *e, struct part *part)
{
    unsigned changed;
    if (part_drop(m->sources, e, part, &changed)) {
        queue_update(m, e, changed);
    } else {
        entry_remove(m, e);
    }
}

void model_drop(struct model *m, int source, const char *key)
{
    struct entry *e = key ? entry_find(m, key) : NULL;
    struct part *part = e ? part_find(e, source) : NULL;
    if (part) {
        drop(m, e, part);
    }
}

void model_list_begin(struct model *m, int source)
{
    if (is_source(source)) {
        m->sources[source].round++;
        m->sources[source].listing = true;
    }
}

static void sweep(struct model *m, int source, bool all)
{
    for (size_t i = 0; i < m->end; i++) {
        struct part *part = m->entries[i] ? part_find(m->entries[i], source) : NULL;
        if (part && (all || part->round != m->sources[source].round)) {
            drop(m, m->entries[i], part);
        }
    }
    entries_pack(m);
}

void model_list_end(struct model *m, int source)
{
    if (is_source(source) && m->sources[source].listing) {
        m->sources[source].listing = false;
        sweep(m, source, false);
    }
}

void model_drop_all(struct model *m, int source)
{
    if (is_source(source)) {
        sweep(m, source, true);
    }
}

void model_away(struct model *m, int source)
{
    for (size_t i = 0; is_source(source) && i < m->end; i++) {
        struct part *part = m->entries[i] ? part_find(m->entries[i], source) : NULL;
        if (part) {
            queue_update(m, m->entries[i], part_away(m->sources, m->entries[i], part));
        }
    }
}

/* Telling. */

/* Takes the voided changes out; from here on the entries queue anew. */
static size_t queue_close(struct model *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->queue_len; i++) {
        struct entry *e = idmap_get(&m->by_id, m->queue[i].id);
        if (e) {
            e->queued = NOT_QUEUED;
        }
        if (m->queue[i].id) {
            m->queue[n++] = m->queue[i];
        }
    }
    m->queue_len = 0;
    return n;
}

static void forget_those_who_left(struct model *m)
{
    for (struct model_watch **link = &m->watches; *link;) {
        struct model_watch *watch = *link;
        if (watch->cb) {
            link = &watch->next;
        } else {
            *link = watch->next;
            free(watch);
        }
    }
}

size_t model_publish(struct model *m)
{
    size_t n = queue_close(m), room = m->queue_room;
    struct change *changes = m->queue;
    m->queue = NULL; /* watchers may write: that goes into a queue of its own */
    m->queue_room = 0;
    if (m->end > 2 * m->count) {
        entries_pack(m);
    }
    m->telling++;
    for (struct model_watch *watch = n ? m->watches : NULL; watch; watch = watch->next) {
        if (watch->cb) {
            watch->cb(watch->user, changes, n);
        }
    }
    if (--m->telling == 0) {
        forget_those_who_left(m);
    }
    if (m->queue) {
        free(changes);
    } else {
        m->queue = changes;
        m->queue_room = room;
    }
    return n;
}

/* At the front: whoever comes while the others are being told has read the model as it is now. */
struct model_watch *model_watch(struct model *m, model_cb cb, void *user)
{
    struct model_watch *watch = mem_new(1, sizeof *watch);
    *watch = (struct model_watch){.next = m->watches, .model = m, .cb = cb, .user = user};
    m->watches = watch;
    return watch;
}

void model_unwatch(struct model_watch *w)
{
    if (!w) {
        return;
    }
    w->cb = NULL;
    if (!w->model->telling) {
        forget_those_who_left(w->model);
    }
}

/* Reading. */

size_t model_count(const struct model *m)
{
    return m->count;
}

const struct container *model_get(const struct model *m, container_id id)
{
    const struct entry *e = idmap_get(&m->by_id, id);
    return e ? &e->shown : NULL;
}

const struct container *model_next(const struct model *m, size_t *cursor)
{
    while (*cursor < m->end) {
        const struct entry *e = m->entries[(*cursor)++];
        if (e) {
            return &e->shown;
        }
    }
    return NULL;
}

const struct container *model_find_key(const struct model *m, const char *key)
{
    const struct entry *e = key ? entry_find(m, key) : NULL;
    return e ? &e->shown : NULL;
}

/* The only one of which `fits` is true. */
static const struct container *find_only(const struct model *m, unsigned engines, const char *word,
                                         bool (*fits)(const struct container *c, const char *word),
                                         bool *several)
{
    const struct container *found = NULL, *c;
    for (size_t cursor = 0; (c = model_next(m, &cursor));) {
        if (c->engines & engines && fits(c, word)) {
            if (found) {
                *several = true;
                return NULL;
            }
            found = c;
        }
    }
    return found;
}

static bool has_name(const struct container *c, const char *word)
{
    return c->name && strcmp(c->name, word) == 0;
}

static bool key_begins(const struct container *c, const char *word)
{
    return strncmp(c->key, word, strlen(word)) == 0;
}

const struct container *model_find_of(const struct model *m, unsigned engines, const char *word,
                                      bool *several)
{
    bool ignored;
    several = several ? several : &ignored;
    *several = false;
    const struct container *c = model_find_key(m, word);
    c = c && c->engines & engines ? c : NULL;
    if (!c && word && word[0]) {
        c = find_only(m, engines, word, has_name, several);
        if (!c && !*several) {
            c = find_only(m, engines, word, key_begins, several);
        }
    }
    return c;
}

const struct container *model_find(const struct model *m, const char *word, bool *several)
{
    return model_find_of(m, ~0u, word, several);
}
