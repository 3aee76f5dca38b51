#include <errno.h>

#include "core/error.h"
#include "core/text.h"
#include "tests/core/test.h"

static void set_fills_and_returns_minus_one(void **state)
{
    (void)state;
    struct error e;
    assert_int_equal(error_set(&e, ERROR_NOT_FOUND, 404, "No container \"%s\"; see ls", "web"), -1);
    assert_int_equal(e.kind, ERROR_NOT_FOUND);
    assert_int_equal(e.native, 404);
    assert_string_equal(e.text, "No container \"web\"; see ls");
    assert_int_equal(error_set(NULL, ERROR_OTHER, 0, "nobody %s", "listens"), -1);
}

static void the_sentence_is_one_clean_line(void **state)
{
    (void)state;
    struct error e;
    error_set(&e, ERROR_OTHER, 0, "%s", "a\nb\x1b[31mc\xff");
    assert_string_equal(e.text, "a b\xef\xbf\xbd[31mc\xef\xbf\xbd");
}

static void long_text_is_cut_at_a_character(void **state)
{
    (void)state;
    for (int ascii = 0; ascii < 4; ascii++) {
        char all[1000] = {0};
        memset(all, 'x', (size_t)ascii);
        while (strlen(all) < 900) {
            strcat(all, "€");
        }
        struct error e;
        error_set(&e, ERROR_OTHER, 0, "%s", all);
        size_t len = strlen(e.text);
        assert_in_range(len, sizeof e.text - 4, sizeof e.text - 1);
        assert_int_equal((len - (size_t)ascii) % 3, 0);
    }
}

static void errno_gives_kind_and_words(void **state)
{
    (void)state;
    struct error e;
    assert_int_equal(error_errno(&e, ENOENT, "Cannot open %s", "/x"), -1);
    assert_int_equal(e.kind, ERROR_NOT_FOUND);
    assert_int_equal(e.native, ENOENT);
    assert_string_equal(e.text, "Cannot open /x: no such file or directory");
    assert_int_equal(error_errno(NULL, EPERM, "x"), -1);
}

static void kinds_of_errno(void **state)
{
    (void)state;
    static const struct {
        int number;
        enum error_kind kind;
    } table[] = {
        {0, ERROR_NONE},
        {ENOENT, ERROR_NOT_FOUND},
        {EEXIST, ERROR_CONFLICT},
        {EACCES, ERROR_DENIED},
        {EPERM, ERROR_DENIED},
        {ECONNREFUSED, ERROR_UNREACHABLE},
        {EOPNOTSUPP, ERROR_UNSUPPORTED},
        {ECANCELED, ERROR_CANCELLED},
        {ETIMEDOUT, ERROR_TIMEOUT},
        {EINVAL, ERROR_INVALID},
        {ENOEXEC, ERROR_NOT_RUNNABLE},
        {ENOSPC, ERROR_OTHER},
        {12345, ERROR_OTHER},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(error_kind_of_errno(table[i].number), table[i].kind);
    }
}

static void wrap_puts_context_in_front(void **state)
{
    (void)state;
    struct error e;
    error_set(&e, ERROR_DENIED, EACCES, "permission denied");
    assert_int_equal(error_wrap(&e, "Cannot stop \"%s\"", "web"), -1);
    assert_string_equal(e.text, "Cannot stop \"web\": permission denied");
    assert_int_equal(e.kind, ERROR_DENIED);
    assert_int_equal(e.native, EACCES);
    error_set(&e, ERROR_OTHER, 0, "again: %s", e.text); /* its own text may be an argument */
    assert_string_equal(e.text, "again: Cannot stop \"web\": permission denied");
}

static void exit_codes_are_dockers(void **state)
{
    (void)state;
    assert_int_equal(error_exit_code(ERROR_NOT_RUNNABLE), 126);
    assert_int_equal(error_exit_code(ERROR_NO_COMMAND), 127);
    assert_int_equal(error_exit_code(ERROR_OTHER), 125);
    assert_int_equal(error_exit_code(ERROR_NOT_FOUND), 125);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_and_returns_minus_one),
        cmocka_unit_test(the_sentence_is_one_clean_line),
        cmocka_unit_test(long_text_is_cut_at_a_character),
        cmocka_unit_test(errno_gives_kind_and_words),
        cmocka_unit_test(kinds_of_errno),
        cmocka_unit_test(wrap_puts_context_in_front),
        cmocka_unit_test(exit_codes_are_dockers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
