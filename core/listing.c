/* Every container of the model has an item; those that pass the filter are in `rows`, in order. An item keeps
 * what it is sorted by as a number, so that the rows stay in order among themselves while the records change,
 * and so that it is known in which direction a value went. Names break ties in every order, and change
 * seldom: an item keeps the rank of its name, too, so that most comparisons are of numbers.
 *
 * A changed value is first compared with the one neighbour in that direction. If it need not pass it, the row
 * stays where it is: one comparison. Else it is taken out by its row and put back by binary search, together
 * with all that are new. When many rows move at once, all are sorted; rows that are in order already cost one
 * comparison each.
 *
 * `drawn` remembers which container each row of the window showed when it was last drawn: a row is dirty when
 * another is there now, or when that one has changed. */
#include "core/listing.h"

#include <stdlib.h>
#include <string.h>

#include "core/filter.h"
#include "core/idmap.h"
#include "core/memory.h"
#include "core/order.h"
#include "core/text.h"

enum {
    FEW = 16,
    MANY = 8
}; /* all are sorted when more than FEW, and more than one in MANY, may have to move */

static const size_t NO_ROW = (size_t)-1;

enum direction { LESS = -1, SAME, MORE, EITHER };

struct item {
    container_id id;
    double value; /* what it is sorted by; unknown values are INFINITY and come last, either way */
    size_t rank;  /* of its name among all, from 1; the same name, the same rank; 0: not known yet */
    size_t row;   /* NO_ROW: the filter hides it */
    const struct container
        *record;         /* while all is sorted anew: spares a search in each comparison; else NULL */
    enum direction went; /* of a row that is touched */
    bool leaving;        /* its row */
};

struct items {
    struct item **at;
    size_t count, room;
};

struct listing {
    const struct model *model;
    struct idmap items;
    struct items rows;
    struct order order;
    struct filter filter;
    size_t first, height; /* of the window */
    bool *dirty;
    container_id *drawn;
    bool unranked; /* there are items without a rank */
    unsigned long comparisons;
};

struct span { /* rows [first, end) */
    size_t first, end;
};

struct batch {            /* what one call of listing_apply gathers */
    struct items touched; /* rows that leave, or whose place may have changed */
    struct items coming;  /* to be put in */
    struct items gone;    /* to be freed */
};

static void items_add(struct items *list, struct item *item)
{
    list->at = mem_grow(list->at, &list->room, list->count + 1, sizeof *list->at);
    list->at[list->count++] = item;
}

static const struct container *record_of(const struct listing *l, const struct item *item)
{
    return item->record ? item->record : model_get(l->model, item->id);
}

typedef int (*compare_fn)(struct listing *l, const struct item *a, const struct item *b);

static int compare_names(struct listing *l, const struct item *a, const struct item *b)
{
    const struct container *x = record_of(l, a), *y = record_of(l, b);
    l->comparisons++;
    return text_compare(x && x->name ? x->name : "", y && y->name ? y->name : "");
}

static int compare(struct listing *l, const struct item *a, const struct item *b)
{
    bool ranked = a->rank && b->rank, images = l->order.by == SORT_IMAGE;
    if (a->value != b->value) {
        l->comparisons++;
        return a->value < b->value ? -1 : 1;
    }
    l->comparisons += ranked;
    int names = ranked ? (a->rank > b->rank) - (a->rank < b->rank) : compare_names(l, a, b);
    int order =
        order_compare(&l->order, images ? record_of(l, a) : NULL, images ? record_of(l, b) : NULL, names);
    return order ? order : (a->id > b->id) - (a->id < b->id);
}

/* Two halves that are in order already cost one comparison. */
static void sort_part(struct listing *l, struct item **at, size_t n, struct item **spare, compare_fn by)
{
    size_t half = n / 2;
    if (n < 2) {
        return;
    }
    sort_part(l, at, half, spare, by);
    sort_part(l, at + half, n - half, spare, by);
    if (by(l, at[half - 1], at[half]) <= 0) {
        return;
    }
    memcpy(spare, at, half * sizeof(struct item *));
    size_t left = 0, right = half, to = 0;
    while (left < half && right < n) {
        at[to++] = by(l, spare[left], at[right]) <= 0 ? spare[left++] : at[right++];
    }
    memcpy(at + to, spare + left, (half - left) * sizeof(struct item *));
}

static void sort_items(struct listing *l, struct items *list, compare_fn by)
{
    struct item **spare = mem_new(list->count / 2 + 1, sizeof *spare);
    sort_part(l, list->at, list->count, spare, by);
    free(spare);
}

/* Ranks all items whose record is held, if there are any without a rank. */
static void rank_names(struct listing *l)
{
    struct items all = {0};
    struct item *item;
    size_t rank = 1;
    if (!l->unranked) {
        return;
    }
    for (size_t cursor = 0; (item = idmap_next(&l->items, &cursor));) {
        if (item->record) {
            items_add(&all, item);
        }
    }
    sort_items(l, &all, compare_names);
    for (size_t i = 0; i < all.count; i++) {
        all.at[i]->rank = rank;
        rank += i + 1 < all.count && compare_names(l, all.at[i], all.at[i + 1]) != 0;
    }
    free(all.at);
    l->unranked = false;
}

/* Rows. */

static void span_add(struct span *span, size_t row)
{
    span->first = row < span->first ? row : span->first;
    span->end = row + 1 > span->end ? row + 1 : span->end;
}

static void number_rows(struct listing *l, size_t from, size_t end)
{
    for (size_t row = from; row < end; row++) {
        l->rows.at[row]->row = row;
    }
}

/* Costs the height of the window. */
static void mark_moved(struct listing *l)
{
    for (size_t i = 0; i < l->height; i++) {
        l->dirty[i] = l->dirty[i] || listing_at(l, l->first + i) != l->drawn[i];
    }
}

static void mark_row(struct listing *l, size_t row)
{
    if (row >= l->first && row - l->first < l->height) {
        l->dirty[row - l->first] = true;
    }
}

static struct item *item_add(struct listing *l, container_id id)
{
    struct item *item = mem_new(1, sizeof *item);
    item->id = id;
    item->row = NO_ROW;
    idmap_put(&l->items, id, item);
    l->unranked = true;
    return item;
}

static void items_free(struct idmap *items)
{
    struct item *item;
    for (size_t cursor = 0; (item = idmap_next(items, &cursor));) {
        free(item);
    }
    idmap_done(items);
}

/* All anew from the model, which may hold more, or less, than was told so far. */
static void rebuild(struct listing *l)
{
    struct items gone = {0};
    struct item *item;
    const struct container *c;
    l->rows.count = 0;
    for (size_t cursor = 0; (c = model_next(l->model, &cursor));) {
        item = idmap_get(&l->items, c->id);
        if (!item) {
            item = item_add(l, c->id);
        }
        item->value = order_value(&l->order, c);
        item->row = NO_ROW;
        item->record = c;
        if (filter_passes(&l->filter, c)) {
            items_add(&l->rows, item);
        }
    }
    rank_names(l);
    sort_items(l, &l->rows, compare);
    number_rows(l, 0, l->rows.count);
    for (size_t cursor = 0; (item = idmap_next(&l->items, &cursor));) {
        if (!item->record) {
            items_add(&gone, item);
        }
        item->record = NULL;
    }
    for (size_t i = 0; i < gone.count; i++) {
        idmap_remove(&l->items, gone.at[i]->id);
        free(gone.at[i]);
    }
    free(gone.at);
    mark_moved(l);
}

/* Taking changes in. */

static void touch(struct batch *b, struct item *item, bool leaving)
{
    if (item->row != NO_ROW) {
        item->leaving = leaving;
        items_add(&b->touched, item);
    }
}

static void take_in_removal(struct listing *l, struct batch *b, struct item *item)
{
    if (item) {
        touch(b, item, true);
        idmap_remove(&l->items, item->id);
        items_add(&b->gone, item);
    }
}

static enum direction direction(double before, double now, unsigned fields)
{
    if (fields & FIELD_NAME) {
        return EITHER;
    }
    return now < before ? LESS : now > before ? MORE : SAME;
}

static void take_in(struct listing *l, struct batch *b, const struct change *change)
{
    const struct container *c = change->kind == CHANGE_REMOVED ? NULL : model_get(l->model, change->id);
    struct item *item = idmap_get(&l->items, change->id);
    unsigned fields = change->kind == CHANGE_UPDATED && item ? change->fields : FIELD_ALL;
    if (!c) {
        take_in_removal(l, b, item);
        return;
    }
    if (!item) {
        item = item_add(l, change->id);
    }
    if (fields & FIELD_NAME) {
        item->rank = 0;
        l->unranked = true;
    }
    double before = item->value;
    item->value = order_value(&l->order, c);
    bool was_in = item->row != NO_ROW;
    bool is_in =
        fields == FIELD_ALL || fields & filter_needs(&l->filter) ? filter_passes(&l->filter, c) : was_in;
    if (is_in && !was_in) {
        items_add(&b->coming, item);
    } else if (!is_in) {
        touch(b, item, true);
    } else {
        item->went = direction(before, item->value, fields);
        if (item->went != SAME) {
            touch(b, item, false);
        }
    }
}

static int by_row(const void *a, const void *b)
{
    size_t x = (*(struct item *const *)a)->row, y = (*(struct item *const *)b)->row;
    return (x > y) - (x < y);
}

/* The first row at or after `from` (a touched one: touched.at[i]) that is not touched. */
static size_t next_untouched(const struct batch *b, size_t i)
{
    size_t row = b->touched.at[i]->row + 1;
    while (++i < b->touched.count && b->touched.at[i]->row == row) {
        row++;
    }
    return row;
}

/* Which of the touched rows may stay? Downwards, each is compared with the row above it that stays, if it may
 * have to pass that one, and with the next row below that is not touched itself. Rows that stay are so in
 * order. */
static void settle(struct listing *l, struct batch *b)
{
    size_t above = NO_ROW, below = 0;
    bool above_rose = false; /* it is a touched one, and may have come down the rows towards this one */
    for (size_t i = 0; i < b->touched.count; i++) {
        struct item *item = b->touched.at[i];
        if (i == 0 || b->touched.at[i - 1]->row + 1 != item->row) {
            above = item->row ? item->row - 1 : NO_ROW;
            above_rose = false;
            below = next_untouched(b, i);
        }
        if (item->leaving) {
            continue;
        }
        bool look_up = above != NO_ROW && (item->went != MORE || above_rose);
        bool look_down = below < l->rows.count && item->went != LESS;
        item->leaving = (look_up && compare(l, l->rows.at[above], item) > 0) ||
                        (look_down && compare(l, item, l->rows.at[below]) > 0);
        if (item->leaving) {
            items_add(&b->coming, item);
        } else {
            above = item->row;
            above_rose = item->went != LESS;
        }
    }
}

/* Closes the gaps of the rows that leave. Returns how many those were, and widens *span to hold them. */
static size_t take_out(struct listing *l, const struct batch *b, struct span *span)
{
    struct item **rows = l->rows.at;
    size_t to = 0, from = 0,
           n = 0; /* rows before `to` are in place; those from `from` on are yet to be moved */
    for (size_t i = 0; i < b->touched.count; i++) {
        struct item *item = b->touched.at[i];
        if (!item->leaving) {
            continue;
        }
        if (n++) {
            memmove(rows + to, rows + from, (item->row - from) * sizeof(struct item *));
            to += item->row - from;
        } else {
            to = item->row;
        }
        from = item->row + 1;
        span_add(span, item->row);
        item->leaving = false;
        item->row = NO_ROW;
    }
    if (n) {
        memmove(rows + to, rows + from, (l->rows.count - from) * sizeof(struct item *));
        l->rows.count -= n;
    }
    return n;
}

/* The first row at or after `from` that comes after item. */
static size_t place_of(struct listing *l, const struct item *item, size_t from)
{
    size_t end = l->rows.count;
    while (from < end) {
        size_t middle = from + (end - from) / 2;
        if (compare(l, l->rows.at[middle], item) < 0) {
            from = middle + 1;
        } else {
            end = middle;
        }
    }
    return from;
}

static void put_in(struct listing *l, struct items *coming, struct span *span)
{
    size_t n = coming->count, end = l->rows.count;
    if (!n) {
        return;
    }
    sort_items(l, coming, compare);
    for (size_t i = 0, from = 0; i < n; i++) {
        from = place_of(l, coming->at[i], from);
        coming->at[i]->row = from + i;
        span_add(span, from + i);
    }
    l->rows.at = mem_grow(l->rows.at, &l->rows.room, end + n, sizeof *l->rows.at);
    l->rows.count += n;
    struct item **rows = l->rows.at;
    for (size_t i = n; i-- > 0;) {
        size_t from = coming->at[i]->row - i;
        memmove(rows + from + i + 1, rows + from, (end - from) * sizeof(struct item *));
        rows[from + i] = coming->at[i];
        end = from;
    }
}

static void arrange_few(struct listing *l, struct batch *b)
{
    struct span span = {NO_ROW, 0};
    settle(l, b);
    size_t left = take_out(l, b, &span);
    put_in(l, &b->coming, &span);
    number_rows(l, span.first, left == b->coming.count ? span.end : l->rows.count);
}

/* Sparing a search in each comparison. */
static void hold_records(struct listing *l, bool hold)
{
    struct item *item;
    for (size_t cursor = 0; (item = idmap_next(&l->items, &cursor));) {
        item->record = hold ? model_get(l->model, item->id) : NULL;
    }
}

static void arrange_many(struct listing *l, struct batch *b)
{
    struct span span = {NO_ROW, 0};
    take_out(l, b, &span);
    for (size_t i = 0; i < b->coming.count; i++) {
        items_add(&l->rows, b->coming.at[i]);
    }
    hold_records(l, true);
    rank_names(l);
    sort_items(l, &l->rows, compare);
    hold_records(l, false);
    number_rows(l, 0, l->rows.count);
}

static void arrange(struct listing *l, struct batch *b)
{
    size_t moving = b->touched.count + b->coming.count;
    if (!moving) {
        return;
    }
    if (b->touched.count) {
        qsort(b->touched.at, b->touched.count, sizeof *b->touched.at, by_row);
    }
    if (moving > FEW && moving * MANY > l->rows.count) {
        arrange_many(l, b);
    } else {
        arrange_few(l, b);
    }
    mark_moved(l);
}

void listing_apply(struct listing *l, const struct change *changes, size_t n)
{
    struct batch batch = {0};
    for (size_t i = 0; i < n; i++) {
        take_in(l, &batch, &changes[i]);
    }
    arrange(l, &batch);
    for (size_t i = 0; i < n; i++) {
        const struct item *item = idmap_get(&l->items, changes[i].id);
        if (item) {
            mark_row(l, item->row);
        }
    }
    for (size_t i = 0; i < batch.gone.count; i++) {
        free(batch.gone.at[i]);
    }
    free(batch.touched.at);
    free(batch.coming.at);
    free(batch.gone.at);
}

/* The rest. */

struct listing *listing_new(const struct model *m)
{
    struct listing *l = mem_new(1, sizeof *l);
    l->model = m;
    rebuild(l);
    return l;
}

void listing_free(struct listing *l)
{
    if (!l) {
        return;
    }
    items_free(&l->items);
    filter_done(&l->filter);
    free(l->rows.at);
    free(l->dirty);
    free(l->drawn);
    free(l);
}

void listing_sort(struct listing *l, enum sort_key by, bool descending)
{
    if (l->order.by != by || l->order.descending != descending) {
        l->order = (struct order){by, descending};
        rebuild(l);
    }
}

void listing_filter(struct listing *l, const char *words)
{
    filter_parse(&l->filter, words);
    rebuild(l);
}

void listing_hide_stopped(struct listing *l, bool hide)
{
    if (l->filter.hide_stopped != hide) {
        l->filter.hide_stopped = hide;
        rebuild(l);
    }
}

void listing_show_apart(struct listing *l, bool show)
{
    if (l->filter.show_apart != show) {
        l->filter.show_apart = show;
        rebuild(l);
    }
}

size_t listing_count(const struct listing *l)
{
    return l->rows.count;
}

container_id listing_at(const struct listing *l, size_t row)
{
    return row < l->rows.count ? l->rows.at[row]->id : 0;
}

bool listing_find(const struct listing *l, container_id id, size_t *row)
{
    const struct item *item = idmap_get(&l->items, id);
    if (!item || item->row == NO_ROW) {
        return false;
    }
    *row = item->row;
    return true;
}

void listing_window(struct listing *l, size_t first, size_t count)
{
    if (first == l->first && count == l->height) {
        return;
    }
    l->first = first;
    l->height = count;
    l->dirty = mem_resize(l->dirty, count, sizeof *l->dirty);
    l->drawn = mem_resize(l->drawn, count, sizeof *l->drawn);
    memset(l->drawn, 0, count * sizeof *l->drawn);
    for (size_t i = 0; i < count; i++) {
        l->dirty[i] = true;
    }
}

bool listing_dirty(const struct listing *l, size_t row)
{
    return row >= l->first && row - l->first < l->height && l->dirty[row - l->first];
}

void listing_clean(struct listing *l)
{
    for (size_t i = 0; i < l->height; i++) {
        l->dirty[i] = false;
        l->drawn[i] = listing_at(l, l->first + i);
    }
}

unsigned listing_needs(const struct listing *l)
{
    return order_needs(&l->order) | filter_needs(&l->filter);
}

unsigned long listing_comparisons(const struct listing *l)
{
    return l->comparisons;
}
