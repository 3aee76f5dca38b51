/* An engine over ssh: a program of that name stands in for it, and where an sshd can be had, the real thing
 * on the loopback, with a key made for it. */
#include <arpa/inet.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/memory.h"
#include "tests/backends/listener.h"

enum { LARGE = 1 << 20 };

/* Writes a program into the folder, which becomes the first of PATH. */
static void put_program(const struct listener *r, const char *name, const char *script)
{
    char path[128];
    FILE *file = fopen(listener_path(r, name, path), "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0755), 0);
    snprintf(path, sizeof path, "%s:/usr/sbin:/usr/bin:/sbin:/bin", r->folder);
    setenv("PATH", path, 1);
}

static void put_ssh(const struct listener *r, const char *script)
{
    put_program(r, "ssh", script);
}

static void find(struct endpoint *to, const char *address)
{
    listener_clear_environment();
    listener_find(to, address);
}

static void bytes_go_both_ways(void **state)
{
    struct listener *r = *state;
    struct endpoint to;
    put_ssh(r, "cat; echo bye");
    find(&to, "ssh://build");
    listener_open(r, &to);
    transport_write(r->transport, "early ", 6);
    UNTIL(r, r->connected);
    transport_write(r->transport, "late ", 5);
    UNTIL(r, r->drained && r->heard.len == 11);
    transport_end_output(r->transport);
    UNTIL(r, r->closed);
    assert_false(r->failed);
    assert_string_equal(text_of(&r->heard), "early late bye\n");
    endpoint_done(&to);
}

static void much_goes_through_whole(void **state)
{
    struct listener *r = *state;
    struct endpoint to;
    char *data = mem_new(LARGE, 1);
    for (size_t i = 0; i < LARGE; i++) {
        data[i] = (char)(i * 31 + i / 977);
    }
    put_ssh(r, "exec cat");
    find(&to, "ssh://build");
    listener_open(r, &to);
    transport_write(r->transport, data, LARGE);
    UNTIL(r, r->heard.len > 0);
    transport_hold(r->transport, true);
    size_t heard = r->heard.len;
    listener_turn_for(r, 100);
    assert_int_equal(r->heard.len, heard);
    transport_hold(r->transport, false);
    transport_end_output(r->transport);
    UNTIL(r, r->closed);
    assert_false(r->failed);
    assert_int_equal(r->heard.len, LARGE);
    assert_memory_equal(r->heard.data, data, LARGE);
    endpoint_done(&to);
    free(data);
}

/* What the stub was called with, one argument a line. */
static void expect_call(struct listener *r, const char *address, const char *args)
{
    struct endpoint to;
    find(&to, address);
    listener_open(r, &to);
    UNTIL(r, r->closed);
    if (!strstr(text_of(&r->heard), args)) {
        fail_msg("%s became:\n%s", address, text_of(&r->heard));
    }
    assert_non_null(strstr(text_of(&r->heard), "-oBatchMode=yes\n"));
    endpoint_done(&to);
}

static void ssh_is_called_as_docker_does(void **state)
{
    struct listener *r = *state;
    put_ssh(r, "printf '%s\\n' \"$@\"");
    expect_call(r, "ssh://build", "--\nbuild\ndocker system dial-stdio\n");
    expect_call(r, "ssh://me@build.example:2222",
                "-l\nme\n-p\n2222\n--\nbuild.example\ndocker system dial-stdio\n");
    expect_call(r, "ssh://me%40corp@[fe80::1]", "-l\nme@corp\n--\nfe80::1\n");
    expect_call(r, "ssh://build/run/it's.sock",
                "docker --host='unix:///run/it'\\''s.sock' system dial-stdio\n");
    expect_call(r, "ssh://build/", "docker system dial-stdio\n");
}

static void expect_failure(struct listener *r, const char *script, enum error_kind kind, const char *words)
{
    struct endpoint to;
    put_ssh(r, script);
    find(&to, "ssh://build");
    listener_expect_failure(r, &to, kind, words);
    endpoint_done(&to);
}

static void what_ssh_says_is_told(void **state)
{
    struct listener *r = *state;
    expect_failure(
        r, "echo 'Welcome to build' >&2; echo 'me@build: Permission denied (publickey).' >&2; exit 255",
        ERROR_DENIED,
        "ssh ends with 255 and says: me@build: Permission denied (publickey).; put a key of yours there");
    expect_failure(r, "echo 'Host key verification failed.' >&2; exit 255", ERROR_UNREACHABLE,
                   "connect once by hand");
    expect_failure(r, "printf 'ssh: Could not resolve hostname build: \\033[31mno\\n' >&2; exit 255",
                   ERROR_UNREACHABLE, "look at the host's name");
    expect_failure(r, "echo 'sh: 1: docker: not found' >&2; exit 127", ERROR_UNREACHABLE,
                   "install docker's client");
    expect_failure(r,
                   "echo 'failed to open the raw stream connection: dial unix /x: connect: permission "
                   "denied' >&2; exit 1",
                   ERROR_UNREACHABLE, "over there, this user must be in the group docker");
    expect_failure(r, "exit 127", ERROR_UNREACHABLE, "ssh ends with 127; install docker's client");
    expect_failure(r, "kill -9 $$", ERROR_UNREACHABLE, "ssh ends with 137");
    assert_null(strchr(r->why.text, '\033'));
}

/* Something that ssh has left behind holds its standard error open. */
static void a_child_that_stays_behind_is_not_waited_for(void **state)
{
    struct listener *r = *state;
    put_ssh(
        r, "sleep 30 </dev/null >/dev/null & echo $! >\"${0%/*}/pid\"; echo 'ssh: it is over' >&2; exit 255");
    struct endpoint to;
    find(&to, "ssh://build");
    listener_expect_failure(r, &to, ERROR_UNREACHABLE, "says: ssh: it is over");
    endpoint_done(&to);
    char path[128];
    int pid = 0;
    FILE *file = fopen(listener_path(r, "pid", path), "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    assert_int_equal(kill(pid, SIGKILL), 0); /* it is still there: the failure was told before it went */
}

static void without_ssh(void **state)
{
    struct listener *r = *state;
    struct endpoint to;
    setenv("PATH", r->folder, 1);
    find(&to, "ssh://build");
    listener_expect_failure(r, &to, ERROR_UNREACHABLE, "install the OpenSSH client");
    endpoint_done(&to);
}

/* Closing ends the program, even one that does not want to go; the loop comes to its end. */
static void closing_ends_ssh(void **state)
{
    struct listener *r = *state;
    struct endpoint to;
    int pid = 0;
    put_ssh(r, "trap '' TERM; echo $$; while :; do read -r line || sleep 0.1; done");
    find(&to, "ssh://build");
    listener_open(r, &to);
    UNTIL(r, r->heard.len > 1);
    assert_int_equal(sscanf(text_of(&r->heard), "%d", &pid), 1);
    assert_int_equal(kill(pid, 0), 0);
    transport_close(r->transport);
    r->transport = NULL;
    UNTIL(r, kill(pid, 0) != 0);
    endpoint_done(&to);
}

/* ---- a real one ---- */

static const char *find_server(void)
{
    return access("/usr/sbin/sshd", X_OK) == 0       ? "/usr/sbin/sshd"
           : access("/usr/sbin/dropbear", X_OK) == 0 ? "/usr/sbin/dropbear"
                                                     : NULL;
}

static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void put_file(const struct listener *r, const char *name, const char *text)
{
    char path[128];
    FILE *file = fopen(listener_path(r, name, path), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

/* Keys for both sides, and a house for root: our folder is his home, our script his shell. */
static void prepare(struct listener *r, bool dropbear, unsigned port)
{
    char text[1600];
    snprintf(text, sizeof text,
             "cd %s && for k in host mine other; do ssh-keygen -q -t ed25519 -N '' -f $k || exit 1; done && "
             "mkdir -m 700 .ssh && cp mine.pub .ssh/authorized_keys && chmod 600 .ssh/authorized_keys && "
             "echo \"[127.0.0.1]:%u $(cut -d' ' -f1,2 host.pub)\" >known && "
             "{ echo root:x:0:0::%s:%s/shell; echo sshd:x:65533:65534::/:/bin/false; } >passwd && "
             "echo %s/shell >shells && "
             "{ [ %d = 0 ] || dropbearconvert openssh dropbear host host.dropbear 2>/dev/null; }",
             r->folder, port, r->folder, r->folder, r->folder, dropbear);
    assert_int_equal(system(text), 0);
    put_program(r, "shell", "PATH=${0%/*}; export PATH; exec /bin/sh \"$@\"");
    snprintf(text, sizeof text,
             "ListenAddress 127.0.0.1:%u\nHostKey %s/host\nStrictModes no\nUsePAM no\nPidFile none\n"
             "PermitRootLogin yes\n",
             port, r->folder);
    put_file(r, "sshd.conf", text);
}

static bool put_over(const struct listener *r, const char *name, const char *path)
{
    char ours[128];
    return mount(listener_path(r, name, ours), path, NULL, MS_BIND, NULL) == 0;
}

/* Only the server sees that house. */
static void run_server(const struct listener *r, const char *program, unsigned port)
{
    char text[128], key[128], address[64];
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    mkdir("/run/sshd", 0755); /* which sshd wants */
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        !put_over(r, "passwd", "/etc/passwd") || !put_over(r, "shells", "/etc/shells")) {
        _exit(77);
    }
    freopen(listener_path(r, "server.log", text), "w", stderr);
    dup2(2, 1);
    if (strstr(program, "dropbear")) {
        execl(program, program, "-F", "-E", "-p", address, "-r", listener_path(r, "host.dropbear", key), "-P",
              listener_path(r, "server.pid", text), (char *)NULL);
    } else {
        execl(program, program, "-D", "-e", "-f", listener_path(r, "sshd.conf", text), (char *)NULL);
    }
    _exit(127);
}

static bool answers(unsigned port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool good = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return good;
}

/* Its pid; 0: it cannot run here. */
static pid_t start_server(struct listener *r, unsigned *port)
{
    const char *program = find_server();
    int status;
    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    if (!program || access("/usr/bin/ssh", X_OK) != 0 || geteuid() != 0) {
        return 0;
    }
    *port = free_port();
    prepare(r, strstr(program, "dropbear"), *port);
    pid_t pid = fork();
    if (pid == 0) {
        run_server(r, program, *port);
    }
    assert_true(pid > 0);
    for (int i = 0; i < LISTENER_PATIENCE_MS / 20; i++) {
        if (waitpid(pid, &status, WNOHANG) == pid) {
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 77);
            return 0;
        }
        if (answers(*port)) {
            return pid;
        }
        listener_turn_for(r, 20);
    }
    fail_msg("%s does not start", program);
    return 0;
}

static void over_a_real_ssh(void **state)
{
    struct listener *r = *state;
    char script[400], address[64];
    struct endpoint to;
    unsigned port = 0;
    pid_t pid = start_server(r, &port);
    if (!pid) {
        print_message(
            "skipped: over_a_real_ssh needs ssh, an sshd (openssh-server or dropbear-bin), and root\n");
        skip();
    }
    snprintf(script, sizeof script,
             "exec /usr/bin/ssh -F none -o UserKnownHostsFile=%s/${KNOWN:-known} -o IdentitiesOnly=yes "
             "-o IdentityAgent=none -i %s/${KEY:-mine} \"$@\"",
             r->folder, r->folder);
    put_ssh(r, script);
    snprintf(address, sizeof address, "ssh://root@127.0.0.1:%u", port);
    find(&to, address);

    listener_expect_failure(r, &to, ERROR_UNREACHABLE, "install docker's client over there");
    put_program(r, "docker", "[ \"$*\" = 'system dial-stdio' ] && /bin/cat && printf bye");
    listener_open(r, &to);
    transport_write(r->transport, "hello ", 6);
    transport_end_output(r->transport);
    UNTIL(r, r->closed);
    assert_false(r->failed);
    assert_string_equal(text_of(&r->heard), "hello bye");

    setenv("KEY", "other", 1);
    listener_expect_failure(r, &to, ERROR_DENIED, "Permission denied (publickey");
    unsetenv("KEY");
    setenv("KNOWN", "nobody", 1);
    listener_expect_failure(r, &to, ERROR_UNREACHABLE, "Host key verification failed");
    unsetenv("KNOWN");
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    endpoint_done(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bytes_go_both_ways, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(much_goes_through_whole, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(ssh_is_called_as_docker_does, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(what_ssh_says_is_told, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(a_child_that_stays_behind_is_not_waited_for, listener_make,
                                        listener_drop),
        cmocka_unit_test_setup_teardown(without_ssh, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(closing_ends_ssh, listener_make, listener_drop),
        cmocka_unit_test_setup_teardown(over_a_real_ssh, listener_make, listener_drop),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
