/* Small parts of the local engine and of the host's side that need no container: /proc, users, names,
 * commands. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <uv.h>

#include "backends/host/host.h"
#include "backends/local/create.h"
#include "backends/local/shared/paths.h"
#include "backends/procfs.h"
#include "backends/users.h"
#include "core/memory.h"
#include "core/op.h"
#include "core/times.h"

static void stat_lines_are_understood(void **state)
{
    (void)state;
    struct procfs_stat s;
    assert_true(procfs_parse_stat(
        "42 (a) b) (c) S 7 1 1 0 -1 4194560 1 2 3 4 50 25 5 6 20 0 1 0 777 1000 88 0\n", &s));
    assert_string_equal(s.name, "a) b) (c");
    assert_int_equal(s.state, 'S');
    assert_int_equal(s.parent, 7);
    assert_int_equal(s.ticks, 75);
    assert_int_equal(s.child_ticks, 11);
    assert_int_equal(s.started, 777);
    assert_int_equal(s.pages, 88);
    assert_false(s.kernel);
    assert_true(procfs_parse_stat("2 (k) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0 0\n", &s));
    assert_true(s.kernel);
    assert_true(procfs_parse_stat("1 (\033[2J\n) R 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0 0\n", &s));
    assert_null(strpbrk(s.name, "\033\n"));
    static const char *const bad[] = {"",       "1",       "1 (",           "1 (x", "1 (x)",
                                      "1 (x) ", "1 (x) S", "1 (x) S 1 2 3", ")("};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(procfs_parse_stat(bad[i], &s));
    }
}

static void status_is_understood(void **state)
{
    (void)state;
    struct procfs_status s;
    assert_true(procfs_parse_status(
        "Name:\tx\nUid:\t1\t2\t3\t4\nVmRSS:\t  12 kB\nNSpid:\t100\t7\t1\nNSpgid:\t9\t9\n", &s));
    assert_int_equal(s.uid, 2);
    assert_int_equal(s.memory, 12 * 1024);
    assert_int_equal(s.n_pids, 3);
    assert_int_equal(s.pids[0], 100);
    assert_int_equal(s.pids[2], 1);
    assert_true(
        procfs_parse_status("Uid:\t0\t0\t0\t0\nNSpid:\t3\n", &s)); /* a thread of the kernel has no memory */
    assert_int_equal(s.n_pids, 1);
    assert_int_equal(s.memory, 0);
    assert_false(procfs_parse_status("Name:\tUid:\n", &s));
    assert_false(procfs_parse_status("", &s));
}

static void users_come_from_the_container(void **state)
{
    (void)state;
    char folder[] = "/tmp/porthole-users-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/etc", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/etc/passwd", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("root:x:0:0::/:/bin/"
          "sh\n\n:x:3::\nbad\nworse:x:\n\033[31mred:x:5:5:::\nthis-is-a-name-that-is-much-too-long-for-"
          "anyone:x:6:\nweb:x:33:33:::",
          file);
    fclose(file);
    int root = open(folder, O_PATH | O_DIRECTORY);
    struct users *u = users_new(root, "         0          0 4294967295\n");
    assert_string_equal(users_name(u, 0), "root");
    assert_string_equal(users_name(u, 33), "web");
    assert_string_equal(users_name(u, 3), "3");
    assert_string_equal(users_name(u, 77), "77");
    assert_null(strchr(users_name(u, 5), '\033'));
    assert_int_equal(strlen(users_name(u, 6)), 32);
    users_free(u);
    u = users_new(root, "0 1000 1\n1 100000 65536\n");
    assert_string_equal(users_name(u, 1000), "root");
    assert_string_equal(users_name(u, 100032), "web");
    assert_string_equal(users_name(u, 0), "nobody");
    users_free(u);
    unlink(path);
    assert_int_equal(symlink("/etc/passwd", path), 0); /* within the root this leads back to itself */
    u = users_new(root, "0 0 10\n");
    assert_string_equal(users_name(u, 0), "0");
    users_free(u);
    u = users_new(-1, NULL);
    assert_string_equal(users_name(u, 0), "nobody");
    users_free(u);
    close(root);
    paths_remove_tree(folder, NULL);
}

static void expect_argv(const struct launch_spec *spec, const char *wanted)
{
    static char *entrypoint[] = {"entry", "point", NULL}, *command[] = {"com", "mand", NULL};
    struct text all = {0};
    char **argv = create_argv(spec, entrypoint, command);
    for (size_t i = 0; argv && argv[i]; i++) {
        text_addf(&all, "%s ", argv[i]);
    }
    assert_string_equal(text_of(&all), wanted);
    text_done(&all);
    free(argv);
}

static void entrypoint_and_command_are_combined(void **state)
{
    (void)state;
    static char *own[] = {"mine", NULL}, *none[] = {NULL};
    struct launch_spec spec = {0};
    expect_argv(&spec, "entry point com mand ");
    spec.command = own;
    expect_argv(&spec, "entry point mine ");
    spec.entrypoint = "other";
    expect_argv(&spec, "other mine ");
    spec.command = none;
    expect_argv(&spec, "other ");
    spec.entrypoint = NULL;
    assert_null(create_argv(&spec, NULL, NULL));
}

static void made_names_are_names(void **state)
{
    (void)state;
    char name[32];
    for (uint32_t i = 0; i < 5000; i++) {
        create_make_name(i * 2654435761u, name);
        assert_true(launch_name_ok(name));
    }
}

struct hearing {
    struct host_table *table;
    struct error why;
    int times;
};

static void on_host(void *user, struct answer *answer)
{
    struct hearing *h = user;
    h->times++;
    h->why = answer->why;
    h->table = answer->host;
    answer->host = NULL;
}

static void the_host_sees_this_test(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct hearing first = {0}, second = {0};
    uv_loop_init(&loop);
    struct host_source *host = host_open(&loop);
    assert_true(strlen(host->system) > 3 && host->name[0] != '\0');
    host->read(host, op_new(&loop, on_host, &first));
    host->read(host, op_new(&loop, on_host, &second)); /* the second time from memory */
    uv_run(&loop, UV_RUN_DEFAULT);
    for (const struct hearing *h = &first; h; h = h == &first ? &second : NULL) {
        assert_int_equal(h->times, 1);
        assert_int_equal(h->why.kind, ERROR_NONE);
        const struct host_process *p = host_table_find(h->table, (uint32_t)getpid());
        assert_non_null(p);
        assert_int_equal(p->parent, getppid());
        assert_non_null(strstr(p->command, "test_local_parts"));
        assert_non_null(p->user);
        assert_true(p->memory > 100000);
        assert_true(p->created > time_now() - 600000 && p->created <= time_now() + 1000);
        host_table_free(h->table);
    }
    host_close(host);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void closing_answers_what_is_under_way(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct hearing first = {0}, second = {0};
    uv_loop_init(&loop);
    struct host_source *host = host_open(&loop);
    host->read(host, op_new(&loop, on_host, &first));
    host->read(host, op_new(&loop, on_host, &second));
    host_close(host);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(first.why.kind, ERROR_CANCELLED);
    assert_int_equal(second.why.kind, ERROR_CANCELLED);
    assert_int_equal(first.times + second.times, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_lines_are_understood),
        cmocka_unit_test(status_is_understood),
        cmocka_unit_test(users_come_from_the_container),
        cmocka_unit_test(entrypoint_and_command_are_combined),
        cmocka_unit_test(made_names_are_names),
        cmocka_unit_test(the_host_sees_this_test),
        cmocka_unit_test(closing_answers_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
