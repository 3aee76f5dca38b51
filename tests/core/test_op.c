#include "core/op.h"

#include <uv.h>

#include "core/host.h"
#include "core/image.h"
#include "core/memory.h"
#include "core/text.h"
#include "tests/core/test.h"

struct asker {
    struct text *diary; /* what was heard, in order */
    const char *name;
    char *kept; /* a part of the answer that was taken */
};

static void on_answer(void *user, struct answer *answer)
{
    struct asker *a = user;
    text_addf(a->diary, "%s:%s ", a->name, answer->why.kind ? answer->why.text : "fine");
    if (answer->text) {
        free(a->kept);
        a->kept = answer->text;
        answer->text = NULL;
    }
}

static void on_progress(void *user, uint64_t done, uint64_t total, const char *words)
{
    struct asker *a = user;
    text_addf(a->diary, "%s:%s(%d/%d) ", a->name, words, (int)done, (int)total);
}

/* Each test has a loop that must be empty and closable at its end. */
static int begin(void **state)
{
    uv_loop_t *loop = mem_new(1, sizeof *loop);
    *state = loop;
    return uv_loop_init(loop);
}

static int end(void **state)
{
    uv_loop_t *loop = *state;
    uv_run(loop, UV_RUN_DEFAULT);
    int failed = uv_loop_close(loop);
    free(loop);
    return failed;
}

static struct error cancelled(void)
{
    struct error e;
    error_set(&e, ERROR_CANCELLED, 0, "cancelled");
    return e;
}

static void an_answer_from_inside_is_heard_later(void **state)
{
    uv_loop_t *loop = *state;
    struct text diary = {0};
    struct asker a = {.diary = &diary, .name = "a"}, b = {.diary = &diary, .name = "b"};
    op_succeed(op_new(loop, on_answer, &a));
    struct error why;
    error_set(&why, ERROR_CONFLICT, 0, "it runs already");
    op_fail(op_new(loop, on_answer, &b), &why);
    assert_string_equal(text_of(&diary), "");
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(text_of(&diary), "a:fine b:it runs already ");
    text_done(&diary);
}

static void answer_in_a_while(uv_timer_t *timer)
{
    op_succeed(timer->data);
    uv_close((uv_handle_t *)timer, NULL);
}

static void an_answer_that_comes_later(void **state)
{
    uv_loop_t *loop = *state;
    struct text diary = {0};
    struct asker a = {.diary = &diary, .name = "a"};
    uv_timer_t timer;
    uv_timer_init(loop, &timer);
    timer.data = op_new(loop, on_answer, &a);
    uv_timer_start(&timer, answer_in_a_while, 2, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(text_of(&diary), "a:fine ");
    text_done(&diary);
}

static void a_part_of_the_answer_can_be_kept(void **state)
{
    uv_loop_t *loop = *state;
    struct text diary = {0};
    struct asker a = {.diary = &diary, .name = "a"};
    struct answer answer = {.text = mem_string("key"),
                            .processes = process_table_new(),
                            .images = image_list_new(),
                            .host = host_table_new()};
    op_finish(op_new(loop, on_answer, &a), &answer);
    assert_null(answer.text); /* moved */
    assert_null(answer.host);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(a.kept, "key");
    free(a.kept);
    text_done(&diary);
}

static void cancelled_before_the_answer(void **state)
{
    uv_loop_t *loop = *state;
    struct text diary = {0};
    struct asker *a = mem_new(1, sizeof *a);
    *a = (struct asker){.diary = &diary, .name = "a"};
    struct op *op = op_new(loop, on_answer, a);
    op_on_progress(op, on_progress);
    assert_false(op_cancelled(op));
    op_cancel(op);
    free(a);
    assert_true(op_cancelled(op));
    op_progress(op, 1, 2, "late");
    struct answer answer = {.text = mem_string("late"), .processes = process_table_new()};
    op_finish(op, &answer);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(text_of(&diary), "");
    text_done(&diary);
}

static void cancelled_after_the_answer(void **state)
{
    uv_loop_t *loop = *state;
    struct text diary = {0};
    struct asker *a = mem_new(1, sizeof *a);
    *a = (struct asker){.diary = &diary, .name = "a"};
    struct op *op = op_new(loop, on_answer, a);
    struct answer answer = {.text = mem_string("late")};
    op_finish(op, &answer);
    op_cancel(op);
    free(a);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(text_of(&diary), "");
    text_done(&diary);
}

struct worker_of_engine {
    struct op *op;
    int hooks;
    bool at_once;
};

static void on_cancel(void *data)
{
    struct worker_of_engine *w = data;
    w->hooks++;
    assert_true(op_cancelled(w->op));
    if (w->at_once) {
        struct error why = cancelled();
        op_fail(w->op, &why);
    }
}

static void the_engine_is_told_of_the_cancel(void **state)
{
    uv_loop_t *loop = *state;
    struct text diary = {0};
    struct asker a = {.diary = &diary, .name = "a"};
    for (int at_once = 0; at_once < 2; at_once++) {
        struct worker_of_engine w = {.op = op_new(loop, on_answer, &a), .at_once = at_once};
        op_on_cancel(w.op, on_cancel, &w);
        op_cancel(w.op);
        assert_int_equal(w.hooks, 1);
        if (!at_once) {
            op_cancel(w.op); /* twice is once */
            assert_int_equal(w.hooks, 1);
            op_succeed(w.op);
        }
    }
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(text_of(&diary), "");
    text_done(&diary);
}

static void no_hook_after_the_answer_or_when_taken_back(void **state)
{
    uv_loop_t *loop = *state;
    struct text diary = {0};
    struct asker a = {.diary = &diary, .name = "a"};
    struct worker_of_engine w = {.op = op_new(loop, on_answer, &a)};
    op_on_cancel(w.op, on_cancel, &w);
    op_succeed(w.op);
    op_cancel(w.op);
    w.op = op_new(loop, on_answer, &a);
    op_on_cancel(w.op, on_cancel, &w);
    op_on_cancel(w.op, NULL, NULL);
    op_cancel(w.op);
    op_succeed(w.op);
    assert_int_equal(w.hooks, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(text_of(&diary), "");
    text_done(&diary);
}

static void progress_reaches_the_asker(void **state)
{
    uv_loop_t *loop = *state;
    struct text diary = {0};
    struct asker a = {.diary = &diary, .name = "a"};
    struct op *op = op_new(loop, on_answer, &a);
    op_progress(op, 0, 3, "nobody asked");
    op_on_progress(op, on_progress);
    op_progress(op, 1, 3, "unpacking");
    op_succeed(op);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(text_of(&diary), "a:unpacking(1/3) a:fine ");
    text_done(&diary);
}

struct giver_up {
    struct op *op;
    int heard;
};

static void never(void *user, struct answer *answer)
{
    (void)answer;
    ((struct giver_up *)user)->heard += 100;
}

static void cancel_now(void *user, uint64_t done, uint64_t total, const char *words)
{
    (void)done;
    (void)total;
    (void)words;
    struct giver_up *g = user;
    g->heard++;
    op_cancel(g->op);
}

static void on_cancel_end(void *data)
{
    op_succeed(data);
}

static void cancelled_from_inside_of_progress(void **state)
{
    uv_loop_t *loop = *state;
    struct giver_up g = {.op = op_new(loop, never, &g)};
    op_on_progress(g.op, cancel_now);
    op_on_cancel(g.op, on_cancel_end, g.op);
    op_progress(g.op, 1, 2, "x");
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(g.heard, 1);
}

static void an_op_without_an_asker_is_fine(void **state)
{
    uv_loop_t *loop = *state;
    op_succeed(op_new(loop, NULL, NULL));
    assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(an_answer_from_inside_is_heard_later),
        TEST(an_answer_that_comes_later),
        TEST(a_part_of_the_answer_can_be_kept),
        TEST(cancelled_before_the_answer),
        TEST(cancelled_after_the_answer),
        TEST(the_engine_is_told_of_the_cancel),
        TEST(no_hook_after_the_answer_or_when_taken_back),
        TEST(progress_reaches_the_asker),
        TEST(cancelled_from_inside_of_progress),
        TEST(an_op_without_an_asker_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
