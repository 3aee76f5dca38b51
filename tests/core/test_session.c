/* The session, with engines that do what the test says. An engine's address is its number in `scripts`. */
#include <math.h>
#include <stdio.h>
#include <uv.h>

#include "core/memory.h"
#include "core/session.h"
#include "tests/core/test.h"

struct script {          /* what an engine does, and what was asked of it */
    const char *refuse;  /* it cannot be opened, for this reason */
    const char *limited; /* it can do nothing, for this reason */
    const char *keys[4]; /* its list */
    double cpu;
    int opened, closed, lists, samples, acts;
    char sampled[128]; /* the last keys, joined */
    unsigned sampled_fields;
    char acted[64];
    struct scripted *engine; /* the open one */
};

struct scripted {
    struct backend base;
    struct script *script;
    uv_timer_t timer;
    bool must_open, must_list;
    struct op *closing;
};

static struct script scripts[2];

static void say(struct scripted *e, const char *key, unsigned fields)
{
    struct container c;
    container_init(&c);
    c.key = key;
    c.name = key;
    c.state = CONTAINER_RUNNING;
    c.cpu = e->script->cpu;
    c.processes = 3;
    c.why_not[VERB_PAUSE] = strcmp(key, "stiff") == 0 ? "it is too stiff" : NULL;
    c.why_not[VERB_RENAME] = strcmp(key, "stiff") == 0 ? "its name is cast in iron" : NULL;
    e->base.sink->seen(e->base.user, &c, fields);
}

static void say_list(struct scripted *e)
{
    e->base.sink->list_begin(e->base.user);
    for (size_t i = 0; i < COUNT(e->script->keys) && e->script->keys[i]; i++) {
        say(e, e->script->keys[i], FIELD_ALL);
    }
    e->base.sink->list_end(e->base.user);
}

static void say_offline(struct scripted *e, const char *words)
{
    struct error why;
    error_set(&why, ERROR_UNREACHABLE, 0, "%s", words);
    e->base.sink->offline(e->base.user, &why);
}

static void on_step(uv_timer_t *timer)
{
    struct scripted *e = timer->data;
    if (e->must_open) {
        e->must_open = false;
        if (e->script->refuse) {
            say_offline(e, e->script->refuse);
            return;
        }
        static const struct mode_offer offers[] = {{ISOLATION_PROCESS, NULL, NULL},
                                                   {ISOLATION_VM, "no KVM", NULL}};
        e->base.sink->online(e->base.user, &(struct engine_info){.version = "scripted 1",
                                                                 .default_isolation = ISOLATION_PROCESS,
                                                                 .note = e->script->limited,
                                                                 .limited = e->script->limited != NULL,
                                                                 .offers = offers,
                                                                 .n_offers = 2});
    }
    if (e->must_list) {
        e->must_list = false;
        say_list(e);
    }
}

static struct backend *scripted_open(uv_loop_t *loop, const char *address, const struct backend_sink *sink,
                                     void *user)
{
    struct scripted *e = mem_new(1, sizeof *e);
    e->base = (struct backend){.loop = loop, .sink = sink, .user = user};
    e->script = &scripts[address ? atoi(address) : 0];
    e->script->engine = e;
    e->script->opened++;
    uv_timer_init(loop, &e->timer);
    e->timer.data = e;
    e->must_open = true;
    uv_timer_start(&e->timer, on_step, 0, 0);
    return &e->base;
}

static void on_scripted_gone(uv_handle_t *handle)
{
    struct scripted *e = handle->data;
    e->script->closed++;
    e->script->engine = NULL;
    op_succeed(e->closing);
    free(e);
}

static void scripted_close(struct backend *b, struct op *op)
{
    struct scripted *e = (struct scripted *)b;
    e->closing = op;
    uv_close((uv_handle_t *)&e->timer, on_scripted_gone);
}

static void scripted_list(struct backend *b)
{
    struct scripted *e = (struct scripted *)b;
    e->script->lists++;
    e->must_list = true;
    uv_timer_start(&e->timer, on_step, 0, 0);
}

static void scripted_sample(struct backend *b, const char *const *keys, size_t n, unsigned fields)
{
    struct script *script = ((struct scripted *)b)->script;
    script->samples++;
    script->sampled_fields = fields;
    script->sampled[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        snprintf(script->sampled + strlen(script->sampled), sizeof script->sampled - strlen(script->sampled),
                 "%s%s", i ? " " : "", keys[i]);
    }
}

static void scripted_act(struct backend *b, struct op *op, const char *key, enum verb verb,
                         const struct act_options *options)
{
    struct script *script = ((struct scripted *)b)->script;
    script->acts++;
    snprintf(script->acted, sizeof script->acted, "%s %s %d", verb_word(verb), key, options->timeout);
    op_succeed(op);
}

static void scripted_rename(struct backend *b, struct op *op, const char *key, const char *name)
{
    struct script *script = ((struct scripted *)b)->script;
    snprintf(script->acted, sizeof script->acted, "rename %s %s", key, name);
    op_succeed(op);
}

static const struct backend_type plain_type = {
    .name = "plain",
    .title = "Does what the test says",
    .authority = FIELD_STATE | FIELD_VERBS,
    .open = scripted_open,
    .close = scripted_close,
    .list = scripted_list,
    .sample = scripted_sample,
    .act = scripted_act,
    .rename = scripted_rename,
};

/* Knows how containers do, but can do nothing to them. */
static const struct backend_type meter_type = {
    .name = "meter",
    .title = "Tells usage only",
    .authority = FIELD_CPU,
    .open = scripted_open,
    .close = scripted_close,
    .list = scripted_list,
    .sample = scripted_sample,
};

/* Can do as much, but keeps nothing. */
static const struct backend_type helper_type = {
    .name = "helper",
    .title = "Does what others let it",
    .open = scripted_open,
    .close = scripted_close,
    .list = scripted_list,
    .act = scripted_act,
};

struct scene {
    uv_loop_t loop;
    struct model *model;
    struct session *session;
    int changed, listed, done;
};

static void on_changed(void *user, int engine)
{
    (void)engine;
    ((struct scene *)user)->changed++;
}

static void on_listed(void *user, int engine)
{
    (void)engine;
    ((struct scene *)user)->listed++;
}

static const struct session_hooks hooks = {on_changed, on_listed};

static struct scene *scene_new(bool list)
{
    struct scene *scene = mem_new(1, sizeof *scene);
    memset(scripts, 0, sizeof scripts);
    scripts[0].keys[0] = "web";
    uv_loop_init(&scene->loop);
    scene->model = model_new(NULL, NULL);
    scene->session = session_new(&scene->loop, scene->model, &hooks, scene, list);
    return scene;
}

static void on_done(void *user)
{
    ((struct scene *)user)->done++;
}

static void scene_end(struct scene *scene)
{
    session_close(scene->session, on_done, scene);
    assert_int_equal(scene->done, 0); /* never from inside */
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_int_equal(scene->done, 1);
    assert_int_equal(scripts[0].opened, scripts[0].closed);
    assert_int_equal(scripts[1].opened, scripts[1].closed);
    assert_int_equal(uv_loop_close(&scene->loop), 0);
    model_free(scene->model);
    free(scene);
}

/* Runs the loop until all that is due at once has happened. */
static void settle(struct scene *scene)
{
    for (int i = 0; i < 20; i++) {
        uv_run(&scene->loop, UV_RUN_NOWAIT);
    }
}

static container_id id_of(struct scene *scene, const char *key)
{
    const struct container *c = model_find_key(scene->model, key);
    return c ? c->id : 0;
}

static const struct container *record(struct scene *scene, const char *key)
{
    return model_find_key(scene->model, key);
}

static void an_engine_comes_online_and_lists(void **state)
{
    (void)state;
    struct scene *scene = scene_new(true);
    assert_true(session_settled(scene->session));
    assert_int_equal(session_add(scene->session, &plain_type, NULL), 0);
    assert_false(session_settled(scene->session));
    assert_int_equal(session_engine(scene->session, 0)->state, ENGINE_OPENING);
    settle(scene);
    const struct engine *e = session_engine(scene->session, 0);
    assert_int_equal(e->state, ENGINE_ONLINE);
    assert_string_equal(e->version, "scripted 1");
    assert_int_equal(e->n_offers, 2);
    assert_string_equal(e->offers[1].why_not, "no KVM");
    assert_true(e->listed && session_settled(scene->session));
    assert_int_equal(scene->listed, 1);
    assert_string_equal(record(scene, "web")->name, "web");
    scripts[0].engine->base.sink->online(scripts[0].engine->base.user, &(struct engine_info){.version = "2"});
    settle(scene); /* it has learnt more: that is no reason to list again */
    assert_string_equal(e->version, "2");
    assert_int_equal(e->n_offers, 0);
    assert_true(e->listed && scripts[0].lists == 1);
    assert_null(session_engine(scene->session, 1));
    assert_null(session_engine(scene->session, -1));
    scene_end(scene);
}

static void without_lists_online_is_enough(void **state)
{
    (void)state;
    struct scene *scene = scene_new(false);
    session_add(scene->session, &plain_type, NULL);
    settle(scene);
    assert_true(session_settled(scene->session));
    assert_int_equal(scripts[0].lists, 0);
    scene_end(scene);
}

static void refresh_lists_again(void **state)
{
    (void)state;
    struct scene *scene = scene_new(true);
    session_add(scene->session, &plain_type, NULL);
    settle(scene);
    container_id web = id_of(scene, "web");
    scripts[0].keys[0] = "db";
    session_refresh(scene->session);
    settle(scene);
    assert_int_equal(scripts[0].lists, 2);
    assert_null(model_get(scene->model, web));
    assert_non_null(record(scene, "db"));
    scene_end(scene);
}

static void rows_of_a_lost_engine_stay_and_say_why(void **state)
{
    (void)state;
    struct scene *scene = scene_new(true);
    session_add(scene->session, &plain_type, NULL);
    settle(scene);
    container_id web = id_of(scene, "web");
    say_offline(scripts[0].engine, "The wire was cut.");
    const struct container *c = model_get(scene->model, web);
    assert_int_equal(c->state, CONTAINER_LOST);
    assert_string_equal(c->note, "The wire was cut.");
    assert_true(isnan(c->cpu));
    assert_int_equal(c->processes, -1);
    settle(scene);
    assert_int_equal(scripts[0].closed, 1);
    assert_int_equal(session_engine(scene->session, 0)->state, ENGINE_OFFLINE);
    assert_string_equal(session_engine(scene->session, 0)->reason, "The wire was cut.");
    assert_true(session_settled(scene->session));
    session_refresh(scene->session);
    settle(scene);
    assert_int_equal(scripts[0].opened, 2);
    assert_int_equal(id_of(scene, "web"), web);
    assert_int_equal(record(scene, "web")->state, CONTAINER_RUNNING);
    assert_null(record(scene, "web")->note);
    scene_end(scene);
}

static int seconds_until_opened(struct scene *scene, int opened)
{
    uint64_t from = uv_hrtime();
    while (scripts[0].opened < opened) {
        uv_run(&scene->loop, UV_RUN_ONCE);
    }
    return (int)((uv_hrtime() - from) / 1000000 + 500) / 1000;
}

static void it_is_tried_again_at_growing_pauses(void **state)
{
    (void)state;
    struct scene *scene = scene_new(true);
    scripts[0].refuse = "Nobody listens.";
    session_add(scene->session, &plain_type, NULL);
    settle(scene);
    assert_int_equal(session_engine(scene->session, 0)->state, ENGINE_OFFLINE);
    assert_in_range(seconds_until_opened(scene, 2), 1, 20);
    assert_in_range(seconds_until_opened(scene, 3), 2, 20);
    scripts[0].refuse = NULL;
    session_refresh(scene->session);
    settle(scene); /* the third attempt was refused, so this is the fourth */
    settle(scene);
    assert_int_equal(session_engine(scene->session, 0)->state, ENGINE_ONLINE);
    say_offline(scripts[0].engine, "Again.");
    int opened = scripts[0].opened;
    /* It was well meanwhile: from the beginning, not after the 4 seconds that would come next. */
    assert_in_range(seconds_until_opened(scene, opened + 1), 1, 3);
    scene_end(scene);
}

static void what_another_engine_knows_is_not_lost(void **state)
{
    (void)state;
    struct scene *scene = scene_new(true);
    scripts[0].cpu = 1;
    scripts[1].cpu = 2;
    scripts[1].keys[0] = "web";
    scripts[1].keys[1] = "alone";
    session_add(scene->session, &plain_type, "0");
    session_add(scene->session, &meter_type, "1");
    settle(scene);
    assert_int_equal(record(scene, "web")->engines, 3);
    assert_true(record(scene, "web")->cpu == 2); /* the meter is believed */
    say_offline(scripts[1].engine, "Gone.");
    assert_int_equal(record(scene, "web")->state, CONTAINER_RUNNING);
    assert_int_equal(record(scene, "web")->engines, 3);
    assert_int_equal(record(scene, "web")->away, 2);
    assert_true(record(scene, "web")->cpu == 1);
    assert_int_equal(record(scene, "alone")->state, CONTAINER_LOST);
    char note[600];
    assert_string_equal(session_note(scene->session, record(scene, "web"), note, sizeof note),
                        "meter, which knows it too, is away: shown is what others tell (Gone.)");
    say_offline(scripts[0].engine, "Gone too.");
    assert_int_equal(record(scene, "web")->state, CONTAINER_LOST);
    settle(scene);
    scripts[0].refuse = "Still gone.";
    session_refresh(scene->session);
    settle(scene);
    assert_int_equal(record(scene, "web")->state, CONTAINER_RUNNING); /* found again by the other engine */
    assert_int_equal(record(scene, "web")->away, 1);
    scripts[0].refuse = NULL;
    session_refresh(scene->session);
    settle(scene);
    assert_int_equal(record(scene, "web")->away, 0);
    assert_null(session_note(scene->session, record(scene, "web"), note, sizeof note));
    scene_end(scene);
}

static void sampling_tells_only_differences(void **state)
{
    (void)state;
    struct scene *scene = scene_new(true);
    scripts[0].keys[1] = "db";
    session_add(scene->session, &plain_type, NULL);
    settle(scene);
    container_id web = id_of(scene, "web"), db = id_of(scene, "db");
    session_sample(scene->session, (container_id[]){web, db}, 2, FIELD_USAGE);
    assert_int_equal(scripts[0].samples, 1);
    assert_string_equal(scripts[0].sampled, "web db");
    assert_int_equal(scripts[0].sampled_fields, FIELD_USAGE);
    session_sample(scene->session, (container_id[]){db, web, db}, 3,
                   FIELD_USAGE); /* the same, in another order */
    settle(scene);
    assert_int_equal(scripts[0].samples, 1);
    session_sample(scene->session, (container_id[]){db, web}, 2, FIELD_CPU);
    assert_int_equal(scripts[0].samples, 2);
    session_sample(scene->session, (container_id[]){db, 999}, 2, FIELD_CPU);
    assert_string_equal(scripts[0].sampled, "db");
    session_sample(scene->session, NULL, 0, 0);
    assert_string_equal(scripts[0].sampled, "");
    assert_int_equal(scripts[0].samples, 4);
    session_sample(scene->session, NULL, 0, FIELD_CPU);
    assert_int_equal(scripts[0].samples, 4);
    scene_end(scene);
}

static void each_field_is_sampled_where_it_is_known_best(void **state)
{
    (void)state;
    struct scene *scene = scene_new(true);
    scripts[1].keys[0] = "web";
    session_add(scene->session, &plain_type, "0");
    session_add(scene->session, &meter_type, "1");
    settle(scene);
    container_id web = id_of(scene, "web");
    session_sample(scene->session, &web, 1, FIELD_CPU | FIELD_MEMORY);
    assert_int_equal(scripts[0].sampled_fields, FIELD_MEMORY);
    assert_int_equal(scripts[1].sampled_fields, FIELD_CPU);
    say_offline(scripts[1].engine, "Gone.");
    settle(scene);
    assert_int_equal(scripts[0].sampled_fields, FIELD_CPU | FIELD_MEMORY); /* the other takes over */
    session_refresh(scene->session);
    settle(scene);
    assert_int_equal(scripts[1].sampled_fields, FIELD_CPU);
    assert_string_equal(scripts[1].sampled, "web");
    scene_end(scene);
}

struct heard {
    int times;
    struct error why;
};

static void on_answer(void *user, struct answer *answer)
{
    struct heard *heard = user;
    heard->times++;
    heard->why = answer->why;
}

static void on_console_closed(void *user, const struct error *why, int exit_code)
{
    struct heard *heard = user;
    heard->times++;
    heard->why = *why;
    assert_int_equal(exit_code, -1);
}

static void expect(struct scene *scene, struct heard *heard, enum error_kind kind, const char *words)
{
    assert_int_equal(heard->times, 0);
    settle(scene);
    assert_int_equal(heard->times, 1);
    assert_int_equal(heard->why.kind, kind);
    if (words && !strstr(heard->why.text, words)) {
        fail_msg("'%s' is not in '%s'", words, heard->why.text);
    }
    *heard = (struct heard){0};
}

/* Only it may be asked to stop one: another would do it behind its back. */
static void nothing_is_done_behind_the_keepers_back(void **state)
{
    (void)state;
    struct heard h = {0};
    struct scene *scene = scene_new(true);
    scripts[1].keys[0] = "web";
    session_add(scene->session, &plain_type, "0");
    session_add(scene->session, &helper_type, "1");
    settle(scene);
    container_id web = id_of(scene, "web");
    session_act(scene->session, web, VERB_STOP, NULL, on_answer, &h);
    expect(scene, &h, ERROR_NONE, NULL);
    assert_int_equal(scripts[0].acts, 1);
    say_offline(scripts[0].engine, "Gone.");
    session_act(scene->session, web, VERB_STOP, NULL, on_answer, &h);
    expect(scene, &h, ERROR_UNSUPPORTED, "Cannot stop web: plain keeps it and is away (Gone.)");
    assert_int_equal(scripts[1].acts, 0);
    assert_int_equal(record(scene, "web")->state, CONTAINER_RUNNING);
    assert_null(record(scene, "web")->why_not[VERB_EXEC]); /* the other may be asked to look into it */
    assert_int_equal(session_engine_of(scene->session, web), 1);
    session_refresh(scene->session);
    settle(scene);
    session_act(scene->session, web, VERB_STOP, NULL, on_answer, &h);
    expect(scene, &h, ERROR_NONE, NULL);
    assert_int_equal(scripts[0].acts, 2);
    say_offline(scripts[1].engine, "Gone, too.");
    scripts[0].engine->base.sink->gone(scripts[0].engine->base.user, "web");
    assert_null(record(scene, "web")); /* whose keeper says so is gone */
    scene_end(scene);
}

static void every_question_is_answered(void **state)
{
    (void)state;
    struct scene *scene = scene_new(true);
    struct heard heard = {0};
    struct session *s = scene->session;
    scripts[0].keys[1] = "stiff";
    session_add(s, &plain_type, NULL);
    session_launch(s, 0, NULL, on_answer, &heard);
    expect(scene, &heard, ERROR_UNREACHABLE, "still being opened");
    container_id web = id_of(scene, "web"), stiff = id_of(scene, "stiff");

    session_act(s, web, VERB_STOP, NULL, on_answer, &heard);
    expect(scene, &heard, ERROR_NONE, NULL);
    assert_string_equal(scripts[0].acted, "stop web -1");
    session_act(s, stiff, VERB_PAUSE, NULL, on_answer, &heard);
    expect(scene, &heard, ERROR_UNSUPPORTED, "pause stiff: it is too stiff");
    session_rename(s, web, "harbour", on_answer, &heard);
    expect(scene, &heard, ERROR_NONE, NULL);
    assert_string_equal(scripts[0].acted, "rename web harbour");
    session_rename(s, web, "../web", on_answer, &heard);
    expect(scene, &heard, ERROR_INVALID, "rename web to \"../web\": a name has letters");
    session_rename(s, stiff, "soft", on_answer, &heard);
    expect(scene, &heard, ERROR_UNSUPPORTED, "rename stiff: its name is cast in iron");
    session_act(s, 4711, VERB_STOP, NULL, on_answer, &heard);
    expect(scene, &heard, ERROR_NOT_FOUND, "not there any more");
    session_processes(s, web, on_answer, &heard);
    expect(scene, &heard, ERROR_UNSUPPORTED, "list the processes of web: the engine plain");
    session_inspect(s, web, on_answer, &heard);
    expect(scene, &heard, ERROR_UNSUPPORTED, "inspect web");
    session_images(s, 0, on_answer, &heard);
    expect(scene, &heard, ERROR_UNSUPPORTED, "images");
    session_image_import(s, 0, "name", "path", NULL, on_answer, &heard);
    expect(scene, &heard, ERROR_UNSUPPORTED, "import");
    session_image_remove(s, 5, "name", on_answer, &heard);
    expect(scene, &heard, ERROR_NOT_FOUND, "no engine number 5");
    assert_false(session_spec_of(s, web, NULL));

    say_offline(scripts[0].engine, "The wire was cut.");
    session_act(s, web, VERB_STOP, NULL, on_answer, &heard);
    expect(scene, &heard, ERROR_UNREACHABLE, "The wire was cut.");
    assert_int_equal(scripts[0].acts, 1);
    scene_end(scene);
}

static void consoles_are_refused_from_the_loop(void **state)
{
    (void)state;
    static const struct console_sink sink = {.closed = on_console_closed};
    struct scene *scene = scene_new(true);
    struct heard heard = {0};
    session_add(scene->session, &plain_type, NULL);
    settle(scene);
    const struct console_spec spec = {.kind = CONSOLE_EXEC};
    struct console *c = session_console(scene->session, id_of(scene, "web"), &spec, &sink, &heard);
    console_write(c, "x", 1);
    console_resize(c, 24, 80);
    expect(scene, &heard, ERROR_UNSUPPORTED, "run a command in web");
    c = session_console(scene->session, 4711, &spec, &sink, &heard);
    console_close(c);
    settle(scene);
    assert_int_equal(heard.times, 0);
    scene_end(scene);
}

static void the_engine_with_the_function_is_asked(void **state)
{
    (void)state;
    struct scene *scene = scene_new(true);
    struct heard heard = {0};
    scripts[1].keys[0] = "web";
    session_add(scene->session, &meter_type, "1");
    session_add(scene->session, &plain_type, "0");
    settle(scene);
    container_id web = id_of(scene, "web");
    assert_int_equal(session_engine_of(scene->session, web), 1); /* believed for the state */
    session_act(scene->session, web, VERB_KILL, NULL, on_answer, &heard);
    expect(scene, &heard, ERROR_NONE, NULL);
    assert_int_equal(scripts[0].acts, 1);
    say_offline(scripts[0].engine, "Gone.");
    assert_int_equal(session_engine_of(scene->session, web), 0);
    assert_int_equal(session_engine_of(scene->session, 4711), -1);
    scene_end(scene);
}

static void a_limited_engine_is_asked_for_nothing_and_believed_last(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct scene *scene = scene_new(true);
    scripts[0].limited = "you may not";
    scripts[0].keys[1] = "alone";
    scripts[0].cpu = 7;
    scripts[1].keys[0] = "web";
    scripts[1].cpu = 0.5;
    session_add(scene->session, &plain_type, "0");
    session_add(scene->session, &plain_type, "1");
    settle(scene);
    assert_true(session_engine(scene->session, 0)->limited);
    assert_true(record(scene, "web")->cpu == 0.5);
    assert_true(record(scene, "alone")->cpu == 7);
    session_act(scene->session, id_of(scene, "web"), VERB_KILL, NULL, on_answer, &heard);
    expect(scene, &heard, ERROR_NONE, NULL);
    assert_int_equal(scripts[0].acts, 0);
    assert_int_equal(scripts[1].acts, 1);
    scene_end(scene);
}

static void closing_ends_everything(void **state)
{
    (void)state;
    struct scene *scene = scene_new(true);
    scene_end(scene); /* with no engine */
    scene = scene_new(true);
    session_add(scene->session, &plain_type, NULL);
    scene_end(scene); /* while it opens */
    scene = scene_new(true);
    scripts[0].refuse = "No.";
    session_add(scene->session, &plain_type, NULL);
    settle(scene);
    scene_end(scene); /* while it waits */
    scene = scene_new(true);
    session_add(scene->session, &plain_type, NULL);
    settle(scene);
    say_offline(scripts[0].engine, "Gone.");
    scene_end(scene); /* between offline and close */
    scene = scene_new(true);
    session_add(scene->session, &plain_type, NULL);
    settle(scene);
    say_offline(scripts[0].engine, "Gone.");
    uv_run(&scene->loop, UV_RUN_NOWAIT);
    scene_end(scene); /* while it is being closed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_engine_comes_online_and_lists),
        cmocka_unit_test(without_lists_online_is_enough),
        cmocka_unit_test(refresh_lists_again),
        cmocka_unit_test(rows_of_a_lost_engine_stay_and_say_why),
        cmocka_unit_test(it_is_tried_again_at_growing_pauses),
        cmocka_unit_test(what_another_engine_knows_is_not_lost),
        cmocka_unit_test(nothing_is_done_behind_the_keepers_back),
        cmocka_unit_test(sampling_tells_only_differences),
        cmocka_unit_test(each_field_is_sampled_where_it_is_known_best),
        cmocka_unit_test(every_question_is_answered),
        cmocka_unit_test(consoles_are_refused_from_the_loop),
        cmocka_unit_test(the_engine_with_the_function_is_asked),
        cmocka_unit_test(a_limited_engine_is_asked_for_nothing_and_believed_last),
        cmocka_unit_test(closing_ends_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
