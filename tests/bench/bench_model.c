/* What a change costs among many containers, as counts: comparisons and rows to draw. All are asserted;
 * BENCH_MODEL says how many containers (10000). */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/listing.h"

enum { FIRST = 1000, HEIGHT = 40 };

struct scene {
    struct model *model;
    struct listing *listing;
    int n;
    int failed;
};

static void on_told(void *user, const struct change *changes, size_t n)
{
    listing_apply(user, changes, n);
}

static void put(struct model *m, int number, double cpu, unsigned fields)
{
    struct container c;
    char key[24], name[24];
    snprintf(key, sizeof key, "key-%d", number);
    snprintf(name, sizeof name, "c%d", number);
    container_init(&c);
    c.key = key;
    c.name = name;
    c.state = CONTAINER_RUNNING;
    c.cpu = cpu;
    model_put(m, 0, &c, fields);
}

static double cpu_of(int number)
{
    return number / 1000.0;
}

static void scene_begin(struct scene *s, enum sort_key by)
{
    s->model = model_new(NULL, NULL);
    for (int i = 0; i < s->n; i++) {
        put(s->model, i, cpu_of(i), FIELD_ALL);
    }
    model_publish(s->model);
    s->listing = listing_new(s->model);
    listing_sort(s->listing, by, false);
    listing_window(s->listing, FIRST, HEIGHT);
    listing_clean(s->listing);
    model_watch(s->model, on_told, s->listing);
}

static void scene_end(struct scene *s)
{
    listing_free(s->listing);
    model_free(s->model);
}

/* Tells what has changed, and holds the counts against what is promised. */
static void measure(struct scene *s, const char *what, size_t told, unsigned long comparisons, size_t rows)
{
    unsigned long before = listing_comparisons(s->listing);
    size_t changes = model_publish(s->model), dirty = 0;
    unsigned long took = listing_comparisons(s->listing) - before;
    for (size_t row = FIRST; row < FIRST + HEIGHT; row++) {
        dirty += listing_dirty(s->listing, row);
    }
    bool kept = changes == told && took <= comparisons && dirty == rows;
    printf("%-58s %6zu %12lu %6zu  %s\n", what, changes, took, dirty, kept ? "" : "MORE THAN PROMISED");
    s->failed += !kept;
    listing_clean(s->listing);
}

static void by_name(struct scene *s)
{
    scene_begin(s, SORT_NAME);
    put(s->model, FIRST + 3, 9, FIELD_CPU);
    put(s->model, FIRST + 30, 9, FIELD_CPU);
    put(s->model, s->n - 1, 9, FIELD_CPU);
    measure(s, "by name: 3 CPU values, 2 of them visible", 3, 0, 2);
    put(s->model, -1, 1, FIELD_ALL);
    model_drop(s->model, 0, "key--1");
    measure(s, "by name: one came and went before it was told", 0, 0, 0);
    model_drop(s->model, 0, "key-1030");
    measure(s, "by name: one of the window is removed, those below move", 1, 0, FIRST + HEIGHT - 1030);
    for (int i = 0; i < s->n; i++) {
        put(s->model, i, cpu_of(i) + 1, FIELD_CPU);
    }
    model_drop(s->model, 0, "key-1030"); /* it came back just now */
    measure(s, "by name: all CPU values", (size_t)s->n - 1, 0, HEIGHT);
    scene_end(s);
}

static void by_cpu(struct scene *s)
{
    unsigned long log = (unsigned long)ceil(log2(s->n));
    scene_begin(s, SORT_CPU);
    put(s->model, FIRST + 3, cpu_of(FIRST + 3) + 0.0004, FIELD_CPU);
    put(s->model, FIRST + 30, cpu_of(FIRST + 30) - 0.0004, FIELD_CPU);
    put(s->model, s->n - 2, cpu_of(s->n - 2) + 0.0004, FIELD_CPU);
    measure(s, "by CPU: 3 CPU values, 2 of them visible, no row moves", 3, 3, 2);
    put(s->model, 10, cpu_of(s->n), FIELD_CPU);
    measure(s, "by CPU: 1 value moves from above the window to below it", 1, 1 + log, HEIGHT);
    put(s->model, s->n - 2, cpu_of(s->n - 3) - 0.0005, FIELD_CPU);
    measure(s, "by CPU: 1 value moves below the window", 1, 1 + log, 0);
    put(s->model, FIRST + 20, cpu_of(1), FIELD_CPU);
    put(s->model, FIRST + 21, cpu_of(2), FIELD_CPU);
    put(s->model, FIRST + 22, cpu_of(3), FIELD_CPU);
    measure(s, "by CPU: 3 values move from the window to above it", 3, 3 * (1 + log) + 3, 22);
    for (int i = 0; i < s->n; i++) {
        put(s->model, i, cpu_of(i) * 2, FIELD_CPU);
    }
    measure(s, "by CPU: all values, then as at first: one sort", (size_t)s->n - 1, (unsigned long)s->n * log,
            HEIGHT);
    for (int i = 0; i < s->n; i++) {
        put(s->model, i, cpu_of(i) * 3, FIELD_CPU);
    }
    measure(s, "by CPU: all values, no row moves: one pass", (size_t)s->n - 1, (unsigned long)s->n - 1,
            HEIGHT);
    scene_end(s);
}

int main(void)
{
    const char *wanted = getenv("BENCH_MODEL");
    struct scene s = {.n = wanted ? atoi(wanted) : 10000};
    if (s.n < FIRST + 2 * HEIGHT) {
        fprintf(stderr, "BENCH_MODEL: at least %d containers\n", FIRST + 2 * HEIGHT);
        return 2;
    }
    printf("%d containers, a window of %d rows\n%-58s %6s %12s %6s\n", s.n, HEIGHT, "", "told", "comparisons",
           "rows");
    by_name(&s);
    by_cpu(&s);
    return s.failed ? 1 : 0;
}
