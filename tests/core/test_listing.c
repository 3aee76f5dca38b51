/* The listing: order, filter, and what must be drawn again. */
#include <math.h>
#include <stdio.h>

#include "core/listing.h"
#include "tests/core/test.h"

struct bench {
    struct model *model;
    struct listing *listing;
};

static void on_told(void *user, const struct change *changes, size_t n)
{
    listing_apply(user, changes, n);
}

static void put_cpu(struct model *m, int number, double cpu)
{
    struct container c;
    char key[16];
    snprintf(key, sizeof key, "k%d", number);
    container_init(&c);
    c.key = key;
    c.cpu = cpu;
    model_put(m, 0, &c, FIELD_CPU);
}

static void put(struct model *m, int number, const char *name, double cpu)
{
    struct container c;
    char key[16];
    snprintf(key, sizeof key, "k%d", number);
    container_init(&c);
    c.key = key;
    c.name = name;
    c.image = "busybox";
    c.state = CONTAINER_RUNNING;
    c.isolation = ISOLATION_PROCESS;
    c.cpu = cpu;
    model_put(m, 0, &c, FIELD_ALL);
}

/* n containers "c0", "c1", ... of which number i uses i / 1000 cores. */
static struct bench bench_new(int n, enum sort_key by, bool descending)
{
    struct bench b = {.model = model_new(NULL, NULL)};
    for (int i = 0; i < n; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%d", i);
        put(b.model, i, name, i / 1000.0);
    }
    model_publish(b.model);
    b.listing = listing_new(b.model);
    listing_sort(b.listing, by, descending);
    model_watch(b.model, on_told, b.listing);
    return b;
}

static void bench_free(struct bench *b)
{
    listing_free(b->listing);
    model_free(b->model);
}

static const char *name_at(struct bench *b, size_t row)
{
    const struct container *c = model_get(b->model, listing_at(b->listing, row));
    return c ? c->name : "(none)";
}

static size_t dirty_rows(struct bench *b, size_t end)
{
    size_t n = 0;
    for (size_t row = 0; row < end; row++) {
        n += listing_dirty(b->listing, row);
    }
    return n;
}

static void window(struct bench *b, size_t first, size_t count)
{
    listing_window(b->listing, first, count);
    listing_clean(b->listing);
}

static void sorts_names_as_people_do(void **state)
{
    (void)state;
    struct bench b = bench_new(12, SORT_NAME, false);
    assert_string_equal(name_at(&b, 2), "c2");
    assert_string_equal(name_at(&b, 10), "c10");
    listing_sort(b.listing, SORT_NAME, true);
    assert_string_equal(name_at(&b, 0), "c11");
    bench_free(&b);
}

static void unknown_values_come_last_either_way(void **state)
{
    (void)state;
    struct bench b = bench_new(3, SORT_CPU, false);
    put_cpu(b.model, 0, NAN);
    model_publish(b.model);
    assert_string_equal(name_at(&b, 2), "c0");
    listing_sort(b.listing, SORT_CPU, true);
    assert_string_equal(name_at(&b, 0), "c2");
    assert_string_equal(name_at(&b, 2), "c0");
    bench_free(&b);
}

static void ties_go_by_name_then_age(void **state)
{
    (void)state;
    struct bench b = bench_new(0, SORT_CPU, true);
    put(b.model, 1, "same", 0.5);
    put(b.model, 2, "same", 0.5);
    put(b.model, 3, "early", 0.5);
    model_publish(b.model);
    assert_string_equal(name_at(&b, 0), "early");
    assert_string_equal(model_get(b.model, listing_at(b.listing, 1))->key, "k1");
    assert_string_equal(model_get(b.model, listing_at(b.listing, 2))->key, "k2");
    bench_free(&b);
}

static void changed_values_that_do_not_sort_cost_nothing(void **state)
{
    (void)state;
    struct bench b = bench_new(10000, SORT_NAME, false);
    window(&b, 100, 40);
    unsigned long before = listing_comparisons(b.listing);
    put_cpu(b.model, 110, 5);
    put_cpu(b.model, 120, 6);
    put_cpu(b.model, 9000, 7);
    assert_int_equal(model_publish(b.model), 3);
    assert_int_equal(listing_comparisons(b.listing) - before, 0);
    assert_int_equal(dirty_rows(&b, 10000), 2);
    assert_true(listing_dirty(b.listing, 110));
    assert_true(listing_dirty(b.listing, 120));
    bench_free(&b);
}

static void a_value_that_keeps_its_place_costs_one_comparison(void **state)
{
    (void)state;
    struct bench b = bench_new(10000, SORT_CPU, false);
    window(&b, 100, 40);
    unsigned long before = listing_comparisons(b.listing);
    put_cpu(b.model, 110, 0.1104);
    put_cpu(b.model, 120, 0.1196);
    put_cpu(b.model, 9000, 9.0003);
    assert_int_equal(model_publish(b.model), 3);
    assert_int_equal(listing_comparisons(b.listing) - before, 3);
    assert_int_equal(dirty_rows(&b, 10000), 2);
    bench_free(&b);
}

static void a_value_that_moves_costs_a_binary_search(void **state)
{
    (void)state;
    struct bench b = bench_new(10000, SORT_CPU, false);
    window(&b, 100, 40);
    unsigned long before = listing_comparisons(b.listing);
    put_cpu(b.model, 9000, 0.1105);
    model_publish(b.model);
    assert_true(listing_comparisons(b.listing) - before <= 1 + 14);
    assert_string_equal(name_at(&b, 111), "c9000");
    assert_int_equal(dirty_rows(&b, 10000), 29); /* from there to the window's end */
    assert_false(listing_dirty(b.listing, 110));
    bench_free(&b);
}

static void a_removed_row_is_not_compared(void **state)
{
    (void)state;
    struct bench b = bench_new(1000, SORT_CPU, false);
    window(&b, 0, 40);
    unsigned long before = listing_comparisons(b.listing);
    model_drop(b.model, 0, "k30");
    model_publish(b.model);
    assert_int_equal(listing_comparisons(b.listing) - before, 0);
    assert_int_equal(listing_count(b.listing), 999);
    assert_int_equal(dirty_rows(&b, 1000), 10);
    assert_string_equal(name_at(&b, 30), "c31");
    bench_free(&b);
}

static void the_row_behind_the_last_is_drawn_empty(void **state)
{
    (void)state;
    struct bench b = bench_new(3, SORT_NAME, false);
    window(&b, 0, 10);
    model_drop(b.model, 0, "k2");
    model_publish(b.model);
    assert_int_equal(dirty_rows(&b, 10), 1);
    assert_true(listing_dirty(b.listing, 2));
    assert_int_equal(listing_at(b.listing, 2), 0);
    bench_free(&b);
}

static void a_moved_window_is_dirty_as_a_whole(void **state)
{
    (void)state;
    struct bench b = bench_new(100, SORT_NAME, false);
    window(&b, 10, 20);
    assert_int_equal(dirty_rows(&b, 100), 0);
    listing_window(b.listing, 10, 20);
    assert_int_equal(dirty_rows(&b, 100), 0);
    listing_window(b.listing, 11, 20);
    assert_int_equal(dirty_rows(&b, 100), 20);
    assert_false(listing_dirty(b.listing, 10));
    listing_window(b.listing, 0, 0);
    assert_int_equal(dirty_rows(&b, 100), 0);
    bench_free(&b);
}

static void a_new_sort_marks_the_rows_that_changed(void **state)
{
    (void)state;
    struct bench b = bench_new(5, SORT_NAME, false);
    window(&b, 0, 5);
    listing_sort(b.listing, SORT_CPU, true); /* c4 c3 c2 c1 c0: the middle one stays */
    assert_int_equal(dirty_rows(&b, 5), 4);
    assert_false(listing_dirty(b.listing, 2));
    bench_free(&b);
}

static void words_filter(void **state)
{
    (void)state;
    struct bench b = bench_new(0, SORT_NAME, false);
    put(b.model, 1, "web-1", 0);
    put(b.model, 2, "web-2", 0);
    put(b.model, 3, "Billing", 0);
    model_publish(b.model);
    static const struct {
        const char *words;
        size_t count;
    } table[] = {{"", 3},          {NULL, 3},       {"web", 2},          {"WEB 1", 1},    {"!web", 1},
                 {"bill !web", 1}, {"web !web", 0}, {"running", 3},      {"exited", 0},   {"process", 3},
                 {"k2", 1},        {"busybox", 3},  {"  web \t -2 ", 1}, {"!busybox", 0}, {"!", 3}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        listing_filter(b.listing, table[i].words);
        assert_int_equal(listing_count(b.listing), table[i].count);
    }
    bench_free(&b);
}

static void rows_come_and_go_with_the_filter(void **state)
{
    (void)state;
    struct bench b = bench_new(0, SORT_NAME, false);
    put(b.model, 1, "web-1", 0);
    model_publish(b.model);
    listing_filter(b.listing, "web");
    container_id id = listing_at(b.listing, 0);
    put(b.model, 1, "other", 0);
    model_publish(b.model);
    assert_int_equal(listing_count(b.listing), 0);
    put_cpu(b.model, 1, 3); /* of a hidden row: nothing */
    model_publish(b.model);
    assert_int_equal(listing_count(b.listing), 0);
    put(b.model, 1, "web-x", 0);
    put(b.model, 2, "web-a", 0);
    model_publish(b.model);
    assert_int_equal(listing_count(b.listing), 2);
    size_t row;
    assert_true(listing_find(b.listing, id, &row));
    assert_int_equal(row, 1);
    assert_false(listing_find(b.listing, 999, &row));
    bench_free(&b);
}

static void stopped_ones_can_be_hidden(void **state)
{
    (void)state;
    struct bench b = bench_new(2, SORT_NAME, false);
    struct container c;
    container_init(&c);
    c.key = "k0";
    c.state = CONTAINER_EXITED;
    listing_hide_stopped(b.listing, true);
    assert_true(listing_needs(b.listing) & FIELD_STATE);
    model_put(b.model, 0, &c, FIELD_STATE);
    model_publish(b.model);
    assert_int_equal(listing_count(b.listing), 1);
    listing_hide_stopped(b.listing, false);
    assert_int_equal(listing_count(b.listing), 2);
    bench_free(&b);
}

static void needs_follow_order_and_filter(void **state)
{
    (void)state;
    struct bench b = bench_new(1, SORT_CPU, true);
    assert_true(listing_needs(b.listing) & FIELD_CPU);
    listing_sort(b.listing, SORT_NAME, false);
    assert_false(listing_needs(b.listing) & FIELD_USAGE);
    bench_free(&b);
}

static void sort_words_are_read_back(void **state)
{
    (void)state;
    enum sort_key by;
    for (int i = 0; i < SORT_COUNT; i++) {
        assert_true(sort_parse(sort_word((enum sort_key)i), &by));
        assert_int_equal(by, i);
    }
    assert_false(sort_parse("colour", &by));
    assert_false(sort_parse(NULL, &by));
}

static double number_of(const struct container *c, enum sort_key by)
{
    return by == SORT_CPU ? c->cpu : 0;
}

static void check_order(struct bench *b, enum sort_key by, bool descending)
{
    for (size_t row = 0; row < listing_count(b->listing); row++) {
        const struct container *c = model_get(b->model, listing_at(b->listing, row)), *above;
        size_t found;
        assert_non_null(c);
        assert_true(listing_find(b->listing, c->id, &found));
        assert_int_equal(found, row);
        above = row ? model_get(b->model, listing_at(b->listing, row - 1)) : NULL;
        if (above && number_of(above, by) != number_of(c, by)) {
            assert_true((number_of(above, by) < number_of(c, by)) != descending);
        } else if (above) {
            int order = atoi(above->name + 1) - atoi(c->name + 1);
            order = by == SORT_NAME && descending ? -order : order;
            assert_true(order < 0 || (order == 0 && above->id < c->id));
        }
    }
}

/* What is drawn from dirty rows alone must be what a full drawing would show. */
static void check_drawn(struct bench *b, container_id *drawn, double *cpus, size_t first, size_t height)
{
    for (size_t i = 0; i < height; i++) {
        const struct container *c = model_get(b->model, listing_at(b->listing, first + i));
        if (listing_dirty(b->listing, first + i)) {
            drawn[i] = c ? c->id : 0;
            cpus[i] = c ? c->cpu : 0;
        }
        assert_int_equal(drawn[i], c ? c->id : 0);
        assert_true(cpus[i] == (c ? c->cpu : 0));
    }
    listing_clean(b->listing);
}

/* Random changes of every kind: few and many at once, values that are equal, neighbours that change together.
 */
static void stays_in_order_whatever_happens(void **state)
{
    (void)state;
    enum { KEYS = 300, ROUNDS = 3000, FIRST = 5, HEIGHT = 30 };
    unsigned seed = 11;
    for (int run = 0; run < 4; run++) {
        enum sort_key by = run % 2 ? SORT_CPU : SORT_NAME;
        bool descending = run / 2;
        container_id drawn[HEIGHT] = {0};
        double cpus[HEIGHT] = {0};
        struct bench b = bench_new(KEYS, by, descending);
        listing_window(b.listing, FIRST, HEIGHT);
        for (int round = 0; round < ROUNDS; round++) {
            unsigned changes = round % 50 == 0 ? 200 : 1 + round % 7;
            unsigned centre = (seed >> 8) % KEYS;
            for (unsigned i = 0; i < changes; i++) {
                seed = seed * 1103515245u + 12345u;
                unsigned r = seed >> 8;
                int number = (int)(round % 2 ? (centre + i) % KEYS : r % KEYS);
                char name[16], key[16];
                snprintf(name, sizeof name, "c%u", r / 17 % 40);
                snprintf(key, sizeof key, "k%d", number);
                if (r / 5 % 10 == 0) {
                    model_drop(b.model, 0, key);
                } else if (r / 5 % 10 < 3) {
                    put(b.model, number, name, r / 13 % 20 / 4.0);
                } else if (model_find_key(b.model, key)) {
                    put_cpu(b.model, number, r / 13 % 20 / 4.0);
                }
            }
            model_publish(b.model);
            check_order(&b, by, descending);
            check_drawn(&b, drawn, cpus, FIRST, HEIGHT);
            assert_int_equal(listing_count(b.listing), model_count(b.model));
        }
        bench_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_names_as_people_do),
        cmocka_unit_test(unknown_values_come_last_either_way),
        cmocka_unit_test(ties_go_by_name_then_age),
        cmocka_unit_test(changed_values_that_do_not_sort_cost_nothing),
        cmocka_unit_test(a_value_that_keeps_its_place_costs_one_comparison),
        cmocka_unit_test(a_value_that_moves_costs_a_binary_search),
        cmocka_unit_test(a_removed_row_is_not_compared),
        cmocka_unit_test(the_row_behind_the_last_is_drawn_empty),
        cmocka_unit_test(a_moved_window_is_dirty_as_a_whole),
        cmocka_unit_test(a_new_sort_marks_the_rows_that_changed),
        cmocka_unit_test(words_filter),
        cmocka_unit_test(rows_come_and_go_with_the_filter),
        cmocka_unit_test(stopped_ones_can_be_hidden),
        cmocka_unit_test(needs_follow_order_and_filter),
        cmocka_unit_test(sort_words_are_read_back),
        cmocka_unit_test(stays_in_order_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
