/* The image store: names, the busybox image, users by an image's own files, removal. */
#include <errno.h>
#include <sys/wait.h>

#include "backends/local/shared/state.h"
#include "tests/backends/tarmaker.h"

static void add_image(struct place *p, const char *name, const char *digest)
{
    struct image_stage stage;
    struct image_facts facts = {
        .os = mem_string("linux"), .size = 7, .created = 1000, .digest = mem_string(digest)};
    static const char *const command[] = {"sh", "-c", "true", NULL};
    facts.config.command = mem_strings(command);
    assert_true(image_stage_open(p->paths, &stage, &p->e));
    assert_true(image_stage_commit(&stage, p->paths, &facts, name, IMAGE_NAME_MOVES, &p->e));
    image_facts_done(&facts);
}

static char *id_of(struct place *p, const char *name)
{
    struct image_config c;
    char *id = NULL;
    if (images_find(p->paths, name, &c, &p->e)) {
        id = mem_string(c.id);
        image_config_done(&c);
    }
    return id;
}

static void names_are_cleaned(void **state)
{
    (void)state;
    struct error e = {0};
    static const char *const pairs[][2] = {
        {"busybox", "busybox"},
        {"busybox:latest", "busybox"},
        {"a/b:1", "a/b:1"},
        {"h:5000/x", "h:5000/x"},
        {"a@sha256:0", "a@sha256:0"},
        {"", NULL},
        {"../up", NULL},
        {"-rf", NULL},
        {"a b", NULL},
        {"\033[2J", NULL},
        {"/etc", NULL},
        {":latest", NULL},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        char *clean = image_name_clean(pairs[i][0], &e);
        if (pairs[i][1]) {
            assert_string_equal(clean, pairs[i][1]);
        } else {
            assert_null(clean);
            assert_int_equal(e.kind, ERROR_INVALID);
        }
        free(clean);
    }
}

static void an_unknown_image_says_how_to_import(void **state)
{
    struct place *p = *state;
    struct image_config c;
    assert_false(images_find(p->paths, "nothing:latest", &c, &p->e));
    assert_int_equal(p->e.kind, ERROR_NOT_FOUND);
    assert_non_null(strstr(p->e.text, "porthole image import nothing FILE"));
}

static void names_move_and_go(void **state)
{
    struct place *p = *state;
    add_image(p, "app", "sha256:111111111111aa");
    add_image(p, "app:2", "sha256:111111111111aa"); /* the same image */
    assert_images(p, 1);
    char *id = id_of(p, "app:2");
    assert_string_equal(id, "111111111111");
    struct image_list *list = images_list(p->paths);
    assert_int_equal(list->count, 2);
    assert_string_equal(list->rows[0].command, "sh -c true");
    assert_int_equal(list->rows[0].size, 7);
    image_list_free(list);
    assert_true(images_remove(p->paths, "app", &p->e));
    assert_images(p, 1);
    assert_false(images_remove(p->paths, "app", &p->e));
    assert_int_equal(p->e.kind, ERROR_NOT_FOUND);
    assert_true(images_remove(p->paths, id, &p->e)); /* by its id */
    assert_images(p, 0);
    free(id);
}

/* Twelve digits may be made to agree; all of them cannot. */
static void ids_that_collide_stay_apart(void **state)
{
    struct place *p = *state;
    add_image(p, "a", "sha256:222222222222aa");
    add_image(p, "b", "sha256:222222222222bb");
    assert_images(p, 2);
    char *a = id_of(p, "a"), *b = id_of(p, "b");
    assert_string_not_equal(a, b);
    free(a);
    free(b);
}

static void an_image_in_use_stays(void **state)
{
    struct place *p = *state;
    struct state s;
    add_image(p, "app", "sha256:333333333333aa");
    state_init(&s);
    state_new_id(s.id);
    s.spec.name = mem_string("web");
    s.spec.image = mem_string("app");
    s.image_id = mem_string("333333333333");
    s.state = CONTAINER_EXITED;
    if (!state_write(&s, p->paths, &p->e)) {
        fail_msg("%s", p->e.text);
    }
    assert_false(images_remove(p->paths, "app", &p->e));
    assert_int_equal(p->e.kind, ERROR_CONFLICT);
    assert_non_null(strstr(p->e.text, "web"));
    add_image(p, "app", "sha256:444444444444aa"); /* takes the name; the used one stays without */
    image_sweep(p->paths);
    assert_images(p, 2);
    char *file = paths_state(p->paths, s.id);
    assert_int_equal(unlink(file), 0);
    free(file);
    image_sweep(p->paths);
    assert_images(p, 1);
    state_done(&s);
}

static void a_damaged_record_hides_only_itself(void **state)
{
    struct place *p = *state;
    add_image(p, "good", NULL);
    assert_int_equal(mkdir(in(p, "state/images/broken"), 0700), 0);
    put_file(in(p, "state/images/broken/image.json"), "{\"names\":", 9);
    assert_int_equal(mkdir(in(p, "state/images/odd"), 0700), 0);
    put_file(in(p, "state/images/odd/image.json"), "{\"names\":[5,null],\"config\":[]}", 30);
    char *id = id_of(p, "good");
    assert_non_null(id);
    free(id);
    struct image_list *list = images_list(p->paths);
    assert_in_range(list->count, 1, 3);
    image_list_free(list);
}

static void busybox_is_made_of_the_machine(void **state)
{
    struct place *p = *state;
    struct image_config c;
    if (!images_find(p->paths, "busybox:latest", &c, &p->e)) {
        assert_non_null(strstr(p->e.text, "busybox-static"));
        skip();
    }
    struct stat st;
    char target[64] = "";
    assert_string_equal(c.command[0], "sh");
    assert_null(c.entrypoint);
    assert_int_equal(readlink(rootfs_file(p, "busybox", "bin/ping"), target, sizeof(target) - 1), 7);
    assert_string_equal(target, "busybox");
    assert_int_equal(stat(rootfs_file(p, "busybox", "usr/bin/sleep"), &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(stat(rootfs_file(p, "busybox", "tmp"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 01777);
    unsigned uid, gid;
    assert_true(images_user(c.rootfs, "user", &uid, &gid, &p->e));
    assert_int_equal(uid, 1000);
    image_config_done(&c);
    assert_images(p, 1);
    assert_true(images_make_busybox(p->paths, &p->e));
    assert_images(p, 1);
}

static void two_makers_at_once_are_harmless(void **state)
{
    struct place *p = *state;
    pid_t children[6];
    if (access("/bin/busybox", X_OK) < 0) {
        skip();
    }
    for (int i = 0; i < 6; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct error e = {0};
            _exit(images_make_busybox(p->paths, &e) ? 0 : 1);
        }
    }
    for (int i = 0; i < 6; i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_images(p, 1);
}

static void without_a_static_busybox_it_says_what_to_install(void **state)
{
    struct place *p = *state;
    put_file(in(p, "script"), "#!/bin/sh\n", 10);
    const char *const nowhere[] = {in(p, "none"), NULL}, *const dynamic[] = {in(p, "script"), "/bin/sh",
                                                                             NULL};
    assert_false(image_busybox_from(p->paths, nowhere, &p->e));
    assert_int_equal(p->e.kind, ERROR_UNSUPPORTED);
    assert_non_null(strstr(p->e.text, "busybox-static"));
    assert_false(image_busybox_from(p->paths, dynamic, &p->e));
    assert_non_null(strstr(p->e.text, "dynamically"));
    assert_images(p, 0);
}

struct user_case {
    const char *user;
    bool good;
    unsigned uid, gid;
};

static void users_come_from_the_image(void **state)
{
    struct place *p = *state;
    static const struct user_case cases[] = {
        {NULL, true, 0, 0},          {"", true, 0, 0},
        {"root", true, 0, 0},        {"web", true, 33, 44},
        {"33", true, 33, 44},        {"1234", true, 1234, 0},
        {"web:staff", true, 33, 50}, {"web:7", true, 33, 7},
        {"99:staff", true, 99, 50},  {":staff", true, 0, 50},
        {"web:", true, 33, 44},      {"nobody", false, 0, 0},
        {"web:none", false, 0, 0},   {"4294967295", false, 0, 0},
        {"-1", false, 0, 0},         {"broken", false, 0, 0},
    };
    const char passwd[] = "root:x:0:0::/:/bin/sh\nbroken:x:abc:1::\n\n:::\nbroken\nweb:x:33:44::/srv:/bin/sh";
    assert_int_equal(mkdir(in(p, "etc"), 0755), 0);
    put_file(in(p, "etc/passwd"), passwd, sizeof(passwd) - 1);
    put_file(in(p, "etc/group"), "root:x:0:\nstaff:x:50:a,b\n", 25);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        unsigned uid = 7, gid = 7;
        bool good = images_user(p->dir, cases[i].user, &uid, &gid, &p->e);
        assert_int_equal(good, cases[i].good);
        assert_int_equal(good ? uid : 0, cases[i].uid);
        assert_int_equal(good ? gid : 0, cases[i].gid);
        assert_true(good || p->e.kind == ERROR_INVALID);
    }
}

static void groups_come_from_the_image(void **state)
{
    struct place *p = *state;
    static const struct {
        const char *user;
        unsigned gid;
        size_t n;
        unsigned groups[4];
    } cases[] = {
        {"web", 44, 3, {44, 50, 60}}, {"33", 44, 3, {44, 50, 60}}, {"web:", 44, 3, {44, 50, 60}},
        {"web:staff", 50, 1, {50}},   {NULL, 0, 2, {0, 60}},       {"", 0, 2, {0, 60}},
        {"1234", 0, 1, {0}},          {":staff", 50, 1, {50}},     {"we", 0, 1, {0}},
    };
    const char passwd[] = "root:x:0:0::/:/bin/sh\nweb:x:33:44::/srv:/bin/sh\n";
    const char group[] = "root:x:0:\nstaff:x:50:a,web\nwebs:x:51:webs,xweb,web2\nssl:x:60:web,root:odd\n"
                         "again:x:50:web\nbad:x:y:web\nlast:x:70";
    assert_int_equal(mkdir(in(p, "etc"), 0755), 0);
    put_file(in(p, "etc/passwd"), passwd, sizeof(passwd) - 1);
    put_file(in(p, "etc/group"), group, sizeof(group) - 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        unsigned groups[4] = {0};
        assert_int_equal(images_groups(p->dir, cases[i].user, cases[i].gid, groups, 4), cases[i].n);
        assert_memory_equal(groups, cases[i].groups, sizeof groups);
    }
    unsigned one;
    assert_int_equal(images_groups(p->dir, "web", 44, &one, 1), 1);
    assert_int_equal(one, 44);
}

/* Instead of passwd: a link out, a FIFO, a device, a folder, endless lines, nothing. */
static void hostile_passwd_files(void **state)
{
    struct place *p = *state;
    unsigned uid, gid;
    assert_int_equal(mkdir(in(p, "root"), 0755), 0);
    assert_int_equal(mkdir(in(p, "root/etc"), 0755), 0);
    put_file(in(p, "secret"), "web:x:66:66::/:\n", 16);
    assert_int_equal(symlink(in(p, "secret"), in(p, "root/etc/passwd")), 0);
    assert_false(images_user(in(p, "root"), "web", &uid, &gid, &p->e));
    unlink(in(p, "root/etc/passwd"));
    assert_int_equal(symlink("../../../../../../../../etc/passwd", in(p, "root/etc/passwd")), 0);
    assert_false(images_user(in(p, "root"), "daemon", &uid, &gid, &p->e));
    unlink(in(p, "root/etc/passwd"));
    assert_int_equal(mkfifo(in(p, "root/etc/passwd"), 0644), 0);
    assert_false(images_user(in(p, "root"), "web", &uid, &gid, &p->e));
    unlink(in(p, "root/etc/passwd"));
    assert_int_equal(mkdir(in(p, "root/etc/passwd"), 0755), 0);
    assert_false(images_user(in(p, "root"), "web", &uid, &gid, &p->e));
    rmdir(in(p, "root/etc/passwd"));
    char *long_line = mem_new(3 << 20, 1);
    memset(long_line, 'x', (3 << 20) - 1);
    put_file(in(p, "root/etc/passwd"), long_line, 3 << 20);
    free(long_line);
    assert_false(images_user(in(p, "root"), "web", &uid, &gid, &p->e));
    assert_int_equal(p->e.kind, ERROR_INVALID);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, place_begin, place_end)

int main(void)
{
    umask(022);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_cleaned),
        CASE(an_unknown_image_says_how_to_import),
        CASE(names_move_and_go),
        CASE(ids_that_collide_stay_apart),
        CASE(an_image_in_use_stays),
        CASE(a_damaged_record_hides_only_itself),
        CASE(busybox_is_made_of_the_machine),
        CASE(two_makers_at_once_are_harmless),
        CASE(without_a_static_busybox_it_says_what_to_install),
        CASE(users_come_from_the_image),
        CASE(groups_come_from_the_image),
        CASE(hostile_passwd_files),
    };
    return cmocka_run_group_tests_name("images", tests, NULL, NULL);
}
