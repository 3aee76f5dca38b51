/* Every tab on a bare stage, without app and session (both are played here): a container that vanishes while
 * it is looked at, at any size of the pane. */
#include <stdarg.h>
#include <stdio.h>

#include <uv.h>

#include "core/memory.h"
#include "core/op.h"
#include "core/text.h"
#include "tests/core/test.h"
#include "ui/app.h"
#include "ui/views.h"

struct app {
    uv_loop_t loop;
    struct model *model;
    struct settings settings;
    struct host_source host;
    const struct console_sink *sink; /* of the console opened last */
    void *sink_user;
    struct console *console;
    int consoles;
};

/* The app, as far as tabs know it. */

struct uv_loop_s *app_loop(struct app *a)
{
    return &a->loop;
}

struct session *app_session(struct app *a)
{
    return (struct session *)a;
}

struct model *app_model(struct app *a)
{
    return a->model;
}

struct host_source *app_host(struct app *a, container_id id)
{
    (void)id;
    return &a->host;
}

const struct settings *app_settings(struct app *a)
{
    return &a->settings;
}

void app_redraw(struct app *a, struct view *v)
{
    (void)a;
    (void)v;
}

void app_say(struct app *a, const char *fmt, ...)
{
    (void)a;
    (void)fmt;
}

void app_prompt(struct app *a, const char *label, const char *text,
                void (*answer)(void *user, const char *text), void *user)
{
    (void)a;
    (void)label;
    (void)text;
    answer(user, "pid");
}

/* The session, as far as tabs ask it. */

struct model *session_model(const struct session *s)
{
    return ((const struct app *)s)->model;
}

int session_engine_of(const struct session *s, container_id id)
{
    (void)s;
    (void)id;
    return -1;
}

const struct engine *session_engine(const struct session *s, int engine)
{
    (void)s;
    (void)engine;
    return NULL;
}

const char *session_note(const struct session *s, const struct container *c, char *out, size_t room)
{
    (void)s;
    (void)out;
    (void)room;
    return c->note;
}

struct op *session_namespaces(const struct session *s, struct host_source *ours, op_cb cb, void *user)
{
    (void)s;
    (void)ours;
    (void)cb;
    (void)user;
    return NULL; /* this host cannot look */
}

struct op *session_processes(struct session *s, container_id id, op_cb cb, void *user)
{
    struct app *a = (struct app *)s;
    struct op *op = op_new(&a->loop, cb, user);
    struct answer answer = {.processes = process_table_new()};
    (void)id;
    process_table_add(answer.processes, &(struct process){.pid = 1, .host_pid = 4711, .name = "sh"});
    process_table_add(answer.processes,
                      &(struct process){.pid = 7, .parent = 1, .host_pid = 4712, .name = "日本"});
    op_finish(op, &answer);
    return op;
}

struct op *session_inspect(struct session *s, container_id id, op_cb cb, void *user)
{
    struct app *a = (struct app *)s;
    struct op *op = op_new(&a->loop, cb, user);
    struct answer answer = {.text = mem_string("{\"pid\":4711,\"list\":[1,2,3]}")};
    (void)id;
    op_finish(op, &answer);
    return op;
}

static void ignore(struct console *c, bool hold)
{
    (void)c;
    (void)hold;
}

static void resize(struct console *c, int rows, int cols)
{
    (void)c;
    assert_true(rows > 0 && cols > 0);
}

static void close_console(struct console *c)
{
    free(c);
}

struct console *session_console(struct session *s, container_id id, const struct console_spec *spec,
                                const struct console_sink *sink, void *user)
{
    static const struct console_type type = {.hold = ignore, .resize = resize, .close = close_console};
    struct app *a = (struct app *)s;
    struct console *c = mem_new(1, sizeof *c);
    (void)id;
    (void)spec;
    *c = (struct console){&type, sink, user};
    a->sink = sink;
    a->sink_user = user;
    a->console = c;
    a->consoles++;
    return c;
}

static void read_host(struct host_source *self, struct op *op)
{
    struct answer answer = {.host = host_table_new()};
    (void)self;
    host_table_add(answer.host, &(struct host_process){.pid = 4711, .container = "k", .name = "sh"});
    host_table_sort(answer.host);
    op_finish(op, &answer);
}

/* The stage. */

static void turn(struct app *a)
{
    for (int i = 0; i < 10; i++) {
        uv_run(&a->loop, UV_RUN_NOWAIT);
    }
}

static container_id put(struct app *a, enum container_state state)
{
    struct container c;
    container_init(&c);
    c.key = "k";
    c.name = "web";
    c.state = state;
    c.terminal = true;
    c.isolation = ISOLATION_PROCESS;
    container_id id = model_put(a->model, 0, &c, FIELD_ALL);
    model_publish(a->model);
    return id;
}

static void open_stage(struct app *a)
{
    *a = (struct app){.host = {.read = read_host}};
    uv_loop_init(&a->loop);
    settings_init(&a->settings);
    a->model = model_new(NULL, NULL);
}

static void close_stage(struct app *a)
{
    turn(a);
    assert_int_equal(uv_loop_close(&a->loop), 0);
    model_free(a->model);
    settings_done(&a->settings);
}

static void picture(struct view *v, int rows, int cols, struct text *out)
{
    struct canvas *c = canvas_new(rows, cols);
    struct rect r = {0, 0, rows, cols};
    canvas_clip(c, r);
    v->type->draw(v, c, r, true, true);
    text_clear(out);
    for (int row = 0; row < rows; row++) {
        const struct cell *cells = canvas_row(c, row);
        for (int col = 0; col < cols; col++) {
            char bytes[4];
            text_add_n(out, bytes, text_encode(cells[col].chars[0] ? cells[col].chars[0] : ' ', bytes));
        }
        text_add_char(out, '\n');
    }
    canvas_free(c);
}

static void expect(struct view *v, const char *words)
{
    struct text shown = {0};
    picture(v, 12, 90, &shown);
    if (strstr(text_of(&shown), words) == NULL) {
        fail_msg("%s lacks “%s”:\n%s", v->type->title, words, text_of(&shown));
    }
    text_done(&shown);
}

static void any_size(struct view *v)
{
    struct text shown = {0};
    for (int rows = 1; rows < 8; rows++) {
        for (int cols = 1; cols < 110; cols += 4) {
            picture(v, rows, cols, &shown);
        }
    }
    text_done(&shown);
}

static void press_all(struct view *v)
{
    static const uint32_t codes[] = {KEY_CODE_DOWN,
                                     KEY_CODE_END,
                                     KEY_CODE_PAGE_UP,
                                     KEY_CODE_HOME,
                                     KEY_CODE_RIGHT,
                                     KEY_CODE_LEFT,
                                     '/',
                                     'n',
                                     'N',
                                     't',
                                     'w',
                                     '<',
                                     '>',
                                     'r',
                                     'F',
                                     'j',
                                     'k',
                                     'g',
                                     'G',
                                     KEY_CODE_ESCAPE};
    for (size_t i = 0; i < COUNT(codes); i++) {
        v->type->key(v, &(struct key){.code = codes[i]});
    }
}

static void speak(struct app *a, const char *words)
{
    if (a->sink != NULL) {
        a->sink->bytes(a->sink_user, CONSOLE_OUT, 1000, words, strlen(words));
    }
}

static void end_console(struct app *a, const struct error *why)
{
    free(a->console);
    a->sink->closed(a->sink_user, why, -1);
}

typedef struct view *maker(struct app *);

static maker *const makers[] = {process_view_new, map_view_new,      console_view_new,
                                log_view_new,     boundary_view_new, inspect_view_new};

static void it_vanishes_in_every_tab(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(makers); i++) {
        struct app a;
        open_stage(&a);
        struct view *v = makers[i](&a);
        v->type->show(v, 0, true);
        expect(v, "No container is selected.");
        container_id id = put(&a, CONTAINER_RUNNING);
        v->type->show(v, id, true);
        turn(&a);
        speak(&a, "a pid\nand more\n");
        any_size(v);
        press_all(v);
        any_size(v);
        model_drop(a.model, 0, "k");
        model_publish(a.model);
        if (v->type->changed != NULL) {
            v->type->changed(v, &(struct change){id, CHANGE_REMOVED, 0}, 1);
        }
        expect(v, "This container is gone.");
        press_all(v);
        if (v->type->tick != NULL) {
            v->type->tick(v);
        }
        turn(&a);
        expect(v, "This container is gone.");
        any_size(v);
        v->type->free(v);
        close_stage(&a);
    }
}

static void a_console_outlives_its_container(void **state)
{
    (void)state;
    struct app a;
    struct error why;
    open_stage(&a);
    struct view *v = console_view_new(&a);
    container_id id = put(&a, CONTAINER_RUNNING);
    v->type->show(v, id, true);
    console_view_exec(v, id, NULL);
    expect(v, "typing");
    assert_true(console_view_typing(v));
    speak(&a, "last words");
    model_drop(a.model, 0, "k");
    model_publish(a.model);
    error_set(&why, ERROR_NOT_FOUND, 0, "the container web is gone");
    end_console(&a, &why);
    assert_false(console_view_typing(v));
    assert_int_equal(console_view_open(v), 0);
    expect(v, "last words");
    expect(v, "the container web is gone");
    any_size(v);
    press_all(v);
    v->type->key(v, &(struct key){.code = 'x'});
    expect(v, "This container is gone.");
    v->type->free(v);
    close_stage(&a);
}

static void a_hidden_log_is_not_read(void **state)
{
    (void)state;
    struct app a;
    open_stage(&a);
    struct view *v = log_view_new(&a);
    container_id id = put(&a, CONTAINER_EXITED);
    v->type->show(v, id, false);
    assert_int_equal(a.consoles, 0);
    v->type->show(v, id, true);
    assert_int_equal(a.consoles, 1);
    speak(&a, "from the first run\n");
    end_console(&a, NULL);
    expect(v, "the log has ended");
    put(&a, CONTAINER_RUNNING); /* it was started again */
    v->type->changed(v, &(struct change){id, CHANGE_UPDATED, FIELD_STATE}, 1);
    assert_int_equal(a.consoles, 2);
    expect(v, "from the first run");
    speak(&a, "from the second run\n");
    expect(v, "from the second run");
    v->type->free(v);
    close_stage(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_vanishes_in_every_tab),
        cmocka_unit_test(a_console_outlives_its_container),
        cmocka_unit_test(a_hidden_log_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
