/* The interface on a real Docker daemon: containers that come and go while it is open, and texts that are not
 * what a terminal wants. PORTHOLE_CHURN=N: so many containers (default 30). */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/memory.h"
#include "tests/backends/dockerd.h"
#include "tests/ui/pty.h"

enum { SLOWLY_MS = 60000 };

static struct dockerd *daemon_of_tests; /* one for all: starting it takes seconds */

static struct pty *open_interface(int rows)
{
    char host[128];
    snprintf(host, sizeof host, "DOCKER_HOST=%s", dockerd_address(daemon_of_tests));
    return pty_start(rows, 120, (const char *const[]){getenv("PORTHOLE_BINARY"), "--engine", "docker", NULL},
                     (const char *const[]){host, NULL});
}

/* Other people's work, while the interface is looked at. */
static void meanwhile(struct pty *p, const char *line)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(dockerd_shell("export DOCKER_HOST=%s; %s", dockerd_address(daemon_of_tests), line) ? 0 : 1);
    }
    assert_true(pid > 0);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        pty_read(p, 50);
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void expect_slowly(struct pty *p, const char *text)
{
    assert_true(pty_wait_for(p, text, SLOWLY_MS));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every second one is removed again, while others are still being made. */
static void what_comes_and_goes_is_shown(void **state)
{
    (void)state;
    const char *wish = getenv("PORTHOLE_CHURN");
    int many = wish ? atoi(wish) : 30, row, col;
    static char names[64 * 1024];
    char line[512], *rest = NULL;
    struct pty *p = open_interface(many / 4 + 40);
    expect_slowly(p, "No containers here yet");
    snprintf(line, sizeof line,
             "seq -w %d | xargs -P 4 -I N sh -c 'docker create --name churn-N busybox true && "
             "case N in *[13579]) docker rm churn-N ;; esac' >/dev/null",
             many);
    meanwhile(p, line);
    snprintf(line, sizeof line, " %d containers", many / 2);
    expect_slowly(p, line);
    assert_true(dockerd_docker(daemon_of_tests, names, sizeof names, "ps -a --format '{{.Names}}'"));
    char **sorted = mem_new((size_t)many, sizeof *sorted);
    int listed = 0;
    for (char *name = strtok_r(names, "\n", &rest); name && listed < many;
         name = strtok_r(NULL, "\n", &rest)) {
        sorted[listed++] = name;
    }
    qsort(sorted, (size_t)listed, sizeof *sorted, by_name);
    for (int i = 0; i < listed; i++) {
        for (int pages = 0; pages < 20 && !pty_find(p, sorted[i], &row, &col); pages++) {
            pty_type(p, "<PgDn>");
            pty_wait_quiet(p, 100, 2000);
        }
        expect_slowly(p, sorted[i]);
    }
    free(sorted);
    assert_int_equal(listed, many / 2);
    meanwhile(p, "docker ps -aq | xargs docker rm -f >/dev/null");
    expect_slowly(p, "No containers here yet");
    pty_type(p, "q");
    assert_true(pty_wait_exit(p, SLOWLY_MS, &row));
    pty_free(p);
}

/* Whatever the container says, and whatever it is called: text, or nothing. */
static void expect_harmless(struct pty *p)
{
    size_t len;
    const char *raw = pty_raw(p, &len);
    assert_null(strstr(raw, "\033]0;taken")); /* the title of the window */
    assert_null(strstr(raw, "\342\200\256")); /* turns the line around */
    assert_null(strstr(raw, "\033[8;9;9t"));  /* the size of the window */
    assert_null(strstr(raw, "\033P"));        /* strings for the terminal's own ears */
}

/* It is shown as what it is, counted, explained, and can be ended. */
static void a_crash_loop_can_be_stopped(void **state)
{
    (void)state;
    struct pty *p = open_interface(40);
    expect_slowly(p, "No containers here yet");
    meanwhile(p,
              "docker run -d --name loop --network none --restart always busybox sh -c 'exit 3' >/dev/null; "
              "for i in $(seq 100); do [ $(docker inspect -f '{{.RestartCount}}' loop) -ge 6 ] && break; "
              "sleep 0.1; done");
    expect_slowly(p, "restarting  ");
    expect_slowly(p, "1 restarting");
    expect_slowly(p, "started again and again"); /* the processes, the first tab */
    expect_slowly(p, "the next start is");
    pty_type(p, "x");
    expect_slowly(p, "Stop loop?");
    pty_type(p, "y");
    expect_slowly(p, "exited 3");
    expect_slowly(p, "Stopped loop.");
    meanwhile(p, "docker rm loop >/dev/null");
    pty_type(p, "q");
    int status;
    assert_true(pty_wait_exit(p, SLOWLY_MS, &status));
    pty_free(p);
}

static void hostile_texts_are_shown_as_text(void **state)
{
    (void)state;
    struct pty *p = open_interface(40);
    expect_slowly(p, "No containers here yet");
    meanwhile(
        p, "docker run -d --name texts --label "
           "\"com.docker.compose.project=$(printf '\\033]0;taken\\007group \\344\\275\\240\\345\\245\\275 "
           "\\342\\200\\256')\" busybox sh -c "
           "\"$(printf 'echo loud \\344\\275\\240\\345\\245\\275 \\033[8;9;9t \\342\\200\\256 end')\n"
           "printf '\\033]0;taken\\007\\033[31mred\\033[0m \\033P$q\\033\\\\ \\344\\270\\226\\347\\225\\214 "
           "\\342\\200\\256 said\\n'; sleep 1000\" >/dev/null");
    expect_slowly(p, "texts");
    pty_type(p, "l");
    expect_slowly(p, "\344\270\226\347\225\214"); /* a wide character is no danger */
    expect_slowly(p, "said");
    expect_harmless(p);
    pty_type(p, "i");
    expect_slowly(p, "\"Args\"");
    expect_harmless(p);
    pty_type(p, "/compose.project<Enter>");
    expect_slowly(p, "\"com.docker.compose.project\"");
    expect_harmless(p);
    meanwhile(p, "docker rm -f texts >/dev/null");
    pty_type(p, "q");
    int status;
    assert_true(pty_wait_exit(p, SLOWLY_MS, &status));
    assert_true(pty_restored(p));
    pty_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crash_loop_can_be_stopped),
        cmocka_unit_test(hostile_texts_are_shown_as_text),
        cmocka_unit_test(what_comes_and_goes_is_shown),
    };
    char why[128];
    signal(SIGPIPE, SIG_IGN);
    daemon_of_tests = getenv("PORTHOLE_BINARY") ? dockerd_new(why, sizeof why) : NULL;
    if (!daemon_of_tests) {
        fprintf(stderr, "SKIPPED the interface on docker: %s\n",
                getenv("PORTHOLE_BINARY") ? why : "PORTHOLE_BINARY is not set");
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dockerd_free(daemon_of_tests);
    return failed > 0;
}
