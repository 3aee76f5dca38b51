/* A Windows host as a person sees it: the real program on the simulated host, with a fixed seed and nothing
 * that moves. */
#include <stdio.h>
#include <sys/wait.h>

#include "tests/core/test.h"
#include "tests/ui/golden.h"
#include "tests/ui/pty.h"

static const char *const plain[] = {"NO_COLOR", "XDG_CONFIG_HOME=/nonexistent", NULL};

static struct pty *start(int rows, int cols, const char *options)
{
    char engine[128];
    snprintf(engine, sizeof engine, "sim:%s", options);
    const char *argv[] = {getenv("PORTHOLE_BINARY"), "--engine", engine, NULL};
    struct pty *p = pty_start(rows, cols, argv, plain);
    pty_expect(p, "ISOLATION");
    return p;
}

static void quit(struct pty *p)
{
    int status = -1;
    pty_type(p, "q");
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(pty_restored(p));
    pty_free(p);
}

/* Puts the cursor on a container. */
static void choose(struct pty *p, const char *name)
{
    char keys[64];
    snprintf(keys, sizeof keys, "/%s<Enter>", name);
    pty_type(p, keys);
    pty_expect(p, "1 shown");
}

static void the_list_of_a_windows_host(void **state)
{
    (void)state;
    static const struct {
        int rows, cols;
        const char *name;
    } sizes[] = {{24, 80, "sim-80x24"}, {40, 120, "sim-120x40"}};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct pty *p = start(sizes[i].rows, sizes[i].cols, "systems=14,seed=20,still=1");
        pty_type(p, "[["); /* a tab in which nothing moves */
        pty_expect(p, "‹Boundary›");
        pty_expect(p, "9 containers · 7 running");
        pty_expect(p, "vmwp 1696");
        pty_expect(p, "28.2 %"); /* measured twice */
        golden_expect(p, sizes[i].name);
        quit(p);
    }
}

/* The experiment: the same ping in each mode, and what the host sees of it. */
static void the_map_of_each_mode(void **state)
{
    (void)state;
    static const char *const names[][3] = {
        {"ping-process", "sim-map-process-120x40", "the host sees all"},
        {"ping-hyperv", "sim-map-hyperv-120x40", "2 host processes stand for"}};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct pty *p = start(40, 120, "systems=14,seed=20,still=1");
        choose(p, names[i][0]);
        pty_type(p, "]");
        pty_expect(p, "‹Host map›");
        pty_expect(p, names[i][2]);
        pty_expect(p, "0.0 %"); /* rates are known, of the processes and of the container */
        pty_expect(p, "0.1 %");
        golden_expect(p, names[i][1]);
        quit(p);
    }
}

static void vms_are_shown_when_asked_for(void **state)
{
    (void)state;
    struct pty *p = start(30, 110, "systems=14,seed=20,still=1");
    pty_expect(p, "9 containers");
    assert_false(pty_find(p, "build-agent", NULL, NULL));
    pty_type(p, "V");
    pty_expect(p, "14 containers");
    pty_expect(p, "build-agent");
    pty_type(p, "V");
    pty_expect_gone(p, "build-agent");
    quit(p);
}

static void a_shell_in_a_windows_container(void **state)
{
    (void)state;
    struct pty *p = start(30, 100, "systems=14,seed=20,still=1");
    choose(p, "billing");
    pty_type(p, "e");
    pty_expect(p, "C:\\>");
    pty_type(p, "hostname<Enter>");
    pty_expect(p, "Microsoft Windows [Version 10.0.20348.2700]");
    pty_type(p, "mode<Enter>");
    pty_expect(p, "Columns:        100");
    pty_resize(p, 30, 90);
    pty_wait_quiet(p, 300, PTY_PATIENCE_MS); /* it has drawn itself anew, and told the console */
    pty_type(p, "mode<Enter>");
    pty_expect(p, "Columns:        90");
    pty_type(p, "exit 5<Enter>");
    pty_expect(p, "5");
    pty_free(p);
}

static void what_windows_cannot_do_is_said(void **state)
{
    (void)state;
    struct pty *p = start(24, 110, "systems=14,seed=20,still=1");
    choose(p, "web-1");
    pty_type(p, "p");
    pty_expect(p, "Windows cannot pause a process-isolated container");
    pty_type(p, "a");
    pty_expect(p, "open a shell instead");
    pty_type(p, "o");
    pty_expect(p, "HCS does not tell with what settings it was created");
    quit(p);
}

/* It was asked to end, and did not: that it was killed is said where its end is. */
static void a_stop_that_became_a_kill_is_said(void **state)
{
    (void)state;
    struct pty *p = start(24, 110, "systems=14,seed=20,still=1,speed=30,stubborn=1,shutdown=late");
    choose(p, "web-1");
    pty_type(p, "xy");
    pty_expect(p,
               "Stopped web-1. But web-1 was killed: it had not ended 30 s after it was asked to; HCS had");
    quit(p);
    p = start(24, 110, "systems=14,seed=20,still=1,speed=30,stubborn=1");
    pty_type(p, "/ping<Enter>");
    pty_expect(p, "2 shown");
    pty_type(p, "  xy");
    pty_expect(p, "Stopped 2 containers, of which 2 otherwise than asked; the first: ping-");
    quit(p);
}

static void the_same_again_in_the_other_mode(void **state)
{
    (void)state;
    static const struct {
        const char *now, *next, *gone;
    } turns[] = {{"mine", "mine-hyperv", "mine is stopped and removed"},
                 {"mine-hyperv", "mine-process", "mine-hyperv is stopped and removed"}};
    struct pty *p = start(30, 110, "systems=14,seed=20,still=1");
    pty_type(p, "n");
    pty_expect(p, "Launch a container");
    pty_expect(p, "of 6");
    pty_type(p, "<Ctrl-U>pinger:1.0<Tab><Tab><Tab><Tab><Tab>mine<F10>");
    pty_expect(p, "time<1ms");
    pty_type(p, "<Ctrl-]><Tab>");
    for (size_t i = 0; i < COUNT(turns); i++) {
        char question[120];
        snprintf(question, sizeof question, "%s runs. Stop and remove the old one, %s?", turns[i].next,
                 turns[i].now);
        pty_type(p, "o");
        pty_expect(p, "Launch a container");
        pty_expect(p, turns[i].next);
        pty_expect(p, "6 of 6"); /* the images are known: it is pinger's build that is judged */
        pty_type(p, "<F10>");
        pty_expect(p, question);
        pty_type(p, "y");
        pty_expect(p, turns[i].gone);
    }
    quit(p);
}

/* The steps of a launch are told while they last, and leave nothing before what the container prints. */
static void a_launch_is_told_and_then_wiped_away(void **state)
{
    (void)state;
    const char *argv[] = {getenv("PORTHOLE_BINARY"),
                          "--engine",
                          "sim:delay=150",
                          "run",
                          "nanoserver:ltsc2022",
                          "cmd",
                          "/c",
                          "echo hello",
                          NULL};
    struct pty *p = pty_start(4, 80, argv, plain);
    int status = -1;
    pty_expect(p, "creating it\n"); /* no number: steps are not bytes */
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(strncmp(pty_text(p), "hello\n", 6), 0);
    pty_free(p);
}

/* Whoever gives no input gets a process that has none, and not one that waits for it for ever. */
static void without_input_a_shell_ends_at_once(void **state)
{
    (void)state;
    const char *argv[] = {getenv("PORTHOLE_BINARY"), "--engine", "sim", "run", "nanoserver:ltsc2022", NULL};
    struct pty *p = pty_start(10, 80, argv, plain);
    int status = -1;
    pty_expect(p, "Microsoft Windows [Version");
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    pty_free(p);
}

static void who_is_a_worker(void **state)
{
    (void)state;
    struct pty *p = start(30, 110, "systems=14,seed=20,still=1");
    pty_type(p, "w1384<Enter>");
    pty_expect(p, "Process 1384 is the VM of ping-hyperv");
    pty_type(p, "<Enter>");
    pty_expect(p, "‹Host map›");
    quit(p);
}

/* A filter, the list's own option, or both may hide a row: Enter shows the map of that container and of no
 * other, and takes away no more than what hid it. */
static void who_shows_what_the_list_hides(void **state)
{
    (void)state;
    struct pty *p = start(30, 130, "systems=14,seed=20,still=1");
    pty_type(p, "w2300<Enter>");
    pty_expect(p, "is the VM of build-agent");
    pty_type(p, "<Enter>");
    pty_expect(p, "To show build-agent, VMs that are no containers are listed now.");
    pty_expect(p, "── build-agent ──");
    pty_type(p, "V");
    choose(p, "orders");
    pty_expect_gone(p, "build-agent");
    pty_type(p, "w1384<Enter>");
    pty_expect(p, "is the VM of ping-hyperv");
    pty_type(p, "<Enter>");
    pty_expect(p, "To show ping-hyperv, the filter is taken away.");
    pty_expect(p, "── ping-hyperv ──");
    pty_expect(p, "1384  vmwp.exe");
    assert_false(pty_find(p, "build-agent", NULL, NULL));
    choose(p, "orders");
    pty_type(p, "w2244<Enter>");
    pty_expect(p, "is the VM of Windows Sandbox");
    pty_type(p, "<Enter>");
    pty_expect(p, "To show Windows Sandbox, ");
    pty_expect(p, "── Windows Sandbox ──");
    pty_type(p, "w4<Enter>");
    pty_expect(p, "belongs to no container");
    pty_type(p, "<Enter>");
    pty_expect_gone(p, "Who is 4?");
    pty_expect(p, "── Windows Sandbox ──");
    quit(p);
}

static void a_service_that_goes_away_is_said_and_comes_back(void **state)
{
    (void)state;
    struct pty *p = start(24, 110, "systems=14,seed=20,still=1,disconnect=2500");
    pty_expect(p, "billing");
    pty_expect(p, "lost");
    pty_expect_gone(p, "lost");
    pty_expect(p, "running");
    quit(p);
}

static int have_program(void **state)
{
    (void)state;
    return getenv("PORTHOLE_BINARY") ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_of_a_windows_host),
        cmocka_unit_test(the_map_of_each_mode),
        cmocka_unit_test(vms_are_shown_when_asked_for),
        cmocka_unit_test(a_shell_in_a_windows_container),
        cmocka_unit_test(what_windows_cannot_do_is_said),
        cmocka_unit_test(a_stop_that_became_a_kill_is_said),
        cmocka_unit_test(the_same_again_in_the_other_mode),
        cmocka_unit_test(a_launch_is_told_and_then_wiped_away),
        cmocka_unit_test(without_input_a_shell_ends_at_once),
        cmocka_unit_test(who_is_a_worker),
        cmocka_unit_test(who_shows_what_the_list_hides),
        cmocka_unit_test(a_service_that_goes_away_is_said_and_comes_back),
    };
    return cmocka_run_group_tests_name("sim", tests, have_program, NULL);
}
