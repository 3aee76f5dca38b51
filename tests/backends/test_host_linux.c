/* What the host's side reads of /proc: namespaces of a container's first process and the guards before and
 * after, numbers at each level of pid namespaces, threads. Its own children stand for containers. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "backends/cgroup_key.h"
#include "backends/cgroup_procs.h"
#include "backends/host/host.h"
#include "core/memory.h"
#include "core/namespaces.h"
#include "core/op.h"
#include "tests/core/test.h"

struct heard {
    bool done;
    struct error why;
    struct namespace_table *namespaces;
    struct host_table *host;
};

static void on_answer(void *user, struct answer *answer)
{
    struct heard *h = user;
    h->done = true;
    h->why = answer->why;
    h->namespaces = answer->namespaces;
    h->host = answer->host;
    answer->namespaces = NULL;
    answer->host = NULL;
}

static struct namespace_table *look(const struct namespace_target *targets, size_t n)
{
    uv_loop_t loop;
    struct heard h = {0};
    uv_loop_init(&loop);
    struct host_source *host = host_open(&loop);
    assert_non_null(host->namespaces);
    host->namespaces(host, op_new(&loop, on_answer, &h), targets, n);
    while (!h.done) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    host_close(host);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(h.why.kind, ERROR_NONE);
    assert_int_equal(h.namespaces->count, n);
    return h.namespaces;
}

static struct host_table *read_host(void)
{
    uv_loop_t loop;
    struct heard h = {0};
    uv_loop_init(&loop);
    struct host_source *host = host_open(&loop);
    host->read(host, op_new(&loop, on_answer, &h));
    while (!h.done) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    host_close(host);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return h.host;
}

static int64_t start_of(uint32_t pid)
{
    struct host_table *table = read_host();
    const struct host_process *p = host_table_find(table, pid);
    assert_non_null(p);
    int64_t created = p->created;
    host_table_free(table);
    return created;
}

/* A child that waits, in new namespaces of these kinds; 0: this user may not make them. */
static pid_t child_in(int flags)
{
    int ready[2];
    char said = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        said = unshare(flags) == 0;
        (void)!write(ready[1], &said, 1);
        pause();
        _exit(0);
    }
    close(ready[1]);
    (void)!read(ready[0], &said, 1);
    close(ready[0]);
    if (!said) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return said ? pid : 0;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void numbers_are_those_of_the_links(void **state)
{
    (void)state;
    uint32_t self = (uint32_t)getpid();
    const struct namespace_target target = {.key = "k", .pid = self, .started = start_of(self)};
    struct namespace_table *t = look(&target, 1);
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_string_equal(t->rows[0].key, "k");
    assert_null(t->rows[0].why);
    assert_int_equal(t->rows[0].number[NAMESPACE_PID], namespace_of(proc, self));
    for (int kind = 0; kind < NAMESPACE_LINUX; kind++) {
        assert_true(t->rows[0].number[kind] != 0);
        assert_int_equal(t->rows[0].number[kind], t->reader[kind]);
    }
    assert_non_null(t->reference);
    close(proc);
    namespace_table_free(t);
}

static void own_ones_differ_from_the_hosts(void **state)
{
    (void)state;
    pid_t pid = child_in(CLONE_NEWUTS | CLONE_NEWIPC);
    if (pid == 0) {
        skip();
    }
    const struct namespace_target target = {
        .key = "k", .pid = (uint32_t)pid, .started = start_of((uint32_t)pid)};
    struct namespace_table *t = look(&target, 1);
    assert_true(t->rows[0].number[NAMESPACE_UTS] != t->reader[NAMESPACE_UTS]);
    assert_true(t->rows[0].number[NAMESPACE_IPC] != t->reader[NAMESPACE_IPC]);
    assert_int_equal(t->rows[0].number[NAMESPACE_USER], t->reader[NAMESPACE_USER]);
    assert_int_equal(t->rows[0].number[NAMESPACE_NETWORK], t->reader[NAMESPACE_NETWORK]);
    namespace_table_free(t);
    end(pid);
}

/* Of a process that is not the container's nothing is told, and why. */
static void another_process_is_not_read(void **state)
{
    (void)state;
    pid_t zombie = fork();
    if (zombie == 0) {
        _exit(0);
    }
    waitid(P_PID, (id_t)zombie, &(siginfo_t){0}, WEXITED | WNOWAIT);
    uint32_t self = (uint32_t)getpid();
    int64_t started = start_of(self);
    const struct namespace_target targets[] = {
        {.key = "reused", .pid = self, .started = started - 3600000},
        {.key = "unknown start", .pid = self},
        {.key = "gone", .pid = 4194304 + 1, .started = started},
        {.key = "zombie", .pid = (uint32_t)zombie, .started = started},
    };
    struct namespace_table *t = look(targets, COUNT(targets));
    for (size_t i = 0; i < COUNT(targets); i++) {
        assert_non_null(t->rows[i].why);
        for (int kind = 0; kind < NAMESPACE_LINUX; kind++) {
            assert_int_equal(t->rows[i].number[kind], 0);
        }
    }
    assert_non_null(strstr(t->rows[0].why, "may belong to another process"));
    assert_non_null(strstr(t->rows[2].why, "has ended"));
    assert_non_null(strstr(t->rows[3].why, "has ended"));
    namespace_table_free(t);
    waitpid(zombie, NULL, 0);
}

/* In a process of its own, since rights that are given up do not come back. */
static void who_has_no_rights_reads_nothing(void **state)
{
    (void)state;
    if (getuid() != 0) {
        skip();
    }
    pid_t target = child_in(CLONE_NEWUTS);
    assert_true(target > 0);
    int64_t started = start_of((uint32_t)target);
    pid_t reader = fork();
    if (reader == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0) {
            _exit(3);
        }
        const struct namespace_target it = {.key = "k", .pid = (uint32_t)target, .started = started};
        struct namespace_table *t = look(&it, 1);
        bool nothing = t->rows[0].why && strcmp(t->rows[0].why, "needs root") == 0;
        for (int kind = 0; kind < NAMESPACE_LINUX; kind++) {
            nothing = nothing && t->rows[0].number[kind] == 0;
        }
        namespace_table_free(t);
        _exit(nothing ? 0 : 1);
    }
    int status = -1;
    waitpid(reader, &status, 0);
    end(target);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_reading_under_way_is_cancelled(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct heard one = {0}, two = {0};
    const struct namespace_target target = {.key = "k", .pid = 1};
    uv_loop_init(&loop);
    struct host_source *host = host_open(&loop);
    host->namespaces(host, op_new(&loop, on_answer, &one), &target, 1);
    host->namespaces(host, op_new(&loop, on_answer, &two), &target, 1);
    host_close(host);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(one.why.kind, ERROR_CANCELLED);
    assert_int_equal(two.why.kind, ERROR_CANCELLED);
}

/* The child of one in a new pid namespace is 1 in there; and so is its own child in a nested one. */
static void each_level_has_its_number(void **state)
{
    (void)state;
    int tell[2];
    bool found = false;
    assert_int_equal(pipe(tell), 0);
    pid_t outer = fork();
    if (outer == 0) {
        for (int depth = 0; depth < 2; depth++) {
            if (unshare(CLONE_NEWPID) != 0) {
                _exit(1);
            }
            pid_t child = fork();
            if (child == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL); /* none outlives the test */
            } else {
                if (depth == 1) {
                    (void)!write(tell[1], &(char){1}, 1);
                }
                pause();
            }
        }
        pause();
        _exit(0);
    }
    close(tell[1]);
    char said = 0;
    bool may = read(tell[0], &said, 1) == 1;
    close(tell[0]);
    struct host_table *table = read_host();
    for (size_t i = 0; may && i < table->count; i++) {
        const struct host_process *p = &table->rows[i];
        const struct host_process *parent = host_table_find(table, p->parent);
        if (p->n_levels >= 3 && parent && parent->parent == (uint32_t)outer) {
            found = true;
            size_t last = p->n_levels - 1;
            assert_int_equal(p->levels[last].pid, 1);
            assert_int_equal(p->levels[last - 1].pid, 2);
            assert_true(p->levels[last].number != 0);
            assert_int_equal(p->levels[last - 1].number, parent->levels[last - 1].number);
            assert_true(p->levels[last].number != p->levels[last - 1].number);
        }
    }
    host_table_free(table);
    end(outer);
    if (!may) {
        skip();
    }
    assert_true(found);
}

struct thread {
    pid_t number;
    uv_sem_t known, over;
};

static void run_thread(void *user)
{
    struct thread *t = user;
    t->number = (pid_t)syscall(SYS_gettid);
    uv_sem_post(&t->known);
    uv_sem_wait(&t->over);
}

static void a_thread_is_its_processs(void **state)
{
    (void)state;
    uv_loop_t loop;
    uv_thread_t thread;
    struct thread t = {0};
    uv_sem_init(&t.known, 0);
    uv_sem_init(&t.over, 0);
    uv_loop_init(&loop);
    struct host_source *host = host_open(&loop);
    assert_int_equal(uv_thread_create(&thread, run_thread, &t), 0);
    uv_sem_wait(&t.known);
    assert_int_equal(host->process_of_thread(host, (uint32_t)t.number), getpid());
    assert_int_equal(host->process_of_thread(host, (uint32_t)getpid()), getpid());
    assert_int_equal(host->process_of_thread(host, 4194304 + 1), 0);
    uv_sem_post(&t.over);
    uv_thread_join(&thread);
    uv_sem_destroy(&t.known);
    uv_sem_destroy(&t.over);
    host_close(host);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_the_links),   cmocka_unit_test(own_ones_differ_from_the_hosts),
        cmocka_unit_test(another_process_is_not_read),      cmocka_unit_test(who_has_no_rights_reads_nothing),
        cmocka_unit_test(a_reading_under_way_is_cancelled), cmocka_unit_test(each_level_has_its_number),
        cmocka_unit_test(a_thread_is_its_processs),
    };
    char text[16384] = "", key[CGROUP_KEY];
    FILE *file = fopen("/proc/self/cgroup", "r");
    text[file ? fread(text, 1, sizeof text - 1, file) : 0] = '\0';
    if (file) {
        fclose(file);
    }
    if (cgroup_key(text, key)) {
        fprintf(stderr, "SKIPPED: this test itself runs in the cgroup of a container\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
