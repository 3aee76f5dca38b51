/* The picture of the experiment: two maps beside each other, or one below the other. */
#include "ui/cli/demo_map.h"

#include "core/memory.h"
#include "tests/core/test.h"

static struct container record(const char *name, enum isolation mode)
{
    struct container c;
    container_init(&c);
    c.key = c.name = name;
    c.isolation = mode;
    c.state = CONTAINER_RUNNING;
    c.processes = 1;
    return c;
}

static void maps_of_both_modes(void **state)
{
    (void)state;
    struct process inside = {.pid = 1, .name = "ping"};
    struct host_process outside = {.pid = 4711, .name = "ping\n"},
                        worker = {.pid = 99, .name = "qemu-system-x86_64"};
    struct container c = record("a", ISOLATION_PROCESS);
    struct text t = {0};
    struct hostmap_pair pair = {&inside, &outside};
    struct hostmap map = {.wall = WALL_SHARED_KERNEL, .pairs = &pair, .n_pairs = 1, .n_joined = 1};
    demo_map_text(&c, &map, &t);
    assert_non_null(strstr(text_of(&t), "a: process isolation\n"));
    assert_non_null(strstr(text_of(&t), "──┼──"));
    assert_non_null(strstr(text_of(&t), "process 1 is its process 4711"));
    assert_null(strstr(text_of(&t), " \n")); /* no blanks at the end, no newline from a name */
    text_clear(&t);
    const struct worker w = {.host_pid = 99, .role = WORKER_VM, .name = "qemu"};
    c = record("b", ISOLATION_VM);
    c.workers = &w;
    c.n_workers = 1;
    pair.outside = NULL;
    const struct host_process *workers[] = {&worker};
    enum worker_role roles[] = {WORKER_VM};
    map = (struct hostmap){
        .wall = WALL_VM, .pairs = &pair, .n_pairs = 1, .workers = workers, .roles = roles, .n_workers = 1};
    demo_map_text(&c, &map, &t);
    assert_non_null(strstr(text_of(&t), "b: vm isolation\n"));
    assert_null(strstr(text_of(&t), "┼"));
    assert_non_null(strstr(text_of(&t), "99  qemu-system-x86_"));
    assert_non_null(strstr(text_of(&t), "The host sees none of them."));
    text_done(&t);
}

static void beside_each_other_if_they_fit(void **state)
{
    (void)state;
    struct text t = {0};
    demo_map_join("one\nü\n", "right\nside\nlonger\n", 13, &t);
    assert_string_equal(text_of(&t), "one    right\nü      side\n       longer\n");
    text_clear(&t);
    demo_map_join("one\nü\n", "right\nside\nlonger\n", 12, &t);
    assert_string_equal(text_of(&t), "one\nü\n\nright\nside\nlonger\n");
    text_clear(&t);
    demo_map_join("a\n", "", 80, &t);
    assert_string_equal(text_of(&t), "a\n");
    text_done(&t);
}

static void a_reason_is_broken_between_words(void **state)
{
    (void)state;
    struct text t = {0};
    demo_map_missing("vm", "no kernel was found here", 10, &t);
    assert_string_equal(text_of(&t), "vm isolation: not on this machine\n\nno kernel\nwas found\nhere\n");
    text_clear(&t);
    demo_map_missing("vm", "averylongword", 4, &t);
    assert_string_equal(text_of(&t), "vm isolation: not on this machine\n\naver\nylon\ngwor\nd\n");
    text_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_of_both_modes),
        cmocka_unit_test(beside_each_other_if_they_fit),
        cmocka_unit_test(a_reason_is_broken_between_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
