/* The places for mounts below a root whose links, FIFOs and files are hostile; nothing beside it is touched.
 */
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

#include "backends/local/shared/mount_targets.h"
#include "backends/local/shared/paths.h"

struct place {
    char folder[64];
    char path[256];
};

static const char *in(struct place *p, const char *name)
{
    snprintf(p->path, sizeof p->path, "%s/%s", p->folder, name);
    return p->path;
}

/* "root" is the root file system, "host" what must stay as it is. */
static int setup(void **state)
{
    static struct place place;
    strcpy(place.folder, "/tmp/porthole-targets-XXXXXX");
    assert_non_null(mkdtemp(place.folder));
    assert_int_equal(mkdir(in(&place, "root"), 0755), 0);
    assert_int_equal(mkdir(in(&place, "host"), 0755), 0);
    *state = &place;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    assert_int_equal(rmdir(in(p, "host")), 0); /* nothing was made in it */
    assert_true(paths_remove_tree(p->folder, NULL));
    return 0;
}

static void link_at(struct place *p, const char *target, const char *name)
{
    assert_int_equal(symlink(target, in(p, name)), 0);
}

static bool is(struct place *p, const char *name, mode_t type)
{
    struct stat st;
    return lstat(in(p, name), &st) == 0 && (st.st_mode & S_IFMT) == type;
}

static cJSON *config_with(const char *const *mounts, const char *device)
{
    cJSON *o = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(o, "mounts");
    for (; *mounts; mounts += 2) {
        cJSON *m = cJSON_CreateObject();
        cJSON_AddStringToObject(m, "destination", mounts[0]);
        cJSON_AddStringToObject(m, "type", mounts[1][0] ? "bind" : "tmpfs");
        cJSON_AddStringToObject(m, "source", mounts[1]);
        cJSON_AddItemToArray(list, m);
    }
    if (device) {
        cJSON *d = cJSON_CreateObject();
        cJSON_AddStringToObject(d, "path", device);
        cJSON_AddItemToArray(cJSON_AddArrayToObject(cJSON_AddObjectToObject(o, "linux"), "devices"), d);
    }
    return o;
}

static const char *destination(const cJSON *o, int index)
{
    return json_string(cJSON_GetArrayItem(json_at(o, "mounts"), index), "destination", "");
}

static bool prepare(struct place *p, cJSON *o, struct error *e)
{
    char root[256];
    snprintf(root, sizeof root, "%s", in(p, "root"));
    return mount_targets_prepare(root, o, e);
}

static void own_places(void **state)
{
    static const char *const mounts[] = {"/proc", "",           "/dev",       "",  "/dev/pts",
                                         "",      "/etc/hosts", "/etc/hosts", NULL};
    struct place *p = *state;
    struct error e = {0};
    link_at(p, in(p, "host"), "root/dev");
    link_at(p, "../host", "root/etc");
    assert_int_equal(mkfifo(in(p, "root/proc"), 0644), 0);
    cJSON *o = config_with(mounts, NULL);
    for (int i = 0; i < 2; i++) { /* what is real stays */
        assert_true(prepare(p, o, &e));
        assert_true(is(p, "root/dev", S_IFDIR) && is(p, "root/etc", S_IFDIR) && is(p, "root/proc", S_IFDIR));
        assert_true(is(p, "root/etc/hosts", S_IFREG));
        assert_false(is(p, "root/dev/pts", S_IFDIR)); /* the runtime's, in its own file system */
    }
    cJSON_Delete(o);
}

static void full_folder(void **state)
{
    static const char *const mounts[] = {"/etc/hosts", "/etc/hosts", NULL};
    struct place *p = *state;
    struct error e = {0};
    assert_int_equal(mkdir(in(p, "root/etc"), 0755), 0);
    assert_int_equal(mkdir(in(p, "root/etc/hosts"), 0755), 0);
    cJSON *o = config_with(mounts, NULL);
    assert_int_equal(mkdir(in(p, "root/etc/hosts/x"), 0755), 0);
    assert_false(prepare(p, o, &e));
    assert_int_equal(e.kind, ERROR_CONFLICT);
    assert_non_null(strstr(e.text, "/etc/hosts"));
    assert_int_equal(rmdir(in(p, "root/etc/hosts/x")), 0);
    assert_true(prepare(p, o, &e));
    assert_true(is(p, "root/etc/hosts", S_IFREG));
    cJSON_Delete(o);
}

static void found_below(void **state)
{
    static const char *const mounts[] = {
        "/dev",       "",            /* 0 */
        "/var/run/x", "/etc/passwd", /* 1: a link that leads to nothing yet, and a file */
        "/out/a/b",   "/tmp",        /* 2: out of the root */
        "/up/../c",   "/tmp",        /* 3 */
        "/d/y",       "/etc/passwd", /* 4: into a mount, by a link */
        "/dev/z",     "/tmp",        /* 5: into a mount */
        NULL};
    struct place *p = *state;
    struct error e = {0};
    char host[256];
    snprintf(host, sizeof host, "%s", in(p, "host"));
    assert_int_equal(mkdir(in(p, "root/var"), 0755), 0);
    link_at(p, "/run", "root/var/run");
    link_at(p, host, "root/out");
    link_at(p, "../../../../../..", "root/up");
    link_at(p, "dev", "root/d");
    cJSON *o = config_with(mounts, "/out/null");
    assert_true(prepare(p, o, &e));
    assert_string_equal(destination(o, 0), "/dev");
    assert_string_equal(destination(o, 1), "/run/x");
    assert_true(is(p, "root/run/x", S_IFREG));
    char wanted[300], made[320];
    snprintf(wanted, sizeof wanted, "%s/a/b", host);
    snprintf(made, sizeof made, "root%s", wanted);
    assert_string_equal(destination(o, 2), wanted);
    assert_true(is(p, made, S_IFDIR));
    assert_string_equal(destination(o, 3), "/c");
    assert_string_equal(destination(o, 4), "/dev/y");
    assert_string_equal(destination(o, 5), "/dev/z");
    snprintf(wanted, sizeof wanted, "%s/null", host);
    assert_string_equal(json_string(cJSON_GetArrayItem(json_at(o, "linux.devices"), 0), "path", ""), wanted);
    cJSON_Delete(o);
}

static void refusals(void **state)
{
    static const struct {
        const char *inside, *source;
        enum error_kind kind;
    } cases[] = {
        {"/file", "/tmp", ERROR_CONFLICT},
        {"/folder", "/etc/passwd", ERROR_CONFLICT},
        {"/file/below", "/tmp", ERROR_CONFLICT},
        {"/loop/x", "/tmp", ERROR_OTHER},
    };
    struct place *p = *state;
    close(open(in(p, "root/file"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    assert_int_equal(mkdir(in(p, "root/folder"), 0755), 0);
    link_at(p, "loop", "root/loop");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const mounts[] = {cases[i].inside, cases[i].source, NULL};
        struct error e = {0};
        cJSON *o = config_with(mounts, NULL);
        assert_false(prepare(p, o, &e));
        assert_int_equal(e.kind, cases[i].kind);
        assert_non_null(strstr(e.text, cases[i].inside));
        cJSON_Delete(o);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(own_places),
        TEST(full_folder),
        TEST(found_below),
        TEST(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
