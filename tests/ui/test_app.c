/* The interface as a person meets it: keys in, screen out, on the deterministic fake engine. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/core/test.h"
#include "tests/ui/golden.h"
#include "tests/ui/pty.h"

static const char *const plain[] = {"NO_COLOR", "XDG_CONFIG_HOME=/nonexistent", NULL};

static struct pty *start_with(int rows, int cols, const char *options, const char *const *env)
{
    char engine[128];
    snprintf(engine, sizeof engine, "fake=%s", options);
    const char *argv[] = {getenv("PORTHOLE_FAKE"), "--engine", engine, NULL};
    return pty_start(rows, cols, argv, env);
}

static struct pty *start(int rows, int cols)
{
    struct pty *p = start_with(rows, cols, "containers=12", plain);
    pty_expect(p, rows < 20 ? "cache" : "12 containers");
    pty_expect(p, "quit"); /* the last of the first frame */
    return p;
}

/* An escape with another key right behind it would be Alt and that key. */
static void escape(struct pty *p)
{
    pty_type(p, "<Esc>");
    pty_read(p, 120);
}

static void quit(struct pty *p)
{
    int status = -1;
    pty_type(p, "q");
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(pty_restored(p));
    pty_free(p);
}

/* A tab in which nothing moves. */
static void calm(struct pty *p)
{
    pty_type(p, "[[");
    pty_expect(p, "‹Boundary›");
}

static void screens_of_all_sizes(void **state)
{
    (void)state;
    static const struct {
        int rows, cols;
        const char *name;
    } sizes[] = {
        {24, 80, "main-80x24"}, {40, 120, "main-120x40"}, {60, 200, "main-200x60"}, {12, 60, "main-60x12"}};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct pty *p = start(sizes[i].rows, sizes[i].cols);
        calm(p);
        golden_expect(p, sizes[i].name);
        quit(p);
    }
}

static void screens_over_the_list(void **state)
{
    (void)state;
    struct pty *p = start(24, 80);
    calm(p);
    pty_type(p, "?");
    pty_expect(p, "Help");
    golden_expect(p, "help-80x24");
    escape(p);
    pty_type(p, ":rem");
    pty_expect(p, "Remove: delete");
    golden_expect(p, "palette-80x24");
    escape(p);
    pty_type(p, "n");
    pty_expect(p, "1 of 3");
    golden_expect(p, "launch-80x24");
    escape(p);
    pty_expect_gone(p, "Launch a container");
    quit(p);
}

static void screens_without_containers(void **state)
{
    (void)state;
    struct pty *p = start_with(24, 80, "containers=0,novm=1", plain);
    pty_expect(p, "images: busybox");
    golden_expect(p, "empty-80x24");
    quit(p);
    p = start_with(24, 80, "refuse=1", plain);
    pty_expect(p, "No container engine can be used here.");
    golden_expect(p, "offline-80x24");
    quit(p);
}

static void too_small_says_so(void **state)
{
    (void)state;
    struct pty *p = start_with(6, 20, "containers=12", plain);
    pty_expect(p, "20 x");
    golden_expect(p, "small-20x6");
    pty_type(p, "xxyy<Ctrl-K>y"); /* blind keys do nothing */
    pty_resize(p, 24, 80);
    pty_expect(p, "12 containers · 7 running");
    pty_expect_gone(p, "Kill ");
    quit(p);
}

/* The list. */

static int row_of(struct pty *p, const char *text)
{
    int row = -1, col = -1;
    return pty_find(p, text, &row, &col) ? row : -1;
}

static void the_cursor_stays_on_its_container(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_type(p, "jj");
    pty_expect(p, "▸ □ process  db");
    pty_type(p, "ssss"); /* by CPU */
    pty_expect(p, "sorted by cpu");
    pty_expect(p, "▸ □ process  db");
    pty_expect(p, "── db ──");
    assert_true(row_of(p, "untrusted-build") < row_of(p, "worker-1"));
    pty_type(p, "r");
    pty_expect(p, "least first");
    pty_expect(p, "▸ □ process  db");
    assert_true(row_of(p, "untrusted-build") > row_of(p, "worker-1"));
    quit(p);
}

static void one_step_draws_two_rows(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_type(p, "]]]]]"); /* a quiet tab */
    pty_wait_quiet(p, 300, 3000);
    size_t before = pty_bytes_written(p);
    pty_type(p, "j");
    pty_expect(p, "▸ □ process  cache");
    pty_wait_quiet(p, 200, 2000);
    assert_in_range(pty_bytes_written(p) - before, 1, 3000);
    pty_free(p);
}

static void nothing_is_written_when_nothing_changes(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_type(p, "]]]]]");
    pty_wait_quiet(p, 500, 5000);
    size_t before = pty_bytes_written(p);
    pty_read(p, 2500);
    assert_int_equal(pty_bytes_written(p), before);
    quit(p);
}

static void a_filter_works_while_it_is_typed(void **state)
{
    (void)state;
    struct pty *p = start(24, 80);
    pty_type(p, "/work");
    pty_expect(p, "2 shown");
    pty_expect_gone(p, "billing");
    pty_type(p, "<Enter>");
    pty_expect(p, "filter: work");
    escape(p);
    pty_expect_gone(p, "filter: work");
    pty_type(p, "g");
    pty_expect(p, "billing");
    pty_type(p, "/nothing such<Enter>");
    pty_expect(p, "No container fits the filter");
    escape(p);
    pty_expect(p, "billing");
    pty_type(p, "/work");
    pty_expect(p, "2 shown");
    escape(p); /* given up: all is shown */
    pty_expect(p, "billing");
    quit(p);
}

static void stopped_ones_hide(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_expect(p, "nightly");
    pty_type(p, "H");
    pty_expect_gone(p, "nightly");
    pty_expect(p, "stopped hidden");
    pty_type(p, "H");
    pty_expect(p, "nightly");
    quit(p);
}

/* Verbs. */

static void nothing_is_destroyed_without_a_question(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_type(p, "j<Ctrl-D>");
    pty_expect(p, "Remove cache?");
    pty_type(p, "n");
    pty_expect_gone(p, "Remove cache?");
    pty_expect(p, "redis:7");
    pty_type(p, "<Ctrl-D>y");
    pty_expect(p, "11 containers");
    pty_expect_gone(p, "redis:7");
    quit(p);
}

static void marks_are_asked_about_once(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_type(p, "*");
    pty_expect(p, "12 marked");
    pty_type(p, "x");
    pty_expect(p, "Stop 9 of 12 containers");
    pty_type(p, "n");
    escape(p);
    pty_expect_gone(p, "marked");
    pty_type(p, "j  ");
    pty_expect(p, "2 marked");
    pty_type(p, "x");
    pty_expect(p, "Stop 2 containers?");
    pty_type(p, "y");
    pty_expect(p, "5 running");
    pty_expect_gone(p, "marked");
    quit(p);
}

static void what_cannot_be_done_says_why(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_type(p, "/nightly<Enter>");
    pty_expect(p, "1 shown");
    pty_type(p, "p");
    pty_expect(p, "pause: nightly is exited");
    pty_type(p, "e");
    pty_expect(p, "exec: nightly is exited");
    pty_type(p, ":pause");
    pty_expect(p, "pause: nightly is exited");
    escape(p);
    quit(p);
}

static void pause_and_resume(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_type(p, "jp");
    pty_expect(p, "Paused cache.");
    pty_expect(p, "6 running");
    pty_type(p, "p");
    pty_expect(p, "Resumed cache.");
    pty_expect(p, "7 running");
    quit(p);
}

/* Launching. */

static void restart_asks_where_something_runs(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_type(p, "/cache<Enter>");
    pty_expect(p, "1 shown");
    pty_type(p, "R");
    pty_expect(p, "Restart cache? What runs in there is asked to end");
    pty_type(p, "y");
    pty_expect(p, "Restarted cache.");
    pty_type(p, "/<Ctrl-U>nightly<Enter>");
    pty_expect(p, "nightly");
    pty_type(p, "R");
    pty_expect(p, "Restarted nightly.");
    quit(p);
}

static void a_row_is_renamed_where_it_is(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_type(p, "j<F2>");
    pty_expect(p, "Rename cache to");
    pty_type(p, "<Ctrl-U>no way<Enter>");
    pty_expect(p, "Cannot rename cache to \"no way\"");
    pty_type(p, "<F2><Ctrl-U>db<Enter>");
    pty_expect(p, "the name db is taken");
    pty_type(p, "<F2><Ctrl-U>zebra<Enter>");
    pty_expect(p, "Its name is zebra now.");
    pty_expect(p, "zebra ─");
    quit(p);
}

static void the_form_launches_and_selects(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_type(p, "n");
    pty_expect(p, "1 of 3");
    pty_type(p, "<Tab>sh -c 'open");
    pty_expect(p, "quote");
    pty_type(p, "<Ctrl-U>sleep 100<Tab><Tab>half<Tab>");
    pty_type(p, "<F10>");
    pty_expect(p, "Memory is a number and a unit");
    pty_type(p, "<Ctrl-U>64m<Tab><Tab>fresh<Tab><Tab><Tab><Tab><Space><F10>");
    pty_expect(p, "13 containers");
    pty_expect(p, "── fresh ──");
    quit(p);
}

static void the_settings_say_what_default_means(void **state)
{
    (void)state;
    char path[] = "/tmp/porthole-settings-XXXXXX";
    static const char text[] = "{\"engines\": [{\"name\": \"fake\", \"isolation\": \"hyperv\"}]}";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    const char *argv[] = {getenv("PORTHOLE_FAKE"), "--settings", path, "--engine", "fake=containers=0", NULL};
    struct pty *p = pty_start(40, 120, argv, plain);
    pty_expect(p, "default isolation: vm");
    pty_type(p, "n");
    pty_expect(p, "● default (vm)");
    pty_expect(p, "vm works here; it costs about 400 MB and 2 s more.");
    escape(p);
    quit(p);
    unlink(path);
}

static void the_demonstration_shows_its_map(void **state)
{
    (void)state;
    struct pty *p = start_with(40, 120, "containers=0,novm=1", plain);
    pty_expect(p, "No containers here yet.");
    pty_type(p, "d");
    pty_expect(p, "── demo-ping-process ──");
    pty_expect(p, "‹Host map›");
    pty_expect(p, "Its twin in a VM is left out");
    quit(p);
}

static void the_demonstration_has_two_halves(void **state)
{
    (void)state;
    struct pty *p = start_with(40, 120, "containers=0", plain);
    pty_expect(p, "No containers here yet.");
    pty_type(p, "d");
    pty_expect(p, "demo-ping-vm");
    pty_expect(p, "── demo-ping-process ──");
    pty_expect(p, "compare their host maps");
    pty_type(p, "d"); /* again: they are there already */
    pty_expect(p, "2 containers · 2 running");
    quit(p);
}

static void the_command_opens_its_picture(void **state)
{
    (void)state;
    const char *argv[] = {getenv("PORTHOLE_FAKE"), "--engine", "fake=containers=0", "demo", NULL};
    struct pty *p = pty_start(40, 120, argv, plain);
    pty_expect(p, "── demo-ping-process ──");
    pty_expect(p, "‹Host map›");
    pty_expect(p, "demo-ping-vm");
    pty_type(p, "q");
    pty_expect(p, "demo-ping-process: process isolation"); /* it has been printed before */
    pty_expect(p, "The host sees none of them.");
    int status = -1;
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(pty_restored(p));
    pty_free(p);
}

/* What stands in the image field is an offer: typing replaces it. What was typed comes back when it fails. */
static void a_launch_that_fails_can_be_mended(void **state)
{
    (void)state;
    struct pty *p = start(30, 100);
    pty_type(p, "n");
    pty_expect(p, "Launch a container");
    pty_type(p, "nosuch<Tab>sleep 5<F10>");
    pty_expect(p, "there is no image nosuch");
    pty_expect(p, "Launch a container");
    pty_expect(p, "sleep 5");
    escape(p);
    pty_expect_gone(p, "Launch a container");
    quit(p);
}

static void relaunch_begins_with_what_was(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_type(p, "jo");
    pty_expect(p, "Launch a container");
    pty_expect(p, "cache-vm");
    pty_expect(p, "● vm");
    escape(p);
    quit(p);
    p = start_with(40, 120, "containers=12,novm=1", plain);
    pty_expect(p, "12 containers");
    pty_type(p, "jo");
    pty_expect(p, "Cannot relaunch cache as vm:");
    quit(p);
}

static void relaunch_asks_what_becomes_of_the_old_one(void **state)
{
    (void)state;
    struct pty *p = start_with(40, 120, "containers=0", plain);
    pty_expect(p, "No containers here yet.");
    pty_type(p, "n");
    pty_expect(p, "1 of 3");
    pty_type(p, "<Tab>serve<Tab><Tab><Tab><Tab>web<Tab><Tab>8080:80<Tab><Tab><Space><F10>");
    pty_expect(p, "── web ──");
    pty_type(p, "o");
    pty_expect(p, "web-vm");
    pty_expect(p, "8080:80");
    pty_type(p, "<F10>");
    pty_expect(p, "web-vm runs. Stop and remove the old one, web?");
    pty_expect(p, "── web-vm ──");
    pty_type(p, "y");
    pty_expect(p, "web is stopped and removed.");
    pty_expect(p, "1 container ");
    pty_type(p, "o");
    pty_expect(p, "web-process");
    pty_type(p, "<F10>");
    pty_expect(p, "web-process runs. Stop and remove the old one, web-vm?");
    pty_type(p, "n");
    pty_expect(p, "web-vm is kept.");
    pty_expect(p, "2 containers");
    quit(p);
}

/* Giving the question up at the end brings its form back once more, which must be freed as well. */
static void a_question_that_is_open_does_not_hold_up_the_end(void **state)
{
    (void)state;
    int status;
    struct pty *p = start_with(40, 120, "containers=0,lost=1", plain);
    pty_expect(p, "No containers here yet.");
    pty_type(p, "n");
    pty_expect(p, "1 of 3");
    pty_type(p, "<Tab>serve<Tab><Tab><Tab><Tab>web<F10>");
    pty_expect(p, "This cannot go along: --init; --sysctl. Launch it without that?");
    pty_type(p, "n");
    pty_expect(p, "Nothing was launched.");
    pty_type(p, "<F10>");
    pty_expect(p, "This cannot go along: --init; --sysctl. Launch it without that?");
    pty_signal(p, SIGTERM);
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + SIGTERM);
    pty_free(p);
}

/* Panes and consoles. */

static void tabs_and_focus(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_expect(p, "‹Processes›");
    pty_type(p, "]");
    pty_expect(p, "‹Host map›");
    pty_type(p, "[[");
    pty_expect(p, "‹Inspect›");
    pty_type(p, "m<Enter>z");
    pty_expect_gone(p, "ISOLATION");
    pty_expect(p, "‹Host map›");
    escape(p);
    pty_expect(p, "ISOLATION");
    quit(p);
}

static void stats_have_graphs_and_limits(void **state)
{
    (void)state;
    struct pty *p = start_with(40, 120, "containers=12,live=1", plain);
    pty_expect(p, "12 containers");
    pty_type(p, "u");
    pty_expect(p, "‹Stats›");
    pty_expect(p, "of 1.0 GB (");
    pty_expect(p, "VM cost");
    pty_expect(p, "on the host, for its VM");
    pty_expect(p, "highest 420 MB");
    pty_expect(p, "█████"); /* as the seconds go by */
    pty_expect(p, "the host sees qemu");
    quit(p);
}

static void a_shell_takes_all_keys_but_one(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    const char ahead[] = "jeecho early\r"; /* what is typed before it is open is typed into it */
    pty_send(p, ahead, strlen(ahead));
    pty_expect(p, "‹Console›");
    pty_expect(p, "typing");
    pty_expect(p, "$ early");
    pty_type(p, "echo qqq<Enter>");
    pty_expect(p, "\nqqq");
    pty_type(p, "<Ctrl-]>");
    pty_expect_gone(p, "leave the console");
    escape(p);
    pty_type(p, "q");
    pty_expect(p, "Quit? Shells that are open here end");
    pty_type(p, "n");
    escape(p);
    pty_type(p, "qy");
    int status;
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    pty_free(p);
}

static void who_is_that(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    pty_type(p, "wxyz<Enter>");
    pty_expect(p, "is no process id");
    pty_type(p, "w1<Enter>");
    pty_expect(p, "Who is 1?");
    pty_expect_gone(p, "Reading the host");
    escape(p);
    pty_expect_gone(p, "Who is 1?");
    quit(p);
}

static void the_mouse_selects(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    int row, col;
    char click[64];
    assert_true(pty_find(p, "ping-process", &row, &col));
    snprintf(click, sizeof click, "\x1b[<0;%d;%dM\x1b[<0;%d;%dm", col + 1, row + 1, col + 1, row + 1);
    pty_send(p, click, strlen(click));
    pty_expect(p, "── ping-process ──");
    assert_true(pty_find(p, "Logs", &row, &col));
    snprintf(click, sizeof click, "\x1b[<0;%d;%dM\x1b[<0;%d;%dm", col + 1, row + 1, col + 1, row + 1);
    pty_send(p, click, strlen(click));
    pty_expect(p, "‹Logs›");
    quit(p);
}

/* Terminals. */

static void terminals_of_all_kinds(void **state)
{
    (void)state;
    static const char *const kinds[][4] = {
        {"TERM=vt100", "LANG=C", "LC_ALL=C", NULL},
        {"TERM=xterm", "XDG_CONFIG_HOME=/nonexistent", NULL},
        {"TERM=xterm-256color", "NO_COLOR=1", NULL},
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct pty *p = start_with(24, 80, "containers=12", kinds[i]);
        pty_expect(p, "12 containers");
        pty_type(p, "j?");
        pty_expect(p, "Help");
        escape(p);
        pty_expect_gone(p, "Help");
        quit(p);
    }
}

static void ascii_is_ascii(void **state)
{
    (void)state;
    static const char *const env[] = {"LANG=C", "LC_ALL=C", NULL};
    struct pty *p = start_with(24, 80, "containers=12", env);
    pty_expect(p, "12 containers");
    pty_type(p, "jm n");
    pty_expect(p, "Launch a container");
    pty_wait_quiet(p, 200, 2000);
    for (const char *s = pty_text(p); *s; s++) {
        assert_true((unsigned char)*s < 0x80);
    }
    escape(p);
    quit(p);
}

static void no_color_has_no_color(void **state)
{
    (void)state;
    static const char *const env[] = {"NO_COLOR=1", NULL};
    struct pty *p = start_with(24, 80, "containers=12", env);
    pty_expect(p, "quit");
    int row, col;
    assert_true(pty_find(p, "▸", &row, &col));
    struct pty_cell cell = pty_cell(p, row, col);
    assert_true(cell.reverse);
    for (row = 0; row < 24; row++) {
        for (col = 0; col < 80; col++) {
            cell = pty_cell(p, row, col);
            assert_false(cell.own_foreground || cell.own_background);
        }
    }
    quit(p);
}

static void a_storm_of_resizes(void **state)
{
    (void)state;
    struct pty *p = start(40, 120);
    for (int i = 0; i < 60; i++) {
        pty_resize(p, 3 + (i * 7) % 50, 8 + (i * 31) % 190);
        pty_type(p, i % 3 ? "j" : "]");
        if (i % 10 == 5) {
            pty_type(p, "?");
            escape(p);
        }
    }
    pty_resize(p, 24, 80);
    pty_expect(p, "12 containers · 7 running");
    pty_expect(p, "ISOLATION");
    quit(p);
}

static void signals_put_the_terminal_back(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGHUP, SIGINT};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct pty *p = start(24, 80);
        int status;
        pty_signal(p, numbers[i]);
        assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 128 + numbers[i]);
        assert_true(pty_restored(p));
        pty_free(p);
    }
}

static void to_the_back_and_again(void **state)
{
    (void)state;
    struct pty *p = start(24, 80);
    for (int i = 0; i < 2; i++) {
        pty_type(p, "<Ctrl-Z>");
        assert_true(pty_stopped(p, PTY_PATIENCE_MS));
        assert_true(pty_restored(p));
        pty_signal(p, SIGCONT);
        pty_expect(p, "12 containers");
    }
    quit(p);
}

static int have_fake(void **state)
{
    (void)state;
    return getenv("PORTHOLE_FAKE") ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(screens_of_all_sizes),
        cmocka_unit_test(screens_over_the_list),
        cmocka_unit_test(screens_without_containers),
        cmocka_unit_test(too_small_says_so),
        cmocka_unit_test(the_cursor_stays_on_its_container),
        cmocka_unit_test(one_step_draws_two_rows),
        cmocka_unit_test(nothing_is_written_when_nothing_changes),
        cmocka_unit_test(a_filter_works_while_it_is_typed),
        cmocka_unit_test(stopped_ones_hide),
        cmocka_unit_test(nothing_is_destroyed_without_a_question),
        cmocka_unit_test(marks_are_asked_about_once),
        cmocka_unit_test(what_cannot_be_done_says_why),
        cmocka_unit_test(pause_and_resume),
        cmocka_unit_test(restart_asks_where_something_runs),
        cmocka_unit_test(a_row_is_renamed_where_it_is),
        cmocka_unit_test(the_form_launches_and_selects),
        cmocka_unit_test(the_settings_say_what_default_means),
        cmocka_unit_test(the_demonstration_shows_its_map),
        cmocka_unit_test(the_demonstration_has_two_halves),
        cmocka_unit_test(the_command_opens_its_picture),
        cmocka_unit_test(a_launch_that_fails_can_be_mended),
        cmocka_unit_test(relaunch_begins_with_what_was),
        cmocka_unit_test(relaunch_asks_what_becomes_of_the_old_one),
        cmocka_unit_test(a_question_that_is_open_does_not_hold_up_the_end),
        cmocka_unit_test(tabs_and_focus),
        cmocka_unit_test(stats_have_graphs_and_limits),
        cmocka_unit_test(a_shell_takes_all_keys_but_one),
        cmocka_unit_test(who_is_that),
        cmocka_unit_test(the_mouse_selects),
        cmocka_unit_test(terminals_of_all_kinds),
        cmocka_unit_test(ascii_is_ascii),
        cmocka_unit_test(no_color_has_no_color),
        cmocka_unit_test(a_storm_of_resizes),
        cmocka_unit_test(signals_put_the_terminal_back),
        cmocka_unit_test(to_the_back_and_again),
    };
    return cmocka_run_group_tests_name("app", tests, have_fake, NULL);
}
