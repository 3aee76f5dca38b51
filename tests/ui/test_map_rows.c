/* A host map in, rows and sentences out. A row is written "inside-outside" when joined, "inside|outside" when
 * not. */
#include <stdio.h>

#include "core/memory.h"
#include "tests/core/test.h"
#include "ui/map_rows.h"

struct pair {
    uint32_t inside, outside;
};

struct scene {
    const char *what;
    enum wall wall;
    struct pair pairs[6];
    uint32_t workers[3];
    const char *rows, *sentence, *workers_sentence;
};

static const struct scene scenes[] = {
    {.what = "both seen, under the same pid",
     .pairs = {{3964, 3964}, {3120, 3120}},
     .rows = "3964-3964 3120-3120",
     .sentence = "2 processes, the host sees both, under the same pid",
     .workers_sentence = ""},
    {.what = "one, under another pid, and its keeper below",
     .pairs = {{1, 4711}},
     .workers = {4700},
     .rows = "1-4711 |4700",
     .sentence = "1 process, the host sees it, under another pid",
     .workers_sentence = "1 host process stands for it"},
    {.what = "one has vanished on the host, one is not listed inside",
     .pairs = {{1, 4711}, {7, 0}, {8, 4713}, {0, 4799}},
     .rows = "1-4711 7| 8-4713 |4799",
     .sentence = "3 processes, the host sees 2 of them, under other pids",
     .workers_sentence = ""},
    {.what = "none seen",
     .pairs = {{1, 0}, {2, 0}},
     .rows = "1| 2|",
     .sentence = "2 processes, the host sees none of them",
     .workers_sentence = ""},
    {.what = "a VM: two columns, nothing between, though the pids collide",
     .wall = WALL_VM,
     .pairs = {{1, 0}, {2376, 0}, {9, 0}},
     .workers = {2376, 2380},
     .rows = "1|2376 2376|2380 9|",
     .sentence = "3 processes, none visible to the host",
     .workers_sentence = "2 host processes stand for this VM"},
    {.what = "a VM with more workers than processes",
     .wall = WALL_VM,
     .pairs = {{1, 0}},
     .workers = {10, 11},
     .rows = "1|10 |11",
     .sentence = "1 process, not visible to the host",
     .workers_sentence = "2 host processes stand for this VM"},
    {.what = "nothing inside", .rows = "", .sentence = "no process", .workers_sentence = ""},
};

struct built {
    struct hostmap map;
    struct process inside[6];
    struct host_process outside[6], workers[3];
    struct hostmap_pair pairs[6];
    const struct host_process *worker_list[3];
    enum worker_role roles[3];
};

static void build(struct built *b, const struct scene *s)
{
    *b = (struct built){.map = {.wall = s->wall}};
    for (size_t i = 0; s->pairs[i].inside != 0 || s->pairs[i].outside != 0; i++) {
        b->inside[i].pid = s->pairs[i].inside;
        b->outside[i].pid = s->pairs[i].outside;
        b->pairs[i].inside = s->pairs[i].inside != 0 ? &b->inside[i] : NULL;
        b->pairs[i].outside = s->pairs[i].outside != 0 ? &b->outside[i] : NULL;
        b->map.n_pairs++;
    }
    for (size_t i = 0; i < COUNT(s->workers) && s->workers[i] != 0; i++) {
        b->workers[i].pid = s->workers[i];
        b->worker_list[i] = &b->workers[i];
        b->map.n_workers++;
    }
    b->map.pairs = b->pairs;
    b->map.workers = b->worker_list;
    b->map.roles = b->roles;
}

static void print_row(const struct map_row *row, char *out, size_t room)
{
    char inside[16] = "", outside[16] = "";
    if (row->inside != NULL) {
        snprintf(inside, sizeof inside, "%u", (unsigned)row->inside->pid);
    }
    if (row->outside != NULL) {
        snprintf(outside, sizeof outside, "%u", (unsigned)row->outside->pid);
    }
    snprintf(out, room, "%s%s%s", inside, row->joined ? "-" : "|", outside);
}

static void rows_and_sentences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(scenes); i++) {
        struct built b;
        char rows[200] = "", text[200];
        size_t n;
        build(&b, &scenes[i]);
        struct map_row *made = map_rows_make(&b.map, &n);
        for (size_t row = 0; row < n; row++) {
            print_row(&made[row], text, sizeof text);
            strcat(strcat(rows, row > 0 ? " " : ""), text);
        }
        free(made);
        assert_string_equal(rows, scenes[i].rows);
        assert_string_equal(map_sentence(map_count(&b.map), b.map.wall, text, sizeof text),
                            scenes[i].sentence);
        assert_string_equal(map_workers_sentence(b.map.n_workers, b.map.wall, text, sizeof text),
                            scenes[i].workers_sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_and_sentences)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
