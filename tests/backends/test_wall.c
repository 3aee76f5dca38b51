/* What process isolation keeps a container from, tried from inside by wall_probe, and beside docker on the
 * same host and runtime: what docker refuses is refused, in the same way. */
#include "tests/backends/keeperside.h"

#include <limits.h>
#include <unistd.h>

#include "core/memory.h"
#include "tests/backends/dockerd.h"

enum { OUTPUT = 64 * 1024 };

static int setup(void **state)
{
    *state = side_new(NULL);
    return 0;
}

/* The folder that this test program is in has the probe too. */
static void probe_path(char *out, size_t room)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(len > 0);
    self[len] = '\0';
    *strrchr(self, '/') = '\0';
    snprintf(out, room, "%s/wall_probe", self);
    assert_int_equal(access(out, X_OK), 0);
}

static void wish_probe(struct launch_spec *wish)
{
    char path[PATH_MAX + 16];
    probe_path(path, sizeof path);
    launch_spec_init(wish);
    wish->n_crossings = 1;
    wish->crossings = mem_new(1, sizeof *wish->crossings);
    wish->crossings[0] = (struct crossing){CROSSING_FOLDER, mem_string(path), mem_string("/probe"), true};
}

/* What the probe prints in a container of ours; the caller frees. */
static char *probe(struct side *side)
{
    struct box b;
    struct launch_spec wish;
    wish_probe(&wish);
    box_make(side, &b, &wish, (const char *const[]){"/probe", NULL});
    box_spawn(&b, "--hold");
    assert_true(box_ok(&b));
    struct guest *g = guest_new(&b, WIRE_ATTACH, "{}");
    assert_int_equal(box_control(&b, "{\"verb\":\"start\"}"), ERROR_NONE);
    assert_true(guest_read(g, NULL));
    char *out = mem_string(text_of(&g->out));
    guest_free(g);
    box_wait(&b);
    box_free(&b);
    launch_spec_done(&wish);
    assert_non_null(strstr(out, "\nend\n"));
    return out;
}

/* The rest of the line that begins with `name` and ": "; NULL: there is none. Cut at room. */
static const char *said(const char *output, const char *name, char *line, size_t room)
{
    size_t len = strlen(name);
    for (const char *at = output; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
        if (strncmp(at, name, len) == 0 && at[len] == ':') {
            at += len + 1;
            at += strspn(at, " \t");
            snprintf(line, room, "%.*s", (int)strcspn(at, "\n"), at);
            return line;
        }
    }
    return NULL;
}

struct row {
    const char *name, *wanted;
};

static void expect(const char *output, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char line[512];
        const char *got = said(output, rows[i].name, line, sizeof line);
        if (!got || strcmp(got, rows[i].wanted) != 0) {
            fail_msg("%s: %s, not %s", rows[i].name, got ? got : "nothing", rows[i].wanted);
        }
    }
}

/* Without docker at hand: what would succeed, or fail otherwise, without the filter; and what must go on. */
static void refused(void **state)
{
    static const struct row rows[] = {
        {"status Seccomp", "2"},
        {"status NoNewPrivs", "0"},
        {"call add_key", "EPERM"},
        {"call keyctl", "EPERM"},
        {"call request_key", "EPERM"},
        {"call bpf", "EPERM"},
        {"call clone CLONE_NEWUSER", "EPERM"},
        {"call clone3", "ENOSYS"},
        {"call io_uring_setup", "EPERM"},
        {"call kcmp", "EPERM"},
        {"call mount", "EPERM"},
        {"call move_pages", "EPERM"},
        {"call name_to_handle_at", "EPERM"},
        {"call open_tree", "EPERM"},
        {"call perf_event_open", "EPERM"},
        {"call personality without randomization", "EPERM"},
        {"call process_vm_readv", "EPERM"},
        {"call setns", "EPERM"},
        {"call socket AF_ALG", "EPERM"},
        {"call socket AF_VSOCK", "EPERM"},
        {"call unshare CLONE_NEWUSER", "EPERM"},
        {"call clone", "0"},
        {"call pidfd_open", "0"},
        {"call personality, asking", "0"},
        {"call ptrace", "0"},
        {"call socket, TCP", "0"},
    };
    char *output = probe(side_usable(state));
    expect(output, rows, sizeof rows / sizeof *rows);
    free(output);
}

static void refused_to_root(void **state)
{
    static const struct row rows[] = {
        {"status CapEff", "00000000a80425fb"},
        {"status CapBnd", "00000000a80425fb"},
        {"status CapInh", "0000000000000000"},
        {"call chroot", "0"},
        {"device mem", "EPERM"},
        {"device kmsg", "EPERM"},
        {"device loop0", "EPERM"},
        {"device null", "0"},
        {"read /proc/keys", "ENODATA"},
        {"write /proc/sys/kernel/core_pattern", "EROFS"},
    };
    struct side *side = side_usable(state);
    if (side->paths->rootless) {
        print_message("needs root\n");
        skip();
    }
    char *output = probe(side);
    expect(output, rows, sizeof rows / sizeof *rows);
    free(output);
}

static const char *const namespaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};

static bool own_namespace(long pid, const char *kind)
{
    char path[64], theirs[64], ours[64];
    snprintf(path, sizeof path, "/proc/%ld/ns/%s", pid, kind);
    ssize_t len = readlink(path, theirs, sizeof theirs - 1);
    assert_true(len > 0);
    theirs[len] = '\0';
    snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
    len = readlink(path, ours, sizeof ours - 1);
    assert_true(len > 0);
    ours[len] = '\0';
    return strcmp(ours, theirs) != 0;
}

/* The first process and one that came later are behind the same wall; the runtime's helper has gone. */
static void exec_too(void **state)
{
    struct box b;
    struct state s;
    struct side *side = side_usable(state);
    struct text out = {0};
    box_script(side, &b, NULL, "sleep 1000");
    box_spawn(&b, NULL);
    assert_true(box_ok(&b));
    assert_int_equal(
        box_exec(&b, "grep -E '^(Seccomp|NoNewPrivs|CapBnd):' /proc/1/status /proc/self/status", &out), 0);
    assert_non_null(strstr(text_of(&out), "/proc/1/status:Seccomp:\t2\n"));
    assert_non_null(strstr(text_of(&out), "/proc/self/status:Seccomp:\t2\n"));
    assert_non_null(strstr(text_of(&out), "/proc/self/status:NoNewPrivs:\t0\n"));
    text_clear(&out);
    assert_int_equal(box_exec(&b, "unshare -U true || cat /proc/self/cgroup", &out), 0);
    assert_null(strstr(text_of(&out), b.id)); /* where it is in the host's tree, it does not see */
    box_state(&b, &s);
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++) {
        bool wanted = strcmp(namespaces[i], "user") != 0 || side->paths->rootless;
        if (own_namespace(s.pid, namespaces[i]) != wanted) {
            fail_msg("namespace %s: %s", namespaces[i], wanted ? "the host's" : "own");
        }
    }
    state_done(&s);
    text_done(&out);
    box_free(&b);
}

/* Where we differ from docker on purpose. NULL as docker's word: whatever it says. */
static const struct {
    const char *name, *why;
} stricter[] = {
    {"call io_uring_enter", "docker refuses it since 25"},
    {"call io_uring_register", "docker refuses it since 25"},
    {"call io_uring_setup", "docker refuses it since 25"},
    {"call name_to_handle_at", "docker allows it since 24"},
    {"call process_vm_readv", "docker allows it since 22"},
    {"call socket AF_ALG", "docker refuses it since 29"},
    {"call socket AF_VSOCK", "docker refuses it since 23"},
    {"device console", "the host's console, which no container needs"},
    {"read /proc/interrupts", "docker masks it since 28"},
};

static bool is_stricter(const char *name, const char *got)
{
    bool refusal = strcmp(got, "EPERM") == 0 || strcmp(got, "ENODATA") == 0;
    for (size_t i = 0; i < sizeof stricter / sizeof *stricter; i++) {
        if (strcmp(stricter[i].name, name) == 0) {
            return refusal;
        }
    }
    return false;
}

/* Docker's mounts of its own files lie on its own file systems; masks that only we have are more, not less.
 */
static bool differs_in_place(const char *name)
{
    static const char *const names[] = {"mount /", "mount /probe", "mount /etc/hosts", "mount /etc/hostname",
                                        "mount /etc/resolv.conf"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Every line of docker's has its like in ours. */
static int compare(const char *docker, const char *ours)
{
    int different = 0;
    char name[256], theirs[512], got[512];
    for (const char *at = docker; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
        size_t len = strcspn(at, ":\n");
        if (at[len] != ':') {
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)len, at);
        said(docker, name, theirs, sizeof theirs);
        const char *here = said(ours, name, got, sizeof got);
        if (differs_in_place(name) || (here && (strcmp(here, theirs) == 0 || is_stricter(name, here)))) {
            continue;
        }
        print_error("%s: docker %s, here %s\n", name, theirs, here ? here : "nothing");
        different++;
    }
    return different;
}

static void beside_docker(void **state)
{
    struct side *side = side_usable(state);
    char why[256], path[PATH_MAX + 16];
    if (side->paths->rootless) {
        print_message("needs root\n");
        skip();
    }
    struct dockerd *d = dockerd_new(why, sizeof why);
    if (!d) {
        print_message("no docker: %s\n", why);
        skip();
    }
    char *docker = mem_new(OUTPUT, 1);
    probe_path(path, sizeof path);
    bool ran = dockerd_docker(d, docker, OUTPUT,
                              "run --rm --cgroupns private --network none -v %s:/probe:ro busybox "
                              "/probe",
                              path);
    dockerd_free(d);
    assert_true(ran);
    assert_non_null(strstr(docker, "\nend\n"));
    char *ours = probe(side);
    int different = compare(docker, ours);
    free(docker);
    free(ours);
    assert_int_equal(different, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, side_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refused),
        TEST(refused_to_root),
        TEST(exec_too),
        TEST(beside_docker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
