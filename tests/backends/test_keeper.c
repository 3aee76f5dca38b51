/* The real keeper with a real OCI runtime: consoles, execs, control, ends. */
#include "tests/backends/keeperside.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/memory.h"

static int setup(void **state)
{
    *state = side_new(NULL);
    return 0;
}

static struct side *as_root(void **state)
{
    struct side *s = side_usable(state);
    if (s->paths->rootless) {
        print_message("needs root\n");
        skip();
    }
    return s;
}

static void expect_exited(const struct box *b, int code)
{
    struct state s;
    box_state(b, &s);
    assert_int_equal(s.state, CONTAINER_EXITED);
    assert_int_equal(s.exit_code, code);
    assert_int_equal(s.pid, 0);
    assert_int_equal(s.keeper, 0);
    assert_true(s.finished >= s.started);
    state_done(&s);
}

static void held_then_started(void **state)
{
    struct box b;
    struct state s;
    box_script(side_usable(state), &b, NULL, "echo out; echo err >&2; exit 7");
    box_spawn(&b, "--hold");
    assert_true(box_ok(&b));
    box_state(&b, &s);
    assert_int_equal(s.state, CONTAINER_CREATED);
    assert_int_equal(s.keeper, b.keeper);
    state_done(&s);
    struct guest *g = guest_new(&b, WIRE_ATTACH, "{}");
    assert_int_equal(box_control(&b, "{\"verb\":\"stop\"}"), ERROR_CONFLICT);
    assert_int_equal(box_control(&b, "{\"verb\":\"start\"}"), ERROR_NONE);
    assert_true(guest_read(g, NULL));
    assert_true(g->opened);
    assert_int_equal(g->code, 7);
    assert_string_equal(text_of(&g->out), "out\n");
    assert_string_equal(text_of(&g->err), "err\n");
    guest_free(g);
    assert_int_equal(box_wait(&b), 0);
    expect_exited(&b, 7);
    assert_false(box_left_anything(&b));
    box_free(&b);
}

static void dismissed(void **state)
{
    struct box b;
    struct state s;
    box_script(side_usable(state), &b, NULL, "true");
    box_spawn(&b, "--hold");
    assert_int_equal(box_control(&b, "{\"verb\":\"shutdown\"}"), ERROR_NONE);
    assert_int_equal(box_wait(&b), 0);
    box_state(&b, &s);
    assert_int_equal(s.state, CONTAINER_CREATED);
    assert_int_equal(s.keeper, 0);
    state_done(&s);
    box_free(&b);
}

static void cannot_start(struct side *side, const char *command, enum error_kind kind, int code)
{
    struct box b;
    box_make(side, &b, NULL, (const char *const[]){command, NULL});
    box_spawn(&b, NULL);
    assert_int_equal(box_error(&b), kind);
    assert_true(strlen(json_string(b.answer, "error.text", "")) > 10);
    box_wait(&b);
    expect_exited(&b, code);
    struct state s;
    box_state(&b, &s);
    assert_string_equal(s.note, json_string(b.answer, "error.text", ""));
    state_done(&s);
    assert_false(box_left_anything(&b));
    box_free(&b);
}

static void commands_that_cannot_run(void **state)
{
    struct side *side = side_usable(state);
    cannot_start(side, "no-such-command", ERROR_NO_COMMAND, 127);
    cannot_start(side, "/no/such/command", ERROR_NO_COMMAND, 127);
    cannot_start(side, "/etc/passwd", ERROR_NOT_RUNNABLE, 126);
    cannot_start(side, "/etc", ERROR_NOT_RUNNABLE, 126);
}

static void nobody_there(void **state)
{
    struct side *side = side_usable(state);
    struct box b = {.side = side};
    strcpy(b.id, "0123456789ab");
    box_spawn(&b, NULL);
    assert_int_equal(box_error(&b), ERROR_NOT_FOUND);
    assert_int_equal(box_wait(&b), 1);
    cJSON_Delete(b.answer);
}

static void terminal_and_two_clients(void **state)
{
    struct box b;
    struct launch_spec wish;
    launch_spec_init(&wish);
    wish.terminal = wish.input = true;
    wish.rows = 11;
    wish.cols = 22;
    box_make(side_usable(state), &b, &wish, (const char *const[]){"sh", NULL});
    box_spawn(&b, NULL);
    assert_true(box_ok(&b));
    struct guest *one = guest_new(&b, WIRE_ATTACH, "{\"input\":true,\"replay\":true}");
    guest_type(one, "stty size; tty; echo mar''ker\n");
    assert_true(guest_read(one, "marker\r\n"));
    assert_non_null(strstr(text_of(&one->out), "11 22\r\n"));
    assert_non_null(strstr(text_of(&one->out), "/dev/pts/"));
    guest_resize(one, 30, 90);
    struct guest *two =
        guest_new(&b, WIRE_ATTACH, "{\"input\":true,\"replay\":true,\"rows\":40,\"cols\":99}");
    assert_true(guest_read(two, "marker\r\n")); /* by replay */
    guest_type(two, "stty size; echo sec''ond\n");
    assert_true(guest_read(one, "second\r\n"));
    assert_true(guest_read(two, "second\r\n"));
    assert_non_null(strstr(text_of(&one->out), "40 99\r\n"));
    guest_type(one, "stty size; echo thi''rd\n"); /* whoever types has the size */
    assert_true(guest_read(two, "third\r\n"));
    assert_non_null(strstr(text_of(&two->out), "30 90\r\n"));
    guest_free(two); /* detaching ends nothing */
    guest_type(one, "exit 5\n");
    assert_true(guest_read(one, NULL));
    assert_int_equal(one->code, 5);
    guest_free(one);
    box_wait(&b);
    expect_exited(&b, 5);
    box_free(&b);
    launch_spec_done(&wish);
}

static void watcher_cannot_type(void **state)
{
    struct box b;
    struct launch_spec wish;
    launch_spec_init(&wish);
    wish.input = true;
    box_make(side_usable(state), &b, &wish, (const char *const[]){"cat", NULL});
    box_spawn(&b, NULL);
    struct guest *watcher = guest_new(&b, WIRE_ATTACH, "{}"),
                 *typist = guest_new(&b, WIRE_ATTACH, "{\"input\":true}");
    guest_type(watcher, "not this\n");
    guest_send(watcher, WIRE_INPUT_END, NULL, 0);
    guest_type(typist, "but this\n");
    assert_true(guest_read(watcher, "this\n"));
    guest_send(typist, WIRE_INPUT_END, NULL, 0);
    assert_true(guest_read(watcher, NULL) && guest_read(typist, NULL));
    assert_int_equal(typist->code, 0);
    assert_string_equal(text_of(&typist->out), "but this\n");
    guest_free(watcher);
    guest_free(typist);
    box_wait(&b);
    box_free(&b);
    launch_spec_done(&wish);
}

static void much_input(void **state)
{
    struct box b;
    struct launch_spec wish;
    launch_spec_init(&wish);
    wish.input = true;
    box_script(side_usable(state), &b, &wish, "sleep 1; wc -c");
    box_spawn(&b, NULL);
    struct guest *g = guest_new(&b, WIRE_ATTACH, "{\"input\":true}");
    static char chunk[50000];
    memset(chunk, 'x', sizeof chunk);
    for (int i = 0; i < 100; i++) {
        guest_send(g, WIRE_INPUT, chunk, sizeof chunk);
    }
    guest_send(g, WIRE_INPUT_END, NULL, 0);
    assert_true(guest_read(g, NULL));
    assert_string_equal(text_of(&g->out), "5000000\n");
    guest_free(g);
    box_wait(&b);
    box_free(&b);
    launch_spec_done(&wish);
}

static void execs(void **state)
{
    struct box b;
    struct text out = {0};
    box_script(side_usable(state), &b, NULL, "sleep 1000");
    box_spawn(&b, NULL);
    struct guest *g = guest_new(
        &b, WIRE_EXEC,
        "{\"argv\":[\"sh\",\"-c\",\"cat; echo $E $PWD >&2; exit 3\"],\"input\":true,\"env\":[\"E=env\"],"
        "\"workdir\":\"/tmp\"}");
    guest_type(g, "through\n");
    guest_send(g, WIRE_INPUT_END, NULL, 0);
    assert_true(guest_read(g, NULL));
    assert_int_equal(g->code, 3);
    assert_string_equal(text_of(&g->out), "through\n");
    assert_string_equal(text_of(&g->err), "env /tmp\n");
    guest_free(g);

    g = guest_new(&b, WIRE_EXEC,
                  "{\"argv\":[\"sh\",\"-c\",\"stty size; sleep 500 & exit "
                  "4\"],\"terminal\":true,\"rows\":33,\"cols\":77}");
    assert_true(guest_read(g, NULL));
    assert_int_equal(g->code, 4);
    assert_string_equal(text_of(&g->out), "33 77\r\n");
    guest_free(g);

    g = guest_new(&b, WIRE_EXEC, "{\"argv\":[\"no-such-command\"]}");
    assert_true(guest_read(g, NULL));
    assert_int_equal(g->error.kind, ERROR_NO_COMMAND);
    guest_free(g);
    g = guest_new(&b, WIRE_EXEC, "{\"argv\":[\"/etc/passwd\"]}");
    assert_true(guest_read(g, NULL));
    assert_int_equal(g->error.kind, ERROR_NOT_RUNNABLE);
    guest_free(g);
    g = guest_new(&b, WIRE_EXEC, "{\"argv\":[\"true\"],\"user\":\"no-such-user\"}");
    assert_true(guest_read(g, NULL));
    assert_int_equal(g->error.kind, ERROR_INVALID);
    guest_free(g);

    g = guest_new(&b, WIRE_EXEC, "{\"argv\":[\"sleep\",\"333\"]}");
    assert_true(guest_opened(g));
    unsigned char number = SIGTERM;
    guest_send(g, WIRE_SIGNAL, &number, 1);
    assert_true(guest_read(g, NULL));
    assert_int_equal(g->code, 128 + SIGTERM);
    guest_free(g);
    assert_int_equal(box_exec(&b, "exit 9", &out), 9);
    assert_int_equal(box_control(&b, "{\"verb\":\"kill\"}"), ERROR_NONE);
    box_wait(&b);
    expect_exited(&b, 137);
    text_done(&out);
    box_free(&b);
}

static void exec_hangs_up(void **state)
{
    struct box b;
    struct text out = {0};
    box_script(side_usable(state), &b, NULL, "sleep 1000");
    box_spawn(&b, NULL);
    struct guest *g = guest_new(&b, WIRE_EXEC, "{\"argv\":[\"sh\"],\"terminal\":true,\"input\":true}");
    guest_type(g, "echo her''e; sleep 444\n");
    assert_true(guest_read(g, "here"));
    guest_free(g);
    for (int i = 0; i < 200; i++) {
        text_clear(&out);
        box_exec(&b, "ps", &out);
        if (!strstr(text_of(&out), "sleep 444")) {
            break;
        }
        moment();
    }
    assert_null(strstr(text_of(&out), "sleep 444"));
    text_done(&out);
    box_free(&b);
}

static void stops(void **state)
{
    struct box b;
    box_script(side_usable(state), &b, NULL, "trap 'exit 21' TERM; echo up; while :; do sleep 0.1; done");
    box_spawn(&b, NULL);
    struct guest *g = guest_new(&b, WIRE_ATTACH, "{\"replay\":true}");
    assert_true(guest_read(g, "up"));
    assert_int_equal(box_control(&b, "{\"verb\":\"stop\"}"), ERROR_NONE);
    assert_true(guest_read(g, NULL));
    assert_int_equal(g->code, 21);
    guest_free(g);
    box_wait(&b);
    expect_exited(&b, 21);
    box_free(&b);

    box_script(side_usable(state), &b, NULL, "trap '' TERM; sleep 1000"); /* deaf: it has to be killed */
    box_spawn(&b, NULL);
    long start = now_ms();
    assert_int_equal(box_control(&b, "{\"verb\":\"stop\",\"timeout\":1}"), ERROR_NONE);
    assert_in_range(now_ms() - start, 900, 5000);
    box_wait(&b);
    expect_exited(&b, 137);
    assert_false(box_left_anything(&b));

    box_spawn(&b, NULL); /* and again from the same folder */
    assert_true(box_ok(&b));
    assert_int_equal(box_control(&b, "{\"verb\":\"kill\",\"signal\":\"SIGNOT\"}"), ERROR_INVALID);
    assert_int_equal(box_control(&b, "{\"verb\":\"dance\"}"), ERROR_INVALID);
    assert_int_equal(box_control(&b, "{"), ERROR_INVALID);
    assert_int_equal(box_control(&b, "{\"verb\":\"kill\",\"signal\":\"9\"}"), ERROR_NONE);
    box_wait(&b);
    box_free(&b);
}

static void pauses(void **state)
{
    struct side *side = side_usable(state);
    struct box b;
    struct state s;
    box_script(side, &b, NULL, "sleep 1000");
    box_spawn(&b, NULL);
    if (side->paths->rootless) {
        assert_int_equal(box_control(&b, "{\"verb\":\"pause\"}"), ERROR_UNSUPPORTED);
        box_free(&b);
        return;
    }
    assert_int_equal(box_control(&b, "{\"verb\":\"resume\"}"), ERROR_CONFLICT);
    assert_int_equal(box_control(&b, "{\"verb\":\"pause\"}"), ERROR_NONE);
    box_state(&b, &s);
    assert_int_equal(s.state, CONTAINER_PAUSED);
    state_done(&s);
    assert_int_equal(box_exec(&b, "true", NULL), -1);
    assert_int_equal(box_control(&b, "{\"verb\":\"resume\"}"), ERROR_NONE);
    assert_int_equal(box_exec(&b, "true", NULL), 0);
    assert_int_equal(box_control(&b, "{\"verb\":\"pause\"}"), ERROR_NONE);
    assert_int_equal(box_control(&b, "{\"verb\":\"stop\",\"timeout\":1}"), ERROR_NONE);
    box_wait(&b);
    assert_false(box_left_anything(&b));
    box_free(&b);
}

static void removes_itself(void **state)
{
    struct box b;
    struct launch_spec wish;
    launch_spec_init(&wish);
    wish.remove = true;
    box_script(side_usable(state), &b, &wish, "sleep 1000");
    box_spawn(&b, NULL);
    struct guest *g = guest_new(&b, WIRE_ATTACH, "{}");
    assert_int_equal(box_control(&b, "{\"verb\":\"stop\",\"timeout\":0}"), ERROR_NONE);
    assert_true(guest_read(g, NULL));
    char *folder = paths_container(b.side->paths, b.id, NULL), *file = paths_state(b.side->paths, b.id);
    assert_int_not_equal(access(folder, F_OK), 0); /* gone before its clients hear of the end */
    assert_int_not_equal(access(file, F_OK), 0);
    free(folder);
    free(file);
    guest_free(g);
    assert_int_equal(box_wait(&b), 0);
    box_free(&b);
    launch_spec_done(&wish);
}

static void killed_keeper(void **state)
{
    struct box b, other;
    struct state s;
    box_script(side_usable(state), &b, NULL, "sleep 1000");
    box_spawn(&b, NULL);
    box_state(&b, &s);
    assert_int_equal(s.state, CONTAINER_RUNNING);
    assert_int_equal(s.pid_started, state_process_started(s.pid));
    other = (struct box){.side = b.side};
    memcpy(other.id, b.id, STATE_ID);
    box_spawn(&other, "--clean");
    assert_int_equal(box_error(&other), ERROR_CONFLICT); /* its keeper lives */
    box_wait(&other);
    kill(b.keeper, SIGKILL);
    box_wait(&b);
    for (int i = 0; i < 2; i++) { /* as often as one likes */
        box_spawn(&other, "--clean");
        assert_true(box_ok(&other));
        assert_int_equal(box_wait(&other), 0);
        assert_int_not_equal(state_process_started(s.pid), s.pid_started);
        assert_false(box_left_anything(&b));
        expect_exited(&b, 137);
    }
    state_done(&s);
    cJSON_Delete(other.answer);
    box_free(&b);
}

/* What a reboot leaves: a state of another boot, whose pid is somebody else's by now. */
static void lost_at_reboot(void **state)
{
    struct box b;
    struct state s;
    struct error e = {0};
    box_script(side_usable(state), &b, NULL, "true");
    box_state(&b, &s);
    s.state = CONTAINER_RUNNING;
    s.pid = (uint32_t)getpid();
    s.pid_started = state_process_started(s.pid);
    s.boot = mem_string("another-boot");
    assert_true(state_write(&s, b.side->paths, &e));
    state_done(&s);
    box_spawn(&b, "--clean");
    assert_true(box_ok(&b)); /* and we are still here */
    box_wait(&b);
    expect_exited(&b, 137);
    box_state(&b, &s);
    assert_non_null(s.note);
    state_done(&s);
    box_free(&b);
}

static void asked_to_end(void **state)
{
    struct box b;
    box_script(side_usable(state), &b, NULL, "trap 'exit 0' TERM; echo up; while :; do sleep 0.1; done");
    box_spawn(&b, NULL);
    struct guest *g = guest_new(&b, WIRE_ATTACH, "{\"replay\":true}");
    assert_true(guest_read(g, "up"));
    kill(b.keeper, SIGHUP);
    kill(b.keeper, SIGINT);
    kill(b.keeper, SIGTERM);
    assert_true(guest_read(g, NULL));
    assert_int_equal(g->code, 0);
    guest_free(g);
    assert_int_equal(box_wait(&b), 0);
    assert_false(box_left_anything(&b));
    box_free(&b);
}

static void nonsense_from_clients(void **state)
{
    struct box b;
    box_script(side_usable(state), &b, NULL, "sleep 1000");
    box_spawn(&b, NULL);
    struct guest *g = guest_new(&b, WIRE_INPUT, "first");
    assert_true(guest_read(g, NULL));
    assert_int_equal(g->error.kind, ERROR_PROTOCOL);
    guest_free(g);
    g = guest_new(&b, WIRE_ATTACH, "{not json");
    assert_true(guest_read(g, NULL));
    assert_int_equal(g->error.kind, ERROR_INVALID);
    guest_free(g);
    g = guest_new(&b, WIRE_ATTACH, "{\"input\":true}");
    assert_int_equal(write(g->fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8), 8);
    assert_true(guest_read(g, NULL));
    assert_int_equal(g->error.kind, ERROR_PROTOCOL);
    guest_free(g);
    assert_int_equal(box_exec(&b, "exit 2", NULL), 2); /* it lives */
    box_free(&b);
}

/* One client sleeps: the others, and the container, must get on after a while. */
static void stalled_client(void **state)
{
    struct box b;
    box_script(side_usable(state), &b, NULL,
               "yes 0123456789012345678901234567890123456789 | head -c 3000000; echo end");
    box_spawn(&b, "--hold");
    struct guest *asleep = guest_new(&b, WIRE_ATTACH, "{}"), *awake = guest_new(&b, WIRE_ATTACH, "{}");
    long start = now_ms();
    assert_int_equal(box_control(&b, "{\"verb\":\"start\"}"), ERROR_NONE);
    assert_true(guest_read(awake, NULL));
    assert_int_equal(awake->out.len, 3000004);
    assert_in_range(now_ms() - start, 8000, 19000);
    guest_free(asleep);
    guest_free(awake);
    box_wait(&b);
    expect_exited(&b, 0);
    box_free(&b);
}

static off_t size_of(const struct box *b, const char *name)
{
    struct stat st;
    char *path = paths_container(b->side->paths, b->id, name);
    off_t size = stat(path, &st) == 0 ? st.st_size : -1;
    free(path);
    return size;
}

/* The bytes in the records of a log; it must consist of whole ones. */
static off_t bytes_logged(const struct box *b, const char *name)
{
    char *path = paths_container(b->side->paths, b->id, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t at = 0, total = 0, size = size_of(b, name);
    unsigned char head[16];
    while (at < size && pread(fd, head, sizeof head, at) == (ssize_t)sizeof head) {
        off_t len = head[0] | head[1] << 8 | head[2] << 16 | head[3] << 24;
        assert_true(head[4] <= 1 && len > 0);
        at += (off_t)sizeof head + len;
        total += len;
    }
    assert_int_equal(at, size);
    close(fd);
    free(path);
    return total;
}

static void log_is_rotated(void **state)
{
    struct box b;
    box_script(side_usable(state), &b, NULL,
               "yes 0123456789012345678901234567890123456789 | head -c 20000000; echo err >&2");
    box_spawn(&b, NULL);
    box_wait(&b);
    expect_exited(&b, 0);
    assert_in_range(size_of(&b, "log.1"), 7 << 20, 8 << 20);
    assert_in_range(size_of(&b, "log"), 1, 8 << 20);
    off_t kept = bytes_logged(&b, "log") + bytes_logged(&b, "log.1");
    assert_in_range(kept, 9 << 20, 16 << 20);
    box_free(&b);
}

static void fill_disk(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    static char zeros[65536];
    for (size_t size = sizeof zeros; size > 0; size /= 2) {
        while (write(fd, zeros, size) == (ssize_t)size) {
        }
    }
    close(fd);
}

static void wait_for_note(const struct box *b, bool wanted)
{
    for (int i = 0; i < 500; i++) {
        struct state s;
        box_state(b, &s);
        bool there = s.note != NULL;
        state_done(&s);
        if (there == wanted) {
            return;
        }
        moment();
    }
    fail_msg("the note did not %s", wanted ? "appear" : "go");
}

static void full_disk(void **state)
{
    as_root(state);
    char place[] = "/tmp/porthole-full-XXXXXX";
    struct text path = {0};
    assert_non_null(mkdtemp(place));
    if (mount("tmpfs", place, "tmpfs", 0, "size=8m") < 0) {
        rmdir(place);
        print_message("needs the right to mount\n");
        skip();
    }
    struct side *side = side_new(place);
    struct box b;
    box_script(side, &b, NULL, "while read line; do echo $line; done; exit 6");
    struct launch_spec wish;
    launch_spec_init(&wish);
    wish.input = true;
    box_free(&b);
    box_script(side, &b, &wish, "while read line; do echo $line; done; exit 6");
    box_spawn(&b, NULL);
    assert_true(box_ok(&b));
    struct guest *g = guest_new(&b, WIRE_ATTACH, "{\"input\":true}");
    text_addf(&path, "%s/ballast", place);
    fill_disk(text_of(&path));
    static char line[3000];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    for (int i = 0; i < 4; i++) {
        guest_send(g, WIRE_INPUT, line, sizeof line);
    }
    guest_type(g, "still here\n");
    assert_true(guest_read(g, "still here\n")); /* the container goes on, and is heard */
    wait_for_note(&b, true);
    assert_int_equal(unlink(text_of(&path)), 0);
    struct timespec pause = {.tv_sec = 2, .tv_nsec = 200000000};
    nanosleep(&pause, NULL);
    guest_type(g, "again\n");
    wait_for_note(&b, false);
    fill_disk(text_of(&path));
    guest_send(g, WIRE_INPUT_END, NULL, 0);
    assert_true(guest_read(g, NULL));
    assert_int_equal(g->code, 6);
    guest_free(g);
    box_wait(&b);
    expect_exited(&b, 6); /* written down even so */
    bytes_logged(&b, "log");
    unlink(text_of(&path));
    box_free(&b);
    launch_spec_done(&wish);
    side_free(side);
    struct side *first = *state;
    setenv("PORTHOLE_STATE", first->folder, 1);
    umount2(place, MNT_DETACH);
    rmdir(place);
    text_done(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_then_started),
        cmocka_unit_test(dismissed),
        cmocka_unit_test(commands_that_cannot_run),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(terminal_and_two_clients),
        cmocka_unit_test(watcher_cannot_type),
        cmocka_unit_test(much_input),
        cmocka_unit_test(execs),
        cmocka_unit_test(exec_hangs_up),
        cmocka_unit_test(stops),
        cmocka_unit_test(pauses),
        cmocka_unit_test(removes_itself),
        cmocka_unit_test(killed_keeper),
        cmocka_unit_test(lost_at_reboot),
        cmocka_unit_test(asked_to_end),
        cmocka_unit_test(nonsense_from_clients),
        cmocka_unit_test(stalled_client),
        cmocka_unit_test(log_is_rotated),
        cmocka_unit_test(full_disk),
    };
    return cmocka_run_group_tests(tests, setup, side_teardown);
}
