/* Whose a container's namespaces are: what was seen and what was told in, one fact of each out. */
#include "core/memory.h"
#include "core/model.h"
#include "core/namespaces.h"
#include "tests/core/test.h"

static const char *const own_words[] = {"private", NULL};

static void an_engines_words(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum fact_state state;
        const char *with;
    } cases[] = {
        {"host", FACT_HOST, NULL},
        {"private", FACT_OWN, NULL},
        {"container:abc", FACT_SHARED, "abc"},
        {"", FACT_NOT_TOLD, NULL},
        {"container:", FACT_NOT_TOLD, NULL},
        {"HOST", FACT_NOT_TOLD, NULL},
        {"ns:/proc/1/ns/pid", FACT_NOT_TOLD, NULL},
        {"hosts", FACT_NOT_TOLD, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct namespace_fact fact = namespace_fact_of(cases[i].word, own_words, FACT_TOLD, "S");
        assert_int_equal(fact.state, cases[i].state);
        assert_int_equal(fact.how, cases[i].state == FACT_NOT_TOLD ? FACT_NOWHERE : FACT_TOLD);
        assert_true((fact.with == NULL) == (cases[i].with == NULL));
        if (fact.with) {
            assert_string_equal(fact.with, cases[i].with);
        }
    }
}

/* Three containers, of which the first two share a pid namespace. */
static struct namespace_table *three(void)
{
    struct namespace_table *t = namespace_table_new(3);
    static const char *const keys[] = {"aaa", "bbb", "ccc"};
    for (size_t i = 0; i < 3; i++) {
        t->rows[i].key = mem_string(keys[i]);
        t->rows[i].pid = 100 + (uint32_t)i;
        for (int kind = 0; kind < NAMESPACE_LINUX; kind++) {
            t->rows[i].number[kind] = 1000 * (i + 1);
            t->host[kind] = 7;
        }
    }
    t->rows[0].number[NAMESPACE_PID] = t->rows[1].number[NAMESPACE_PID] = 5000;
    t->rows[2].number[NAMESPACE_USER] = 7;
    return t;
}

static container_id put(struct model *m, const char *key, const char *name)
{
    struct container c;
    container_init(&c);
    c.key = key;
    c.name = name;
    c.state = CONTAINER_RUNNING;
    c.isolation = ISOLATION_PROCESS;
    return model_put(m, 0, &c, FIELD_ALL);
}

static void sharers_have_names(void **state)
{
    (void)state;
    struct model *m = model_new(NULL, NULL);
    struct namespace_table *t = three();
    struct namespaces n;
    container_id first = put(m, "aaa", "web"), third = put(m, "ccc", "db");
    put(m, "bbb", "helper");
    namespaces_judge(&n, model_get(m, first), t, m);
    assert_int_equal(n.fact[NAMESPACE_PID].state, FACT_SHARED);
    assert_string_equal(n.fact[NAMESPACE_PID].with, "helper");
    assert_string_equal(n.fact[NAMESPACE_PID].source, "/proc/100/ns/pid");
    assert_int_equal(n.fact[NAMESPACE_IPC].state, FACT_OWN);
    assert_true(namespaces_complete(&n));
    namespaces_done(&n);
    namespaces_judge(&n, model_get(m, third), t, m);
    assert_int_equal(n.fact[NAMESPACE_USER].state, FACT_HOST);
    assert_int_equal(n.fact[NAMESPACE_PID].state, FACT_OWN);
    assert_int_equal(n.number[NAMESPACE_USER], 7);
    namespaces_done(&n);
    namespace_table_free(t);
    model_free(m);
}

/* Who is not in the table was not looked at, whatever others there are. */
static void one_that_was_not_looked_at_is_not_told(void **state)
{
    (void)state;
    struct namespace_table *t = three();
    struct namespaces n;
    struct container c;
    container_init(&c);
    c.key = "ddd";
    c.state = CONTAINER_RUNNING;
    c.isolation = ISOLATION_PROCESS;
    namespaces_judge(&n, &c, t, NULL);
    for (int kind = 0; kind < NAMESPACE_COUNT; kind++) {
        assert_int_equal(n.fact[kind].state, FACT_NOT_TOLD);
        assert_int_equal(n.fact[kind].how, FACT_NOWHERE);
        assert_non_null(n.fact[kind].why);
        assert_null(n.fact[kind].source);
    }
    assert_false(namespaces_complete(&n));
    namespaces_done(&n);
    namespace_table_free(t);
}

static void crossings_are_of_the_record_and_the_namespaces(void **state)
{
    (void)state;
    const struct crossing folder = {CROSSING_FOLDER, "/a", "/b", false};
    struct namespace_table *t = three();
    struct namespaces n;
    struct crossing_list list;
    struct container c;
    container_init(&c);
    c.key = "aaa";
    c.state = CONTAINER_RUNNING;
    c.isolation = ISOLATION_PROCESS;
    c.crossings = &folder;
    c.n_crossings = 1;
    namespaces_judge(&n, &c, t, NULL);
    crossings_of(&list, &c, &n);
    assert_int_equal(list.count, 2);
    assert_true(list.complete);
    assert_int_equal(list.each[0].kind, CROSSING_FOLDER);
    assert_int_equal(list.each[1].kind, CROSSING_PID);
    assert_string_equal(list.each[1].outside, "container:bbb");
    crossings_done(&list);
    namespaces_done(&n);
    namespaces_judge(&n, &c, NULL, NULL);
    crossings_of(&list, &c, &n);
    assert_int_equal(list.count, 1);
    assert_false(list.complete); /* there may be others */
    crossings_done(&list);
    namespaces_done(&n);
    namespace_table_free(t);
}

static void every_kind_has_its_words(void **state)
{
    (void)state;
    for (int windows = 0; windows < 2; windows++) {
        size_t n;
        const enum namespace_kind *kinds = namespace_kinds(windows, &n);
        assert_int_equal(n, windows ? 5 : NAMESPACE_LINUX);
        for (size_t i = 0; i < n; i++) {
            assert_non_null(namespace_label(kinds[i]));
            assert_non_null(strchr(namespace_id(kinds[i], windows), '.'));
            assert_string_not_equal(crossing_word(namespace_crossing(kinds[i])), "unknown");
            assert_true(windows || namespace_link(kinds[i]));
        }
    }
    assert_string_equal(fact_state_word(FACT_NOT_TOLD), "not told");
    assert_string_equal(fact_how_word(FACT_ASKED), "asked");
    assert_null(fact_how_word(FACT_NOWHERE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_engines_words),
        cmocka_unit_test(sharers_have_names),
        cmocka_unit_test(one_that_was_not_looked_at_is_not_told),
        cmocka_unit_test(crossings_are_of_the_record_and_the_namespaces),
        cmocka_unit_test(every_kind_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
