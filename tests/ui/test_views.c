/* The tabs of the detail pane as a person meets them, on the fake engine: keys in, screen out. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "tests/core/test.h"
#include "tests/ui/pty.h"

static const char *const plain[] = {"NO_COLOR=1", "XDG_CONFIG_HOME=/nonexistent", NULL};
static const char *const ascii[] = {"NO_COLOR=1", "XDG_CONFIG_HOME=/nonexistent", "LC_ALL=C", NULL};

/* With the container `name` under the cursor, alone in the list. */
static struct pty *start_with(int rows, int cols, const char *name, const char *const *env)
{
    const char *argv[] = {getenv("PORTHOLE_FAKE"), "--engine", "fake=containers=12", NULL};
    struct pty *p = pty_start(rows, cols, argv, env);
    pty_expect(p, "12 containers");
    pty_type(p, "/");
    pty_type(p, name);
    pty_type(p, "<Enter>");
    pty_expect_gone(p, "spare");
    return p;
}

static struct pty *start(int rows, int cols, const char *name)
{
    return start_with(rows, cols, name, plain);
}

static void end(struct pty *p)
{
    int status = -1;
    pty_signal(p, SIGTERM);
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(pty_restored(p));
    pty_free(p);
}

static size_t count(struct pty *p, const char *text)
{
    size_t n = 0;
    for (const char *at = strstr(pty_text(p), text); at != NULL; at = strstr(at + 1, text)) {
        n++;
    }
    return n;
}

static void processes_of_both_modes(void **state)
{
    (void)state;
    struct pty *p = start(40, 120, "web-1");
    pty_expect(p, "host pid");
    pty_expect(p, "9 processes, the host sees all of them, under other pids");
    pty_expect(p, "└─");
    pty_type(p, "tt");
    pty_expect(p, "flat by pid ▴");
    assert_int_equal(count(p, "└─"), 0);
    pty_type(p, ">>>r");
    pty_expect(p, "flat by cpu ▾");
    end(p);
    p = start(24, 80, "billing");
    pty_expect(p, "none visible to the host");
    end(p);
}

static void the_wall_of_a_shared_kernel(void **state)
{
    (void)state;
    static const int widths[] = {120, 80, 50};
    for (size_t i = 0; i < COUNT(widths); i++) {
        struct pty *p = start(40, widths[i], "web-1");
        pty_type(p, "m");
        pty_expect(p, "on the host");
        pty_expect(p, "9 processes, the host sees all");
        assert_true(count(p, "─┼─") >= 9);
        assert_int_equal(count(p, "█"), 0);
        end(p);
    }
    struct pty *p = start_with(40, 100, "web-1", ascii);
    pty_type(p, "m");
    pty_expect(p, "--+----");
    pty_expect(p, "kernel");
    end(p);
}

static void the_wall_of_a_vm(void **state)
{
    (void)state;
    static const int widths[] = {120, 80, 50};
    for (size_t i = 0; i < COUNT(widths); i++) {
        struct pty *p = start(40, widths[i], "billing");
        pty_type(p, "m");
        pty_expect(p, "17 processes, none visible");
        pty_wait_quiet(p, 100, 2000);
        assert_true(count(p, "▐█") >= 10);
        assert_int_equal(count(p, "┼"), 0);
        end(p);
    }
    struct pty *p = start(40, 120, "billing");
    pty_type(p, "m");
    pty_expect(p, "own kernel");
    pty_expect(p, "the VM");
    pty_expect(p, "for this VM");
    end(p);
}

static void a_shell_inside(void **state)
{
    (void)state;
    struct pty *p = start(30, 100, "web-1");
    pty_type(p, "e");
    pty_expect(p, "typing");
    pty_expect(p, "$");
    pty_type(p, "echo one$NOTHING-two<Enter>");
    pty_expect(p, "one-two");
    pty_type(p, "<Ctrl-]>");
    pty_expect_gone(p, "typing ·");
    pty_type(p, "e");
    pty_expect(p, "typing");
    assert_int_equal(count(p, "web-1 shell live"), 2);
    pty_type(p, "exit 3<Enter>");
    pty_expect(p, "exited with code 3");
    pty_expect(p, "exited 3");
    pty_type(p, "<Enter>");
    pty_expect_gone(p, "Keys are ignored");
    pty_type(p, "x");
    pty_expect_gone(p, "exited 3");
    pty_expect(p, "one-two");
    end(p);
}

static void a_console_knows_its_size(void **state)
{
    (void)state;
    char small[32];
    struct pty *p = start(30, 100, "web-1");
    pty_type(p, "e");
    pty_expect(p, "typing");
    pty_type(p, "stty size<Enter>");
    pty_expect(p, " 100\n");
    pty_resize(p, 24, 76);
    pty_wait_quiet(p, 200, 3000);
    pty_type(p, "stty size<Enter>");
    snprintf(small, sizeof small, " 76\n");
    pty_expect(p, small);
    end(p);
}

static void a_flood_leaves_the_keys_alive(void **state)
{
    (void)state;
    struct pty *p = start(30, 100, "web-1");
    pty_type(p, "e");
    pty_expect(p, "typing");
    pty_type(p, "flood 40; echo all-through<Enter>");
    pty_read(p, 300);
    pty_type(p, "<Ctrl-]>?");
    pty_expect(p, "Help");
    pty_type(p, "<Esc>");
    pty_expect_gone(p, "Help");
    assert_true(pty_wait_for(p, "all-through", 60000));
    end(p);
}

static void looking_back_and_searching(void **state)
{
    (void)state;
    struct pty *p = start(24, 80, "web-1");
    pty_type(p, "e");
    pty_expect(p, "typing");
    pty_type(p, "echo the-needle<Enter>");
    pty_expect(p, "\nthe-needle");
    pty_type(p, "flood 1; echo; echo after-it<Enter>");
    pty_expect(p, "\nafter-it");
    assert_int_equal(count(p, "the-needle"), 0);
    pty_type(p, "<Ctrl-]>");
    pty_expect_gone(p, "typing ·");
    pty_type(p, "/after-it<Enter>");
    pty_wait_quiet(p, 100, 2000);
    pty_type(p, "<Page Up>");
    pty_expect(p, "scrolled back");
    pty_expect_gone(p, "\nafter-it");
    pty_type(p, "<Enter>");
    pty_expect(p, "\nafter-it");
    pty_expect(p, "typing");
    end(p);
}

static void the_log(void **state)
{
    (void)state;
    struct pty *p = start(24, 80, "nightly");
    pty_type(p, "l");
    pty_expect(p, "! nightly: failed, giving up");
    pty_expect(p, "the log has ended");
    pty_type(p, "/step 3 of<Enter>");
    pty_expect(p, "nightly: step 3 of 20");
    pty_expect(p, "F follows");
    pty_type(p, "t");
    pty_expect(p, "  nightly: step 3 of 20");
    pty_type(p, "G");
    pty_expect(p, "giving up");
    end(p);
}

static void boundary_and_inspect(void **state)
{
    (void)state;
    struct pty *p = start(40, 100, "web-1");
    pty_type(p, "]]]]]");
    pty_expect(p, "the host's, shared");
    pty_expect(p, "/srv/www → /data");
    pty_expect(p, "read-only");
    pty_expect(p, "through the wall, and what is not told");
    pty_type(p, "i");
    pty_expect(p, "lines 1–");
    pty_type(p, "/web-1<Enter>");
    pty_expect(p, "/ web-1");
    end(p);
    p = start(40, 100, "billing");
    pty_type(p, "]]]]]");
    pty_expect(p, "its own, in a utility VM");
    end(p);
}

static void what_does_not_run_says_so(void **state)
{
    (void)state;
    struct pty *p = start(24, 80, "nightly");
    pty_expect(p, "nightly is not running: it exited with code 1");
    pty_type(p, "m");
    pty_expect(p, "nightly is not running");
    end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes_of_both_modes),    cmocka_unit_test(the_wall_of_a_shared_kernel),
        cmocka_unit_test(the_wall_of_a_vm),           cmocka_unit_test(a_shell_inside),
        cmocka_unit_test(a_console_knows_its_size),   cmocka_unit_test(a_flood_leaves_the_keys_alive),
        cmocka_unit_test(looking_back_and_searching), cmocka_unit_test(the_log),
        cmocka_unit_test(boundary_and_inspect),       cmocka_unit_test(what_does_not_run_says_so),
    };
    if (getenv("PORTHOLE_FAKE") == NULL) {
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
