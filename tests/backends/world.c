#include "tests/backends/world.h"

#include <stdio.h>

#include "core/image.h"
#include "core/memory.h"

enum { PATIENCE_MS = 30000 };

static const char NAMES[] = "conf-";

/* What the engine says. */

static struct world *heard(void *user)
{
    struct world *w = user;
    w->said_inside += w->inside;
    return w;
}

static void on_online(void *user, const struct engine_info *info)
{
    struct world *w = heard(user);
    assert_true(info->default_isolation == ISOLATION_PROCESS || info->default_isolation == ISOLATION_VM);
    w->online = true;
}

static void on_offline(void *user, const struct error *why)
{
    struct world *w = heard(user);
    assert_int_not_equal(why->kind, ERROR_NONE);
    assert_true(why->text[0] != '\0');
    w->offline = *why;
}

static void on_list_begin(void *user)
{
    model_list_begin(heard(user)->model, 0);
}

static void on_seen(void *user, const struct container *record, unsigned fields)
{
    assert_non_null(record->key);
    assert_int_not_equal(fields & FIELD_ALL, 0);
    model_put(heard(user)->model, 0, record, fields);
}

static void on_gone(void *user, const char *key)
{
    model_drop(heard(user)->model, 0, key);
}

static void on_list_named(void *user)
{
    heard(user);
}

static void on_list_end(void *user)
{
    struct world *w = heard(user);
    model_list_end(w->model, 0);
    w->lists++;
}

static const struct backend_sink SINK = {.online = on_online,
                                         .offline = on_offline,
                                         .list_begin = on_list_begin,
                                         .seen = on_seen,
                                         .gone = on_gone,
                                         .list_named = on_list_named,
                                         .list_end = on_list_end};

/* Waiting. */

static void on_alarm(uv_timer_t *timer)
{
    ((struct world *)timer->data)->late = true;
}

/* A timer may just have made it so: the loop is not to sleep until the next one. */
static void on_look(uv_prepare_t *look)
{
    struct world *w = look->data;
    if (w->done(w->done_data)) {
        uv_stop(&w->loop);
    }
}

bool world_wait(struct world *w, bool (*done)(const void *data), const void *data)
{
    w->late = false;
    w->done = done;
    w->done_data = data;
    uv_timer_start(&w->alarm, on_alarm, PATIENCE_MS, 0);
    uv_prepare_start(&w->look, on_look);
    while (!done(data) && !w->late) {
        uv_run(&w->loop, UV_RUN_ONCE);
    }
    uv_prepare_stop(&w->look);
    uv_timer_stop(&w->alarm);
    return done(data);
}

void world_pause(struct world *w, unsigned ms)
{
    w->late = false;
    uv_timer_start(&w->alarm, on_alarm, ms, 0);
    while (!w->late) {
        uv_run(&w->loop, UV_RUN_ONCE);
    }
}

/* Opening and closing. */

static bool is_open(const void *data)
{
    const struct world *w = data;
    return w->online || w->offline.kind != ERROR_NONE;
}

static bool is_listed(const void *data)
{
    return ((const struct world *)data)->lists > 0;
}

void world_open(struct world *w)
{
    w->online = w->closed = false;
    w->lists = 0;
    w->inside = true;
    w->engine = w->subject->type->open(&w->loop, w->subject->address, &SINK, w);
    w->inside = false;
    assert_non_null(w->engine);
    assert_true(world_wait(w, is_open, w));
    assert_string_equal(w->offline.text, "");
    w->inside = true;
    w->subject->type->list(w->engine);
    w->inside = false;
    assert_true(world_wait(w, is_listed, w));
}

struct world *world_new(const struct conformance *subject)
{
    struct world *w = mem_new(1, sizeof *w);
    w->subject = subject;
    uv_loop_init(&w->loop);
    uv_timer_init(&w->loop, &w->alarm);
    w->alarm.data = w;
    uv_prepare_init(&w->loop, &w->look);
    w->look.data = w;
    w->model = model_new(NULL, NULL);
    world_open(w);
    return w;
}

static void on_engine_closed(void *user, struct answer *answer)
{
    struct world *w = user;
    assert_int_equal(answer->why.kind, ERROR_NONE);
    w->closed = true;
}

static bool is_closed(const void *data)
{
    return ((const struct world *)data)->closed;
}

void world_close(struct world *w)
{
    w->inside = true;
    w->subject->type->close(w->engine, op_new(&w->loop, on_engine_closed, w));
    w->inside = false;
    assert_true(world_wait(w, is_closed, w));
    w->engine = NULL;
}

static void remove_all(struct world *w)
{
    const struct container *c;
    const struct act_options force = {.force = true, .timeout = -1};
    for (size_t cursor = 0; (c = model_next(w->model, &cursor));) {
        if (c->name && strncmp(c->name, NAMES, sizeof NAMES - 1) == 0) {
            struct reply *r;
            char *key = mem_string(c->key);
            w->subject->type->act(w->engine, reply_begin(w, &r), key, VERB_REMOVE, &force);
            reply_wait(w, r);
            free(key);
        }
    }
}

static void free_heard(struct world *w)
{
    while (w->replies) {
        struct reply *r = w->replies;
        w->replies = r->next;
        free(r->text);
        free(r->remark);
        process_table_free(r->processes);
        image_list_free(r->images);
        free(r);
    }
    while (w->ears) {
        struct ear *ear = w->ears;
        w->ears = ear->next;
        text_done(&ear->out);
        text_done(&ear->err);
        free(ear);
    }
}

void world_free(struct world *w)
{
    remove_all(w);
    world_close(w);
    assert_int_equal(w->said_inside, 0);
    uv_close((uv_handle_t *)&w->alarm, NULL);
    uv_close((uv_handle_t *)&w->look, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0); /* nothing is left behind */
    free_heard(w);
    model_free(w->model);
    free(w);
}

/* Asking. */

static void on_reply(void *user, struct answer *answer)
{
    struct reply *r = user;
    r->times++;
    r->why = answer->why;
    r->text = answer->text;
    r->remark = answer->remark;
    answer->remark = NULL;
    r->processes = answer->processes;
    r->images = answer->images;
    answer->text = NULL;
    answer->processes = NULL;
    answer->images = NULL;
}

struct op *reply_begin(struct world *w, struct reply **r)
{
    *r = mem_new(1, sizeof **r);
    (*r)->next = w->replies;
    w->replies = *r;
    return op_new(&w->loop, on_reply, *r);
}

static bool has_reply(const void *data)
{
    return ((const struct reply *)data)->times > 0;
}

void reply_wait(struct world *w, struct reply *r)
{
    assert_true(world_wait(w, has_reply, r));
    assert_int_equal(r->times, 1);
    if (r->why.kind != ERROR_NONE) {
        assert_true(strlen(r->why.text) > 10); /* a sentence */
    }
}

void reply_expect(struct world *w, struct reply *r, enum error_kind kind)
{
    reply_wait(w, r);
    if (r->why.kind != kind) {
        print_error("answer of kind %d, not %d: %s\n", r->why.kind, kind, r->why.text);
    }
    assert_int_equal(r->why.kind, kind);
}

static struct reply *act_begin(struct world *w, const char *key, enum verb verb,
                               const struct act_options *options)
{
    struct reply *r;
    struct op *op = reply_begin(w, &r);
    w->inside = true;
    w->subject->type->act(w->engine, op, key, verb, options);
    w->inside = false;
    return r;
}

const char *act_for_remark(struct world *w, const char *key, enum verb verb,
                           const struct act_options *options)
{
    struct reply *r = act_begin(w, key, verb, options);
    reply_expect(w, r, ERROR_NONE);
    return r->remark;
}

void act_with(struct world *w, const char *key, enum verb verb, const struct act_options *options,
              enum error_kind kind)
{
    reply_expect(w, act_begin(w, key, verb, options), kind);
}

void act_already(struct world *w, const char *key, enum verb verb)
{
    struct reply *r = act_begin(w, key, verb, &(struct act_options){.timeout = -1});
    reply_expect(w, r, ERROR_CONFLICT);
    assert_true(r->why.already);
}

void act(struct world *w, const char *key, enum verb verb, enum error_kind kind)
{
    act_with(w, key, verb, &(struct act_options){.timeout = -1}, kind);
}

/* Launching. */

struct launch_spec spec_of(struct world *w, const char *line)
{
    struct launch_spec spec;
    struct error why;
    char name[32];
    snprintf(name, sizeof name, "%s%d-%d", NAMES, (int)uv_os_getpid(), ++w->names);
    launch_spec_init(&spec);
    spec.image = mem_string(w->subject->image);
    spec.name = mem_string(name);
    spec.command = line ? launch_split(line, &why) : NULL;
    spec.isolation = w->subject->isolation;
    return spec;
}

char *launch_spec(struct world *w, struct launch_spec *spec)
{
    struct reply *r;
    struct op *op = reply_begin(w, &r);
    w->inside = true;
    w->subject->type->launch(w->engine, op, spec);
    w->inside = false;
    launch_spec_done(spec);
    reply_expect(w, r, ERROR_NONE);
    assert_non_null(r->text);
    return mem_string(r->text);
}

char *launch(struct world *w, const char *line)
{
    struct launch_spec spec = spec_of(w, line);
    spec.input = true;
    return launch_spec(w, &spec);
}

struct state_wanted {
    struct world *world;
    const char *key;
    enum container_state state;
};

static bool has_state(const void *data)
{
    const struct state_wanted *wanted = data;
    const struct container *c = model_find_key(wanted->world->model, wanted->key);
    return c && c->state == wanted->state;
}

static bool is_gone(const void *data)
{
    const struct state_wanted *wanted = data;
    return !model_find_key(wanted->world->model, wanted->key);
}

const struct container *wait_state(struct world *w, const char *key, enum container_state state)
{
    const struct state_wanted wanted = {w, key, state};
    if (!world_wait(w, has_state, &wanted)) {
        const struct container *c = model_find_key(w->model, key);
        fail_msg("%s is %s, not %s", key, c ? state_word(c->state) : "unknown", state_word(state));
    }
    return model_find_key(w->model, key);
}

void wait_gone(struct world *w, const char *key)
{
    const struct state_wanted wanted = {.world = w, .key = key};
    assert_true(world_wait(w, is_gone, &wanted));
}

/* Consoles. */

static struct ear *still(void *user)
{
    struct ear *ear = user;
    ear->world->said_inside += ear->world->inside;
    assert_int_equal(ear->closed, 0);
    assert_non_null(ear->console);
    return ear;
}

static void on_opened(void *user)
{
    struct ear *ear = still(user);
    assert_int_equal(ear->out.len + ear->err.len, 0);
    ear->opened++;
}

static void on_bytes(void *user, enum console_stream stream, int64_t when, const char *data, size_t len)
{
    struct ear *ear = still(user);
    assert_int_equal(ear->opened, 1);
    text_add_n(stream == CONSOLE_OUT ? &ear->out : &ear->err, data, len);
    ear->first_when = ear->first_when ? ear->first_when : when;
    ear->last_when = when;
}

static void on_live(void *user)
{
    struct ear *ear = still(user);
    assert_int_equal(ear->opened, 1);
    ear->live++;
    ear->replayed = ear->out.len + ear->err.len;
}

static void on_drained(void *user)
{
    still(user)->drained++;
}

static void on_closed(void *user, const struct error *why, int exit_code)
{
    struct ear *ear = still(user);
    ear->closed++;
    ear->console = NULL;
    ear->code = exit_code;
    ear->failed = why != NULL;
    if (why) {
        ear->why = *why;
        assert_true(strlen(why->text) > 10);
    }
}

struct ear *ear_open(struct world *w, const char *key, const struct console_spec *spec)
{
    static const struct console_sink sink = {on_opened, on_bytes, on_live, on_drained, on_closed};
    struct ear *ear = mem_new(1, sizeof *ear);
    *ear = (struct ear){.world = w, .next = w->ears};
    w->ears = ear;
    w->inside = true;
    ear->console = w->subject->type->console(w->engine, key, spec, &sink, ear);
    w->inside = false;
    assert_non_null(ear->console);
    return ear;
}

struct ear *exec(struct world *w, const char *key, const char *line, bool terminal, bool input)
{
    struct error why;
    static const char *const env[] = {"GREETING=hello", NULL};
    char **argv = launch_split(line, &why);
    const struct console_spec spec = {.kind = CONSOLE_EXEC,
                                      .argv = (const char *const *)argv,
                                      .env = env,
                                      .terminal = terminal,
                                      .input = input,
                                      .rows = terminal ? 24 : 0,
                                      .cols = terminal ? 80 : 0};
    struct ear *ear = ear_open(w, key, &spec);
    free(argv);
    return ear;
}

struct words_wanted {
    const struct ear *ear;
    const char *words;
};

static bool has_heard(const void *data)
{
    const struct words_wanted *wanted = data;
    return strstr(text_of(&wanted->ear->out), wanted->words) || wanted->ear->closed;
}

void hear(struct ear *ear, const char *words)
{
    const struct words_wanted wanted = {ear, words};
    world_wait(ear->world, has_heard, &wanted);
    if (!strstr(text_of(&ear->out), words)) {
        fail_msg("'%s' was not heard; out: '%.300s' err: '%.300s' %s", words, text_of(&ear->out),
                 text_of(&ear->err), ear->why.text);
    }
}

static bool has_ended(const void *data)
{
    return ((const struct ear *)data)->closed > 0;
}

void hear_end(struct ear *ear, enum error_kind kind, int code)
{
    assert_true(world_wait(ear->world, has_ended, ear));
    if (ear->why.kind != kind) {
        print_error("closed with kind %d, not %d: %s\n", ear->why.kind, kind, ear->why.text);
    }
    assert_int_equal(ear->why.kind, kind);
    if (code >= 0) {
        assert_int_equal(ear->code, code);
    }
}

void say(struct ear *ear, const char *words)
{
    ear->world->inside = true;
    console_write(ear->console, words, strlen(words));
    ear->world->inside = false;
}

void leave(struct ear *ear)
{
    console_close(ear->console);
    ear->console = NULL;
}
