/* One console, with the session played here: which queries of a program its terminal answers, and how often.
 */
#include <uv.h>

#include "core/memory.h"
#include "core/text.h"
#include "tests/core/test.h"
#include "ui/console_pane.h"

struct stage {
    uv_loop_t loop;
    struct model *model;
    struct intake *intake;
    const struct console_sink *sink;
    void *user;
    struct console console;
    bool replay;
    struct text written;
    struct console_pane *pane;
};

struct model *session_model(const struct session *s)
{
    return ((const struct stage *)s)->model;
}

static void on_write(struct console *c, const char *data, size_t len)
{
    struct stage *s = (struct stage *)((char *)c - offsetof(struct stage, console));
    text_add_n(&s->written, data, len);
}

static void on_hold(struct console *c, bool hold)
{
    (void)c;
    (void)hold;
}

static void on_close(struct console *c)
{
    (void)c;
}

struct console *session_console(struct session *session, container_id id, const struct console_spec *spec,
                                const struct console_sink *sink, void *user)
{
    static const struct console_type type = {.write = on_write, .hold = on_hold, .close = on_close};
    struct stage *s = (struct stage *)session;
    (void)id;
    s->console = (struct console){&type, sink, user};
    s->sink = sink;
    s->user = user;
    s->replay = spec->replay;
    return &s->console;
}

static void on_changed(void *user)
{
    (void)user;
}

static void open_stage(struct stage *s, enum console_kind kind, bool terminal)
{
    struct container c;
    *s = (struct stage){.replay = false};
    uv_loop_init(&s->loop);
    s->model = model_new(NULL, NULL);
    s->intake = intake_new(&s->loop, 1 << 20);
    container_init(&c);
    c.key = c.name = "web";
    c.terminal = terminal;
    const struct console_pane_parts parts = {.session = (struct session *)s,
                                             .intake = s->intake,
                                             .id = model_put(s->model, 0, &c, FIELD_ALL),
                                             .kind = kind,
                                             .scrollback = 10,
                                             .changed = on_changed};
    model_publish(s->model);
    s->pane = console_pane_new(&parts);
    console_pane_fit(s->pane, 5, 40);
}

static void close_stage(struct stage *s)
{
    console_pane_free(s->pane);
    intake_free(s->intake);
    while (uv_run(&s->loop, UV_RUN_NOWAIT)) {
    }
    assert_int_equal(uv_loop_close(&s->loop), 0);
    model_free(s->model);
    text_done(&s->written);
}

static void print(struct stage *s, const char *bytes)
{
    s->sink->bytes(s->user, CONSOLE_OUT, 0, bytes, strlen(bytes));
}

static void expect(struct stage *s, const char *written)
{
    assert_string_equal(text_of(&s->written), written);
    text_clear(&s->written);
}

static void what_is_replayed_is_not_answered(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s, CONSOLE_ATTACH, true);
    assert_true(s.replay);
    print(&s, "\033[6n\033[5n\033[c\033[>c\033[?25$p\005\033Z");
    print(&s, "more\033[");
    print(&s, "6n\033[6n");
    expect(&s, "");
    console_pane_type(s.pane, &(struct key){.code = 'x'}); /* what is typed does not wait for that */
    expect(&s, "x");
    s.sink->live(s.user);
    print(&s, "text");
    expect(&s, "");
    print(&s, "\033[2;3H\033[6n");
    expect(&s, "\033[2;3R");
    close_stage(&s);
}

/* It is asked when its last byte comes. */
static void a_query_that_the_end_of_the_replay_cuts_is_live(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s, CONSOLE_ATTACH, true);
    print(&s, "\033[6n\033[1;4H\033[");
    s.sink->live(s.user);
    print(&s, "6");
    expect(&s, "");
    print(&s, "n");
    expect(&s, "\033[1;4R");
    close_stage(&s);
}

static void a_shell_is_live_at_once(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s, CONSOLE_EXEC, true);
    assert_false(s.replay);
    print(&s, "\033[6n");
    expect(&s, "\033[1;1R");
    close_stage(&s);
}

/* A program that asks and never reads gets a bounded amount, and what is typed all the same. */
static void answers_are_bounded(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s, CONSOLE_EXEC, true);
    for (int i = 0; i < 20000; i++) {
        print(&s, "\033[6n");
    }
    assert_in_range(s.written.len, 1000, 4096);
    text_clear(&s.written);
    console_pane_type(s.pane, &(struct key){.code = 'x'});
    expect(&s, "x");
    s.sink->drained(s.user); /* it reads again */
    print(&s, "\033[6n");
    expect(&s, "\033[1;1R");
    close_stage(&s);
}

static void without_a_terminal_nobody_answers(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s, CONSOLE_ATTACH, false);
    print(&s, "\033[6n");
    s.sink->live(s.user);
    print(&s, "\033[6n");
    expect(&s, "");
    close_stage(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_replayed_is_not_answered),
                                       cmocka_unit_test(a_query_that_the_end_of_the_replay_cuts_is_live),
                                       cmocka_unit_test(a_shell_is_live_at_once),
                                       cmocka_unit_test(answers_are_bounded),
                                       cmocka_unit_test(without_a_terminal_nobody_answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
