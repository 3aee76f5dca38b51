#include "tests/backends/conformance_parts.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "core/image.h"
#include "core/memory.h"
#include "core/times.h"

void need(const struct world *w, unsigned abilities)
{
    if ((w->subject->abilities & abilities) != abilities) {
        skip();
    }
}

void need_launch(const struct world *w)
{
    if (!w->subject->image) {
        skip();
    }
}

const struct conformance_words *words(const struct world *w)
{
    static const struct conformance_words unix_words = {
        .streams = "sh -c 'echo out $GREETING; echo err >&2; exit 4'",
        .cat = "cat",
        .idle = "sleep 1000",
        .no_command = "no-such-command",
        .not_runnable = "/etc",
        .size = "sh -c 'stty size; read x; stty size; echo $x'",
        .size_24x80 = "24 80\r\n",
        .size_31x97 = "31 97\r\n",
        .shell_line = "echo sum is $GREETING over\n",
        .shell_answer = "sum is over\r\n",
        .flood = "head -c 5000000 /dev/zero",
        .line_end = "\n",
        .signalled = 128 + 15,
        .killed = 128 + 9,
    };
    return w->subject->words ? w->subject->words : &unix_words;
}

char *idle_one(struct world *w)
{
    if (w->subject->image) {
        char *key = launch(w, words(w)->idle);
        wait_state(w, key, CONTAINER_RUNNING);
        return key;
    }
    const struct container *c = model_find(w->model, w->subject->given, NULL);
    assert_non_null(c);
    return mem_string(c->key);
}

struct end_wanted {
    const struct world *world;
    const char *key;
};

static bool is_over(const void *data)
{
    const struct end_wanted *wanted = data;
    const struct container *c = model_find_key(wanted->world->model, wanted->key);
    return !c || c->state == CONTAINER_EXITED;
}

void wait_over(struct world *w, const char *key)
{
    assert_true(world_wait(w, is_over, &(struct end_wanted){w, key}));
}

void wait_ready(struct world *w, const char *key)
{
    struct ear *ear;
    ear = ear_open(w, key, &(struct console_spec){.kind = CONSOLE_LOGS, .tail = -1, .follow = true});
    hear(ear, "ready");
    leave(ear);
}

/* Names. */

struct name_wanted {
    const struct world *world;
    const char *key, *name;
};

static bool is_called(const void *data)
{
    const struct name_wanted *wanted = data;
    const struct container *c = model_find_key(wanted->world->model, wanted->key);
    return c && c->name && strcmp(c->name, wanted->name) == 0;
}

static void name_it(struct world *w, const char *key, const char *name, enum error_kind kind)
{
    struct reply *r;
    w->subject->type->rename(w->engine, reply_begin(w, &r), key, name);
    reply_expect(w, r, kind);
}

static void a_name_changes_and_nothing_else(void **state)
{
    struct world *w = *state;
    need_launch(w);
    if (!w->subject->type->rename) {
        skip();
    }
    char *key = launch(w, "sleep 1000"), first[64], second[80];
    const struct container *c = wait_state(w, key, CONTAINER_RUNNING);
    int64_t started = c->started;
    snprintf(first, sizeof first, "%s", c->name);
    snprintf(second, sizeof second, "%s-b", first);
    name_it(w, key, second, ERROR_NONE);
    assert_true(world_wait(w, is_called, &(struct name_wanted){w, key, second}));
    c = wait_state(w, key, CONTAINER_RUNNING);
    assert_true(c->started == started);
    struct launch_spec spec = spec_of(w, "true");
    free(spec.name);
    spec.name = mem_string(first); /* which is free now */
    char *other = launch_spec(w, &spec);
    name_it(w, key, first, ERROR_CONFLICT);
    name_it(w, "0123456789ab", "nobody", ERROR_NOT_FOUND);
    act(w, key, VERB_KILL, ERROR_NONE);
    wait_state(w, key, CONTAINER_EXITED);
    snprintf(second, sizeof second, "%s-c", first);
    name_it(w, key, second, ERROR_NONE);
    assert_true(world_wait(w, is_called, &(struct name_wanted){w, key, second}));
    act(w, key, VERB_START, ERROR_NONE);
    assert_string_equal(wait_state(w, key, CONTAINER_RUNNING)->name, second);
    free(other);
    free(key);
}

/* Ops. */

static void a_cancelled_op_is_silent(void **state)
{
    struct world *w = *state;
    char *key = idle_one(w);
    struct reply *r, *second;
    struct op *op = reply_begin(w, &r);
    w->subject->type->act(w->engine, op, key, VERB_STOP, &(struct act_options){.timeout = 1});
    op_cancel(op);
    op = reply_begin(w, &second);
    w->subject->type->inspect(w->engine, op, key);
    op_cancel(op);
    world_pause(w, 2500);
    assert_int_equal(r->times, 0);
    assert_int_equal(second->times, 0);
    free(key);
}

static void many_ops_are_each_answered_once(void **state)
{
    struct world *w = *state;
    enum { MANY = 50 };
    struct reply *replies[MANY];
    char *key = idle_one(w);
    for (int i = 0; i < MANY; i++) {
        struct op *op = reply_begin(w, &replies[i]);
        if (i % 2) {
            w->subject->type->inspect(w->engine, op, key);
        } else {
            w->subject->type->processes(w->engine, op, key);
        }
    }
    for (int i = 0; i < MANY; i++) {
        reply_expect(w, replies[i], ERROR_NONE);
    }
    world_pause(w, 100);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(replies[i]->times, 1);
    }
    free(key);
}

/* What is known of a container. */

static void inspect_is_json(void **state)
{
    struct world *w = *state;
    struct reply *r;
    char *key = idle_one(w);
    w->subject->type->inspect(w->engine, reply_begin(w, &r), key);
    reply_expect(w, r, ERROR_NONE);
    cJSON *json = cJSON_Parse(r->text);
    assert_true(cJSON_IsObject(json) && json->child);
    cJSON_Delete(json);
    free(key);
}

static void the_table_has_the_process(void **state)
{
    struct world *w = *state;
    struct reply *r;
    char *key = idle_one(w);
    const struct container *c = wait_state(w, key, CONTAINER_RUNNING);
    w->subject->type->processes(w->engine, reply_begin(w, &r), key);
    reply_expect(w, r, ERROR_NONE);
    assert_non_null(r->processes);
    assert_true(r->processes->count >= 1);
    const struct process *p = &r->processes->rows[0];
    assert_non_null(p->name);
    if (w->subject->image) {
        assert_non_null(strstr(p->command ? p->command : p->name, "sleep"));
    }
    assert_true((p->created > time_now() - 120000 || !w->subject->image) && p->created < time_now() + 2000);
    if (c->isolation == ISOLATION_PROCESS && w->subject->image) {
        assert_int_equal(p->pid, 1);
        assert_int_equal(p->host_pid, c->pid);
    }
    act(w, key, VERB_KILL, ERROR_NONE);
    wait_over(w, key);
    w->subject->type->processes(w->engine, reply_begin(w, &r), key);
    reply_wait(w, r);
    assert_true(r->why.kind == ERROR_CONFLICT || r->why.kind == ERROR_NOT_FOUND ||
                (r->processes && r->processes->count == 0));
    free(key);
}

struct sample_wanted {
    const struct world *world;
    const char *key;
    unsigned abilities;
};

static bool is_sampled(const void *data)
{
    const struct sample_wanted *wanted = data;
    const struct container *c = model_find_key(wanted->world->model, wanted->key);
    return c && c->processes >= 1 && (!(wanted->abilities & CAN_MEASURE) || c->memory > 0);
}

static void samples_arrive(void **state)
{
    struct world *w = *state;
    char *key = idle_one(w);
    const struct sample_wanted wanted = {w, key, w->subject->abilities};
    w->subject->type->sample(w->engine, (const char *const[]){"nobody", key}, 2, FIELD_USAGE);
    assert_true(world_wait(w, is_sampled, &wanted));
    w->subject->type->sample(w->engine, NULL, 0, 0);
    free(key);
}

static void the_spec_is_known_afterwards(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct launch_spec spec = spec_of(w, "sh -c \"sleep 1000\""), known;
    struct error why;
    assert_int_equal(launch_add_env(&spec, "COLOUR=blue", &why), 0);
    spec.terminal = true;
    char *key = launch_spec(w, &spec);
    wait_state(w, key, CONTAINER_RUNNING);
    assert_true(w->subject->type->spec_of(w->engine, key, &known));
    assert_string_equal(known.image, w->subject->image);
    assert_string_equal(known.command[2], "sleep 1000");
    assert_string_equal(known.env[0], "COLOUR=blue");
    assert_true(known.terminal);
    launch_spec_done(&known);
    free(key);
}

static void images_are_listed(void **state)
{
    struct world *w = *state;
    need_launch(w);
    struct reply *r;
    bool found = false;
    w->subject->type->images(w->engine, reply_begin(w, &r));
    reply_expect(w, r, ERROR_NONE);
    for (size_t i = 0; i < r->images->count; i++) {
        found = found || strcmp(r->images->rows[i].name, w->subject->image) == 0;
    }
    assert_true(found);
    w->subject->type->image_remove(w->engine, reply_begin(w, &r), "no-such-image");
    reply_expect(w, r, ERROR_NOT_FOUND);
    w->subject->type->image_import(w->engine, reply_begin(w, &r), "conf", "/no/such/file");
    reply_expect(w, r, ERROR_NOT_FOUND);
}

static const struct conformance_test about[] = {
    {"a_name_changes_and_nothing_else", a_name_changes_and_nothing_else},
    {"a_cancelled_op_is_silent", a_cancelled_op_is_silent},
    {"many_ops_are_each_answered_once", many_ops_are_each_answered_once},
    {"inspect_is_json", inspect_is_json},
    {"the_table_has_the_process", the_table_has_the_process},
    {"samples_arrive", samples_arrive},
    {"the_spec_is_known_afterwards", the_spec_is_known_afterwards},
    {"images_are_listed", images_are_listed},
    {NULL, NULL},
};

static int begin(void **state)
{
    *state = world_new(*state);
    return 0;
}

static int finish(void **state)
{
    world_free(*state);
    return 0;
}

enum { TESTS_MOST = 80 };

static size_t add(struct CMUnitTest *to, size_t n, const struct conformance_test *tests,
                  const struct conformance *subject)
{
    for (; tests->name && n < TESTS_MOST; tests++) {
        to[n++] = (struct CMUnitTest){tests->name, tests->run, begin, finish, (void *)(uintptr_t)subject};
    }
    return n;
}

int conformance_run(const char *name, const struct conformance *subject)
{
    struct CMUnitTest tests[TESTS_MOST];
    size_t n = add(tests, 0, conformance_life, subject);
    n = add(tests, n, about, subject);
    n = add(tests, n, conformance_consoles, subject);
    return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}
