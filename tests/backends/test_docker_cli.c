/* porthole's command line beside docker's own, on one real daemon: the same words, the same output, the same
 * exit code; and a sentence where something failed. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/backends/dockerd.h"

static struct dockerd *daemon_of_tests; /* one for all: starting it takes seconds */

enum manner { WELL, FAILS }; /* FAILS: porthole says why, on standard error */

static void show(const char *name)
{
    fprintf(stderr, "%s:\n", name);
    dockerd_shell("cat %s/%s >&2", dockerd_folder(daemon_of_tests), name);
}

/* `before` readies each of the two runs. */
static void same_as_docker(const char *before, const char *args, enum manner manner)
{
    const char *folder = dockerd_folder(daemon_of_tests), *address = dockerd_address(daemon_of_tests);
    bool same = dockerd_shell(
        "export DOCKER_HOST=%s; cd %s; (%s) >/dev/null 2>&1; echo typed | timeout 60 docker %s >theirs "
        "2>said; "
        "echo code $? >>theirs; (%s) >/dev/null 2>&1; echo typed | timeout 60 \"$PORTHOLE_BINARY\" --engine "
        "docker %s >ours 2>said; echo code $? >>ours; cmp -s theirs ours",
        address, folder, before, args, before, args);
    bool told = dockerd_shell("test -s %s/said", folder);
    if (!same || (manner == FAILS && !told)) {
        show("theirs");
        show("ours");
        show("said");
        fail_msg("porthole %s is not as docker's", args);
    }
}

static void runs_are_as_dockers(void **state)
{
    (void)state;
    same_as_docker("true", "run --rm --network none busybox sh -c 'echo out; exit 7'", WELL);
    same_as_docker("true", "run --rm -i --network none busybox cat", WELL);
    same_as_docker(
        "true", "run --rm --network none -w /tmp -e A=b -h me busybox sh -c 'pwd; echo $A; hostname'", WELL);
    same_as_docker("true", "run --rm --network none --entrypoint /bin/echo busybox a b", WELL);
    same_as_docker("true", "run --rm --network none busybox nosuch", FAILS);
    same_as_docker("true", "run --rm --network none busybox /etc", FAILS);
    same_as_docker("docker rm -f unstarted", "run --name unstarted --network none busybox nosuch", FAILS);
}

static void what_docker_keeps_is_asked_for_as_dockers(void **state)
{
    (void)state;
    same_as_docker(
        "docker volume rm -f kept",
        "run --rm --network none -v kept:/in:ro busybox sh -c 'mount | grep -c \" /in \"; : >/in/x'", WELL);
    same_as_docker("printf 'A=1\\n# no\\n\\nB=two words\\n' >vars",
                   "run --rm --network none --env-file vars -e A=2 busybox sh -c 'echo $A $B'", WELL);
    same_as_docker("true", "run --rm --network none --restart always busybox true",
                   FAILS); /* not with --rm */
    const char *address = dockerd_address(daemon_of_tests);
    assert_true(dockerd_shell(
        "export DOCKER_HOST=%s; \"$PORTHOLE_BINARY\" --engine docker run -d --name labelled -l a=b "
        "--label c --restart on-failure:3 -v kept:/in --network none busybox sleep 1000 >&2 && "
        "test \"$(docker inspect -f '{{.Config.Labels}} {{.HostConfig.RestartPolicy}} "
        "{{range .Mounts}}{{.Type}} {{.Name}}{{end}}' labelled)\" = "
        "'map[a:b c:] {on-failure 3} volume kept' && "
        "\"$PORTHOLE_BINARY\" --engine docker ls --filter label=a=b -q | grep -q . && "
        "docker rm -f labelled >/dev/null",
        address));
}

static void what_is_done_to_one_is_as_dockers(void **state)
{
    (void)state;
    same_as_docker("true", "exec one sh -c 'echo out; echo loud >&2; exit 9'", WELL);
    same_as_docker("true", "exec -i one cat", WELL);
    same_as_docker("true", "exec -e A=b -w /tmp -u 0:0 one sh -c 'echo $A; pwd; id -u'", WELL);
    same_as_docker("true", "logs one", WELL);
    same_as_docker("true", "logs --tail 1 one", WELL);
    same_as_docker("true", "logs -n 0 one", WELL);
    same_as_docker("docker unpause one", "pause one", WELL);
    same_as_docker("docker pause one", "exec one true", FAILS);
    same_as_docker("docker unpause one; docker start one", "stop -t 0 one", WELL);
    same_as_docker("docker start one", "kill one", WELL);
    same_as_docker("docker start one", "kill -s NOPE one", FAILS);
    same_as_docker("docker stop -t 0 one", "start one", WELL);
    same_as_docker("docker start one", "restart -t 0 one", WELL);
    same_as_docker("docker start one", "rm one", FAILS);
    same_as_docker("docker run -d --name taken busybox true", "rename one taken", FAILS);
    same_as_docker("docker rename two one", "rename one two", WELL);
    same_as_docker("docker create --name gone busybox true", "rm -f gone", WELL);
}

static void what_is_not_there_is_as_dockers(void **state)
{
    static const char *const commands[] = {"logs",    "attach", "start", "stop",
                                           "restart", "kill",   "pause", "rm"};
    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char args[64];
        snprintf(args, sizeof args, "%s nosuch", commands[i]);
        same_as_docker("true", args, FAILS);
    }
    same_as_docker("true", "exec nosuch true", FAILS);
}

/* The row of what was launched may say "created" for a moment longer. */
static void the_experiment_works(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) { /* launched, found there, and started again */
        assert_true(dockerd_shell(
            "cd %s; \"$PORTHOLE_BINARY\" --engine docker=%s demo --batch | grep -q 'The host sees 1 of 1'",
            dockerd_folder(daemon_of_tests), dockerd_address(daemon_of_tests)));
        if (i == 1) {
            assert_true(dockerd_docker(daemon_of_tests, NULL, 0, "stop -t 0 demo-ping-process"));
        }
    }
    assert_true(
        dockerd_shell("\"$PORTHOLE_BINARY\" --engine docker=%s demo --clean | grep -qx demo-ping-process",
                      dockerd_address(daemon_of_tests)));
}

/* It waits for its next start, a minute at last: no process is there, and all the same it is under way. */
static void a_crash_loop_is_told_and_ends(void **state)
{
    (void)state;
    assert_true(dockerd_shell(
        "export DOCKER_HOST=%s\n"
        "run() { \"$PORTHOLE_BINARY\" --engine docker \"$@\" 2>&1 </dev/null; }\n"
        "must_say() { words=$1; shift; said=$(run \"$@\"); case $said in *\"$words\"*) ;; "
        "*) echo \"porthole $*: '$said', not '$words'\" >&2; docker rm -f loop >/dev/null; exit 1 ;; esac; "
        "}\n"
        "must_be() { is=$(docker inspect -f '{{.State.Status}}' loop 2>/dev/null); [ \"$is\" = \"$1\" ] || "
        "{ echo \"it is $is, not $1\" >&2; docker rm -f loop >/dev/null; exit 1; }; }\n"
        "docker run -d --name loop --network none --restart always busybox sh -c 'exit 3' >/dev/null\n"
        "for i in $(seq 200); do [ $(docker inspect -f '{{.RestartCount}}' loop) -ge 6 ] && break; sleep "
        "0.1; done\n"
        "must_say 'restarting 3' ls --filter status=restarting\n"
        "must_say 'it ends with exit code 3 and is started again: ' ls --json\n"
        "must_say 'the next start is due by ' ls --json\n"
        "must_say 'is restarting' exec loop true\n"
        "must_say 'is restarting' attach loop\n"
        "must_say 'Stop the container before' rm loop\n"
        "must_say loop stop loop; must_be exited; sleep 2; must_be exited\n"
        "must_say loop stop loop; docker start loop >/dev/null; sleep 1\n"
        "must_say loop rm -f loop; must_be ''\n",
        dockerd_address(daemon_of_tests)));
}

/* As the local engine's in tests/ui/cli/test_output.sh. */
static void what_is_printed_arrives(void **state)
{
    (void)state;
    assert_true(
        dockerd_shell("python3 \"$PORTHOLE_SOURCE/tests/ui/cli/output.py\" --utf8 --launch=--network=none "
                      "\"$PORTHOLE_BINARY\" --engine docker=%s >&2",
                      dockerd_address(daemon_of_tests)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_as_dockers),
        cmocka_unit_test(what_docker_keeps_is_asked_for_as_dockers),
        cmocka_unit_test(what_is_done_to_one_is_as_dockers),
        cmocka_unit_test(what_is_not_there_is_as_dockers),
        cmocka_unit_test(the_experiment_works),
        cmocka_unit_test(a_crash_loop_is_told_and_ends),
        cmocka_unit_test(what_is_printed_arrives),
    };
    char why[128];
    signal(SIGPIPE, SIG_IGN);
    daemon_of_tests = getenv("PORTHOLE_BINARY") ? dockerd_new(why, sizeof why) : NULL;
    if (!daemon_of_tests) {
        fprintf(stderr, "SKIPPED porthole beside docker: %s\n",
                getenv("PORTHOLE_BINARY") ? why : "PORTHOLE_BINARY is not set");
        return 77;
    }
    int failed = 1;
    if (dockerd_docker(daemon_of_tests, NULL, 0,
                       "run -d --name one --network none busybox sh -c 'echo a; echo b; exec sleep 1000'")) {
        failed = cmocka_run_group_tests(tests, NULL, NULL);
    }
    dockerd_free(daemon_of_tests);
    return failed > 0;
}
