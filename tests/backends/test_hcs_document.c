/* Documents of HCS as they are told of in the field, one per shape, and what is made of them. */
#include <math.h>

#include "backends/hcs/document.h"
#include "core/times.h"
#include "tests/core/test.h"

struct shape {
    const char *what, *json;
    bool is_vm;
    enum hcs_kind kind;
    enum isolation isolation;
    enum container_state state;
    const char *owner;
    const char *reason; /* a part of it */
};

static const struct shape shapes[] = {
    {"process isolation, RuntimeId absent",
     "{\"Id\":\"5e0055c814a6\",\"SystemType\":\"Container\",\"RuntimeOsType\":\"Windows\",\"Name\":"
     "\"5e0055c814a6\","
     "\"Owner\":\"docker\",\"ObRoot\":\"\\\\\\\\.\\\\Silos\\\\1720\",\"State\":\"Running\"}",
     false, HCS_KIND_CONTAINER, ISOLATION_PROCESS, CONTAINER_RUNNING, "docker", "silo"},
    {"process isolation, RuntimeId of zeros",
     "{\"Id\":\"a\",\"SystemType\":\"Container\",\"RuntimeId\":\"00000000-0000-0000-0000-000000000000\","
     "\"State\":\"Running\"}",
     false, HCS_KIND_CONTAINER, ISOLATION_PROCESS, CONTAINER_RUNNING, NULL, "no VM"},
    {"Hyper-V isolation as Docker makes it, with fields of a new build",
     "{\"Id\":\"b\",\"SystemType\":\"Container\",\"RuntimeOsType\":\"Windows\",\"Owner\":\"docker\","
     "\"RuntimeId\":\"1F3C0E51-7FAB-3D30-924A-A413CE704527\",\"RuntimeImagePath\":\"C:\\\\x\\\\UtilityVM\","
     "\"State\":\"Running\",\"MemoryTopology\":{\"Nodes\":[1,2]},\"ServiceSessionId\":1,\"Network\":[]}",
     false, HCS_KIND_CONTAINER, ISOLATION_VM, CONTAINER_RUNNING, "docker", "RuntimeId"},
    {"Hyper-V isolation in another system's VM",
     "{\"Id\":\"c\",\"SystemType\":\"Container\",\"HostingSystemId\":\"8f1a2b3c@vm\",\"State\":\"Paused\"}",
     false, HCS_KIND_CONTAINER, ISOLATION_VM, CONTAINER_PAUSED, NULL, "HostingSystemId"},
    {"a template, by its flag",
     "{\"Id\":\"d\",\"SystemType\":\"Container\",\"IsRuntimeTemplate\":true,\"State\":\"Running\"}", false,
     HCS_KIND_TEMPLATE, ISOLATION_VM, CONTAINER_RUNNING, NULL, "template"},
    {"a template, by its state",
     "{\"Id\":\"e\",\"SystemType\":\"VirtualMachine\",\"State\":\"SavedAsTemplate\"}", true,
     HCS_KIND_TEMPLATE, ISOLATION_VM, CONTAINER_CREATED, NULL, "virtual machine"},
    {"containerd's utility VM, which has no children",
     "{\"Id\":\"9b3f@vm\",\"SystemType\":\"VirtualMachine\",\"Owner\":\"containerd-shim-runhcs-v1.exe\","
     "\"RuntimeId\":\"9b3f0000-0000-4000-8000-000000000001\",\"State\":\"Running\"}",
     true, HCS_KIND_UTILITY_VM, ISOLATION_VM, CONTAINER_RUNNING, "containerd", "virtual machine"},
    {"WSL",
     "{\"Id\":\"f\",\"SystemType\":\"VirtualMachine\",\"RuntimeOsType\":\"Linux\",\"Owner\":\"WSL\","
     "\"State\":\"Running\"}",
     true, HCS_KIND_WSL, ISOLATION_VM, CONTAINER_RUNNING, "WSL", "virtual machine"},
    {"Windows Sandbox",
     "{\"Id\":\"g\",\"SystemType\":\"VirtualMachine\",\"Owner\":\"Madrid\",\"State\":\"Running\"}", true,
     HCS_KIND_SANDBOX, ISOLATION_VM, CONTAINER_RUNNING, "Windows Sandbox", "virtual machine"},
    {"a plain VM",
     "{\"Id\":\"h\",\"SystemType\":\"VirtualMachine\",\"Owner\":\"VMMS\",\"State\":\"Running\"}", true,
     HCS_KIND_VM, ISOLATION_VM, CONTAINER_RUNNING, "Hyper-V", "virtual machine"},
    {"created and never started: no State",
     "{\"Id\":\"i\",\"SystemType\":\"Container\",\"Owner\":\"hcsctl\"}", false, HCS_KIND_CONTAINER,
     ISOLATION_PROCESS, CONTAINER_CREATED, "hcsctl", "no VM"},
    {"a state of a new build: it lives",
     "{\"Id\":\"j\",\"SystemType\":\"Container\",\"State\":\"Migrating\"}", false, HCS_KIND_CONTAINER,
     ISOLATION_PROCESS, CONTAINER_RUNNING, NULL, "no VM"},
    {"stopped, on a handle that was opened before",
     "{\"Id\":\"k\",\"SystemType\":\"Container\",\"State\":\"Stopped\"}", false, HCS_KIND_CONTAINER,
     ISOLATION_PROCESS, CONTAINER_EXITED, NULL, "no VM"},
    {"words of the wrong type are none",
     "{\"Id\":\"l\",\"SystemType\":7,\"Name\":null,\"Owner\":[],\"RuntimeId\":{},\"State\":\"Running\"}",
     false, HCS_KIND_CONTAINER, ISOLATION_PROCESS, CONTAINER_RUNNING, NULL, "no VM"},
};

static cJSON *parsed(const char *json)
{
    struct error why;
    cJSON *document = document_parse(json, &why);
    assert_non_null(document);
    return document;
}

static void every_shape_is_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const struct shape *want = &shapes[i];
        struct hcs_system s;
        const char *reason = NULL;
        cJSON *json = parsed(want->json);
        print_message("%s\n", want->what);
        assert_true(document_system(json, &s));
        assert_int_equal(s.is_vm, want->is_vm);
        assert_int_equal(document_kind(&s), want->kind);
        assert_int_equal(document_isolation(&s, &reason), want->isolation);
        assert_non_null(strstr(reason, want->reason));
        assert_int_equal(s.state, want->state);
        const char *owner = document_owner(s.owner);
        if (want->owner) {
            assert_string_equal(owner, want->owner);
        } else {
            assert_null(owner);
        }
        cJSON_Delete(json);
    }
}

static void count_system(void *user, const struct hcs_system *s)
{
    assert_non_null(s->id);
    ++*(int *)user;
}

static void what_has_no_id_is_passed_over(void **state)
{
    (void)state;
    struct error why;
    int seen = 0;
    const char *list =
        " [ {\"Id\":\"a\"} ,{},7,null,{\"Id\":\"\"},{\"Id\":\"b\",\"Id2\":\"c\"}\n, [{\"Id\":\"c\"}] ] \n";
    assert_int_equal(document_systems(list, count_system, &seen, &why), 2);
    assert_int_equal(seen, 2);
    assert_int_equal(document_systems("[ ]", count_system, &seen, &why), 0);
    assert_null(document_parse(NULL, &why));
    assert_int_equal(why.kind, ERROR_PROTOCOL);
    assert_null(document_parse("[{\"Id\":\"a\"", &why));
}

static void a_broken_list_is_refused(void **state)
{
    (void)state;
    static const char *const lists[] = {"",
                                        "7",
                                        "{\"Id\":\"a\"}",
                                        "[",
                                        "[,]",
                                        "[{\"Id\":\"a\"}",
                                        "[{\"Id\":\"a\"},",
                                        "[{\"Id\":\"a\"},]",
                                        "[{\"Id\":\"a\"} {\"Id\":\"b\"}]",
                                        "[{\"Id\":\"a\"}]]",
                                        "[{\"Id\":\"a\"},{\"Id\":\"b"};
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct error why = {0};
        int seen = 0;
        assert_int_equal(document_systems(lists[i], count_system, &seen, &why), -1);
        assert_int_equal(why.kind, ERROR_PROTOCOL);
        assert_true(seen <= 1);
    }
    struct error why;
    assert_int_equal(document_systems(NULL, count_system, NULL, &why), -1);
}

static void statistics_have_their_units(void **state)
{
    (void)state;
    int64_t when, started;
    cJSON *json =
        parsed("{\"Id\":\"a\",\"Statistics\":{\"Timestamp\":\"2026-08-25T23:32:19.0685861Z\","
               "\"ContainerStartTime\":\"2026-08-25T23:30:00Z\",\"Uptime100ns\":1390685861,"
               "\"Processor\":{\"TotalRuntime100ns\":99999999999999},\"Memory\":{"
               "\"MemoryUsageCommitBytes\":6442450944,\"MemoryUsagePrivateWorkingSetBytes\":5368709120},"
               "\"Storage\":{\"ReadSizeBytes\":4096},\"Network\":[]}}");
    struct hcs_statistics s = document_statistics(json);
    assert_true(s.known);
    assert_true(time_parse("2026-08-25T23:32:19.068Z", &when) && s.when == when);
    assert_true(time_parse("2026-08-25T23:30:00Z", &started) && s.started == started);
    assert_true(s.cpu_100ns == UINT64_C(99999999999999));
    assert_true(s.memory == UINT64_C(5368709120));
    cJSON_Delete(json);
    json = parsed(
        "{\"Id\":\"a\",\"Statistics\":{\"Processor\":{\"TotalRuntime100ns\":-5},\"Timestamp\":\"soon\"}}");
    s = document_statistics(json);
    assert_true(s.known && s.cpu_100ns == 0 && s.when == 0);
    cJSON_Delete(json);
    json = parsed("{\"Id\":\"a\",\"State\":\"Created\"}");
    assert_false(document_statistics(json).known);
    cJSON_Delete(json);
}

static void processes_are_counted_and_joined_by_isolation(void **state)
{
    (void)state;
    cJSON *json = parsed("{\"ProcessList\":[{\"ProcessId\":4294967292,\"ImageName\":\"smss.exe\","
                         "\"CreateTimestamp\":\"2026-08-25T23:30:00.5Z\"},"
                         "{\"ProcessId\":588,\"ImageName\":\"a\\u001b[31mb\",\"UserTime100ns\":20000000000,"
                         "\"KernelTime100ns\":10000000000,\"MemoryWorkingSetPrivateBytes\":8589934592},"
                         "{\"ImageName\":\"no pid\"},{\"ProcessId\":-1},{\"ProcessId\":4294967296},7]}");
    struct process_table *shared = document_processes(json, true), *apart = document_processes(json, false);
    assert_int_equal(document_process_count(json), 2);
    assert_int_equal(shared->count, 2);
    assert_true(shared->rows[0].pid == UINT32_C(4294967292) &&
                shared->rows[0].host_pid == shared->rows[0].pid);
    assert_true(shared->rows[0].cpu_100ns == 0 && shared->rows[0].memory == 0 && shared->rows[0].created > 0);
    assert_true(shared->rows[1].cpu_100ns == UINT64_C(30000000000));
    assert_true(shared->rows[1].memory == UINT64_C(8589934592));
    assert_null(strchr(shared->rows[1].name, 0x1b));
    assert_int_equal(apart->rows[1].host_pid, 0);
    process_table_free(shared);
    process_table_free(apart);
    cJSON_Delete(json);
    json = parsed("{\"Id\":\"a\"}");
    assert_null(document_processes(json, true));
    assert_int_equal(document_process_count(json), -1);
    cJSON_Delete(json);
}

static void memory_of_a_vm_is_in_pages(void **state)
{
    (void)state;
    cJSON *json = parsed("{\"Memory\":{\"VirtualMachineMemory\":{\"AssignedMemory\":262144}}}");
    assert_true(document_vm_memory(json) == UINT64_C(1) << 30);
    cJSON_Delete(json);
    json = parsed("{\"Memory\":{\"VirtualMachineMemory\":{\"AssignedMemory\":1e300}}}");
    assert_true(document_vm_memory(json) == 0);
    cJSON_Delete(json);
}

static void ends_are_known_when_they_were_waited_for(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool known;
        uint32_t code;
    } ends[] = {{"{\"ProcessId\":4,\"Exited\":true,\"ExitCode\":3}", true, 3},
                {"{\"ProcessId\":4,\"Exited\":true}", true, 0},
                {"{\"ProcessId\":4,\"Exited\":true,\"ExitCode\":3221225786}", true, UINT32_C(0xC000013A)},
                {"{\"ProcessId\":4,\"Exited\":true,\"ExitCode\":-1073741510}", true, UINT32_C(0xC000013A)},
                {"{\"ProcessId\":4,\"Exited\":true,\"ExitCode\":3,\"LastWaitResult\":258}", false, 0},
                {"{\"ProcessId\":4}", false, 0}};
    for (size_t i = 0; i < COUNT(ends); i++) {
        cJSON *json = parsed(ends[i].json);
        struct hcs_exit exit = document_process_exit(json);
        assert_int_equal(exit.known, ends[i].known);
        assert_int_equal(exit.code, ends[i].code);
        cJSON_Delete(json);
    }
}

static void the_newest_schema_counts(void **state)
{
    (void)state;
    int major, minor;
    cJSON *json = parsed(
        "{\"Properties\":[{\"SupportedSchemaVersions\":[{\"Major\":2,\"Minor\":5},{\"Major\":1,\"Minor\":0},"
        "{\"Major\":2,\"Minor\":1},{\"Major\":99999,\"Minor\":1}]}]}");
    assert_true(document_schema(json, &major, &minor));
    assert_int_equal(major, 2);
    assert_int_equal(minor, 5);
    cJSON_Delete(json);
    json = parsed("{\"Properties\":[]}");
    assert_false(document_schema(json, &major, &minor));
    cJSON_Delete(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_is_what_it_is),
        cmocka_unit_test(what_has_no_id_is_passed_over),
        cmocka_unit_test(a_broken_list_is_refused),
        cmocka_unit_test(statistics_have_their_units),
        cmocka_unit_test(processes_are_counted_and_joined_by_isolation),
        cmocka_unit_test(memory_of_a_vm_is_in_pages),
        cmocka_unit_test(ends_are_known_when_they_were_waited_for),
        cmocka_unit_test(the_newest_schema_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
