/* The simulated host by itself: that it answers as HCS does, is the same for the same seed, and lives. */
#include <stdio.h>

#include "backends/hcs/document.h"
#include "backends/hcs/request.h"
#include "backends/sim/machine.h"
#include "backends/sim/process.h"
#include "core/host.h"
#include "core/memory.h"
#include "tests/backends/schema.h"
#include "tests/core/test.h"

static const int64_t START = INT64_C(1780000000000);

static struct machine *machine(const char *words)
{
    struct machine_options options;
    struct error why;
    machine_options_init(&options);
    assert_true(machine_options_parse(&options, words, NULL, NULL, &why));
    return machine_new(&options, START);
}

static int32_t call(struct machine *m, enum hcs_call what, const char *id, const char *document)
{
    struct text answer = {0};
    int32_t result = machine_call(m, what, id, document, &answer);
    text_done(&answer);
    return result;
}

static cJSON *ask(struct machine *m, enum hcs_call what, const char *id, const char *document)
{
    struct text answer = {0};
    struct error why;
    assert_int_equal(machine_call(m, what, id, document, &answer), 0);
    cJSON *json = document_parse(text_of(&answer), &why);
    assert_non_null(json);
    text_done(&answer);
    return json;
}

static void take_id(void *user, const struct hcs_system *s)
{
    snprintf(user, 80, "%s", s->id);
}

/* The id of a system by its name. */
static const char *id_of(struct machine *m, const char *name, char id[80])
{
    char query[120];
    struct error why;
    struct text answer = {0};
    snprintf(query, sizeof query, "{\"Names\":[\"%s\"]}", name);
    assert_int_equal(machine_call(m, HCS_ENUMERATE, NULL, query, &answer), 0);
    assert_int_equal(document_systems(text_of(&answer), take_id, id, &why), 1);
    text_done(&answer);
    return id;
}

#define HR(code) ((int32_t)UINT32_C(code))

static void calls_fail_as_in_hcs(void **state)
{
    (void)state;
    char silo[80], vm[80], paused[80], fresh[80];
    struct machine *m = machine("systems=14,still=1");
    id_of(m, "ping-process", silo);
    id_of(m, "build-agent", vm);
    id_of(m, "reports", paused);
    id_of(m, "imports", fresh);
    assert_int_equal(call(m, HCS_START, "nobody", NULL), HR(0x8037010E));
    assert_int_equal(call(m, HCS_PROPERTIES, NULL, NULL), HR(0x8037010E));
    assert_int_equal(call(m, HCS_START, silo, NULL), HR(0x80370105));
    assert_int_equal(call(m, HCS_PAUSE, silo, NULL), HR(0x80370105));
    assert_int_equal(call(m, HCS_PAUSE, paused, NULL), HR(0x80370105));
    assert_int_equal(call(m, HCS_RESUME, paused, NULL), 0);
    assert_int_equal(call(m, HCS_SHUTDOWN, fresh, NULL), HR(0x80370105));
    assert_int_equal(call(m, HCS_PROPERTIES, fresh, REQUEST_PROCESSES), HR(0x80370105));
    assert_int_equal(call(m, HCS_SHUTDOWN, vm, NULL), HR(0x80370108));
    assert_int_equal(call(m, HCS_SHUTDOWN, silo, NULL), 0);
    assert_int_equal(call(m, HCS_SHUTDOWN, silo, NULL), HR(0x80370110));
    assert_int_equal(call(m, HCS_TERMINATE, silo, NULL), 0);
    assert_int_equal(call(m, HCS_TERMINATE, silo, NULL), HR(0x8037010E)); /* it is gone from everywhere */
    assert_int_equal(call(m, HCS_ENUMERATE, NULL, "{\"Owners\":"), HR(0x8037010D));
    assert_int_equal(call(m, HCS_CREATE, "new", "{\"Owner\":\"x\"}"), HR(0x8037010D));
    assert_int_equal(call(m, HCS_CREATE, "new", NULL), HR(0x8037010D));
    assert_int_equal(call(m, HCS_CREATE, "new", "{\"Owner\":\"x\",\"Container\":{}}"), 0);
    assert_int_equal(call(m, HCS_CREATE, "new", "{\"Owner\":\"x\",\"Container\":{}}"), HR(0x8037010F));
    assert_int_equal(call(m, HCS_MODIFY, "new", "{}"), HR(0x80370105));
    assert_int_equal(call(m, HCS_START, "new", NULL), 0);
    assert_int_equal(call(m, HCS_MODIFY, "new", "{}"), 0);
    machine_free(m);
}

static void count(void *user, const struct hcs_system *s)
{
    (void)s;
    ++*(int *)user;
}

static void enumerations_are_filtered(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        int count;
    } queries[] = {{NULL, 14},
                   {"{}", 14},
                   {"{\"Types\":[\"VirtualMachine\"]}", 4},
                   {"{\"Types\":[\"Container\"],\"Owners\":[\"docker\"]}", 3},
                   {"{\"Names\":[\"web-1\",\"WSL\"]}", 2},
                   {"{\"Ids\":[\"nobody\"]}", 0}};
    struct machine *m = machine("systems=14,still=1");
    for (size_t i = 0; i < COUNT(queries); i++) {
        struct error why;
        int seen = 0;
        struct text answer = {0};
        assert_int_equal(machine_call(m, HCS_ENUMERATE, NULL, queries[i].query, &answer), 0);
        assert_int_equal(document_systems(text_of(&answer), count, &seen, &why), queries[i].count);
        text_done(&answer);
    }
    machine_free(m);
}

/* What it answers is what Microsoft's schema allows, but for fields that the schema is known not to have. */
static void answers_pass_the_schema(void **state)
{
    (void)state;
    char id[80], why[300] = "";
    const cJSON *element = NULL;
    cJSON *schema = schema_load();
    if (!schema) {
        print_message("skipped: ../shared/hcs-schema-win11-21h2.json is not here\n");
        skip();
    }
    struct machine *m = machine("systems=40,still=1");
    cJSON *json = ask(m, HCS_ENUMERATE, NULL, NULL);
    cJSON_ArrayForEach(element, json)
    {
        assert_true(schema_fits(schema, "Properties", element, false, why, sizeof why));
    }
    cJSON_Delete(json);
    json = ask(m, HCS_PROPERTIES, id_of(m, "web-1", id), REQUEST_USAGE);
    assert_true(
        schema_fits(schema, "Statistics", cJSON_GetObjectItem(json, "Statistics"), true, why, sizeof why));
    cJSON_ArrayForEach(element, cJSON_GetObjectItem(json, "ProcessList"))
    {
        assert_true(schema_fits(schema, "ProcessDetails", element, true, why, sizeof why));
    }
    cJSON_Delete(json);
    json = ask(m, HCS_PROPERTIES, id_of(m, "WSL", id), REQUEST_MEMORY);
    assert_true(schema_fits(schema, "MemoryInformationForVm", cJSON_GetObjectItem(json, "Memory"), true, why,
                            sizeof why));
    cJSON_Delete(json);
    json = ask(m, HCS_SERVICE_PROPERTIES, NULL, REQUEST_SERVICE);
    assert_true(schema_fits(schema, "ServiceProperties", json, true, why, sizeof why));
    cJSON_Delete(json);
    machine_free(m);
    cJSON_Delete(schema);
}

static char *picture(const char *words, int64_t ms)
{
    struct text answer = {0};
    struct machine *m = machine(words);
    machine_advance(m, START + ms);
    machine_call(m, HCS_ENUMERATE, NULL, NULL, &answer);
    for (size_t i = 0; i < machine_count(m); i++) {
        machine_call(m, HCS_PROPERTIES, machine_system_at(m, i), REQUEST_STATISTICS, &answer);
    }
    machine_free(m);
    return text_take(&answer);
}

static void the_same_seed_is_the_same_host(void **state)
{
    (void)state;
    char *a = picture("systems=100,seed=3,churn=700", 600000),
         *b = picture("systems=100,seed=3,churn=700", 600000);
    char *other = picture("systems=100,seed=4,churn=700", 600000),
         *later = picture("systems=100,seed=3,churn=700", 660000);
    assert_string_equal(a, b);
    assert_string_not_equal(a, other);
    assert_string_not_equal(a, later);
    free(a);
    free(b);
    free(other);
    free(later);
}

static int compare_pids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* A day with births and deaths: the host's pids stay unique, what a system tells of itself never runs
 * backwards, and the ends are told once each. */
static void a_day_passes(void **state)
{
    (void)state;
    uint64_t last_cpu = 0;
    size_t exits = 0, most = 0;
    struct machine_event event;
    char id[80];
    struct machine *m = machine("systems=80,churn=120000");
    id_of(m, "orders-db", id);
    for (int64_t ms = 0; ms <= 86400000; ms += 15000) {
        machine_advance(m, START + ms);
        while (machine_take_event(m, &event)) {
            assert_int_equal(event.type, HCS_EVENT_SYSTEM_EXITED);
            assert_false(machine_has(m, event.id));
            exits++;
            free(event.id);
            free(event.document);
        }
        if (machine_has(m, id)) {
            cJSON *json = ask(m, HCS_PROPERTIES, id, REQUEST_STATISTICS);
            struct hcs_statistics s = document_statistics(json);
            assert_true(s.cpu_100ns >= last_cpu);
            last_cpu = s.cpu_100ns;
            cJSON_Delete(json);
        }
        if (ms % 600000 == 0) {
            struct host_table *host = machine_host(m);
            uint32_t *pids = mem_new(host->count, sizeof *pids);
            for (size_t i = 0; i < host->count; i++) {
                pids[i] = host->rows[i].pid;
            }
            qsort(pids, host->count, sizeof *pids, compare_pids);
            for (size_t i = 1; i < host->count; i++) {
                assert_true(pids[i] != pids[i - 1]);
            }
            most = host->count > most ? host->count : most;
            free(pids);
            host_table_free(host);
        }
    }
    assert_in_range(exits, 690, 730); /* 86400 s, one in 120 s */
    assert_in_range(machine_count(m), 70, 95);
    assert_true(most < 3000); /* processes come, and they also go */
    machine_free(m);
}

/* Processes. */

static char *output(struct machine_process *p, enum console_stream stream)
{
    char data[512];
    struct text all = {0};
    for (size_t n; (n = machine_process_read(p, stream, data, sizeof data)) > 0;) {
        text_add_n(&all, data, n);
    }
    text_add(&all, "");
    return all.data ? text_take(&all) : mem_string("");
}

static struct machine_process *spawn(struct machine *m, const char *name, const char *const *argv,
                                     bool terminal)
{
    char id[80];
    int32_t result;
    struct text answer = {0};
    const struct console_spec spec = {
        .kind = CONSOLE_EXEC, .argv = argv, .terminal = terminal, .input = true, .rows = 24, .cols = 80};
    char *parameters = request_process(&spec, false);
    struct machine_process *p = machine_spawn(m, id_of(m, name, id), parameters, &result, &answer);
    assert_int_equal(result, 0);
    text_done(&answer);
    free(parameters);
    return p;
}

static void a_ping_goes_on_until_it_is_interrupted(void **state)
{
    (void)state;
    static const char *const argv[] = {"ping", "-t", "localhost", NULL};
    struct machine *m = machine("systems=14,still=1");
    struct machine_process *p = spawn(m, "ping-process", argv, true);
    struct text status = {0};
    machine_advance(m, START + 5000);
    char *words = output(p, CONSOLE_OUT);
    assert_non_null(strstr(words, "Pinging localhost"));
    assert_non_null(strstr(words, "Reply from ::1: time<1ms"));
    assert_false(machine_process_ended(p, NULL));
    machine_process_write(p, "\x03", 1);
    assert_true(machine_process_ended(p, &status));
    assert_non_null(strstr(text_of(&status), "\"ExitCode\":3221225786"));
    assert_int_equal(machine_process_call(p, HCS_PROCESS_TERMINATE, NULL, &status), HR(0x8037011F));
    machine_process_drop(p);
    text_done(&status);
    free(words);
    machine_free(m);
}

static void a_shell_edits_its_line(void **state)
{
    (void)state;
    struct machine *m = machine("systems=14,still=1");
    struct machine_process *p = spawn(m, "billing", NULL, true);
    static const char typed[] = "echo onn\x7f\x7f"
                                "ne\b\b"
                                "ne\rnonsense\rping -n 2 a\rexit 5\r";
    machine_process_write(p, typed, sizeof typed - 1);
    machine_advance(m, START + 100);
    assert_false(machine_process_ended(p, NULL)); /* the ping is not over */
    machine_advance(m, START + 4000);
    machine_advance(m, START + 8000);
    char *words = output(p, CONSOLE_OUT);
    assert_non_null(strstr(words, "Microsoft Windows [Version 10.0.20348.2700]"));
    assert_non_null(strstr(words, "\r\none\r\n"));
    assert_non_null(strstr(words, "'nonsense' is not recognized"));
    assert_non_null(strstr(words, "Packets: Sent = 2"));
    assert_true(machine_process_ended(p, NULL));
    machine_process_drop(p);
    free(words);
    machine_free(m);
}

static void the_end_of_a_system_ends_its_processes_first(void **state)
{
    (void)state;
    static const char *const argv[] = {"timeout", "/t", "100", NULL};
    char id[80];
    struct machine_event event;
    struct text status = {0};
    struct machine *m = machine("systems=14,still=1");
    struct machine_process *p = spawn(m, "web-1", argv, false), *dropped = spawn(m, "web-1", argv, false);
    machine_process_drop(dropped);
    assert_int_equal(call(m, HCS_TERMINATE, id_of(m, "web-1", id), NULL), 0);
    assert_true(machine_process_ended(p, &status));
    assert_non_null(strstr(text_of(&status), "\"ExitCode\":1067"));
    assert_true(machine_take_event(m, &event));
    assert_string_equal(event.id, id);
    assert_non_null(strstr(event.document, "ForcedExit"));
    assert_false(machine_take_event(m, &(struct machine_event){0}));
    free(event.id);
    free(event.document);
    text_done(&status);
    machine_free(m); /* before its process is let go */
    machine_process_drop(p);
}

static void words_that_are_no_options_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "systems",        "systems=",           "systems=x",           "systems=1x",
        "what=1",         "systems=12,,seed=1", "systems=99999999999", "=1",
        "systems=2000000"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct machine_options options;
        struct error why = {0};
        machine_options_init(&options);
        assert_false(machine_options_parse(&options, wrong[i], NULL, NULL, &why));
        assert_int_equal(why.kind, ERROR_INVALID);
    }
}

static void manners_are_words(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        bool good;
    } cases[] = {{"shutdown=late,shutdown=strict,terminate=deaf,errors=win32,teardown=117000", true},
                 {"pause=never,create=late", true},
                 {"shutdown=sometimes", false},
                 {"shutdown=", false},
                 {"modify=never", false},
                 {"terminate=strict", false},
                 {"errors=late", false},
                 {"teardown=long", false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct machine_options options;
        struct error why = {0};
        machine_options_init(&options);
        assert_int_equal(machine_options_parse(&options, cases[i].words, NULL, NULL, &why), cases[i].good);
        assert_int_equal(why.kind, cases[i].good ? ERROR_NONE : ERROR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manners_are_words),
        cmocka_unit_test(calls_fail_as_in_hcs),
        cmocka_unit_test(enumerations_are_filtered),
        cmocka_unit_test(answers_pass_the_schema),
        cmocka_unit_test(the_same_seed_is_the_same_host),
        cmocka_unit_test(a_day_passes),
        cmocka_unit_test(a_ping_goes_on_until_it_is_interrupted),
        cmocka_unit_test(a_shell_edits_its_line),
        cmocka_unit_test(the_end_of_a_system_ends_its_processes_first),
        cmocka_unit_test(words_that_are_no_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
