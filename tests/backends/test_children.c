/* A keeper waits for all of its children, and a thread of it for programs of its own: neither takes the end
 * of the other's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/local/keeper/children.h"
#include "backends/local/shared/command.h"

enum { ROUNDS = 100 };

struct runs {
    uv_work_t work;
    uv_loop_t *loop;
    struct children *children;
    int wrong;       /* programs whose exit code was lost */
    int left, codes; /* children of the loop that are waited for; the sum of their codes */
};

static void run_programs(uv_work_t *work)
{
    static const char *const argv[] = {"sh", "-c", "exit 3", NULL};
    struct runs *r = work->data;
    for (int i = 0; i < ROUNDS; i++) {
        r->wrong += command_run(argv, NULL, 0, 20, NULL) != 3;
    }
}

static void finish_if_all(struct runs *r)
{
    if (r->left == 0) {
        children_close(r->children);
    }
}

static void has_run(uv_work_t *work, int status)
{
    struct runs *r = work->data;
    (void)status;
    r->left--;
    finish_if_all(r);
}

static void on_end(void *user, int code);

static void start_one(struct runs *r)
{
    static const char *const argv[] = {"sh", "-c", "exit 1", NULL};
    children_begin(r->children);
    pid_t pid = command_spawn(argv, (int[3]){-1, -1, -1}, 0, NULL);
    assert_true(pid > 0);
    children_watch(r->children, pid, on_end, r);
    children_end(r->children);
}

static void on_end(void *user, int code)
{
    struct runs *r = user;
    r->codes += code;
    r->left--;
    if (r->codes < ROUNDS) {
        r->left++;
        start_one(r);
    }
    finish_if_all(r);
}

static void every_exit_code_arrives(void **state)
{
    uv_loop_t loop;
    struct runs r = {.loop = &loop, .left = 2};
    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    r.work.data = &r;
    r.children = children_new(&loop);
    start_one(&r);
    uv_queue_work(&loop, &r.work, run_programs, has_run);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(r.wrong, 0);
    assert_int_equal(r.codes, ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_exit_code_arrives)};
    return cmocka_run_group_tests_name("children", tests, NULL, NULL);
}
