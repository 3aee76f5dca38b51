/* Whom files and folders are believed from, and where programs are looked for. Owners other than ours need
 * root: the command line's test of the same name has them. */
#include <stdio.h>

#include "core/memory.h"
#include "core/program.h"
#include "core/text.h"
#include "core/trust.h"
#include "tests/core/system.h"
#include "tests/core/test.h"

#ifndef _WIN32

#include <fcntl.h>

static char folder[256];

static char *in(const char *name)
{
    struct text t = {0};
    text_addf(&t, "%s/%s", folder, name);
    return text_take(&t);
}

static int open_folder(void **state)
{
    (void)state;
    return new_folder(folder, sizeof folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    struct text t = {0};
    text_addf(&t, "rm -rf '%s'", folder);
    int code = system(text_of(&t));
    text_done(&t);
    return code;
}

static char *new_file(const char *name, mode_t mode)
{
    char *path = in(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static char *new_inner(const char *name, mode_t mode)
{
    char *path = in(name);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static void folders_by_their_mode(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        mode_t mode;
        bool trusted;
    } cases[] = {{"m700", 0700, true},
                 {"m755", 0755, true},
                 {"m770", 0770, false},
                 {"m702", 0702, false},
                 {"m1777", 01777, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error e = {0};
        char *path = new_inner(cases[i].name, cases[i].mode);
        assert_int_equal(trust_folder(path, &e), cases[i].trusted);
        assert_int_equal(e.kind, cases[i].trusted ? ERROR_NONE : ERROR_DENIED);
        assert_int_equal(trust_is_own_folder(path), cases[i].trusted);
        if (!cases[i].trusted) {
            assert_non_null(strstr(e.text, "chmod go-w"));
        }
        free(path);
    }
}

static void what_is_above_counts(void **state)
{
    (void)state;
    struct error e = {0};
    free(new_inner("wide", 0777));
    free(new_inner("sticky", 01777));
    char *below = new_inner("wide/below", 0700), *missing = in("wide/missing/deep");
    assert_false(trust_folder(below, &e));
    assert_non_null(strstr(e.text, "/wide can be written by other users"));
    assert_false(trust_folder(missing, &e));
    free(below);
    free(missing);
    below = new_inner("sticky/below", 0700);
    missing = in("sticky/missing/deep");
    assert_true(trust_folder(below, &e));
    assert_true(trust_folder(missing, &e));
    free(below);
    free(missing);
}

static void links_are_followed_to_where_they_lead(void **state)
{
    (void)state;
    struct error e = {0};
    free(new_inner("safe", 0700));
    free(new_inner("unsafe", 0777));
    free(new_inner("unsafe/target", 0700));
    char *good = in("good"), *bad = in("bad"), *slashes = in("safe///");
    assert_int_equal(symlink("safe", good), 0);
    assert_int_equal(symlink("unsafe/target", bad), 0);
    assert_true(trust_folder(good, &e));
    assert_true(trust_folder(slashes, &e));
    assert_false(trust_folder(bad, &e));
    free(good);
    free(bad);
    free(slashes);
}

static void a_file_is_no_folder(void **state)
{
    (void)state;
    struct error e = {0};
    char *path = new_file("file", 0600);
    assert_false(trust_folder(path, &e));
    assert_non_null(strstr(e.text, "is no folder"));
    free(path);
}

static void files(void **state)
{
    (void)state;
    struct error e = {0};
    char *path = new_file("mine", 0600);
    FILE *file = trust_open(path, &e);
    assert_non_null(file);
    fclose(file);
    char *link = in("to-mine");
    assert_int_equal(symlink("mine", link), 0);
    assert_null(trust_open(link, &e));
    assert_int_equal(chmod(path, 0606), 0);
    assert_null(trust_open(path, &e));
    assert_int_equal(e.kind, ERROR_DENIED);
    char *fifo = in("fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_null(trust_open(fifo, &e));
    assert_non_null(strstr(e.text, "no regular file"));
    char *none = in("none");
    assert_null(trust_open(none, &e));
    assert_int_equal(e.kind, ERROR_NOT_FOUND);
    free(path);
    free(link);
    free(fifo);
    free(none);
}

static void programs_by_absolute_folders_only(void **state)
{
    (void)state;
    char cwd[4096], *path = mem_string(getenv("PATH"));
    assert_non_null(getcwd(cwd, sizeof cwd));
    char *program = new_file("porthole-test-program", 0700), *other = new_file("porthole-test-text", 0600);
    free(new_inner("porthole-test-folder", 0700));
    assert_int_equal(chdir(folder), 0);
    static const char *const relative[] = {"", ".", ":", "./", "./:/nonexistent"};
    for (size_t i = 0; i < COUNT(relative); i++) {
        setenv("PATH", relative[i], 1);
        assert_null(program_find("porthole-test-program"));
        char *missing = program_path("porthole-test-program");
        assert_int_equal(missing[0], '/');
        assert_int_equal(access(missing, F_OK), -1);
        free(missing);
    }
    setenv("PATH", folder, 1);
    char *found = program_find("porthole-test-program"), *sh = program_find("sh");
    assert_string_equal(found, program);
    assert_non_null(sh); /* from the folders of the system */
    assert_null(program_find("porthole-test-text"));
    assert_null(program_find("porthole-test-folder"));
    setenv("PATH", path, 1);
    assert_int_equal(chdir(cwd), 0);
    free(found);
    free(sh);
    free(program);
    free(other);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(folders_by_their_mode, open_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_is_above_counts, open_folder, remove_folder),
        cmocka_unit_test_setup_teardown(links_are_followed_to_where_they_lead, open_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_is_no_folder, open_folder, remove_folder),
        cmocka_unit_test_setup_teardown(files, open_folder, remove_folder),
        cmocka_unit_test_setup_teardown(programs_by_absolute_folders_only, open_folder, remove_folder)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void a_program_has_its_ending(void **state)
{
    (void)state;
    char *found = program_find("cmd"), *missing = program_path("porthole-test-program");
    assert_non_null(found);
    assert_non_null(strstr(found, "cmd.exe"));
    assert_non_null(strstr(missing, "porthole-test-program.exe"));
    free(found);
    free(missing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_program_has_its_ending)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
