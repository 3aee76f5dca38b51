/* The OCI documents of typical specs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/json.h"
#include "backends/local/shared/bundle.h"
#include "core/memory.h"
#include "core/text.h"

struct bench {
    char folder[64];
    struct paths *paths;
    struct state state;
    struct image_config image;
};

static void put(const char *folder, const char *name, const char *text)
{
    struct text path = {0};
    text_addf(&path, "%s/%s", folder, name);
    int fd = open(text_of(&path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    text_done(&path);
}

static int setup(void **state)
{
    struct bench *b = mem_new(1, sizeof *b);
    struct error e = {0};
    struct text etc = {0};
    strcpy(b->folder, "/tmp/porthole-bundle-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    setenv("PORTHOLE_STATE", b->folder, 1);
    b->paths = paths_new(&e);
    assert_non_null(b->paths);
    text_addf(&etc, "%s/etc", b->folder);
    assert_int_equal(mkdir(text_of(&etc), 0755), 0);
    put(text_of(&etc), "passwd", "root:x:0:0:root:/root:/bin/sh\nweb:x:33:44:web:/srv/web:/bin/sh\n");
    put(text_of(&etc), "group", "root:x:0:\nweb:x:44:\n");
    text_done(&etc);
    state_init(&b->state);
    strcpy(b->state.id, "0123456789ab");
    b->state.spec.image = mem_string("app");
    b->state.spec.name = mem_string("web");
    b->state.argv = mem_strings((const char *const[]){"sh", "-c", "echo \"hi\"", NULL});
    b->image.rootfs = mem_string(b->folder);
    b->image.env = mem_strings((const char *const[]){"PATH=/image/bin", "A=image", "BROKEN", "=x", NULL});
    b->image.workdir = mem_string("/work");
    b->paths->rootless = false; /* what is written does not depend on who we are, but for this */
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    assert_true(paths_remove_tree(b->folder, NULL));
    paths_free(b->paths);
    state_done(&b->state);
    image_config_done(&b->image);
    free(b);
    return 0;
}

static cJSON *config(struct bench *b)
{
    struct error e = {0};
    char *text = bundle_text(b->paths, &b->state, &b->image, &e);
    assert_non_null(text);
    cJSON *o = json_parse(text, strlen(text), 1 << 20, &e);
    assert_non_null(o);
    cJSON_free(text);
    return o;
}

static void refused(struct bench *b, enum error_kind kind, const char *word)
{
    struct error e = {0};
    assert_null(bundle_text(b->paths, &b->state, &b->image, &e));
    assert_int_equal(e.kind, kind);
    assert_non_null(strstr(e.text, word));
}

static bool has_word(const cJSON *o, const char *path, const char *word)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, json_at(o, path))
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, word) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_namespace(const cJSON *o, const char *type)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, json_at(o, "linux.namespaces"))
    {
        if (strcmp(json_string(item, "type", ""), type) == 0) {
            return true;
        }
    }
    return false;
}

static const cJSON *mount_at(const cJSON *o, const char *inside)
{
    const cJSON *item, *last = NULL;
    cJSON_ArrayForEach(item, json_at(o, "mounts"))
    {
        if (strcmp(json_string(item, "destination", ""), inside) == 0) {
            last = item;
        }
    }
    return last;
}

static void plain(void **state)
{
    cJSON *o = config(*state);
    assert_string_equal(json_string(o, "ociVersion", ""), "1.0.2");
    assert_string_equal(json_string(o, "root.path", ""), "rootfs");
    assert_string_equal(json_string(o, "hostname", ""), "0123456789ab");
    assert_string_equal(json_string(o, "process.cwd", ""), "/work");
    assert_int_equal(cJSON_GetArraySize(json_at(o, "process.args")), 3);
    assert_true(has_word(o, "process.args", "echo \"hi\""));
    assert_true(has_word(o, "process.env", "PATH=/image/bin"));
    assert_true(has_word(o, "process.env", "HOME=/root"));
    assert_true(has_word(o, "process.env", "HOSTNAME=0123456789ab"));
    assert_false(has_word(o, "process.env", "BROKEN"));
    assert_false(has_word(o, "process.env", "TERM=xterm-256color"));
    assert_int_equal(cJSON_GetArraySize(json_at(o, "process.capabilities.bounding")), 14);
    assert_false(has_word(o, "process.capabilities.bounding", "CAP_SYS_ADMIN"));
    assert_true(has_word(o, "linux.maskedPaths", "/proc/kcore"));
    assert_true(has_word(o, "linux.readonlyPaths", "/proc/sys"));
    assert_true(has_namespace(o, "pid") && has_namespace(o, "ipc") && has_namespace(o, "uts"));
    assert_true(has_namespace(o, "mount") && has_namespace(o, "network") && !has_namespace(o, "user"));
    assert_true(has_namespace(o, "cgroup"));
    assert_string_equal(json_string(o, "linux.seccomp.defaultAction", ""), "SCMP_ACT_ERRNO");
    assert_int_equal(cJSON_GetArraySize(json_at(o, "process.user.additionalGids")), 1);
    assert_string_equal(json_string(o, "linux.cgroupsPath", ""), "/porthole/0123456789ab");
    assert_null(json_at(o, "linux.resources.memory"));
    assert_null(json_at(o, "linux.resources.cpu"));
    assert_true(has_word(mount_at(o, "/sys"), "options", "ro"));
    cJSON_Delete(o);
}

static void full(void **state)
{
    struct bench *b = *state;
    struct launch_spec *s = &b->state.spec;
    s->terminal = true;
    s->rows = 24;
    s->cols = 80;
    s->cpus = 1.5;
    s->memory = 64 << 20;
    s->user = mem_string("web");
    s->hostname = mem_string("box");
    s->workdir = mem_string("/there");
    s->env = mem_strings((const char *const[]){"A=spec", "B=2", NULL});
    s->n_crossings = 1;
    s->crossings = mem_new(1, sizeof *s->crossings);
    s->crossings[0] = (struct crossing){CROSSING_FOLDER, mem_string(b->folder), mem_string("/data"), true};
    cJSON *o = config(b);
    assert_true(json_bool(o, "process.terminal", false));
    assert_int_equal(json_integer(o, "process.consoleSize.height", 0), 24);
    assert_int_equal(json_integer(o, "process.user.uid", 0), 33);
    assert_int_equal(json_integer(o, "process.user.gid", 0), 44);
    assert_true(has_word(o, "process.env", "HOME=/srv/web"));
    assert_true(has_word(o, "process.env", "A=spec"));
    assert_false(has_word(o, "process.env", "A=image"));
    assert_true(has_word(o, "process.env", "TERM=xterm-256color"));
    assert_string_equal(json_string(o, "process.cwd", ""), "/there");
    assert_string_equal(json_string(o, "hostname", ""), "box");
    assert_int_equal(json_integer(o, "linux.resources.memory.limit", 0), 64 << 20);
    assert_int_equal(json_integer(o, "linux.resources.cpu.quota", 0), 150000);
    assert_int_equal(json_integer(o, "linux.resources.cpu.period", 0), 100000);
    const cJSON *volume = mount_at(o, "/data");
    assert_string_equal(json_string(volume, "source", ""), b->folder);
    assert_true(has_word(volume, "options", "ro") && has_word(volume, "options", "rbind"));
    cJSON_Delete(o);
}

static void host_network(void **state)
{
    struct bench *b = *state;
    b->state.spec.network = mem_string("host");
    cJSON *o = config(b);
    assert_false(has_namespace(o, "network"));
    const cJSON *hosts = mount_at(o, "/etc/hosts");
    if (access("/etc/hosts", R_OK) == 0) {
        assert_string_equal(json_string(hosts, "source", ""), "/etc/hosts");
        assert_true(has_word(hosts, "options", "ro"));
    }
    cJSON_Delete(o);
}

static void rootless(void **state)
{
    struct bench *b = *state;
    b->paths->rootless = true;
    cJSON *o = config(b);
    assert_true(has_namespace(o, "user") && has_namespace(o, "cgroup"));
    assert_string_equal(json_string(o, "linux.seccomp.defaultAction", ""), "SCMP_ACT_ERRNO");
    assert_null(json_at(o, "process.user.additionalGids"));
    assert_int_equal(cJSON_GetArraySize(json_at(o, "linux.uidMappings")), 1);
    assert_int_equal(json_integer(cJSON_GetArrayItem(json_at(o, "linux.uidMappings"), 0), "hostID", -1),
                     geteuid());
    assert_null(json_at(o, "linux.cgroupsPath"));
    assert_null(mount_at(o, "/sys/fs/cgroup"));
    assert_false(has_word(mount_at(o, "/dev/pts"), "options", "gid=5"));
    cJSON_Delete(o);
    b->state.spec.memory = 1 << 20;
    refused(b, ERROR_UNSUPPORTED, "limit");
    b->state.spec.memory = 0;
    b->state.spec.user = mem_string("web");
    refused(b, ERROR_UNSUPPORTED, "web");
    b->paths->rootless = false;
}

static void add_crossing(struct launch_spec *s, enum crossing_kind kind, const char *outside,
                         const char *inside)
{
    s->n_crossings = 1;
    s->crossings = mem_new(1, sizeof *s->crossings);
    s->crossings[0] = (struct crossing){kind, mem_string(outside), mem_string(inside), false};
}

static void missing_volume(void **state)
{
    struct bench *b = *state;
    add_crossing(&b->state.spec, CROSSING_FOLDER, "/no/such/folder", "/data");
    refused(b, ERROR_NOT_FOUND, "/no/such/folder");
}

static void relative_volume(void **state)
{
    struct bench *b = *state;
    add_crossing(&b->state.spec, CROSSING_FOLDER, "/tmp", "data");
    refused(b, ERROR_INVALID, "absolute");
}

static void other_crossings(void **state)
{
    struct bench *b = *state;
    add_crossing(&b->state.spec, CROSSING_PIPE, "\\\\.\\pipe\\x", "x");
    refused(b, ERROR_UNSUPPORTED, "pipe");
}

static void device(void **state)
{
    struct bench *b = *state;
    add_crossing(&b->state.spec, CROSSING_DEVICE, "/dev/null", "/dev/nothing");
    b->state.spec.crossings[0].read_only = true;
    cJSON *o = config(b);
    const cJSON *node = cJSON_GetArrayItem(json_at(o, "linux.devices"), 0);
    const cJSON *rule = cJSON_GetArrayItem(json_at(o, "linux.resources.devices"), 1);
    assert_string_equal(json_string(node, "path", ""), "/dev/nothing");
    assert_string_equal(json_string(node, "type", ""), "c");
    assert_int_equal(json_integer(node, "major", -1), 1);
    assert_int_equal(json_integer(node, "minor", -1), 3);
    assert_true(json_bool(rule, "allow", false));
    assert_string_equal(json_string(rule, "access", ""), "r");
    assert_int_equal(json_integer(rule, "minor", -1), 3);
    cJSON_Delete(o);
    b->paths->rootless = true;
    o = config(b);
    assert_non_null(mount_at(o, "/dev/nothing"));
    assert_null(json_at(o, "linux.devices"));
    cJSON_Delete(o);
    b->paths->rootless = false;
    launch_spec_done(&b->state.spec);
    add_crossing(&b->state.spec, CROSSING_DEVICE, "/dev/no-such-device", "");
    refused(b, ERROR_NOT_FOUND, "no-such-device");
}

/* The namespace is one that the keeper has made, and names are asked of the network's helper. */
static void published_port(void **state)
{
    struct bench *b = *state;
    add_crossing(&b->state.spec, CROSSING_PORT, "8080", "80/tcp");
    cJSON *o = config(b);
    const cJSON *item;
    const char *place = "";
    cJSON_ArrayForEach(item, json_at(o, "linux.namespaces"))
    {
        if (strcmp(json_string(item, "type", ""), "network") == 0) {
            place = json_string(item, "path", "");
        }
    }
    char *wanted = paths_container(b->paths, b->state.id, "netns");
    assert_string_equal(place, wanted);
    free(wanted);
    wanted = paths_container(b->paths, b->state.id, "resolv.conf");
    assert_string_equal(json_string(mount_at(o, "/etc/resolv.conf"), "source", ""), wanted);
    free(wanted);
    cJSON_Delete(o);
}

static void no_command(void **state)
{
    struct bench *b = *state;
    free(b->state.argv);
    b->state.argv = NULL;
    refused(b, ERROR_INVALID, "command");
}

static void no_user(void **state)
{
    struct bench *b = *state;
    b->state.spec.user = mem_string("nobody-here");
    refused(b, ERROR_INVALID, "nobody-here");
}

static void exec_process(void **state)
{
    struct bench *b = *state;
    struct error e = {0};
    struct bundle_process process = {.argv = (const char *const[]){"id", NULL},
                                     .env = (const char *const[]){"A=exec", NULL},
                                     .user = "33",
                                     .workdir = "/x",
                                     .terminal = true};
    char *text = bundle_process_text(b->paths, &b->state, &b->image, &process, b->folder, &e);
    assert_non_null(text);
    cJSON *o = json_parse(text, strlen(text), 1 << 20, &e);
    assert_string_equal(json_string(o, "cwd", ""), "/x");
    assert_int_equal(json_integer(o, "user.uid", 0), 33);
    assert_true(has_word(o, "env", "A=exec"));
    assert_true(has_word(o, "args", "id"));
    assert_null(json_at(o, "consoleSize"));
    cJSON_Delete(o);
    cJSON_free(text);
    process.workdir = "x";
    assert_null(bundle_process_text(b->paths, &b->state, &b->image, &process, b->folder, &e));
    assert_int_equal(e.kind, ERROR_INVALID);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain),           TEST(full),           TEST(host_network),
        TEST(rootless),        TEST(missing_volume), TEST(relative_volume),
        TEST(other_crossings), TEST(no_command),     TEST(no_user),
        TEST(exec_process),    TEST(published_port), TEST(device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
