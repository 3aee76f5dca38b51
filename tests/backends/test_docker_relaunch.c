/* A container with everything that docker's command line can ask for, launched once more on a real daemon:
 * docker's own inspect before and after differs in what is listed here, and in nothing else. And what becomes
 * of the old one, whatever fails. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/json.h"
#include "core/memory.h"
#include "core/text.h"
#include "tests/backends/dockerd.h"
#include "tests/ui/pty.h"

enum { SLOWLY_MS = 60000 };

static struct dockerd *daemon_of_tests; /* one for all: starting it takes seconds */

static const char FORTY[] =
    "run -d --name %s --user 0:0 -e A=1 -e B=two -l k=v -l x=y -w /tmp --entrypoint /bin/sh --cap-drop ALL "
    "--cap-add CHOWN --security-opt no-new-privileges --security-opt seccomp=%s/seccomp.json --read-only "
    "--pids-limit 77 --ulimit nofile=1000:2000 --cpuset-cpus 0 --cpu-shares 512 --shm-size 32m "
    "--tmpfs /run:size=1m -m 64m --memory-reservation 32m --cpus 0.5 --dns 1.1.1.1 "
    "--dns-search example.org --dns-option ndots:2 --add-host foo:1.2.3.4 --group-add 5 --health-cmd true "
    "--health-interval 30s --health-retries 5 --stop-signal INT --stop-timeout 3 --log-driver json-file "
    "--log-opt max-size=1m --init -v /anon -v %s:/data:ro -v kept:/vol "
    "--mount type=tmpfs,target=/tm,tmpfs-size=1000000 --mount type=volume,target=/anon2 "
    "--device /dev/null:/dev/xnull:r --device-cgroup-rule 'c 10:229 r' --restart on-failure:3 --ipc private "
    "--pid host --uts host --cgroupns host --oom-score-adj 100 --expose 81 -p 127.0.0.1:18080:80 "
    "--network none busybox -c 'trap \"exit 0\" INT; while :; do sleep 0.1; done'";

static void make_forty(const char *name)
{
    const char *folder = dockerd_folder(daemon_of_tests);
    assert_true(dockerd_shell("echo '{\"defaultAction\":\"SCMP_ACT_ALLOW\"}' >%s/seccomp.json", folder));
    assert_true(dockerd_docker(daemon_of_tests, NULL, 0, FORTY, name, folder, folder));
}

/* Runs porthole; what it says on either stream is in the file "said". */
static int porthole(const char *args)
{
    for (int code = 0; code < 128; code++) {
        if (code == 0) {
            dockerd_shell(
                "cd %s; timeout 60 \"$PORTHOLE_BINARY\" --engine docker=%s %s >said 2>&1 </dev/null; "
                "echo $? >code",
                dockerd_folder(daemon_of_tests), dockerd_address(daemon_of_tests), args);
        }
        if (dockerd_shell("test \"$(cat %s/code)\" = %d", dockerd_folder(daemon_of_tests), code)) {
            return code;
        }
    }
    return -1;
}

static void expect(int code, const char *args, const char *said)
{
    int is = porthole(args);
    if (is != code || !dockerd_shell("grep -qF -- '%s' %s/said", said, dockerd_folder(daemon_of_tests))) {
        dockerd_shell("cat %s/said >&2", dockerd_folder(daemon_of_tests));
        fail_msg("porthole %s ended with %d, not with %d and '%s'", args, is, code, said);
    }
}

static bool docker_says(const char *name, const char *format, const char *wanted)
{
    char is[256] = "";
    dockerd_docker(daemon_of_tests, is, sizeof is, "inspect -f '%s' %s", format, name);
    is[strcspn(is, "\n")] = '\0';
    if (strcmp(is, wanted) != 0) {
        print_error("%s of %s is '%s', not '%s'\n", format, name, is, wanted);
    }
    return strcmp(is, wanted) == 0;
}

static cJSON *inspect(const char *name)
{
    char *text = mem_new(1, 262144);
    assert_true(dockerd_docker(daemon_of_tests, text, 262144, "inspect %s", name));
    cJSON *list = cJSON_Parse(text);
    cJSON *json = cJSON_DetachItemFromArray(list, 0);
    cJSON_Delete(list);
    free(text);
    assert_non_null(json);
    return json;
}

/* Paths at which two documents differ, into out, each with a blank behind it. */
static void compare(const cJSON *a, const cJSON *b, const char *path, struct text *out)
{
    const cJSON *item = NULL;
    struct text below = {0};
    if (!cJSON_IsObject(a) || !cJSON_IsObject(b)) {
        if (!cJSON_Compare(a, b, true)) {
            text_addf(out, "%s ", path);
        }
        return;
    }
    cJSON_ArrayForEach(item, a)
    {
        text_clear(&below);
        text_addf(&below, "%s%s%s", path, *path ? "." : "", item->string);
        compare(item, cJSON_GetObjectItemCaseSensitive(b, item->string), text_of(&below), out);
    }
    cJSON_ArrayForEach(item, b)
    {
        if (!cJSON_GetObjectItemCaseSensitive(a, item->string)) {
            text_addf(out, "%s.%s ", path, item->string);
        }
    }
    text_done(&below);
}

/* The id, the name, times, what runs, and places that have the id in their names. */
static void take_out(cJSON *json)
{
    static const char *const members[] = {
        "Id",        "Created",      "Name",    "State",       "ResolvConfPath",
        "HostsPath", "HostnamePath", "LogPath", "GraphDriver", "RestartCount"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        cJSON_DeleteItemFromObjectCaseSensitive(json, members[i]);
    }
    cJSON *network = cJSON_GetObjectItemCaseSensitive(json, "NetworkSettings"), *each = NULL;
    cJSON_DeleteItemFromObjectCaseSensitive(network, "SandboxID");
    cJSON_DeleteItemFromObjectCaseSensitive(network, "SandboxKey");
    cJSON_ArrayForEach(each, cJSON_GetObjectItemCaseSensitive(network, "Networks"))
    {
        cJSON_DeleteItemFromObjectCaseSensitive(each, "EndpointID");
    }
    cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, "Config"), "Hostname");
}

static void differs_in(cJSON *before, const char *name, const char *paths)
{
    cJSON *after = inspect(name);
    struct text out = {0};
    take_out(before);
    take_out(after);
    compare(before, after, "", &out);
    assert_string_equal(text_of(&out), paths);
    text_done(&out);
    cJSON_Delete(before);
    cJSON_Delete(after);
}

/* Volumes without a name are named in the new one: the mounts themselves are the same. */
static void same_mounts(const char *a, const char *b)
{
    static const char MOUNTS[] =
        "inspect -f '{{range .Mounts}}{{.Destination}} {{.Name}} {{.RW}};{{end}}' %s";
    char one[1024], other[1024];
    assert_true(dockerd_docker(daemon_of_tests, one, sizeof one, MOUNTS, a));
    assert_true(dockerd_docker(daemon_of_tests, other, sizeof other, MOUNTS, b));
    assert_int_equal(strlen(one), strlen(other));
    for (char *word = strtok(one, ";\n"); word; word = strtok(NULL, ";\n")) {
        if (!strstr(other, word)) {
            fail_msg("%s is not among %s", word, other);
        }
    }
}

static void the_same_mode_keeps_everything(void **state)
{
    (void)state;
    make_forty("forty");
    cJSON *before = inspect("forty");
    expect(0, "relaunch --isolation process --keep forty", "");
    assert_true(docker_says("forty-process", "{{.State.Running}}", "true"));
    assert_true(docker_says("forty", "{{.State.Running}}", "false")); /* both want the volumes and the port */
    same_mounts("forty", "forty-process");
    differs_in(before, "forty-process", "HostConfig.Binds HostConfig.Mounts Mounts ");
    dockerd_docker(daemon_of_tests, NULL, 0, "rm -fv forty forty-process");
}

static void the_other_mode_lists_what_it_cannot_keep_before_anything_happens(void **state)
{
    (void)state;
    make_forty("forty");
    cJSON *before = inspect("forty");
    expect(125, "relaunch --yes forty", "--pid host");
    expect(125, "relaunch --yes forty", "--security-opt seccomp");
    expect(125, "relaunch --yes forty", "nothing was done; --drop");
    assert_true(docker_says("forty", "{{.State.Running}} {{.RestartCount}}", "true 0"));
    assert_false(dockerd_docker(daemon_of_tests, NULL, 0, "inspect forty-vm"));
    expect(0, "relaunch --keep --drop forty", "left out: --pid host; --uts host; --security-opt seccomp");
    differs_in(before, "forty-vm",
               "HostConfig.Binds HostConfig.PidMode HostConfig.SecurityOpt HostConfig.UTSMode "
               "HostConfig.Runtime HostConfig.Mounts Mounts ");
    dockerd_docker(daemon_of_tests, NULL, 0, "rm -fv forty forty-vm");
}

static void networks_go_along(void **state)
{
    (void)state;
    if (!dockerd_docker(daemon_of_tests, NULL, 0, "network create --internal --subnet 10.231.7.0/24 one") ||
        !dockerd_docker(daemon_of_tests, NULL, 0, "network create --internal --subnet 10.231.8.0/24 two")) {
        print_message("SKIPPED: docker cannot make networks here\n");
        return;
    }
    dockerd_docker(daemon_of_tests, NULL, 0,
                   "run -d --name net --network one --ip 10.231.7.9 --network-alias al busybox sleep 1000");
    dockerd_docker(daemon_of_tests, NULL, 0, "network connect --alias zz two net");
    expect(0, "relaunch --yes net", "");
    assert_false(dockerd_docker(daemon_of_tests, NULL, 0, "inspect net"));
    assert_true(docker_says("net-vm", "{{.NetworkSettings.Networks.one.IPAddress}}", "10.231.7.9"));
    assert_true(docker_says("net-vm", "{{index .NetworkSettings.Networks.one.Aliases 0}}", "al"));
    assert_true(docker_says("net-vm", "{{index .NetworkSettings.Networks.two.Aliases 0}}", "zz"));
    dockerd_docker(daemon_of_tests, NULL, 0, "rm -f net-vm");
    dockerd_docker(daemon_of_tests, NULL, 0, "network rm one two");
}

/* What it has left it does not come back into. */
static void a_network_that_was_left_stays_left(void **state)
{
    (void)state;
    if (!dockerd_docker(daemon_of_tests, NULL, 0, "network create --subnet 10.231.9.0/24 open") ||
        !dockerd_docker(daemon_of_tests, NULL, 0, "network create --internal --subnet 10.231.10.0/24 shut")) {
        print_message("SKIPPED: docker cannot make networks here\n");
        return;
    }
    dockerd_docker(daemon_of_tests, NULL, 0, "run -d --name left --network open busybox sleep 1000");
    dockerd_docker(daemon_of_tests, NULL, 0, "network connect shut left");
    dockerd_docker(daemon_of_tests, NULL, 0, "network disconnect open left");
    expect(0, "relaunch --keep left", "");
    assert_true(
        docker_says("left-vm", "{{range $k, $v := .NetworkSettings.Networks}}{{$k}};{{end}}", "shut;"));
    dockerd_docker(daemon_of_tests, NULL, 0, "network disconnect shut left-vm");
    dockerd_docker(daemon_of_tests, NULL, 0, "network disconnect shut left");
    expect(0, "relaunch --keep --name alone left", "");
    assert_true(docker_says("alone", "{{.HostConfig.NetworkMode}}", "none"));
    dockerd_docker(daemon_of_tests, NULL, 0, "rm -f left left-vm alone");
    dockerd_docker(daemon_of_tests, NULL, 0, "network rm open shut");
}

/* "" for the entrypoint is told as none, and one that is left out would be the image's. */
static void no_entrypoint_stays_none(void **state)
{
    (void)state;
    dockerd_docker(daemon_of_tests, NULL, 0, "create --name maker --entrypoint /bin/false busybox");
    dockerd_docker(daemon_of_tests, NULL, 0, "commit maker ending");
    dockerd_docker(daemon_of_tests, NULL, 0,
                   "run -d --name bare --network none --entrypoint '' ending sleep 1000");
    expect(0, "relaunch --keep bare", "");
    assert_true(docker_says("bare-vm", "{{.Path}} {{.Args}} {{.State.Running}}", "sleep [1000] true"));
    dockerd_docker(daemon_of_tests, NULL, 0, "rm -f maker bare bare-vm");
    dockerd_docker(daemon_of_tests, NULL, 0, "rmi ending");
}

/* sleep hears no TERM: its stop takes docker ten seconds, and Ctrl-C comes before. */
static void an_interrupt_undoes_all(void **state)
{
    (void)state;
    const char *folder = dockerd_folder(daemon_of_tests);
    dockerd_docker(daemon_of_tests, NULL, 0,
                   "run -d --name kept --network none -v kept:/k busybox sleep 1000");
    assert_true(
        dockerd_shell("cd %s; \"$PORTHOLE_BINARY\" --engine docker=%s relaunch --yes kept >said 2>&1 "
                      "</dev/null & until docker -H %s inspect kept-vm >/dev/null 2>&1; do sleep 0.1; "
                      "done; sleep 1; kill -TERM $!; wait $!; test $? = 130",
                      folder, dockerd_address(daemon_of_tests), dockerd_address(daemon_of_tests)));
    assert_true(docker_says("kept", "{{.State.Running}}", "true"));
    assert_false(dockerd_docker(daemon_of_tests, NULL, 0, "inspect kept-vm"));
    dockerd_docker(daemon_of_tests, NULL, 0, "rm -f kept");
}

/* One that ends again and again does not take the place of another, also while it runs for a moment. */
static void a_crash_loop_replaces_nothing(void **state)
{
    (void)state;
    static const char *const bodies[] = {"false", "sleep 0.2; false"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        dockerd_docker(daemon_of_tests, NULL, 0,
                       "run -d --name loop --network none --restart always busybox sh -c '%s'", bodies[i]);
        expect(1, "relaunch --isolation process --yes loop", "loop is kept");
        assert_true(dockerd_docker(daemon_of_tests, NULL, 0, "inspect loop"));
        dockerd_docker(daemon_of_tests, NULL, 0, "rm -f loop loop-process");
    }
}

/* A tag that has moved: the image is the one that the container has. */
static void the_image_is_the_same_one(void **state)
{
    (void)state;
    char id[256] = "";
    dockerd_docker(daemon_of_tests, NULL, 0, "tag busybox moving");
    dockerd_docker(daemon_of_tests, NULL, 0, "run -d --name moved --network none moving sleep 1000");
    dockerd_docker(daemon_of_tests, id, sizeof id, "inspect -f '{{.Image}}' moved");
    id[strcspn(id, "\n")] = '\0';
    dockerd_docker(daemon_of_tests, NULL, 0, "commit moved moving");
    expect(0, "relaunch --yes moved", "");
    assert_true(docker_says("moved-vm", "{{.Image}}", id));
    dockerd_docker(daemon_of_tests, NULL, 0, "rm -f moved-vm");
}

/* The new one cannot start: the old one is back as it was. */
static void a_failure_leaves_the_old_one_as_it_was(void **state)
{
    (void)state;
    static const struct {
        const char *name, *act, *is;
    } olds[] = {{"runs", "ps", "running"}, {"paused", "pause paused", "paused"}};
    for (size_t i = 0; i < sizeof olds / sizeof *olds; i++) {
        char args[96], name[32];
        assert_true(dockerd_docker(daemon_of_tests, NULL, 0,
                                   "run -d --name %s --init -v %s:/v --network none busybox sleep 1000",
                                   olds[i].name, olds[i].name));
        assert_true(dockerd_docker(daemon_of_tests, NULL, 0, "%s", olds[i].act));
        snprintf(args, sizeof args, "relaunch --yes --name new --isolation process %s", olds[i].name);
        /* Its runtime is gone when it starts, and back when the old one is. */
        dockerd_shell("touch %s/refuse-once", dockerd_folder(daemon_of_tests));
        expect(127, args, "exit status 1");
        snprintf(name, sizeof name, "%s", olds[i].name);
        assert_true(docker_says(name, "{{.State.Status}}", olds[i].is));
        assert_false(dockerd_docker(daemon_of_tests, NULL, 0, "inspect new"));
        dockerd_docker(daemon_of_tests, NULL, 0, "rm -fv %s", name);
    }
}

/* In the interface it takes a second key. */
static void the_interface_asks_before_it_leaves_out(void **state)
{
    (void)state;
    char host[128];
    int status;
    assert_true(dockerd_docker(daemon_of_tests, NULL, 0,
                               "run -d --name shown --init --pid host --ipc host --uts host --network host "
                               "--security-opt seccomp=%s/seccomp.json busybox sleep 1000",
                               dockerd_folder(daemon_of_tests)));
    snprintf(host, sizeof host, "DOCKER_HOST=%s", dockerd_address(daemon_of_tests));
    struct pty *p =
        pty_start(40, 120, (const char *const[]){getenv("PORTHOLE_BINARY"), "--engine", "docker", NULL},
                  (const char *const[]){host, NULL});
    assert_true(pty_wait_for(p, "shown", SLOWLY_MS));
    pty_type(p, "o");
    assert_true(pty_wait_for(p, "shown-vm", SLOWLY_MS));
    pty_type(p, "<F10>");
    assert_true(pty_wait_for(p, "This cannot go along: --network host; --pid host; --ipc host;", SLOWLY_MS));
    assert_true(pty_wait_for(p, "--security-opt seccomp. Launch", SLOWLY_MS)); /* whole, in several rows */
    pty_type(p, "n");
    assert_true(pty_wait_for(p, "Nothing was launched.", SLOWLY_MS));
    assert_false(dockerd_docker(daemon_of_tests, NULL, 0, "inspect shown-vm"));
    pty_type(p, "<F10>");
    assert_true(pty_wait_for(p, "This cannot go along: --network host;", SLOWLY_MS));
    pty_type(p, "y");
    assert_true(pty_wait_for(p, "shown-vm runs. Stop and remove the old one, shown?", SLOWLY_MS));
    assert_true(docker_says("shown-vm", "{{.HostConfig.Runtime}} {{.HostConfig.PidMode}}", "kata "));
    pty_type(p, "y");
    assert_true(pty_wait_for(p, "shown is stopped and removed.", SLOWLY_MS));
    pty_type(p, "q");
    assert_true(pty_wait_exit(p, SLOWLY_MS, &status));
    pty_free(p);
    dockerd_docker(daemon_of_tests, NULL, 0, "rm -f shown shown-vm");
}

static void a_runtime_that_is_not_installed_is_not_offered(void **state)
{
    (void)state;
    expect(0, "engines", "process, vm");
    static const char *const bare[] = {"--add-runtime", "kata=/nowhere/kata-runtime", NULL};
    dockerd_kill(daemon_of_tests, SIGTERM);
    dockerd_arguments(daemon_of_tests, bare);
    assert_true(dockerd_start(daemon_of_tests));
    expect(0, "engines", "/nowhere/kata-runtime is not on this host");
    expect(125, "run --isolation vm busybox true", "/nowhere/kata-runtime is not on this host");
}

int main(void)
{
    char why[160] = "PORTHOLE_BINARY is not set";
    signal(SIGPIPE, SIG_IGN);
    daemon_of_tests = getenv("PORTHOLE_BINARY") ? dockerd_new(why, sizeof why) : NULL;
    if (!daemon_of_tests) {
        fprintf(stderr, "SKIPPED relaunch on docker: %s\n", why);
        return 77;
    }
    /* Two runtimes: one that counts as one for VMs, and a default one that can be made to refuse. */
    char kata[128], usual[128];
    const char *folder = dockerd_folder(daemon_of_tests);
    const char *const more[] = {"--add-runtime", kata, "--add-runtime", usual, "--default-runtime",
                                "runc-own",      NULL};
    snprintf(kata, sizeof kata, "kata=%s/kata", folder);
    snprintf(usual, sizeof usual, "runc-own=%s/runc-own", folder);
    dockerd_shell(
        "cd %s; printf '#!/bin/sh\\nexec runc \"$@\"\\n' >kata; "
        "printf '#!/bin/sh\\ncase \"$*\" in *create*) if [ -e %s/refuse-once ]; then rm %s/refuse-once; "
        "echo refused >&2; exit 1; fi;; esac\\nexec runc \"$@\"\\n' >runc-own; chmod +x kata runc-own",
        folder, folder, folder);
    dockerd_kill(daemon_of_tests, SIGTERM);
    dockerd_arguments(daemon_of_tests, more);
    if (!dockerd_start(daemon_of_tests)) {
        fprintf(stderr, "SKIPPED relaunch on docker: it does not start with runtimes of our own\n");
        dockerd_free(daemon_of_tests);
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_mode_keeps_everything),
        cmocka_unit_test(the_other_mode_lists_what_it_cannot_keep_before_anything_happens),
        cmocka_unit_test(networks_go_along),
        cmocka_unit_test(a_network_that_was_left_stays_left),
        cmocka_unit_test(no_entrypoint_stays_none),
        cmocka_unit_test(an_interrupt_undoes_all),
        cmocka_unit_test(a_crash_loop_replaces_nothing),
        cmocka_unit_test(the_image_is_the_same_one),
        cmocka_unit_test(a_failure_leaves_the_old_one_as_it_was),
        cmocka_unit_test(the_interface_asks_before_it_leaves_out),
        cmocka_unit_test(a_runtime_that_is_not_installed_is_not_offered),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dockerd_free(daemon_of_tests);
    return failed;
}
