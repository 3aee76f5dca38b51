/* The real keeper with real VMs: what differs from process isolation, what must not, and every way in which a
 * VM can end. */
#include "tests/backends/keeperside.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backends/local/shared/vm_host.h"
#include "core/memory.h"

static int setup(void **state)
{
    struct side *s = side_new(NULL);
    struct vm_host host;
    struct error e = {0};
    *state = s;
    s->usable = vm_host_find(s->paths, &host, &e);
    if (s->usable) {
        vm_host_done(&host);
    } else {
        print_message("SKIPPED VMs: %s\n", e.text);
    }
    return 0;
}

static const struct launch_spec in_vm = {.isolation = ISOLATION_VM};

static void start(struct side *s, struct box *b, const struct launch_spec *wish, const char *script)
{
    box_script(s, b, wish, script);
    box_spawn(b, NULL);
    if (!box_ok(b)) {
        fail_msg("%s", json_string(b->answer, "error.text", "no reason"));
    }
}

static void expect_end(struct box *b, int code, const char *note)
{
    struct state s;
    assert_int_equal(box_wait(b), 0);
    box_state(b, &s);
    assert_int_equal(s.state, CONTAINER_EXITED);
    assert_int_equal(s.exit_code, code);
    assert_int_equal(s.vm, 0);
    assert_int_equal(s.keeper, 0);
    if (note) {
        assert_non_null(s.note);
        assert_non_null(strstr(s.note, note));
    } else {
        assert_null(s.note);
    }
    state_done(&s);
    assert_false(box_left_anything(b));
    box_free(b);
}

static uint32_t worker_of(const struct box *b)
{
    struct state s;
    box_state(b, &s);
    uint32_t pid = s.vm;
    assert_int_equal(s.pid, 0); /* none of its processes is a process of the host */
    assert_int_not_equal(pid, 0);
    assert_true(state_process_started(pid) == s.vm_started);
    state_done(&s);
    return pid;
}

static bool lives(uint32_t pid)
{
    return state_process_started(pid) != 0;
}

/* What a container says of itself, once more in the other mode. */
static void ask_both(struct side *s, const char *script, const char *user, struct text out[2])
{
    for (int i = 0; i < 2; i++) {
        struct launch_spec wish = {.isolation = i == 0 ? ISOLATION_PROCESS : ISOLATION_VM,
                                   .user = (char *)(uintptr_t)user,
                                   .hostname = (char *)(uintptr_t) "same"};
        struct box b;
        box_script(s, &b, &wish, script);
        box_spawn(&b, "--hold");
        assert_true(box_ok(&b));
        struct guest *g = guest_new(&b, WIRE_ATTACH, "{}");
        assert_int_equal(box_control(&b, "{\"verb\":\"start\"}"), ERROR_NONE);
        assert_true(guest_read(g, NULL));
        assert_string_equal(text_of(&g->err), "");
        out[i] = g->out;
        g->out = (struct text){0};
        text_addf(&out[i], "exit code %d\n", g->code);
        guest_free(g);
        box_wait(&b);
        box_free(&b);
    }
}

static void both_modes_look_alike_from_inside(void **state)
{
    static const char script[] =
        "id; env | sort; pwd; umask; hostname; cat /proc/1/comm; ls /dev; cat /etc/hosts /etc/hostname; "
        "grep Cap /proc/self/status; stat -c '%A %u %g %n' / /dev/shm /dev/pts /dev/null /dev/tty; exit 7";
    static const char *const users[] = {NULL, "1000", "nobody:1000"};
    struct side *s = side_usable(state);
    if (s->paths->rootless) {
        skip();
    }
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        struct text out[2] = {{0}, {0}};
        ask_both(s, script, users[i], out);
        assert_non_null(strstr(text_of(&out[0]), "exit code 7"));
        assert_string_equal(text_of(&out[0]), text_of(&out[1]));
        text_done(&out[0]);
        text_done(&out[1]);
    }
}

static void the_kernel_is_another_one(void **state)
{
    struct box b;
    struct text kernel = {0};
    char own[256] = "";
    start(side_usable(state), &b, &in_vm, "sleep 1000");
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    assert_non_null(file);
    assert_non_null(fgets(own, sizeof own, file));
    fclose(file);
    assert_int_equal(box_exec(&b, "cat /proc/sys/kernel/random/boot_id", &kernel), 0);
    assert_string_not_equal(text_of(&kernel), own);
    text_done(&kernel);
    worker_of(&b);
    assert_int_equal(box_control(&b, "{\"verb\":\"kill\"}"), ERROR_NONE);
    expect_end(&b, 137, NULL);
}

static void two_of_one_template_differ(void **state)
{
    struct side *s = side_usable(state);
    struct text random[2] = {{0}, {0}};
    for (int i = 0; i < 2; i++) {
        struct box b;
        start(s, &b, &in_vm, "sleep 1000");
        assert_int_equal(box_exec(&b, "head -c 16 /dev/urandom | od -An -tx1", &random[i]), 0);
        box_free(&b);
    }
    assert_string_not_equal(text_of(&random[0]), text_of(&random[1]));
    text_done(&random[0]);
    text_done(&random[1]);
}

/* The inode of the template's memory that this QEMU has mapped, privately. */
static unsigned long template_of(uint32_t qemu)
{
    char path[64], line[512], permissions[5] = "";
    unsigned long inode = 0;
    snprintf(path, sizeof path, "/proc/%u/maps", qemu);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strstr(line, "/memfd:porthole-")) {
            assert_int_equal(sscanf(line, "%*s %4s %*s %*s %lu", permissions, &inode), 2);
            assert_string_equal(permissions, "rw-p");
        }
    }
    if (file) {
        fclose(file);
    }
    return inode;
}

/* Every descriptor that it has of a memory file. */
static void expect_sealed(uint32_t qemu)
{
    const int wanted = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    struct text pattern = {0};
    glob_t found = {0};
    size_t n = 0;
    text_addf(&pattern, "/proc/%u/fd/*", qemu);
    assert_int_equal(glob(text_of(&pattern), 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char target[256] = "";
        ssize_t len = readlink(found.gl_pathv[i], target, sizeof target - 1);
        assert_null(strstr(target, "/templates/")); /* no file of it on the disk */
        int fd = len > 0 && strstr(target, "/memfd:") ? open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC) : -1;
        if (fd >= 0) {
            assert_int_equal(fcntl(fd, F_GET_SEALS) & wanted, wanted);
            close(fd);
            n++;
        }
    }
    assert_true(n > 0);
    globfree(&found);
    text_done(&pattern);
}

static uid_t user_of(uint32_t pid)
{
    struct stat st;
    char path[64];
    snprintf(path, sizeof path, "/proc/%u", pid);
    assert_int_equal(stat(path, &st), 0);
    return st.st_uid;
}

static void no_qemu_can_change_the_template(void **state)
{
    struct side *s = side_usable(state);
    struct box boxes[2];
    uint32_t qemu[2];
    for (int i = 0; i < 2; i++) {
        start(s, &boxes[i], &in_vm, "sleep 1000");
        qemu[i] = worker_of(&boxes[i]);
        expect_sealed(qemu[i]);
    }
    assert_int_not_equal(template_of(qemu[0]), 0);
    assert_int_equal(template_of(qemu[0]), template_of(qemu[1])); /* one copy for both */
    if (!s->paths->rootless) {
        assert_int_not_equal(user_of(qemu[0]), user_of(qemu[1]));
        assert_int_not_equal(user_of(qemu[0]), 0);
    }
    box_free(&boxes[0]);
    box_free(&boxes[1]);
}

static void the_clock_is_right_after_a_pause(void **state)
{
    struct box b;
    struct text date = {0};
    start(side_usable(state), &b, &in_vm, "sleep 1000");
    assert_int_equal(box_control(&b, "{\"verb\":\"pause\"}"), ERROR_NONE);
    assert_int_equal(box_control(&b, "{\"verb\":\"pause\"}"), ERROR_CONFLICT);
    const struct timespec long_enough = {.tv_sec = 4};
    nanosleep(&long_enough, NULL);
    assert_int_equal(box_control(&b, "{\"verb\":\"resume\"}"), ERROR_NONE);
    assert_int_equal(box_exec(&b, "date +%s", &date), 0);
    long behind = (long)time(NULL) - strtol(text_of(&date), NULL, 10);
    assert_true(behind >= -1 && behind <= 2);
    text_done(&date);
    box_free(&b);
}

static void what_it_writes_stays(void **state)
{
    struct side *s = side_usable(state);
    struct box b;
    start(s, &b, &in_vm, "if test -e /kept; then exit 4; fi; echo yes > /kept; exit 3");
    box_wait(&b);
    box_spawn(&b, NULL);
    assert_true(box_ok(&b));
    expect_end(&b, 4, NULL);
}

static void full_memory_file_systems_are_its_own_trouble(void **state)
{
    struct box b;
    struct text out = {0};
    start(side_usable(state), &b, &in_vm, "sleep 1000");
    assert_int_not_equal(box_exec(&b, "dd if=/dev/zero of=/dev/shm/full bs=1M count=200 2>&1", &out), 0);
    assert_non_null(strstr(text_of(&out), "No space left"));
    assert_int_equal(box_exec(&b, "rm /dev/shm/full; echo alive", NULL), 0);
    text_done(&out);
    box_free(&b);
}

static void a_guest_that_panics_is_noticed(void **state)
{
    struct box b;
    start(side_usable(state), &b, &in_vm, "sleep 1000");
    struct guest *g = guest_new(&b, WIRE_EXEC, "{\"argv\":[\"sleep\",\"1000\"]}");
    assert_true(guest_opened(g));
    struct guest *fatal =
        guest_new(&b, WIRE_EXEC, "{\"argv\":[\"sh\",\"-c\",\"echo c > /proc/sysrq-trigger\"]}");
    assert_true(guest_read(g, NULL));
    assert_int_equal(g->code, 137);
    guest_free(g);
    guest_free(fatal);
    expect_end(&b, 137, "the guest's kernel stopped, or QEMU was killed");
}

static void a_killed_qemu_is_noticed(void **state)
{
    struct box b;
    start(side_usable(state), &b, &in_vm, "sleep 1000");
    kill((pid_t)worker_of(&b), SIGKILL);
    expect_end(&b, 137, "QEMU was killed");
}

static void a_hanging_guest_can_be_killed(void **state)
{
    struct box b;
    start(side_usable(state), &b, &in_vm, "sleep 1000");
    kill((pid_t)worker_of(&b), SIGSTOP);
    assert_int_equal(box_control(&b, "{\"verb\":\"kill\"}"), ERROR_NONE);
    expect_end(&b, 137, "did not answer");
}

static void nothing_outlives_a_killed_keeper(void **state)
{
    struct box b;
    start(side_usable(state), &b, &in_vm, "sleep 1000");
    uint32_t worker = worker_of(&b);
    kill(b.keeper, SIGKILL);
    box_wait(&b);
    box_spawn(&b, "--clean");
    assert_true(box_ok(&b));
    box_wait(&b);
    assert_false(lives(worker));
    struct state s;
    box_state(&b, &s);
    assert_int_equal(s.state, CONTAINER_EXITED);
    state_done(&s);
    assert_false(box_left_anything(&b));
    box_free(&b);
}

static void folders_are_shared_as_asked(void **state)
{
    struct side *s = side_usable(state);
    struct vm_host host;
    struct text folder = {0}, path = {0};
    struct stat st;
    struct box b;
    if (s->paths->rootless || !vm_host_find(s->paths, &host, NULL)) {
        skip();
    }
    bool possible = host.virtiofsd != NULL;
    vm_host_done(&host);
    if (!possible) {
        print_message("SKIPPED folders: there is no virtiofsd\n");
        skip();
    }
    text_addf(&folder, "%s/shared", s->folder);
    assert_int_equal(mkdir(text_of(&folder), 0755), 0);
    struct crossing ways[2] = {
        {.kind = CROSSING_FOLDER, .outside = text_of(&folder), .inside = "/rw"},
        {.kind = CROSSING_FOLDER, .outside = text_of(&folder), .inside = "/ro", .read_only = true}};
    const struct launch_spec wish = {.isolation = ISOLATION_VM, .crossings = ways, .n_crossings = 2};
    start(s, &b, &wish, "echo from-guest > /rw/file; cat /ro/file; echo x > /ro/other && exit 9; exit 5");
    text_addf(&path, "%s/file", text_of(&folder));
    expect_end(&b, 5, NULL);
    assert_int_equal(stat(text_of(&path), &st), 0);
    assert_int_equal(st.st_size, strlen("from-guest\n"));
    text_done(&path);
    text_done(&folder);
}

static size_t templates(struct side *s, struct text *one)
{
    struct text pattern = {0};
    glob_t found = {0};
    text_addf(&pattern, "%s/templates/*/machine", s->folder);
    size_t n = glob(text_of(&pattern), 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    text_clear(one);
    text_add(one, n > 0 ? found.gl_pathv[0] : "");
    globfree(&found);
    text_done(&pattern);
    return n;
}

static void end_at_once(struct side *s)
{
    struct box b;
    start(s, &b, &in_vm, "exit 0");
    expect_end(&b, 0, NULL);
}

static void a_template_is_made_anew_when_it_must(void **state)
{
    struct side *s = side_usable(state);
    struct text first = {0}, second = {0}, pattern = {0};
    glob_t found = {0};
    end_at_once(s);
    assert_int_equal(templates(s, &first), 1);
    end_at_once(s);
    assert_int_equal(templates(s, &second), 1);
    assert_string_equal(text_of(&first), text_of(&second));

    assert_int_equal(truncate(text_of(&first), 100), 0); /* it is damaged */
    end_at_once(s);
    struct stat st;
    assert_int_equal(stat(text_of(&first), &st), 0);
    assert_true(st.st_size > 10000);

    text_addf(&pattern, "%s/guest/*.cpio", s->folder); /* what it is made of changes */
    assert_int_equal(glob(text_of(&pattern), 0, NULL, &found), 0);
    const struct timespec times[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
    assert_int_equal(utimensat(AT_FDCWD, found.gl_pathv[0], times, 0), 0);
    globfree(&found);
    end_at_once(s);
    assert_int_equal(templates(s, &second), 1);
    assert_string_not_equal(text_of(&first), text_of(&second));
    text_done(&first);
    text_done(&second);
    text_done(&pattern);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_modes_look_alike_from_inside),
        cmocka_unit_test(the_kernel_is_another_one),
        cmocka_unit_test(two_of_one_template_differ),
        cmocka_unit_test(no_qemu_can_change_the_template),
        cmocka_unit_test(the_clock_is_right_after_a_pause),
        cmocka_unit_test(what_it_writes_stays),
        cmocka_unit_test(full_memory_file_systems_are_its_own_trouble),
        cmocka_unit_test(a_guest_that_panics_is_noticed),
        cmocka_unit_test(a_killed_qemu_is_noticed),
        cmocka_unit_test(a_hanging_guest_can_be_killed),
        cmocka_unit_test(nothing_outlives_a_killed_keeper),
        cmocka_unit_test(folders_are_shared_as_asked),
        cmocka_unit_test(a_template_is_made_anew_when_it_must),
    };
    return cmocka_run_group_tests_name("keeper, vm", tests, setup, side_teardown);
}
