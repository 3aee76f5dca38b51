/* core/model.h - every container that is known, and what changed since we last told.
 *
 * One writer, core/session.c, which passes on what the engines tell. Many readers. Writes are gathered;
 * watchers hear of them together, one change per container, when the frame calls model_publish() just before
 * it draws. What model_get() returns is good until the next write; keep ids, never pointers: an id whose
 * container is gone finds NULL. Cost: a write is O(fields named), telling is O(containers changed), however
 * many are known.
 *
 * Two engines ("sources", numbered 0 to 31) may know the same container: records with the same key are one
 * row. Each field comes from the source with authority over it, among those that have told it; else from the
 * lowest numbered. A weak source is believed where no other has told. What passes (state, workers, usage)
 * comes from a source that is away only where no other tells it. The row lives until the last of them drops
 * it, or the one with authority over FIELD_VERBS does while the others are away. It never exists twice and
 * its id stays. That a source came, went, or is away is told as a change of FIELD_NAME.
 */
#ifndef CORE_MODEL_H
#define CORE_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/container.h"

struct model;
struct model_watch;

enum change_kind { CHANGE_ADDED, CHANGE_UPDATED, CHANGE_REMOVED };

struct change {
    container_id id;
    enum change_kind kind;
    unsigned fields; /* of an update: the FIELD_ bits that differ */
};

typedef void (*model_cb)(void *user, const struct change *changes, size_t n);

/* wake (may be NULL) is called at the first change since we last told: time to ask for a frame. */
struct model *model_new(void (*wake)(void *user), void *user);
void model_free(struct model *m);

/* Replaces the wake of model_new: the interface comes later than the model. */
void model_on_wake(struct model *m, void (*wake)(void *user), void *user);

/* Writing. The authority of a source is set before its first record. */
void model_authority(struct model *m, int source, unsigned fields);
void model_weak(struct model *m, int source, bool weak); /* every source that is not is believed over it */
container_id model_put(struct model *m, int source, const struct container *record, unsigned fields);
void model_drop(struct model *m, int source, const char *key);
void model_list_begin(struct model *m, int source);
void model_list_end(struct model *m, int source); /* drops what the source did not put in between */
void model_drop_all(struct model *m, int source);
void model_away(struct model *m,
                int source); /* it cannot be asked now: its records are old until put again */

/* Telling. Returns how many changes were told. Added and removed in between: nothing is told. */
size_t model_publish(struct model *m);
struct model_watch *model_watch(struct model *m, model_cb cb, void *user);
void model_unwatch(struct model_watch *w); /* also from inside a callback */

/* Reading. */
size_t model_count(const struct model *m);
const struct container *model_get(const struct model *m, container_id id);
const struct container *model_next(const struct model *m,
                                   size_t *cursor); /* *cursor starts at 0; NULL: the end */
const struct container *model_find_key(const struct model *m, const char *key);

/* By a person's word: its name, its key, or an unambiguous beginning of the key. NULL, and *several when more
 * than one fits. */
const struct container *model_find(const struct model *m, const char *word, bool *several);

/* The same among those that one of these engines (bits) knows. */
const struct container *model_find_of(const struct model *m, unsigned engines, const char *word,
                                      bool *several);

#endif
