/* Several engines at once, as a person sees them: the real program, on the fake engine. */
#include <stdio.h>

#include "tests/core/test.h"
#include "tests/ui/pty.h"

static const char *const plain[] = {"NO_COLOR", "XDG_CONFIG_HOME=/nonexistent", NULL};

/* Not on the first one of all, where the images of the one that is looked at may be missing. */
static void a_launch_begins_on_the_engine_that_is_looked_at(void **state)
{
    (void)state;
    const char *argv[] = {getenv("PORTHOLE_FAKE"),    "--engine", "fake=containers=1", "--engine",
                          "fake=containers=1,seed=9", NULL};
    struct pty *p = pty_start(40, 140, argv, plain);
    pty_expect(p, "2 containers");
    pty_expect(p, "fake@containers=1,seed=9");
    pty_type(p, "gn");
    pty_expect(p, "‹ fake ›");
    pty_type(p, "<Esc>");
    pty_expect_gone(p, "Launch a container");
    pty_type(p, "Gn");
    pty_expect(p, "‹ fake@containers=1,seed=9 ›");
    pty_type(p, "<Esc>");
    pty_expect_gone(p, "Launch a container");
    pty_type(p, "q");
    int status = -1;
    assert_true(pty_wait_exit(p, PTY_PATIENCE_MS, &status));
    assert_true(pty_restored(p));
    pty_free(p);
}

static int have_program(void **state)
{
    (void)state;
    return getenv("PORTHOLE_FAKE") ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_launch_begins_on_the_engine_that_is_looked_at),
    };
    return cmocka_run_group_tests_name("engines", tests, have_program, NULL);
}
