/* core/listing.h - the containers that pass a filter, in order, as rows; and which rows must be drawn again.
 *
 * Changes that matter neither to the order nor to the filter cost nothing but the rows they mark. A sort
 * value that changed and need not pass its neighbour costs one comparison (two, when the neighbour changed as
 * well, or when a name changed); one that moves costs a binary search more. Nothing is sorted anew but after
 * listing_sort, or when many rows may move at once. Containers that have gone are never compared.
 */
#ifndef CORE_LISTING_H
#define CORE_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/model.h"

struct listing;

enum sort_key {
    SORT_NAME,
    SORT_ISOLATION,
    SORT_IMAGE,
    SORT_STATE, /* running first */
    SORT_CPU,
    SORT_MEMORY,
    SORT_PROCESSES,
    SORT_CREATED,
    SORT_COUNT
};

struct listing *listing_new(const struct model *m);
void listing_free(struct listing *l);

void listing_sort(struct listing *l, enum sort_key by, bool descending); /* ties: by name, then id */

/* Words as filter_parse knows them; NULL or "" shows all. */
void listing_filter(struct listing *l, const char *words);

void listing_hide_stopped(struct listing *l, bool hide);
void listing_show_apart(struct listing *l, bool show); /* also what is no container; at first not */

/* Takes changes in, as model_cb tells them. */
void listing_apply(struct listing *l, const struct change *changes, size_t n);

size_t listing_count(const struct listing *l);
container_id listing_at(const struct listing *l, size_t row);
bool listing_find(const struct listing *l, container_id id, size_t *row);

/* The rows that are on the screen; marks them all dirty when the window moved. */
void listing_window(struct listing *l, size_t first, size_t count);
bool listing_dirty(const struct listing *l, size_t row); /* rows outside of the window are never dirty */
void listing_clean(struct listing *l);                   /* all drawn */

/* FIELD_ bits that the order or the filter needs of every row. */
unsigned listing_needs(const struct listing *l);

unsigned long listing_comparisons(const struct listing *l); /* since it was made; what the benchmarks count */

const char *sort_word(enum sort_key by);
bool sort_parse(const char *word, enum sort_key *by);

#endif
