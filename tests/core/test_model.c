/* The model: what is told, when, and whose word is believed. */
#include <stdio.h>

#include "core/idmap.h"
#include "core/model.h"
#include "tests/core/test.h"

enum { A, B, C };

struct heard {
    struct change changes[64];
    size_t n, times, wakes;
};

static void on_wake(void *user)
{
    ((struct heard *)user)->wakes++;
}

static void on_told(void *user, const struct change *changes, size_t n)
{
    struct heard *heard = user;
    heard->times++;
    heard->n = n;
    assert_true(n > 0);
    for (size_t i = 0; i < n && i < 64; i++) {
        heard->changes[i] = changes[i];
    }
}

static container_id put(struct model *m, int source, const char *key, const char *name, double cpu)
{
    struct container c;
    container_init(&c);
    c.key = key;
    c.name = name;
    c.cpu = cpu;
    return model_put(m, source, &c, FIELD_NAME | FIELD_CPU);
}

static void tells_each_change_once_per_publish(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct model *m = model_new(on_wake, &heard);
    model_watch(m, on_told, &heard);
    container_id web = put(m, A, "k1", "web", 0.1), db = put(m, A, "k2", "db", 0.2);
    put(m, A, "k1", "web", 0.3);
    assert_int_equal(heard.wakes, 1);
    assert_int_equal(heard.times, 0);
    assert_int_equal(model_publish(m), 2);
    assert_int_equal(heard.changes[0].id, web);
    assert_int_equal(heard.changes[0].kind, CHANGE_ADDED);
    assert_int_equal(heard.changes[1].id, db);
    assert_int_equal(model_publish(m), 0);
    assert_int_equal(heard.times, 1);

    put(m, A, "k1", "web", 0.4);
    put(m, A, "k1", "www", 0.4);
    assert_int_equal(heard.wakes, 2);
    assert_int_equal(model_publish(m), 1);
    assert_int_equal(heard.changes[0].kind, CHANGE_UPDATED);
    assert_int_equal(heard.changes[0].fields, FIELD_NAME | FIELD_CPU);
    model_free(m);
}

static void an_equal_record_is_no_change(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct model *m = model_new(on_wake, &heard);
    put(m, A, "k", "web", 0.1);
    model_publish(m);
    put(m, A, "k", "web", 0.1);
    assert_int_equal(heard.wakes, 1);
    assert_int_equal(model_publish(m), 0);
    model_free(m);
}

static void only_named_fields_are_taken(void **state)
{
    (void)state;
    struct model *m = model_new(NULL, NULL);
    container_id id = put(m, A, "k", "web", 0.1);
    struct container c;
    container_init(&c);
    c.key = "k";
    c.name = "other";
    c.processes = 7;
    model_put(m, A, &c, FIELD_PROCESSES);
    assert_string_equal(model_get(m, id)->name, "web");
    assert_int_equal(model_get(m, id)->processes, 7);
    model_free(m);
}

static void what_came_and_went_is_not_told(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct model *m = model_new(on_wake, &heard);
    model_watch(m, on_told, &heard);
    container_id id = put(m, A, "k", "web", 0.1);
    assert_non_null(model_get(m, id));
    model_drop(m, A, "k");
    assert_null(model_get(m, id));
    assert_int_equal(model_publish(m), 0);
    assert_int_equal(heard.times, 0);

    id = put(m, A, "k", "web", 0.1);
    model_publish(m);
    put(m, A, "k", "web", 0.5);
    model_drop(m, A, "k");
    assert_int_equal(model_publish(m), 1);
    assert_int_equal(heard.changes[0].kind, CHANGE_REMOVED);
    assert_int_equal(heard.changes[0].id, id);
    model_free(m);
}

static void ids_are_never_reused(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct model *m = model_new(NULL, NULL);
    model_watch(m, on_told, &heard);
    container_id first = put(m, A, "k", "web", 0.1);
    model_publish(m);
    model_drop(m, A, "k");
    container_id second = put(m, A, "k", "web", 0.1);
    assert_true(second > first);
    assert_null(model_get(m, first));
    assert_int_equal(model_publish(m), 2);
    assert_int_equal(heard.changes[0].kind, CHANGE_REMOVED);
    assert_int_equal(heard.changes[0].id, first);
    assert_int_equal(heard.changes[1].kind, CHANGE_ADDED);
    assert_int_equal(heard.changes[1].id, second);
    model_free(m);
}

static void a_list_drops_what_was_not_seen(void **state)
{
    (void)state;
    struct model *m = model_new(NULL, NULL);
    container_id web = put(m, A, "k1", "web", 0.1), db = put(m, A, "k2", "db", 0.1);
    container_id other = put(m, B, "k3", "other", 0.1);
    model_list_begin(m, A);
    put(m, A, "k2", "db", 0.1);
    container_id late = put(m, A, "k4", "late", 0.1);
    model_list_end(m, A);
    assert_null(model_get(m, web));
    assert_non_null(model_get(m, db));
    assert_non_null(model_get(m, other));
    assert_non_null(model_get(m, late));
    model_list_end(m, A); /* without a beginning: nothing */
    assert_int_equal(model_count(m), 3);
    model_drop_all(m, A);
    assert_int_equal(model_count(m), 1);
    model_free(m);
}

static void the_same_key_of_two_sources_is_one_row(void **state)
{
    (void)state;
    struct model *m = model_new(NULL, NULL);
    model_authority(m, B, FIELD_CPU);
    container_id id = put(m, A, "k", "from a", 0.1);
    assert_int_equal(put(m, B, "k", "from b", 0.2), id);
    const struct container *c = model_get(m, id);
    assert_int_equal(model_count(m), 1);
    assert_int_equal(c->engines, 3);
    assert_string_equal(c->name, "from a");
    assert_true(c->cpu == 0.2);

    put(m, A, "k", "from a", 0.7); /* a's word on cpu is kept aside */
    assert_true(model_get(m, id)->cpu == 0.2);
    put(m, B, "k", "renamed by b", 0.2);
    assert_string_equal(model_get(m, id)->name, "from a");

    model_drop(m, B, "k");
    assert_true(model_get(m, id)->cpu == 0.7);
    assert_int_equal(model_get(m, id)->engines, 1);
    model_drop(m, A, "k");
    assert_null(model_get(m, id));
    model_free(m);
}

static void a_weak_source_is_believed_where_no_other_has_told(void **state)
{
    (void)state;
    struct model *m = model_new(NULL, NULL);
    model_weak(m, A, true);
    model_authority(m, A, FIELD_ALL);
    container_id id = put(m, A, "k", "from a", 0.1);
    assert_string_equal(model_get(m, id)->name, "from a");
    put(m, B, "k", "from b", 0.2);
    assert_string_equal(model_get(m, id)->name, "from b");
    put(m, A, "k", "from a", 0.3);
    assert_true(model_get(m, id)->cpu == 0.2);
    model_drop(m, B, "k");
    assert_string_equal(model_get(m, id)->name, "from a");
    assert_true(model_get(m, id)->cpu == 0.3);
    model_free(m);
}

static void the_next_best_word_comes_forward(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct model *m = model_new(NULL, NULL);
    model_watch(m, on_told, &heard);
    model_authority(m, C, FIELD_ALL);
    container_id id = put(m, B, "k", "b", 0.2);
    put(m, C, "k", "c", 0.3);
    put(m, A, "k", "a", 0.1);
    assert_string_equal(model_get(m, id)->name, "c");
    model_publish(m);
    model_drop(m, C, "k");
    assert_string_equal(model_get(m, id)->name, "a");
    assert_int_equal(model_publish(m), 1);
    assert_int_equal(heard.changes[0].fields, FIELD_NAME | FIELD_CPU);
    model_drop(m, A, "k");
    assert_string_equal(model_get(m, id)->name, "b");
    assert_true(model_get(m, id)->cpu == 0.2);
    model_free(m);
}

static void what_only_the_leaver_told_is_unknown_again(void **state)
{
    (void)state;
    struct model *m = model_new(NULL, NULL);
    container_id id = put(m, A, "k", "a", 0.1);
    struct container c;
    container_init(&c);
    c.key = "k";
    c.state = CONTAINER_PAUSED;
    c.processes = 4;
    model_put(m, B, &c, FIELD_STATE | FIELD_PROCESSES);
    assert_int_equal(model_get(m, id)->processes, 4);
    model_drop(m, B, "k");
    assert_int_equal(model_get(m, id)->processes, -1);
    assert_string_equal(model_get(m, id)->name, "a");
    model_free(m);
}

static void who_is_away_is_believed_only_in_what_lasts(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct model *m = model_new(NULL, NULL);
    model_watch(m, on_told, &heard);
    model_authority(m, A, FIELD_NAME | FIELD_CPU | FIELD_VERBS);
    container_id id = put(m, A, "k", "from a", 0.1), alone = put(m, A, "alone", "alone", 0.4);
    put(m, B, "k", "from b", 0.2);
    model_publish(m);
    model_away(m, A);
    const struct container *c = model_get(m, id);
    assert_int_equal(c->away, 1);
    assert_string_equal(c->name, "from a");
    assert_true(c->cpu == 0.2);
    assert_true(model_get(m, alone)->cpu == 0.4); /* there is nobody else */
    assert_int_equal(model_publish(m), 2);
    assert_int_equal(heard.changes[0].fields, FIELD_NAME | FIELD_CPU);
    assert_int_equal(heard.changes[1].fields, FIELD_NAME);
    put(m, B, "k", "from b", 0.3);
    assert_true(model_get(m, id)->cpu == 0.3);
    put(m, A, "k", "from a", 0.5);
    assert_int_equal(model_get(m, id)->away, 0);
    assert_true(model_get(m, id)->cpu == 0.5);
    model_free(m);
}

static void what_its_keeper_drops_is_gone(void **state)
{
    (void)state;
    struct model *m = model_new(NULL, NULL);
    model_authority(m, A, FIELD_VERBS);
    container_id id = put(m, A, "k", "a", 0.1);
    put(m, B, "k", "b", 0.2);
    model_drop(m, A, "k");
    assert_non_null(model_get(m, id)); /* the other is there and says that it is there, too */
    put(m, A, "k", "a", 0.1);
    model_away(m, B);
    model_drop(m, A, "k");
    assert_null(model_get(m, id));
    id = put(m, A, "k", "a", 0.1);
    put(m, B, "k", "b", 0.2);
    model_away(m, A);
    model_drop(m, B, "k");
    assert_non_null(model_get(m, id)); /* its keeper may still have it */
    model_free(m);
}

static void put_wall(struct model *m, int source, enum isolation isolation, enum container_state now)
{
    struct container c;
    container_init(&c);
    c.key = "k";
    c.isolation = isolation;
    c.state = now;
    model_put(m, source, &c, FIELD_STATE | FIELD_ISOLATION);
}

static void engines_that_contradict_each_other_are_heard(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct model *m = model_new(NULL, NULL);
    model_watch(m, on_told, &heard);
    model_authority(m, B, FIELD_ISOLATION);
    put_wall(m, A, ISOLATION_VM, CONTAINER_CREATED);
    put_wall(m, B, ISOLATION_PROCESS, CONTAINER_CREATED); /* its VM may still have to come */
    const struct container *c = model_find_key(m, "k");
    assert_int_equal(c->isolation, ISOLATION_PROCESS);
    assert_int_equal(c->disputed, ISOLATION_UNKNOWN);
    model_publish(m);
    put_wall(m, A, ISOLATION_VM, CONTAINER_RUNNING);
    assert_int_equal(c->disputed, ISOLATION_VM);
    model_publish(m);
    assert_int_equal(heard.changes[0].fields, FIELD_STATE | FIELD_ISOLATION);
    put_wall(m, B, ISOLATION_VM, CONTAINER_RUNNING);
    assert_int_equal(c->disputed, ISOLATION_UNKNOWN);
    put_wall(m, A, ISOLATION_UNKNOWN, CONTAINER_RUNNING); /* no word is no contradiction */
    assert_int_equal(c->disputed, ISOLATION_UNKNOWN);
    put_wall(m, A, ISOLATION_PROCESS, CONTAINER_RUNNING);
    assert_int_equal(c->disputed, ISOLATION_PROCESS);
    model_drop(m, A, "k");
    assert_int_equal(c->disputed, ISOLATION_UNKNOWN);
    model_free(m);
}

struct leaver {
    struct model_watch *self, *other;
    struct model *model;
    struct heard heard;
};

static void leave_while_told(void *user, const struct change *changes, size_t n)
{
    struct leaver *leaver = user;
    (void)changes;
    leaver->heard.times += n > 0;
    model_unwatch(leaver->self);
    model_unwatch(leaver->other);
    leaver->self = leaver->other = NULL;
}

static void watchers_may_leave_while_told(void **state)
{
    (void)state;
    struct leaver leaver = {0};
    struct heard other = {0};
    struct model *m = model_new(NULL, NULL);
    leaver.other = model_watch(m, on_told, &other); /* told after the leaver */
    leaver.self = model_watch(m, leave_while_told, &leaver);
    put(m, A, "k", "a", 0.1);
    model_publish(m);
    put(m, A, "k", "b", 0.1);
    model_publish(m);
    assert_int_equal(leaver.heard.times, 1);
    assert_int_equal(other.times, 0);
    model_free(m);
}

static void write_while_told(void *user, const struct change *changes, size_t n)
{
    (void)changes;
    (void)n;
    put(user, B, "written", "meanwhile", 0.1);
}

static void what_is_written_while_told_is_told_next(void **state)
{
    (void)state;
    struct model *m = model_new(NULL, NULL);
    model_watch(m, write_while_told, m);
    put(m, A, "k", "a", 0.1);
    assert_int_equal(model_publish(m), 1);
    assert_int_equal(model_publish(m), 1);
    assert_int_equal(model_publish(m), 0);
    model_free(m);
}

static void people_find_by_name_key_or_beginning(void **state)
{
    (void)state;
    bool several;
    struct model *m = model_new(NULL, NULL);
    container_id web = put(m, A, "abc123", "web", 0), db = put(m, A, "abd456", "db", 0);
    container_id odd = put(m, A, "fff", "abc", 0);
    put(m, A, "twin1", "twin", 0);
    put(m, A, "twin2", "twin", 0);
    assert_int_equal(model_find(m, "web", &several)->id, web);
    assert_int_equal(model_find(m, "abd456", &several)->id, db);
    assert_int_equal(model_find(m, "abd", &several)->id, db);
    assert_int_equal(model_find(m, "abc", &several)->id, odd); /* a name before the beginning of a key */
    assert_false(several);
    assert_null(model_find(m, "ab", &several));
    assert_true(several);
    assert_null(model_find(m, "twin", &several));
    assert_true(several);
    assert_null(model_find(m, "nobody", &several));
    assert_false(several);
    assert_null(model_find(m, "", &several));
    assert_null(model_find(m, NULL, NULL));
    model_free(m);
}

static void records_without_a_key_are_refused(void **state)
{
    (void)state;
    struct model *m = model_new(NULL, NULL);
    assert_int_equal(put(m, A, NULL, "web", 0), 0);
    assert_int_equal(put(m, A, "", "web", 0), 0);
    assert_int_equal(put(m, 32, "k", "web", 0), 0);
    assert_int_equal(put(m, -1, "k", "web", 0), 0);
    model_drop(m, A, NULL);
    model_drop(m, 77, "k");
    assert_int_equal(model_count(m), 0);
    model_free(m);
}

static void count_changes(void *user, const struct change *changes, size_t n)
{
    signed char *known = user;
    for (size_t i = 0; i < n; i++) {
        signed char *k = &known[changes[i].id];
        assert_int_equal(*k, changes[i].kind == CHANGE_ADDED ? 0 : 1);
        *k = changes[i].kind == CHANGE_REMOVED ? 2 : 1;
    }
}

/* Whoever listens from the beginning knows exactly who is there. */
static void changes_add_up(void **state)
{
    (void)state;
    enum { STEPS = 20000, KEYS = 97 };
    struct model *m = model_new(NULL, NULL);
    signed char *known = calloc(STEPS + 2, 1);
    model_watch(m, count_changes, known);
    unsigned seed = 7;
    for (int i = 0; i < STEPS; i++) {
        seed = seed * 1103515245u + 12345u;
        unsigned r = seed >> 8;
        char key[16];
        snprintf(key, sizeof key, "k%u", r % KEYS);
        if (r / KEYS % 3) {
            put(m, (int)(r / 7 % 3), key, "name", (double)(r % 5));
        } else {
            model_drop(m, (int)(r / 7 % 3), key);
        }
        if (r / 11 % 10 == 0) {
            model_publish(m);
        }
    }
    model_publish(m);
    size_t alive = 0, cursor = 0, seen = 0;
    for (size_t i = 0; i < STEPS + 2; i++) {
        alive += known[i] == 1;
        assert_true((known[i] == 1) == (model_get(m, i) != NULL));
    }
    container_id last = 0;
    for (const struct container *c; (c = model_next(m, &cursor)); seen++) {
        assert_true(c->id > last); /* the oldest first */
        last = c->id;
        assert_ptr_equal(model_find_key(m, c->key), c);
    }
    assert_int_equal(alive, model_count(m));
    assert_int_equal(seen, alive);
    model_free(m);
    free(known);
}

static void idmap_finds_what_is_there(void **state)
{
    (void)state;
    enum { N = 3000 };
    static char there[N];
    struct idmap map = {0};
    unsigned seed = 3;
    for (int i = 0; i < 40000; i++) {
        seed = seed * 1103515245u + 12345u;
        uint64_t id = (seed >> 8) % N;
        if (id && (seed >> 4) % 2) {
            idmap_put(&map, id, &there[id]);
            there[id] = 1;
        } else if (id) {
            idmap_remove(&map, id);
            there[id] = 0;
        }
    }
    size_t count = 0;
    for (uint64_t id = 0; id < N; id++) {
        assert_ptr_equal(idmap_get(&map, id), there[id] ? &there[id] : NULL);
        count += there[id] != 0;
    }
    assert_int_equal(count, map.count);
    idmap_done(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_each_change_once_per_publish),
        cmocka_unit_test(an_equal_record_is_no_change),
        cmocka_unit_test(only_named_fields_are_taken),
        cmocka_unit_test(what_came_and_went_is_not_told),
        cmocka_unit_test(ids_are_never_reused),
        cmocka_unit_test(a_list_drops_what_was_not_seen),
        cmocka_unit_test(the_same_key_of_two_sources_is_one_row),
        cmocka_unit_test(a_weak_source_is_believed_where_no_other_has_told),
        cmocka_unit_test(the_next_best_word_comes_forward),
        cmocka_unit_test(what_only_the_leaver_told_is_unknown_again),
        cmocka_unit_test(who_is_away_is_believed_only_in_what_lasts),
        cmocka_unit_test(what_its_keeper_drops_is_gone),
        cmocka_unit_test(engines_that_contradict_each_other_are_heard),
        cmocka_unit_test(watchers_may_leave_while_told),
        cmocka_unit_test(what_is_written_while_told_is_told_next),
        cmocka_unit_test(people_find_by_name_key_or_beginning),
        cmocka_unit_test(records_without_a_key_are_refused),
        cmocka_unit_test(changes_add_up),
        cmocka_unit_test(idmap_finds_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
