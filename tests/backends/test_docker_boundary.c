/* Whose a container's namespaces are, on a real docker: what is said is compared with /proc, and with the
 * flags that it was run with; who may not look says so, and never "own". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/backends/dockerd.h"

static struct dockerd *daemon_of_tests; /* one for all: starting it takes seconds */

/* Prints "FACT=STATE:SHARED:HOW" of each fact of the container NAME, and of its crossings. */
static const char script[] =
    "import json, sys\n"
    "c = [c for c in json.load(sys.stdin) if c['name'] == sys.argv[1]][0]\n"
    "for f in c['facts']:\n"
    "    s = f['source'] or {'how': 'nowhere'}\n"
    "    print(f['fact'] + '=' + f['state'] + ':' + ','.join(f['shared_with']) + ':' + s['how'], end=' ')\n"
    "    assert f['source'] or f['why'], f\n"
    "    assert f['source'] or f['state'] == 'not told', f\n"
    "print('crossings', c['crossings'] if c['crossings'] is None else\n"
    "      ' '.join(x['kind'] + '=' + x['outside'] for x in c['crossings']))\n";

static void run(const char *flags, const char *name)
{
    assert_true(
        dockerd_docker(daemon_of_tests, NULL, 0, "run -d --name %s %s busybox sleep 1000", name, flags));
}

/* as: words before the program, as "setpriv ...". */
static void expect(const char *as, const char *name, const char *const *words)
{
    char out[4096] = "", path[256];
    snprintf(path, sizeof path, "%s/said", dockerd_folder(daemon_of_tests));
    assert_true(
        dockerd_shell("cd %s && cat >script.py <<'END'\n%sEND\n"
                      "XDG_CONFIG_HOME=/nonexistent DOCKER_HOST=%s %s \"$PORTHOLE_BINARY\" --engine docker "
                      "ls -a --json | python3 script.py %s >said",
                      dockerd_folder(daemon_of_tests), script, dockerd_address(daemon_of_tests), as, name));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    out[fread(out, 1, sizeof out - 1, file)] = '\0';
    fclose(file);
    for (size_t i = 0; words[i]; i++) {
        bool wanted = words[i][0] != '!';
        if ((strstr(out, words[i] + !wanted) != NULL) != wanted) {
            fail_msg("%s: %s is not in: %s", name, words[i], out);
        }
    }
}

static void what_is_the_hosts_is_said(void **state)
{
    (void)state;
    run("--pid host --ipc host --uts host --network none", "open");
    run("--network host --userns host --cgroupns private", "netted");
    run("--network none", "plain");
    expect("", "open",
           (const char *const[]){"ns.pid=host::seen", "ns.ipc=host::seen", "ns.uts=host::seen",
                                 "ns.mount=own::seen", "ns.network=own::seen", "crossings pid=host",
                                 "ipc=host", "uts=host", "!network=host", NULL});
    expect("", "netted",
           (const char *const[]){"ns.network=host::seen", "ns.user=host::seen", "ns.cgroup=own::seen",
                                 "ns.pid=own::seen", "network=host", "user=host", "!cgroup=host", NULL});
    expect("", "plain",
           (const char *const[]){"ns.mount=own::seen", "ns.network=own::seen", "ns.pid=own::seen",
                                 "ns.ipc=own::seen", "ns.uts=own::seen", "!pid=host", "user=host", NULL});
}

static void what_is_shared_is_said_of_both(void **state)
{
    (void)state;
    run("--network none --ipc shareable", "lender");
    run("--network container:lender --pid container:lender --ipc container:lender", "guest");
    expect("", "guest",
           (const char *const[]){"ns.network=shared:lender:seen", "ns.pid=shared:lender:seen",
                                 "ns.ipc=shared:lender:seen", "ns.uts=own::seen", "pid=container:lender",
                                 NULL});
    expect("", "lender",
           (const char *const[]){"ns.network=shared:guest:seen", "ns.pid=shared:guest:seen",
                                 "ns.ipc=shared:guest:seen", NULL});
    assert_true(dockerd_docker(daemon_of_tests, NULL, 0, "rm -f guest"));
    expect("", "lender",
           (const char *const[]){"ns.network=own::seen", "ns.pid=own::seen", "!shared", "!container:", NULL});
}

static void who_may_not_look_is_told_nothing_reassuring(void **state)
{
    (void)state;
    static const char as[] = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    assert_true(dockerd_shell("chmod 755 %s && chmod 666 %s/*.sock && chmod 777 %s",
                              dockerd_folder(daemon_of_tests), dockerd_folder(daemon_of_tests),
                              dockerd_folder(daemon_of_tests)));
    if (!dockerd_shell("%s test -x \"$PORTHOLE_BINARY\"", as)) {
        skip();
    }
    run("--pid host --network none", "watched");
    expect(as, "watched",
           (const char *const[]){"ns.pid=host::told", "ns.mount=not told::nowhere",
                                 "ns.ipc=not told::nowhere", "ns.network=not told::nowhere", "!own",
                                 "pid=host", NULL});
    expect(as, "plain", (const char *const[]){"ns.pid=not told::nowhere", "ns.user=not told", "!own", NULL});
}

static void one_that_does_not_run_has_what_was_asked_for(void **state)
{
    (void)state;
    run("--pid host --network none", "ended");
    assert_true(dockerd_docker(daemon_of_tests, NULL, 0, "kill ended"));
    expect("", "ended",
           (const char *const[]){"ns.pid=host::asked", "ns.ipc=own::asked", "ns.mount=not told::nowhere",
                                 "ns.user=not told::nowhere", "!seen", "!:told", NULL});
}

/* With --pid host its numbers are the host's, and in another's namespace they are those there. */
static void who_knows_the_numbers_of_each(void **state)
{
    (void)state;
    run("--network none --pid container:plain", "beside");
    static const char *const names[] = {"plain", "open", "beside"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_true(dockerd_docker(daemon_of_tests, NULL, 0, "exec -d %s sleep 1234.%zu", names[i], i));
        assert_true(dockerd_shell(
            "for n in 1 2 3 4 5 6 7 8 9; do p=$(pgrep -f -x 'sleep 1234.%zu') && break; sleep 0.2; done; "
            "test \"$(DOCKER_HOST=%s \"$PORTHOLE_BINARY\" --engine docker who $p --json | python3 -c \""
            "import json, sys; d = json.load(sys.stdin); print(d['container'], d['container_pid'], "
            "d['membership'])\")\" "
            "= \"%s $(awk '/^NSpid/ { print $NF }' /proc/$p/status) full\"",
            i, dockerd_address(daemon_of_tests), names[i]));
    }
}

/* One whose cgroup lies in another's is no part of it; one inside that nobody here knows is said to be there.
 */
static void nested_cgroups_are_told_apart(void **state)
{
    (void)state;
    assert_true(dockerd_shell(
        "export DOCKER_HOST=%s; id=$(docker inspect -f '{{.Id}}' plain); "
        "docker run -d --name below --network none --cgroup-parent /docker/$id busybox sleep 4321.5 && "
        "p=$(docker inspect -f '{{.State.Pid}}' below) && "
        "\"$PORTHOLE_BINARY\" --engine docker who $p | grep -q 'is process 1 of container below' && "
        "! \"$PORTHOLE_BINARY\" --engine docker ps plain | grep -q 4321.5 && "
        "! \"$PORTHOLE_BINARY\" --engine docker map plain | grep -qw $p",
        dockerd_address(daemon_of_tests)));
}

static int begin(void **state)
{
    char why[256];
    (void)state;
    daemon_of_tests = dockerd_new(why, sizeof why);
    if (!daemon_of_tests) {
        fprintf(stderr, "SKIPPED docker's boundaries: %s\n", why);
        exit(77);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    dockerd_free(daemon_of_tests);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_the_hosts_is_said),
        cmocka_unit_test(what_is_shared_is_said_of_both),
        cmocka_unit_test(who_may_not_look_is_told_nothing_reassuring),
        cmocka_unit_test(one_that_does_not_run_has_what_was_asked_for),
        cmocka_unit_test(who_knows_the_numbers_of_each),
        cmocka_unit_test(nested_cgroups_are_told_apart),
    };
    return cmocka_run_group_tests_name("docker boundary", tests, begin, end);
}
