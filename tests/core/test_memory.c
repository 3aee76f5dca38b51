#include <sys/wait.h>
#include <unistd.h>

#include "core/memory.h"
#include "tests/core/test.h"

static void new_is_zeroed_and_never_null(void **state)
{
    (void)state;
    int *numbers = mem_new(100, sizeof *numbers);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(numbers[i], 0);
    }
    free(numbers);
    void *nothing = mem_new(0, 8);
    assert_non_null(nothing);
    free(nothing);
    nothing = mem_resize(NULL, 0, 0);
    assert_non_null(nothing);
    free(nothing);
}

static void grow_doubles_and_keeps(void **state)
{
    (void)state;
    size_t room = 0, moves = 0;
    int *list = NULL;
    for (size_t n = 0; n < 1000; n++) {
        size_t before = room;
        list = mem_grow(list, &room, n + 1, sizeof *list);
        moves += room != before;
        assert_true(room > n);
        list[n] = (int)n;
    }
    assert_true(moves <= 8);
    assert_int_equal(list[0], 0);
    assert_int_equal(list[999], 999);
    list = mem_grow(list, &room, 5000, sizeof *list);
    assert_int_equal(room, 5000);
    free(list);
}

static void strings_are_copied(void **state)
{
    (void)state;
    assert_null(mem_string(NULL));
    assert_null(mem_string_n(NULL, 3));
    char *whole = mem_string("porthole"), *part = mem_string_n("porthole", 4), *none = mem_string_n("x", 0);
    assert_string_equal(whole, "porthole");
    assert_string_equal(part, "port");
    assert_string_equal(none, "");
    free(whole);
    free(part);
    free(none);
}

static void an_array_of_strings_is_one_block(void **state)
{
    (void)state;
    const char *const words[] = {"a", "", "third", NULL};
    char **copy = mem_strings(words);
    assert_string_equal(copy[0], "a");
    assert_string_equal(copy[1], "");
    assert_string_equal(copy[2], "third");
    assert_null(copy[3]);
    free(copy);
    copy = mem_strings(words + 3);
    assert_null(copy[0]);
    free(copy);
    assert_null(mem_strings(NULL));
}

static void say_hook(void)
{
    _exit(42);
}

/* How does a child end that asks for so much? */
static int child_that_asks_for(size_t count, size_t size, void (*hook)(void))
{
    pid_t child = fork();
    if (child == 0) {
        close(2);
        mem_on_exhausted(hook);
        free(mem_new(count, size));
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

static void exhaustion_calls_the_hook_then_aborts(void **state)
{
    (void)state;
    int status = child_that_asks_for(SIZE_MAX / 2, 4, say_hook);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
    status = child_that_asks_for(SIZE_MAX / 2, 4, NULL);
    assert_true(WIFSIGNALED(status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_is_zeroed_and_never_null),
        cmocka_unit_test(grow_doubles_and_keeps),
        cmocka_unit_test(strings_are_copied),
        cmocka_unit_test(an_array_of_strings_is_one_block),
        cmocka_unit_test(exhaustion_calls_the_hook_then_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
