/* Launching through HCS: the documents, the steps, and that nothing is left behind when one of them fails. */
#include <stdio.h>
#include <uv.h>

#include "backends/hcs/create.h"
#include "backends/hcs/document.h"
#include "backends/hcs/hcs.h"
#include "backends/json.h"
#include "backends/sim/service.h"
#include "core/image.h"
#include "core/memory.h"
#include "core/session.h"
#include "core/text.h"
#include "tests/backends/schema.h"
#include "tests/core/test.h"

enum { PATIENCE_MS = 60000 };

/* Documents. */

static const char LAYERS[] =
    "[{\"Id\":\"18955d65-d45a-557b-bf1c-49d6dfefc526\",\"Path\":\"C:\\\\layers\\\\app\"},"
    "{\"Id\":\"18955d65-d45a-557b-bf1c-49d6dfefc527\",\"Path\":\"C:\\\\layers\\\\base\"}]";

static struct crossing crossings[] = {
    {CROSSING_FOLDER, "C:/data", "C:\\in", true},
    {CROSSING_PIPE, "\\\\.\\pipe\\docker_engine", "\\\\.\\pipe\\engine", false},
    {CROSSING_PORT, "8080", "80/tcp", false},
    {CROSSING_DEVICE, "class/5b45201d-f2f2-4f3b-85bb-30ff1f953599", "", false},
};

static struct launch_spec full_spec(size_t n_crossings)
{
    struct launch_spec spec;
    launch_spec_init(&spec);
    spec.crossings = crossings;
    spec.n_crossings = n_crossings;
    spec.memory = UINT64_C(512) << 20;
    spec.cpus = 2;
    return spec;
}

static cJSON *parsed(char *text)
{
    struct error why;
    cJSON *json = document_parse(text, &why);
    assert_non_null(json);
    free(text);
    return json;
}

static cJSON *system_of(enum isolation mode, size_t n_crossings)
{
    struct launch_spec spec = full_spec(n_crossings);
    cJSON *layers = parsed(mem_string(LAYERS));
    cJSON *json =
        parsed(create_system(&(struct create){.spec = &spec,
                                              .mode = mode,
                                              .layers = layers,
                                              .folder = "C:\\scratch\\web",
                                              .volume = "\\\\?\\Volume{66d1ef4c-7a00-11e6-8948-00155ddbef9d}",
                                              .utility_vm = "C:\\layers\\base\\UtilityVM",
                                              .endpoint = "2f1c0c68-3b1d-4d7c-8f0a-0d5a4c1f9b12",
                                              .space = "2f1c0c68-3b1d-4d7c-8f0a-0d5a4c1f9b11",
                                              .id = "web"}));
    cJSON_Delete(layers);
    return json;
}

static void process_isolation_is_asked_for_in_the_new_form(void **state)
{
    (void)state;
    cJSON *json = system_of(ISOLATION_PROCESS, 4);
    assert_string_equal(json_string(json, "Owner", ""), "porthole");
    assert_string_equal(json_string(json, "Container.GuestOs.HostName", ""), "web");
    assert_string_equal(json_string(json, "Container.Storage.Path", ""),
                        "\\\\?\\Volume{66d1ef4c-7a00-11e6-8948-00155ddbef9d}\\");
    assert_int_equal(cJSON_GetArraySize(json_at(json, "Container.Storage.Layers")), 2);
    assert_int_equal(json_integer(json, "Container.Memory.SizeInMB", 0), 512);
    assert_int_equal(json_integer(json, "Container.Processor.Count", 0), 2);
    assert_string_equal(json_string(json, "Container.Networking.Namespace", ""),
                        "2f1c0c68-3b1d-4d7c-8f0a-0d5a4c1f9b11");
    const cJSON *value = json_at(json, "Container.RegistryChanges.AddValues")->child;
    assert_string_equal(json_string(value, "Key.Hive", ""), "System");
    assert_string_equal(json_string(value, "Key.Name", ""), "ControlSet001\\Control");
    assert_string_equal(json_string(value, "Name", ""), "WaitToKillServiceTimeout");
    assert_string_equal(json_string(value, "Type", ""), "String");
    assert_string_equal(json_string(value, "StringValue", ""), "2147483647");
    const cJSON *folder = json_at(json, "Container.MappedDirectories")->child;
    assert_string_equal(json_string(folder, "HostPath", ""), "C:\\data");
    assert_string_equal(json_string(folder, "ContainerPath", ""), "C:\\in");
    assert_true(json_bool(folder, "ReadOnly", false));
    const cJSON *pipe = json_at(json, "Container.MappedPipes")->child;
    assert_string_equal(json_string(pipe, "ContainerPipeName", ""), "engine");
    const cJSON *device = json_at(json, "Container.AssignedDevices")->child;
    assert_string_equal(json_string(device, "InterfaceClassGuid", ""),
                        "5b45201d-f2f2-4f3b-85bb-30ff1f953599");
    cJSON_Delete(json);
}

static void hyperv_isolation_is_asked_for_in_the_old_form(void **state)
{
    (void)state;
    cJSON *json = system_of(ISOLATION_VM, 3);
    assert_string_equal(json_string(json, "SystemType", ""), "Container");
    assert_true(json_bool(json, "HvPartition", false));
    assert_string_equal(json_string(json, "HvRuntime.ImagePath", ""), "C:\\layers\\base\\UtilityVM");
    assert_string_equal(json_string(json, "LayerFolderPath", ""), "C:\\scratch\\web");
    assert_null(json_at(json, "VolumePath"));
    assert_string_equal(json_string(json_at(json, "Layers")->child, "ID", ""),
                        "18955d65-d45a-557b-bf1c-49d6dfefc526");
    assert_int_equal(json_integer(json, "MemoryMaximumInMB", 0), 512);
    assert_int_equal(json_integer(json, "ProcessorCount", 0), 2);
    assert_string_equal(json_at(json, "EndpointList")->child->valuestring,
                        "2f1c0c68-3b1d-4d7c-8f0a-0d5a4c1f9b12");
    cJSON_Delete(json);
}

static void a_computer_is_named_as_windows_can_name_one(void **state)
{
    (void)state;
    static const char *const names[][2] = {{"web", "web"},
                                           {"my_web.2", "my-web-2"},
                                           {"porthole-1a2b3c4d", "porthole-1a2b3c"},
                                           {"a.............................b", "a"}};
    cJSON *layers = parsed(mem_string(LAYERS));
    for (size_t i = 0; i < COUNT(names); i++) {
        struct launch_spec spec = full_spec(0);
        struct create create = {.spec = &spec, .mode = ISOLATION_VM, .layers = layers, .id = names[i][0]};
        cJSON *json = parsed(create_system(&create));
        assert_string_equal(json_string(json, "HostName", ""), names[i][1]);
        cJSON_Delete(json);
        spec.hostname = (char *)"chosen";
        json = parsed(create_system(&create));
        assert_string_equal(json_string(json, "HostName", ""), "chosen");
        cJSON_Delete(json);
    }
    cJSON_Delete(layers);
}

static void an_endpoint_has_its_ports_from_the_beginning(void **state)
{
    (void)state;
    struct launch_spec spec = full_spec(3);
    cJSON *json = parsed(create_endpoint(&spec));
    const cJSON *policy = json_at(json, "Policies")->child;
    assert_string_equal(json_string(policy, "Type", ""), "PortMapping");
    assert_int_equal(json_integer(policy, "Settings.Protocol", 0), 6);
    assert_int_equal(json_integer(policy, "Settings.InternalPort", 0), 80);
    assert_int_equal(json_integer(policy, "Settings.ExternalPort", 0), 8080);
    cJSON_Delete(json);
    spec.n_crossings = 2;
    assert_null(create_endpoint(&spec)); /* no port, no network */
}

static void documents_of_a_launch_pass_the_strict_schema(void **state)
{
    (void)state;
    char why[300] = "";
    cJSON *schema = schema_load(), *layers = parsed(mem_string(LAYERS));
    if (!schema) {
        print_message("skipped: ../shared/hcs-schema-win11-21h2.json is not here\n");
        cJSON_Delete(layers);
        skip();
    }
    for (size_t n = 0; n <= 4; n++) {
        cJSON *json = system_of(ISOLATION_PROCESS, n);
        if (!schema_fits(schema, "ComputeSystem", json, true, why, sizeof why)) {
            fail_msg("%s", why);
        }
        cJSON_Delete(json);
    }
    cJSON *json = parsed(create_layers(layers));
    assert_true(schema_fits(schema, "LayerData", json, true, why, sizeof why));
    cJSON_Delete(json);
    cJSON_Delete(layers);
    cJSON_Delete(schema);
}

static void what_windows_cannot_do_is_refused_beforehand(void **state)
{
    (void)state;
    struct error why;
    struct launch_spec spec = full_spec(4);
    assert_int_equal(create_check(&spec, ISOLATION_PROCESS, &why), 0);
    assert_int_equal(create_check(&spec, ISOLATION_VM, &why), -1);
    assert_non_null(strstr(why.text, "process isolation only"));
    spec.n_crossings = 3;
    assert_int_equal(create_check(&spec, ISOLATION_VM, &why), 0);
    spec.cpus = 1.5;
    assert_int_equal(create_check(&spec, ISOLATION_VM, &why), -1);
    assert_non_null(strstr(why.text, "whole"));
    spec.cpus = 0;
    spec.network = (char *)"host";
    assert_int_equal(create_check(&spec, ISOLATION_VM, &why), -1);
    assert_non_null(strstr(why.text, "host's network"));
    spec.network = (char *)"none";
    assert_int_equal(create_check(&spec, ISOLATION_VM, &why), -1);
    assert_int_equal(why.kind, ERROR_INVALID);
}

/* Steps: a provider that fails where it is told to, and counts what is made and taken back. */

static struct {
    int fail_arrangement, fail_call; /* -1: none */
    bool fail_process;
    int scratches, endpoints, systems, sweeps; /* that stand */
} fault;

struct watched {
    hcs_answer_cb done;
    void *user;
    int *count, change;
};

static void on_answer(void *user, int32_t result, const char *document)
{
    struct watched w = *(struct watched *)user;
    free(user);
    if (result == 0 && w.count) { /* S_FALSE: there was nothing to remove */
        *w.count += w.change;
    }
    w.done(w.user, result, document);
}

static struct watched *watched(hcs_answer_cb done, void *user, int *count, int change)
{
    struct watched *w = mem_new(1, sizeof *w);
    *w = (struct watched){done, user, count, change};
    return w;
}

static void faulty_arrange(struct hcs_service *s, enum hcs_arrangement what, const char *id,
                           const char *document, hcs_answer_cb done, void *user)
{
    int *count = what == HCS_SCRATCH_CREATE || what == HCS_SCRATCH_REMOVE     ? &fault.scratches
                 : what == HCS_ENDPOINT_CREATE || what == HCS_ENDPOINT_REMOVE ? &fault.endpoints
                 : what == HCS_SWEEP                                          ? &fault.sweeps
                                                                              : NULL;
    bool removes = what == HCS_SCRATCH_REMOVE || what == HCS_ENDPOINT_REMOVE;
    bool fails = (int)what == fault.fail_arrangement;
    sim_service.arrange(s, fails ? HCS_SCRATCH_CREATE : what, fails ? "" : id, document, on_answer,
                        watched(done, user, count, removes ? -1 : 1));
}

static void faulty_call(struct hcs_service *s, enum hcs_call what, const char *id, const char *document,
                        hcs_answer_cb done, void *user)
{
    int change = what == HCS_CREATE ? 1 : what == HCS_TERMINATE ? -1 : 0;
    bool fails = (int)what == fault.fail_call;
    sim_service.call(s, fails ? HCS_START : what, fails ? "no such system" : id, document, on_answer,
                     watched(done, user, change ? &fault.systems : NULL, change));
}

static struct hcs_process *faulty_process(struct hcs_service *s, const char *id, const char *parameters,
                                          const struct hcs_process_sink *sink, void *user)
{
    return sim_service.create_process(s, fault.fail_process ? "no such system" : id, parameters, sink, user);
}

static struct hcs_service_type provider;

static struct hcs_service *open_service(struct uv_loop_s *loop, const char *address,
                                        const struct hcs_service_sink *sink, void *user)
{
    struct hcs_service *s = sim_service.open(loop, address, sink, user);
    s->type = &provider;
    return s;
}

static struct backend *open_engine(struct uv_loop_s *loop, const char *address,
                                   const struct backend_sink *sink, void *user);

static const struct backend_type engine = {
    .name = "faulty", .title = "HCS, with faults", .open = open_engine, HCS_BACKEND};

static struct backend *open_engine(struct uv_loop_s *loop, const char *address,
                                   const struct backend_sink *sink, void *user)
{
    return hcs_open(&engine, &provider, loop, address, sink, user);
}

struct room {
    uv_loop_t loop;
    uv_timer_t alarm;
    bool late, closed;
    struct model *model;
    struct session *session;
};

static void on_alarm(uv_timer_t *timer)
{
    ((struct room *)timer->data)->late = true;
}

static bool wait_for(struct room *r, bool (*done)(const struct room *r, const void *data), const void *data)
{
    r->late = false;
    uv_timer_start(&r->alarm, on_alarm, PATIENCE_MS, 0);
    while (!r->late && !done(r, data)) {
        uv_run(&r->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&r->alarm);
    return done(r, data);
}

static bool settled(const struct room *r, const void *data)
{
    (void)data;
    return session_settled(r->session);
}

static struct room *open_room(void)
{
    struct room *r = mem_new(1, sizeof *r);
    memset(&fault, 0, sizeof fault);
    fault.fail_arrangement = fault.fail_call = -1;
    provider = sim_service;
    provider.open = open_service;
    provider.call = faulty_call;
    provider.arrange = faulty_arrange;
    provider.create_process = faulty_process;
    uv_loop_init(&r->loop);
    uv_timer_init(&r->loop, &r->alarm);
    r->alarm.data = r;
    r->model = model_new(NULL, NULL);
    r->session = session_new(&r->loop, r->model, NULL, NULL, true);
    session_add(r->session, &engine, "systems=6,still=1");
    assert_true(wait_for(r, settled, NULL));
    return r;
}

static void on_closed(void *user)
{
    ((struct room *)user)->closed = true;
}

static bool is_closed(const struct room *r, const void *data)
{
    (void)data;
    return r->closed;
}

static void close_room(struct room *r)
{
    session_close(r->session, on_closed, r);
    assert_true(wait_for(r, is_closed, NULL));
    uv_close((uv_handle_t *)&r->alarm, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    model_free(r->model);
    free(r);
}

struct reply {
    struct answer answer;
    int times;
};

static void on_reply(void *user, struct answer *answer)
{
    struct reply *reply = user;
    reply->answer = *answer;
    *answer = (struct answer){0};
    reply->times++;
}

static bool has_reply(const struct room *r, const void *data)
{
    (void)r;
    return ((const struct reply *)data)->times > 0;
}

static struct launch_spec spec_of(const char *name, const char *command, enum isolation mode)
{
    struct launch_spec spec;
    struct error why;
    launch_spec_init(&spec);
    spec.image = mem_string("nanoserver:ltsc2022");
    spec.name = mem_string(name);
    spec.command = command ? launch_split(command, &why) : NULL;
    spec.isolation = mode;
    return spec;
}

static struct error launch(struct room *r, struct launch_spec spec)
{
    struct reply reply = {0};
    session_launch(r->session, 0, &spec, on_reply, &reply);
    launch_spec_done(&spec);
    assert_true(wait_for(r, has_reply, &reply));
    assert_int_equal(reply.times, 1);
    struct error why = reply.answer.why;
    assert_true(why.kind != ERROR_NONE || reply.answer.text);
    free(reply.answer.text);
    return why;
}

static struct error act(struct room *r, const char *name, enum verb verb)
{
    struct reply reply = {0};
    const struct container *c = model_find(r->model, name, NULL);
    assert_non_null(c);
    session_act(r->session, c->id, verb, NULL, on_reply, &reply);
    assert_true(wait_for(r, has_reply, &reply));
    return reply.answer.why;
}

static bool is_missing(const struct room *r, const void *data)
{
    return model_find(r->model, data, NULL) == NULL;
}

static bool is_paused(const struct room *r, const void *data)
{
    const struct container *c = model_find(r->model, data, NULL);
    return c && c->state == CONTAINER_PAUSED;
}

static bool is_running(const struct room *r, const void *data)
{
    const struct container *c = model_find(r->model, data, NULL);
    return c && c->state == CONTAINER_RUNNING;
}

static bool nothing_stands(const struct room *r, const void *data)
{
    (void)r;
    (void)data;
    return fault.scratches == 0 && fault.endpoints == 0;
}

static void a_launch_is_seen_with_what_it_was_given(void **state)
{
    (void)state;
    static const enum isolation modes[] = {ISOLATION_PROCESS, ISOLATION_VM, ISOLATION_UNKNOWN};
    struct room *r = open_room();
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct launch_spec spec = spec_of("web", "ping -t localhost", modes[i]), known;
        struct error why;
        assert_int_equal(launch_add_port(&spec, "8080:80", &why), 0);
        spec.memory = UINT64_C(256) << 20;
        assert_int_equal(launch(r, spec).kind, ERROR_NONE);
        const struct container *c = model_find(r->model, "web", NULL);
        assert_non_null(c); /* at once */
        assert_int_equal(c->state, CONTAINER_RUNNING);
        assert_string_equal(c->image, "nanoserver:ltsc2022");
        assert_string_equal(c->command, "ping -t localhost");
        assert_string_equal(c->owner, "porthole");
        assert_string_equal(c->ports, "8080->80/tcp");
        assert_int_equal(c->n_crossings, 1);
        assert_int_equal(c->isolation, modes[i] == ISOLATION_VM ? ISOLATION_VM : ISOLATION_PROCESS);
        assert_int_equal(c->origin, modes[i] == ISOLATION_UNKNOWN ? ORIGIN_DEFAULT : ORIGIN_REQUESTED);
        assert_true(session_spec_of(r->session, c->id, &known));
        assert_string_equal(known.image, "nanoserver:ltsc2022");
        launch_spec_done(&known);
        assert_true(wait_for(r, is_running, "web"));
        assert_true(fault.scratches == 1 && fault.endpoints == 1);
        assert_int_equal(act(r, "web", VERB_REMOVE).kind, ERROR_CONFLICT);
        if (modes[i] == ISOLATION_VM) { /* the others cannot be paused; it lives all the same */
            assert_int_equal(act(r, "web", VERB_PAUSE).kind, ERROR_NONE);
            assert_true(wait_for(r, is_paused, "web"));
            assert_int_equal(act(r, "web", VERB_REMOVE).kind, ERROR_CONFLICT);
        }
        assert_int_equal(act(r, "web", VERB_KILL).kind, ERROR_NONE);
        assert_true(nothing_stands(r, NULL)); /* whoever hears that may leave */
        assert_true(wait_for(r, is_missing, "web"));
    }
    assert_int_equal(fault.sweeps, 1);
    close_room(r);
}

/* Every step is made to fail, in each mode: the error is told, and all that was made is gone. */
static void whatever_fails_is_undone(void **state)
{
    (void)state;
    static const struct {
        int arrangement, call;
        bool process;
    } faults[] = {{HCS_SCRATCH_CREATE, -1, false},  {HCS_SCRATCH_MOUNT, -1, false},
                  {HCS_ENDPOINT_CREATE, -1, false}, {HCS_NAMESPACE_CREATE, -1, false},
                  {-1, HCS_CREATE, false},          {-1, HCS_START, false},
                  {-1, HCS_PROPERTIES, false},      {-1, -1, true},
                  {HCS_IMAGES, -1, false}};
    for (size_t i = 0; i < COUNT(faults) * 2; i++) {
        struct room *r = open_room();
        struct error why;
        enum isolation mode = i % 2 ? ISOLATION_VM : ISOLATION_PROCESS;
        bool harmless = (faults[i / 2].arrangement == HCS_SCRATCH_MOUNT ||
                         faults[i / 2].arrangement == HCS_NAMESPACE_CREATE) &&
                        mode == ISOLATION_VM; /* it has no such steps */
        fault.fail_arrangement = faults[i / 2].arrangement;
        fault.fail_call = faults[i / 2].call;
        fault.fail_process = faults[i / 2].process;
        struct launch_spec spec = spec_of("web", "ping -t localhost", mode);
        assert_int_equal(launch_add_port(&spec, "8080:80", &why), 0);
        why = launch(r, spec);
        if (harmless) {
            assert_int_equal(why.kind, ERROR_NONE);
        } else {
            assert_int_not_equal(why.kind, ERROR_NONE);
            assert_non_null(strstr(why.text, "cannot launch web"));
            assert_true(nothing_stands(r, NULL)); /* before it is told */
            assert_int_equal(fault.systems, 0);
            assert_true(wait_for(r, is_missing, "web"));
        }
        close_room(r);
    }
}

static void launches_are_refused_with_a_reason(void **state)
{
    (void)state;
    struct error why;
    struct room *r = open_room();
    struct launch_spec spec = spec_of("web", NULL, ISOLATION_UNKNOWN);
    free(spec.image);
    spec.image = mem_string("no-such-image");
    assert_int_equal(launch(r, spec).kind, ERROR_NOT_FOUND);
    assert_int_equal(launch(r, spec_of("bad name", NULL, ISOLATION_UNKNOWN)).kind, ERROR_INVALID);
    assert_int_equal(launch(r, spec_of("web", "no-such-command", ISOLATION_VM)).kind, ERROR_NO_COMMAND);
    spec = spec_of("old", NULL, ISOLATION_PROCESS);
    free(spec.image);
    spec.image = mem_string("nanoserver:ltsc2019");
    why = launch(r, spec);
    assert_int_equal(why.kind, ERROR_UNSUPPORTED);
    assert_non_null(strstr(why.text, "HCS_E_IMAGE_MISMATCH"));
    spec = spec_of("old", "ping -t localhost", ISOLATION_VM); /* and runs in a VM */
    free(spec.image);
    spec.image = mem_string("nanoserver:ltsc2019");
    assert_int_equal(launch_add_port(&spec, "8080:80", &why), 0);
    assert_int_equal(launch(r, spec).kind, ERROR_NONE);
    assert_int_equal(launch(r, spec_of("old", NULL, ISOLATION_UNKNOWN)).kind, ERROR_CONFLICT);
    spec = spec_of("other", NULL, ISOLATION_UNKNOWN);
    assert_int_equal(launch_add_port(&spec, "8080:80", &why), 0);
    why = launch(r, spec);
    assert_int_equal(why.kind, ERROR_CONFLICT);
    assert_non_null(strstr(why.text, "published already"));
    close_room(r);
}

struct ear {
    struct text out;
    struct error why;
    int closed, code, opened;
};

static void on_opened(void *user)
{
    ((struct ear *)user)->opened++;
}

static void on_bytes(void *user, enum console_stream stream, int64_t when, const char *data, size_t len)
{
    (void)stream;
    (void)when;
    text_add_n(&((struct ear *)user)->out, data, len);
}

static void on_console_closed(void *user, const struct error *why, int code)
{
    struct ear *ear = user;
    ear->closed++;
    ear->code = code;
    ear->why = why ? *why : (struct error){0};
}

static bool has_closed(const struct room *r, const void *data)
{
    (void)r;
    return ((const struct ear *)data)->closed > 0;
}

static bool has_opened(const struct room *r, const void *data)
{
    (void)r;
    return ((const struct ear *)data)->opened > 0;
}

static bool has_question(const struct room *r, const void *data)
{
    (void)r;
    return strstr(text_of(&((const struct ear *)data)->out), "name?") != NULL;
}

static const struct console_sink EAR = {.opened = on_opened, .bytes = on_bytes, .closed = on_console_closed};
static const struct console_spec ATTACH = {.kind = CONSOLE_ATTACH, .input = true, .replay = true};

/* As `run` does it: created, attached to, started; its exit code is heard, and it is gone. */
static void a_held_launch_is_attached_to_before_it_starts(void **state)
{
    (void)state;
    struct ear first = {0}, second = {0};
    struct room *r = open_room();
    struct launch_spec spec =
        spec_of("asker", "cmd /c \"set /p N=name? & echo hello %N%& exit 5\"", ISOLATION_VM);
    spec.input = true;
    spec.hold = true;
    assert_int_equal(launch(r, spec).kind, ERROR_NONE);
    container_id id = model_find(r->model, "asker", NULL)->id;
    assert_int_equal(model_get(r->model, id)->state, CONTAINER_CREATED);
    struct console *console = session_console(r->session, id, &ATTACH, &EAR, &first);
    assert_true(wait_for(r, has_opened, &first));
    assert_int_equal(act(r, "asker", VERB_START).kind, ERROR_NONE);
    assert_true(wait_for(r, has_question, &first));
    session_console(r->session, id, &ATTACH, &EAR, &second); /* hears what was printed before */
    assert_true(wait_for(r, has_question, &second));
    console_write(console, "Ada\n", 4);
    assert_true(wait_for(r, has_closed, &first));
    assert_true(wait_for(r, has_closed, &second));
    assert_true(first.code == 5 && second.code == 5);
    assert_non_null(strstr(text_of(&first.out), "hello Ada"));
    assert_string_equal(text_of(&first.out), text_of(&second.out));
    assert_true(nothing_stands(r, NULL));
    assert_true(wait_for(r, is_missing, "asker"));
    text_done(&first.out);
    text_done(&second.out);
    close_room(r);
}

static void what_was_created_only_can_be_removed(void **state)
{
    (void)state;
    struct ear ear = {0};
    struct room *r = open_room();
    struct launch_spec spec = spec_of("web", NULL, ISOLATION_PROCESS);
    spec.hold = true;
    assert_int_equal(launch(r, spec).kind, ERROR_NONE);
    session_console(r->session, model_find(r->model, "web", NULL)->id, &ATTACH, &EAR, &ear);
    assert_int_equal(act(r, "web", VERB_REMOVE).kind, ERROR_NONE);
    assert_true(wait_for(r, is_missing, "web"));
    assert_true(wait_for(r, has_closed, &ear));
    assert_true(wait_for(r, nothing_stands, NULL));
    close_room(r);
}

static void closing_ends_what_is_under_way(void **state)
{
    (void)state;
    struct reply replies[6] = {{{{0}, 0, 0, 0, 0}, 0}};
    struct ear ear = {0};
    struct room *r = open_room();
    assert_int_equal(launch(r, spec_of("web", "ping -t localhost", ISOLATION_VM)).kind, ERROR_NONE);
    session_console(r->session, model_find(r->model, "web", NULL)->id, &ATTACH, &EAR, &ear);
    for (size_t i = 0; i < COUNT(replies); i++) {
        char name[8];
        snprintf(name, sizeof name, "c%zu", i);
        struct launch_spec spec = spec_of(name, NULL, ISOLATION_PROCESS);
        session_launch(r->session, 0, &spec, on_reply, &replies[i]);
        launch_spec_done(&spec);
        for (size_t k = 0; k < i * 3; k++) { /* each is at another step by then */
            uv_run(&r->loop, UV_RUN_ONCE);
        }
    }
    session_close(r->session, on_closed, r);
    assert_true(wait_for(r, is_closed, NULL));
    for (size_t i = 0; i < COUNT(replies); i++) {
        assert_true(wait_for(r, has_reply, &replies[i]));
        free(replies[i].answer.text);
    }
    assert_int_equal(ear.closed, 1);
    uv_close((uv_handle_t *)&r->alarm, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    model_free(r->model);
    text_done(&ear.out);
    free(r);
}

static void images_are_listed_with_their_builds(void **state)
{
    (void)state;
    struct reply reply = {0};
    struct room *r = open_room();
    session_images(r->session, 0, on_reply, &reply);
    assert_true(wait_for(r, has_reply, &reply));
    assert_int_equal(reply.answer.why.kind, ERROR_NONE);
    assert_int_equal(reply.answer.images->count, 6);
    assert_string_equal(reply.answer.images->rows[3].name, "nanoserver:ltsc2019");
    assert_string_equal(reply.answer.images->rows[3].os, "windows 10.0.17763");
    image_list_free(reply.answer.images);
    close_room(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(process_isolation_is_asked_for_in_the_new_form),
        cmocka_unit_test(hyperv_isolation_is_asked_for_in_the_old_form),
        cmocka_unit_test(a_computer_is_named_as_windows_can_name_one),
        cmocka_unit_test(an_endpoint_has_its_ports_from_the_beginning),
        cmocka_unit_test(documents_of_a_launch_pass_the_strict_schema),
        cmocka_unit_test(what_windows_cannot_do_is_refused_beforehand),
        cmocka_unit_test(a_launch_is_seen_with_what_it_was_given),
        cmocka_unit_test(whatever_fails_is_undone),
        cmocka_unit_test(launches_are_refused_with_a_reason),
        cmocka_unit_test(a_held_launch_is_attached_to_before_it_starts),
        cmocka_unit_test(what_was_created_only_can_be_removed),
        cmocka_unit_test(closing_ends_what_is_under_way),
        cmocka_unit_test(images_are_listed_with_their_builds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
