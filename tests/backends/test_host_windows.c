#include "tests/core/test.h"

#ifdef _WIN32
#include <stdio.h>
#include <uv.h>
#include <windows.h>

#include "backends/host/host.h"
#include "backends/host/windows_process.h"
#include "core/op.h"
#include "core/times.h"

struct asked {
    struct host_table *table;
    struct error why;
    int times;
};

static void on_answer(void *user, struct answer *answer)
{
    struct asked *a = user;
    a->table = answer->host;
    a->why = answer->why;
    a->times++;
    answer->host = NULL;
}

static void ourselves_are_in_the_snapshot(void **state)
{
    (void)state;
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct host_source *h = host_open(&loop);
    assert_non_null(strstr(h->system, "Windows"));
    assert_true(h->name[0] != '\0');
    for (int i = 0; i < 2; i++) { /* the second reading remembers the first */
        struct asked a = {0};
        h->read(h, op_new(&loop, on_answer, &a));
        while (a.times == 0) {
            uv_run(&loop, UV_RUN_ONCE);
        }
        assert_int_equal(a.why.kind, ERROR_NONE);
        const struct host_process *p = host_table_find(a.table, GetCurrentProcessId());
        assert_non_null(p);
        assert_non_null(strstr(p->name, "test_host_windows"));
        assert_non_null(p->command);
        assert_non_null(strstr(p->command, "test_host_windows"));
        assert_non_null(p->user);
        assert_null(p->vm);
        assert_int_equal(p->n_levels, 0); /* it has the same number for everybody */
        assert_true(p->created > 0 && p->created <= time_now());
        assert_true(a.table->count > 2);
        host_table_free(a.table);
    }
    struct asked cancelled = {0};
    h->read(h, op_new(&loop, on_answer, &cancelled));
    host_close(h);
    while (uv_run(&loop, UV_RUN_ONCE) || cancelled.times == 0) {
    }
    assert_int_equal(cancelled.why.kind, ERROR_CANCELLED);
    uv_loop_close(&loop);
}

static void a_vm_is_known_by_its_id(void **state)
{
    (void)state;
    char vm[VM_ID], worker[] = "C:\\Windows\\System32\\vmwp.exe 3B068A99-48F5-4936-A02D-9879873D8F5B extra",
                    user[] = "NT VIRTUAL MACHINE\\3b068a99-48f5-4936-a02d-9879873d8f5b", other[] = "HOST\\me",
                    broken[] = "vmwp.exe 3b068a99-48f5-4936-a02d";
    struct windows_process p = {.command = worker};
    assert_true(windows_process_vm(&p, "vmwp.exe", vm));
    assert_string_equal(vm, "3b068a99-48f5-4936-a02d-9879873d8f5b");
    assert_false(windows_process_vm(&p, "notepad.exe", vm));
    assert_string_equal(vm, "");
    p = (struct windows_process){.user = user};
    assert_true(windows_process_vm(&p, "vmmemWSL", vm));
    assert_string_equal(vm, "3b068a99-48f5-4936-a02d-9879873d8f5b");
    assert_true(windows_process_vm(&p, "VMWP.EXE", vm));
    p = (struct windows_process){.user = other, .command = broken};
    assert_false(windows_process_vm(&p, "vmwp.exe", vm));
    assert_false(windows_process_vm(&p, "vmmem", vm));
    assert_false(windows_process_vm(&(struct windows_process){0}, "vmwp.exe", vm));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ourselves_are_in_the_snapshot),
        cmocka_unit_test(a_vm_is_known_by_its_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* Windows only */
}

#endif
