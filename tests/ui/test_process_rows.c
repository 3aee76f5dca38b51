/* Process tables in, rows out. A row is written as its branches and its pid; rows are joined by "/". */
#include <math.h>
#include <stdio.h>

#include "tests/core/test.h"
#include "ui/process_rows.h"

struct entry {
    uint32_t pid, parent;
    uint64_t memory;
    const char *name;
};

struct scene {
    const char *what;
    struct process_order order;
    struct entry entries[8];
    const char *rows;
};

static const struct scene scenes[] = {
    {.what = "no process", .order = {.tree = true}, .rows = ""},
    {.what = "flat, by pid",
     .order = {.by = PROCESS_PID},
     .entries = {{9, 1, 0, "c"}, {1, 0, 0, "a"}, {7, 1, 0, "b"}},
     .rows = "1/7/9"},
    {.what = "flat, by memory, the largest first; equal ones by pid, also turned around",
     .order = {.by = PROCESS_MEMORY, .descending = true},
     .entries = {{1, 0, 5, "a"}, {2, 1, 9, "b"}, {3, 1, 5, "c"}},
     .rows = "2/3/1"},
    {.what = "by command, numbers by value, no name first",
     .order = {.by = PROCESS_COMMAND},
     .entries = {{1, 0, 0, "web10"}, {2, 0, 0, "web2"}, {3, 0, 0, NULL}},
     .rows = "3/2/1"},
    {.what = "a tree",
     .order = {.by = PROCESS_PID, .tree = true},
     .entries = {{1, 0, 0, "a"}, {7, 1, 0, "b"}, {8, 7, 0, "c"}, {9, 7, 0, "d"}, {22, 1, 0, "e"}},
     .rows = "1/├─ 7/│  ├─ 8/│  └─ 9/└─ 22"},
    {.what = "the order is that of siblings",
     .order = {.by = PROCESS_PID, .tree = true, .descending = true},
     .entries = {{1, 0, 0, "a"}, {7, 1, 0, "b"}, {8, 7, 0, "c"}, {22, 1, 0, "e"}},
     .rows = "1/├─ 22/└─ 7/   └─ 8"},
    {.what = "a parent that is not in the table: a root",
     .order = {.by = PROCESS_PID, .tree = true},
     .entries = {{30, 99, 0, "a"}, {1, 0, 0, "b"}},
     .rows = "1/30"},
    {.what = "its own parent",
     .order = {.by = PROCESS_PID, .tree = true},
     .entries = {{5, 5, 0, "a"}},
     .rows = "5"},
    {.what = "parents in a circle: no row is lost",
     .order = {.by = PROCESS_PID, .tree = true},
     .entries = {{1, 0, 0, "a"}, {5, 6, 0, "b"}, {6, 7, 0, "c"}, {7, 5, 0, "d"}},
     .rows = "1/5/└─ 7/   └─ 6"},
    {.what = "the same pid twice: no row is lost",
     .order = {.by = PROCESS_PID, .tree = true},
     .entries = {{1, 0, 0, "a"}, {1, 0, 0, "b"}, {2, 1, 0, "c"}},
     .rows = NULL},
};

static struct process_table *table_of(const struct entry *entries)
{
    struct process_table *t = process_table_new();
    for (const struct entry *e = entries; e->pid != 0; e++) {
        struct process p = {.pid = e->pid, .parent = e->parent, .memory = e->memory, .name = e->name};
        process_table_add(t, &p);
    }
    return t;
}

static void print_rows(const struct process_row *rows, size_t n, char *out, size_t room)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        char branch[PROCESS_BRANCH];
        len += (size_t)snprintf(out + len, room - len, "%s%s%u", i > 0 ? "/" : "",
                                process_branch(&rows[i], branch), (unsigned)rows[i].process->pid);
    }
}

static void orders_and_trees(void **state)
{
    (void)state;
    struct process_rates *rates = process_rates_new();
    for (size_t i = 0; i < COUNT(scenes); i++) {
        const struct scene *s = &scenes[i];
        char out[400];
        struct process_table *t = table_of(s->entries);
        struct process_row *rows = calloc(t->count + 1, sizeof *rows);
        process_rows_make(rows, t, rates, s->order);
        print_rows(rows, t->count, out, sizeof out);
        if (s->rows != NULL && strcmp(out, s->rows) != 0) {
            fail_msg("%s: %s, not %s", s->what, out, s->rows);
        }
        for (size_t row = 0; row < t->count; row++) {
            assert_non_null(rows[row].process);
        }
        free(rows);
        process_table_free(t);
    }
    process_rates_free(rates);
}

static void a_chain_of_any_depth(void **state)
{
    (void)state;
    enum { DEEP = 20000 };
    struct process_rates *rates = process_rates_new();
    struct process_table *t = process_table_new();
    struct process_row *rows = calloc(DEEP, sizeof *rows);
    char branch[PROCESS_BRANCH];
    for (uint32_t pid = 1; pid <= DEEP; pid++) {
        process_table_add(t, &(struct process){.pid = pid, .parent = pid - 1});
    }
    process_rows_make(rows, t, rates, (struct process_order){.by = PROCESS_PID, .tree = true});
    assert_int_equal(rows[DEEP - 1].process->pid, DEEP);
    assert_int_equal(rows[DEEP - 1].depth, DEEP - 1);
    assert_true(strlen(process_branch(&rows[DEEP - 1], branch)) < sizeof branch);
    free(rows);
    process_table_free(t);
    process_rates_free(rates);
}

static double rate(struct process_rates *r, struct process p, uint64_t now_ns)
{
    struct process_table *t = process_table_new();
    process_table_add(t, &p);
    process_rates_take(r, t, now_ns);
    double cores = process_rates_of(r, &p);
    process_table_free(t);
    return cores;
}

static void rates_from_two_readings(void **state)
{
    (void)state;
    const uint64_t second = 1000000000;
    struct process_rates *r = process_rates_new();
    assert_true(isnan(rate(r, (struct process){.pid = 7, .created = 1000, .cpu_100ns = 5000000}, second)));
    double half = rate(r, (struct process){.pid = 7, .created = 1000, .cpu_100ns = 10000000}, 2 * second);
    assert_true(fabs(half - 0.5) < 1e-9);
    /* the clock that tells the start was adjusted a little: still the same process */
    double none = rate(r, (struct process){.pid = 7, .created = 1010, .cpu_100ns = 10000000}, 3 * second);
    assert_true(none == 0);
    /* another process with the same pid */
    assert_true(
        isnan(rate(r, (struct process){.pid = 7, .created = 99000, .cpu_100ns = 90000000}, 4 * second)));
    /* the counter went back */
    assert_true(isnan(rate(r, (struct process){.pid = 7, .created = 99000, .cpu_100ns = 1}, 5 * second)));
    process_rates_clear(r);
    assert_true(isnan(rate(r, (struct process){.pid = 7, .created = 99000, .cpu_100ns = 2}, 6 * second)));
    process_rates_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_and_trees),
        cmocka_unit_test(a_chain_of_any_depth),
        cmocka_unit_test(rates_from_two_readings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
