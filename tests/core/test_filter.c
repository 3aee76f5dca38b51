#include "core/filter.h"

#include "tests/core/test.h"

static bool passes(const char *words, const struct container *c)
{
    struct filter f = {0};
    filter_parse(&f, words);
    bool through = filter_passes(&f, c);
    filter_done(&f);
    return through;
}

static struct container shop_front(void)
{
    static const char *const labels[] = {"com.docker.compose.project=shop", "tier=front", "note=a=b", NULL};
    struct container c;
    container_init(&c);
    c.key = "4711abcd";
    c.name = "web-1";
    c.image = "nginx:1.25";
    c.owner = "compose shop";
    c.labels = labels;
    c.state = CONTAINER_RUNNING;
    c.health = HEALTH_HEALTHY;
    c.isolation = ISOLATION_VM;
    c.hypervisor = HYPERVISOR_HYPERV;
    return c;
}

static void a_key_looks_in_one_place(void **state)
{
    (void)state;
    const struct container c = shop_front();
    static const char *const fit[] = {"name=web",
                                      "name=WEB-1",
                                      "image=nginx",
                                      "owner=shop",
                                      "id=4711",
                                      "state=running",
                                      "status=Running",
                                      "isolation=hyperv",
                                      "isolation=vm",
                                      "!isolation=process",
                                      "health=healthy",
                                      "project=shop",
                                      "label=tier",
                                      "label=tier=front",
                                      "label=note=a=b",
                                      "!label=tier=back",
                                      "name=web project=shop state=running"};
    static const char *const differ[] = {"name=nginx",        "image=web",         "state=run",
                                         "isolation=process", "isolation=unknown", "health=none",
                                         "project=sho",       "label=front",       "label=tier=fro",
                                         "label=tie",         "label=tier=FRONT",  "!name=web"};
    for (size_t i = 0; i < COUNT(fit); i++) {
        assert_true(passes(fit[i], &c));
    }
    for (size_t i = 0; i < COUNT(differ); i++) {
        assert_false(passes(differ[i], &c));
    }
}

/* Half a word is being typed: what is empty fits where it is looked for as a part. */
static void an_empty_value_is_no_mistake(void **state)
{
    (void)state;
    const struct container c = shop_front();
    assert_true(passes("name=", &c));
    assert_false(passes("state=", &c));
    assert_false(passes("label=", &c));
    assert_false(passes("colour=red", &c)); /* a plain word, and found nowhere */
}

static void values_that_cannot_be_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *words, *why;
    } table[] = {{"web state=asleep", "'asleep' is no state to filter by: choose one of created, running"},
                 {"!isolation=none", "'none' is no isolation to filter by: choose one of process, hyperv"},
                 {"health=fine", "'fine' is no health to filter by: choose one of starting, healthy"},
                 {"state=restarting", NULL},
                 {"status=dead", NULL},
                 {"state=stopping state=removing", NULL},
                 {"state=exited isolation=VM health=none label=x asleep", NULL}};
    for (size_t i = 0; i < COUNT(table); i++) {
        struct filter f = {0};
        char why[200];
        filter_parse(&f, table[i].words);
        assert_int_equal(filter_sensible(&f, why, sizeof why), table[i].why == NULL);
        if (table[i].why) {
            assert_non_null(strstr(why, table[i].why));
        }
        bool asks = strstr(table[i].words, "state=") || strstr(table[i].words, "status=");
        assert_int_equal(filter_asks_state(&f), asks);
        filter_done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_looks_in_one_place),
        cmocka_unit_test(an_empty_value_is_no_mistake),
        cmocka_unit_test(values_that_cannot_be_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
