/* The Engine API's JSON: records, settings to launch with, refusals, usage, and output in frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/docker/api.h"
#include "backends/docker/frames.h"
#include "backends/json.h"
#include "core/memory.h"

#define ID "e85b252b33eac7a7538de05e2e3fddb1ddc11f7743f42d9b1193a4b4fb720484"

static char *with_kata[] = {"io.containerd.kata.v2", "runc", NULL};
static char *only_runc[] = {"runc", NULL};
static const struct api_engine LINUX = {
    .default_runtime = "runc", .runtimes = with_kata, .isolation = ISOLATION_PROCESS};
static const struct api_engine PLAIN = {
    .default_runtime = "runc", .runtimes = only_runc, .isolation = ISOLATION_PROCESS};
static const struct api_engine WINDOWS = {.windows = true, .isolation = ISOLATION_PROCESS};

static cJSON *parsed(const char *text)
{
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    return json;
}

/* Records. */

static void a_row_of_the_list(void **state)
{
    (void)state;
    struct api_record r;
    cJSON *json = parsed(
        "{\"Id\":\"" ID "\",\"Names\":[\"/web\"],\"Image\":\"nginx\",\"Command\":\"a\\nb\",\"Created\":17,"
        "\"Ports\":[{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"},"
        "{\"IP\":\"::\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"},"
        "{\"PrivatePort\":443,\"Type\":\"tcp\"}],\"Labels\":{\"com.docker.compose.project\":\"shop\"},"
        "\"State\":\"exited\",\"Status\":\"Exited (137) 2 hours ago\"}");
    assert_true(api_list_row(&r, json, &LINUX));
    assert_string_equal(r.c.key, ID);
    assert_string_equal(r.c.name, "web");
    assert_string_equal(r.c.command, "a b");
    assert_string_equal(r.c.owner, "compose shop");
    assert_string_equal(container_project(&r.c), "shop");
    assert_int_equal(r.c.health, HEALTH_NONE);
    assert_string_equal(r.c.ports, "8080->80/tcp, 443/tcp");
    assert_int_equal(r.c.created, 17000);
    assert_int_equal(r.c.state, CONTAINER_EXITED);
    assert_int_equal(r.c.exit_code, 137);
    assert_false(r.fields &
                 FIELD_ISOLATION); /* one runtime here is a VM's: the list does not tell which it is */
    api_record_done(&r);
    assert_true(api_list_row(&r, json, &PLAIN));
    assert_true(r.fields & FIELD_ISOLATION);
    api_record_done(&r);
    cJSON_Delete(json);
    json = parsed("{\"Id\":\"../../etc\",\"Names\":[\"/x\"]}");
    assert_false(api_list_row(&r, json, &LINUX));
    api_record_done(&r);
    cJSON_Delete(json);
}

static void states_are_as_the_engine_has_them(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum container_state state;
        const char *note; /* of the inspect */
    } words[] = {
        {"created", CONTAINER_CREATED, NULL},        {"running", CONTAINER_RUNNING, NULL},
        {"paused", CONTAINER_PAUSED, NULL},          {"restarting", CONTAINER_RESTARTING, "exit code 3"},
        {"removing", CONTAINER_REMOVING, NULL},      {"exited", CONTAINER_EXITED, NULL},
        {"dead", CONTAINER_DEAD, "remove it again"}, {"configured", CONTAINER_CREATED, NULL},
        {"initialized", CONTAINER_CREATED, NULL},    {"stopping", CONTAINER_STOPPING, NULL},
        {"stopped", CONTAINER_EXITED, NULL},         {"melting", CONTAINER_UNKNOWN, "\"melting\""},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct api_record r;
        char text[400];
        snprintf(text, sizeof text, "{\"Id\":\"" ID "\",\"State\":\"%s\",\"Status\":\"\"}", words[i].word);
        cJSON *json = parsed(text);
        assert_true(api_list_row(&r, json, &LINUX));
        assert_int_equal(r.c.state, words[i].state);
        api_record_done(&r);
        cJSON_Delete(json);
        snprintf(text, sizeof text, "{\"Id\":\"" ID "\",\"State\":{\"Status\":\"%s\",\"ExitCode\":3}}",
                 words[i].word);
        json = parsed(text);
        assert_true(api_inspect(&r, json, &LINUX));
        assert_int_equal(r.c.state, words[i].state);
        if (words[i].note) {
            assert_non_null(r.c.note);
            assert_non_null(strstr(r.c.note, words[i].note));
        } else {
            assert_null(r.c.note);
        }
        api_record_done(&r);
        cJSON_Delete(json);
    }
}

static void a_crash_loop_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *inspect, *note;
    } loops[] = {
        {"{\"Id\":\"" ID "\",\"RestartCount\":5,\"State\":{\"Status\":\"restarting\",\"Running\":true,"
         "\"Restarting\":true,\"ExitCode\":3,\"FinishedAt\":\"2026-11-30T21:28:14Z\"},"
         "\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"always\"}}}",
         "it ends with exit code 3 and is started again: 5 times so far, by restart policy \"always\"; the "
         "next "
         "start is due by 21:28:17 UTC"},
        {"{\"Id\":\"" ID
         "\",\"RestartCount\":1,\"State\":{\"Running\":true,\"Restarting\":true,\"ExitCode\":1},"
         "\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"on-failure\"}}}",
         "it ends with exit code 1 and is started again: 1 time so far, by restart policy \"on-failure\""},
        {"{\"Id\":\"" ID "\",\"RestartCount\":4000,\"State\":{\"Status\":\"restarting\",\"ExitCode\":3,"
         "\"FinishedAt\":\"2026-11-30T23:59:30Z\"},\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"always\"}}}",
         "it ends with exit code 3 and is started again: 4000 times so far, by restart policy \"always\"; "
         "the next "
         "start is due by 00:00:30 UTC"},
        {"{\"Id\":\"" ID "\",\"RestartCount\":12,\"State\":{\"Status\":\"running\",\"Running\":true,"
         "\"StartedAt\":\"2026-11-30T21:34:22Z\"}}",
         "it has ended and been started again by itself 12 times, the last time at 2026-11-30T21:34:22Z"},
    };
    struct api_record r;
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
        cJSON *json = parsed(loops[i].inspect);
        assert_true(api_inspect(&r, json, &LINUX));
        assert_int_equal(r.c.state, i < 3 ? CONTAINER_RESTARTING : CONTAINER_RUNNING);
        assert_string_equal(r.c.note, loops[i].note);
        api_record_done(&r);
        cJSON_Delete(json);
    }
    cJSON *row = parsed("{\"Id\":\"" ID "\",\"Names\":[\"/loop\"],\"State\":\"restarting\","
                        "\"Status\":\"Restarting (3) 5 seconds ago\"}");
    assert_true(api_list_row(&r, row, &LINUX));
    assert_int_equal(r.c.state, CONTAINER_RESTARTING);
    assert_int_equal(r.c.exit_code, 3);
    assert_string_equal(r.c.note, "Restarting (3) 5 seconds ago");
    api_record_done(&r);
    cJSON_Delete(row);
}

static void the_runtime_tells_the_isolation(void **state)
{
    (void)state;
    struct api_record r;
    cJSON *json = parsed("{\"Id\":\"" ID "\",\"HostConfig\":{\"Runtime\":\"io.containerd.kata.v2\"}}");
    assert_true(api_inspect(&r, json, &LINUX));
    assert_int_equal(r.c.isolation, ISOLATION_VM);
    assert_int_equal(r.c.origin, ORIGIN_REQUESTED);
    assert_string_equal(isolation_word(r.c.isolation, r.c.hypervisor), "vm");
    api_record_done(&r);
    cJSON_Delete(json);
}

static void health_policy_and_labels(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        enum health health;
    } rows[] = {{"Up 5 minutes (healthy)", HEALTH_HEALTHY},
                {"Up 5 minutes (unhealthy)", HEALTH_UNHEALTHY},
                {"Up 1 second (health: starting)", HEALTH_STARTING},
                {"Up 5 minutes", HEALTH_NONE}};
    struct api_record r;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];
        snprintf(text, sizeof text, "{\"Id\":\"" ID "\",\"State\":\"running\",\"Status\":\"%s\"}",
                 rows[i].status);
        cJSON *row = parsed(text);
        assert_true(api_list_row(&r, row, &LINUX));
        assert_int_equal(r.c.health, rows[i].health);
        api_record_done(&r);
        cJSON_Delete(row);
    }
    cJSON *json = parsed(
        "{\"Id\":\"" ID "\",\"State\":{\"Status\":\"running\",\"Running\":true,\"Health\":{\"Status\":"
        "\"starting\"}},\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"on-failure\","
        "\"MaximumRetryCount\":5}},\"Config\":{\"Labels\":{\"tier\":\"fr\\nont\",\"bad\":1,\"\":\"x\"}}}");
    assert_true(api_inspect(&r, json, &LINUX));
    assert_int_equal(r.c.health, HEALTH_STARTING);
    assert_string_equal(r.c.restart, "on-failure:5");
    assert_string_equal(r.c.labels[0], "tier=fr ont");
    assert_null(r.c.labels[1]);
    api_record_done(&r);
    cJSON_Delete(json);
    json = parsed("{\"Id\":\"" ID "\",\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"no\"}}}");
    assert_true(api_inspect(&r, json, &LINUX));
    assert_null(r.c.restart);
    assert_null(r.c.labels);
    api_record_done(&r);
    cJSON_Delete(json);
}

/* The settings come before what is known; what nobody knows is said to be so. */
static void the_settings_tell_of_runtimes(void **state)
{
    (void)state;
    struct runtimes rules = {0};
    struct api_engine e;
    struct api_record r;
    cJSON *info = parsed(
        "{\"OSType\":\"linux\",\"DefaultRuntime\":\"runc\",\"Runtimes\":{\"runc\":{},\"own-qemu\":{}}}");
    cJSON *json = parsed("{\"Id\":\"" ID "\",\"HostConfig\":{\"Runtime\":\"own-qemu\"}}");
    api_engine_read(&e, info, NULL);
    assert_true(api_inspect(&r, json, &e));
    assert_int_equal(r.c.isolation, ISOLATION_UNKNOWN);
    assert_non_null(
        strstr(r.c.note, "its runtime own-qemu isolates by is not known: say it in the settings"));
    assert_null(api_runtime_for(&e, ISOLATION_VM));
    api_record_done(&r);
    api_engine_done(&e);
    runtimes_put(&rules, "own-*", ISOLATION_VM);
    api_engine_read(&e, info, &rules);
    assert_true(api_inspect(&r, json, &e));
    assert_int_equal(r.c.isolation, ISOLATION_VM);
    assert_null(r.c.note);
    api_record_done(&r);
    struct launch_spec spec;
    struct error why;
    launch_spec_init(&spec);
    spec.image = mem_string("nginx");
    spec.isolation = ISOLATION_VM;
    cJSON *body = api_create(&spec, &e, &why);
    assert_string_equal(json_string(body, "HostConfig.Runtime", ""), "own-qemu");
    cJSON_Delete(body);
    launch_spec_done(&spec);
    api_engine_done(&e);
    runtimes_done(&rules);
    cJSON_Delete(info);
    cJSON_Delete(json);
}

static void crossings_are_all_five_ways(void **state)
{
    (void)state;
    struct api_record r;
    cJSON *json = parsed(
        "{\"Id\":\"" ID
        "\",\"HostConfig\":{\"NetworkMode\":\"container:abc\",\"Devices\":[{\"PathOnHost\":\"/dev/kvm\","
        "\"PathInContainer\":\"/dev/"
        "kvm\",\"CgroupPermissions\":\"r\"}]},\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/srv\","
        "\"Destination\":\"/data\",\"RW\":false},{\"Type\":\"volume\",\"Name\":\"db\",\"Source\":\"/var/lib/"
        "x\","
        "\"Destination\":\"/"
        "db\",\"RW\":true},{\"Type\":\"npipe\",\"Source\":\"\\\\\\\\.\\\\pipe\\\\p\",\"Destination\":"
        "\"\\\\\\\\.\\\\pipe\\\\p\"}],\"NetworkSettings\":{\"Ports\":{\"53/"
        "udp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":"
        "\"5353\"}]}}}");
    assert_true(api_inspect(&r, json, &LINUX));
    static const struct {
        enum crossing_kind kind;
        const char *outside, *inside;
        bool read_only;
    } wanted[] = {{CROSSING_FOLDER, "/srv", "/data", true},
                  {CROSSING_FOLDER, "db", "/db", false},
                  {CROSSING_PIPE, "\\\\.\\pipe\\p", "\\\\.\\pipe\\p", false},
                  {CROSSING_PORT, "127.0.0.1:5353", "53/udp", false},
                  {CROSSING_DEVICE, "/dev/kvm", "/dev/kvm", true},
                  {CROSSING_NETWORK, "container:abc", "", false}};
    assert_int_equal(r.c.n_crossings, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < r.c.n_crossings; i++) {
        assert_int_equal(r.c.crossings[i].kind, wanted[i].kind);
        assert_string_equal(r.c.crossings[i].outside, wanted[i].outside);
        assert_string_equal(r.c.crossings[i].inside, wanted[i].inside);
        assert_int_equal(r.c.crossings[i].read_only, wanted[i].read_only);
    }
    api_record_done(&r);
    cJSON_Delete(json);
}

/* What a setting that is empty or absent means depends on which one it is, and on who speaks. */
static void namespaces_are_told_by_settings(void **state)
{
    (void)state;
    static const struct api_engine PODMAN = {.podman = true};
    static const struct {
        const struct api_engine *engine;
        const char *status, *host;
        const char
            *facts; /* network pid ipc uts user cgroup mount; -: not told, o: own, h: host, s: shared */
    } cases[] = {
        {&LINUX, "running",
         "\"NetworkMode\":\"default\",\"PidMode\":\"\",\"IpcMode\":\"private\",\"UTSMode\":\"\","
         "\"UsernsMode\":\"\",\"CgroupnsMode\":\"host\"",
         "oooo-h-"},
        {&LINUX, "running",
         "\"NetworkMode\":\"host\",\"PidMode\":\"host\",\"IpcMode\":\"host\",\"UTSMode\":\"host\","
         "\"UsernsMode\":\"host\",\"CgroupnsMode\":\"private\"",
         "hhhhho-"},
        {&LINUX, "running",
         "\"NetworkMode\":\"shop_default\",\"PidMode\":\"container:a\",\"IpcMode\":\"container:b\"",
         "oss----"},
        {&LINUX, "running", "", "-------"},
        {&LINUX, "running", "\"PidMode\":null,\"IpcMode\":\"\",\"NetworkMode\":\"ns:/run/x\"", "-------"},
        {&PODMAN, "running",
         "\"NetworkMode\":\"bridge\",\"PidMode\":\"\",\"IpcMode\":\"shareable\",\"UTSMode\":\"\","
         "\"UsernsMode\":\"\",\"CgroupnsMode\":\"\"",
         "o-o----"},
        {&PODMAN, "running", "\"PidMode\":\"private\",\"UTSMode\":\"host\"", "-o-h---"},
        {&WINDOWS, "running", "\"NetworkMode\":\"nat\",\"PidMode\":\"\",\"UTSMode\":\"\"", "o------"},
        {&LINUX, "exited", "\"PidMode\":\"host\",\"UTSMode\":\"\"", "-h-o---"},
    };
    static const enum namespace_kind order[] = {NAMESPACE_NETWORK, NAMESPACE_PID,  NAMESPACE_IPC,
                                                NAMESPACE_UTS,     NAMESPACE_USER, NAMESPACE_CGROUP,
                                                NAMESPACE_MOUNT};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024], got[8] = "";
        struct api_record r;
        snprintf(text, sizeof text, "{\"Id\":\"" ID "\",\"State\":{\"Status\":\"%s\"},\"HostConfig\":{%s}}",
                 cases[i].status, cases[i].host);
        cJSON *json = parsed(text);
        assert_true(api_inspect(&r, json, cases[i].engine));
        for (size_t k = 0; k < 7; k++) {
            const struct namespace_fact *fact = &r.c.namespaces[order[k]];
            got[k] = "-ohs"[fact->state];
            enum fact_how how = strcmp(cases[i].status, "running") == 0 ? FACT_TOLD : FACT_ASKED;
            assert_int_equal(fact->how, fact->state == FACT_NOT_TOLD ? FACT_NOWHERE : how);
            assert_true((fact->source == NULL) == (fact->state == FACT_NOT_TOLD));
        }
        assert_string_equal(got, cases[i].facts);
        api_record_done(&r);
        cJSON_Delete(json);
    }
}

/* Launching. */

static cJSON *created(const struct launch_spec *spec, const struct api_engine *e)
{
    struct error why = {0};
    cJSON *body = api_create(spec, e, &why);
    assert_string_equal(why.text, "");
    return body;
}

static void launch_add(struct launch_spec *s, enum crossing_kind kind, const char *outside,
                       const char *inside)
{
    s->crossings = mem_resize(s->crossings, s->n_crossings + 1, sizeof *s->crossings);
    s->crossings[s->n_crossings++] =
        (struct crossing){.kind = kind, .outside = mem_string(outside), .inside = mem_string(inside)};
}

static void a_create_says_all_that_was_wished(void **state)
{
    (void)state;
    struct launch_spec spec;
    launch_spec_init(&spec);
    spec.image = mem_string("nginx");
    spec.isolation = ISOLATION_VM;
    spec.memory = UINT64_C(3) << 30;
    spec.cpus = 1.5;
    spec.network = mem_string("nat");
    launch_add(&spec, CROSSING_PORT, "[::1]:8080", "80/tcp");
    launch_add(&spec, CROSSING_FOLDER, "/srv", "/data");
    cJSON *json = created(&spec, &LINUX);
    assert_string_equal(json_string(json, "HostConfig.Runtime", ""), "io.containerd.kata.v2");
    assert_string_equal(json_string(json, "HostConfig.NetworkMode", ""), "bridge");
    assert_int_equal(json_integer(json, "HostConfig.Memory", 0), 3221225472);
    assert_int_equal(json_integer(json, "HostConfig.NanoCpus", 0), 1500000000);
    const cJSON *binding = cJSON_GetArrayItem(json_at(json, "HostConfig.PortBindings.80/tcp"), 0);
    assert_string_equal(json_string(binding, "HostIp", ""), "::1");
    assert_string_equal(json_string(binding, "HostPort", ""), "8080");
    assert_string_equal(cJSON_GetArrayItem(json_at(json, "HostConfig.Binds"), 0)->valuestring, "/srv:/data");
    cJSON_Delete(json);
    json = created(&spec, &WINDOWS);
    assert_string_equal(json_string(json, "HostConfig.Isolation", ""), "hyperv");
    assert_string_equal(json_string(json, "HostConfig.NetworkMode", ""), "nat");
    cJSON_Delete(json);
    launch_spec_done(&spec);
}

static void what_cannot_be_is_refused_before_it_is_tried(void **state)
{
    (void)state;
    struct launch_spec spec;
    struct error why = {0};
    launch_spec_init(&spec);
    spec.image = mem_string("nginx");
    spec.isolation = ISOLATION_VM;
    assert_null(api_create(&spec, &PLAIN, &why));
    assert_int_equal(why.kind, ERROR_UNSUPPORTED);
    assert_non_null(strstr(why.text, "Kata"));
    launch_add(&spec, CROSSING_DEVICE, "class/5B45201D-F2F2-4F3B-85BB-30FF1F953599", "");
    assert_null(api_create(&spec, &WINDOWS, &why));
    assert_non_null(strstr(why.text, "devices"));
    launch_spec_done(&spec);
}

static void settings_are_read_back(void **state)
{
    (void)state;
    struct launch_spec spec;
    cJSON *json = parsed(
        "{\"Id\":\"" ID
        "\",\"Name\":\"/web\",\"Config\":{\"Image\":\"nginx\",\"Hostname\":\"e85b252b33ea\",\"Tty\":true,"
        "\"Entrypoint\":[\"sh\",\"-c\"],\"Cmd\":[\"nginx -g "
        "x\"],\"Env\":[\"A=b\"]},\"HostConfig\":{\"Isolation\":\"hyperv\","
        "\"NetworkMode\":\"default\",\"Binds\":[\"C:\\\\data:D:\\\\in:ro\"],\"PortBindings\":{\"80/"
        "tcp\":[{\"HostIp\":\"\","
        "\"HostPort\":\"8080\"}]}}}");
    assert_true(api_spec(&spec, json, &WINDOWS));
    assert_string_equal(spec.name, "web");
    assert_null(spec.hostname); /* it was docker's choice */
    assert_null(spec.network);
    assert_string_equal(spec.entrypoint, "sh");
    assert_string_equal(spec.command[0], "-c");
    assert_string_equal(spec.command[1], "nginx -g x");
    assert_int_equal(spec.isolation, ISOLATION_VM);
    assert_int_equal(spec.n_crossings, 2);
    assert_string_equal(spec.crossings[0].outside, "C:\\data");
    assert_string_equal(spec.crossings[0].inside, "D:\\in");
    assert_true(spec.crossings[0].read_only);
    assert_string_equal(spec.crossings[1].outside, "8080");
    launch_spec_done(&spec);
    cJSON_Delete(json);
}

/* Refusals, events, usage. */

static void refusals_have_a_kind(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum error_kind kind;
    } refusals[] = {
        {404, "{\"message\":\"No such container: x\"}", ERROR_NOT_FOUND},
        {409, "{\"message\":\"You cannot remove a running container\"}", ERROR_CONFLICT},
        {500, "{\"message\":\"Container x is not paused\"}", ERROR_CONFLICT},
        {400,
         "{\"message\":\"OCI runtime create failed: exec: \\\"x\\\": executable file not found in $PATH\"}",
         ERROR_NO_COMMAND},
        {400, "{\"message\":\"OCI runtime create failed: exec: \\\"/etc\\\": permission denied\"}",
         ERROR_NOT_RUNNABLE},
        {403, "forbidden\x1b[31m", ERROR_DENIED},
        {500, "", ERROR_OTHER}};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct error e = {0};
        api_error(&e, refusals[i].status, refusals[i].body, strlen(refusals[i].body));
        assert_int_equal(e.kind, refusals[i].kind);
        assert_int_equal(e.native, refusals[i].status);
        assert_true(strlen(e.text) > 5 && !strchr(e.text, '\x1b'));
    }
}

static void versions_and_paths(void **state)
{
    (void)state;
    struct text t = {0};
    assert_int_equal(api_version("1.41"), 41);
    assert_int_equal(api_version("2.0"), -1);
    assert_int_equal(api_version(""), -1);
    assert_int_equal(api_date("Tue, 24 Nov 2026 23:36:24 GMT"), 1795563384);
    assert_int_equal(api_date("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
    assert_int_equal(api_date("Tue, 24 ovD 2026 23:36:24 GMT"), -1);
    assert_int_equal(api_date("Tue, 99 Nov 2026 23:36:24 GMT"), -1);
    assert_int_equal(api_date(""), -1);
    assert_true(api_key_ok(ID));
    assert_false(api_key_ok("nobody"));
    api_escape(&t, "a/b?c=d%\xff");
    assert_string_equal(text_of(&t), "a%2Fb%3Fc%3Dd%25%FF");
    text_done(&t);
}

static void events_name_a_container(void **state)
{
    (void)state;
    struct api_event ev;
    char action[32];
    cJSON *json = parsed("{\"Type\":\"container\",\"Action\":\"exec_die\",\"Actor\":{\"ID\":\"" ID
                         "\",\"Attributes\":{\"execID\":\"abc\",\"exitCode\":\"126\"}}}");
    assert_true(api_event(&ev, action, json));
    assert_string_equal(ev.action, "exec_die");
    assert_string_equal(ev.exec_id, "abc");
    assert_int_equal(ev.exit_code, 126);
    cJSON_Delete(json);
    json = parsed("{\"Type\":\"network\",\"Action\":\"connect\",\"Actor\":{\"ID\":\"" ID "\"}}");
    assert_false(api_event(&ev, action, json));
    cJSON_Delete(json);
}

static void usage_has_the_units_of_its_system(void **state)
{
    (void)state;
    struct api_usage u;
    cJSON *json =
        parsed("{\"read\":\"2026-11-24T20:30:00Z\",\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":5000}},"
               "\"memory_stats\":{\"usage\":900,\"privateworkingset\":77,\"stats\":{\"inactive_file\":300}},"
               "\"pids_stats\":{\"current\":4}}");
    assert_true(api_usage_read(&u, json, false));
    assert_int_equal(u.cpu_ns, 5000);
    assert_int_equal(u.memory, 600);
    assert_int_equal(u.processes, 4);
    assert_true(api_usage_read(&u, json, true));
    assert_int_equal(u.cpu_ns, 500000); /* 100 ns each */
    assert_int_equal(u.memory, 77);
    assert_int_equal(u.processes, -1);
    cJSON_Delete(json);
    json = parsed("{\"read\":\"0001-01-01T00:00:00Z\",\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":0}}}");
    assert_false(api_usage_read(&u, json, false)); /* it has just ended */
    cJSON_Delete(json);
}

/* Output. */

static void add_output(void *user, int64_t when, const char *data, size_t len)
{
    struct text *t = user;
    text_addf(t, "<%d>", (int)(when % 100000));
    text_add_n(t, data, len);
}

struct split {
    struct text out[4];
    struct stamps stamps;
};

static void on_frame(void *user, enum frame_stream stream, bool start, const char *data, size_t len)
{
    struct split *s = user;
    text_addf(&s->out[stream], start ? "|" : "%.*s", (int)len, data);
}

static void frames_are_taken_apart_in_any_pieces(void **state)
{
    (void)state;
    static const char bytes[] = "\1\0\0\0\0\0\0\5hello\2\0\0\0\0\0\0\3err\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\1!";
    for (size_t piece = 1; piece < sizeof bytes; piece++) {
        struct split s = {0};
        struct frames f = {0};
        struct error why;
        for (size_t at = 0; at < sizeof bytes - 1; at += piece) {
            size_t len = sizeof bytes - 1 - at < piece ? sizeof bytes - 1 - at : piece;
            assert_true(frames_feed(&f, bytes + at, len, NULL, on_frame, &s, &why));
        }
        assert_string_equal(text_of(&s.out[FRAME_OUT]), "|hello||!");
        assert_string_equal(text_of(&s.out[FRAME_ERR]), "|err");
        text_done(&s.out[FRAME_OUT]);
        text_done(&s.out[FRAME_ERR]);
    }
    struct split s = {0};
    struct frames f = {0};
    struct error why;
    assert_false(frames_feed(&f, "HTTP/1.1", 8, NULL, on_frame, &s, &why));
    assert_int_equal(why.kind, ERROR_PROTOCOL);
}

static void time_stamps_are_taken_out(void **state)
{
    (void)state;
    struct text out = {0};
    struct stamps s = {0};
    static const char bare[] = "1970-01-01T00:00:01.5Z one\r\n1970-01-01T00:00:02Z two\r\nno stamp here\r\n";
    stamps_feed(&s, true, bare, sizeof bare - 1, add_output, &out);
    assert_string_equal(text_of(&out), "<1500>one\r\n<2000>two\r\n<2000>no <2000>stamp here\r\n");
    text_clear(&out);
    s = (struct stamps){0};
    stamps_feed(&s, false, "1970-01-01T00:00:03", 19, add_output, &out);
    stamps_feed(&s, false, "Z a\nb", 5, add_output, &out);
    assert_string_equal(text_of(&out), "<3000>a\nb");
    text_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_of_the_list),
        cmocka_unit_test(states_are_as_the_engine_has_them),
        cmocka_unit_test(a_crash_loop_is_told),
        cmocka_unit_test(the_runtime_tells_the_isolation),
        cmocka_unit_test(health_policy_and_labels),
        cmocka_unit_test(the_settings_tell_of_runtimes),
        cmocka_unit_test(crossings_are_all_five_ways),
        cmocka_unit_test(namespaces_are_told_by_settings),
        cmocka_unit_test(a_create_says_all_that_was_wished),
        cmocka_unit_test(what_cannot_be_is_refused_before_it_is_tried),
        cmocka_unit_test(settings_are_read_back),
        cmocka_unit_test(refusals_have_a_kind),
        cmocka_unit_test(versions_and_paths),
        cmocka_unit_test(events_name_a_container),
        cmocka_unit_test(usage_has_the_units_of_its_system),
        cmocka_unit_test(frames_are_taken_apart_in_any_pieces),
        cmocka_unit_test(time_stamps_are_taken_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
